"""The operations of PLAN, which nats stand for when they are applied.

(0 n a b) = the law {n a b}     (1 p l a n x) = case x of pin, law, app, nat     (2 z p x) = case nat(x) of 0, n+1
(3 x) = nat(x) + 1              (4 x) = the pin of x                             (n x), n > 4 = a crash
"""

from __future__ import annotations

from typing import Final

from vm import normal, shapes
from vm.body import Const, Exp, ExpSource, JetCall, JetSource, Names, Op, Var
from vm.jet import Jet
from vm.values import Code, Crash, Pin


def make_law(name: object, args: object, body: object) -> object:
    """(0 n a b). b normal."""
    if not isinstance(args, int) or args == 0:
        raise Crash(0, 0)
    return shapes.make_law(name if isinstance(name, int) else 0, args, body)


def increase(x: object) -> object:
    return x + 1 if isinstance(x, int) else 1


def make_pin(x: object) -> object:
    return Pin(x)


def crash(op: object, x: object) -> object:
    assert isinstance(op, int)
    raise Crash(op, x)


def is_zero(x: object) -> object:
    return 1 if isinstance(x, int) and x == 0 else 0


def internal(jet: Jet) -> Code:
    return Code(jet.name, jet.arity, JetSource(jet, None))


def by_forks(name: str, op: int, nargs: int) -> Code:
    slots = list(range(1, nargs + 1))
    args: list[Exp] = [Var(slot) for slot in slots]
    return Code(name, nargs, ExpSource(Names(nargs).fork(Op(op, args)), slots, set()))


IS_ZERO: Final = Jet("_Eqz", 1, "s", is_zero, None, True)
IS_ZERO_CODE: Final = internal(IS_ZERO)
CRASH: Final = Jet("crash", 2, "ld", crash)
CRASH_CODE: Final = internal(CRASH)
NORMAL: Final = Jet("normal", 1, "s", normal.normalise)
NORMAL_CODE: Final = internal(NORMAL)
INCREASE: Final = internal(Jet("inc", 1, "s", increase, None, True))
OPS: Final = [
    internal(Jet("law", 3, "ssd", make_law)),
    by_forks("case", 1, 5),
    by_forks("nat", 2, 3),
    INCREASE,
    internal(Jet("pin", 1, "d", make_pin)),
]


def entry(op: int) -> Code:
    """The code of a nat."""
    if op < 5:
        return OPS[op]
    args: list[Exp] = [Const(op), Var(1)]
    return Code("crash", 1, ExpSource(JetCall(CRASH, CRASH_CODE, args), [1], set()))
