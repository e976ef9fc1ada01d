"""The table of jets: which pinned laws have native code. A jet is found by a pin's hash alone.

One module is one family. A name has the hash of Pallas's law, and that of our own library's law where there is one.
"""

from __future__ import annotations

from typing import Final

from vm.hashing import parse_hash
from vm.jet import Jet
from vm.jets import bars, compare, control, machine_words, numbers, own, pallas, rows, sets, tabs, whole

FAMILIES: Final = (control, numbers, compare, rows, sets, tabs, bars, machine_words, whole)
NATIVE: Final[dict[str, Jet]] = {jet.name: jet for family in FAMILIES for jet in family.JETS}
HASHES: Final[list[tuple[str, bytes]]] = [(name, parse_hash(text)) for name, text in pallas.HASHES + own.HASHES]
TABLE: Final[dict[bytes, Jet]] = {digest: NATIVE[name] for name, digest in HASHES if name in NATIVE}


def find(digest: bytes) -> Jet | None:
    """The jet of the pin with this hash (32 bytes)."""
    return TABLE.get(digest)


def names() -> dict[str, tuple[list[bytes], bool]]:
    """Each known jet: the hashes of its laws, and whether it has native code here."""
    out: dict[str, tuple[list[bytes], bool]] = {}
    for name, digest in HASHES:
        out.setdefault(name, ([], name in NATIVE))[0].append(digest)
    return out


def register(name: str, digest: bytes) -> None:
    """Count one more law as the jet of this name, for as long as the process runs.

    For the tool that makes `vm.jets.own`. Raises KeyError where there is no native code of that name.
    """
    jet = NATIVE[name]
    HASHES.append((name, digest))
    TABLE[digest] = jet
