"""Formulas: what they compute is what the jets that they are made of give, on words and on everything else."""

from __future__ import annotations

import os
from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import vm
from vm import formula, jets
from vm.jet import FALLBACK, Steps
from vm.values import delay

from .laws import Known, law, with_jets

EXAMPLES = int(os.environ.get("OPSH_EXAMPLES", "10")) * 20
EDGES = [0, 1, 2, 31, 32, 63, 64, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**61 - 1, 2**61, 2**62, 2**63 - 1, 2**63]
EDGES += [2**63 + 1, 2**64 - 2**31, 2**64 - 10, 2**64 - 1, 2**64, 2**64 + 3, 2**70]
TWO = sorted(formula.OPS)
ONE = sorted({*formula.WITH_ONE, *formula.ALONE} - {"inc"})
Tree = object
"""A nat; the name of an argument; or a list of a jet's name and trees."""


@pytest.fixture(scope="module")
def known() -> Known:
    """Jets for laws that stand for them: nobody runs these."""
    known = with_jets()
    for name in [*TWO, *ONE]:
        if name not in known:
            args = "x y" if name in TWO else "x"
            pin = law(known, name, args, ["x", 77777])
            vm.jets.register(name, pin.hash)
    return known


def run(known: Known, tree: Tree, args: dict[str, object], lazily: bool = False) -> object:
    """The tree as the body of a law, applied; `lazily`: the law puts it in a row."""
    pin = law(known, "f", " ".join(args), [vm.law(0, 2, 0), tree] if lazily else tree)
    value = vm.evaluate(pin, *args.values())
    if lazily:
        assert isinstance(value, vm.Row)
        return value.items[0]
    return value


def expected(tree: Tree, args: dict[str, object]) -> object:
    """By the jets themselves, one by one; None where a law would run for ever."""
    if isinstance(tree, str):
        return args[tree]
    if not isinstance(tree, list):
        return tree
    xs = [expected(x, args) for x in tree[1:]]
    if any(x is None for x in xs):
        return None
    if tree[0] == "_If":
        return xs[1] if isinstance(xs[0], int) and xs[0] > 0 else xs[2]
    if tree[0] == "inc":
        return xs[0] + 1 if isinstance(xs[0], int) else 1
    value = jets.NATIVE[tree[0]].function(*xs)
    assert not isinstance(value, Steps)
    return None if value is FALLBACK else value


@pytest.mark.parametrize("name", TWO)
def test_a_step_is_its_jet_on_all_sizes_of_nats(name: str, known: Known) -> None:
    pin = law(known, "f", "x y", ["w64", [name, "x", "y"]])
    assert any(" formula " in line for line in vm.listing(pin))
    for x, y in product(EDGES, EDGES):
        if name == "_Lsh" and y > 64:
            continue  # what is shifted so far is no word
        want = expected(["w64", [name, "x", "y"]], {"x": x, "y": y})
        assert want is None or vm.evaluate(pin, x, y) == want, (x, y)


@pytest.mark.parametrize("name", ONE)
def test_a_step_on_one_nat_is_its_jet_on_all_sizes(name: str, known: Known) -> None:
    for x in EDGES:
        for tree in (["w64", [name, "x"]], ["w32", [name, "x"]], ["w64", ["inc", "x"]]):
            assert run(known, tree, {"x": x}) == expected(tree, {"x": x}), x


def trees(args: str) -> st.SearchStrategy[Tree]:
    leaves = st.one_of(st.sampled_from(list(args)), st.sampled_from(EDGES), st.integers(0, 100))

    def inner(tree: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        two = st.tuples(st.sampled_from([name for name in TWO if name != "_Lsh"]), tree, tree).map(list)
        one = st.tuples(st.sampled_from([*ONE, "inc"]), tree).map(list)
        choice = st.tuples(st.just("_If"), tree, tree, tree).map(list)
        return st.one_of(two, two, two, one, choice)

    return st.recursive(leaves, inner, max_leaves=12)


NATS = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**64), st.integers(0, 300))


@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(tree=trees("xyz"), nats=st.tuples(NATS, NATS, NATS), late=st.tuples(*[st.booleans()] * 3), lazily=st.booleans())
def test_a_tree_of_steps_is_what_its_jets_give(
    known: Known, tree: Tree, nats: tuple[int, int, int], late: tuple[bool, bool, bool], lazily: bool
) -> None:
    args: dict[str, object] = dict(zip("xyz", nats, strict=True))
    want = expected(tree, args)
    assume(want is not None)
    given = {name: delay(known["K"], [x, 0]) if wait else x for (name, x), wait in zip(args.items(), late, strict=True)}
    assert run(known, tree, given, lazily) == want


@pytest.mark.parametrize("x", [vm.row([1, 2]), vm.bar(b"a"), vm.pin(3), vm.law(0, 2, 0), vm.row([])])
def test_what_is_no_nat_counts_as_0_but_where_it_is_compared(x: object, known: Known) -> None:
    assert run(known, ["w64", ["inc", ["add64", "x", 5]]], {"x": x}) == 6
    assert run(known, ["mul64", ["_Lth", 2**70, "x"], 7], {"x": x}) == 7
    assert run(known, ["w64", ["_Eql", "x", "y"]], {"x": x, "y": x}) == 1


def test_a_choice_evaluates_nothing_but_its_branch(known: Known) -> None:
    law(known, "never", "x", ["never", "x"])
    tree = ["_If", "x", ["add64", "x", 1], ["add64", "y", 1]]
    assert run(known, tree, {"x": 4, "y": delay(9, [1])}) == 5
    with pytest.raises(vm.Crash):
        run(known, tree, {"x": 0, "y": delay(9, [1])})


def test_a_product_with_0_does_not_ask_for_the_other_factor(known: Known) -> None:
    assert run(known, ["mul64", "x", "y"], {"x": delay(9, [1]), "y": 0}) == 0
    assert run(known, ["mul64", ["iDiv64", "x", 10], "y"], {"x": delay(9, [1]), "y": 2**64}) == 0
