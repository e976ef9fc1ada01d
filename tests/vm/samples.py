"""Normal values for property tests: every form, nested, with values that are almost of another form."""

from __future__ import annotations

from hypothesis import strategies as st

from vm import order, shapes, trees
from vm.values import App, Pin, Set, Tab

NATS = st.one_of(
    st.integers(0, 5),
    st.sampled_from([48, 255, 256, 257, 2**32, 2**63, 2**64 - 1, 2**64, 2**65 + 1, 2**128]),
    st.integers(0, 2**80),
    st.binary(max_size=9).map(shapes.bar_nat),
)


def make_set(keys: list[object]) -> object:
    return Set(trees.from_sorted(order.sort_distinct(keys)))


def make_tab(pairs: list[tuple[object, object]]) -> object:
    return Tab(trees.from_pairs(pairs))


def make_row(xs: list[object]) -> object:
    return shapes.make_app(shapes.make_law(0, len(xs) + 1, 0), xs[::-1]) if xs else shapes.EMPTY


def partial(head: object, args: list[object]) -> object:
    """The application of as many of the arguments as leave it without work to do."""
    if isinstance(head, App):
        head, args = head.head, head.args + args
    args = args[: shapes.arity(head) - 1]
    return shapes.make_app(head, args) if args else head


def forms(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    few = st.lists(inner, max_size=4)
    return st.one_of(
        few.map(make_row),
        few.map(make_set),
        st.lists(st.tuples(inner, inner), max_size=4).map(make_tab),
        st.binary(max_size=20).map(lambda data: shapes.make_law(1, 1, shapes.bar_nat(data))),
        inner.map(Pin),
        st.tuples(st.integers(0, 2), st.integers(1, 3), inner).map(lambda law: shapes.make_law(*law)),
        st.tuples(NATS, st.integers(1, 2**70), inner).map(lambda law: shapes.make_law(*law)),
        st.tuples(inner, st.lists(inner, min_size=1, max_size=4)).map(lambda fx: partial(*fx)),
    )


VALUES: st.SearchStrategy[object] = st.recursive(NATS, forms, max_leaves=12)


def deep(n: int) -> object:
    """A list of n cells: recursion on it would end."""
    x: object = 0
    for i in range(n):
        x = make_row([i, x])
    return x


def wide(n: int) -> object:
    """2**n leaves in n cells, by sharing."""
    x: object = make_row([1, 2])
    for _ in range(n):
        x = make_row([x, x])
    return x
