"""A machine forked from any moment is that machine up to there, and goes its own way from then on."""

from pathlib import Path

import pytest

from machines import home, past, reading
from machines.errors import MachineError
from machines.fork import fork
from machines.remote import Remote, opened
from machines.shown import Mark
from machines.snapshots import Snapshots
from machines.store import KEYS, LOG, SNAPSHOTS, TRK, Batch, Records, Store
from tests.machines.programs import WHEN, asks, script, wait_until
from tests.machines.test_host import make, running, until


def state(records: Records, event: int) -> bytes:
    """The hash of the state after an event."""
    return Snapshots(records).pin(past.at(records, event)[0]).hash


def is_the_past_of(new: Path, records: Records, event: int) -> None:
    store = Store(new)
    assert store.last(LOG) == event
    assert store.last(SNAPSHOTS) <= event
    assert list(store.every_record(LOG, 0)) == list(records.every_record(LOG, 0, event + 1))
    trk = [reading.decode_trk(store, n, data)[0] for n, data in store.every_record(TRK, 0)]
    assert trk == list(range(2, event + 1))
    assert state(store, event) == state(records, event)
    assert past.verify(store) == []
    store.close()


@pytest.mark.parametrize("event", [1, 3, None])
def test_a_fork_of_a_stopped_machine_is_its_past(counted: Path, tmp_path: Path, event: int | None) -> None:
    taken = fork(counted, tmp_path / "new", event)
    with opened(counted) as records:
        assert taken == (event or records.last(LOG))
        is_the_past_of(tmp_path / "new", records, taken)


@pytest.mark.parametrize("event", [1, 3, None])
def test_a_fork_of_a_running_machine_is_its_past(counted: Path, tmp_path: Path, event: int | None) -> None:
    with running(counted) as client:
        before = client.call("status")["durable"]
        taken = fork(counted, tmp_path / "new", event)
        assert taken == event if event else taken >= before
        with opened(counted) as records:
            is_the_past_of(tmp_path / "new", records, taken)
        until(client, "status", lambda status: status["durable"] > taken)


def test_a_fork_goes_its_own_way_and_does_not_say_again_what_was_said(counted: Path, tmp_path: Path) -> None:
    fork(counted, tmp_path / "new", 4)
    assert Mark(tmp_path / "new").get() == 3
    with running(tmp_path / "new") as client:
        until(client, "status", lambda status: status["durable"] > 10)
    found = []
    for directory in (counted, tmp_path / "new"):
        with opened(directory) as records:
            found.append((state(records, 4), records.records(LOG, 6, 7)))
    assert found[0][0] == found[1][0]
    assert found[0][1] != found[1][1]


def test_open_requests_are_open_in_the_fork(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(WHEN), asks(wait_until(1 << 40))))
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 2)
        fork(directory, tmp_path / "new")
    with running(tmp_path / "new") as client:
        [cog] = client.call("cogs")["cogs"]
        assert cog["waits"] == ["%time %wait 1099511627776"]


def test_identities_stay_behind(counted: Path, tmp_path: Path) -> None:
    store = Store(counted)
    batch = Batch()
    batch.put(KEYS, b"me", b"secret")
    store.commit(batch)
    store.close()
    fork(counted, tmp_path / "new")
    store = Store(tmp_path / "new")
    assert store.keys(KEYS) == []
    store.close()


def test_what_cannot_be_forked_leaves_nothing(counted: Path, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="no event 1000000"):
        fork(counted, tmp_path / "new", 1_000_000)
    with pytest.raises(MachineError, match="there is such a machine"):
        fork(counted, counted)
    with pytest.raises(MachineError, match="no such machine"):
        fork(tmp_path / "nobody", tmp_path / "new")
    store = counted / home.STORE
    store.write_bytes(store.read_bytes()[:-4096])
    with pytest.raises(MachineError, match="damaged"):
        fork(counted, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_copy_never_overwrites_and_harms_nobody_if_it_fails(counted: Path, tmp_path: Path) -> None:
    with running(counted) as client, opened(counted) as records:
        assert isinstance(records, Remote)
        (tmp_path / "taken").write_text("mine")
        for place in (tmp_path / "taken", tmp_path / "no" / "where", counted / home.STORE):
            with pytest.raises(MachineError, match="cannot copy"):
                records.copy(place)
        assert (tmp_path / "taken").read_text() == "mine"
        before = client.call("status")["durable"]
        until(client, "status", lambda status: status["durable"] > before)
