"""Each jet against its law: on any arguments the same value or the same crash.

The laws are those of our own library and, where OPSH_PALLAS_SIRE says where Pallas's folder `sire` is, Pallas's.
OPSH_EXAMPLES sets how many arguments each jet is tried on.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vm
from shell.jet_check import Report, check, compare, find_laws, library_files, load_scopes, outcome, written
from shell.jet_samples import ARGUMENTS, Samples, call, law, quote
from shell.jets import told
from sire import Loader, library_path
from vm import jets, order, room
from vm.jet import PAUSE

from .samples import wide

STEPS = 20_000
EXAMPLES = int(os.environ.get("OPSH_EXAMPLES", "10"))
PALLAS = os.environ.get("OPSH_PALLAS_SIRE", "")


@pytest.fixture(scope="module")
def laws() -> dict[str, list[vm.Pin]]:
    """The pins that each jet stands in for."""
    scopes = list(load_scopes(Loader(), library_files(None)))
    if PALLAS:
        scopes += load_scopes(Loader([Path(PALLAS)]), library_files(Path(PALLAS)))
    return find_laws(scopes)


@pytest.mark.parametrize("name", sorted(jets.NATIVE))
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
def test_a_jet_is_its_law(name: str, laws: dict[str, list[vm.Pin]], random: Random) -> None:
    if not laws[name]:
        pytest.skip("its law is not at hand")
    args = Samples(random).arguments(name, jets.NATIVE[name].arity)
    for pin in laws[name]:
        _, difference = compare(pin, args, STEPS)
        assert difference is None, told(Report(name, 1, 1, 1, difference))


def test_a_jet_that_is_not_its_law_is_found_with_the_input() -> None:
    """Here the laws of _Add and _Mul are those of other jets."""
    found = find_laws(list(load_scopes(Loader(), [library_path() / "prelude.sire"])))
    for name, other in [("_Add", "_Sub"), ("_Mul", "_Add")]:
        report = check(name, [mistaken(found[name][0], found[other][0])], 50)
        assert report.difference is not None
        assert len(report.difference.texts()) == 2
        assert not report.difference.of_law.same(report.difference.of_jet)


def mistaken(pin: vm.Pin, law: vm.Pin) -> vm.Pin:
    """The pin of one law that holds another."""
    return vm.Pin(law.item, pin.hash)


def test_trace_shows_what_its_law_only_evaluates(laws: dict[str, list[vm.Pin]]) -> None:
    args = [quote(vm.row([1, 2])), quote(3)]
    for pin in laws["_Trace"] + laws["_DeepTrace"]:
        shown: list[object] = []
        result = vm.Evaluation(law(1, call(quote(pin), *args)), [0], shown.append).run(STEPS)
        assert isinstance(result, vm.Done)
        assert result.value == 3
        assert len(shown) == 1
        assert order.equal(shown[0], vm.row([1, 2]))


@pytest.mark.parametrize("name", ["_Mul", "_Div", "_Mod", "_Pow"])
def test_arithmetic_that_takes_long_pauses_and_is_right(name: str) -> None:
    long, longer, short = 7**80_000, 3**300_000, 5**9_000
    calls: dict[str, list[tuple[list[object], int]]] = {
        "_Mul": [([longer, long], longer * long), ([short, 3**2_000_000], short * 3**2_000_000)],
        "_Div": [([longer, long], longer // long)],
        "_Mod": [([longer - 1, long], (longer - 1) % long)],
        "_Pow": [([10**5000, 13], 10**65_000)],
    }
    for args, expected in calls[name]:
        work = jets.NATIVE[name].function(*args).generator
        pauses: list[object] = []
        assert result(work, pauses) == expected
        assert pauses == [PAUSE] * len(pauses)
        assert len(pauses) > 1


def result(work: Generator[object, object, object], yielded: list[object]) -> object:
    """What a generator returns; what it yields is put on a list."""
    try:
        while True:
            yielded.append(next(work))
    except StopIteration as end:
        return end.value


@pytest.mark.parametrize(("name", "args"), [("_Bex", [2**40]), ("_Lsh", [1, 2**70]), ("_SetBit", [2**64, 1])])
def test_absurd_sizes_end_at_the_memory_limit(name: str, args: list[object]) -> None:
    with pytest.raises(vm.MemoryLimit):
        jets.NATIVE[name].function(*args)


def test_the_size_of_a_large_nat_is_right_compiled_too() -> None:
    assert room.bits(1 << 2**30) == 2**30 + 1
    assert jets.NATIVE["_Met"].function((1 << 2**31) - 1) == 2**31


def test_large_values_are_not_made_where_the_process_holds_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "held", lambda: 10**9)
    monkeypatch.setattr(room, "most", 10**9 + 2**24)
    assert jets.NATIVE["_Bex"].function(2**26) == 1 << 2**26
    for name, args in [("_Bex", [2**28]), ("_Gen", [2**20, 0]), ("_Add", [1 << 2**28, 1])]:
        with pytest.raises(vm.MemoryLimit):
            jets.NATIVE[name].function(*args)


def test_walking_a_value_that_unfolds_can_be_interrupted() -> None:
    for name in ("barFlat", "padFlat", "_Blake3"):
        steps = jets.NATIVE[name].function(wide(100))
        assert [next(steps.generator) for _ in range(3)] == [PAUSE, PAUSE, PAUSE]


def test_inputs_are_the_same_for_a_seed_and_others_for_another() -> None:
    drawn = [[written(x) for x in Samples(Random(seed)).arguments("_Cmp", 2)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_inputs_are_of_every_kind() -> None:
    samples = Samples(Random(1))
    found = {
        kind_of(x) for _ in range(600) for x in samples.arguments("tabUnionWith", 3) + samples.arguments("_Put", 3)
    }
    assert found >= {
        "crash",
        "nat",
        "huge",
        "pin",
        "law",
        "app",
        "no row",
        "large row",
        "large tab",
        "Tab",
        "Set",
        "Bar",
    }


def kind_of(x: object) -> str:
    """What an expression comes to."""
    result = outcome(law(1, x), [quote(0)])
    value = result.value
    if result.kind == "crashed":
        return "crash"
    if isinstance(value, int):
        return "huge" if value > 1 << 1000 else "nat"
    if isinstance(value, vm.Row):
        return "large row" if len(value.items) > 50 else "row" if value.items else "no row"
    if isinstance(value, vm.Tab) and len(value) > 50:
        return "large tab"
    return {"Pin": "pin", "Law": "law", "App": "app"}.get(type(value).__name__, type(value).__name__)


def test_arguments_are_listed_for_jets_only() -> None:
    assert {name: len(kinds) for name, kinds in ARGUMENTS.items()} == {
        name: jets.NATIVE[name].arity for name in ARGUMENTS
    }


def test_the_table_finds_jets_by_hash_alone() -> None:
    for name, (hashes, native) in jets.names().items():
        for digest in hashes:
            jet = jets.find(digest)
            assert (jet is not None) == native
            assert jet is None or jet.name == name
        assert jets.family(name)
        assert jets.arity(name) > 0
    assert jets.find(bytes(32)) is None
