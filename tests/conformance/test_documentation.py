"""The examples of Pallas's reference documentation, run in our library.

Needs the documentation: OPSH_PALLAS_DOC is the folder `doc` of Pallas's repository. Where OPSH_PALLAS_SIRE is its
folder `sire`, an example that does not hold here must not hold in Pallas's own library either.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sire import Loader, Session, SireError, library_path

FOLDER = os.environ.get("OPSH_PALLAS_DOC")
SOURCES = os.environ.get("OPSH_PALLAS_SIRE")
ENDLESS = "div 5 0"
SLIPS = 37
"""How many of the 1,244 say what does not hold in Pallas either: wrong results, prose in the place of a value."""

NAME = re.compile(r"[a-z_]\w*|[A-Z]{2,}|#\w+")

pytestmark = pytest.mark.skipif(not FOLDER, reason="OPSH_PALLAS_DOC names no documentation of Pallas")


def pages() -> list[Path]:
    return sorted((Path(FOLDER or "") / "reference").rglob("*.md"))


def examples(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, left and right side of every line `left    == right` in a block of code."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = line.strip(" `") != "" or not inside  # with a language's name it always opens a block
            continue
        match = re.match(r"\s*(\S.*?)\s+==\s+(.*)$", line)
        if inside and match:
            yield number, match[1], re.sub(r"\s(;.*|\(out of bounds\)|\(fallback\))$", "", match[2]).strip()


def session(prelude: Path) -> Session:
    made = Session(Loader())
    made.load(prelude, show=False)
    return made


def holds(session: Session, left: str, right: str) -> bool:
    if left == ENDLESS:
        return False
    try:
        session.evaluate(f"=?= (| {right}) (| {left})")
    except SireError:
        return False
    return True


@pytest.mark.timeout(1200)
def test_the_examples_of_the_reference_hold() -> None:
    ours = session(library_path() / "prelude.sire")
    found = [(page.name, *example) for page in pages() for example in examples(page.read_text())]
    failed = [example for example in found if not holds(ours, *example[2:])]
    assert len(found) > 1240
    assert len(failed) <= SLIPS, "\n".join(map(str, failed))
    if SOURCES:
        theirs = session(Path(SOURCES) / "prelude.sire")
        assert [example for example in failed if holds(theirs, *example[2:])] == []


def test_every_name_of_the_reference_is_there() -> None:
    ours = set(session(library_path() / "prelude.sire").names)
    documented: set[str] = set()
    for page in pages():
        for heading in re.findall(r"^##+ (.*)$", page.read_text(), re.MULTILINE):
            words = [word.strip("`{}\u200b") for word in re.split(r"[\s,/]+", heading.strip())]
            if page.parent.name == "standard-library" and all(NAME.fullmatch(word) for word in words):
                documented |= set(words)
    assert len(documented) > 430
    assert documented - ours == set()
