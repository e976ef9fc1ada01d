"""A machine that exists only on its control socket: it says what a test tells it to say.

It speaks the protocol of a real host (JSON-RPC 2.0, one message a line) over a real unix socket, from its own thread.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

PROTOCOL = 1
BATCH = 1000


class FakeHost:
    """Use it as a context: on entering it listens, on leaving it is gone."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.entries: list[dict[str, Any]] = []
        self.cogs: list[dict[str, Any]] = [cog(0)]
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.listeners: dict[asyncio.StreamWriter, set[str]] = {}
        self.writers: set[asyncio.StreamWriter] = set()
        self.on_stop: Callable[[], None] = lambda: None
        self.forget_to_push = False
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.server: asyncio.Server | None = None

    def __enter__(self) -> "FakeHost":
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "store.mdb").touch()
        (self.directory / "control.sock").unlink(missing_ok=True)
        self.thread.start()
        self.run(self.listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.loop.is_closed():
            return
        self.run(self.hang_up())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    # What a test does

    def say(self, *texts: str, cog: int = 1, at: int | None = None) -> None:
        """Add trk entries and push them to whoever listens."""
        self.run(self.push_trk(texts, cog, time.time_ns() if at is None else at))

    def set_cogs(self, *cogs: dict[str, Any]) -> None:
        self.cogs = list(cogs)
        self.run(self.push("cogs", {"cogs": self.cogs}))

    def drop_listeners(self) -> None:
        """Hang up on everybody, as if they had been too slow or the host had died; go on listening."""
        self.run(self.drop())

    def gap(self, start: int, end: int) -> None:
        self.run(self.push("gap", {"from": start, "to": end}))

    # What a host does

    async def listen(self) -> None:
        path = self.directory / "control.sock"
        self.server = await asyncio.start_unix_server(self.serve, path)
        path.chmod(0o600)

    async def hang_up(self) -> None:
        if self.server is not None:
            self.server.close()
        await self.drop()
        (self.directory / "control.sock").unlink(missing_ok=True)

    async def drop(self) -> None:
        for writer in list(self.writers):
            writer.close()
        await asyncio.sleep(0)

    async def push_trk(self, texts: tuple[str, ...], cog: int, at: int) -> None:
        new = [
            {
                "n": number,
                "event": number,
                "cog": cog,
                "time": at,
                "text": text,
            }
            for number, text in enumerate(texts, len(self.entries) + 1)
        ]
        self.entries += new
        if not self.forget_to_push:
            await self.push("trk", {"entries": new})

    async def push(self, topic: str, params: dict[str, Any]) -> None:
        for writer, topics in list(self.listeners.items()):
            if topic in topics or topic == "gap":
                await send(writer, {"jsonrpc": "2.0", "method": topic, "params": params})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while line := await reader.readline():
                message = json.loads(line)
                params = message.get("params") or {}
                self.asked.append((message["method"], params))
                result = await self.answer(message["method"], params, writer)
                await send(writer, {"jsonrpc": "2.0", "id": message["id"], **result})
                if message["method"] == "subscribe":
                    await self.replay(params, writer)
                if message["method"] == "stop":
                    await self.push("status", self.status("stopping"))
                    self.on_stop()
                    await self.hang_up()
        except (ConnectionError, ValueError):
            pass
        finally:
            self.writers.discard(writer)
            self.listeners.pop(writer, None)
            writer.close()

    async def replay(self, params: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        start = params.get("from")
        if start is not None and start <= len(self.entries):
            late = {"entries": self.entries[max(0, start - 1) :]}
            await send(writer, {"jsonrpc": "2.0", "method": "trk", "params": late})

    async def answer(self, method: str, params: dict[str, Any], writer: asyncio.StreamWriter) -> dict[str, Any]:
        match method:
            case "hello":
                if params.get("protocol") != PROTOCOL:
                    return error(-32001, "this machine speaks protocol 1")
                result = {"protocol": 1, "machine": self.directory.name, "version": "0", "pid": 1, "started": 0}
            case "status":
                result = self.status("running")
            case "cogs":
                result = {"cogs": self.cogs, "next": None}
            case "trk":
                result = self.trk(params)
            case "inspect":
                result = {"cog": params["cog"], "state": "running", "text": f"cog {params['cog']}"}
            case "events":
                result = {"entries": [], "next": len(self.entries) + 1}
            case "subscribe":
                self.listeners[writer] = set(params["topics"])
                result = {"next": len(self.entries) + 1}
            case "stop":
                result = {}
            case _:
                return error(-32601, f"no method {method}")
        return {"result": result}

    def trk(self, params: dict[str, Any]) -> dict[str, Any]:
        start, end, last = params.get("from"), params.get("to"), params.get("last")
        end = len(self.entries) + 1 if end is None else min(end, len(self.entries) + 1)
        start = (max(1, end - last) if last is not None else 1) if start is None else max(1, start)
        found = [entry for entry in self.entries[start - 1 : end - 1] if params.get("cog") in (None, entry["cog"])]
        kept = found[:BATCH] if last is None else found[-BATCH:]
        first = start if last is None else 0
        return {"entries": kept, "first": first, "next": kept[-1]["n"] + 1 if kept else end}

    def status(self, state: str) -> dict[str, Any]:
        return {
            "machine": self.directory.name,
            "dir": str(self.directory),
            "state": state,
            "pid": 1,
            "started": time.time_ns(),
            "event": len(self.entries),
            "durable": len(self.entries),
            "cogs": {"running": len(self.cogs), "finished": 0, "crashed": 0, "timed_out": 0},
            "trk": len(self.entries) + 1,
            "rss": 1,
        }


def cog(number: int, state: str = "running", *waits: str) -> dict[str, Any]:
    return {"cog": number, "state": state, "waits": list(waits), "event": 0, "error": None}


def error(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "data": {"hint": ""}}}


async def send(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    try:
        writer.write(json.dumps(message).encode() + b"\n")
        await writer.drain()
    except (ConnectionError, RuntimeError):
        writer.close()
