"""Shows any PLAN value as Rex text: what `trk` prints and the console answers.

    5  %word  {some text}  nats: numbers, or text where they spell some      b#text x#00ff  bars
    [a b]  rows    [k=v j=w]  tabs    %[a b]  sets    C3  cows               (f x)  apps
    add  pin@2q8Vx1  pins, by the name of their law, or by the head of their hash
    ((f a b) ? body)  laws    (a b) & body  laws without a name
    `tree  the PLAN form of Rex, read back

What is too wide for one line is laid out: `++` rows, `##` tabs, `%%` sets, `|` apps, one item a line. The output is
bounded: an ellipsis stands for what is left out.

A nat does not know whether it was meant as a number. Below 2^16 it is one, except that two small letters are a word
(`%ok`); above, whatever is all printable is text.

With a `Lexicon` nothing is left out and everything has a name of its own, so that the text can be read back:
`sire.loot` does that.

The value is walked without recursion: each thing to be shown is an `Item`, and an item's form is made once its parts
have theirs. A form is `Shown`: a tree, and its width if that fits on a line.
"""

import re
from typing import Final, final

from sire.noun import Nouns, bare
from sire.printer import print_line, print_rex
from sire.rex import INFX, LINE, NEST, OPEN, PREF, SHUT, TEXT, WORD, Bad, Embed, Leaf, Node, Rex
from vm import App, Bar, Cow, Law, Pin, Row, Set, Tab, Value, hash_text

MAX_CHARS: Final = 20_000
MAX_DEPTH: Final = 100
MARGIN: Final = 25
"""A form this much narrower than the page stays on one line."""

SHORT: Final = 40
"""Texts of this length and more get lines of their own."""

SMALL: Final = 1 << 16
HUGE: Final = 1 << 512
"""Nats from here on are shown by their first digits."""

WHOLE: Final = 1 << 60
"""A budget that is never used up."""

MAX_ARGS: Final = 26
"""Of more arguments than these, a law's head shows the first."""

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NOT_FREE: Final = re.compile(r"_|C[0-9]+|part_[0-9]+")
"""Names that mean something else where there is a lexicon."""

WORDY: Final = re.compile(r"[A-Za-z0-9_]+")
LETTERS: Final = re.compile(r"[A-Za-z]+")
SMALL_LETTERS: Final = re.compile(r"[a-z]{2}")

VALUE: Final = 0
KEY: Final = 1
WORD_KEY: Final = 2
BODY: Final = 3
TOP: Final = 4
LEFT_OUT: Final = 5


def show(value: Value, width: int = 80, max_chars: int = MAX_CHARS) -> str:
    """The Rex text of a normal value: one line, or several if it does not fit into `width` columns.

    A pin is shown by what is in it; inside other values, by its name. About `max_chars` characters are shown.
    """
    painter = Painter(width, max_chars)
    if isinstance(value, Pin):
        return cut(print_rex(painter.definition(value)), max_chars)
    shown = painter.paint(Item(VALUE, value, 0, NO_NAMES, 0))
    rex = shown.tree if shown.tree is not None else in_parentheses(shown.rex)
    return cut(print_rex(rex), max_chars)


def show_trk(value: Value, width: int = 80, max_chars: int = MAX_CHARS) -> str:
    """The text of a trk entry: `++ ` and the value, as if it were the only item of a row that is laid out."""
    item = Item(VALUE, value, 0, NO_NAMES, 0)
    Painter(width, max_chars).paint(item)
    return cut(print_rex(Node(OPEN, "++", spread(item))), max_chars)


def cut(shown: str, max_chars: int) -> str:
    """Indentation can make a text much longer than its parts; four times `max_chars` is the end."""
    return shown if len(shown) <= 4 * max_chars else shown[: 4 * max_chars] + "…"


@final
class Shown:
    """A form to be printed: its width, or -1 if it cannot stand on one line. `tree` is the Rex tree that it quotes."""

    def __init__(self, rex: Rex, width: int, tree: Rex | None = None) -> None:
        self.rex = rex
        self.width = width
        self.tree = tree


@final
class Lexicon:
    """Names for what is defined elsewhere: for pins by their hash, for other values by their identity. `opaque` are the
    identities of laws to be shown as the applications that make them: `(0 name arguments body)`."""

    def __init__(self, pins: dict[bytes, str]) -> None:
        self.pins = pins
        self.parts: dict[int, str] = {}
        self.opaque: set[int] = set()
        self.taken: set[str] = set(pins.values())


@final
class Names:
    """The names in a law's environment: its own, then letters for arguments and lets.

    With a lexicon no two of them are the same, nor like a pin's, and `identifier` is the law's own.
    """

    def __init__(self, own: int, lexicon: Lexicon | None = None, identifier: str = "") -> None:
        self.own = own
        self.recursive = False
        self.lexicon = lexicon
        self.identifier = identifier
        self.letters: list[str] = []
        self.tried = 0
        if lexicon is not None and not identifier:
            spelt = nat_text(own)
            free = NAME.fullmatch(spelt) and not NOT_FREE.fullmatch(spelt) and spelt not in lexicon.taken
            self.identifier = spelt if free else self.letter(1, lexicon.taken)

    def letter(self, slot: int, taken: set[str]) -> str:
        while len(self.letters) < slot:
            self.tried += 1
            letters = spell(self.tried)
            if letters not in taken and letters != self.identifier:
                self.letters.append(letters)
        return self.letters[slot - 1]

    def name(self, slot: int) -> Shown:
        if self.lexicon is not None:
            self.recursive = self.recursive or slot == 0
            # Where a letter is the law's own name, it is the first.
            own = int(bool(self.letters) and self.letters[0] == self.identifier)
            return word(self.letter(slot + own, self.lexicon.taken) if slot else self.identifier)
        if slot == 0:
            self.recursive = True
            return name_form(self.own)
        letters = spell(slot)
        return word(letters if letters != nat_text(self.own) else letters + "_")

    def head(self) -> Shown:
        """The law's own name where it is bound: `name`, or `name@tag` if its name in PLAN is another."""
        if self.lexicon is None:
            return name_form(self.own)
        spelt = nat_text(self.own, WHOLE)
        if spelt == self.identifier:
            return word(spelt)
        tag = word(spelt) if NAME.fullmatch(spelt) else nat_form(self.own, WHOLE)
        if tag.width < 0:
            tag = quoted_text(spelt) if spelt.isprintable() and spelt else number(self.own, WHOLE)
        return Shown(Node(SHUT, "@", [Leaf(WORD, self.identifier), tag.rex]), len(self.identifier) + 1 + tag.width)


def spell(slot: int) -> str:
    """The letters of a slot: a .. z, aa .. zz .."""
    letters = ""
    while slot > 0:
        slot, letter = divmod(slot - 1, 26)
        letters = chr(97 + letter) + letters
    return letters


NO_NAMES: Final = Names(0)


@final
class Item:
    """Something to be shown, and its parts.

    In a law's body `names` and `slots` are its environment and how large that is; at the top of the body, where lets
    count as such, `let` is the slot of the next one.
    """

    def __init__(self, kind: int, value: Value, depth: int, names: Names, slots: int, let: int = 0) -> None:
        self.kind = kind
        self.value = value
        self.depth = depth
        self.names = names
        self.slots = slots
        self.let = let
        self.parts: list[Item] | None = None
        self.shown: Shown | None = None
        self.tree: Rex | None = None
        self.holes: list[Hole] = []

    @property
    def done(self) -> Shown:
        assert self.shown is not None
        return self.shown

    def inner(self, kind: int, value: Value) -> "Item":
        return Item(kind, value, self.depth + 1, self.names, self.slots)


@final
class Hole:
    """Where a tree holds a value: in place of a son of `node`, or of its heir (`place` -1), or of it all (no node)."""

    def __init__(self, node: Rex | None, place: int, sign: str) -> None:
        self.node = node
        self.place = place
        self.sign = sign


@final
class Painter:
    """Makes forms of values until `budget` characters are used up; forms under `limit` wide stay on one line."""

    def __init__(self, width: int, budget: int, lexicon: Lexicon | None = None) -> None:
        self.limit = max(width - MARGIN, 1)
        self.budget = budget if lexicon is None else WHOLE
        self.lexicon = lexicon

    def paint(self, top: Item) -> Shown:
        waiting = [top]
        while waiting:
            item = waiting[-1]
            if item.parts is None:
                item.parts = self.open(item)
                waiting += reversed(item.parts)
            else:
                waiting.pop()
                if item.shown is None:
                    item.shown = self.form(item, item.parts)
        return top.done

    def definition(self, pin: Pin) -> Rex:
        """`name=value`, or `(name a b)=body`; with a lexicon `(| name)=value`."""
        value = pin.item
        item = Item(VALUE, value, 0, NO_NAMES, 0)
        lexicon = self.lexicon
        if isinstance(value, Law) and (lexicon is None or id(value) not in lexicon.opaque):
            names = Names(value.name, lexicon, "" if lexicon is None else lexicon.pins[pin.hash])
            item = top_of(value, names, 0)
            head = signature(value, names, True).rex
        elif lexicon is not None:
            head = Node(NEST, "|", [Leaf(WORD, lexicon.pins[pin.hash])])
        else:
            head = pin_form(pin).rex
        return self.defined(head, item)

    def alias(self, name: str, value: Value) -> Rex:
        """`name=value`."""
        return self.defined(Leaf(WORD, name), Item(VALUE, value, 0, NO_NAMES, 0))

    def plain(self, value: Value) -> Rex:
        """The value alone."""
        return in_parentheses(self.paint(Item(VALUE, value, 0, NO_NAMES, 0)).rex)

    def defined(self, head: Rex, item: Item) -> Rex:
        body = in_parentheses(self.paint(item).rex)
        if is_open(body):
            return Node(OPEN, "=", [head], body)
        return Node(SHUT, "=", [head, body])

    def spend(self, shown: Shown) -> Shown:
        self.budget -= max(shown.width, 1) + 1
        return shown

    # The parts of an item: those that must be shown before it. What has none is shown at once.

    def open(self, item: Item) -> list[Item]:
        value = item.value
        if item.kind == LEFT_OUT or self.budget <= 0 or (item.depth > MAX_DEPTH and self.lexicon is None):
            item.kind = LEFT_OUT
            item.shown = word("…")
            return []
        self.budget -= 1
        if self.lexicon is not None and self.open_whole(item, self.lexicon):
            return item.parts or []
        if item.kind == BODY or item.kind == TOP:
            return self.open_body(item)
        if isinstance(value, int):
            if item.kind == VALUE:
                item.shown = self.spend(nat_form(value, self.budget))
            else:
                item.shown = self.spend(key_form(value, item.kind == WORD_KEY, self.budget))
            return []
        if isinstance(value, Row):
            return self.inside(item, VALUE, value.items)
        if isinstance(value, Set):
            keys = value.keys()
            return self.inside(item, key_kind(keys), keys)
        if isinstance(value, Tab):
            kind = key_kind(value.keys())
            parts: list[Item] = []
            for key, held in value.items():
                if len(parts) > self.budget:
                    return [*parts, item.inner(LEFT_OUT, 0)]
                parts += [item.inner(kind, key), item.inner(VALUE, held)]
            return parts
        if isinstance(value, App):
            if is_rex(value):
                return self.open_tree(item)
            return self.inside(item, VALUE, [value.head, *value.args])
        if isinstance(value, Law):
            return [top_of(value, Names(value.name), item.depth + 1)]
        if isinstance(value, Pin):
            item.shown = self.spend(pin_form(value))
        elif isinstance(value, Bar):
            item.shown = self.spend(bar_form(value.data, self.budget))
        elif isinstance(value, Cow):
            item.shown = self.spend(word(f"C{value.size}"))
        else:
            item.shown = word("…")
        return []

    def open_whole(self, item: Item, lexicon: Lexicon) -> bool:
        """Opens what is shown otherwise with a lexicon; whether it was that."""
        value = item.value
        if item.kind == BODY or item.kind == TOP:
            return False
        if isinstance(value, Pin):
            item.shown = word(lexicon.pins[value.hash])
        elif item.depth > 0 and id(value) in lexicon.parts:
            item.shown = word(lexicon.parts[id(value)])
        elif isinstance(value, Cow) and item.kind != VALUE:
            item.shown = word(f"C{value.size}")
        elif isinstance(value, Law) and id(value) in lexicon.opaque:
            item.parts = self.inside(item, VALUE, [0, value.name, value.args, value.body])
            return True
        elif isinstance(value, Law):
            item.parts = [top_of(value, Names(value.name, lexicon), item.depth + 1)]
            return True
        elif isinstance(value, App):
            item.parts = self.inside(item, VALUE, [value.head, *value.args])
            return True
        else:
            return False
        if item.kind != VALUE:
            item.shown = dotted(item.done)
        item.parts = []
        return True

    def inside(self, item: Item, kind: int, values: list[Value]) -> list[Item]:
        room = self.budget // 2 + 1
        parts = [item.inner(kind, value) for value in values[:room]]
        return parts if len(values) <= room else [*parts, item.inner(LEFT_OUT, 0)]

    def open_body(self, item: Item) -> list[Item]:
        body = item.value
        if isinstance(body, int) and body < item.slots:
            item.shown = self.spend(item.names.name(body))
            return []
        if isinstance(body, App) and isinstance(body.head, int):
            if body.head == 0 and len(body.args) == 2:
                arguments: list[Value] = []
                function = body
                inner: Value = body
                while (
                    isinstance(inner, App) and isinstance(inner.head, int) and inner.head == 0 and len(inner.args) == 2
                ):
                    function = inner
                    arguments.append(inner.args[1])
                    inner = inner.args[0]
                arguments.append(function.args[0])
                arguments.reverse()
                return self.inside(item, BODY, arguments)
            if item.kind == TOP and is_let(body):
                rest = Item(TOP, body.args[1], item.depth, item.names, item.slots, item.let + 1)
                return [item.inner(BODY, body.args[0]), rest]
            if body.head == 2 and len(body.args) == 1:
                return [item.inner(VALUE, body.args[0])]
        return [item.inner(VALUE, body)]

    def open_tree(self, item: Item) -> list[Item]:
        """The PLAN form of a tree: its parts are the values that it holds."""
        root = Nouns().from_noun(item.value)
        item.tree = root
        if isinstance(root, Embed):
            item.holes = [Hole(None, 0, "▣")]
            return [item.inner(VALUE, root.value)]
        parts: list[Item] = []
        waiting: list[tuple[Rex, int]] = [(root, item.depth)]
        while waiting:
            form, depth = waiting.pop()
            if isinstance(form, Leaf):
                form.text = self.clean(form.text, "\n\t")
            elif isinstance(form, Node):
                form.rune = self.clean(form.rune, "")
            if self.budget <= 0 or depth > MAX_DEPTH:
                form.heir = None
                if isinstance(form, Node):
                    form.sons = [Leaf(WORD, "…")]
                continue
            heir = form.heir
            if heir is not None:
                if isinstance(heir, (Embed, Bad)):
                    item.holes.append(Hole(form, -1, "▣" if isinstance(heir, Embed) else "�"))
                    parts.append(item.inner(VALUE, heir.value))
                else:
                    waiting.append((heir, depth))
            if isinstance(form, Node):
                for place, son in enumerate(form.sons):
                    if isinstance(son, (Embed, Bad)):
                        item.holes.append(Hole(form, place, "▣" if isinstance(son, Embed) else "�"))
                        parts.append(item.inner(VALUE, son.value))
                    else:
                        waiting.append((son, depth + 1))
        return parts

    def clean(self, text: str, allowed: str) -> str:
        """The text in a tree, as far as there is room, without what could move the cursor."""
        room = max(self.budget, SHORT)
        self.budget -= len(text) + 2
        if len(text) > room:
            text = text[:room] + "…"
        if text.isprintable():
            return text
        return "".join(char if char.isprintable() or char in allowed else "�" for char in text)

    # The form of an item whose parts have theirs.

    def form(self, item: Item, parts: list[Item]) -> Shown:
        value = item.value
        parts = without_repeated_end(parts)
        if item.kind == BODY or item.kind == TOP:
            return self.body_form(item, parts)
        if isinstance(value, Row):
            return self.fit(in_brackets(parts), parts, 1 + len(parts), "++", [spread(part) for part in parts])
        if isinstance(value, Set):
            closed = Node(PREF, "%", [in_brackets(parts)])
            return self.fit(closed, parts, 2 + len(parts), "%%", [[part.done.rex] for part in parts])
        if isinstance(value, Tab):
            return self.tab_form(parts)
        if isinstance(value, Law) and len(parts) == 1:
            return self.law_form(value, parts[0])
        if item.tree is not None:
            return self.tree_form(item, item.tree, parts)
        return self.call(parts)

    def fit(self, closed: Rex, parts: list[Item], extra: int, rune: str, lines: list[list[Rex]]) -> Shown:
        """The closed form if it fits on a line, else the lines under runes."""
        width = total(parts, extra)
        return Shown(closed, width) if 0 <= width < self.limit else Shown(under_runes(rune, lines), -1)

    def tab_form(self, parts: list[Item]) -> Shown:
        if not parts:
            return Shown(Node(PREF, "#", [Node(NEST, ",", [])]), 3)
        closed: list[Rex] = []
        lines: list[list[Rex]] = []
        for i in range(0, len(parts) - 1, 2):
            key = parts[i].done.rex
            if self.is_namesake(parts[i].value, parts[i + 1].value):
                closed.append(Node(PREF, "=", [key]))
                lines.append([Node(PREF, "=", [key])])
            else:
                closed.append(Node(SHUT, "=", [key, parts[i + 1].done.rex]))
                lines.append([Node(PREF, "=", [key]), *spread(parts[i + 1])])
        if len(parts) % 2:
            closed.append(parts[-1].done.rex)
            lines.append([parts[-1].done.rex])
        return self.fit(Node(NEST, ",", closed), parts, 1 + len(parts), "##", lines)

    def is_namesake(self, key: Value, value: Value) -> bool:
        """Whether a tab's value is the pin whose name is its key."""
        if not isinstance(key, int) or key == 0 or not isinstance(value, Pin):
            return False
        if self.lexicon is not None:
            return nat_text(key) == self.lexicon.pins[value.hash] and key_kind([key]) == WORD_KEY
        law = value.item
        return isinstance(law, Law) and law.name == key

    def law_form(self, law: Law, body: Item) -> Shown:
        names = body.names
        named = law.name != 0 or names.recursive
        head = signature(law, names, named)
        rune = "?" if named else "&"
        sons = [head.rex, body.done.rex]
        width = total([body], 5 + head.width)
        if 0 <= width < self.limit:
            tight = not named and law.args == 1 and is_word(sons[1])
            return Shown(Node(SHUT if tight else INFX, rune, sons), width)
        return Shown(Node(OPEN, rune, [head.rex], body.done.rex), -1)

    def tree_form(self, item: Item, tree: Rex, parts: list[Item]) -> Shown:
        for hole, part in zip(item.holes, item.parts or parts, strict=True):
            rex = part.done.rex
            filled = Node(OPEN if is_open(rex) else PREF, hole.sign, [rex])
            if hole.node is None:
                tree = filled
            elif hole.place < 0:
                hole.node.heir = filled
            elif isinstance(hole.node, Node) and hole.place < len(hole.node.sons):
                hole.node.sons[hole.place] = filled
        width = 1 + len(print_line(tree))
        if width < self.limit:
            return Shown(Node(PREF, "`", [tree]), width, tree)
        return Shown(Node(OPEN, "`", [tree]), -1, tree)

    def body_form(self, item: Item, parts: list[Item]) -> Shown:
        body = item.value
        if isinstance(body, App) and isinstance(body.head, int):
            if body.head == 0 and len(body.args) == 2:
                return self.call(parts)
            if item.kind == TOP and is_let(body):
                return self.let_form(item, parts)
            if body.head == 2 and len(body.args) == 1:
                return self.constant(parts[0], "!", not is_code(body.args[0], item.slots))
        return self.constant(parts[0], ":", False)

    def constant(self, part: Item, rune: str, marked: bool) -> Shown:
        """A constant in a body: marked where it could be taken for code."""
        if isinstance(part.value, App) and part.tree is None and part.parts:
            parts = without_repeated_end(part.parts)
            if len(parts) > 1:
                rexes = [each.done.rex for each in parts]
                return self.fit(Node(SHUT, rune, rexes), parts, len(parts), rune, [[rex] for rex in rexes])
        if not marked:
            return part.done
        return self.fit(Node(PREF, rune, [part.done.rex]), [part], 1, rune, [[part.done.rex]])

    def let_form(self, item: Item, parts: list[Item]) -> Shown:
        name = item.names.name(item.let)
        value = parts[0].done
        rest = parts[-1].done
        width = total(parts, 5 + name.width)
        if 0 <= width < self.limit:
            return Shown(Node(INFX, "@", [name.rex, value.rex], rest.rex), width)
        return Shown(Node(OPEN, "@", [name.rex, value.rex], opened(rest)), -1)

    def call(self, parts: list[Item]) -> Shown:
        """An application: `f-x` if all are words, else `(f x)`, else laid out."""
        rexes = [part.done.rex for part in parts]
        if len(rexes) == 1:
            return parts[0].done
        width = total(parts, 1 + len(parts))
        if 0 <= width < self.limit:
            tight = all(is_word(rex) for rex in rexes) or (len(rexes) == 2 and is_op(rexes[0]))
            return Shown(Node(SHUT, "-", rexes) if tight else Node(NEST, "|", rexes), width)
        return Shown(Node(OPEN, "|", rexes[:-1], opened(parts[-1].done)), -1)


# Forms of things without parts ----------------------------------------------------------------------------------------


def word(name: str) -> Shown:
    return Shown(Leaf(WORD, name), len(name))


def dotted(shown: Shown) -> Shown:
    """A name among keys, where a bare word would be a text."""
    return Shown(Node(PREF, ".", [shown.rex]), shown.width + 1)


def quoted_text(text: str) -> Shown:
    return Shown(Leaf(TEXT, text), len(text) + 2)


def line_texts(text: str) -> Rex:
    """A text as a chain of line texts."""
    rex: Leaf | None = None
    for line in reversed(text.split("\n")):
        rex = Leaf(LINE, line, rex)
    assert rex is not None
    return rex


def nat_form(n: int, budget: int) -> Shown:
    """A nat: as text if it spells some, else as a number."""
    if n >= SMALL or SMALL_LETTERS.fullmatch(nat_text(n)):
        spelt = nat_text(n, budget)
        if len(spelt) < SHORT and LETTERS.fullmatch(spelt):
            return Shown(Node(PREF, "%", [Leaf(WORD, spelt)]), len(spelt) + 1)
        if len(spelt) < SHORT and spelt.isprintable() and spelt:
            return quoted_text(spelt)
        if spelt and is_page(spelt):
            return Shown(line_texts(spelt), -1)
    return number(n, budget)


def number(n: int, budget: int = 0) -> Shown:
    if n < HUGE:
        return word(str(n))
    if budget > WHOLE // 2:
        return word(hex(n))
    return word(f"0x{n >> (n.bit_length() // 4 * 4 - 60):x}…")


def key_form(n: int, words: bool, budget: int) -> Shown:
    """A key: bare if it is a name."""
    if words or n >= SMALL:
        spelt = nat_text(n, budget)
        if NAME.fullmatch(spelt):
            return word(spelt)
        if spelt and spelt.isprintable():
            return quoted_text(spelt)
    return nat_form(n, budget)


def name_form(n: int) -> Shown:
    """The name of a law: bare if it can be, else behind a dot."""
    spelt = nat_text(n)
    if NAME.fullmatch(spelt):
        return word(spelt)
    rex = (
        Leaf(TEXT, spelt)
        if spelt and spelt.isprintable()
        else nat_form(n, SHORT).rex
        if n >= HUGE
        else Leaf(WORD, str(n))
    )
    return Shown(Node(PREF, ".", [rex]), len(spelt) + 3)


def pin_form(pin: Pin) -> Shown:
    """A pin by the name of the law in it, else by the head of its hash."""
    value = pin.item
    if isinstance(value, Law) and value.name != 0:
        return name_form(value.name)
    return Shown(Node(SHUT, "@", [Leaf(WORD, "pin"), Leaf(WORD, hash_text(pin.hash)[:8])]), 12)


def bar_form(data: bytes, budget: int) -> Shown:
    """Bytes as text if they spell some, else as hexadecimal digits."""
    head = data[: max(budget, SHORT)]
    spelt = bytes_text(head, len(head) < len(data))
    if spelt and len(spelt) < SHORT and WORDY.fullmatch(spelt):
        return Shown(Node(SHUT, "#", [Leaf(WORD, "b"), Leaf(WORD, spelt)]), 2 + len(spelt))
    if (spelt or not data) and len(spelt) < SHORT and spelt.isprintable():
        return Shown(Node(SHUT, "#", [Leaf(WORD, "b"), Leaf(TEXT, spelt)]), 4 + len(spelt))
    if spelt and is_page(spelt):
        return Shown(Node(OPEN, "#", [Leaf(WORD, "b")], line_texts(spelt)), -1)
    digits = head.hex() + ("…" if len(head) < len(data) else "")
    return Shown(Node(SHUT, "#", [Leaf(WORD, "x"), Leaf(WORD, digits)]), 2 + len(digits))


def signature(law: Law, names: Names, named: bool) -> Shown:
    """`(f a b)`, or without the name `a`, `(a b)`."""
    count = law.args
    most = MAX_ARGS if names.lexicon is None else count
    forms = [names.head()] if named else []
    forms += [names.name(slot) for slot in range(1, min(count, most) + 1)]
    if count > most:
        forms.append(word("…"))
    if len(forms) == 1:
        return forms[0]
    return Shown(Node(NEST, "|", [form.rex for form in forms]), 1 + sum(form.width + 1 for form in forms))


# What nats and bytes spell --------------------------------------------------------------------------------------------


def nat_text(n: int, limit: int = 4 * SHORT) -> str:
    """The text that a nat spells, or its beginning if it is longer than `limit` bytes; empty if it spells none."""
    size = (n.bit_length() + 7) // 8
    limit = max(limit, 4 * SHORT)
    if size <= limit:
        return bytes_text(n.to_bytes(size, "little"), False)
    return bytes_text((n & ((1 << (8 * limit)) - 1)).to_bytes(limit, "little"), True)


def bytes_text(data: bytes, more: bool) -> str:
    """The text that bytes spell, or nothing. With `more` the last character may be broken off; an ellipsis follows."""
    try:
        return data.decode("utf-8") + ("…" if more else "")
    except UnicodeDecodeError as error:
        if more and len(data) - error.start < 4 and error.start > 0:
            return data[: error.start].decode("utf-8") + "…"
        return ""


def is_page(text: str) -> bool:
    """Whether the text can stand as lines: everything in it is visible, but for tabs and line ends."""
    return text.replace("\n", "").replace("\t", "").isprintable()


# What things are ------------------------------------------------------------------------------------------------------


def is_rex(value: Value) -> bool:
    return isinstance(value, App) and not isinstance(bare(value, None), Bad)


def is_code(value: Value, slots: int) -> bool:
    """Whether a plain constant would be read as code."""
    return isinstance(value, int) and value < slots


def is_word(rex: Rex) -> bool:
    return isinstance(rex, Leaf) and rex.shape == WORD and rex.heir is None


def is_op(rex: Rex) -> bool:
    return isinstance(rex, Leaf) and rex.shape == WORD and rex.text in ("0", "1", "2")


def is_open(rex: Rex) -> bool:
    return (isinstance(rex, Node) and rex.mode == OPEN) or (isinstance(rex, Leaf) and rex.shape == LINE)


def key_kind(keys: list[Value]) -> int:
    """Small nats among the keys are shown as words if all of them are names."""
    for key in keys:
        if isinstance(key, int) and key < SMALL and not NAME.fullmatch(nat_text(key)):
            return KEY
    return WORD_KEY


def is_let(body: Value) -> bool:
    return isinstance(body, App) and isinstance(body.head, int) and body.head == 1 and len(body.args) == 2


def top_of(law: Law, names: Names, depth: int) -> Item:
    """The body of a law, to be shown. Its lets are in its environment from the start."""
    lets = 0
    body = law.body
    while isinstance(body, App) and is_let(body):
        lets += 1
        body = body.args[1]
    return Item(TOP, law.body, depth, names, law.args + 1 + lets, law.args + 1)


# Forms out of forms ---------------------------------------------------------------------------------------------------


def total(parts: list[Item], extra: int) -> int:
    """The width of parts together, -1 if one of them cannot stand on a line."""
    width = extra
    for part in parts:
        if part.done.width < 0:
            return -1
        width += part.done.width
    return width


def spread(item: Item) -> list[Rex]:
    """The forms of an item on a line of its own: an application needs no parentheses there."""
    if isinstance(item.value, App) and item.kind == VALUE and item.tree is None and item.parts:
        return [part.done.rex for part in without_repeated_end(item.parts)]
    return [item.done.rex]


def without_repeated_end(parts: list[Item]) -> list[Item]:
    """One ellipsis is enough."""
    end = len(parts)
    while end > 1 and parts[end - 1].kind == LEFT_OUT and parts[end - 2].kind == LEFT_OUT:
        end -= 1
    return parts[:end]


def in_brackets(parts: list[Item]) -> Rex:
    return Node(NEST, ",", [part.done.rex for part in parts])


def under_runes(rune: str, lines: list[list[Rex]]) -> Rex:
    """`++ a` over `++ b` over ..: each the heir of the one above."""
    rex: Node | None = None
    for sons in reversed(lines):
        rex = Node(OPEN, rune, sons, rex)
    return rex if rex is not None else Node(OPEN, rune, [])


def opened(shown: Shown) -> Rex:
    """The form as the heir of an open one."""
    rex = shown.rex
    if shown.width < 0 or is_open(rex):
        return rex
    if isinstance(rex, Node) and rex.rune == "|":
        return Node(OPEN, "|", rex.sons, rex.heir)
    return Node(OPEN, "|", [rex])


def in_parentheses(rex: Rex) -> Rex:
    """`(f x)` for `f-x`."""
    return (
        Node(NEST, "|", rex.sons, rex.heir) if isinstance(rex, Node) and rex.mode == SHUT and rex.rune == "-" else rex
    )
