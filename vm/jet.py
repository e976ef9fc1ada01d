"""What a jet is: native code that stands in for one pinned law.

The evaluator looks the hash of a pinned law up with `vm.jets.find(hash) -> Jet | None` when the pin is first run (or
first
seen in a law that is being compiled), and from then on calls the jet's function instead of running the law.

A jet's function takes `arity` arguments, each prepared as its letter in `strict` says, in the order of `order`:

    's'  evaluated: never a thunk, but what is inside it (items, arguments, values) may be one
    'l'  lazy: as it is, maybe a thunk
    'd'  normal: holds no thunk at all

Preparing must do what the law would surely do, no more and in no other order: a law that looks at its second argument
first has order (1, 0); one that does not look at an argument on some inputs takes it lazy.

What the function returns is taken as the law's result:

    a value or a thunk     the result; a thunk (`delay(f, xs)` for an application) is gone on with as a tail call
    Tail(f, xs)            f applied to the arguments is the result: as `delay`, for an application that nobody else
                           holds
    FALLBACK               the law itself is run on the same arguments
    Steps(generator)       for work that must evaluate things on the way: the generator

        yields a thunk          to have it evaluated: the value is sent back, not a thunk (what is no thunk comes back
                                as
                                it is). `delay(f, xs)` makes the thunk of an application, `delay_normal(x)` that of a
                                whole value, normalised.
        yields Track(x)         to have x, normal, shown to the person; 0 is sent back
        yields Attempt(x)       to have x evaluated with crashes caught: the value is sent back, or a Crash
        yields Each(slots ..)   to have the thunks in a list of slots evaluated, one after the other; 0 is sent back
        yields PAUSE            after work of some ms, that the evaluation may stop here and go on later; 0 is sent back
        returns                 anything that a function returns, except Steps

A generator lives in a frame of the evaluator's stack: it may be suspended for ever and must hold nothing but values. It
must not catch anything. Where the arguments allow it, do the work at once and return the value: `known(x)` tells what
is
computed already. A function never raises Crash for what its law would do otherwise; it may raise Crash where the law
crashes so.

A function whose result could be absurdly large (bex, lsh, pow ..) calls `vm.room.allow(bits)` first, which raises
MemoryLimit. One that may take more than some ms pauses or, where it cannot, calls `vm.turns.work`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, final

from mypy_extensions import i64

from vm.values import Code


@final
class Fallback:
    """The type of FALLBACK."""

    __slots__ = ()


FALLBACK: Final = Fallback()

FALLEN: Final[dict[str, int]] = {}
"""How often each jet gave way to its law in this process, by the law's name."""


def fell_back(law: Code) -> None:
    FALLEN[law.name] = FALLEN.get(law.name, 0) + 1


@final
class Steps:
    """A jet at work. The evaluator keeps its law and arguments here, should it return FALLBACK."""

    __slots__ = ("args", "generator", "law")

    def __init__(self, generator: Generator[object, object, object]) -> None:
        self.generator: Final = generator
        self.args: list[object] = []
        self.law: object = None


@final
class Tail:
    """A jet's result: f applied to arguments."""

    __slots__ = ("f", "xs")

    def __init__(self, f: object, xs: list[object]) -> None:
        self.f: Final = f
        self.xs: Final = xs


@final
class Track:
    """A request of a jet: show this normal value to the person."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value: Final = value


@final
class Attempt:
    """A request of a jet: evaluate this, and give me the crash if it crashes."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value: Final = value


@final
class Each:
    """A request of a jet: put the values of thunks in their slots, from slot `at` on, which holds one, `step` (1 or -1)
    further each time, up to the end or to a slot whose value has yet to be normalised."""

    __slots__ = ("at", "slots", "step")

    def __init__(self, slots: list[object], at: i64, step: i64) -> None:
        self.slots: Final = slots
        self.at: i64 = at
        self.step: Final = step


@final
class Pause:
    """The type of PAUSE."""

    __slots__ = ()


PAUSE: Final = Pause()


@final
class Jet:
    """A native function, as the head of this module tells. `total`: cheap, never crashing, never a thunk or Steps once
    its
    arguments are prepared; such a call may be made before its result is asked for."""

    __slots__ = ("arity", "function", "name", "order", "strict", "total")

    def __init__(
        self,
        name: str,
        arity: int,
        strict: str,
        function: Callable[..., Any],
        order: list[int] | None = None,
        total: bool = False,
    ) -> None:
        assert len(strict) == arity
        self.name: Final = name
        self.arity: Final = arity
        self.strict: Final = strict
        self.function: Final = function
        self.order: Final = [i for i in range(arity) if strict[i] != "l"] if order is None else order
        self.total: Final = total
