"""Jets on rows. Most of them work on any application, as their laws do: the items are its arguments, the last first."""

from __future__ import annotations

from typing import Final

from vm import order, shapes
from vm.jet import FALLBACK, PAUSE, Jet, Steps
from vm.jets.common import Work, bit, item, items, lazy_item, length, nat, outcome, pair, row_of, tail, with_items
from vm.room import ROW, allow, bits
from vm.turns import work
from vm.values import Cow, Row, delay, known

LONG: Final = 1 << 26
LOT: Final = 1 << 16
"""Thunks that are made at once."""
LONG_COPY: Final = 1 << 20
"""Items that are copied at once."""
"""Rows of more items than this are left to the law, which does not live to see them either."""
THUNK: Final = 8 * 100
"""Bits that an item takes which is not computed yet."""


def room(n: int) -> None:
    allow(64 * n, ROW)


def part(xs: list[object], start: int, end: int) -> list[object]:
    """A copy of some items."""
    if end - start <= LONG_COPY:
        return xs[start:end]
    out: list[object] = []
    extend(out, xs, start, end)
    return out


def extend(out: list[object], xs: list[object], start: int, end: int) -> None:
    while start < end:
        stop = min(end, start + LONG_COPY)
        work((stop - start) >> 2)
        out += xs[start:stop]
        start = stop


def null(x: object) -> object:
    return bit(length(x) == 0)


def len_(x: object) -> object:
    return length(x)


def get(x: object, i: object) -> object:
    if length(x) == 0:
        return 0
    value = known(i)
    return Steps(getting(x, i)) if value is None else item(x, nat(value))


def getting(x: object, i: object) -> Work:
    return item(x, nat((yield i)))


def idx(i: object, x: object) -> object:
    return get(x, i)


def last(x: object) -> object:
    n = length(x)
    return item(x, n - 1) if n else 0


def put(x: object, i: object, value: object) -> object:
    if length(x) == 0:
        return x
    k = known(i)
    return Steps(putting(x, i, value)) if k is None else replaced(x, nat(k), value)


def putting(x: object, i: object, value: object) -> Work:
    return replaced(x, nat((yield i)), value)


def replaced(x: object, i: int, value: object) -> object:
    n = length(x)
    if i >= n:
        return x
    if isinstance(x, Row):
        xs = part(x.items, 0, n)
        xs[i] = value
        return Row(xs)
    args = shapes.app_args(x)[:]
    args[n - 1 - i] = value
    return shapes.make_app(shapes.app_head(x), args)


def mut(i: object, value: object, x: object) -> object:
    return put(x, i, value)


def switch(i: object, other: object, x: object) -> object:
    return item(x, i) if isinstance(i, int) and i < length(x) else other


def cow(n: object) -> object:
    return shapes.make_law(0, nat(n) + 1, 0)


def cow_size(x: object) -> object:
    return shapes.law_args(x) - 1 if shapes.is_law(x) else 0


def is_cow(x: object) -> object:
    return bit(isinstance(x, Cow) or (isinstance(x, Row) and not x.items))


def is_row(x: object) -> object:
    return bit(isinstance(x, Row))


def gen(n: object, f: object) -> object:
    count = nat(n)
    if count > LONG:
        return FALLBACK
    return applied(f, None, count)


def applied(f: object, xs: list[object] | None, n: int) -> object:
    """The row of f on each of n items, or on each of their numbers."""
    allow(THUNK * n, ROW)
    return row_of(some_applied(f, xs, 0, n)) if n <= LOT else Steps(applying(f, xs, n))


def applying(f: object, xs: list[object] | None, n: int) -> Work:
    out: list[object] = []
    while len(out) < n:
        out += some_applied(f, xs, len(out), min(n, len(out) + LOT))
        yield PAUSE
    return row_of(out)


def some_applied(f: object, xs: list[object] | None, start: int, end: int) -> list[object]:
    if xs is None:
        return [delay(f, [i]) for i in range(start, end)]
    return [delay(f, [x]) for x in xs[start:end]]


def weld(x: object, y: object) -> object:
    room(length(x) + length(y))
    out = part(items(x), 0, length(x))
    extend(out, items(y), 0, length(y))
    return row_of(out)


def map_(f: object, x: object) -> object:
    return applied(f, items(x), length(x))


def rev(x: object) -> object:
    out = part(items(x), 0, length(x))
    out.reverse()
    return row_of(out)


def cons(x: object, xs: object) -> object:
    room(length(xs) + 1)
    out = [x]
    extend(out, items(xs), 0, length(xs))
    return Row(out)


def snoc(xs: object, x: object) -> object:
    room(length(xs) + 1)
    out = part(items(xs), 0, length(xs))
    out.append(x)
    return Row(out)


def total(xs: list[object]) -> object:
    n = 0
    for x in xs:
        work(1 + (bits(n) >> 10))
        if isinstance(x, int):
            n += x
    return n


def sum_(x: object) -> object:
    return with_items(items(x), total, True)


def sum_of(f: object, x: object) -> object:
    return Steps(summing(f, items(x)))


def summing(f: object, xs: list[object]) -> Work:
    n = 0
    for x in xs:
        n += nat((yield delay(f, [x])))
    return n


def joined(xs: list[object]) -> object:
    out: list[object] = []
    for x in xs:
        room(len(out) + length(x))
        work(1 + (length(x) >> 3))
        out += items(x)
    return row_of(out)


def cat(x: object) -> object:
    return with_items(items(x), joined, True)


def zip_(x: object, y: object) -> object:
    xs = items(x)
    ys = items(y)
    out: list[object] = []
    for i in range(min(len(xs), len(ys))):
        work(2)
        out.append(pair(xs[i], ys[i]))
    return row_of(out)


def drop(n: object, x: object) -> object:
    return row_of(part(items(x), min(nat(n), length(x)), length(x)))


def take(n: object, x: object) -> object:
    """All of x if n is no nat, for that is greater than any."""
    return row_of(part(items(x), 0, min(n, length(x)) if isinstance(n, int) else length(x)))


def unfoldr(f: object, seed: object) -> object:
    return Steps(unfolding(f, seed))


def unfolding(f: object, seed: object) -> Work:
    out: list[object] = []
    while True:
        step = yield delay(f, [seed])
        if isinstance(step, int):
            return row_of(out)
        both = tail(step)
        out.append(lazy_item(both, 0))
        seed = lazy_item(both, 1)


def from_list(n: object, xs: object) -> object:
    return collect(nat(n), xs, False)


def from_list_backwards(n: object, xs: object) -> object:
    return collect(nat(n), xs, True)


def collect(n: int, xs: object, backwards: bool) -> object:
    """The first n items of a list [x [y ..]] as a row, zeros where the list has ended."""
    if n > LONG:
        return FALLBACK
    out: list[object] = []
    while len(out) < n:
        work(1)
        cell = known(xs)
        if cell is None:
            return Steps(collecting(n, out, xs, backwards))
        if isinstance(cell, int):
            break
        out.append(item(cell, 0))
        xs = item(cell, 1)
    return collected(n, out, backwards)


def collecting(n: int, out: list[object], xs: object, backwards: bool) -> Work:
    while len(out) < n:
        cell = yield xs
        if isinstance(cell, int):
            break
        out.append(item(cell, 0))
        xs = item(cell, 1)
    return collected(n, out, backwards)


def collected(n: int, out: list[object], backwards: bool) -> object:
    room(n)
    zeros: list[object] = [0] * (n - len(out))
    out += zeros
    return row_of(out[::-1] if backwards else out)


def bsearch(key: object, x: object) -> object:
    """2i+1 if the key is item i, else 2i where it would stand at i."""
    xs = items(x)
    low = 0
    high = len(xs)
    while low < high:
        mid = (low + high) >> 1
        c = order.Walk(key, xs[mid], False).run()
        if c in (order.STUCK, order.BUSY):
            return Steps(searching(key, xs, low, high))
        if c == 0:
            return 2 * mid + 1
        if c < 0:
            high = mid
        else:
            low = mid + 1
    return 2 * low


def searching(key: object, xs: list[object], low: int, high: int) -> Work:
    while low < high:
        mid = (low + high) >> 1
        c = yield from outcome(order.Walk(key, xs[mid], False))
        if c == 0:
            return 2 * mid + 1
        if c < 0:
            high = mid
        else:
            low = mid + 1
    return 2 * low


def implode(x: object) -> object:
    return with_items(items(x), packed)


def packed(xs: list[object]) -> object:
    """The bytes of all nats, one after the other."""
    out = bytearray()
    for x in xs:
        work(2)
        if isinstance(x, int):
            out += x.to_bytes((bits(x) + 7) >> 3, "little")
            allow(8 * len(out))
    return int.from_bytes(out, "little")


JETS: Final = [
    Jet("_Null", 1, "s", null, None, True),
    Jet("_Len", 1, "s", len_, None, True),
    Jet("_Get", 2, "sl", get),
    Jet("_Idx", 2, "ls", idx),
    Jet("_Last", 1, "s", last),
    Jet("_Put", 3, "sll", put),
    Jet("_Mut", 3, "lls", mut),
    Jet("_Switch", 3, "sls", switch),
    Jet("_Cow", 1, "s", cow, None, True),
    Jet("_CowSize", 1, "s", cow_size, None, True),
    Jet("_IsCow", 1, "s", is_cow, None, True),
    Jet("_IsRow", 1, "s", is_row, None, True),
    Jet("_Gen", 2, "sl", gen),
    Jet("_Weld", 2, "ss", weld, [1, 0]),
    Jet("_Map", 2, "ls", map_),
    Jet("_Rev", 1, "s", rev),
    Jet("rowCons", 2, "ls", cons),
    Jet("rowSnoc", 2, "sl", snoc),
    Jet("sum", 1, "s", sum_),
    Jet("sumOf", 2, "ls", sum_of),
    Jet("cat", 1, "s", cat),
    Jet("zip", 2, "ss", zip_),
    Jet("drop", 2, "ss", drop),
    Jet("take", 2, "ss", take),
    Jet("unfoldr", 2, "ll", unfoldr),
    Jet("_SizedListToRow", 2, "sl", from_list),
    Jet("_SizedListToRowRev", 2, "sl", from_list_backwards),
    Jet("bsearch", 2, "ls", bsearch),
    Jet("implode", 1, "s", implode),
]
