"""Runs the examples in a module's doc comments where a person would try them: with the prelude and the module."""

from typing import final

import vm
from sire.documentation import Example, Page, text_examples
from sire.errors import SireError
from sire.loader import Loader, library_path
from sire.session import Session
from sire.show import show

CRASH = "(crash)"


@final
class Failure:
    """An example that does not hold, and what it came to."""

    def __init__(self, example: Example, reason: str) -> None:
        self.example: Example = example
        self.reason: str = reason


def failures(loader: Loader, page: Page) -> list[Failure]:
    """The examples of a page that do not hold. What the examples of one entry define, those of others do not see.

    Raises SireError, OSError if the module cannot be loaded.
    """
    session = Session(loader)
    session.load(library_path() / "prelude.sire", show=False)
    session.load(page.file, show=False)
    start = session.compiler.state
    failed: list[Failure] = []
    for examples in [text_examples(page), *(entry.examples for entry in page.entries)]:
        session.compiler.restore(start)
        for example in examples:
            reason = wrong(session, example)
            if reason:
                failed.append(Failure(example, reason))
    return failed


def wrong(session: Session, example: Example) -> str:
    """What is wrong with an example, empty if it holds."""
    try:
        if not example.right:
            session.evaluate(example.left)
            return ""
        left = session.value(example.left)
    except SireError as error:
        return "" if example.right == CRASH and "crashed" in error.message else error.message
    if example.right != CRASH:
        try:
            right = session.value(example.right)
        except SireError as error:
            return error.message
        if vm.equal(left, right):
            return ""
    return f"it is {show(left, max_chars=200)}"
