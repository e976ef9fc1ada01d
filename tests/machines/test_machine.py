"""A machine in motion under a simulated host: whatever happens, a crash loses nothing durable."""

import asyncio
import os
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vm
from machines import cogs, events, heart, reading, requests
from machines.device_http import Http
from machines.device_poke import Poke
from machines.events import Crash
from machines.heart import Moment, Where
from machines.machine import OUT_OF_MEMORY, Limits
from tests.machines.programs import (
    WHEN,
    asks,
    cog_call,
    counter,
    crasher,
    endless,
    evaluate,
    identity,
    law,
    script,
    shows_again,
    spin,
    wait_until,
    word,
)
from tests.machines.simulation import UNLIMITED, Host, World, state_hash

RUNS = int(os.environ.get("OPSH_SIMULATIONS", "60"))
"""How many random worlds are tried."""


def wanted(moment: Moment) -> set[Where]:
    """The places of all requests that a moment holds out."""
    return {where for where, value in heart.open_requests(moment) if requests.parse(value) is not None}


def until(host: Host, done: object, limit: int = 2000) -> None:
    for _ in range(limit):
        if done():  # type: ignore[operator]
            return
        assert host.act(), "nothing can happen any more"
    raise AssertionError("it did not come to pass")


def machine_of(*values: object, seed: int = 1, limits: Limits = UNLIMITED) -> Host:
    world = World(seed)
    for value in values:
        world.boot(value)
    return Host(world, limits)


def answers_of(host: Host, cog: int) -> object:
    """The last answers that a `script` cog got."""
    return host.machine.moment.cogs[cog].value.args[1]  # type: ignore[union-attr]


def test_the_counter_counts_and_goes_on_after_a_crash() -> None:
    world = World(3)
    world.boot(counter())
    for _ in range(5):
        host = Host(world)
        end = len(world.shown) + 20
        until(host, lambda end=end: len(world.shown) >= end)
    shown = [vm.load(eval(text)).items[1] for _, text in world.shown]  # type: ignore[attr-defined]
    assert shown == list(range(len(shown)))


def test_a_wait_ends_at_its_second_and_not_before() -> None:
    host = machine_of(script(asks(wait_until(1_700_000_007)), asks(WHEN), asks(wait_until(1 << 40))))
    until(host, lambda: len(host.world.log) == 3)
    assert 1_700_000_007_000_000_000 <= host.world.now < 1_700_000_008_000_000_000
    assert answers_of(host, 1).get(0) == 1_700_000_007  # type: ignore[attr-defined]


def test_malformed_requests_are_answered_with_0_and_no_requests_not_at_all() -> None:
    bad = [[word("time"), 0, word("when"), 1], [word("rand"), 0, word("byte"), 1 << 30], [word("time"), 0, 5]]
    bad += [[word("weather"), 0, 1], [word("weather"), 1, 1, 2]]
    none = [[word("time"), 2, word("when")], [word("eval"), 5], [word("cog"), word("spin")], [word("time")], []]
    host = machine_of(script(asks(*map(vm.row, none), *map(vm.row, bad)), asks(wait_until(1 << 40))))
    until(host, lambda: len(host.world.log) == 2)
    answers = answers_of(host, 1)
    assert answers.items() == [(slot, 0) for slot in range(len(none), len(none) + len(bad))]  # type: ignore[attr-defined]


def test_a_durable_request_goes_out_only_when_its_event_is_on_disk() -> None:
    held = vm.row([word("time"), 1, word("when")])
    host = machine_of(script(asks(WHEN), asks(held), asks(wait_until(1 << 40))))
    while not host.machine.records:
        host.machine.run(0)
    host.machine.run(1_000_000)
    assert host.machine.event == 2
    host.unsynced += host.machine.records
    host.machine.records.clear()
    host.sync()
    host.machine.run(1_000_000)
    assert host.machine.event == 3


def test_random_bytes_are_in_the_log() -> None:
    host = machine_of(script(asks(vm.row([word("rand"), 0, word("byte"), 20])), asks(wait_until(1 << 40))))
    until(host, lambda: len(host.world.log) == 2)
    data = answers_of(host, 1).get(0).data  # type: ignore[attr-defined]
    assert len(data) == 20
    assert any(data in event for event in host.world.log)


def test_an_evaluation_in_parallel_answers_its_value_or_its_crash() -> None:
    host = machine_of(
        script(asks(evaluate(5, identity(), 42)), asks(wait_until(1 << 40))),
        script(asks(evaluate(5, word("boom"), 7)), asks(wait_until(1 << 40))),
    )
    until(host, lambda: len(host.world.log) == 4)
    assert vm.equal(answers_of(host, 1).get(0), vm.row([42]))  # type: ignore[attr-defined]
    assert vm.equal(answers_of(host, 2).get(0), vm.row([word("boom"), 7]))  # type: ignore[attr-defined]
    assert state_hash(host.world.recover()) == state_hash(host.machine.moment)


def test_an_endless_cog_is_given_up_while_the_others_go_on() -> None:
    host = machine_of(endless(), counter(), limits=Limits(300_000_000))
    until(host, lambda: isinstance(host.machine.moment.cogs[1], cogs.TimedOut), 100_000)
    assert host.machine.moment.cogs[2].value.args[0] > 3  # type: ignore[union-attr]
    until(host, lambda: not host.unsynced)
    recovered = host.world.recover()
    assert isinstance(recovered.cogs[1], cogs.TimedOut)


def test_an_evaluation_that_takes_too_much_memory_crashes_its_cog() -> None:
    more = law("more", 1, vm.app(0, 0, vm.app(0, vm.app(0, vm.app(2, 0), 1), 1)))
    deep = law("deep", 1, vm.app(0, vm.app(2, 3), vm.app(0, 0, 1)))
    for grower in (more, deep):
        cog = vm.app(law("eater", 2, vm.app(0, vm.app(2, grower), vm.app(2, 0))), asks(WHEN))
        host = machine_of(cog, counter(), limits=Limits(1 << 62, 30_000_000))
        until(host, lambda host=host: isinstance(host.machine.moment.cogs[1], cogs.Crashed), 100_000)  # type: ignore[misc]
        crashed = host.machine.moment.cogs[1]
        assert isinstance(crashed, cogs.Crashed)
        assert crashed.op == OUT_OF_MEMORY
        assert isinstance(host.machine.moment.cogs[2], cogs.Running)


def test_a_crash_of_one_cog_leaves_the_others_alone() -> None:
    host = machine_of(crasher(), counter())
    until(host, lambda: len(host.world.log) > 20)
    crashed = host.machine.moment.cogs[1]
    assert isinstance(crashed, cogs.Crashed)
    assert Crash(crashed.op, crashed.arg) == Crash(word("boom"), 7)
    assert isinstance(host.machine.moment.cogs[2], cogs.Running)


def test_cogs_find_each_other() -> None:
    both = law("both", 2, 2)
    asker = script(asks(cog_call("ask", 1, 9, vm.row([5, 6]))), asks(wait_until(1 << 40)))
    teller = script(asks(spin(asker)), asks(cog_call("tell", 9, both)), asks(wait_until(1 << 40)))
    host = machine_of(teller)
    until(host, lambda: len(host.world.log) == 3)
    assert answers_of(host, 1).get(0) == 6  # type: ignore[attr-defined]
    assert vm.equal(answers_of(host, 2).get(0), vm.app(0, 5))  # type: ignore[attr-defined]


def test_stop_reap_and_wait_see_the_end_of_another_cog() -> None:
    host = machine_of(
        script(asks(cog_call("stop", 2)), asks(cog_call("stop", 2)), asks(wait_until(1 << 40))),
        counter(wait_until(1 << 40)),
        script(asks(cog_call("wait", 2)), asks(wait_until(1 << 40))),
        script(asks(cog_call("reap", 5)), asks(wait_until(1 << 40))),
        script(asks(WHEN)),
    )
    until(host, lambda: not host.machine.restless and not host.unsynced)
    assert sorted(host.machine.moment.cogs) == [1, 3, 4]
    assert answers_of(host, 1).get(0) == 0  # type: ignore[attr-defined]
    assert answers_of(host, 3).get(0) == 0  # type: ignore[attr-defined]
    assert vm.equal(answers_of(host, 4).get(0), vm.app(0, vm.row([1, 0])))  # type: ignore[attr-defined]


def test_an_ask_to_nobody_is_answered_with_0() -> None:
    host = machine_of(script(asks(cog_call("ask", 99, 1, 5)), asks(wait_until(1 << 40))))
    until(host, lambda: len(host.world.log) == 2)
    assert answers_of(host, 1).get(0) == 0  # type: ignore[attr-defined]


def test_what_answers_when_the_devices_are_others() -> None:
    here = vm.set_of(map(word, ("time", "rand", "poke")))
    host = machine_of(
        script(asks(vm.row([word("what"), vm.set_of([])])), asks(vm.row([word("what"), here])), asks(WHEN))
    )
    until(host, lambda: not host.machine.restless and not host.unsynced)
    assert len(host.world.log) == 2
    assert vm.equal(answers_of(host, 1).get(0), here)  # type: ignore[attr-defined]


def random_request(random: Random, depth: int) -> object:
    bad = law("bad", 2, vm.app(0, vm.app(2, word("boom")), vm.app(2, 7)))
    both = law("both", 2, 2)
    who = random.randint(1, 6)
    now = 1_700_000_000
    choices = [
        lambda: WHEN,
        lambda: vm.row([word("time"), 1, word("when")]),
        lambda: wait_until(now + random.randint(0, 20)),
        lambda: vm.row([word("rand"), 0, word("byte"), random.randint(0, 9)]),
        lambda: evaluate(5, identity(), random.randint(0, 99)),
        lambda: evaluate(5, word("boom"), 1),
        lambda: cog_call("who"),
        lambda: cog_call("ask", who, random.randint(0, 1), random.choice([5, vm.row([5, 6])])),
        lambda: cog_call("tell", random.randint(0, 1), random.choice([both, both, bad, identity()])),
        lambda: cog_call(random.choice(["stop", "reap", "wait"]), who),
        lambda: vm.row([word("what"), vm.set_of([])]),
        lambda: vm.row([word("none"), 0, 1]),
        lambda: vm.row([word("poke"), 0, word("poke"), vm.row([1])]),
        lambda: 0,
    ]
    if depth < 2:
        choices += [lambda: spin(random_cog(random, depth + 1))] * 2
    return random.choice(choices)()


def random_cog(random: Random, depth: int = 0) -> object:
    steps = [
        asks(*(random_request(random, depth) for _ in range(random.randint(1, 3)))) for _ in range(random.randint(1, 6))
    ]
    return random.choice([script, script, script, lambda *rows: shows_again(WHEN), lambda *rows: crasher()])(*steps)


@pytest.mark.parametrize("block", range(4))
def test_after_a_crash_anywhere_the_machine_is_where_its_log_says(block: int) -> None:
    """Random cogs, random timing, a crash at a random place, again and again, or a stop.

    After each crash the state recovered from the log is, by hash, the one that the machine was in after its last
    durable event, and only what belongs to durable events was shown.
    """
    for seed in range(block * RUNS // 4, (block + 1) * RUNS // 4):
        world = World(seed)
        for _ in range(world.random.randint(1, 4)):
            world.boot(random_cog(world.random))
        for _ in range(4):
            before = len(world.log)
            host = Host(world, meddling=True)
            for _ in range(world.random.randint(0, 60)):
                if not host.act():
                    break
            if world.random.random() < 0.2:
                host.stop()
                assert state_hash(world.recover()) == state_hash(host.machine.moment), f"seed {seed}"
            end = len(world.log)
            if end > before:
                assert state_hash(world.recover()) == world.hashes[end], f"seed {seed}"
            assert all(event <= end for event, _ in world.shown)
            assert set(host.machine.open_requests) == wanted(host.machine.moment), f"seed {seed}"


def test_a_crashed_cog_is_restarted_from_its_last_good_state() -> None:
    host = machine_of(
        script(asks(cog_call("tell", 1, word("boom"))), asks(WHEN)), script(asks(cog_call("ask", 1, 1, 5)))
    )
    until(host, lambda: isinstance(host.machine.moment.cogs[1], cogs.Crashed))
    good = host.machine.moment.cogs[1].value
    event = host.machine.restart(1)
    assert isinstance(host.machine.moment.cogs[1], cogs.Running)
    assert host.machine.moment.cogs[1].value is good
    until(host, lambda: len(host.world.log) == event)
    assert state_hash(host.world.recover()) == state_hash(host.machine.moment)
    assert set(host.machine.open_requests) == {(1, 0)}
    with pytest.raises(heart.Divergence, match="neither"):
        host.machine.restart(1)


def test_a_cog_is_dropped_even_in_the_middle_of_an_endless_evaluation() -> None:
    host = machine_of(endless(), counter())
    until(host, lambda: 1 in host.machine.busy)
    host.machine.drop(1)
    assert 1 not in host.machine.moment.cogs
    until(host, lambda: len(host.world.log) > 10)
    assert set(host.world.recover().cogs) == {2}
    with pytest.raises(heart.Divergence, match="no cog 1"):
        host.machine.drop(1)


def test_a_replaced_cog_runs_the_new_program() -> None:
    host = machine_of(endless())
    until(host, lambda: 1 in host.machine.busy)
    program = vm.pin(cogs.program_of(counter()))
    host.world.pins[program.hash] = program
    events: list[int | None] = []
    host.machine.replace(1, program.hash, program.item, events.append)
    until(host, lambda: len(host.world.log) > 5)
    assert events == [2]
    assert state_hash(host.world.recover()) == host.world.hashes[len(host.world.log)]


def test_a_program_that_crashes_leaves_a_crashed_cog() -> None:
    host = machine_of(counter(wait_until(1 << 40)))
    program = vm.pin(vm.law(word("bad"), 1, vm.app(0, vm.app(2, word("boom")), 1)))
    host.world.pins[program.hash] = program
    host.machine.replace(1, program.hash, program.item, lambda event: None)
    until(host, lambda: len(host.world.log) == 2)
    assert isinstance(host.world.recover().cogs[1], cogs.Crashed)
    assert not host.machine.open_requests


def poke_request(*path: str) -> object:
    return vm.row([word("poke"), 0, word("poke"), vm.row(map(word, path))])


def test_pokes_reach_the_requests_that_listen_in_order() -> None:
    listen = poke_request("a", "b")
    host = machine_of(shows_again(listen), script(asks(poke_request("a"), poke_request("a", "b"))))
    poke = host.devices[word("poke")]
    assert isinstance(poke, Poke)
    heard: list[int | None] = []
    path = [word("a"), word("b")]
    for value in (5, 6, 7):
        poke.send(1, path, value, heard.append)
    take_back = poke.send(1, path, 8, heard.append)
    take_back()
    until(host, lambda: len(host.world.log) == 5)
    assert not host.machine.restless
    assert heard == [3, 4, 5]
    shown = [vm.load(eval(text)).get(0) for _, text in host.world.shown]  # type: ignore[attr-defined]
    assert shown == [5, 6, 7]


def test_a_poke_that_the_cog_no_longer_waits_for_is_told_so() -> None:
    host = machine_of(script(asks(poke_request("a"))))
    poke = host.devices[word("poke")]
    assert isinstance(poke, Poke)
    heard: list[int | None] = []
    poke.send(1, [word("a")], 5, heard.append)
    host.machine.drop(1)
    assert heard == [None]


VERBS = [word(verb) for verb in ("time", "rand", "poke", "http", "eval", "what", "cog", "when", "wait", "byte")]
VERBS += [word(verb) for verb in ("serv", "hear", "echo", "hold", "req", "spin", "who", "ask", "tell", "stop", "reap")]
ATOMS = st.one_of(
    st.sampled_from(VERBS),
    st.integers(0, 5),
    st.sampled_from([63, 64, 300, 200_000]).map(lambda bits: 1 << bits),
    st.binary(max_size=4).map(vm.bar),
    st.just(vm.law(5, 2, 1)),
    st.just(vm.set_of([1])),
    st.just(vm.tab([(1, 2)])),
)
ANYTHING = st.recursive(ATOMS, lambda parts: st.lists(parts, max_size=6).map(vm.row), max_leaves=12)
REQUESTS = st.lists(
    st.one_of(
        ANYTHING,
        st.lists(ANYTHING, max_size=6).map(lambda rest: vm.row([word("cog"), *rest])),
        st.tuples(st.sampled_from(VERBS[:5]), st.lists(ANYTHING, max_size=7)).map(
            lambda pair: vm.row([pair[0], 0, *pair[1]])
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(REQUESTS)
@settings(max_examples=150, deadline=None)
def test_no_request_harms_the_machine(slots: list[object]) -> None:
    """Whatever a cog holds out, the machine goes on, can say what it waits for, and recovers to the same state."""

    async def live() -> None:
        world = World(1)
        world.boot(script(asks(*slots), asks(wait_until(1 << 40))))
        world.boot(counter())
        host = Host(world, http=lambda answer: Http(answer, lambda f, x: asyncio.sleep(0, 0), Path("/nowhere")))
        for _ in range(40):
            host.act()
        for entry in reading.cog_entries(host.machine.moment, host.machine.last_event):
            msgspec.json.encode(entry)
        for record in host.world.log:
            for receipt in events.decode(record).receipts:
                reading.summary(receipt)
        end = len(host.world.log)
        if end > 2:
            assert state_hash(host.world.recover()) == host.world.hashes[end]
        host.devices[word("http")].close()

    asyncio.run(live())


def test_answers_from_outside_do_not_keep_cogs_from_each_other() -> None:
    both = law("both", 2, 2)
    host = machine_of(shows_again(WHEN, cog_call("tell", 1, both)), shows_again(cog_call("ask", 1, 1, vm.row([5, 6]))))
    until(host, lambda: host.machine.last_event.get(2, 0) > 20)


def test_no_request_to_another_cog_keeps_the_rest_from_going_ahead() -> None:
    both = law("both", 2, 2)
    who = cog_call("who")
    host = machine_of(
        shows_again(who, cog_call("tell", 1, both), cog_call("stop", 3)),
        shows_again(cog_call("ask", 1, 1, vm.row([5, 6]))),
        counter(wait_until(1 << 40)),
    )
    until(host, lambda: host.machine.last_event.get(2, 0) > 20 and 3 not in host.machine.moment.cogs)
