"""Starting a machine's host as a process of its own, and stopping it."""

import contextlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from machines import places
from machines.client import Client, NotRunning
from machines.errors import FAILED, TIMED_OUT, MachineError
from machines.evaluator import python_path
from machines.lock import Held, Lock


def start_detached(directory: Path, timeout: float = 60.0) -> int:
    """Start a host that outlives this process, and wait until the machine runs. Returns its process id.

    What the host has to say goes to `host.log` in the machine's directory. Raises MachineError: what the host said, or
    status 4 if it said nothing for `timeout` seconds (it goes on trying).
    """
    places.require(directory)
    name = places.name_of(directory)
    ours, theirs = os.pipe()
    try:
        with os.fdopen(theirs, "wb") as end, (directory / places.HOST_LOG).open("ab") as log:
            subprocess.Popen(
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
        raise MachineError(f"{name}: not up after {timeout:.0f} s", f"see {directory / places.HOST_LOG}", TIMED_OUT)
    answer: dict[str, Any] = (
        msgspec.json.decode(said) if said else {"error": f"{name}: the host process ended at once", "hint": ""}
    )
    if "error" in answer:
        hint = answer.get("hint") or f"see {directory / places.HOST_LOG}"
        raise MachineError(answer["error"], hint, answer.get("exit_status", FAILED))
    return int(answer["pid"])


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


def stop(directory: Path, timeout: float = 30.0) -> None:
    """Stop a running machine and wait until its host is gone. Raises NotRunning, or MachineError with status 4."""
    with Client(directory) as client:
        client.call("stop")
        deadline = time.monotonic() + timeout
        with contextlib.suppress(NotRunning):
            for _ in client.notifications(timeout):
                pass
    while True:
        try:
            Lock(directory, shared=True, patience=0.0).release()
            return
        except Held:
            if time.monotonic() > deadline:
                name = places.name_of(directory)
                raise MachineError(
                    f"{name}: still stopping after {timeout:.0f} s", "it may be writing much", TIMED_OUT
                ) from None
            time.sleep(0.01)


def is_running(directory: Path) -> bool:
    """Whether a host has the machine. Cheaper than to ask it."""
    try:
        Lock(directory, shared=True, patience=0.0).release()
        return False
    except Held:
        return True
