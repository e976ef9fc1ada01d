"""The command `opsh` as a process of its own, on fake machines."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Hosts
from .fake_host import cog

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "shell.main"]
NOON = 1722618348468929096


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "OPSH_HOME": str(home), "PYTHONPATH": str(ROOT), "OPSH_DEBUG": "", **more}


def opsh(home: Path, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, *words], env=environment(home), cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == status, done.stderr
    return done


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error."""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("opsh: ")
    return lines[0]


def test_ps_lists_what_runs_and_what_does_not(home: Path, host: Hosts) -> None:
    host("counter").say("one")
    (home / "machines" / "quiet").mkdir()
    (home / "machines" / "quiet" / "store.mdb").touch()
    lines = opsh(home, "ps").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["MACHINE", "STATE"], ["counter", "running"], ["quiet", "stopped"]]
    machines = [json.loads(line) for line in opsh(home, "ps", "--json").stdout.splitlines()]
    assert [(machine["machine"], machine["state"]) for machine in machines] == [
        ("counter", "running"),
        ("quiet", "stopped"),
    ]


def test_ps_of_an_empty_home_is_an_empty_table(tmp_path: Path) -> None:
    assert opsh(tmp_path / "nowhere", "ps").stdout.split()[0] == "MACHINE"
    assert opsh(tmp_path / "nowhere", "ps", "--json").stdout == ""


def test_a_socket_without_a_host_is_a_stopped_machine(home: Path, host: Hosts) -> None:
    import socket

    left = socket.socket(socket.AF_UNIX)
    (home / "machines" / "dead").mkdir(parents=True)
    (home / "machines" / "dead" / "store.mdb").touch()
    left.bind(str(home / "machines" / "dead" / "control.sock"))
    left.close()
    assert json.loads(opsh(home, "ps", "--json").stdout)["state"] == "stopped"


def test_logs_prints_each_entry_with_its_time(home: Path, host: Hosts) -> None:
    host("counter").say("[{counter is at} 0]", at=NOON)
    said = "++ [%trk {2024-08-02T17:05:48.468929096Z}]\n++ [{counter is at} 0]\n\n"
    assert opsh(home, "logs", "counter").stdout == said
    assert opsh(home, "logs", "counter", "--bare").stdout == "++ [{counter is at} 0]\n"
    assert json.loads(opsh(home, "logs", "counter", "--json").stdout)["text"] == "[{counter is at} 0]"


def test_logs_prints_everything_however_much(home: Path, host: Hosts) -> None:
    host("counter").say(*map(str, range(3500)))
    said = opsh(home, "logs", "counter", "--bare").stdout.splitlines()
    assert said == [f"++ {number}" for number in range(3500)]
    assert opsh(home, "logs", "counter", "--bare", "-n", "2").stdout.splitlines() == said[-2:]
    assert opsh(home, "logs", "counter", "--bare", "-n", "3000").stdout.splitlines() == said[-3000:]
    assert opsh(home, "logs", "counter", "--bare", "-n", "0").stdout == ""


def test_logs_of_one_cog_leaves_the_others_out(home: Path, host: Hosts) -> None:
    machine = host("dice")
    machine.say("one", cog=1)
    machine.say("two", cog=2)
    assert opsh(home, "logs", "dice", "--bare", "--cog", "2").stdout == "++ two\n"


def test_following_goes_on_through_a_lost_connection_without_a_gap(home: Path, host: Hosts) -> None:
    machine = host("counter")
    machine.say("0")
    follower = subprocess.Popen(
        [*COMMAND, "logs", "counter", "-f", "--bare"],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert follower.stdout is not None
        assert follower.stdout.readline() == "++ 0\n"
        while not machine.listeners:
            time.sleep(0.01)
        machine.say("1")
        machine.drop_listeners()
        machine.say("2")
        assert [follower.stdout.readline() for _ in range(2)] == ["++ 1\n", "++ 2\n"]
    finally:
        follower.kill()
        follower.wait()
        assert follower.stdout is not None
        follower.stdout.close()


def test_following_ends_quietly_when_nobody_reads(home: Path, host: Hosts) -> None:
    host("counter").say(*map(str, range(100_000)))
    follower = subprocess.Popen(
        [*COMMAND, "logs", "counter"], env=environment(home), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert follower.stdout is not None
    follower.stdout.readline()
    follower.stdout.close()
    assert follower.stderr is not None
    assert follower.stderr.read() == b""
    assert follower.wait(30) == 141
    follower.stderr.close()


def test_cogs_shows_what_each_waits_for(home: Path, host: Hosts) -> None:
    host("dice").set_cogs(cog(1, "running", "%time %wait", "%rand"), cog(2, "finished"))
    lines = opsh(home, "cogs", "dice").stdout.splitlines()
    assert lines[1].split() == ["1", "running", "0", "%time", "%wait,", "%rand"]
    assert lines[2].split() == ["2", "finished", "0"]
    assert [json.loads(line)["cog"] for line in opsh(home, "cogs", "dice", "--json").stdout.splitlines()] == [1, 2]


def test_inspect_prints_the_value_of_a_cog(home: Path, host: Hosts) -> None:
    host("dice")
    assert opsh(home, "inspect", "dice", "1").stdout == "cog 1\n"


def test_stop_stops(home: Path, host: Hosts) -> None:
    machine = host("counter")
    opsh(home, "stop", "counter")
    assert "stop" in [method for method, _ in machine.asked]


@pytest.mark.parametrize("verb", ["start", "stop", "logs", "cogs", "events"])
def test_a_machine_that_does_not_exist_cannot_be_reached(home: Path, verb: str) -> None:
    assert "nobody" in complaint(opsh(home, verb, "nobody", status=3))


def test_a_machine_that_is_not_running_cannot_be_stopped(home: Path) -> None:
    (home / "machines" / "quiet").mkdir(parents=True)
    (home / "machines" / "quiet" / "store.mdb").touch()
    assert "quiet: it is not running" in complaint(opsh(home, "stop", "quiet", status=3))


def test_what_a_machine_says_cannot_reach_the_terminal_as_a_command(home: Path, host: Hosts) -> None:
    machine = host("evil")
    machine.say("\x1b]0;owned\x07", "\x9b31m", "\u202ereversed")
    machine.set_cogs(cog(1, "running", "\x1b[2J"))
    for words in (["logs", "evil"], ["logs", "evil", "--json"], ["cogs", "evil"], ["cogs", "evil", "--json"]):
        said = opsh(home, *words).stdout
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(said), words


@pytest.mark.parametrize("words", [["frob"], ["boot"], ["boot", "a"], ["start", "a", "--no-such"], []])
def test_bad_usage_ends_with_two(home: Path, words: list[str]) -> None:
    complaint(opsh(home, *words, status=2))


def test_version_says_whether_it_is_compiled(home: Path) -> None:
    assert "compiled" in opsh(home, "--version").stdout


def test_following_a_stopped_machine_ends_when_nobody_reads(home: Path) -> None:
    opsh(home, "boot", "quiet", str(ROOT / "tests" / "sessions" / "counter.sire"))
    following = subprocess.Popen(
        [*COMMAND, "logs", "quiet", "-f"], env=environment(home), cwd=ROOT, stdout=subprocess.PIPE
    )
    assert following.stdout is not None
    following.stdout.close()
    assert following.wait(30) == 141


def test_an_option_that_there_is_not_is_named(home: Path) -> None:
    assert "there is no option -x" in complaint(opsh(home, "boot", "-x", "file", status=2))


def test_words_after_two_dashes_are_no_options(home: Path) -> None:
    assert "-n.sire: there is no such file" in complaint(opsh(home, "boot", "--", "machine", "-n.sire", status=1))


def test_an_output_that_knows_few_characters_gets_the_others_escaped(home: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "sire", "-e", "{日}"],
        env=environment(home, PYTHONIOENCODING="latin-1"),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "++ {\\u65e5}\n"


def test_without_an_output_a_verb_is_done_all_the_same(home: Path) -> None:
    command = ["sh", "-c", '"$@" >&- 2>&-', "sh", *COMMAND, "ps"]
    assert subprocess.run(command, env=environment(home), cwd=ROOT).returncode == 0
