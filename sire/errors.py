"""The one error of everything that is text: what is wrong, and where."""

from typing import Final, final

TAB_STOP: Final = 4
WINDOW: Final = 60
"""How much of a long line is shown on either side of the column."""


@final
class SireError(Exception):
    """Something is wrong with a source text.

    `line` and `column` count from 1; 0 means that the place is not known. `source` is the text of that line.
    `notes` say how we came there, innermost first: the imports and macros on the way.
    """

    def __init__(
        self, file: str, line: int, column: int, message: str, source: str = "", notes: list[str] | None = None
    ) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.source = source
        self.notes: list[str] = [] if notes is None else notes

    @property
    def place(self) -> str:
        """`file:line:column`, or as much of it as is known."""
        known = [self.file or "<input>"]
        if self.line:
            known.append(str(self.line))
            if self.column:
                known.append(str(self.column))
        return ":".join(known)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    def pretty(self, color: bool = False) -> str:
        """The message, the line it is about with a mark under the column, and the notes: several lines of text."""
        bold, red, dim, plain = ("\x1b[1m", "\x1b[31m", "\x1b[2m", "\x1b[0m") if color else ("", "", "", "")
        lines = [f"{bold}{self.place}:{plain} {red}{self.message}{plain}"]
        if self.source:
            at = max(self.column - 1, 0)
            start = at - WINDOW if at > 2 * WINDOW else 0
            end = at + WINDOW if len(self.source) > at + 2 * WINDOW else len(self.source)
            before = ("…" if start else "") + visible(self.source[start:at])
            lines.append("    " + before + visible(self.source[at:end]) + ("…" if end < len(self.source) else ""))
            if self.column:
                lines.append("    " + " " * len(before) + f"{red}^{plain}")
        lines += [f"{dim}  {note}{plain}" for note in self.notes]
        return "\n".join(lines)


def visible(line: str) -> str:
    """The line with everything that could confuse a terminal made visible; tabs become spaces."""
    line = line.replace("\t", " " * TAB_STOP)
    return "".join(char if char.isprintable() else "�" for char in line)
