"""How laws are run: sharing, order, stack, crashes, stopping and going on."""

import gc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vm

from .laws import Known, law, with_jets


@pytest.fixture(scope="module")
def known() -> Known:
    k = with_jets()
    law(k, "sum", "n", ["_If", "n", ["_Add", "n", ["sum", ["_Dec", "n"]]], 0])
    law(k, "count", "acc n", ["_If", "n", ["count", ["inc", "acc"], ["_Dec", "n"]], "acc"])
    law(k, "list", "n", ["_If", "n", [0, "n", ["list", ["_Dec", "n"]]], 0])
    law(k, "foldStep", "go f acc hd tl", ["go", "f", ["f", "acc", ["cdr", "hd"]], "tl"])
    law(
        k,
        "fold",
        "f acc xs",
        ["_Seq", "acc", ["case", ["K", "acc"], ["K4", "acc"], ["foldStep", "fold", "f", "acc"], ["K", "acc"], "xs"]],
    )
    law(k, "plus", "a b", ["_Add", "a", "b"])
    law(k, "sumList", "n", ["fold", "plus", 0, ["list", "n"]])
    return k


def shown(f: object, *xs: object) -> tuple[list[object], object]:
    """What is shown, and the value (or the crash)."""
    seen: list[object] = []
    try:
        return seen, vm.evaluate(f, *xs, trk=seen.append)
    except vm.Crash as crash:
        return seen, ("crash", crash.op, crash.arg)


def test_a_thunk_is_computed_once(known: Known) -> None:
    f = law(known, "twice", "n", ["_Add", "x", ["_Add", "x", "x"]], x=["_Trace", 7, ["inc", "n"]])
    assert shown(f, 1) == ([7], 6)


def test_what_is_not_needed_is_not_computed(known: Known) -> None:
    f = law(known, "lazy", "n", ["K", "n", ["_Trace", 7, "n"]])
    assert shown(f, 1) == ([], 1)


def test_an_argument_is_not_computed_before_what_comes_first_in_the_callee(known: Known) -> None:
    law(known, "late", "x", ["_Trace", 1, ["inc", "x"]])
    f = law(known, "caller", "n", ["late", ["_Trace", 2, "n"]])
    assert shown(f, 5) == ([1, 2], 6)


def test_arguments_are_computed_in_the_order_in_which_the_callee_asks_for_them(known: Known) -> None:
    law(known, "backwards", "x y", ["_Seq", "y", ["inc", "x"]])
    f = law(known, "calls", "n", ["backwards", ["_Trace", 1, "n"], ["_Trace", 2, 9]])
    assert shown(f, 5) == ([2, 1], 6)


def test_the_first_of_two_crashes_is_the_one_that_is_seen(known: Known) -> None:
    law(known, "backwards2", "x y", ["_Seq", "y", ["inc", "x"]])
    f = law(known, "crashes", "n", ["backwards2", [10, "n"], [11, "n"]])
    assert shown(f, 5) == ([], ("crash", 11, 5))


def test_a_branch_that_is_not_taken_does_nothing(known: Known) -> None:
    f = law(known, "branches", "c", ["_If", "c", "x", "y"], x=["_Trace", 1, 10], y=["_Trace", 2, 20])
    assert shown(f, 1) == ([1], 10)
    assert shown(f, 0) == ([2], 20)


def test_lets_may_refer_to_themselves_and_their_neighbours(known: Known) -> None:
    f = law(known, "ones", "n", ["car", ["cdr", "a"]], a=[0, "n", "b"], b=[0, 8, "a"])
    head = vm.evaluate(f, 3)
    assert isinstance(head, vm.App)
    assert head.args == [8]


def test_a_value_that_waits_for_itself_is_a_crash(known: Known) -> None:
    f = law(known, "knot", "n", "x", x=["inc", "x"])
    assert shown(f, 1) == ([], ("crash", vm.utf8("loop"), 0))


def test_calls_in_tail_position_need_no_stack(known: Known) -> None:
    evaluation = vm.Evaluation(known["count"], [0, 20_000])
    most = 0
    while isinstance(outcome := evaluation.run(500), vm.Suspended):
        most = max(most, evaluation.slots)
    assert isinstance(outcome, vm.Done)
    assert outcome.value == 20_000
    assert most < 1000


def test_a_chain_of_delayed_tail_calls_needs_no_stack(known: Known) -> None:
    f = law(known, "bounce", "n", ["2", 0, ["second", 7], ["id", "n"]])
    f = law(known, "loop", "f n", ["_If", "n", ["f", ["loop", "f", ["_Dec", "n"]]], 5])
    evaluation = vm.Evaluation(f, [known["id"], 20_000])
    most = 0
    while isinstance(outcome := evaluation.run(500), vm.Suspended):
        most = max(most, evaluation.slots)
    assert isinstance(outcome, vm.Done)
    assert outcome.value == 5
    assert most < 1000


def test_a_frame_that_waits_holds_only_what_is_still_needed(known: Known) -> None:
    evaluation = vm.Evaluation(known["sum"], [30_000])
    most = 0
    while isinstance(outcome := evaluation.run(500), vm.Suspended):
        most = max(most, evaluation.slots)
    assert isinstance(outcome, vm.Done)
    assert 2 * 30_000 < most < 4 * 30_000


OPERAND = st.one_of(st.integers(0, 5), st.integers(0, 5).map(lambda i: ["inc", i]), st.sampled_from([[7], [9]]))


@given(st.lists(OPERAND, min_size=4, max_size=4), st.lists(st.integers(0, 5), max_size=3), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_call_hands_over_its_arguments_whatever_registers_they_are_in(
    operands: list[object], after: list[int], tail: bool
) -> None:
    """The callee's registers may be its caller's, where these are used for the last time."""
    k = with_jets()
    law(
        k,
        "digits",
        "a b c d",
        ["_Add", "a", ["_Mul", 10, ["_Add", "b", ["_Mul", 10, ["_Add", "c", ["_Mul", 10, "d"]]]]]],
    )
    names = "uvwxyz"

    def operand(e: object) -> tuple[object, int]:
        if isinstance(e, int):
            return names[e], e + 1
        assert isinstance(e, list)
        return (["inc", names[e[1]]], e[1] + 2) if len(e) == 2 else (e[0], e[0])

    given = [operand(e) for e in operands]
    call: object = ["digits", *[e for e, _ in given]]
    expected = sum(n * 10**i for i, (_, n) in enumerate(given))
    if not tail:
        call = ["inc", call]
        expected += 1
    for i in after:
        call = ["_Add", call, ["_Mul", 100_000, names[i]]]
        expected += 100_000 * (i + 1)
    f = law(k, "calls", " ".join(names), call)
    assert vm.evaluate(f, 1, 2, 3, 4, 5, 6) == expected


def test_a_lazy_list_is_consumed_without_being_held(known: Known) -> None:
    def apps() -> int:
        gc.collect()
        return sum(isinstance(x, vm.App) for x in gc.get_objects())

    evaluation = vm.Evaluation(known["sumList"], [5000])
    before = apps()
    while isinstance(outcome := evaluation.run(5_000), vm.Suspended):
        assert apps() - before < 1000
    assert isinstance(outcome, vm.Done)
    assert outcome.value == 5000 * 5001 // 2


def test_recursion_is_as_deep_as_memory_allows(known: Known) -> None:
    n = 300_000 if vm.compiled else 30_000
    assert vm.evaluate(known["sum"], n) == n * (n + 1) // 2


def test_a_long_list_is_normalised_and_dropped_without_the_c_stack(known: Known) -> None:
    n = 300_000 if vm.compiled else 30_000
    cell = vm.evaluate(known["list"], n)
    for i in range(3):
        assert isinstance(cell, vm.App)
        assert cell.args[0] == n - i
        cell = cell.args[1]


def deep(known: Known, name: str, wrap: Callable[[object, int], object], n: int) -> vm.Pin:
    e: object = "x"
    for i in range(n):
        e = wrap(e, i)
    return law(known, name, "x", e)


def test_a_law_of_any_depth_runs(known: Known) -> None:
    nested = deep(known, "nested", lambda e, _: ["inc", e], 700)
    assert vm.evaluate(nested, 5) == 705
    lets = {f"l{i}": ["_Add", f"l{i - 1}" if i else "x", f"l{i - 1}" if i else "x"] for i in range(600)}
    doubled = law(known, "doubled", "x", "l599", **lets)
    assert vm.evaluate(doubled, 1) == 2**600


@pytest.mark.parametrize("lets", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": ["inc", "b"], "b": "a"}])
def test_lets_that_are_nothing_but_each_other_crash_in_small_laws_and_in_large(
    known: Known, lets: dict[str, object]
) -> None:
    assert shown(law(known, "small", "x", "a", **lets), 1) == ([], ("crash", vm.utf8("loop"), 0))
    e: object = "a"
    for _ in range(700):
        e = ["inc", e]
    assert shown(law(known, "large", "x", e, **lets), 1) == ([], ("crash", vm.utf8("loop"), 0))


def test_a_law_of_hundreds_of_arguments_runs(known: Known) -> None:
    n = 400
    names = [f"a{i}" for i in range(n)]
    f = law(known, "wide", " ".join(names), ["_Sub", names[-1], names[0]])
    assert vm.evaluate(f, *range(n)) == n - 1
    assert vm.arity(vm.evaluate(f, *range(n - 1))) == 1


def test_a_law_of_absurd_arity_only_collects_arguments() -> None:
    f = vm.law(1, 2**70, 3)
    assert vm.arity(vm.evaluate(f, 1, 2)) == 2**70 - 2


@given(st.integers(1, 40), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_an_evaluation_that_stops_often_gives_what_one_that_never_stops_gives(steps: int, n: int) -> None:
    k = with_jets()
    law(k, "fib", "n", ["_If", ["_Lth", "n", 2], "n", ["_Add", ["fib", ["_Sub", "n", 1]], ["fib", ["_Sub", "n", 2]]]])
    f = law(k, "both", "n", [0, ["_Trace", "n", ["fib", ["_Trace", 1, "n"]]], ["inc", ["fib", "n"]]])
    n = n % 12
    whole = shown(f, n)
    seen: list[object] = []
    evaluation = vm.Evaluation(f, [n], seen.append)
    while isinstance(outcome := evaluation.run(steps), vm.Suspended):
        pass
    assert isinstance(outcome, vm.Done)
    assert seen == whole[0]
    assert vm.equal(outcome.value, whole[1])


def test_a_crash_that_is_caught_leaves_its_thunks_crashing(known: Known) -> None:
    law(known, "crash", "n", ["_Trace", 1, [9, "n"]])
    pair = vm.law(0, 3, 0)
    lets = {"t": ["_Try", "r"], "u": ["_Try", "r"], "r": [pair, "b", "inc"], "b": ["crash", "n"]}
    g = law(known, "tries", "n", [0, "t", "u"], **lets)
    seen, value = shown(g, 5)
    assert seen == [1]
    assert isinstance(value, vm.App)
    first, second = value.args
    assert vm.equal(first, second)


def test_a_switch_runs_the_branch_that_is_chosen_and_no_other(known: Known) -> None:
    branches = [vm.law(0, 4, 0), ["_Trace", 2, "c"], ["_Trace", 1, "b"], "n"]
    law(known, "choose", "n b c", ["_Switch", "n", ["_Trace", 3, 99], branches])
    choose = known["choose"]
    assert shown(choose, 0, 10, 20) == ([], 0)
    assert shown(choose, 1, 10, 20) == ([1], 10)
    assert shown(choose, 2, 10, 20) == ([2], 20)
    assert shown(choose, 3, 10, 20) == ([3], 99)
    assert shown(choose, vm.row([]), 10, 20) == ([3], 99)
    f = law(known, "after", "n b c", ["inc", ["_Switch", "n", "b", branches]])
    assert [shown(f, n, 10, 20)[1] for n in range(4)] == [1, 11, 21, 11]
    f = law(known, "later", "n b c", ["K", ["_Add", "c", ["_Switch", "n", "b", branches]], "n"])
    assert [shown(f, n, 10, 20)[1] for n in range(4)] == [20, 30, 40, 30]


def test_a_switch_on_a_tab_looks_the_key_up(known: Known) -> None:
    keys = vm.set_of([5, 2**70])
    f = law(known, "find", "k x y", ["tabSwitch", "k", 7, [keys, [vm.law(0, 3, 0), "y", ["_Trace", 1, "x"]]]])
    assert shown(f, 5, 10, 20) == ([1], 10)
    assert shown(f, 2**70, 10, 20) == ([], 20)
    assert shown(f, 6, 10, 20) == ([], 7)
    assert shown(f, vm.bar(b"5"), 10, 20) == ([], 7)


def test_a_pinned_closure_that_lacks_hundreds_of_arguments_runs(known: Known) -> None:
    names = [f"a{i}" for i in range(400)]
    wide = law(known, "wide", " ".join(names), ["_Sub", names[-1], names[0]])
    closure = vm.pin(vm.pin(vm.app(wide, 7)))
    assert vm.evaluate(closure, *range(1, 400)) == 392


def test_ops_within_ops_in_constants_are_run_however_deep_and_shared(known: Known) -> None:
    tower: object = known["id"]
    for _ in range(7):
        tower = vm.app(1, tower, tower, tower, tower)
    f = law(known, "tower", "x", ["case", tower, tower, tower, tower, "x"])
    assert vm.evaluate(f, 5) == 5
    less: object = known["id"]
    for _ in range(2000):
        less = vm.app(2, 9, less)
    f = law(known, "less", "x", ["2", 9, less, "x"])
    assert vm.evaluate(f, 5000) == 2999
    assert vm.evaluate(f, 50) == 9


def test_a_law_may_have_a_name_of_any_size() -> None:
    assert vm.evaluate(vm.law(255 + 2**200_000, 1, 1), 5) == 5


def test_a_row_of_absurd_length_can_be_begun() -> None:
    size = 2**70
    value = vm.evaluate(vm.Cow(size), 5, 6)
    assert vm.equal(value, vm.app(vm.Cow(size), 5, 6))
    assert vm.arity(value) == size - 1
