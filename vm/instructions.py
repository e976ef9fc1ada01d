"""What the compiler of laws made of a law, for people: its words, one instruction a line.

       0  fast form: evaluated arguments come in here
       1  add      r1 = r0 + r0, then to 4
       3  ret      r1

`rN` is a register, `rN.` the last use of one; the number before an instruction is that of its word; a window is how
many slots of the stack are in use while it waits.
"""

from __future__ import annotations

from typing import Final

from vm import formula, words
from vm.body import JetSource, LawSource, entry
from vm.compiler import compile_code
from vm.jet import Jet
from vm.text import text
from vm.values import Code, Law, Pin
from vm.words import CONST_BIT, INDEX_MASK, LAST_BIT, OPERAND_BITS, PER_WORD

LIMITS: Final = {"CONST_BIT", "INDEX_MASK", "LAST_BIT", "MAX_REGISTERS", "MAX_SMALL", "OPERAND_BITS", "PER_WORD"}
NAMES: Final = {op: name for name, op in vars(words).items() if isinstance(op, int) and name not in LIMITS}

CODES: Final = {words.CALL, words.TCALL, words.THUNK}
JETS: Final = {words.JET, words.TJET}
COUNTED: Final = {words.ROW, words.MAKE, words.APPLY, words.TAPPLY, words.DELAY}
PLACES: Final = {words.JZ, words.JMP, words.JNAPP, words.JNNAT, words.JNLAW}
ALONE: Final = {words.RET, words.RETF, words.CLEAR, words.HOLE}
BINARY: Final = {words.ADD, words.SUB, words.MUL, words.EQL, words.NEQ, words.LTH, words.LTE, words.IDX, words.BYTE}
WITH_SMALL: Final = {
    words.ADDK,
    words.SUBK,
    words.EQLK,
    words.NEQK,
    words.LTHK,
    words.LTEK,
    words.GTHK,
    words.GTEK,
    words.IDXK,
}
UNARY: Final = {words.EQZ, words.NAT}
MOST_CODES: Final = 50


def listing(f: object) -> list[str]:
    """The lines for a law, pinned or not, and for the codes that it leaves for later. The law is compiled if it has not
    run yet."""
    code = entry(f)
    lines: list[str] = []
    if isinstance(code.source, JetSource):
        jet = code.source.jet
        lines.append(f"jet {jet.name}: native; for what that leaves to the law,")
        code = code.source.law or code
    waiting = [code]
    seen = {id(code)}
    while waiting and len(seen) <= MOST_CODES:
        code = waiting.pop(0)
        compile_code(code)
        lines.append(f"{code.name or 'code'}, arguments {code.nargs}, registers {code.nregs}:")
        lines += instructions(code)
        for const in code.consts:
            if (
                isinstance(const, Code)
                and id(const) not in seen
                and not isinstance(const.source, (LawSource, JetSource))
            ):
                seen.add(id(const))
                waiting.append(const)
    return lines


def instructions(code: Code) -> list[str]:
    """A line for each instruction. Raises ValueError where the words make no sense."""
    all_words = [int(w) for w in code.words]
    lines: list[str] = []
    at = 0
    while at < len(all_words):
        w = all_words[at]
        op, a, b, c = w & 255, w >> 8 & 65535, w >> 24 & 65535, w >> 40
        count, labels = following(code, op, b, c)
        size = 1 + (count + PER_WORD - 1) // PER_WORD + labels
        if at + size > len(all_words):
            raise ValueError(f"word {at}: the code ends within an instruction")
        operands = [operand(code, all_words[at + 1 + i // PER_WORD], i % PER_WORD) for i in range(count)]
        places = all_words[at + size - labels : at + size]
        said = meaning(code, op, a, b, c, operands, places, at + 1)
        mark = "*" if at == code.fast and at else " "
        lines.append(f"{at:5}{mark} {NAMES[op].lower():7} {said}".rstrip())
        at += size
    return lines


def following(code: Code, op: int, b: int, c: int) -> tuple[int, int]:
    """How many operands, and how many places, come after an instruction."""
    if op in CODES:
        callee = code.consts[c]
        return (int(callee.nargs) if isinstance(callee, Code) else 0), 0
    if op in JETS:
        jet = code.consts[c]
        return (jet.arity if isinstance(jet, Jet) else 0), 0
    if op in COUNTED:
        return b, 0
    if op == words.FORMULA:
        return 0, b
    if op == words.SWITCH:
        places = code.consts[c]
        return 0, len(places) if isinstance(places, dict) else 0
    return 0, 0


def operand(code: Code, w: int, index: int) -> str:
    found = w >> index * OPERAND_BITS & (1 << OPERAND_BITS) - 1
    if found & CONST_BIT:
        return constant(code.consts[found & INDEX_MASK])
    return f"r{found & INDEX_MASK}" + ("." if found & LAST_BIT else "")


def meaning(code: Code, op: int, a: int, b: int, c: int, operands: list[str], places: list[int], after: int) -> str:
    """What stands behind the name of an instruction."""
    listed = " ".join(operands)
    if op in CODES or op in JETS or op == words.MAKE:
        result = "" if op in (words.TCALL, words.TJET) else f"r{a} = "
        above = f", window {b}" if op in (words.CALL, words.JET) else ""
        return f"{result}{constant(code.consts[c])} {listed}{above}"
    if op in COUNTED:
        above = f", window {c}" if op == words.APPLY else ""
        return listed if op == words.TAPPLY else f"r{a} = {listed}{above}"
    if op == words.FORCE:
        return f"r{a}, window {b}"
    if op in ALONE:
        return f"r{a}"
    if op in BINARY or op in WITH_SMALL or op in UNARY:
        second = "" if op in UNARY else f" {c & 65535}" if op in WITH_SMALL else f" r{c & 65535}"
        return f"r{a} = r{b}{second}, then to {after + (c >> 16)}"
    if op in PLACES:
        return f"to {c}" if op == words.JMP else f"r{a} to {c}"
    if op == words.SWITCH:
        keys = code.consts[c]
        assert isinstance(keys, dict)
        return f"r{a} " + ", ".join(f"{key} to {places[place]}" for key, place in keys.items())
    if op == words.FORMULA:
        return f"r{a} = the last of {formula.listing(places)}, then to {c}"
    if op == words.CONST:
        return f"r{a} = {constant(code.consts[c])}"
    if op == words.RETC:
        return constant(code.consts[c])
    if op in (words.MOV, words.PEEK):
        return f"r{a} = r{b}"
    if op == words.FILL:
        return f"r{a} r{b}"
    if op == words.TAKE:
        return f"r{a} = r{b} {c}"
    return ""


def constant(x: object) -> str:
    """A word or two about a constant."""
    if isinstance(x, (Code, Jet)):
        return x.name or "code"
    if isinstance(x, int):
        return str(x) if x < 1 << 64 else f"nat({x.bit_length()} bits)"
    law = x.item if isinstance(x, Pin) else x
    if isinstance(law, Law):
        return text(law.name) or "law"
    return type(law).__name__.lower()
