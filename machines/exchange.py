"""Requests between the cogs of one machine: who waits for whom, and which of them can go ahead.

`%who` and `%spin` can always go ahead, `%stop` as soon as nothing else has hold of its target, `%reap` when its
target has stopped running, `%wait` when its target is gone, and a tell when it meets an ask (the one that was made
first). What goes ahead is only proposed here: the answer is made by the heart, in the step that delivers it.
"""

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
    """The open requests between cogs. What they are all follows from the moment."""

    def __init__(self) -> None:
        self.open_ones: dict[int, dict[int, Mutual]] = {}
        self.asks: dict[tuple[int, int], dict[Where, Ask]] = {}
        self.watchers: dict[int, dict[Where, None]] = {}
        self.told_last: set[int] = set()

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

    def ready(self, cog: int, moment: Moment, busy: set[int]) -> tuple[dict[int, Answer], set[int]] | None:
        """What can be delivered to a cog now, and which other cogs take part; None if nothing.

        `busy` cogs are in the middle of a step.
        """
        found = self.open_ones.get(cog)
        if not found:
            return None
        plain = self.plain(cog, found, moment, busy)
        told = self.meeting(cog, found, busy)
        # In turn, so that neither keeps the other from ever going ahead.
        if told is not None and (plain is None or cog not in self.told_last):
            self.told_last.add(cog)
            return told
        self.told_last.discard(cog)
        return plain

    def plain(
        self, cog: int, found: dict[int, Mutual], moment: Moment, busy: set[int]
    ) -> tuple[dict[int, Answer], set[int]] | None:
        """All that can go ahead but a tell, which is delivered alone."""
        next_cog = moment.next_cog
        answers: dict[int, Answer] = {}
        others: set[int] = set()
        for slot, request in found.items():
            match request:
                case Who():
                    answers[slot] = Given(cog)
                case Spin() if SPINNING not in busy:
                    answers[slot] = Spun(next_cog)
                    next_cog += 1
                case Stop(other) if other not in busy:
                    answers[slot] = Stopped(other)
                    others.add(other)
                case Reap(other) if other not in busy and not isinstance(moment.cogs.get(other), cogs.Running):
                    answers[slot] = Reaped(other)
                    others.add(other)
                case Wait(other) if other not in moment.cogs:
                    answers[slot] = Given(0)
                case Ask(other) if other not in moment.cogs:
                    answers[slot] = Given(0)
        return (answers, others) if answers else None

    def meeting(self, cog: int, found: dict[int, Mutual], busy: set[int]) -> tuple[dict[int, Answer], set[int]] | None:
        """The first tell of a cog that meets an ask, with the oldest ask that it can answer."""
        for slot, request in found.items():
            if isinstance(request, Tell):
                for asker, place in self.asks.get((cog, request.channel), ()):
                    if asker not in busy:
                        return {slot: Told(asker, place)}, {asker}
        return None
