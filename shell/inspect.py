"""opsh inspect: the value that a cog is."""

from argparse import Namespace

from shell.errors import DONE
from shell.output import print_json, print_line
from shell.reading import reading
from shell.safe_text import safe_text


def run(arguments: Namespace) -> int:
    with reading(arguments.machine) as machine:
        answer = machine.call("inspect", cog=arguments.cog)
    if arguments.json:
        print_json(answer)
    else:
        print_line(safe_text(answer["text"]))
    return DONE
