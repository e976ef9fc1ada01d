"""What is consumed while it is made is not held, wherever it stands; and what was left half computed can be computed
again."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

import vm
from vm.values import App, Thunk

from .laws import Known, law, with_jets

CELLS = 30_000 if vm.compiled else 8_000
FEW = 3000


@pytest.fixture(scope="module")
def known() -> Known:
    k = with_jets()
    law(k, "list", "n", ["_If", "n", [0, "n", ["list", ["_Dec", "n"]]], 0])
    law(k, "add", "a b", ["_Add", "a", "b"])
    law(k, "left", "go f acc hd tl", ["_Seq", "next", ["go", "f", "next", "tl"]], next=["f", "acc", ["cdr", "hd"]])
    law(k, "fold", "f acc xs", ["case", ["K", "acc"], ["K4", "acc"], ["left", "fold", "f", "acc"], ["K", "acc"], "xs"])
    law(k, "sum", "xs", ["fold", "add", 0, "xs"])
    law(k, "apply2", "f d e", ["_Add", 1, ["f", "d", "e"]])
    # The list in every place of a law with five arguments, consumed in the middle of an expression and at its end.
    for i, x in enumerate("abcde"):
        law(k, f"inner{x}", "a b c d e", ["_Add", 1, ["sum", x]])
        law(k, f"tail{x}", "a b c d e", ["sum", x])
        args: list[object] = [7, 7, 7, 7, 7]
        args[i] = ["list", "n"]
        law(k, f"callInner{x}", "n", ["_Add", 1, [f"inner{x}", *args]])
        law(k, f"callTail{x}", "n", [f"tail{x}", *args])
        # By way of a function that nobody knows, and of a partial application.
        law(k, f"through{x}", "f n", ["_Add", 1, ["f", *args]])
        law(k, f"partial{x}", "n", ["apply2", [f"inner{x}", *args[:3]], *args[3:]])
    law(k, "shown", "n", ["sum", ["_Trace", 1, ["list", "n"]]])
    law(k, "letInner", "n", ["_Add", 1, ["sum", "xs"]], xs=["list", "n"])
    law(k, "letOnce", "n", ["_Seq", "xs", ["sum", "xs"]], xs=["list", "n"])
    law(k, "inRow", "n", ["sum", ["_Idx", 0, [vm.Cow(2), 5, ["list", "n"]]]])
    law(k, "tried", "n", ["_Idx", 1, ["_Try", [vm.Cow(2), "n", "callTailc"]]])
    law(k, "put", "n", ["sum", ["_Idx", 1, ["_Put", [vm.Cow(2), 0, 0], 1, ["list", "n"]]]])
    deep: object = "xs"
    for _ in range(200):
        deep = ["id", deep]
    law(k, "large", "n xs", ["sum", deep])  # too large to compile
    law(k, "callLarge", "n", ["large", 7, ["list", "n"]])
    return k


def cells() -> int:
    return sum(isinstance(x, (App, Thunk)) for x in gc.get_objects())


NAMES = [
    *(f"{way}{x}" for way in ("callInner", "callTail") for x in "abcde"),
    *("shown", "letInner", "letOnce", "inRow", "put", "tried", "callLarge"),
    *(f"partial{x}" for x in "abcde"),
]


def held_at_most(f: object, *xs: object) -> tuple[object, int]:
    """The value, and the most cells and thunks that there were at a time while it was computed."""
    evaluation = vm.Evaluation(f, list(xs))
    gc.collect()
    gc.freeze()
    try:
        before = cells()
        most = 0
        while isinstance(outcome := evaluation.run(20_000), vm.Suspended):
            most = max(most, cells() - before)
    finally:
        gc.unfreeze()
    assert isinstance(outcome, vm.Done), outcome
    return outcome.value, most


@pytest.mark.parametrize("name", NAMES)
def test_a_long_list_that_is_consumed_is_not_held(known: Known, name: str) -> None:
    value, most = held_at_most(known[name], CELLS)
    assert vm.nat(value) in range(CELLS * (CELLS + 1) // 2, CELLS * (CELLS + 1) // 2 + 3)
    assert most < FEW


@pytest.mark.parametrize("x", "abcde")
def test_a_long_list_given_to_an_unknown_function_is_not_held(known: Known, x: str) -> None:
    value, most = held_at_most(known[f"through{x}"], known[f"inner{x}"], CELLS)
    assert value == CELLS * (CELLS + 1) // 2 + 2
    assert most < FEW


def test_a_chain_of_delayed_calls_is_not_held(known: Known) -> None:
    law(known, "bounce", "f n", ["_If", "n", ["f", ["bounce", "f", ["_Dec", "n"]]], 5])
    value, most = held_at_most(known["bounce"], known["id"], CELLS)
    assert value == 5
    assert most < FEW


# -- what is left half computed ---------------------------------------------------------------------------------------


def shared_thunk(known: Known, body: object) -> tuple[Thunk, Callable[..., vm.Evaluation]]:
    """A thunk of a law on 5, and a way to make evaluations that ask for it."""
    f = law(known, "half", "n", body)
    thunk = vm.values.delay(f, [5])
    return thunk, lambda: vm.Evaluation(known["inc"], [thunk])


def test_a_thunk_that_crashed_crashes_again_in_another_evaluation(known: Known) -> None:
    _, evaluation = shared_thunk(known, ["_Add", 1, [9, "n"]])
    for _ in range(3):
        outcome = evaluation().run(1000)
        assert isinstance(outcome, vm.Crashed)
        assert (outcome.op, outcome.arg) == (9, 5)


def test_an_evaluation_that_is_suspended_anywhere_goes_on_to_the_same_end(known: Known) -> None:
    expected = vm.evaluate(known["callInnerc"], 40)
    for steps in (1, 2, 3, 5, 7, 11, 13, 101):
        evaluation = vm.Evaluation(known["callInnerc"], [40])
        while isinstance(outcome := evaluation.run(steps), vm.Suspended):
            pass
        assert isinstance(outcome, vm.Done)
        assert outcome.value == expected
