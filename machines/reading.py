"""What people can ask about a machine, as the plain objects that go over the control socket.

The same functions serve a running machine (through its host) and a stopped one (through `machines.stored`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

import vm
from machines import cogs, device_time, events, parts, requests
from machines.events import Booted, Crash, Delivered, Dropped, Event, Receipt, Restarted, Timeout
from machines.heart import Moment
from machines.machine import Trk, state_word
from machines.origin import beginning
from machines.store import LOG, TRK, Records
from vm import Value

Entry = dict[str, Any]

PAGE = 1000
"""Entries in one answer, at most."""

TEXT_LIMIT = 16_000
"""Characters of Rex text in one entry, about."""

PART_TEXT = 1000
"""The same for a request, and for each of the parts of a value."""

PAGE_TEXT = 1 << 16
"""Characters of text after which a page ends: to lay out that much takes a running machine some 30 ms."""

LOOKED_AT = 5000
"""Records after which a page ends, though most of them may be of other cogs."""

AT_ONCE = 100
"""Records that are read from the store in one go."""

WAITS = 20
"""Open requests of a cog that are named in a list of cogs."""

SHORT = 60


def show(value: Value, max_chars: int = TEXT_LIMIT) -> str:
    """The Rex text of a value, bounded."""
    from sire.show import show

    try:
        return show(value, max_chars=max_chars)
    except Exception as error:
        # The value is anything that a cog made up: a machine that cannot show it must go on all the same.
        return f"{{cannot be shown: {type(error).__name__}}}"


# Trk ------------------------------------------------------------------------------------------------------------------


def encode_trk(event: int, trk: Trk) -> bytes:
    return msgspec.msgpack.encode([event, trk.cog, trk.time, events.pack(trk.value)])


def trk_entry(n: int, event: int, cog: int, time: int, value: Value) -> Entry:
    return {"n": n, "event": event, "cog": cog, "time": time, "text": show(value)}


def decode_trk(store: Records, n: int, data: bytes) -> tuple[int, int, int, Value]:
    """Event, cog, time, value."""
    try:
        event, cog, time, value = msgspec.msgpack.decode(data, type=tuple[int, int, int, int | bytes])
        return event, cog, time, events.unpack(value)
    except (msgspec.DecodeError, vm.SeedError) as error:
        raise store.corrupt(f"trk entry {n} does not decode: {error}") from None


def trk_page(store: Records, first: int | None, to: int | None, last: int | None, cog: int | None) -> Entry:
    """Entries with first <= n < to, or the last so many of them; of one cog, if one is given.

    At most PAGE, and fewer where their texts are long. `next` is the number from which to go on.
    """

    def entry(n: int, data: bytes) -> Entry | None:
        event, of, time, value = decode_trk(store, n, data)
        return trk_entry(n, event, of, time, value) if cog is None or of == cog else None

    return page(store, TRK, first, to, last, entry)


def last_trk(store: Records, event: int) -> int:
    """The number of the last trk entry up to an event: entries are in the order of their events."""
    low, high = 0, store.last(TRK)
    while low < high:
        middle = (low + high + 1) // 2
        found = store.records(TRK, middle, middle + 1)
        if found and decode_trk(store, *found[0])[0] > event:
            high = middle - 1
        else:
            low = middle
    return low


def page(
    store: Records,
    table: int,
    first: int | None,
    to: int | None,
    last: int | None,
    entry: Callable[[int, bytes], Entry | None],
) -> Entry:
    """`first` and `next` say which part of the table was looked through: what is before, or after, is to be asked for
    again.
    """
    end = store.last(table) + 1
    stop = end if to is None else min(to, end)
    if first is None and last is not None:
        latest, left = gather(backwards(store, table, stop), entry, last)
        return {"entries": latest[::-1], "first": 0 if left is None else left + 1, "next": stop}
    start = first or 0
    entries, left = gather(forwards(store, table, start, stop), entry, PAGE)
    return {"entries": entries, "first": start, "next": max(start, stop) if left is None else left}


def gather(
    records: Iterable[tuple[int, bytes]], entry: Callable[[int, bytes], Entry | None], most: int
) -> tuple[list[Entry], int | None]:
    """The entries of some records until a page is full, and the number of the first record that was not looked at."""
    entries: list[Entry] = []
    size = 0
    for looked, (n, data) in enumerate(records):
        if len(entries) >= min(most, PAGE) or size > PAGE_TEXT or looked >= LOOKED_AT:
            return entries, n
        size += len(data) // 8  # to decode it takes time, too
        if (made := entry(n, data)) is not None:
            entries.append(made)
            size += len(made.get("text") or made.get("summary") or "")
    return entries, None


def forwards(store: Records, table: int, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    while start < stop and (records := store.records(table, start, stop, AT_ONCE)):
        yield from records
        start = records[-1][0] + 1


def backwards(store: Records, table: int, stop: int) -> Iterator[tuple[int, bytes]]:
    while stop > 0:
        start = max(0, stop - AT_ONCE)
        yield from reversed(store.records(table, start, stop))
        stop = start


# Events ---------------------------------------------------------------------------------------------------------------


def event_page(store: Records, first: int | None, to: int | None, last: int | None) -> Entry:
    def entry(n: int, data: bytes) -> Entry:
        event = decode_event(store, n, data)
        cogs = list(dict.fromkeys(receipt.cog for receipt in event.receipts))
        words = "; ".join(map(summary, event.receipts))
        return {"event": n, "time": event.time, "cog": cogs[0], "cogs": cogs, "summary": words}

    return page(store, LOG, first, to, last, entry) | {"beginning": beginning(store)}


def decode_event(store: Records, n: int, data: bytes) -> Event:
    try:
        return events.decode(data)
    except ValueError as error:
        raise store.corrupt_event(n, f"does not decode: {error}") from None


def programs(event: Event) -> list[bytes]:
    """The hashes of the programs that an event began cogs with."""
    return [receipt.hash for receipt in event.receipts if isinstance(receipt, Booted)]


def summary(receipt: Receipt) -> str:
    """A receipt in a line."""
    match receipt:
        case Booted(cog, hash, outcome):
            end = "" if outcome is None else " and crashed" if isinstance(outcome, Crash) else " and timed out"
            return f"cog {cog} booted from {vm.hash_text(hash)}{end}"
        case Restarted(cog):
            return f"cog {cog} was restarted"
        case Dropped(cog):
            return f"cog {cog} was dropped"
        case Delivered(cog, answers, outcome):
            got = ", ".join(f"{slot}: {answer_word(answer)}" for slot, answer in list(answers.items())[:8])
            match outcome:
                case Crash():
                    return f"cog {cog} crashed on {got}"
                case Timeout(after):
                    return f"cog {cog} timed out after {after / 1e9:.1f} s on {got}"
            return f"cog {cog} got {got}"


def answer_word(answer: events.Answer) -> str:
    match answer:
        case events.Given(value):
            return show_short(value)
        case events.Computed():
            return "evaluated"
        case events.Spun(cog):
            return f"new cog {cog}"
        case events.Told(asker, _):
            return f"told cog {asker}"
        case events.Asked(well):
            return "told" if well else "the teller crashed"
        case events.Stopped(cog):
            return f"cog {requests.word(cog)} stopped"
        case events.Reaped(cog):
            return f"cog {requests.word(cog)} reaped"


def show_short(value: Value) -> str:
    text = " ".join(show(value, 4 * SHORT).split())
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


# Cogs -----------------------------------------------------------------------------------------------------------------


def cog_entry(cog: int, state: cogs.Cog, event: int) -> Entry:
    open_ones = [value for value in cogs.slots(state) if value != 0]
    waits = [waits_word(value) for value in open_ones[:WAITS]]
    if len(open_ones) > WAITS:
        waits.append(f"and {len(open_ones) - WAITS:,} more")
    return {
        "cog": cog,
        "state": state_word(state),
        "waits": waits,
        "event": event,
        "error": error_word(state),
    }


def waits_word(value: Value) -> str:
    match requests.parse(value):
        case None:
            return "no request"
        case requests.Call(device, _, params) as call if vm.text(device) == "time":
            told = device_time.describe(params)
            return f"%time {told}" if told else requests.describe(call)
        case request:
            return requests.describe(request)


def error_word(state: cogs.Cog) -> str | None:
    match state:
        case cogs.Crashed(op, arg):
            return f"crashed: ({requests.word(op)} {show_short(arg)})"
        case cogs.TimedOut(after):
            return f"gave up after {after / 1e9:.1f} s"
    return None


def cog_entries(moment: Moment, last_event: dict[int, int]) -> list[Entry]:
    return [cog_entry(cog, state, last_event.get(cog, 0)) for cog, state in sorted(moment.cogs.items())]


def cog_page(moment: Moment, first: int | None, entry: Callable[[int], Entry]) -> Entry:
    """The cogs from number `first` on, at most PAGE; `next` is the number from which to go on, None at the end."""
    numbers = sorted(cog for cog in moment.cogs if cog >= (first or 0))
    return {"cogs": [entry(cog) for cog in numbers[:PAGE]], "next": numbers[PAGE] if len(numbers) > PAGE else None}


def request_page(moment: Moment, cog: int, first: int | None) -> Entry | None:
    """The open requests of a cog from slot `first` on, at most PAGE; None if there is no such cog.

    `next` is the slot from which to go on, None at the end.
    """
    if cog not in moment.cogs:
        return None
    slots = cogs.slots(moment.cogs[cog])
    found: list[Entry] = []
    size = 0
    for slot in range(first or 0, len(slots)):
        if len(found) >= PAGE or size > PAGE_TEXT:
            return {"cog": cog, "requests": found, "next": slot}
        if (value := slots[slot]) != 0:
            found.append({"slot": slot, "waits": waits_word(value), "text": show(value, PART_TEXT)})
            size += len(found[-1]["text"])
    return {"cog": cog, "requests": found, "next": None}


def cog_counts(moment: Moment) -> dict[str, int]:
    counts = {"running": 0, "finished": 0, "crashed": 0, "timed_out": 0}
    for state in moment.cogs.values():
        counts[state_word(state).replace(" ", "_")] += 1
    return counts


def inspect(moment: Moment, cog: int, path: Sequence[int] = (), first: int | None = None) -> Entry | None:
    """A cog's state with the Rex text of its value, or of the part of it that `path` leads to; None if there is no such
    cog, or no such part.

    `parts` is how many parts that has. With `first`, `entries` are the texts of those from that one on, as many as fit,
    and `next` is the one from which to go on, None at the end.
    """
    state = moment.cogs.get(cog)
    value = None if state is None else parts.at(state.value, path)
    if state is None or value is None:
        return None
    inside = parts.of(value)
    about: Entry = {"cog": cog, "state": state_word(state), "error": error_word(state), "parts": len(inside)}
    if first is None:
        return {**about, "text": show(value)}
    entries: list[Entry] = []
    size = 0
    for n in range(first, len(inside)):
        if len(entries) >= PAGE or size > PAGE_TEXT:
            return {**about, "entries": entries, "next": n}
        entries.append({"n": n, "text": show(inside[n], PART_TEXT)})
        size += len(entries[-1]["text"])
    return {**about, "entries": entries, "next": None}
