"""The process that evaluates `%eval` requests, one after the other, for the host that started it.

It reads jobs from a socket and writes replies, each a frame: the length in 4 bytes, then msgpack.
    job    [seconds, bytes of memory that it may take, pod of the row [f x..]]
    reply  [kind, pod of [value] | [op arg] | [], [pod of a trk value..]]    kind: 0 done, 1 crashed, 2 timed out
"""

import gc
import os
import signal
import socket
import sys
import threading
import time

import msgspec

import vm
from machines.pods import Traffic
from machines.resident import watch
from vm import Value

DONE, CRASHED, TIMED_OUT = range(3)
LENGTH = 4
TRK_LIMIT = 1000
LONGEST = 366 * 24 * 3600


def main() -> None:
    sock = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 20, 100)
    watch()
    evaluating = threading.Event()
    threading.Thread(target=leave_with, args=(os.getppid(), evaluating), daemon=True).start()
    traffic = Traffic()
    file = sock.makefile("rwb")
    while len(length := file.read(LENGTH)) == LENGTH:
        job = msgspec.msgpack.decode(file.read(int.from_bytes(length, "big")), type=tuple[int, int, bytes])
        seconds, memory, pod = job
        evaluating.set()
        kind, value, shown = evaluate(traffic.decode(pod), min(seconds, LONGEST), memory)
        evaluating.clear()
        reply = msgspec.msgpack.encode([kind, traffic.encode(value), [traffic.encode(one) for one in shown]])
        file.write(len(reply).to_bytes(LENGTH, "big") + reply)
        file.flush()


def evaluate(job: Value, seconds: int, memory: int) -> tuple[int, Value, list[Value]]:
    shown: list[Value] = []

    def show(value: Value) -> None:
        if len(shown) < TRK_LIMIT:
            shown.append(value)

    f, *xs = job.items if isinstance(job, vm.Row) else [0]
    try:
        return DONE, vm.row([vm.evaluate(f, *xs, seconds=seconds, trk=show, memory=memory)]), shown
    except vm.Crash as crash:
        return CRASHED, vm.row([crash.op, crash.arg]), shown
    except (vm.TimeLimit, vm.MemoryLimit):
        return TIMED_OUT, vm.row([]), shown


def leave_with(host: int, evaluating: threading.Event) -> None:
    """A worker whose host died hears of it when it reads the socket; while it evaluates, it has to look."""
    while True:
        evaluating.wait()
        if os.getppid() != host:
            os._exit(1)
        time.sleep(1)


if __name__ == "__main__":
    main()
