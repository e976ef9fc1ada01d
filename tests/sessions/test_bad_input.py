"""Bad input: one line that says what is wrong and where, the right exit status, and nothing lost."""

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import COUNTER, Opsh

HEAD = "#### broken <- prelude\n\n:| prelude\n\n"


def complaint(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The one line on standard error."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("opsh: ")
    return lines[0]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (HEAD + "= (main)\n| runCog (\n", r"broken\.sire:\d+:\d+", ""),
        (HEAD + "= (main)\n| runCgo 3\n", r"broken\.sire:6:3", "runCgo"),
        (HEAD + "= (oops x)\n| {no such thing} 1 x\n\n= (main)\n| oops 7\n", r"broken\.sire", "no such thing"),
        (HEAD + "= (other)\n| 3\n", r"broken\.sire", "main"),
    ],
    ids=["syntax", "undefined name", "crash in main", "no main"],
)
def test_a_bad_program_is_refused_with_its_place(opsh: Opsh, tmp_path: Path, text: str, place: str, words: str) -> None:
    (tmp_path / "broken.sire").write_text(text)
    line = complaint(opsh("boot", "broken", "broken.sire"), 1)
    assert re.search(place, line), line
    assert words in line
    assert not (tmp_path / "home" / "machines" / "broken").exists()


def test_a_missing_file_is_refused(opsh: Opsh) -> None:
    assert "nowhere.sire" in complaint(opsh("boot", "lost", "nowhere.sire"), 1)


def test_a_machine_is_never_booted_over_another(opsh: Opsh, tmp_path: Path) -> None:
    assert opsh("boot", "counter", str(COUNTER)).returncode == 0
    before = (tmp_path / "home" / "machines" / "counter" / "store.mdb").read_bytes()
    assert "counter" in complaint(opsh("boot", "counter", str(COUNTER)), 1)
    assert (tmp_path / "home" / "machines" / "counter" / "store.mdb").read_bytes() == before


@pytest.mark.parametrize("verb", ["start", "stop", "logs", "cogs"])
def test_a_machine_that_does_not_exist_cannot_be_reached(opsh: Opsh, verb: str) -> None:
    assert "nobody" in complaint(opsh(verb, "nobody"), 3)


def test_a_running_machine_is_not_started_twice(opsh: Opsh) -> None:
    assert opsh("boot", "counter", str(COUNTER), "--start").returncode == 0
    assert "running" in complaint(opsh("start", "counter"), 1)
    assert "running" in complaint(opsh("start", "counter", "--detach"), 1)
    assert opsh("stop", "counter").returncode == 0


def test_a_place_that_cannot_be_written_is_named(opsh: Opsh) -> None:
    assert "/proc/opsh" in complaint(opsh("boot", "/proc/opsh/counter", str(COUNTER)), 1)


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty"])
def test_a_corrupted_store_is_refused_and_left_as_it_is(opsh: Opsh, tmp_path: Path, damage: str) -> None:
    assert opsh("boot", "counter", str(COUNTER)).returncode == 0
    data = tmp_path / "home" / "machines" / "counter" / "store.mdb"
    whole = data.read_bytes()
    broken = {"garbage": b"\xff" * 8192 + whole[8192:], "truncated": whole[:5000], "empty": b""}[damage]
    data.write_bytes(broken)
    assert "store.mdb" in complaint(opsh("start", "counter"), 1)
    assert data.read_bytes() == broken


@pytest.mark.parametrize("arguments", [["frob"], ["boot"], ["boot", "a"], ["start", "a", "--no-such"]])
def test_bad_usage_ends_with_two(opsh: Opsh, arguments: list[str]) -> None:
    done = opsh(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(("usage:", "opsh: "))
