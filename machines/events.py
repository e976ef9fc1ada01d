"""The unit of the log: an event is the receipts of one step, and when it happened.

A receipt says which answers were delivered to which cog and how it went. Only what could differ between two runs is
in it: time, random bytes, what came from outside, which of two requests was answered first, that an evaluation was
given up. What is pure (the value of a successful `%eval`, the new state of the cog) is computed again when the log
is replayed.

On disk an event is msgpack: [time, [receipt..]], where
    receipt = [0, cog, pin hash, outcome]               booted
            | [1, cog, [[slot, answer..]..], outcome]   delivered
            | [2, cog]                                  restarted
            | [3, cog]                                  dropped
    answer  = 0 value | 1 (computed) | 2 cog (spun) | 3 asker slot (told) | 4 0-or-1 (asked) | 5 cog (stopped)
            | 6 cog (reaped)
    outcome = nil | [0, op, arg] (crashed) | [1, nanoseconds] (timed out)
    value   = an integer below 2^63, or the seed of the value
"""

from dataclasses import dataclass
from typing import Any

import msgspec

import vm
from vm import Value

Packed = int | bytes
SMALL = 1 << 63


@dataclass(frozen=True, slots=True)
class Given:
    """The answer came from outside."""

    value: Value


@dataclass(frozen=True, slots=True)
class Computed:
    """An `%eval` came to a value; `value` is a row of it, or None when it is to be computed again."""

    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Spun:
    """A new cog was made."""

    cog: int


@dataclass(frozen=True, slots=True)
class Told:
    """A tell met the ask that `asker` holds out in `slot`."""

    asker: int
    slot: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask was answered by the tell of the same event; `well` is false if the teller crashed."""

    well: bool


@dataclass(frozen=True, slots=True)
class Stopped:
    cog: int


@dataclass(frozen=True, slots=True)
class Reaped:
    cog: int


Answer = Given | Computed | Spun | Told | Asked | Stopped | Reaped


@dataclass(frozen=True, slots=True)
class Crash:
    op: int
    arg: Value


@dataclass(frozen=True, slots=True)
class Timeout:
    """`after` is in nanoseconds."""

    after: int


@dataclass(frozen=True, slots=True)
class Booted:
    """A cog was put into the machine, or in the place of another: what the program in the pin makes of 0."""

    cog: int
    hash: bytes
    outcome: Crash | Timeout | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The answers, by slot, were applied to the cog; `outcome` is None if that went well."""

    cog: int
    answers: dict[int, Answer]
    outcome: Crash | Timeout | None


@dataclass(frozen=True, slots=True)
class Restarted:
    """A person set a cog that had stopped running going again, from its last good state."""

    cog: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A person took a cog out of the machine."""

    cog: int


Receipt = Booted | Delivered | Restarted | Dropped


@dataclass(frozen=True, slots=True)
class Event:
    """`time` is in nanoseconds since the epoch."""

    time: int
    receipts: list[Receipt]


def pack(value: Value) -> Packed:
    if isinstance(value, int) and value < SMALL:
        return value
    return vm.save(value)


def unpack(packed: Packed) -> Value:
    """Raises vm.SeedError."""
    return packed if isinstance(packed, int) else vm.load(packed)


def pack_answer(answer: Answer) -> list[Packed]:
    match answer:
        case Given(value):
            return [0, pack(value)]
        case Computed():
            return [1]
        case Spun(cog):
            return [2, cog]
        case Told(asker, slot):
            return [3, asker, slot]
        case Asked(well):
            return [4, int(well)]
        case Stopped(cog):
            return [5, pack(cog)]
        case Reaped(cog):
            return [6, pack(cog)]


def unpack_answer(packed: list[Any]) -> Answer:
    match packed:
        case [0, value]:
            return Given(unpack(value))
        case [1]:
            return Computed()
        case [2, int() as cog]:
            return Spun(cog)
        case [3, int() as asker, int() as slot]:
            return Told(asker, slot)
        case [4, int() as well]:
            return Asked(well == 1)
        case [5, cog]:
            return Stopped(vm.nat(unpack(cog)))
        case [6, cog]:
            return Reaped(vm.nat(unpack(cog)))
    raise ValueError(f"no answer has the form {packed!r:.80}")


encoder = msgspec.msgpack.Encoder()
decoder = msgspec.msgpack.Decoder(list[Any])


def encode(event: Event) -> bytes:
    receipts: list[list[object]] = []
    for receipt in event.receipts:
        match receipt:
            case Delivered(cog, answers, outcome):
                packed = [[slot, *pack_answer(answer)] for slot, answer in answers.items()]
                receipts.append([1, cog, packed, pack_outcome(outcome)])
            case Booted(cog, hash, outcome):
                receipts.append([0, cog, hash, pack_outcome(outcome)])
            case Restarted(cog):
                receipts.append([2, cog])
            case Dropped(cog):
                receipts.append([3, cog])
    return encoder.encode([event.time, receipts])


def decode(data: bytes) -> Event:
    """Raises ValueError (msgspec's and the vm's errors are of that kind or are turned into it)."""
    try:
        match decoder.decode(data):
            case [int() as time, [*receipts]]:
                return Event(time, [decode_receipt(receipt) for receipt in receipts])
    except (msgspec.DecodeError, vm.SeedError, TypeError) as error:
        raise ValueError(str(error)) from None
    raise ValueError("not an event")


def decode_receipt(packed: Any) -> Receipt:
    match packed:
        case [1, int() as cog, [*answers], outcome]:
            by_slot = {slot: unpack_answer(answer) for slot, *answer in answers}
            return Delivered(cog, by_slot, unpack_outcome(outcome))
        case [0, int() as cog, bytes() as hash, outcome] if len(hash) == 32:
            return Booted(cog, hash, unpack_outcome(outcome))
        case [2, int() as cog]:
            return Restarted(cog)
        case [3, int() as cog]:
            return Dropped(cog)
    raise ValueError("not a receipt")


def pack_outcome(outcome: Crash | Timeout | None) -> list[Packed] | None:
    match outcome:
        case None:
            return None
        case Crash(op, arg):
            return [0, pack(op), pack(arg)]
        case Timeout(after):
            return [1, after]


def unpack_outcome(packed: Any) -> Crash | Timeout | None:
    match packed:
        case None:
            return None
        case [0, op, arg]:
            return Crash(vm.nat(unpack(op)), unpack(arg))
        case [1, int() as after]:
            return Timeout(after)
    raise ValueError("not an outcome")
