"""The way back to any moment of a machine: the newest snapshot before it, then the events after that, replayed."""

from collections.abc import Callable, Sequence

import vm
from machines import heart, reading, snapshots
from machines.errors import MachineError
from machines.heart import Divergence, Moment
from machines.origin import beginning, origin
from machines.store import LOG, SNAPSHOTS, Batch, Records, read_pin

Progress = Callable[[int, int], None]
"""Hears of how much is done of how much."""


def present(store: Records, progress: Progress | None = None) -> tuple[Moment, int, dict[int, int]]:
    """The moment after the last event in the store, that event's number, and the last event of each cog since the
    snapshot.

    `progress` hears of (events replayed, events to replay). Raises store.Corrupt.
    """
    return at(store, last(store), progress)


def at(store: Records, event: int, progress: Progress | None = None) -> tuple[Moment, int, dict[int, int]]:
    """The same for the moment after any event; 0 is the one before the first."""
    start = store.last(SNAPSHOTS, event + 1)
    moment = Moment()
    if start:
        [(_, root)] = store.records(SNAPSHOTS, start, start + 1)
        moment = snapshots.load(store, root)
    last_event = snapshots.last_events(store, start, moment)
    require(store, event)
    done = start
    for n, data in store.every_record(LOG, start + 1, event + 1):
        if n != done + 1:
            raise store.corrupt_event(done + 1, "is missing")
        done = n
        for cog in advance(store, moment, n, data):
            last_event[cog] = n
        if progress is not None and n % 1000 == 0:
            progress(n - start, event - start)
    return moment, done, last_event


def last(store: Records) -> int:
    """The last event."""
    return max(store.last(LOG), origin(store))


def require(store: Records, event: int) -> None:
    """Raises MachineError if the machine cannot go back, or forth, to the moment after `event`."""
    # In this order: a running machine writes between two questions, and its log is never behind its snapshots.
    newest, end, first = store.last(SNAPSHOTS), last(store), origin(store)
    if end < newest and event <= end:
        raise store.corrupt(f"its log ends with event {end}, before the snapshot of event {newest}")
    if event > end:
        raise MachineError(f"{store.name}: there is no event {event}; the last one is {end}", "opsh events lists them")
    if event < first:
        raise MachineError(f"{store.name}: {beginning(store)}", "opsh events lists what is left")


def advance(store: Records, moment: Moment, n: int, data: bytes) -> list[int]:
    """Replay one event on a moment. Returns the cogs that it changed."""
    event = reading.decode_event(store, n, data)
    try:
        step = heart.replay(moment, event, lambda hash: vm.lazy_pin(hash, read_pin))
    except (Divergence, vm.SeedError) as error:
        raise store.corrupt_event(n, f"cannot be replayed: {error}") from None
    moment.take(step)
    return list(step.changes)


def snapshot(store: Records, event: int, progress: Progress | None = None) -> tuple[Batch, bytes]:
    """What to write for a snapshot of the moment after `event`, and its root's hash. Raises MachineError."""
    moment, _, last_event = at(store, event, progress)
    batch = Batch()
    try:
        return batch, snapshots.Snapshots(store).write(batch, event, moment, last_event).hash
    except vm.MemoryLimit:
        raise MachineError(
            f"{store.name}: its state after event {event} is too large to be written", "its log alone can be kept"
        ) from None


def verify(store: Records, progress: Progress | None = None) -> list[str]:
    """Replay from the first event, or from where the past was cut off, and compare each snapshot with the state.

    Returns what is wrong; raises store.Corrupt where it cannot go on.
    """
    wrong: list[str] = []
    # In this order: a running machine's log is never behind its snapshots.
    roots = dict(store.every_record(SNAPSHOTS, 0))
    end = last(store)
    check = snapshots.Snapshots(store)
    done = origin(store)
    moment = snapshots.load(store, roots[done]) if done in roots else Moment()
    if done and done not in roots:
        raise store.corrupt(f"its log begins with event {done + 1}, and the state before that is missing")
    for n, data in store.every_record(LOG, done + 1, end + 1):
        if n != done + 1:
            raise store.corrupt_event(done + 1, "is missing")
        done = n
        advance(store, moment, n, data)
        if n in roots and check.pin(moment).hash != roots[n]:
            wrong.append(f"the snapshot of event {n} is not the state that the log comes to")
        if progress is not None and n % 1000 == 0:
            progress(n, end)
    wrong += [f"there is a snapshot of event {n}, which is not in the log" for n in roots if n > end]
    return wrong


def inspect(store: Records, cog: int, event: int, path: Sequence[int] = ()) -> reading.Entry:
    """What a cog, or a part of it, was after an event, as `reading.inspect` says it. Raises MachineError."""
    moment, _, _ = at(store, event)
    found = reading.inspect(moment, cog, path)
    if found is None:
        what = f"no cog {cog}" + (f" with a part {'/'.join(map(str, path))}" if path else "")
        raise MachineError(f"{store.name}: there was {what} after event {event}", "opsh events tells of each cog")
    return {**found, "event": event}
