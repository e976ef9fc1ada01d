"""A host without a disk, a clock or chance: it runs the real machine, and crashes whenever it is told to.

What is durable is a list of bytes. A crash forgets everything else, as a killed process does; recovery replays that.
"""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

import vm
from machines import cogs, events, heart, snapshots
from machines.device_poke import Poke
from machines.device_rand import Rand
from machines.device_time import SECOND, Time
from machines.devices import Answerer, Device
from machines.events import Computed, Event, Given
from machines.heart import Moment, Where
from machines.machine import Limits, Machine, Record, Trk
from machines.requests import Eval
from vm import Value

UNLIMITED = Limits(1 << 62)


@dataclass
class FakeAlarm:
    at: int
    ring: Callable[[], None]
    off: bool = False

    def cancel(self) -> None:
        self.off = True


class FakeStore:
    """Stands for the store where the code under test only asks it which pins it has."""

    def has_pin(self, hash: bytes) -> bool:
        return False


class World:
    """What survives a crash: the log, what was shown, and the pins; and what goes on meanwhile: time."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = 1_700_000_000 * SECOND
        self.log: list[bytes] = []
        self.shown: list[tuple[int, str]] = []
        self.hashes: dict[int, bytes] = {}
        self.pins: dict[bytes, vm.Pin] = {}

    def boot(self, value: Value) -> None:
        pin = vm.pin(cogs.program_of(value))
        self.pins[pin.hash] = pin
        moment = self.recover()
        step = heart.drive(heart.boot(moment, moment.next_cog, pin.hash, pin.item), heart.evaluate)
        self.log.append(events.encode(Event(self.now, step.receipts)))

    def recover(self) -> Moment:
        """Replay the log."""
        moment = Moment()
        for data in self.log:
            moment.take(heart.replay(moment, events.decode(data), self.pins.__getitem__))
        return moment


def state_hash(moment: Moment) -> bytes:
    return snapshots.Snapshots(FakeStore()).pin(moment).hash  # type: ignore[arg-type]


class Watched(Machine):
    """A machine whose state is noted after every event."""

    def __init__(self, world: World, moment: Moment, limits: Limits) -> None:
        super().__init__(moment, len(world.log), lambda: world.now, limits)
        self.world = world

    def finish(self, cog: int, busy: Iterable[int], step: heart.Step, trk: list[Trk]) -> None:
        super().finish(cog, busy, step, trk)
        self.world.hashes[self.event] = state_hash(self.moment)


class Host:
    """One life of the machine, from a start to a crash."""

    def __init__(
        self,
        world: World,
        limits: Limits = UNLIMITED,
        meddling: bool = False,
        http: Callable[[Answerer], Device] | None = None,
    ) -> None:
        self.world = world
        self.meddling = meddling
        self.random = world.random
        self.alarms: list[FakeAlarm] = []
        self.evaluations: list[tuple[Where, Eval]] = []
        moment = world.recover()
        self.machine = Watched(world, moment, limits)
        self.devices: dict[int, Device] = {
            vm.utf8("time"): Time(self.machine.answer, lambda: world.now, self.set_alarm),
            vm.utf8("rand"): Rand(self.machine.answer, self.random.randbytes),
            vm.utf8("poke"): Poke(self.machine.answer, self.machine.tell_when_delivered),
        }
        if http is not None:
            self.devices[vm.utf8("http")] = http(self.machine.answer)
        self.machine.devices = self.devices
        self.machine.evaluator = self
        self.unsynced: list[Record] = []
        self.machine.start()

    def set_alarm(self, delay: float, ring: Callable[[], None]) -> FakeAlarm:
        alarm = FakeAlarm(self.world.now + int(delay * SECOND), ring)
        self.alarms.append(alarm)
        return alarm

    # The evaluator

    def open(self, where: Where, request: Eval) -> None:
        self.evaluations.append((where, request))

    def cancel(self, where: Where) -> None:
        self.evaluations = [one for one in self.evaluations if one[0] != where]

    def evaluate_one(self) -> None:
        where, request = self.evaluations.pop(self.random.randrange(len(self.evaluations)))
        try:
            self.machine.evaluated(where, Computed(vm.row([vm.evaluate(request.f, *request.xs)])), [])
        except vm.Crash as crash:
            self.machine.evaluated(where, Given(vm.row([crash.op, crash.arg])), [])

    # What happens next

    def act(self) -> bool:
        """Do one thing that could happen now, by chance. False if nothing can."""
        ringing = [alarm for alarm in self.alarms if not alarm.off]
        acts: list[Callable[[], None]] = []
        if self.machine.restless:
            acts += [self.evaluate] * 3
        if self.evaluations:
            acts.append(self.evaluate_one)
        if self.unsynced:
            acts.append(self.sync)
        if ringing:
            acts.append(lambda: self.ring(min(ringing, key=lambda alarm: alarm.at)))
        if not acts:
            return False
        if self.meddling and self.random.random() < 0.03:
            acts = [self.meddle]
        self.random.choice(acts)()
        return True

    def meddle(self) -> None:
        """A person does something to a cog, or sends it something."""
        machine, cog = self.machine, self.random.randint(1, 5)
        program = self.random.choice(list(self.world.pins.values()))
        poke = self.devices[vm.utf8("poke")]
        assert isinstance(poke, Poke)
        acts: list[Callable[[], object]] = [
            lambda: machine.restart(cog),
            lambda: machine.drop(cog),
            lambda: machine.replace(cog, program.hash, program.item, lambda event: None),
            lambda: poke.send(cog, [1], 5, lambda event: None),
        ]
        with contextlib.suppress(heart.Divergence):
            self.random.choice(acts)()
        self.collect()

    def collect(self) -> None:
        self.unsynced += self.machine.records
        self.machine.records.clear()

    def evaluate(self) -> None:
        self.machine.steps = self.random.choice([1, 10, 100, 10_000])
        self.machine.run(self.random.choice([0, 0, 100_000]))
        self.collect()

    def stop(self) -> None:
        """End as a host does that is asked to: what is under way may end, and everything reaches the disk."""
        self.machine.wind_down()
        begun = {task.cog for task in self.machine.suspended}
        before = self.machine.event
        while self.machine.restless:
            self.evaluate()
        assert self.machine.event - before <= len(begun)
        while self.unsynced:
            self.sync()

    def ring(self, alarm: FakeAlarm) -> None:
        self.world.now = max(self.world.now, alarm.at)
        self.alarms.remove(alarm)
        alarm.ring()

    def sync(self) -> None:
        """Some prefix of what happened reaches the disk, and is then shown."""
        count = self.random.randint(1, len(self.unsynced))
        for record in self.unsynced[:count]:
            assert record.number == len(self.world.log) + 1
            self.world.log.append(events.encode(record.event))
            self.world.shown += [(record.number, repr(vm.save(trk.value))) for trk in record.trk]
        del self.unsynced[:count]
        self.machine.durable(len(self.world.log))
