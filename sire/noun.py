"""Rex as PLAN: the form in which macros take trees and give them back.

    leaf    (<{"##WORD" 3 0}> text heir)              also ##TEXT, ##LINE
    node    (<{"##NEST" 4 0}> rune sons heir)         also ##OPEN, ##INFX, ##PREF, ##SHUT; sons is a row
    embed   (<{"##EMBD" 2 0}> value)

Texts and runes are nats, no heir is 0. The constructors are known by their content, whoever made the pin.
"""

from typing import Final, final

from sire.rex import INFX, LINE, NEST, OPEN, PREF, SHUT, TEXT, WORD, Bad, Embed, Leaf, Node, Pos, Rex
from vm import App, Law, Pin, Row, Value, law, pin, text, utf8

EMBD: Final = "EMBD"


def constructor(shape: str, args: int) -> Pin:
    return pin(law(utf8("##" + shape), args, 0))


LEAVES: Final = {shape: constructor(shape, 3) for shape in (WORD, TEXT, LINE)}
NODES: Final = {mode: constructor(mode, 4) for mode in (OPEN, NEST, INFX, PREF, SHUT)}
EMBED: Final = constructor(EMBD, 2)

ARITIES: Final = {EMBD: 2} | dict.fromkeys(LEAVES, 3) | dict.fromkeys(NODES, 4)
SHAPES: Final = {utf8("##" + shape): shape for shape in ARITIES}


@final
class Nouns:
    """Converts both ways and remembers what it has converted.

    A macro mostly hands back the very forms that it was given. Those come back as the very trees that they were, with
    their places in the source, and cost nothing. Forms that a macro made get the place `pos`. Make one of these for
    each block: it keeps alive all that went through it.
    """

    def __init__(self) -> None:
        self.known: dict[int, Rex] = {}

    def to_noun(self, rex: Rex) -> Value:
        """The PLAN form of a tree, a normal value."""
        if rex.noun is None:
            waiting = [rex]
            while waiting:
                form = waiting[-1]
                before = len(waiting)
                if form.noun is None:
                    if form.heir is not None and form.heir.noun is None:
                        waiting.append(form.heir)
                    if isinstance(form, Node):
                        for son in form.sons:
                            if son.noun is None:
                                waiting.append(son)
                if len(waiting) == before:
                    waiting.pop()
                    if form.noun is None:
                        form.noun = build(form)
                    self.known[id(form.noun)] = form
        self.known[id(rex.noun)] = rex
        return rex.noun

    def from_noun(self, value: Value, pos: Pos | None = None) -> Rex:
        """The tree of a PLAN form. What is no form, at any depth, becomes `Bad`."""
        known = self.known.get(id(value))
        if known is not None:
            return known
        top = self.form(value, pos)
        waiting = [top]
        while waiting:
            form = waiting.pop()
            noun = form.noun
            if not isinstance(noun, App) or isinstance(form, (Bad, Embed)):
                continue
            heir = noun.args[-1]
            if heir != 0:
                form.heir = self.known.get(id(heir))
                if form.heir is None:
                    form.heir = self.form(heir, pos)
                    waiting.append(form.heir)
            if isinstance(form, Node):
                row = noun.args[1]
                assert isinstance(row, Row)
                for item in row.items:
                    son = self.known.get(id(item))
                    if son is None:
                        son = self.form(item, pos)
                        waiting.append(son)
                    form.sons.append(son)
        return top

    def form(self, value: Value, pos: Pos | None) -> Rex:
        """The form itself, without its sons and heir."""
        rex = bare(value, pos)
        if not isinstance(rex, Bad):
            rex.noun = value
            self.known[id(value)] = rex
        return rex


def bare(value: Value, pos: Pos | None) -> Rex:
    if isinstance(value, App):
        head = value.head
        args = value.args
        if isinstance(head, Pin):
            made = head.item
            if isinstance(made, Law) and isinstance(made.body, int) and made.body == 0:
                shape = SHAPES.get(made.name, "")
                arity = ARITIES.get(shape, 0)
                if arity == made.args and len(args) == arity - 1:
                    if arity == 2:
                        return Embed(args[0], None, pos)
                    first = args[0]
                    written = text(first) if isinstance(first, int) else None
                    if written is not None:
                        if arity == 3:
                            return Leaf(shape, written, None, pos)
                        if isinstance(args[1], Row):
                            return Node(shape, written, [], None, pos)
    return Bad(value, pos)


def build(form: Rex) -> Value:
    """The PLAN form of a tree whose sons and heir have theirs."""
    heir: Value = 0 if form.heir is None else form.heir.noun
    if isinstance(form, Leaf):
        return App(LEAVES[form.shape], [utf8(form.text), heir])
    if isinstance(form, Node):
        return App(NODES[form.mode], [utf8(form.rune), Row([son.noun for son in form.sons]), heir])
    if isinstance(form, Embed):
        return App(EMBED, [form.value])
    return form.value


def to_noun(rex: Rex) -> Value:
    """The PLAN form of a tree, a normal value."""
    return Nouns().to_noun(rex)


def from_noun(value: Value) -> Rex:
    """The tree of a PLAN form. What is no form, at any depth, becomes `Bad`."""
    return Nouns().from_noun(value)
