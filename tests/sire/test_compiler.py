"""The compiler: what laws come of which sources, and what macros may do."""

from pathlib import Path

import pytest

import vm
from sire import Loader, SireError
from sire.compiler import Compiler, enter, initial_state
from sire.reader import read_blocks

BASE = """
= (K x y) | x
= (car x) | 1 (_ & 0) (n a _ & 0 n a) (h _ & h) (_ & 0) x
= (isNat x) | 1 (_ & 0) (_ _ _ & 0) (_ _ & 0) (_ & 1) x
= (eqz x) | 2 1 (_ & 0) x
= (if c t e) | 2 e (_ & t) c
= (dec x) | 2 0 (y & y) x
= (@@add x y) | 2 y (@@add_ & 0) x
"""


def compiled(text: str) -> Compiler:
    compiler = Compiler("test.sire", text.split("\n"), enter(initial_state(), vm.utf8("test")))
    for rex, _ in read_blocks(text, "test.sire"):
        compiler.block(rex)
    return compiler


def value(text: str, name: str = "x") -> vm.Value:
    binding = compiled(text).lookup(name)
    assert binding is not None
    return binding.value


def law(text: str, name: str = "f") -> vm.Law:
    found = value(text, name)
    if isinstance(found, vm.Pin):
        found = found.item
    assert isinstance(found, vm.Law)
    return found


def same(value: vm.Value, other: vm.Value) -> bool:
    return vm.equal(value, other)


def code(function: vm.Value, argument: vm.Value) -> vm.Value:
    return vm.app(0, function, argument)


def test_a_function_becomes_a_pinned_law_with_its_name_and_arguments():
    pin = value("= (f x y) | y x", "f")
    assert isinstance(pin, vm.Pin)
    made = law("= (f x y) | y x")
    assert (made.name, made.args) == (vm.utf8("f"), 2)
    assert same(made.body, code(2, 1))


def test_the_function_itself_is_slot_0():
    assert same(law("= (f x) | f x").body, code(0, 1))


def test_an_anonymous_function_has_no_name_and_is_no_pin():
    made = value("= x | & (a b) | b a")
    assert isinstance(made, vm.Law)
    assert (made.name, made.args) == (0, 2)


def test_small_constants_are_quoted_so_that_they_are_no_slots():
    assert same(law("= (f x) | 1").body, vm.app(2, 1))
    assert same(law("= (f x) | 2").body, 2)


def test_a_let_that_is_used_once_leaves_no_trace():
    assert same(law("= (f x)\n@ y | x x\n| y x").body, law("= (f x) | (x x) x").body)


def test_a_let_that_is_used_twice_is_a_let_of_the_law():
    made = law("= (f x)\n@ y | x x\n| y y")
    assert same(made.body, vm.app(1, code(1, 1), code(2, 2)))


def test_a_let_that_is_not_used_is_dropped():
    assert same(law("= (f x)\n@ y | x x\nx").body, 1)


def test_a_name_that_only_renames_another_is_no_let():
    assert same(law("= (f x)\n@ y x\n| y y").body, code(1, 1))


def test_recursive_lets_know_each_other():
    made = law("= (f x)\n@@ = a | x b\n   = b | x a\n | x a b")
    assert same(made.body, vm.app(1, code(1, 3), vm.app(1, code(1, 2), code(code(1, 2), 3))))


def test_an_inner_function_takes_the_outer_variables_as_its_first_arguments():
    inner = vm.law(0, 2, code(1, 2))
    assert same(law("= (f x) | & y | x y").body, code(inner, 1))


def test_an_inner_function_that_recurs_passes_the_outer_variables_on():
    outer = law("= (f x) | ? (g y) | g (x y)")
    assert isinstance(outer.body, vm.App)
    inner = outer.body.args[0]
    assert isinstance(inner, vm.Law)
    assert (inner.name, inner.args) == (vm.utf8("g"), 2)
    assert same(inner.body, code(code(0, 1), code(1, 2)))


def test_partial_applications_of_constants_are_made_at_once():
    assert same(law("= (g a b c) | a\n\n= (f x) | g 1 2").body, vm.app(value("= (g a b c) | a", "g"), 1, 2))


def test_an_inline_function_is_expanded_where_it_has_all_its_arguments():
    plain = law("= (f x) | x x")
    assert same(law("= (**twice a) | a a\n\n= (f x) | twice x").body, plain.body)
    assert not same(law("= (twice a) | a a\n\n= (f x) | twice x").body, plain.body)


def test_a_call_can_be_marked_to_be_expanded():
    plain = law("= (f x) | x x")
    assert same(law("= (twice a) | a a\n\n= (f x) | **twice x").body, plain.body)


def test_a_recursive_function_is_never_expanded():
    made = law("= (**loop a) | loop a\n\n= (f x) | loop x")
    assert same(made.body, code(value("= (**loop a) | loop a", "loop"), 1))


def test_inline_functions_that_expand_without_end_are_an_error():
    with pytest.raises(SireError, match="without end"):
        compiled("= (**w a) | **a **a\n\n= y | w **w")


def test_expressions_are_evaluated_when_they_are_bound():
    assert value("= x | 3 (3 5)") == 7


def test_let_first_and_names_of_other_modules(tmp_path: Path):
    assert value("= x\n^ 3 _\n| 3 5") == 7
    (tmp_path / "a.sire").write_text("#### a\n\n= six 6\n")
    (tmp_path / "b.sire").write_text("#### b\n\n:| a\n\n= x | . a six\n")
    assert Loader().load(tmp_path / "b.sire").value("x") == 6


def test_the_base_forms_have_a_second_spelling():
    assert value("#= x #| 3 5") == 6


def test_assertions_compare_values():
    compiled("=?= 6 | 3 5\n=?= 7 | 3 6")
    with pytest.raises(SireError, match="not equal") as caught:
        compiled("=?= 6 | 3 5\n=?= 8 | 3 6")
    assert caught.value.line == 2


def test_a_macro_takes_and_gives_forms():
    # The macro answers its own first son.
    macro = """
= (cdr x) | 1 (_ & 0) (_ _ b & b) (_ t & t) (_ & 0) x
= (car x) | 1 (_ & 0) (n a _ & 0 n a) (h _ & h) (_ & 0) x
= ({!!} st rex err ok)
| ok st
@ sons | cdr | car rex
| cdr sons

= x | !! 5

"""
    assert value(macro) == 5


def test_a_macro_may_refuse():
    with pytest.raises(SireError, match="!!: no way") as caught:
        compiled("= ({!!} st rex err ok)\n| err rex {no way}\n\n= x | 3 | !! 5\n")
    assert (caught.value.line, caught.value.column) == (4, 11)


def test_a_macro_may_change_the_state():
    text = "= ({!!} st rex err ok)\n| ok st\n| 0\n\n= x | 3 | !! 5\n"
    with pytest.raises(SireError, match="no form"):
        compiled(text)


def test_a_bad_block_changes_nothing():
    compiler = compiled("= x 3")
    before = compiler.state
    for text in ("* (= y 4) (= z nowhere)", "= x nowhere"):
        (rex, _), *_ = read_blocks(text, "test.sire")
        with pytest.raises(SireError):
            compiler.block(rex)
        assert vm.equal(compiler.state, before)


def test_export_lists_say_what_a_module_offers():
    assert [vm.text(name) for name, _ in compiled("= x 3\n= y 4\n= z 5\n\n^-^ x z\n").scope.items()] == ["x", "z"]
