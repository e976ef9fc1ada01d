"""A machine that is not running, read from its store: it answers the same calls as a running one, but for `subscribe`
and `stop`.
"""

import threading
from pathlib import Path
from typing import Any, Self

from machines import home, past, reading
from machines.client import Client, NotRunning
from machines.errors import MachineError
from machines.lock import Lock
from machines.store import TRK, Store

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
            self.lock = Lock(directory, shared=True, patience=0.0)
            try:
                self.store = Store(directory, readonly=True)
            except BaseException:
                self.lock.release()
                raise
        except BaseException:
            ONE_AT_A_TIME.release()
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
        """The answer to a call, as machines.client.Client gives it."""
        match method:
            case "status":
                return self.status()
            case "cogs":
                moment, _, last_event = past.present(self.store)
                return {"cogs": reading.cog_entries(moment, last_event)}
            case "trk":
                return reading.trk_page(self.store, *(params.get(name) for name in ("from_", "to", "last", "cog")))
            case "events":
                return reading.event_page(self.store, *(params.get(name) for name in ("from_", "to", "last")))
            case "inspect":
                moment, _, _ = past.present(self.store)
                found = reading.inspect(moment, params["cog"])
                if found is None:
                    raise MachineError(
                        f"{home.name_of(self.directory)}: there is no cog {params['cog']}", "opsh cogs lists them"
                    )
                return found
        raise MachineError(f"{home.name_of(self.directory)}: it is not running", f"{method} needs a running machine", 3)

    def status(self) -> reading.Entry:
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
