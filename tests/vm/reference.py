"""PLAN's equations, transcribed as literally as Python allows: slow, no jets, no native forms, recursive.

A node is updated in place, as the specification's `o <- x` does. `steps` bounds a run: TooLong ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import vm
from vm import shapes


@dataclass(eq=False, slots=True)
class Node:
    """A nat (n), pin (item), law (name, args, body), app (f, x), a link to another node (what a let that only names
    another becomes), or a black hole (tag '')."""

    tag: str
    parts: list[object] = field(default_factory=list)


class RefCrash(Exception):
    """Op and argument."""


class TooLong(Exception):
    """The run took more steps than it was given, or waits for itself."""


def nat(n: int) -> Node:
    return Node("nat", [n])


def app(f: Node, x: Node) -> Node:
    return Node("app", [f, x])


def part(o: Node, i: int) -> Node:
    found = o.parts[i]
    assert isinstance(found, Node)
    return found


class Reference:
    def __init__(self, steps: int = 3000) -> None:
        self.steps = steps

    def force(self, o: Node) -> Node:
        """F[o]"""
        self.evaluate(o)
        if o.tag == "app":
            self.force(part(o, 0))
            self.force(part(o, 1))
        return o

    def evaluate(self, o: Node) -> Node:
        """E[o]"""
        while o.tag in ("app", "link"):
            self.steps -= 1
            if self.steps < 0:
                raise TooLong
            if o.tag == "link":
                target, o.tag = part(o, 0), ""
                self.evaluate(target)
                o.tag, o.parts = target.tag, target.parts
                return o
            self.evaluate(part(o, 0))
            if self.arity(part(o, 0)) != 1:
                return o
            whole = self.strip(o)
            result = self.execute(whole, whole)
            o.tag, o.parts = result.tag, result.parts
        if o.tag == "":
            raise TooLong
        return o

    def nat(self, o: Node) -> int:
        """N[o]"""
        self.evaluate(o)
        n = o.parts[0] if o.tag == "nat" else 0
        assert isinstance(n, int)
        return n

    def arity(self, o: Node) -> int:
        """A[o]"""
        if o.tag == "app":
            return self.arity(part(o, 0)) - 1
        if o.tag == "pin":
            return self.arity(part(o, 0))
        n = o.parts[1] if o.tag == "law" else {0: 3, 1: 5, 2: 3}.get(self.nat(o), 1)
        assert isinstance(n, int)
        return n

    def strip(self, o: Node) -> Node:
        """S[o]: the pins around what is not a law, taken off."""
        if o.tag == "app":
            f, x = part(o, 0), part(o, 1)
            if f.tag == "app":
                return app(self.strip(f), x)
            if f.tag == "pin" and part(f, 0).tag != "law":
                return self.strip(app(part(f, 0), x))
        return o

    def execute(self, f: Node, e: Node) -> Node:
        """X[f, e]"""
        if f.tag in ("app", "pin"):
            return self.execute(part(f, 0), e)
        if f.tag == "law":
            _, args, body = f.parts
            assert isinstance(args, int)
            assert isinstance(body, Node)
            return self.bind(args, args, e, body, body)
        xs = []
        while e.tag == "app":
            xs.insert(0, part(e, 1))
            e = part(e, 0)
        op = self.nat(f)
        if op == 0:
            n, a, body = xs
            if self.nat(a) == 0:
                raise RefCrash(0, nat(0))
            return Node("law", [self.nat(n), self.nat(a), self.force(body)])
        if op == 1:
            p, law, a, n, x = xs
            self.evaluate(x)
            if x.tag == "pin":
                return app(p, part(x, 0))
            if x.tag == "app":
                return app(app(a, part(x, 0)), part(x, 1))
            if x.tag == "nat":
                return app(n, x)
            name, args, body = x.parts
            assert isinstance(name, int)
            assert isinstance(args, int)
            assert isinstance(body, Node)
            return app(app(app(law, nat(name)), nat(args)), body)
        if op == 2:
            zero, succ, x = xs
            n = self.nat(x)
            return zero if n == 0 else app(succ, nat(n - 1))
        if op == 3:
            return nat(self.nat(xs[0]) + 1)
        if op == 4:
            return Node("pin", [self.force(xs[0])])
        raise RefCrash(op, self.force(xs[0]))

    def bind(self, a: int, n: int, e: Node, body: Node, k: Node) -> Node:
        """B[a, n, e, b, k]: a hole in the environment for each let, then L."""
        run = is_let(k)
        if run is not None:
            return self.bind(a, n + 1, app(e, Node("")), body, run[1])
        return self.let(a + 1, n, e, body)

    def let(self, i: int, n: int, e: Node, body: Node) -> Node:
        """L[i, n, e, b]: fill the holes, then the result. Slot i counts from the law itself, 0."""
        run = is_let(body)
        if run is None:
            return self.resolve(n, e, body)
        hole, value = self.index(e, n - i), self.resolve(n, e, run[0])
        if value is not hole:
            hole.tag, hole.parts = "link", [value]
        return self.let(i + 1, n, e, run[1])

    def resolve(self, n: int, e: Node, x: Node) -> Node:
        """R[n, e, x]"""
        if x.tag == "nat":
            k = x.parts[0]
            assert isinstance(k, int)
            return self.index(e, n - k) if k <= n else x
        pair = two(x, 0)
        if pair is not None:
            return app(self.resolve(n, e, pair[0]), self.resolve(n, e, pair[1]))
        if x.tag == "app" and is_nat(part(x, 0), 2):
            return part(x, 1)
        return x

    def index(self, e: Node, n: int) -> Node:
        """I: the n-th argument from the last; the head where they end."""
        while n > 0:
            e = part(e, 0)
            n -= 1
        return part(e, 1) if e.tag == "app" else e


def is_nat(o: Node, n: int) -> bool:
    return o.tag == "nat" and o.parts[0] == n


def two(o: Node, op: int) -> tuple[Node, Node] | None:
    """(f, x) of an app (op f x)."""
    if o.tag == "app" and part(o, 0).tag == "app" and is_nat(part(part(o, 0), 0), op):
        return part(part(o, 0), 1), part(o, 1)
    return None


def is_let(o: Node) -> tuple[Node, Node] | None:
    return two(o, 1)


def plain(x: object) -> Node:
    """The plain shape of a normal value."""
    if isinstance(x, int):
        return nat(x)
    if isinstance(x, vm.Pin):
        return Node("pin", [plain(x.item)])
    if shapes.is_law(x):
        return Node("law", [shapes.law_name(x), shapes.law_args(x), plain(shapes.law_body(x))])
    node = plain(shapes.app_head(x))
    for y in shapes.app_args(x):
        node = app(node, plain(y))
    return node


def written(o: Node) -> str:
    """A normal node as text: equal texts, equal values."""
    if o.tag == "nat":
        return str(o.parts[0])
    if o.tag == "pin":
        return f"<{written(part(o, 0))}>"
    if o.tag == "law":
        name, args, body = o.parts
        assert isinstance(body, Node)
        return f"{{{name} {args} {written(body)}}}"
    if o.tag == "app":
        return f"({written(part(o, 0))} {written(part(o, 1))})"
    raise TooLong
