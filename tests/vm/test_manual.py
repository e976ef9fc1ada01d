"""man/plan.7 says enough: what was written from it alone agrees with the vm, on any values and on its own examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import vm
from vm import shapes

from . import manual
from .samples import VALUES

PAGE = (Path(__file__).parents[2] / "man" / "plan.7").read_text()


def plain(x: object) -> Any:
    if isinstance(x, int):
        return x
    if isinstance(x, vm.Pin):
        return ("pin", plain(x.item))
    if shapes.is_law(x):
        return ("law", shapes.law_name(x), shapes.law_args(x), plain(shapes.law_body(x)))
    out = plain(shapes.app_head(x))
    for y in shapes.app_args(x):
        out = ("app", out, plain(y))
    return out


@given(VALUES)
def test_hashes_are_as_the_manual_says(x: object) -> None:
    assert manual.pin_hash(plain(x)) == vm.pin(x).hash


@given(VALUES, VALUES)
def test_the_order_is_as_the_manual_says(x: object, y: object) -> None:
    a, b = manual.order_key(plain(x)), manual.order_key(plain(y))
    assert vm.compare(x, y) == (a > b) - (a < b)


@given(VALUES)
def test_seeds_are_as_the_manual_says(x: object) -> None:
    assert manual.encode(plain(x), []) == vm.save(x)
    assert manual.decode(vm.save(x), []) == plain(x)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_pins_are_stored_as_the_manual_says(xs: list[object]) -> None:
    pin = vm.pin(vm.row([x for y in xs for x in (vm.pin(y), y)]))
    holes = [plain(ref) for ref in pin.refs]
    hashes = b"".join(manual.pin_hash(hole[1]) for hole in holes)
    assert manual.word(len(holes)) + hashes + manual.encode(plain(pin.item), holes) == vm.save_pin(pin)


def test_the_examples_in_the_manual_are_right() -> None:
    """All the bytes of an example stand in the page, one group after the other."""
    k = vm.pin(vm.law(0, 2, 1))
    pin = vm.pin(vm.row([1, vm.app(k, 7)]))
    twice = vm.row([vm.row([5, 6]), vm.row([5, 6])])
    groups = "".join(word for word in PAGE.split() if len(word) % 2 == 0 and set(word) <= set("0123456789abcdef"))
    for example in (manual.content(plain(k.item)), k.hash, manual.content(plain(pin.item)), vm.save(twice)):
        assert example.hex() in groups
    assert vm.hash_text(k.hash) in PAGE
    assert vm.hash_text(pin.hash) in PAGE
