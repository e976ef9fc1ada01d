"""Lets that need themselves: a crash, not an endless wait."""

import pytest

import vm


def lets(*values: object) -> object:
    """The law of one argument (slot 1) with lets from slot 2 on, whose result is the first of them."""
    body: object = 2
    for value in reversed(values):
        body = vm.app(1, value, body)
    return vm.law(vm.utf8("lets"), 1, body)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "values",
    [(2,), (3, 2), (3, 4, 2), (vm.app(0, 3, 2),), (3, vm.app(0, 3, 2))],
    ids=["itself", "two", "three", "in an argument", "in the other"],
)
def test_a_let_that_needs_itself_crashes(values: tuple[object, ...]) -> None:
    with pytest.raises(vm.Crash) as caught:
        vm.evaluate(lets(*values), 1, seconds=10)
    assert vm.text(caught.value.op) == "loop"


def test_lets_that_are_other_lets_are_those() -> None:
    assert vm.evaluate(lets(3, 4, 1), 5) == 5
    assert vm.evaluate(lets(vm.app(0, vm.app(2, 3), 3), 1), 5) == 6
