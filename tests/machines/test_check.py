"""`opsh verify` finds what is wrong with a store, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import vm
from machines import check, events
from machines.events import Delivered, Event, Given
from machines.machine import Trk
from machines.reading import encode_trk
from machines.remote import opened
from machines.store import LOG, PINS, SNAPSHOTS, TRK, Batch, Store
from tests.machines.test_host import ROOT, running


def wrong(directory: Path) -> list[str]:
    """What `opsh verify` says, in a process that has seen none of the pins."""
    done = subprocess.run(
        [sys.executable, "-m", "shell.main", "verify", str(directory), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    report = json.loads(done.stdout)
    assert done.returncode == (1 if report["wrong"] else 0), done.stderr
    found: list[str] = report["wrong"]
    return found


def test_a_sound_machine_is_sound_running_or_not(counted: Path) -> None:
    with opened(counted) as records:
        report = check.verify(records)
        assert report.wrong == []
        assert (report.events, report.snapshots) == (records.last(LOG), 2)
        assert report.trk == records.last(TRK)
        assert report.pins == records.space().tables["pins"][0]
    with running(counted) as client:
        assert wrong(counted) == []
        assert client.call("status")["state"] == "running"


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("a changed pin", "this is pin"),
        ("a missing pin", "is missing"),
        ("another event", "not the state that the log comes to"),
        ("an event that did not happen", "cannot be replayed"),
        ("a missing event", "event 3 is missing"),
        ("another snapshot", "not the state that the log comes to"),
        ("a snapshot from the future", "not in the log"),
        ("a bad checksum", "event 3 does not match its checksum"),
        ("trk that is none", "trk entry 2 does not decode"),
        ("trk in disorder", "trk entry 3 belongs to event 1"),
    ],
)
def test_what_is_wrong_is_found(counted: Path, what: str, says: str) -> None:
    store = Store(counted)
    batch = Batch()
    snapshot = store.last(SNAPSHOTS)
    [(_, root)] = store.records(SNAPSHOTS, snapshot, snapshot + 1)
    [under, *_] = [ref for head in store.every_head() if head.hash == root for ref in head.refs]
    match what:
        case "a changed pin":
            batch.put(PINS, under, vm.save_pin(vm.pin(7)))
        case "a missing pin":
            store.forget(PINS, [under])
        case "another event":
            batch.put_record(LOG, snapshot, events.encode(Event(1, [Delivered(1, {0: Given(7)}, events.Crash(1, 2))])))
        case "an event that did not happen":
            batch.put_record(LOG, 3, events.encode(Event(1, [Delivered(2, {0: Given(7)}, None)])))
        case "a missing event":
            store.forget(LOG, [(3).to_bytes(8, "big")])
        case "another snapshot":
            first = store.last(SNAPSHOTS, snapshot)
            batch.put_record(SNAPSHOTS, first, root)
        case "a snapshot from the future":
            batch.put_record(SNAPSHOTS, snapshot + 1, root)
        case "a bad checksum":
            batch.put(LOG, (3).to_bytes(8, "big"), b"nonsense")
        case "trk that is none":
            batch.put_record(TRK, 2, b"nonsense")
        case "trk in disorder":
            batch.put_record(TRK, 3, encode_trk(1, Trk(1, 1, 5)))
    if batch.puts:
        store.commit(batch)
    store.close()
    found = wrong(counted)
    assert any(says in line for line in found), found
