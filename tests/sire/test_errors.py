"""What is said of sources that are wrong, and where it is said to be."""

import signal
import threading
import time
from pathlib import Path

import pytest

from sire import Loader, SireError


def error_of(tmp_path: Path, text: str) -> SireError:
    file = tmp_path / "m.sire"
    file.write_text(text)
    with pytest.raises(SireError) as caught:
        Loader().load(file)
    assert caught.value.file == str(file)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "begins with the name of its module"),
        ("= x 3\n", 1, 1, "begins with the name of its module"),
        ("#### m\n\n= x (3\n", 3, 0, ""),
        ("#### m\n\n= long 3\n\n= y | 3\n     lnog\n", 6, 6, "lnog is not defined"),
        ("#### m\n\n= y | 3 12ab\n", 3, 9, "12ab"),
        ("#### m\n\n= y | !! 3\n", 3, 7, "!! means nothing"),
        ("#### m\n\n= y\n", 3, 1, "a definition is"),
        ("#### m\n\n= [a b] 3\n", 3, 3, "a definition defines"),
        ("#### m\n\n:| nowhere\n", 3, 1, "no module nowhere"),
        ("#### m\n\n= x\n| 3\n| {boom} 7\n", 3, 1, "x crashed: boom 7"),
        ("#### m\n\n=?= 3 4\n", 3, 1, "not equal"),
        ("#### m\n\n= y | f(3)\n", 3, 7, "side by side"),
        ("#### m\n\n= (f x)\n| x\n= y 3\n", 5, 1, "put an empty line before it"),
    ],
)
def test_an_error_says_where_it_is(tmp_path: Path, text: str, line: int, column: int, message: str):
    error = error_of(tmp_path, text)
    assert message in error.message
    assert error.line == line
    if column:
        assert error.column == column
        assert error.source == text.split("\n")[line - 1]
    assert "\n" not in str(error)


def test_an_unknown_name_brings_names_like_it(tmp_path: Path):
    assert "did you mean countLoop?" in error_of(tmp_path, "#### m\n\n= countLoop 3\n\n= x contLoop\n").notes


def test_an_error_in_an_import_says_who_imported_it(tmp_path: Path):
    (tmp_path / "a.sire").write_text("#### a\n\n= x nowhere\n")
    (tmp_path / "b.sire").write_text("#### b\n\n:| a\n")
    with pytest.raises(SireError) as caught:
        Loader().load(tmp_path / "b.sire")
    assert caught.value.file == str(tmp_path / "a.sire")
    assert caught.value.notes[-1] == f"imported by {tmp_path / 'b.sire'}:3"


def test_an_error_in_what_a_macro_made_names_the_macro(tmp_path: Path):
    macro = "= ({!!} st rex err ok)\n| ok st rex\n\n"
    error = error_of(tmp_path, f"#### m\n\n{macro}= x | 3 | !! 3\n")
    assert "without end" in error.message
    assert error.line == 6


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path):
    (tmp_path / "m.sire").write_bytes(b"#### m\n\n= x \xff\n")
    with pytest.raises(SireError, match="UTF-8") as caught:
        Loader().load(tmp_path / "m.sire")
    assert caught.value.line == 3


def test_very_deep_sources_are_an_error(tmp_path: Path):
    error_of(tmp_path, "#### m\n\n= x " + "(3 " * 20_000 + "4" + ")" * 20_000 + "\n")
    error_of(tmp_path, "#### m\n\n= x\n" + "@ y 3\n" * 20_000 + "nowhere\n")


def test_a_runaway_expression_stops_at_an_interrupt(tmp_path: Path):
    (tmp_path / "m.sire").write_text("#### m\n\n= (loop x) | loop x\n\n= x | loop 3\n")

    def interrupt() -> None:
        time.sleep(0.3)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    start = time.monotonic()
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        Loader().load(tmp_path / "m.sire")
    thread.join()
    assert time.monotonic() - start < 5
