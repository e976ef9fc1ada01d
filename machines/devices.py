"""The interface of a device: one family of requests, one module.

A device is told of a request (`open`) and that nobody wants the answer any more (`cancel`); it answers at any later
time, or at once, by calling the `answer` it was made with. A request it cannot make sense of it answers with 0.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from machines.heart import Where
from vm import Value

Answerer = Callable[[Where, Value], None]
"""Answer the request at a place with a normal value. Answering one that was cancelled does nothing."""

Clock = Callable[[], int]
"""Nanoseconds since the epoch."""


class Alarm(Protocol):
    """Something that was arranged for later and can be called off."""

    def cancel(self) -> None: ...


AlarmSetter = Callable[[float, Callable[[], None]], Alarm]
"""Call a function after some seconds."""


class Device(Protocol):
    """`leaves_traces` says whether to open a request has an effect outside.

    If so, the request waits until the event that made it is on disk.
    """

    leaves_traces: bool

    def open(self, where: Where, params: Sequence[Value]) -> None: ...

    def cancel(self, where: Where) -> None: ...

    def close(self) -> None: ...


class Late:
    """A device that takes long to load: it is made when it is first asked for something."""

    leaves_traces = True

    def __init__(self, make: Callable[[], Device]) -> None:
        self.make = make
        self.device: Device | None = None

    def open(self, where: Where, params: Sequence[Value]) -> None:
        if self.device is None:
            self.device = self.make()
        self.device.open(where, params)

    def cancel(self, where: Where) -> None:
        if self.device is not None:
            self.device.cancel(where)

    def close(self) -> None:
        if self.device is not None:
            self.device.close()
