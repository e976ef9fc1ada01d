"""The process that runs a machine: it owns the clock, the devices, the store and the control socket.

    evaluate -> batch -> (begin, on this thread) -> (sync, on the disk thread) -> durable -> shown, sent, answered

While one batch is on its way to the disk, evaluation goes on and the next one collects: that is the group commit.
An event is durable before its trk is shown and before any effect it asked for leaves the machine.

    python -m machines.host DIRECTORY [--ready FD]     runs the machine until it is told to stop
"""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING, Any

import msgspec

import vm
from machines import config, home, past, reading
from machines.device_poke import Poke
from machines.device_rand import Rand
from machines.device_time import Time
from machines.devices import Device, Late
from machines.errors import FAILED, NO_ROOM, TIMED_OUT, MachineError
from machines.evaluator import Workers
from machines.events import encode
from machines.heart import Divergence, Moment
from machines.lock import Lock
from machines.machine import Machine, Record
from machines.origin import origin
from machines.prune import before_origin, cut_off
from machines.reading import Entry
from machines.removal import Removal
from machines.resident import rss, watch
from machines.server import Server
from machines.shown import Layout, Mark, Shower
from machines.snapshots import Snapshots
from machines.store import LOG, SNAPSHOTS, TRK, Batch, Store, copy_store

if TYPE_CHECKING:
    from machines.device_http import Http

TURN = 5_000_000
"""How long the machine evaluates before the socket and the timers get a look, in nanoseconds."""

BATCH_LIMIT = 32 << 20
"""Bytes that may wait for the disk before evaluation waits too."""

RECORD_LIMIT = 20_000
"""Events that may wait for the disk before evaluation waits too."""

SNAPSHOT_SHARE = 20
"""At most this fraction of the time goes into snapshots."""

INTERRUPTED = 130
SHOW_PAGE = 500
STOP_PATIENCE = 3.0
"""How long a stop waits for somebody to read the last of the trk, in seconds."""

HAND_OVER = 0.0005
"""How long a thread that wants to go on waits for another one to pause, in seconds."""

UNSAID = 0.5
"""A stop that takes longer says what it waits for."""


LEAST_ROOM = 1 << 20
"""Bytes that have to be free on the disk where a machine is to start."""

STARTED = "started"


def version() -> str:
    try:
        return metadata.version("opsh")
    except metadata.PackageNotFoundError:
        return "0.1.0"


def complain(text: str) -> None:
    # The log of a detached host may be on the same full disk.
    with contextlib.suppress(OSError):
        print(f"opsh: {text}", file=sys.stderr, flush=True)


class Host:
    """Runs the machine in `directory` with `run`.

    Each trk entry is written once (see machines.shown) to the file descriptor `out`, as `layout` lays it out; without
    `layout` nothing is shown. With `until_idle` the run ends by itself when no cog waits for anything that could come.
    `say` is given what a person should know, a line each.
    """

    def __init__(
        self,
        directory: Path,
        layout: Layout | None = None,
        until_idle: bool = False,
        out: int = 1,
        say: Callable[[str], None] = complain,
    ) -> None:
        self.directory = directory
        self.name = home.name_of(directory)
        self.layout = layout
        self.out = out
        self.say = say
        self.until_idle = until_idle
        self.started = time_ns()
        self.pumping = False
        self.over = False
        self.told = False
        self.why = ""
        self.failure: BaseException | None = None
        self.batch = Batch()
        self.batched = 0
        self.flushes = 0
        self.on_disk = 0
        self.changed: set[int] = set()
        self.in_flight: asyncio.Future[bool] | None = None
        self.awaited: deque[tuple[int, asyncio.Future[int]]] = deque()
        self.snapshot_at = (0, 0)
        self.snapshot_cost = 0
        self.replay_cost = 0

    def run(self, ready: int | None = None) -> str:
        """Run until the machine is stopped. Returns why: "stopped", "interrupted" or "idle". Raises MachineError.

        Once it runs, a line of JSON is written to the file descriptor `ready`.
        """
        home.require(self.directory)
        self.config = config.read(self.directory)
        lock = Lock(self.directory)
        try:
            self.require_room()
            self.store = Store(self.directory)
            try:
                # Not in the event loop yet: Ctrl-C ends a long replay at once.
                began = perf_counter_ns()
                present = past.present(self.store)
                self.replay_cost = perf_counter_ns() - began
                asyncio.run(self.live(*present, ready))
            except KeyboardInterrupt:
                return "interrupted"
            finally:
                self.store.close()
        finally:
            lock.release()
        if self.failure is not None:
            raise self.failure
        return self.why

    def require_room(self) -> None:
        room = os.statvfs(self.directory)
        free = room.f_bavail * room.f_frsize
        if free < LEAST_ROOM:
            raise MachineError(f"{self.name}: the disk is full: {free} bytes are free at {self.directory}", NO_ROOM)

    async def live(self, moment: Moment, event: int, last_event: dict[int, int], ready: int | None) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(self.caught)
        self.stopping = asyncio.Event()
        self.disk = ThreadPoolExecutor(1, "disk")
        gc.set_threshold(100_000, 20, 100)
        # So long the disk thread waits, while something is evaluated, before it can tell that a batch is durable.
        sys.setswitchinterval(HAND_OVER)
        self.durable = event
        self.trk_next = self.store.last(TRK) + 1
        self.trk_durable = self.trk_next
        self.snapshots = Snapshots(self.store)
        self.removal = Removal(self.snapshots)
        self.snapshot_at = (self.store.last(SNAPSHOTS), 0)
        self.machine = Machine(moment, event, time_ns, self.config.limits)
        self.machine.last_event = last_event
        # What had to be replayed counts towards the next snapshot, or one killed often would replay ever more.
        self.machine.work_done = self.replay_cost
        self.machine.wake = self.wake
        self.poke = Poke(self.machine.answer, self.machine.tell_when_delivered)
        devices: dict[str, Device] = {
            "time": Time(self.machine.answer, time_ns, self.loop.call_later),
            "rand": Rand(self.machine.answer),
            "poke": self.poke,
            "http": Late(self.make_http),
        }
        self.http: Http | None = None
        self.machine.devices = {vm.utf8(name): device for name, device in devices.items()}
        self.workers = Workers(self.machine.evaluated, self.config.evaluation_workers, self.config.limits.memory)
        self.machine.evaluator = self.workers
        self.mark = Mark(self.directory)
        self.shower = None if self.layout is None else Shower(self.layout, self.out, self.mark, self.shown_from_thread)
        self.server = Server(self.directory, self)
        await self.server.open()
        self.hear_signals()
        gc.freeze()
        self.show_more()
        self.machine.start()
        # A disk that takes nothing is found out before it is said that the machine runs.
        self.batch.put_meta(STARTED, self.started)
        self.pump()
        if self.in_flight is not None:
            await asyncio.wait([self.in_flight])
        if ready is not None and self.failure is None:
            os.write(ready, msgspec.json.encode({"pid": os.getpid()}) + b"\n")
            os.close(ready)
            self.told = True
        self.look_idle()
        await self.stopping.wait()
        await self.wind_down()
        await self.finish()

    def make_http(self) -> Device:
        from machines.device_http import Http

        self.http = Http(self.machine.answer, self.workers.ask, self.directory)
        return self.http

    # Stopping ---------------------------------------------------------------------------------------------------------

    def hear_signals(self) -> None:
        ends = [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "stopped")]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means that the machine outlives its terminal
            ends.append((signal.SIGHUP, "stopped"))
        for number, why in ends:
            with contextlib.suppress(RuntimeError, ValueError):
                self.loop.add_signal_handler(number, self.stop, why)

    def stop(self, why: str = "stopped") -> Entry:
        """Begin to stop: no new step begins, those under way may end, what happened goes to the disk, then a snapshot.

        Returns how many `seconds` the steps have.
        """
        if not self.why:
            self.why = why
            for number in (signal.SIGINT, signal.SIGTERM):
                # Asked a second time, it goes at once: what is on disk is whole at any moment.
                with contextlib.suppress(ValueError):
                    signal.signal(number, lambda *_: os._exit(INTERRUPTED))
            self.machine.wind_down()
            self.server.changed(status=True)
            self.loop.call_soon(self.stopping.set)
        return {"seconds": self.config.stop_seconds}

    def fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
        self.stop("failed")

    def caught(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something went wrong that nobody foresaw: stop while all that is on disk is sound."""
        error = context.get("exception")
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            return
        # Python 3.11 reports it as one when a connection is cancelled.
        if isinstance(error, asyncio.CancelledError):
            return
        self.fail(error if isinstance(error, Exception) else MachineError(f"{self.name}: {context['message']}"))

    async def wind_down(self) -> None:
        """Wait for the steps under way, as long as the settings allow, and say which cogs hold the stop up."""
        began = time.monotonic()
        told = False
        while self.machine.restless and self.failure is None:
            waited = time.monotonic() - began
            if waited >= self.config.stop_seconds:
                self.notice(f"{self.evaluated()}: given up after {waited:.1f} s, to begin again when it is started")
                break
            if waited >= UNSAID and not told:
                told = True
                self.notice(f"{self.evaluated()}: it stops in {self.config.stop_seconds - waited:.1f} s at the latest")
            await asyncio.sleep(0.01)
        self.over = True

    def evaluated(self) -> str:
        """What holds the stop up."""
        steps = [f"cog {task.cog} (for {task.spent / 1e9:.1f} s)" for task in self.machine.suspended]
        return f"{self.name}: still evaluating {', '.join(steps[:10])}{' and others' if len(steps) > 10 else ''}"

    def notice(self, text: str) -> None:
        self.say(text)
        self.server.notice(text)

    async def finish(self) -> None:
        self.workers.close()
        for device in self.machine.devices.values():
            device.close()
        self.collect()
        try:
            if self.failure is None:
                if self.in_flight is not None:
                    await self.in_flight
                if self.machine.event > self.snapshot_at[0]:
                    self.take_snapshot()
                while self.batch.puts or self.in_flight is not None:
                    self.flush()
                    if self.in_flight is not None:
                        await self.in_flight
                        await asyncio.sleep(0)
            elif self.in_flight is not None:
                await self.in_flight
        except MachineError as error:
            self.failure = self.failure or error
        if self.shower is not None and self.failure is None:
            patience = time.monotonic() + STOP_PATIENCE
            while self.mark.get() < self.trk_durable - 1 and self.failure is None and time.monotonic() < patience:
                self.show_more()
                await asyncio.sleep(0.002)
        await self.server.close()
        self.disk.shutdown()

    def look_idle(self) -> None:
        if self.until_idle and not self.machine.restless and self.in_flight is None and not self.machine.alive:
            self.stop("idle")

    # Evaluation and the disk ------------------------------------------------------------------------------------------

    def wake(self) -> None:
        if not self.pumping:
            self.pumping = True
            self.loop.call_soon(self.pump)

    def pump(self) -> None:
        self.pumping = False
        if self.over or self.failure is not None or self.batch.size > BATCH_LIMIT or self.batched > RECORD_LIMIT:
            return
        try:
            self.machine.run(TURN)
        except vm.SeedError as error:
            self.fail(self.store.corrupt(str(error)))
            return
        except Exception as error:
            self.fail(error)
            return
        self.collect()
        if self.snapshot_due():
            self.take_snapshot()
        self.flush()
        if self.machine.restless:
            self.wake()

    def collect(self) -> None:
        """Put what happened into the batch."""
        for record in self.machine.records:
            self.put(record)
        self.machine.records.clear()
        self.changed |= self.machine.changed
        self.machine.changed.clear()

    def put(self, record: Record) -> None:
        self.batch.put_record(LOG, record.number, encode(record.event))
        self.batched += 1
        for trk in record.trk:
            self.batch.put_record(TRK, self.trk_next, reading.encode_trk(record.number, trk))
            self.trk_next += 1

    def snapshot_due(self) -> bool:
        event, work = self.snapshot_at
        if self.machine.work_done - work < SNAPSHOT_SHARE * self.snapshot_cost:
            return False
        done = self.machine.work_done - work
        return (
            self.machine.event - event >= self.config.snapshot_events
            or done >= self.config.snapshot_seconds * config.SECOND
        )

    def take_snapshot(self) -> None:
        began = perf_counter_ns()
        # A state that shares its parts can unfold to more than can be hashed. Its log still says how to make it.
        with contextlib.suppress(vm.MemoryLimit):
            self.snapshots.write(self.batch, self.machine.event, self.machine.moment, self.machine.last_event)
        self.snapshot_cost = perf_counter_ns() - began
        self.snapshot_at = (self.machine.event, self.machine.work_done)

    def snapshot(self) -> int:
        """Take one now, unless it would be the last one again. Returns its event; it is on its way to the disk."""
        self.collect()
        if self.machine.event > self.snapshot_at[0]:
            self.take_snapshot()
            self.flush()
        return self.machine.event

    async def prune(self, event: int, rule: str) -> Entry:
        """Begin the past after `event`, of which there is a snapshot, and answer when all before it is gone."""
        batch = cut_off(self.store, event, rule)
        self.batch.puts += batch.puts
        await self.written()
        for table, keys in before_origin(self.store).items():
            self.removal.delete(table, keys)
        await self.removed()
        return {}

    async def forget_snapshots(self, events: list[int]) -> Entry:
        """Delete snapshots, but for the newest and the one that the past begins with."""
        stay = {origin(self.store), self.store.last(SNAPSHOTS)}
        self.removal.delete(SNAPSHOTS, [n.to_bytes(8, "big") for n in events if n not in stay])
        await self.removed()
        return {}

    async def sweep_begin(self) -> Entry:
        """See machines.removal."""
        self.removal.begin()
        self.snapshot()
        await self.written()
        return {}

    async def sweep(self, pins: list[bytes], seen: int) -> Entry:
        """Answers with the pins that were met after the first `seen` ones; if there are none, `pins` will go."""
        try:
            met = self.removal.met_since(seen)
        except LookupError:
            raise MachineError(f"{self.name}: another gc was begun", "wait for it, or begin again") from None
        if not met:
            self.removal.doom(pins)
            self.flush()
        return {"met": [hash.hex() for hash in met]}

    async def sweep_end(self) -> Entry:
        """Answers when all is gone."""
        self.removal.end()
        await self.removed()
        return {}

    async def written(self) -> None:
        """Wait until all that has been collected by now is on disk."""
        number = self.flushes + bool(self.batch.puts or self.batch.gone or self.removal.queue)
        while self.on_disk < number:
            self.flush()
            if self.failure is not None:
                raise self.failure
            if self.in_flight is None:
                break
            await asyncio.wait([self.in_flight])
            await asyncio.sleep(0)

    async def removed(self) -> None:
        """Wait until nothing waits to be removed."""
        while self.removal.queue or self.snapshots.doomed:
            await self.written()

    async def copy(self, file: Path) -> Entry:
        """Copy the store, as it is on disk, to a file that is not there."""
        if self.why:
            raise MachineError(f"{self.name}: it is stopping", "try again when it has stopped")
        try:
            # On the one thread that commits, so that nothing is written meanwhile.
            await self.loop.run_in_executor(self.disk, copy_store, self.store, file)
        except OSError as error:
            raise MachineError(f"{file}: cannot copy the store there: {error.strerror}", "check the space") from None
        return {}

    def flush(self) -> None:
        """Send the batch to the disk, unless one is on its way already."""
        if self.in_flight is None:
            self.removal.put(self.batch)
        if not (self.batch.puts or self.batch.gone) or self.in_flight is not None:
            return
        batch, self.batch, self.batched = self.batch, Batch(), 0
        self.flushes += 1
        number = self.flushes
        changed, self.changed = self.changed, set()
        reached = self.machine.event, self.trk_next
        try:
            writing = self.store.begin(batch)
        except MachineError as error:
            self.fail(error)
            return
        self.in_flight = self.loop.run_in_executor(self.disk, writing.sync)
        self.in_flight.add_done_callback(lambda future: self.synced(future, number, batch, reached, changed))

    def synced(
        self, future: asyncio.Future[bool], number: int, batch: Batch, reached: tuple[int, int], changed: set[int]
    ) -> None:
        self.in_flight = None
        error = future.exception()
        if error is not None:
            self.fail(error)
            return
        if not future.result():
            # The map was full: write the same batch again, in front of what collected meanwhile.
            self.store.grow()
            self.batch.puts[:0] = batch.puts
            self.batch.gone[:0] = batch.gone
            self.batch.size += batch.size
            self.changed |= changed
            self.flush()
            return
        self.removal.written(batch)
        self.on_disk = number
        self.durable, self.trk_durable = reached
        while self.awaited and self.awaited[0][0] <= self.durable:
            number, waiter = self.awaited.popleft()
            if not waiter.done():
                waiter.set_result(number)
        self.machine.durable(self.durable)
        self.show_more()
        self.server.changed(changed, status=True)
        self.flush()
        if self.machine.restless:
            self.wake()
        self.look_idle()

    # Showing ----------------------------------------------------------------------------------------------------------

    def show_more(self) -> None:
        if self.shower is None:
            self.mark.set(self.trk_durable - 1)
        elif not self.shower.busy:
            at = min(self.mark.get(), self.trk_durable - 1) + 1
            if at < self.trk_durable:
                page = reading.trk_page(self.store, at, min(self.trk_durable, at + SHOW_PAGE), None, None)["entries"]
                if page:
                    self.shower.put(page)

    def shown_from_thread(self, error: BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.shown, error)

    def shown(self, error: BaseException | None) -> None:
        assert self.shower is not None
        if error is not None:
            self.fail(error)
            return
        self.shower.busy = False
        self.show_more()

    # What the server asks ---------------------------------------------------------------------------------------------

    def status(self) -> Entry:
        return {
            "machine": self.name,
            "dir": str(self.directory),
            "version": version(),
            "state": "stopping" if self.why else "running",
            "pid": os.getpid(),
            "started": self.started,
            "event": self.machine.event,
            "durable": self.durable,
            "cogs": reading.cog_counts(self.machine.moment),
            "trk": self.trk_durable,
            "rss": rss(),
        }

    def cogs(self, first: int | None) -> Entry:
        return reading.cog_page(self.machine.moment, first, self.cog)

    def cog(self, cog: int) -> Entry:
        state = self.machine.moment.cogs.get(cog)
        if state is None:
            return {"cog": cog, "state": "gone", "waits": [], "event": self.durable, "error": None}
        entry = reading.cog_entry(cog, state, self.machine.last_event.get(cog, 0))
        address = self.http.address(cog) if self.http is not None else None
        if address is not None:
            entry["waits"].append(f"visitors at {address}")
        return entry

    def requests(self, cog: int, first: int | None) -> Entry | None:
        return reading.request_page(self.machine.moment, cog, first)

    def inspect(self, cog: int, path: list[int], first: int | None) -> Entry | None:
        return reading.inspect(self.machine.moment, cog, path, first)

    def trk(self, first: int | None, to: int | None, last: int | None, cog: int | None) -> Entry:
        return reading.trk_page(self.store, first, to, last, cog)

    def events(self, first: int | None, to: int | None, last: int | None) -> Entry:
        return reading.event_page(self.store, first, to, last)

    def next_trk(self) -> int:
        return self.trk_durable

    def next_event(self) -> int:
        return self.durable + 1

    async def settled(self) -> None:
        """Wait until everything that has happened by now is on disk."""
        if self.durable < self.machine.event:
            future: asyncio.Future[int] = self.loop.create_future()
            self.awaited.append((self.machine.event, future))
            await future

    async def change(self, method: str, params: dict[str, Any]) -> Entry:
        """What a person does to a cog. Answers with the number of the event, once that is on disk."""
        cog = params["cog"]
        future: asyncio.Future[int] = self.loop.create_future()

        def happened(event: int | None) -> None:
            if event is not None:
                self.awaited.append((event, future))
            elif not future.done():
                future.set_exception(MachineError(f"cog {cog} is not there any more", "opsh cogs lists the cogs"))

        try:
            match method:
                case "restart":
                    happened(self.machine.restart(cog))
                case "drop":
                    happened(self.machine.drop(cog))
                case "replace":
                    pin = vm.pin(vm.load(params["seed"]))
                    self.snapshots.write_pin(self.batch, pin)
                    self.machine.replace(cog, pin.hash, pin.item, happened)
                case "poke":
                    if cog not in self.machine.moment.cogs:
                        raise Divergence(f"there is no cog {cog}")
                    path = [vm.utf8(step) for step in params["path"]]
                    take_back = self.poke.send(cog, path, vm.load(params["seed"]), happened)
                    future.add_done_callback(lambda _: take_back())
            return {"event": await asyncio.wait_for(future, params.get("seconds"))}
        except (Divergence, vm.SeedError, vm.MemoryLimit) as error:
            raise MachineError(str(error) or "the value is too large", "opsh cogs lists the cogs") from None
        except TimeoutError:
            if cog in self.machine.busy:
                what = f"cog {cog} is still being evaluated; it may yet take it"
            else:
                what = f"cog {cog} does not listen on {'/'.join(params['path'])}"
            raise MachineError(what, "opsh cogs tells what it waits for", TIMED_OUT) from None


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m machines.host", description="Run a machine until it is told to stop."
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--ready", type=int, help="file descriptor to write a line of JSON to, once it runs or cannot")
    options = parser.parse_args(None if arguments is None else list(arguments))
    host = Host(options.directory)
    watch()
    try:
        host.run(options.ready)
        return 0
    except Exception as error:
        if os.environ.get("OPSH_DEBUG"):
            raise
        if not isinstance(error, MachineError):
            error = MachineError(f"{host.name}: internal error: {error!r}", "set OPSH_DEBUG=1 to see where")
        if options.ready is not None and not host.told:
            said = {"error": error.message, "hint": error.hint, "exit_status": error.exit_status}
            with contextlib.suppress(OSError):
                os.write(options.ready, msgspec.json.encode(said) + b"\n")
        complain(f"{error.message}; {error.hint}" if error.hint else error.message)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
