"""Parts of lists and bytes that several values share: so that to take a large application apart, or to build it, one
argument at a time, or to read a large bar piece by piece, takes linear time.

An application without its last argument, or with one more, would take a copy of all the others. Instead it is a prefix
of a list that others have prefixes of too; a piece of a bar is a slice of its bytes. Nothing can be told from that but
the time it takes: what a part shows of the whole never changes. What is less than half of a whole gets one of its own,
lest it keep alive what is gone; and only the prefix that is all of a list may add to it, all others copy.
"""

from __future__ import annotations

from typing import Final, final

FEW: Final = 32
SHORT: Final = 4096
"""Fewer arguments than this, or bytes, are copied."""


@final
class Prefix:
    """The first `count` items of a list, or of the list backwards. A list that was given to anyone else than prefixes
    is never added to."""

    __slots__ = ("backwards", "count", "of")

    def __init__(self, of: list[object], count: int, backwards: bool) -> None:
        self.of: Final = of
        self.count: Final = count
        self.backwards: Final = backwards

    def items(self) -> list[object]:
        """All of them, in a list of their own."""
        of = self.of
        if self.backwards:
            rest = of[len(of) - self.count :]
            rest.reverse()
            return rest
        return of[: self.count]

    def item(self, i: int) -> object:
        """Item i from the last. 0 <= i < count."""
        of = self.of
        return of[len(of) - self.count + i] if self.backwards else of[self.count - 1 - i]


Args = list[object] | Prefix


def count(args: Args) -> int:
    return args.count if isinstance(args, Prefix) else len(args)


def items(args: Args) -> list[object]:
    return args.items() if isinstance(args, Prefix) else args


def item(args: Args, i: int) -> object:
    """Item i from the last. 0 <= i < count."""
    return args.item(i) if isinstance(args, Prefix) else args[-1 - i]


def shorter(args: Args) -> Args:
    """All but the last."""
    n = count(args) - 1
    if n < FEW:
        return items(args)[:n]
    if not isinstance(args, Prefix):
        return Prefix(args, n, False)
    whole = Prefix(args.of, n, args.backwards)
    return whole if 2 * n >= len(args.of) else Prefix(whole.items(), n, False)


def longer(args: Args, xs: list[object]) -> Args:
    """These, and then xs."""
    n = count(args)
    if n < FEW:
        return items(args) + xs
    size = n + len(xs)
    if isinstance(args, Prefix) and not args.backwards and len(args.of) == n:
        of = args.of
        of += xs
        # Another thread may have added to the list at the same time.
        if len(of) == size and of[n] is xs[0]:
            return Prefix(of, size, False)
    of = items(args)[:n]
    of += xs
    return Prefix(of, size, False)


def backwards(xs: list[object]) -> Args:
    """The items of a list from the last to the second."""
    n = len(xs) - 1
    return xs[:0:-1] if n < FEW else Prefix(xs, n, True)


# -- bytes ------------------------------------------------------------------------------------------------------------


@final
class Slice:
    """The bytes from `start` to `end` of others."""

    __slots__ = ("end", "of", "start")

    def __init__(self, of: bytes, start: int, end: int) -> None:
        self.of: Final = of
        self.start: Final = start
        self.end: Final = end

    def data(self) -> bytes:
        return self.of[self.start : self.end]


Data = bytes | Slice


def size(data: Data) -> int:
    return data.end - data.start if isinstance(data, Slice) else len(data)


def cut(data: Data, start: int, end: int) -> Data:
    """The bytes from `start` to `end`. 0 <= start <= end <= size."""
    if isinstance(data, Slice):
        of, first = data.of, data.start
    else:
        of, first = data, 0
    n = end - start
    if n < SHORT or 2 * n < len(of):
        return of[first + start : first + end]
    return Slice(of, first + start, first + end)


def byte(data: Data, i: int) -> int:
    """0 <= i < size."""
    return data.of[data.start + i] if isinstance(data, Slice) else data[i]


def find(data: Data, byte: int, start: int) -> int:
    """Where a byte is first found from `start` on, -1 if nowhere."""
    if not isinstance(data, Slice):
        return data.find(byte, start)
    i = data.of.find(byte, data.start + start, data.end)
    return i if i < 0 else i - data.start


def rfind(data: Data, byte: int) -> int:
    """Where a byte is last found, -1 if nowhere."""
    if not isinstance(data, Slice):
        return data.rfind(byte)
    i = data.of.rfind(byte, data.start, data.end)
    return i if i < 0 else i - data.start
