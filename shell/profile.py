"""opsh profile: where the time of a program goes, by law.

Between two slices of an evaluation the laws at work in it are noted, with the time since the last note. A law that is
called in tail position takes its caller's place, as it does in the evaluator; a law that calls itself is noted once; a
small law, which is compiled where it is called, counts as its caller.
"""

import json
from argparse import Namespace
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import vm
from shell.console import new_session, open_scope, say
from shell.errors import DONE, USAGE, ShellError
from shell.output import note, print_line, table
from shell.safe_text import safe_line
from shell.version import version

ROWS = 25
"""How many laws the table has."""
NOWHERE = "(no law)"


class Profile:
    """Stacks of laws, outermost first, with seconds. Given to `vm.observe`."""

    def __init__(self) -> None:
        self.samples: list[tuple[tuple[str, ...], float]] = []
        self.current: vm.Evaluation | None = None
        self.stack: tuple[str, ...] = ()
        self.last = 0.0

    def __call__(self, evaluation: vm.Evaluation) -> None:
        now = perf_counter()
        stack = tuple(without_repeats(evaluation.laws()[::-1])) or self.stack
        if evaluation is self.current:
            self.add(stack, now - self.last)
        self.current = evaluation
        self.stack = stack
        self.last = perf_counter()

    def add(self, stack: tuple[str, ...], seconds: float) -> None:
        if self.samples and self.samples[-1][0] == stack:
            seconds += self.samples.pop()[1]
        self.samples.append((stack, seconds))

    @property
    def seconds(self) -> float:
        return sum(seconds for _, seconds in self.samples)

    def costs(self) -> list[tuple[str, float, float]]:
        """Of each law the seconds in itself, and in itself or what it called; the most expensive first."""
        alone: defaultdict[str, float] = defaultdict(float)
        whole: defaultdict[str, float] = defaultdict(float)
        for stack, seconds in self.samples:
            alone[stack[-1] if stack else NOWHERE] += seconds
            for name in set(stack) or {NOWHERE}:
                whole[name] += seconds
        return sorted(((name, alone[name], whole[name]) for name in whole), key=lambda cost: (-cost[1], -cost[2]))

    def speedscope(self, name: str) -> dict[str, object]:
        """The profile in Speedscope's file format."""
        numbers: dict[str, int] = {}
        for stack, _ in self.samples:
            for law in stack:
                numbers.setdefault(law, len(numbers))
        return {
            "$schema": "https://www.speedscope.app/file-format-schema.json",
            "exporter": version(),
            "name": name,
            "shared": {"frames": [{"name": law} for law in numbers]},
            "profiles": [
                {
                    "type": "sampled",
                    "name": name,
                    "unit": "seconds",
                    "startValue": 0,
                    "endValue": self.seconds,
                    "samples": [[numbers[law] for law in stack] for stack, _ in self.samples],
                    "weights": [seconds for _, seconds in self.samples],
                }
            ],
        }


def without_repeats(names: list[str]) -> list[str]:
    return [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]


def run(arguments: Namespace) -> int:
    file, expression = arguments.file, arguments.expression
    if file is None and expression is None:
        raise ShellError("profile: a FILE or an EXPR is needed", "see `opsh profile --help`", USAGE)
    session = new_session([Path(place) for place in arguments.path or []], say)
    if expression is None:
        # What the file imports, and the file's own laws if nothing has changed, are in the cache after this.
        session.loader.load(Path(file))
    else:
        open_scope(session, [Path(file)] if file else [])
    profile = Profile()
    vm.observe(profile)
    try:
        if expression is None:
            session.load(Path(file))
        else:
            session.evaluate(expression)
    finally:
        vm.observe(None)
        target = Path(arguments.output or "profile.json")
        target.write_text(json.dumps(profile.speedscope(expression or file), separators=(",", ":")))
        for line in summary(profile):
            print_line(line)
        note(f"{target}: written, for https://speedscope.app")
    return DONE


def summary(profile: Profile) -> list[str]:
    whole = profile.seconds
    rows = [
        [f"{alone:.3f}", share(alone, whole), f"{total:.3f}", share(total, whole), safe_line(name)]
        for name, alone, total in profile.costs()[:ROWS]
    ]
    lines = table(["SELF s", "%", "TOTAL s", "%", "LAW"], rows, frozenset(range(4)))
    return [*lines, f"; {whole:.3f} s in evaluations, {len(profile.samples)} samples"]


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}" if whole else "0.0"
