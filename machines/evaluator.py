"""`%eval`: evaluations in worker processes, as many at once as there are processors.

Workers are started when they are first needed, stay warm, and are shared by all cogs of the machine. An evaluation
that is cancelled takes its worker with it; another is started when there is need.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

import vm
from machines import worker
from machines.events import Computed, Given
from machines.heart import Where
from machines.launch import python_path
from machines.pods import Traffic
from machines.requests import Eval
from vm import Value

GRACE = 2.0
"""A worker keeps the time itself; if it has not replied so many seconds later, it is ended."""

MEMORY = 100_000
"""Pins that a worker may have seen before it is replaced by a fresh one."""

ASK_SECONDS = 10
NOBODY = -1
"""Stands for the cog where a device asks."""

Evaluated = Callable[[Where, Computed | Given, Iterable[Value]], None]


class Worker:
    """A worker process and the connection to it."""

    def __init__(self) -> None:
        self.sock, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "machines.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if os.environ.get("OPSH_DEBUG") else subprocess.DEVNULL,
                env=python_path(),
                start_new_session=True,
            )
        self.traffic = Traffic()
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def evaluate(self, request: Eval, memory: int) -> tuple[Computed | Given, list[Value]]:
        """Raises OSError or EOFError if the worker is no more, TimeoutError if it does not reply."""
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(sock=self.sock, limit=1 << 30)
        job = msgspec.msgpack.encode(
            [min(request.seconds, worker.LONGEST), memory, self.traffic.encode(vm.row([request.f, *request.xs]))]
        )
        self.writer.write(len(job).to_bytes(worker.LENGTH, "big") + job)
        async with asyncio.timeout(min(request.seconds, worker.LONGEST) + GRACE):
            length = int.from_bytes(await self.reader.readexactly(worker.LENGTH), "big")
            data = await self.reader.readexactly(length)
        kind, pod, shown = msgspec.msgpack.decode(data, type=tuple[int, bytes, list[bytes]])
        value = self.traffic.decode(pod)
        return Computed(value) if kind == worker.DONE else Given(value), [self.traffic.decode(one) for one in shown]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.writer is not None:
            self.writer.close()
        else:
            self.sock.close()


class Workers:
    """The evaluator of a machine: so many processes at once, and each evaluation may take so many bytes."""

    def __init__(self, evaluated: Evaluated, count: int, memory: int) -> None:
        self.evaluated = evaluated
        self.count = count
        self.memory = memory
        self.waiting: deque[tuple[Where, Eval]] = deque()
        self.running: dict[Where, asyncio.Task[None]] = {}
        self.idle: list[Worker] = []
        self.asking: dict[Where, asyncio.Future[Computed | Given]] = {}
        self.asked = 0

    def open(self, where: Where, request: Eval) -> None:
        self.waiting.append((where, request))
        self.next()

    async def ask(self, f: Value, x: Value) -> Value | None:
        """f applied to x, for a device that needs to know; None if it crashed or took too long."""
        self.asked += 1
        where = (NOBODY, self.asked)
        future = self.asking[where] = asyncio.get_running_loop().create_future()
        self.open(where, Eval(ASK_SECONDS, f, [x]))
        try:
            answer = await future
        finally:
            del self.asking[where]
            self.cancel(where)
        match answer:
            case Computed(value=vm.Row(items=[value])):
                return value
        return None

    def cancel(self, where: Where) -> None:
        task = self.running.pop(where, None)
        if task is not None:
            task.cancel()
        else:
            self.waiting = deque(job for job in self.waiting if job[0] != where)
        self.next()

    def next(self) -> None:
        while self.waiting and len(self.running) < self.count:
            where, request = self.waiting.popleft()
            self.running[where] = asyncio.get_running_loop().create_task(self.evaluate(where, request))

    async def evaluate(self, where: Where, request: Eval) -> None:
        me = asyncio.current_task()
        one = self.idle.pop() if self.idle else Worker()
        try:
            answer, shown = await one.evaluate(request, self.memory)
            if len(one.traffic.known) < MEMORY:
                self.idle.append(one)
            else:
                one.end()
        except TimeoutError:
            one.end()
            answer, shown = Given(vm.row([])), []
        except (OSError, EOFError, vm.MemoryLimit, vm.SeedError, msgspec.DecodeError):
            # It died, of too much memory for one. As with a timeout, nobody can say what it would have come to.
            one.end()
            answer, shown = Given(vm.row([])), []
        except asyncio.CancelledError:
            one.end()
            self.next()
            raise
        if self.running.get(where) is me:
            del self.running[where]
            if where in self.asking:
                self.asking[where].set_result(answer)
            else:
                self.evaluated(where, answer, shown)
        self.next()

    def close(self) -> None:
        self.waiting.clear()
        for task in self.running.values():
            task.cancel()
        for one in self.idle:
            one.end()
        self.idle.clear()
