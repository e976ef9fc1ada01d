"""opsh stop: ask a machine to stop, and wait until it has."""

from argparse import Namespace

from machines import home
from shell.errors import DONE
from shell.output import note


def run(arguments: Namespace) -> int:
    from machines.client import stop

    directory = home.resolve(arguments.machine)
    home.require(directory)
    stop(directory, say=note)
    note(f"{home.name_of(directory)}: stopped")
    return DONE
