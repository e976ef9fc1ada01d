"""The console as a person has it: in a terminal."""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Opsh
from .terminal import Tmux

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@pytest.fixture
def console(environment: dict[str, str], opsh: Opsh, tmp_path: Path) -> Iterator[Tmux]:
    opsh("sire", "-e", "(add 1 2)")
    made = Tmux(tmp_path, environment, 80, 30)
    made.type(f"exec {sys.executable} -m shell.main sire")
    made.press("Enter")
    made.until(r"names in scope; :help", patience=60)
    yield made
    made.run("kill-server")


def test_a_form_goes_on_until_an_empty_line_and_names_are_completed(console: Tmux) -> None:
    console.type("= (tenMore x)")
    console.press("Enter")
    console.type("| add x 10")
    console.press("Enter", "Enter")
    console.until(r"(?m)^tenMore defined$")
    console.type("(tenMo")
    console.press("Tab")
    console.until(r"\(tenMore")
    console.type(" 32)")
    console.press("Enter")
    console.until(r"(?m)^\+\+ 42$")
    console.press("Up")
    console.until(r"\(tenMore 32\)\n+$")


def test_ctrl_c_stops_an_evaluation_and_the_console_lives_on(console: Tmux) -> None:
    console.type("= (loop x)")
    console.press("Enter")
    console.type("| loop (add x 1)")
    console.press("Enter", "Enter")
    console.until("loop defined")
    console.type("(loop 0)")
    console.press("Enter")
    # What comes before the line has been taken is a key, not a signal: a person tries again.
    for _ in range(20):
        console.press("C-c")
        time.sleep(0.3)
        if "interrupted" in console.screen:
            break
    console.until("interrupted")
    console.type("(add 20 22)")
    console.press("Enter")
    console.until(r"(?m)^\+\+ 42$")


def test_an_error_shows_the_place_and_commands_are_at_hand(console: Tmux) -> None:
    console.type("(add 1 ad)")
    console.press("Enter")
    console.until(r"<input>:1:8: ad is not defined\n    \(add 1 ad\)\n           \^\n  did you mean ")
    console.type(":time (add 1 2)")
    console.press("Enter")
    console.until(r"\+\+ 3\n; 0\.\d+ s")
    console.type(":nosuch")
    console.press("Enter")
    console.until(":nosuch: no such command")
