"""Normal forms: everything in a value evaluated, applications that have a native form in it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, final

from vm import shapes
from vm.jet import PAUSE, Each, Steps
from vm.trees import Node
from vm.turns import work
from vm.values import App, Pin, Row, Set, Tab, Thunk, known

LOT: Final = 10_000


def is_normal(x: object) -> bool:
    """Is x known to be normal? A row or app without rows, apps, tabs and thunks in it is looked through."""
    if isinstance(x, Thunk):
        return False
    if isinstance(x, Row):
        if x.normal:
            return True
        for y in x.items:
            if isinstance(y, (int, Pin)):
                continue
            if not flat(y):
                return False
        x.normal = True
        return True
    if isinstance(x, App):
        if x.normal:
            return True
        if isinstance(x.head, Set):
            return False
        for y in x.args:
            if not flat(y):
                return False
        x.normal = True
        return True
    if isinstance(x, Tab):
        return x.normal
    return True


def flat(x: object) -> bool:
    """Is x normal, as far as can be told without looking into it?"""
    if isinstance(x, (Thunk, Row, App, Tab)):
        if isinstance(x, Row):
            return x.normal
        if isinstance(x, App):
            return x.normal
        if isinstance(x, Tab):
            return x.normal
        return False
    return True


def normalise(x: object) -> object:
    """The function of a jet on one evaluated argument: its normal form."""
    return x if is_normal(x) else Steps(walk(x))


def walk(top: object) -> Generator[object, object, object]:
    """Normalise an evaluated value, head first, then the arguments in application order: the items of a row and the
    values of a tab from the last to the first. Slots that hold thunks get their values.

    The stack holds what is being looked through: a list of slots, how many of them are done, and whether backwards.
    When all are done the owner is normal; of a tab, only nodes that are not known to be are looked into. An app of a
    set that turns out to be a tab is replaced in the slot that holds it.
    """
    result: list[object] = [top]
    owners: list[object] = [None]
    slots: list[list[object]] = [result]
    places: list[int] = [0]
    backwards: list[bool] = [False]
    steps = 0
    while owners:
        steps += 1
        if steps >= LOT:
            steps = 0
            yield PAUSE
        here = slots[-1]
        i = places[-1]
        if i == len(here):
            owner = owners.pop()
            slots.pop()
            places.pop()
            backwards.pop()
            if isinstance(owner, Row):
                owner.normal = True
            elif isinstance(owner, App):
                made = shapes.make_app(owner.head, owner.args) if isinstance(owner.head, Set) else owner
                if isinstance(made, Tab):
                    # Not marked: whoever else holds this app must replace it too.
                    above = slots[-1]
                    above[len(above) - places[-1] if backwards[-1] else places[-1] - 1] = made
                    places[-1] -= 1
                else:
                    owner.normal = True
            elif isinstance(owner, Loose):
                owner.settle(here)
            continue
        at = len(here) - 1 - i if backwards[-1] else i
        x = here[at]
        if isinstance(x, Thunk):
            value = known(x)
            if value is None:
                yield Each(here, at, -1 if backwards[-1] else 1)
                continue
            x = value
            here[at] = x
        places[-1] = i + 1
        if isinstance(x, Row):
            steps += len(x.items) >> 3
        if not is_normal(x):
            places.append(0)
            backwards.append(not isinstance(x, App))
            if isinstance(x, Row):
                owners.append(x)
                slots.append(x.items)
            elif isinstance(x, App):
                owners.append(x)
                slots.append(x.args)
            elif isinstance(x, Tab):
                loose = Loose(x)
                owners.append(loose)
                slots.append(loose.values())
    return result[0]


@final
class Loose:
    """The nodes of a tab whose values are to be normalised, in ascending order."""

    __slots__ = ("nodes", "tab")

    def __init__(self, tab: Tab) -> None:
        self.tab: Final = tab
        self.nodes: Final[list[Node]] = []
        stack: list[Node] = []
        t = tab.root
        while t is not None or stack:
            while t is not None and not t.normal:
                stack.append(t)
                t = t.left
            if not stack:
                break
            work(1)
            node = stack.pop()
            self.nodes.append(node)
            t = node.right

    def values(self) -> list[object]:
        return [node.value for node in self.nodes]

    def settle(self, values: list[object]) -> None:
        """Put normal values in the place of the nodes' own."""
        for node, value in zip(self.nodes, values, strict=True):
            work(1)
            node.value = value
            node.normal = True
        self.tab.normal = True
