"""The command `opsh`: without arguments the window, with arguments the verb they name.

Kept small, since every command waits for what is imported here.
"""

import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper

from shell.errors import BROKEN_PIPE, DONE, FAILED, INTERRUPTED, USAGE, ShellError


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that `words` (default: this process's arguments) ask for; its exit status."""
    asked = sys.argv[1:] if words is None else list(words)
    prepare_streams()
    return guarded(lambda: run(asked))


def guarded(work: Callable[[], int]) -> int:
    """Do something that may fail, and tell the person if it does; the exit status."""
    try:
        status = work()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read our output has gone; what is still buffered must not be complained about at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("OPSH_DEBUG"):
            raise
        return complain(error)


def prepare_streams() -> None:
    """Make sure that there is an output and an error output, and that they take every character, if need be escaped."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(errors="backslashreplace")


def run(asked: list[str]) -> int:
    if not asked:
        return open_window()
    if asked[0] in ("--help", "-h"):
        asked = ["help"]
    if asked[0] in ("--version", "-V"):
        from shell.version import version

        print(version())
        return DONE
    from shell.arguments import parse

    verb, arguments = parse(asked)
    return verb.run(arguments)


def open_window() -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ShellError("the window needs a terminal", "`opsh --help` lists what can be done without one", USAGE)
    from shell.app import run_window

    return run_window()


def complain(error: Exception) -> int:
    """Tell the person in a line what went wrong; the exit status. Imports what it needs only now that it is needed."""
    from shell.explain import explain

    terminal = sys.stderr.isatty()
    status, lines = explain(error, terminal, colour=terminal and "NO_COLOR" not in os.environ)
    try:
        print("\n".join(lines), file=sys.stderr)
    except OSError:
        return FAILED
    return status


if __name__ == "__main__":
    sys.exit(main())
