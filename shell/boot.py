"""opsh boot: make a machine whose first cog is the `main` of a Sire file."""

from argparse import Namespace
from pathlib import Path

from machines import home
from machines.errors import MachineError
from shell.errors import DONE, USAGE, ShellError
from shell.output import note


def run(arguments: Namespace) -> int:
    if Path(arguments.machine).name in ("", ".."):
        raise ShellError(f"boot: {arguments.machine!r} cannot name a machine", "end it with a name of its own", USAGE)
    directory = home.resolve(arguments.machine)
    if home.exists(directory):
        # Said before the file is loaded, which may take a while.
        raise MachineError(f"{home.name_of(directory)}: there is a machine of that name already", "choose another name")
    from machines.boot import boot
    from shell.programs import load_program

    boot(directory, load_program(Path(arguments.file), arguments.path or []))
    note(f"{home.name_of(directory)}: made")
    if arguments.start:
        from shell.start import detach

        detach(directory)
    return DONE
