"""Writes `vm/jets/own.py`, the hashes of those laws of our own library that have jets: `make jets`.

A jet is known by a law's hash alone. This tool is where names come in: the first law of our library that has the name
and the arity of a jet is that jet's law, and its hash is written down. Run it whenever such a law changes.
The library loads quickly even so: each hash is registered as soon as its law is defined.

Whether a law and its jet agree is not for this tool: a test runs each jet against its law.
"""

import sys
from pathlib import Path

import vm
import vm.jets
from sire.errors import SireError
from sire.loader import Loader, library_path
from sire.syntax import Binding

HEAD = '''"""The pins of our own library that are jets: name and hash (Base58). Made by `make jets`."""

from __future__ import annotations

from typing import Final

'''


def jet_hashes(folder: Path) -> dict[str, str]:
    """The jets that the modules in a folder have laws for: their names, with the laws' hashes in Base58."""
    found: dict[str, str] = {}

    def notice(binding: Binding) -> None:
        pin = binding.value
        law = pin.item if isinstance(pin, vm.Pin) else None
        if isinstance(pin, vm.Pin) and isinstance(law, vm.Law):
            name = vm.text(law.name) or ""
            jet = vm.jets.NATIVE.get(name)
            if jet is not None and jet.arity == law.args and name not in found:
                found[name] = vm.hash_text(pin.hash)
                if vm.jets.find(pin.hash) is None:
                    vm.jets.register(name, pin.hash)

    loader = Loader()
    loader.notice = notice
    for file in sorted(folder.glob("*.sire")):
        loader.load(file)
    return found


def main() -> int:
    """Writes the file; says what has no law yet."""
    try:
        found = jet_hashes(library_path())
    except SireError as error:
        print(error.pretty(), file=sys.stderr)
        return 1
    theirs = {text for _, text in vm.jets.pallas.HASHES}
    lines = [f'    ("{name}", "{text}"),\n' for name, text in sorted(found.items()) if text not in theirs]
    target = library_path().parent.parent / "vm" / "jets" / "own.py"
    target.write_text(HEAD + "HASHES: Final[list[tuple[str, str]]] = [\n" + "".join(lines) + "]\n")
    missing = sorted(set(vm.jets.NATIVE) - set(found))
    print(f"{len(found)} jets have laws in our library; {len(missing)} do not: {' '.join(missing)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
