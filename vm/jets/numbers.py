"""Jets on nats: arithmetic and bits. What is no nat counts as 0.

A division by zero runs for ever in the law, so it is left to the law. Products and quotients that Python would take
long to find are found piece by piece.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from vm import long
from vm.jet import FALLBACK, Jet, Steps
from vm.jets.common import Work, bit, nat
from vm.room import LARGE, allow, bits, times
from vm.values import App, delay, known


def to_nat(x: object) -> object:
    return nat(x)


def dec(x: object) -> object:
    return x - 1 if isinstance(x, int) and x > 0 else 0


def add(x: object, y: object) -> object:
    n = nat(x) + nat(y)
    if bits(n) > LARGE:
        allow(bits(n))
    return n


def sub(x: object, y: object) -> object:
    a = nat(x)
    b = nat(y)
    return a - b if a > b else 0


def product(a: int, b: int) -> object:
    if long.short_product(a, b):
        return times(a, b)
    allow(bits(a) + bits(b))
    return Steps(long.product(a, b))


def mul(x: object, y: object) -> object:
    b = nat(y)
    if b == 0:
        return 0
    value = known(x)
    return Steps(multiplying(x, b)) if value is None else product(nat(value), b)


def multiplying(x: object, b: int) -> Work:
    return (yield from ended(product(nat((yield x)), b)))


def ended(result: object) -> Work:
    """What a function's result comes to that may still be at work."""
    return (yield from result.generator) if isinstance(result, Steps) else result


def power(a: int, n: int) -> object:
    if a < 2:
        return a
    size = bits(a) * n
    if size * size < long.PRODUCT:
        return int(a**n)
    allow(size)
    return Steps(long.power(a, n))


def pow_(x: object, y: object) -> object:
    n = nat(y)
    if n == 0:
        return 1
    value = known(x)
    return Steps(raising(x, n)) if value is None else power(nat(value), n)


def raising(x: object, n: int) -> Work:
    return (yield from ended(power(nat((yield x)), n)))


def left(a: int, n: int) -> int:
    if a == 0:
        return 0
    allow(bits(a) + n)
    return a << n


def right(a: int, n: int) -> int:
    return a >> n if n < bits(a) else 0


def bex(x: object) -> object:
    return left(1, nat(x))


def div(x: object, y: object) -> object:
    a = nat(x)
    b = nat(y)
    if b == 0:
        return FALLBACK
    return a // b if long.short_quotient(a, b) else Steps(dividing(a, b, 0))


def mod(x: object, y: object) -> object:
    a = nat(x)
    b = nat(y)
    if b == 0:
        return FALLBACK
    return a % b if long.short_quotient(a, b) else Steps(dividing(a, b, 1))


def dividing(a: int, b: int, part: int) -> Work:
    both = yield from long.quotient(a, b)
    return both[part]


def divmod_(x: object, y: object) -> object:
    dividend = known(x)
    divisor = known(y)
    if dividend is None or divisor is None:
        return FALLBACK
    a = nat(dividend)
    b = nat(divisor)
    if b == 0:
        return FALLBACK
    return App(0, [a // b, a % b]) if long.short_quotient(a, b) else Steps(dividing_both(a, b))


def dividing_both(a: int, b: int) -> Work:
    q, r = yield from long.quotient(a, b)
    return App(0, [q, r])


def lsh(x: object, n: object) -> object:
    a = nat(x)
    if a == 0:
        return 0
    value = known(n)
    return Steps(shifting(a, n)) if value is None else left(a, nat(value))


def shifting(a: int, n: object) -> Work:
    return left(a, nat((yield n)))


def rsh(x: object, n: object) -> object:
    return right(nat(x), nat(n))


def test_bit(i: object, x: object) -> object:
    return right(nat(x), nat(i)) & 1


def con(x: object, y: object) -> object:
    return nat(x) & nat(y)


def dis(x: object, y: object) -> object:
    return nat(x) | nat(y)


def mix(x: object, y: object) -> object:
    return nat(x) ^ nat(y)


def pop_count(x: object) -> object:
    return nat(x).bit_count()


def met(x: object) -> object:
    return bits(nat(x))


def low_bits(a: int, w: int) -> int:
    return a if w >= bits(a) else a & ((1 << w) - 1)


def trunc(w: object, x: object) -> object:
    return low_bits(nat(x), nat(w))


def bit_slice(o: object, w: object, x: object) -> object:
    return low_bits(right(nat(x), nat(o)), nat(w))


def set_bit(i: object, x: object) -> object:
    return nat(x) | left(1, nat(i))


def clear_bit(i: object, x: object) -> object:
    """x itself where the bit is clear, even if x is no nat."""
    if right(nat(x), nat(i)) & 1:
        return nat(x) ^ (1 << nat(i))
    return x


def nat_fold(f: object, z: object, n: object) -> object:
    return Steps(folding(f, z, n)) if isinstance(n, int) and n else z


def folding(f: object, acc: object, n: int) -> Work:
    count = bits(n)
    for byte in n.to_bytes((count + 7) >> 3, "little"):
        for i in range(min(8, count)):
            acc = yield delay(f, [acc, byte >> i & 1])
        count -= 8
    return acc


def bitwise(f: object, x: object, y: object) -> object:
    return Steps(combining(f, nat(x), nat(y)))


def combining(f: object, x: int, y: int) -> Work:
    """What f gives is a bit, as a rule; what is more is added."""
    count = max(bits(x), bits(y))
    size = (count + 7) >> 3
    xs = x.to_bytes(size, "little")
    ys = y.to_bytes(size, "little")
    out = bytearray(size)
    more = 0
    for i in range(count):
        at = i >> 3
        got = yield delay(f, [xs[at] >> (i & 7) & 1, ys[at] >> (i & 7) & 1])
        n = nat(got)
        if n > 1:
            more += left(n, i)
        elif n:
            out[at] |= 1 << (i & 7)
    return int.from_bytes(out, "little") + more


SHOWN: Final = 10**4000
"""What Python shows at once; beyond that, halves of it."""


def show_nat(x: object) -> object:
    if not isinstance(x, int):
        return FALLBACK
    return text_nat(str(x)) if x < SHOWN else Steps(showing(x))


def text_nat(digits: str) -> int:
    return int.from_bytes(digits.encode(), "little")


def showing(n: int) -> Work:
    digits = yield from decimal(n, 0)
    return text_nat(digits)


def decimal(n: int, width: int) -> Generator[object, object, str]:
    """The decimal digits of n, with zeros up to the width."""
    if n < SHOWN:
        return str(n).rjust(width, "0")
    low = bits(n) * 3 // 20
    unit = yield from long.power(10, low)
    high, rest = yield from long.quotient(n, unit)
    first = yield from decimal(high, width - low)
    second = yield from decimal(rest, low)
    return first + second


def is_digit(x: object) -> object:
    return bit(isinstance(x, int) and 48 <= x <= 57)


JETS: Final = [
    Jet("_ToNat", 1, "s", to_nat, None, True),
    Jet("_Dec", 1, "s", dec, None, True),
    Jet("_Add", 2, "ss", add, [1, 0], True),
    Jet("_Mul", 2, "ls", mul),
    Jet("_Sub", 2, "ss", sub, [1, 0], True),
    Jet("_Pow", 2, "ls", pow_),
    Jet("_Bex", 1, "s", bex),
    Jet("_Div", 2, "ss", div, [1, 0]),
    Jet("_Mod", 2, "ss", mod, [1, 0]),
    Jet("_DivMod", 2, "ll", divmod_),
    Jet("_Lsh", 2, "sl", lsh),
    Jet("_Rsh", 2, "ss", rsh, [1, 0], True),
    Jet("_Bix", 2, "ss", test_bit, None, True),
    Jet("_TestBit", 2, "ss", test_bit, None, True),
    Jet("_SetBit", 2, "ss", set_bit),
    Jet("_ClearBit", 2, "ss", clear_bit, None, True),
    Jet("_Con", 2, "ss", con, [1, 0], True),
    Jet("_Dis", 2, "ss", dis, [1, 0], True),
    Jet("_Mix", 2, "ss", mix, [1, 0], True),
    Jet("_NatFold", 3, "lls", nat_fold),
    Jet("_Bitwise", 3, "lss", bitwise, [2, 1]),
    Jet("_PopCount", 1, "s", pop_count, None, True),
    Jet("_Met", 1, "s", met, None, True),
    Jet("_Trunc", 2, "ss", trunc, None, True),
    Jet("_BitSlice", 3, "sss", bit_slice, [1, 0, 2], True),
    Jet("isDigit", 1, "s", is_digit, None, True),
    Jet("showNat", 1, "s", show_nat),
]
