"""Each jet against its law: on any arguments the same value, or the same crash.

A jet is found by the hash of its law's pin. So the law behind the pin, applied to the same arguments, is computed
without it, though with the jets that it uses itself: they are tried on their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import vm
from shell.jet_samples import Samples, call, law, quote
from sire import Loader, library_path
from sire.show import show
from vm import Value

STEPS = 100_000
"""How long a law may take on one input. One that takes longer says nothing of its jet."""
SHOWN = 400  # characters of a value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an application: `done` with a value, `crashed` with the row of op and argument, or no answer."""

    kind: str
    value: Value

    @property
    def answered(self) -> bool:
        return self.kind in ("done", "crashed")

    def same(self, other: "Outcome") -> bool:
        return self.kind == other.kind and vm.equal(self.value, other.value)

    def text(self) -> str:
        return f"{self.kind} {show(self.value, max_chars=SHOWN)}" if self.answered else self.kind


@dataclass(frozen=True, slots=True)
class Difference:
    """An input (expressions) on which a jet is not its law."""

    pin: vm.Pin
    arguments: list[Value]
    of_law: Outcome
    of_jet: Outcome

    def texts(self) -> list[str]:
        return [written(argument) for argument in self.arguments]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of checking a jet: how many laws were at hand, on how many inputs they gave an answer, and the first
    input on which the jet gave another."""

    name: str
    laws: int
    inputs: int
    compared: int
    difference: Difference | None


def outcome(f: Value, arguments: list[Value], steps: int = STEPS) -> Outcome:
    """What becomes of f applied to arguments that are not evaluated yet."""
    try:
        result = vm.Evaluation(law(1, call(quote(f), *arguments)), [0]).run(steps)
    except vm.MemoryLimit:
        return Outcome("too large", 0)
    if isinstance(result, vm.Crashed):
        return Outcome("crashed", vm.row([result.op, result.arg]))
    return Outcome("done", result.value) if isinstance(result, vm.Done) else Outcome("too long", 0)


def compare(pin: vm.Pin, arguments: list[Value], steps: int = STEPS) -> tuple[bool, Difference | None]:
    """Whether the law gave an answer, and the difference if the jet gave another."""
    of_law = outcome(pin.item, arguments, steps)
    if not of_law.answered:
        return False, None
    of_jet = outcome(pin, arguments, 10 * steps)  # native code may count more steps for the same
    return True, None if of_jet.same(of_law) else Difference(pin, arguments, of_law, of_jet)


def check(name: str, pins: list[vm.Pin], examples: int, seed: int = 0) -> Report:
    """Tries a jet on so many inputs, the same each time for each seed: the more, the more of them are new."""
    samples = Samples(Random(f"{name} {seed}"))
    arity = vm.jets.NATIVE[name].arity
    compared = 0
    for count in range(1, examples + 1) if pins else ():
        arguments = samples.arguments(name, arity)
        for pin in pins:
            answered, difference = compare(pin, arguments)
            compared += answered
            if difference is not None:
                return Report(name, len(pins), count, compared, difference)
    return Report(name, len(pins), examples if pins else 0, compared, None)


def find_laws(scopes: list[Value]) -> dict[str, list[vm.Pin]]:
    """Of each jet, those pins that it stands in for and that are somewhere in what these modules export."""
    wanted = {digest: name for name, digest in vm.jets.HASHES}
    found: dict[str, list[vm.Pin]] = {name: [] for name in vm.jets.names()}
    seen: set[bytes] = set()
    waiting = [scope for scope in scopes if isinstance(scope, vm.Pin)]
    while waiting:
        pin = waiting.pop()
        if pin.hash not in seen:
            seen.add(pin.hash)
            waiting += pin.refs
            if pin.hash in wanted:
                found[wanted[pin.hash]].append(pin)
    return found


def library_files(folder: Path | None) -> list[Path]:
    """The modules to take laws from: all of our library, or the `prelude` of another with what it imports."""
    return sorted(library_path().glob("*.sire")) if folder is None else [folder / "prelude.sire"]


def load_scopes(loader: Loader, files: list[Path]) -> Iterator[Value]:
    for file in files:
        yield from loader.load(file).modules.values()


def written(expression: Value) -> str:
    """An expression for a person: constants as they are, applications in brackets."""
    if isinstance(expression, vm.App) and expression.head == 2:
        return show(expression.args[0], max_chars=SHOWN)
    spine: list[str] = []
    while isinstance(expression, vm.App) and expression.head == 0:
        expression, x = expression.args
        spine.append(written(x))
    spine.append(written(expression) if spine else show(expression, max_chars=SHOWN))
    return f"({' '.join(reversed(spine))})" if len(spine) > 1 else spine[0]
