"""opsh verify: check everything in a machine's store."""

from argparse import Namespace
from dataclasses import asdict

from machines import home
from shell.errors import DONE, FAILED
from shell.output import Meter, note, print_json, print_line, table
from shell.safe_text import safe_line


def run(arguments: Namespace) -> int:
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
