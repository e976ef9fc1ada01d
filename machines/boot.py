"""Making a machine: a directory, a store, and in its log the event that puts the first cog into it."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import time_ns

import vm
from machines import heart, home, reading
from machines.errors import MachineError
from machines.events import Event, encode
from machines.heart import Moment
from machines.lock import Lock
from machines.machine import Trk
from machines.snapshots import Snapshots
from machines.store import LOG, TRK, Store, first_batch
from vm import Value


def boot(directory: Path, value: Value | bytes, trk: Iterable[tuple[int, Value]] = ()) -> None:
    """Make a machine whose first cog is `value` (normal; or the bytes of a seed).

    `trk` is what was shown while the value was computed, with the time in nanoseconds: it begins the machine's trk.
    Nothing is there, or all of it: the directory gets its name only when it is complete. Raises MachineError.
    """
    name = home.name_of(directory)
    if isinstance(value, bytes):
        try:
            value = vm.load(value)
        except vm.SeedError as error:
            raise MachineError(f"{name}: that is no seed: {error}", "opsh save makes seeds") from None
    if directory.exists() and not is_empty(directory):
        what = "there is such a machine already" if home.exists(directory) else "the directory is in use"
        raise MachineError(f"{name}: {what} ({directory})", "choose another name, or remove the directory")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    except OSError as error:
        raise MachineError(
            f"{name}: cannot make {directory}: {error.strerror}", "check who owns the directory above it"
        ) from None
    try:
        fill(half, value, trk)
        half.rename(directory)
    except OSError as error:
        raise MachineError(f"{name}: cannot make {directory}: {error.strerror}", "check the free space") from None
    finally:
        shutil.rmtree(half, ignore_errors=True)


def is_empty(directory: Path) -> bool:
    try:
        return directory.is_dir() and not any(directory.iterdir())
    except OSError as error:
        raise MachineError(f"{directory}: {error.strerror}", "check who owns the directory") from None


def fill(directory: Path, value: Value, trk: Iterable[tuple[int, Value]]) -> None:
    os.chmod(directory, 0o700)
    lock = Lock(directory)
    now = time_ns()
    pin = vm.pin(value)
    step = heart.boot(Moment(), pin.hash, value)
    batch = first_batch(now)
    batch.put_record(LOG, 1, encode(Event(now, step.receipts)))
    for n, (time, shown) in enumerate(trk, 1):
        batch.put_record(TRK, n, reading.encode_trk(1, Trk(1, time, shown)))
    store = Store(directory, create=True)
    Snapshots(store).write_pin(batch, pin)
    store.commit(batch)
    store.close()
    lock.release()
