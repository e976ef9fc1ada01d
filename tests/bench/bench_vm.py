"""How fast the evaluator is: `python tests/bench/bench_vm.py [NAME..]` prints a table of programs.

A NAME chooses the programs whose names contain it. With BASE=DIR in the environment (`make bench BASE=DIR`) the build
in that folder runs each program too, turn by turn, and its seconds stand beside. Each run is a process of its own.

    s       processor time of the work alone, without start and preparation: the median of RUNS (5)
    MB      the most memory that was resident, start and preparation included
    x       how many times as long as the same program with the size in the line before
    CPython, Haskell, base: the seconds of others for the same, and ours divided by theirs

`programs.py` says what the programs are and where the figures of Haskell's Pallas come from. Uncompiled: a hundredth
of the sizes.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUNS = int(os.environ.get("RUNS", "5"))
sys.path += [str(HERE), str(ROOT)]

from programs import PROGRAMS, Program  # noqa: E402


@dataclass(frozen=True)
class Run:
    seconds: float
    steps: int
    megabytes: int
    answer: int | None


def measure(name: str, size: int, by: str) -> None:
    """Runs one program; prints what it took, as JSON. For the process of a single run."""
    program = next(program for program in PROGRAMS if program.name == name)
    if by == "vm":
        vm = importlib.import_module("vm")
        vm.tune()
        work, steps = program.make(vm, size)
    else:
        sys.setrecursionlimit(1 << 30)
        python = program.python
        assert python is not None
        work, steps = lambda: python(size), 1
    began = time.process_time()
    answer = work()
    took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)
    print(json.dumps([took, steps, peak, answer if isinstance(answer, int) else None]))


def run(program: Program, size: int, by: str, build: Path) -> Run:
    environment = {**os.environ, "PYTHONPATH": str(build)}
    command = [sys.executable, "-P", __file__, "--one", program.name, str(size), by]
    done = subprocess.run(command, env=environment, cwd=build, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{program.name}, by {by} in {build}:\n{done.stderr}")
    return Run(*json.loads(done.stdout.splitlines()[-1]))


def table(programs: list[Program], builds: list[Path], shrink: int) -> None:
    line = "{:24} {:>10} {:>8} {:>9} {:>6} {:>6} {:>8} {:>6} {:>8} {:>6}" + " {:>8} {:>6}" * (len(builds) - 1)
    base = ["base", "ratio"] * (len(builds) - 1)
    print(line.format("program", "size", "s", "ns/step", "MB", "x", "CPython", "ratio", "Haskell", "ratio", *base))
    for program in programs:
        smaller = 0.0
        for size in sorted({max(1, size // shrink) for size in program.sizes}):
            ways = [("vm", build) for build in builds] + [("python", ROOT)] * (program.python is not None)
            rounds = [[run(program, size, *way) for way in ways] for _ in range(RUNS)]
            answers = {one.answer for runs in rounds for one in runs} - {None}
            assert len(answers) <= 1, f"{program.name}: {answers}"
            ours, *times = [median(runs[way].seconds for runs in rounds) for way in range(len(ways))]
            python = beside(ours, times.pop() if program.python else None)
            haskell = beside(ours, program.haskell.get(size))
            others = [text for theirs in times for text in beside(ours, theirs)]
            growth = f"{ours / smaller:.1f}" if smaller else ""
            each = f"{ours / rounds[0][0].steps * 1e9:,.0f}" if program.sizes != (1,) else ""
            memory = max(runs[0].megabytes for runs in rounds)
            fields = [program.name, f"{size:,}", f"{ours:.3f}", each, memory, growth, *python, *haskell, *others]
            print(line.format(*fields), flush=True)
            smaller = ours


def beside(ours: float, theirs: float | None) -> tuple[str, str]:
    return ("", "") if theirs is None else (f"{theirs:.3f}", f"{ours / max(theirs, 1e-9):.2g}")


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        return measure(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    base = os.environ.get("BASE")
    builds = [ROOT, *([Path(base).absolute()] if base else [])]
    words = [word.lower() for word in sys.argv[1:]]
    chosen = [program for program in PROGRAMS if not words or any(word in program.name.lower() for word in words)]
    compiled = importlib.import_module("vm").compiled
    table(chosen, builds, 1 if compiled else 100)
    if not compiled:
        print("uncompiled: sizes are a hundredth")


if __name__ == "__main__":
    main()
