"""What a person may set for a machine, in the file `config.toml` of its directory. All of it may be left out.

[evaluation]
seconds = 30          how long one evaluation of a cog may take
megabytes = 1024      and what it may hold, about
workers = 2           how many `%eval` go on at once; without it, as many as there are processors

[snapshot]
events = 20000        a snapshot is due after so many events,
seconds = 2           or so many seconds of evaluation, which a start after a kill repeats
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machines import home
from machines.errors import MachineError
from machines.machine import Limits

CONFIG = "config.toml"
SECOND = 1_000_000_000
KNOWN = {"evaluation": {"seconds", "megabytes", "workers"}, "snapshot": {"events", "seconds"}}


@dataclass(frozen=True, slots=True)
class Config:
    """`snapshot_work` is in nanoseconds."""

    limits: Limits = Limits()  # noqa: RUF009
    workers: int = os.cpu_count() or 1
    snapshot_events: int = 20_000
    snapshot_work: int = 2 * SECOND


def read(directory: Path) -> Config:
    """The configuration of a machine. Raises MachineError if the file says what nobody understands."""
    path = directory / CONFIG

    def wrong(what: str) -> MachineError:
        return MachineError(f"{home.name_of(directory)}: {path}: {what}", "opsh(1) tells what may stand there")

    try:
        tables = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError) as error:
        raise wrong(str(error)) from None
    for name, table in tables.items():
        if name not in KNOWN or not isinstance(table, dict):
            raise wrong(f"there is no table {name!r}")
        for key in table.keys() - KNOWN[name]:
            raise wrong(f"[{name}] has no {key!r}")

    def number(table: str, key: str, default: float) -> float:
        value: Any = tables.get(table, {}).get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
            raise wrong(f"{key} in [{table}] is a number above 0, not {value!r}")
        return value

    normal = Config()
    return Config(
        Limits(
            int(number("evaluation", "seconds", normal.limits.time / SECOND) * SECOND),
            int(number("evaluation", "megabytes", normal.limits.memory >> 20) * (1 << 20)),
        ),
        max(1, int(number("evaluation", "workers", normal.workers))),
        int(number("snapshot", "events", normal.snapshot_events)),
        int(number("snapshot", "seconds", normal.snapshot_work / SECOND) * SECOND),
    )
