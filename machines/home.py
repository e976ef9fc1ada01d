"""Where machines live: a directory each, under the home of opsh or wherever a person puts one."""

import os
from pathlib import Path

from machines.errors import UNREACHABLE, MachineError

STORE = "store.mdb"
PACKS = "packs"
SOCKET = "control.sock"
LOCK = "lock"
SHOWN = "shown"
HOST_LOG = "host.log"


def home() -> Path:
    """The directory of the machines that are called by a bare name: $OPSH_HOME, else the platform's data directory."""
    chosen = os.environ.get("OPSH_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute() / "machines"
    return platform_home()


def platform_home() -> Path:
    """Where they are without $OPSH_HOME."""
    import platformdirs

    return Path(platformdirs.user_data_dir("opsh", appauthor=False)) / "machines"


def resolve(machine: str | Path) -> Path:
    """The directory of a machine: a bare name is one in `home()`, anything with a slash in it is a directory."""
    text = str(machine)
    if isinstance(machine, Path) or "/" in text:
        return Path(text).expanduser().absolute()
    if text in ("", ".", "..") or text.startswith("-") or not text.isprintable():
        raise MachineError(
            f"{text!r} cannot name a machine", "use letters, digits and dashes, or a directory with a slash", 2
        )
    return home() / text


def name_of(directory: Path) -> str:
    """What a machine is called on a screen."""
    return directory.name if directory.parent == home() else str(directory)


def exists(directory: Path) -> bool:
    return (directory / STORE).exists()


def require(directory: Path) -> None:
    """Raises MachineError if there is no machine in `directory`."""
    if not exists(directory):
        raise MachineError(
            f"{name_of(directory)}: there is no such machine ({directory})",
            "opsh ps lists machines, opsh boot makes one",
            UNREACHABLE,
        )


def list_machines() -> list[Path]:
    """Every machine in `home()`, by name."""
    try:
        return sorted(path for path in home().iterdir() if exists(path))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError as error:
        raise MachineError(
            f"{home()}: {error.strerror}", "check the owner of the directory, or set OPSH_HOME"
        ) from None
