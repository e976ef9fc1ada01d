"""Large rows and tabs within a state are saved in parts, so that a small change writes a small amount.

    whole value  ->  [skeleton [path pieces] ..]    the value with 0 in the places that the paths lead to, and what
                                                    belongs there: a row of pins of rows, or of pins of tabs

Where a part ends is decided by its last item or key alone, so after a change most of the parts are the same pins as
before, whatever was put in or taken out. The same value always makes the same parts. A path is a row of numbers: which
item of a row, argument of an app or value of a tab (in the order of its keys), from the outside in.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from zlib import crc32

import vm
from vm import Value

LARGE = 512
"""A row or tab of so many items is saved in parts."""

MASK = 255
"""A part ends after one item in so many, on average,"""

MOST = 1024
"""and after so many in any case."""

LOOK = 1 << 14
DEPTH = 64
"""So many values, and so deep, are looked for large ones."""

Path = tuple[int, ...]


def split(value: Value) -> Value | None:
    """The value in parts, None if it has no large ones."""
    found = list(large(value))
    if not found:
        return None
    skeleton = value
    pieces: list[Value] = []
    for path, x in found:
        skeleton = put(skeleton, path, 0)
        pieces.append(vm.row([vm.row(path), vm.row(map(vm.pin, cut(x)))]))
    return vm.row([skeleton, *pieces])


def join(value: Value) -> Value:
    """The value that was split. Raises ValueError if this is nothing that `split` makes."""
    match value:
        case vm.Row(items=[whole, *rest]):
            for entry in rest:
                match entry:
                    case vm.Row(items=[vm.Row(items=path), vm.Row(items=pieces)]):
                        whole = put(whole, [vm.nat(i) for i in path], glue(pieces))
                    case _:
                        raise ValueError("a part that is none")
            return whole
    raise ValueError("parts of nothing")


def large(value: Value) -> Iterator[tuple[Path, vm.Row | vm.Tab]]:
    queue: deque[tuple[Path, Value]] = deque([((), value)])
    left = LOOK
    while queue and left:
        path, x = queue.popleft()
        left -= 1
        if isinstance(x, vm.Row | vm.Tab) and path and len(items(x)) >= LARGE:
            yield path, x
        elif len(path) < DEPTH:
            inner = enumerate(items(x))
            queue += [((*path, i), below) for i, below in inner if isinstance(below, vm.Row | vm.Tab | vm.App)]


def items(x: Value) -> Sequence[Value]:
    match x:
        case vm.Row():
            return x.items
        case vm.Tab():
            return x.values()
        case vm.App():
            return x.args
    return ()


def put(value: Value, path: Sequence[int], new: Value) -> Value:
    """The value with another one at the end of the path. Raises ValueError if there is no such place."""
    way: list[Value] = [value]
    for i in path:
        below = items(way[-1])
        if i >= len(below):
            raise ValueError("a path that leads nowhere")
        way.append(below[i])
    for i, x in zip(reversed(path), reversed(way[:-1]), strict=True):
        changed = [*items(x)[:i], new, *items(x)[i + 1 :]]
        match x:
            case vm.Row():
                new = vm.row(changed)
            case vm.Tab():
                new = vm.tab(zip(x.keys(), changed, strict=True))
            case vm.App():
                new = vm.app(x.head, *changed)
    return new


def cut(x: vm.Row | vm.Tab) -> Iterator[Value]:
    """The pieces of a row or tab."""
    marks = x.items if isinstance(x, vm.Row) else x.keys()
    values = items(x)
    start = 0
    for i, mark in enumerate(marks, 1):
        if ends(mark) or i - start == MOST or i == len(marks):
            if isinstance(x, vm.Row):
                yield vm.row(values[start:i])
            else:
                yield vm.tab(zip(marks[start:i], values[start:i], strict=True))
            start = i


def ends(mark: Value) -> bool:
    """Whether a part ends with this item or key. One of a kind that is not looked at ends none."""
    match mark:
        case int():
            # The odd number spreads neighbours far apart.
            return (mark * 0x9E3779B97F4A7C15 >> 32) & MASK == 0
        case vm.Pin():
            return mark.hash[0] & MASK == 0
        case vm.Bar():
            return crc32(mark.data) & MASK == 0
    return False


def glue(pieces: Sequence[Value]) -> Value:
    """The row or tab that was cut. Raises ValueError."""
    contents = [piece.item for piece in pieces if isinstance(piece, vm.Pin)]
    rows = [x.items for x in contents if isinstance(x, vm.Row)]
    tabs = [x.items() for x in contents if isinstance(x, vm.Tab)]
    if len(rows) == len(pieces):
        return vm.row([item for row in rows for item in row])
    if len(tabs) == len(pieces):
        return vm.tab([pair for tab in tabs for pair in tab])
    raise ValueError("a piece that is none")
