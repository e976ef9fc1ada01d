"""How fast machines are: run it by hand, `python tests/bench/bench_machines.py [SECONDS]`. All events are durable.

when      a cog that asks for the time again and again        events a second, and processor time of an event
trk       the same, showing each count                        entries a second
cogs      2,000 cogs, spun one by one, each waits             seconds until all wait
talk      one cog asks, another tells, again and again        pairs a second
timers    1,000 cogs, each waits for the next second          share of a processor, how late the last one is
fair      a timer, beside a cog in an endless loop            how late it is, and the control socket, at worst
idle      10,000 cogs that wait for ever                      memory, seconds to start
eval      two equal jobs at once against one                  ratio of the times
replay    the events of `when`, verified from the first       events a second
commit    an event that waits for the disk before it goes on  milliseconds each, p50 and p99
start     of a machine that was stopped; that was killed      seconds until it answers
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import vm  # noqa: E402
from machines import cogs, past  # noqa: E402
from machines.boot import boot  # noqa: E402
from machines.client import Client, NotRunning, stop  # noqa: E402
from machines.store import LOG, Store  # noqa: E402
from tests.machines import programs  # noqa: E402

FOREVER = programs.wait_until(1 << 40)
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0


def start(directory: Path) -> subprocess.Popen[bytes]:
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


def processor_time(process: subprocess.Popen[bytes]) -> float:
    """Seconds, of Linux only."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def rate(directory: Path, count: str) -> tuple[float, float]:
    """How many a second, and microseconds of processor time for one."""
    process = start(directory)
    with Client(directory) as client:
        time.sleep(0.5)
        began, before, used = time.monotonic(), client.call("status")[count], processor_time(process)
        time.sleep(SECONDS)
        done = client.call("status")[count] - before
        seconds, used = time.monotonic() - began, processor_time(process) - used
    stop(directory)
    process.wait()
    return done / seconds, used / done * 1e6


def loop(request: vm.Value) -> vm.Value:
    return vm.app(programs.law("loop", 2, programs.ap(programs.SELF, programs.A)), programs.asks(request))


def spinner(count: int) -> vm.Value:
    idle = loop(programs.wait_until(1 << 40))
    return programs.script(*[programs.asks(programs.spin(idle))] * count)


def many(count: int, value: vm.Value) -> vm.Value:
    """Spins so many cogs at once, and waits for ever."""
    return programs.script(programs.asks(*[programs.spin(value)] * count), programs.asks(FOREVER))


def talkers() -> vm.Value:
    """Spins a cog that tells on channel 1, and one that asks it."""
    both = programs.law("both", 2, programs.row_of(programs.B, programs.A))
    teller, asker = loop(programs.cog_call("tell", 1, both)), loop(programs.cog_call("ask", 2, 1, 5))
    return programs.script(programs.asks(programs.spin(teller), programs.spin(asker)), programs.asks(FOREVER))


def ticks(count: int) -> vm.Value:
    """Waits for each of the next so many seconds, from in a while."""
    start = int(time.time()) + 4
    return programs.script(*(programs.asks(programs.wait_until(start + n)) for n in range(count)))


def jobs(count: int) -> vm.Value:
    """Evaluates so many equal jobs at once: counting down from a large number."""
    again = programs.law("again", 2, programs.ap(programs.A, programs.B))
    down = programs.law("down", 1, programs.ap(programs.const(2), 0, programs.ap(programs.const(again), 0), 1))
    job = programs.evaluate(60, down, 10_000_000)
    return programs.script(programs.asks(*[job] * count), programs.asks(FOREVER))


def make(place: Path, name: str, value: vm.Value) -> Path:
    boot(place / name, cogs.program_of(value))
    return place / name


def report(name: str, figures: str) -> None:
    print(f"{name:8} {figures}", flush=True)


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="opsh-bench-", dir=os.environ.get("OPSH_BENCH", ".")))
    try:
        when = make(place, "when", loop(programs.WHEN))
        report("when", "{:,.0f} events/s, {:.1f} us of processor time each".format(*rate(when, "durable")))
        trk = make(place, "trk", programs.counter())
        report("trk", "{:,.0f} entries/s, {:.1f} us of processor time each".format(*rate(trk, "trk")))

        spun = make(place, "cogs", spinner(2000))
        began = time.monotonic()
        process = start(spun)
        with Client(spun) as client:
            while (status := client.call("status"))["durable"] < 2001:
                time.sleep(0.01)
        report("cogs", f"{time.monotonic() - began:.2f} s from the start, {status['rss'] / 1e6:.0f} MB")
        stop(spun)
        process.wait()

        talk = make(place, "talk", talkers())
        report("talk", "{:,.0f} pairs/s, {:.1f} us of processor time each".format(*rate(talk, "durable")))

        timers = make(place, "timers", many(1000, ticks(60)))
        process = start(timers)
        time.sleep(6)
        used = processor_time(process)
        time.sleep(SECONDS)
        used = (processor_time(process) - used) / SECONDS
        with Client(timers) as client:
            late = max(entry["time"] % 1_000_000_000 for entry in client.call("events", last=1000)["entries"])
        stop(timers)
        process.wait()
        report("timers", f"{used:.2f} of a processor, the last one {late / 1e6:.0f} ms late")

        start_both = programs.asks(programs.spin(ticks(60)), programs.spin(programs.endless()))
        fair = make(place, "fair", programs.script(start_both, programs.asks(FOREVER)))
        process = start(fair)
        with Client(fair) as client:
            slowest = 0.0
            end = time.monotonic() + 5 + SECONDS
            while time.monotonic() < end:
                began = time.monotonic()
                client.call("status")
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.02)
            found = [entry for entry in client.call("events", last=100)["entries"] if entry["cog"] == 2]
            late = max(entry["time"] % 1_000_000_000 for entry in found)
        stop(fair)
        process.wait()
        report("fair", f"the timer {late / 1e6:.0f} ms, the socket {slowest * 1e3:.0f} ms at worst")

        idle = make(place, "idle", many(10_000, loop(FOREVER)))
        process = start(idle)
        with Client(idle) as client:
            while client.call("status")["durable"] < 2:
                time.sleep(0.05)
        stop(idle)
        process.wait()
        began = time.monotonic()
        process = start(idle)
        started = time.monotonic() - began
        with Client(idle) as client:
            report("idle", f"{client.call('status')['rss'] / 1e6:.0f} MB, {started:.2f} s to start")
        stop(idle)
        process.wait()

        took = []
        for count in (1, 2):
            work = make(place, f"eval{count}", jobs(count))
            process = start(work)
            with Client(work) as client:
                began = time.monotonic()
                while client.call("status")["durable"] < 2:
                    time.sleep(0.005)
                took.append(time.monotonic() - began)
            stop(work)
            process.wait()
        report("eval", f"{took[1] / took[0]:.2f} ({took[0]:.2f} s for one, {took[1]:.2f} s for two)")

        store = Store(when, readonly=True)
        began, used = time.monotonic(), time.process_time()
        assert past.verify(store) == []
        seconds, used, count = time.monotonic() - began, time.process_time() - used, store.last(LOG)
        report("replay", f"{count / seconds:,.0f} events/s, {used / count * 1e6:.1f} us of processor time each")
        store.close()

        commit = make(place, "commit", loop(vm.row([programs.word("time"), 1, programs.word("when")])))
        process = start(commit)
        with Client(commit) as client:
            time.sleep(SECONDS)
            times = sorted(entry["time"] for entry in client.call("events", last=1000)["entries"])
        stop(commit)
        process.wait()
        gaps = sorted(after - before for before, after in pairwise(times))
        report("commit", f"p50 {gaps[len(gaps) // 2] / 1e6:.1f} ms, p99 {gaps[len(gaps) * 99 // 100] / 1e6:.1f} ms")

        began = time.monotonic()
        process = start(when)
        stopped = time.monotonic() - began
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        began = time.monotonic()
        process = start(when)
        report("start", f"{stopped:.2f} s after a stop, {time.monotonic() - began:.2f} s after a kill")
        stop(when)
        process.wait()
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
