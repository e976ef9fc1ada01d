"""What is held of bytes from outside: a target takes any bytes, and returns. They are refused in the one way that there
is for it, or become a value that is saved and loaded as it is."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from pathlib import Path

import vm
from sire.errors import SireError
from sire.printer import print_rex
from sire.reader import decode, read_blocks
from vm import seed

HOLES = [vm.pin(vm.law(n, n, 1)) for n in range(1, 9)]
FOUND = {pin.hash: pin for pin in HOLES}


def refused(error: vm.SeedError, data: bytes) -> None:
    assert 0 <= error.offset <= len(data)
    assert error.reason


def one_seed(data: bytes) -> None:
    try:
        x = vm.load(data)
    except vm.SeedError as error:
        return refused(error, data)
    again = vm.save(x)
    y = vm.load(again)
    assert vm.equal(x, y)
    assert vm.save(y) == again


def one_pin(data: bytes) -> None:
    """As it comes from a store or a peer, that has the pins of HOLES too."""
    try:
        hashes, germ = seed.split_pin(data)
        pin = vm.pin(seed.decode(germ, HOLES[: len(hashes)]))
        saved = vm.save_pin(pin)
    except vm.SeedError as error:
        return refused(error, data)
    except vm.MemoryLimit:
        return
    below = FOUND | {ref.hash: ref for ref in pin.refs}
    loaded = vm.load_pin(pin.hash, saved, below.__getitem__)
    assert vm.equal(loaded.item, pin.item)
    assert vm.save_pin(loaded) == saved


def one_pod(data: bytes) -> None:
    try:
        pin = vm.load_pod(data)
    except vm.SeedError as error:
        return refused(error, data)
    assert vm.equal(vm.load_pod(vm.save_pod(pin)), pin)


def one_text(data: bytes) -> None:
    try:
        blocks = [rex for rex, _ in read_blocks(decode(data))]
    except SireError:
        return
    for rex in blocks:
        assert print_rex(rex)


TARGETS: dict[str, Callable[[bytes], None]] = {"seed": one_seed, "pin": one_pin, "pod": one_pod, "rex": one_text}

MOST = 60_000
"""Bytes of inputs that are kept of a target."""


def place(target: str) -> Path:
    return Path(__file__).parent / "corpus" / f"{target}.txt"


def kept(target: str) -> list[bytes]:
    """Inputs that each reach something of their own."""
    return [b64decode(line) for line in place(target).read_text().splitlines()]


def keep(target: str, inputs: Iterable[bytes]) -> None:
    """The smallest of these, from now on."""
    room = MOST
    with place(target).open("w") as file:
        for data in sorted(inputs, key=lambda data: (len(data), data)):
            room -= len(data)
            if room >= 0:
                file.write(b64encode(data).decode() + "\n")
