"""opsh doc, and the manual's page that is made of the same comments."""

import json
from pathlib import Path

import pytest

from shell.arguments import parse
from shell.errors import ShellError
from shell.library_page import manual

ROOT = Path(__file__).parents[2]

SOURCE = """#### own

;;;; A module of one's own

:| fan

;; thrice f x: f, three times, on x.
;;     > (a > a) > a > a
;;     thrice inc 4    == 7
= (thrice f x)
| f (f (f x))
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


class Doc:
    """Runs `opsh doc` with these words."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: str) -> str:
        verb, arguments = parse(["doc", *words])
        assert verb.run(arguments) == 0
        self.said = self.capsys.readouterr()
        return self.said.out


@pytest.fixture
def doc(cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doc:
    monkeypatch.setenv("OPSH_CACHE", str(cache))
    return Doc(capsys)


def test_a_name_is_told_with_its_type_its_examples_and_what_it_is_bound_to(doc: Doc) -> None:
    lines = doc("add").splitlines()
    assert lines[0] == "add x y: the sum."
    assert "    > Nat > Nat > Nat" in lines
    assert "    add 20 22    == 42" in lines
    assert lines[-1].startswith("module nat, line ")
    assert "; native code: the jet _Add; hash " in lines[-1]


def test_as_json_it_is_one_object(doc: Doc) -> None:
    entry = json.loads(doc("flip", "--json"))
    assert (entry["name"], entry["module"], entry["jet"]) == ("flip", "fan", None)
    assert entry["type"] == "(a > b > c) > b > a > c"
    assert entry["examples"] == ["flip sub 3 5    == 2"]
    assert len(entry["hash"]) > 40


def test_a_macro_is_found_by_its_rune_and_by_its_word(doc: Doc) -> None:
    assert doc("--search", "expanded in place").count("ifNot") == 1
    assert doc("'").startswith("'form: the tree itself")
    assert doc("datacase").startswith("# datacase x: which constructor made x?")


def test_a_name_that_there_is_not_is_answered_with_those_like_it(doc: Doc) -> None:
    with pytest.raises(ShellError) as caught:
        doc("natFlod")
    assert caught.value.hint == "did you mean natFold?"


def test_a_search_that_finds_nothing_says_so(doc: Doc) -> None:
    assert "natFold f z n" in doc("--search", "lowest on")
    with pytest.raises(ShellError, match="nothing has nosuchword in it"):
        doc("--search", "nosuchword")


def test_without_a_name_the_modules_are_listed(doc: Doc) -> None:
    rows = [line.split(maxsplit=2) for line in doc().splitlines()]
    assert ["cmp", "9", "Order"] in rows


def test_a_module_has_its_text_and_then_its_names(doc: Doc) -> None:
    page = doc("cmp")
    assert page.startswith("cmp x y: ")
    assert "opsh doc --module cmp" in doc.said.err
    page = doc("--module", "cmp")
    assert page.startswith("Order\n\nAll values have one order: ")
    assert page.index("gte x y: ") < page.index("max x y: ")


def test_words_of_a_width_have_the_entries_of_all_words(doc: Doc) -> None:
    entry = next(json.loads(line) for line in doc("--search", "add48", "--json").splitlines())
    assert entry["examples"][0] == "add48 3 4        == 7"


def test_a_file_of_ones_own_is_told_as_the_library_is(doc: Doc, tmp_path: Path) -> None:
    (tmp_path / "own.sire").write_text(SOURCE)
    assert "thrice inc 4    == 7" in doc(str(tmp_path / "own.sire"))
    assert doc("thrice", "--path", str(tmp_path)).splitlines()[-1].startswith("module own, line 7 of own.sire; ")


def test_what_does_not_load_is_told_as_far_as_it_can_be_read(doc: Doc, tmp_path: Path) -> None:
    (tmp_path / "own.sire").write_text(SOURCE + "\n= broken (nosuch 3)\n")
    assert doc("thrice", "--path", str(tmp_path)).startswith("thrice f x: f, three times")
    assert "nosuch" in doc.said.err


def test_the_examples_of_a_file_can_be_run(doc: Doc, tmp_path: Path) -> None:
    file = tmp_path / "own.sire"
    file.write_text(SOURCE)
    assert doc(str(file), "--check") == ""
    assert "examples: 1; that do not hold: 0" in doc.said.err
    file.write_text(SOURCE.replace("== 7", "== 8"))
    verb, arguments = parse(["doc", str(file), "--check"])
    assert verb.run(arguments) == 1
    assert doc.capsys.readouterr().out == f"{file}:9: thrice inc 4\n    should be 8: it is 7\n"


def test_the_manuals_page_on_the_library_is_up_to_date() -> None:
    """If this fails, a comment in the library has changed: run `make docs`."""
    assert (ROOT / "man" / "sire-library.7").read_text() == manual()
