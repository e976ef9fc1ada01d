"""A new machine from any moment of another one.

It has the other one's history up to there, and goes its own way from then on. The identities are left behind: two
machines must not be one peer.
"""

import shutil
from pathlib import Path

from machines import home, past, reading
from machines.config import CONFIG
from machines.draft import draft, sync
from machines.lock import Lock
from machines.remote import Remote, opened
from machines.shown import Mark
from machines.store import KEYS, LOG, SNAPSHOTS, TRK, Store, copy_store


def fork(directory: Path, new: Path, event: int | None = None) -> int:
    """Make the machine `new` from the moment of the machine in `directory` after `event`, else from its present.

    Returns the event. The store is copied as a file, by the host if the machine runs, and what came later is cut off.
    Raises MachineError.
    """
    with opened(directory) as records, draft(new) as half:
        past.require(records, past.last(records) if event is None else event)
        lock = Lock(half)
        if isinstance(records, Remote):
            records.copy(half / home.STORE)
        elif isinstance(records, Store):
            copy_store(records, half / home.STORE)
        store = Store(half)
        event = past.last(store) if event is None else event
        cut(store, event)
        mark = Mark(half)
        mark.set(store.last(TRK))
        mark.close()
        store.close()
        sync(half / home.STORE)
        if (directory / CONFIG).exists():
            shutil.copy(directory / CONFIG, half / CONFIG)
        lock.release()
    return event


def cut(store: Store, event: int) -> None:
    """Forget what came after `event`, and who the machine was."""
    last = {LOG: event, SNAPSHOTS: event, TRK: reading.last_trk(store, event)}
    for table, end in last.items():
        store.forget(table, store.keys(table, (end + 1).to_bytes(8, "big")))
    store.forget(KEYS, store.keys(KEYS))
