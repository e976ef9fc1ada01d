"""Making room in the store of a machine: what nothing needs goes.

A pin is needed if a snapshot or an event in the log refers to it, or a needed pin does. After a power failure in the
middle the store is whole: what is needed is written first, what is not is deleted then, and a compact copy takes the
place of the file in one move. A running machine deletes by itself what it is told to (machines.removal).
"""

import os
from dataclasses import dataclass
from pathlib import Path

from machines import home, reach
from machines.client import NotRunning
from machines.draft import sync
from machines.lock import Lock
from machines.origin import origin
from machines.portions import AT_ONCE
from machines.prune import before_origin
from machines.remote import Remote
from machines.sharing import tidy
from machines.store import LOG, PINS, SNAPSHOTS, TRK, Records, Store


@dataclass(slots=True)
class Swept:
    """What went, and what the store takes before and after, in bytes."""

    pins: int = 0
    pin_bytes: int = 0
    snapshots: int = 0
    events: int = 0
    trk: int = 0
    before: int = 0
    after: int = 0


def sweep(directory: Path, keep: int | None = None) -> Swept:
    """Delete what is not needed, and if the machine is stopped make its files as short as they can be; in those of a
    running one there is room then. With `keep` only the newest so many snapshots stay. Raises MachineError.
    """
    home.require(directory)
    try:
        remote = Remote(directory)
    except NotRunning:
        return sweep_stopped(directory, keep)
    try:
        return sweep_running(remote, keep)
    finally:
        remote.close()


# Stopped --------------------------------------------------------------------------------------------------------------


def sweep_stopped(directory: Path, keep: int | None) -> Swept:
    lock = Lock(directory)
    try:
        store = Store(directory)
        try:
            swept = Swept(before=store.space().size)
            forget_past(store, swept)
            if keep is not None:
                old = old_snapshots(store, keep)
                store.forget(SNAPSHOTS, [n.to_bytes(8, "big") for n in old])
                swept.snapshots += len(old)
            idle = unneeded(store, swept)
            store.forget(PINS, idle)
            tidy(store)
            space = store.space()
            short = None if 4 * space.free < space.file else store.path.with_suffix(".new")
            if short is not None:
                short.unlink(missing_ok=True)
                store.compact(short)
        finally:
            store.close()
        if short is not None:
            os.chmod(short, 0o600)
            short.replace(store.path)
            sync(directory)
        swept.after = space.size - space.file + store.path.stat().st_size
    finally:
        lock.release()
    return swept


def forget_past(store: Store, swept: Swept) -> None:
    """Delete what is before the origin, where that was interrupted."""
    for table, keys in before_origin(store).items():
        store.forget(table, keys)
        if table == LOG:
            swept.events = len(keys)
        elif table == TRK:
            swept.trk = len(keys)
        else:
            swept.snapshots = len(keys)


# Running --------------------------------------------------------------------------------------------------------------


def sweep_running(remote: Remote, keep: int | None) -> Swept:
    swept = Swept(before=remote.space().size)
    call = remote.client.call
    call("sweep_begin")
    try:
        if keep is not None:
            old = old_snapshots(remote, keep)
            call("forget_snapshots", events=old)
            swept.snapshots = len(old)
        known = reach.every_head(remote)
        idle = unneeded(remote, swept, known)
        seen = 0
        at = 0
        while at < len(idle):
            lot = idle[at : at + AT_ONCE]
            met = [bytes.fromhex(hash) for hash in call("sweep", pins=[hash.hex() for hash in lot], seen=seen)["met"]]
            if met:
                # What a snapshot holds again since it was looked through stays, with all under it.
                seen += len(met)
                stay = reach.under(known, met)
                idle = [*idle[:at], *(hash for hash in idle[at:] if hash not in stay)]
            else:
                at += len(lot)
    finally:
        call("sweep_end")
    swept.pins = len(idle)
    swept.pin_bytes = sum(known[hash].size for hash in idle)
    swept.after = remote.space().size
    return swept


# Both -----------------------------------------------------------------------------------------------------------------


def old_snapshots(records: Records, keep: int) -> list[int]:
    """All but the newest, and the one that the past begins with."""
    events = [n for n, _ in records.every_record(SNAPSHOTS, 0)]
    return [n for n in events[: max(0, len(events) - keep)] if n != origin(records)]


def unneeded(records: Records, swept: Swept, known: reach.Heads | None = None) -> list[bytes]:
    known = known or reach.every_head(records)
    needed = reach.under(known, [*reach.snapshots(records).values(), *reach.programs(records)])
    gone = reach.missing(known, needed)
    if gone:
        raise records.corrupt(f"pin {gone[0]} is missing")
    idle = [hash for hash in known if hash not in needed]
    swept.pins = len(idle)
    swept.pin_bytes = sum(known[hash].size for hash in idle)
    return idle
