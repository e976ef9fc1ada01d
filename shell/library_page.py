"""The manual's chapter on the library, made from its doc comments.

python -m shell.library_page > man/sire-library.7
"""

import re
import sys
import textwrap
from typing import Final

from sire import library_path
from sire.documentation import Entry, Page, pages

HEAD: Final = """\
.\\" Made by python -m shell.library_page from the comments in sire/lib: change those.
.Dd November 21, 2026
.Dt SIRE-LIBRARY 7
.Os
.Sh NAME
.Nm sire-library
.Nd the library of the language sire
.Sh DESCRIPTION
A program that imports
.Li prelude
has all of these modules but those that are said to be imported by name.
What a name takes and gives stands behind a
.Li > ,
for the reader: nothing checks it.
Small letters are any type,
.Li (a > b)
is a function,
.Li (a, b)
a row of two;
.Li Bit , Ord , Byte , Char , Str
are all numbers.
.Li Read a
is short for two functions and a result: what to do with the form that is wrong
and a message, and what to do with an
.Li a .
In the examples what is on the left of
.Li ==
is equal to what is on the right, and
.Li (crash)
is what ends the program.
.Pp
.Ql opsh doc NAME
shows one entry of this page,
.Ql opsh doc --search WORD
those that have a word in them.
"""

FOOT: Final = """\
.Sh SEE ALSO
.Xr opsh 1 ,
.Xr plan 7 ,
.Xr sire 7 ,
.Xr syscalls 7
"""

ALIASES: Final = "Another name"
"""How the title of a module begins that has only what another one has."""


def escaped(text: str) -> str:
    """A text that means itself in a page, wherever it stands on its line."""
    text = (
        text.replace("\\", "\\e")
        .replace("`", "\\(ga")
        .replace("'", "\\(aq")
        .replace("^", "\\(ha")
        .replace("~", "\\(ti")
    )
    return "\\&" + text if text.startswith(".") else text


def filled(text: str) -> list[str]:
    """Lines of running text, a new one for each sentence."""
    lines = []
    text = re.sub(r"`([^`]+)`", r'"\1"', text)
    for sentence in re.split(r"(?<=[.?!]) +(?=[A-Z0-9(])", text):
        lines += textwrap.wrap(sentence, 72, break_long_words=False, break_on_hyphens=False)
    return [escaped(line) for line in lines]


def verbatim(lines: list[str]) -> list[str]:
    return [".Bd -literal -offset indent", *(escaped(line) for line in lines), ".Ed"]


def prose(lines: list[str]) -> list[str]:
    """The text of a module: paragraphs, and indented lines as they are."""
    made: list[str] = []
    for block in re.split(r"\n{2,}", "\n".join(lines).strip("\n")):
        rows = block.split("\n")
        if rows[0].startswith("    "):
            made += verbatim([row[4:] for row in rows])
        else:
            made += [".Pp"] * bool(made) + filled(" ".join(rows))
    return made


def quoted(text: str) -> str:
    """A text as one argument of a macro."""
    return '"\\&' + escaped(text).replace('"', '""') + '"'


def entry_lines(entry: Entry) -> list[str]:
    sample = ([f"> {entry.type}"] if entry.type else []) + entry.sample
    named = re.findall(r"\w+", entry.call)
    first = re.match(r"\w+", entry.text)
    is_name = first is None or first[0] in named
    text = entry.text if is_name else entry.text[:1].upper() + entry.text[1:]
    return [f".It Ic {quoted(entry.call)}", *filled(text), *verbatim(sample)]


def heading(page: Page) -> str:
    return f".Sh {page.title.upper()} ({page.module})"


def page_lines(page: Page) -> list[str]:
    lines = [heading(page), *prose(page.words)]
    for title, entries in page.sections:
        if title:
            lines.append(f".Ss {escaped(title)}")
        lines += [".Bl -tag -width Ds", *(line for entry in entries for line in entry_lines(entry)), ".El"]
    return lines


def place(page: Page) -> tuple[int, str]:
    """In the order of the prelude's imports; it comes before them, and after them what it has not."""
    order = re.findall(r"^:\| (\w+)", (library_path() / "prelude.sire").read_text(), re.MULTILINE)
    order.insert(0, "prelude")
    return order.index(page.module) if page.module in order else len(order), page.module


def manual() -> str:
    """The page, as mdoc."""
    made: list[str] = []
    shared: set[str] = set()
    for page in sorted(pages(library_path()), key=place):
        if page.title.startswith(ALIASES):
            continue
        if page.template and page.template in shared:
            made += [heading(page), *prose(page.words)]
            continue
        shared.add(page.template)
        made += page_lines(page)
    return HEAD + "\n".join(made) + "\n" + FOOT


if __name__ == "__main__":
    sys.stdout.write(manual())
