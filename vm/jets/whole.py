"""Jets on whole values: hashes, seeds, and evaluation with crashes caught.

A value is evaluated fully first; if that crashes the law decides which crash it is.
"""

from __future__ import annotations

from typing import Final

from blake3 import blake3

from vm import hashing, seed
from vm.jet import FALLBACK, Attempt, Jet, Steps
from vm.jets.bars import bars, leaves
from vm.jets.common import Work, items, keyed, length, pair, row_of
from vm.values import Bar, Crash, Pin, delay, delay_normal, known


def blake(x: object) -> object:
    return Bar(blake3(x.data).digest()) if isinstance(x, Bar) else Steps(hashing_tree(x))


def hashing_tree(x: object) -> Work:
    xs = yield from leaves(x)
    return Bar(blake3(bars(xs)).digest())


def plan_hash(x: object) -> object:
    return keyed(x, lambda value: Bar(hashing.hash_value(value)))


def pin_hash(x: object) -> object:
    return Bar(x.hash) if isinstance(x, Pin) else 0


def save_seed(x: object) -> object:
    return keyed(x, lambda value: Bar(seed.save(value)))


def load_seed(x: object) -> object:
    if not isinstance(x, Bar):
        return FALLBACK
    try:
        return seed.load(x.data)
    except seed.SeedError:
        return FALLBACK


def save_germ(x: object) -> object:
    if not isinstance(x, Pin):
        return 0
    refs: list[object] = list(x.refs)
    return pair(row_of(refs), Bar(seed.encode(x.item, x.refs)))


def load_germ(refs: object, x: object) -> object:
    """The law looks at the bar's length before it looks at the references."""
    if not isinstance(x, Bar) or len(x.data) % 8:
        return FALLBACK
    value = known(refs)
    return Steps(loading(refs, x)) if value is None else loaded(value, x)


def loading(refs: object, x: Bar) -> Work:
    value = yield refs
    return loaded(value, x)


def loaded(refs: object, x: Bar) -> object:
    pins: list[Pin] = []
    for ref in items(refs):
        pin = known(ref)
        if not isinstance(pin, Pin):
            return FALLBACK
        pins.append(pin)
    try:
        return Pin(seed.decode(x.data, pins))
    except seed.SeedError:
        return FALLBACK


def attempt(x: object) -> object:
    return Steps(attempting(x)) if length(x) else 0


def attempting(x: object) -> Work:
    """[1 value] of the first item applied to the others, or [0 [op argument]] of its crash."""
    call = yield Attempt(delay_normal(x))
    if isinstance(call, Crash):
        return FALLBACK
    f, *xs = items(call)
    result = yield Attempt(delay_normal(delay(f, xs) if xs else f))
    if isinstance(result, Crash):
        return pair(0, pair(result.op, result.arg))
    return pair(1, result)


JETS: Final = [
    Jet("_Blake3", 1, "s", blake),
    Jet("_PlanHash", 1, "l", plan_hash),
    Jet("_PinHash", 1, "s", pin_hash),
    Jet("_SaveSeed", 1, "l", save_seed),
    Jet("_LoadSeed", 1, "s", load_seed),
    Jet("_SaveGerm", 1, "s", save_germ),
    Jet("_LoadGerm", 2, "ls", load_germ),
    Jet("_Try", 1, "s", attempt),
]
