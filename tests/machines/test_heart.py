"""The heart: what a step does to a moment, and that a log replayed comes to the same."""

import pytest

import vm
from machines import cogs, heart
from machines.events import Asked, Computed, Crash, Delivered, Given, Reaped, Spun, Stopped, Timeout, Told
from machines.heart import Divergence, Moment, Work, Worth
from tests.machines.programs import (
    WHEN,
    asks,
    cog_call,
    counter,
    crasher,
    evaluate,
    identity,
    law,
    script,
    spin,
    wait_until,
    word,
)

NONE = vm.row([])


def moment_of(*values: object) -> Moment:
    moment = Moment()
    for value in values:
        program = cogs.program_of(value)
        turn = heart.boot(moment, moment.next_cog, vm.pin(program).hash, program)
        moment.take(heart.drive(turn, heart.evaluate))
    return moment


def tell_and_ask(f: object) -> tuple[object, object]:
    return script(asks(cog_call("tell", 9, f)), asks(WHEN)), script(asks(cog_call("ask", 1, 9, 77)), asks(WHEN))


def run(moment: Moment, cog: int, answers: dict[int, object]) -> heart.Step:
    step = heart.drive(heart.turn(moment, cog, answers), heart.evaluate)  # type: ignore[arg-type]
    moment.take(step)
    return step


def test_a_booted_cog_holds_out_its_requests() -> None:
    moment = moment_of(counter())
    assert isinstance(moment.cogs[1], cogs.Running)
    assert [where for where, _ in heart.open_requests(moment)] == [(1, 0)]


def test_an_answer_makes_the_next_state_and_opens_its_requests_anew() -> None:
    moment = moment_of(counter())
    step = run(moment, 1, {0: Given(1700000000)})
    state = moment.cogs[1]
    assert isinstance(state, cogs.Running)
    assert isinstance(state.value, vm.App)
    assert state.value.args[0] == 1
    assert list(step.opened) == [(1, 0)]
    assert step.cancelled == []
    assert step.receipts == [Delivered(1, {0: Given(1700000000)}, None)]


def test_a_request_that_stays_is_neither_cancelled_nor_opened_again() -> None:
    far = wait_until(1 << 40)
    moment = moment_of(script(asks(WHEN, far), asks(WHEN, wait_until(1 << 40)), asks(0, WHEN)))
    assert list(run(moment, 1, {0: Given(1)}).opened) == [(1, 0)]
    step = run(moment, 1, {0: Given(2)})
    assert step.cancelled == [(1, 1)]
    assert list(step.opened) == [(1, 1)]


def test_a_cog_without_requests_has_finished() -> None:
    moment = moment_of(script(asks(WHEN)))
    run(moment, 1, {0: Given(1)})
    assert moment.cogs[1] == cogs.Finished(0)


def test_a_crash_keeps_the_last_good_state_and_cancels_the_rest() -> None:
    cog = crasher()
    moment = moment_of(cog, script(asks(wait_until(5), WHEN)))
    step = run(moment, 1, {0: Given(1)})
    crashed = moment.cogs[1]
    assert isinstance(crashed, cogs.Crashed)
    assert vm.equal(crashed.value, cog)
    assert isinstance(step.receipts[0], Delivered)
    assert isinstance(step.receipts[0].outcome, Crash)
    assert isinstance(moment.cogs[2], cogs.Running)


def test_a_step_that_is_given_up_leaves_a_timed_out_cog() -> None:
    moment = moment_of(counter())
    moment.take(heart.drive(heart.turn(moment, 1, {0: Given(1)}), lambda work: Timeout(5)))
    assert isinstance(moment.cogs[1], cogs.TimedOut)
    assert moment.cogs[1].after == 5


def test_a_spun_cog_gets_the_next_number() -> None:
    moment = moment_of(script(asks(spin(counter()), spin(identity())), asks(WHEN)))
    step = run(moment, 1, {0: Spun(2), 1: Spun(3)})
    assert isinstance(moment.cogs[2], cogs.Running)
    assert isinstance(moment.cogs[3], cogs.Finished)
    assert moment.next_cog == 4
    assert list(step.opened) == [(1, 0), (2, 0)]


def test_a_tell_and_its_ask_are_one_event() -> None:
    # f asker x = [x asker]: the asker hears its own question, the teller who asked.
    both = law("both", 2, vm.app(0, vm.app(0, vm.app(2, vm.law(0, 3, 0)), 1), 2))
    moment = moment_of(
        script(asks(cog_call("tell", 9, both)), asks(WHEN)), script(asks(cog_call("ask", 1, 9, 77)), asks(WHEN))
    )
    step = run(moment, 1, {0: Told(2, 0)})
    assert [type(receipt) for receipt in step.receipts] == [Delivered, Delivered]
    told, asked = (moment.cogs[cog].value.args[1] for cog in (1, 2))  # type: ignore[union-attr]
    assert told.get(0) == 2
    assert vm.equal(asked.get(0), vm.app(0, 77))


def test_an_ask_is_answered_with_0_if_the_teller_crashes() -> None:
    bad = law("bad", 2, vm.app(0, vm.app(2, word("boom")), vm.app(2, 7)))
    moment = moment_of(
        script(asks(cog_call("tell", 9, bad)), asks(WHEN)), script(asks(cog_call("ask", 1, 9, 77)), asks(WHEN))
    )
    step = run(moment, 1, {0: Told(2, 0)})
    assert isinstance(moment.cogs[1], cogs.Crashed)
    assert moment.cogs[2].value.args[1].get(0) == 0  # type: ignore[union-attr]
    assert step.receipts[1] == Delivered(2, {0: Asked(False)}, None)


def test_a_stopped_cog_is_handed_over_and_gone() -> None:
    victim = counter()
    moment = moment_of(script(asks(cog_call("stop", 2)), asks(WHEN)), victim)
    step = run(moment, 1, {0: Stopped(2)})
    assert 2 not in moment.cogs
    assert step.cancelled == [(2, 0)]
    answer = moment.cogs[1].value.args[1].get(0)  # type: ignore[union-attr]
    assert vm.equal(answer, vm.app(0, vm.row([0, victim])))


def test_a_cog_that_stops_itself_is_gone() -> None:
    moment = moment_of(script(asks(cog_call("stop", 1), WHEN), asks(WHEN)))
    step = run(moment, 1, {0: Stopped(1)})
    assert moment.cogs == {}
    assert step.cancelled == [(1, 1)]


def test_only_a_cog_that_does_not_run_is_reaped() -> None:
    moment = moment_of(script(asks(cog_call("reap", 2)), asks(WHEN)), counter())
    with pytest.raises(Divergence, match="still running"):
        run(moment, 1, {0: Reaped(2)})
    moment.cogs[2] = cogs.Finished(5)
    run(moment, 1, {0: Reaped(2)})
    assert vm.equal(moment.cogs[1].value.args[1].get(0), vm.app(0, vm.row([1, 5])))  # type: ignore[union-attr]


def test_an_evaluation_is_computed_again_only_when_its_value_is_not_at_hand() -> None:
    seen: list[Work] = []

    def watch(work: Work) -> heart.Outcome:
        seen.append(work)
        return heart.evaluate(work)

    cog = script(asks(evaluate(5, identity(), 42)), asks(WHEN))
    for answer, count in ((Computed(vm.row([42])), 1), (Computed(), 2)):
        moment = moment_of(cog)
        seen.clear()
        moment.take(heart.drive(heart.turn(moment, 1, {0: answer}), watch))
        assert len(seen) == count
        assert vm.equal(moment.cogs[1].value.args[1].get(0), vm.row([42]))  # type: ignore[union-attr]


def test_a_log_that_does_not_fit_is_a_divergence() -> None:
    moment = moment_of(counter())
    for cog, answers in ((2, {0: Given(1)}), (1, {5: Given(1)}), (1, {0: Spun(2)}), (1, {0: Told(1, 0)})):
        with pytest.raises(Divergence):
            run(moment, cog, answers)  # type: ignore[arg-type]


def test_the_plan_form_of_a_cog_comes_back_as_the_same_cog() -> None:
    for cog in (cogs.Running(1), cogs.Finished(2), cogs.Crashed(3, 4, 5), cogs.TimedOut(6, 7)):
        assert cogs.from_noun(cogs.to_noun(cog)) == cog
    with pytest.raises(ValueError, match="not the PLAN form"):
        cogs.from_noun(vm.row([9, 9]))


def test_the_outcome_of_an_evaluation_that_crashes_is_that_crash() -> None:
    outcome = heart.evaluate(Work(0, word("boom"), [7]))
    assert outcome == Crash(word("boom"), 7)
    assert heart.evaluate(Work(0, identity(), [7])) == Worth(7)


def test_a_cog_made_in_the_same_event_is_not_the_one_that_was_to_be_stopped() -> None:
    moment = moment_of(script(asks(spin(counter()), cog_call("stop", 2)), asks(WHEN)))
    run(moment, 1, {0: Spun(2), 1: Stopped(2)})
    assert sorted(moment.cogs) == [1, 2]
    assert moment.cogs[1].value.args[1].items() == [(0, 2), (1, 0)]  # type: ignore[union-attr]
