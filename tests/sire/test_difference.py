"""Where two values differ, in words."""

import pytest

import vm
from sire.difference import difference

A, B = vm.utf8("a"), vm.utf8("b")


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (3, 4, ""),
        (3, vm.row([3]), ""),
        (vm.row([1, 2, 3]), vm.row([1, 7, 3]), "at [1]: 2 on the left, 7 on the right"),
        (vm.row([1, vm.row([2, 3])]), vm.row([1, vm.row([2, 4])]), "at [1][1]: 3 on the left, 4 on the right"),
        (vm.row([1, 2]), vm.row([1]), "2 items on the left, 1 on the right"),
        (vm.row([vm.row([1])]), vm.row([vm.row([])]), "at [0]: 1 items on the left, 0 on the right"),
        (vm.tab([(A, 3)]), vm.tab([(A, 4)]), "at [a]: 3 on the left, 4 on the right"),
        (vm.tab([(A, 3), (B, 4)]), vm.tab([(A, 4)]), "only the left has b"),
        (vm.set_of([1000]), vm.set_of([1000, 2000]), "only the right has 2000"),
        (vm.pin(vm.row([1])), vm.pin(vm.row([2])), "at (pin)[0]: 1 on the left, 2 on the right"),
        (vm.app(0, 1, 2), vm.app(0, 1, 3), "at [1]: 2 on the left, 3 on the right"),
    ],
)
def test_the_first_difference_is_told(left: vm.Value, right: vm.Value, said: str):
    assert difference(left, right) == said


def test_a_difference_deep_inside_is_found():
    left: vm.Value = 1
    right: vm.Value = 2
    for _ in range(3000):
        left, right = vm.row([left]), vm.row([right])
    assert difference(left, right).endswith(": 1 on the left, 2 on the right")
