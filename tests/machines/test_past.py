"""Any moment of a machine can be looked at, whether it runs or not."""

from pathlib import Path

import pytest

import vm
from machines import past
from machines.client import CallFailed
from machines.errors import MachineError
from machines.portions import AT_ONCE, PORTION
from machines.remote import Remote, opened
from machines.store import LOG, PINS, SNAPSHOTS, TABLES, TRK, Records, Store
from tests.machines.programs import WHEN, asks, crasher, script, wait_until
from tests.machines.test_host import make, running, until

NEVER = wait_until(1 << 40)


def count_at(records: Records, event: int) -> object:
    """What the counter had counted to after an event."""
    moment, reached, _ = past.at(records, event)
    assert reached == event
    return moment.cogs[1].value.args[0]  # type: ignore[attr-defined]


def test_every_moment_of_a_stopped_machine_can_be_computed(counted: Path) -> None:
    with opened(counted) as records:
        between = records.last(SNAPSHOTS, records.last(LOG))
        assert 1 < between < records.last(LOG)
        events = [1, 2, between - 1, between, between + 1, records.last(LOG)]
        assert [count_at(records, event) for event in events] == [event - 1 for event in events]
        assert past.at(records, 0)[0].cogs == {}


def test_the_past_of_a_running_machine_is_computed_elsewhere_while_it_goes_on(counted: Path) -> None:
    with running(counted) as client:
        before = client.call("status")["durable"]
        with opened(counted) as records:
            assert isinstance(records, Remote)
            assert [count_at(records, event) for event in (1, 4, before)] == [0, 3, before - 1]
            assert past.inspect(records, 1, 3)["event"] == 3
        until(client, "status", lambda status: status["durable"] > before)


def test_a_moment_that_has_not_come_is_refused(counted: Path) -> None:
    with opened(counted) as records:
        end = records.last(LOG)
        with pytest.raises(MachineError, match=f"no event {end + 1}; the last one is {end}"):
            past.at(records, end + 1)
        with pytest.raises(MachineError, match="no cog 9 after event 2"):
            past.inspect(records, 9, 2)


def test_a_crash_is_a_moment_like_any_other(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", crasher())
    with running(directory) as client:
        until(client, "cogs", lambda cogs: cogs["cogs"][0]["state"] == "crashed")
    with opened(directory) as records:
        assert [past.inspect(records, 1, event)["state"] for event in (1, 2)] == ["running", "crashed"]


def test_a_running_machine_reads_out_the_same_records_as_its_store_has(tmp_path: Path) -> None:
    """Among them a pin larger than one answer, and more pins than one question can name."""
    small = [vm.pin(vm.bar(b"blob %d" % n)) for n in range(AT_ONCE + 7)]
    large = vm.pin(vm.bar(bytes(range(256)) * (PORTION // 100)))
    directory = make(tmp_path / "m", script(asks(WHEN), asks(NEVER, vm.row([large, *small]))))

    def everything(records: Records) -> object:
        heads = list(records.every_head())
        hashes = [head.hash for head in heads]
        numbered = {TABLES[table]: list(records.every_record(table, 0)) for table in (LOG, SNAPSHOTS, TRK)}
        assert [records.last(LOG, n) for n in (1, 2, 3)] == [0, 1, 2]
        assert records.get(PINS, bytes(32)) is None
        return numbered, heads, list(records.contents(hashes)), records.meta("created"), records.meta("none")

    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 2)
        with opened(directory) as records:
            there = everything(records)
            contents = there[2]  # type: ignore[index]
            assert max(map(len, contents)) > PORTION
            assert len(contents) > AT_ONCE
            assert records.space().tables["pins"][0] == len(contents)
    store = Store(directory)
    with_the_last_snapshot = everything(store)
    assert there[0]["log"] == with_the_last_snapshot[0]["log"]  # type: ignore[index]
    missing = {head.hash for head in there[1]} - {head.hash for head in with_the_last_snapshot[1]}  # type: ignore[index]
    assert missing == set()
    assert there[3:] == with_the_last_snapshot[3:]  # type: ignore[index]
    store.close()


def test_a_question_that_makes_no_sense_is_refused_and_the_next_is_answered(counted: Path) -> None:
    with running(counted) as client:
        for method, params in [
            ("meta", {"name": "x" * 1000}),
            ("meta", {"name": ""}),
            ("meta", {}),
            ("records", {"table": "keys", "from_": 0, "to": 9}),
            ("records", {"table": "log", "from_": "0", "to": 9}),
            ("records", {"table": "log", "from_": -5, "to": 9}),
            ("heads", {"after": "00"}),
            ("heads", {"after": "g" * 64}),
            ("pins", {"hashes": ["00" * 32] * 501, "from_": 0}),
            ("pins", {"hashes": [7], "from_": 0}),
            ("pins", {"hashes": [], "from_": -1}),
        ]:
            with pytest.raises(CallFailed):
                client.call(method, **params)
        assert client.call("records", table="log", from_=0, to=1 << 62)["entries"][0][0] == 1
        assert client.call("records", table="log", from_=1 << 62, to=0) == {"last": 0, "entries": []}
        assert client.call("pins", hashes=["00" * 32], from_=0) == {"pins": [[0, None]]}
