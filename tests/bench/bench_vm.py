"""How fast the evaluator is: `python tests/bench/bench_vm.py` prints a table. Uncompiled: a hundredth of the sizes."""

import importlib
import resource
import sys
import time
from pathlib import Path

sys.path += [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "vm")]
vm = importlib.import_module("vm")
laws = importlib.import_module("laws")
law = laws.law

k = laws.with_jets()
law(k, "fib", "n", ["_If", ["_Lth", "n", 2], "n", ["_Add", ["fib", ["_Sub", "n", 1]], ["fib", ["_Sub", "n", 2]]]])
law(k, "loop", "acc n", ["_If", "n", ["loop", ["inc", "acc"], ["_Dec", "n"]], "acc"])
law(k, "sum", "n", ["_If", "n", ["_Add", "n", ["sum", ["_Dec", "n"]]], 0])
law(k, "list", "n", ["_If", "n", [0, "n", ["list", ["_Dec", "n"]]], 0])
law(k, "plus", "a b", ["_Add", "a", "b"])
law(k, "left", "go f acc hd tl", ["_Seq", "next", ["go", "f", "next", "tl"]], next=["f", "acc", ["cdr", "hd"]])
law(k, "foldl", "f acc xs", ["case", ["K", "acc"], ["K4", "acc"], ["left", "foldl", "f", "acc"], ["K", "acc"], "xs"])
law(k, "right", "go f z hd tl", ["f", ["cdr", "hd"], ["go", "f", "z", "tl"]])
law(k, "foldr", "f z xs", ["case", ["K", "z"], ["K4", "z"], ["right", "foldr", "f", "z"], ["K", "z"], "xs"])
law(k, "sumLeft", "n", ["foldl", "plus", 0, ["list", "n"]])
law(k, "sumRight", "n", ["foldr", "plus", 0, ["list", "n"]])
law(k, "addStep", "add y p", ["inc", ["add", "p", "y"]])
law(k, "addPlan", "x y", ["2", "y", ["addStep", "addPlan", "y"], "x"])
law(
    k,
    "rows",
    "row n i",
    [
        "_If",
        "n",
        [
            "rows",
            ["_Put", "i", ["inc", ["_Idx", "i", "row"]], "row"],
            ["_Dec", "n"],
            ["_If", ["_Lth", "i", 999], ["inc", "i"], 0],
        ],
        ["_Idx", 7, "row"],
    ],
)


def fib_calls(n: int) -> int:
    a, b = 1, 1
    for _ in range(n):
        a, b = b, a + b + 1
    return a


def measure(title: str, count: int, name: str, *xs: object) -> None:
    start = time.perf_counter()
    vm.evaluate(k[name], *xs)
    took = time.perf_counter() - start
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{title:34} {count:>10,} {took * 1e3:>10.1f} ms {took / count * 1e9:>8.0f} ns each {rss:>6} MB at most")


def main() -> None:
    vm.tune()
    part = 1 if vm.compiled else 100
    print(f"{'compiled' if vm.compiled else 'not compiled'}, Python {sys.version.split()[0]}")
    n = 25 if vm.compiled else 15
    measure(f"fib {n}", fib_calls(n), "fib", n)
    measure("loop", 1_000_000 // part, "loop", 0, 1_000_000 // part)
    measure("fold a lazy list from the left", 200_000 // part, "sumLeft", 200_000 // part)
    measure("fold a lazy list from the right", 200_000 // part, "sumRight", 200_000 // part)
    measure("add without jets", 200_000 // part, "addPlan", 200_000 // part, 5)
    measure("update a row of 1000", 10_000 // part, "rows", vm.row([0] * 1000), 10_000 // part, 0)
    measure("recursion", 1_000_000 // part, "sum", 1_000_000 // part)
    measure("deep recursion", 10_000_000 // part, "sum", 10_000_000 // part)


if __name__ == "__main__":
    main()
