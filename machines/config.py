"""What a person may set for a machine, in the file `config.toml` of its directory. All of it may be left out.

A setting is a field of Config: `evaluation_seconds` is `seconds` in the table [evaluation]. Its type, its bounds, what
it is for and what it is if nobody says are told here once; the file that a new machine gets is made from that.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from machines import home
from machines.errors import MachineError
from machines.machine import Limits

CONFIG = "config.toml"
SECOND = 1_000_000_000
MANUAL = "opsh(1) tells what may stand there"


def setting(default: float, help: str, least: float, most: float) -> Any:
    """A setting: what it is if nobody says, what it is for, and between which bounds it may be."""
    return field(default=default, metadata={"help": help, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a machine. Those of type int are whole numbers."""

    evaluation_seconds: float = setting(30.0, "how long one evaluation of a cog may take", 0.001, 1e7)
    evaluation_megabytes: int = setting(1024, "and what it may hold, about", 1, 1 << 24)
    evaluation_workers: int = setting(
        os.cpu_count() or 1, "how many %eval go on at once; by default one for each processor", 1, 1024
    )
    snapshot_events: int = setting(20_000, "a snapshot is due after so many events,", 1, 1 << 48)
    snapshot_seconds: float = setting(
        2.0, "or so many seconds of evaluation, which a start after a kill does again", 0.001, 1e7
    )
    history_events: int = setting(0, "how many of the last events `opsh prune` keeps,", 0, 1 << 48)
    history_days: float = setting(0.0, "and those of how many days; if both are 0, all", 0, 1e5)
    stop_seconds: float = setting(5.0, "how long a stop waits for evaluations that are under way", 0, 3600)

    @property
    def limits(self) -> Limits:
        return Limits(int(self.evaluation_seconds * SECOND), self.evaluation_megabytes << 20)


def place(setting: Field[Any]) -> tuple[str, str]:
    """The table that a setting is in, and its key there."""
    table, _, key = setting.name.partition("_")
    return table, key


SETTINGS = {place(one): one for one in fields(Config)}


def text() -> str:
    """The file that a new machine gets: every setting as it is by default, commented out."""
    lines = ["# What may be set for this machine; read when it starts. Each line shows what is so by default."]
    last = ""
    for (table, key), one in SETTINGS.items():
        if table != last:
            lines += ["", f"[{table}]"]
            last = table
        lines.append(f"# {key} = {one.default:g}".ljust(24) + f"# {one.metadata['help']}")
    return "\n".join(lines) + "\n"


def read(directory: Path) -> Config:
    """The configuration of a machine. Raises MachineError if the file says what nobody understands."""
    path = directory / CONFIG

    def wrong(what: str, hint: str = MANUAL) -> MachineError:
        return MachineError(f"{home.name_of(directory)}: {path}: {what}", hint)

    try:
        tables = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise wrong(f"cannot be read: {error.strerror}", "check who owns it") from None
    except ValueError as error:
        raise wrong(f"is not TOML: {error}", "correct it, or remove the file") from None
    known = {table for table, _ in SETTINGS}
    found: dict[str, float] = {}
    for table, entries in tables.items():
        if table not in known:
            raise wrong(f"there is no table [{table:.40}]", meant(table, known))
        if not isinstance(entries, dict):
            raise wrong(f"{table} is a table", f"write [{table}] on a line of its own, and its settings under it")
        for key, value in entries.items():
            one = SETTINGS.get((table, key))
            if one is None:
                raise wrong(f"[{table}] has no setting {key!r:.40}", meant(key, (k for t, k in SETTINGS if t == table)))
            least, most = one.metadata["least"], one.metadata["most"]
            kinds = (int,) if one.type is int else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
                kind = "whole number" if one.type is int else "number"
                raise wrong(f"{key} in [{table}] is {value!r:.40}", f"it is a {kind} from {least:g} to {most:g}")
            found[one.name] = value
    return Config(**found)  # type: ignore[arg-type]


def meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f"did you mean {close[0]!r}?" if close else MANUAL
