"""Seeds, pins in stores and pods: Pallas's bytes, both ways, and safe on any others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vm import hashing, order, pins, seed, shapes
from vm.values import App, Pin, Row

from .samples import VALUES, deep, make_row, wide


def words(*ns: int) -> bytes:
    return b"".join(n.to_bytes(8, "little") for n in ns)


def law(name: str, args: int, body: object) -> Pin:
    return Pin(shapes.make_law(int.from_bytes(name.encode(), "little"), args, body))


def apply(*xs: object) -> object:
    """The body (0 (0 x y) z) .."""
    body = xs[0]
    for x in xs[1:]:
        body = App(0, [body, x])
    return body


S = law("S", 3, apply(1, 3, apply(2, 3)))
K = law("K", 2, 1)
I = Pin(App(S, [K, K]))  # noqa: E741

# From Pallas's own documents and tests.
GERM_OF_I = bytes.fromhex(
    "020000000000000000000000000000000000000000000000000000000000000001000000000000005100000000000000"
)
SEED_OF_I = words(0, 0, 0, 7, 2) + bytes.fromhex("534b04030201007416543a9dc1e6596d4673070000000000")
IS_NAT = words(0, 0, 1, 5, 4) + bytes.fromhex("5f49734e617400000403020100aa8ca6e20aa0d5a30ece089c19d83508010000")


def test_seeds_and_germs_are_the_bytes_that_pallas_writes() -> None:
    assert seed.save(I) == SEED_OF_I
    assert seed.save_pin(I) == words(2) + S.hash + K.hash + GERM_OF_I
    assert seed.save(seed.load(IS_NAT)) == IS_NAT


def test_hashes_are_those_that_pallas_gives() -> None:
    is_nat = seed.load(IS_NAT)
    assert isinstance(is_nat, Pin)
    assert hashing.hash_text(is_nat.hash) == "UUg4gA355ySzHkLR9uyNbH667o6b4NkAv4rQ3pwJYqj"
    assert hashing.parse_hash(hashing.hash_text(is_nat.hash)) == is_nat.hash


@given(VALUES)
def test_what_is_saved_loads_as_it_was(x: object) -> None:
    data = seed.save(x)
    y = seed.load(data)
    assert order.equal(x, y)
    assert seed.save(y) == data
    assert Pin(x).hash == Pin(y).hash


@given(VALUES, VALUES)
def test_equal_hashes_mean_equal_values(x: object, y: object) -> None:
    assert (Pin(x).hash == Pin(y).hash) == order.equal(x, y)


@given(VALUES)
def test_a_pin_goes_through_a_store_one_pin_at_a_time(x: object) -> None:
    pin = Pin(x)
    store: dict[bytes, bytes] = {}
    put(store, pin)
    found = pins.lazy_pin(pin.hash, store.__getitem__)
    assert pins.lazy_pin(pin.hash, store.__getitem__) is found
    assert order.equal(found.item, x)
    assert [ref.hash for ref in found.refs] == [ref.hash for ref in pin.refs]
    assert seed.save_pin(found) == store[pin.hash]
    whole = pins.load_pin(pin.hash, store[pin.hash], lambda digest: pins.lazy_pin(digest, store.__getitem__))
    assert order.equal(whole.item, x)


def put(store: dict[bytes, bytes], pin: Pin) -> None:
    todo = [pin]
    while todo:
        x = todo.pop()
        store[x.hash] = seed.save_pin(x)
        todo += x.refs


@given(VALUES)
def test_a_pod_holds_a_whole_dag_of_pins(x: object) -> None:
    pin = Pin(x)
    assert order.equal(seed.load_pod(seed.save_pod(pin)), pin)


def test_a_lazy_pin_reads_nothing_until_it_is_looked_into() -> None:
    store: dict[bytes, bytes] = {}
    top = Pin(make_row([I, 7, Pin(make_row([S, K]))]))
    put(store, top)
    read: list[bytes] = []

    def reading(digest: bytes) -> bytes:
        read.append(digest)
        return store[digest]

    found = pins.lazy_pin(top.hash, reading)
    assert not read
    assert order.equal(found.item, top.item)
    assert read == [top.hash]


def test_a_store_that_lacks_a_pin_does_not_hide_it_from_one_that_has_it() -> None:
    store: dict[bytes, bytes] = {}
    pin = Pin(make_row([I, law("nowhere else", 1, 1)]))
    put(store, pin)
    lost = pins.lazy_pin(pin.hash, {}.__getitem__)
    with pytest.raises(KeyError):
        _ = lost.item
    assert order.equal(pins.lazy_pin(pin.hash, store.__getitem__).item, pin.item)
    assert order.equal(lost.item, pin.item)


def test_content_that_is_not_what_its_hash_says_is_refused() -> None:
    asked = law("asked for", 1, 1)
    given = seed.save_pin(law("given", 1, 1))
    with pytest.raises(seed.SeedError, match="not " + hashing.hash_text(asked.hash)):
        _ = pins.lazy_pin(asked.hash, lambda _: given).item
    with pytest.raises(seed.SeedError):
        pins.load_pin(asked.hash, given, lambda digest: law("any", 1, 1))


def test_content_that_is_not_in_normal_form_is_refused_however_deep_the_proof() -> None:
    """(<<..<id>..>> 1): whether that is normal only the innermost pin can tell."""
    store: dict[bytes, bytes] = {}
    inner = law("id", 1, 1)
    for _ in range(3000):
        inner = Pin(inner)
    put(store, inner)
    bad = Pin(App(inner, [1]))
    store[bad.hash] = seed.save_pin(bad)
    with pytest.raises(seed.SeedError, match="normal form"):
        _ = pins.lazy_pin(bad.hash, store.__getitem__).item


def test_a_long_chain_of_partial_applications_loads_without_recursion() -> None:
    store: dict[bytes, bytes] = {}
    f = law("long", 5001, 1)
    for i in range(5000):
        f = Pin(App(f, [i]))
        store[f.hash] = seed.save_pin(f)
    put(store, law("long", 5001, 1))
    last = f.hash
    del f
    assert shapes.arity(pins.lazy_pin(last, store.__getitem__)) == 1


def test_depth_and_sharing_cost_no_more_than_they_weigh() -> None:
    assert order.equal(seed.load(seed.save(deep(100_000))), deep(100_000))
    assert len(seed.save(wide(1000))) < 10_000
    assert order.equal(seed.load(seed.save(wide(1000))), wide(1000))


def test_a_row_that_is_shared_is_written_once() -> None:
    row = Row(list(range(200)))
    assert len(seed.save(make_row([row, row, row]))) < len(seed.save(row)) + 40


@given(VALUES, st.integers(0), st.integers(0, 255))
def test_a_damaged_seed_loads_as_something_normal_or_is_refused(x: object, at: int, byte: int) -> None:
    data = bytearray(seed.save(x))
    data[at % len(data)] = byte
    loads_or_is_refused(bytes(data))


@given(st.lists(st.integers(0, 6), min_size=5, max_size=5), st.binary(max_size=200))
def test_any_bytes_load_as_something_normal_or_are_refused(header: list[int], rest: bytes) -> None:
    body = words(*header) + rest
    loads_or_is_refused(body + bytes(-len(body) % 8))


def loads_or_is_refused(data: bytes) -> None:
    try:
        x = seed.load(data)
    except seed.SeedError:
        return
    assert order.equal(seed.load(seed.save(x)), x)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        bytes(40),
        words(0, 0, 0, 2**63, 0),
        words(0, 2**60, 0, 0, 0),
        words(0, 1, 0, 0, 0, 2**60),
        words(0, 1, 0, 0, 0, 2, 1, 0),
        words(0, 0, 0, 0, 2**62),
        words(0, 0, 0, 0, 1, 0),
        words(1, 0, 0, 1, 0, 1),
    ],
)
def test_sizes_that_do_not_fit_the_bytes_are_refused_at_once(data: bytes) -> None:
    with pytest.raises(seed.SeedError):
        seed.load(data)
