"""Prints Rex: from trees to text that reads back as the same tree.

Closed forms go on one line. Open forms (and line texts) are laid out: sons to the right of their rune, the heir in its
column, and of several open sons each stands further left than the one before, for in the same column it would be the
other's heir. What can share a line does:

    | x | y            | x
          z     is         | y
      a                          z
                         a

A tree that has no text of its own mode (a prefix of two things, an open form within a closed one) is printed in the
nearest mode that has; runes, sons, heirs and texts stay.
"""

import re
from typing import Final, final

from sire.rex import INFX, LINE, NEST, OPEN, PREF, SHUT, WORD, Bad, Embed, Leaf, Node, Rex

PHRASE: Final = 40
"""Closed forms that follow one another share a line up to this width."""

STEP: Final = 4

NAME: Final = re.compile(r"[A-Za-z0-9_]+|[A-Za-z0-9_]*…")
"""What may stand as a word; the ellipsis is the mark of `sire.show` where it leaves something out."""

QUOTES: Final = "|#$!%&*+,-./:<=>?@\\^`'~_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def print_rex(rex: Rex) -> str:
    """The text of a tree, one or more lines, without a line end at its end. Raises ValueError if it holds a value."""
    out = Lines()
    work: list[Work] = [Work(0, rex, "", False)]
    while work:
        now = work.pop()
        form = now.rex
        if form is None:
            out.put(now.column, now.text)
            continue
        column = now.column
        if not now.settled:
            while column < padding(form):
                column = column + STEP if column else padding(form)
        if isinstance(form, Node) and form.mode == OPEN:
            plan: list[Work] = []
            kids = form.sons
            first = next((i for i, kid in enumerate(kids) if is_tall(kid)), len(kids))
            last = next((i for i in range(len(kids) - 1, first, -1) if is_tall(kids[i])), first) + 1
            start = column + 1 - len(form.rune)
            opening = phrases(kids[:first])
            plan.append(Work(start, None, form.rune + " " + opening[0] if opening else form.rune, True))
            plan += [Work(column + 2, None, phrase, True) for phrase in opening[1:]]
            plan += nested(kids[first:last], column)
            plan += [Work(column + 2, None, phrase, True) for phrase in phrases(kids[last:])]
            if form.heir is not None:
                plan.append(Work(column, form.heir, "", True))
            plan.reverse()
            work += plan
            continue
        tail = line_tail(form)
        text = print_line(form, tail)
        if tail is None:
            out.put(column, text)
            continue
        indent = len(text)
        lines, heir = line_texts(tail)
        for line in lines:
            out.put(column + indent - len(text), text + line)
            text = ""
        if heir is not None:
            work.append(Work(column + indent, heir, "", True))
    return out.text()


def print_line(rex: Rex, until: Rex | None = None) -> str:
    """The text of a tree on one line, all closed, up to the form `until`. Raises ValueError if it holds a value."""
    out: list[str] = []
    work: list[Rex | str] = [rex]
    while work:
        form = work.pop()
        if form is until:
            break
        if isinstance(form, str):
            out.append(form)
            continue
        if form.heir is not None:
            work += with_heirs(form, until)
            continue
        if isinstance(form, Leaf):
            out.append(leaf_text(form))
        elif isinstance(form, Node):
            work += closed(form)
        else:
            raise ValueError("a value has no text in Rex")
    return "".join(out)


@final
class Work:
    """A form, or a line of text, to be put at a column; `settled` if the column needs no more room for long runes."""

    def __init__(self, column: int, rex: Rex | None, text: str, settled: bool) -> None:
        self.column = column
        self.rex = rex
        self.text = text
        self.settled = settled


@final
class Lines:
    """Lines that share one where the next begins to the right of the last."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.parts: list[str] = []
        self.width = -1

    def put(self, column: int, text: str) -> None:
        if 0 <= self.width < column:
            self.parts.append(" " * (column - self.width))
        else:
            self.end()
            self.parts.append(" " * column)
        self.parts.append(text)
        self.width = column + len(text)

    def end(self) -> None:
        if self.width >= 0:
            self.done.append("".join(self.parts))
            self.parts = []

    def text(self) -> str:
        self.end()
        return "\n".join(self.done)


# Open forms -----------------------------------------------------------------------------------------------------------


def is_tall(rex: Rex) -> bool:
    """Whether the form takes more than a part of a line: it is open, or ends with a line text."""
    return (isinstance(rex, Node) and rex.mode == OPEN) or line_tail(rex) is not None


def line_tail(rex: Rex) -> Leaf | None:
    """The line text that a closed form ends with, as in `b#} text`."""
    form: Rex | None = rex
    while form is not None:
        if isinstance(form, Leaf) and form.shape == LINE:
            return form
        if form.heir is not None:
            form = form.heir
        elif isinstance(form, Node) and mode_on_line(form) in (PREF, SHUT):
            form = form.sons[-1]
        else:
            return None
    return None


def line_texts(leaf: Leaf) -> tuple[list[str], Rex | None]:
    """The lines of a line text, which is a chain of heirs, and the heir of the last, if it has one."""
    lines = leaf.text.split("\n")
    heir = leaf.heir
    while isinstance(heir, Leaf) and heir.shape == LINE:
        lines += heir.text.split("\n")
        heir = heir.heir
    return ["} " + line if line else "}" for line in lines], heir


def padding(rex: Rex) -> int:
    """The room that the runes of a form and of its heirs need to the left of its column."""
    room = 0
    form: Rex | None = rex
    while isinstance(form, Node) and form.mode == OPEN:
        room = max(room, len(form.rune) - 1)
        form = form.heir
    return room


def phrases(forms: list[Rex]) -> list[str]:
    """Closed forms, several on a line as far as they fit."""
    lines: list[str] = []
    for text in [print_line(form) for form in forms]:
        if lines and len(lines[-1]) + 1 + len(text) <= PHRASE:
            lines[-1] += " " + text
        else:
            lines.append(text)
    return lines


def nested(forms: list[Rex], column: int) -> list[Work]:
    """Open sons, and what stands between them: the last is nearest to the rune, each one before it further right."""
    blocks: list[list[Rex]] = []
    for form in forms:
        if is_tall(form) or not blocks or is_tall(blocks[-1][0]):
            blocks.append([form])
        else:
            blocks[-1].append(form)
    plan: list[Work] = []
    for block in reversed(blocks):
        column += STEP
        if is_tall(block[0]):
            while column < padding(block[0]):
                column += STEP
            plan.append(Work(column, block[0], "", True))
        else:
            plan += [Work(column, None, phrase, True) for phrase in reversed(phrases(block))]
    plan.reverse()
    return plan


# Closed forms ---------------------------------------------------------------------------------------------------------


def closed(node: Node) -> list[Rex | str]:
    """What a node without heir consists of on one line, last first."""
    mode = mode_on_line(node)
    rune = node.rune
    sons = node.sons
    parts: list[Rex | str] = []
    if mode == PREF:
        parts = [rune, *reversed(wrapped(sons[0]) if is_shut(sons[0]) else [sons[0]])]
    elif mode == SHUT:
        for son in sons:
            if parts:
                parts.append(rune)
            parts += reversed(wrapped(son)) if is_shut(son) else [son]
    elif mode == INFX:
        for son in sons:
            parts.append(f" {rune} " if parts else "(")
            if is_call(son):
                for i, part in enumerate(son.sons if isinstance(son, Node) else []):
                    parts += [" ", part] if i else [part]
            else:
                parts.append(son)
        parts.append(")")
    else:
        opener, closer = ("[", "]") if rune == "," else ("(", ")")
        parts.append(opener)
        if rune != "," and not (rune == "|" and len(sons) != 1):
            parts.append(rune + " " if sons else rune)
        for i, son in enumerate(sons):
            parts += [" ", son] if i else [son]
        parts.append(closer)
    parts.reverse()
    return parts


def mode_on_line(node: Node) -> str:
    """The mode, or NEST if the node has no such text."""
    count = len(node.sons)
    if (node.mode == PREF and count == 1) or (node.mode in (INFX, SHUT) and count > 1):
        return node.mode
    return NEST


def is_call(rex: Rex) -> bool:
    """Whether the form needs no parentheses between the runes of an infix."""
    return isinstance(rex, Node) and rex.mode == NEST and rex.rune == "|" and rex.heir is None and len(rex.sons) > 1


def is_shut(rex: Rex) -> bool:
    """Whether the form must be wrapped where something is written right before or behind it."""
    return isinstance(rex, Node) and rex.heir is None and mode_on_line(rex) in (PREF, SHUT)


def with_heirs(rex: Rex, until: Rex | None) -> list[Rex | str]:
    """A form and its heirs, one by one, last first: `f(x)[y]`. A word behind a word needs parentheses."""
    parts: list[Rex | str] = []
    after_word = False
    form: Rex | None = rex
    while form is not None and form is not until:
        alone = without_heir(form)
        wrap = is_shut(alone) or (after_word and is_word(alone))
        parts += reversed(wrapped(alone)) if wrap else [alone]
        after_word = after_word or is_word(alone)
        form = form.heir
    if form is not None:
        parts.append(form)
    parts.reverse()
    return parts


def is_word(rex: Rex) -> bool:
    return isinstance(rex, Leaf) and rex.shape == WORD and NAME.fullmatch(rex.text) is not None


def wrapped(rex: Rex) -> list[Rex | str]:
    """The form in parentheses, last part first. (It is one form, so they do not change the tree.)"""
    return [")", rex, "("]


def without_heir(rex: Rex) -> Rex:
    if isinstance(rex, Leaf):
        return Leaf(rex.shape, rex.text, None, rex.pos)
    if isinstance(rex, Node):
        return Node(rex.mode, rex.rune, rex.sons, None, rex.pos)
    return Embed(rex.value) if isinstance(rex, Embed) else Bad(rex.value)


def leaf_text(leaf: Leaf) -> str:
    if leaf.shape == WORD and NAME.fullmatch(leaf.text):
        return leaf.text
    return quoted(leaf.text)


def quoted(text: str) -> str:
    """A text between quotes; a line end, which no quotes can hold, becomes a sign for it."""
    text = text.replace("\n", "␤")
    if balanced(text):
        return "{" + text + "}"
    if len(text) < 8 and "_" not in text and " " not in text:
        return "}_" + text + "_"
    quote = next((quote for quote in QUOTES if quote not in text), "")
    code = 0x2500
    while not quote:
        quote = "" if chr(code) in text else chr(code)
        code += 1
    return "}" + quote + text + quote


def balanced(text: str) -> bool:
    """Whether every curly brace of the text has its partner."""
    depth = 0
    for char in text:
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0
