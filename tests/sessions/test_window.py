"""The window as a person has it: in a terminal, on machines that really run."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import join

import pytest

from .conftest import COUNTER, Opsh
from .terminal import Tmux

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

COUNT = re.compile(r"\[\{counter is at\} (\d+)\]")


@pytest.fixture(params=[(80, 24), (200, 60)], ids=["80x24", "200x60"])
def tmux(request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(tmp_path, environment, *request.param)
    yield made
    made.run("kill-server")


def counts(screen: str) -> list[int]:
    return [int(number) for number in COUNT.findall(screen)]


def test_start_switch_scroll_back_leave_and_return(opsh: Opsh, tmux: Tmux, command: list[str], tmp_path: Path) -> None:
    assert opsh("boot", "first", str(COUNTER), "--start").returncode == 0
    tmux.type(f"{join(command)}\n")
    tmux.until(r"● first(?s:.*)counter is at\} 2\]")

    tmux.press(":")
    tmux.type(f"boot second {COUNTER}")
    tmux.press("Enter")
    tmux.until(r"○ second")
    tmux.until(r"│ second  stopped")
    tmux.press("s")
    tmux.until(r"● second(?s:.*)counter is at\} 1\]")

    tmux.press("1", "k", "k")
    tmux.until(r"│ first")
    tmux.press("2", "g")
    assert counts(tmux.until("paused|new"))[0] == 0
    tmux.press("f")
    tmux.until("following")

    tmux.press("q")
    left = tmux.until("Still running: first, second")
    last = max(counts(left), default=0)
    assert all(" running " in line for line in opsh("ps").stdout.splitlines()[1:])
    time.sleep(2)
    tmux.type(f"clear; {join(command)}\n")
    back = counts(tmux.until(r"since you were last here(?s:.*)counter is at"))
    assert back == list(range(back[0], back[0] + len(back)))
    assert back[-1] > last

    tmux.press("x")
    tmux.until(r"opsh stop first\?")
    tmux.press("y")
    tmux.until("○ first")
    assert opsh("ps").stdout.splitlines()[1].split()[:2] == ["first", "stopped"]
