"""Building and asking values, in the words that other floors use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vm import order, shapes, trees
from vm.evaluation import Evaluation
from vm.values import Bar, Pin, Row, Set, Tab

compiled: Final = not hasattr(Evaluation.run, "__code__")


def row(items: Iterable[object]) -> Row:
    """The row of these items, index 0 first."""
    return Row(list(items))


def bar(data: bytes) -> Bar:
    return Bar(bytes(data))


def set_of(keys: Iterable[object]) -> Set:
    """The set of these normal values; repetitions are dropped."""
    return Set(trees.from_sorted(order.sort_distinct(list(keys))))


def tab(pairs: Iterable[tuple[object, object]]) -> Tab:
    """The tab of these pairs; of equal keys the last counts."""
    return Tab(trees.from_pairs(list(pairs)))


def law(name: int, args: int, body: object) -> object:
    """The law {name args body}, args >= 1, in its native form if it has one."""
    if args < 1:
        raise ValueError("a law takes at least one argument")
    return shapes.make_law(name, args, body)


def app(f: object, *xs: object) -> object:
    """f applied to fewer arguments than it lacks (a cow or a set may get all): a value, nothing is run."""
    head = shapes.app_head(f) if shapes.is_app(f) else f
    args = [*shapes.app_args(f), *xs] if shapes.is_app(f) else list(xs)
    if not args:
        return f
    value = shapes.make_app(head, args)
    if shapes.arity(value) < 1:
        raise ValueError("saturated: to be evaluated, not built")
    return value


def pin(x: object) -> Pin:
    """The pin of a normal value."""
    return Pin(x)


def arity(x: object) -> int:
    """How many arguments x lacks."""
    return shapes.arity(x)


def nat(x: object) -> int:
    """x if it is a nat, else 0."""
    return x if isinstance(x, int) else 0
