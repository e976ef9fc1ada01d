"""Nothing that text from elsewhere holds is obeyed by a terminal."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from shell.safe_text import clip, safe_line, safe_lines, safe_text

ANYTHING = st.text(st.characters(codec=None))
HOSTILE = st.lists(
    st.sampled_from(
        [
            "\x1b]0;title\x07",
            "\x1b[2J",
            "\x9b31m",
            "\x1b]52;c;Zm9v\x1b\\",
            "\u202e",
            "\u2066",
            "\r",
            "\n",
            "\t",
            "\ud800",
            "é",
            "漢",
        ]
    )
    | ANYTHING
).map("".join)


@given(HOSTILE)
def test_a_safe_line_holds_no_control_character_and_no_mark_of_direction(text: str) -> None:
    for char in safe_line(text):
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@given(HOSTILE)
def test_safe_text_can_always_be_encoded(text: str) -> None:
    safe_text(text).encode("utf-8", "strict")


@given(HOSTILE)
def test_making_text_safe_twice_changes_nothing_more(text: str) -> None:
    assert safe_text(safe_text(text)) == safe_text(text)


@given(st.text(st.characters(whitelist_categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe_line(text) == text


@given(ANYTHING)
def test_only_a_line_feed_ends_a_line(text: str) -> None:
    assert len(safe_lines(text)) == text.count("\n") + 1
    assert safe_text(text).count("\n") == text.count("\n")


def test_an_escape_is_shown_as_a_glyph() -> None:
    assert safe_line("a\x1b[2Jb") == "a␛[2Jb"


def test_a_clipped_line_says_how_much_is_missing() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("x" * 1500, 500) == "x" * 500 + "… (1,000 more)"
