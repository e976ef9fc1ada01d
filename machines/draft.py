"""A machine in the making: a directory beside its place, which gets its name only when it is complete."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machines import home
from machines.errors import MachineError


@contextmanager
def draft(directory: Path, resumable: bool = False) -> Iterator[Path]:
    """A directory to make the machine in; it becomes `directory` unless an exception is raised.

    A resumable one is left there by an exception, and is the same one the next time. Raises MachineError if there is
    something in the machine's place, or the directory above cannot be written.
    """
    name = home.name_of(directory)
    if directory.exists() and not is_empty(directory):
        what = "there is such a machine already" if home.exists(directory) else "the directory is in use"
        raise MachineError(f"{name}: {what} ({directory})", "choose another name, or remove the directory")
    half = directory.with_name(f".{directory.name}.new")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if resumable:
            half.mkdir(exist_ok=True)
        else:
            half = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        os.chmod(half, 0o700)
    except OSError as error:
        raise MachineError(
            f"{name}: cannot make {directory}: {error.strerror}", "check who owns the directory above it"
        ) from None
    try:
        yield half
        half.rename(directory)
        sync(directory.parent)
    except OSError as error:
        raise MachineError(f"{name}: cannot make {directory}: {error.strerror}", "check the free space") from None
    finally:
        if not resumable:
            shutil.rmtree(half, ignore_errors=True)


def is_empty(directory: Path) -> bool:
    try:
        return directory.is_dir() and not any(directory.iterdir())
    except OSError as error:
        raise MachineError(f"{directory}: {error.strerror}", "check who owns the directory") from None


def sync(path: Path) -> None:
    """Wait until a file is on disk, or what was renamed in a directory."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
