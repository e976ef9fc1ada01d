"""opsh start: run a machine, here or detached."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from machines import home
from shell.errors import DONE, INTERRUPTED
from shell.output import note, trk_text


def run(arguments: Namespace) -> int:
    directory = home.resolve(arguments.machine)
    if arguments.detach:
        detach(directory)
        return DONE
    return stay(directory, arguments.bare)


def detach(directory: Path) -> None:
    from machines.launch import start_detached

    process = start_detached(directory)
    note(f"{home.name_of(directory)}: running, process {process}")


def stay(directory: Path, bare: bool) -> int:
    """Run the machine in this process and print its trk, until it is stopped or no cog waits for anything."""
    from machines.host import Host

    def layout(entries: list[dict[str, Any]]) -> str:
        return "".join(trk_text(entry, bare) for entry in entries)

    if sys.stdout.isatty():
        note(f"{home.name_of(directory)}: running; Ctrl-C stops it")
    why = Host(directory, layout, until_idle=True, say=note).run()
    if why == "idle":
        note(f"{home.name_of(directory)}: no cog waits for anything any more; opsh cogs tells how each ended")
    elif sys.stdout.isatty():
        note(f"{home.name_of(directory)}: stopped")
    return INTERRUPTED if why == "interrupted" else DONE
