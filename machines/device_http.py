"""%http: a small web site for each cog, and requests to the web.

    [%http 0 %serv f]           every request that comes in is first put to f: (0 [code msg headers body]) answers it
                                at once, 0 leaves it to %hear. Never answered itself.
    [%http 0 %hear]             the next request: [id method path headers body-pin]
    [%http 0 %echo id code msg headers body]    answer that request; 0, once it is sent
    [%http 0 %hold id]          0, once that request is over, answered or given up
    [%http 0 %req method url headers body redirects microseconds]    [code msg headers body-pin], or what went wrong

The method of a request that comes in is a nat, all other texts are bars, headers are rows of [name value]. A cog's
site listens on 127.0.0.1, on the port in the file `COG.http.port` of the machine's directory, the same one after each
start if it is free. The HTTP is h11's.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11

import vm
from machines.devices import Answerer
from machines.heart import Where
from machines.requests import WORD
from machines.web import Reply, fetch, read_request, send_reply
from vm import Value

SERV, HEAR, ECHO, HOLD, REQ = map(vm.utf8, ("serv", "hear", "echo", "hold", "req"))
LINGER = 2.0
"""Seconds that a site stays up when its cog asks nothing of it any more."""

BAD = Reply(500, b"Internal Server Error", [], b"Bad response from SERV")

Evaluate = Callable[[Value, Value], Awaitable[Value | None]]
"""A function applied to a value, elsewhere; None if it crashed or took too long."""


@dataclass(slots=True)
class Visit:
    """A request that came in and is not answered yet."""

    reply: "asyncio.Future[Reply]"
    holds: set[Where] = field(default_factory=set)


class Http:
    leaves_traces = True

    def __init__(self, answer: Answerer, evaluate: Evaluate, directory: Path) -> None:
        self.answer = answer
        self.evaluate = evaluate
        self.directory = directory
        self.sites: dict[int, Site] = {}
        self.fetching: dict[Where, asyncio.Task[None]] = {}

    def open(self, where: Where, params: Sequence[Value]) -> None:
        cog, _ = where
        match params:
            case [verb, f] if verb == SERV:
                self.site(cog).serve(where, f)
            case [verb] if verb == HEAR:
                self.site(cog).hear(where)
            case [verb, int() as visit] if verb == HOLD:
                if not self.site(cog).hold(where, visit):
                    self.answer(where, 0)
            case [verb, int() as visit, *rest] if verb == ECHO and (reply := reply_of(rest)) is not None:
                self.site(cog).echo(visit, reply)
                self.answer(where, 0)
            case [verb, method, url, headers, body, int() as redirects, int() as limit] if verb == REQ:
                lines = header_lines(headers)
                texts = (bytes_of(method), bytes_of(url), bytes_of(body))
                if lines is None or None in texts:
                    self.answer(where, 0)
                else:
                    job = self.fetch(where, *texts, lines, redirects, limit)  # type: ignore[arg-type]
                    self.fetching[where] = asyncio.get_running_loop().create_task(job)
            case _:
                self.answer(where, 0)

    def cancel(self, where: Where) -> None:
        if (task := self.fetching.pop(where, None)) is not None:
            task.cancel()
        if (site := self.sites.get(where[0])) is not None:
            site.cancel(where)

    def close(self) -> None:
        for task in self.fetching.values():
            task.cancel()
        for site in self.sites.values():
            site.close()

    def site(self, cog: int) -> "Site":
        if cog not in self.sites:
            self.sites[cog] = Site(self, cog)
        return self.sites[cog]

    def address(self, cog: int) -> str | None:
        """Where a cog's site is, None if it has none."""
        site = self.sites.get(cog)
        return site.address if site is not None else None

    async def fetch(
        self,
        where: Where,
        method: bytes,
        url: bytes,
        body: bytes,
        headers: list[tuple[bytes, bytes]],
        redirects: int,
        microseconds: int,
    ) -> None:
        result = await fetch(method, url, headers, body, redirects, min(microseconds, WORD) / 1e6)
        value: Value
        match result:
            case Reply(code, reason, lines, data):
                value = vm.row([code, vm.bar(reason), header_row(lines), vm.pin(vm.bar(data))])
            case (word, detail):
                value = vm.row([vm.utf8(word), vm.bar(detail)])
            case word:
                value = vm.utf8(word)
        if self.fetching.get(where) is asyncio.current_task():
            del self.fetching[where]
            self.answer(where, value)


class Site:
    """What one cog shows and hears."""

    def __init__(self, http: Http, cog: int) -> None:
        self.http = http
        self.cog = cog
        self.port_file = http.directory / f"{cog}.http.port"
        self.serving: dict[Where, Value] = {}
        self.hearing: dict[Where, None] = {}
        self.visits: dict[int, Visit] = {}
        self.unheard: dict[int, Value] = {}
        self.last_visit = 0
        self.someone_serves = asyncio.Event()
        self.server: asyncio.Server | None = None
        self.connections: set[asyncio.Task[Any]] = set()
        self.address: str | None = None
        self.starting = asyncio.get_running_loop().create_task(self.start())

    async def start(self) -> None:
        ports = [0]
        with contextlib.suppress(OSError, ValueError):
            ports.insert(0, int(self.port_file.read_text()))
        for port in ports:
            try:
                self.server = await asyncio.start_server(self.connected, "127.0.0.1", port)
            except (OSError, OverflowError):
                continue
            port = self.server.sockets[0].getsockname()[1]
            self.address = f"http://127.0.0.1:{port}/"
            with contextlib.suppress(OSError):
                self.port_file.write_text(str(port))
            return

    # What the cog asks ------------------------------------------------------------------------------------------------

    def serve(self, where: Where, f: Value) -> None:
        self.serving[where] = f
        self.someone_serves.set()

    def hear(self, where: Where) -> None:
        self.hearing[where] = None
        self.meet()

    def hold(self, where: Where, visit: int) -> bool:
        if visit not in self.visits:
            return False
        self.visits[visit].holds.add(where)
        return True

    def echo(self, visit: int, reply: Reply) -> None:
        if visit in self.visits and not self.visits[visit].reply.done():
            self.visits[visit].reply.set_result(reply)

    def cancel(self, where: Where) -> None:
        self.hearing.pop(where, None)
        for visit in self.visits.values():
            visit.holds.discard(where)
        if self.serving.pop(where, None) is not None and not self.serving:
            self.someone_serves.clear()
        asyncio.get_running_loop().call_later(LINGER, self.close_if_idle)

    def close_if_idle(self) -> None:
        if not self.serving and not self.hearing and not self.visits and self.http.sites.get(self.cog) is self:
            del self.http.sites[self.cog]
            self.close()

    def close(self) -> None:
        self.starting.cancel()
        if self.server is not None:
            self.server.close()
        for connection in self.connections:
            connection.cancel()

    # What visitors ask ------------------------------------------------------------------------------------------------

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        connection = h11.Connection(h11.SERVER)
        try:
            while (visit := await read_request(connection, reader, writer)) is not None:
                request, body = visit
                answering = asyncio.ensure_future(self.reply(request, body))
                reply = await while_there(answering, connection, reader)
                if reply is None:
                    break
                await send_reply(connection, writer, request.method, reply)
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    break
                connection.start_next_cycle()
        except (OSError, EOFError, h11.ProtocolError):
            pass
        finally:
            self.connections.discard(task)
            writer.close()

    async def reply(self, request: h11.Request, body: bytes) -> Reply:
        await self.someone_serves.wait()
        f = next(iter(self.serving.values()))
        method = int.from_bytes(request.method, "little")
        headers = header_row(list(request.headers))
        pin = vm.pin(vm.bar(body))
        asked = vm.row([method, vm.bar(request.target), headers, pin])
        match await self.http.evaluate(f, asked):
            case 0:
                return await self.heard(vm.row([method, vm.bar(request.target), headers, pin]))
            case vm.App(head=0, args=[vm.Row(items=items)]):
                return reply_of(items) or BAD
        return BAD

    async def heard(self, asked: vm.Row) -> Reply:
        """Let the cog hear a request, and wait for its reply."""
        self.last_visit += 1
        number = self.last_visit
        visit = self.visits[number] = Visit(asyncio.get_running_loop().create_future())
        self.unheard[number] = vm.row([number, *asked.items])
        self.meet()
        try:
            return await visit.reply
        finally:
            self.unheard.pop(number, None)
            del self.visits[number]
            for where in visit.holds:
                self.http.answer(where, 0)

    def meet(self) -> None:
        while self.hearing and self.unheard:
            where, number = next(iter(self.hearing)), next(iter(self.unheard))
            del self.hearing[where]
            self.http.answer(where, self.unheard.pop(number))


async def while_there(
    answering: "asyncio.Future[Reply]", connection: h11.Connection, reader: asyncio.StreamReader
) -> Reply | None:
    """The reply, or None if the visitor goes away before."""
    leaving = asyncio.ensure_future(until_end(connection, reader))
    both: tuple[asyncio.Future[Any], ...] = (answering, leaving)
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return answering.result() if answering.done() else None
    finally:
        for task in both:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task


async def until_end(connection: h11.Connection, reader: asyncio.StreamReader) -> None:
    """Keep what comes early for later, until nothing more comes."""
    while data := await reader.read(1 << 16):
        connection.receive_data(data)


def reply_of(items: Sequence[Value]) -> Reply | None:
    """[code msg headers body], as a cog gives it; None if it is none."""
    match items:
        case [int() as code, reason, headers, body] if 200 <= code < 600:
            lines, text, data = header_lines(headers), bytes_of(reason), bytes_of(body)
            if lines is not None and text is not None and data is not None:
                return Reply(code, text, lines, data)
    return None


def bytes_of(value: Value) -> bytes | None:
    """A bar's bytes; those of a pinned bar, too."""
    if isinstance(value, vm.Pin):
        value = value.item
    return value.data if isinstance(value, vm.Bar) else None


def header_lines(value: Value) -> list[tuple[bytes, bytes]] | None:
    """Headers as a cog gives them; None if they are none."""
    lines: list[tuple[bytes, bytes]] = []
    if not isinstance(value, vm.Row):
        return None
    for item in value.items:
        match item:
            case vm.Row(items=[vm.Bar() as name, vm.Bar() as content]):
                lines.append((name.data, content.data))
            case _:
                return None
    return lines


def header_row(lines: Sequence[tuple[bytes, bytes]]) -> Value:
    return vm.row([vm.row([vm.bar(bytes(name)), vm.bar(bytes(content))]) for name, content in lines])
