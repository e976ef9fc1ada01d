"""Evaluations that would never end, or need all memory there is, end as they should, and let others work meanwhile."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

import vm
from vm import trees

from .laws import Known, law, with_jets
from .samples import wide


@pytest.fixture(scope="module")
def known() -> Known:
    k = with_jets()
    law(k, "forever", "n", ["forever", ["inc", "n"]])
    law(k, "deeper", "n", ["inc", ["deeper", "n"]])
    law(k, "grow", "xs", ["grow", [0, "xs", "xs"]])
    law(k, "list", "n", [0, "n", ["list", ["inc", "n"]]])
    law(k, "square", "n m", ["_If", "n", ["square", ["_Dec", "n"], ["_Mul", "m", "m"]], "m"])
    return k


def test_a_loop_ends_at_its_time_limit(known: Known) -> None:
    start = time.monotonic()
    with pytest.raises(vm.TimeLimit):
        vm.evaluate(known["forever"], 0, seconds=0.2)
    assert 0.2 <= time.monotonic() - start < 2


def cells(n: int) -> object:
    """A list of n cells, as deep as it is long."""
    x: object = 0
    for i in range(n):
        x = vm.row([vm.row([i]), x])
    return x


# Calls of single jets that take seconds.
CALLS: dict[str, Callable[[], list[object]]] = {
    "_Mul": lambda: [(1 << 2**25) - 1, (1 << 2**25) - 3],
    "_Pow": lambda: [3, 2**25],
    "_Eql": lambda: [cells(200_000), cells(200_000)],
    "_PlanHash": lambda: [wide(24)],
    "_SaveSeed": lambda: [cells(200_000)],
    "setWeld": lambda: [vm.Set(trees.from_sorted(list(range(i, 400_000, 2)))) for i in range(2)],
    "_Gen": lambda: [2**22, 0],
}


@pytest.mark.skipif(not vm.compiled, reason="native work is slow then, and Python can be interrupted")
@pytest.mark.parametrize("name", CALLS)
def test_a_jet_that_takes_long_ends_at_its_time_limit(known: Known, name: str) -> None:
    args = CALLS[name]()
    gc.freeze()  # collecting garbage among the arguments is not what is measured
    try:
        start = time.process_time()
        with pytest.raises(vm.TimeLimit):
            vm.evaluate(known[name], *args, seconds=0.05)
        assert time.process_time() - start < 0.4
    finally:
        gc.unfreeze()


@pytest.mark.skipif(not vm.compiled, reason="native work is slow then, and Python can be interrupted")
@pytest.mark.parametrize("name", ["_Mul", "_PlanHash"])
def test_ctrl_c_ends_a_jet_that_takes_long(known: Known, name: str) -> None:
    args = CALLS[name]()
    alarm = signal.signal(signal.SIGVTALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.1)
        start = time.process_time()
        with pytest.raises(KeyboardInterrupt):
            vm.evaluate(known[name], *args)
        assert time.process_time() - start < 0.4
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, alarm)


def test_endless_recursion_ends_at_its_memory_limit(known: Known) -> None:
    with pytest.raises(vm.MemoryLimit):
        vm.evaluate(known["deeper"], 0, memory=20_000_000)


def test_an_endless_value_ends_at_its_memory_limit(known: Known) -> None:
    with pytest.raises(vm.MemoryLimit):
        vm.evaluate(known["list"], 0, memory=20_000_000)


def test_ctrl_c_ends_a_loop_at_once(known: Known) -> None:
    sent: list[float] = []

    def interrupt() -> None:
        time.sleep(0.2)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        vm.evaluate(known["forever"], 0, seconds=20)
    took = time.monotonic() - sent[0]
    thread.join()
    assert took < 1


def test_other_threads_run_while_one_evaluates(known: Known) -> None:
    ticks = 0
    stop = False

    def tick() -> None:
        nonlocal ticks
        while not stop:
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    with pytest.raises(vm.TimeLimit):
        vm.evaluate(known["forever"], 0, seconds=0.5)
    stop = True
    thread.join()
    assert ticks > 10


def test_evaluations_in_two_threads_do_not_disturb_each_other(known: Known) -> None:
    law(
        known,
        "fibT",
        "n",
        ["_If", ["_Lth", "n", 2], "n", ["_Add", ["fibT", ["_Sub", "n", 1]], ["fibT", ["_Sub", "n", 2]]]],
    )
    n, expected = (22, 17711) if vm.compiled else (16, 987)
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.append(vm.evaluate(known["fibT"], n))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_after_a_limit_the_same_values_can_be_evaluated_again(known: Known) -> None:
    with pytest.raises(vm.TimeLimit):
        vm.evaluate(known["forever"], 0, seconds=0.05)
    assert vm.evaluate(known["inc"], 4) == 5


@pytest.mark.skipif(not vm.compiled, reason="Python can be interrupted")
def test_ctrl_c_within_a_product_ends_the_evaluation_and_not_the_process(known: Known) -> None:
    """Python looks for signals while it multiplies."""
    handler = signal.signal(signal.SIGVTALRM, signal.default_int_handler)
    try:
        for _ in range(3):
            signal.setitimer(signal.ITIMER_VIRTUAL, 0.05)
            with pytest.raises(KeyboardInterrupt):
                vm.evaluate(known["square"], 12, 3 << 2**14)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)
