"""The window in a real (pseudo) terminal: what bytes reach it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Hosts
from .fake_host import cog

ROOT = Path(__file__).parents[2]


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, home: Path, *words: str) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {**os.environ, "OPSH_HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shell.main", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(theirs)
        self.said = b""

    def until(self, wanted: bytes, patience: float = 20) -> bytes:
        """All that was said, up to and with something."""
        end = time.monotonic() + patience
        while wanted not in self.said:
            assert time.monotonic() < end, self.said[-2000:]
            self.read(0.1)
        return self.said

    def read(self, patience: float) -> None:
        if select.select([self.ours], [], [], patience)[0]:
            try:
                self.said += os.read(self.ours, 1 << 16)
            except OSError:
                time.sleep(patience)

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def end(self) -> int:
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        self.read(0.05)
        return self.process.wait(1)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.ours)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def test_no_foreign_escape_reaches_the_terminal(home: Path, host: Hosts, terminals: list[Terminal]) -> None:
    machine = host("evil")
    machine.say("\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07 \x9b2J \x1b[31mred", "the end")
    machine.set_cogs(cog(1, "running", "\x1b]0;owned\x07"))
    terminals.append(window := Terminal(home))
    said = window.until(b"the end")
    said = window.until("▸".encode())
    # No command of ours has a title or the clipboard in it, so these bytes could only be the machine's.
    assert not re.search(rb"\x1b\](0|52)[^;]*;(owned|c;b3du)", said)
    assert "\x9b".encode() not in said
    assert b"owned" in said


def test_leaving_the_window_says_what_goes_on_running(home: Path, host: Hosts, terminals: list[Terminal]) -> None:
    host("counter").say("hello")
    terminals.append(window := Terminal(home))
    window.until(b"hello")
    window.press("q")
    assert window.end() == 0
    assert b"Still running: counter." in window.said


def test_keys_that_come_all_at_once_go_to_the_prompt(home: Path, host: Hosts, terminals: list[Terminal]) -> None:
    machine = host("counter")
    machine.say("hello")
    terminals.append(window := Terminal(home))
    window.until(b"hello")
    window.press(":help stop\r")
    window.until(b"Evaluations that are under way")
    assert "stop" not in [method for method, _ in machine.asked]
    window.press("\x1b")
    time.sleep(0.3)
    window.press("q")
    assert window.end() == 0


def test_an_interrupted_command_ends_with_130(home: Path, host: Hosts, terminals: list[Terminal]) -> None:
    host("counter").say("hello")
    terminals.append(follower := Terminal(home, "logs", "counter", "-f"))
    follower.until(b"hello")
    follower.process.send_signal(signal.SIGINT)
    assert follower.end() == 130
    assert b"Traceback" not in follower.said
