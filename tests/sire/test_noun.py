"""Rex as PLAN: what macros see, and what comes back from them."""

import pytest
from hypothesis import given

import vm
from sire.noun import Nouns, from_noun, to_noun
from sire.reader import read_blocks
from sire.rex import NEST, OPEN, WORD, Bad, Embed, Leaf, Node, Rex
from tests.sire.trees import VALUED, same


def read(text: str) -> Rex:
    ((rex, _),) = read_blocks(text)
    return rex


def form(shape: str, *fields: object) -> vm.Value:
    """A form from scratch, its constructor too."""
    return vm.app(vm.pin(vm.law(vm.utf8("##" + shape), len(fields) + 1, 0)), *fields)


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("foo", form("WORD", vm.utf8("foo"), 0)),
        ("{}", form("TEXT", 0, 0)),
        ("} a", form("LINE", vm.utf8("a"), 0)),
        ("f[]", form("WORD", vm.utf8("f"), form("NEST", vm.utf8(","), vm.row([]), 0))),
        ("-f", form("PREF", vm.utf8("-"), vm.row([form("WORD", vm.utf8("f"), 0)]), 0)),
        ("a.b", form("SHUT", 46, vm.row([form("WORD", 97, 0), form("WORD", 98, 0)]), 0)),
        ("(a . b)", form("INFX", 46, vm.row([form("WORD", 97, 0), form("WORD", 98, 0)]), 0)),
        (". a\nb", form("OPEN", 46, vm.row([form("WORD", 97, 0)]), form("WORD", 98, 0))),
    ],
)
def test_a_form_in_plan_is(text: str, noun: vm.Value) -> None:
    assert vm.equal(to_noun(read(text)), noun)
    assert same(from_noun(noun), read(text))


def test_a_value_in_plan_is_wrapped() -> None:
    assert vm.equal(to_noun(Embed(7)), form("EMBD", 7))
    rex = from_noun(form("EMBD", vm.row([1])))
    assert isinstance(rex, Embed)
    assert vm.equal(rex.value, vm.row([1]))


@given(VALUED)
def test_a_tree_comes_back_from_plan_as_it_was(rex: Rex) -> None:
    assert same(from_noun(to_noun(rex)), rex)


def test_what_a_macro_hands_back_is_the_tree_that_it_was_with_its_place() -> None:
    nouns = Nouns()
    call = read("\n  | mac (f x)\n    {t}")
    assert isinstance(call, Node)
    given = nouns.to_noun(call)
    assert nouns.from_noun(given) is call
    assert isinstance(given, vm.App)
    sons = given.args[1]
    assert isinstance(sons, vm.Row)
    made = form("NEST", vm.utf8("|"), vm.row([sons.items[1], form("WORD", vm.utf8("y"), 0)]), sons.items[2])
    back = nouns.from_noun(made, call.pos)
    assert isinstance(back, Node)
    assert (back.mode, back.pos) == (NEST, (2, 3))
    assert back.sons[0] is call.sons[1]
    assert back.sons[0].pos == (2, 9)
    assert back.heir is call.sons[2]
    assert back.sons[1].pos == (2, 3)
    assert nouns.from_noun(made) is back


@pytest.mark.parametrize(
    "noun",
    [
        0,
        vm.row([]),
        form("WORD", vm.utf8("x")),
        form("WORD", vm.row([]), 0),
        form("WORD", 0xFF, 0),
        form("NEST", vm.utf8("|"), 5, 0),
        form("LINE", 97, 0, 0),
        vm.app(vm.law(vm.utf8("##WORD"), 3, 0), 97, 0),
        vm.app(vm.pin(vm.law(vm.utf8("##WORD"), 3, 1)), 97, 0),
    ],
)
def test_what_is_no_form_is_kept_as_it_is(noun: vm.Value) -> None:
    rex = from_noun(form("OPEN", vm.utf8("|"), vm.row([noun]), 0))
    assert isinstance(rex, Node)
    assert rex.mode == OPEN
    bad = rex.sons[0]
    assert isinstance(bad, Bad)
    assert bad.value is noun
    assert to_noun(bad) is noun


def test_deep_trees_and_long_chains_convert() -> None:
    rex: Rex = Leaf(WORD, "x")
    for _ in range(5000):
        rex = Node(NEST, "|", [rex], None)
    assert same(from_noun(to_noun(rex)), rex)
    chain = read("| a\n" * 5000)
    assert same(from_noun(to_noun(chain)), chain)
