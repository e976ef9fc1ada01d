"""Making a machine: a directory, a store, and in its log the event that puts the first cog into it."""

from pathlib import Path
from time import time_ns

import vm
from machines import config, heart, reading, sharing
from machines.draft import draft
from machines.events import Event, encode
from machines.heart import Moment
from machines.lock import Lock
from machines.machine import Trk
from machines.snapshots import Snapshots
from machines.store import LOG, TRK, Store, first_batch
from vm import Value


def boot(directory: Path, program: Value) -> None:
    """Make a machine whose first cog is what `program` makes of 0 (`cogs.program_of` a value, if it is made already).

    What the program tracks begins the machine's trk. Nothing is there, or all of it: the directory gets its name only
    when it is complete. Raises MachineError, and vm.Crash if the program crashes.
    """
    with draft(directory) as half:
        fill(half, program, directory.parent)
        (half / config.CONFIG).write_text(config.text())


def fill(directory: Path, program: Value, place: Path) -> None:
    lock = Lock(directory)
    now = time_ns()
    pin = vm.pin(program)
    trk: list[Trk] = []

    def outcome_of(work: heart.Work) -> heart.Outcome:
        return heart.Worth(vm.evaluate(work.f, *work.xs, trk=lambda shown: trk.append(Trk(1, time_ns(), shown))))

    step = heart.drive(heart.boot(Moment(), 1, pin.hash, program), outcome_of)
    batch = first_batch(now)
    batch.put_record(LOG, 1, encode(Event(now, step.receipts)))
    for n, entry in enumerate(trk, 1):
        batch.put_record(TRK, n, reading.encode_trk(1, entry))
    store = Store(directory, create=True)
    Snapshots(store).write_pin(batch, pin)
    sharing.fill(store, batch, place)
    store.close()
    lock.release()
