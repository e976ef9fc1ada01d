"""Normal forms."""

import vm


def test_a_tab_is_a_tab_wherever_it_is_shared() -> None:
    """A set applied to a row that is not evaluated yet may be held twice; both holders get the tab."""
    pair = vm.law(0, 3, 0)
    row_of_the_second = vm.law(0, 2, 2)
    # (f keys values) = let t = (keys (rowOfTheSecond 0 values)) in [t t]
    delayed = vm.app(0, vm.app(0, row_of_the_second, 0), 2)
    twice = vm.app(0, vm.app(0, pair, 3), 3)
    f = vm.law(0, 2, vm.app(1, vm.app(0, 1, delayed), twice))
    made = vm.evaluate(f, vm.set_of([3, 5]), vm.row([1, 2]))
    assert isinstance(made, vm.Row)
    assert [type(item) for item in made.items] == [vm.Tab, vm.Tab]
