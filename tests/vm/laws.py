"""Laws written as trees: [f, x, y] applies; a string names an argument, a let, the law itself, or what is known."""

from __future__ import annotations

import vm

Known = dict[str, object]


def body(e: object, env: dict[str, int], known: Known) -> object:
    if isinstance(e, str):
        return env[e] if e in env else vm.app(2, known[e])
    if not isinstance(e, list):
        return vm.app(2, e)
    out = body(e[0], env, known)
    for x in e[1:]:
        out = vm.app(0, out, body(x, env, known))
    return out


def law(known: Known, name: str, args: str, e: object, **lets: object) -> vm.Pin:
    """The pinned law `name`, which becomes known."""
    names = args.split()
    env = {name: 0} | {x: i + 1 for i, x in enumerate([*names, *lets])}
    out = body(e, env, known)
    for x in reversed(lets):
        out = vm.app(1, body(lets[x], env, known), out)
    made = vm.pin(vm.law(vm.utf8(name), len(names), out))
    known[name] = made
    return made


def basics() -> Known:
    """Pure PLAN, no jets: what the tests are written in."""
    known: Known = {"law": 0, "case": 1, "2": 2, "inc": 3, "pin": 4}
    law(known, "K", "a b", "a")
    law(known, "K3", "a b c", "a")
    law(known, "K4", "a b c d", "a")
    law(known, "id", "x", "x")
    law(known, "second", "a b", "b")
    law(known, "if", "c t e", ["2", "e", ["K", "t"], "c"])
    law(known, "seq", "a b", ["case", ["K", "b"], ["K4", "b"], ["K3", "b"], ["K", "b"], "a"])
    law(known, "dec", "n", ["2", 0, "id", "n"])
    law(known, "cdr", "x", ["case", "id", "K4", "second", "id", "x"])
    law(known, "car", "x", ["case", "id", "K4", "K", "id", "x"])
    return known


def with_jets() -> Known:
    """The same, and jets for laws that stand for them: of each enough for a hash of its own, not what it computes."""
    known = basics()
    for name in ("_Add", "_Sub", "_Mul", "_Lth", "_Lte", "_Eql", "_Idx", "_Get", "_Seq", "_Trace"):
        law(known, name, "x y", ["x", 77777, "y"])
    for name in ("_Gen", "_Pow", "setWeld"):
        law(known, name, "x y", ["x", 77777, "y"])
    for name in ("_PlanHash", "_SaveSeed"):
        law(known, name, "x", ["x", 77777])
    for name in ("_Dec", "_Eqz", "_Force", "_Try"):
        law(known, name, "x", ["x", 77777])
    for name in ("_If", "_Put", "_Switch", "tabSwitch"):
        law(known, name, "x y z", ["x", 77777, "y", "z"])
    for name, value in known.items():
        if isinstance(value, vm.Pin) and (name[0] == "_" or name in ("tabSwitch", "setWeld")):
            vm.jets.register(name, value.hash)
    return known
