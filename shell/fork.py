"""opsh fork: a new machine from any moment of another."""

from argparse import Namespace

from machines import home
from shell.errors import DONE
from shell.output import Meter, note


def run(arguments: Namespace) -> int:
    from machines.fork import fork

    new = home.resolve(arguments.new)
    with Meter("copied") as meter:
        event = fork(home.resolve(arguments.machine), new, arguments.at, meter.show)
    note(f"{home.name_of(new)}: made from {arguments.machine} after event {event}")
    return DONE
