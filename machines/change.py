"""What a person does to a cog: restart, replace, drop, poke.

The host of a running machine does it; to a stopped machine it is done here, in the same way. Either way it is an event
of the log, and on disk when `change` returns.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from time import time_ns

import vm
from machines import cogs, config, heart, home, past, reading, requests
from machines.client import Client, NotRunning
from machines.device_poke import DEVICE, path_of
from machines.errors import MachineError
from machines.events import Crash, Event, Given, Timeout, encode
from machines.heart import Divergence, Moment, Outcome, Step, Work, Worth
from machines.lock import Lock
from machines.machine import OUT_OF_MEMORY, TOO_MUCH, Limits, Trk
from machines.snapshots import Snapshots
from machines.store import LOG, TRK, Batch, Store

LISTED = "opsh cogs lists the cogs and what they wait for"


def change(
    directory: Path,
    what: str,
    cog: int,
    value: vm.Value = None,
    path: Sequence[str] = (),
    seconds: int | None = None,
    timeout: float = 60.0,
) -> int:
    """Do it, and return the number of the event. `what` is "restart", "drop", "replace" or "poke".

    To replace a cog `value` is its new program (machines.boot), to poke it what it is given on `path`: a running cog
    has `seconds` to listen there. Raises MachineError, with status 4 if it takes longer than `timeout` seconds.
    """
    home.require(directory)
    try:
        client = Client(directory, timeout)
    except NotRunning:
        return change_stopped(directory, what, cog, value, path)
    with client:
        seed = None if value is None else b64encode(vm.save(value)).decode()
        return int(client.call(what, cog=cog, seed=seed, path=[*path] or None, seconds=seconds)["event"])


def change_stopped(directory: Path, what: str, cog: int, value: vm.Value, path: Sequence[str]) -> int:
    name = home.name_of(directory)
    limits = config.read(directory).limits
    lock = Lock(directory)
    try:
        store = Store(directory)
        try:
            moment, event, _ = past.present(store)
            batch = Batch()
            trk: list[Trk] = []

            def outcome_of(work: Work) -> Outcome:
                return evaluate(work, limits, lambda shown: trk.append(Trk(cog, time_ns(), shown)))

            match what:
                case "restart":
                    step = heart.restart(moment, cog)
                case "drop":
                    step = heart.drop(moment, cog)
                case "replace":
                    pin = vm.pin(value)
                    Snapshots(store).write_pin(batch, pin)
                    step = heart.drive(heart.boot(moment, cog, pin.hash, pin.item), outcome_of)
                case _:
                    step = heart.drive(poke(moment, cog, [vm.utf8(word) for word in path], value), outcome_of)
            put(batch, event + 1, step, trk, store.last(TRK) + 1)
            store.commit(batch)
            return event + 1
        except Divergence as error:
            raise MachineError(f"{name}: {error}", LISTED) from None
        except vm.MemoryLimit:
            raise MachineError(f"{name}: the value is too large", "nothing was changed") from None
        finally:
            store.close()
    finally:
        lock.release()


def put(batch: Batch, event: int, step: Step, trk: list[Trk], trk_next: int) -> None:
    batch.put_record(LOG, event, encode(Event(time_ns(), step.receipts)))
    for n, entry in enumerate(trk, trk_next):
        batch.put_record(TRK, n, reading.encode_trk(event, entry))


def poke(moment: Moment, cog: int, path: Sequence[int], value: vm.Value) -> heart.Turn:
    """The step that answers the first request which listens on a path. Raises Divergence if there is none."""
    for slot, request in enumerate(cogs.slots(moment.cogs.get(cog))):
        match requests.parse(request):
            case requests.Call(device, _, params) if device == DEVICE and path_of(params) == tuple(path):
                return heart.turn(moment, cog, {slot: Given(value)})
    if cog not in moment.cogs:
        raise Divergence(f"there is no cog {cog}")
    raise Divergence(f"cog {cog} does not listen there, and the machine is stopped")


def evaluate(work: Work, limits: Limits, show: Callable[[vm.Value], None]) -> Outcome:
    try:
        value = vm.evaluate(work.f, *work.xs, seconds=limits.time / config.SECOND, trk=show, memory=limits.memory)
        return Worth(value)
    except vm.Crash as crash:
        return Crash(crash.op, crash.arg)
    except vm.TimeLimit:
        return Timeout(limits.time)
    except vm.MemoryLimit:
        return Crash(OUT_OF_MEMORY, TOO_MUCH)
