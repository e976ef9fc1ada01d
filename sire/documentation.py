"""What a module's comments say about its names: for `opsh doc`, the console's `:doc`, the manual and their test.

A doc comment stands right above a definition. Its first line is the call as one writes it, a colon, and a sentence;
what is indented by four blanks or more is the type and examples:

    ;; listTake n xs: the first n items of a list, all of them if there are fewer.
    ;;     > Nat > List a > List a
    ;;     listTake 2 ~[1 2 3]    == ~[1 2]

An example is `left == right` on one line, or lines of layout of which the last begins with `==`; `(crash)` on the right
says that the left crashes. Lines without any `==`, up to an empty one, are run for what they define.
Several doc comments may follow each other, for names that a macro makes. The comments of a whole module begin with four
semicolons, those that head a section with three and end with more.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, final

CALL: Final = re.compile(r";; (?! )(.*?[^:\s]):(?: (.*))?$")
RUNE: Final = r"[$!#%&*+,\-./:<=>?@\\^`'|~]+"
NAME: Final = re.compile(rf"\{{({RUNE}\w*)\}}|# (\w+)|\w+ ({RUNE})(?= )|({RUNE})|(\w+)")
SECTION: Final = re.compile(r";;; (.*?) ;;;+$")
EXPORT: Final = re.compile(r"\^-\^(?= |$)(.*)")
EXPORTED: Final = re.compile(r"\{([^}]*)\}|(\w+)")
SHARED: Final = re.compile(r";; As in `(\w+)`, where (\w+) is (\w+)\.$")
EQUALS: Final = re.compile(r"(?:(.*\S)\s+|\s*)== (.*)$")
APART: Final = re.compile(r"    (?:(\S.*?) {2,}| *)== (\S.*)$")
DEFINES: Final = re.compile(r" *(?:#?= |> |\(0 #=|[({\w][^;]*=[^=]|# )")


@final
class Example:
    """`left` and what it is equal to; `right` is empty if `left` is there for what it defines."""

    def __init__(self, left: str, right: str, line: int) -> None:
        self.left: str = left
        self.right: str = right
        self.line: int = line


@final
class Entry:
    """What is said about one name. `call` is how it is written, `type` is empty for macros."""

    def __init__(self, name: str, call: str, module: str, file: Path, line: int) -> None:
        self.name: str = name
        self.call: str = call
        self.module: str = module
        self.file: Path = file
        """Where it is said: in the module's file, or in that of its template."""
        self.line: int = line
        self.type: str = ""
        self.words: list[str] = []
        """Lines of text."""
        self.sample: list[str] = []
        """The lines of the examples, as they are written."""
        self.first: int = line
        """The line that these begin on."""

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def examples(self) -> list[Example]:
        return examples(self.sample, self.first)

    def lines(self) -> list[str]:
        """As a person reads it."""
        sample = [f"> {self.type}"] if self.type else []
        sample += self.sample
        lines = [f"{self.call}: {self.words[0]}" if self.words else self.call, *self.words[1:]]
        return [*lines, "", *("    " + line if line else "" for line in sample)] if sample else lines


@final
class Page:
    """What is said in one module: its own text, in Markdown's plainest form, and its entries by section."""

    def __init__(self, module: str, file: Path) -> None:
        self.module: str = module
        self.file: Path = file
        self.title: str = ""
        self.words: list[str] = []
        """The lines of its text; examples are indented."""
        self.first: int = 0
        """The line that these begin on."""
        self.sections: list[tuple[str, list[Entry]]] = []
        self.exports: list[str] = []
        self.template: str = ""
        """The module that has its entries for a letter in the place of a value."""

    @property
    def entries(self) -> list[Entry]:
        return [entry for _, entries in self.sections for entry in entries]


def pages(folder: Path) -> list[Page]:
    """The pages of all modules in a folder. Raises OSError."""
    return [read_page(file) for file in sorted(folder.glob("*.sire"))]


def read_page(file: Path) -> Page:
    """The page of a module's source. Raises OSError."""
    page = Page(file.stem, file)
    lines = file.read_text(errors="replace").split("\n")
    page.exports = exports(lines)
    read_lines(page, lines)
    return page


def read_lines(page: Page, lines: list[str]) -> None:
    """Puts what the lines of a source say into a page."""
    section: list[Entry] = []
    page.sections.append(("", section))
    number = 0
    while number < len(lines):
        line = lines[number]
        end = number + 1
        title = SECTION.match(line)
        shared = SHARED.match(line)
        if line.startswith(";;;;") and not page.title:
            end = block_end(lines, number, ";;;;")
            page.title = line[4:].strip()
            page.words = [text[5:] for text in lines[number + 1 : end]]
            page.first = number + 2
            while page.words and not page.words[0].strip("= "):
                del page.words[0]
                page.first += 1
        elif title is not None:
            section = []
            page.sections.append((title[1], section))
        elif shared is not None:
            page.template = shared[1]
            page.sections += template(page, shared[1], shared[2], shared[3])
        elif line.startswith(";; "):
            end = block_end(lines, number, ";; ")
            section += read_entries(lines, number, end, page)
        number = end
    page.sections = [(title, entries) for title, entries in page.sections if entries]


def template(page: Page, module: str, letter: str, value: str) -> list[tuple[str, list[Entry]]]:
    """The sections of another module for names that end in a letter, with a value in its place."""
    file = page.file.with_name(module + ".sire")
    lines = file.read_text(errors="replace").split("\n")
    names = [call_name(found[1]) for found in map(CALL.match, lines) if found is not None]
    names = [name for name in names if name.endswith(letter)]
    words = re.compile(rf"\b({'|'.join([letter, *names])})\b")
    copy = Page(page.module, file)
    copy.title = module
    copy.exports = [name[: -len(letter)] + value for name in names]
    read_lines(copy, [words.sub(lambda found: found[1][: -len(letter)] + value, line) for line in lines])
    return copy.sections


def block_end(lines: list[str], start: int, mark: str) -> int:
    """Where the lines that begin so end."""
    end = start
    while end < len(lines) and (lines[end] + " ").startswith(mark):
        end += 1
    return end


def exports(lines: list[str]) -> list[str]:
    """The names that a module exports, as far as its last lines tell; none if it exports all that it has."""
    names: list[str] = []
    for line in lines:
        found = EXPORT.match(line)
        if found is not None:
            names += [rune or word for rune, word in EXPORTED.findall(found[1])]
    return names


def call_name(call: str) -> str:
    """The name in a call: a word, or the rune that is seen in it."""
    found = NAME.match(call)
    if found is None:
        return ""
    plain, hashed, between, rune, word = found.groups()
    return plain or (hashed and "#" + hashed) or between or rune or word or ""


def read_entries(lines: list[str], start: int, end: int, page: Page) -> list[Entry]:
    """The entries of a comment. In a module that does not say what it exports, the last one is for what is below."""
    entries: list[Entry] = []
    sample = False
    below = lines[end] if end < len(lines) else ""
    for number in range(start, end):
        text = lines[number][3:]
        found = CALL.match(lines[number])
        name = call_name(found[1]) if found is not None else ""
        call = found[1] if found is not None else ""
        if name in page.exports or (name and not page.exports and DEFINES.match(below) and name in below):
            if call.startswith("{" + name + "} "):
                call = call[len(name) + 3 :]
            entry = Entry(name, call, page.module, page.file, number + 1)
            if found is not None and found[2]:
                entry.words.append(found[2])
            entries.append(entry)
            sample = False
        elif entries:
            entry = entries[-1]
            if text.startswith("    > ") and not entry.type and not entry.sample:
                entry.type = text[6:].strip()
            elif text.startswith("    "):
                if not entry.sample:
                    entry.first = number + 1
                entry.sample.append(text[4:].rstrip())
                sample = True
            elif text and not sample:
                entry.words.append(text)
            elif sample:
                entry.sample.append("")
    for entry in entries:
        while entry.sample and not entry.sample[-1]:
            entry.sample.pop()
    if entries and not entries[-1].type and below.startswith("> "):
        entries[-1].type = below[2:].strip()
    return entries


def examples(lines: list[str], first: int) -> list[Example]:
    """The examples in lines of which the first has that number."""
    found: list[Example] = []
    waiting: list[str] = []
    for number, line in enumerate([*lines, ""], first):
        equal = EQUALS.match(line)
        if equal is not None:
            left = [*waiting, equal[1]] if equal[1] else waiting
            found.append(Example("\n".join(left), equal[2], number - len(waiting)))
            waiting = []
        elif line.strip():
            waiting.append(line)
        elif waiting:
            found.append(Example("\n".join(waiting), "", number - len(waiting)))
            waiting = []
    return found


def text_examples(page: Page) -> list[Example]:
    """The examples in the text of a module: indented lines with a `==` that stands apart, and blocks that define."""
    found: list[Example] = []
    block: list[str] = []
    for number, line in enumerate([*page.words, ""], page.first):
        equal = APART.match(line)
        if equal is not None:
            left = equal[1] or (block[-1] if block else "")
            found.append(Example(left, equal[2], number))
        if line.startswith("    "):
            block.append(line[4:])
            continue
        if block and block[0].startswith("= "):
            found.append(Example("\n".join(block), "", number - len(block)))
        block = []
    return found


def named(pages: list[Page], name: str) -> list[Entry]:
    """The entries of a name, and of the macro `# name`."""
    return [entry for page in pages for entry in page.entries if entry.name in (name, "#" + name)]


def search(pages: list[Page], word: str) -> Iterator[Entry]:
    """The entries that have a word in them, those with the word in their name first."""
    word = word.lower()
    entries = [entry for page in pages for entry in page.entries]
    named = [entry for entry in entries if word in entry.name.lower()]
    yield from named
    for entry in entries:
        if entry not in named and word in f"{entry.call} {entry.type} {entry.text}".lower():
            yield entry
