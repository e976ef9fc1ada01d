"""What our library computes, held against Python: the laws, without native versions where those would hide them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import blake3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vm
from sire import Loader, library_path

NATS = st.integers(0, 2**70) | st.integers(0, 9)
ROWS = st.lists(NATS, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | NATS | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdé", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
VALUES = st.recursive(
    NATS | st.binary(max_size=4).map(vm.bar),
    lambda inner: (
        st.lists(inner, max_size=3).map(vm.row)
        | st.lists(inner, max_size=3).map(vm.set_of)
        | st.lists(st.tuples(inner, inner), max_size=3).map(vm.tab)
        | st.tuples(inner).map(lambda pair: vm.pin(pair[0]))
        | st.tuples(st.integers(0, 1), inner).map(lambda pair: vm.app(*pair))
    ),
    max_leaves=6,
)

quick = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="module")
def call() -> Callable[..., vm.Value]:
    """Calls a function of a module, `module.name`; `module.law:name` is its law, without the native version."""
    loader = Loader()

    def run(name: str, *arguments: vm.Value) -> vm.Value:
        module, _, name = name.partition(".")
        plain = name.startswith("law:")
        value = loader.load(library_path() / f"{module}.sire").value(name.removeprefix("law:"))
        if plain:
            assert isinstance(value, vm.Pin)
            value = value.item
        return vm.evaluate(value, *arguments)

    return run


def json_value(x: object) -> vm.Value:
    """A Python value as our library has it when it comes from JSON."""
    match x:
        case None:
            return vm.utf8("null")
        case bool():
            return vm.utf8("true" if x else "false")
        case int():
            return vm.app(0, x)
        case str():
            return vm.bar(x.encode())
        case list():
            return vm.row([json_value(item) for item in x])
        case dict():
            return vm.tab((vm.utf8(key), json_value(item)) for key, item in x.items())
    raise TypeError(x)


@quick
@given(ROWS)
def test_sort_sorts(call: Callable[..., vm.Value], items: list[int]) -> None:
    assert vm.equal(call("set.sort", vm.row(items)), vm.row(sorted(items)))
    assert vm.equal(call("set.sortUniq", vm.row(items)), vm.row(sorted(set(items))))


@quick
@given(ROWS)
def test_equal_items_come_out_of_a_sort_by_key_in_the_opposite_order(
    call: Callable[..., vm.Value], items: list[int]
) -> None:
    even = call("nat.even")
    backwards = list(reversed(items))
    wanted = sorted(backwards, key=lambda item: item % 2 == 0)
    assert vm.equal(call("list.sortOn", even, vm.row(items)), vm.row(wanted))


@quick
@given(st.text(max_size=12).filter(lambda text: "\0" not in text))
def test_a_string_is_its_bytes(call: Callable[..., vm.Value], text: str) -> None:
    assert vm.equal(call("str.explode", vm.utf8(text)), vm.row(text.encode()))
    assert call("str.strFromList", call("str.strToList", vm.utf8(text))) == vm.utf8(text)
    assert call("str.strLen", vm.utf8(text)) == len(text.encode())


@quick
@given(JSON, st.booleans())
def test_json_is_read(call: Callable[..., vm.Value], value: object, escape: bool) -> None:
    text = json.dumps(value, ensure_ascii=escape, indent=1)
    read = call("json.parseJson", vm.bar(text.encode()))
    assert vm.equal(read, vm.row([json_value(value), vm.bar(b"")]))


@quick
@given(JSON)
def test_json_is_written(call: Callable[..., vm.Value], value: object) -> None:
    text = call("json.printJson", json_value(value))
    assert isinstance(text, vm.Bar)
    assert json.loads(text.data) == value


@quick
@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_numbers_with_a_point_come_back(call: Callable[..., vm.Value], number: float) -> None:
    read = call("json.parseJson", vm.bar(json.dumps(number).encode()))
    assert isinstance(read, vm.Row)
    text = call("json.printJson", read.items[0])
    assert isinstance(text, vm.Bar)
    assert json.loads(text.data) == pytest.approx(number, abs=1e-300)


@quick
@given(st.binary(max_size=30))
def test_bad_json_is_answered_with_a_reason(call: Callable[..., vm.Value], data: bytes) -> None:
    read = call("json.parseJson", vm.bar(b"[" + data))
    assert isinstance(read, (vm.Row, int))


@quick
@given(st.datetimes(datetime(1970, 1, 1), datetime(2500, 1, 1)))
def test_a_time_is_shown_as_its_date(call: Callable[..., vm.Value], time: datetime) -> None:
    seconds = int(time.replace(tzinfo=UTC, microsecond=0).timestamp())
    assert call("time.showTime", seconds) == vm.utf8(f"{time:%Y-%m-%dT%H:%M:%SZ}")
    assert call("time.weekday", seconds) == time.weekday()
    assert vm.equal(call("time.readTime", vm.utf8(f"{time:%Y-%m-%dT%H:%M:%SZ}")), vm.app(0, seconds))


@settings(max_examples=8, deadline=None)
@given(st.binary(max_size=200) | st.integers(900, 3200).map(bytes))
def test_the_law_of_blake3_is_blake3(call: Callable[..., vm.Value], data: bytes) -> None:
    assert vm.equal(call("blake3.law:blake3", vm.bar(data)), vm.bar(blake3.blake3(data).digest()))


@quick
@given(VALUES)
def test_the_law_of_planHash_is_the_hash_of_pins(call: Callable[..., vm.Value], value: vm.Value) -> None:
    assert vm.equal(call("pinhash.law:planHash", value), vm.bar(vm.pin(value).hash))


@quick
@given(VALUES)
def test_the_law_of_seeds_makes_the_same_bytes(call: Callable[..., vm.Value], value: vm.Value) -> None:
    seed = call("seed.law:saveSeed", value)
    assert vm.equal(seed, vm.bar(vm.save(value)))
    assert vm.equal(call("seed.law:loadSeed", seed), value)


CHANGES = st.lists(st.tuples(st.booleans(), st.integers(0, 300)), max_size=150)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 300), CHANGES)
def test_a_big_tab_has_what_was_put_in_and_not_taken_out(
    call: Callable[..., vm.Value], size: int, changes: list[tuple[bool, int]]
) -> None:
    wanted = {key: key for key in range(size)}
    big = call("bigtab.bigTabFromAscPairs", vm.row([vm.row([key, key]) for key in range(size)]))
    for added, key in changes:
        if added:
            wanted[key] = key + 1
            big = call("bigtab.bigTabIns", key, key + 1, big)
        else:
            wanted.pop(key, None)
            big = call("bigtab.bigTabDel", key, big)
    pairs = vm.row([vm.row(pair) for pair in sorted(wanted.items())])
    assert vm.equal(call("bigtab.bigTabToPairs", big), pairs)
    assert call("bigtab.bigTabLen", big) == len(wanted)


def pins(value: vm.Value) -> set[bytes]:
    """The hashes of all pins in a value."""
    found: dict[bytes, vm.Pin] = {}
    waiting = list(vm.pin(value).refs)
    while waiting:
        pin = waiting.pop()
        if pin.hash not in found:
            found[pin.hash] = pin
            waiting += pin.refs
    return set(found)


def test_a_change_of_a_big_tab_makes_few_new_pins(call: Callable[..., vm.Value]) -> None:
    big = call("bigtab.bigTabFromAscPairs", vm.row([vm.row([key, key]) for key in range(9000)]))
    assert len(pins(big)) > 9000 // 64
    for changed in (call("bigtab.bigTabIns", 4444, 0, big), call("bigtab.bigTabDel", 4444, big)):
        assert 1 <= len(pins(changed) - pins(big)) <= 4


SMALL = st.recursive(
    st.integers(0, 4),
    lambda inner: (
        st.lists(inner, max_size=2).map(vm.row)
        | st.tuples(inner).map(lambda one: vm.pin(one[0]))
        | st.tuples(st.integers(0, 2), inner).map(lambda pair: vm.app(*pair))
    ),
    max_leaves=4,
)


@quick
@given(
    st.sampled_from(
        ["fan.const", "fan.flip", "fan.car", "fan.cdr", "fan.isPin", "fan.compose", "bit.if", "bit.and", "nat.dec"]
    )
    | st.sampled_from(
        ["row.len", "row.get", "row.arity", "row.head", "list.listHead", "fan.LAW", "fan.natCase", "fan.PIN"]
    ),
    st.lists(SMALL, min_size=1, max_size=4),
)
def test_the_law_of_try_ends_as_evaluation_does(
    call: Callable[..., vm.Value], function: str, arguments: list[vm.Value]
) -> None:
    f = call(function)
    try:
        wanted = vm.row([1, vm.evaluate(f, *arguments)])
    except vm.Crash as crash:
        wanted = vm.row([0, vm.row([crash.op, crash.arg])])
    assert vm.equal(call("try.law:try", vm.row([f, *arguments])), wanted)
