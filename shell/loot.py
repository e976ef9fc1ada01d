"""opsh loot: values in text, read and run definition by definition."""

import sys
from argparse import Namespace
from pathlib import Path

import vm
from shell.console import blocks, complain, history_file, in_colour, say
from shell.errors import DONE, FAILED, ShellError
from shell.output import note
from shell.seeds import write_seed
from sire import SireError
from sire.loot import Loot


def run(arguments: Namespace) -> int:
    loot = Loot(say)
    status = DONE
    for file in arguments.files:
        loot.load(Path(file))
    if not arguments.files:
        status = talk(loot) if sys.stdin.isatty() and sys.stdout.isatty() else listen(loot)
    if arguments.save:
        if loot.last is None:
            raise ShellError("loot: there is no value to save")
        write_seed(Path(arguments.save), vm.save(loot.last))
    return status


def listen(loot: Loot) -> int:
    """Runs what comes from a pipe; the exit status."""
    status = DONE
    for line, text in blocks(sys.stdin):
        status = run_one(loot, text, line) or status
    return status


def talk(loot: Loot) -> int:
    """The console of a person at a terminal."""
    from shell.console_input import reader

    ask = reader("loot> ", loot.complete, [], history_file("loot-history"), in_colour(sys.stdout))
    note("id=value and (f x)=body define, anything else is shown; Ctrl-D leaves")
    while True:
        try:
            run_one(loot, ask())
        except KeyboardInterrupt:
            continue
        except EOFError:
            return DONE


def run_one(loot: Loot, text: str, line: int = 1) -> int:
    try:
        loot.run(text, line=line)
        return DONE
    except SireError as error:
        complain(error)
        return FAILED
