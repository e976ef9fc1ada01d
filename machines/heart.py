"""The heart of a machine: one pure step from a moment and some answers to the next moment.

    step : (moment, cog, answers) -> (changes to the moment, receipts, requests to open, requests to cancel)

A step needs evaluations, and an evaluation may take long. So a step is a generator: it yields what is to be
evaluated and is sent the outcome, and its caller chooses how: in slices between other work (a running machine), or
in one go, or not at all where the log already knows that it crashed (replay). The step itself reads no clock, draws
nothing at random, does no I/O.

Most steps deliver answers to one cog. A tell is delivered alone and makes a step of two parts: the teller gets its
half of `f asker x`, and the asker the other half, in the same event.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import vm
from machines import cogs, requests
from machines.cogs import Cog
from machines.events import (
    Answer,
    Asked,
    Booted,
    Computed,
    Crash,
    Delivered,
    Dropped,
    Event,
    Given,
    Reaped,
    Receipt,
    Restarted,
    Spun,
    Stopped,
    Timeout,
    Told,
)
from vm import Value

Where = tuple[int, int]
"""A request's place: cog and slot."""


class Work(NamedTuple):
    """Evaluate `f` applied to `xs`, on the account of the receipt with index `part`."""

    part: int
    f: Value
    xs: list[Value]


@dataclass(frozen=True, slots=True)
class Worth:
    """The normal form of an evaluation that went well."""

    value: Value


Outcome = Worth | Crash | Timeout


@dataclass(slots=True)
class Moment:
    """The state of all cogs after an event, and the number that the next new cog will get."""

    cogs: dict[int, Cog] = field(default_factory=dict)
    next_cog: int = 1

    def take(self, step: "Step") -> None:
        """Become the moment after `step`."""
        for cog, state in step.changes.items():
            if state is None:
                self.cogs.pop(cog, None)
            else:
                self.cogs[cog] = state
        self.next_cog += step.spun


@dataclass(slots=True)
class Step:
    """What a step did. A change to None means that the cog is gone; `spun` counts the new cogs."""

    spun: int = 0
    changes: dict[int, Cog | None] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    opened: dict[Where, Value] = field(default_factory=dict)
    cancelled: list[Where] = field(default_factory=list)


class Divergence(Exception):
    """The log and the moment do not fit together: what is recorded cannot have happened here."""


Turn = Generator[Work, Outcome, Step]


def open_requests(moment: Moment) -> list[tuple[Where, Value]]:
    """Every request that a moment holds out, to be opened when a machine starts."""
    return [
        ((cog, slot), value)
        for cog, state in moment.cogs.items()
        for slot, value in enumerate(cogs.slots(state))
        if value != 0
    ]


def boot(moment: Moment, cog: int, hash: bytes, program: Value) -> Turn:
    """Put what `program` makes of 0 into the machine, as a new cog or in the place of one.

    `hash` is that of the pin of `program`. If that crashes, the cog is a crashed one from the start, and the program
    its last good state. Raises Divergence if `cog` is neither there nor the number of the next new one.
    """
    step = Step(spun=int(cog == moment.next_cog))
    if not step.spun and cog not in moment.cogs:
        raise Divergence(f"there is no cog {cog}")
    outcome = yield Work(0, program, [0])
    # A request of the old cog that looks like one of the new is another one: it may have been answered just now.
    become(step, moment, cog, None, ())
    match outcome:
        case Worth(value):
            become(step, moment, cog, cogs.settle(value), ())
            step.receipts.append(Booted(cog, hash, None))
        case Crash(op, arg):
            become(step, moment, cog, cogs.Crashed(op, arg, program), ())
            step.receipts.append(Booted(cog, hash, outcome))
        case Timeout(after):
            become(step, moment, cog, cogs.TimedOut(after, program), ())
            step.receipts.append(Booted(cog, hash, outcome))
    return step


def restart(moment: Moment, cog: int) -> Step:
    """Set a cog that crashed or timed out going again from its last good state. Raises Divergence if it did not."""
    state = moment.cogs.get(cog)
    if not isinstance(state, cogs.Crashed | cogs.TimedOut):
        raise Divergence(f"cog {cog} has neither crashed nor timed out")
    step = Step(receipts=[Restarted(cog)])
    become(step, moment, cog, cogs.settle(state.value), ())
    return step


def drop(moment: Moment, cog: int) -> Step:
    """Take a cog out of the machine. Raises Divergence if it is not there."""
    if cog not in moment.cogs:
        raise Divergence(f"there is no cog {cog}")
    step = Step(receipts=[Dropped(cog)])
    become(step, moment, cog, None, ())
    return step


def turn(moment: Moment, cog: int, answers: dict[int, Answer]) -> Turn:
    """Deliver answers (by slot) to a running cog. Raises Divergence if the cog holds out no such request."""
    step = Step()
    yield from deliver(step, moment, cog, answers, 0)
    return step


def now(step: Step, moment: Moment, cog: int) -> Cog | None:
    """The state of a cog in the middle of a step."""
    return step.changes[cog] if cog in step.changes else moment.cogs.get(cog)


@dataclass(slots=True)
class Part:
    """One part of a step, while answers are made into values: what they bring about besides the cog's next state."""

    step: Step
    moment: Moment
    cog: int
    index: int
    spun: list[tuple[int, Value]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    told: tuple[Told, Value] | None = None
    failure: Crash | Timeout | None = None

    def now(self, cog: int) -> Cog | None:
        return now(self.step, self.moment, cog)

    def evaluate(self, f: Value, xs: list[Value]) -> Generator[Work, Outcome, Value]:
        """The value; 0 if there is none, and then the part has failed."""
        outcome = yield Work(self.index, f, xs)
        if isinstance(outcome, Worth):
            return outcome.value
        self.failure = outcome
        return 0

    def value(self, answer: Answer, slot: Value) -> Generator[Work, Outcome, Value]:
        """What the cog is given for a request in a slot. Raises Divergence if the answer is to another request."""
        match answer, requests.parse(slot):
            case Computed(value=None), requests.Eval(_, f, xs):
                return vm.row([(yield from self.evaluate(f, xs))])
            case Computed(value=value), requests.Eval():
                return value
            case Spun(new), requests.Spin(f):
                if new != self.moment.next_cog + self.step.spun:
                    raise Divergence(f"the new cog would be {self.moment.next_cog + self.step.spun}, not {new}")
                self.step.spun += 1
                self.spun.append((new, f))
                return new
            case Told(asker, _), requests.Tell(channel, f):
                x = asked(self, channel, answer)
                mine, theirs = halves((yield from self.evaluate(f, [asker, x])))
                self.told = answer, mine
                return theirs
            case (Stopped(other), requests.Stop(wanted)) | (Reaped(other), requests.Reap(wanted)):
                if other != wanted:
                    raise Divergence(f"cog {self.cog} asked for cog {wanted}, not {other}")
                past = None if other in self.gone else self.now(other)
                if isinstance(answer, Reaped) and isinstance(past, cogs.Running):
                    raise Divergence(f"cog {other} is still running")
                if past is None:
                    return 0
                self.gone.append(other)
                return vm.app(0, cogs.to_noun(past))
        raise Divergence(f"cog {self.cog} holds out no request that {type(answer).__name__} answers")


def deliver(
    step: Step, moment: Moment, cog: int, answers: dict[int, Answer], reply: Value
) -> Generator[Work, Outcome, None]:
    """One part of a step. `reply` is what an ask is answered with, made by the part before."""
    part = Part(step, moment, cog, len(step.receipts))
    state = part.now(cog)
    if not isinstance(state, cogs.Running):
        raise Divergence(f"cog {cog} is not running")
    row = cogs.held_out(state.value)
    values: list[tuple[Value, Value]] = []
    for slot, answer in answers.items():
        if slot >= len(row):
            raise Divergence(f"cog {cog} has no slot {slot}")
        match answer:
            case Given(value):
                values.append((slot, value))
            case Asked(well):
                values.append((slot, vm.app(0, reply) if well else 0))
            case _:
                values.append((slot, (yield from part.value(answer, row[slot]))))

    if part.failure is None and cog not in part.gone:
        value = yield from part.evaluate(state.value, [vm.tab(values)])
        if part.failure is None:
            become(step, moment, cog, cogs.settle(value), answers)
    match part.failure:
        case Crash(op, arg):
            become(step, moment, cog, cogs.Crashed(op, arg, state.value), answers)
        case Timeout(after):
            become(step, moment, cog, cogs.TimedOut(after, state.value), answers)
        case None:
            for new, f in part.spun:
                become(step, moment, new, cogs.settle(f), ())
    # A stopped cog is gone even if the one that stopped it crashed on the answer, as in Pallas.
    for other in part.gone:
        if part.now(other) is not None:
            become(step, moment, other, None, answers if other == cog else ())
    step.receipts.append(Delivered(cog, answers, part.failure))

    if part.told is not None:
        ask, mine = part.told
        if ask.slot < len(cogs.slots(part.now(ask.asker))):
            yield from deliver(step, moment, ask.asker, {ask.slot: Asked(part.failure is None)}, mine)


def asked(part: Part, channel: int, answer: Told) -> Value:
    """What the ask that a tell met is about."""
    row = cogs.slots(part.now(answer.asker))
    if answer.slot < len(row):
        match requests.parse(row[answer.slot]):
            case requests.Ask(cog, on, x) if cog == part.cog and on == channel:
                return x
    raise Divergence(f"slot {answer.slot} of cog {answer.asker} does not ask cog {part.cog}")


def halves(value: Value) -> tuple[Value, Value]:
    """The first two items of a row; 0 where there is none."""
    items = value.items if isinstance(value, vm.Row) else []
    return (items[0] if items else 0, items[1] if len(items) > 1 else 0)


def become(step: Step, moment: Moment, cog: int, state: Cog | None, answered: Iterable[int]) -> None:
    """Note the new state of a cog, and which requests that opens and cancels.

    A request that is still there, in the same slot, stays open; one that was answered is a new one even if it looks the
    same.
    """
    before = cogs.slots(now(step, moment, cog))
    after = cogs.slots(state)
    step.changes[cog] = state
    # Where one cog takes both parts of a step, what the first part opened is not open yet.
    for slot in answered:
        step.opened.pop((cog, slot), None)
    for slot, old in enumerate(before):
        if old == 0 or slot in answered:
            continue
        stays = slot < len(after) and (after[slot] is old or vm.equal(after[slot], old))
        if not stays and step.opened.pop((cog, slot), None) is None:
            step.cancelled.append((cog, slot))
    for slot, new in enumerate(after):
        if new == 0:
            continue
        if slot < len(before) and slot not in answered and (before[slot] is new or vm.equal(before[slot], new)):
            continue
        step.opened[cog, slot] = new


# Driving a step -------------------------------------------------------------------------------------------------------


def evaluate(work: Work) -> Outcome:
    """Evaluate in one go."""
    try:
        return Worth(vm.evaluate(work.f, *work.xs))
    except vm.Crash as crash:
        return Crash(crash.op, crash.arg)


def drive(turn: Turn, outcome_of: Callable[[Work], Outcome]) -> Step:
    """Run a step to its end."""
    try:
        work = next(turn)
        while True:
            work = turn.send(outcome_of(work))
    except StopIteration as end:
        step: Step = end.value
        return step


def replay(moment: Moment, event: Event, find: Callable[[bytes], vm.Pin]) -> Step:
    """The step that an event of the log records, computed again. Raises Divergence if that comes out otherwise.

    What the log says crashed or ran out of time is not evaluated again: that depends on limits, which may change.
    """
    match event.receipts:
        case [Booted(cog, hash, _)]:
            step = drive(boot(moment, cog, hash, find(hash).item), lambda work: recorded(event, work) or evaluate(work))
        case [Delivered(cog, answers, _), *_]:
            step = drive(turn(moment, cog, answers), lambda work: recorded(event, work) or evaluate(work))
        case [Restarted(cog)]:
            step = restart(moment, cog)
        case [Dropped(cog)]:
            step = drop(moment, cog)
        case _:
            raise Divergence("an event without receipts")
    if not same(step.receipts, event.receipts):
        raise Divergence(f"the log says {outline(event.receipts)}; computed again it is {outline(step.receipts)}")
    return step


def recorded(event: Event, work: Work) -> Outcome | None:
    match event.receipts[work.part] if work.part < len(event.receipts) else None:
        case Delivered(outcome=outcome) | Booted(outcome=outcome):
            return outcome
    return None


def same(one: list[Receipt], other: list[Receipt]) -> bool:
    return len(one) == len(other) and all(shape(a) == shape(b) for a, b in zip(one, other, strict=True))


def outline(receipts: list[Receipt]) -> str:
    """Receipts without the values in them, which may be too large to be shown."""
    return ", ".join(
        f"{type(receipt).__name__.lower()} {receipt.cog}"
        + (f" {type(receipt.outcome).__name__.lower()}" if isinstance(receipt, Delivered) and receipt.outcome else "")
        for receipt in receipts
    )


def shape(receipt: Receipt) -> object:
    """What must not differ between an event and its replay."""
    match receipt:
        case Delivered(cog, answers, outcome):
            return cog, [(slot, type(answer)) for slot, answer in answers.items()], type(outcome)
        case Booted(cog, hash, outcome):
            return cog, hash, type(outcome)
    return receipt
