"""Where two values first differ, for people: two large values side by side do not show it."""

import vm
from sire.show import show
from vm import Value, trees

SHOWN = 120
"""How many characters of each of the two parts that differ are shown."""


def difference(left: Value, right: Value) -> str:
    """One line on the first difference inside of two unequal values; empty if they are unlike as wholes."""
    path = ""
    while True:
        said = unlike(left, right)
        if said:
            return f"at {cut(path)}: {said}" if path else said
        inner = first_difference(left, right)
        if inner is None:
            break
        step, left, right = inner
        path += step
    return f"at {cut(path)}: {brief(left)} on the left, {brief(right)} on the right" if path else ""


def cut(path: str) -> str:
    return path if len(path) <= SHOWN else path[:SHOWN] + "…"


def brief(value: Value) -> str:
    """A value on one line."""
    return " ".join(show(value, 10_000, SHOWN).split("\n"))


def unlike(left: Value, right: Value) -> str:
    """What one of two collections of the same kind has and the other has not."""
    if isinstance(left, vm.Row) and isinstance(right, vm.Row):
        if first_difference(left, right) is None:
            return f"{len(left.items)} items on the left, {len(right.items)} on the right"
    elif (isinstance(left, vm.Tab) and isinstance(right, vm.Tab)) or (
        isinstance(left, vm.Set) and isinstance(right, vm.Set)
    ):
        for one, other, side in ((left, right, "left"), (right, left, "right")):
            for key in trees.keys(one.root):
                if trees.find(other.root, key) is None:
                    return f"only the {side} has {key_text(key)}"
    return ""


def key_text(key: Value) -> str:
    """A key; one that can be read as a name is shown as one."""
    text = vm.text(key) if isinstance(key, int) else None
    return text if text and text.isprintable() else brief(key)


def first_difference(left: Value, right: Value) -> tuple[str, Value, Value] | None:
    """The way to the first parts that differ, and these, if the two are of one kind and can be looked into."""
    if isinstance(left, vm.Row) and isinstance(right, vm.Row):
        return differing_item(left.items, right.items)
    if isinstance(left, vm.Tab) and isinstance(right, vm.Tab):
        for key, value in left.items():
            other = right.get(key)
            if other is not None and not vm.equal(value, other):
                return f"[{key_text(key)}]", value, other
    elif isinstance(left, vm.App) and isinstance(right, vm.App):
        if len(left.args) == len(right.args) and vm.equal(left.head, right.head):
            return differing_item(left.args, right.args)
    elif isinstance(left, vm.Pin) and isinstance(right, vm.Pin):
        return "(pin)", left.item, right.item
    return None


def differing_item(left: list[Value], right: list[Value]) -> tuple[str, Value, Value] | None:
    for place in range(min(len(left), len(right))):
        if not vm.equal(left[place], right[place]):
            return f"[{place}]", left[place], right[place]
    return None
