"""The way back to a machine's present: the newest snapshot, then the events after it, computed again."""

from collections.abc import Callable

import vm
from machines import heart, reading, snapshots
from machines.heart import Divergence, Moment
from machines.store import LOG, SNAPSHOTS, Store, read_pin


def present(store: Store, progress: Callable[[int, int], None] | None = None) -> tuple[Moment, int, dict[int, int]]:
    """The moment after the last event in the store, that event's number, and the last event of each cog since the
    snapshot.

    `progress` hears of (events replayed, events to replay). Raises store.Corrupt.
    """
    start = store.last(SNAPSHOTS)
    moment = Moment()
    if start:
        [(_, root)] = store.records(SNAPSHOTS, start, start + 1)
        moment = snapshots.load(store, root)
    last_event = dict.fromkeys(moment.cogs, start)
    end = store.last(LOG)
    if end < start:
        raise store.corrupt(f"its log ends with event {end}, before the snapshot of event {start}")
    at = start
    for n, data in store.every_record(LOG, start + 1):
        if n != at + 1:
            raise store.corrupt(f"event {at + 1} is missing")
        at = n
        for cog in advance(store, moment, n, data):
            last_event[cog] = n
        if progress is not None and n % 1000 == 0:
            progress(n - start, end - start)
    return moment, at, last_event


def advance(store: Store, moment: Moment, n: int, data: bytes) -> list[int]:
    """Replay one event on a moment. Returns the cogs that it changed."""
    event = reading.decode_event(store, n, data)
    try:
        step = heart.replay(moment, event, lambda hash: vm.lazy_pin(hash, read_pin))
    except (Divergence, vm.SeedError) as error:
        raise store.corrupt(f"event {n} cannot be replayed: {error}") from None
    moment.take(step)
    return list(step.changes)


def verify(store: Store, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """Replay from the first event and compare each snapshot with the state computed again. Returns what is wrong."""
    wrong: list[str] = []
    moment = Moment()
    roots = dict(store.every_record(SNAPSHOTS, 0))
    end = store.last(LOG)
    check = snapshots.Snapshots(store)
    for n, data in store.every_record(LOG, 1):
        advance(store, moment, n, data)
        if n in roots and check.pin(moment).hash != roots[n]:
            wrong.append(f"the snapshot of event {n} is not the state that the log comes to")
        if progress is not None and n % 1000 == 0:
            progress(n, end)
    return wrong
