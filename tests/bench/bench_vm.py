"""How fast the evaluator is: `python tests/bench/bench_vm.py [NAME..]` prints a table of programs.

With BASE=DIR in the environment (`make bench BASE=DIR`) each program is run by the build in that folder too, turn by
turn, and its time stands beside. Each run is a process of its own: times are the best of three, in seconds of the
processor, without the start; memory is the most that was resident, with everything. `Haskell` is what Pallas
takes for the same thing on a machine of this class, without its start. Uncompiled: a hundredth of the sizes.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUNS = 3
Work = tuple[Callable[[], object], int]


@dataclass(frozen=True)
class Program:
    """`make` prepares a run of a size: the work, and how many steps it has. `haskell`: seconds, and megabytes."""

    name: str
    size: int
    make: Callable[[Any, int], Work]
    haskell: float | None = None
    megabytes: int | None = None


def fib_calls(n: int) -> int:
    a, b = 1, 1
    for _ in range(n):
        a, b = b, a + b + 1
    return a


def sire(name: str, *before: object) -> Callable[[Any, int], Work]:
    """A program in `programs.sire`, applied to what comes before its size, and to that."""

    def make(vm: Any, n: int) -> Work:
        loader = importlib.import_module("sire").Loader(None, cache())
        value = loader.load(HERE / "programs.sire").value(name)
        return lambda: vm.evaluate(value, *before, n), n

    return make


def plan(name: str, *before: object) -> Callable[[Any, int], Work]:
    """A law of `known`, applied to what comes before its size, and to that."""

    def make(vm: Any, n: int) -> Work:
        laws = known()
        return lambda: vm.evaluate(laws[name], *before, n), n

    return make


def known() -> dict[str, object]:
    sys.path.append(str(HERE.parent / "vm"))
    laws = importlib.import_module("laws")
    k: dict[str, object] = laws.with_jets()
    law = laws.law
    law(k, "sum", "n", ["_If", "n", ["_Add", "n", ["sum", ["_Dec", "n"]]], 0])
    law(k, "list", "n", ["_If", "n", [0, "n", ["list", ["_Dec", "n"]]], 0])
    law(k, "plus", "a b", ["_Add", "a", "b"])
    law(k, "left", "go f acc hd tl", ["_Seq", "next", ["go", "f", "next", "tl"]], next=["f", "acc", ["cdr", "hd"]])
    law(
        k, "foldl", "f acc xs", ["case", ["K", "acc"], ["K4", "acc"], ["left", "foldl", "f", "acc"], ["K", "acc"], "xs"]
    )
    law(k, "right", "go f z hd tl", ["f", ["cdr", "hd"], ["go", "f", "z", "tl"]])
    law(k, "foldr", "f z xs", ["case", ["K", "z"], ["K4", "z"], ["right", "foldr", "f", "z"], ["K", "z"], "xs"])
    law(k, "sumLeft", "n", ["foldl", "plus", 0, ["list", "n"]])
    law(k, "sumRight", "n", ["foldr", "plus", 0, ["list", "n"]])
    law(k, "addStep", "add y p", ["inc", ["add", "p", "y"]])
    law(k, "swap", "f x y", ["f", "y", "x"])
    law(k, "addPlan", "y x", ["2", "y", ["addStep", ["swap", "addPlan"], "y"], "x"])
    put = ["_Put", "i", ["inc", ["_Idx", "i", "row"]], "row"]
    turn = ["_If", ["_Lth", "i", 999], ["inc", "i"], 0]
    law(k, "rows", "row i n", ["_If", "n", ["rows", put, turn, ["_Dec", "n"]], ["_Idx", 7, "row"]])
    return k


def update_rows(vm: Any, n: int) -> Work:
    laws = known()
    return lambda: vm.evaluate(laws["rows"], vm.row([0] * 1000), 0, n), n


def fib(vm: Any, n: int) -> Work:
    work, _ = sire("fib")(vm, n)
    return work, fib_calls(n)


def mandelbrot(vm: Any, n: int) -> Work:
    """A step is a pixel."""
    work, _ = sire("mandelbrot")(vm, n)
    return work, n * n


def blake(vm: Any, n: int) -> Work:
    law = importlib.import_module("sire").Loader(None, cache()).load(HERE / "programs.sire").value("hashed")
    data = vm.bar(bytes(n))
    return lambda: vm.evaluate(law, data), n


def pin_hash(vm: Any, n: int) -> Work:
    pin = vm.pin(vm.bar(bytes(n)))
    return lambda: pin.hash, n


def cells(vm: Any, n: int) -> object:
    """A list of n cells."""
    out: object = 0
    for i in range(n):
        out = vm.row([i, out])
    return out


def save(vm: Any, n: int) -> Work:
    value = cells(vm, n)
    return lambda: vm.save(value), n


def load(vm: Any, n: int) -> Work:
    data = vm.save(cells(vm, n))
    return lambda: vm.load(data), n


def library(vm: Any, n: int) -> Work:
    """n is 0 for nothing in the cache."""
    package = importlib.import_module("sire")
    prelude = package.library_path() / "prelude.sire"
    if n:
        package.Loader(None, cache()).load(prelude)
    return lambda: package.Loader(None, cache() if n else None).load(prelude), 1


def cache() -> Path:
    """Where this build keeps compiled modules."""
    place: Path = importlib.import_module("shell.programs").cache_directory()
    return place


PROGRAMS = [
    Program("fib", 27, fib, 0.23),
    Program("strict loop", 3_000_000, sire("strictLoop", 0), 0.7),
    Program("lazy loop", 3_000_000, sire("lazyLoop", 0), 1.9, 456),
    Program("insertion sort", 2_000, sire("sortMany"), 0.9),
    Program("mandelbrot, a side", 64, mandelbrot, 1.2),
    Program("factorial mod", 5_000, sire("factorialMod"), 0.1),
    Program("tabPut", 20_000, sire("fill"), 15.0, 3200),
    Program("tabPut, ten times as many", 200_000, sire("fill")),
    Program("fold a lazy list from the left", 200_000, plan("sumLeft")),
    Program("fold a lazy list from the right", 200_000, plan("sumRight")),
    Program("add without jets", 200_000, plan("addPlan", 5)),
    Program("update a row of 1000", 10_000, update_rows),
    Program("recursion", 1_000_000, plan("sum")),
    Program("deep recursion", 10_000_000, plan("sum")),
    Program("blake3 of bytes", 10_000_000, blake),
    Program("pin hash of bytes", 10_000_000, pin_hash),
    Program("seed: encode cells", 1_000_000, save),
    Program("seed: decode cells", 1_000_000, load),
    Program("library, from its cache", 1, library),
    Program("library, compiled", 0, library),
]


def measure(name: str) -> None:
    """Runs one program; prints what it took, as JSON. For the process of a single run."""
    vm = importlib.import_module("vm")
    vm.tune()
    program = next(program for program in PROGRAMS if program.name == name)
    work, steps = program.make(vm, program.size if vm.compiled or program.size < 2 else shrunk(program.size))
    began = time.process_time()
    work()
    took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)
    print(json.dumps([took, steps, peak, vm.compiled]))


def shrunk(size: int) -> int:
    return size // 100 if size > 5000 else max(1, size // 2)


def run(build: Path, program: Program) -> tuple[float, int, int, bool]:
    """Seconds, steps, megabytes, whether it is compiled."""
    environment = {**os.environ, "PYTHONPATH": str(build)}
    command = [sys.executable, "-P", __file__, "--one", program.name]
    done = subprocess.run(command, env=environment, cwd=build, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{program.name}, by {build}:\n{done.stderr}")
    took, steps, peak, compiled = json.loads(done.stdout.splitlines()[-1])
    return took, steps, peak, compiled


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        return measure(sys.argv[2])
    base = os.environ.get("BASE")
    builds = [ROOT, *([Path(base).absolute()] if base else [])]
    chosen = [program for program in PROGRAMS if not sys.argv[1:] or program.name in sys.argv[1:]]
    head = f"{'program':32} {'size':>10} {'s':>8} {'ns a step':>10} {'MB':>6} {'Haskell s':>9} {'ratio':>6}"
    print(head + (f" {'base s':>8} {'ratio':>6}" if base else ""))
    for program in chosen:
        runs = [[run(build, program) for build in builds] for _ in range(1 if program.size == 0 else RUNS)]
        best = [min(one[place] for one in runs) for place in range(len(builds))]
        took, steps, peak, compiled = best[0]
        line = f"{program.name:32} {program.size:>10,} {took:>8.3f} {took / steps * 1e9:>10.0f} {peak:>6}"
        if program.haskell is not None and compiled:
            line += f" {program.haskell:>9.2f} {took / program.haskell:>6.2f}"
        else:
            line += " " * 17
        if base:
            line += f" {best[1][0]:>8.3f} {took / max(best[1][0], 1e-9):>6.2f}"
        print(line + ("" if compiled else "  uncompiled, smaller"), flush=True)


if __name__ == "__main__":
    main()
