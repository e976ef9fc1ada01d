"""A terminal of a test's own, in tmux: what a person types into it, and what they see."""

import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Tmux:
    """A terminal multiplexer of the test's own, with one window."""

    def __init__(self, directory: Path, environment: dict[str, str], columns: int, rows: int) -> None:
        self.socket = str(directory / "tmux")
        self.environment = environment
        self.run("new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(ROOT), "sh")

    def run(self, *words: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", self.socket, *words]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def press(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def type(self, text: str) -> None:
        self.run("send-keys", "-l", text)

    @property
    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def until(self, wanted: str, gone: bool = False, patience: float = 30) -> str:
        """The screen, as soon as something is on it (or is not on it any more)."""
        end = time.monotonic() + patience
        while (re.search(wanted, screen := self.screen) is None) is not gone:
            assert time.monotonic() < end, screen
            time.sleep(0.1)
        return screen
