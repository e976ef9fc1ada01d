"""Colours for Rex: which parts of a line are runes, texts, numbers, notes; of what is typed and of what is printed."""

import re
from collections.abc import Iterator

TOKEN = re.compile(
    r"(?P<note>;.*)"
    r"|(?P<text>\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\"[^\"]*\"|\}(?: .*|$)|[bx]#\w+|%[A-Za-z_]+)"
    r"|(?P<number>\b[0-9][0-9_]*\b)"
    r"|(?P<word>[A-Za-z0-9_]+)"
    r"|(?P<rune>[$!#%&*+,\-./:<=>?@\\^`'|~]+)"
    r"|(?P<bracket>[()\[\]])"
    r"|(?P<other>.)"
)
ANSI = {"note": "2", "text": "32", "number": "36", "rune": "35", "command": "1"}
"""SGR parameters of each kind that has a colour."""

STYLES = {"note": "fg:ansibrightblack", "text": "fg:ansigreen", "number": "fg:ansicyan", "rune": "fg:ansimagenta"}
STYLES["command"] = "bold"
"""The same for prompt_toolkit."""

COMMAND = re.compile(r":[a-z]+(?=\s|$)")


def is_command(text: str) -> bool:
    """Whether a line is a command to the console: a colon right before a letter means nothing in Sire."""
    return len(text) > 1 and text[0] == ":" and text[1].isalpha()


def tokens(line: str) -> Iterator[tuple[str, str]]:
    """The parts of a line, each with what it is; together they are the line."""
    start = 0
    command = COMMAND.match(line)
    if command is not None:
        yield "command", command.group()
        start = command.end()
    for found in TOKEN.finditer(line, start):
        yield found.lastgroup or "other", found.group()


def coloured(text: str) -> str:
    """A safe text with the escape sequences that colour it."""
    return "\n".join("".join(painted(kind, part) for kind, part in tokens(line)) for line in text.split("\n"))


def painted(kind: str, part: str) -> str:
    return f"\x1b[{ANSI[kind]}m{part}\x1b[0m" if kind in ANSI else part
