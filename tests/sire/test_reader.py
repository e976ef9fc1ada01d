"""Reading Rex: what text means, and what happens to text that means nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sire.errors import SireError
from sire.reader import MAX_DEPTH, BlockReader, decode, read_blocks
from sire.rex import Leaf, Node, Rex


def outline(rex: Rex | None) -> str:
    """A tree in one line: mode:rune(sons) or shape:text, then ^ and the heir."""
    if rex is None:
        return ""
    if isinstance(rex, Leaf):
        form = f"{rex.shape}:{rex.text}"
    else:
        assert isinstance(rex, Node)
        form = f"{rex.mode}:{rex.rune}({' '.join(outline(son) for son in rex.sons)})"
    return form if rex.heir is None else f"{form}^{outline(rex.heir)}"


def read(text: str) -> list[str]:
    return [outline(rex) for rex, _ in read_blocks(text)]


def read_one(text: str) -> str:
    (block,) = read(text)
    return block


def fault(text: str) -> SireError:
    with pytest.raises(SireError) as caught:
        list(read_blocks(text, "f.sire"))
    return caught.value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("foo", "WORD:foo"),
        ("12_ab", "WORD:12_ab"),
        ("{some {nested} text}", "TEXT:some {nested} text"),
        ('"quoted {"', "TEXT:quoted {"),
        ("}|any } thing|", "TEXT:any } thing"),
        ("} to the end", "LINE:to the end"),
        ("}", "LINE:"),
        ("-x", "PREF:-(WORD:x)"),
        ("a-b-c", "SHUT:-(WORD:a WORD:b WORD:c)"),
        ("a-b+c", "SHUT:+(SHUT:-(WORD:a WORD:b) WORD:c)"),
        ("-a+b", "PREF:-(SHUT:+(WORD:a WORD:b))"),
        ("a.b", "SHUT:.(WORD:a WORD:b)"),
        ("f(x)", "WORD:f^WORD:x"),
        ("f(x)[y]{z}", "WORD:f^WORD:x^NEST:,(WORD:y)^TEXT:z"),
        ("()", "NEST:|()"),
        ("(a)", "WORD:a"),
        ("(f x)", "NEST:|(WORD:f WORD:x)"),
        ("(| x)", "NEST:|(WORD:x)"),
        ("(+ a b)", "NEST:+(WORD:a WORD:b)"),
        ("(| a b | c)", "NEST:|(WORD:a WORD:b NEST:|(WORD:c))"),
        ("(a + b)", "INFX:+(WORD:a WORD:b)"),
        ("(f x + g y + z)", "INFX:+(NEST:|(WORD:f WORD:x) NEST:|(WORD:g WORD:y) WORD:z)"),
        ("(a + b * c)", "INFX:*(INFX:+(WORD:a WORD:b) WORD:c)"),
        ("(a + * b)", "INFX:+(WORD:a NEST:*(WORD:b))"),
        ("(a +)", "INFX:+(WORD:a NEST:|())"),
        ("[]", "NEST:,()"),
        ("[a-b {c}]", "NEST:,(SHUT:-(WORD:a WORD:b) TEXT:c)"),
        ("a b", "OPEN:|(WORD:a WORD:b)"),
        ("x | y", "OPEN:|(WORD:x OPEN:|(WORD:y))"),
    ],
)
def test_a_line_is_read_as(text: str, tree: str) -> None:
    assert read_one(text) == tree


def test_what_stands_right_of_a_rune_is_its_son_and_what_stands_under_it_its_heir() -> None:
    assert read_one("= (f x)\n| g\n  y\nz") == "OPEN:=(NEST:|(WORD:f WORD:x))^OPEN:|(WORD:g WORD:y)^WORD:z"


def test_what_follows_an_heir_makes_a_son_of_it() -> None:
    assert read_one("| a\nb\nc") == "OPEN:|(WORD:a WORD:b)^WORD:c"


def test_a_long_rune_counts_by_its_last_character() -> None:
    assert read_one("=?= 1\n  | x") == "OPEN:=?=(WORD:1)^OPEN:|(WORD:x)"


def test_runes_on_one_line_are_sons_of_one_another() -> None:
    assert read_one("| a | b\n    | c\n  d") == "OPEN:|(WORD:a OPEN:|(WORD:b)^OPEN:|(WORD:c) WORD:d)"


def test_lines_of_text_in_one_column_are_one_text() -> None:
    assert read_one("} a\n} b") == "LINE:a^LINE:b"
    assert read_one("| x\n  } a\n  } b") == "OPEN:|(WORD:x LINE:a^LINE:b)"
    assert read_one("b#} a") == "SHUT:#(WORD:b LINE:a)"


def test_a_comment_between_lines_of_text_divides_them() -> None:
    assert read_one("| } a\n; no\n  } b") == "OPEN:|(LINE:a LINE:b)"


def test_an_empty_line_or_a_line_further_left_ends_a_block() -> None:
    assert read("| a\n  b\n\nc\n  | d\n| e") == [
        "OPEN:|(WORD:a WORD:b)",
        "WORD:c",
        "OPEN:|(WORD:d)",
        "OPEN:|(WORD:e)",
    ]


def test_a_comment_ends_nothing() -> None:
    assert read("; first\n| a ; a thing\n; whatever column\n  b\n") == ["OPEN:|(WORD:a WORD:b)"]


def test_a_block_is_known_by_its_first_line() -> None:
    assert [line for _, line in read_blocks("; c\na\n\n| b\n  c\n\n} d\n} e\n")] == [2, 4, 7]


def test_line_ends_of_windows_do_not_matter() -> None:
    assert read("| a\r\n  b\r\n") == read("| a\n  b\n")


def test_every_form_knows_its_line_and_column() -> None:
    ((rex, _),) = read_blocks("\n= (f x)\n| g-y [1 {é} z]\n")
    assert isinstance(rex, Node)
    assert isinstance(rex.heir, Node)
    assert rex.pos == (2, 1)
    assert rex.sons[0].pos == (2, 3)
    assert rex.heir.pos == (3, 1)
    infix, row = rex.heir.sons
    assert isinstance(infix, Node)
    assert isinstance(row, Node)
    assert infix.pos == (3, 3)
    assert [son.pos for son in infix.sons] == [(3, 3), (3, 5)]
    assert [son.pos for son in row.sons] == [(3, 8), (3, 10), (3, 14)]


@pytest.mark.parametrize(
    ("text", "line", "column", "word"),
    [
        ("ok\n| (a b", 2, 3, "( is not closed"),
        ("| [a b", 1, 3, "[ is not closed"),
        ("| (a [b)", 1, 8, "closes nothing"),
        ("| a)", 1, 4, "closes nothing"),
        ("x {a {b}", 1, 3, "{ is not closed"),
        ('x "abc', 1, 3, '" is not closed'),
        ('x "', 1, 3, '" is not closed'),
        ("x }|abc", 1, 3, "not closed by another |"),
        ("| a\n\tb", 2, 1, "tab"),
        ("| a\x00b", 1, 4, "U+0000"),
        ("| {a\x00b}", 1, 5, "U+0000"),
        ("| ä", 1, 3, "ä"),
        ("[a + b]", 1, 4, "rune +"),
        ("(a ; b)", 1, 1, "( is not closed"),
        ("x\n| {\ud800}", 2, 4, "U+D800"),
    ],
)
def test_a_fault_is_reported_where_it_is(text: str, line: int, column: int, word: str) -> None:
    error = fault(text)
    assert (error.file, error.line, error.column) == ("f.sire", line, column)
    assert word in error.message
    assert "\n" not in str(error)


def test_a_fault_shows_its_line_with_a_mark_under_the_column() -> None:
    assert fault("| é\x1b").pretty().split("\n")[1:] == ["    | é�", "      ^"]
    first = fault("x" * 500 + ")" + "y" * 500).pretty().split("\n")[1:]
    assert len(first[0]) < 200
    assert first[0][first[1].index("^")] == ")"


def test_blocks_before_a_fault_are_given_first() -> None:
    blocks = read_blocks("a\n\nb\n\n)")
    assert [line for _, line in (next(blocks), next(blocks))] == [1, 3]
    with pytest.raises(SireError):
        next(blocks)


def test_a_reader_of_typed_lines_goes_on_after_a_fault() -> None:
    reader = BlockReader("console")
    assert reader.feed("| a") == []
    assert reader.under_way
    with pytest.raises(SireError):
        reader.feed("  )")
    assert not reader.under_way
    assert reader.feed("| b") == []
    ((rex, line),) = reader.feed("")
    assert (outline(rex), line) == ("OPEN:|(WORD:b)", 3)


def test_bytes_that_are_not_utf8_are_reported_where_they_are() -> None:
    with pytest.raises(SireError) as caught:
        decode("ok\né x".encode() + b"\xff y\n", "f.sire")
    assert (caught.value.line, caught.value.column) == (2, 4)
    assert "0xFF" in caught.value.message


@pytest.mark.parametrize(
    "text",
    ["(" * 5000, "| " * 5000, "(" + "- " * 5000 + ")", "a-b+" * 5000 + "c", "(" + "a - b + " * 5000 + "c)"],
    ids=["brackets", "runes", "runes in brackets", "tight infix", "loose infix"],
)
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    assert f"more than {MAX_DEPTH} deep" in fault(text).message


def test_long_chains_of_heirs_are_no_depth() -> None:
    assert len(list(read_blocks("| a\n" * 5000))) == 1
    assert len(list(read_blocks("} a\n" * 5000))) == 1
    assert len(list(read_blocks("f" + "(x)" * 5000))) == 1


REXISH = st.text(alphabet=st.sampled_from(list(" \n\n  ()[]{}}\"';;|-+=,.:#ab1_é\t\x00\r")), max_size=200)


def read_or_refused(text: str) -> SireError | None:
    try:
        for rex, line in read_blocks(text):
            assert rex.pos is not None
            assert rex.pos[0] == line
    except SireError as error:
        return error
    return None


@given(st.one_of(REXISH, st.text(max_size=200)))
def test_any_text_is_read_or_refused(text: str) -> None:
    error = read_or_refused(text)
    assert error is None or (1 <= error.line <= text.count("\n") + 1 and error.column >= 1)


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        text = decode(data)
    except SireError:
        with pytest.raises(UnicodeDecodeError):
            data.decode()
    else:
        read_or_refused(text)
