"""opsh save and opsh show: values in files, as seeds."""

from argparse import Namespace
from pathlib import Path

import vm
from shell.errors import DONE, FAILED, ShellError
from shell.output import print_line
from shell.programs import load_main
from shell.safe_text import safe_text


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
    from sire.show import show as rex

    print_line(safe_text(rex(read_seed(Path(arguments.seed)))))
    return DONE


def read_seed(file: Path) -> vm.Value:
    """The value in a seed. Raises ShellError where the bytes are not one."""
    try:
        return vm.load(file.read_bytes())
    except vm.SeedError as error:
        raise ShellError(f"{file}: not a seed: {error}", "", FAILED) from None
