"""opsh ps: all machines, and how they are."""

import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from machines import home
from machines.errors import MachineError
from shell.errors import DONE
from shell.output import SECOND, lasting, print_json, print_line, table

HEADS = ("MACHINE", "STATE", "COGS", "EVENTS", "TRK", "PID", "MEMORY", "UP")
NUMBERS = frozenset({2, 3, 4, 5, 6})
PATIENCE = 2.0  # seconds that a machine has to answer in


def run(arguments: Namespace) -> int:
    found = [describe(directory) for directory in home.list_machines()]
    if arguments.json:
        for machine in found:
            print_json(machine)
        return DONE
    for line in table(HEADS, map(cells, found), NUMBERS):
        print_line(line)
    return DONE


def describe(directory: Path) -> dict[str, Any]:
    """The machine's own status, or as much as can be known from outside."""
    known: dict[str, Any] = {"machine": home.name_of(directory), "dir": str(directory), "state": "stopped"}
    if not (directory / home.SOCKET).exists():
        return known
    from machines.client import Client, NotRunning

    try:
        with Client(directory, timeout=PATIENCE) as client:
            status: dict[str, Any] = client.call("status")
            return {**status, "machine": known["machine"]}
    except NotRunning:
        return known
    except (MachineError, OSError) as error:
        return {**known, "state": "unreachable", "error": str(error)}


def cells(machine: dict[str, Any]) -> tuple[str, ...]:
    if "pid" not in machine:
        return (machine["machine"], machine["state"], *[""] * 6)
    cogs = machine["cogs"]
    return (
        machine["machine"],
        machine["state"],
        str(sum(cogs.values())),
        str(machine["event"]),
        str(machine["trk"]),
        str(machine["pid"]),
        f"{machine['rss'] / 1e6:.0f} MB",
        lasting((time.time_ns() - machine["started"]) / SECOND),
    )
