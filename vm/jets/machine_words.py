"""Jets on words of 32 and 64 bits. Arguments are cut to size first; a division by zero is left to the law."""

from __future__ import annotations

from typing import Final, final

from vm.jet import FALLBACK, Jet, Steps
from vm.jets.common import Work, nat
from vm.jets.numbers import right
from vm.ops import internal
from vm.room import times
from vm.values import Thunk, known

SHORT: Final = 1 << 61
"""Nats below it take no more than a machine word to compute with."""


@final
class Words:
    """The jets of one word size."""

    def __init__(self, size: int) -> None:
        self.size: Final = size
        self.over: Final = 1 << size
        self.mask: Final = (1 << size) - 1
        self.multiply: Final = internal(Jet("mul" + str(size), 2, "ss", self.product))

    def cut(self, x: object) -> int:
        n = nat(x)
        return n if n < SHORT and n <= self.mask else n & self.mask

    def word(self, x: object) -> object:
        return self.cut(x)

    def add(self, x: object, y: object) -> object:
        return self.cut(self.cut(x) + self.cut(y))

    def mul(self, x: object, y: object) -> object:
        """x is looked at only if y is not 0. A thunk that needs both takes less than steps."""
        b = self.cut(y)
        if b == 0:
            return 0
        value = known(x)
        return Thunk(self.multiply, x, b, None) if value is None else self.cut(times(self.cut(value), b))

    def product(self, x: object, y: object) -> object:
        return self.cut(times(self.cut(x), self.cut(y)))

    def div(self, x: object, y: object) -> object:
        b = self.cut(y)
        return self.cut(x) // b if b else FALLBACK

    def con(self, x: object, y: object) -> object:
        return self.cut(x) & self.cut(y)

    def dis(self, x: object, y: object) -> object:
        return self.cut(x) | self.cut(y)

    def mix(self, x: object, y: object) -> object:
        return self.cut(x) ^ self.cut(y)

    def left(self, a: int, n: int) -> int:
        return (a << n) & self.mask if n < self.size else 0

    def lsh(self, x: object, n: object) -> object:
        a = self.cut(x)
        if a == 0:
            return 0
        value = known(n)
        return Steps(self.shifting(a, n)) if value is None else self.left(a, self.cut(value))

    def shifting(self, a: int, n: object) -> Work:
        return self.left(a, self.cut((yield n)))

    def rsh(self, x: object, n: object) -> object:
        return right(self.cut(x), self.cut(n))

    def difference(self, x: int, y: int) -> int:
        """What the law makes of nats of any size: only a difference that does not go below 0 is cut."""
        a = x & self.mask
        b = y & self.mask
        return a - b if b <= a else max(0, self.over + x - y)

    def sub(self, x: object, y: object) -> object:
        return self.difference(nat(x), nat(y))

    def back(self, n: object) -> int:
        """How far to shift the other way to rotate by n."""
        return self.difference(self.size, nat(n)) & self.mask

    def ror(self, x: object, n: object) -> object:
        a = self.cut(x)
        return right(a, self.cut(n)) | self.left(a, self.back(n))

    def rol(self, x: object, n: object) -> object:
        a = self.cut(x)
        return self.left(a, self.cut(n)) | right(a, self.back(n))

    def signed(self, x: object) -> int:
        """A word as a number with a sign."""
        n = self.cut(x)
        return n if n < SHORT or n >> (self.size - 1) == 0 else n - self.over

    def signed_div(self, x: object, y: object) -> object:
        a = self.signed(x)
        b = self.signed(y)
        if b == 0:
            return FALLBACK
        q = abs(a) // abs(b)
        return q & self.mask if (a < 0) == (b < 0) or q == 0 else self.over - q

    def jets(self) -> list[Jet]:
        n = str(self.size)
        return [
            Jet("w" + n, 1, "s", self.word, None, True),
            Jet("add" + n, 2, "ss", self.add, [1, 0], True),
            Jet("mul" + n, 2, "ls", self.mul),
            Jet("div" + n, 2, "ss", self.div, [1, 0]),
            Jet("and" + n, 2, "ss", self.con, [1, 0], True),
            Jet("or" + n, 2, "ss", self.dis, [1, 0], True),
            Jet("xor" + n, 2, "ss", self.mix, [1, 0], True),
            Jet("lsh" + n, 2, "sl", self.lsh),
            Jet("rsh" + n, 2, "ss", self.rsh, [1, 0], True),
            Jet("sub" + n, 2, "ss", self.sub, [1, 0], True),
            Jet("ror" + n, 2, "ss", self.ror, None, True),
            Jet("rol" + n, 2, "ss", self.rol, [1, 0], True),
        ]


W32: Final = Words(32)
W64: Final = Words(64)
JETS: Final = [*W32.jets(), *W64.jets(), Jet("iDiv64", 2, "ss", W64.signed_div)]
