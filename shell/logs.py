"""opsh logs: a machine's trk, from its first entry or its last few, and on as it comes."""

import select
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from machines import home
from machines.client import Client, NotRunning
from shell.errors import DONE
from shell.output import print_json, trk_text, write
from shell.reading import Readable, latest, reading

BATCH = 1000
LOOK = 0.25  # seconds between two looks whether a stopped machine has started
LOOK_IF_READ = 1.0  # seconds without news after which to see whether anybody reads them

Printer = Callable[[Iterable[dict[str, Any]]], None]


def run(arguments: Namespace) -> int:
    show = printer(arguments.json, arguments.bare)
    with reading(arguments.machine) as machine:
        at = print_stored(machine, arguments.last, arguments.cog, show)
    if arguments.follow:
        follow(home.resolve(arguments.machine), at, arguments.cog, show)
    return DONE


def printer(json: bool, bare: bool) -> Printer:
    def show(entries: Iterable[dict[str, Any]]) -> None:
        if json:
            for entry in entries:
                print_json(entry)
            write("")
        else:
            write("".join(trk_text(entry, bare) for entry in entries))

    return show


def print_stored(machine: Readable, last: int | None, cog: int | None, show: Printer) -> int:
    """Print the entries that there are, or the `last` of them; the number of the one that comes next."""
    if last is not None and last <= BATCH:
        entries, end = latest(machine, "trk", last, cog=cog)
        show(entries)
        return end
    end = int(machine.call("trk", last=1)["next"])
    return print_range(machine, 0 if last is None else max(0, end - last), end, cog, show)


def print_range(machine: Readable, at: int, end: int, cog: int | None, show: Printer) -> int:
    """Print the entries from number `at` to before `end`; `end`."""
    while at < end:
        answer = machine.call("trk", from_=at, to=end, cog=cog)
        show(answer["entries"])
        at = max(at + 1, answer["next"])
    return end


def follow(directory: Path, at: int, cog: int | None, show: Printer) -> None:
    """Print entries from number `at` on as they become durable, for ever, whatever the machine's host does."""
    while True:
        with suppress(NotRunning), Client(directory) as client:
            client.call("subscribe", topics=["trk"], from_=at)
            while not left():
                for message in client.notifications(LOOK_IF_READ):
                    at = print_news(client, message["method"], message["params"], at, cog, show)
        if left():
            raise BrokenPipeError
        time.sleep(LOOK)


def left() -> bool:
    """Whether nobody reads our output any more: what has nothing to write would not notice."""
    ends = select.poll()
    ends.register(sys.stdout.fileno(), 0)
    return bool(ends.poll(0))


def print_news(machine: Readable, method: str, params: dict[str, Any], at: int, cog: int | None, show: Printer) -> int:
    """Print what a notification brings from entry `at` on; the number of the entry that comes next."""
    if method == "gap":
        return print_range(machine, at, params["to"], cog, show)
    new = [entry for entry in params["entries"] if entry["n"] >= at]
    if new and new[0]["n"] > at:
        at = print_range(machine, at, new[0]["n"], cog, show)
    show(entry for entry in new if cog in (None, entry["cog"]))
    return int(new[-1]["n"]) + 1 if new else at
