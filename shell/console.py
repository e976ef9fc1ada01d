"""opsh sire: load Sire files, then read expressions and print their values."""

import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from shell.console_commands import COMMANDS, Quit, run_command
from shell.errors import DONE, FAILED, INTERRUPTED, ShellError
from shell.explain import explain, pretty
from shell.output import note, print_json, print_line
from shell.programs import Progress, cache_directory
from shell.rex_colours import coloured, is_command
from shell.safe_text import safe_text
from sire import Loader, Session, SireError
from sire.reader import BlockReader

SCOPE = "prelude"  # the module whose names are at hand where no file is given

Complain = Callable[[SireError], None]


def run(arguments: Namespace) -> int:
    if arguments.batch and arguments.expression is None:
        from shell.batch import run_batch

        return run_batch(arguments)
    session = new_session([Path(place) for place in arguments.path or []], print_json_text if arguments.json else say)
    try:
        open_scope(session, [Path(file) for file in arguments.files])
        if arguments.expression is not None:
            session.evaluate(arguments.expression)
            return DONE
    except SireError as error:
        if not arguments.json:
            raise
        complain_json(error)
        return FAILED
    return converse(session, complain_json if arguments.json else complain)


def new_session(path: list[Path], say: Callable[[str], None]) -> Session:
    return Session(Loader(path, cache_directory(), None, say), say)


def open_scope(session: Session, files: list[Path]) -> None:
    """Loads the files, or the prelude if there are none."""
    progress = Progress()
    session.loader.progress = progress
    try:
        for file in files:
            session.load(file)
        if not files:
            found = session.loader.find(SCOPE, Path.cwd())
            if found is None:
                raise ShellError(f"the library has no module {SCOPE}", "opsh is not installed as a whole")
            session.load(found, show=False)
    finally:
        progress.end()


# What is printed ------------------------------------------------------------------------------------------------------


def in_colour(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ


def say(text: str) -> None:
    """Prints what a program says, at once: it may go on for long."""
    text = safe_text(text)
    print_line(coloured(text) if in_colour(sys.stdout) else text)
    sys.stdout.flush()


def print_json_text(text: str) -> None:
    print_json({"text": text})
    sys.stdout.flush()


def error_fields(error: SireError) -> dict[str, object]:
    """An error for an editor."""
    names = ("file", "line", "column", "message", "source", "notes")
    return {"error": {name: getattr(error, name) for name in names}}


def complain_json(error: SireError) -> None:
    print_json(error_fields(error))
    sys.stdout.flush()


def complain(error: SireError) -> None:
    """Prints an error with its place in the source, in colours where there are any."""
    print("\n".join(pretty(error, in_colour(sys.stderr))), file=sys.stderr, flush=True)


# The conversation -----------------------------------------------------------------------------------------------------


def converse(session: Session, complain: Complain) -> int:
    """Runs what is typed, until the end; the exit status, in which only a script sees errors."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        talk(session, complain)
        return DONE
    status = DONE
    with contextlib.suppress(Quit):
        for line, text in blocks(sys.stdin):
            status = run_one(session, text, line, complain) or status
    return status


def talk(session: Session, complain: Complain) -> None:
    """The console of a person at a terminal."""
    from shell.console_input import reader

    commands = [command.name for command in COMMANDS]
    ask = reader("sire> ", session.complete, commands, history_file("console-history"), in_colour(sys.stdout))
    note(f"{len(session.names)} names in scope; :help lists the commands, Ctrl-D leaves")
    while True:
        try:
            text = ask()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        try:
            run_one(session, text, 1, complain)
        except Quit:
            return


def history_file(name: str) -> Path:
    """Where what was typed is kept: beside the machines."""
    from machines import home

    return home.home().parent / name


def run_one(session: Session, text: str, line: int, complain: Complain) -> int:
    """Runs one command or one piece of Sire, whatever comes of it; its exit status. Raises Quit."""
    try:
        if is_command(text):
            run_command(session, text, say)
        elif text.strip():
            session.evaluate(text, line)
        return DONE
    except (Quit, BrokenPipeError):
        raise
    except SireError as error:
        complain(error)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("OPSH_DEBUG"):
            raise
        status, lines = explain(error)
        print("\n".join(lines), file=sys.stderr)
        return status


def blocks(stream: TextIO) -> Iterator[tuple[int, str]]:
    """Each block or command of a stream, with the number of its first line, as soon as it is complete."""
    if isinstance(stream, TextIOWrapper):
        # Bytes that are no text are told as errors of the line that they are in.
        stream.reconfigure(errors="surrogateescape")
    lines: list[str] = []
    first = 1
    reader = BlockReader("<input>")
    for number, line in enumerate(stream, 1):
        line = line.rstrip("\n")
        if not lines:
            first = number
        lines.append(line)
        if len(lines) > 1 or not is_command(line):
            # What is wrong with a line is told when the block is run.
            with contextlib.suppress(SireError):
                reader.feed(line)
        if not reader.under_way:
            yield first, "\n".join(lines)
            lines = []
    if lines:
        yield first, "\n".join(lines)
