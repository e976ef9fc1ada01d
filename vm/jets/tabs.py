"""Jets on tabs. What is no tab is left to the law; keys are treated as in `vm.jets.sets`. Values stay unevaluated."""

from __future__ import annotations

from typing import Final

from vm import shapes, trees
from vm.jet import FALLBACK, Attempt, Jet, Steps
from vm.jets import control, sets
from vm.jets.common import Work, as_tab, bit, item, items, keyed, nat, pair, ready, row_of, some, tail
from vm.normal import is_normal
from vm.turns import work
from vm.values import App, Bar, Cow, Crash, Pin, Row, Set, Tab, delay, delay_normal, known


def make_tab(keys: object, values: object) -> object:
    return shapes.make_app(shapes.make_law(1, 2, keys), [values])


def single(key: object, value: object) -> object:
    return Tab(trees.Node(None, key, value, None))


def is_tab(x: object) -> object:
    if isinstance(x, App) and isinstance(x.head, Set) and len(x.args) == 1:
        values = known(x.args[0])
        return Steps(watching(x)) if values is None else bit(as_tab(x) is not None)
    return bit(isinstance(x, Tab))


def watching(x: App) -> Work:
    yield x.args[0]
    return bit(as_tab(x) is not None)


def type_tag(x: object) -> object:
    if isinstance(x, App):
        if isinstance(x.head, Set) and len(x.args) == 1:
            values = known(x.args[0])
            return Steps(tagging(x)) if values is None else (2 if as_tab(x) is None else 6)
        return 2
    if isinstance(x, int):
        return 3
    if isinstance(x, Row):
        return 5
    if isinstance(x, Tab):
        return 6
    if isinstance(x, Bar):
        return 4
    if isinstance(x, Cow):
        return 7
    if isinstance(x, Set):
        return 8
    return 0 if isinstance(x, Pin) else 1


def tagging(x: App) -> Work:
    yield x.args[0]
    return 2 if as_tab(x) is None else 6


def keys_row(x: object) -> object:
    if isinstance(x, Tab):
        return row_of(x.keys())
    if isinstance(x, App) and isinstance(x.head, Set) and len(x.args) == 1:
        return shapes.law_body(x.head)
    return FALLBACK


def keys_list(x: object) -> object:
    if not isinstance(x, Tab):
        return FALLBACK
    out: object = 0
    for key in x.keys()[::-1]:
        work(2)
        out = pair(key, out)
    return out


def size(x: object) -> object:
    t = as_tab(x)
    return FALLBACK if t is None else len(t)


def is_empty(x: object) -> object:
    t = as_tab(x)
    return FALLBACK if t is None else bit(len(t) == 0)


def has(key: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    return sets.has(key, Set(t.root))


def idx(key: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    root = t.root
    if root is None:
        return 0
    k = ready(key)
    return keyed(key, lambda k: value_at(root, k, 0)) if k is None else value_at(root, k, 0)


def value_at(root: trees.Node, key: object, other: object) -> object:
    node = trees.find(root, key)
    return other if node is None else node.value


def lookup(key: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    root = t.root
    return 0 if root is None else keyed(key, lambda k: maybe_at(root, k))


def maybe_at(root: trees.Node, key: object) -> object:
    node = trees.find(root, key)
    return 0 if node is None else some(node.value)


def switch(key: object, other: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    root = t.root
    return other if root is None else keyed(key, lambda k: value_at(root, k, other))


def insert(key: object, value: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    root = t.root
    k = ready(key)
    return keyed(key, lambda k: Tab(trees.insert(root, k, value))) if k is None else Tab(trees.insert(root, k, value))


def to_pairs(x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    out: list[object] = []
    for k, v in t.items():
        work(2)
        out.append(pair(k, v))
    return row_of(out)


def to_pair_list(x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    out: object = 0
    for k, v in t.items()[::-1]:
        work(4)
        out = pair(pair(k, v), out)
    return out


def from_pairs(x: object) -> object:
    pairs = items(x)
    ready: list[tuple[object, object]] = []
    for p in pairs:
        work(1)
        both = known(p)
        if both is None:
            return Steps(inserting(pairs))
        key = known(item(both, 0))
        if key is None or not is_normal(key):
            return Steps(inserting(pairs))
        ready.append((key, item(both, 1)))
    return Tab(trees.from_pairs(ready))


def inserting(pairs: list[object]) -> Work:
    ready: list[tuple[object, object]] = []
    for p in pairs:
        both = yield p
        key = yield Attempt(delay_normal(item(both, 0)))
        if isinstance(key, Crash):
            return FALLBACK
        ready.append((key, item(both, 1)))
    return Tab(trees.from_pairs(ready))


def at(i: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    if not isinstance(i, int) or i >= len(t):
        return 0
    node = trees.at(t.root, i)
    return pair(node.key, node.value)


def split_at(n: object, x: object) -> object:
    """The whole tab twice if n is no nat: such an n is greater than any to take, and 0 to drop."""
    t = as_tab(known(x))
    k = known(n)
    if k is None or t is None:
        return FALLBACK
    if not isinstance(k, int):
        return pair(t, t)
    low, high = trees.split_at(t.root, k)
    return pair(Tab(low), Tab(high))


def split_below(key: object, x: object) -> object:
    t = as_tab(known(x))
    k = known(key)
    if k is None or t is None or not is_normal(k):
        return FALLBACK
    low, found, high = trees.split(t.root, k)
    return pair(Tab(low), Tab(high if found is None else trees.insert_first(found.key, found.value, high)))


def alter(f: object, key: object, x: object) -> object:
    t = as_tab(x)
    return FALLBACK if t is None else Steps(altering(f, key, t))


def altering(f: object, key: object, t: Tab) -> Work:
    if t.root is None:
        # Nothing to compare the key with: f decides whether it is looked at.
        new = yield delay(f, [0])
        if isinstance(new, int):
            return t
        k = yield Attempt(delay_normal(key))
        return FALLBACK if isinstance(k, Crash) else Tab(trees.insert(None, k, tail(new)))
    k = yield Attempt(delay_normal(key))
    if isinstance(k, Crash):
        return FALLBACK
    node = trees.find(t.root, k)
    old: object = 0 if node is None else some(node.value)
    new = yield delay(f, [old])
    if not isinstance(new, int):
        return Tab(trees.insert(t.root, k, tail(new)))
    return t if node is None else Tab(trees.delete(t.root, k))


def map_with_key(f: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    thunks: list[object] = []
    for k, v in t.items():
        work(4)
        thunks.append(delay(f, [k, v]))
    return Tab(trees.fill(t.root, thunks))


def map_(f: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    thunks: list[object] = []
    for v in t.values():
        work(4)
        thunks.append(delay(f, [v]))
    return Tab(trees.fill(t.root, thunks))


def union_with(f: object, x: object, y: object) -> object:
    a = as_tab(x)
    b = as_tab(y)
    if a is None or b is None:
        return FALLBACK
    out = trees.union(a.root, b.root)
    fewer = a if len(a) < len(b) else b
    for key in trees.keys(fewer.root):
        work(20)
        one = trees.find(a.root, key)
        other = trees.find(b.root, key)
        if one is not None and other is not None:
            out = trees.insert(out, key, delay(f, [one.value, other.value]))
    return Tab(out)


def weld(x: object, y: object) -> object:
    a = as_tab(x)
    b = as_tab(y)
    return FALLBACK if a is None or b is None else Tab(trees.union(a.root, b.root))


def min_key(x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    root = t.root
    return 0 if root is None else trees.first(root).key


def fold(f: object, start: object, x: object) -> object:
    t = as_tab(x)
    if t is None:
        return FALLBACK
    return start if t.root is None else Steps(folding(f, start, t))


def folding(f: object, acc: object, t: Tab) -> Work:
    for key, value in t.items():
        acc = yield delay(f, [acc, key, value])
    return acc


def filter_with_key(f: object, x: object) -> object:
    t = as_tab(x)
    return FALLBACK if t is None else Steps(filtering(f, t))


def filtering(f: object, t: Tab) -> Work:
    ks: list[object] = []
    vs: list[object] = []
    for key, value in t.items():
        if nat((yield delay(f, [key, value]))):
            ks.append(key)
            vs.append(value)
    return Tab(trees.from_sorted(ks, vs))


JETS: Final = [
    Jet("_MkTab", 2, "dl", make_tab),
    Jet("tabSing", 2, "dl", single),
    Jet("isTab", 1, "s", is_tab),
    Jet("_TypeTag", 1, "s", type_tag),
    Jet("_TabKeys", 1, "s", control.car),
    Jet("_TabVals", 1, "s", control.cdr),
    Jet("_TabKeysRow", 1, "s", keys_row),
    Jet("_TabKeysList", 1, "s", keys_list),
    Jet("_TabLen", 1, "s", size),
    Jet("_TabIsEmpty", 1, "s", is_empty),
    Jet("_TabHas", 2, "ls", has),
    Jet("tabIdx", 2, "ls", idx),
    Jet("_TabLookup", 2, "ls", lookup),
    Jet("tabSwitch", 3, "lls", switch),
    Jet("tabIns", 3, "lls", insert),
    Jet("tabToPairs", 1, "s", to_pairs),
    Jet("tabToPairList", 1, "s", to_pair_list),
    Jet("tabFromPairs", 1, "s", from_pairs),
    Jet("tabElemIdx", 2, "ss", at),
    Jet("tabSplitAt", 2, "ll", split_at),
    Jet("tabSplitLT", 2, "ll", split_below),
    Jet("tabAlter", 3, "lls", alter),
    Jet("tabMapWithKey", 2, "ls", map_with_key),
    Jet("tabMap", 2, "ls", map_),
    Jet("tabUnionWith", 3, "lss", union_with),
    Jet("tabWeld", 2, "ss", weld),
    Jet("tabMinKey", 1, "s", min_key),
    Jet("tabFoldlWithKey", 3, "lls", fold),
    Jet("_TabFilterWithKey", 2, "ls", filter_with_key),
]
