"""The examples of Pallas's reference documentation, run in our library.

Needs the documentation: set OPSH_PALLAS_DOC to the folder `doc` of Pallas's repository.
"""

import os
import re
from pathlib import Path

import pytest

from sire import Loader, Session, SireError, library_path

FOLDER = os.environ.get("OPSH_PALLAS_DOC")

SLIPS = 37
"""How many of the examples say what does not hold in Pallas either: wrong results, prose in the place of a value."""

pytestmark = pytest.mark.skipif(not FOLDER, reason="OPSH_PALLAS_DOC names no documentation of Pallas")


def examples(text: str) -> list[tuple[int, str, str]]:
    """Line, left and right side of every line `left    == right` in a block of code."""
    found = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
            continue
        match = re.match(r"\s*(\S.*?)\s+==\s+(.*)$", line)
        if inside and match:
            right = re.sub(r"\s(;.*|\(out of bounds\)|\(fallback\))$", "", match[2]).strip()
            found.append((number, match[1], right))
    return found


def test_the_examples_of_the_reference_hold() -> None:
    session = Session(Loader())
    session.load(library_path() / "prelude.sire", show=False)
    held = 0
    failed = []
    for page in sorted((Path(FOLDER or "") / "reference").rglob("*.md")):
        for number, left, right in examples(page.read_text()):
            if left == "div 5 0":  # never ends, there as here
                failed.append(f"{page.name}:{number}: {left} == {right}")
                continue
            try:
                session.evaluate(f"=?= (| {right}) (| {left})")
                held += 1
            except SireError as error:
                failed.append(f"{page.name}:{number}: {left} == {right}: {error}")
    assert held > 1180
    assert len(failed) <= SLIPS, "\n".join(failed)
