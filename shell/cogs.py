"""opsh cogs: a machine's cogs, and what each waits for."""

from argparse import Namespace

from shell.errors import DONE
from shell.output import print_json, print_line, table
from shell.reading import pages, reading


def run(arguments: Namespace) -> int:
    with reading(arguments.machine) as machine:
        cogs = [cog for page in pages(machine, "cogs") for cog in page["cogs"]]
    if arguments.json:
        for cog in cogs:
            print_json(cog)
        return DONE
    rows = [(str(cog["cog"]), cog["state"], str(cog["event"]), cog["error"] or ", ".join(cog["waits"])) for cog in cogs]
    for line in table(("COG", "STATE", "EVENT", "WAITS FOR"), rows, right=frozenset({0, 2})):
        print_line(line)
    return DONE
