"""The window's line to one machine: what it knows of it, kept up to date for as long as the window is open.

A link follows the machine through everything that can happen to it: it is stopped (what is known is read from its
store), it starts (we connect to its control socket), it dies or hangs up (we keep what we know and try again, less and
less often). It knows nothing of widgets: it tells a Watcher.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from machines import home
from machines.async_client import AsyncClient
from machines.client import NotRunning
from machines.errors import MachineError
from machines.lock import Held
from shell.reading import Readable, pages

Entry = dict[str, Any]  # {n, event, cog, time, text} as the control socket gives it
BACKLOG = 1000  # entries asked for at once, and had of a machine that is new
CATCH_UP = 5_000  # entries that are had at most to close a gap; a wider one is jumped over
REMEMBERED = 100  # entries already seen that are had before those that are new
KEPT = 50_000  # entries kept in memory; older ones are asked for again
RETRY_FIRST, RETRY_LAST = 0.25, 8.0  # seconds between two tries to connect
LOOK = 0.5  # seconds between two looks at a machine that is stopped
TROUBLE = (MachineError, OSError, ValueError, KeyError)


class Watcher(Protocol):
    """Who wants to know."""

    def changed(self, link: "Link") -> None:
        """State, cogs or status are other than before."""

    def heard(self, link: "Link", entries: Sequence[Entry], anew: bool) -> None:
        """Entries came at the end of `link.entries`; if `anew`, they are all that there is in it."""


class Link:
    """One machine as the window knows it.

    `state` is one of: connecting, running, stopping, stopped, lost (it should answer and does not), unreadable.
    """

    def __init__(self, directory: Path, watcher: Watcher, seen: int | None = None) -> None:
        """`seen` is the number of the first entry that the person has not seen."""
        self.directory = directory
        self.seen = seen
        self.name = home.name_of(directory)
        self.watcher = watcher
        self.state = "connecting"
        self.trouble = ""
        self.cogs: dict[int, dict[str, Any]] = {}
        self.entries: list[Entry] = []
        self.next = 0
        self.client: AsyncClient | None = None
        self.task: asyncio.Task[None] | None = None
        self.delay = RETRY_FIRST

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
        read: float | None = None  # when what we have read of the store was written
        while True:
            try:
                if not (self.directory / home.SOCKET).exists():
                    raise NotRunning(f"{self.name}: it is not running")
                await self.listen()
            except NotRunning:
                if read is None or read != self.written():
                    read = self.written()
                    await self.rest()
                await asyncio.sleep(LOOK)
            except TROUBLE as error:
                read = None
                if self.state != "stopping":
                    self.turn("lost", str(error))
                await asyncio.sleep(self.delay)
                self.delay = min(RETRY_LAST, self.delay * 2)

    def written(self) -> float:
        """When the store was written to."""
        try:
            return (self.directory / home.STORE).stat().st_mtime
        except OSError:
            return 0

    async def rest(self) -> None:
        """The machine is stopped: know what its store knows."""
        try:
            cogs, entries = await asyncio.to_thread(read_store, self.directory, self.start_for)
        except Held:
            self.turn("lost", "it runs, but does not answer")
        except TROUBLE as error:
            self.turn("unreadable", str(error))
        else:
            self.cogs = cogs
            self.take_entries(entries)
            self.turn("stopped")

    async def listen(self) -> None:
        """Connect, and pass on what the machine says until it hangs up. Raises MachineError, OSError."""
        client = await AsyncClient.connect(self.directory)
        self.client = client
        try:
            self.cogs = await all_cogs(client)
            await self.catch_up(client)
            await client.call("subscribe", topics=["trk", "cogs", "status"], from_=self.next)
            self.turn("running")
            self.delay = RETRY_FIRST
            while (message := await client.heard.get()) is not None:
                await self.take(client, message["method"], message["params"])
        finally:
            self.client = None
            await client.close()
        raise MachineError("it hung up")

    async def catch_up(self, client: AsyncClient) -> None:
        """Get the entries that came while we were not listening."""
        end = (await client.call("status"))["trk"]
        self.take_entries(await span_of(client, self.start_for(end), end))
        if not self.entries:
            self.replace_entries((), end)

    def start_for(self, end: int) -> int:
        """The number of the entry from which to catch up, if there are entries to before number `end`."""
        if self.entries and self.next <= end <= self.next + CATCH_UP:
            return self.next
        if end < self.next:  # it is another machine, under the name and in the place of the one we knew
            self.entries, self.next = [], 0
        known = end if self.entries or self.seen is None else self.seen
        return max(0, end - CATCH_UP, min(end - BACKLOG, known - REMEMBERED))

    async def take(self, client: AsyncClient, method: str, params: dict[str, Any]) -> None:
        """One notification."""
        match method:
            case "trk":
                if params["entries"] and params["entries"][0]["n"] > self.next:
                    await self.catch_up(client)
                self.take_entries(params["entries"])
            case "gap":
                await self.catch_up(client)
            case "cogs":
                self.cogs.update(by_number(params["cogs"]))
                self.cogs = {number: cog for number, cog in self.cogs.items() if cog["state"] != "gone"}
                self.watcher.changed(self)
            case "status" if params["state"] != self.state:
                self.turn(params["state"])

    def take_entries(self, entries: Sequence[Entry]) -> None:
        """Add those that are new at the end."""
        new = [entry for entry in entries if entry["n"] >= self.next]
        if not new:
            return
        if new[0]["n"] == self.next:
            self.entries += new
            self.next = new[-1]["n"] + 1
            if len(self.entries) > KEPT * 5 // 4:
                del self.entries[:-KEPT]
            self.watcher.heard(self, new, False)
        else:
            self.replace_entries(new, new[-1]["n"] + 1)

    def replace_entries(self, entries: Sequence[Entry], end: int) -> None:
        self.entries = list(entries)
        self.next = end
        self.watcher.heard(self, self.entries, True)

    async def earlier(self, before: int) -> Sequence[Entry]:
        """Entries just before number `before`, from memory or from the machine. Raises MachineError, OSError."""
        if before > self.first:
            at = before - self.first
            return self.entries[max(0, at - BACKLOG) : at]
        if before <= 0:
            return ()
        start = max(0, before - BACKLOG)
        if self.client is not None:
            return await span_of(self.client, start, before)
        return await asyncio.to_thread(read_span, self.directory, start, before)

    def turn(self, state: str, trouble: str = "") -> None:
        self.state = state
        self.trouble = trouble
        self.watcher.changed(self)


async def span_of(client: AsyncClient, start: int, end: int) -> list[Entry]:
    """The entries with start <= n < end of a machine that runs."""
    entries: list[Entry] = []
    while start < end:
        answer = await client.call("trk", from_=start, to=end)
        entries += answer["entries"]
        start = max(start + 1, answer["next"])
    return entries


async def all_cogs(client: AsyncClient) -> dict[int, dict[str, Any]]:
    answer = await client.call("cogs")
    found = by_number(answer["cogs"])
    while answer["next"] is not None:
        answer = await client.call("cogs", from_=answer["next"])
        found.update(by_number(answer["cogs"]))
    return found


def by_number(cogs: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {cog["cog"]: cog for cog in cogs}


def read_store(directory: Path, start_for: Callable[[int], int]) -> tuple[dict[int, dict[str, Any]], list[Entry]]:
    """The cogs of a stopped machine, and its trk entries from number `start_for(end)` to the end.

    What opens stores is imported only here: most machines run, and it is the most that there is to import.
    """
    from machines.stored import Stored

    with Stored(directory) as stored:
        end = stored.call("status")["trk"]
        entries = span(stored, start_for(end), end)
        found = [cog for page in pages(stored, "cogs") for cog in page["cogs"]]
        return by_number(found), entries


def read_span(directory: Path, start: int, end: int) -> list[Entry]:
    from machines.stored import Stored

    with Stored(directory) as stored:
        return span(stored, start, end)


def span(machine: Readable, start: int, end: int) -> list[Entry]:
    """The same of one that is stopped."""
    entries: list[Entry] = []
    while start < end:
        answer = machine.call("trk", from_=start, to=end)
        entries += answer["entries"]
        start = max(start + 1, answer["next"])
    return entries
