"""opsh inspect: the value that a cog is, or was, or a part of it."""

from argparse import Namespace
from typing import Any

from machines import home
from shell.errors import DONE, USAGE, ShellError
from shell.output import note, print_json, print_line
from shell.reading import reading
from shell.safe_text import safe_text

LEFT_OUT = "…"


def run(arguments: Namespace) -> int:
    path = part(arguments.part) if arguments.part else []
    if arguments.at is not None:
        answer = inspect_past(arguments.machine, arguments.cog, arguments.at, path)
    else:
        with reading(arguments.machine) as machine:
            answer = machine.call("inspect", cog=arguments.cog, path=path or None)
    if arguments.json:
        print_json(answer)
        return DONE
    print_line(safe_text(answer["text"]))
    if LEFT_OUT in answer["text"] and answer["parts"]:
        place = "".join(f"{step}/" for step in path)
        last = answer["parts"] - 1
        note(f"{LEFT_OUT} stands for what was left out; --part {place}0 to --part {place}{last} go into it")
    return DONE


def part(words: str) -> list[int]:
    """A path like 2/0/17. Raises ShellError."""
    steps = words.split("/")
    if not all(step.isascii() and step.isdecimal() for step in steps):
        raise ShellError(f"inspect: {words!r} is no part", "it is written as numbers with slashes between them", USAGE)
    return [int(step) for step in steps]


def inspect_past(machine: str, cog: int, event: int, path: list[int]) -> dict[str, Any]:
    from machines.past import inspect
    from machines.remote import opened

    with opened(home.resolve(machine)) as records:
        return inspect(records, cog, event, path)
