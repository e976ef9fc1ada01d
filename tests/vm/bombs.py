"""Bytes made to take more time or memory than they should. `python tests/vm/bombs.py` tries each, under hard limits,
and prints what came of it: a line of JSON each."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

import vm
from tests.vm.samples import deep, wide
from vm import seed

SECONDS = 100
MANY = 200_000


def words(*ns: int) -> bytes:
    return b"".join(n.to_bytes(8, "little") for n in ns)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def applications(count: int) -> bytes:
    """f1 = (big 0), f2 = (f1 0), f3 = (f2 0) ..: each copies the arguments of the one before it."""
    bits = filled = 0
    body = bytearray()
    for i in range(count):
        width = (2 + i).bit_length()
        bits |= ((1 + i if i else 1) << 1) << filled
        filled += 2 * (1 + width)
        body += (bits & ((1 << (filled & ~7)) - 1)).to_bytes(filled >> 3, "little")
        bits >>= filled & ~7
        filled &= 7
    big = words(0, 1, 0, 2, count, 2) + (1 << 90).to_bytes(16, "little") + bytes([0, 0])
    return padded(big + bytes(body) + bits.to_bytes((filled + 7) >> 3, "little"))


def nested(count: int, one: Callable[[object], object]) -> object:
    x: object = 0
    for _ in range(count):
        x = one(x)
    return x


def pins_beside(x: object) -> object:
    return nested(MANY // 400, lambda below: vm.pin(vm.row([x, below])))


def pod(entries: list[object]) -> bytes:
    """Of these rows of a germ and references, with no hash that is right."""
    return seed.MAGIC + vm.save(vm.row([vm.bar(bytes(32)), vm.row(entries)]))


def pod_of_wide_pins() -> bytes:
    return pod([vm.row([vm.bar(vm.save(vm.row([i, wide(24)]))), vm.row([])]) for i in range(1000)])


def pod_with_one_germ() -> bytes:
    """A germ of a megabyte, ten thousand times."""
    entry = vm.row([vm.bar(vm.save(vm.row([vm.bar(bytes(1 << 20)), *range(1000)]))), vm.row([])])
    return pod([entry] * 10_000)


def pod_with_one_row_of_references() -> bytes:
    holes = [vm.pin(n) for n in range(2)] * 50_000
    germ = vm.bar(seed.encode(vm.row([holes[0]]), holes))
    first = vm.row([vm.bar(vm.save(0)), vm.row([])])
    return pod([first, *[vm.row([germ, vm.row([0] * len(holes))])] * 50_000])


def pod_of_copies() -> bytes:
    """Each of many pins is an application that takes many copies to build."""
    return pod([vm.row([vm.bar(applications(4_000)), vm.row([])])] * 2_000)


def wide_pin() -> bytes:
    return words(0) + vm.save(wide(60))


def load_pin(data: bytes) -> vm.Pin:
    return vm.load_pin(bytes(32), data, lambda digest: vm.pin(0))


def hashed(data: bytes) -> bytes:
    return vm.pin(vm.load(data)).hash


BOMBS: list[tuple[str, Callable[[bytes], object], Callable[[], bytes]]] = [
    ("many ones", vm.load, lambda: words(0, 0, 0, 2, 1) + b"\1\0" + b"\xff" * (10**7 - 2)),
    ("many zeros", vm.load, lambda: words(0, 0, 0, 2, 1) + bytes(10**7)),
    ("a fragment for each two bits", vm.load, lambda: words(0, 0, 0, 1, 4 * 10**6 - 4) + bytes(10**6)),
    ("a size beyond the end", vm.load, lambda: words(0, 2, 0, 0, 0, 2**61, 2**61) + bytes(8)),
    ("applications that copy", vm.load, lambda: applications(60_000)),
    ("a list of many cells", vm.load, lambda: vm.save(deep(MANY))),
    ("laws in laws", vm.load, lambda: vm.save(nested(MANY, lambda x: vm.law(0, 1, x)))),
    ("apps in apps", vm.load, lambda: vm.save(nested(MANY, lambda x: vm.app(0, x)))),
    ("pins in pins", hashed, lambda: vm.save(nested(MANY, vm.pin))),
    ("pins in pins, each beside the same row", hashed, lambda: vm.save(pins_beside(vm.row(range(4000))))),
    ("a tree of 2^40 leaves", vm.load, lambda: vm.save(wide(40))),
    ("the hash of a tree of 2^24 leaves", hashed, lambda: vm.save(wide(23))),
    ("the hash of a tree of 2^60 leaves", hashed, lambda: vm.save(wide(59))),
    ("a pin of a tree of 2^60 leaves", load_pin, wide_pin),
    ("a pod of such pins", vm.load_pod, pod_of_wide_pins),
    ("a pod with one large germ", vm.load_pod, pod_with_one_germ),
    ("a pod with one large row of references", vm.load_pod, pod_with_one_row_of_references),
    ("a pod of applications that copy", vm.load_pod, pod_of_copies),
    ("a pod that refers to itself", vm.load_pod, lambda: pod([vm.row([vm.bar(vm.save(0)), vm.row([0])])])),
]


def peak() -> int:
    """The most memory that was resident, in megabytes; on Linux since it was forgotten."""
    try:
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20


def forget_peak() -> int:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def main() -> None:
    for name, load, make in BOMBS:
        data = make()
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        held = forget_peak()
        began = time.process_time()
        try:
            value = load(data)
            outcome = "a value"
            del value
        except (vm.SeedError, vm.MemoryLimit) as error:
            outcome = f"{type(error).__name__}: {error}"
        took = time.process_time() - began
        fields = {"name": name, "bytes": len(data), "seconds": round(took, 2), "megabytes": peak() - held}
        fields["outcome"] = outcome
        print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    main()
