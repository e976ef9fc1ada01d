"""Evaluations run to their end, within limits of time and memory, while signals and other threads get their turn.

Compiled code neither looks at signals nor lets other threads run. So every SLICE steps the evaluator comes back here
and calls `breathe`, a function that Python interprets: that is where Ctrl-C arrives and where other threads take over.
The clock is read for the time limit only; nothing that is evaluated can see it.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from typing import Final

from vm.evaluation import Crashed, Done, Evaluation
from vm.turns import breathe
from vm.values import Crash, MemoryLimit, TimeLimit

SLICE: Final = 10_000
BLOCK: Final = 64
MEMORY: Final = 6 << 30
Observer = Callable[[Evaluation], None]
OBSERVERS: Final[list[Observer]] = []  # one, or none


def tune() -> None:
    """Collect garbage less often: values are many, long-lived, mostly free of cycles. For processes, at their start."""
    gc.set_threshold(100_000, 20, 100)


def observe(observer: Observer | None) -> None:
    """Have `evaluate` show every evaluation to a profiler: before it begins, after each slice, and when it has ended.

    None ends that. An observer must leave the evaluation as it is; `Evaluation.laws` tells what is going on in it.
    """
    OBSERVERS[:] = [] if observer is None else [observer]


def evaluate(
    f: object,
    *xs: object,
    seconds: float | None = None,
    trk: Callable[[object], None] | None = None,
    memory: int | None = None,
) -> object:
    """f applied to xs, evaluated and normalised.

    seconds: how long it may take; memory: how many bytes it may come to hold, about. Raises Crash, TimeLimit,
    MemoryLimit.
    """
    most = MEMORY if memory is None else memory
    evaluation = Evaluation(f, list(xs), trk, max(most >> 3, 1 << 12))
    observer = OBSERVERS[0] if OBSERVERS else None
    if observer is not None:
        observer(evaluation)
    end = None if seconds is None else time.monotonic() + seconds
    alarm = None if end is None else alarm_at(end)
    outcome = evaluation.run(SLICE, alarm)
    if isinstance(outcome, Done):
        if observer is not None:
            observer(evaluation)
        return outcome.value
    blocks = sys.getallocatedblocks()
    turns = 0
    while True:
        if observer is not None:
            observer(evaluation)
        if isinstance(outcome, Done):
            return outcome.value
        if isinstance(outcome, Crashed):
            raise Crash(outcome.op, outcome.arg)
        breathe()
        if end is not None and time.monotonic() > end:
            raise TimeLimit
        turns += 1
        if turns % 50 == 0 and (sys.getallocatedblocks() - blocks) * BLOCK + evaluation.slots * 8 > most:
            raise MemoryLimit
        outcome = evaluation.run(SLICE, alarm)


def alarm_at(end: float) -> Callable[[], None]:
    """Raises TimeLimit from that moment of the monotonic clock on."""

    def ring() -> None:
        if time.monotonic() > end:
            raise TimeLimit

    return ring


def force(x: object) -> object:
    """The normal form of x."""
    return evaluate(x)
