"""The hash of a value: BLAKE3-256 over a tagged traversal of it. It is Pallas's: equal values, equal hashes.

Words are 8 bytes, little-endian; a nat is a word count and that many words (0 has count 0):

    pin 0x00 hash[32] | law 0x01 nat(name) nat(arity) body | app 0x02 word(argument count) head arguments..
    nat 0x03 nat | bar 0x04 word(length) bytes | cow 0x05 nat(n) | row 0x06 word(n) items.. | set 0x07 word(n) keys..
    tab 0x08 word(n) keys.. values..

A pin stands for its content by its hash, so the work is in proportion to what lies between two pins.
"""

from __future__ import annotations

from typing import Any, Final, final

import base58
from blake3 import blake3

from vm import trees
from vm.room import bits
from vm.turns import work
from vm.values import App, Bar, Cow, Law, MemoryLimit, Pin, Row, Set, Tab

ZERO: Final = bytes(8)
CHUNK: Final = 1 << 16
LIMIT: Final = 1 << 26


def word(n: int) -> bytes:
    return n.to_bytes(8, "little")


def nat_bytes(n: int) -> bytes:
    if n == 0:
        return ZERO
    if n < 1 << 64:
        return b"\x01\0\0\0\0\0\0\0" + n.to_bytes(8, "little")
    words = (bits(n) + 63) >> 6
    return words.to_bytes(8, "little") + n.to_bytes(words << 3, "little")


def hash_value(top: object, limit: int = LIMIT) -> bytes:
    """The hash of a normal value: 32 bytes. Pins under it that have no hash yet get theirs.

    A small value that shares its parts can unfold to a tree of any size: raises MemoryLimit if what lies between two
    pins is a tree of more than `limit` values.
    """
    stack = [Hashing(None, top, limit)]
    while True:
        work = stack[-1]
        below = work.run()
        if below is not None:
            stack.append(Hashing(below, below.item, limit))
            continue
        digest: bytes = work.hasher.digest()
        stack.pop()
        if work.pin is None:
            return digest
        work.pin._hash = digest


@final
class Hashing:
    """The hash of one value under way; of a pin's content, if `pin` is given."""

    def __init__(self, pin: Pin | None, top: object, limit: int) -> None:
        self.pin: Final = pin
        self.hasher: Final[Any] = blake3()
        self.stack: Final[list[object]] = [top]
        self.left = limit

    def run(self) -> Pin | None:
        """Go on to the end, or to a pin whose hash is wanted first."""
        out = bytearray()
        stack = self.stack
        wanted: Pin | None = None
        while stack:
            x = stack.pop()
            work(2)
            self.left -= 1
            if len(out) > CHUNK:
                self.hasher.update(bytes(out))
                out = bytearray()
                if self.left < 0:
                    raise MemoryLimit
            if isinstance(x, int):
                out += b"\x03"
                out += nat_bytes(x)
            elif isinstance(x, Row):
                out += b"\x06"
                out += word(len(x.items))
                stack += x.items[::-1]
            elif isinstance(x, App):
                out += b"\x02"
                out += word(x.count)
                stack += x.args[::-1]
                stack.append(x.head)
            elif isinstance(x, Pin):
                if x._hash is None:
                    stack.append(x)
                    wanted = x
                    break
                out += b"\x00"
                out += x._hash
            elif isinstance(x, Law):
                out += b"\x01"
                out += nat_bytes(x.name)
                out += nat_bytes(x.args)
                stack.append(x.body)
            elif isinstance(x, Bar):
                out += b"\x04"
                out += word(len(x.data))
                out += x.data
            elif isinstance(x, Cow):
                out += b"\x05"
                out += nat_bytes(x.size)
            elif isinstance(x, Set):
                out += b"\x07"
                out += word(trees.size(x.root))
                stack += trees.keys(x.root)[::-1]
            elif isinstance(x, Tab):
                out += b"\x08"
                out += word(trees.size(x.root))
                stack += trees.values(x.root)[::-1]
                stack += trees.keys(x.root)[::-1]
            else:
                raise TypeError(f"no hash of a value that is not normal: {type(x).__name__}")
        self.hasher.update(bytes(out))
        return wanted


def hash_text(digest: bytes) -> str:
    """A hash as people read it: Base58, Bitcoin's alphabet."""
    return base58.b58encode(digest).decode("ascii")


def parse_hash(text: str) -> bytes:
    """32 bytes from Base58. Raises ValueError."""
    digest: bytes = base58.b58decode(text)
    if len(digest) != 32:
        raise ValueError(f"not a hash: {text!r}")
    return digest
