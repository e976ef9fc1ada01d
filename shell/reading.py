"""Reading a machine, whether it runs or not: its host answers, or else its store does, and both in the same words."""

from collections.abc import Iterator
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


def pages(machine: Readable, method: str, first: int | None = None, **params: Any) -> Iterator[dict[str, Any]]:
    """The answers to a method that gives a page at a time, until `next` says that there is no more."""
    while True:
        answer = machine.call(method, from_=first, **params)
        yield answer
        first = answer.get("next")
        if first is None:
            return


def latest(machine: Readable, method: str, count: int, **params: Any) -> tuple[list[dict[str, Any]], int]:
    """The last so many entries of the trk or the events, and the number of the one that comes next."""
    answer = machine.call(method, last=max(1, count), **params)
    entries, end = answer["entries"], int(answer["next"])
    while len(entries) < count and answer["first"] > 0:
        answer = machine.call(method, to=answer["first"], last=count - len(entries), **params)
        entries = answer["entries"] + entries
    return entries[len(entries) - count :] if count else [], end
