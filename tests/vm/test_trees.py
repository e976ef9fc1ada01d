"""Trees against Python's dicts and sets, and their balance."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vm import trees
from vm.trees import Tree

KEYS = st.integers(0, 60)
DICTS = st.dictionaries(KEYS, st.integers(), max_size=60)


def grown(d: dict[int, int]) -> Tree:
    t: Tree = None
    for k, v in d.items():
        t = trees.insert(t, k, v)
    return t


def contents(t: Tree) -> dict[object, object]:
    check(t)
    return dict(zip(trees.keys(t), trees.values(t), strict=True))


def check(t: Tree) -> None:
    """Sizes are right, siblings within the weight of each other, keys ascending."""
    if t is None:
        return
    low, high = trees.size(t.left), trees.size(t.right)
    assert t.size == low + high + 1
    assert low + high <= 1 or (low <= trees.WEIGHT * high and high <= trees.WEIGHT * low)
    assert trees.keys(t) == sorted(set(trees.keys(t)))
    check(t.left)
    check(t.right)


@given(DICTS, KEYS)
def test_insert_find_and_delete_are_those_of_a_dict(d: dict[int, int], k: int) -> None:
    t = grown(d)
    assert contents(t) == d
    found = trees.find(t, k)
    assert (found.value if found else None) == d.get(k)
    assert contents(trees.insert(t, k, -1)) == d | {k: -1}
    assert contents(trees.delete(t, k)) == {a: b for a, b in d.items() if a != k}
    assert contents(t) == d


@given(DICTS, DICTS)
def test_union_intersection_and_difference_prefer_the_left(a: dict[int, int], b: dict[int, int]) -> None:
    x, y = grown(a), trees.from_sorted(sorted(b), [b[k] for k in sorted(b)])
    assert contents(trees.union(x, y)) == b | a
    assert contents(trees.intersection(x, y)) == {k: v for k, v in a.items() if k in b}
    assert contents(trees.difference(x, y)) == {k: v for k, v in a.items() if k not in b}


@given(DICTS, KEYS)
def test_split_parts_keys_below_and_above(d: dict[int, int], k: int) -> None:
    low, found, high = trees.split(grown(d), k)
    assert contents(low) == {a: b for a, b in d.items() if a < k}
    assert contents(high) == {a: b for a, b in d.items() if a > k}
    assert (found.value if found else None) == d.get(k)


@given(DICTS, st.integers(0, 70))
def test_positions_are_those_of_the_sorted_keys(d: dict[int, int], n: int) -> None:
    t = grown(d)
    low, high = trees.split_at(t, n)
    assert list(contents(low)) == sorted(d)[:n]
    assert list(contents(high)) == sorted(d)[n:]
    assert [trees.at(t, i).key for i in range(len(d))] == sorted(d)


@given(st.lists(st.tuples(KEYS, st.integers()), max_size=60))
def test_of_equal_keys_the_last_pair_counts(pairs: list[tuple[object, object]]) -> None:
    assert contents(trees.from_pairs(pairs)) == dict(pairs)


def test_what_an_insertion_keeps_is_shared() -> None:
    t = trees.from_sorted(list(range(0, 20_000, 2)))
    kept = {id(node) for node in nodes(t)}
    new = [node for node in nodes(trees.insert(t, 9999, 0)) if id(node) not in kept]
    assert len(new) < 40


def nodes(t: Tree) -> list[trees.Node]:
    return [] if t is None else [*nodes(t.left), t, *nodes(t.right)]
