"""The counter lives: it counts, it is killed, it goes on, and no number is ever lost or told twice."""

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

from .conftest import COUNTER, Opsh

SAID = re.compile(r"^\+\+ \[\{counter is at\} (\d+)\]$", re.MULTILINE)
STAMP = re.compile(r"^\+\+ \[%trk \{\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z\}\]$", re.MULTILINE)


def numbers(text: str) -> list[int]:
    return [int(number) for number in SAID.findall(text)]


def run_for(seconds: float, command: list[str], environment: dict[str, str], output: Path, ending: int) -> int:
    """Start the counter in the foreground, its standard output appended to a file, and end it by a signal."""
    with output.open("ab") as stdout:
        process = subprocess.Popen(
            [*command, "start", "counter"],
            env=environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        time.sleep(seconds)
        assert process.poll() is None, process.stderr and process.stderr.read()
        os.killpg(process.pid, ending)
        return process.wait(30)


def test_the_counter_counts_once_a_second_and_goes_on_after_an_interrupt(
    opsh: Opsh, command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    booted = opsh("boot", "counter", str(COUNTER))
    assert booted.returncode == 0, booted.stderr
    output = tmp_path / "out"
    for _ in range(2):
        assert run_for(3.5, command, environment, output, signal.SIGINT) == 130
    said = numbers(output.read_text())
    assert said == list(range(len(said)))
    assert 5 <= len(said) <= 9
    assert len(STAMP.findall(output.read_text())) == len(said)


def test_a_storm_of_kills_neither_skips_nor_repeats_a_number(
    opsh: Opsh, command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    """`OPSH_STORM=50` for the long one; `OPSH_STORM_SEED` repeats a run's waits."""
    rounds, seed = int(os.environ.get("OPSH_STORM", "5")), int(os.environ.get("OPSH_STORM_SEED", time.time_ns()))
    print(f"{rounds} rounds from seed {seed}")
    waits = random.Random(seed)
    assert opsh("boot", "counter", str(COUNTER)).returncode == 0
    output = tmp_path / "out"
    for _ in range(rounds):
        run_for(waits.uniform(0.5, 3), command, environment, output, signal.SIGKILL)
    run_for(3, command, environment, output, signal.SIGINT)
    said = numbers(output.read_text())
    assert said == list(range(len(said))), seed
    assert len(said) >= rounds // 2
    assert numbers(opsh("logs", "counter", "-n", "1000000").stdout) == said
