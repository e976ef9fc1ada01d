"""Reading a machine, whether it runs or not: its host answers, or else its store does, and both in the same words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from machines import home


class Readable(Protocol):
    """Answers the reading methods of the control socket's protocol. Raises MachineError."""

    def call(self, method: str, **params: Any) -> Any: ...


@contextmanager
def reading(machine: str) -> Iterator[Readable]:
    """The machine of that name or in that directory, open for reading. Raises MachineError."""
    from machines.client import Client, running
    from machines.stored import Stored

    directory = home.resolve(machine)
    home.require(directory)
    if running(directory):
        with Client(directory) as client:
            yield client
    else:
        with Stored(directory) as stored:
            yield stored
