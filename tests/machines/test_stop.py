"""Stopping: what is under way may end, what does not end is named and given up, and nothing is lost."""

import signal
import time
from pathlib import Path

import pytest

import vm
from machines import past
from machines.client import stop
from machines.config import CONFIG
from machines.store import LOG, SNAPSHOTS, Store
from machines.stored import Stored
from tests.machines.programs import (
    WHEN,
    A,
    B,
    ap,
    asks,
    const,
    counter,
    endless,
    law,
    script,
    spin,
    wait_until,
)
from tests.machines.test_host import make, start, until, wait_for


def setting(directory: Path, seconds: float) -> Path:
    (directory / CONFIG).write_text(f"[stop]\nseconds = {seconds}\n")
    return directory


def busy(value: object) -> object:
    """A cog that counts, beside another one."""
    return script(asks(spin(value), spin(counter(wait_until(1)))), asks(wait_until(1 << 40)))


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_stop_says_which_cog_holds_it_up_and_goes_down_in_time(tmp_path: Path, seconds: float) -> None:
    directory = setting(make(tmp_path / "m", busy(endless())), seconds)
    process = start(directory)
    with wait_for(directory, process) as client:
        until(client, "status", lambda status: status["event"] > 10)
    said: list[str] = []
    began = time.monotonic()
    stop(directory, say=said.append)
    assert seconds <= time.monotonic() - began < seconds + 5
    _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert err.decode().splitlines() == [*(f"opsh: {line}" for line in said), "stopped"]
    assert [("latest" in line, "given up" in line) for line in said] == [(True, False), (False, True)][-1 - seconds :]
    assert all("still evaluating cog 2 (for " in line for line in said)
    store = Store(directory, readonly=True)
    assert store.last(SNAPSHOTS) == store.last(LOG)
    assert past.verify(store) == []
    store.close()
    with Stored(directory) as stored:
        assert [cog["state"] for cog in stored.call("cogs")["cogs"]] == ["running"] * 3


def test_what_is_under_way_may_end_before_a_stop(tmp_path: Path) -> None:
    again = law("again", 2, ap(A, B))
    down = law("down", 1, ap(const(2), 0, ap(const(again), 0), 1))
    step = law("step", 2, ap(const(2), const(7), const(0), ap(const(down), const(5_000_000))))
    directory = setting(make(tmp_path / "m", vm.app(step, asks(WHEN))), 60)
    process = start(directory)
    with wait_for(directory, process) as client:
        assert client.call("status")["event"] == 1
    stop(directory)
    process.communicate(timeout=10)
    with Stored(directory) as stored:
        assert stored.call("status")["event"] == 2
        assert stored.call("cogs")["cogs"][0]["state"] == "finished"


def test_a_second_request_to_stop_ends_it_at_once(tmp_path: Path) -> None:
    directory = setting(make(tmp_path / "m", busy(endless())), 60)
    process = start(directory)
    with wait_for(directory, process) as client:
        until(client, "status", lambda status: status["event"] > 10)
        process.send_signal(signal.SIGINT)
        until(client, "status", lambda status: status["state"] == "stopping")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    store = Store(directory, readonly=True)
    assert past.verify(store) == []
    store.close()
