"""opsh demo: two machines from the library's demos, and the window on them; without a terminal, what they say."""

import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from machines import home
from shell.errors import DONE
from shell.output import note, trk_text, write

DEMOS = {"counter": "count_up.sire", "dice": "dice.sire"}
SECONDS = 10


def run(arguments: Namespace) -> int:
    """Boot what is not there yet, start what does not run, show it. The window leaves them running, the other way does
    not."""
    from machines.launch import is_running

    directories = [home.resolve(name) for name in DEMOS]
    places: dict[Path, int] = {}
    for directory, file in zip(directories, DEMOS.values(), strict=True):
        if home.exists(directory):
            places[directory] = next_entry(directory)
        else:
            make(directory, file)
            places[directory] = 0
    start(directory for directory in directories if not is_running(directory))
    if sys.stdin.isatty() and sys.stdout.isatty():
        from shell.app import run_window

        return run_window()
    try:
        watch(places, SECONDS if arguments.seconds is None else arguments.seconds)
    finally:
        stop(directories)
    return DONE


def make(directory: Path, file: str) -> None:
    from machines.boot import boot
    from shell.programs import load_program
    from sire import library_path

    boot(directory, load_program(library_path() / "demos" / file))
    note(f"{home.name_of(directory)}: made from {file}")


def start(directories: Iterable[Path]) -> None:
    from machines.launch import start_detached

    for directory in directories:
        note(f"{home.name_of(directory)}: running, process {start_detached(directory)}")


def stop(directories: Iterable[Path]) -> None:
    from machines.client import stop as stop_machine

    for directory in directories:
        stop_machine(directory)
        note(f"{home.name_of(directory)}: stopped")


def next_entry(directory: Path) -> int:
    """The number of the trk entry that comes next."""
    from shell.reading import reading

    with reading(str(directory)) as machine:
        return int(machine.call("trk", last=1)["next"])


def watch(places: dict[Path, int], seconds: float) -> None:
    """Print what the machines track in so many seconds, from these entries on, each with its machine's name."""
    until = time.monotonic() + seconds
    watchers = [threading.Thread(target=follow, args=(*place, until), daemon=True) for place in places.items()]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()


def follow(directory: Path, at: int, until: float) -> None:
    from machines.client import Client, NotRunning

    with suppress(NotRunning, BrokenPipeError), Client(directory) as client:
        client.call("subscribe", topics=["trk"], from_=at)
        while (left := until - time.monotonic()) > 0:
            for message in client.notifications(min(left, 0.5)):
                if message["method"] == "trk":
                    write("".join(named(directory, entry) for entry in message["params"]["entries"]))
                if time.monotonic() > until:
                    return


def named(directory: Path, entry: dict[str, Any]) -> str:
    """A trk entry whose first line is under the name of its machine."""
    first, rest = trk_text(entry).split("\n", 1)
    return f"{first} {home.name_of(directory)}\n{rest}"
