"""Writes `vm/jets/own.py`, the hashes of those laws of our own library that have jets: `python -m sire.own_jets`.

A jet is known by a law's hash alone. This tool is where names come in: a law of our library that has the name and the
number of arguments of a jet is meant to be that jet's law, and its hash is written down. Run it whenever such a law
changes. The library loads quickly even so: each hash is registered as soon as its law is defined.

Whether a law and its jet agree is not for this tool: a test runs each jet against its law.
"""

import sys
from pathlib import Path

import vm
from sire.errors import SireError
from sire.loader import Loader, library_path
from sire.syntax import Binding

HEAD = '''"""The hashes of the laws of our own library that have jets. Made by `python -m sire.own_jets`."""

'''


def jet_hashes(folder: Path) -> dict[str, str]:
    """The jets that the modules in a folder have laws for: their names, with the laws' hashes in Base58."""
    found: dict[str, str] = {}
    arities = vm.jets.arities()

    def notice(binding: Binding) -> None:
        pin = binding.value
        law = pin.item if isinstance(pin, vm.Pin) else None
        if isinstance(pin, vm.Pin) and isinstance(law, vm.Law):
            name = vm.text(law.name)
            if name in arities and arities[name] == law.args and name == binding.name:
                found[name] = vm.hash_text(pin.hash)
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
    lines = [f'    "{name}": "{text}",\n' for name, text in sorted(found.items())]
    target = Path(vm.jets.__file__).parent / "own.py"
    target.write_text(HEAD + "HASHES: dict[str, str] = {\n" + "".join(lines) + "}\n")
    missing = sorted(set(vm.jets.names()) - set(found))
    print(f"{len(found)} jets have laws in our library; {len(missing)} do not: {' '.join(missing)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
