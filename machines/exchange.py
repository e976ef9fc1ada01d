"""Requests between the cogs of one machine: who waits for whom, and which of them can go ahead.

`%who` and `%spin` can always go ahead, `%stop` as soon as nothing else has hold of its target, `%reap` when its
target has stopped running, `%wait` when its target is gone, and a tell when it meets an ask (the one that was made
first). What goes ahead is only proposed here: the answer is made by the heart, in the step that delivers it.
"""

from collections.abc import Iterator

from machines import cogs
from machines.events import Answer, Given, Reaped, Spun, Stopped, Told
from machines.heart import Moment, Where
from machines.requests import Ask, Reap, Spin, Stop, Tell, Wait, Who

SPINNING = 0
"""Is among the busy cogs while a step makes a new cog: one step at a time does, for the numbers of new cogs are
consecutive.
"""

Mutual = Ask | Tell | Stop | Reap | Wait | Spin | Who


class Exchange:
    """The open requests between cogs. It has no state of its own beyond them: all follows from the moment."""

    def __init__(self) -> None:
        self.open_ones: dict[int, dict[int, Mutual]] = {}
        self.asks: dict[tuple[int, int], dict[Where, Ask]] = {}
        self.watchers: dict[int, dict[Where, None]] = {}

    def open(self, where: Where, request: Mutual) -> list[int]:
        """Note a request. Returns the cogs that may be able to go ahead because of it."""
        cog, slot = where
        if isinstance(request, Ask):
            self.asks.setdefault((request.cog, request.channel), {})[where] = request
        elif isinstance(request, Stop | Reap | Wait):
            self.watchers.setdefault(request.cog, {})[where] = None
        self.open_ones.setdefault(cog, {})[slot] = request
        return [cog, request.cog] if isinstance(request, Ask) else [cog]

    def close(self, where: Where) -> None:
        """Forget a request: it was answered or cancelled."""
        cog, slot = where
        request = self.open_ones.get(cog, {}).pop(slot, None)
        if not self.open_ones.get(cog):
            self.open_ones.pop(cog, None)
        match request:
            case Ask(other, channel, _):
                asks = self.asks.get((other, channel), {})
                asks.pop(where, None)
                if not asks:
                    self.asks.pop((other, channel), None)
            case Stop(other) | Reap(other) | Wait(other):
                watchers = self.watchers.get(other, {})
                watchers.pop(where, None)
                if not watchers:
                    self.watchers.pop(other, None)

    def concerned(self, cog: int) -> list[int]:
        """The cogs that may be able to go ahead because `cog` changed its state, or is no longer busy."""
        found = [watcher for watcher, _ in self.watchers.get(cog, ())]
        for request in self.open_ones.get(cog, {}).values():
            if isinstance(request, Ask):
                found.append(request.cog)
        return found

    def spinners(self) -> list[int]:
        """The cogs that want to make a new cog."""
        return [cog for cog, requests in self.open_ones.items() if any(isinstance(r, Spin) for r in requests.values())]

    def ready(self, cog: int, moment: Moment, busy: set[int]) -> tuple[dict[int, Answer], int | None] | None:
        """What can be delivered to a cog now, and which other cog takes part; None if nothing.

        `busy` cogs are in the middle of a step.
        """
        requests = self.open_ones.get(cog)
        if not requests:
            return None
        next_cog = moment.next_cog
        answers: dict[int, Answer] = {}
        for slot, request in requests.items():
            match request:
                case Who():
                    answers[slot] = Given(cog)
                case Spin() if SPINNING not in busy:
                    answers[slot] = Spun(next_cog)
                    next_cog += 1
                case Stop(other) if other not in busy:
                    return answers or {slot: Stopped(other)}, other
                case Reap(other) if other not in busy and not isinstance(moment.cogs.get(other), cogs.Running):
                    return answers or {slot: Reaped(other)}, other
                case Wait(other) if other not in moment.cogs:
                    answers[slot] = Given(0)
        if answers:
            return answers, None
        for slot, ask in self.meetings(cog, busy):
            return {slot: Told(*ask)}, ask[0]
        for slot, request in requests.items():
            if isinstance(request, Ask) and request.cog not in moment.cogs:
                return {slot: Given(0)}, None
        return None

    def meetings(self, cog: int, busy: set[int]) -> Iterator[tuple[int, Where]]:
        """Each tell of a cog with the oldest ask that it can answer."""
        for slot, request in self.open_ones[cog].items():
            if isinstance(request, Tell):
                for asker in self.asks.get((cog, request.channel), ()):
                    if asker[0] not in busy:
                        yield slot, asker
                        break
