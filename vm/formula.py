"""Formulas: arithmetic on nats below 2^64 that is done at once, without a nat for each result on the way.

A formula is a list of steps on cells. A cell holds a word of 64 bits, as the number with a sign that the word stands
for in two's complement. A step is op (8 bits, from the lowest), the cell that gets the result (8) and three operands
(15 each): cells, or of LOAD a register. The number that CONST puts in a cell comes as a word of its own, after it.
The cell of the last step holds the result.

What a formula cannot do, it leaves undone: where it meets a value that is not computed yet or is no nat, a nat that is
too large, or a division by zero, it gives nothing, and the general form of the same expression is run.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from vm.body import TRUE, Const, Exp, Fork, JetCall, Var
from vm.room import times
from vm.values import Thunk

LOAD: Final = 0  # the value of register x
CONST: Final = 1  # the word that comes next
ADD_WORD: Final = 2  # x + y, cut to 64 bits
SUB_WORD: Final = 3
MUL_WORD: Final = 4
DIV_SIGNED: Final = 5
ADD: Final = 6  # x + y, as nats
SUB: Final = 7
MUL: Final = 8
DIV: Final = 9
MOD: Final = 10
LTH: Final = 11  # 1 if x < y, as nats, else 0
LTE: Final = 12
EQL: Final = 13
NEQ: Final = 14
CHOOSE: Final = 15  # y if x is not 0, else z
AND: Final = 16
OR: Final = 17
XOR: Final = 18
LSH_WORD: Final = 19  # x * 2^y, cut to 64 bits
LSH: Final = 20
RSH: Final = 21
LOW: Final = 22  # the lower 32 bits of x
SUB_LOW: Final = 23  # x - y, cut to 32 bits

NAMES: Final = (
    *("load", "const", "add64", "sub64", "mul64", "iDiv64", "add", "sub", "mul", "div", "mod", "lth", "lte", "eql"),
    *("neq", "if", "and", "or", "xor", "lsh64", "lsh", "rsh", "low", "sub32"),
)

OPS: Final[dict[str, tuple[int, bool]]] = {
    "_Add": (ADD, False),
    "_Sub": (SUB, False),
    "_Mul": (MUL, False),
    "_Div": (DIV, False),
    "_Mod": (MOD, False),
    "_Lth": (LTH, False),
    "_Lte": (LTE, False),
    "_Gth": (LTH, False),
    "_Gte": (LTE, False),
    "_Eql": (EQL, False),
    "_Neq": (NEQ, False),
    "_Con": (AND, False),
    "_Dis": (OR, False),
    "_Mix": (XOR, False),
    "_Lsh": (LSH, False),
    "_Rsh": (RSH, False),
    "add64": (ADD_WORD, False),
    "sub64": (SUB_WORD, False),
    "mul64": (MUL_WORD, False),
    "div64": (DIV, False),
    "and64": (AND, False),
    "or64": (OR, False),
    "xor64": (XOR, False),
    "lsh64": (LSH_WORD, False),
    "rsh64": (RSH, False),
    "iDiv64": (DIV_SIGNED, False),
    "add32": (ADD_WORD, True),
    "sub32": (SUB_LOW, False),
    "mul32": (MUL_WORD, True),
    "div32": (DIV, True),
    "and32": (AND, True),
    "or32": (OR, True),
    "xor32": (XOR, True),
    "lsh32": (LSH_WORD, True),
    "rsh32": (RSH, True),
}
"""The jets on two nats that are steps, by name; whether operands and result are cut to 32 bits. All give nats."""
SWAPPED: Final = {"_Gth", "_Gte"}
WITH_ONE: Final = {"inc": ADD, "_Dec": SUB}
"""The jets that are steps on a nat and 1."""
ALONE: Final = {"_Eqz", "_ToNat", "w64", "w32"}
WORDS: Final = {"w64": ADD_WORD, "w32": ADD_WORD}
WRAPPED: Final = {"_Add": ADD_WORD, "_Mul": MUL_WORD, "inc": ADD_WORD}
"""What may be cut to a word before its result is, if its result is."""
NATS: Final = {"barIdx", "barLen", "_Len", "_IsNat"}
"""Jets that give nats, too."""
COMPARISONS: Final = {"_Lth", "_Lte", "_Gth", "_Gte", "_Eql", "_Neq"}
DIVISIONS: Final = {"_Div", "_Mod", "div64", "div32", "iDiv64"}

MOST_CELLS: Final = 64
SHORT: Final = 1 << 61  # nats below it are numbers that take no memory
OVER: Final = 1 << 64
MASK: Final = OVER - 1
SIGN: Final = 1 << 63
SUM: Final = 1 << 61  # the sum of two numbers below it is one of 64 bits
PRODUCT: Final = 1 << 31  # and so is the product of two below this


# -- what can be a formula ---------------------------------------------------------------------------------------------


def is_step(name: str) -> bool:
    return name in OPS or name in WITH_ONE or name in ALONE


def is_nat(e: Exp, lets: dict[int, Exp]) -> bool:
    """Is the value of e, if it has one, surely a nat?"""
    if isinstance(e, Fork):
        return is_nat(e.then, lets) and is_nat(e.other, lets)
    x = lets.get(e.slot) if isinstance(e, Var) else e
    if isinstance(x, JetCall):
        return is_step(x.jet.name) or x.jet.name in NATS
    return isinstance(x, Const) and isinstance(x.value, int)


def is_total(e: JetCall, lets: dict[int, Exp]) -> bool:
    """Is there always a result, once the arguments are evaluated? Of jets that are not total on all values."""
    name = e.jet.name
    if name in COMPARISONS:
        return all(is_nat(x, lets) for x in e.args)
    if name in DIVISIONS:
        by = e.args[1]
        return isinstance(by, Const) and isinstance(by.value, int) and 0 < by.value < 1 << 32
    return False


def is_choice(e: Exp, lets: dict[int, Exp]) -> bool:
    """Is e a choice between two nats that are there, or are steps away?"""
    return (
        isinstance(e, Fork)
        and e.kind == TRUE
        and e.slot < 0
        and not e.parts
        and is_nat(e, lets)
        and is_simple(e.then, lets)
        and is_simple(e.other, lets)
    )


def is_simple(e: Exp, lets: dict[int, Exp]) -> bool:
    """Is e made of steps on slots and nats alone?"""
    if isinstance(e, Const):
        x = e.value
        return isinstance(x, int) and x < OVER
    if isinstance(e, JetCall):
        return is_step(e.jet.name) and all(is_simple(x, lets) for x in e.args)
    if isinstance(e, Fork):
        return is_choice(e, lets) and is_simple(e.x, lets)
    return isinstance(e, Var)


def is_steps(e: Exp, lets: dict[int, Exp]) -> bool:
    """Is e a step on what can be evaluated before it, or is simple?"""
    if isinstance(e, JetCall):
        jet = e.jet
        return is_step(jet.name) and all(
            is_simple(x, lets) or (jet.strict[i] == "s" and not isinstance(x, Const)) for i, x in enumerate(e.args)
        )
    return is_choice(e, lets)


def size(e: Exp, fast: Container[str], most: int) -> tuple[int, int]:
    """How many cells a formula may take, or more than `most`; and how many of its steps are jets not in `fast`."""
    cells = 2
    steps = 0
    parts: list[Exp] = []
    if isinstance(e, JetCall):
        if is_step(e.jet.name):
            cells = 4
            steps = 0 if e.jet.name in fast else 1
            parts = e.args
    elif isinstance(e, Fork):
        parts = [e.x, e.then, e.other]
    for x in parts:
        if cells > most:
            break
        more, others = size(x, fast, most - cells)
        cells += more
        steps += others
    return cells, steps


# -- writing -----------------------------------------------------------------------------------------------------------


@final
class Formula:
    """The steps of a formula, in the making. `register` tells where each slot is."""

    def __init__(self, register: dict[int, int]) -> None:
        self.register: Final = register
        self.steps: Final[list[int]] = []
        self.registers: Final[dict[int, int]] = {}
        self.consts: Final[dict[int, int]] = {}
        self.count = 0

    def step(self, op: int, x: int, y: int = 0, z: int = 0) -> int:
        cell = self.count
        self.count += 1
        self.steps.append(op | cell << 8 | x << 16 | y << 31 | z << 46)
        return cell

    def const(self, n: int) -> int:
        found = self.consts.get(n)
        if found is None:
            found = self.step(CONST, 0)
            self.steps.append(n - OVER if n >= SIGN else n)
            self.consts[n] = found
        return found

    def low(self, cell: int, cut: bool) -> int:
        return self.step(LOW, cell) if cut else cell

    def cell(self, e: Exp, wrapped: bool = False) -> int:
        """The cell that holds e; `wrapped`: only its lower 64 bits are asked for."""
        if isinstance(e, Const):
            return self.const(e.value if isinstance(e.value, int) else 0)
        if isinstance(e, Var):
            r = self.register[e.slot]
            found = self.registers.get(r)
            if found is None:
                found = self.step(LOAD, r)
                self.registers[r] = found
            return found
        if isinstance(e, Fork):
            test = self.cell(e.x)
            then = self.cell(e.then, wrapped)
            return self.step(CHOOSE, test, then, self.cell(e.other, wrapped))
        assert isinstance(e, JetCall)
        name = e.jet.name
        if wrapped and name in WRAPPED:
            x = self.cell(e.args[0], True)
            return self.step(WRAPPED[name], x, self.const(1) if name == "inc" else self.cell(e.args[1], True))
        x = self.cell(e.args[0], name in WORDS)
        if name in ALONE:
            return self.step(EQL, x, self.const(0)) if name == "_Eqz" else self.low(x, name == "w32")
        if name in WITH_ONE:
            return self.step(WITH_ONE[name], x, self.const(1))
        op, cut = OPS[name]
        x = self.low(x, cut)
        y = self.low(self.cell(e.args[1]), cut)
        if name in SWAPPED:
            x, y = y, x
        return self.low(self.step(op, x, y), cut)


# -- computing ---------------------------------------------------------------------------------------------------------


def wrapped(n: int) -> i64:
    """The lower 64 bits of n."""
    n &= MASK
    return i64(n - OVER if n >= SIGN else n)


def compute(words: vec[i64], at: i64, end: i64, stack: list[object], base: i64, cells: vec[i64]) -> i64:
    """Do the steps from `at` to `end`: the cell that holds the result, or -1."""
    d: i64 = 0
    while at < end:
        step = words[at]
        at += 1
        op = step & 255
        d = step >> 8 & 255
        if op == LOAD:
            v = stack[base + (step >> 16 & 65535)]
            if not isinstance(v, int):
                while isinstance(v, Thunk) and v.code is None:
                    v = v.a
                if not isinstance(v, int):
                    return -1
            n: int = v
            if n < SHORT:
                cells[d] = i64(n)
            elif n < OVER:
                cells[d] = wrapped(n)
            else:
                return -1
            continue
        if op == CONST:
            cells[d] = words[at]
            at += 1
            continue
        x = cells[step >> 16 & 32767]
        y = cells[step >> 31 & 32767]
        short = -SUM <= x < SUM and -SUM <= y < SUM
        r: i64 = 0
        if op == ADD_WORD:
            r = x + y if short else wrapped(int(x) + int(y))
        elif op == SUB_WORD:
            r = x - y if short else wrapped(int(x) - int(y))
        elif op == MUL_WORD:
            r = x * y if -PRODUCT < x < PRODUCT and -PRODUCT < y < PRODUCT else wrapped(times(int(x), int(y)))
        elif op == DIV_SIGNED:
            if y == 0:
                return -1
            if short:
                p = -x if x < 0 else x
                q = -y if y < 0 else y
                r = p // q
                if (x < 0) != (y < 0):
                    r = -r
            else:
                n = abs(int(x)) // abs(int(y))
                r = wrapped(n if (x < 0) == (y < 0) else -n)
        elif op == CHOOSE:
            r = cells[step >> 46] if x == 0 else y
        elif op == EQL:
            r = 1 if x == y else 0
        elif op == NEQ:
            r = 0 if x == y else 1
        elif op == LTH:
            r = 1 if (y < 0 if (x < 0) != (y < 0) else x < y) else 0
        elif op == LTE:
            r = 1 if (y < 0 if (x < 0) != (y < 0) else x <= y) else 0
        elif op == AND:
            r = x & y
        elif op == OR:
            r = x | y
        elif op == XOR:
            r = x ^ y
        elif op == LOW:
            r = x & 0xFFFF_FFFF
        elif op == RSH:
            if 0 <= y < 64:
                r = x >> y if x >= 0 else wrapped((int(x) & MASK) >> int(y))
        elif op == LSH_WORD:
            if 0 <= y < 64:
                r = x << y if -PRODUCT < x < PRODUCT and y < 31 else wrapped(int(x) << int(y))
        elif op == SUB_LOW:
            if x >> 32 != 0 or y >> 32 != 0:
                return -1
            r = x - y & 0xFFFF_FFFF
        elif op == DIV or op == MOD:  # noqa: SIM109
            if y == 0:
                return -1
            if x >= 0 and y > 0:
                r = x // y if op == DIV else x % y
            else:
                n = int(x) & MASK
                m = int(y) & MASK
                r = wrapped(n // m if op == DIV else n % m)
        elif short and x >= 0 and y >= 0 and op == ADD:
            r = x + y
        elif short and x >= 0 and y >= 0 and op == SUB:
            r = x - y if x > y else 0
        else:
            n = int(x) & MASK
            m = int(y) & MASK
            if op == ADD:
                n += m
            elif op == SUB:
                n = n - m if n > m else 0
            elif op == MUL:
                n *= m
            elif n != 0:  # LSH
                if m >= 64:
                    return -1
                n <<= m
            if n > MASK:
                return -1
            r = wrapped(n)
        cells[d] = r
    return d


def listing(steps: list[int]) -> str:
    """The steps of a formula, for people."""
    lines: list[str] = []
    at = 0
    while at < len(steps):
        step = steps[at]
        op = step & 255
        x = step >> 16 & 65535
        if op == LOAD:
            said = f"r{x}"
        elif op == CONST:
            at += 1
            said = str(steps[at])
        else:
            count = 3 if op == CHOOSE else 1 if op == LOW else 2
            said = " ".join([NAMES[op], *[f"#{cell}" for cell in (x & 32767, step >> 31 & 32767, step >> 46)[:count]]])
        lines.append(f"#{step >> 8 & 255} {said}")
        at += 1
    return ", ".join(lines)
