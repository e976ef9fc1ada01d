"""Where a machine's past begins: with its first event, or where it was pruned, or where it came here from elsewhere."""

from datetime import UTC, datetime

import msgspec

from machines.store import Records

ORIGIN = "origin"
CUTS = "cuts"


class Cut(msgspec.Struct, array_like=True, frozen=True):
    """That the past was pruned: when (ns since the epoch), up to which event, how many events and trk entries that
    were, and by which rule."""

    time: int
    event: int
    events: int = 0
    trk: int = 0
    rule: str = ""

    def __str__(self) -> str:
        day = datetime.fromtimestamp(self.time / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"events up to {self.event} were pruned on {day}" + (f" ({self.rule})" if self.rule else "")


def origin(store: Records) -> int:
    """The event before the first one in the log: 0, or where the past begins. There is a snapshot of it."""
    found = store.meta(ORIGIN)
    return found if isinstance(found, int) else 0


def cuts(store: Records) -> list[Cut]:
    """Every time that the past was pruned."""
    try:
        return msgspec.convert(store.meta(CUTS) or [], list[Cut])
    except msgspec.ValidationError:
        raise store.corrupt("meta cuts does not decode") from None


def beginning(store: Records) -> str:
    """Why the log does not begin with the first event, "" if it does."""
    first = origin(store)
    found = [str(cut) for cut in cuts(store) if cut.event == first]
    return found[0] if found else f"events up to {first} are not here: it was exported without them" if first else ""
