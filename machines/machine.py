"""A machine in motion: chooses which cog goes next, slices time between them, and keeps every open request in the
right hands.

It knows a clock, devices and an evaluator only by their interfaces, and the store not at all: what happened
collects in `records`, whoever drives it makes them durable and says so (`durable`). So the same machine runs under
a real host and under a simulated one.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter_ns
from typing import Protocol

import vm
from machines import cogs, heart, requests
from machines.devices import Clock, Device
from machines.events import Answer, Computed, Crash, Delivered, Event, Given, Spun, Timeout
from machines.exchange import SPINNING, Exchange
from machines.heart import Moment, Step, Turn, Where, Work, Worth
from machines.requests import Call, Eval, Request, What
from vm import Value

SLICE = 3_000_000
"""How long one cog is evaluated before another may have its turn, in nanoseconds."""

FEWEST = 1_000
MOST = 1 << 22
"""Between these is the number of steps that the clock is not looked at."""

LOOK = 32
"""How many slices go by between two looks at the memory."""

BLOCK = 64
"""Bytes of an allocated block, on average."""

OUT_OF_MEMORY = vm.utf8("memory")
TOO_MUCH = vm.utf8("the evaluation took too much memory")
"""The crash that an evaluation ends in which holds too much, or goes too deep."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one evaluation may take: `time` in nanoseconds, `memory` in bytes, about."""

    time: int = 30_000_000_000
    memory: int = 1 << 30


NORMAL = Limits()


@dataclass(frozen=True, slots=True)
class Trk:
    """A value that running code showed. `time` is in nanoseconds since the epoch."""

    cog: int
    time: int
    value: Value


@dataclass(frozen=True, slots=True)
class Record:
    """An event that happened, with its number and what was shown meanwhile."""

    number: int
    event: Event
    trk: list[Trk]


class Evaluator(Protocol):
    """Evaluates `%eval` requests elsewhere. It answers through `Machine.evaluated`."""

    def open(self, where: Where, request: Eval) -> None: ...

    def cancel(self, where: Where) -> None: ...


Happened = Callable[[int | None], None]
"""Is told the number of the event in which something happened, or None if it can never happen any more."""


@dataclass(slots=True)
class Task:
    """A step under way."""

    cog: int
    busy: frozenset[int]
    turn: Turn
    work: Work
    evaluation: vm.Evaluation
    shown: list[Value] = field(default_factory=list)
    trk: list[Trk] = field(default_factory=list)
    spent: int = 0
    slices: int = 0
    blocks: int = 0
    done: Happened | None = None


class Machine:
    """`event` is the number of the last event that `moment` includes."""

    def __init__(self, moment: Moment, event: int, clock: Clock, limits: Limits = NORMAL) -> None:
        self.moment = moment
        self.event = event
        self.clock = clock
        self.limits = limits
        self.devices: Mapping[int, Device] = {}
        self.evaluator: Evaluator | None = None
        self.wake: Callable[[], None] = lambda: None
        self.records: list[Record] = []
        self.changed: set[int] = set()
        self.last_event: dict[int, int] = {}
        self.work_done = 0
        self.exchange = Exchange()
        self.open_requests: dict[Where, Request] = {}
        self.held: deque[tuple[int, Where, Call]] = deque()
        self.ready: dict[int, dict[int, Answer]] = {}
        self.shown_elsewhere: dict[int, list[Value]] = {}
        self.awaited: dict[Where, Happened] = {}
        self.queue: deque[int] = deque()
        self.queued: set[int] = set()
        self.suspended: deque[Task] = deque()
        self.busy: set[int] = set()
        # Cogs that were answered from outside last: what they ask of other cogs comes first the next time.
        self.patient: set[int] = set()
        self.steps = FEWEST
        self.closing = False

    def start(self) -> None:
        """Open every request that the moment holds out. The moment has to be durable."""
        for where, value in heart.open_requests(self.moment):
            self.open(where, value, self.event)
        self.durable(self.event)

    # Requests ---------------------------------------------------------------------------------------------------------

    def open(self, where: Where, value: Value, event: int) -> None:
        """Hand a request, made by `event`, to whoever answers it."""
        request = requests.parse(value)
        if request is None:
            return
        self.open_requests[where] = request
        match request:
            case Call(device, durable, params):
                found = self.devices.get(device)
                if found is None:
                    self.answer(where, 0)
                elif durable or found.leaves_traces:
                    self.held.append((event, where, request))
                else:
                    found.open(where, params)
            case Eval():
                if self.evaluator is not None:
                    self.evaluator.open(where, request)
            case What(known):
                here = vm.set_of(self.devices)
                if not vm.equal(known, here):
                    self.answer(where, here)
            case _:
                for cog in self.exchange.open(where, request):
                    self.schedule(cog)

    def cancel(self, where: Where) -> None:
        """Nobody waits for this request any more."""
        request = self.forget(where)
        match request:
            case Call(device, _, _) if device in self.devices:
                self.devices[device].cancel(where)
            case Eval() if self.evaluator is not None:
                self.evaluator.cancel(where)

    def forget(self, where: Where, event: int | None = None) -> Request | None:
        """The request is no longer open: its answer was delivered in `event`, or never will be."""
        cog, slot = where
        if where in self.awaited:
            self.awaited.pop(where)(event)
        request = self.open_requests.pop(where, None)
        if request is not None and not isinstance(request, Call | Eval | What):
            self.exchange.close(where)
        answers = self.ready.get(cog)
        if answers is not None:
            answers.pop(slot, None)
            if not answers:
                del self.ready[cog]
        return request

    def answer(self, where: Where, value: Value) -> None:
        """A device answers. Does nothing if the request is not open any more."""
        self.deliver(where, Given(value))

    def evaluated(self, where: Where, answer: Computed | Given, shown: Iterable[Value]) -> None:
        """The evaluator answers, with the trk of the evaluation."""
        if where in self.open_requests:
            self.shown_elsewhere.setdefault(where[0], []).extend(shown)
            self.deliver(where, answer)

    def deliver(self, where: Where, answer: Answer) -> None:
        if where in self.open_requests:
            cog, slot = where
            self.ready.setdefault(cog, {})[slot] = answer
            self.schedule(cog)

    def durable(self, event: int) -> None:
        """Everything up to `event` is on disk: requests that waited for that go out."""
        while self.held and self.held[0][0] <= event:
            _, where, request = self.held.popleft()
            if self.open_requests.get(where) is request:
                self.devices[request.device].open(where, request.params)

    def tell_when_delivered(self, where: Where, happened: Happened) -> None:
        """Call `happened` once the answer to a request, which is being given now, is delivered."""
        self.awaited[where] = happened

    def schedule(self, cog: int) -> None:
        if cog not in self.queued:
            self.queued.add(cog)
            self.queue.append(cog)
            self.wake()

    # Evaluation -------------------------------------------------------------------------------------------------------

    @property
    def restless(self) -> bool:
        """Whether there is something to evaluate now."""
        return bool(self.suspended or (self.queue and not self.closing))

    @property
    def alive(self) -> bool:
        """Whether any request is open."""
        return bool(self.open_requests)

    def run(self, nanoseconds: int) -> None:
        """Evaluate for about so long, or until there is nothing to do."""
        deadline = perf_counter_ns() + nanoseconds
        while self.restless:
            if self.suspended:
                self.advance(self.suspended.popleft())
            for _ in range(0 if self.closing else len(self.queue)):
                cog = self.queue.popleft()
                self.queued.discard(cog)
                task = self.begin(cog)
                if task is not None:
                    self.advance(task)
                if perf_counter_ns() >= deadline:
                    return
            if perf_counter_ns() >= deadline:
                return

    def begin(self, cog: int) -> Task | None:
        """The next step of a cog, if it can have one now."""
        if cog in self.busy:
            return None
        busy = {cog}
        found = None
        if cog not in self.ready or cog in self.patient:
            found = self.exchange.ready(cog, self.moment, self.busy)
        self.patient.discard(cog)
        if found is None:
            if cog not in self.ready:
                return None
            answers = self.ready.pop(cog)
            if cog in self.exchange.open_ones:
                self.patient.add(cog)
        else:
            answers, others = found
            busy |= others
            if any(isinstance(answer, Spun) for answer in answers.values()):
                busy.add(SPINNING)
        turn = heart.turn(self.moment, cog, answers)
        try:
            work = next(turn)
        except StopIteration as end:
            self.finish(cog, busy, end.value, [])
            return None
        shown = self.shown_elsewhere.pop(cog, [])
        task = Task(cog, frozenset(busy), turn, work, self.evaluation(work, shown), shown)
        self.busy |= busy
        return task

    def evaluation(self, work: Work, shown: list[Value]) -> vm.Evaluation:
        return vm.Evaluation(work.f, work.xs, shown.append, self.limits.memory >> 3)

    def wind_down(self) -> None:
        """From now on no step begins. Those under way may still end."""
        self.closing = True

    # What a person does to a cog --------------------------------------------------------------------------------------

    def restart(self, cog: int) -> int:
        """Set a cog that failed going again; the number of the event. Raises heart.Divergence."""
        self.finish(cog, [cog], heart.restart(self.moment, cog), [])
        self.wake()
        return self.event

    def drop(self, cog: int) -> int:
        """Take a cog out; the number of the event. Raises heart.Divergence."""
        step = heart.drop(self.moment, cog)
        self.abandon(cog)
        self.finish(cog, [cog], step, [])
        self.wake()
        return self.event

    def replace(self, cog: int, hash: bytes, program: Value, done: Happened) -> None:
        """Put what a program makes in the place of a cog that is there; `hash` is that of the program's pin."""
        turn = heart.boot(self.moment, cog, hash, program)
        work = next(turn)
        self.abandon(cog)
        shown: list[Value] = []
        task = Task(cog, frozenset([cog]), turn, work, self.evaluation(work, shown), shown, done=done)
        self.busy.add(cog)
        self.suspended.append(task)
        self.wake()

    def abandon(self, cog: int) -> None:
        """Give up steps that are under way with this cog. What the others in them asked for is still open."""
        for task in [task for task in self.suspended if cog in task.busy]:
            self.suspended.remove(task)
            self.busy -= task.busy
            if task.done is not None:
                task.done(None)
            for one in task.busy:
                self.schedule(one)

    def advance(self, task: Task) -> None:
        """Evaluate a step for one slice; finish it if that is enough."""
        started = perf_counter_ns()
        until = started + SLICE
        alarm = partial(ring, started + self.limits.time - task.spent)
        while True:
            try:
                result = task.evaluation.run(self.steps, alarm)
            except vm.MemoryLimit:
                result = vm.Crashed(OUT_OF_MEMORY, TOO_MUCH)
            except vm.TimeLimit:
                result = None
            now = perf_counter_ns()
            spent, started = now - started, now
            task.spent += spent
            self.work_done += spent
            if task.shown:
                self.stamp(task)
            match result:
                case vm.Done(value=value):
                    outcome: heart.Outcome = Worth(value)
                case vm.Crashed(op=op, arg=arg):
                    outcome = Crash(op, arg)
                case None:
                    outcome = Timeout(task.spent)
                case _:
                    self.pace(spent)
                    if now < until:
                        continue
                    failure = self.over_limit(task)
                    if failure is None:
                        self.suspended.append(task)
                        return
                    outcome = failure
            try:
                task.work = task.turn.send(outcome)
            except StopIteration as end:
                self.busy -= task.busy
                self.finish(task.cog, task.busy, end.value, task.trk)
                if task.done is not None:
                    task.done(self.event)
                return
            task.spent = 0
            task.evaluation = self.evaluation(task.work, task.shown)

    def pace(self, spent: int) -> None:
        """Look at the clock about four times in a slice."""
        if spent > SLICE:
            self.steps = max(FEWEST, self.steps >> 1)
        elif spent < SLICE >> 3:
            self.steps = min(MOST, self.steps << 1)

    def over_limit(self, task: Task) -> Crash | Timeout | None:
        task.slices += 1
        if task.spent > self.limits.time:
            return Timeout(task.spent)
        if task.slices == 1:
            task.blocks = sys.getallocatedblocks()
        elif task.slices % LOOK == 0 and (sys.getallocatedblocks() - task.blocks) * BLOCK > self.limits.memory:
            return Crash(OUT_OF_MEMORY, TOO_MUCH)
        return None

    def stamp(self, task: Task) -> None:
        time = self.clock()
        cog = task.cog if task.work.part == 0 else next(iter(task.busy - {task.cog}), task.cog)
        task.trk.extend(Trk(cog, time, value) for value in task.shown)
        task.shown.clear()

    def finish(self, cog: int, busy: Iterable[int], step: Step, trk: list[Trk]) -> None:
        """A step is complete: it becomes the next event."""
        self.event += 1
        self.moment.take(step)
        self.records.append(Record(self.event, Event(self.clock(), step.receipts), trk))
        for receipt in step.receipts:
            if isinstance(receipt, Delivered):
                for slot in receipt.answers:
                    self.forget((receipt.cog, slot), self.event)
        for where in step.cancelled:
            self.cancel(where)
        for changed, state in step.changes.items():
            self.changed.add(changed)
            if state is None:
                self.last_event.pop(changed, None)
            else:
                self.last_event[changed] = self.event
        for where, value in step.opened.items():
            self.open(where, value, self.event)
        for one in {*busy, *step.changes}:
            if one in self.ready or one in self.exchange.open_ones:
                self.schedule(one)
            for other in self.exchange.concerned(one):
                self.schedule(other)
        if SPINNING in busy:
            for other in self.exchange.spinners():
                self.schedule(other)


def ring(end: int) -> None:
    """The alarm of a step that has until then: for what cannot be suspended."""
    if perf_counter_ns() > end:
        raise vm.TimeLimit


def state_word(state: cogs.Cog) -> str:
    """What a cog is doing, in the words that people see."""
    match state:
        case cogs.Running():
            return "running"
        case cogs.Finished():
            return "finished"
        case cogs.Crashed():
            return "crashed"
        case cogs.TimedOut():
            return "timed out"
