"""opsh poke: send a value to a cog that listens for it."""

from argparse import Namespace

from machines import home
from shell.errors import DONE, USAGE, ShellError
from shell.output import note

PATIENCE = 10  # seconds that the cog of a running machine has to listen in


def run(arguments: Namespace) -> int:
    from shell.console import new_session, open_scope, say

    directory = home.resolve(arguments.machine)
    home.require(directory)
    path = [step for step in arguments.path.split("/") if step]
    if not path:
        raise ShellError("the path is empty", "opsh cogs tells on which one a cog listens; [%a %b] is a/b", USAGE)
    from machines.change import change

    session = new_session([], say)
    open_scope(session, [])
    value = session.value(arguments.value)
    event = change(directory, "poke", arguments.cog, value, path, PATIENCE, timeout=2.0 * PATIENCE)
    note(f"{home.name_of(directory)}: cog {arguments.cog} took it, event {event}")
    return DONE
