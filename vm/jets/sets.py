"""Jets on sets. What is not a set is left to the law.

A set's keys are normal, so a key that is looked for is evaluated fully first; if that crashes the law decides which
crash it is. What the law leaves unevaluated, a row of two sets say, is made only where nothing is left to evaluate.
"""

from __future__ import annotations

from typing import Final

from vm import shapes, trees
from vm.jet import FALLBACK, Jet, Steps
from vm.jets.common import Work, bit, items, keyed, nat, pair, ready, row_of, with_items
from vm.normal import is_normal
from vm.values import Set, known


def make_set(x: object) -> object:
    return shapes.make_law(1, 2, x)


def single(x: object) -> object:
    return Set(trees.from_sorted([x]))


def to_row(x: object) -> object:
    return shapes.law_body(x) if shapes.is_law(x) else 0


def is_set(x: object) -> object:
    return bit(isinstance(x, Set))


def is_empty(x: object) -> object:
    return bit(len(x) == 0) if isinstance(x, Set) else FALLBACK


def size(x: object) -> object:
    return len(x) if isinstance(x, Set) else FALLBACK


def least(x: object) -> object:
    if not isinstance(x, Set):
        return FALLBACK
    root = x.root
    return 0 if root is None else trees.first(root).key


def has(key: object, x: object) -> object:
    if not isinstance(x, Set):
        return FALLBACK
    root = x.root
    if root is None:
        return 0
    k = ready(key)
    return keyed(key, lambda k: among(root, k)) if k is None else among(root, k)


def among(root: trees.Node, key: object) -> int:
    return bit(trees.find(root, key) is not None)


def insert(key: object, x: object) -> object:
    if not isinstance(x, Set):
        return FALLBACK
    root = x.root
    return keyed(key, lambda k: Set(trees.union(root, trees.from_sorted([k]))))


def delete(key: object, x: object) -> object:
    if not isinstance(x, Set):
        return FALLBACK
    root = x.root
    return x if root is None else keyed(key, lambda k: Set(trees.delete(root, k)))


def weld(x: object, y: object) -> object:
    return Set(trees.union(x.root, y.root)) if isinstance(x, Set) and isinstance(y, Set) else FALLBACK


def weld_ascending(xs: list[object]) -> object:
    keys: list[object] = []
    for x in xs:
        if not isinstance(x, Set):
            return FALLBACK
        keys += trees.keys(x.root)
    return shapes.make_law(1, 2, row_of(keys))


def cat_ascending(x: object) -> object:
    return with_items(items(x), weld_ascending, True)


def drop(n: object, x: object) -> object:
    return Set(trees.split_at(x.root, nat(n))[1]) if isinstance(x, Set) else FALLBACK


def take(n: object, x: object) -> object:
    """All of x if n is no nat, for that is greater than any."""
    if not isinstance(x, Set):
        return FALLBACK
    return Set(trees.split_at(x.root, n)[0]) if isinstance(n, int) else x


def split_at(n: object, x: object) -> object:
    s = known(x)
    k = known(n)
    if k is None or not isinstance(s, Set):
        return FALLBACK
    return pair(take(k, s), drop(k, s))


def split_below(key: object, x: object) -> object:
    s = known(x)
    k = known(key)
    if k is None or not isinstance(s, Set) or not is_normal(k):
        return FALLBACK
    low, found, high = trees.split(s.root, k)
    return pair(Set(low), Set(high if found is None else trees.insert_first(found.key, 0, high)))


def intersect(x: object, y: object) -> object:
    if not isinstance(y, Set):
        return FALLBACK
    return y if y.root is None else with_set(x, y, True)


def subtract(x: object, y: object) -> object:
    if not isinstance(y, Set):
        return FALLBACK
    return x if y.root is None else with_set(x, y, False)


def with_set(x: object, y: Set, common: bool) -> object:
    value = known(x)
    return Steps(waiting(x, y, common)) if value is None else combined(value, y, common)


def waiting(x: object, y: Set, common: bool) -> Work:
    value = yield x
    return combined(value, y, common)


def combined(x: object, y: Set, common: bool) -> object:
    if not isinstance(x, Set):
        return FALLBACK
    return Set(trees.intersection(x.root, y.root) if common else trees.difference(x.root, y.root))


JETS: Final = [
    Jet("_MkSet", 1, "d", make_set),
    Jet("_SetToRow", 1, "s", to_row),
    Jet("isSet", 1, "s", is_set, None, True),
    Jet("setSing", 1, "d", single),
    Jet("setIsEmpty", 1, "s", is_empty),
    Jet("setLen", 1, "s", size),
    Jet("setMin", 1, "s", least),
    Jet("setHas", 2, "ls", has),
    Jet("setIns", 2, "ls", insert),
    Jet("setDel", 2, "ls", delete),
    Jet("setWeld", 2, "ss", weld, [1, 0]),
    Jet("setCatRowAsc", 1, "s", cat_ascending),
    Jet("setDrop", 2, "ss", drop),
    Jet("setTake", 2, "ss", take),
    Jet("setSplitAt", 2, "ll", split_at),
    Jet("setSplitLT", 2, "ll", split_below),
    Jet("setIntersect", 2, "ls", intersect),
    Jet("setSub", 2, "ls", subtract),
]
