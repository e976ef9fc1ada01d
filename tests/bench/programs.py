"""The programs of `bench_vm.py`: how each is prepared for a size, the same by hand in CPython, and what Pallas takes.

Pallas's figures are processor seconds beyond its start of 0.15 s, measured on a 2-core machine at commit c6d8bd2 with
the same programs in its own language: what its `demo_mandelbrot` computes, the rest typed into its console. Its lazy
loop took 456 MB, its tabPut 3.2 GB.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blake3 import blake3

HERE = Path(__file__).parent
Work = tuple[Callable[[], object], int]


@dataclass(frozen=True)
class Program:
    """`make` prepares a run of a size by a vm: the work, and how many steps it has. `python` does the same work.
    `haskell`: how many seconds Pallas takes, by size."""

    name: str
    sizes: tuple[int, ...]
    make: Callable[[Any, int], Work]
    python: Callable[[int], object] | None = None
    haskell: dict[int, float] = field(default_factory=dict)


# -- for the vm -------------------------------------------------------------------------------------------------------


def sire(name: str, *before: object, steps: Callable[[int], int] = lambda n: n) -> Callable[[Any, int], Work]:
    """A program in `programs.sire`, applied to what comes before its size, and to that."""

    def make(vm: Any, n: int) -> Work:
        loader = importlib.import_module("sire").Loader(None, cache())
        value = loader.load(HERE / "programs.sire").value(name)
        return lambda: vm.evaluate(value, *before, n), steps(n)

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
    law(k, "addStep", "add y p", ["inc", ["add", "p", "y"]])
    law(k, "swap", "f x y", ["f", "y", "x"])
    law(k, "addPlan", "y x", ["2", "y", ["addStep", ["swap", "addPlan"], "y"], "x"])
    return k


def fib_calls(n: int) -> int:
    a, b = 1, 1
    for _ in range(n):
        a, b = b, a + b + 1
    return a


UPDATES = 10_000


def update_row(vm: Any, n: int) -> Work:
    """UPDATES times, a row of n."""
    work, _ = sire("updateRow", UPDATES)(vm, n)
    return work, UPDATES


def blake(vm: Any, n: int) -> Work:
    law = importlib.import_module("sire").Loader(None, cache()).load(HERE / "programs.sire").value("hashed")
    data = vm.bar(bytes(n))
    return lambda: vm.evaluate(law, data), n


def hash_bytes(vm: Any, n: int) -> Work:
    pin = vm.pin(vm.bar(bytes(n)))
    return lambda: pin.hash, n


def hash_cells(vm: Any, n: int) -> Work:
    pin = vm.pin(cells(vm, n))
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


def compare(vm: Any, n: int) -> Work:
    one, other = cells(vm, n), cells(vm, n)
    return lambda: int(vm.equal(one, other)), n


def chain(vm: Any, n: int) -> Any:
    """n pins, each with the one before and a hundred nats in it."""
    pin = vm.pin(0)
    for i in range(n):
        pin = vm.pin(vm.row([pin, *range(i, i + 100)]))
    return pin


def save_pod(vm: Any, n: int) -> Work:
    pin = chain(vm, n)
    return lambda: vm.save_pod(pin), n


def load_pod(vm: Any, n: int) -> Work:
    data = vm.save_pod(chain(vm, n))
    return lambda: vm.load_pod(data), n


def library(warm: bool) -> Callable[[Any, int], Work]:
    def make(vm: Any, n: int) -> Work:
        package = importlib.import_module("sire")
        prelude = package.library_path() / "prelude.sire"
        if warm:
            package.Loader(None, cache()).load(prelude)
        return lambda: package.Loader(None, cache() if warm else None).load(prelude), n

    return make


def cache() -> Path:
    """Where this build keeps compiled modules."""
    place: Path = importlib.import_module("shell.programs").cache_directory()
    return place


# -- by hand in CPython -----------------------------------------------------------------------------------------------


def py_fib(n: int) -> int:
    return n if n < 2 else py_fib(n - 1) + py_fib(n - 2)


def py_loop(n: int) -> int:
    acc = 0
    while n:
        acc += 1
        n -= 1
    return acc


def py_count(n: int) -> Iterator[int]:
    while n:
        yield n
        n -= 1


def py_fold_left(n: int) -> int:
    acc = 0
    for x in py_count(n):
        acc += x
    return acc


def py_fold_right(n: int) -> int:
    acc = 0
    for x in reversed(list(py_count(n))):
        acc += x
    return acc


def py_add(n: int) -> int:
    y = 5
    while n:
        n -= 1
        y += 1
    return y


def py_update_row(n: int) -> int:
    row, i = [0] * n, 0
    for _ in range(UPDATES):
        row = row[:]
        row[i] += 1
        i = i + 1 if i < 999 else 0
    return row[7]


def py_sum(n: int) -> int:
    return n + py_sum(n - 1) if n else 0


Cell = tuple[int, Any] | None


def py_insert(x: int, xs: Cell) -> Cell:
    if xs is None or x <= xs[0]:
        return x, xs
    return xs[0], py_insert(x, xs[1])


def py_sort(n: int) -> int:
    xs: Cell = None
    for i in range(1, n + 1):
        xs = py_insert(i * 7919 % 10_007, xs)
    weight = 0
    while xs is not None:
        weight = (3 * weight + xs[0]) % 1_000_007
        xs = xs[1]
    return weight


def py_factorial(n: int) -> int:
    product = 1
    for i in range(2, n + 1):
        product *= i
    return product % 1_000_007


def py_div(a: int, b: int) -> int:
    """Towards zero."""
    return a // b if a >= 0 else -(-a // b)


def py_times(a: int, b: int) -> int:
    return py_div(py_div(a, 10) * b, 1000)


def py_mandelbrot(n: int) -> int:
    total = 0
    for line in range(n):
        ci = py_times(py_div(line * 10_000, n), 25_000) - 12_500
        for pixel in range(n):
            cr = py_times(py_div(pixel * 10_000, n), 25_000) - 20_000
            i = x = y = 0
            while i < 254:
                xx, yy = py_times(x, x), py_times(y, y)
                if xx + yy >= 40_000:
                    break
                i, x, y = i + 1, xx - yy + cr, 2 * py_times(x, y) + ci
            total += i
    return total


def py_blake(n: int) -> object:
    data = bytes(n)
    return blake3(data).digest()


PROGRAMS = [
    Program("fib", (27,), sire("fib", steps=fib_calls), py_fib, {27: 0.23}),
    Program("strict loop", (3_000_000,), sire("strictLoop", 0), py_loop, {3_000_000: 0.7}),
    Program("lazy loop", (3_000_000,), sire("lazyLoop", 0), py_loop, {3_000_000: 1.9}),
    Program("insertion sort", (200, 2_000), sire("sortMany"), py_sort, {2_000: 0.9}),
    Program("mandelbrot, a side", (64,), sire("mandelbrot", steps=lambda n: n * n), py_mandelbrot, {64: 1.2}),
    Program("factorial mod", (5_000,), sire("factorialMod"), py_factorial, {5_000: 0.1}),
    Program("tabPut", (20_000, 200_000), sire("fill"), None, {20_000: 15.0}),
    Program("foldl over lazy cells", (200_000, 2_000_000), sire("foldLeft"), py_fold_left),
    Program("foldr over lazy cells", (200_000, 2_000_000), sire("foldRight"), py_fold_right),
    Program("add by op 2 and op 3", (200_000,), plan("addPlan", 5), py_add),
    Program("idx and put, in a row of", (1_000, 10_000), update_row, py_update_row),
    Program("deep recursion", (1_000_000, 10_000_000), plan("sum"), py_sum),
    Program("blake3 of bytes", (1_000_000, 10_000_000), blake, py_blake),
    Program("pin hash of bytes", (1_000_000, 10_000_000), hash_bytes, py_blake),
    Program("pin hash of cells", (100_000, 1_000_000), hash_cells),
    Program("seed: encode cells", (100_000, 1_000_000), save),
    Program("seed: decode cells", (100_000, 1_000_000), load),
    Program("equality of cells", (100_000, 1_000_000), compare),
    Program("pod: encode pins", (1_000, 10_000), save_pod),
    Program("pod: decode pins", (1_000, 10_000), load_pod),
    Program("library, warm (cached)", (1,), library(True)),
    Program("library, cold (compiled)", (1,), library(False)),
]
