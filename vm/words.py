"""The instructions that laws are compiled to.

A word is 64 bits: op (8), a (16), b (16), c (24), from the lowest. a and b name registers of the frame, the destination
first; c is a constant, a register or a place to jump to. Some instructions are followed by operand words of three
operands each, 20 bits an operand: an index (18), CONST_BIT (the index is a constant's, not a register's), LAST_BIT (the
register is not used again: it is emptied, so that what it held can be freed while the callee runs).

What may have to wait for a value says how many slots of the stack are in use meanwhile, its *window*: FORCE, CALL and
JET in b, APPLY in c.

The fast forms of jets (ADD .. GET) compute on small operands and then skip c >> 16 words; on any others they do
nothing, and the general form, which comes next, does the work.
"""

from __future__ import annotations

from typing import Final

FORCE: Final = 0  # evaluate a
RET: Final = 1  # return a, which is evaluated
JZ: Final = 2  # jump to c if nat(a) is 0
CALL: Final = 3  # a = code c on operands, strict ones evaluated
TCALL: Final = 4  # return code c on operands; b is 1 if each may be put in its place before the next is read
ADD: Final = 5  # a = b + c
ADDK: Final = 6  # a = b + constant c
SUB: Final = 7
SUBK: Final = 8
EQL: Final = 9
EQLK: Final = 10
LTH: Final = 11
LTHK: Final = 12
LTE: Final = 13
LTEK: Final = 14
GTHK: Final = 15
GTEK: Final = 16
NEQ: Final = 17
NEQK: Final = 18
MUL: Final = 19
EQZ: Final = 20  # a = 1 if b is 0, else 0
IDX: Final = 21  # a = item b of row c
IDXK: Final = 22  # a = item c of row b
THUNK: Final = 23  # a = thunk of code c on operands
MOV: Final = 24  # a = b
CONST: Final = 25  # a = constant c
RETF: Final = 26  # return the value of a
RETC: Final = 27  # return constant c
ROW: Final = 28  # a = row of b operands
MAKE: Final = 29  # a = constant c applied to b operands, of which it takes more
APPLY: Final = 30  # a = first of b operands applied to the others
TAPPLY: Final = 31  # return the first of b operands applied to the others
DELAY: Final = 32  # a = thunk of the first of b operands applied to the others
JET: Final = 33  # a = jet c on operands
TJET: Final = 34  # return jet c on operands
JMP: Final = 35  # jump to c
CLEAR: Final = 36  # empty a
PEEK: Final = 37  # a = its value, if that is computed already
HOLE: Final = 38  # a = a thunk still to be filled
FILL: Final = 39  # the thunk a is b
COMPILE: Final = 40  # compile this code, and start again
TREE: Final = 41  # return the body of a law as thunks, or the content of a pin, on the arguments: too large to compile
NAT: Final = 42  # a = 1 if b is a nat
JNAPP: Final = 43  # jump to c if a is no application
JNNAT: Final = 44  # jump to c if a is no nat
JNLAW: Final = 45  # jump to c if a is no law
TAKE: Final = 46  # a = part c of b: head, last argument; name, arity, body; content
SWITCH: Final = 47  # jump to the place in word constant c[a] of those that come next, or go on after them
FORMULA: Final = 48  # a = what the formula in the next b words gives, then jump to c; or go on after it
BYTE: Final = 49  # a = byte b of bar c

INDEX_MASK: Final = (1 << 18) - 1
CONST_BIT: Final = 1 << 18
LAST_BIT: Final = 1 << 19
OPERAND_BITS: Final = 20
PER_WORD: Final = 3
MAX_REGISTERS: Final = 60_000
MAX_SMALL: Final = 1 << 16
