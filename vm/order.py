"""The order of all values, as `Cmp` defines it: nat < pin < law < app, each compared field by field, leftmost first.

A pin is compared by its content, a law as (name, arity, body), an application as (head, last argument): of two
applications the one with fewer arguments comes first, then the heads decide, then the arguments, first to last. Native
forms are compared as the shapes they stand for: rows from the last item to the first, tabs by all keys, then by all
values.

The comparison keeps its own stack and can be as deep as it likes. Once it has taken many steps it remembers the pairs
it has met, for a small value that shares its parts can unfold to a tree of any size.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Final, final

from vm import shapes, trees
from vm.turns import work
from vm.values import App, Bar, Cow, Law, Pin, Row, Set, Tab, Thunk, known

PATIENCE: Final = 10_000
STUCK: Final = 2
BUSY: Final = 3
LOT: Final = 1 << 14


def rank(x: object) -> int:
    if isinstance(x, int):
        return 0
    if isinstance(x, Row):
        return 3 if x.items else 2
    if isinstance(x, (App, Tab)):
        return 3
    if isinstance(x, Pin):
        return 1
    if isinstance(x, (Law, Bar, Cow, Set)):
        return 2
    return -1


def compare(a: object, b: object) -> int:
    """-1, 0 or 1: a is less than, equal to, greater than b. Normal values."""
    if isinstance(a, int) and isinstance(b, int):
        return -1 if a < b else 1 if a > b else 0
    if a is b:
        return 0
    return finish(Walk(a, b, False))


def equal(a: object, b: object) -> bool:
    """Are two normal values the same?"""
    if isinstance(a, int):
        return isinstance(b, int) and a == b
    if a is b:
        return True
    if isinstance(b, int):
        return False
    return finish(Walk(a, b, True)) == 0


def finish(walk: Walk) -> int:
    c = walk.run()
    while c == BUSY:
        c = walk.run()
    if c == STUCK:
        raise TypeError("no order on a value that is not normal")
    return c


@final
class Walk:
    """A comparison under way.

    `run` goes as far as it can: to -1, 0 or 1 or, at a thunk that is not done, to STUCK. Then `wanted` says which thunk
    it is; when that is done, `run` goes on. Thunks are wanted exactly as Cmp looks at them, those of the left value
    first. After LOT steps it stops as well, BUSY, to be called again. With `equality`, -1 and 1 both say no more than
    that the values differ.
    """

    __slots__ = ("equality", "left", "met", "stack", "steps", "x", "y")

    def __init__(self, x: object, y: object, equality: bool) -> None:
        self.x = x
        self.y = y
        self.equality: Final = equality
        self.stack: Final[list[tuple[object, object]]] = []
        self.steps = 0
        self.left = LOT
        self.met: Final[dict[tuple[int, int], tuple[object, object]]] = {}

    def wanted(self) -> object:
        return self.x if known(self.x) is None else self.y

    def run(self) -> int:
        stack = self.stack
        while True:
            self.left -= 1
            if self.left < 0:
                self.left = LOT
                work(8 * LOT)
                return BUSY
            x = self.x
            y = self.y
            if isinstance(x, Thunk):
                x = known(x)
            if isinstance(y, Thunk):
                y = known(y)
            if x is None or y is None:
                return STUCK
            if x is not y:
                rx = rank(x)
                ry = rank(y)
                if rx != ry:
                    return -1 if rx < ry else 1
                if isinstance(x, int):
                    assert isinstance(y, int)
                    if x != y:
                        return -1 if x < y else 1
                elif self.steps < PATIENCE or self.fresh(x, y):
                    self.steps += 1
                    c = push(stack, x, y, rx, self.equality)
                    if c != 0:
                        return c
            if not stack:
                return 0
            self.x, self.y = stack.pop()

    def fresh(self, x: object, y: object) -> bool:
        pair = (id(x), id(y))
        if pair in self.met:
            return False
        self.met[pair] = (x, y)
        return True


def push(stack: list[tuple[object, object]], x: object, y: object, kind: int, equality: bool) -> int:
    """What the first fields of two values of the same kind decide; what they leave open goes on the stack."""
    if kind == 3:
        if isinstance(x, Row) and isinstance(y, Row):
            return push_items(stack, x.items, y.items)
        if isinstance(x, Tab) and isinstance(y, Tab):
            stack.append((Row(trees.values(x.root)), Row(trees.values(y.root))))
            return push_items(stack, trees.keys(x.root), trees.keys(y.root))
        xs = shapes.app_args(x)
        ys = shapes.app_args(y)
        if len(xs) != len(ys):
            return -1 if len(xs) < len(ys) else 1
        for i in range(len(xs) - 1, -1, -1):
            stack.append((xs[i], ys[i]))
        stack.append((shapes.app_head(x), shapes.app_head(y)))
        return 0
    if kind == 1:
        assert isinstance(x, Pin)
        assert isinstance(y, Pin)
        if x.hash == y.hash:
            return 0
        if equality:
            return 1
        stack.append((x.item, y.item))
        return 0
    if isinstance(x, Bar) and isinstance(y, Bar):
        return compare_bytes(x.data, y.data)
    if isinstance(x, Set) and isinstance(y, Set):
        return push_items(stack, trees.keys(x.root), trees.keys(y.root))
    nx = shapes.law_name(x)
    ny = shapes.law_name(y)
    if nx != ny:
        return -1 if nx < ny else 1
    nx = shapes.law_args(x)
    ny = shapes.law_args(y)
    if nx != ny:
        return -1 if nx < ny else 1
    stack.append((shapes.law_body(x), shapes.law_body(y)))
    return 0


def push_items(stack: list[tuple[object, object]], xs: list[object], ys: list[object]) -> int:
    """Two rows: the shorter is less, else the last item that differs decides."""
    if len(xs) != len(ys):
        return -1 if len(xs) < len(ys) else 1
    for i in range(len(xs) - 1, -1, -1):
        x = xs[i]
        y = ys[i]
        if x is y:
            continue
        if isinstance(x, int) and isinstance(y, int):
            if x == y:
                continue
            return -1 if x < y else 1
        # The pairs before this one wait until it is known to be equal.
        for j in range(i + 1):
            work(1)
            if xs[j] is not ys[j]:
                stack.append((xs[j], ys[j]))
        return 0
    return 0


def compare_bytes(a: bytes, b: bytes) -> int:
    """Two bars: the shorter is less, else the last byte that differs decides."""
    if a == b:
        return 0
    if len(a) != len(b):
        return -1 if len(a) < len(b) else 1
    return -1 if a[::-1] < b[::-1] else 1


def ascending(xs: list[object]) -> bool:
    """Is each greater than the one before?"""
    for i in range(len(xs) - 1):
        work(1)
        if compare(xs[i], xs[i + 1]) >= 0:
            return False
    return True


def sort_distinct(xs: list[object]) -> list[object]:
    """The values in ascending order, each once."""
    ordered = sorted(xs, key=cmp_to_key(compare))
    return [x for i, x in enumerate(ordered) if i == 0 or compare(ordered[i - 1], x) < 0]
