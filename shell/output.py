"""What goes to standard output: tables, JSON lines, trk. And the moments that they speak of."""

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from shell.safe_text import safe_line, safe_lines

SECOND = 1_000_000_000


def print_line(line: str = "") -> None:
    sys.stdout.write(line + "\n")


def print_json(value: object) -> None:
    """One JSON value on a line of its own. Escapes whatever is not ASCII, so it is safe on a terminal as it is."""
    sys.stdout.write(json.dumps(value, separators=(",", ":")) + "\n")


def note(message: str) -> None:
    """A word for the person, on standard error."""
    print(f"opsh: {safe_line(message)}", file=sys.stderr, flush=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """The lines of a table with a head; `right` are the columns of numbers. Every cell is made safe."""
    cells = [list(heads), *([safe_line(cell) for cell in row] for row in rows)]
    widths = [max(wide(row[column]) for row in cells) for column in range(len(heads))]
    return ["  ".join(map(padded, row, widths, map(right.__contains__, range(len(row))))).rstrip() for row in cells]


def padded(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - wide(cell))
    return blanks + cell if right else cell + blanks


def wide(text: str) -> int:
    """How many columns of a terminal a line takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    marks = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def utc(nanoseconds: int) -> str:
    """A moment in ns since the epoch, as `2024-08-02T17:05:48.468929096Z`."""
    seconds, rest = divmod(nanoseconds, SECOND)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
    except (OverflowError, ValueError, OSError):
        return f"{nanoseconds}ns"


def clock(nanoseconds: int, long: bool = False) -> str:
    """A moment in ns since the epoch as this place's time of day, `17:05:48`, or with the day and milliseconds."""
    seconds, rest = divmod(nanoseconds, SECOND)
    try:
        parts = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        return "?" * 8
    short = time.strftime("%H:%M:%S", parts)
    return f"{time.strftime('%m-%d', parts)} {short}.{rest // 1_000_000:03d}" if long else short


def lasting(seconds: float) -> str:
    """A length of time in the two units that matter: `3d 4h`, `5m 9s`, `12s`."""
    whole = max(0, int(seconds))
    units = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]
    parts = []
    for letter, size in units:
        count, whole = divmod(whole, size)
        parts.append((count, letter))
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = parts[first : first + 2]
    return " ".join(f"{count}{letter}" for index, (count, letter) in enumerate(shown) if count or index == 0)


def trk_text(entry: Mapping[str, object], bare: bool = False) -> str:
    """A trk entry as Rex: when it was tracked, the value, an empty line (`bare`: the value alone).

    Later lines of the value are indented to stand under its first.
    """
    lines = safe_lines(str(entry["text"]))
    value = "++ " + "\n   ".join(lines) + "\n"
    if bare:
        return value
    moment = entry["time"]
    return f"++ [%trk {{{utc(moment if isinstance(moment, int) else 0)}}}]\n{value}\n"


def write(text: str) -> None:
    """Text to standard output, in a single write where the system allows it: a killed process leaves no torn line."""
    sys.stdout.flush()
    data = text.encode()
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


class Meter:
    """How far a long work is, on standard error if that is a terminal: `copied 34 %`. Gone when it is left."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.on = sys.stderr.isatty()
        self.shown = ""

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def show(self, done: int, total: int) -> None:
        text = f"{self.word} {100 * done // max(1, total)} %"
        if self.on and text != self.shown:
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
            self.shown = text
