"""The control socket of a running machine.

Every listener has a place in the trk, and in the log, and is sent what comes after it, read from the store, so a slow
one costs no memory and never holds the machine up: when it is too far behind it is told of the gap and goes on from the
end.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from machines import connection, home, methods, portions, protocol, socket_path
from machines.errors import MachineError
from machines.protocol import CallError, Message
from machines.reading import PAGE, Entry

FAR_BEHIND = 5000
"""A listener that is so many entries behind is told of a gap."""

MOST = 250
"""Connections. With one more, the process that has the most of them loses its oldest."""

SETTLED = {"cogs", "requests", "inspect"}
"""Methods that tell of events which a crash could still undo: they are answered when it no longer can."""


class Source(methods.Source, Protocol):
    """What the server asks the host."""

    def cog(self, cog: int) -> Entry: ...

    def next_trk(self) -> int: ...

    def next_event(self) -> int: ...

    def snapshot(self) -> int: ...

    async def copy(self, file: Path) -> Entry: ...

    async def prune(self, event: int, rule: str) -> Entry: ...

    async def sweep_begin(self) -> Entry: ...

    async def sweep(self, pins: list[bytes], seen: int) -> Entry: ...

    async def sweep_end(self) -> Entry: ...

    async def forget_snapshots(self, events: list[int]) -> Entry: ...

    def stop(self) -> Entry: ...

    async def settled(self) -> None: ...

    async def change(self, method: str, params: Message) -> Entry: ...


class Stream:
    """Something that has numbered entries on disk, which listeners follow: the trk, the events."""

    def __init__(self, topic: str, end: Callable[[], int], page: Callable[[int, int], Entry]) -> None:
        self.topic = topic
        self.end = end
        self.page = page


class Listener(connection.Connection):
    """A connection, and what it wants to hear of."""

    def __init__(self, server: "Server") -> None:
        super().__init__(server)
        self.next: dict[str, int] = {}  # of each stream that it follows, the number of the first entry not sent
        self.topics: set[str] = set()
        self.cogs: set[int] = set()
        self.status = False


class Server:
    """Call `changed` whenever something became durable or the machine changed its state."""

    def __init__(self, directory: Path, source: Source) -> None:
        self.directory = directory
        self.source = source
        self.listeners: dict[Listener, None] = {}  # the oldest first
        self.server: asyncio.Server | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.last_flush = 0.0
        self.sending: set[asyncio.Future[None]] = set()
        self.streams = [
            Stream("trk", source.next_trk, lambda start, end: source.trk(start, end, None, None)),
            Stream("events", source.next_event, lambda start, end: source.events(start, end, None)),
        ]

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
        self.server = await asyncio.get_running_loop().create_unix_server(lambda: Listener(self), sock=sock)

    async def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.flush()
        if self.server is not None:
            self.server.close()
        for listener in list(self.listeners):
            listener.close()
        deadline = time.monotonic() + 0.5
        while self.listeners and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        for listener in list(self.listeners):
            listener.transport.abort()
        with contextlib.suppress(FileNotFoundError):
            (self.directory / home.SOCKET).unlink()

    # Connections ------------------------------------------------------------------------------------------------------

    def opened(self, client: connection.Connection) -> bool:
        assert isinstance(client, Listener)
        if client.peer.uid not in (os.getuid(), 0, None):
            return False
        if len(self.listeners) >= MOST:
            crowd = Counter(listener.peer.pid for listener in self.listeners).most_common(1)[0][0]
            oldest = next(listener for listener in self.listeners if listener.peer.pid == crowd)
            oldest.hang_up(f"a machine has at most {MOST} connections, and most are of process {crowd}")
            del self.listeners[oldest]
        self.listeners[client] = None
        return True

    def closed(self, client: connection.Connection) -> None:
        assert isinstance(client, Listener)
        self.listeners.pop(client, None)

    def drained(self) -> None:
        self.changed()

    # Calls ------------------------------------------------------------------------------------------------------------

    async def answer(self, client: connection.Connection, line: bytes) -> bytes | None:
        assert isinstance(client, Listener)
        try:
            said = protocol.decode(line)
            if not isinstance(said, list):
                return await self.answer_one(client, said)
            if not 0 < len(said) <= protocol.BATCH_LIMIT:
                raise CallError(protocol.NOT_A_REQUEST, f"a batch has 1 to {protocol.BATCH_LIMIT} calls")
        except CallError as error:
            return protocol.failure(None, error)
        answers: list[bytes] = []
        for part in said:
            answer = await self.answer_one(client, part)
            if answer is not None:
                answers.append(answer)
            await asyncio.sleep(0)
        return protocol.batch(answers) if answers else None

    async def answer_one(self, listener: Listener, said: object) -> bytes | None:
        """The answer to a call, None to a notification: whoever gives no id does not want to know."""
        id: object = None
        silent = False
        try:
            call = said if isinstance(said, dict) else {}
            given = call.get("id")
            if isinstance(given, bool) or not isinstance(given, str | int | float | None):
                raise CallError(protocol.NOT_A_REQUEST, "an id is a text or a number")
            id = given
            method = call.get("method")
            if call.get("jsonrpc") != "2.0" or not isinstance(method, str):
                raise CallError(protocol.NOT_A_REQUEST, 'a call is an object with "jsonrpc": "2.0", a method and an id')
            silent = "id" not in call
            value = self.call(listener, method, call.get("params", {}))
            if not isinstance(value, dict):
                value = await value
            return None if silent else protocol.result(id, value)
        except CallError as error:
            failed = error
        except MachineError as error:
            failed = CallError(protocol.NOT_DONE, error.message, error.hint, error.exit_status)
        except Exception as error:
            what = f"the machine cannot answer that: {type(error).__name__}: {error}"[:300]
            failed = CallError(protocol.INTERNAL, what)
        return None if silent else protocol.failure(id, failed)

    def call(self, listener: Listener, method: str, given: object) -> Message | Awaitable[Message]:
        if method == "hello":
            return self.hello(listener, given)
        if not listener.greeted:
            raise CallError(protocol.HELLO_FIRST, "say hello first", "see opsh-protocol(7)")
        params = methods.checked(method, given)
        match method:
            case "subscribe":
                return self.subscribe(listener, params)
            case "restart" | "drop" | "replace" | "poke":
                return self.source.change(method, params)
            case "copy":
                return self.source.copy(Path(params["file"]))
            case "prune":
                return self.source.prune(params["event"], params["rule"])
            case "forget_snapshots":
                return self.source.forget_snapshots(params["events"])
            case "sweep_begin":
                return self.source.sweep_begin()
            case "sweep":
                return self.source.sweep([portions.parse_hash(hash) for hash in params["pins"]], params["seen"])
            case "sweep_end":
                return self.source.sweep_end()
            case "snapshot":
                return {"event": self.source.snapshot()}
            case "stop":
                return self.source.stop()
        found = methods.look(self.source, method, params)
        assert found is not None
        return self.once_durable(found) if method in SETTLED else found

    async def once_durable(self, value: Message) -> Message:
        await self.source.settled()
        return value

    def hello(self, listener: Listener, given: object) -> Message:
        # What a later protocol says in its hello is not ours to judge.
        said = given if isinstance(given, dict) else {}
        spoken = methods.checked("hello", {name: said[name] for name in said if name == "protocol"})["protocol"]
        common = protocol.SPOKEN.intersection(spoken)
        if not common:
            ours, theirs = (", ".join(map(str, sorted(numbers)[:5])) for numbers in (protocol.SPOKEN, spoken))
            older = max(spoken, default=0) < min(protocol.SPOKEN)
            raise CallError(
                protocol.WRONG_PROTOCOL,
                f"this machine speaks protocol {ours}, and the client {'only the older' if older else 'protocol'} "
                f"{theirs or 'none'}",
                "use a newer client" if older else "stop the machine and start it with the newer opsh",
            )
        listener.greeted = True
        status = self.source.status()
        return {"protocol": max(common)} | {name: status[name] for name in ("machine", "version", "pid", "started")}

    def subscribe(self, listener: Listener, params: Message) -> Message:
        """From now on these topics, and no others."""
        listener.topics = set(params["topics"])
        asked = {"trk": params["from"], "events": params["from_event"]}
        starts = {
            stream.topic: stream.end() if asked[stream.topic] is None else asked[stream.topic]
            for stream in self.streams
        }
        listener.next = {topic: start for topic, start in starts.items() if topic in listener.topics}
        self.changed()
        return {"next": starts["trk"], "next_event": starts["events"]}

    # Notifications ----------------------------------------------------------------------------------------------------

    def changed(self, cogs: set[int] | Mapping[int, Any] | None = None, status: bool = False) -> None:
        """Something is new: tell the listeners soon."""
        if not any(listener.topics for listener in self.listeners):
            return
        for listener in self.listeners:
            if cogs and "cogs" in listener.topics:
                listener.cogs.update(cogs)
            listener.status |= status and "status" in listener.topics
        if self.timer is None:
            delay = max(0.0, self.last_flush + 1 / protocol.RATE - time.monotonic())
            self.timer = asyncio.get_running_loop().call_later(delay, self.flush)

    def notice(self, text: str) -> None:
        """Tell everybody who is connected something that a person should know."""
        for listener in self.listeners:
            if listener.greeted and not listener.full:
                listener.send(protocol.notification("notice", {"text": text}))

    async def send_once_durable(self, listener: Listener, data: bytes) -> None:
        await self.source.settled()
        listener.send(data)

    def flush(self) -> None:
        self.timer = None
        self.last_flush = time.monotonic()
        pages: dict[tuple[str, int], Entry] = {}
        more = False
        for listener in list(self.listeners):
            try:
                # One that does not listen is told when it does again.
                more |= not listener.full and self.tell(listener, pages)
            except Exception:
                # It will call again, and hear what is wrong; the machine has other things to do.
                listener.close()
        if more:
            self.changed()

    def tell(self, listener: Listener, pages: dict[tuple[str, int], Entry]) -> bool:
        """Send a listener what is new to it; whether there is more. `pages` keeps what was read for the others."""
        more = False
        for stream in self.streams:
            if stream.topic in listener.next:
                more |= self.go_on(listener, stream, pages)
        if listener.cogs:
            first = sorted(listener.cogs)[:PAGE]
            listener.cogs.difference_update(first)
            more |= bool(listener.cogs)
            news = protocol.notification("cogs", {"cogs": [self.source.cog(cog) for cog in first]})
            sending = asyncio.ensure_future(self.send_once_durable(listener, news))
            self.sending.add(sending)
            sending.add_done_callback(self.sending.discard)
        if listener.status:
            listener.status = False
            listener.send(protocol.notification("status", self.source.status()))
        return more

    def go_on(self, listener: Listener, stream: Stream, pages: dict[tuple[str, int], Entry]) -> bool:
        """Send a listener the next entries of a stream that it follows; whether there are more."""
        start, end = listener.next[stream.topic], stream.end()
        if end - start > FAR_BEHIND:
            listener.send(protocol.notification("gap", {"topic": stream.topic, "from": start, "to": end}))
            listener.next[stream.topic] = end
        elif start < end:
            key = stream.topic, start
            page = pages.get(key) or pages.setdefault(key, stream.page(start, end))
            listener.send(protocol.notification(stream.topic, {"entries": page["entries"]}))
            listener.next[stream.topic] = max(page["next"], start + 1)
        return listener.next[stream.topic] < end
