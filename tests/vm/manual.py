"""Hashes, order and seeds once more, slow and small, from what man/plan.7 says and nothing else.

A value is an int, ("pin", x), ("law", n, a, b) or ("app", f, x), and nothing has another form.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from blake3 import blake3

EMPTY = ("law", 0, 1, 0)


def spine(x: Any) -> list[Any]:
    """The head of an app and its arguments; of all else, itself."""
    xs = []
    while isinstance(x, tuple) and x[0] == "app":
        xs.append(x[2])
        x = x[1]
    return [x, *xs[::-1]]


def order_key(x: Any) -> tuple[Any, ...]:
    if isinstance(x, int):
        return (0, x)
    if x[0] == "pin":
        return (1, order_key(x[1]))
    if x[0] == "law":
        return (2, x[1], x[2], order_key(x[3]))
    parts = spine(x)
    return (3, len(parts), *map(order_key, parts))


def row(x: Any) -> list[Any] | None:
    head, *xs = spine(x)
    return xs[::-1] if head == ("law", 0, len(xs) + 1, 0) else None


def keys(x: Any) -> list[Any] | None:
    """Of a set."""
    if not (isinstance(x, tuple) and x[:3] == ("law", 1, 2)):
        return None
    found = row(x[3])
    if found is None:
        return None
    ranks = [order_key(key) for key in found]
    return found if all(a < b for a, b in pairwise(ranks)) else None


def word(n: int) -> bytes:
    return n.to_bytes(8, "little")


def nat(n: int) -> bytes:
    count = (n.bit_length() + 63) // 64
    return word(count) + n.to_bytes(8 * count, "little")


def tagged(tag: int, size: int, parts: list[Any]) -> bytes:
    return bytes([tag]) + word(size) + b"".join(map(content, parts))


def content(x: Any) -> bytes:
    if isinstance(x, int):
        return b"\3" + nat(x)
    if x[0] == "pin":
        return b"\0" + pin_hash(x[1])
    items, ordered = row(x), keys(x)
    if items is not None:
        return tagged(6, len(items), items)
    if ordered is not None:
        return tagged(7, len(ordered), ordered)
    if x[0] == "law":
        _, n, a, b = x
        if (n, a) == (1, 1) and isinstance(b, int) and b and (b.bit_length() - 1) % 8 == 0:
            size = b.bit_length() // 8
            return b"\4" + word(size) + b.to_bytes(size + 1, "little")[:size]
        if (n, b) == (0, 0):
            return b"\5" + nat(a - 1)
        return b"\1" + nat(n) + nat(a) + content(b)
    ordered, values = keys(x[1]), row(x[2])
    if ordered is not None and values is not None and len(ordered) == len(values):
        return tagged(8, len(ordered), ordered + values)
    head, *xs = spine(x)
    return tagged(2, len(xs), [head, *xs])


def pin_hash(x: Any) -> bytes:
    digest: bytes = blake3(content(x)).digest()
    return digest


# -- seeds: a value as a tree of nats, holes and pairs ----------------------------------------------------------------


def tree(x: Any, holes: list[Any]) -> Any:
    if isinstance(x, int):
        return x
    if x[0] == "pin":
        return ("hole", holes.index(x)) if x in holes else (4, tree(x[1], holes))
    if x[0] == "law":
        return (((0, x[1]), x[2]), tree(x[3], holes))
    return (tree(x[1], holes), tree(x[2], holes))


def encode(x: Any, holes: list[Any]) -> bytes:
    top = tree(x, holes)
    nats: set[int] = set()
    cells: dict[Any, int] = {}

    def walk(t: Any) -> None:
        """`cells` in the order in which the walk leaves them for the first time, with how many places each is in."""
        if isinstance(t, int):
            nats.add(t)
        elif t[0] != "hole":
            if t not in cells:
                walk(t[0])
                walk(t[1])
                cells[t] = 0
            cells[t] += 1

    walk(top)
    table: dict[Any, int] = {("hole", i): i for i in range(len(holes))}
    for n in sorted(nats, reverse=True):
        table[n] = len(table)
    bits: list[int] = []

    def write(t: Any, width: int) -> None:
        if t in table:
            bits.extend([0, *(table[t] >> i & 1 for i in range(width))])
        else:
            bits.append(1)
            write(t[0], width)
            write(t[1], width)

    fragments = [t for t, places in cells.items() if places > 1 or t == top]
    for t in fragments:
        start = len(bits)
        write(t, (len(table) - 1).bit_length())
        del bits[start]
        table[t] = len(table)
    large = sorted((n for n in nats if n >= 2**64), reverse=True)
    words = sorted((n for n in nats if 256 <= n < 2**64), reverse=True)
    small = sorted((n for n in nats if n < 256), reverse=True)
    out = b"".join(map(word, [len(holes), len(large), len(words), len(small), len(fragments)]))
    out += b"".join(nat(n)[:8] for n in large) + b"".join(nat(n)[8:] for n in large)
    out += b"".join(map(word, words)) + bytes(small)
    out += sum(bit << i for i, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")
    return out + bytes(-len(out) % 8)


def decode(data: bytes, holes: list[Any]) -> Any:
    at = 0

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at], "little")

    count, large, words, small, fragments = (number(8) for _ in range(5))
    assert count == len(holes)
    table = list(holes)
    table += [number(8 * size) for size in [number(8) for _ in range(large)]]
    table += [number(8) for _ in range(words)] + [number(1) for _ in range(small)]
    bits = int.from_bytes(data[at:], "little")

    def take(n: int) -> int:
        nonlocal bits
        got = bits & (1 << n) - 1
        bits >>= n
        return got

    def part(width: int) -> Any:
        return pair(width) if take(1) else table[take(width)]

    def pair(width: int) -> Any:
        f = part(width)
        return apply(f, part(width))

    for _ in range(fragments):
        table.append(pair((len(table) - 1).bit_length()))
    return table[-1]


def apply(f: Any, x: Any) -> Any:
    if f == 4:
        return ("pin", x)
    head, *xs = spine(f)
    return ("law", *xs, x) if head == 0 and len(xs) == 2 else ("app", f, x)
