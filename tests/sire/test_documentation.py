"""Doc comments: what is an entry, what is its type, and what are its examples."""

from pathlib import Path

import pytest

from sire import Loader
from sire.documentation import Page, call_name, named, read_page, search, text_examples
from sire.trial import failures

SOURCE = """#### sample

;;;; A sample
;;;; ========
;;;;
;;;; What it is for.
;;;;
;;;;     twice 4    == 8
;;;;     no example, for == is not apart
;;;;
;;;;     = (thrice x)
;;;;     | mul 3 x
;;;;
;;;;     thrice 4
;;;;              == 12


;;; First ;;;;;;;;;;;;;;;;;;;

;; twice x: two times x,
;; in two lines.
;;     > Nat > Nat
;;     twice 4    == 8
;;     twice
;;         5
;;     == 10
;;
;;     = (half x) | div x 2
;;
;;     half (twice 3)    == 3
= (twice x) | add x x

;; inner x: nobody sees it, so it has no entry.
= (inner x) x


;;; Second ;;;;;;;;;;;;;;;;;;

;; LEFT x: one.
;; RIGHT x: the other: a colon may stand in a text.
;;     > a
;;     RIGHT 3    == 3
# made by a macro

;; Signed: no name of this module.
> Nat > Nat
= (signed x) x

;; signed x: the type may stand in the code.
> Nat > Nat
= (signed x) x

;; x <+> y: a rune.
;;     (3 == 4) <+> 1    == 1
= ({<+>} st rex err ok) 0

^-^ twice LEFT RIGHT signed
^-^ {<+>}
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (tmp_path / "sample.sire").write_text(SOURCE)
    return read_page(tmp_path / "sample.sire")


def test_a_page_has_a_title_a_text_and_sections(page: Page) -> None:
    assert page.title == "A sample"
    assert page.words[:2] == ["What it is for.", ""]
    assert [(example.left, example.right, example.line) for example in text_examples(page)] == [
        ("twice 4", "8", 8),
        ("= (thrice x)\n| mul 3 x", "", 11),
        ("thrice 4", "12", 15),
    ]
    sections = [(title, [entry.name for entry in entries]) for title, entries in page.sections]
    assert sections == [("First", ["twice"]), ("Second", ["LEFT", "RIGHT", "signed", "<+>"])]


def test_an_entry_has_a_call_a_text_a_type_and_examples(page: Page) -> None:
    entry = page.entries[0]
    assert (entry.call, entry.text, entry.type) == ("twice x", "two times x, in two lines.", "Nat > Nat")
    assert [(example.left, example.right, example.line) for example in entry.examples] == [
        ("twice 4", "8", 23),
        ("twice\n    5", "10", 24),
        ("= (half x) | div x 2", "", 28),
        ("half (twice 3)", "3", 30),
    ]


def test_the_last_equals_of_a_line_divides_it(page: Page) -> None:
    assert [(example.left, example.right) for example in page.entries[-1].examples] == [("(3 == 4) <+> 1", "1")]


def test_several_entries_may_follow_each_other(page: Page) -> None:
    left, right = page.entries[1:3]
    assert (left.text, left.type, right.text, right.type) == (
        "one.",
        "",
        "the other: a colon may stand in a text.",
        "a",
    )


def test_a_type_may_stand_in_the_code(page: Page) -> None:
    assert page.entries[3].type == "Nat > Nat"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("take n row", "take"),
        ("x && y", "&&"),
        ("~[x y]", "~"),
        ("# switch x", "#switch"),
        ("{#b} b#text", "#b"),
        (": x < f a", ":"),
        ("`(f $x)", "`"),
        ("[x]", ""),
    ],
)
def test_the_name_is_seen_in_the_call(call: str, name: str) -> None:
    assert call_name(call) == name


def test_names_come_first_in_a_search(page: Page) -> None:
    assert [entry.name for entry in search([page], "twi")] == ["twice"]
    assert [entry.name for entry in search([page], "the other")] == ["RIGHT"]
    assert [entry.name for entry in search([page], "NAT >")] == ["twice", "signed"]
    assert [entry.line for entry in named([page], "RIGHT")] == [40]


def test_an_example_that_does_not_hold_is_told_with_what_it_comes_to(tmp_path: Path) -> None:
    file = tmp_path / "wrong.sire"
    file.write_text(
        "#### wrong\n\n:| fan\n\n;; one x: itself.\n;;     one 3    == 3\n;;     one 4    == 5\n"
        ";;     one 4    == (crash)\n;;     die 4    == (crash)\n;;     nosuch 4    == (crash)\n"
        ";;     one 4    == (nosuch 4)\n= (one x) x\n"
    )
    failed = [(failure.example.line, failure.reason) for failure in failures(Loader(), read_page(file))]
    assert failed == [(7, "it is 4"), (8, "it is 4"), (10, "nosuch is not defined"), (11, "nosuch is not defined")]


def test_where_nothing_is_exported_what_is_said_above_a_definition_counts(tmp_path: Path) -> None:
    (tmp_path / "bare.sire").write_text("#### bare\n\n;; Note: of the file.\n\n;; one x: itself.\n= (one x) x\n")
    assert [entry.name for entry in read_page(tmp_path / "bare.sire").entries] == ["one"]
