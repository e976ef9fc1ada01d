"""The table of jets: which pinned laws have native code. A jet is found by a pin's hash alone.

One module is one family. A name has the hash of Pallas's law, and that of our own library's law where there is one.
"""

from __future__ import annotations

from typing import Final

from vm.hashing import parse_hash
from vm.jet import FALLEN, Jet
from vm.jets import bars, compare, control, machine_words, numbers, own, pallas, rows, sets, tabs, whole

FAMILIES: Final = (control, numbers, compare, rows, sets, tabs, bars, machine_words, whole)
NATIVE: Final[dict[str, Jet]] = {jet.name: jet for family in FAMILIES for jet in family.JETS}
LAWS_ONLY: Final = {
    "_Times": ("numbers", 3),
    "_TryExp": ("whole", 1),
}
"""What is known by name and hash, but has no native code here: family and arity."""
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


def fallen() -> dict[str, int]:
    """How often each jet gave way to its law since the process began, by name: what it does not do natively."""
    return dict(FALLEN)


def family(name: str) -> str:
    """The module that a known jet belongs to. Raises KeyError."""
    if name in LAWS_ONLY:
        return LAWS_ONLY[name][0]
    jet = NATIVE[name]
    return next(module.__name__ for module in FAMILIES if jet in module.JETS).rpartition(".")[2]


def arity(name: str) -> int:
    """How many arguments a known jet takes. Raises KeyError."""
    return LAWS_ONLY[name][1] if name in LAWS_ONLY else NATIVE[name].arity


def register(name: str, digest: bytes) -> None:
    """Count one more law as the jet of this name, for as long as the process runs.

    For the tool that makes `vm.jets.own`. Raises KeyError where there is no native code of that name.
    """
    jet = NATIVE[name]
    HASHES.append((name, digest))
    TABLE[digest] = jet
