"""What a waiting cog can ask for, parsed from the PLAN value in a slot of its row of requests.

    [%eval seconds f x..]            Eval       [%cog %who]               Who
    [%what devices]                  What       [%cog %spin f]            Spin
    [device 0-or-1 param..]          Call       [%cog %ask cog chan x]    Ask
                                                [%cog %tell chan f]       Tell
                                                [%cog %stop|%reap|%wait cog]   Stop, Reap, Wait

What fits none of these is no request: it is left unanswered and harms nothing.
"""

from dataclasses import dataclass

import vm
from vm import Value

EVAL = vm.utf8("eval")
WHAT = vm.utf8("what")
COG = vm.utf8("cog")
WHO = vm.utf8("who")
SPIN = vm.utf8("spin")
ASK = vm.utf8("ask")
TELL = vm.utf8("tell")
STOP = vm.utf8("stop")
REAP = vm.utf8("reap")
WAIT = vm.utf8("wait")

WORD = 1 << 64
LONG = 1 << 256
"""Nats from here on are not shown."""


@dataclass(frozen=True, slots=True)
class Eval:
    seconds: int
    f: Value
    xs: list[Value]


@dataclass(frozen=True, slots=True)
class What:
    devices: vm.Set


@dataclass(frozen=True, slots=True)
class Who:
    pass


@dataclass(frozen=True, slots=True)
class Spin:
    f: Value


@dataclass(frozen=True, slots=True)
class Ask:
    cog: int
    channel: int
    x: Value


@dataclass(frozen=True, slots=True)
class Tell:
    channel: int
    f: Value


@dataclass(frozen=True, slots=True)
class Stop:
    cog: int


@dataclass(frozen=True, slots=True)
class Reap:
    cog: int


@dataclass(frozen=True, slots=True)
class Wait:
    cog: int


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a device. If `durable`, the device hears of it only once the event that asked is on disk."""

    device: int
    durable: bool
    params: list[Value]


Request = Eval | What | Who | Spin | Ask | Tell | Stop | Reap | Wait | Call


def parse(value: Value) -> Request | None:
    """The request in a slot, or None if there is none."""
    if not isinstance(value, vm.Row):
        return None
    match value.items:
        case [tag, int() as seconds, f, first, *rest] if tag == EVAL:
            return Eval(seconds, f, [first, *rest])
        case [tag, *_] if tag == EVAL:
            return None
        case [tag, vm.Set() as devices, *_] if tag == WHAT:
            return What(devices)
        case [tag, *_] if tag == WHAT:
            return None
        case [tag, *rest] if tag == COG:
            return parse_cog(rest)
        case [int() as device, 0 | 1 as flag, first, *rest]:
            return Call(device, flag == 1, [first, *rest])
    return None


def parse_cog(items: list[Value]) -> Request | None:
    match items:
        case [verb] if verb == WHO:
            return Who()
        case [verb, f] if verb == SPIN:
            return Spin(f)
        case [verb, int() as cog] if verb == STOP:
            return Stop(cog)
        case [verb, int() as cog] if verb == REAP:
            return Reap(cog)
        case [verb, int() as cog] if verb == WAIT:
            return Wait(cog)
        case [verb, int() as channel, f] if verb == TELL and channel < WORD:
            return Tell(channel, f)
        case [verb, int() as cog, int() as channel, x] if verb == ASK and channel < WORD:
            return Ask(cog, channel, x)
    return None


def word(value: Value, depth: int = 2) -> str:
    """A value in a few characters: `%when`, `32`, `[%a 5]`, `..`; of rows in rows, `depth` are shown."""
    if isinstance(value, int):
        if value >= LONG:
            return ".."
        text = vm.text(value)
        if text and text.isascii() and text.isalnum() and not text[0].isdigit():
            return "%" + text
        return str(value)
    if isinstance(value, vm.Row) and len(value.items) <= 4 and depth:
        return f"[{' '.join(word(item, depth - 1) for item in value.items)}]"
    return ".."


def describe(request: Request) -> str:
    """The request in a line for a person: `%rand %byte 32`."""
    match request:
        case Eval(seconds, _, xs):
            return f"%eval {word(seconds)} s, {len(xs)} arguments"
        case What():
            return "%what"
        case Who():
            return "%cog %who"
        case Spin():
            return "%cog %spin"
        case Ask(cog, channel, _):
            return f"%cog %ask {word(cog)} {word(channel)}"
        case Tell(channel, _):
            return f"%cog %tell {word(channel)}"
        case Stop(cog):
            return f"%cog %stop {word(cog)}"
        case Reap(cog):
            return f"%cog %reap {word(cog)}"
        case Wait(cog):
            return f"%cog %wait {word(cog)}"
        case Call(device, _, params):
            return " ".join(map(word, [device, *params[:3]]))
