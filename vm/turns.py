"""Native work that takes long lets others have their turn.

Compiled code neither looks at signals nor lets other threads run. The evaluator comes to a stop every so many steps,
but a single jet may go through millions of items. So whatever loops over what may be large says how much it has done:
`work(n)`, n in loops of some tens of ns. After each LOT of that, some ms, it rests: `breathe` is interpreted by Python,
which is where Ctrl-C arrives and where other threads take over. The evaluation that the work is for may have an alarm,
which is asked then: what it raises, TimeLimit say, ends the work, and the evaluation, for good.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, Final, final

from mypy_extensions import i64

LOT: Final = 1 << 18
ALARMS: Final[dict[int, Callable[[], None]]] = {}
"""By thread."""
breathe: Final[Any] = eval("lambda: None")


@final
class Turns:
    """How much work has been done, and how much before the next rest."""

    __slots__ = ("done", "until")

    def __init__(self) -> None:
        self.done: i64 = 0
        self.until: i64 = LOT


TURNS: Final = Turns()


def work(n: i64) -> None:
    """So much has been done. Raises what a signal's handler or the alarm raises."""
    TURNS.done += n
    if TURNS.done >= TURNS.until:
        rest()


def rest() -> None:
    TURNS.until = TURNS.done + LOT
    breathe()
    alarm = ALARMS.get(get_ident()) if ALARMS else None
    if alarm is not None:
        alarm()
