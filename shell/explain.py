"""Every error as a line for a person, and as an exit status for a script."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from shell.errors import FAILED, TIMED_OUT, ShellError, sentence
from shell.safe_text import safe_line

if TYPE_CHECKING:
    from sire.errors import SireError


def explain(error: Exception, terminal: bool = False, colour: bool = False) -> tuple[int, list[str]]:
    """The exit status, and what to print: one line, and on a terminal the source line under a Sire error."""
    if isinstance(error, ShellError):
        return error.status, [f"opsh: {safe_line(sentence(error.message, error.hint))}"]
    if isinstance(error, OSError):
        return FAILED, [f"opsh: {safe_line(system_error(error))}"]
    from machines.errors import MachineError

    if isinstance(error, MachineError):
        return error.exit_status, [f"opsh: {safe_line(sentence(error.message, error.hint))}"]
    if isinstance(error, tuple(loaded("sire", "SireError"))):
        if terminal:
            first, *rest = pretty(cast("SireError", error), colour)
            return FAILED, [f"opsh: {first}", *rest]
        return FAILED, [f"opsh: {safe_line(str(error))}"]
    if isinstance(error, tuple(loaded("vm", "TimeLimit"))):
        return TIMED_OUT, [f"opsh: evaluation took too long: {safe_line(str(error))}"]
    return FAILED, [f"opsh: internal error: {safe_line(repr(error))}; set OPSH_DEBUG=1 to see where"]


def pretty(error: "SireError", colour: bool) -> list[str]:
    """A Sire error with its place in the source, safe to print; the escape sequences in it are ours."""
    made = type(error)
    message, source = safe_line(error.message), safe_line(error.source)
    notes = [safe_line(note) for note in error.notes]
    return made(safe_line(error.file), error.line, error.column, message, source, notes).pretty(colour).split("\n")


def loaded(module: str, name: str) -> Iterator[type[Exception]]:
    """A class of a module, if that is loaded: if it is not, no error can be of that class, and loading takes long."""
    found = getattr(sys.modules.get(module), name, None)
    if found is not None:
        yield found


def system_error(error: OSError) -> str:
    """`path: what the system says`."""
    said = (error.strerror or str(error)).lower()
    return f"{os.fspath(error.filename)!s}: {said}" if error.filename else said
