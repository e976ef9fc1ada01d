"""Forgetting the past: what is kept is whole, what is gone is said to be, and a kill in the middle harms nothing."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from machines import past, prune
from machines.check import verify
from machines.config import CONFIG
from machines.errors import MachineError
from machines.fork import fork
from machines.origin import beginning, cuts
from machines.parcel import export, import_
from machines.prune import Keep
from machines.remote import opened
from machines.snapshots import Snapshots
from machines.store import LOG, SNAPSHOTS, TRK, Records, Store
from machines.sweep import sweep
from tests.machines.programs import WHEN, asks, script, wait_until
from tests.machines.test_host import make, running, until


def state(records: Records, event: int) -> bytes:
    return Snapshots(records).pin(past.at(records, event)[0]).hash


NEVER = wait_until(1 << 40)


def goes_on(directory: Path, event: int) -> None:
    with running(directory) as client:
        assert client.call("status")["event"] == event


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine of 31 events, with snapshots of events 10, 20 and 31."""
    directory = make(tmp_path_factory.mktemp("made") / "m", script(*[asks(WHEN)] * 30, asks(NEVER)))
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 31)
    store = Store(directory)
    for event in (10, 20):
        store.commit(past.snapshot(store, event)[0])
    store.close()
    return directory


@pytest.fixture
def counted(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "m")
    return tmp_path / "m"


def snapshots(directory: Path) -> list[int]:
    with opened(directory) as records:
        return [n for n, _ in records.every_record(SNAPSHOTS, 0)]


def is_whole_from(directory: Path, first: int, states: dict[int, bytes]) -> None:
    with opened(directory) as records:
        assert next(n for n, _ in records.every_record(LOG, 0)) == first + 1
        assert next(n for n, _ in records.every_record(SNAPSHOTS, 0)) == first
        assert {event: state(records, event) for event in states if event >= first} == {
            event: hash for event, hash in states.items() if event >= first
        }
        assert verify(records).wrong == []
        with pytest.raises(MachineError, match=f"events up to {first} were pruned on 20"):
            past.at(records, first - 1)


def test_the_past_goes_up_to_the_newest_snapshot_that_leaves_enough(counted: Path) -> None:
    one, two, three = snapshots(counted)
    with opened(counted) as records:
        states = {event: state(records, event) for event in (1, one, one + 1, two, two + 1, three)}
        trk = [n for n, _ in records.every_record(TRK, 0)]
    assert prune.prune(counted, Keep(events=three - two + 1)).event == one
    is_whole_from(counted, one, states)
    found = prune.prune(counted, Keep(events=three - two))
    assert (found.event, found.events, found.rule) == (two, two - one, f"keep {three - two} events")
    is_whole_from(counted, two, states)
    with opened(counted) as records:
        assert [(cut.event, cut.events) for cut in cuts(records)] == [(one, one), (two, two - one)]
        left = [n for n, _ in records.every_record(TRK, 0)]
        assert left == trk[-len(left) :]
        assert len(left) < len(trk) - two + 5
    assert prune.prune(counted, Keep(events=1)).event == 0
    assert prune.prune(counted, before=two + 5).event == two + 5
    is_whole_from(counted, two + 5, states)
    assert prune.prune(counted, before=three).event == three
    goes_on(counted, three)
    with opened(counted) as records:
        assert verify(records).wrong == []
        assert next(records.every_record(TRK, 0))[0] == trk[-1]


def test_a_running_machine_can_be_pruned(counted: Path) -> None:
    _, two, three = snapshots(counted)
    with opened(counted) as records:
        states = {event: state(records, event) for event in (two, two + 1, three)}
    with running(counted) as client:
        assert prune.prune(counted, before=three - 1).event == two
        is_whole_from(counted, two, states)
        assert client.call("status")["durable"] == three
    is_whole_from(counted, two, states)


def test_the_settings_say_what_is_kept(counted: Path) -> None:
    one, two, three = snapshots(counted)
    assert prune.prune(counted).event == 0
    (counted / CONFIG).write_text(f"[history]\nevents = {three - one}\n")
    assert prune.prune(counted, dry=True).event == one
    assert snapshots(counted) == [one, two, three]
    (counted / CONFIG).write_text(f"[history]\nevents = {three - one}\ndays = 1\n")
    assert prune.prune(counted).event == 0
    time.sleep(0.9)
    assert prune.prune(counted, Keep(days=0.8 / 86400)).event == three


def test_what_was_pruned_is_said_wherever_the_past_is_asked_for(counted: Path, tmp_path: Path) -> None:
    _, two, three = snapshots(counted)
    prune.prune(counted, before=two)
    with pytest.raises(MachineError, match=f"events up to {two} were pruned"):
        fork(counted, tmp_path / "new", two - 1)
    fork(counted, tmp_path / "new", two)
    export(counted, tmp_path / "file", log=True)
    import_(tmp_path / "file", tmp_path / "third")
    for directory in (tmp_path / "new", tmp_path / "third"):
        with opened(directory) as records:
            assert beginning(records).startswith(f"events up to {two} ")
            assert verify(records).wrong == []
            assert past.last(records) in (two, three)
    store = Store(counted)
    with pytest.raises(MachineError, match="cannot begin"):
        prune.cut_off(store, two + 1, "")
    store.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from machines import prune
from machines.store import Store

left = int(sys.argv[2])
begin = Store.begin

def commits_some(store, batch):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return begin(store, batch)

Store.begin = commits_some
prune.prune(Path(sys.argv[1]), before=int(sys.argv[3]))
"""


@pytest.mark.parametrize("commits", range(5))
def test_a_kill_in_the_middle_harms_nothing_and_the_rest_goes_later(counted: Path, commits: int) -> None:
    *_, three = snapshots(counted)
    with opened(counted) as records:
        states = {three: state(records, three)}
    command = [sys.executable, "-c", KILLED, str(counted), str(commits), str(three)]
    died = subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode
    assert died == (-9 if commits < 4 else 0)
    with opened(counted) as records:
        assert verify(records).wrong == []
        assert past.last(records) == three
        assert beginning(records) == "" if commits == 0 else beginning(records)
    if commits == 0:
        assert prune.prune(counted, before=three).event == three
    sweep(counted)
    with opened(counted) as records:
        assert [n for n, _ in records.every_record(SNAPSHOTS, 0)] == [three]
        assert list(records.every_record(LOG, 0)) == []
        assert state(records, three) == states[three]
        assert verify(records).wrong == []
    goes_on(counted, three)
