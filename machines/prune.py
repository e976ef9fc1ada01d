"""Forgetting the past up to a snapshot, because a person says so: how much is kept is the machine's [history] setting.

The act is written down, in `meta`, before anything is deleted: when, up to which event, and why. From then on the past
begins there; what is before it goes bit by bit, and if that is interrupted the rest goes with the next `opsh gc`.
"""

from dataclasses import dataclass
from pathlib import Path
from time import time_ns

from machines import config, past, reading
from machines.errors import MachineError
from machines.lock import Lock
from machines.origin import CUTS, ORIGIN, Cut, cuts, origin
from machines.remote import Remote, opened
from machines.store import LOG, SNAPSHOTS, TRK, Batch, Records, Store

DAY = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """Up to which event the past goes (0: all of it stays), and how many events and trk entries that are; `rule` says
    why in a few words.
    """

    event: int
    events: int
    trk: int
    rule: str


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept: so many of the last events, and those of so many days. 0 is no limit, unless the other is one."""

    events: int = 0
    days: float = 0.0

    def __str__(self) -> str:
        said = [f"{self.events} events"] * (self.events > 0) + [f"{self.days:g} days"] * (self.days > 0)
        return "keep " + (" and ".join(said) or "all")


def setting(directory: Path) -> Keep:
    """What the machine's settings say is kept. Raises MachineError."""
    found = config.read(directory)
    return Keep(found.history_events, found.history_days)


def prune(directory: Path, keep: Keep | None = None, before: int | None = None, dry: bool = False) -> Pruned:
    """Forget what is before the newest snapshot that leaves as much as is to be kept: by the settings, unless `keep`
    is given, or all events after `before`. For that a stopped machine gets a snapshot of just that event. If `dry`,
    only tell. Raises MachineError.
    """
    chosen = (keep or setting(directory)) if before is None else None
    with opened(directory) as records:
        found = plan(records, chosen, before)
        if dry or not found.event:
            return found
        if isinstance(records, Remote):
            records.client.call("prune", event=found.event, rule=found.rule)
            return found
    lock = Lock(directory)
    try:
        store = Store(directory)
        try:
            if store.last(SNAPSHOTS, found.event + 1) != found.event:
                store.commit(past.snapshot(store, found.event)[0])
            store.commit(cut_off(store, found.event, found.rule))
            for table, keys in before_origin(store).items():
                store.forget(table, keys)
        finally:
            store.close()
    finally:
        lock.release()
    return found


def plan(records: Records, keep: Keep | None, before: int | None) -> Pruned:
    first, end = origin(records), past.last(records)
    if before is not None:
        past.require(records, before)
        rule, wanted = f"before event {before}", before
    else:
        assert keep is not None
        rule, wanted = str(keep), pruned_by(records, keep, first, end)
    exact = before is not None and isinstance(records, Store)
    event = wanted if exact else records.last(SNAPSHOTS, wanted + 1)
    if event <= first:
        return Pruned(0, 0, 0, rule)
    return Pruned(event, event - first, trk_before(records, event, first), rule)


def pruned_by(records: Records, keep: Keep, first: int, end: int) -> int:
    """The last event that need not be kept."""
    ends = [end - keep.events] * (keep.events > 0)
    if keep.days > 0:
        ends.append(last_before(records, time_ns() - int(keep.days * DAY), first, end))
    return min(ends, default=first)


def last_before(records: Records, time: int, low: int, high: int) -> int:
    """The last event that happened before a time, `low` if none did: a clock may be set back, the log knows."""
    while low < high:
        middle = (low + high + 1) // 2
        [(n, data)] = records.records(LOG, middle, middle + 1)
        if reading.decode_event(records, n, data).time < time:
            low = middle
        else:
            high = middle - 1
    return low


def trk_before(records: Records, event: int, first: int) -> int:
    """How many trk entries belong to events after `first` up to `event`."""
    return max(0, last_pruned_trk(records, event) - (reading.last_trk(records, first) if first else 0))


def last_pruned_trk(records: Records, event: int) -> int:
    # One entry of the trk stays, so that numbers go on from it.
    return min(reading.last_trk(records, event), records.last(TRK) - 1)


def cut_off(store: Store, event: int, rule: str) -> Batch:
    """What to write so that the past begins after `event`. Raises MachineError if there is no snapshot of it."""
    first = origin(store)
    if store.last(SNAPSHOTS, event + 1) != event or event <= first:
        raise MachineError(f"{store.name}: the past cannot begin with event {event}", "opsh prune chooses where it can")
    cut = Cut(time_ns(), event, event - first, trk_before(store, event, first), rule)
    batch = Batch()
    batch.put_meta(CUTS, [*cuts(store), cut])
    batch.put_meta(ORIGIN, event)
    return batch


def before_origin(store: Store) -> dict[int, list[bytes]]:
    """The keys, by table, of what is before the origin."""
    first = origin(store)
    if not first:
        return {}
    ends = {LOG: first, SNAPSHOTS: first - 1, TRK: last_pruned_trk(store, first)}
    return {table: store.keys(table, stop=(end + 1).to_bytes(8, "big")) for table, end in ends.items() if end > 0}
