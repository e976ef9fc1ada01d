"""Runs a machine in this process and prints its trk, one line an entry: `number text`. For tests that kill it.

It is a script of its own because the jet that shows values is found by hash, and these tests have a law of their own
for it.
"""

import sys
from pathlib import Path

from machines import connection
from machines.errors import MachineError
from machines.host import Host
from machines.reading import Entry
from tests.machines import programs


def layout(entries: list[Entry]) -> str:
    return "".join(f"{entry['n']} {entry['text']}\n" for entry in entries)


if __name__ == "__main__":
    assert programs.TRACE
    if "--impatient" in sys.argv:
        connection.PATIENCE = 0.3
    try:
        shown = None if "--quiet" in sys.argv else layout
        print(Host(Path(sys.argv[1]), shown, until_idle="--until-idle" in sys.argv).run(), file=sys.stderr)
    except MachineError as error:
        print(f"opsh: {error.message}; {error.hint}", file=sys.stderr)
        sys.exit(error.exit_status)
