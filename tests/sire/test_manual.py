"""What the manual pages of the two notations say is so."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import vm
from sire import Loader, Session, library_path
from sire.loot import read

MANUAL = Path(__file__).parents[2] / "man"
PAGE = MANUAL / "sire.7"


def programs() -> list[str]:
    """The blocks of the page that define something or are an expression by themselves."""
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [block.replace(r"\e", "\\") for block in blocks if re.search(r"^(= |@@|\| add|# rec)", block, re.MULTILINE)]


@pytest.fixture(scope="module")
def session() -> Session:
    session = Session(Loader(cache=None))
    session.load(library_path() / "prelude.sire", show=False)
    return session


@pytest.mark.parametrize("program", programs())
def test_the_programs_run(session: Session, program: str) -> None:
    if program.startswith("####"):
        program = program.split("\n", 2)[2]
    assert session.evaluate(program)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("| add\n    | mul 2 3\n| mul 4 5", "26"),
        ("@@   = even (x & if x (odd (dec x)) 1)\n     = odd  (x & if x (even (dec x)) 0)\n | even 9", "0"),
        ("^ sub _ 3\n| mul 2 5", "7"),
        ("@ x 3\n[=x]", "[x=3]"),
        ("@ x %hi\n# switch x\n* 3     | {three}\n* %hi   | {a greeting}\n* _     | {something else}", "{a greeting}"),
        ("[12 1_000 0xff 0b101]", "[12 1000 255 5]"),
        ("%[a b c]", "%[a b c]"),
        ("~[1 2]", "[1 [2 0]]"),
        ("[b#word b#{some text} x#00ff]", "[b#word b#{some text} x#00ff]"),
        ("(f x & f-x)-inc-4", "5"),
        ("(nat.add 1 2)", "3"),
        ("(area (BOX 3 4))", "12"),
        ("(getX (setX 5 (POINT 3 4)))", "5"),
    ],
)
def test_the_forms_mean_what_it_says(session: Session, expression: str, value: str) -> None:
    session.evaluate(next(program for program in programs() if "record" in program))
    assert session.evaluate(expression)[-1] == f"++ {value}"


def test_the_examples_of_loot_can_be_read() -> None:
    synopsis, function = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", (MANUAL / "loot.7").read_text(), re.M | re.S)
    row = read(synopsis)
    assert isinstance(row, vm.Row)
    assert len(row.items) == 3
    law = read(f"(mul a b)=a\n\n(add a b)=b\n\n{function}")
    assert isinstance(law, vm.Pin)
    inner = [pin.item for pin in law.refs]
    assert [law.name for law in inner if isinstance(law, vm.Law)] == [vm.utf8("mul"), vm.utf8("add")]


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
@pytest.mark.parametrize("page", ["sire.7", "sire-library.7", "loot.7", "jets.7"])
def test_the_pages_are_clean(page: str) -> None:
    done = subprocess.run(["mandoc", "-Tlint", "-W", "style", str(MANUAL / page)], capture_output=True, text=True)
    assert [line for line in done.stdout.splitlines() if "referenced manual not found" not in line] == []
