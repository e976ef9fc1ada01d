"""Pallas's own sources, unmodified: they load here, all their assertions hold, and their laws have Pallas's hashes.

OPSH_PALLAS_SIRE says where its folder `sire` is; OPSH_PALLAS_HASHES may name a list of its jets, `name,hash` a line.
"""

import os
from pathlib import Path

import pytest

import vm
from sire import Loader, Module
from vm.jets import pallas

FOLDER = os.environ.get("OPSH_PALLAS_SIRE", "")
HASHES = os.environ.get("OPSH_PALLAS_HASHES", "")

pytestmark = pytest.mark.skipif(not FOLDER, reason="OPSH_PALLAS_SIRE does not say where Pallas's sources are")


LOADER = Loader()


@pytest.fixture(scope="module")
def prelude() -> Module:
    return LOADER.load(Path(FOLDER) / "prelude.sire")


def hashes(module: Module) -> set[str]:
    """The hashes of all pins that the values of all loaded modules reach."""
    found: dict[int, vm.Pin] = {}
    waiting = [scope for scope in module.modules.values() if isinstance(scope, vm.Pin)]
    while waiting:
        pin = waiting.pop()
        if id(pin) not in found:
            found[id(pin)] = pin
            waiting += pin.refs
    return {vm.hash_text(pin.hash) for pin in found.values()}


@pytest.mark.timeout(1200)
def test_the_prelude_loads(prelude: Module):
    assert prelude.name == "prelude"
    assert len(prelude.bindings) > 1000


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("file", sorted(Path(FOLDER).glob("*.sire")) if FOLDER else [], ids=lambda file: str(file.stem))
def test_every_source_loads_and_its_assertions_hold(file: Path):
    assert LOADER.load(file).key


@pytest.mark.timeout(1200)
def test_every_jet_of_theirs_has_its_hash(prelude: Module):
    found = hashes(prelude)
    assert [name for name, text in pallas.HASHES if text not in found] == []


@pytest.mark.skipif(not HASHES, reason="OPSH_PALLAS_HASHES names no list of hashes")
def test_every_listed_jet_has_its_hash(prelude: Module):
    found = hashes(prelude)
    rows = [line.split(",") for line in Path(HASHES).read_text().split()[1:]]
    assert [name for name, text in rows if text not in found] == []
