"""Parts of lists and bytes that values share show what copies would show."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vm
from vm import jets, shapes, shared
from vm.values import App, Bar, Cow, Row

from .laws import Known, law, with_jets

ITEMS: list[object] = list(range(100))


@pytest.fixture(scope="module")
def known() -> Known:
    k = with_jets()
    law(k, "step", "go out f x", ["go", ["out", "x"], "f"])
    law(k, "turn", "out x", ["case", ["K", "out"], ["K4", "out"], ["step", "turn", "out"], ["K", "out"], "x"])
    law(k, "again", "go f x", [["go", "f"], "x"])
    law(k, "same", "x", ["case", ["id"], ["K4", "x"], ["again", "same"], "id", "x"])
    return k


def test_a_large_row_taken_apart_item_by_item_can_be_built_again_in_either_direction(known: Known) -> None:
    row = vm.row(ITEMS)
    turned = vm.evaluate(known["turn"], Cow(len(ITEMS)), row)
    assert vm.equal(turned, vm.row(ITEMS[::-1]))
    assert vm.equal(vm.evaluate(known["turn"], Cow(len(ITEMS)), turned), row)


@given(st.integers(1, 150), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=60))
@settings(max_examples=200, deadline=None)
def test_applications_made_longer_and_shorter_keep_their_own_arguments(n: int, moves: list[tuple[int, int]]) -> None:
    """Each move makes, from one of the applications so far, one with an argument less, or more, or two more."""
    start: list[object] = list(range(n))
    apps: list[tuple[shared.Args, list[object]]] = [(start[:], start), (shared.backwards([7, *start]), start[::-1])]
    fresh = 1000
    for which, move in moves:
        held, items = apps[-1 - which % len(apps)]
        if move == 0 and len(items) > 1:
            apps.append((shared.shorter(held), items[:-1]))
        else:
            more: list[object] = [fresh + i for i in range(max(1, move))]
            fresh += 10
            apps.append((shared.longer(held, more), items + more))
    for held, items in apps:
        assert shared.count(held) == len(items)
        assert [shared.item(held, i) for i in range(len(items))] == items[::-1]
        assert shared.items(held) == items


def test_a_list_that_others_hold_is_never_added_to() -> None:
    app = App(Cow(200), ITEMS[:])
    mine = app.args
    shorter = app.function()
    assert isinstance(shorter, App)
    longer = shared.longer(shorter.held, [7])
    assert shared.items(longer) == [*ITEMS[:-1], 7]
    assert mine == ITEMS
    theirs = App(Cow(200), longer).args
    shared.longer(longer, [8])
    assert theirs == [*ITEMS[:-1], 7]


def test_what_is_left_of_a_list_does_not_keep_what_is_gone() -> None:
    held: shared.Args = list(range(1000))
    for _ in range(900):
        held = shared.shorter(held)
        assert not isinstance(held, shared.Prefix) or len(held.of) <= 2 * held.count + 1


def test_the_function_of_a_large_row_shares_its_items() -> None:
    row = Row(ITEMS)
    f = shapes.app_function(row)
    assert isinstance(f, App)
    assert isinstance(f.held, shared.Prefix)
    assert f.held.of is row.items
    assert f.args == ITEMS[:0:-1]
    assert shapes.app_last(row) == 0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9000)), max_size=8), st.integers(0, 255), st.integers(0, 20_000)
)
@settings(max_examples=200, deadline=None)
def test_pieces_of_a_bar_show_what_copies_show(cuts: list[tuple[bool, int]], byte: int, at: int) -> None:
    data = bytes(i * i % 251 for i in range(20_000))
    bar: object = Bar(data)
    for drop, n in cuts:
        bar = jets.NATIVE["barDrop" if drop else "barTake"].function(n, bar)
        data = data[n:] if drop else data[:n]
    assert isinstance(bar, Bar)

    def call(name: str, *args: object) -> object:
        return jets.NATIVE[name].function(*args)

    assert call("barLen", bar) == len(data)
    assert call("barIsEmpty", bar) == (0 if data else 1)
    assert call("barIdx", at, bar) == (data[at] if at < len(data) else 0)
    assert call("barElemIndexOff", byte, at, bar) == (data.find(byte, at) if byte in data[at:] else len(data))
    last = call("barElemIndexEnd", byte, bar)
    assert vm.equal(last, vm.app(0, data.rfind(byte)) if byte in data else 0)
    assert call("_BarSliceToNat", at, 3, bar) == int.from_bytes(data[at : at + 3], "little")
    assert vm.equal(bar, vm.bar(data))
    assert bar.data == data
