"""Pins that come from a store: one object for each hash, its content read when it is first looked into.

Content is checked when it is read: it must have the hash that was asked for, and be in normal form. For the second, a
pin that stands at the head of an application must be looked into as well, and perhaps others for that one. That is done
without recursion, and a pin gets its content only when everything is proved.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Final, final

from mypy_extensions import mypyc_attr

from vm.hashing import hash_text, hash_value
from vm.seed import Reader, SeedError, budget, settle, split_pin
from vm.values import App, MemoryLimit, Pin

Read = Callable[[bytes], bytes]
Find = Callable[[bytes], Pin]

READS: Final = 8


@mypyc_attr(native_class=False)
class Handle:
    """What the table of pins refers to, weakly, in place of the pin itself. The two live and die together.

    `reads` are the stores that may have the content, the last one named first: one that lacks it, or has something else
    under its hash, must not stand in the way of another that has it.
    """

    def __init__(self, pin: Pin) -> None:
        self.pin = pin
        self.reads: list[Read] = []

    def add(self, read: Read) -> None:
        if read not in self.reads:
            self.reads = [read, *self.reads[: READS - 1]]


TABLE: Final[weakref.WeakValueDictionary[bytes, Handle]] = weakref.WeakValueDictionary()


def intern(pin: Pin) -> Handle:
    """The handle of the one pin of this hash: this one, unless there is another already."""
    handle = TABLE.get(pin.hash)
    if handle is None:
        handle = Handle(pin)
        pin.handle = handle
        TABLE[pin.hash] = handle
    return handle


def lazy_pin(digest: bytes, read: Read) -> Pin:
    """The pin of this hash. `read` gives the content of pins (as `save_pin` makes it) by their hashes.

    Looking into the pin raises SeedError if the content is bad, and whatever `read` raises.
    """
    handle = TABLE.get(digest) or intern(Pin(None, digest, look))
    pin = handle.pin
    if pin._item is None:
        handle.add(read)
    return pin


def load_pin(digest: bytes, data: bytes, find: Find) -> Pin:
    """The pin of this hash and this content; `find` gives the pins under it. Raises SeedError."""
    handle = TABLE.get(digest)
    pin = Pin(None, digest) if handle is None else handle.pin
    if pin._item is None:
        keep(pin, prove(Content(pin, data, find)))
    return intern(pin).pin


def check_pin(digest: bytes, data: bytes, find: Find) -> None:
    """See that this is the content of the pin of this hash, and keep nothing of it. Raises SeedError."""
    prove(Content(Pin(None, digest), data, find))


def look(pin: Pin) -> object:
    """The content of a lazy pin, read and proved (or found by another thread meanwhile)."""
    if pin._item is not None:
        return pin._item
    item = prove(content(pin))
    keep(pin, item)
    return item


def keep(pin: Pin, item: object) -> None:
    """From now on the pin knows its content, and needs no store."""
    pin._item = item
    pin.load = None
    handle = pin.handle
    if isinstance(handle, Handle):
        handle.reads = []


@final
class Content:
    """What was read for a pin: it has the right hash, and is normal if its claims are true."""

    def __init__(self, pin: Pin, data: bytes, find: Find) -> None:
        hashes, germ = split_pin(data)
        reader = Reader(germ, [find(digest) for digest in hashes])
        self.pin: Final = pin
        self.item: Final = reader.read()
        self.claims: Final = reader.claims
        try:
            digest = hash_value(self.item, budget(data))
        except MemoryLimit:
            raise SeedError(len(data), "it unfolds to too large a value") from None
        if digest != pin.hash:
            raise SeedError(0, f"this is pin {hash_text(digest)}, not {hash_text(pin.hash)}")


def content(pin: Pin) -> Content:
    handle = pin.handle
    assert isinstance(handle, Handle)
    failure: Exception | None = None
    for read in handle.reads:
        try:
            return content_from(pin, read)
        except Exception as e:
            failure = failure or e
    assert failure is not None
    raise failure


def content_from(pin: Pin, read: Read) -> Content:
    return Content(pin, read(pin.hash), lambda digest: lazy_pin(digest, read))


def unread(claims: list[App]) -> Pin | None:
    """A pin that must be looked into to know how many arguments the claims lack."""
    for claim in claims:
        x: object = claim
        while isinstance(x, (Pin, App)):
            if isinstance(x, App):
                if x.need >= 0:
                    break
                x = x.head
            elif x._item is None:
                return x
            else:
                x = x._item
    return None


def prove(first: Content) -> object:
    """The content of the first, when its claims and those of all it had to look into are found to be true."""
    stack = [first]
    while True:
        top = stack[-1]
        needed = unread(top.claims)
        if needed is not None:
            stack.append(content(needed))
            continue
        settle(top.claims)
        stack.pop()
        if not stack:
            return top.item
        keep(top.pin, top.item)
