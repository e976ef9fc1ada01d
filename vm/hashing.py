"""The hash of a value: BLAKE3-256 over a tagged traversal of it. It is Pallas's: equal values, equal hashes.

Words are 8 bytes, little-endian; a nat is a word count and that many words (0 has count 0):

    pin 0x00 hash[32] | law 0x01 nat(name) nat(arity) body | app 0x02 word(argument count) head arguments..
    nat 0x03 nat | bar 0x04 word(length) bytes | cow 0x05 nat(n) | row 0x06 word(n) items.. | set 0x07 word(n) keys..
    tab 0x08 word(n) keys.. values..

A pin stands for its content by its hash, so the work is in proportion to what lies between two pins, written as a tree.
A small value that shares its parts can be a tree of any size. There is no hash of a tree of more than LIMIT bytes, more
than any value has that shares nothing; and a part that is met again and again is written from a copy.
"""

from __future__ import annotations

import sys
from typing import Any, Final, final

import base58
from blake3 import blake3
from mypy_extensions import i64

from vm import trees
from vm.room import bits
from vm.turns import work
from vm.values import App, Bar, Cow, Law, MemoryLimit, Pin, Row, Set, Tab

ZERO: Final = bytes(8)
CHUNK: Final = 1 << 16
LARGE: Final = 1 << 12
LIMIT: Final = 1 << 32
PATIENCE: Final = 1 << 18
COPIES: Final = 1 << 26
"""How many values are written before asking whether they are so many, and how many bytes of copies are kept then."""


def word(n: int) -> bytes:
    return n.to_bytes(8, "little")


def nat_bytes(n: int) -> bytes:
    if n == 0:
        return ZERO
    if n < 1 << 64:
        return b"\x01\0\0\0\0\0\0\0" + n.to_bytes(8, "little")
    words = (bits(n) + 63) >> 6
    return words.to_bytes(8, "little") + n.to_bytes(words << 3, "little")


@final
class Budget:
    """How many bytes may be written yet, by one call or by several."""

    __slots__ = ("left",)

    def __init__(self, left: int = 2 * LIMIT) -> None:
        self.left = left

    def take(self, n: int) -> None:
        work(n >> 7)
        self.left -= n
        if self.left < 0:
            raise MemoryLimit


def hash_value(top: object, budget: Budget | None = None) -> bytes:
    """The hash of a normal value: 32 bytes. Pins under it that have no hash yet get theirs.

    Raises MemoryLimit if the tree of what lies between two pins has more than LIMIT bytes, or all of them together more
    than the budget.
    """
    budget = budget or Budget()
    wanted: list[Pin] = []
    while True:
        pin = wanted[-1] if wanted else None
        if pin is not None and pin._hash is not None:
            wanted.pop()
            continue
        hashing = Hashing(top if pin is None else pin.item, budget)
        below = hashing.run()
        if below:
            wanted += below
            continue
        hashing.flush()
        digest: bytes = hashing.hasher.digest()
        if pin is None:
            return digest
        pin._hash = digest


@final
class Hashing:
    """The hash of one value under way.

    `copies` are the small parts that are met more than once, by identity, with the bytes of those that were: None until
    there are more values to write than the process holds, that is until it is sure that some are met often.
    """

    def __init__(self, top: object, budget: Budget, large: int = LARGE) -> None:
        self.top: Final = top
        self.budget: Final = budget
        self.large: Final = large
        self.hasher: Any = blake3()
        self.out = bytearray()
        self.written = 0
        self.visits: i64 = 0
        self.patience: i64 = PATIENCE
        self.stack: list[object] = [top]
        self.copies: dict[int, bytes] | None = None
        self.room = COPIES

    def count(self, n: int) -> None:
        self.written += n
        if self.written > LIMIT:
            raise MemoryLimit
        self.budget.take(n)

    def flush(self) -> None:
        self.count(len(self.out))
        self.hasher.update(bytes(self.out))
        self.out = bytearray()

    def write(self, data: bytes) -> None:
        if len(data) < self.large:
            self.out += data
        else:
            self.flush()
            self.count(len(data))
            self.hasher.update(data)

    def run(self) -> list[Pin]:
        """Write all, unless there are pins in it whose hashes are wanted first: then begin anew when they are there.

        To go on from here then would be to keep what is written already, of each of a long chain of pins.
        """
        stack = self.stack
        out = self.out
        while stack:
            x = stack.pop()
            work(2)
            if isinstance(x, int):
                out += b"\x03"
                out += nat_bytes(x)
                continue
            if len(out) > CHUNK:
                self.flush()
                out = self.out
            self.visits += 1
            if self.copies is not None:
                if self.copied(x):
                    out = self.out
                    continue
            elif self.visits > self.patience:
                self.patience = max(sys.getallocatedblocks(), 2 * PATIENCE)
                if self.visits > self.patience:
                    survey = Survey(self.top)
                    if survey.unknown:
                        return survey.unknown
                    self.share(survey)
                    stack = self.stack
                    out = self.out
                    continue
            if isinstance(x, Row):
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
                    return unknown(self.top)
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
                self.write(x.data)
                out = self.out
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
        return []

    def share(self, survey: Survey) -> None:
        """Begin again with copies."""
        self.budget.left += self.written
        if survey.sizes[id(self.top)] > min(LIMIT, self.budget.left):
            raise MemoryLimit
        self.copies = dict.fromkeys(survey.shared, b"")
        self.hasher = blake3()
        self.out = bytearray()
        self.written = 0
        self.stack = [self.top]

    def copied(self, x: object) -> bool:
        """Write x from its copy, if it has one or can get one."""
        copies = self.copies
        assert copies is not None
        copy = copies.get(id(x))
        if copy is None:
            return False
        if not copy:
            if self.room < 0:
                return False
            part = Hashing(x, self.budget, CHUNK + 1)
            part.run()
            copy = bytes(part.out)
            copies[id(x)] = copy
            self.room -= len(copy)
        self.write(copy)
        return True


@final
class Survey:
    """What is in a value, each part seen once, by identity.

    `sizes`: how many bytes each part is to the hash; `shared`: the small parts that stand in several places; `unknown`:
    the pins that have no hash yet.
    """

    def __init__(self, top: object) -> None:
        self.sizes: Final[dict[int, int]] = {}
        self.shared: Final[set[int]] = set()
        self.unknown: Final[list[Pin]] = []
        placed: set[int] = set()
        sizes = self.sizes
        stack: list[object] = [top]
        while stack:
            x = stack[-1]
            work(4)
            if id(x) in sizes:
                stack.pop()
                continue
            below = parts(x)
            missing = [y for y in below if not isinstance(y, int) and id(y) not in sizes]
            if missing:
                stack += missing
                continue
            stack.pop()
            if isinstance(x, Pin) and x._hash is None:
                self.unknown.append(x)
            size = own_size(x)
            for y in below:
                if isinstance(y, int):
                    size += nat_size(y)
                    continue
                size += sizes[id(y)]
                if id(y) not in placed:
                    placed.add(id(y))
                elif sizes[id(y)] <= CHUNK:
                    self.shared.add(id(y))
            sizes[id(x)] = size


def unknown(top: object) -> list[Pin]:
    """The pins in a value that have no hash yet."""
    found: list[Pin] = []
    met: set[int] = set()
    stack: list[object] = [top]
    while stack:
        x = stack.pop()
        work(2)
        if isinstance(x, int) or id(x) in met:
            continue
        met.add(id(x))
        if isinstance(x, Pin):
            if x._hash is None:
                found.append(x)
        else:
            stack += parts(x)
    return found


def parts(x: object) -> list[object]:
    """The values right within x, to the hash."""
    if isinstance(x, Row):
        return x.items
    if isinstance(x, App):
        return [x.head, *x.args]
    if isinstance(x, Law):
        return [x.body]
    if isinstance(x, Set):
        return trees.keys(x.root)
    if isinstance(x, Tab):
        return trees.keys(x.root) + trees.values(x.root)
    return []


def own_size(x: object) -> int:
    """How many bytes x is to the hash, without its parts."""
    if isinstance(x, Pin):
        return 33
    if isinstance(x, Law):
        return nat_size(x.name) + nat_size(x.args) - 1
    if isinstance(x, Bar):
        return 9 + len(x.data)
    return nat_size(x.size) if isinstance(x, Cow) else 9


def nat_size(n: int) -> int:
    return 9 + ((bits(n) + 63) >> 6 << 3)


def hash_text(digest: bytes) -> str:
    """A hash as people read it: Base58, Bitcoin's alphabet."""
    return base58.b58encode(digest).decode("ascii")


def parse_hash(text: str) -> bytes:
    """32 bytes from Base58. Raises ValueError."""
    digest: bytes = base58.b58decode(text)
    if len(digest) != 32:
        raise ValueError(f"not a hash: {text!r}")
    return digest
