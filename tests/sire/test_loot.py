"""Loot: what is written is read back as the same value, and what is wrong is said with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vm
from sire import SireError
from sire.loot import Loot, read, write

utf8 = vm.utf8
NAMES = ["a", "b", "f", "add", "C3", "_", "part_1", "two words", "x@y", "123", "", "größe", "{", "a{b", "two\nlines"]
TEXTS = st.one_of(st.sampled_from(NAMES), st.text(max_size=60))
NATS = st.one_of(
    st.integers(0, 9),
    st.integers(0, 1 << 70),
    st.integers(1 << 512, 1 << 600),
    TEXTS.map(lambda text: utf8(text.encode("utf-8", "replace").decode())),
)


def values(inner: st.SearchStrategy[vm.Value]) -> st.SearchStrategy[vm.Value]:
    name = st.sampled_from(NAMES).map(utf8)
    return st.one_of(
        st.lists(inner, max_size=5).map(vm.row),
        st.lists(st.tuples(inner, inner), max_size=4).map(vm.tab),
        st.lists(inner, max_size=4).map(vm.set_of),
        inner.map(lambda twice: vm.row([twice, vm.tab([(twice, twice)])])),
        inner.map(vm.pin),
        st.tuples(st.sampled_from([0, 1]), inner).map(lambda pair: vm.app(*pair)),
        st.tuples(name, st.integers(1, 3), bodies(inner)).map(lambda law: vm.law(*law)),
        st.tuples(name, st.integers(1, 3), bodies(inner)).map(lambda law: vm.pin(vm.law(*law))),
        st.tuples(st.integers(2, 4), inner).map(lambda pair: vm.app(vm.law(0, pair[0] + 1, 0), pair[1])),
    )


def bodies(inner: st.SearchStrategy[vm.Value]) -> st.SearchStrategy[vm.Value]:
    """Bodies of laws, and whatever else may stand in the place of one."""
    small = st.one_of(st.integers(0, 6), inner, inner.map(lambda x: vm.app(2, x)))
    calls = st.recursive(small, lambda part: st.tuples(part, part).map(lambda pair: vm.app(0, *pair)), max_leaves=6)
    return st.recursive(calls, lambda rest: st.tuples(calls, rest).map(lambda pair: vm.app(1, *pair)), max_leaves=3)


LEAVES = st.one_of(
    NATS, st.binary(max_size=50).map(vm.bar), TEXTS.map(lambda text: vm.bar(text.encode("utf-8", "replace")))
)
VALUES = st.recursive(LEAVES, values, max_leaves=25)


def nested(depth: int) -> vm.Value:
    value: vm.Value = 7
    for place in range(depth):
        value = vm.row([place, value])
    return value


def chained(depth: int) -> vm.Value:
    value: vm.Value = vm.pin(0)
    for _ in range(depth):
        value = vm.pin(vm.row([value, value]))
    return value


def doubled(depth: int) -> vm.Value:
    """2 to the depth zeros, in very few places."""
    value: vm.Value = 0
    for _ in range(depth):
        value = vm.row([value, value])
    return value


def doubled_code(depth: int) -> vm.Value:
    body: vm.Value = 1
    for _ in range(depth):
        body = vm.app(0, body, body)
    return body


def steep_code(depth: int) -> vm.Value:
    body: vm.Value = 1
    for _ in range(depth):
        body = vm.app(0, 0, body)
    return body


LARGE = {
    "shared": doubled(30),
    "shared code": vm.law(utf8("f"), 1, doubled_code(20)),
    "steep code": vm.pin(vm.law(utf8("f"), 1, steep_code(2000))),
    "keys that hold much": vm.set_of([nested(30), nested(31), doubled(8)]),
    "deep": nested(3000),
    "many pins": chained(2000),
    "many arguments": vm.law(utf8("wide"), 1000, vm.app(0, 1, 1000)),
    "one name": vm.row([vm.pin(vm.law(utf8("f"), 1, place)) for place in range(5)]),
    "keys": vm.tab([(utf8("f"), vm.pin(vm.law(utf8("f"), 1, 1))), (vm.pin(3), 4), (vm.law(0, 4, 0), 5)]),
    "keys of two letters": vm.tab([(utf8("lt"), vm.pin(vm.law(utf8("lt"), 1, 1))), (utf8("|"), 4)]),
    "long texts as keys": vm.set_of([utf8("one\ntwo"), vm.row([utf8("three" * 20)])]),
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_nothing_is_left_out(value: vm.Value) -> None:
    assert vm.equal(read(write(value)), value)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_is_written_reads_as_the_same_value(value: vm.Value) -> None:
    text = write(value)
    assert vm.equal(read(text), value), text


def test_a_seed_is_written_as_definitions_that_each_stand_before_their_use() -> None:
    inner = vm.pin(vm.law(utf8("twice"), 1, vm.app(0, 1, 1)))
    other = vm.pin(vm.law(utf8("twice"), 1, 1))
    outer = vm.pin(vm.law(utf8("main"), 2, vm.app(0, vm.app(0, inner, 1), other)))
    assert write(outer).split("\n\n") == [
        "(twice_1@twice a)=(a a)",
        "(twice_2@twice a)=a",
        "(main a b)=(twice_1 a twice_2)\n",
    ]
    assert write(vm.row([inner, 5])) == "(twice a)=(a a)\n\n_=[twice 5]\n"
    assert write(vm.row([5, utf8("six")])) == "[5 %six]\n"
    assert write(vm.pin(5)) == "(| pin_1)=5\n"


PROGRAMS: list[tuple[str, vm.Value]] = [
    ("(K x y)=x\n(S x y z)=((x z) (y z))\n(I x)=(S K K x)\n\n(I 3)", 3),
    ("(K a b)=a\n\n,, (0 1)\n,, (1 2)\n", None),
    ("f=(0 5 1 1)\n\n?? f 1\n?? f 1\n\n(f 9)", 9),
    ("(dec a)=(2:0:(b&b) a)\n\n(dec 10)", 9),
    ("(inc a)=(3 a)\n\n++ inc 4\n++ {five}", vm.row([5, utf8("five")])),
    ("## =a 1\n## =b %[1 2]", vm.tab([(97, 1), (98, vm.set_of([1, 2]))])),
    ("0xff", 255),
    ("1_000", 1000),
]


@pytest.mark.parametrize(("text", "value"), [(text, value) for text, value in PROGRAMS if value is not None])
def test_programs_are_run(text: str, value: vm.Value) -> None:
    assert vm.equal(read(text), value)


def test_each_definition_is_shown() -> None:
    said: list[str] = []
    Loot(said.append).run("(K a b)=a\nx=[1 2]\n(| y)=3\n\n(K x)\n\n< [y y]")
    assert said == ["(K a b)=a", "x=[1 2]", "(pin@EgrbWo1f)=3", "(K [1 2])", "(| pin_1)=3\n\n_=[pin_1 pin_1]"]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("(nosuch 1)", 1, 2, "nosuch is not defined"),
        ("x=3\n\n?? 0 1 2", 3, 1, "this is not 1"),
        ("(f a)=(@ b 1 a)\n\n[(f 1) (9 9)]", 3, 8, "this crashed"),
        ("[=a]", 1, 3, "a is not defined"),
        ("[a=1 a=2]", 1, 1, "a key comes twice"),
        ("x#0", 1, 1, "bytes are"),
        ("(f a)=(f (b @ 1)b)", 1, 10, "a let stands at the top"),
        ("| `", 1, 3, "the rune ` means nothing here"),
        ("5 = 6", 1, 3, "the rune = means nothing here"),
    ],
)
def test_errors_say_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(SireError, match=message) as caught:
        read(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_runaway_program_is_stopped_by_its_memory() -> None:
    with pytest.raises(SireError, match="nested too deeply"):
        read("| 0\n" * 5000)
