"""jets(7) is the table of jets: every one of them, with the arguments, their preparation and the hash that it has."""

import re
from pathlib import Path

from vm import jets
from vm.hashing import hash_text
from vm.jets import pallas

PAGE = Path(__file__).parents[2] / "man" / "jets.7"
MARKS = {"": "s", "?": "l", "!": "d"}
ENTRY = re.compile(r"^\.It Ic (\w+) (.*)\n((?:.*\n)*?)\.D1 (\w+)$", re.MULTILINE)


def entries() -> dict[str, tuple[list[str], str, str, str]]:
    """Of each name the arguments, how they are prepared, the text and the hash."""
    found = {}
    for name, spec, text, digest in ENTRY.findall(PAGE.read_text()):
        args = re.findall(r"Ar (\w+)(?: Ns \\&([?!]))?", spec)
        found[name] = ([arg for arg, _ in args], "".join(MARKS[mark] for _, mark in args), text, digest)
    return found


def test_every_jet_is_in_the_manual_with_its_hash() -> None:
    assert [(name, digest) for name, (_, _, _, digest) in sorted(entries().items())] == sorted(pallas.HASHES)


def test_the_manual_gives_the_arguments_as_the_native_code_takes_them() -> None:
    for name, (args, strict, text, _) in entries().items():
        jet = jets.NATIVE.get(name)
        if jet is None:
            assert "without native code" in text
            continue
        assert (name, strict) == (name, jet.strict)
        order = re.search(r"; evaluated (\w+(?:, then \w+)*)\.$", " ".join(text.split()))
        told = order.group(1).split(", then ") if order else [args[i] for i in range(len(args)) if strict[i] != "l"]
        assert (name, told) == (name, [args[i] for i in jet.order])


def test_the_manual_is_about_no_other_hash() -> None:
    known = {hash_text(digest) for digests, _ in jets.names().values() for digest in digests}
    assert {digest for _, _, _, digest in entries().values()} <= known
