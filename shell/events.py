"""opsh events: what happened in a machine."""

from argparse import Namespace
from collections import deque
from collections.abc import Iterator
from typing import Any

from shell.errors import DONE
from shell.output import note, print_json, print_line, utc
from shell.reading import Readable, reading
from shell.safe_text import safe_line

BATCH = 1000


def run(arguments: Namespace) -> int:
    with reading(arguments.machine) as machine:
        for entry in wanted(machine, arguments):
            if arguments.json:
                print_json(entry)
            else:
                print_line(f"{entry['event']:>8}  {utc(entry['time'])}  {safe_line(entry['summary'])}")
    return DONE


def wanted(machine: Readable, arguments: Namespace) -> Iterator[dict[str, Any]]:
    newest = machine.call("events", last=1)
    end, beginning = newest["next"], newest.get("beginning")
    first, last, cog = vars(arguments)["from"] or 0, arguments.last, arguments.cog
    if beginning and last is None:
        note(f"{arguments.machine}: {beginning}")
    if last is None:
        return of_cog(between(machine, first, end), cog)
    if cog is None:
        return between(machine, max(first, end - last), end)
    return latest(machine, first, end, cog, last)


def between(machine: Readable, first: int, end: int) -> Iterator[dict[str, Any]]:
    while first < end:
        answer = machine.call("events", from_=first, to=min(end, first + BATCH))
        yield from answer["entries"]
        first = max(first + 1, answer["next"])


def of_cog(entries: Iterator[dict[str, Any]], cog: int | None) -> Iterator[dict[str, Any]]:
    return (entry for entry in entries if cog is None or cog in entry["cogs"])


def latest(machine: Readable, first: int, end: int, cog: int, count: int) -> Iterator[dict[str, Any]]:
    """The last so many events of a cog, looked for from the end."""
    found: deque[dict[str, Any]] = deque()
    while len(found) < count and end > first:
        start = max(first, end - BATCH)
        found.extendleft(reversed(list(of_cog(between(machine, start, end), cog))))
        end = start
    return iter(list(found)[max(0, len(found) - count) :])
