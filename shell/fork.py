"""opsh fork: a new machine from any moment of another."""

from argparse import Namespace

from machines import home
from shell.errors import DONE
from shell.output import note


def run(arguments: Namespace) -> int:
    from machines.fork import fork

    new = home.resolve(arguments.new)
    event = fork(home.resolve(arguments.machine), new, arguments.at)
    note(f"{home.name_of(new)}: made from {arguments.machine} after event {event}")
    return DONE
