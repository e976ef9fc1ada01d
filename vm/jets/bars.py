"""Jets on bars (bytes) and pads (bits: a nat whose highest 1 marks the end). Other values are left to the law."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from mypy_extensions import i64

from vm import long, shapes, shared
from vm.jet import FALLBACK, PAUSE, Jet, Steps
from vm.jets.common import Work, bit, items, length, nat, some, with_items
from vm.normal import LOT
from vm.room import BAR, ROW, allow, bits
from vm.values import Bar, Thunk, known


def is_bar(x: object) -> object:
    return bit(isinstance(x, Bar))


def make_bar(x: object) -> object:
    return shapes.make_law(1, 1, x)


def nat_bar(x: object) -> object:
    n = nat(x)
    return Bar(n.to_bytes((bits(n) + 7) >> 3, "little"))


def bar_nat(x: object) -> object:
    if not isinstance(x, Bar):
        return FALLBACK
    allow(8 * x.size)
    return int.from_bytes(x.data, "little")


def size(x: object) -> object:
    return x.size if isinstance(x, Bar) else FALLBACK


def is_empty(x: object) -> object:
    return bit(x.size == 0) if isinstance(x, Bar) else FALLBACK


def sized_bar(n: object, x: object) -> object:
    end = 8 * nat(n)
    allow(end)
    return shapes.make_law(1, 1, (1 << end) + nat(x))


def idx(i: object, x: object) -> object:
    if not isinstance(x, Bar):
        return FALLBACK
    k = nat(i)
    return shared.byte(x.held, k) if k < x.size else 0


def weld(x: object, y: object) -> object:
    if not isinstance(x, Bar) or not isinstance(y, Bar):
        return FALLBACK
    allow(8 * (x.size + y.size), BAR)
    return Bar(x.data + y.data)


def joined(xs: list[object]) -> object:
    parts: list[bytes] = []
    for x in xs:
        if not isinstance(x, Bar):
            return FALLBACK
        parts.append(x.data)
    allow(8 * sum([len(part) for part in parts]), BAR)
    return Bar(b"".join(parts))


def cat(x: object) -> object:
    return with_items(items(x), joined, True)


def take(n: object, x: object) -> object:
    """All of x if n is no nat, for that is greater than any."""
    if not isinstance(x, Bar):
        return FALLBACK
    return x.cut(0, min(n, x.size)) if isinstance(n, int) else x


def drop(n: object, x: object) -> object:
    return x.cut(min(nat(n), x.size), x.size) if isinstance(x, Bar) else FALLBACK


def slice_nat(start: object, n: object, x: object) -> object:
    if not isinstance(x, Bar):
        return FALLBACK
    return int.from_bytes(part(start, n, x).data, "little")


def part(start: object, n: object, x: Bar) -> Bar:
    """n bytes from `start` on; all that follow if n is no nat."""
    first = min(nat(start), x.size)
    return x.cut(first, min(first + n, x.size) if isinstance(n, int) else x.size)


def slice_bar(start: object, n: object, x: object) -> object:
    return part(start, n, x) if isinstance(x, Bar) else FALLBACK


def find_last(byte: object, x: object) -> object:
    if not isinstance(x, Bar):
        return FALLBACK
    if x.size == 0:
        return 0
    value = known(byte)
    return Steps(finding_last(byte, x)) if value is None else last_at(value, x)


def finding_last(byte: object, x: Bar) -> Work:
    value = yield byte
    return last_at(value, x)


def last_at(byte: object, x: Bar) -> object:
    i = shared.rfind(x.held, byte) if isinstance(byte, int) and byte < 256 else -1
    return 0 if i < 0 else some(i)


def find_from(byte: object, start: object, x: object) -> object:
    if not isinstance(x, Bar):
        return FALLBACK
    if not isinstance(start, int) or start >= x.size:
        return x.size
    value = known(byte)
    return Steps(finding_from(byte, start, x)) if value is None else first_at(value, start, x)


def finding_from(byte: object, start: int, x: Bar) -> Work:
    value = yield byte
    return first_at(value, start, x)


def first_at(byte: object, start: int, x: Bar) -> object:
    i = shared.find(x.held, byte, start) if isinstance(byte, int) and byte < 256 else -1
    return x.size if i < 0 else i


MASKS: Final[dict[int, bytes]] = {}
"""Masks that were asked for lately: by byte, whether it is in there."""


def members(mask: int) -> bytes:
    found = MASKS.get(mask)
    if found is None:
        if len(MASKS) >= 64:
            MASKS.clear()
        found = MASKS[mask] = bytes([mask >> byte & 1 for byte in range(256)])
    return found


def span(mask: object, start: object, x: object) -> object:
    if not isinstance(x, Bar):
        return FALLBACK
    size = x.size
    if not isinstance(start, int) or start >= size:
        return size
    inside = members(nat(mask) & ((1 << 256) - 1))
    held = x.held
    first: i64 = 0
    data = b""
    if isinstance(held, shared.Slice):
        data = held.of
        first = held.start
    else:
        data = held
    end: i64 = first + size
    i: i64 = first + start
    while i < end and inside[data[i]]:
        i += 1
    return int(i - first)


DIGITS: Final = 4000
"""What Python reads at once; beyond that, halves of it."""


def decimal(data: bytes) -> Generator[object, object, int]:
    if len(data) <= DIGITS:
        return int(data)
    low = len(data) // 2
    high = yield from decimal(data[:-low])
    unit = yield from long.power(10, low)
    rest = yield from decimal(data[-low:])
    product = yield from long.product(high, unit)
    return product + rest


def load_decimal(x: object) -> object:
    """Anything but digits is left to the law."""
    if not isinstance(x, Bar):
        return FALLBACK
    if x.size == 0:
        return 0
    if not x.data.isdigit():
        return FALLBACK
    return int(x.data) if x.size <= DIGITS else Steps(decimal(x.data))


def leaves(top: object) -> Work:
    """All that is no application in a tree of applications, from the first item to the last.

    A small value that shares its parts can unfold to a tree of any size: so it takes a break now and then.
    """
    out: list[object] = []
    stack: list[object] = [top]
    steps = 0
    while stack:
        steps += 1
        if steps % LOT == 0:
            allow(64 * len(out), ROW)
            yield PAUSE
        x = stack.pop()
        if isinstance(x, Thunk):
            value = known(x)
            x = (yield x) if value is None else value
        if length(x):
            stack += items(x)[::-1]
        else:
            out.append(x)
    return out


def bars(xs: object) -> bytes:
    assert isinstance(xs, list)
    parts = [x.data for x in xs if isinstance(x, Bar)]
    allow(8 * sum([len(part) for part in parts]), BAR)
    return b"".join(parts)


def flat(x: object) -> object:
    return x if isinstance(x, Bar) else Steps(flattening(x))


def flattening(x: object) -> Work:
    xs = yield from leaves(x)
    return Bar(bars(xs))


# -- pads -------------------------------------------------------------------------------------------------------------


def pad(x: object) -> int:
    """What is no pad counts as the empty one."""
    return nat(x) or 1


def pad_weld(x: object, y: object) -> object:
    a = pad(x)
    b = pad(y)
    end = bits(a) - 1
    allow(end + bits(b))
    return (a ^ (1 << end)) | (b << end)


def pads(xs: list[object]) -> object:
    """All pads one after the other, joined pairwise so that long rows stay cheap."""
    parts: list[object] = [pad(x) for x in xs]
    while len(parts) > 1:
        odd = parts[len(parts) & ~1 :]
        parts = [pad_weld(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)] + odd
    return parts[0] if parts else 1


def pad_cat(x: object) -> object:
    return with_items(items(x), pads)


def pad_flat(x: object) -> object:
    if isinstance(x, int):
        return x
    return Steps(flattening_pads(x))


def flattening_pads(x: object) -> Work:
    xs = yield from leaves(x)
    assert isinstance(xs, list)
    return pads(xs)


JETS: Final = [
    Jet("isBar", 1, "s", is_bar, None, True),
    Jet("_Bar", 1, "d", make_bar),
    Jet("natBar", 1, "s", nat_bar),
    Jet("barNat", 1, "s", bar_nat),
    Jet("barLen", 1, "s", size),
    Jet("barIsEmpty", 1, "s", is_empty),
    Jet("_NatToSizedBar", 2, "ss", sized_bar, [1, 0]),
    Jet("barIdx", 2, "ss", idx),
    Jet("barWeld", 2, "ss", weld, [1, 0]),
    Jet("barCat", 1, "s", cat),
    Jet("barTake", 2, "ss", take),
    Jet("barDrop", 2, "ss", drop),
    Jet("_BarSliceToNat", 3, "sss", slice_nat, [1, 0, 2]),
    Jet("barSlice", 3, "sss", slice_bar, [1, 0, 2]),
    Jet("barSpan", 3, "sss", span),
    Jet("barLoadDecimal", 1, "s", load_decimal),
    Jet("barElemIndexEnd", 2, "ls", find_last),
    Jet("barElemIndexOff", 3, "lss", find_from),
    Jet("barFlat", 1, "s", flat),
    Jet("padWeld", 2, "ss", pad_weld, [1, 0]),
    Jet("padCat", 1, "s", pad_cat),
    Jet("padFlat", 1, "s", pad_flat),
]
