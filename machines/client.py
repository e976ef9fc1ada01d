"""Talking to a running machine over its control socket: `Client` blocks, `AsyncClient` is for an event loop."""

import asyncio
import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from machines import home, protocol, socket_path
from machines.errors import FAILED, TIMED_OUT, UNREACHABLE, MachineError
from machines.lock import Held, Lock
from machines.protocol import Message

CLIENT = "opsh 0.1.0"


class NotRunning(MachineError):
    """Nobody answers at the control socket."""


class CallFailed(MachineError):
    """The machine answered a call with an error; `code` is JSON-RPC's."""

    def __init__(self, name: str, error: Message) -> None:
        data = error.get("data") or {}
        super().__init__(f"{name}: {error.get('message')}", str(data.get("hint", "")), data.get("exit_status", FAILED))
        self.code = error.get("code")


def not_running(directory: Path) -> NotRunning:
    home.require(directory)
    name = home.name_of(directory)
    return NotRunning(f"{name}: it is not running", f"opsh start {name} starts it", UNREACHABLE)


def lost(directory: Path) -> NotRunning:
    return NotRunning(
        f"{home.name_of(directory)}: the connection to it is lost", "opsh ps tells if it runs", UNREACHABLE
    )


def slow(directory: Path, method: str) -> MachineError:
    return MachineError(
        f"{home.name_of(directory)}: no answer to {method} in time", "it may be busy; try again", TIMED_OUT
    )


class Client:
    """A connection to a running machine.

    Raises NotRunning if there is none, CallFailed if it says no, and MachineError with status 4 if it does not answer
    within `timeout` seconds.
    """

    def __init__(self, directory: Path, timeout: float = 10.0) -> None:
        self.directory = directory
        self.timeout = timeout
        self.buffer = bytearray()
        self.scanned = 0
        self.heard: deque[Message] = deque()
        self.last_id = 0
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with socket_path.short(directory) as path:
                self.sock.connect(path)
        except OSError:
            self.sock.close()
            raise not_running(directory) from None
        try:
            self.greeting = self.call("hello", protocol=protocol.PROTOCOL, client=CLIENT)
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def call(self, method: str, **params: Any) -> Any:
        """The result of a call. `from_` stands for the parameter `from`."""
        self.last_id += 1
        try:
            self.sock.sendall(protocol.call(self.last_id, method, plain(params)))
        except OSError:
            raise lost(self.directory) from None
        deadline = time.monotonic() + self.timeout
        while True:
            message = self.receive(deadline - time.monotonic())
            if message is None:
                raise slow(self.directory, method)
            if "method" in message:
                self.heard.append(message)
            elif message.get("id") == self.last_id:
                if "error" in message:
                    raise CallFailed(home.name_of(self.directory), message["error"])
                return message.get("result")

    def notifications(self, timeout: float | None = None) -> Iterator[Message]:
        """Notifications ({method, params}) as they come.

        Ends after `timeout` seconds without one; raises NotRunning when the machine goes away.
        """
        while True:
            message = self.heard.popleft() if self.heard else self.receive(timeout)
            if message is None:
                return
            yield message

    def receive(self, timeout: float | None) -> Message | None:
        """The next message, None if there is none within `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            end = self.buffer.find(b"\n", self.scanned)
            if end >= 0:
                line = bytes(self.buffer[: end + 1])
                del self.buffer[: end + 1]
                self.scanned = 0
                return protocol.parse(line)
            self.scanned = len(self.buffer)
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self.sock], [], [], left)[0]:
                return None
            try:
                data = self.sock.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                raise lost(self.directory)
            self.buffer += data


class AsyncClient:
    """The same for an event loop: `await AsyncClient.connect(directory)`.

    Notifications wait in `heard`, a queue; None in it means that the connection is lost.
    """

    def __init__(
        self, directory: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float
    ) -> None:
        self.directory = directory
        self.reader = reader
        self.writer = writer
        self.timeout = timeout
        self.heard: asyncio.Queue[Message | None] = asyncio.Queue()
        self.calls: dict[int, asyncio.Future[Any]] = {}
        self.last_id = 0
        self.greeting: Message = {}
        self.listening = asyncio.get_running_loop().create_task(self.listen())

    @classmethod
    async def connect(cls, directory: Path, timeout: float = 10.0) -> "AsyncClient":
        try:
            with socket_path.short(directory) as path:
                reader, writer = await asyncio.open_unix_connection(path, limit=1 << 26)
        except OSError:
            raise not_running(directory) from None
        client = cls(directory, reader, writer, timeout)
        try:
            client.greeting = await client.call("hello", protocol=protocol.PROTOCOL, client=CLIENT)
        except BaseException:
            await client.close()
            raise
        return client

    async def call(self, method: str, **params: Any) -> Any:
        """The result of a call. `from_` stands for the parameter `from`."""
        if self.listening.done():
            raise lost(self.directory)
        self.last_id += 1
        id = self.last_id
        self.calls[id] = asyncio.get_running_loop().create_future()
        try:
            self.writer.write(protocol.call(id, method, plain(params)))
            await self.writer.drain()
            message = await asyncio.wait_for(self.calls[id], self.timeout)
        except TimeoutError:
            raise slow(self.directory, method) from None
        except OSError:
            raise lost(self.directory) from None
        finally:
            self.calls.pop(id, None)
        if "error" in message:
            raise CallFailed(home.name_of(self.directory), message["error"])
        return message.get("result")

    async def listen(self) -> None:
        try:
            while (line := await self.reader.readline()).endswith(b"\n"):
                message = protocol.parse(line)
                if "method" in message:
                    self.heard.put_nowait(message)
                elif (waiting := self.calls.get(message.get("id", 0))) is not None and not waiting.done():
                    waiting.set_result(message)
        except (OSError, ValueError, protocol.CallError):
            pass
        finally:
            for waiting in self.calls.values():
                if not waiting.done():
                    waiting.set_exception(lost(self.directory))
            self.heard.put_nowait(None)
            self.writer.close()

    async def close(self) -> None:
        self.listening.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await self.listening


def plain(params: dict[str, Any]) -> Message:
    return {name.rstrip("_"): value for name, value in params.items() if value is not None}


def stop(directory: Path, timeout: float = 30.0) -> None:
    """Stop a running machine and wait until its host is gone. Raises NotRunning, or MachineError with status 4."""
    with Client(directory) as client:
        client.call("stop")
        deadline = time.monotonic() + timeout
        with contextlib.suppress(NotRunning):
            for _ in client.notifications(timeout):
                pass
    while True:
        try:
            Lock(directory, shared=True, patience=0.0).release()
            return
        except Held:
            if time.monotonic() > deadline:
                name = home.name_of(directory)
                raise MachineError(
                    f"{name}: still stopping after {timeout:.0f} s", "it may be writing much", TIMED_OUT
                ) from None
            time.sleep(0.01)
