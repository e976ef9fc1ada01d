"""What standard output gets: tables, times, trk."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shell.output import clock, lasting, table, trk_text, utc


def test_a_trk_entry_is_its_time_its_value_and_an_empty_line() -> None:
    entry = {"n": 0, "time": 1722618348468929096, "text": "[{counter is at} 1]"}
    assert trk_text(entry) == "++ [%trk {2024-08-02T17:05:48.468929096Z}]\n++ [{counter is at} 1]\n\n"
    assert trk_text(entry, bare=True) == "++ [{counter is at} 1]\n"


def test_later_lines_of_a_value_stand_under_the_first() -> None:
    assert trk_text({"n": 0, "time": 0, "text": "| a\n| b"}, bare=True) == "++ | a\n   | b\n"


@given(st.text())
def test_a_trk_entry_cannot_move_the_cursor(text: str) -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", trk_text({"n": 0, "time": 0, "text": text}))


@given(st.integers(min_value=0))
def test_every_time_can_be_shown(moment: int) -> None:
    assert utc(moment)
    assert clock(moment)
    assert clock(moment, long=True)


@given(st.lists(st.tuples(st.text(), st.text())))
def test_a_table_has_a_line_for_each_row(rows: list[tuple[str, str]]) -> None:
    lines = table(("A", "B"), rows)
    assert len(lines) == len(rows) + 1
    assert not any("\n" in line or "\x1b" in line for line in lines)


def test_a_length_of_time_has_two_units() -> None:
    assert [lasting(seconds) for seconds in (0, 59.9, 60, 3725, 90061)] == ["0s", "59s", "1m", "1h 2m", "1d 1h"]


def test_the_columns_of_a_table_stand_under_each_other_whatever_is_in_them() -> None:
    assert table(["a", "b"], [["日本", "x"], ["e\u0301", "y"]]) == ["a     b", "日本  x", "e\u0301     y"]
