"""opsh verify: check everything in a machine's store."""

import os
import signal
import sys
from argparse import Namespace
from dataclasses import asdict

from machines import home
from machines.errors import MachineError
from shell.errors import DONE, FAILED
from shell.output import Meter, note, print_json, print_line, table
from shell.safe_text import safe_line


def run(arguments: Namespace) -> int:
    """Check it in a process of its own: who reads a file by its map may be ended by what is wrong in it."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        from shell.main import guarded

        os._exit(guarded(lambda: check(arguments)))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status in (-signal.SIGBUS, -signal.SIGSEGV):
        name = home.name_of(home.resolve(arguments.machine))
        raise MachineError(f"{name}: its store is damaged: a page makes no sense", "restore the directory from a copy")
    return status


def check(arguments: Namespace) -> int:
    from machines.check import verify
    from machines.remote import opened

    directory = home.resolve(arguments.machine)
    with opened(directory) as records, Meter("checked") as meter:
        report = verify(records, meter.show)
    if arguments.json:
        print_json(asdict(report))
    else:
        rows = [
            ("pins", str(report.pins), "have the right hash"),
            ("events", str(report.events), "replayed"),
            ("snapshots", str(report.snapshots), "compared with the state replayed"),
            ("trk", str(report.trk), "entries read"),
        ]
        for line in table(("CHECKED", "NUMBER", ""), rows, right=frozenset({1})):
            print_line(line)
        for line in report.wrong:
            print_line(f"wrong: {safe_line(line)}")
    name = home.name_of(directory)
    note(f"{name}: {len(report.wrong)} things are wrong" if report.wrong else f"{name}: all is well")
    return FAILED if report.wrong else DONE
