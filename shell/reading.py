"""Reading a machine, whether it runs or not: its host answers, or else its store does, and both in the same words."""

from typing import Any, Protocol, Self

from machines import home


class Readable(Protocol):
    """Answers the reading calls of the control socket's protocol while it is entered. Raises MachineError."""

    def call(self, method: str, **params: Any) -> Any: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def reading(machine: str) -> Readable:
    """The machine of that name or in that directory, open for reading. Raises MachineError."""
    from machines.client import Client, NotRunning

    directory = home.resolve(machine)
    home.require(directory)
    try:
        return Client(directory)
    except NotRunning:
        from machines.stored import Stored

        return Stored(directory)
