"""config.toml: what it sets is set, and what it should not say is said to be wrong."""

import re
import time
from pathlib import Path

import pytest

import vm
from machines import config
from machines.config import CONFIG, SETTINGS, Config
from machines.errors import MachineError
from tests.machines.programs import (
    INC,
    SELF,
    WHEN,
    A,
    B,
    ap,
    asks,
    const,
    counter,
    endless,
    evaluate,
    law,
    row_of,
    script,
    spin,
    wait_until,
)
from tests.machines.test_host import ROOT, make, running, until


def test_without_a_file_all_is_as_usual(tmp_path: Path) -> None:
    assert config.read(tmp_path) == Config()


def test_what_the_file_says_is_set_and_the_rest_is_as_usual(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text("[evaluation]\nseconds = 0.5\nworkers = 3\n[snapshot]\nevents = 7\n")
    found = config.read(tmp_path)
    assert (found.limits.time, found.evaluation_workers, found.snapshot_events) == (500_000_000, 3, 7)
    assert found.limits.memory == Config().limits.memory


def test_a_new_machine_gets_a_file_that_shows_every_setting_and_sets_none(tmp_path: Path) -> None:
    path = make(tmp_path / "m", counter()) / CONFIG
    assert config.read(path.parent) == Config()
    text = path.read_text()
    path.write_text(re.sub(r"^# (\w+ =)", r"\1", text, flags=re.MULTILINE))
    assert path.read_text().count("=") == len(SETTINGS)
    assert config.read(path.parent) == Config()


def test_every_setting_is_in_the_manual() -> None:
    manual = (ROOT / "man/opsh.1").read_text()
    for table, key in SETTINGS:
        section = manual.partition(f".It Li [{table}]\n")[2].partition(".It Li [")[0]
        assert re.search(rf"^\.Li {key}\b", section, re.MULTILINE), f"{key} in [{table}]"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("nonsense\n", "is not TOML.*line 1", "correct"),
        ("\udcff", "is not TOML", "correct"),
        ("[weather]\n", r"no table \[weather\]", "opsh"),
        ("[evaluations]\n", r"no table \[evaluations\]", "did you mean 'evaluation'"),
        ("[evaluation]\nsecond = 1\n", r"\[evaluation\] has no setting 'second'", "did you mean 'seconds'"),
        ("[snapshot]\nworkers = 1\n", r"\[snapshot\] has no setting 'workers'", "opsh"),
        ("[evaluation]\nseconds = 'x'\n", r"seconds in \[evaluation\] is 'x'", "a number from 0.001"),
        ("[evaluation]\nseconds = -1\n", "is -1", "a number from 0.001"),
        ("[evaluation]\nseconds = nan\n", "is nan", "a number from 0.001"),
        ("[evaluation]\nseconds = true\n", "is True", "a number"),
        ("[evaluation]\nworkers = 1.5\n", "is 1.5", "a whole number from 1"),
        ("[evaluation]\nworkers = 0\n", "is 0", "a whole number from 1"),
        ("evaluation = 5\n", "evaluation is a table", r"\[evaluation\]"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, what: str, hint: str) -> None:
    (tmp_path / CONFIG).write_text(text, errors="surrogateescape")
    with pytest.raises(MachineError, match=what) as refusal:
        config.read(tmp_path)
    assert str(tmp_path / CONFIG) in refusal.value.message
    assert re.search(hint, refusal.value.hint)


def test_a_machine_keeps_to_its_time_limit(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", endless(asks(wait_until(1)).items[0]))  # type: ignore[attr-defined]
    (directory / CONFIG).write_text("[evaluation]\nseconds = 0.2\n")
    with running(directory) as client:
        until(client, "cogs", lambda answer: answer["cogs"][0]["state"] == "timed out")
        assert "gave up after 0.2" in client.call("cogs")["cogs"][0]["error"]


def test_a_machine_keeps_to_its_memory_limit(tmp_path: Path) -> None:
    hoard = law("hoard", 1, vm.app(1, ap(SELF, ap(INC, A)), row_of(A, B)))
    elsewhere = script(asks(evaluate(60, hoard, 0)), asks(wait_until(1 << 40)))
    greedy = vm.app(law("greedy", 2, ap(const(hoard), 0)), asks(WHEN))
    directory = make(tmp_path / "m", script(asks(spin(greedy), spin(elsewhere)), asks(wait_until(1 << 40))))
    (directory / CONFIG).write_text("[evaluation]\nmegabytes = 20\n")
    with running(directory) as client:
        until(client, "cogs", lambda answer: len(answer["cogs"]) == 3 and answer["cogs"][1]["state"] == "crashed")
        assert "too much memory" in client.call("cogs")["cogs"][1]["error"]
        until(client, "trk", lambda answer: "[0=[]]" in [entry["text"] for entry in answer["entries"]], last=10)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc")
def test_a_machine_has_as_many_workers_as_it_is_said_to(tmp_path: Path) -> None:
    job = evaluate(60, endless().head, 0, 0)  # type: ignore[attr-defined]
    directory = make(tmp_path / "m", script(asks(job, job, job), asks(wait_until(1 << 40))))
    (directory / CONFIG).write_text("[evaluation]\nworkers = 2\n")
    with running(directory) as client:
        process = client.greeting["pid"]
        children = Path(f"/proc/{process}/task/{process}/children")
        deadline = time.monotonic() + 10
        while len(children.read_text().split()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.2)
        assert len(children.read_text().split()) == 2


def test_a_machine_takes_its_snapshots_as_often_as_it_is_said_to(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter())
    (directory / CONFIG).write_text("[snapshot]\nevents = 50\n")
    with running(directory) as client:
        until(client, "status", lambda status: status["event"] > 500)
        assert client.call("records", table="snapshots", from_=1, to=1 << 40)["last"] > 50
