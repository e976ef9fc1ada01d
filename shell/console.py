"""opsh sire: load Sire files, then read expressions and print their values."""

import contextlib
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from shell.errors import DONE, FAILED, INTERRUPTED, ShellError
from shell.output import note, print_line
from shell.programs import Progress, cache_directory
from shell.safe_text import safe_lines, safe_text
from sire import Loader, Session, SireError
from sire.reader import BlockReader

PROMPT, MORE = "sire> ", "....> "
SCOPE = "prelude"  # the module whose names are at hand where no file is given


def run(arguments: Namespace) -> int:
    progress = Progress()
    places = [Path(place) for place in arguments.path or []]
    session = Session(Loader(places, cache_directory(), progress, print_text))
    try:
        for file in arguments.files:
            session.load(Path(file))
        if not arguments.files and not arguments.batch:
            load_scope(session)
    finally:
        progress.end()
    if arguments.expression is not None:
        print_all(session.evaluate(arguments.expression))
    elif not arguments.batch:
        return converse(session)
    return DONE


def load_scope(session: Session) -> None:
    file = session.loader.find(SCOPE, Path.cwd())
    if file is None:
        raise ShellError(f"the library has no module {SCOPE}", "opsh is not installed as a whole")
    session.load(file, show=False)


def print_text(text: str) -> None:
    print_line(safe_text(text))


def print_all(texts: list[str]) -> None:
    for text in texts:
        print_text(text)
    sys.stdout.flush()


def converse(session: Session) -> int:
    """Evaluate what is typed, block by block, until the end; the exit status, in which only a script sees errors."""
    asking = sys.stdin.isatty()
    if asking:
        with contextlib.suppress(ImportError):
            import readline

            names = Names(session)
            readline.set_completer(names.complete)
            readline.set_completer_delims(" \t\n()[]{}|,;")
            readline.parse_and_bind("tab: complete")
        note("an empty line ends a form that begins with a rune; Ctrl-D leaves")
    status = DONE
    for line, text in typed(asking):
        try:
            print_all(session.evaluate(text, line))
        except SireError as error:
            print("\n".join(safe_lines(error.pretty(False))), file=sys.stderr)
            status = DONE if asking else FAILED
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            status = DONE if asking else INTERRUPTED
    return status


def typed(asking: bool) -> Iterator[tuple[int, str]]:
    """Each block that is typed, with the number of its first line."""
    reader = BlockReader("<input>")
    lines: list[str] = []
    number = first = 1
    while True:
        try:
            line = input((MORE if lines else PROMPT) if asking else "")
        except EOFError:
            if asking:
                print_line()
            if lines:
                yield first, "\n".join(lines)
            return
        except KeyboardInterrupt:
            print_line()
            lines, reader = [], BlockReader("<input>", number)
            continue
        lines.append(line)
        # What is wrong with a line is told when the block is evaluated.
        with contextlib.suppress(SireError):
            reader.feed(line)
        number += 1
        if not reader.under_way:
            if any(part.strip() for part in lines):
                yield first, "\n".join(lines)
            lines, first = [], number


class Names:
    """Completion of the names in scope."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.found: list[str] = []

    def complete(self, word: str, index: int) -> str | None:
        if index == 0:
            self.found = sorted(name for name in self.session.names if name.startswith(word))
        return self.found[index] if index < len(self.found) else None
