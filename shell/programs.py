"""From a file to the value of its `main`: what `boot` boots and `save` saves."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import vm
from shell.errors import ShellError
from shell.safe_text import safe_line

if TYPE_CHECKING:
    from sire.loader import Module

QUIET = 1.0  # seconds after which a load shows how far it is


def load_program(file: Path, path: Sequence[str] = ()) -> vm.Value:
    """What makes the first cog of a machine: the program of `main` in a Sire file, or of the value in a seed."""
    if is_seed(file):
        from machines.cogs import program_of
        from shell.seeds import read_seed

        return program_of(read_seed(file))
    return load_module(file, path).program("main")


def load_main(file: Path, path: Sequence[str] = ()) -> vm.Value:
    """The value of `main` in a Sire file, or the value in a seed. Raises SireError, ShellError, OSError."""
    if is_seed(file):
        from shell.seeds import read_seed

        return read_seed(file)
    return load_module(file, path).value("main")


def load_module(file: Path, path: Sequence[str]) -> "Module":
    """A module that defines `main`."""
    from sire import Loader

    progress = Progress()
    try:
        module = Loader([Path(place) for place in path], cache_directory(), progress, None).load(file)
    finally:
        progress.end()
    if "main" not in module.bindings:
        raise ShellError(f"{file}: it defines no `main`", "`main` is the first cog of a machine")
    return module


def is_seed(file: Path) -> bool:
    """Whether the bytes cannot be a text. Raises ShellError where there is no file."""
    if not file.is_file():
        raise ShellError(f"{file}: there is no such file" if not file.exists() else f"{file}: not a file")
    if file.suffix == ".sire":
        return False
    with file.open("rb") as opened:
        return b"\0" in opened.read(1024)


def cache_directory() -> Path:
    """Where loaded modules are kept: $OPSH_CACHE, else the platform's place for caches."""
    chosen = os.environ.get("OPSH_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("opsh", appauthor=False))


class Progress:
    """A line on a terminal that says which module is being loaded; nothing where it is quick, or nobody looks."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.shown = False

    def __call__(self, module: str, done: int, total: int) -> None:
        if sys.stderr.isatty() and time.monotonic() - self.began > QUIET:
            self.shown = True
            sys.stderr.write(f"\r\x1b[Kloading {safe_line(module)}: {done} of {total} definitions")
            sys.stderr.flush()

    def end(self) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
