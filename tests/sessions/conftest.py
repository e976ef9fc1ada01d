"""What a user at a shell has: the `opsh` command, a home of their own, and the counter program."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COUNTER = Path(__file__).parent / "counter.sire"

Opsh = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole session: the library is compiled once."""
    return Path(os.environ.get("OPSH_TEST_CACHE") or tmp_path_factory.getbasetemp() / "cache")


@pytest.fixture
def environment(tmp_path: Path, cache: Path) -> dict[str, str]:
    home = tmp_path / "home"
    return os.environ | {"OPSH_HOME": str(home), "OPSH_CACHE": str(cache), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def command() -> list[str]:
    return [sys.executable, "-m", "shell.main"]


@pytest.fixture
def opsh(command: list[str], environment: dict[str, str], tmp_path: Path) -> Iterator[Opsh]:
    """Run one command to its end; what it left running is stopped afterwards."""

    def run(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=timeout
        )

    yield run
    for machine in (tmp_path / "home" / "machines").glob("*"):
        run("stop", machine.name)
