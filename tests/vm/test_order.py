"""The order of values against its definition by op 1."""

from __future__ import annotations

import time

from hypothesis import given

from vm import order, shapes
from vm.values import Pin

from .samples import VALUES, deep, make_row, make_set, make_tab, wide


def kind(x: object) -> int:
    return 0 if isinstance(x, int) else 1 if isinstance(x, Pin) else 2 if shapes.is_law(x) else 3


def by_definition(x: object, y: object) -> int:
    """nat < pin < law < app, each compared field by field, leftmost first."""
    if kind(x) != kind(y):
        return -1 if kind(x) < kind(y) else 1
    if isinstance(x, int) and isinstance(y, int):
        return (x > y) - (x < y)
    if isinstance(x, Pin) and isinstance(y, Pin):
        return by_definition(x.item, y.item)
    if kind(x) == 3:
        fx, ax = shapes.app_function(x), shapes.app_last(x)
        fy, ay = shapes.app_function(y), shapes.app_last(y)
        return by_definition(fx, fy) or by_definition(ax, ay)
    return (
        by_definition(shapes.law_name(x), shapes.law_name(y))
        or by_definition(shapes.law_args(x), shapes.law_args(y))
        or by_definition(shapes.law_body(x), shapes.law_body(y))
    )


@given(VALUES, VALUES)
def test_the_order_of_values_is_the_order_of_their_shapes(x: object, y: object) -> None:
    assert order.compare(x, y) == by_definition(x, y)
    assert order.compare(y, x) == -by_definition(x, y)
    assert order.equal(x, y) == (by_definition(x, y) == 0)


@given(VALUES)
def test_a_value_is_equal_to_itself_rebuilt(x: object) -> None:
    assert order.equal(x, rebuilt(x))


def rebuilt(x: object) -> object:
    if isinstance(x, int):
        return x
    if isinstance(x, Pin):
        return Pin(rebuilt(x.item))
    if shapes.is_law(x):
        return shapes.make_law(shapes.law_name(x), shapes.law_args(x), rebuilt(shapes.law_body(x)))
    return shapes.make_app(rebuilt(shapes.app_head(x)), [rebuilt(arg) for arg in shapes.app_args(x)])


def test_rows_compare_by_length_then_from_the_last_item() -> None:
    assert order.compare(make_row([9, 9]), make_row([0, 0, 0])) < 0
    assert order.compare(make_row([9, 1]), make_row([0, 2])) < 0
    assert order.compare(make_row([1]), make_tab([(1, 1)])) < 0
    assert order.compare(make_tab([(1, 9)]), make_tab([(2, 0)])) < 0
    assert order.compare(make_set([1, 2]), make_set([9])) > 0


def test_values_may_be_deeper_than_any_stack() -> None:
    assert order.equal(deep(200_000), deep(200_000))


def test_values_that_share_their_parts_compare_in_the_time_of_their_size() -> None:
    start = time.monotonic()
    assert order.equal(wide(3000), wide(3000))
    assert time.monotonic() - start < 30
