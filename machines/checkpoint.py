"""A snapshot because a person wants one: of a running machine by its host, of a stopped one here."""

import time
from pathlib import Path

from machines import home, past
from machines.errors import TIMED_OUT, MachineError
from machines.lock import Lock
from machines.remote import Remote, opened
from machines.store import SNAPSHOTS, Store


def take(directory: Path, timeout: float = 30.0) -> tuple[int, int]:
    """Returns the event and the number of pins that were new, when all is on disk.

    Raises MachineError, with status 4 if that takes longer than `timeout` seconds.
    """
    with opened(directory) as records:
        before, _ = records.space().tables["pins"]
        if isinstance(records, Remote):
            event = int(records.client.call("snapshot")["event"])
            deadline = time.monotonic() + timeout
            while records.last(SNAPSHOTS) < event:
                if time.monotonic() > deadline:
                    name = home.name_of(directory)
                    raise MachineError(f"{name}: no snapshot of event {event} yet", "the disk may be busy", TIMED_OUT)
                time.sleep(0.01)
            return event, records.space().tables["pins"][0] - before
    lock = Lock(directory)
    try:
        store = Store(directory)
        try:
            event = past.last(store)
            if store.last(SNAPSHOTS) != event:
                batch, _ = past.snapshot(store, event)
                store.commit(batch)
            return event, store.space().tables["pins"][0] - before
        finally:
            store.close()
    finally:
        lock.release()
