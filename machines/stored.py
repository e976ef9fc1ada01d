"""A machine that is not running, read from its store: it answers the same calls as a running one, but for those that
change it.
"""

import threading
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from machines import home, methods, past, reading
from machines.client import Client, NotRunning, plain
from machines.errors import UNREACHABLE, MachineError
from machines.heart import Moment
from machines.lock import Lock
from machines.protocol import CallError
from machines.reading import Entry
from machines.store import TRK, Older, Store

ONE_AT_A_TIME = threading.RLock()
"""A process must not open an LMDB file twice at once, and to replay is to evaluate: one thread at a time."""


class Stored:
    """The store of a stopped machine, locked against its start for as long as this is open: keep it short. Raises
    lock.Held if the machine is running.
    """

    def __init__(self, directory: Path) -> None:
        home.require(directory)
        self.directory = directory
        ONE_AT_A_TIME.acquire()
        try:
            try:
                self.open(directory)
            except Older:
                lock = Lock(directory)
                Store(directory).close()
                lock.release()
                self.open(directory)
        except BaseException:
            ONE_AT_A_TIME.release()
            raise

    def open(self, directory: Path) -> None:
        self.lock = Lock(directory, shared=True, patience=0.0)
        try:
            self.store = Store(directory, readonly=True)
        except BaseException:
            self.lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()
        self.lock.release()
        ONE_AT_A_TIME.release()

    def call(self, method: str, **params: Any) -> Any:
        """The answer to a call, as machines.client.Client gives it. Raises MachineError."""
        name = home.name_of(self.directory)
        try:
            found = methods.look(self, method, methods.checked(method, plain(params)))
        except CallError as error:
            raise MachineError(f"{name}: {error.message}", error.hint) from None
        if found is None:
            raise MachineError(f"{name}: it is not running", f"{method} needs a running machine", UNREACHABLE)
        return found

    @cached_property
    def present(self) -> tuple[Moment, dict[int, int]]:
        """The moment of the last event, and which event each cog was last part of."""
        moment, _, last_event = past.present(self.store)
        return moment, last_event

    def cogs(self, first: int | None) -> Entry:
        moment, last_event = self.present
        return reading.cog_page(moment, first, lambda n: reading.cog_entry(n, moment.cogs[n], last_event.get(n, 0)))

    def requests(self, cog: int, first: int | None) -> Entry | None:
        return reading.request_page(self.present[0], cog, first)

    def inspect(self, cog: int, path: list[int], first: int | None) -> Entry | None:
        return reading.inspect(self.present[0], cog, path, first)

    def trk(self, first: int | None, to: int | None, last: int | None, cog: int | None) -> Entry:
        return reading.trk_page(self.store, first, to, last, cog)

    def events(self, first: int | None, to: int | None, last: int | None) -> Entry:
        return reading.event_page(self.store, first, to, last)

    def status(self) -> Entry:
        """Cheap: it does not look at the cogs."""
        event = past.last(self.store)
        return {
            "machine": home.name_of(self.directory),
            "dir": str(self.directory),
            "state": "stopped",
            "pid": None,
            "started": None,
            "event": event,
            "durable": event,
            "cogs": None,
            "trk": self.store.last(TRK) + 1,
            "rss": None,
        }


def reach(directory: Path, timeout: float = 10.0) -> Client | Stored:
    """A running machine's client, else its store. Both are context managers with `call`."""
    try:
        return Client(directory, timeout)
    except NotRunning:
        return Stored(directory)
