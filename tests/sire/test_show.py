"""Showing values: what a person sees of a PLAN value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vm
from sire.noun import to_noun
from sire.reader import read_blocks
from sire.rex import NEST, TEXT, WORD, Embed, Leaf, Node
from sire.show import show, show_trk

utf8 = vm.utf8
ADD = vm.pin(vm.law(utf8("add"), 2, 0))


def ap(*xs: vm.Value) -> vm.Value:
    """The body of an application."""
    f, *rest = xs
    for x in rest:
        f = vm.app(0, f, x)
    return f


def nested(depth: int) -> vm.Value:
    x: vm.Value = 0
    for _ in range(depth):
        x = vm.row([1, x])
    return x


SHOWN: list[tuple[vm.Value, str]] = [
    (0, "0"),
    (65, "65"),
    (97, "97"),
    (8224, "8224"),
    (2**64, "18446744073709551616"),
    (utf8("ok"), "%ok"),
    (utf8("word"), "%word"),
    (utf8("counter is at"), "{counter is at}"),
    (utf8("größer als"), "{größer als}"),
    (utf8("a{b"), "}_a{b_"),
    (utf8("beep\a"), str(utf8("beep\a"))),
    (utf8("\x1b[31mred"), str(utf8("\x1b[31mred"))),
    (utf8("one line\nand another"), "} one line\n} and another"),
    (vm.row([]), "[]"),
    (vm.row([utf8("counter is at"), 0]), "[{counter is at} 0]"),
    (vm.row([vm.row([1, 2]), vm.row([])]), "[[1 2] []]"),
    (vm.tab([]), "#[]"),
    (vm.tab([(utf8("a"), 1), (utf8("name"), utf8("some one"))]), "[a=1 name={some one}]"),
    (vm.tab([(64, 1), (65, 2)]), "[64=1 65=2]"),
    (vm.tab([(utf8("add"), ADD)]), "[=add]"),
    (vm.tab([(utf8("two words"), vm.tab([(1, 2)]))]), "[{two words}=[1=2]]"),
    (vm.set_of([3, 1, 2]), "%[1 2 3]"),
    (vm.set_of([]), "%[]"),
    (vm.bar(b""), "b#{}"),
    (vm.bar(b"foo"), "b#foo"),
    (vm.bar(b"foo bar"), "b#{foo bar}"),
    (vm.bar(b"\x00\xff"), "x#00ff"),
    (vm.bar(b"a\nb"), "# b\n} a\n} b"),
    (vm.app(vm.law(0, 4, 0), 1), "(C3 1)"),
    (vm.app(ADD, 1), "(add 1)"),
    (vm.row([vm.app(ADD, 1), vm.app(ADD, vm.row([]))]), "[add-1 (add [])]"),
    (vm.app(vm.pin(vm.law(utf8("two words"), 2, 0)), 1), "(.{two words} 1)"),
    (vm.law(0, 1, 1), "a&a"),
    (vm.law(0, 2, ap(2, 1)), "(a b & b-a)"),
    (vm.law(utf8("f"), 1, ap(0, 1)), "(f a ? f-a)"),
    (vm.law(0, 1, ap(0, 1)), "(.0 a ? .0 a)"),
    (vm.law(utf8("f"), 1, vm.app(1, ap(ADD, 1, 2), ap(ADD, 2, vm.app(2, 1)))), "(f a ? (b @ add-a-b)(add-b-1))"),
    (vm.law(utf8("f"), 1, vm.app(1, 3, vm.app(1, ap(0, 2), 2))), "(f a ? (b @ c)(c @ f-b)b)"),
    (vm.law(utf8("f"), 1, ap(1, vm.app(1, 7, 1))), "(f a ? a 1:7:1)"),
    (vm.law(utf8("f"), 1, vm.app(2, vm.app(ADD, 1))), "(f a ? add!1)"),
    (vm.pin(vm.law(utf8("twice"), 1, ap(ADD, 1, 1))), "(twice a)=(add a a)"),
]


@pytest.mark.parametrize(("value", "text"), SHOWN, ids=[text for _, text in SHOWN])
def test_a_value_is_shown_as(value: vm.Value, text: str) -> None:
    assert show(value) == text
    assert len(list(read_blocks(text))) == 1


def test_a_tracked_value_stands_behind_a_rune() -> None:
    assert show_trk(vm.row([utf8("counter is at"), 0])) == "++ [{counter is at} 0]"
    assert show_trk(vm.app(ADD, 1)) == "++ add 1"
    assert show_trk(utf8("one line\nand another")) == "++   } one line\n     } and another"


def test_what_is_too_wide_for_a_line_is_laid_out() -> None:
    words = vm.row([utf8("some words that are"), utf8("too wide for a line"), vm.app(ADD, vm.row([1, 2]))])
    assert show(words) == "++ {some words that are}\n++ {too wide for a line}\n++ add [1 2]"
    assert show(words, width=200) == "[{some words that are} {too wide for a line} (add [1 2])]"
    assert show(vm.set_of(range(1000, 1020))).split("\n") == [f"%% {n}" for n in range(1000, 1020)]
    assert show(vm.tab((n, n) for n in range(1000, 1020))).split("\n") == [f"## ={n} {n}" for n in range(1000, 1020)]


def test_a_pin_without_a_name_is_shown_by_its_hash() -> None:
    pin = vm.pin(vm.row([1, 2]))
    name = "pin@" + vm.hash_text(pin.hash)[:8]
    assert show(vm.row([pin])) == f"[{name}]"
    assert show(pin) == f"({name})=[1 2]"


def test_forms_of_rex_are_shown_as_the_text_that_they_are() -> None:
    text = "= (f x)\n| g x"
    ((rex, _),) = read_blocks(text)
    assert show(to_noun(rex)) == text
    assert show(vm.row([to_noun(rex), 1])) == "[`(= (f x))(g x) 1]"
    assert show(to_noun(Node(NEST, "|", [Leaf(WORD, "f"), Embed(vm.row([1]))]))) == "(f ▣[1])"


def test_a_value_beyond_the_bounds_is_cut_with_an_ellipsis() -> None:
    assert show(vm.row(range(100_000)), max_chars=100).endswith("\n++ …")
    assert len(show(vm.row(range(100_000)), max_chars=100)) < 1000
    assert show(2**100_000).endswith("…")
    assert len(show(utf8("x" * 1_000_000), max_chars=1000)) < 5000
    assert len(show(vm.bar(b"\xff" * 1_000_000), max_chars=1000)) < 5000
    assert len(show(vm.law(utf8("f"), 2**70, 0))) < 1000
    assert len(show(to_noun(Leaf(WORD, "x" * 1_000_000)), max_chars=1000)) < 5000


def test_deep_values_are_shown_to_some_depth() -> None:
    assert show(nested(10)).count("[") == 10
    assert "…" in show(nested(50_000))
    body: vm.Value = 1
    for _ in range(50_000):
        body = vm.app(0, body, 1)
    assert "…" in show(vm.law(utf8("f"), 1, body), max_chars=500)
    tree: vm.Value = 0
    for _ in range(50_000):
        tree = to_noun(Node(NEST, "|", [Embed(tree)]))
    assert "…" in show(tree)


def values() -> st.SearchStrategy[vm.Value]:
    texts = st.text(max_size=20)
    nats = st.one_of(st.integers(0, 300), st.integers(0, 2**80), st.text(max_size=60).map(utf8))
    leaves = st.one_of(nats, st.binary(max_size=20).map(vm.bar), st.just(ADD))

    def grow(inner: st.SearchStrategy[vm.Value]) -> st.SearchStrategy[vm.Value]:
        rows = st.lists(inner, max_size=6)
        return st.one_of(
            rows.map(vm.row),
            rows.map(vm.set_of),
            st.lists(st.tuples(inner, inner), max_size=4).map(vm.tab),
            inner.map(lambda x: vm.app(ADD, x)),
            inner.map(vm.pin),
            st.builds(vm.law, nats, st.integers(1, 4), inner),
            st.builds(
                lambda x, rune, text: to_noun(Node(NEST, rune, [Embed(x), Leaf(TEXT, text)])), inner, texts, texts
            ),
        )

    return st.recursive(leaves, grow, max_leaves=15)


@given(values(), st.integers(20, 120))
def test_any_value_is_shown_and_nothing_in_it_moves_the_cursor(value: vm.Value, width: int) -> None:
    for text in (show(value, width), show_trk(value, width)):
        assert text
        assert text.replace("\n", "").replace("\t", "").isprintable()


@given(values())
def test_what_is_shown_in_full_can_be_read(value: vm.Value) -> None:
    text = show(value)
    if not any(sign in text for sign in "…▣�`"):
        assert len(list(read_blocks(text))) == 1
