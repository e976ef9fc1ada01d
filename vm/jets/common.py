"""What the families of jets share: casts, items as `Get` sees them, keys that must be normal, work that must wait."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final

from vm import order, shapes
from vm.jet import FALLBACK, PAUSE, Attempt, Steps
from vm.normal import is_normal
from vm.turns import work
from vm.values import App, Crash, Law, Pin, Row, Set, Tab, Thunk, delay, delay_normal, known

Work = Generator[object, object, object]


def nat(x: object) -> int:
    return x if isinstance(x, int) else 0


def bit(x: bool) -> int:
    return 1 if x else 0


def pair(a: object, b: object) -> Row:
    return Row([a, b])


def some(x: object) -> App:
    """(0 x), which a library that has Maybe calls SOME."""
    return App(0, [x])


# -- items: what Get finds in any value, the last argument first ------------------------------------------------------


def length(x: object) -> int:
    """How many arguments an evaluated value holds."""
    if isinstance(x, Row):
        return len(x.items)
    if isinstance(x, App):
        return x.count
    return 1 if isinstance(x, Tab) else 0


def items(x: object) -> list[object]:
    """The arguments of an evaluated value, the last first. Not to be changed."""
    if isinstance(x, Row):
        return x.items
    if isinstance(x, App):
        return x.args[::-1]
    if isinstance(x, Tab):
        return [row_of(x.values())]
    return []


def item(x: object, i: int) -> object:
    """Item i of an evaluated value, 0 past the end."""
    if isinstance(x, Row):
        return x.items[i] if i < len(x.items) else 0
    if isinstance(x, App):
        return x.arg(i) if i < x.count else 0
    if isinstance(x, Tab) and i == 0:
        return row_of(x.values())
    return 0


def tail(x: object) -> object:
    """The last field of an evaluated value to op 1: a pin's content, a law's body, the last argument; 0 of a nat."""
    if isinstance(x, (Row, App, Tab)) and length(x) > 0:
        return item(x, 0)
    if isinstance(x, int):
        return 0
    return x.item if isinstance(x, Pin) else shapes.law_body(x)


def row_of(xs: list[object]) -> Row:
    return Row(xs) if xs else shapes.EMPTY


# (x) -> the last argument of x, and the one before it; 0 if there is none.
ZERO1: Final = Law(0, 1, App(2, [0]))
ZERO3: Final = Law(0, 3, App(2, [0]))
SECOND2: Final = Law(0, 2, 2)


def by_op1(on_app: object) -> Law:
    """{0 1 (1 ZERO1 ZERO3 on_app ZERO1 x)}."""
    body: object = App(2, [1])
    for f in (ZERO1, ZERO3, on_app, ZERO1):
        body = App(0, [body, App(2, [f])])
    return Law(0, 1, App(0, [body, 1]))


FIRST: Final = by_op1(SECOND2)
HEAD_FIRST: Final = Law(0, 2, App(0, [App(2, [FIRST]), 1]))
SECOND: Final = by_op1(HEAD_FIRST)


def lazy_item(x: object, i: int) -> object:
    """Item 0 or 1 of a value that may not be evaluated yet."""
    value = known(x)
    if value is None:
        return delay(FIRST if i == 0 else SECOND, [x])
    return item(value, i)


# -- waiting ----------------------------------------------------------------------------------------------------------


def compared(x: object, y: object, equality: bool, then: Callable[[int], object]) -> object:
    """What `then` makes of the comparison of two evaluated values, evaluating of them what Cmp looks at."""
    walk = order.Walk(x, y, equality)
    c = walk.run()
    return Steps(comparing(walk, then)) if c in (order.STUCK, order.BUSY) else then(c)


def comparing(walk: order.Walk, then: Callable[[int], object]) -> Work:
    return then((yield from outcome(walk)))


def outcome(walk: order.Walk) -> Generator[object, object, int]:
    """The end of a comparison under way."""
    while True:
        c = walk.run()
        if c == order.STUCK:
            yield walk.wanted()
        elif c == order.BUSY:
            yield PAUSE
        else:
            return c


def ready(key: object) -> object | None:
    """The value of a key that is normal already, else None."""
    value = known(key)
    return value if value is not None and is_normal(value) else None


def keyed(key: object, then: Callable[[object], object]) -> object:
    """What `then` makes of a key, fully evaluated. If that crashes the law decides which crash it is."""
    value = ready(key)
    return Steps(keying(key, then)) if value is None else then(value)


def keying(key: object, then: Callable[[object], object]) -> Work:
    value = yield Attempt(delay_normal(key))
    return FALLBACK if isinstance(value, Crash) else then(value)


def evaluated(xs: list[object]) -> list[object] | None:
    """The values of all of xs, if all are done."""
    for x in xs:
        if isinstance(x, Thunk):
            break
    else:
        return xs
    out: list[object] = []
    for x in xs:
        work(1)
        value = known(x)
        if value is None:
            return None
        out.append(value)
    return out


def with_items(xs: list[object], then: Callable[[list[object]], object], backwards: bool = False) -> object:
    """What `then` makes of the values of all of xs, evaluated from the first to the last, or backwards."""
    values = evaluated(xs)
    if values is not None:
        return then(values)
    return Steps(waiting(xs, then, backwards))


def waiting(xs: list[object], then: Callable[[list[object]], object], backwards: bool) -> Work:
    out: list[object] = list(xs)
    n = len(out)
    for j in range(n):
        i = n - 1 - j if backwards else j
        x = out[i]
        if isinstance(x, Thunk):
            out[i] = yield x
    return then(out)


def as_tab(x: object) -> Tab | None:
    """The tab that an evaluated value is, or None: not every tab is seen before its row of values is evaluated."""
    if isinstance(x, Tab):
        return x
    if isinstance(x, App) and isinstance(x.head, Set) and x.count == 1:
        found = shapes.make_app(x.head, x.args)
        if isinstance(found, Tab):
            return found
    return None
