"""How the library's work grows with its size: `python tests/bench/bench_growth.py` prints a table.

Each program of growth.sire runs at three sizes, its input made beforehand. Times are the least CPU seconds of a few
runs, `each` is microseconds for one item at the largest size, `growth` how many times longer that takes than a tenth of
it.
"""

import time
from pathlib import Path

import vm
from sire import Loader

SIZES = [1_000, 10_000, 100_000]
RUNS = 3


def seconds(work: vm.Value, given: vm.Value) -> float:
    """The least time of some runs."""
    best = float("inf")
    for _ in range(RUNS):
        began = time.process_time()
        vm.evaluate(work, given)
        best = min(best, time.process_time() - began)
    return best


def main() -> None:
    programs = Loader().load(Path(__file__).with_name("growth.sire")).value("programs")
    assert isinstance(programs, vm.Row)
    print(f"{'':22} " + " ".join(f"{size:>9,}" for size in SIZES) + f" {'each':>8} {'growth':>7}")
    for program in programs.items:
        assert isinstance(program, vm.Row)
        name, make, work = program.items
        times = [seconds(work, vm.evaluate(make, size)) for size in SIZES]
        each = times[-1] / SIZES[-1] * 1e6
        row = " ".join(f"{taken:9.4f}" for taken in times)
        print(f"{vm.text(vm.nat(name)) or '':22} {row} {each:8.2f} {times[-1] / times[-2]:7.1f}", flush=True)


if __name__ == "__main__":
    main()
