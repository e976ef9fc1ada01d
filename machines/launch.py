"""Starting a machine's host as a process of its own."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from machines import home
from machines.errors import FAILED, TIMED_OUT, MachineError
from machines.lock import Held, Lock


def start_detached(directory: Path, timeout: float = 60.0) -> int:
    """Start a host that outlives this process, and wait until the machine runs. Returns its process id.

    What the host has to say goes to `host.log` in the machine's directory. Raises MachineError: what the host said, or
    status 4 if it said nothing for `timeout` seconds (it goes on trying).
    """
    home.require(directory)
    name = home.name_of(directory)
    ours, theirs = os.pipe()
    try:
        with os.fdopen(theirs, "wb") as end, (directory / home.HOST_LOG).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "machines.host", str(directory), "--ready", str(theirs)],
                pass_fds=[theirs],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=python_path(),
            )
            end.close()
        said = read_line(ours, timeout)
    except OSError as error:
        raise MachineError(f"{name}: cannot start: {error.strerror}", f"check who owns {directory}") from None
    finally:
        os.close(ours)
    if said is None:
        raise MachineError(f"{name}: not up after {timeout:.0f} s", f"see {directory / home.HOST_LOG}", TIMED_OUT)
    if not said:
        ended = process.wait()
        how = f"by {signal.Signals(-ended).name}" if ended < 0 else f"with status {ended}"
        hint = f"see {directory / home.HOST_LOG}, and what opsh verify {name} says"
        raise MachineError(f"{name}: the host process was ended {how}", hint)
    answer: dict[str, Any] = msgspec.json.decode(said)
    if "error" in answer:
        raise MachineError(answer["error"], answer["hint"], answer.get("exit_status", FAILED))
    return int(answer["pid"])


def python_path() -> dict[str, str]:
    """The environment of a process that has to find the same modules as this one."""
    here = str(Path(__file__).resolve().parent.parent)
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{path}" if path else here}


def read_line(file: int, timeout: float) -> bytes | None:
    """What is written to a pipe until its end or a newline, None if that takes too long."""
    said = b""
    deadline = time.monotonic() + timeout
    while not said.endswith(b"\n"):
        if not select.select([file], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        data = os.read(file, 4096)
        if not data:
            break
        said += data
    return said


def is_running(directory: Path) -> bool:
    """Whether a host has the machine. Cheaper than to ask it."""
    try:
        Lock(directory, shared=True, patience=0.0).release()
        return False
    except Held:
        return True
