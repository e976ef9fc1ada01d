"""What the window remembers from one time to the next: up to which entry the person has seen each machine's trk."""

import json
import os
from pathlib import Path


def read(file: Path) -> dict[str, int]:
    """Machine directory -> number of the first entry not seen. Empty if the file is missing or makes no sense."""
    try:
        seen = json.loads(file.read_text())["seen"]
        return {str(machine): int(entry) for machine, entry in seen.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write(file: Path, seen: dict[str, int]) -> None:
    """Replace the file in one step. That it cannot be written is no reason to bother anyone."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps({"seen": seen}))
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
