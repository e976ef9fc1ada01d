"""Hashes of values that share their parts, and of many pins at once. What a hash is, `test_manual.py` holds."""

from __future__ import annotations

import pytest
from blake3 import blake3

import vm
from vm.hashing import LIMIT, Budget, hash_value

from .bombs import nested, words
from .samples import wide


def written(n: int) -> bytes:
    """The bytes of wide(n)."""
    out = b"\6" + words(2) + b"\3" + words(1, 1) + b"\3" + words(1, 2)
    for _ in range(n):
        out = b"\6" + words(2) + out + out
    return out


@pytest.mark.parametrize("n", [3, 22 if vm.compiled else 12])
def test_a_tree_that_shares_its_parts_has_the_hash_of_all_its_bytes(n: int) -> None:
    assert hash_value(wide(n)) == blake3(written(n)).digest()


def test_a_pin_counts_for_no_more_than_its_hash_however_often_it_stands_there() -> None:
    pin = vm.pin(wide(10))
    value = vm.row([pin] * 1000)
    assert hash_value(value) == blake3(b"\6" + words(1000) + (b"\0" + pin.hash) * 1000).digest()


def test_pins_without_a_hash_get_theirs_however_many_there_are() -> None:
    below = [nested(n, vm.pin) for n in (1, 3, 3000)]
    again = [nested(n, vm.pin) for n in (1, 3, 3000)]
    for pin in again:
        assert isinstance(pin, vm.Pin)
        assert len(pin.hash) == 32
    assert hash_value(vm.row(below)) == hash_value(vm.row(again))


def test_there_is_no_hash_of_a_tree_beyond_all_memory() -> None:
    with pytest.raises(vm.MemoryLimit):
        hash_value(wide(LIMIT.bit_length()))


def test_a_budget_is_for_all_that_is_written() -> None:
    budget = Budget(300_000)
    hash_value(vm.bar(bytes(200_000)), budget)
    with pytest.raises(vm.MemoryLimit):
        hash_value(vm.bar(bytes(200_000)), budget)
