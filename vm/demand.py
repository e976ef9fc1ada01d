"""Which slots an expression evaluates first: those that can be evaluated before it without anyone seeing a difference.

`demand` gives the slots that are surely evaluated, in the order in which that happens, up to the first thing whose
place in the order could be observed: a call of something that may crash, show something or never end. So evaluating
exactly these, in exactly this order, before the expression changes neither which crash is seen nor what is shown when.

What is only returned does not count: evaluated before, it would no longer be in tail position, and a loop that goes
through it (`id (loop ..)`) would need stack. It does count in laws that loop, where it is an accumulator.

The demand of a law (`strict_of`) is what its callers evaluate before they call it. Its calls to itself are taken by the
greatest fixpoint: at first they are assumed to evaluate everything (ANY).
"""

from __future__ import annotations

from typing import Final

from vm.body import (
    APP,
    MAX_DEPTH,
    PIN,
    Apply,
    Body,
    Call,
    Const,
    Exp,
    ExpSource,
    Fork,
    JetCall,
    JetSource,
    LawSource,
    Make,
    Seq,
    Switch,
    Var,
    depth_of,
)
from vm.formula import is_total
from vm.values import Code

ANY: Final = [-1]
MAX_NESTING: Final = 6
MAX_ROUNDS: Final = 6


class Demand:
    """The demand of expressions that share lets. `me` is the code being looked at, `mine` what it is assumed to demand.
    `returned` says whether what is only returned counts; `evaluated` are slots that forks make, and evaluated when they
    are made."""

    def __init__(self, lets: dict[int, Exp], me: Code, mine: list[int], nesting: int, returned: bool = False) -> None:
        self.lets: Final = lets
        self.me: Final = me
        self.mine: Final = mine
        self.nesting: Final = nesting
        self.returned: Final = returned
        self.evaluated: Final[set[int]] = set()

    def of(self, e: Exp, out: list[int], tail: bool = False) -> bool:
        """Append the slots that e evaluates first to `out`; True if that is all that evaluating e does."""
        if isinstance(e, Var):
            if tail and not self.returned:
                return False
            if e.slot not in out and e.slot not in self.evaluated:
                out.append(e.slot)
            return True
        if isinstance(e, (Const, Make)):
            return True
        if isinstance(e, Fork):
            if not self.of(e.x, out):
                return False
            self.evaluated.add(e.slot)
            self.evaluated.update(e.parts[:1] if e.kind == APP else e.parts)
            return self.either(e, out, tail)
        if isinstance(e, Switch):
            self.of(e.x, out)
            return False
        if isinstance(e, Seq):
            return self.of(e.first, out) and self.of(e.then, out, tail)
        if isinstance(e, JetCall):
            for i in e.jet.order:
                if not self.of(e.args[i], out):
                    return False
                if e.jet.strict[i] == "d":
                    return False
            return e.jet.total or is_total(e, self.lets)
        if isinstance(e, Call):
            strict = self.mine if e.code is self.me else strict_of(e.code, self.nesting + 1)
            if strict is ANY:
                if ANY[0] not in out:
                    out += ANY
                return False
            for i in strict:
                if not self.of(e.args[i], out):
                    return False
            return False
        if isinstance(e, Apply):
            self.of(e.f, out)
        return False

    def either(self, e: Fork, out: list[int], tail: bool) -> bool:
        """What both branches evaluate first."""
        start = len(out)
        left = out[:]
        pure = self.of(e.then, left, tail)
        if e.kind == PIN:
            right = left
        else:
            right = out[:]
            pure = self.of(e.other, right, tail) and pure
        i = start
        while True:
            x = left[i] if i < len(left) else 0
            y = right[i] if i < len(right) else 0
            if x == -1 and y == -1:
                out.append(-1)
                return False
            if x == -1:
                x = y
                left = right
            elif y == -1:
                y = x
                right = left
            if x != y or x == 0 or x in e.parts:
                return pure and i == len(left) and i == len(right)
            out.append(x)
            i += 1

    def arguments(self, slots: list[int], nargs: int, out: list[int], met: dict[int, bool]) -> bool:
        """What remains of a demand when lets stand for what they in turn evaluate first; argument i is slot i + 1."""
        for slot in slots:
            if slot == -1:
                out += ANY
                return False
            if slot <= nargs:
                if slot - 1 not in out:
                    out.append(slot - 1)
                continue
            done = met.get(slot)
            if done is not None:
                if done:
                    continue
                return False
            e = self.lets.get(slot)
            if e is None or len(met) > MAX_DEPTH:
                return False
            met[slot] = False
            inner: list[int] = []
            pure = self.of(e, inner)
            if not self.arguments(inner, nargs, out, met) or not pure:
                return False
            met[slot] = True
        return True


def strict_of(code: Code, nesting: int) -> list[int]:
    """The arguments (from 0) that code evaluates first, in this order."""
    if code.strict is not None:
        return code.strict
    source = code.source
    if isinstance(source, JetSource):
        jet = source.jet
        strict: list[int] = []
        for i in jet.order:
            strict.append(i)
            if jet.strict[i] == "d":
                break
        code.strict = strict
        return strict
    if isinstance(source, LawSource):
        if nesting > MAX_NESTING or source.law.args > MAX_DEPTH or depth_of(source.law.body) > MAX_DEPTH:
            return []
        code.strict = []  # as far as anyone asks meanwhile
        found: list[int] | None = None
        try:
            found = fixpoint(code, Body(source.law, source.me), nesting)
        finally:
            code.strict = found
        return found
    if isinstance(source, ExpSource):
        code.strict = []
    return []


def fixpoint(code: Code, body: Body, nesting: int) -> list[int]:
    nargs = int(code.nargs)
    mine = ANY
    returned = loops(body.exp, code)
    for _ in range(MAX_ROUNDS):
        demand = Demand(body.lets, code, mine, nesting, returned)
        slots: list[int] = []
        demand.of(body.exp, slots, True)
        out: list[int] = []
        demand.arguments(slots, nargs, out, {})
        if out and out[-1] == -1:
            out.pop()
        if mine is not ANY and out == mine:
            return out
        mine = out
    return []


def loops(e: Exp, code: Code) -> bool:
    """Does e call code in tail position?"""
    if isinstance(e, Fork):
        return loops(e.then, code) or loops(e.other, code)
    if isinstance(e, Seq):
        return loops(e.then, code)
    if isinstance(e, Switch):
        return loops(e.other, code) or any(loops(x, code) for x in e.branches)
    return isinstance(e, Call) and e.code is code
