"""Persistent ordered trees, the native form of sets and tabs.

A tree is a `Node` or None. It is balanced by weight: a subtree holds at most three times as many keys as its sibling
(Adams; the constants 3 and 2 are the pair proved right by Hirai and Yamamoto). Everything is built on `join`, as in
"Just Join for Parallel Ordered Sets" (Blelloch, Ferizovic, Sun): no operation changes a node, all share what they keep.

Keys are normal values, ascending by `vm.order`. A set's nodes carry the value 0; a tab's values may be thunks, and the
evaluator puts a thunk's result in the thunk's place.
"""

from __future__ import annotations

from typing import Final, final

from vm import order
from vm.turns import work

WEIGHT: Final = 3
RATIO: Final = 2


@final
class Node:
    """`normal`, once true, says that all values in the tree are."""

    __slots__ = ("key", "left", "normal", "right", "size", "value")

    def __init__(self, left: Node | None, key: object, value: object, right: Node | None) -> None:
        self.left: Final = left
        self.key: Final = key
        self.value: object = value
        self.right: Final = right
        self.size: Final[int] = 1 + size(left) + size(right)
        self.normal = False


Tree = Node | None


def size(t: Tree) -> int:
    return 0 if t is None else t.size


# -- balance ----------------------------------------------------------------------------------------------------------


def balance(left: Tree, key: object, value: object, right: Tree) -> Node:
    """A node of two trees of which one may be a little too heavy: a key inserted or deleted, or a join below."""
    ls = size(left)
    rs = size(right)
    if ls + rs <= 1:
        return Node(left, key, value, right)
    if rs > WEIGHT * ls:
        assert right is not None
        inner = right.left
        if size(inner) < RATIO * size(right.right):
            return Node(Node(left, key, value, inner), right.key, right.value, right.right)
        assert inner is not None
        return Node(
            Node(left, key, value, inner.left),
            inner.key,
            inner.value,
            Node(inner.right, right.key, right.value, right.right),
        )
    if ls > WEIGHT * rs:
        assert left is not None
        inner = left.right
        if size(inner) < RATIO * size(left.left):
            return Node(left.left, left.key, left.value, Node(inner, key, value, right))
        assert inner is not None
        return Node(
            Node(left.left, left.key, left.value, inner.left),
            inner.key,
            inner.value,
            Node(inner.right, key, value, right),
        )
    return Node(left, key, value, right)


def join(left: Tree, key: object, value: object, right: Tree) -> Node:
    """The tree of all of `left`, then one key, then all of `right`."""
    if left is None:
        return insert_first(key, value, right)
    if right is None:
        return insert_last(left, key, value)
    if WEIGHT * left.size < right.size:
        return balance(join(left, key, value, right.left), right.key, right.value, right.right)
    if WEIGHT * right.size < left.size:
        return balance(left.left, left.key, left.value, join(left.right, key, value, right))
    return Node(left, key, value, right)


def insert_first(key: object, value: object, t: Tree) -> Node:
    if t is None:
        return Node(None, key, value, None)
    return balance(insert_first(key, value, t.left), t.key, t.value, t.right)


def insert_last(t: Tree, key: object, value: object) -> Node:
    if t is None:
        return Node(None, key, value, None)
    return balance(t.left, t.key, t.value, insert_last(t.right, key, value))


def concat(left: Tree, right: Tree) -> Tree:
    """The tree of all of `left`, then all of `right`."""
    if left is None:
        return right
    if right is None:
        return left
    head = first(right)
    return join(left, head.key, head.value, delete_first(right))


def first(t: Node) -> Node:
    while t.left is not None:
        t = t.left
    return t


def delete_first(t: Node) -> Tree:
    if t.left is None:
        return t.right
    return balance(delete_first(t.left), t.key, t.value, t.right)


# -- by key -----------------------------------------------------------------------------------------------------------


def find(t: Tree, key: object) -> Node | None:
    while t is not None:
        c = order.compare(key, t.key)
        if c == 0:
            return t
        t = t.left if c < 0 else t.right
    return None


def insert(t: Tree, key: object, value: object) -> Node:
    """The tree with `key` at `value`; the old key object stays if there was one."""
    if t is None:
        return Node(None, key, value, None)
    c = order.compare(key, t.key)
    if c == 0:
        return Node(t.left, t.key, value, t.right)
    if c < 0:
        return balance(insert(t.left, key, value), t.key, t.value, t.right)
    return balance(t.left, t.key, t.value, insert(t.right, key, value))


def delete(t: Tree, key: object) -> Tree:
    if t is None:
        return None
    c = order.compare(key, t.key)
    if c == 0:
        return concat(t.left, t.right)
    if c < 0:
        smaller = delete(t.left, key)
        return t if smaller is t.left else balance(smaller, t.key, t.value, t.right)
    larger = delete(t.right, key)
    return t if larger is t.right else balance(t.left, t.key, t.value, larger)


def split(t: Tree, key: object) -> tuple[Tree, Node | None, Tree]:
    """What is below `key`, the node at `key`, what is above."""
    if t is None:
        return None, None, None
    c = order.compare(key, t.key)
    if c == 0:
        return t.left, t, t.right
    if c < 0:
        low, found, high = split(t.left, key)
        return low, found, join(high, t.key, t.value, t.right)
    low, found, high = split(t.right, key)
    return join(t.left, t.key, t.value, low), found, high


# -- by position ------------------------------------------------------------------------------------------------------


def at(t: Tree, i: int) -> Node:
    """The i-th node in ascending order. 0 <= i < size."""
    while True:
        assert t is not None
        below = size(t.left)
        if i == below:
            return t
        if i < below:
            t = t.left
        else:
            i -= below + 1
            t = t.right


def split_at(t: Tree, n: int) -> tuple[Tree, Tree]:
    """The first n keys, and the others."""
    if t is None:
        return None, None
    if n <= 0:
        return None, t
    if n >= t.size:
        return t, None
    below = size(t.left)
    if n <= below:
        low, high = split_at(t.left, n)
        return low, join(high, t.key, t.value, t.right)
    low, high = split_at(t.right, n - below - 1)
    return join(t.left, t.key, t.value, low), high


# -- whole trees ------------------------------------------------------------------------------------------------------


def union(a: Tree, b: Tree) -> Tree:
    """All keys of both; a key in both keeps the value of `a`."""
    if a is None:
        return b
    if b is None or a is b:
        return a
    if b.size == 1:
        return a if find(a, b.key) is not None else insert(a, b.key, b.value)
    work(10)
    low, _, high = split(b, a.key)
    left = union(a.left, low)
    right = union(a.right, high)
    if left is a.left and right is a.right:
        return a
    return join(left, a.key, a.value, right)


def intersection(a: Tree, b: Tree) -> Tree:
    """The keys in both, with the values of `a`."""
    if a is None or b is None:
        return None
    if a is b:
        return a
    work(10)
    low, found, high = split(b, a.key)
    left = intersection(a.left, low)
    right = intersection(a.right, high)
    return concat(left, right) if found is None else join(left, a.key, a.value, right)


def difference(a: Tree, b: Tree) -> Tree:
    """The keys of `a` that are not in `b`."""
    if a is None or b is None:
        return a
    if a is b:
        return None
    work(10)
    low, _, high = split(a, b.key)
    return concat(difference(low, b.left), difference(high, b.right))


def keys(t: Tree) -> list[object]:
    """All keys, ascending."""
    out: list[object] = []
    stack: list[Node] = []
    while t is not None or stack:
        while t is not None:
            stack.append(t)
            t = t.left
        work(1)
        node = stack.pop()
        out.append(node.key)
        t = node.right
    return out


def values(t: Tree) -> list[object]:
    """All values, in the order of their keys."""
    out: list[object] = []
    stack: list[Node] = []
    while t is not None or stack:
        while t is not None:
            stack.append(t)
            t = t.left
        work(1)
        node = stack.pop()
        out.append(node.value)
        t = node.right
    return out


def build(ks: list[object], vs: list[object] | None, low: int, high: int) -> Tree:
    if low >= high:
        return None
    work(3)
    mid = (low + high) >> 1
    value: object = 0 if vs is None else vs[mid]
    return Node(build(ks, vs, low, mid), ks[mid], value, build(ks, vs, mid + 1, high))


def from_sorted(ks: list[object], vs: list[object] | None = None) -> Tree:
    """The tree of distinct ascending keys and their values (0 if none are given). O(n)."""
    return build(ks, vs, 0, len(ks))


def from_pairs(pairs: list[tuple[object, object]]) -> Tree:
    """The tree of pairs in any order; of equal keys the last counts."""
    ks = [k for k, _ in pairs]
    if order.ascending(ks):
        return from_sorted(ks, [v for _, v in pairs])
    t: Tree = None
    for k, v in pairs:
        work(20)
        t = insert(t, k, v)
    return t


def fill(t: Tree, vs: list[object], start: int = 0) -> Tree:
    """The same keys with other values: one for each key, from vs[start] on."""
    if t is None:
        return None
    work(3)
    here = start + size(t.left)
    return Node(fill(t.left, vs, start), t.key, vs[here], fill(t.right, vs, here + 1))
