"""How fast machines are, each figure beside its bar: run it by hand, `make bench-machines`. All events are durable.

    python tests/bench/bench_machines.py [RUNS [NAME..]]      medians of so many runs (3), of these measures or of all

A measure is a function below; what it gives in each run is a figure for each of its rows. OPSH_BENCH names the
directory whose disk is measured (default: the present one).
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import vm  # noqa: E402
from machines import cogs, past  # noqa: E402
from machines.boot import boot  # noqa: E402
from machines.client import Client, NotRunning, stop  # noqa: E402
from machines.events import Delivered, Event, Given, encode  # noqa: E402
from machines.host import Host  # noqa: E402
from machines.store import (  # noqa: E402
    LOG,
    Batch,
    Store,
)
from tests.machines import programs  # noqa: E402

SECONDS = 3.0
FOREVER = programs.wait_until(1 << 40)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `bar` is the least (or the most) that is to be shown, None if nobody said."""

    what: str
    unit: str
    least: float | None = None
    most: float | None = None
    digits: int = 0

    def bar(self) -> str:
        if self.least is not None:
            return f">= {self.least:,.{self.digits}f}"
        return f"<= {self.most:,.{self.digits}f}" if self.most is not None else ""

    def met(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


Measure = Callable[[Path], list[float]]
MEASURES: dict[str, tuple[Measure, list[Row]]] = {}


def measure(*rows: Row) -> Callable[[Measure], Measure]:
    def note(function: Measure) -> Measure:
        MEASURES[function.__name__] = function, list(rows)
        return function

    return note


# Machines -------------------------------------------------------------------------------------------------------------


def make(place: Path, value: vm.Value) -> Path:
    directory = Path(tempfile.mkdtemp(dir=place)) / "m"
    boot(directory, cogs.program_of(value))
    return directory


def start(directory: Path) -> subprocess.Popen[bytes]:
    """A host of the machine, as soon as it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.machines.run_host", str(directory)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        try:
            Client(directory).close()
            return process
        except NotRunning:
            assert process.poll() is None
            time.sleep(0.002)


@contextmanager
def running(directory: Path) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    process = start(directory)
    with Client(directory) as client:
        yield client, process
    stop(directory)
    process.wait()


def wait_for(client: Client, event: int) -> None:
    while client.call("status")["durable"] < event:
        time.sleep(0.005)


def processor_time(process: subprocess.Popen[bytes]) -> float:
    """Seconds; of Linux only."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def rate(directory: Path, count: str) -> list[float]:
    """How many a second, and microseconds of processor time for one."""
    with running(directory) as (client, process):
        time.sleep(0.5)
        began, before, used = time.monotonic(), client.call("status")[count], processor_time(process)
        time.sleep(SECONDS)
        done = client.call("status")[count] - before
        seconds, used = time.monotonic() - began, processor_time(process) - used
    return [done / seconds, used / done * 1e6]


# Cogs -----------------------------------------------------------------------------------------------------------------


def loop(request: vm.Value) -> vm.Value:
    """Asks the same again and again."""
    return vm.app(programs.law("loop", 2, programs.ap(programs.SELF, programs.A)), programs.asks(request))


def many(count: int, value: vm.Value) -> vm.Value:
    """Spins so many cogs at once, and waits for ever."""
    return programs.script(programs.asks(*[programs.spin(value)] * count), programs.asks(FOREVER))


def ticks(count: int) -> vm.Value:
    """Waits for each of the next so many seconds, from in a while."""
    start = int(time.time()) + 4
    return programs.script(*(programs.asks(programs.wait_until(start + n)) for n in range(count)))


# Measures -------------------------------------------------------------------------------------------------------------


@measure(
    Row("a cog that asks for the time, again and again", "events/s", least=10_000),
    Row("", "us of processor time each", digits=1),
)
def when(place: Path) -> list[float]:
    return rate(make(place, loop(programs.WHEN)), "durable")


@measure(
    Row("the same, showing a count each time", "entries/s"),
    Row("", "us of processor time each", digits=1),
)
def trk(place: Path) -> list[float]:
    return rate(make(place, programs.counter()), "trk")


@measure(
    Row("one cog asks, another one tells", "pairs/s", least=10_000),
    Row("", "us of processor time each", digits=1),
)
def talk(place: Path) -> list[float]:
    both = programs.law("both", 2, programs.row_of(programs.B, programs.A))
    teller, asker = loop(programs.cog_call("tell", 1, both)), loop(programs.cog_call("ask", 2, 1, 5))
    spins = programs.asks(programs.spin(teller), programs.spin(asker))
    return rate(make(place, programs.script(spins, programs.asks(FOREVER))), "durable")


@measure(Row("2,000 cogs spun one by one, each waits", "s from the start", most=3, digits=2))
def spin(place: Path) -> list[float]:
    spun = make(place, programs.script(*[programs.asks(programs.spin(loop(FOREVER)))] * 2000))
    began = time.monotonic()
    with running(spun) as (client, _):
        wait_for(client, 2001)
        return [time.monotonic() - began]


@measure(
    Row("1,000 cogs, each at a timer of one second", "of a processor", most=0.5, digits=2),
    Row("", "ms late, the last one"),
)
def timers(place: Path) -> list[float]:
    with running(make(place, many(1000, ticks(60)))) as (client, process):
        time.sleep(6)
        used = processor_time(process)
        time.sleep(SECONDS)
        used = (processor_time(process) - used) / SECONDS
        late = max(entry["time"] % 1_000_000_000 for entry in client.call("events", last=1000)["entries"])
    return [used, late / 1e6]


@measure(
    Row("10,000 idle cogs", "MB", most=1000),
    Row("", "s to start", most=5, digits=2),
)
def idle(place: Path) -> list[float]:
    directory = make(place, many(10_000, loop(FOREVER)))
    with running(directory) as (client, _):
        wait_for(client, 2)
    began = time.monotonic()
    with running(directory) as (client, _):
        return [client.call("status")["rss"] / 1e6, time.monotonic() - began]


@measure(
    Row("beside an endless loop: a timer", "ms late at worst", most=100),
    Row("the control socket", "ms at worst", most=100),
)
def fair(place: Path) -> list[float]:
    both = programs.asks(programs.spin(ticks(60)), programs.spin(programs.endless()))
    with running(make(place, programs.script(both, programs.asks(FOREVER)))) as (client, _):
        slowest = 0.0
        end = time.monotonic() + 5 + SECONDS
        while time.monotonic() < end:
            began = time.monotonic()
            client.call("status")
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.02)
        found = [entry for entry in client.call("events", last=100)["entries"] if entry["cog"] == 2]
        late = max(entry["time"] % 1_000_000_000 for entry in found)
    return [late / 1e6, slowest * 1e3]


@measure(Row("two equal %eval at once against one", "times as long", most=1.2, digits=2))
def evaluations(place: Path) -> list[float]:
    again = programs.law("again", 2, programs.ap(programs.A, programs.B))
    down = programs.law("down", 1, programs.ap(programs.const(2), 0, programs.ap(programs.const(again), 0), 1))
    job = programs.evaluate(60, down, 10_000_000)
    took = []
    for count in (1, 2):
        jobs = programs.asks(*[job] * count)
        with running(make(place, programs.script(jobs, programs.asks(FOREVER)))) as (client, _):
            began = time.monotonic()
            wait_for(client, 2)
            took.append(time.monotonic() - began)
    return [took[1] / took[0]]


def history(place: Path, events: int, snapshot: bool) -> Path:
    """A machine like that of `when` with so many events behind it, and perhaps a snapshot after the last one."""
    directory = make(place, loop(programs.WHEN))
    store = Store(directory)
    for first in range(2, events + 1, 10_000):
        batch = Batch()
        for n in range(first, min(first + 10_000, events + 1)):
            event = Event(1_700_000_000_000_000_000 + n, [Delivered(1, {0: Given(1_700_000_000 + n // 20_000)}, None)])
            batch.put_record(LOG, n, encode(event))
        store.commit(batch)
    if snapshot:
        store.commit(past.snapshot(store, events)[0])
    store.close()
    return directory


@measure(
    Row("200,000 events of the first kind replayed", "events/s", least=40_000),
    Row("", "us of processor time each", digits=1),
)
def replay(place: Path) -> list[float]:
    store = Store(history(place, 200_000, False), readonly=True)
    began, used = time.monotonic(), time.process_time()
    assert past.verify(store) == []
    seconds, used = time.monotonic() - began, time.process_time() - used
    store.close()
    return [200_000 / seconds, used / 200_000 * 1e6]


@measure(
    Row("a start from a snapshot after 10,000 events", "s", digits=2),
    Row("after 100,000 events", "s", digits=2),
    Row("after 1,000,000 events", "s", digits=2),
    Row("the last one against the first one", "times as long", most=1.2, digits=2),
)
def starts(place: Path) -> list[float]:
    took = []
    for events in (10_000, 100_000, 1_000_000):
        directory = history(place, events, True)
        best = 1e9
        for _ in range(3):
            began = time.monotonic()
            process = start(directory)
            best = min(best, time.monotonic() - began)
            process.send_signal(signal.SIGKILL)  # so that it makes no snapshot of its own
            process.wait()
        took.append(best)
    return [*took, took[2] / took[0]]


class Offered(Host):
    """A host whose cog is poked at a rate that the clock holds, however long anything takes: an open loop.

    The latency of an event is the time from when it was due to arrive until it is on disk.
    """

    def __init__(self, directory: Path, rate: float, count: int) -> None:
        super().__init__(directory)
        self.rate, self.count = rate, count
        self.on_its_way: deque[tuple[int, float]] = deque()
        self.latencies: list[float] = []

    async def live(self, *given: Any) -> None:
        offering = asyncio.ensure_future(self.offer())
        await super().live(*given)
        await offering

    async def offer(self) -> None:
        await asyncio.sleep(1)
        first = time.perf_counter()
        sent = 0
        while sent < self.count:
            due = first + sent / self.rate
            delay = due - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
                continue
            self.poke.send(1, [1], sent, lambda event, due=due: self.on_its_way.append((event, due)))  # type: ignore
            sent += 1
            if sent % 100 == 0:
                await asyncio.sleep(0)
        while len(self.latencies) < self.count:
            await asyncio.sleep(0.01)
        took = sorted(self.latencies)
        achieved = self.count / (time.perf_counter() - first)
        print(took[len(took) // 2] * 1e3, took[len(took) * 99 // 100] * 1e3, achieved)
        self.stop()

    def synced(self, *given: Any) -> None:
        super().synced(*given)
        now = time.perf_counter()
        while self.on_its_way and self.on_its_way[0][0] <= self.durable:
            self.latencies.append(now - self.on_its_way.popleft()[1])


RATES = (1, 100, 10_000)


@measure(
    *(
        row
        for rate in RATES
        for row in (
            Row(f"from arrival to disk, {rate:,} events/s offered", "ms, p50", digits=2),
            Row("", "ms, p99", digits=2),
            Row("", "events/s done", least=rate * 0.95 if rate > 1 else 0.9, digits=1),
        )
    )
)
def commit(place: Path) -> list[float]:
    found: list[float] = []
    for offered in RATES:
        listen = vm.row([programs.word("poke"), 0, programs.word("poke"), vm.row([1])])
        directory = make(place, loop(listen))
        count = max(20, int(offered * SECONDS))
        words = [sys.executable, __file__, "--offer", str(directory), str(offered), str(count)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        found += map(float, done.stdout.split())
    return found


# The table ------------------------------------------------------------------------------------------------------------


def main(runs: int, names: list[str]) -> int:
    place = Path(tempfile.mkdtemp(prefix="opsh-bench-", dir=os.environ.get("OPSH_BENCH", ".")))
    print(" " * 50, *(f"{head:>11}" for head in ("MEDIAN", "BAR", "LOWEST", "HIGHEST")))
    missed: list[str] = []
    try:
        for name in names or MEASURES:
            function, rows = MEASURES[name]
            found = []
            for _ in range(runs):
                found.append(function(place))
                shutil.rmtree(place)
                place.mkdir()
            for row, values in zip(rows, zip(*found, strict=True), strict=True):
                value = median(values)
                if not row.met(value):
                    missed.append(f"{row.what or name} ({row.unit})")
                cells = [f"{one:>11,.{row.digits}f}" for one in (value, min(values), max(values))]
                print(f"{row.what:50}", cells[0], f"{row.bar():>11}", *cells[1:], "", row.unit, flush=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print("missed: " + "; ".join(missed) if missed else "every bar is met")
    return int(bool(missed))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--offer"]:
        Offered(Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])).run()
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2:]))
