"""A new machine from any moment of another one.

It has the other one's history up to there, and goes its own way from then on. The identities are left behind: two
machines must not be one peer.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from machines import home, past, reading
from machines.config import CONFIG
from machines.draft import draft
from machines.lock import Lock
from machines.past import Progress
from machines.remote import opened
from machines.shown import Mark
from machines.store import KEYS, LOG, PINS, SNAPSHOTS, TRK, Batch, Records, Store, first_batch

BATCH = 16 << 20
"""Bytes that are written at once."""


def fork(directory: Path, new: Path, event: int | None = None, progress: Progress | None = None) -> int:
    """Make the machine `new` from the moment of the machine in `directory` after `event`, else from its present.

    Returns the event. A stopped machine's store is copied as a file, and what came later is cut off; a running one
    reads its store out. `progress` hears of (bytes copied, bytes to copy). Raises MachineError.
    """
    with opened(directory) as records:
        end = past.last(records)
        event = end if event is None else event
        past.require(records, event)
        with draft(new) as half:
            lock = Lock(half)
            if isinstance(records, Store):
                copy_file(records.path, half / home.STORE)
                store = Store(half)
            else:
                store = Store(half, create=True)
                copy_records(records, store, event, progress)
            cut(store, event)
            mark = Mark(half)
            mark.set(store.last(TRK))
            mark.close()
            if (directory / CONFIG).exists():
                shutil.copy(directory / CONFIG, half / CONFIG)
            store.close()
            lock.release()
    return event


def copy_file(source: Path, target: Path) -> None:
    """Copy a file; where the file system can, the copy shares its blocks with the original."""
    with source.open("rb") as one, target.open("xb") as other:
        os.fchmod(other.fileno(), 0o600)
        if hasattr(os, "copy_file_range"):
            try:
                while os.copy_file_range(one.fileno(), other.fileno(), 1 << 30):
                    pass
            except OSError:
                one.seek(0)
                other.truncate(0)
                other.seek(0)
                shutil.copyfileobj(one, other, 1 << 20)
        else:
            shutil.copyfileobj(one, other, 1 << 20)
        other.flush()
        os.fsync(other.fileno())


def copy_records(records: Records, store: Store, event: int, progress: Progress | None) -> None:
    """Read out everything up to `event`, which must be on disk already."""
    total = sum(size for _, size in records.space().tables.values())
    done = 0
    created = records.meta("created")
    batch = first_batch(created if isinstance(created, int) else 0)
    batch.put_meta(past.ORIGIN, past.origin(records))
    for put in every_put(records, event):
        batch.put(*put)
        if batch.size > BATCH:
            done += batch.size
            store.commit(batch)
            batch = Batch()
            if progress is not None:
                progress(min(done, total), total)
    store.commit(batch)


def every_put(records: Records, event: int) -> Iterator[tuple[int, bytes, bytes]]:
    after = b""
    while heads := records.heads(after):
        hashes = [head.hash for head in heads]
        for hash, content in zip(hashes, records.contents(hashes), strict=True):
            yield PINS, hash, content
        after = hashes[-1]
    batch = Batch()
    last = {LOG: event, SNAPSHOTS: event, TRK: reading.last_trk(records, event)}
    for table, end in last.items():
        for n, data in records.every_record(table, 0, end + 1):
            batch.put_record(table, n, data)
            yield batch.puts.pop()


def cut(store: Store, event: int) -> None:
    """Forget what came after `event`, and who the machine was."""
    last = {LOG: event, SNAPSHOTS: event, TRK: reading.last_trk(store, event)}
    for table, end in last.items():
        store.forget(table, store.keys(table, (end + 1).to_bytes(8, "big")))
    store.forget(KEYS, store.keys(KEYS))
