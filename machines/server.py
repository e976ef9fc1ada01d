"""The control socket of a running machine.

Every listener has a place in the trk and is sent what comes after it, read from the store, so a slow one costs no
memory and never holds the machine up: when it is too far behind it is told of the gap and goes on from the end.
"""

import asyncio
import base64
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any, Protocol

from machines import home, protocol, remote, socket_path
from machines.errors import MachineError
from machines.protocol import CallError, Message
from machines.reading import Entry
from machines.store import Store

FULL = 1 << 20
"""So many unsent bytes make a listener a slow one."""

FAR_BEHIND = 5000
"""A listener that is so many trk entries behind is told of a gap."""

TOPICS = {"trk", "cogs", "status"}


class Source(Protocol):
    """What the server asks the host."""

    store: Store

    def status(self) -> Entry: ...

    def cogs(self) -> list[Entry]: ...

    def cog(self, cog: int) -> Entry: ...

    def inspect(self, cog: int) -> Entry | None: ...

    def trk(self, first: int | None, to: int | None, last: int | None, cog: int | None) -> Entry: ...

    def events(self, first: int | None, to: int | None, last: int | None) -> Entry: ...

    def next_trk(self) -> int: ...

    def snapshot(self) -> int: ...

    async def copy(self, file: Path) -> Entry: ...

    def stop(self) -> Entry: ...

    async def settled(self) -> None: ...

    async def change(self, method: str, params: Message) -> Entry: ...


class Listener:
    """A connection, and what it wants to hear of."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.greeted = False
        self.topics: set[str] = set()
        self.next = 0
        self.cogs: set[int] = set()
        self.status = False

    @property
    def full(self) -> bool:
        return self.writer.transport.get_write_buffer_size() > FULL

    def send(self, data: bytes) -> None:
        if not self.writer.is_closing():
            self.writer.write(data)


class Server:
    """Call `changed` whenever something became durable or the machine changed its state."""

    def __init__(self, directory: Path, source: Source) -> None:
        self.directory = directory
        self.source = source
        self.listeners: set[Listener] = set()
        self.server: asyncio.Server | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.last_flush = 0.0
        self.sending: set[asyncio.Future[None]] = set()

    async def open(self) -> None:
        """Listen. The caller holds the machine's lock, so a socket that is there already belongs to nobody."""
        path = self.directory / home.SOCKET
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            with socket_path.short(self.directory) as short:
                sock.bind(short)
        except OSError as error:
            sock.close()
            raise MachineError(f"{path}: cannot listen: {error.strerror}", "check who owns the directory") from None
        finally:
            os.umask(mask)
        # asyncio would stat the path by its bound name, which may be gone; it only does so when it is given a path.
        self.server = await asyncio.start_unix_server(self.connected, sock=sock, limit=protocol.LINE_LIMIT)

    async def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.flush()
        if self.server is not None:
            self.server.close()
        for listener in self.listeners:
            listener.writer.close()
        for listener in list(self.listeners):
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(listener.writer.wait_closed(), 0.5)
        with contextlib.suppress(FileNotFoundError):
            (self.directory / home.SOCKET).unlink()

    # Calls ------------------------------------------------------------------------------------------------------------

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = socket_path.peer_uid(writer.get_extra_info("socket"))
        if uid is not None and uid not in (os.getuid(), 0):
            writer.close()
            return
        listener = Listener(writer)
        self.listeners.add(listener)
        try:
            while True:
                try:
                    line = await reader.readline()
                except ValueError:
                    listener.send(protocol.failure(None, CallError(protocol.NOT_A_REQUEST, "the line is too long")))
                    break
                if not line.endswith(b"\n"):
                    break
                answer = await self.answer(listener, line)
                if answer is not None:
                    listener.send(answer)
                    await writer.drain()
        except OSError:
            pass
        finally:
            self.listeners.discard(listener)
            writer.close()

    async def answer(self, listener: Listener, line: bytes) -> bytes | None:
        id: object = None
        try:
            message = protocol.parse(line)
            id = message.get("id")
            method, params = message.get("method"), message.get("params", {})
            if not isinstance(method, str) or not isinstance(params, dict):
                raise CallError(protocol.NOT_A_REQUEST, "a call has a method and named params")
            value = self.call(listener, method, params)
            if not isinstance(value, dict):
                value = await value
            return protocol.result(id, value) if "id" in message else None
        except CallError as error:
            return protocol.failure(id, error)
        except Exception as error:
            if not isinstance(error, MachineError):
                error = MachineError(f"the machine cannot answer that: {type(error).__name__}: {error}"[:300])
            return protocol.failure(id, CallError(protocol.FAILED, error.message, error.hint, error.exit_status))

    def call(self, listener: Listener, method: str, params: Message) -> Message | Awaitable[Message]:
        if method == "hello":
            return self.hello(listener, params)
        if not listener.greeted:
            raise CallError(protocol.HELLO_FIRST, "say hello first")
        match method:
            case "status":
                return self.source.status()
            case "cogs":
                return self.once_durable({"cogs": self.source.cogs()})
            case "trk":
                first, to, last, cog = (whole(params, name) for name in ("from", "to", "last", "cog"))
                return self.source.trk(first, to, last, cog)
            case "events":
                first, to, last = (whole(params, name) for name in ("from", "to", "last"))
                return self.source.events(first, to, last)
            case "inspect":
                cog = whole(params, "cog")
                found = None if cog is None else self.source.inspect(cog)
                if found is None:
                    raise CallError(protocol.BAD_PARAMS, f"there is no cog {cog}", "opsh cogs lists them")
                return self.once_durable(found)
            case "subscribe":
                return self.subscribe(listener, params)
            case method if method in remote.METHODS:
                return remote.answer(self.source.store, method, params)
            case "restart" | "drop" | "replace" | "poke":
                return self.source.change(method, change_params(params, method))
            case "copy":
                return self.source.copy(Path(str(params.get("file"))))
            case "snapshot":
                return {"event": self.source.snapshot()}
            case "stop":
                return self.source.stop()
        raise CallError(protocol.NO_SUCH_METHOD, f"{method:.40} is no method of this machine")

    async def once_durable(self, value: Message) -> Message:
        """What is known of cogs may be of events that a crash could still undo: say it when it no longer can."""
        await self.source.settled()
        return value

    def hello(self, listener: Listener, params: Message) -> Message:
        wanted = params.get("protocol")
        if wanted != protocol.PROTOCOL:
            raise CallError(
                protocol.WRONG_PROTOCOL,
                f"this machine speaks protocol {protocol.PROTOCOL}, and the client protocol {wanted!r:.20}",
                "stop the machine and start it with the same opsh",
            )
        listener.greeted = True
        status = self.source.status()
        return {"protocol": protocol.PROTOCOL} | {
            name: status[name] for name in ("machine", "version", "pid", "started")
        }

    def subscribe(self, listener: Listener, params: Message) -> Message:
        topics = params.get("topics")
        if not isinstance(topics, list) or not set(topics) <= TOPICS:
            raise CallError(protocol.BAD_PARAMS, "topics is a list of " + ", ".join(sorted(TOPICS)))
        start = whole(params, "from")
        listener.topics = set(topics)
        listener.next = self.source.next_trk() if start is None else start
        self.changed()
        return {"next": listener.next}

    # Notifications ----------------------------------------------------------------------------------------------------

    def changed(self, cogs: set[int] | Mapping[int, Any] | None = None, status: bool = False) -> None:
        """Something is new: tell the listeners soon."""
        if not self.listeners:
            return
        for listener in self.listeners:
            if cogs and "cogs" in listener.topics:
                listener.cogs.update(cogs)
            listener.status |= status
        if self.timer is None:
            delay = max(0.0, self.last_flush + 1 / protocol.RATE - time.monotonic())
            self.timer = asyncio.get_running_loop().call_later(delay, self.flush)

    def notice(self, text: str) -> None:
        """Tell everybody who is connected something that a person should know."""
        for listener in self.listeners:
            if listener.greeted:
                listener.send(protocol.notification("notice", {"text": text}))

    async def send_once_durable(self, listener: Listener, data: bytes) -> None:
        await self.source.settled()
        listener.send(data)

    def flush(self) -> None:
        self.timer = None
        self.last_flush = time.monotonic()
        end = self.source.next_trk()
        pages: dict[int, Entry] = {}
        behind = False
        for listener in self.listeners:
            try:
                behind |= listener.full or self.tell(listener, end, pages)
            except Exception:
                # It will call again, and hear what is wrong; the machine has other things to do.
                listener.writer.close()
        if behind:
            self.changed()

    def tell(self, listener: Listener, end: int, pages: dict[int, Entry]) -> bool:
        """Send a listener what is new to it; whether there is more. `pages` keeps what was read for the others."""
        if "trk" in listener.topics and end - listener.next > FAR_BEHIND:
            listener.send(protocol.notification("gap", {"from": listener.next, "to": end}))
            listener.next = end
        elif "trk" in listener.topics and listener.next < end:
            start = listener.next
            page = pages.get(start) or pages.setdefault(start, self.source.trk(start, end, None, None))
            listener.send(protocol.notification("trk", {"entries": page["entries"]}))
            listener.next = max(page["next"], start + 1)
        if listener.cogs:
            news = {"cogs": [self.source.cog(cog) for cog in sorted(listener.cogs)]}
            listener.cogs.clear()
            sending = asyncio.ensure_future(self.send_once_durable(listener, protocol.notification("cogs", news)))
            self.sending.add(sending)
            sending.add_done_callback(self.sending.discard)
        if listener.status and "status" in listener.topics:
            listener.send(protocol.notification("status", self.source.status()))
            listener.status = False
        return "trk" in listener.topics and listener.next < end


def change_params(params: Message, method: str) -> Message:
    """The parameters of a call that changes a cog: `cog`, and as it needs `seed`, `path`, `seconds`."""
    found: Message = {"cog": whole(params, "cog") or 0}
    if method in ("replace", "poke"):
        try:
            found["seed"] = base64.b64decode(params.get("seed", ""), validate=True)
        except (ValueError, TypeError):
            raise CallError(protocol.BAD_PARAMS, "seed is the bytes of a seed in Base64") from None
    if method == "poke":
        path = params.get("path")
        if not isinstance(path, list) or not all(isinstance(step, str) for step in path):
            raise CallError(protocol.BAD_PARAMS, "path is a list of texts")
        found["path"] = path
        found["seconds"] = whole(params, "seconds")
    return found


def whole(params: Message, name: str) -> int | None:
    """A parameter that is a whole number from 0, or left out."""
    value = params.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise CallError(protocol.BAD_PARAMS, f"{name} is a whole number, not {value!r:.40}")
    return value
