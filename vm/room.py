"""Room for large values: what would be absurdly large, or more than the process may hold, is not made.

The number of values is what limits of evaluations go by; a nat, a bar or a row is one value however large. So whoever
is about to make a large one asks here. The vm itself cannot tell how much the process holds: who can, says so to
`watch`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vm.values import MemoryLimit

NAT: Final = 1 << 29
BAR: Final = 1 << 31
ROW: Final = 1 << 33
"""The most bits that one nat, one bar, and the items of one row may have. What goes through all bits of a nat cannot be
interrupted, and is to take no more than a tenth of a second."""
LARGE: Final = 1 << 24
"""Bits from which on it is worth asking how much the process holds."""

SMALL: Final = 1 << 60

held: Callable[[], int] | None = None
most = 0


def watch(resident: Callable[[], int], limit: int) -> None:
    """From now on make no large value that would take the process beyond `limit` bytes; `resident` tells how many it
    holds."""
    global held, most
    held = resident
    most = limit


def allow(bits: int, absurd: int = NAT) -> None:
    """Raises MemoryLimit if there is no room for a value of so many bits."""
    if bits <= LARGE:
        return
    resident = held
    if bits > absurd or (resident is not None and resident() + (bits >> 3) > most):
        raise MemoryLimit


def bits(n: int) -> int:
    """How many bits a nat has. (Compiled, `int.bit_length` counts in 32 bits and is wrong from 2**30 on.)"""
    if n < SMALL:
        return n.bit_length()
    generic: Any = n
    return int(generic.bit_length())


def times(a: int, b: int) -> int:
    """a * b. (Python looks for Ctrl-C while it multiplies; a product of large ints, compiled, takes that for want of
    memory and ends the process.)"""
    generic: Any = a
    product: int = generic * b
    return product
