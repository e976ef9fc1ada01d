"""Bytes from outside: refused with the place and the reason, or a value, in little time and memory.

`corpus` holds inputs that each reach something of their own, found by `fuzz_bytes.py`, which tells how to find more.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import vm
from vm import seed

from . import bombs
from .hostile import TARGETS, kept
from .samples import deep, wide

SAVED = [vm.save(x) for x in (7, 2**70, vm.row([1, 2**70, vm.pin(300)]), deep(40), wide(40), vm.bar(bytes(100)))]


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_once_found_interesting_is_refused_or_a_value(target: str) -> None:
    inputs = kept(target)
    assert inputs
    for data in inputs:
        TARGETS[target](data)


@pytest.mark.parametrize("data", SAVED)
def test_a_seed_cut_short_anywhere_is_refused(data: bytes) -> None:
    for end in range(len(data)):
        with pytest.raises(vm.SeedError) as refused:
            vm.load(data[:end])
        assert 0 <= refused.value.offset <= end


@pytest.mark.parametrize("data", SAVED)
@pytest.mark.parametrize("more", [bytes(8), bytes(800), b"\0\0\0\0\0\0\0\1"])
def test_a_seed_that_goes_on_after_its_end_is_refused(data: bytes, more: bytes) -> None:
    with pytest.raises(vm.SeedError, match="goes on after its end") as refused:
        vm.load(data + more)
    assert len(data) - 8 <= refused.value.offset <= len(data)


def test_a_seed_whose_last_word_is_not_filled_with_zeros_is_refused() -> None:
    data = bytearray(vm.save(deep(40)))
    data[-1] |= 0x80
    with pytest.raises(vm.SeedError, match="goes on after its end"):
        vm.load(bytes(data))


def test_a_fragment_that_refers_to_itself_or_beyond_is_refused() -> None:
    itself = bombs.padded(bombs.words(0, 0, 0, 3, 1) + bytes([2, 1, 0, 0b000110]))
    beyond = bombs.padded(bombs.words(0, 0, 0, 5, 1) + bytes([4, 3, 2, 1, 0, 0b1110]))
    for data, entry in [(itself, 3), (beyond, 7)]:
        with pytest.raises(vm.SeedError, match=f"entry {entry} of a table of"):
            vm.load(data)


def test_a_pod_whose_pins_refer_to_themselves_or_later_ones_is_refused() -> None:
    for ref in (0, 1, 2**70, vm.row([])):
        with pytest.raises(vm.SeedError, match="not before it"):
            vm.load_pod(bombs.pod([vm.row([vm.bar(vm.save(0)), vm.row([ref])])]))


def test_a_pod_that_says_a_wrong_hash_is_refused() -> None:
    with pytest.raises(vm.SeedError, match="another hash"):
        vm.load_pod(bombs.pod([vm.row([vm.bar(vm.save(0)), vm.row([])])]))
    assert vm.load_pod(seed.MAGIC + vm.save_pod(vm.pin(0))[8:]).item == 0


@pytest.mark.skipif(not vm.compiled, reason="uncompiled it takes too long")
def test_no_bytes_take_much_time_or_memory() -> None:
    run = subprocess.run([sys.executable, bombs.__file__], capture_output=True, text=True, check=False, timeout=200)
    assert run.returncode == 0, run.stderr
    outcomes = [json.loads(line) for line in run.stdout.splitlines()]
    assert [outcome["name"] for outcome in outcomes] == [name for name, _, _ in bombs.BOMBS]
    for outcome in outcomes:
        assert outcome["seconds"] < 20, outcome
        assert outcome["megabytes"] < 1000, outcome
