"""What a store holds, and making room in it: whatever is needed stays."""

import os
import signal
from pathlib import Path

import pytest

import vm
from machines import checkpoint, past
from machines.check import verify
from machines.errors import MachineError
from machines.remote import opened
from machines.snapshots import Snapshots
from machines.store import PINS, SNAPSHOTS, Batch, Records, Store
from machines.sweep import sweep
from machines.usage import usage
from tests.machines.programs import WHEN, asks, script, wait_until
from tests.machines.test_host import make, running, start, until, wait_for

NEVER = wait_until(1 << 40)


def state(records: Records, event: int) -> bytes:
    return Snapshots(records).pin(past.at(records, event)[0]).hash


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A script that held a pin of 100 kB, then one of 200 kB, then one of 300 kB; a snapshot of each."""
    blobs = [vm.pin(vm.bar(os.urandom(size))) for size in (100_000, 200_000, 300_000)]
    made = make(tmp_path / "m", script(*(asks(WHEN, vm.row([blob])) for blob in blobs), asks(NEVER)))
    store = Store(made)
    moment, event, _ = past.present(store)
    batch = Batch()
    Snapshots(store).write(batch, event, moment)
    store.commit(batch)
    store.close()
    with running(made) as client:
        until(client, "status", lambda status: status["durable"] == 4)
    return made


def states(directory: Path, first: int = 1) -> list[bytes]:
    with opened(directory) as records:
        return [state(records, event) for event in range(first, past.last(records) + 1)]


def test_nothing_that_could_be_asked_for_is_lost(directory: Path) -> None:
    before = states(directory)
    store = Store(directory)
    batch = Batch()
    idle = vm.pin(vm.bar(os.urandom(500_000)))
    Snapshots(store).write_pin(batch, vm.pin(vm.row([1, idle])))
    store.commit(batch)
    store.close()
    swept = sweep(directory)
    assert (swept.pins, swept.events, swept.trk, swept.snapshots) == (2, 0, 0, 0)
    assert swept.pin_bytes > 500_000
    assert swept.after < swept.before - 500_000
    assert states(directory) == before
    with opened(directory) as records:
        assert verify(records).wrong == []
        assert not records.has_pin(idle.hash)
        assert records.space().free < 100_000


def test_what_only_old_snapshots_needed_goes_with_them(directory: Path) -> None:
    before = states(directory)
    with opened(directory) as records:
        kept = records.last(SNAPSHOTS)
    swept = sweep(directory, keep=1)
    assert swept.snapshots == 1
    assert states(directory) == before
    with opened(directory) as records:
        assert [n for n, _ in records.every_record(SNAPSHOTS, 0)] == [kept]
        assert verify(records).wrong == []


def test_a_store_that_lacks_a_pin_is_not_swept(directory: Path) -> None:
    store = Store(directory)
    [(_, root)] = store.records(SNAPSHOTS, store.last(SNAPSHOTS), store.last(SNAPSHOTS) + 1)
    [under, *_] = [ref for head in store.every_head() if head.hash == root for ref in head.refs]
    store.forget(PINS, [under])
    store.close()
    with pytest.raises(MachineError, match="is missing"):
        sweep(directory)


def test_a_snapshot_on_demand_is_on_disk_running_or_not(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(WHEN), asks(NEVER)))
    process = start(directory)
    with wait_for(directory, process) as client:
        until(client, "status", lambda status: status["durable"] == 2)
        assert checkpoint.take(directory) == (2, 2)
        assert checkpoint.take(directory) == (2, 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with opened(directory) as records:
        assert records.last(SNAPSHOTS) == 2
        before = state(records, 2)
    store = Store(directory)
    store.forget(SNAPSHOTS, [(2).to_bytes(8, "big")])
    store.close()
    assert checkpoint.take(directory) == (2, 0)
    with opened(directory) as records:
        assert records.last(SNAPSHOTS) == 2
        assert state(records, 2) == before


def test_the_use_of_space_is_told_by_cog_and_by_pin(tmp_path: Path) -> None:
    shared, own = (vm.pin(vm.bar(os.urandom(size))) for size in (100_000, 200_000))
    second = script(asks(NEVER, vm.row([shared])))
    spin = vm.row([vm.utf8("cog"), vm.utf8("spin"), second])
    directory = make(tmp_path / "m", script(asks(spin), asks(NEVER, vm.row([shared, own]))))
    for is_running in (True, False):
        with running(directory) as client:
            until(client, "status", lambda status: status["durable"] == 2)
            checkpoint.take(directory)
            if is_running:
                with opened(directory) as records:
                    found = usage(records)
        if not is_running:
            with opened(directory) as records:
                found = usage(records)
        assert sorted(found.cogs) == [1, 2]
        assert 300_000 < found.cogs[1].size < 310_000
        assert 200_000 < found.cogs[1].own_size < 210_000
        assert 100_000 < found.cogs[2].size < 110_000
        assert found.cogs[2].own_size < 1000
        assert [(hash, held) for hash, _, held in found.largest[:2]] == [
            (own.hash, "cog 1"),
            (shared.hash, "cog 1, cog 2"),
        ]
        assert found.unneeded == (0, 0)
        assert found.older[0] > 0
        assert found.space.tables["log"][0] == 2
        assert found.space.file >= sum(size for _, size in found.space.tables.values())
