"""What the console does besides evaluating: the commands that begin with a colon."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import vm
from shell.errors import USAGE, ShellError
from shell.programs import Progress
from shell.seeds import write_seed
from sire import Module, Session

Print = Callable[[str], None]


class Quit(Exception):
    """The console is to be left."""


@dataclass(frozen=True, slots=True)
class Command:
    """`run` takes the session, what stands behind the command, and where to print."""

    name: str
    argument: str
    help: str
    run: Callable[[Session, str, Print], None]

    @property
    def synopsis(self) -> str:
        return f":{self.name} {self.argument}".rstrip()


def run_command(session: Session, line: str, out: Print) -> None:
    """Runs `:name argument`; a name may be cut short. Raises ShellError, SireError, OSError, Quit."""
    word, _, argument = line[1:].partition(" ")
    command = find_command(word)
    argument = argument.strip()
    if bool(argument) != bool(command.argument) and command.name != "help":
        raise ShellError(f":{command.name}: this is written {command.synopsis}", "", USAGE)
    command.run(session, argument, out)


def find_command(word: str) -> Command:
    """The one command whose name begins so. Raises ShellError."""
    found = [command for command in COMMANDS if command.name.startswith(word)]
    exact = [command for command in found if command.name == word]
    if len(exact or found) != 1:
        could = " or ".join(f":{command.name}" for command in found)
        raise ShellError(f":{word}: no such command", f"{could or ':help lists them'}", USAGE)
    return (exact or found)[0]


def show_help(session: Session, word: str, out: Print) -> None:
    commands = [find_command(word.removeprefix(":"))] if word else COMMANDS
    width = max(len(command.synopsis) for command in COMMANDS)
    for command in commands:
        out(f"{command.synopsis.ljust(width)}  {command.help}")
    if not word:
        out("")
        out("Anything else is Sire. A form that begins with a rune goes on until an empty line.")
        out("Tab completes a name, the arrows go through what was typed before, Ctrl-C stops an evaluation.")


def show_documentation(session: Session, name: str, out: Print) -> None:
    out(session.documentation(name))


def show_time(session: Session, expression: str, out: Print) -> None:
    began = time.perf_counter()
    try:
        session.evaluate(expression)
    finally:
        out(f"; {time.perf_counter() - began:.3f} s")


def load_file(session: Session, file: str, out: Print) -> None:
    with_progress(session, lambda: [session.load(Path(file).expanduser())], out)


def reload(session: Session, _: str, out: Print) -> None:
    with_progress(session, session.reload, out)


def with_progress(session: Session, load: Callable[[], list[Module]], out: Print) -> None:
    progress = Progress()
    session.loader.progress = progress
    try:
        modules = load()
    finally:
        progress.end()
    for module in modules:
        out(f"; {module.name}: {len(module.bindings)} names")


def show_law(session: Session, name: str, out: Print) -> None:
    out(session.law(name))


def show_code(session: Session, name: str, out: Print) -> None:
    out(session.code(name))


def show_hash(session: Session, name: str, out: Print) -> None:
    out(session.hash(name))


def save(session: Session, words: str, out: Print) -> None:
    seed, _, name = words.partition(" ")
    if not name.strip():
        raise ShellError(":save: this is written :save SEED NAME", "", USAGE)
    data = vm.save(session.binding(name.strip()).value)
    write_seed(Path(seed).expanduser(), data)
    out(f"; {seed}: {len(data)} bytes")


def leave(session: Session, _: str, out: Print) -> None:
    raise Quit


COMMANDS = [
    Command("help", "[COMMAND]", "list these commands, or explain one", show_help),
    Command("doc", "NAME", "where a name is from, and how it is defined there", show_documentation),
    Command("time", "EXPR", "evaluate, and tell how long that took", show_time),
    Command("load", "FILE", "load a Sire file and import its names", load_file),
    Command("reload", "", "load again what was loaded and has changed", reload),
    Command("law", "NAME", "the PLAN law that a name is bound to", show_law),
    Command("code", "NAME", "the instructions that its law was compiled to", show_code),
    Command("hash", "NAME", "the hash of the pin that a name is bound to", show_hash),
    Command("save", "SEED NAME", "write the value of a name to a seed", save),
    Command("quit", "", "leave; so does Ctrl-D", leave),
]
