"""opsh cog: what a person does to a cog that went wrong, or is to go."""

from argparse import Namespace
from pathlib import Path

from machines import home
from shell.errors import DONE, ShellError
from shell.output import note

PATIENCE = 60.0  # seconds that it may take, for a new program is evaluated first
DID = {"restart": "restarted", "replace": "replaced", "drop": "dropped"}


def run(arguments: Namespace) -> int:
    directory = home.resolve(arguments.machine)
    if arguments.action not in DID:
        raise ShellError(f"{arguments.action!r} is no action", "one of restart, replace, drop", 2)
    if (arguments.action == "replace") != (arguments.file is not None):
        raise ShellError("`replace` needs a FILE, and only it takes one", "see opsh cog --help", 2)
    home.require(directory)
    from machines.change import change

    program = None
    if arguments.file is not None:
        from shell.programs import load_program

        program = load_program(Path(arguments.file))
    event = change(directory, arguments.action, arguments.cog, program, timeout=PATIENCE)
    note(f"{home.name_of(directory)}: cog {arguments.cog} {DID[arguments.action]}, event {event}")
    return DONE
