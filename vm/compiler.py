"""From expressions to words: the compiler of laws.

An expression is compiled in one of three positions:

    tail      its value is what the frame returns: calls take the place of the frame
    strict    its value is wanted now, in a register
    lazy      something that stands for its value is wanted: a value if that is free, else a thunk over its free slots

Arguments are registers 0.., then come lets and temporaries. Lets are not made where they are written but where the
first expression needs them, in each branch anew, and evaluated at once if that expression evaluates them first (see
vm.demand).
"""

from __future__ import annotations

from threading import RLock
from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

from vm import ops
from vm.body import (
    APP,
    MAX_DEPTH,
    PIN,
    TRUE,
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
from vm.demand import Demand, strict_of
from vm.formula import MOST_CELLS, Formula, is_simple, is_steps, size
from vm.jet import Jet
from vm.values import Code, Cow, MemoryLimit
from vm.words import (
    ADD,
    ADDK,
    APPLY,
    BYTE,
    CALL,
    CLEAR,
    COMPILE,
    CONST,
    CONST_BIT,
    DELAY,
    EQL,
    EQLK,
    EQZ,
    FILL,
    FORCE,
    FORMULA,
    GTEK,
    GTHK,
    HOLE,
    IDX,
    IDXK,
    INDEX_MASK,
    JET,
    JMP,
    JNAPP,
    JNLAW,
    JNNAT,
    JZ,
    LAST_BIT,
    LTE,
    LTEK,
    LTH,
    LTHK,
    MAKE,
    MAX_REGISTERS,
    MAX_SMALL,
    MOV,
    MUL,
    NAT,
    NEQ,
    NEQK,
    OPERAND_BITS,
    PEEK,
    PER_WORD,
    RET,
    RETC,
    RETF,
    ROW,
    SUB,
    SUBK,
    SWITCH,
    TAKE,
    TAPPLY,
    TCALL,
    THUNK,
    TJET,
    TREE,
)

LOCK: Final = RLock()
LABEL: Final = 255
MAX_INSTRUCTIONS: Final = 100_000

# The fast forms of jets, by name: on two registers, on a register and a small constant (-1: none).
FAST: Final[dict[str, tuple[int, int]]] = {
    "_Add": (ADD, ADDK),
    "_Sub": (SUB, SUBK),
    "_Mul": (MUL, -1),
    "_Eql": (EQL, EQLK),
    "_Neq": (NEQ, NEQK),
    "_Lth": (LTH, LTHK),
    "_Lte": (LTE, LTEK),
    "_Gth": (LTH, GTHK),
    "_Gte": (LTE, GTEK),
    "_Idx": (IDX, -1),
    "_Get": (IDX, IDXK),
    "barIdx": (BYTE, -1),
}
SWAPPED: Final = {"_Gth", "_Gte", "_Get"}
ALONE: Final = {"_Eqz", "_Dec", "inc", "_IsNat"}
WITHOUT_FORMULA: Final = {*FAST, *ALONE}
JUMPS: Final = [JZ, JNAPP, JNNAT, JNLAW]  # by the kind of fork, taken if it is not that
FIRST_PART: Final = [0, 0, 0, 2, 5]  # of each kind of fork, for TAKE
CALLS: Final = {CALL, TCALL, APPLY, TAPPLY, JET, TJET, FORCE, RETF}
WINDOWS: Final = {CALL, APPLY, JET, FORCE}
ENDS: Final = {TCALL, TAPPLY, TJET, RET, RETF, RETC}


@final
class Ins:
    """One instruction. Operands are registers, or constants + CONST_BIT; `label` is where it jumps to (or, of a LABEL,
    its name), `labels` where a switch does; `formula` is what a formula consists of."""

    __slots__ = ("a", "b", "c", "formula", "label", "labels", "op", "operands")

    def __init__(
        self,
        op: int,
        a: int,
        b: int,
        c: int,
        operands: list[int] | None,
        label: int,
        labels: list[int] | None = None,
        formula: Formula | None = None,
    ) -> None:
        self.op: Final = op
        self.a: Final = a
        self.b: int = b
        self.c: int = c
        self.operands: Final = operands
        self.label: Final = label
        self.labels: Final = labels
        self.formula: Final = formula


class TooLarge(Exception):
    """The expression needs more registers, constants or words than an instruction can name."""


def compile_code(code: Code) -> None:
    """Make the words of `code`. One thread at a time: codes look into each other, and some have to be loaded."""
    with LOCK:
        if len(code.words) == 1 and code.words[0] == COMPILE:
            compile_source(code, code.source)


def compile_source(code: Code, source: object) -> None:
    try:
        if isinstance(source, LawSource):
            law = source.law
            if law.args > MAX_DEPTH or depth_of(law.body) > MAX_DEPTH:
                raise TooLarge
            body = Body(law, source.me)
            strict = strict_of(code, 0)
            maker = Maker(body.lets, code)
            for i in range(int(code.nargs)):
                maker.register[i + 1] = i
            maker.count = int(code.nargs)
            for i in strict:
                maker.force(i)
            maker.start = len(maker.out)
            maker.tail(body.exp)
        elif isinstance(source, JetSource):
            maker = Maker({}, code)
            maker.jet_entry(source.jet)
        else:
            if not isinstance(source, ExpSource):
                raise TooLarge
            maker = Maker({}, code)
            for i, slot in enumerate(source.slots):
                maker.register[slot] = i
                if slot in source.evaluated:
                    maker.evaluated.add(i)
            maker.count = max(maker.count, int(code.nargs))
            maker.tail(source.exp)
        maker.finish()
    except (TooLarge, RecursionError):
        if isinstance(source, ExpSource):
            raise MemoryLimit from None
        code.consts = [source]
        code.nregs = code.nargs
        code.words = append(vec[i64](), i64(TREE))
    code.source = source if isinstance(source, (LawSource, JetSource)) else None


class Maker:
    """The words of one code, in the making."""

    def __init__(self, lets: dict[int, Exp], code: Code) -> None:
        self.lets: Final = lets
        self.code: Final = code
        self.demand: Final = Demand(lets, code, code.strict or [], 0)
        self.register: dict[int, int] = {}
        self.evaluated: set[int] = set()
        self.out: list[Ins] = []
        self.consts: list[object] = []
        self.places: dict[int, int] = {}
        self.uses: dict[int, list[int]] = {}
        self.count = int(code.nargs)
        self.most = self.count
        self.labels = 0
        self.start = 0
        self.general = 0

    # -- small parts --------------------------------------------------------------------------------------------------

    def emit(
        self, op: int, a: int = 0, b: int = 0, c: int = 0, operands: list[int] | None = None, label: int = -1
    ) -> None:
        if len(self.out) >= MAX_INSTRUCTIONS and self.lets:
            raise TooLarge
        self.out.append(Ins(op, a, b, c, operands, label))

    def new(self) -> int:
        r = self.count
        self.count += 1
        self.most = max(self.most, self.count)
        if r >= MAX_REGISTERS:
            raise TooLarge
        return r

    def const(self, x: object) -> int:
        """The place of a constant."""
        if isinstance(x, int):
            place = len(self.consts)
            self.consts.append(x)
            return place
        found = self.places.get(id(x))
        if found is None:
            found = len(self.consts)
            self.places[id(x)] = found
            self.consts.append(x)
        return found

    def label(self) -> int:
        self.labels += 1
        return self.labels

    def force(self, r: int) -> None:
        if r not in self.evaluated:
            self.emit(FORCE, r)
            self.evaluated.add(r)

    # -- lets ---------------------------------------------------------------------------------------------------------

    def free(self, e: Exp, out: dict[int, None]) -> None:
        """The slots that occur in e, in order of appearance."""
        if isinstance(e, Var):
            out[e.slot] = None
        elif isinstance(e, (Call, JetCall, Make)):
            for x in e.args:
                self.free(x, out)
        elif isinstance(e, Apply):
            self.free(e.f, out)
            for x in e.args:
                self.free(x, out)
        elif isinstance(e, Seq):
            self.free(e.first, out)
            self.free(e.then, out)
        elif isinstance(e, Switch):
            self.free(e.x, out)
            self.free(e.other, out)
            for x in e.branches:
                self.free(x, out)
        elif isinstance(e, Fork):
            self.free(e.x, out)
            inner: dict[int, None] = {}
            self.free(e.then, inner)
            self.free(e.other, inner)
            for slot in inner:
                if slot != e.slot and slot not in e.parts:
                    out[slot] = None

    def slots(self, e: Exp) -> list[int]:
        found: dict[int, None] = {}
        self.free(e, found)
        return list(found)

    def let_slots(self, slot: int) -> list[int]:
        found = self.uses.get(slot)
        if found is None:
            found = self.slots(self.lets[slot])
            self.uses[slot] = found
        return found

    def need(self, e: Exp) -> None:
        """Make the lets that e uses."""
        for slot in self.slots(e):
            self.make(slot)

    def first(self, e: Exp, tail: bool, nesting: int = 0) -> None:
        """Evaluate what e evaluates first, lets among it in their registers."""
        if nesting > MAX_DEPTH:
            return
        slots: list[int] = []
        self.demand.of(e, slots, tail)
        for slot in slots:
            r = self.register.get(slot, -1)
            if r >= 0:
                self.force(r)
            elif slot in self.lets:
                let = self.lets[slot]
                if self.circular(slot):
                    return
                self.first(let, False, nesting + 1)
                self.need(let)
                r = self.new()
                self.strict(let, r)
                self.register[slot] = r
                self.evaluated.add(r)
            else:
                return

    def circular(self, slot: int) -> bool:
        """Does a let, by way of lets that are not made yet, use itself?"""
        met: set[int] = set()
        stack = self.let_slots(slot)[:]
        while stack:
            s = stack.pop()
            if s == slot:
                return True
            if s in self.lets and s not in self.register and s not in met:
                met.add(s)
                stack += self.let_slots(s)
        return False

    def make(self, top: int) -> None:
        """Make a let, and the lets that it uses, as lazily as can be. Those that use each other are holes at first."""
        if top in self.register or top not in self.lets:
            return
        order: list[int] = []
        self.arrange(top, order, set())
        place = {slot: i for i, slot in enumerate(order)}
        holes: set[int] = set()
        for i, slot in enumerate(order):
            for s in self.let_slots(slot):
                if s in place and place[s] >= i:
                    holes.add(s)
        for slot in order:
            if slot in holes:
                r = self.new()
                self.emit(HOLE, r)
                self.register[slot] = r
        for slot in order:
            let = self.lets[slot]
            if slot in holes:
                t = self.lazy_into(let)
                self.emit(FILL, self.register[slot], t)
            else:
                self.register[slot] = self.lazy_into(let)

    def arrange(self, top: int, order: list[int], met: set[int]) -> None:
        """Unmade lets below `top`, each after those it uses, where that can be."""
        stack: list[tuple[int, list[int]]] = [(top, self.let_slots(top)[::-1])]
        met.add(top)
        while stack:
            slot, rest = stack[-1]
            if rest:
                s = rest.pop()
                if s in self.lets and s not in self.register and s not in met:
                    met.add(s)
                    stack.append((s, self.let_slots(s)[::-1]))
            else:
                order.append(slot)
                stack.pop()

    def lazy_into(self, e: Exp) -> int:
        """A register of its own that holds e lazily."""
        operand = self.lazy(e)
        if operand & CONST_BIT:
            r = self.new()
            self.emit(CONST, r, 0, operand & INDEX_MASK)
            return r
        return operand

    # -- tail ---------------------------------------------------------------------------------------------------------

    def tail(self, e: Exp) -> None:
        self.first(e, True)
        if isinstance(e, Fork) and not self.has_formula(e):
            self.need(e.x)
            self.fork(e, -1)
        elif isinstance(e, Switch):
            self.need(e.x)
            self.switch(e, -1)
        elif isinstance(e, Seq):
            self.need(e.first)
            self.test(e.first)
            self.tail(e.then)
        else:
            self.need(e)
            if isinstance(e, Const):
                self.emit(RETC, 0, 0, self.const(e.value))
            elif isinstance(e, Call):
                operands = self.call_operands(e)
                self.emit(TCALL, 0, 0, self.const(e.code), operands)
            elif isinstance(e, Apply):
                operands = self.apply_operands(e)
                self.emit(TAPPLY, 0, len(operands), 0, operands)
            elif isinstance(e, JetCall) and not self.is_fast(e) and not self.has_formula(e):
                operands = self.jet_operands(e)
                self.emit(TJET, 0, 0, self.jet_const(e.jet, e.code), operands)
            elif isinstance(e, Var):
                r = self.register[e.slot]
                self.emit(RET if r in self.evaluated else RETF, r)
            else:
                r = self.new()
                self.strict(e, r)
                self.emit(RET, r)

    def fork(self, e: Fork, r: int) -> None:
        """Test e.x and go on with either branch: in tail position (r < 0), or with its value in register r."""
        t = self.test(e.x)
        if e.slot > 0:
            self.register[e.slot] = t
        if e.kind == PIN:
            self.branch(e, t, e.then, r)
            return
        label = self.label()
        self.emit(JUMPS[e.kind], t, 0, 0, None, label)
        register = self.register.copy()
        evaluated = self.evaluated.copy()
        count = self.count
        self.branch(e, t, e.then, r)
        end = self.label()
        if r >= 0:
            self.emit(JMP, 0, 0, 0, None, end)
        self.emit(LABEL, 0, 0, 0, None, label)
        self.register = register.copy()
        self.evaluated = evaluated.copy()
        self.count = count
        self.branch(e, t, e.other, r)
        if r >= 0:
            self.emit(LABEL, 0, 0, 0, None, end)
            self.register = register
            self.evaluated = evaluated
            self.count = count

    def switch(self, e: Switch, r: int) -> None:
        """Choose a branch: in tail position (r < 0), or with its value in register r."""
        t = self.test(e.x)
        labels = [self.label() for _ in e.branches]
        places = {key: i for i, key in enumerate(e.keys)}
        self.out.append(Ins(SWITCH, t, 0, self.const(places), None, -1, labels))
        register = self.register
        evaluated = self.evaluated
        count = self.count
        end = self.label()
        for i in range(-1, len(labels)):
            self.register = register.copy()
            self.evaluated = evaluated.copy()
            self.count = count
            if i >= 0:
                self.emit(LABEL, 0, 0, 0, None, labels[i])
            branch = e.other if i < 0 else e.branches[i]
            if r < 0:
                self.tail(branch)
            else:
                self.strict(branch, r)
                self.emit(JMP, 0, 0, 0, None, end)
        if r >= 0:
            self.emit(LABEL, 0, 0, 0, None, end)
            self.register = register
            self.evaluated = evaluated
            self.count = count

    def branch(self, e: Fork, t: int, b: Exp, r: int) -> None:
        """One branch; the parts of e.x, in register t, that it uses get registers of their own."""
        if b is e.then and e.parts:
            used = self.slots(b)
            for i, slot in enumerate(e.parts):
                if slot in used:
                    p = self.new()
                    if e.kind == TRUE:
                        self.emit(SUBK, p, t, 1)
                    else:
                        self.emit(TAKE, p, t, FIRST_PART[e.kind] + i)
                    self.register[slot] = p
                    if e.kind != APP or i == 0:
                        self.evaluated.add(p)
        if r < 0:
            self.tail(b)
        else:
            self.strict(b, r)

    # -- strict -------------------------------------------------------------------------------------------------------

    def test(self, e: Exp) -> int:
        """A register that holds e, evaluated."""
        if isinstance(e, Var):
            r = self.register[e.slot]
            self.force(r)
            return r
        r = self.new()
        self.strict(e, r)
        self.evaluated.add(r)
        return r

    def strict(self, e: Exp, r: int) -> None:
        """Evaluate e into r. The lets that e uses are made."""
        self.evaluated.discard(r)
        count = self.count
        if isinstance(e, Var):
            t = self.register[e.slot]
            self.force(t)
            self.emit(MOV, r, t)
        elif isinstance(e, Const):
            self.emit(CONST, r, 0, self.const(e.value))
        elif isinstance(e, Make):
            self.make_value(e, r)
        elif isinstance(e, Call):
            operands = self.call_operands(e)
            self.emit(CALL, r, 0, self.const(e.code), operands)
        elif isinstance(e, Apply):
            operands = self.apply_operands(e)
            self.emit(APPLY, r, len(operands), 0, operands)
        elif self.has_formula(e):
            e = self.settle(e)
            self.formula(e, r)
            label = self.out[-1].label
            evaluated = self.evaluated.copy()
            self.general += 1
            self.strict(e, r)
            self.general -= 1
            self.emit(LABEL, 0, 0, 0, None, label)
            self.evaluated = evaluated
        elif isinstance(e, JetCall):
            operands = self.jet_operands(e)
            self.fast(e, r, operands, False)
        elif isinstance(e, Seq):
            self.test(e.first)
            self.strict(e.then, r)
        elif isinstance(e, Fork):
            self.fork(e, r)
        elif isinstance(e, Switch):
            self.switch(e, r)
        self.release(count)
        self.evaluated.add(r)

    def release(self, count: int) -> None:
        """Temporaries from `count` on are not used any more."""
        self.count = count
        self.evaluated = {x for x in self.evaluated if x < count}

    def call_operands(self, e: Call) -> list[int]:
        """The arguments of a known call: those that it evaluates first evaluated, in its order."""
        operands = [-1] * len(e.args)
        strict = self.code.strict or [] if e.code is self.code else strict_of(e.code, 1)
        for i in strict:
            operands[i] = self.operand(e.args[i])
        for i, x in enumerate(e.args):
            if operands[i] < 0:
                operands[i] = self.lazy(x)
        return operands

    def operand(self, e: Exp) -> int:
        if isinstance(e, Const):
            return self.const(e.value) | CONST_BIT
        return self.test(e)

    def apply_operands(self, e: Apply) -> list[int]:
        f = self.operand(e.f)
        return [f, *[self.lazy(x) for x in e.args]]

    def jet_operands(self, e: JetCall) -> list[int]:
        jet = e.jet
        operands = [-1] * len(e.args)
        for i in jet.order:
            if jet.strict[i] == "d":
                operands[i] = self.normal(e.args[i])
            else:
                operands[i] = self.operand(e.args[i])
        for i, x in enumerate(e.args):
            if operands[i] < 0:
                operands[i] = self.lazy(x)
        return operands

    def normal(self, e: Exp) -> int:
        if isinstance(e, Const):
            return self.const(e.value) | CONST_BIT
        t = self.operand(e)
        r = self.new()
        self.emit(JET, r, 0, self.jet_const(ops.NORMAL, ops.NORMAL_CODE), [t])
        self.evaluated.add(r)
        return r

    def jet_const(self, jet: Jet, code: Code) -> int:
        """The place of a jet; after it comes the code of its law."""
        found = self.places.get(id(jet))
        if found is None:
            found = len(self.consts)
            source = code.source
            assert isinstance(source, JetSource)
            self.consts += [jet, source.law]
            self.places[id(jet)] = found
        return found

    def is_fast(self, e: JetCall) -> bool:
        return e.jet.name in WITHOUT_FORMULA

    def fast(self, e: JetCall, r: int, operands: list[int], lazily: bool) -> None:
        """A jet's call: its fast form, if one fits the operands, and its general form (lazily: a thunk)."""
        at = len(self.out)
        self.fast_form(e.jet.name, r, operands)
        fast = self.out[-1] if len(self.out) > at else None
        words = 1 + (len(operands) + PER_WORD - 1) // PER_WORD
        if lazily:
            self.emit(THUNK, r, 0, self.const(e.code), operands)
        else:
            self.emit(JET, r, 0, self.jet_const(e.jet, e.code), operands)
        if fast is not None:
            fast.c |= words << 16
        if not lazily and (fast is None or fast.op in (IDX, IDXK)) and not e.jet.total:
            self.emit(FORCE, r)

    def fast_form(self, name: str, r: int, operands: list[int]) -> None:
        if len(operands) == 1:
            x = operands[0]
            if x & CONST_BIT:
                return
            if name == "_Eqz":
                self.emit(EQZ, r, x)
            elif name == "_Dec":
                self.emit(SUBK, r, x, 1)
            elif name == "inc":
                self.emit(ADDK, r, x, 1)
            elif name == "_IsNat":
                self.emit(NAT, r, x)
            return
        pair = FAST.get(name)
        if pair is None or len(operands) != 2:
            return
        x = operands[0]
        y = operands[1]
        k = self.small_const(y)
        if k >= 0 and pair[1] >= 0 and not x & CONST_BIT:
            self.emit(pair[1], r, x, k)
            return
        if name == "_Idx":
            k = self.small_const(x)
            if k >= 0 and not y & CONST_BIT:
                self.emit(IDXK, r, y, k)
                return
        if name == "_Add":
            k = self.small_const(x)
            if k >= 0 and not y & CONST_BIT:
                self.emit(ADDK, r, y, k)
                return
        if x & CONST_BIT:
            x = self.load(x)
        if y & CONST_BIT:
            y = self.load(y)
        if name in SWAPPED:
            self.emit(pair[0], r, y, x)
        else:
            self.emit(pair[0], r, x, y)

    def load(self, operand: int) -> int:
        t = self.new()
        self.emit(CONST, t, 0, operand & INDEX_MASK)
        return t

    def small_const(self, operand: int) -> int:
        """The constant that an operand is, if it is a small nat; else -1."""
        if operand & CONST_BIT:
            x = self.consts[operand & INDEX_MASK]
            if isinstance(x, int) and x < MAX_SMALL:
                return x
        return -1

    # -- formulas -----------------------------------------------------------------------------------------------------

    def has_formula(self, e: Exp) -> bool:
        """Is it worth while to compute e by a formula first?"""
        if self.general or not isinstance(e, (JetCall, Fork)):
            return False
        cells, steps = size(e, WITHOUT_FORMULA, MOST_CELLS)
        return steps > 0 and cells <= MOST_CELLS and is_steps(e, self.lets)

    def settle(self, e: Exp) -> Exp:
        """e, with what it evaluates before its steps in registers."""
        if isinstance(e, Var):
            self.force(self.register[e.slot])
            return e
        if isinstance(e, Const):
            return e
        if is_steps(e, self.lets):
            if isinstance(e, Fork):
                return Fork(e.kind, self.settle(e.x), e.slot, e.parts, e.then, e.other)
            assert isinstance(e, JetCall)
            args = e.args[:]
            for i in e.jet.order:
                args[i] = self.settle(args[i])
            return JetCall(e.jet, e.code, args)
        r = self.test(e)
        self.register[-2 - r] = r
        return Var(-2 - r)

    def formula(self, e: Exp, r: int) -> None:
        """Compute e into r, and go on at a new label; or go on with what comes next."""
        formula = Formula(self.register)
        formula.cell(e)
        self.out.append(Ins(FORMULA, r, len(formula.steps), 0, None, self.label(), None, formula))

    # -- lazy ---------------------------------------------------------------------------------------------------------

    def lazy(self, e: Exp) -> int:
        """An operand that stands for e: a value, or a thunk."""
        if isinstance(e, Var):
            return self.register[e.slot]
        if isinstance(e, Const):
            return self.const(e.value) | CONST_BIT
        r = self.new()
        self.lazily(e, r)
        return r

    def lazily(self, e: Exp, r: int) -> None:
        """The same, in register r."""
        if self.has_formula(e) and is_simple(e, self.lets):
            self.formula(e, r)
            label = self.out[-1].label
            self.general += 1
            self.lazily(e, r)
            self.general -= 1
            self.emit(LABEL, 0, 0, 0, None, label)
        elif isinstance(e, Make):
            self.make_value(e, r)
            self.evaluated.add(r)
        elif isinstance(e, Call):
            operands = [self.lazy(x) for x in e.args]
            self.emit(THUNK, r, 0, self.const(e.code), operands)
        elif isinstance(e, JetCall) and not self.total_only(e):
            operands = [self.lazy(x) for x in e.args]
            if self.cheap(e):
                for x in operands:
                    if not x & CONST_BIT and x not in self.evaluated:
                        self.emit(PEEK, x)
                self.fast(e, r, operands, True)
            else:
                self.emit(THUNK, r, 0, self.const(e.code), operands)
        elif isinstance(e, Apply) and isinstance(e.f, (Var, Apply)):
            operands = [self.lazy(e.f), *[self.lazy(x) for x in e.args]]
            self.emit(DELAY, r, len(operands), 0, operands)
        else:
            self.fragment(e, r)

    def cheap(self, e: JetCall) -> bool:
        return self.is_fast(e) and e.jet.name != "_Mul"

    def total_only(self, e: JetCall) -> bool:
        """Is e better one thunk than a thunk on thunks?"""
        return not self.cheap(e) and any(isinstance(x, (JetCall, Fork, Seq, Switch)) for x in e.args)

    def make_value(self, e: Make, r: int) -> None:
        operands = [self.lazy(x) for x in e.args]
        head = e.head
        if isinstance(head, Cow) and head.size == len(operands):
            operands.reverse()
            self.emit(ROW, r, len(operands), 0, operands)
        else:
            self.emit(MAKE, r, len(operands), self.const(head), operands)

    def fragment(self, e: Exp, r: int) -> None:
        """A thunk over the free slots of e."""
        slots = self.slots(e)
        operands = [self.register[s] for s in slots]
        evaluated = {s for s in slots if self.register[s] in self.evaluated}
        code = Code(self.code.name, len(slots), ExpSource(e, slots, evaluated))
        self.emit(THUNK, r, 0, self.const(code), operands)

    # -- entries of jets ----------------------------------------------------------------------------------------------

    def jet_entry(self, jet: Jet) -> None:
        args: list[Exp] = []
        for i in range(jet.arity):
            self.register[i + 1] = i
            args.append(Var(i + 1))
        e = JetCall(jet, self.code, args)
        operands = self.jet_operands(e)
        self.emit(TJET, 0, 0, self.jet_const(jet, self.code), operands)

    # -- words --------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Find last uses, and write the words."""
        clears = self.liveness()
        code = self.code
        places: dict[int, int] = {}
        fast = 0
        at = 0
        for i, ins in enumerate(self.out):
            if i == self.start:
                fast = at
            if ins.op == LABEL:
                places[ins.label] = at
            else:
                at += 1 if ins.operands is None else 1 + (len(ins.operands) + PER_WORD - 1) // PER_WORD
                if ins.labels is not None:
                    at += len(ins.labels)
                if ins.formula is not None:
                    at += len(ins.formula.steps)
            at += len(clears.get(i, []))
        if at >= 1 << 23 or len(self.consts) >= INDEX_MASK:
            raise TooLarge
        words = vec[i64]()
        for i, ins in enumerate(self.out):
            if ins.op != LABEL:
                c = places[ins.label] if ins.label >= 0 else ins.c
                operands = ins.operands
                b = int(in_order(operands or [])) if ins.op == TCALL else ins.b
                words = append(words, word(ins.op, ins.a, b, c))
                if operands is not None:
                    for k in range(0, len(operands), PER_WORD):
                        w: i64 = 0
                        for j in range(min(PER_WORD, len(operands) - k)):
                            operand: i64 = operands[k + j]
                            w |= operand << (j * OPERAND_BITS)
                        words = append(words, w)
                if ins.labels is not None:
                    for label in ins.labels:
                        words = append(words, i64(places[label]))
                if ins.formula is not None:
                    for step in ins.formula.steps:
                        words = append(words, i64(step))
            for r in clears.get(i, []):
                words = append(words, word(CLEAR, r, 0, 0))
        # Others may enter at any moment: at the fast entry only when there is one.
        code.consts = self.consts
        code.nregs = self.most
        code.words = words
        code.fast = fast

    def liveness(self) -> dict[int, list[int]]:
        """Mark the operands that are last uses, and set windows. What to clear after which instruction: registers that
        one branch needs and the other, which calls something, does not."""
        live = 0
        calls = False
        at_label: dict[int, int] = {}
        calls_at: dict[int, bool] = {}
        label_index: dict[int, int] = {}
        clears: dict[int, list[int]] = {}
        for i in range(len(self.out) - 1, -1, -1):
            ins = self.out[i]
            op = ins.op
            if op == LABEL:
                at_label[ins.label] = live
                calls_at[ins.label] = calls
                label_index[ins.label] = i
                continue
            if op == JMP:
                live = at_label[ins.label]
                calls = calls_at[ins.label]
                continue
            if op in JUMPS:
                there = at_label[ins.label]
                if calls and there & ~live:
                    clears[i] = bits(there & ~live)
                if calls_at[ins.label] and live & ~there:
                    clears[label_index[ins.label]] = bits(live & ~there)
                live |= there | 1 << ins.a
                calls = calls or calls_at[ins.label]
                continue
            if op == SWITCH:
                assert ins.labels is not None
                after = live
                for label in ins.labels:
                    live |= at_label[label]
                if calls and live & ~after:
                    clears[i] = bits(live & ~after)
                for label in ins.labels:
                    if calls_at[label] and live & ~at_label[label]:
                        clears[label_index[label]] = bits(live & ~at_label[label])
                    calls = calls or calls_at[label]
                live |= 1 << ins.a
                continue
            if op in ENDS:
                live = 0
                calls = False
            if op in CALLS:
                calls = True
            operands = ins.operands
            window = MAX_REGISTERS
            if op in WINDOWS:
                window = self.window(ins, live & ~(1 << ins.a))
            if op in (RET, RETF, FORCE, PEEK, FILL):
                live |= 1 << ins.a
            elif op not in ENDS:
                live &= ~(1 << ins.a)
            if operands is not None:
                for k in range(len(operands) - 1, -1, -1):
                    operand = operands[k]
                    if not operand & CONST_BIT and not live >> operand & 1:
                        live |= 1 << operand
                        if op != CALL or not window <= operand < window + len(operands):
                            operands[k] = operand | LAST_BIT
            elif op in (MOV, FILL, EQZ, NAT, IDXK, TAKE) or ADD <= op <= MUL:
                live |= 1 << ins.b
                if op in (ADD, SUB, EQL, LTH, LTE, NEQ, MUL):
                    live |= 1 << (ins.c & 0xFFFF)
            elif ins.formula is not None:
                # Where it jumps all that only the general form uses is a nat, and need not be cleared.
                for r in ins.formula.registers:
                    live |= 1 << r
            elif op in (IDX, BYTE):
                live |= 1 << ins.b | 1 << (ins.c & 0xFFFF)
        return clears

    def window(self, ins: Ins, live: int) -> int:
        """Set how far from its base the next one is while an instruction waits for a value: above the registers that
        are live then, and the slot for the code. The callee's registers may be those of dead ones, if no operand is
        overwritten before it is read."""
        window = live.bit_length() + 1
        operands = ins.operands or []
        if ins.op == APPLY:
            ins.c = max([window, *[x + 2 for x in operands if not x & CONST_BIT]])
            return ins.c
        if ins.op == CALL:
            while any(window + i in operands[i + 1 :] and operands[i] != window + i for i in range(len(operands))):
                window += 1
        ins.b = window
        return window


def bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def in_order(operands: list[int]) -> bool:
    """Can operands be moved to registers 0, 1 .. one after the other?"""
    return all(x & CONST_BIT or x & INDEX_MASK >= i for i, x in enumerate(operands))


def word(op: i64, a: i64, b: i64, c: i64) -> i64:
    return op | a << 8 | b << 24 | c << 40
