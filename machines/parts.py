"""The parts that a value has, so that one too large to be shown can be looked into step by step.

    row     its items
    tab     a row of key and value, in the order of the keys
    set     its keys
    app     its head, then its arguments
    law     its name, how many arguments it takes, its body
    pin     what is in it

A path is the number of a part, then the number of a part of that, and so on.
"""

from collections.abc import Sequence

import vm
from vm import Value


def of(value: Value) -> Sequence[Value]:
    """The parts of a normal value; none of a nat, of bytes, of a cow."""
    match value:
        case vm.Row():
            return value.items
        case vm.Tab():
            return [vm.row([key, held]) for key, held in value.items()]
        case vm.Set():
            return value.keys()
        case vm.App():
            return [value.head, *value.args]
        case vm.Law():
            return [value.name, value.args, value.body]
        case vm.Pin():
            return [value.item]
    return ()


def at(value: Value, path: Sequence[int]) -> Value | None:
    """The part that a path leads to, None if there is none."""
    for step in path:
        parts = of(value)
        if not 0 <= step < len(parts):
            return None
        value = parts[step]
    return value
