"""Events and their bytes: what is encoded comes back, and what is no event is refused, never misread."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vm
from machines import cogs, events, past
from machines.boot import boot
from machines.events import (
    Asked,
    Booted,
    Computed,
    Crash,
    Delivered,
    Dropped,
    Event,
    Given,
    Reaped,
    Restarted,
    Spun,
    Stopped,
    Timeout,
    Told,
)
from machines.store import LOG, Batch, Corrupt, Store
from tests.machines.programs import counter

NATS = st.one_of(st.integers(0, 300), st.integers(0, 1 << 200))
COGS = st.integers(1, 1 << 60)
SLOTS = st.integers(0, 1000)
VALUES = st.recursive(
    st.one_of(NATS, st.binary(max_size=20).map(vm.bar)),
    lambda parts: st.one_of(st.lists(parts, max_size=4).map(vm.row), parts.map(vm.pin)),
    max_leaves=8,
)
ANSWERS = st.one_of(
    st.builds(Given, VALUES),
    st.just(Computed()),
    st.builds(Spun, COGS),
    st.builds(Told, COGS, SLOTS),
    st.builds(Asked, st.booleans()),
    st.builds(Stopped, NATS),
    st.builds(Reaped, NATS),
)
OUTCOMES = st.one_of(st.none(), st.builds(Crash, NATS, VALUES), st.builds(Timeout, SLOTS))
RECEIPTS = st.one_of(
    st.builds(Delivered, COGS, st.dictionaries(SLOTS, ANSWERS, max_size=4), OUTCOMES),
    st.builds(Booted, COGS, st.binary(min_size=32, max_size=32), OUTCOMES),
    st.builds(Restarted, COGS),
    st.builds(Dropped, COGS),
)
EVENTS = st.builds(Event, st.integers(0, 1 << 62), st.lists(RECEIPTS, min_size=1, max_size=3))


@given(EVENTS)
def test_an_event_comes_back_from_its_bytes(event: Event) -> None:
    data = events.encode(event)
    again = events.decode(data)
    assert events.encode(again) == data
    assert again.time == event.time
    assert [type(receipt) for receipt in again.receipts] == [type(receipt) for receipt in event.receipts]


@given(st.binary(max_size=60))
def test_bytes_that_are_no_event_are_refused(data: bytes) -> None:
    try:
        event = events.decode(data)
    except ValueError:
        return
    assert events.decode(events.encode(event)) == event


@given(st.recursive(st.one_of(st.integers(0, 9), st.binary(max_size=3), st.none()), lambda x: st.lists(x, max_size=5)))
def test_lists_that_are_no_event_are_refused(shape: object) -> None:
    answer = [1, [[1, 1, [shape], None]]]
    for data in map(msgspec.msgpack.encode, (shape, [1, shape], [1, [shape]], answer)):
        try:
            events.decode(data)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("n", "data", "word"),
    [
        (2, b"\xc1", "does not decode"),
        (2, msgspec.msgpack.encode([1, [[9, 9]]]), "does not decode"),
        (2, events.encode(Event(1, [Delivered(7, {0: Given(1)}, None)])), "cannot be replayed"),
        (2, events.encode(Event(1, [Delivered(1, {0: Spun(2)}, None)])), "cannot be replayed"),
        (2, events.encode(Event(1, [Booted(2, bytes(32), None)])), "missing"),
        (2, events.encode(Event(1, [Restarted(1)])), "cannot be replayed"),
        (3, events.encode(Event(1, [Delivered(1, {0: Given(1)}, None)])), "event 2 is missing"),
    ],
)
def test_a_log_that_cannot_be_is_a_clear_refusal(tmp_path: Path, n: int, data: bytes, word: str) -> None:
    boot(tmp_path / "m", cogs.program_of(counter()))
    store = Store(tmp_path / "m")
    batch = Batch()
    batch.put_record(LOG, n, data)
    store.commit(batch)
    with pytest.raises(Corrupt, match=word):
        past.present(store)
    store.close()
