"""The four ways a cog can be, and the row of requests that it holds out while it waits.

A cog is a PLAN closure. While it waits, its last argument is a row; slot k of the row is 0 or a request. A cog that
holds out no request has finished. As a PLAN value (what `%reap` and `%stop` answer, what a snapshot holds) a cog is
the row [0 value], [1 value], [2 op arg value] or [3 nanoseconds value].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import vm
from vm import Value


@dataclass(frozen=True, slots=True)
class Running:
    """Waiting for answers, or being evaluated."""

    value: Value


@dataclass(frozen=True, slots=True)
class Finished:
    """It asks for nothing any more."""

    value: Value


@dataclass(frozen=True, slots=True)
class Crashed:
    """Its evaluation crashed with `op` and `arg`; `value` is its last good state."""

    op: int
    arg: Value
    value: Value


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Its evaluation was given up after `after` nanoseconds; `value` is its last good state."""

    after: int
    value: Value


Cog = Running | Finished | Crashed | TimedOut


def program_of(value: Value) -> Value:
    """The program whose cog is that value, ready made."""
    return vm.app(vm.law(0, 2, 1), value)


def settle(value: Value) -> Running | Finished:
    """The cog that an evaluation ended in: running if it holds out any request."""
    return Running(value) if any(slot != 0 for slot in held_out(value)) else Finished(value)


def held_out(value: Value) -> Sequence[Value]:
    """The slots of a cog's last argument, or none if that is not a row."""
    if isinstance(value, vm.App):
        last = value.args[-1]
        if isinstance(last, vm.Row):
            return last.items
    return ()


def slots(cog: Cog | None) -> Sequence[Value]:
    """The requests that a cog holds out: only a running one does."""
    return held_out(cog.value) if isinstance(cog, Running) else ()


def to_noun(cog: Cog) -> Value:
    match cog:
        case Running(value):
            return vm.row([0, value])
        case Finished(value):
            return vm.row([1, value])
        case Crashed(op, arg, value):
            return vm.row([2, op, arg, value])
        case TimedOut(after, value):
            return vm.row([3, after, value])


def from_noun(noun: Value) -> Cog:
    """Raises ValueError if `noun` is no cog."""
    match noun.items if isinstance(noun, vm.Row) else []:
        case [0, value]:
            return Running(value)
        case [1, value]:
            return Finished(value)
        case [2, int() as op, arg, value]:
            return Crashed(op, arg, value)
        case [3, int() as after, value]:
            return TimedOut(after, value)
    raise ValueError("not the PLAN form of a cog")
