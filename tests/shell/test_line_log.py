"""How lines are laid out in a pane."""

from hypothesis import given
from hypothesis import strategies as st

from shell.line_log import LONGEST, Line, broken, smart_case

ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126))


@given(ASCII, st.integers(1, 40))
def test_the_pieces_of_a_line_are_the_line_and_none_is_too_wide(text: str, width: int) -> None:
    pieces = list(broken(text, width))
    assert "".join(pieces) == text
    assert all(len(piece) <= width for piece in pieces)
    assert all(pieces[:-1])


def test_a_line_is_broken_between_words_where_that_leaves_no_great_hole() -> None:
    assert list(broken("one two three", 8)) == ["one two ", "three"]
    assert list(broken("a very-long-word", 8)) == ["a very-l", "ong-word"]


def test_a_search_without_capitals_does_not_care_for_them() -> None:
    small, large = smart_case("ab"), smart_case("Ab")
    assert small is not None
    assert large is not None
    assert small.search("xAB")
    assert large.search("xAb")
    assert not large.search("xab")
    assert smart_case("") is None


@given(st.text())
def test_a_search_is_for_the_text_itself(text: str) -> None:
    pattern = smart_case(text)
    assert pattern is None or pattern.search(text)


def test_a_line_that_nobody_could_read_is_cut() -> None:
    shown = Line(1, 0, 0, 1, "x" * 1_000_000).shown
    assert len(shown) < LONGEST + 30
    assert shown.endswith("(992,000 more)")
