"""The list of our own library's jets is that of the library as it is."""

import vm.jets
from sire.loader import library_path
from sire.own_jets import jet_hashes
from vm.jets import own, pallas


def test_the_list_of_our_own_jets_is_up_to_date():
    """If this fails, a law with a jet has changed: run `make jets`."""
    theirs = {text for _, text in pallas.HASHES}
    found = {name: text for name, text in jet_hashes(library_path()).items() if text not in theirs}
    assert found == dict(own.HASHES)


def test_every_listed_jet_has_native_code():
    assert {name for name, _ in own.HASHES} <= set(vm.jets.NATIVE)
