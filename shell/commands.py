"""Verbs asked for in the window: each runs as the same command that a person would type in a terminal.

So the window can do nothing that the command line cannot, a slow load never stops the window, and the log of what was
asked for is a log of commands.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from shell.errors import INTERRUPTED

LONGEST = 200_000  # characters of output that are kept


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit status and what it printed, errors after output."""

    status: int
    output: str


async def perform(words: list[str]) -> Outcome:
    """Run `opsh words..` to its end. It reads nothing, and what it prints is kept from the terminal."""
    source = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH", ""))))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "shell.main",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "100"},
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        return Outcome(INTERRUPTED, "")
    return Outcome(process.returncode or 0, output.decode(errors="replace").rstrip("\n")[:LONGEST])
