"""A moment as a DAG of pins, so that a snapshot writes only what is new and a start reads only what is needed.

The root pin holds the row [next-cog cogs], where cogs is a tab from the number of a cog to the pin of its PLAN form,
which is [4 pieces] (see machines.pieces) if there are large rows or tabs in it.
"""

from collections.abc import Mapping

import msgspec

import vm
from machines import cogs, pieces
from machines.cogs import Cog
from machines.heart import Moment
from machines.store import META, PINS, SNAPSHOTS, Batch, Records, read_pin

LAST_EVENTS = "last events"
IN_PIECES = 4


class Snapshots:
    """Writes moments into batches and remembers which pins the store has already."""

    def __init__(self, store: Records) -> None:
        self.store = store
        self.pinned: dict[int, tuple[Cog, vm.Pin]] = {}
        self.stored: set[bytes] = set()
        # See machines.removal.
        self.doomed: set[bytes] = set()
        self.met: dict[bytes, None] | None = None

    def pin(self, moment: Moment) -> vm.Pin:
        """The root pin of a moment. Its hash is the hash of the state."""
        fresh: dict[int, tuple[Cog, vm.Pin]] = {}
        for cog, state in moment.cogs.items():
            known = self.pinned.get(cog)
            fresh[cog] = known if known and known[0] is state else (state, vm.pin(noun_of(state)))
        self.pinned = fresh
        return vm.pin(vm.row([moment.next_cog, vm.tab([(cog, pin) for cog, (_, pin) in sorted(fresh.items())])]))

    def write(self, batch: Batch, event: int, moment: Moment, last_event: Mapping[int, int] | None = None) -> vm.Pin:
        """Put the snapshot of the moment after `event` into a batch, and which event each cog was last part of."""
        root = self.pin(moment)
        self.write_pin(batch, root)
        batch.put_record(SNAPSHOTS, event, root.hash)
        if last_event is not None:
            batch.put(META, LAST_EVENTS.encode(), msgspec.msgpack.encode([event, last_event]))
        return root

    def write_pin(self, batch: Batch, pin: vm.Pin) -> None:
        """Put a pin, and all under it that the store lacks, into a batch."""
        stack = [pin]
        while stack:
            one = stack.pop()
            if self.met is not None:
                self.met[one.hash] = None
            if one.hash in self.stored:
                continue
            self.stored.add(one.hash)
            if one.hash in self.doomed:
                self.doomed.discard(one.hash)
            elif self.store.has_pin(one.hash):
                continue
            batch.put(PINS, one.hash, vm.save_pin(one))
            stack.extend(one.refs)


def last_events(store: Records, event: int, moment: Moment) -> dict[int, int]:
    """Which event each cog was last part of, up to the snapshot of `event`; that one, where nobody knows."""
    found = store.meta(LAST_EVENTS)
    match found:
        case [noted, dict() as by_cog] if noted == event:
            return {cog: by_cog.get(cog, event) for cog in moment.cogs}
    return dict.fromkeys(moment.cogs, event)


def load(store: Records, root: bytes) -> Moment:
    """The moment that a snapshot's root pin holds. Raises store.Corrupt."""
    try:
        match vm.lazy_pin(root, read_pin).item:
            case vm.Row(items=[int() as next_cog, tab]):
                pairs = tab.items() if isinstance(tab, vm.Tab) else []
                return Moment({vm.nat(cog): cog_of(content(pin)) for cog, pin in pairs}, next_cog)
        raise ValueError("its root is not a moment")
    except (ValueError, vm.SeedError) as error:
        raise store.corrupt(f"the snapshot {vm.hash_text(root)} does not load: {error}") from None


def noun_of(cog: Cog) -> vm.Value:
    noun = cogs.to_noun(cog)
    split = pieces.split(noun)
    return noun if split is None else vm.row([IN_PIECES, split])


def cog_of(noun: object) -> Cog:
    """Raises ValueError."""
    match noun:
        case vm.Row(items=[int(tag), split]) if tag == IN_PIECES:
            return cogs.from_noun(pieces.join(split))
    return cogs.from_noun(noun)


def content(pin: object) -> object:
    if not isinstance(pin, vm.Pin):
        raise ValueError("a cog that is not pinned")
    return pin.item
