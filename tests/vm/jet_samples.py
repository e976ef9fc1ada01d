"""Arguments for jets: expressions whose parts may be evaluated already, not yet, or crash when they are."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from vm import shapes
from vm.values import App, Pin

from .samples import NATS, VALUES, make_set, make_tab

Expression = st.SearchStrategy[object]
"""Bodies of laws without references to slots."""


def quote(x: object) -> object:
    return App(2, [x])


def call(f: object, *xs: object) -> object:
    for x in xs:
        f = App(0, [f, x])
    return f


def law(args: int, body: object) -> object:
    return shapes.make_law(0, args, body)


ID: Final = law(1, 1)


def lazily(x: Expression) -> Expression:
    """Often as it is, now and then behind a call, rarely a crash instead."""
    return st.one_of(x, x, x, x.map(lambda e: call(quote(ID), e)), CRASHES | x)


def row_of(xs: list[object]) -> object:
    if not xs:
        return quote(shapes.EMPTY)
    return call(quote(shapes.make_law(0, len(xs) + 1, 0)), *xs[::-1])


def list_of(xs: list[object]) -> object:
    out: object = quote(0)
    for x in xs[::-1]:
        out = row_of([x, out])
    return out


def quoted(values: st.SearchStrategy[object]) -> Expression:
    return values.map(quote)


def rows(items: Expression) -> Expression:
    return st.lists(lazily(items), max_size=4).map(row_of)


CRASHES: Final = st.integers(5, 9).map(lambda op: call(quote(op), quote(op + 10)))
SMALL: Final = st.one_of(st.integers(0, 9), st.sampled_from([31, 32, 33, 48, 57, 63, 64, 255, 256]))
ANY: Final = st.one_of(quoted(VALUES), rows(quoted(VALUES)), rows(quoted(SMALL)))
KEYS: Final = st.one_of(st.integers(0, 9), st.integers(0, 9), VALUES)
BYTES: Final = st.binary(max_size=12).map(lambda data: shapes.make_law(1, 1, shapes.bar_nat(data)))
SETS: Final = st.lists(KEYS, max_size=8).map(make_set)
TABS: Final = st.one_of(
    st.lists(st.tuples(KEYS, VALUES), max_size=6).map(make_tab).map(quote),
    st.lists(KEYS, max_size=5)
    .map(make_set)
    .flatmap(
        lambda keys: st.lists(lazily(quoted(VALUES)), min_size=len(keys.keys()), max_size=len(keys.keys())).map(
            lambda values: call(quote(keys), row_of(values))
        )
    ),
)
FUNCTIONS: Final = st.sampled_from(
    [
        ID,
        3,
        0,
        8,
        law(1, quote(0)),
        law(1, row_of([1, call(quote(3), 1)])),
        law(1, call(quote(0), row_of([1, call(quote(3), 1)]))),
        law(2, 1),
        law(2, 2),
        law(2, row_of([1, 2])),
        law(2, call(quote(3), 2)),
        law(3, row_of([1, 2, 3])),
        law(3, 3),
        App(law(2, 1), [7]),
        App(law(2, quote(0)), [7]),
    ]
)
KINDS: Final[dict[str, Expression]] = {
    "n": quoted(st.one_of(SMALL, NATS)),
    "i": quoted(SMALL),
    "v": ANY,
    "r": st.one_of(rows(quoted(VALUES)), rows(quoted(SMALL)), quoted(VALUES)),
    "R": rows(st.one_of(rows(quoted(VALUES)), quoted(VALUES))),
    "L": st.lists(lazily(quoted(VALUES)), max_size=4).map(list_of),
    "K": quoted(KEYS),
    "s": quoted(SETS),
    "S": rows(quoted(SETS)),
    "t": TABS,
    "P": rows(st.tuples(lazily(quoted(KEYS)), lazily(quoted(VALUES))).map(list).map(row_of)),
    "b": quoted(BYTES),
    "B": st.recursive(quoted(BYTES), rows, max_leaves=6),
    "p": quoted(VALUES.map(Pin)),
    "f": quoted(FUNCTIONS),
    "g": quoted(VALUES),
    "c": st.lists(quoted(VALUES), max_size=3).flatmap(lambda xs: FUNCTIONS.map(lambda f: row_of([quote(f), *xs]))),
}

# What a jet that is not for any value is for, by the letters of KINDS.
ARGUMENTS: Final[dict[str, str]] = {
    "_Seq": "vv", "pseq": "vv", "par": "vv", "_Trace": "vv", "_DeepTrace": "vv", "_If": "nvv", "_Ifz": "nvv",
    "_And": "nn", "_Or": "nn", "_Xor": "nn", "_Nand": "nn", "_Nor": "nn", "_Xnor": "nn", "_ToNat": "n", "_Dec": "n",
    "_Add": "in", "_Mul": "ni", "_Sub": "ni", "_Pow": "ii", "_Bex": "i", "_OrdWeld": "iv", "_Div": "ni", "_Mod": "ni",
    "_DivMod": "ni", "_Lsh": "ni", "_Rsh": "ni", "_Bix": "in", "_Dis": "nn", "_Con": "nn", "_Mix": "nn",
    "_PopCount": "n", "_Met": "n", "_Trunc": "in", "_BitSlice": "iin", "_SetBit": "in", "_TestBit": "in",
    "_ClearBit": "in", "isDigit": "i", "_Put": "riv", "_Get": "ri", "_Idx": "ir", "_Mut": "ivr", "_Switch": "ivr",
    "_Cow": "i", "_Gen": "if", "_Weld": "rr", "_Map": "fr", "_Rev": "r", "rowCons": "vr", "rowSnoc": "rv", "sum": "r",
    "sumOf": "fr", "cat": "R", "zip": "rr", "take": "ir", "drop": "ir", "unfoldr": "fv", "_SizedListToRow": "iL",
    "_SizedListToRowRev": "iL", "bsearch": "Kr", "implode": "r", "_Last": "r", "_Len": "r", "_MkSet": "r",
    "_SetToRow": "s", "setSing": "K", "setIsEmpty": "s", "setLen": "s", "setMin": "s", "setHas": "Ks", "setIns": "Ks",
    "setDel": "Ks", "setWeld": "ss", "setCatRowAsc": "S", "isSet": "s", "setDrop": "is", "setTake": "is",
    "setSplitAt": "is", "setSplitLT": "Ks", "setIntersect": "ss", "setSub": "ss", "_MkTab": "rr", "tabSing": "Kv",
    "isTab": "t", "_TypeTag": "t", "_TabKeys": "t", "_TabVals": "t", "_TabKeysRow": "t", "_TabKeysList": "t",
    "_TabLen": "t", "_TabIsEmpty": "t", "_TabHas": "Kt", "tabIdx": "Kt", "_TabLookup": "Kt", "tabSwitch": "Kvt",
    "tabIns": "Kvt", "tabToPairs": "t", "tabToPairList": "t", "tabFromPairs": "P", "tabElemIdx": "it",
    "tabSplitAt": "it", "tabSplitLT": "Kt", "tabAlter": "fKt", "tabMapWithKey": "ft", "tabMap": "ft",
    "tabUnionWith": "ftt", "tabWeld": "tt", "tabMinKey": "t", "tabFoldlWithKey": "fvt", "_TabFilterWithKey": "ft",
    "isBar": "b", "_Bar": "n", "natBar": "n", "barNat": "b", "barLen": "b", "barIsEmpty": "b", "_NatToSizedBar": "in",
    "barIdx": "ib", "barWeld": "bb", "barCat": "B", "barTake": "ib", "barDrop": "ib", "_BarSliceToNat": "iib",
    "barElemIndexEnd": "ib", "barElemIndexOff": "iib", "barFlat": "B", "padWeld": "nn", "padCat": "r", "padFlat": "R",
    "iDiv64": "nn", "_PinHash": "p", "_SaveGerm": "p", "_Try": "c", "_LoadSeed": "b", "_LoadGerm": "rb",
    "_PinItem": "p",
}  # fmt: skip
for size in ("32", "64"):
    ARGUMENTS["w" + size] = "n"
    for op in ("add", "mul", "div", "and", "or", "xor", "sub"):
        ARGUMENTS[op + size] = "nn"
    for op in ("lsh", "rsh", "ror", "rol"):
        ARGUMENTS[op + size] = "ni"


def arguments(name: str, arity: int) -> st.SearchStrategy[list[object]]:
    """Expressions for a jet's arguments: mostly what it is for, now and then anything."""
    kinds = ARGUMENTS.get(name, "v" * arity)
    assert len(kinds) == arity, name
    return st.tuples(*[lazily(st.one_of(KINDS[k], KINDS[k], KINDS[k], ANY)) for k in kinds]).map(list)
