"""A person forks a running counter from its past, carries it away in a file, checks it, makes room in it."""

import json
import re
from pathlib import Path

from .conftest import COUNTER, Opsh

SAID = re.compile(r"^\+\+ \[\{counter is at\} (\d+)\]$", re.MULTILINE)


def numbers(opsh: Opsh, machine: str) -> list[int]:
    return [int(number) for number in SAID.findall(opsh("logs", machine).stdout)]


def counts_on(opsh: Opsh, machine: str, beyond: int) -> list[int]:
    """Run a machine until it has counted beyond a number; what it said."""
    assert opsh("start", machine, "--detach").returncode == 0
    while not any(number > beyond for number in numbers(opsh, machine)):
        pass
    assert opsh("stop", machine).returncode == 0
    return numbers(opsh, machine)


def test_a_counter_is_forked_carried_away_and_checked(opsh: Opsh, tmp_path: Path) -> None:
    def done(*words: str) -> str:
        result = opsh(*words)
        assert result.returncode == 0, result.stderr
        return result.stdout

    done("boot", "counter", str(COUNTER), "--start")
    while len(numbers(opsh, "counter")) < 3:
        pass
    done("fork", "counter", "early", "--at", "2")
    done("export", "counter", "counter.machine")
    done("stop", "counter")
    told = numbers(opsh, "counter")

    done("import", "counter.machine", "carried")
    carried = counts_on(opsh, "carried", 4)
    assert carried == list(range(carried[0], carried[-1] + 1))
    assert 2 <= carried[0] <= told[-1] + 1
    early = counts_on(opsh, "early", 3)
    assert early == list(range(len(early)))

    events = [json.loads(line) for line in done("events", "counter", "--from", "3", "--json").splitlines()]
    assert [event["event"] for event in events][:2] == [3, 4]
    assert done("inspect", "counter", "1", "--at", "2") == done("inspect", "early", "1", "--at", "2")
    for machine in ("counter", "carried", "early"):
        assert json.loads(done("verify", machine, "--json"))["wrong"] == []
    done("prune", "counter", "--before", "4")
    assert opsh("inspect", "counter", "1", "--at", "2").returncode == 1
    assert json.loads(done("du", "counter", "--json"))["origin"] == 4
    assert "all is well" in opsh("verify", "counter").stderr
