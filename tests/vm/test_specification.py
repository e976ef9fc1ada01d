"""The evaluator against the specification's equations: the same value, or the same crash."""

import sys

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import vm

from .reference import Node, RefCrash, Reference, TooLong, app, plain, written

sys.setrecursionlimit(60_000)

NATS = st.one_of(st.integers(0, 6), st.sampled_from([255, 256, 2**63, 2**64, 2**64 - 1, 2**200]))


def apps(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Applications that have nothing left to run."""

    def build(parts: tuple[object, list[object]]) -> object:
        head, args = parts
        args = args[: vm.arity(head) - 1]
        return vm.app(head, *args) if args else head

    return st.tuples(values, st.lists(values, min_size=1, max_size=4)).map(build)


def bodies(constants: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Law bodies: references in and out of range, calls, lets, constants."""
    leaves = st.one_of(st.integers(0, 7), constants, constants.map(lambda x: vm.app(0, 2) if x == 0 else quote(x)))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda fx: vm.app(0, *fx)),
            st.tuples(inner, inner).map(lambda vb: vm.app(1, *vb)),
        ),
        max_leaves=12,
    )


def quote(x: object) -> object:
    """The body (2 x)."""
    return vm.app(2, x)


def deep(n: int) -> object:
    body = quote(0)
    for _ in range(n):
        body = vm.app(0, quote(3), body)
    return body


DEEP = deep(130)


ARITIES = st.one_of(st.integers(1, 4), st.integers(1, 4), st.sampled_from([131, 2**32, 2**64]))


def laws(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Laws, some with a let so deep that they are too large to compile."""

    def build(name: int, arity: int, body: object, size: int) -> object:
        return vm.law(name, arity, vm.app(1, DEEP, body) if size == 0 else body)

    return st.tuples(NATS, ARITIES, bodies(values), st.integers(0, 7)).map(lambda law: build(*law))


def natives(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Rows, bars, cows, sets, tabs."""
    return st.one_of(
        st.lists(values, max_size=4).map(vm.row),
        st.binary(max_size=5).map(vm.bar),
        st.integers(1, 4).map(lambda n: vm.law(0, n + 1, 0)),
        st.lists(values, max_size=4).map(vm.set_of),
        st.lists(st.tuples(values, values), max_size=4).map(vm.tab),
    )


VALUES = st.recursive(
    NATS,
    lambda inner: st.one_of(inner.map(vm.pin), apps(inner), laws(inner), natives(inner)),
    max_leaves=16,
)


def by_equations(f: object, xs: list[object]) -> str:
    node: Node = plain(f)
    for x in xs:
        node = app(node, plain(x))
    try:
        return written(Reference().force(node))
    except RefCrash as crash:
        op, arg = crash.args
        return f"crash {op} {written(arg)}"


def by_machine(f: object, xs: list[object]) -> str:
    evaluation = vm.Evaluation(f, xs)
    outcome = evaluation.run(1_000_000)
    if isinstance(outcome, vm.Crashed):
        return f"crash {outcome.op} {written(plain(outcome.arg))}"
    assert isinstance(outcome, vm.Done), outcome
    return written(plain(outcome.value))


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES, st.lists(VALUES, min_size=1, max_size=6))
@example(1, [2, 3, 4, 5, 6])
@example(0, [0, 0, 0])
@example(5, [7])
@example(vm.law(0, 1, vm.app(1, 2, vm.app(1, 5, 1))), [9])  # a let that names the next one
@example(vm.law(1, 2, vm.row([1, 2])), [vm.row([3]), 0])  # a set, its values the wrong number
def test_applying_anything_to_anything_is_what_the_equations_say(f: object, xs: list[object]) -> None:
    try:
        expected = by_equations(f, xs)
    except (TooLong, RecursionError):
        assume(False)
    assert by_machine(f, xs) == expected


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES)
def test_a_value_taken_apart_shows_its_plain_shape(x: object) -> None:
    """Op 1 with rows for its branches: what it shows of a native form is what it shows of the plain shape."""
    branches = [vm.law(0, 2, 0), vm.law(0, 4, 0), vm.law(0, 3, 0), vm.law(0, 2, 0)]
    assert by_machine(1, [*branches, x]) == by_equations(1, [*branches, x])


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES)
def test_a_value_taken_apart_and_put_together_again_is_itself(x: object) -> None:
    """Op 1 with ops for its branches: 4 makes the pin again, 0 the law; an application is applied again."""
    branches = [4, 0, vm.law(0, 2, vm.app(0, 1, 2)), vm.law(0, 1, 1)]
    assert by_machine(1, [*branches, x]) == by_equations(1, [*branches, x])
    assert vm.equal(vm.evaluate(1, *branches, x), x)


@pytest.mark.parametrize("op", [5, 6, 2**64, 2**200])
def test_any_other_nat_crashes_with_its_argument(op: int) -> None:
    with pytest.raises(vm.Crash) as crash:
        vm.evaluate(op, vm.row([1, 2]))
    assert crash.value.op == op
    assert vm.equal(crash.value.arg, vm.row([1, 2]))
