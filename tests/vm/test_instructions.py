"""Listings of code: every instruction is known to them, with all that belongs to it."""

import pytest

import vm
from vm import words
from vm.body import entry
from vm.compiler import compile_code
from vm.instructions import NAMES, instructions

F = vm.law(vm.utf8("f"), 2, vm.app(0, 1, 2))


def test_no_two_instructions_have_one_number() -> None:
    ops = [value for name, value in vars(words).items() if name in NAMES.values()]
    assert sorted(ops) == list(range(len(NAMES)))


def test_a_small_law_is_listed_word_for_word() -> None:
    assert [line.split() for line in vm.listing(F)] == [
        ["f,", "arguments", "2,", "registers", "2:"],
        ["0", "force", "r0,", "window", "3"],
        ["1*", "tapply", "r0.", "r1."],
    ]


def test_an_instruction_that_is_cut_off_is_refused() -> None:
    code = entry(vm.law(vm.utf8("f"), 2, vm.app(0, 1, 2)))
    compile_code(code)
    code.words = code.words[:2]
    with pytest.raises(ValueError, match="ends within"):
        instructions(code)
