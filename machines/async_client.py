"""What machines.client is, for an event loop."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from machines import home, protocol, socket_path
from machines.client import CLIENT, CallFailed, lost, not_running, plain, slow
from machines.protocol import Message


class AsyncClient:
    """A connection to a running machine: `await AsyncClient.connect(directory)`. It raises what `Client` raises.

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
