"""%time: what time it is, and waking up later. Times are whole seconds since the epoch.

[%time 0 %when]      the time, at once
[%time 0 %wait t]    0, once the time is t or later
"""

import heapq
from collections.abc import Sequence

import vm
from machines.devices import Alarm, AlarmSetter, Answerer, Clock
from machines.heart import Where
from vm import Value

WHEN = vm.utf8("when")
WAIT = vm.utf8("wait")
SECOND = 1_000_000_000
NEVER = 1 << 63
LONGEST_NAP = 5.0
"""The wall clock may jump (a laptop that slept), so look at it again now and then, in seconds."""


class Time:
    leaves_traces = False

    def __init__(self, answer: Answerer, clock: Clock, set_alarm: AlarmSetter) -> None:
        self.answer = answer
        self.clock = clock
        self.set_alarm = set_alarm
        self.waits: dict[Where, int] = {}
        self.order: list[tuple[int, Where]] = []
        self.alarm: Alarm | None = None
        self.alarm_for = NEVER

    def open(self, where: Where, params: Sequence[Value]) -> None:
        match params:
            case [verb] if verb == WHEN:
                self.answer(where, self.clock() // SECOND)
            case [verb, int() as until] if verb == WAIT:
                if until < NEVER:
                    self.waits[where] = until
                    heapq.heappush(self.order, (until, where))
                    self.wake()
            case _:
                self.answer(where, 0)

    def cancel(self, where: Where) -> None:
        # Its entry in the heap stays, until its time, and then answers nobody.
        self.waits.pop(where, None)

    def wake(self) -> None:
        """Answer what is due, and arrange to be woken for the next."""
        time = self.clock()
        while self.order and (
            self.waits.get(self.order[0][1]) != self.order[0][0] or self.order[0][0] * SECOND <= time
        ):
            until, where = heapq.heappop(self.order)
            if self.waits.get(where) == until:
                del self.waits[where]
                self.answer(where, 0)
        if not self.order:
            return
        next_one = self.order[0][0]
        if self.alarm is None or next_one < self.alarm_for:
            self.close()
            self.alarm_for = next_one
            delay = (next_one * SECOND - time) / SECOND
            self.alarm = self.set_alarm(min(delay, LONGEST_NAP), self.ring)

    def ring(self) -> None:
        self.alarm = None
        self.wake()

    def close(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None


def describe(params: Sequence[Value]) -> str | None:
    """A wait as a person reads it: `%wait 2024-08-02T17:05:48Z`."""
    from datetime import UTC, datetime

    match params:
        case [verb, int() as until] if verb == WAIT and until < 1 << 36:
            return "%wait " + datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None
