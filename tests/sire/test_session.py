"""A console without a terminal."""

from pathlib import Path

import pytest

import vm
from sire import Loader, Session, SireError
from sire.session import is_open

SOURCE = """#### small

;; What is
;; three times.
= (thrice f x)
| f (f (f x))

k=3
= (late x) x

=?= 5 | 3 4
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    (tmp_path / "small.sire").write_text(SOURCE)
    session = Session(Loader())
    session.load(tmp_path / "small.sire")
    return session


def test_what_is_said_is_said_at_once(tmp_path: Path) -> None:
    said: list[str] = []
    session = Session(Loader(), said.append)
    with pytest.raises(SireError):
        session.evaluate("x=3\n\nx\n\n(0 x)\n\nnosuch")
    assert said == ["x defined", "++ 3", "++ 0 3"]


def test_names_are_completed(session: Session) -> None:
    session.evaluate("= thread 3\n\nTHREE=3")
    assert session.complete("(3 (thr") == ("thr", ["thread", "thrice"])
    assert session.complete("(3 ") == ("", [])


def test_documentation_is_the_source_with_what_is_said_above_it(session: Session) -> None:
    assert session.documentation("thrice").split("\n") == [
        ";; thrice, a function of 2, of the module small",
        ";; What is",
        ";; three times.",
        "= (thrice f x)",
        "| f (f (f x))",
    ]
    assert session.documentation("k") == ";; k, of the module small\nk=3"
    session.evaluate("i=k")
    assert session.documentation("i") == ";; i, of the module REPL\n3"
    session.evaluate("* (= k k)")
    assert session.documentation("k") == ";; k, of the module REPL\nk=3"
    session.evaluate("j=4")
    assert session.documentation("j") == ";; j, of the module REPL\n4"


def test_a_law_is_shown_in_parts(session: Session) -> None:
    shown = session.law("thrice").split("\n")
    assert shown[0] == f";; pin {session.hash('thrice')}"
    assert shown[1:3] == [";; law {%thrice 2} of the body", ";;   (0 1 (0 1 0-1-2))"]
    assert shown[-1] == "(thrice a b)=(a (a a-b))"
    assert session.law("k") == ";; no law\n3"


def test_the_code_of_a_law_is_listed(session: Session) -> None:
    lines = session.code("thrice").split("\n")
    assert lines[0].startswith("thrice, arguments 2, registers ")
    assert "tapply" in lines[-1]
    assert session.code("k") == ";; no law"


def test_a_value_has_the_hash_of_its_pin(session: Session) -> None:
    assert session.hash("k") == vm.hash_text(vm.pin(3).hash)


def test_an_unknown_name_is_an_error_that_knows_better(session: Session) -> None:
    for ask in (session.documentation, session.law, session.hash):
        with pytest.raises(SireError, match="thrise is not defined") as caught:
            ask("thrise")
        assert caught.value.notes == ["did you mean thrice?"]


def test_what_changed_is_loaded_again(session: Session, tmp_path: Path) -> None:
    (tmp_path / "small.sire").write_text(SOURCE.replace("k=3", "k=4"))
    session.reload()
    assert session.value("k") == 4


def test_a_value_from_elsewhere_gets_a_name(session: Session) -> None:
    session.define("main", vm.row([1, 2]))
    assert session.evaluate("main") == ["++ [1 2]"]


def test_a_value_is_asked_for_without_a_trace(session: Session) -> None:
    before = session.compiler.state
    assert session.value("| thrice 3 1") == 4
    assert vm.equal(session.compiler.state, before)
    with pytest.raises(SireError):
        session.value("= y 3")


@pytest.mark.parametrize(
    ("lines", "open"),
    [
        (["(add 1 2)"], False),
        (["add 1 2"], False),
        (["| add 1 2"], True),
        (["| add 1 2", ""], False),
        (["= (f x)", "| add x"], True),
        (["} text"], True),
        (["(add 1"], False),
        ([""], False),
    ],
)
def test_the_layout_says_whether_a_form_is_open(lines: list[str], open: bool) -> None:
    assert is_open(lines) is open
