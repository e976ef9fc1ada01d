"""A home for machines of a test's own, and fake machines in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .fake_host import FakeHost

Hosts = Callable[[str], FakeHost]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that $OPSH_HOME names."""
    monkeypatch.setenv("OPSH_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def host(home: Path) -> Iterator[Hosts]:
    """Makes a fake machine that runs, by name."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(FakeHost(home / "machines" / name))
