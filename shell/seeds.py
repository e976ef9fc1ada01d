"""opsh save, show and repl: values in files, as seeds."""

import os
import sys
from argparse import Namespace
from pathlib import Path

import vm
from shell.errors import DONE, FAILED, USAGE, ShellError
from shell.programs import load_main

CHUNK = 1 << 16
"""How many bytes of input a value is fed at once, at most."""


def save(arguments: Namespace) -> int:
    value = load_main(Path(arguments.file), arguments.path or [])
    write_seed(Path(arguments.seed), vm.save(value))
    return DONE


def write_seed(seed: Path, data: bytes) -> None:
    """Writes the file at once or not at all. Raises OSError."""
    draft = seed.with_name(f".{seed.name}.new")
    draft.write_bytes(data)
    draft.replace(seed)


def show(arguments: Namespace) -> int:
    from shell.console import say
    from sire.loot import write

    say(write(read_seed(Path(arguments.seed))).rstrip("\n"))
    return DONE


def repl(arguments: Namespace) -> int:
    """A console in which the value in the seed is `main`; with --feed the value itself hears the input."""
    value = read_seed(Path(arguments.seed))
    if arguments.feed:
        value = feed(value)
        if arguments.save:
            write_seed(Path(arguments.save), vm.save(value))
        return DONE
    if arguments.save:
        raise ShellError("repl: --save is for --feed", "the console has :save", USAGE)
    from shell.console import complain, converse, new_session, open_scope, say

    session = new_session([Path(place) for place in arguments.path or []], say)
    open_scope(session, [])
    session.define("main", value)
    return converse(session, complain)


def feed(value: vm.Value) -> vm.Value:
    """Runs an operating function on standard input: a bar of bytes in, a row of a bar for standard output and of its
    next version out; at the end of the input it gets the empty bar. Its last version."""
    going = True
    while going:
        data = os.read(sys.stdin.fileno(), CHUNK)
        going = bool(data)
        try:
            answer = vm.evaluate(value, vm.bar(data))
        except vm.Crash as crash:
            from sire.show import show as shown

            raise ShellError(f"the value crashed: {crash.op} {shown(crash.arg, max_chars=200)}") from None
        items = answer.items if isinstance(answer, vm.Row) else []
        if len(items) != 2 or not isinstance(items[0], vm.Bar):
            raise ShellError("the value answered no row of output and next version", "it cannot be fed")
        output, value = items
        assert isinstance(output, vm.Bar)
        sys.stdout.buffer.write(output.data)
        sys.stdout.flush()
    return value


def read_seed(file: Path) -> vm.Value:
    """The value in a seed. Raises ShellError where the bytes are not one."""
    try:
        return vm.load(file.read_bytes())
    except vm.SeedError as error:
        raise ShellError(f"{file}: not a seed: {error}", "", FAILED) from None
