"""The body of a law as a tree of expressions, with what is known about it made plain.

    body:  k in range = slot k (0 is the law itself)   (0 f x) = apply   (1 v b) = let, at the top only
           (2 x) = constant x
           anything else = constant

Applications of known functions are told apart by whether they have too few arguments (they make a value), just enough
(a call, or one of the jets that decide what runs next) or too many. A let that is used once stands where it is used.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64

from vm import shapes
from vm.jet import Jet
from vm.text import text
from vm.values import App, Code, Cow, Law, Pin, Row, Set, Tab, small

MAX_DEPTH: Final = 120
MAX_NODES: Final = 50_000
MAX_FORKS: Final = 400
MAX_NAME: Final = 512
INLINE_DEPTH: Final = 60
MAX_INLINE: Final = 48
MAX_INLINED: Final = 400

TRUE: Final = 0
APP: Final = 1
NAT: Final = 2
LAW: Final = 3
PIN: Final = 4


class Exp:
    __slots__ = ()


@final
class Var(Exp):
    """A slot of the environment: an argument (1..n), a let, or something that a `Fork` names."""

    __slots__ = ("slot",)

    def __init__(self, slot: int) -> None:
        self.slot: Final = slot


@final
class Const(Exp):
    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value: Final = value


@final
class Call(Exp):
    """A known function on all its arguments."""

    __slots__ = ("args", "code")

    def __init__(self, code: Code, args: list[Exp]) -> None:
        self.code: Final = code
        self.args: Final = args


@final
class JetCall(Exp):
    """A jet on all its arguments; `code` is its entry for callers that do not prepare them."""

    __slots__ = ("args", "code", "jet")

    def __init__(self, jet: Jet, code: Code, args: list[Exp]) -> None:
        self.jet: Final = jet
        self.code: Final = code
        self.args: Final = args


@final
class Make(Exp):
    """A known head on fewer arguments than it takes (a cow on all): a value, with nothing to run."""

    __slots__ = ("args", "head")

    def __init__(self, head: object, args: list[Exp]) -> None:
        self.head: Final = head
        self.args: Final = args


@final
class Apply(Exp):
    """Something on arguments."""

    __slots__ = ("args", "f")

    def __init__(self, f: Exp, args: list[Exp]) -> None:
        self.f: Final = f
        self.args: Final = args


@final
class Fork(Exp):
    """x is evaluated, and is `slot` in what follows: in `then` if it is of the kind asked for, else in `other`.

    `then` may also have parts of x as slots, in `parts`:

        TRUE    a nat that is not 0            its predecessor (or no part)
        APP     an application                 what is applied, the last argument
        NAT     a nat
        LAW     a law                          name, arity, body
        PIN     a pin, if it is none of these  its content; there is no `other`
    """

    __slots__ = ("kind", "other", "parts", "slot", "then", "x")

    def __init__(self, kind: int, x: Exp, slot: int, parts: list[int], then: Exp, other: Exp) -> None:
        self.kind: Final = kind
        self.x: Final = x
        self.slot: Final = slot
        self.parts: Final = parts
        self.then: Final = then
        self.other: Final = other


@final
class Op(Exp):
    """Op 1 or 2 on all its arguments, before `Names.fork` has made forks of it."""

    __slots__ = ("args", "op")

    def __init__(self, op: int, args: list[Exp]) -> None:
        self.op: Final = op
        self.args: Final = args


@final
class Seq(Exp):
    """`first` is evaluated, `then` is the value."""

    __slots__ = ("first", "then")

    def __init__(self, first: Exp, then: Exp) -> None:
        self.first: Final = first
        self.then: Final = then


@final
class Switch(Exp):
    """The branch that x chooses, else `other`. The keys of the branches are nats."""

    __slots__ = ("branches", "keys", "other", "x")

    def __init__(self, x: Exp, keys: list[int], branches: list[Exp], other: Exp) -> None:
        self.x: Final = x
        self.keys: Final = keys
        self.branches: Final = branches
        self.other: Final = other


# -- what code comes from ----------------------------------------------------------------------------------------------


@final
class LawSource:
    """A law, and what its slot 0 is: the law, or the pin around it."""

    __slots__ = ("law", "me")

    def __init__(self, law: Law, me: object) -> None:
        self.law: Final = law
        self.me: Final = me


@final
class JetSource:
    """A jet, and the law's own code for the arguments that it does not handle."""

    __slots__ = ("jet", "law")

    def __init__(self, jet: Jet, law: Code | None) -> None:
        self.jet: Final = jet
        self.law: Final = law


@final
class ItemSource:
    """The content of a pin, to be applied to more arguments than a law is compiled with."""

    __slots__ = ("item",)

    def __init__(self, item: object) -> None:
        self.item: Final = item


@final
class ExpSource:
    """An expression over the slots `slots`, given in this order; those in `evaluated` are evaluated."""

    __slots__ = ("evaluated", "exp", "slots")

    def __init__(self, exp: Exp, slots: list[int], evaluated: set[int]) -> None:
        self.exp: Final = exp
        self.slots: Final = slots
        self.evaluated: Final = evaluated


def entry(f: object) -> Code:
    """The code of a function that is no app, entered with as many arguments as it takes."""
    from vm import jets, ops

    if isinstance(f, Pin):
        code = f.code
        if code is None:
            item = f.item
            if isinstance(item, Law):
                code = Code(law_text(item), small(item.args), LawSource(item, f))
                jet = jets.find(f.hash)
                if jet is not None:
                    code = Code(jet.name, jet.arity, JetSource(jet, code))
            elif (n := shapes.arity(item)) > MAX_DEPTH:
                code = Code("pin", small(n), ItemSource(item))
            else:
                while isinstance(item, Pin) and isinstance(item.item, Pin):
                    item = item.item
                args: list[Exp] = [Var(i + 1) for i in range(n)]
                # Only a law returns itself: a pin around one (a cow, a bar ..) returns that pin.
                exp: Exp = Const(f)
                if not returns_itself(item):
                    exp = Names(len(args)).fork(saturate(Const(item), args))
                code = Code("pin", small(n), ExpSource(exp, list(range(1, len(args) + 1)), set()))
            f.code = code
        return code
    if isinstance(f, Law):
        code = f.code
        if code is None:
            code = Code(law_text(f), small(f.args), LawSource(f, f))
            f.code = code
        return code
    if isinstance(f, int):
        return ops.entry(f)
    n = shapes.arity(f)
    return Code("data", small(n), ExpSource(returned(f), [1], set()))


def returns_itself(item: object) -> bool:
    return isinstance(item, Cow) or (isinstance(item, Row) and not item.items)


def returned(f: object) -> Exp:
    """What a native form of law or app gives on its last argument."""
    if isinstance(f, Row):
        return Const(Cow(len(f.items)) if f.items else f)
    if isinstance(f, Tab):
        return Const(Row(f.keys()))
    if isinstance(f, Set):
        return Const(Row(f.keys()))
    if isinstance(f, Cow):
        return Const(f)
    body = shapes.law_body(f)
    return Var(1) if body == 1 else Const(body)


def law_text(law: Law) -> str:
    """A law's name for people who look at codes."""
    return (text(law.name) if law.name.bit_length() <= MAX_NAME else None) or "law"


# -- applications of what is known ------------------------------------------------------------------------------------


def saturate(f: Exp, args: list[Exp]) -> Exp:
    """f on arguments."""
    while args:
        if isinstance(f, Apply):
            args = f.args + args
            f = f.f
        elif isinstance(f, Make):
            args = f.args + args
            f = Const(f.head)
        elif isinstance(f, Const):
            head = f.value
            if isinstance(head, App):
                before: list[Exp] = [Const(x) for x in head.args]
                args = before + args
                head = head.head
            n = natural_arity(head)
            if len(args) < n or (len(args) == n and isinstance(head, (Cow, Set))):
                return make(head, args)
            if isinstance(head, (Cow, Set)):
                return Apply(make(head, args[: int(n)]), args[int(n) :])
            f = call(head, args[: int(n)])
            args = args[int(n) :]
            if args:
                return Apply(f, args)
        else:
            return Apply(f, args)
    return f


def natural_arity(head: object) -> i64:
    """How many arguments turn a head into something else: a cow into a row, a set into a tab, others into a call."""
    if isinstance(head, Cow):
        return small(head.size)
    if isinstance(head, Set):
        return 1
    return small(shapes.arity(head))


def make(head: object, args: list[Exp]) -> Exp:
    values: list[object] = []
    for x in args:
        if not isinstance(x, Const):
            return Make(head, args)
        values.append(x.value)
    return Const(shapes.make_app(head, values))


def call(head: object, args: list[Exp]) -> Exp:
    """A known head, no app, on just enough arguments."""
    from vm import ops

    if isinstance(head, int) and (head == 1 or head == 2):
        return Op(head, args)
    code = entry(head)
    source = code.source
    if isinstance(source, JetSource):
        jet = source.jet
        name = jet.name
        if source.law is not None:
            if name == "_If":
                return choose(args[0], args[1], args[2])
            if name == "_Seq":
                return Seq(args[0], args[1])
            if name == "_Ifz":
                return choose(JetCall(ops.IS_ZERO, ops.IS_ZERO_CODE, [args[0]]), args[1], args[2])
            if name == "_Not":
                return choose(args[0], Const(0), Const(1))
            if name == "_Bit":
                return choose(args[0], Const(1), Const(0))
            if name == "_And":
                return choose(args[0], choose(args[1], Const(1), Const(0)), Const(0))
            if name == "_Or":
                return choose(args[0], Const(1), choose(args[1], Const(1), Const(0)))
            if name == "_Switch":
                branches = items(args[2])
                if branches is not None:
                    return Switch(args[0], list(range(len(branches))), branches, args[1])
            if name == "tabSwitch":
                return table(args, code, jet)
        return JetCall(jet, code, args)
    return Call(code, args)


def items(e: Exp) -> list[Exp] | None:
    """The items of a row that is written out."""
    if isinstance(e, Const) and isinstance(e.value, Row):
        return [Const(x) for x in e.value.items]
    if isinstance(e, Make) and isinstance(e.head, Cow) and len(e.args) == e.head.size:
        return e.args[::-1]
    return None


def table(args: list[Exp], code: Code, jet: Jet) -> Exp:
    """The jet tabSwitch on key, default and tab: a switch, if the tab is written out and its keys are nats."""
    e = args[2]
    keys: list[object] = []
    branches: list[Exp] | None = None
    if isinstance(e, Const) and isinstance(e.value, Tab):
        keys = e.value.keys()
        branches = [Const(x) for x in e.value.values()]
    elif isinstance(e, Make) and isinstance(e.head, Set):
        keys = e.head.keys()
        branches = items(e.args[0])
    if not branches or len(branches) != len(keys):
        return JetCall(jet, code, args)
    nats: list[int] = []
    for key in keys:
        if not isinstance(key, int):
            return JetCall(jet, code, args)
        nats.append(key)
    return Switch(args[0], nats, branches, args[1])


def choose(cond: Exp, then: Exp, other: Exp) -> Exp:
    """`then` if nat(cond) is not 0."""
    if isinstance(cond, Const):
        return then if truth(cond.value) else other
    if isinstance(cond, Fork) and cond.kind == TRUE and not cond.parts:
        yes = cond.then
        no = cond.other
        if isinstance(yes, Const) and isinstance(no, Const) and truth(yes.value) != truth(no.value):
            return choose(cond.x, then, other) if truth(yes.value) else choose(cond.x, other, then)
    return Fork(TRUE, cond, -1, [], then, other)


def truth(x: object) -> bool:
    return isinstance(x, int) and x > 0


@final
class Names:
    """Slots that nobody uses yet. `lets` are the lets of the body that they are for."""

    def __init__(self, last: int, lets: dict[int, Exp] | None = None) -> None:
        self.last = last
        self.lets: Final = lets
        self.forks = 0
        self.nesting = 0
        self.inlined = 0
        self.made_by_forks: Final[set[int]] = set()

    def new(self) -> int:
        self.last += 1
        return self.last

    def fork(self, e: Exp) -> Exp:
        """e, with ops made forks, and small laws their bodies, at its root and where it is applied."""
        if isinstance(e, Apply):
            f = self.fork(e.f)
            return Apply(f, e.args) if f is e.f else self.fork(saturate(f, e.args))
        if isinstance(e, Call):
            return self.inline(e)
        if not isinstance(e, Op):
            return e
        # Constants may hold ops in ops, shared and as deep as anyone likes: those in far are left to the general code.
        if self.forks == MAX_FORKS or self.nesting == INLINE_DEPTH:
            return Call(entry(e.op), e.args)
        self.forks += 1
        self.nesting += 1
        made = self.made(e)
        self.nesting -= 1
        return made

    def inline(self, e: Call) -> Exp:
        """The body of a small law that does not call itself, in place of its call."""
        lets = self.lets
        source = e.code.source
        if lets is None or not isinstance(source, LawSource) or self.nesting == INLINE_DEPTH:
            return e
        cost = inline_cost(source.law)
        if self.inlined + cost > MAX_INLINED:
            return e
        if self.made_by_forks and any(self.may_depend(x) for x in e.args):
            return e  # lets are known everywhere, and what a fork makes is not
        self.inlined += cost
        self.nesting += 1
        exp = Body(source.law, source.me, self, e.args).exp
        self.nesting -= 1
        return exp

    def may_depend(self, e: Exp) -> bool:
        """Could e use what a fork makes?"""
        return e.slot in self.made_by_forks if isinstance(e, Var) else not isinstance(e, Const)

    def made(self, e: Op) -> Exp:
        if e.op == 2:
            less = self.new()
            self.made_by_forks.add(less)
            return Fork(TRUE, e.args[2], -1, [less], self.on(e.args[1], [less]), e.args[0])
        slot = self.new()
        pin = [self.new()]
        law = [self.new(), self.new(), self.new()]
        app = [self.new(), self.new()]
        self.made_by_forks.update([slot, *pin, *law, *app])
        on_pin = Fork(PIN, Var(slot), -1, pin, self.on(e.args[0], pin), Const(0))
        on_law = Fork(LAW, Var(slot), -1, law, self.on(e.args[1], law), on_pin)
        on_nat = Fork(NAT, Var(slot), -1, [], self.on(e.args[3], [slot]), on_law)
        return Fork(APP, e.args[4], slot, app, self.on(e.args[2], app), on_nat)

    def on(self, f: Exp, slots: list[int]) -> Exp:
        args: list[Exp] = [Var(slot) for slot in slots]
        return self.fork(saturate(f, args))


# -- reading ----------------------------------------------------------------------------------------------------------


@final
class Body:
    """A law's body, read: `exp`, and the lets that it uses more than once by their slots.

    `names` and `args` are of the body that it is read into, if it is to stand for a call there.
    """

    def __init__(self, law: Law, me: object, names: Names | None = None, args: list[Exp] | None = None) -> None:
        self.me: Final = me
        raw: list[object] = []
        x = law.body
        while isinstance(x, App) and len(x.args) == 2 and isinstance(x.head, int) and x.head == 1:
            raw.append(x.args[0])
            x = x.args[1]
        self.nargs: Final = law.args
        self.raw: Final = raw
        self.top: int = law.args + len(raw)
        self.uses: dict[int, int] = {}
        self.busy: set[int] = set()
        self.waiting: list[int] = []
        self.args: list[Exp] = []
        self.shift = 0
        self.lets: dict[int, Exp] = {}
        if raw or args is not None:
            self.count(x)
            for v in raw:
                self.count(v)
        if names is not None and names.lets is not None and args is not None:
            self.lets = names.lets
            self.shift = names.last - law.args
            names.last += len(raw)
            for i, arg in enumerate(args):
                if self.uses.get(i + 1, 0) > 1 and not isinstance(arg, (Var, Const)):
                    slot = names.new()
                    self.lets[slot] = arg
                    arg = Var(slot)
                self.args.append(arg)
        self.names: Final = names or Names(self.top, self.lets)
        self.exp: Final[Exp] = self.read(x, 0)
        while self.waiting:
            slot = self.waiting.pop()
            if slot + self.shift not in self.lets:
                self.lets[slot + self.shift] = self.read(raw[slot - self.nargs - 1], 0)

    def count(self, top: object) -> None:
        """How often each argument and let is used."""
        stack: list[object] = [top]
        while stack:
            x = stack.pop()
            if isinstance(x, int):
                if 0 < x <= self.top:
                    self.uses[x] = self.uses.get(x, 0) + 1
            elif isinstance(x, App) and len(x.args) == 2 and isinstance(x.head, int) and x.head == 0:
                stack += x.args

    def read(self, x: object, depth: int) -> Exp:
        if isinstance(x, int):
            if x > self.top:
                return Const(x)
            if x == 0:
                return Const(self.me)
            if x > self.nargs:
                return self.let(x, depth)
            return self.args[x - 1] if self.args else Var(x)
        if isinstance(x, App) and isinstance(x.head, int):
            if x.head == 0 and len(x.args) == 2:
                args: list[Exp] = []
                while isinstance(x, App) and len(x.args) == 2 and isinstance(x.head, int) and x.head == 0:
                    args.append(self.read(x.args[1], depth + 1))
                    x = x.args[0]
                args.reverse()
                f = self.read(x, depth + 1)
                let = self.lets.get(f.slot) if isinstance(f, Var) else None
                if isinstance(let, Make) and all(isinstance(y, (Var, Const)) for y in let.args):
                    f = let
                return self.names.fork(saturate(f, args))
            if x.head == 2 and len(x.args) == 1:
                return Const(x.args[0])
        return Const(x)

    def let(self, raw: int, depth: int) -> Exp:
        """A use of a let: its value, if that is a constant or used only here."""
        slot = raw + self.shift
        known = self.lets.get(slot)
        if known is not None:
            return known if isinstance(known, Const) else Var(slot)
        if raw in self.busy or depth > INLINE_DEPTH:
            self.waiting.append(raw)
            return Var(slot)
        self.busy.add(raw)
        e = self.read(self.raw[raw - self.nargs - 1], depth + 1)
        self.busy.discard(raw)
        if self.uses[raw] == 1:
            return e
        self.lets[slot] = e
        return e if isinstance(e, Const) else Var(slot)


def inline_cost(law: Law) -> int:
    """How many nodes a law's body has; too many if it is not to be inlined, for its size or since it calls itself."""
    nodes = 0
    stack: list[object] = [law.body]
    while stack and nodes <= MAX_INLINE:
        nodes += 1
        x = stack.pop()
        if isinstance(x, int):
            if x == 0:
                return MAX_INLINED + 1
        elif isinstance(x, App) and len(x.args) == 2 and isinstance(x.head, int) and x.head < 2:
            stack += x.args
    return nodes if nodes <= MAX_INLINE else MAX_INLINED + 1


def depth_of(top: object) -> int:
    """How deep a body's applications nest in their arguments; a body of too many nodes counts as too deep."""
    deepest = 0
    nodes = 0
    stack: list[tuple[object, int]] = [(top, 0)]
    while stack:
        x, d = stack.pop()
        nodes += 1
        if nodes > MAX_NODES:
            return MAX_DEPTH + 1
        deepest = max(deepest, d)
        if isinstance(x, App) and len(x.args) == 2 and isinstance(x.head, int) and (x.head == 0 or x.head == 1):
            if x.head == 1:
                stack.append((x.args[0], d))
                stack.append((x.args[1], d))
            else:
                stack.append((x.args[0], d))
                stack.append((x.args[1], d + 1))
    return deepest
