"""The plain shapes behind native forms: which laws and applications have one, and what op 1 sees of it.

row of n > 0    {0 n+1 0} applied to its items, last first      empty row   the law {0 1 0}
cow n > 0       the law {0 n+1 0}
bar             the law {1 1 b}, b the bytes as a little-endian nat, with a byte 1 above the last
set             the law {1 2 r}, r the row of its keys, ascending and distinct
tab             the set of its keys applied to the row of its values
"""

from __future__ import annotations

from typing import Final

from vm import order, shared, trees
from vm.room import bits
from vm.turns import work
from vm.values import HUGE, App, Bar, Cow, Law, Pin, Row, Set, Tab, known

EMPTY: Final = Row([])


def bar_nat(data: bytes) -> int:
    """The body of a bar's law."""
    return int.from_bytes(data, "little") | (1 << (len(data) << 3))


def nat_bar(n: int) -> bytes | None:
    """The bytes of the bar with body n, or None if there is no such bar."""
    if n == 0:
        return None
    end = bits(n) - 1
    if end & 7:
        return None
    return (n ^ (1 << end)).to_bytes(end >> 3, "little")


def make_law(name: int, args: int, body: object) -> object:
    """The law {name args body} in its native form, if it has one. args > 0, body normal."""
    if name == 0:
        if isinstance(body, int) and body == 0:
            return EMPTY if args == 1 else Cow(args - 1)
    elif name == 1:
        if args == 1:
            if isinstance(body, int):
                data = nat_bar(body)
                if data is not None:
                    return Bar(data)
        elif args == 2 and isinstance(body, Row) and order.ascending(body.items):
            return Set(trees.from_sorted(body.items))
    return Law(name, args, body)


def make_app(head: object, args: list[object]) -> object:
    """The application of a head that is no app, in its native form, if it has one.

    The caller sees to it that nothing is left to run: the head lacks arguments still, or is a cow that has all.
    """
    if isinstance(head, Cow):
        if len(args) == head.size:
            return Row(args[::-1])
    elif isinstance(head, Set) and len(args) == 1:
        values = known(args[0])
        if isinstance(values, Row) and len(values.items) == trees.size(head.root):
            return Tab(trees.fill(head.root, values.items))
    return App(head, args)


def is_law(x: object) -> bool:
    """Does op 1 see a law?"""
    return isinstance(x, (Law, Bar, Cow, Set)) or (isinstance(x, Row) and not x.items)


def is_app(x: object) -> bool:
    """Does op 1 see an application?"""
    return isinstance(x, (App, Tab)) or (isinstance(x, Row) and len(x.items) > 0)


def law_name(x: object) -> int:
    """The name of what is a law to op 1."""
    if isinstance(x, Law):
        return x.name
    return 1 if isinstance(x, (Bar, Set)) else 0


def law_args(x: object) -> int:
    """The arity of what is a law to op 1."""
    if isinstance(x, Law):
        return x.args
    if isinstance(x, Cow):
        return x.size + 1
    return 2 if isinstance(x, Set) else 1


def law_body(x: object) -> object:
    """The body of what is a law to op 1."""
    if isinstance(x, Law):
        return x.body
    if isinstance(x, Bar):
        return bar_nat(x.data)
    if isinstance(x, Set):
        ks = trees.keys(x.root)
        return Row(ks) if ks else EMPTY
    return 0


def app_head(x: object) -> object:
    """The head of what is an application to op 1, without any of its arguments."""
    if isinstance(x, App):
        return x.head
    if isinstance(x, Row):
        return Cow(len(x.items))
    assert isinstance(x, Tab)
    return Set(trees.from_sorted(trees.keys(x.root)))


def app_args(x: object) -> list[object]:
    """All arguments of what is an application to op 1, in application order. Not to be changed."""
    if isinstance(x, App):
        return x.args
    if isinstance(x, Row):
        return x.items[::-1]
    assert isinstance(x, Tab)
    vs = trees.values(x.root)
    return [Row(vs) if vs else EMPTY]


def app_function(x: object) -> object:
    """What is an application to op 1, without its last argument."""
    if isinstance(x, App):
        return x.function()
    if isinstance(x, Row) and len(x.items) > 1:
        f = App(Cow(len(x.items)), shared.backwards(x.items))
        f.normal = x.normal
        return f
    return app_head(x)


def app_last(x: object) -> object:
    """The last argument of what is an application to op 1."""
    if isinstance(x, App):
        return x.arg(0)
    if isinstance(x, Row):
        return x.items[0]
    return app_args(x)[0]


def arity(x: object) -> int:
    """How many arguments x still lacks."""
    taken = 0
    while True:
        if isinstance(x, int):
            return (3, 5, 3)[x] - taken if x < 3 else 1 - taken
        if isinstance(x, App):
            if 0 <= x.need < HUGE and isinstance(x.head, Pin):
                return int(x.need) - taken
            taken += x.count
            x = x.head
        elif isinstance(x, Pin):
            x = x.item
        elif isinstance(x, (Row, Tab)):
            return 1 - taken
        else:
            return law_args(x) - taken


def refs(top: object) -> list[Pin]:
    """The pins directly under a normal value, each once, in the order op 1 meets them (head before argument)."""
    out: list[Pin] = []
    seen: set[bytes] = set()
    met: set[int] = set()
    stack: list[object] = [top]
    while stack:
        x = stack.pop()
        work(1)
        if isinstance(x, (int, Bar, Cow)) or id(x) in met:
            continue
        met.add(id(x))
        if isinstance(x, Pin):
            if x.hash not in seen:
                seen.add(x.hash)
                out.append(x)
        elif isinstance(x, Row):
            stack += x.items
        elif isinstance(x, App):
            stack += x.args[::-1]
            stack.append(x.head)
        elif isinstance(x, Law):
            stack.append(x.body)
        elif isinstance(x, Set):
            stack += trees.keys(x.root)
        elif isinstance(x, Tab):
            stack += trees.values(x.root)
            stack += trees.keys(x.root)
    return out
