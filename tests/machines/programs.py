"""Cogs made by hand from PLAN laws, for tests that should not need Sire."""

from collections.abc import Sequence

import vm
from vm import Value


def word(text: str) -> int:
    return vm.utf8(text)


def ap(f: Value, *xs: Value) -> Value:
    """The body of a law that applies f to xs."""
    for x in xs:
        f = vm.app(0, f, x)
    return f


def const(x: Value) -> Value:
    return vm.app(2, x)


def law(name: str, args: int, body: Value) -> Value:
    return vm.pin(vm.law(word(name), args, body))


def row_of(*bodies: Value) -> Value:
    """The body of a law that makes a row of what other bodies come to."""
    return ap(const(vm.law(0, len(bodies) + 1, 0)), *reversed(bodies))


TRACE = law("_Trace", 2, 2)
vm.jets.register("_Trace", TRACE.hash)

SELF, A, B, C, D = range(5)
INC = const(3)
WHEN = vm.row([word("time"), 0, word("when")])


def wait_until(seconds: int) -> Value:
    return vm.row([word("time"), 0, word("wait"), seconds])


def asks(*requests: Value) -> Value:
    return vm.row(requests)


def counter(request: Value = WHEN) -> Value:
    """Counts its answers: shows [%at n] and asks the same thing again."""
    body = ap(const(TRACE), row_of(const(word("at")), A), ap(SELF, ap(INC, A), B))
    return vm.app(law("counter", 3, body), 0, asks(request))


def teller_of_time() -> Value:
    """Shows each answer that it gets, as it gets it (a tab), and asks again."""
    body = ap(const(TRACE), C, ap(SELF, ap(INC, A), B))
    return vm.app(law("teller", 3, body), 0, asks(WHEN))


def shows_answers(*requests: Value) -> Value:
    """Asks some things at once, shows the first answers that it gets, and asks no more."""
    body = ap(const(TRACE), B, ap(SELF, const(vm.row([]))))
    return vm.app(law("shows", 2, body), asks(*requests))


def shows_again(*requests: Value) -> Value:
    """Asks some things, shows what it gets, asks all again."""
    body = ap(const(TRACE), B, ap(SELF, A))
    return vm.app(law("again", 2, body), asks(*requests))


def crasher(request: Value = WHEN) -> Value:
    """Crashes with (%boom 7) on its first answer."""
    body = ap(const(word("boom")), const(7))
    return vm.app(law("crasher", 2, body), asks(request))


def endless(request: Value = WHEN) -> Value:
    """Runs for ever on its first answer."""
    loop = law("loop", 1, ap(SELF, ap(INC, A)))
    body = ap(const(loop), const(0))
    return vm.app(law("endless", 2, body), asks(request))


def identity() -> Value:
    return law("id", 1, A)


def spin(f: Value) -> Value:
    return vm.row([word("cog"), word("spin"), f])


def cog_call(verb: str, *xs: Value) -> Value:
    return vm.row([word("cog"), word(verb), *xs])


def evaluate(seconds: int, f: Value, *xs: Value) -> Value:
    return vm.row([word("eval"), seconds, f, *xs])


def rows(values: Sequence[Value]) -> list[Value]:
    """Rows as lists, for comparing."""
    return [value.items if isinstance(value, vm.Row) else value for value in values]


def script(*steps: Value) -> Value:
    """A cog that asks each of `steps` (rows of requests) in turn, going on at any answer.

    It shows each tab of answers that it gets, and keeps the last one. Its state is (step rest last row), rest being 0
    or (0 row rest), which op 1 takes apart in two goes.
    """
    inner = law("inner", 5, ap(A, C, B, 5))
    outer = law("outer", 4, ap(const(1), const(0), const(0), ap(const(inner), A, B, D), const(identity()), C))
    following = ap(const(1), const(0), const(0), ap(const(outer), SELF, D), const(identity()), A)
    step = law("step", 4, ap(const(TRACE), D, following))
    rest: Value = 0
    for row in reversed(steps[1:]):
        rest = vm.app(0, row, rest)
    return vm.app(step, rest, 0, steps[0])
