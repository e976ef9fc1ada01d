"""Programs that use jets against the same programs without any: forks, switches, lets and what is evaluated when."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import vm
from shell.jet_samples import call, quote
from sire import Loader, library_path
from vm import jets

from .laws import law, with_jets

STEPS = 100_000
EXAMPLES = int(os.environ.get("OPSH_EXAMPLES", "10")) * 10
NAMES = {
    "_If": 3,
    "_Ifz": 3,
    "_Seq": 2,
    "_And": 2,
    "_Or": 2,
    "_Not": 1,
    "_Bit": 1,
    "_Eqz": 1,
    "_Dec": 1,
    "_Add": 2,
    "_Sub": 2,
    "_Mul": 2,
    "_Eql": 2,
    "_Neq": 2,
    "_Lth": 2,
    "_Lte": 2,
    "_Gth": 2,
    "_Gte": 2,
    "_IsNat": 1,
    "_Idx": 2,
    "_Get": 2,
    "_Force": 1,
    "_Switch": 3,
    "tabSwitch": 3,
    "_Len": 1,
    "_Car": 1,
    "_Cdr": 1,
    "barIdx": 2,
    "barLen": 1,
}
Program = tuple[int, list[object], object]
"""Number of arguments, lets, expression: a slot (int), ("const", value), ("jet", name), or a list, which is a call."""


def expressions(slots: int) -> st.SearchStrategy[object]:
    nats = st.sampled_from([0, 0, 1, 1, 2, 3, 65535, 65536, 2**64])
    consts = st.one_of(nats, st.just(vm.row([1, 0, 2])), st.just(vm.row([])), st.just(vm.bar(b"a")), st.just(vm.pin(2)))
    leaves = st.one_of(st.integers(0, slots), st.integers(1, slots), consts.map(lambda x: ("const", x)))

    def inner(e: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        some = st.lists(e, min_size=1, max_size=3)
        jet = st.sampled_from(sorted(NAMES)).flatmap(
            lambda name: st.lists(e, min_size=NAMES[name], max_size=NAMES[name]).map(lambda xs: [("jet", name), *xs])
        )
        row = some.map(lambda xs: [("const", vm.law(0, len(xs) + 1, 0)), *xs])
        switch = st.tuples(e, e, row).map(lambda x: [("jet", "_Switch"), *x])
        table = st.tuples(e, e, e, e).map(
            lambda x: [
                ("jet", "tabSwitch"),
                x[0],
                x[1],
                [("const", vm.set_of([0, 1])), [("const", vm.law(0, 3, 0)), x[2], x[3]]],
            ]
        )
        op = st.one_of(
            st.tuples(e, e, e).map(lambda x: [("const", 2), *x]),
            st.tuples(e, e, e, e, e).map(lambda x: [("const", 1), *x]),
            e.map(lambda x: [("const", 3), x]),
            e.map(lambda x: [("const", 9), x]),
        )
        applied = st.tuples(st.integers(0, slots), some).map(lambda x: [x[0], *x[1]])
        return st.one_of(jet, jet, jet, switch, table, row, op, applied)

    return st.recursive(leaves, inner, max_leaves=14)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    nargs = draw(st.integers(1, 3))
    nlets = draw(st.integers(0, 4))
    e = expressions(nargs + nlets)
    return nargs, [draw(e) for _ in range(nlets)], draw(e)


def body(e: object, pins: dict[str, vm.Pin]) -> object:
    if isinstance(e, int):
        return e
    if isinstance(e, tuple):
        return quote(pins[e[1]] if e[0] == "jet" else e[1])
    assert isinstance(e, list)
    return call(*[body(x, pins) for x in e])


def build(program: Program, pins: dict[str, vm.Pin]) -> vm.Pin:
    nargs, lets, e = program
    out = body(e, pins)
    for let in reversed(lets):
        out = vm.app(1, body(let, pins), out)
    return vm.pin(vm.law(0, nargs, out))


def outcome(f: object, args: list[object]) -> tuple[str, object]:
    try:
        result = vm.Evaluation(f, args, None, 1 << 20).run(STEPS)
    except vm.MemoryLimit:
        return "too large", 0
    if isinstance(result, vm.Crashed):
        return "crashed", vm.row([result.op, result.arg])
    return ("done", result.value) if isinstance(result, vm.Done) else ("too long", 0)


@pytest.fixture(scope="module")
def pins() -> tuple[dict[str, vm.Pin], dict[str, vm.Pin]]:
    """The laws of our library that jets stand in for, by the jets' names; and copies of them."""
    waiting = [x for x in Loader().load(library_path() / "prelude.sire").modules.values() if isinstance(x, vm.Pin)]
    found: dict[bytes, vm.Pin] = {}
    while waiting:
        pin = waiting.pop()
        if pin.hash not in found:
            found[pin.hash] = pin
            waiting += pin.refs
    known = {name: found[h] for name, (hashes, _) in jets.names().items() for h in hashes if h in found}
    mine = {name: known[name] for name in NAMES}
    copies = vm.load(vm.save(vm.row(list(mine.values()))))
    assert isinstance(copies, vm.Row)
    return mine, {name: x for name, x in zip(mine, copies.items, strict=True) if isinstance(x, vm.Pin)}


ARGS = [0, 1, 7, 2**64, vm.row([3, 1]), vm.app(0, 1), vm.law(0, 1, 1), 3]


@given(program=programs(), args=st.lists(st.sampled_from(ARGS), min_size=3, max_size=3))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_program_gives_the_same_with_jets_as_without(
    pins: tuple[dict[str, vm.Pin], dict[str, vm.Pin]], program: Program, args: list[object]
) -> None:
    fast, plain = pins
    table = jets.TABLE.copy()
    jets.TABLE.clear()
    try:
        f = build(program, plain)
        expected = outcome(f, args[: program[0]])
    finally:
        jets.TABLE.update(table)
    assume(expected[0] not in ("too long", "too large"))
    found = outcome(build(program, fast), args[: program[0]])
    assert found[0] == expected[0]
    assert vm.equal(found[1], expected[1])


def test_a_small_law_is_computed_where_it_is_called() -> None:
    known = with_jets()
    law(known, "twice", "x", ["_Add", "x", "x"])
    law(known, "loop", "x", ["_If", "x", ["loop", ["_Dec", "x"]], 0])
    made = law(known, "f", "x", ["twice", ["_Mul", "x", ["loop", "x"]]])
    lines = [line.split() for line in vm.listing(made)]
    assert not any("twice" in line for line in lines)
    assert any("loop" in line for line in lines)
    assert vm.evaluate(made, 5) == 0


def test_what_a_fork_makes_stays_in_its_branch() -> None:
    known = with_jets()
    law(known, "twice", "x", ["_Add", "x", "x"])
    law(known, "more", "p", ["_Add", ["twice", ["inc", "p"]], ["twice", ["inc", "p"]]])
    made = law(known, "f", "n", ["_Add", ["2", 0, "more", "n"], ["twice", ["2", 1, "twice", "n"]]])
    assert [vm.evaluate(made, n) for n in range(4)] == [2, 4, 12, 20]


def test_laws_in_laws_do_not_grow_without_bound() -> None:
    known = with_jets()
    law(known, "f0", "x", ["_Add", "x", 1])
    for i in range(1, 80):
        law(known, f"f{i}", "x", [f"f{i - 1}", [f"f{i - 1}", "x"]])
    assert len(vm.listing(known["f79"])) < 2000
    lets = {f"l{i}": ["_If", "x", f"l{i - 1}", f"l{i - 1}"] for i in range(1, 80)}
    made = law(known, "g", "x", ["_Add", "l79", "l79"], l0=["_Add", "x", 1], **lets)
    assert vm.evaluate(made, 20) == 42
