"""Arguments to try jets on, drawn from a `random.Random`: expressions whose parts may be evaluated already, not yet, or
crash when they are.

An expression is the body of a law without references to slots. Mostly an argument is what its jet is for; now and then
it is anything: no nat where there should be one, partial applications, huge numbers, what is almost a row or a set.
"""

from collections.abc import Callable
from random import Random
from typing import Final

import vm
from vm import Value

NASTY: Final = [31, 32, 33, 48, 57, 63, 64, 255, 256, 257, 2**32, 2**63, 2**64 - 1, 2**64, 2**65 + 1, 2**128, 2**4000]


def quote(x: Value) -> Value:
    return vm.app(2, x)


def call(f: Value, *xs: Value) -> Value:
    for x in xs:
        f = vm.app(0, f, x)
    return f


def law(args: int, body: Value) -> Value:
    return vm.law(0, args, body)


def row_of(xs: list[Value]) -> Value:
    """The expression of a row of expressions."""
    return call(quote(vm.Cow(len(xs))), *xs[::-1]) if xs else quote(vm.row([]))


FUNCTIONS: Final[list[Value]] = [
    law(1, 1),
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
    vm.app(law(2, 1), 7),
    vm.app(law(2, quote(0)), 7),
]
BULK: Final = [64, 500, 2000]
"""Lengths of the large rows and bars."""

# What a jet that is not for any value is for, a letter of `Samples.kinds` an argument.
ARGUMENTS: Final[dict[str, str]] = {
    "_Seq": "vv", "pseq": "vv", "par": "vv", "_Trace": "vv", "_DeepTrace": "vv", "_If": "nvv", "_Ifz": "nvv",
    "_And": "nn", "_Or": "nn", "_Xor": "nn", "_Nand": "nn", "_Nor": "nn", "_Xnor": "nn", "_ToNat": "n", "_Dec": "n",
    "_Add": "in", "_Mul": "ni", "_Sub": "ni", "_Pow": "ii", "_Bex": "i", "_OrdWeld": "iv", "_Div": "ni", "_Mod": "ni",
    "_DivMod": "ni", "_Lsh": "ni", "_Rsh": "ni", "_Bix": "in", "_Dis": "nn", "_Con": "nn", "_Mix": "nn",
    "_PopCount": "n", "_Met": "n", "_Trunc": "in", "_BitSlice": "iin", "_SetBit": "in", "_TestBit": "in",
    "_ClearBit": "in", "_NatFold": "fvn", "_Bitwise": "fnn",
    "isDigit": "i", "_Put": "riv", "_Get": "ri", "_Idx": "ir", "_Mut": "ivr", "_Switch": "ivr",
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
    "barElemIndexEnd": "ib", "barElemIndexOff": "iib", "barFlat": "B", "barSlice": "iib", "barSpan": "nib",
    "barLoadDecimal": "d", "showNat": "n", "padWeld": "nn", "padCat": "r", "padFlat": "R",
    "iDiv64": "nn", "_PinHash": "p", "_SaveGerm": "p", "_Try": "c", "_LoadSeed": "b", "_LoadGerm": "rb",
    "_PinItem": "p",
}  # fmt: skip
for size in ("32", "64"):
    ARGUMENTS["w" + size] = "n"
    for op in ("add", "mul", "div", "and", "or", "xor", "sub"):
        ARGUMENTS[op + size] = "nn"
    for op in ("lsh", "rsh", "ror", "rol"):
        ARGUMENTS[op + size] = "ni"


class Samples:
    """Draws values and expressions."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.kinds: dict[str, Callable[[], Value]] = {
            "n": lambda: quote(self.nat() if self.odds(2) else self.small()),
            "i": lambda: quote(self.small()),
            "v": self.anything,
            "r": lambda: self.anything() if self.odds(4) else self.row(self.bulk(), lambda: quote(self.plain())),
            "R": lambda: self.row(4, lambda: self.row(4, lambda: quote(self.value()))),
            "L": self.linked,
            "K": lambda: quote(self.key()),
            "s": lambda: quote(self.keys()),
            "S": lambda: self.row(4, lambda: quote(self.keys())),
            "t": self.tab,
            "P": lambda: self.row(4, lambda: row_of([self.lazily(quote(self.key())), self.lazily(self.anything())])),
            "b": lambda: quote(self.bar()),
            "d": lambda: quote(vm.bar(str(self.nat()).encode())),
            "B": self.bars,
            "p": lambda: quote(vm.pin(self.value())),
            "f": lambda: quote(self.random.choice(FUNCTIONS)),
            "c": lambda: row_of([quote(self.random.choice(FUNCTIONS)), *self.several(3, self.anything)]),
        }

    def arguments(self, name: str, arity: int) -> list[Value]:
        """Expressions for a jet's arguments."""
        kinds = ARGUMENTS.get(name, "v" * arity)
        return [self.lazily(self.anything() if self.odds(4) else self.kinds[kind]()) for kind in kinds]

    # -- chance --------------------------------------------------------------------------------------------------------

    def odds(self, n: int) -> bool:
        """True once in n times."""
        return self.random.randrange(n) == 0

    def several(self, most: int, one: Callable[[], Value]) -> list[Value]:
        return [one() for _ in range(self.random.randrange(most + 1))]

    def bulk(self) -> int:
        return self.random.choice(BULK) if self.odds(16) else 4

    # -- expressions ---------------------------------------------------------------------------------------------------

    def lazily(self, x: Value) -> Value:
        """Often as it is, now and then behind a call, rarely a crash instead."""
        match self.random.randrange(12):
            case 0:
                return call(quote(self.random.randrange(5, 10)), quote(self.small()))
            case 1 | 2 | 3:
                return call(quote(FUNCTIONS[0]), x)
        return x

    def row(self, most: int, one: Callable[[], Value]) -> Value:
        return row_of(self.several(most, lambda: self.lazily(one()) if most < 50 else one()))

    def anything(self) -> Value:
        return quote(self.value()) if self.odds(2) else self.row(4, lambda: quote(self.plain()))

    def linked(self) -> Value:
        out: Value = quote(0)
        for x in self.several(4, self.anything):
            out = row_of([self.lazily(x), self.lazily(out)])
        return out

    def tab(self) -> Value:
        if self.odds(2):
            several = list(range(self.bulk())) if self.odds(8) else self.several(6, self.key)
            return quote(vm.tab((key, self.value()) for key in several))
        keys = self.keys()
        assert isinstance(keys, vm.Set)
        return call(quote(keys), row_of([self.lazily(quote(self.value())) for _ in range(len(keys))]))

    def bars(self) -> Value:
        return self.row(3, self.bars) if self.odds(3) else quote(self.bar())

    # -- values --------------------------------------------------------------------------------------------------------

    def small(self) -> int:
        """Mostly what can be a place, a length or a number of bits."""
        if self.odds(24):
            return self.random.choice(NASTY)
        return self.random.choice(NASTY[:9]) if self.odds(3) else self.random.randrange(10)

    def nat(self) -> int:
        return self.random.choice(NASTY) if self.odds(2) else self.random.getrandbits(self.random.randrange(1, 200))

    def plain(self) -> Value:
        return self.small() if self.odds(2) else self.value()

    def key(self) -> Value:
        return self.value() if self.odds(3) else self.random.randrange(10)

    def keys(self) -> Value:
        if self.odds(16):
            return vm.set_of(self.random.sample(range(10_000), self.bulk()))
        return vm.set_of([self.key() for _ in range(self.random.randrange(9))])

    def bar(self) -> Value:
        """Or what is not quite one: a law whose body has no highest byte 1."""
        if self.odds(8):
            return vm.law(1, 1, self.random.getrandbits(40))
        return vm.bar(self.random.randbytes(self.random.randrange(1 + 3 * self.bulk())))

    def value(self, depth: int = 3) -> Value:
        """A normal value of any form, nested."""
        if depth == 0 or self.odds(3):
            return self.nat() if self.odds(2) else self.small()
        inner: Callable[[], Value] = lambda: self.value(depth - 1)  # noqa: E731
        match self.random.randrange(8):
            case 0 | 1:
                return vm.row(self.several(4, inner))
            case 2:
                return vm.set_of(self.several(4, inner))
            case 3:
                return vm.tab((inner(), inner()) for _ in range(self.random.randrange(4)))
            case 4:
                return self.bar()
            case 5:
                return vm.pin(inner())
            case 6:
                return vm.law(self.small() % 3, self.random.choice([1, 1, 2, 3, 2**70]), inner())
        return self.partial(inner(), self.several(4, inner))

    def partial(self, head: Value, args: list[Value]) -> Value:
        """The application of as many of the arguments as leave it without work to do."""
        few = args[: vm.arity(head) - 1]
        return vm.app(head, *few) if few else head
