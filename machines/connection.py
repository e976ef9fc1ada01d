"""One client on the control socket: lines in, lines out, and a bound on everything it could hold or hold up.

What it asks is answered in its order, one call at a time. A client that says nothing for a while before its hello,
that begins a line and does not end it, or that takes nothing of what it is sent, is hung up on; so is one whose line
is too long. It may send more calls than are answered yet: beyond a few its input is not read.
"""

import asyncio
import select
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Protocol, cast

from machines import protocol, socket_path
from machines.protocol import CallError

FULL = 1 << 20
"""So many unsent bytes make a client a slow one: it is sent no more until it has taken most of them."""

PATIENCE = 30.0
"""Seconds for a hello, for the rest of a line, and for taking anything of what was sent."""

AHEAD = 100
"""Calls that may wait for the answers to those before them."""

AHEAD_BYTES = 1 << 20
TURN = 0.002
"""Seconds after which the machine, and other clients, have their turn."""

LOOK = 1.0
"""Seconds between two looks whether a client that will send no more is still there for its answer."""


class Owner(Protocol):
    """Whose socket it is."""

    def opened(self, connection: "Connection") -> bool:
        """A client is there; whether it may stay."""

    def closed(self, connection: "Connection") -> None:
        """It is gone."""

    def drained(self) -> None:
        """A client that was slow can be sent more."""

    async def answer(self, connection: "Connection", line: bytes) -> bytes | None:
        """The answer to a line, if it wants one."""


class Connection(asyncio.Protocol):
    """`send` says something to the client; `full` tells that it should not, for it does not listen."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.greeted = False
        self.full = False
        self.buffer = bytearray()  # a line that has begun
        self.lines: deque[bytes] = deque()
        self.waiting = 0  # bytes in `lines`
        self.paused = False
        self.ended = False
        self.work: asyncio.Task[None] | None = None
        self.room = asyncio.Event()
        self.room.set()
        self.timers: dict[Callable[..., None], asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=FULL)
        self.peer = socket_path.peer(self.transport.get_extra_info("socket"))
        if not self.owner.opened(self):
            self.transport.abort()
            return
        self.after(PATIENCE, self.expect_hello)

    def connection_lost(self, _: Exception | None) -> None:
        for timer in self.timers.values():
            timer.cancel()
        if self.work is not None:
            self.work.cancel()
        self.owner.closed(self)

    def after(self, seconds: float, look: Callable[..., None], *args: object) -> None:
        """Call `look` in a while, unless it is cancelled or asked for anew before."""
        self.cancel(look)
        self.timers[look] = asyncio.get_running_loop().call_later(seconds, look, *args)

    def cancel(self, look: Callable[..., None]) -> None:
        timer = self.timers.pop(look, None)
        if timer is not None:
            timer.cancel()

    # In ---------------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        begun = bool(self.buffer)
        first, newline, rest = data.partition(b"\n")
        self.buffer += first
        if newline:
            *whole, rest = rest.split(b"\n")
            for line in (bytes(self.buffer), *whole):
                self.lines.append(line)
                self.waiting += len(line)
            self.buffer = bytearray(rest)
            begun = False
        if len(self.buffer) > protocol.LINE_LIMIT:
            self.hang_up(f"a line has at most {protocol.LINE_LIMIT} bytes")
        elif not self.buffer:
            self.cancel(self.expect_line)
        elif not begun:
            self.after(PATIENCE, self.expect_line)
        self.take()

    def take(self) -> None:
        """Begin to answer what was asked, if that is not under way, and do not read much more than that."""
        if self.lines and self.work is None and not self.transport.is_closing():
            self.work = asyncio.get_running_loop().create_task(self.answer_lines())
        ahead = len(self.lines) > AHEAD or self.waiting > AHEAD_BYTES
        if ahead != self.paused and not self.ended:
            self.paused = ahead
            if ahead:
                self.transport.pause_reading()
                self.cancel(self.expect_line)
            else:
                self.transport.resume_reading()
                if self.buffer:
                    self.after(PATIENCE, self.expect_line)

    async def answer_lines(self) -> None:
        began = perf_counter()
        while self.lines and not self.transport.is_closing():
            line = self.lines.popleft()
            self.waiting -= len(line)
            answer = await self.owner.answer(self, line)
            if answer is not None:
                self.send(answer)
            if perf_counter() - began > TURN:
                await asyncio.sleep(0)
                began = perf_counter()
            await self.room.wait()
            self.take()
        self.work = None
        if self.ended:
            self.close()

    def eof_received(self) -> bool:
        """It will ask no more; what it has asked is answered before it is hung up on."""
        self.ended = True
        self.cancel(self.expect_line)
        if self.buffer:
            self.lines.append(bytes(self.buffer))
            self.take()
        if self.work is not None:
            self.look_if_gone()
        return self.work is not None

    def look_if_gone(self) -> None:
        """A call may wait for long: there is no need if nobody waits for the answer."""
        ends = select.poll()
        ends.register(self.transport.get_extra_info("socket").fileno(), 0)
        if ends.poll(0):
            self.transport.abort()
        else:
            self.after(LOOK, self.look_if_gone)

    # Out --------------------------------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def pause_writing(self) -> None:
        self.full = True
        self.room.clear()
        self.after(PATIENCE, self.expect_room, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self.full = False
        self.room.set()
        self.cancel(self.expect_room)
        self.owner.drained()

    # Patience ---------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Hang up, once it has taken what it was sent, or not."""
        self.transport.close()
        self.after(PATIENCE, self.transport.abort)

    def hang_up(self, why: str) -> None:
        self.send(protocol.failure(None, CallError(protocol.NOT_A_REQUEST, why, "the connection is closed")))
        self.close()

    def expect_hello(self) -> None:
        if not self.greeted:
            self.hang_up(f"no hello within {PATIENCE:.0f} s")

    def expect_line(self) -> None:
        self.hang_up(f"a line was begun and not ended within {PATIENCE:.0f} s")

    def expect_room(self, before: int) -> None:
        """While it is full nothing is added, so there is less unless the client takes nothing."""
        size = self.transport.get_write_buffer_size()
        if size >= before:
            self.transport.abort()
        else:
            self.after(PATIENCE, self.expect_room, size)
