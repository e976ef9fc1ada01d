"""Reads Rex: from text to trees, one block after the other.

A block is a run of lines that belong together by indentation. Three steps make a tree of it:

    lex      a line becomes fragments: lone runes, and clumps (things written together without a space: `f-x`, `a(b)`)
    gather   lines become blocks: a lone rune opens one; an empty line, or a line further left, ends it
    lay out  a lone rune takes what follows further right as its sons, and what follows in its own column as its heir

Nothing here recurses, so that no input is too deep for the Python stack; trees deeper than MAX_DEPTH are refused, for
the sake of those who read trees.
"""

import re
from collections.abc import Iterator
from typing import Final, final

from sire.errors import SireError
from sire.rex import INFX, LINE, NEST, OPEN, PREF, SHUT, TEXT, WORD, Leaf, Node, Rex

MAX_DEPTH: Final = 1000
"""How deep sons may lie in sons. Heirs do not count: long texts and lists are chains of heirs."""

WORD_RUN: Final = re.compile(r"[A-Za-z0-9_]+")
RUNE_RUN: Final = re.compile(r"[$!#%&*+,\-./:<=>?@\\^`'|~]+")
SPACE_RUN: Final = re.compile(r" +")
CURLY: Final = re.compile(r"[{}]")

RUNIC: Final = frozenset("$!#%&*+,-./:<=>?@\\^`'|~")
WORDY: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
CLOSERS: Final = {"(": ")", "[": "]"}


@final
class Frag:
    """A lone rune (`rex` is None) or a clump. `at` is the column that counts for layout, from 0."""

    def __init__(self, at: int, rune: str, rex: Rex | None, pos: tuple[int, int]) -> None:
        self.at = at
        self.rune = rune
        self.rex = rex
        self.pos = pos


@final
class Frame:
    """An open bracket (or the line itself), what it holds so far, and the clump that is under way."""

    def __init__(self, closer: str, pos: tuple[int, int]) -> None:
        self.closer = closer
        self.pos = pos
        self.frags: list[Frag] = []
        self.clump: list[Rex | str] = []
        self.start = 0

    def add(self, element: Rex | str, column: int) -> None:
        if not self.clump:
            self.start = column
        self.clump.append(element)

    def end_clump(self) -> None:
        clump = self.clump
        if not clump:
            return
        pos = (self.pos[0], self.start + 1)
        first = clump[0]
        if len(clump) > 1:
            self.frags.append(Frag(self.start, "", tight(clump, pos), pos))
        elif isinstance(first, str):
            self.frags.append(Frag(self.start + len(first) - 1, first, None, pos))
        else:
            self.frags.append(Frag(self.start, "", first, pos))
        self.clump = []


@final
class Line:
    """One line of fragments. `tail` is the line text it ends with, if any, and `tail_at` that text's column."""

    def __init__(self, number: int, frags: list[Frag], note: bool, tail: Leaf | None, tail_at: int, size: int) -> None:
        self.number = number
        self.frags = frags
        self.note = note
        self.tail = tail
        self.tail_at = tail_at
        self.size = size

    @property
    def is_text(self) -> bool:
        """Whether the line holds a line text and nothing else."""
        return self.tail is not None and self.frags[0].rex is self.tail


# Lex ------------------------------------------------------------------------------------------------------------------


def lex(file: str, number: int, text: str) -> Line:
    """One line of text (without its line end) as fragments. Raises SireError."""
    if text.endswith("\r"):
        text = text[:-1]
    nul = text.find("\0")
    if nul >= 0:
        raise SireError(file, number, nul + 1, unexpected("\0"), text)
    width = len(text)
    frame = Frame("", (number, 1))
    outer: list[Frame] = []
    note = False
    tail: Leaf | None = None
    tail_at = 0
    i = 0
    while i < width:
        char = text[i]
        if char == " ":
            frame.end_clump()
            i = end_of(SPACE_RUN, text, i)
        elif char in WORDY:
            end = end_of(WORD_RUN, text, i)
            frame.add(Leaf(WORD, text[i:end], None, (number, i + 1)), i)
            i = end
        elif char in RUNIC:
            end = end_of(RUNE_RUN, text, i)
            following = text[end] if end < width else " "
            if following == " " or following == ";" or following == frame.closer:
                frame.end_clump()
            frame.add(text[i:end], i)
            i = end
        elif char == "(" or char == "[":
            if len(outer) >= MAX_DEPTH:
                raise SireError(file, number, i + 1, f"brackets nested more than {MAX_DEPTH} deep", text)
            outer.append(frame)
            frame = Frame(CLOSERS[char], (number, i + 1))
            i += 1
        elif char == frame.closer:
            frame.end_clump()
            done = frame
            frame = outer.pop()
            rex = paren(done.frags, done.pos) if char == ")" else bracket(file, done, text)
            frame.add(rex, done.pos[1] - 1)
            i += 1
        elif char == "{" or char == '"':
            end = end_of_curly(text, i) if char == "{" else text.find('"', i + 1)
            if end < 0:
                raise SireError(file, number, i + 1, f"this {char} is not closed on its line", text)
            frame.add(Leaf(TEXT, text[i + 1 : end], None, (number, i + 1)), i)
            i = end + 1
        elif char == "}":
            if i + 1 == width or text[i + 1] == " ":
                tail = Leaf(LINE, text[i + 2 :], None, (number, i + 1))
                tail_at = i
                frame.add(tail, i)
                break
            end = text.find(text[i + 1], i + 2)
            if end < 0:
                raise SireError(file, number, i + 1, f"this }} text is not closed by another {text[i + 1]}", text)
            frame.add(Leaf(TEXT, text[i + 2 : end], None, (number, i + 1)), i)
            i = end + 1
        elif char == ";":
            note = not outer and not frame.frags and not frame.clump
            break
        else:
            raise SireError(file, number, i + 1, unexpected(char), text)
    if outer:
        opener = "(" if frame.closer == ")" else "["
        raise SireError(file, number, frame.pos[1], f"this {opener} is not closed on its line", text)
    frame.end_clump()
    return Line(number, frame.frags, note, tail, tail_at, width)


def end_of(run: re.Pattern[str], text: str, start: int) -> int:
    found = run.match(text, start)
    assert found is not None
    return found.end()


def end_of_curly(text: str, start: int) -> int:
    """Where the `{` at `start` closes, or -1."""
    depth = 0
    for brace in CURLY.finditer(text, start):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return brace.start()
    return -1


def unexpected(char: str) -> str:
    if char == "\t":
        return "a tab; indent with spaces"
    if char == ")" or char == "]":
        return f"this {char} closes nothing"
    if char.isprintable():
        return f"unexpected character {char}"
    return f"unexpected character U+{ord(char):04X}"


# Clumps and brackets --------------------------------------------------------------------------------------------------


def tight(clump: list[Rex | str], pos: tuple[int, int]) -> Rex:
    """What is written without spaces: `-a` is a prefix, `a-b-c` an infix, `a(b)` gives a its heir."""
    first = clump[0]
    prefix = first if isinstance(first, str) else ""
    rune = ""
    done: list[Rex] = []
    tail: Rex | None = None
    for element in clump[1:] if prefix else clump:
        if isinstance(element, str):
            if rune and element != rune:
                done = [Node(SHUT, rune, done, None, done[0].pos)]
            rune = element
            tail = None
        else:
            if tail is None:
                done.append(element)
                tail = element
            else:
                tail.heir = element
            while tail.heir is not None:
                tail = tail.heir
    rex = Node(SHUT, rune, done, None, done[0].pos) if rune else done[0]
    return Node(PREF, prefix, [rex], None, pos) if prefix else rex


def paren(frags: list[Frag], pos: tuple[int, int]) -> Rex:
    """What stands in ( ): `(+ a b)`, `(a + b)` or `(f x)`; a thing alone is itself."""
    rune = ""
    done: list[Rex] = []
    run: list[Rex] = []
    for i, frag in enumerate(frags):
        if frag.rex is not None:
            run.append(frag.rex)
        elif not run:
            prefixed = prefix_forms(frags, i)
            if not rune:
                prefixed.pos = pos
                return prefixed
            done.append(prefixed)
            return Node(INFX, rune, done, None, pos)
        else:
            done.append(sequence(run, pos))
            run = []
            if rune and frag.rune != rune:
                done = [Node(INFX, rune, done, None, pos)]
            rune = frag.rune
    if not rune:
        return sequence(run, pos)
    done.append(sequence(run, pos))
    return Node(INFX, rune, done, None, pos)


def sequence(run: list[Rex], pos: tuple[int, int]) -> Rex:
    return run[0] if len(run) == 1 else Node(NEST, "|", run, None, pos)


def prefix_forms(frags: list[Frag], start: int) -> Node:
    """`+ a b - c d`, from a rune on: each rune takes all the rest, as in layout on one line."""
    top = Node(NEST, frags[start].rune, [], None, frags[start].pos)
    last = top
    for frag in frags[start + 1 :]:
        if frag.rex is not None:
            last.sons.append(frag.rex)
        else:
            inner = Node(NEST, frag.rune, [], None, frag.pos)
            last.sons.append(inner)
            last = inner
    return top


def bracket(file: str, frame: Frame, text: str) -> Rex:
    """What stands in [ ]: things, no lone runes."""
    sons: list[Rex] = []
    for frag in frame.frags:
        if frag.rex is None:
            line, column = frag.pos
            raise SireError(file, line, column, f"the rune {frag.rune} cannot stand alone within [ ]", text)
        sons.append(frag.rex)
    return Node(NEST, ",", sons, None, frame.pos)


# Layout ---------------------------------------------------------------------------------------------------------------


@final
class Open:
    """A rune whose sons are still coming."""

    def __init__(self, at: int, node: Node) -> None:
        self.at = at
        self.node = node

    def take(self, at: int, rex: Rex) -> None:
        """Son, or heir if it stands in the rune's own column. What follows an heir makes a son of it."""
        node = self.node
        if node.heir is not None:
            node.sons.append(node.heir)
            node.heir = rex
        elif at == self.at:
            node.heir = rex
        else:
            node.sons.append(rex)


def lay_out(frags: list[Frag]) -> Rex:
    """The tree of a block."""
    trees: list[Rex] = []
    stack: list[Open] = []
    for frag in frags:
        while stack and stack[-1].at > frag.at:
            done = stack.pop()
            stack[-1].take(done.at, done.node)
        if frag.rex is None:
            stack.append(Open(frag.at, Node(OPEN, frag.rune, [], None, frag.pos)))
        elif stack:
            stack[-1].take(frag.at, frag.rex)
        else:
            trees.append(frag.rex)
    while len(stack) > 1:
        done = stack.pop()
        stack[-1].take(done.at, done.node)
    if stack:
        trees.append(stack[0].node)
    return trees[0] if len(trees) == 1 else Node(OPEN, "|", trees, None, trees[0].pos)


def depth_within(rex: Rex, limit: int) -> bool:
    """Whether sons lie at most `limit` deep."""
    waiting: list[tuple[Rex, int]] = [(rex, 0)]
    while waiting:
        form, depth = waiting.pop()
        if depth > limit:
            return False
        if isinstance(form, Node):
            waiting.extend([(son, depth + 1) for son in form.sons])
        if form.heir is not None:
            waiting.append((form.heir, depth))
    return True


# Gather ---------------------------------------------------------------------------------------------------------------


@final
class BlockReader:
    """Takes lines, gives blocks. For a file use `read_blocks`; this is for what is typed line by line.

    After a SireError the block under way is forgotten, and the next line begins a new one.
    """

    def __init__(self, file: str, line: int = 1) -> None:
        self.file = file
        self.number = line
        self.lines: list[Line] = []
        self.deep = 0
        self.text = False

    @property
    def under_way(self) -> bool:
        """Whether a block has begun that the next line may go on with."""
        return bool(self.lines)

    def feed(self, text: str) -> list[tuple[Rex, int]]:
        """One line, without its line end; gives the blocks that it ends, each with the number of its first line."""
        number = self.number
        self.number += 1
        try:
            line = lex(self.file, number, text)
            return self.step(line)
        except SireError:
            self.lines = []
            raise

    def finish(self) -> list[tuple[Rex, int]]:
        """The end of the input."""
        if not self.lines:
            return []
        lines = self.lines
        self.lines = []
        return [self.block(lines)]

    def step(self, line: Line) -> list[tuple[Rex, int]]:
        if not line.frags:
            if not line.note or self.text:
                return self.finish()
            if self.lines:
                self.lines.append(line)
            return []
        first = line.frags[0]
        if self.lines:
            if first.at == self.deep and line.is_text if self.text else first.at >= self.deep:
                self.lines.append(line)
                return []
            return self.finish() + self.step(line)
        if first.rex is None or line.is_text:
            self.lines = [line]
            self.deep = first.at
            self.text = line.is_text
            return []
        return [self.block([line])]

    def block(self, lines: list[Line]) -> tuple[Rex, int]:
        frags: list[Frag] = []
        above: Line | None = None
        size = 0
        for line in lines:
            size += line.size
            tail = line.tail
            if above is not None and above.tail is not None and line.is_text and line.tail_at == above.tail_at:
                above.tail.heir = tail
            else:
                frags.extend(line.frags)
            above = line
        rex = lay_out(frags)
        if size > MAX_DEPTH and not depth_within(rex, MAX_DEPTH):
            raise SireError(self.file, lines[0].number, 1, f"this block is nested more than {MAX_DEPTH} deep")
        return rex, lines[0].number


def read_blocks(text: str, file: str = "<input>") -> Iterator[tuple[Rex, int]]:
    """The blocks of a text, each with the number of its first line. Raises SireError where it meets a fault."""
    check_encodable(text, file)
    reader = BlockReader(file)
    for line in text.split("\n"):
        yield from reader.feed(line)
    yield from reader.finish()


def decode(data: bytes, file: str = "<input>") -> str:
    """The text of a file. Raises SireError where it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        start = before.rfind(b"\n") + 1
        column = len(before[start:].decode("utf-8")) + 1
        end = data.find(b"\n", start)
        source = data[start : end if end >= 0 else len(data)].decode("utf-8", "replace")
        raise SireError(file, line, column, f"not UTF-8 text (byte 0x{data[error.start]:02X})", source) from None


def check_encodable(text: str, file: str) -> None:
    """Text that is no Unicode text (half of a surrogate pair) cannot become PLAN."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        before = text[: error.start]
        line = before.count("\n") + 1
        column = error.start - before.rfind("\n")
        raise SireError(file, line, column, unexpected(text[error.start])) from None
