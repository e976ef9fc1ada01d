"""The window's line to one machine: what it knows of it, kept up to date for as long as the window is open.

A link follows the machine through everything that can happen to it: it is stopped (what is known is read from its store),
it starts (we connect to its control socket), it dies or hangs up (we keep what we know and try again, less and less
often). It knows nothing of widgets: it tells a Watcher.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import machines

Entry = dict[str, Any]  # {n, event, cog, time, text} as the control socket gives it
BACKLOG = 1000  # entries asked for at once, and read when a link is new
CATCH_UP = 10_000  # entries that a link fetches to close a gap; a wider one it jumps over
KEPT = 50_000  # entries kept in memory; older ones are asked for again
RETRY_FIRST, RETRY_LAST = 0.25, 8.0  # seconds between two tries to connect
LOOK = 0.5  # seconds between two looks whether a stopped machine has started


class Watcher(Protocol):
    """Who wants to know."""

    def changed(self, link: "Link") -> None:
        """State, cogs or status are other than before."""

    def heard(self, link: "Link", entries: Sequence[Entry], anew: bool) -> None:
        """Entries came at the end of `link.entries`; if `anew`, they are all that is there now."""


class Link:
    """One machine as the window knows it.

    `state` is one of: connecting, running, stopping, stopped, lost (it should be there and is not), unreadable.
    """

    def __init__(self, directory: Path, watcher: Watcher) -> None:
        self.directory = directory
        self.name = directory.name
        self.watcher = watcher
        self.state = "connecting"
        self.trouble = ""
        self.cogs: dict[int, dict[str, Any]] = {}
        self.status: dict[str, Any] = {}
        self.entries: list[Entry] = []
        self.next = 0
        self.client: machines.AsyncClient | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def first(self) -> int:
        """The number of the first entry in memory."""
        return int(self.entries[0]["n"]) if self.entries else self.next

    def start(self) -> None:
        self.task = asyncio.create_task(self.follow())

    async def close(self) -> None:
        """End the link; the machine does not notice."""
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def follow(self) -> None:
        """Go on for ever: connect, listen, and when that ends see what is left."""
        delay = RETRY_FIRST
        while True:
            if not (self.directory / "control.sock").exists():
                await self.rest()
                delay = RETRY_FIRST
            try:
                await self.listen()
                delay = RETRY_FIRST
            except (machines.MachineError, OSError, ValueError) as error:
                self.trouble = str(error)
                self.turn("lost")
            await asyncio.sleep(delay)
            delay = min(RETRY_LAST, delay * 2)

    async def rest(self) -> None:
        """The machine is stopped: know what its store knows, until it starts."""
        try:
            stored = await asyncio.to_thread(read_store, self.directory, self.next)
        except (machines.MachineError, OSError, ValueError) as error:
            self.trouble = str(error)
            self.turn("unreadable")
        else:
            self.trouble = ""
            self.learn(stored)
            self.turn("stopped")
        while not (self.directory / "control.sock").exists():
            await asyncio.sleep(LOOK)

    async def listen(self) -> None:
        """Connect, and pass on what the machine says until the connection ends. Raises MachineError, OSError."""
        async with machines.connect_async(self.directory) as client:
            self.client = client
            try:
                self.status = await client.call("status")
                self.cogs = {cog["cog"]: cog for cog in (await client.call("cogs"))["cogs"]}
                await self.catch_up(client)
                self.trouble = ""
                self.turn("running")
                async for method, params in client.notifications():
                    await self.take(client, method, params)
            finally:
                self.client = None
        if self.state != "stopping":
            self.trouble = "the machine hung up"
            self.turn("lost")
