"""Large rows and tabs are saved in parts: nothing is lost, and a small change makes few new ones."""

from hypothesis import given, settings
from hypothesis import strategies as st

import vm
from machines import pieces as in_pieces
from machines.pieces import LARGE, MOST, join, split
from tests.machines.programs import law

FUNCTION = law("keeps", 9, 0)
small: st.SearchStrategy[object] = st.one_of(
    st.integers(0, 1 << 70), st.binary(max_size=9).map(vm.bar), st.integers(0, 99).map(vm.pin)
)


@st.composite
def larges(draw: st.DrawFn) -> object:
    """A row or a tab of some hundreds or thousands of things."""
    count = draw(st.integers(LARGE - 2, LARGE * 5))
    kinds = draw(st.lists(small, min_size=1, max_size=5))
    values = [kinds[i % len(kinds)] if i % 3 else i for i in range(count)]
    return vm.row(values) if draw(st.booleans()) else vm.tab(enumerate(values, draw(st.integers(0, 99))))


states = st.recursive(
    st.one_of(small, larges()),
    lambda below: st.one_of(
        st.lists(below, max_size=4).map(vm.row),
        st.lists(below, min_size=1, max_size=4).map(lambda xs: vm.app(FUNCTION, *xs)),
        st.lists(below, max_size=4).map(lambda xs: vm.tab(enumerate(xs))),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(states)
def test_what_was_split_is_joined_again(state: object) -> None:
    found = split(vm.row([0, state]))
    if found is not None:
        assert vm.pin(join(found)).hash == vm.pin(vm.row([0, state])).hash
        assert vm.pin(split(join(found))).hash == vm.pin(found).hash


def pieces(tab: vm.Value) -> set[bytes]:
    return {pin.hash for pin in vm.pin(split(vm.row([0, tab]))).refs}


def test_one_change_in_a_large_tab_makes_one_new_part_or_two() -> None:
    entries: dict[int, vm.Value] = {n: vm.pin(n) for n in range(0, 40_000, 2)}
    before = pieces(vm.tab(entries.items()))
    assert 20_000 / MOST <= len(before) <= 20_000 / 100
    for key, value in ((20_000, 7), (20_001, 8), (50_000, 9)):
        changed = entries | {key: vm.pin(value)}
        assert 1 <= len(pieces(vm.tab(changed.items())) - before) <= 2
    del entries[12_346]
    assert len(pieces(vm.tab(entries.items())) - before) <= 2


def test_an_item_put_into_a_large_row_makes_one_new_part_or_two() -> None:
    items: list[vm.Value] = [vm.pin(n) for n in range(20_000)]
    before = pieces(vm.row(items))
    assert 1 <= len(pieces(vm.row([*items[:5000], 1, *items[5000:]])) - before) <= 2


def test_what_is_not_large_is_left_whole() -> None:
    assert split(vm.row([0, vm.row(range(LARGE - 1))])) is None


def test_parts_that_make_no_sense_are_refused() -> None:
    good = split(vm.row([0, vm.row(range(2 * LARGE))]))
    assert isinstance(good, vm.Row)
    skeleton, entry = good.items
    assert isinstance(entry, vm.Row)
    path, found = entry.items
    for bad in (
        0,
        vm.row([]),
        vm.row([skeleton, 0]),
        vm.row([skeleton, vm.row([path])]),
        vm.row([skeleton, vm.row([vm.row([7]), found])]),
        vm.row([skeleton, vm.row([vm.row([1, 1]), found])]),
        vm.row([skeleton, vm.row([path, vm.row([vm.pin(1)])])]),
        vm.row([skeleton, vm.row([path, vm.row([vm.pin(vm.row([1])), vm.pin(vm.tab([(1, 2)]))])])]),
    ):
        try:
            in_pieces.join(bad)
        except ValueError:
            continue
        raise AssertionError(bad)
