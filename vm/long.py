"""Products, quotients and powers of long nats, in pieces of some ms with a pause after each: Python's own cannot be
interrupted.

Products of two nats of like size are Karatsuba's; a quotient is found a piece of digits at a time.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from vm.jet import PAUSE
from vm.room import bits, times

PRODUCT: Final = 1 << 35
QUOTIENT: Final = 1 << 34
"""Bits times bits that take Python some tens of ms."""

Work = Generator[object, object, int]


def short_product(a: int, b: int) -> bool:
    return bits(a) * bits(b) < PRODUCT


def short_quotient(a: int, b: int) -> bool:
    return (bits(a) - bits(b)) * bits(b) < QUOTIENT


def product(a: int, b: int) -> Work:
    if short_product(a, b):
        if bits(a) * bits(b) > PRODUCT >> 6:
            yield PAUSE
        return times(a, b)
    if bits(a) < bits(b):
        a, b = b, a
    size = bits(b)
    if bits(a) > 2 * size:
        return (yield from uneven(a, b, max(size, PRODUCT // size) & ~7))
    half = (bits(a) + 1) >> 1
    mask = (1 << half) - 1
    high = yield from product(a >> half, b >> half)
    low = yield from product(a & mask, b & mask)
    both = yield from product((a >> half) + (a & mask), (b >> half) + (b & mask))
    return (high << 2 * half) + ((both - high - low) << half) + low


def uneven(a: int, b: int, width: int) -> Work:
    """The product, `width` bits of the longer factor at a time; `width` is a multiple of 8."""
    out = bytearray()
    carry = 0
    mask = (1 << width) - 1
    for piece in pieces(a, width):
        carry += yield from product(piece, b)
        out += (carry & mask).to_bytes(width >> 3, "little")
        carry >>= width
    return int.from_bytes(out, "little") | carry << 8 * len(out)


def pieces(a: int, width: int) -> list[int]:
    """a in pieces of so many bits, the lowest first."""
    step = width >> 3
    data = a.to_bytes((bits(a) + 7) >> 3, "little")
    return [int.from_bytes(data[i : i + step], "little") for i in range(0, len(data), step)]


def quotient(a: int, b: int) -> Generator[object, object, tuple[int, int]]:
    """(a // b, a % b). b > 0."""
    if short_quotient(a, b):
        yield PAUSE
        return a // b, a % b
    width = max(64, QUOTIENT // bits(b)) & ~7
    rest = 0
    out: list[bytes] = []
    for piece in reversed(pieces(a, width)):
        rest = rest << width | piece
        q = rest // b
        rest -= times(q, b)
        out.append(q.to_bytes(width >> 3, "big"))
        yield PAUSE
    return int.from_bytes(b"".join(out), "big"), rest


def power(a: int, n: int) -> Work:
    """a to the n, n > 0."""
    result = a
    for i in range(bits(n) - 2, -1, -1):
        result = yield from product(result, result)
        if n >> i & 1:
            result = yield from product(result, a)
    return result
