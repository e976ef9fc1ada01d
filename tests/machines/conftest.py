"""The machine that several tests look into."""

from pathlib import Path

import pytest

from tests.machines.programs import counter
from tests.machines.test_host import make, running, until


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    """A counter that was stopped, after more than five events, and went on for more than five."""
    directory = make(tmp_path / "m", counter())
    for _ in range(2):
        with running(directory) as client:
            start = client.call("status")["event"]
            until(client, "status", lambda status, start=start: status["event"] > start + 5)
    return directory
