"""Seeds against Pallas's own encoder, `cbits/seed.c` beside the folder that OPSH_PALLAS_SIRE names, compiled here.

It differs in one thing from the format's description and from Pallas's own law for seeds, which we follow: large nats
of one size that have the same highest word are ascending. A reader does not mind.
"""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings

import vm
from tests.vm.samples import VALUES, deep, wide
from vm import shapes

FOLDER = os.environ.get("OPSH_PALLAS_SIRE", "")
SOURCES = [Path(FOLDER).parent / "cbits" / name for name in ("seed.c", "xxhash.c")]

pytestmark = pytest.mark.skipif(
    not (FOLDER and SOURCES[0].exists() and shutil.which("cc")),
    reason="OPSH_PALLAS_SIRE does not say where Pallas's sources are, or there is no C compiler",
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    target = tmp_path_factory.mktemp("pallas") / "seed.so"
    subprocess.run(["cc", "-O1", "-w", "-shared", "-fPIC", "-o", target, *SOURCES], check=True)
    library = ctypes.CDLL(str(target))
    library.seed_make.restype = ctypes.c_void_p
    library.seed_size.restype = ctypes.c_size_t
    return library


def written_by(encoder: Any, x: object, holes: list[vm.Pin]) -> bytes:
    context = ctypes.c_void_p(encoder.seed_make())
    known = {pin.hash: encoder.seed_hole(context) for pin in holes}
    alive: list[Any] = []

    def nat(n: int) -> int:
        words = [n >> at & 2**64 - 1 for at in range(0, n.bit_length(), 64)]
        alive.append((ctypes.c_uint64 * len(words))(*words))
        node: int = encoder.seed_nat(context, ctypes.c_size_t(len(words)), alive[-1])
        return node

    def tree(x: object) -> int:
        if isinstance(x, int):
            return nat(x)
        if isinstance(x, vm.Pin):
            if x.hash in known:
                encoder.seed_touch(context, known[x.hash])
            else:
                known[x.hash] = encoder.seed_cons(context, nat(4), tree(x.item))
            return known[x.hash]
        if shapes.is_app(x):
            node, rest = tree(shapes.app_head(x)), shapes.app_args(x)
        else:
            node, rest = nat(0), [shapes.law_name(x), shapes.law_args(x), shapes.law_body(x)]
        for part in rest:
            node = encoder.seed_cons(context, node, tree(part))
        return node

    tree(x)
    encoder.seed_done(context)
    size = encoder.seed_size(context)
    out = ctypes.create_string_buffer(size + 8)
    encoder.seed_save(context, ctypes.c_size_t(size), out)
    encoder.seed_free(context)
    return out.raw[:size]


def plain(data: bytes) -> bool:
    """Has it no two large nats of one size that have the same highest word?"""
    count = int.from_bytes(data[8:16], "little")
    at, kinds = 40 + 8 * count, set()
    for i in range(count):
        size = int.from_bytes(data[40 + 8 * i : 48 + 8 * i], "little")
        at += 8 * size
        kinds.add((size, data[at - 8 : at]))
    return len(kinds) == count


@settings(max_examples=300, deadline=None)
@given(x=VALUES)
@example(x=deep(200))
@example(x=wide(8))
@example(x=vm.row(list(range(300))))
def test_seeds_are_the_bytes_of_pallas_own_encoder(encoder: Any, x: object) -> None:
    assume(plain(vm.save(x)))
    assert vm.save(x) == written_by(encoder, x, [])


@settings(max_examples=300, deadline=None)
@given(x=VALUES)
def test_germs_are_the_bytes_of_pallas_own_encoder(encoder: Any, x: object) -> None:
    pin = vm.pin(x)
    germ = vm.save_pin(pin)[8 + 32 * len(pin.refs) :]
    assume(plain(germ))
    assert germ == written_by(encoder, x, pin.refs)


@settings(max_examples=300, deadline=None)
@given(x=VALUES)
def test_what_pallas_writes_loads_here(encoder: Any, x: object) -> None:
    assert vm.equal(vm.load(written_by(encoder, x, [])), x)
