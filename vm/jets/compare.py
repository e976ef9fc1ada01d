"""Jets of order and equality. Of values that are not normal they evaluate exactly what Cmp looks at."""

from __future__ import annotations

from typing import Final

from vm.jet import Jet
from vm.jets.common import bit, compared


def cmp(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return 0 if x < y else 2 if x > y else 1
    return compared(x, y, False, lambda c: c + 1)


def eql(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return bit(x == y)
    return compared(x, y, True, lambda c: bit(c == 0))


def neq(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return bit(x != y)
    return compared(x, y, True, lambda c: bit(c != 0))


def lth(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return bit(x < y)
    return compared(x, y, False, lambda c: bit(c < 0))


def lte(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return bit(x <= y)
    return compared(x, y, False, lambda c: bit(c <= 0))


def gth(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return bit(x > y)
    return compared(x, y, False, lambda c: bit(c > 0))


def gte(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return bit(x >= y)
    return compared(x, y, False, lambda c: bit(c >= 0))


def least(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return x if x <= y else y
    return compared(x, y, False, lambda c: x if c <= 0 else y)


def greatest(x: object, y: object) -> object:
    if isinstance(x, int) and isinstance(y, int):
        return x if x >= y else y
    return compared(x, y, False, lambda c: x if c >= 0 else y)


JETS: Final = [
    Jet("_Cmp", 2, "ss", cmp),
    Jet("_Eql", 2, "ss", eql),
    Jet("_Neq", 2, "ss", neq),
    Jet("_Lth", 2, "ss", lth),
    Jet("_Lte", 2, "ss", lte),
    Jet("_Gth", 2, "ss", gth),
    Jet("_Gte", 2, "ss", gte),
    Jet("_Min", 2, "ss", least),
    Jet("_Max", 2, "ss", greatest),
]
