"""How fast values are kept, compared, hashed, saved and loaded: `python tests/bench/bench_values.py` prints a table.

Uncompiled: a tenth of the sizes.
"""

import gc
import importlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
vm = importlib.import_module("vm")
trees = importlib.import_module("vm.trees")

N = 100_000 if vm.compiled else 10_000


def measured(name: str, work: Callable[[], object], n: int) -> object:
    """The result of the best of three runs; prints the time of each of the n things that it did."""
    times = []
    result: object = None
    for _ in range(3):
        result = None
        gc.collect()
        began = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - began)
    print(f"{name:40} {n:>9} {min(times) / n * 1e9:>9.0f} ns each {min(times):>8.3f} s")
    return result


def grown(keys: list[int]) -> object:
    t = None
    for k in keys:
        t = trees.insert(t, k, k)
    return t


def table() -> object:
    return vm.row(vm.row([i, i + 1, vm.row([i])]) for i in range(N))


def chain(n: int) -> object:
    """n pins, each with the one before and a hundred nats in it."""
    pin = vm.pin(0)
    for i in range(n):
        pin = vm.pin(vm.row([pin, *range(i, i + 100)]))
    return pin


def stored(top: object) -> dict[bytes, bytes]:
    store: dict[bytes, bytes] = {}
    waiting = [top]
    while waiting:
        pin = waiting.pop()
        if pin.hash not in store:
            store[pin.hash] = vm.save_pin(pin)
            waiting += pin.refs
    return store


def read_all(top: bytes, store: dict[bytes, bytes]) -> object:
    first = pin = vm.lazy_pin(top, store.__getitem__)
    while isinstance(pin, vm.Pin):
        pin = pin.item.items[0] if isinstance(pin.item, vm.Row) else 0
    return first


def main() -> None:
    vm.tune()
    print("compiled" if vm.compiled else "not compiled")
    keys = list(range(N))
    random.Random(1).shuffle(keys)
    t = measured("tree: insert", lambda: grown(keys), N)
    measured("tree: find", lambda: [trees.find(t, k) for k in keys], N)
    measured("tree: union of two", lambda: trees.union(t, trees.from_sorted(list(range(0, 2 * N, 2)))), N)
    measured("tree: from sorted keys", lambda: trees.from_sorted(list(range(N))), N)
    rows, same = table(), table()
    measured("compare: equal rows of rows", lambda: vm.equal(rows, same), 3 * N)
    measured("hash: rows of rows", lambda: vm.pin(rows).hash, 3 * N)
    data = measured("seed: save rows of rows", lambda: vm.save(rows), 3 * N)
    measured("seed: load rows of rows", lambda: vm.load(data), 3 * N)
    nats = vm.row(range(10 * N))
    data = measured("seed: save a row of nats", lambda: vm.save(nats), 10 * N)
    measured("seed: load a row of nats", lambda: vm.load(data), 10 * N)
    bar = vm.bar(bytes(10_000_000))
    data = measured("seed: save a bar of 10 MB", lambda: vm.save(bar), 10_000_000)
    measured("seed: load a bar of 10 MB", lambda: vm.load(data), 10_000_000)
    pins = N // 100
    top = chain(pins)
    store = measured("pins: save one by one", lambda: stored(top), pins)
    measured("pins: read and prove one by one", lambda: read_all(top.hash, store), pins)
    pod = measured("pod: save", lambda: vm.save_pod(top), pins)
    measured("pod: load", lambda: vm.load_pod(pod), pins)


if __name__ == "__main__":
    main()
