"""opsh inspect: the value that a cog is, or was."""

from argparse import Namespace
from typing import Any

from machines import home
from shell.errors import DONE
from shell.output import print_json, print_line
from shell.reading import reading
from shell.safe_text import safe_text


def run(arguments: Namespace) -> int:
    if arguments.at is not None:
        answer = inspect_past(arguments.machine, arguments.cog, arguments.at)
    else:
        with reading(arguments.machine) as machine:
            answer = machine.call("inspect", cog=arguments.cog)
    if arguments.json:
        print_json(answer)
    else:
        print_line(safe_text(answer["text"]))
    return DONE


def inspect_past(machine: str, cog: int, event: int) -> dict[str, Any]:
    from machines.past import inspect
    from machines.remote import opened

    with opened(home.resolve(machine)) as records:
        return inspect(records, cog, event)
