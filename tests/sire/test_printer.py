"""Printing Rex: it reads back as the same tree, and it looks as Rex is written."""

import pytest
from hypothesis import given

from sire.printer import print_line, print_rex
from sire.reader import read_blocks
from sire.rex import NEST, OPEN, PREF, TEXT, WORD, Embed, Leaf, Node, Rex
from tests.sire.trees import TREES, same


def read(text: str) -> Rex:
    ((rex, _),) = read_blocks(text)
    return rex


@given(TREES)
def test_a_printed_tree_reads_back_as_the_same_tree(rex: Rex) -> None:
    assert same(read(print_rex(rex)), rex)


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "(f x {some text} [1 2])",
        "f(x)(y)",
        "f(x)[y](-z)",
        "(a + b)",
        "(f x + g y)",
        "(| x)",
        "()",
        "[]",
        "(a-b)+c",
        "-(a+b)",
        "k=(%v)",
        "}_a{b_",
        "} a\n} b",
        "| x | y",
        "| f x\n| g y",
        "= (f x)\n@ y | g x\n| h y",
        "++ a\n++ b c\n++ [d]",
        "=?= 1\n  | x",
        "| a | b c\n    | d\n  e",
        "# b\n} a\n} b",
        "| x b#} text\n      } more",
        "| x } one\n    } two",
    ],
)
def test_text_in_this_layout_is_printed_as_it_was(text: str) -> None:
    assert print_rex(read(text)) == text


def test_long_runs_of_sons_are_broken_into_lines() -> None:
    text = "| " + " ".join(["abcdefghi"] * 12)
    assert (
        print_rex(read(text)).split("\n")
        == ["| " + " ".join(["abcdefghi"] * 4)] + ["  " + " ".join(["abcdefghi"] * 4)] * 2
    )


def test_an_open_form_is_closed_where_everything_must_fit_on_a_line() -> None:
    rex = read("| f\n  | g x\n| h")
    assert print_line(rex) == "(f (g x))(| h)"


def test_a_mode_without_a_text_of_its_own_becomes_the_nearest_that_has() -> None:
    rex = Node(PREF, "-", [Leaf(WORD, "a"), Leaf(WORD, "b")], Node(OPEN, "|", [Leaf(WORD, "not a word")]))
    assert print_rex(rex) == "(- a b)(| {not a word})"
    assert same(read(print_rex(rex)), Node(NEST, "-", rex.sons, Node(NEST, "|", [Leaf(TEXT, "not a word")])))


def test_text_that_holds_every_quote_is_still_printed() -> None:
    text = "".join(map(chr, range(32, 127))) + "{"
    assert same(read(print_rex(Leaf(TEXT, text))), Leaf(TEXT, text))


def test_long_chains_and_deep_nests_are_printed() -> None:
    assert print_rex(read("| a\n" * 3000)) == "\n".join(["| a"] * 3000)
    deep = "(| " * 900 + "x" + ")" * 900
    assert print_rex(read(deep)) == deep


def test_a_tree_that_holds_a_value_has_no_text() -> None:
    with pytest.raises(ValueError, match="value"):
        print_rex(Node(NEST, "|", [Embed(1)]))
