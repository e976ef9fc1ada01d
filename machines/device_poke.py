"""%poke: values that a person or a program outside sends in.

[%poke 0 %poke path]    the next value that is sent to this cog on this path, a row of nats
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import vm
from machines.devices import Answerer
from machines.heart import Where
from machines.machine import Happened
from vm import Value

POKE = vm.utf8("poke")

DEVICE = vm.utf8("poke")

Place = tuple[int, tuple[int, ...]]
"""A cog and a path."""


def path_of(params: Sequence[Value]) -> tuple[int, ...] | None:
    """The path that a request listens on; None if it makes no sense."""
    match params:
        case [verb, vm.Row(items=path)] if verb == POKE:
            return tuple(map(vm.nat, path))
    return None


@dataclass(slots=True, eq=False)
class Sent:
    """A value on its way in. `happened` hears of its delivery."""

    value: Value
    happened: Happened


class Poke:
    leaves_traces = False

    def __init__(self, answer: Answerer, tell_when_delivered: Callable[[Where, Happened], None]) -> None:
        self.answer = answer
        self.tell_when_delivered = tell_when_delivered
        self.listening: dict[Place, deque[Where]] = {}
        self.places: dict[Where, Place] = {}
        self.waiting: dict[Place, deque[Sent]] = {}

    def open(self, where: Where, params: Sequence[Value]) -> None:
        path = path_of(params)
        if path is None:
            self.answer(where, 0)
            return
        place = where[0], path
        self.places[where] = place
        self.listening.setdefault(place, deque()).append(where)
        self.meet(place)

    def cancel(self, where: Where) -> None:
        place = self.places.pop(where, None)
        if place is not None:
            self.listening[place].remove(where)

    def send(self, cog: int, path: Sequence[int], value: Value, happened: Happened) -> Callable[[], None]:
        """Send a normal value to a cog; it waits until the cog listens on that path. Returns how to take it back."""
        place, sent = (cog, tuple(path)), Sent(value, happened)
        waiting = self.waiting.setdefault(place, deque())
        waiting.append(sent)
        self.meet(place)
        return lambda: waiting.remove(sent) if sent in waiting else None

    def meet(self, place: Place) -> None:
        """Give the first value that waits at a place to the first request there."""
        waiting, listening = self.waiting.get(place), self.listening.get(place)
        if waiting and listening:
            where, sent = listening.popleft(), waiting.popleft()
            del self.places[where]
            self.tell_when_delivered(where, sent.happened)
            self.answer(where, sent.value)
        if not waiting:
            self.waiting.pop(place, None)
        if not listening:
            self.listening.pop(place, None)

    def close(self) -> None:
        pass
