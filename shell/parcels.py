"""opsh export and opsh import: a machine in one file."""

from argparse import Namespace
from pathlib import Path

from machines import home
from shell.errors import DONE
from shell.output import Meter, note


def export(arguments: Namespace) -> int:
    from machines.parcel import export

    directory, file = home.resolve(arguments.machine), Path(arguments.file)
    with Meter("written") as meter:
        event, size = export(directory, file, arguments.log, meter.show)
    what = f"events up to {event}" if arguments.log else f"state after event {event}"
    note(f"{home.name_of(directory)}: its {what} in {file}, {size:,} bytes")
    return DONE


def import_(arguments: Namespace) -> int:
    from machines.parcel import import_

    directory = home.resolve(arguments.new)
    with Meter("read") as meter:
        event = import_(Path(arguments.file), directory, meter.show)
    note(f"{home.name_of(directory)}: made, as it was after event {event}")
    return DONE
