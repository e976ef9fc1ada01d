"""Making room in the store of a stopped machine: what nothing needs goes, and with a word more some of the past.

A pin is needed if a snapshot or an event in the log refers to it, or a needed pin does. After a power failure in the
middle the store is whole: what is needed is written first, what is not is deleted then, and the compact copy takes the
place of the store in one move.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from time import time_ns

from machines import home, past, reach, reading
from machines.draft import sync
from machines.lock import Lock
from machines.past import Progress
from machines.store import LOG, PINS, SNAPSHOTS, TRK, Store

CUTS = "cuts"
"""In `meta`: when the past was cut off, and where: [[ns since the epoch, event]..]."""


@dataclass(slots=True)
class Swept:
    """What went, and the length of the store before and after, in bytes."""

    pins: int = 0
    pin_bytes: int = 0
    snapshots: int = 0
    events: int = 0
    trk: int = 0
    before: int = 0
    after: int = 0


def sweep(
    directory: Path, keep: int | None = None, before: int | None = None, progress: Progress | None = None
) -> Swept:
    """Delete what is not needed and make the file as short as it can be.

    With `keep` only the newest so many snapshots stay; with `before` the past up to that event is forgotten, its trk as
    well: the state after it becomes the first that can be seen. Raises MachineError, lock.Held if it is running.
    """
    home.require(directory)
    lock = Lock(directory)
    try:
        store = Store(directory)
        try:
            swept = Swept(before=store.path.stat().st_size)
            if before is not None:
                cut_off(store, before, progress)
            forget_past(store, swept)
            if keep is not None:
                forget_snapshots(store, keep, swept)
            forget_pins(store, swept)
            short = store.path.with_suffix(".new")
            with contextlib.suppress(FileNotFoundError):
                short.unlink()
            store.compact(short)
        finally:
            store.close()
        os.chmod(short, 0o600)
        short.replace(store.path)
        sync(directory)
        swept.after = store.path.stat().st_size
    finally:
        lock.release()
    return swept


def cut_off(store: Store, event: int, progress: Progress | None) -> None:
    """Write the state after `event`, and that the past begins there."""
    if event <= past.origin(store):
        return
    batch, _ = past.snapshot(store, event, progress)
    cuts = store.meta(CUTS)
    batch.put_meta(CUTS, [*(cuts if isinstance(cuts, list) else []), [time_ns(), event]])
    batch.put_meta(past.ORIGIN, event)
    store.commit(batch)


def forget_past(store: Store, swept: Swept) -> None:
    """Delete what is before the origin."""
    origin = past.origin(store)
    # One entry of the trk stays, so that numbers go on from it.
    trk = min(reading.last_trk(store, origin), store.last(TRK) - 1)
    swept.events = forget_up_to(store, LOG, origin)
    swept.snapshots = forget_up_to(store, SNAPSHOTS, origin - 1)
    swept.trk = forget_up_to(store, TRK, trk)


def forget_up_to(store: Store, table: int, end: int) -> int:
    """Delete the records up to a number. Returns how many there were."""
    limit = max(0, end + 1).to_bytes(8, "big")
    keys = [key for key in store.keys(table) if key < limit] if end > 0 else []
    store.forget(table, keys)
    return len(keys)


def forget_snapshots(store: Store, keep: int, swept: Swept) -> None:
    """Delete all but the newest, and the one that the past begins with."""
    origin = past.origin(store).to_bytes(8, "big")
    keys = store.keys(SNAPSHOTS)
    old = [key for key in keys[: max(0, len(keys) - keep)] if key != origin]
    store.forget(SNAPSHOTS, old)
    swept.snapshots += len(old)


def forget_pins(store: Store, swept: Swept) -> None:
    known = reach.every_head(store)
    needed = reach.under(known, [*reach.snapshots(store).values(), *reach.programs(store)])
    gone = reach.missing(known, needed)
    if gone:
        raise store.corrupt(f"pin {gone[0]} is missing")
    idle = [head for hash, head in known.items() if hash not in needed]
    store.forget(PINS, [head.hash for head in idle])
    swept.pins = len(idle)
    swept.pin_bytes = sum(head.size for head in idle)
