"""Loot: a notation for PLAN values, every one of them, with a name for each pin and nothing left to macros.

    (add a b)=body      the pinned law {add 2 body}; the name and the arguments are slots of the body
    (id@tag a b)=body   the same, where the law's name in PLAN is the tag
    (| id)=value        the pin of a value
    id=value            a value, not pinned
    value               the value; from here on it is `_`
    ?? f x              an assertion: this value is 1
    < value             the value, with the definitions of all pins in it

A value is written as `sire.show` shows it: nats, texts, rows, tabs, sets, bars, cows, applications (f x), laws
(a b & body) and ((f a b) ? body), names of pins. Of a body:

    a b f               a slot, if it is an argument, a let or the law itself; else a name from outside, a constant
    (f x)   f-x         application        (b @ value) rest     a let, which all lets of the law can see
    !x   f!x            the constant (2 x), or that of (f x)
    :x   f:x            x or (f x) as they are; anything that cannot be taken for code needs no sign

Reading what `write` wrote gives the same value.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

import vm
from sire import backend
from sire.compiler import decimal, leaf_nat, name_text, parts, similar
from sire.errors import SireError
from sire.printer import print_rex
from sire.reader import read_blocks
from sire.rex import LINE, TEXT, WORD, Leaf, Node, Rex
from sire.show import NAME, NO_NAMES, NOT_FREE, Item, Lexicon, Painter, key_kind, show
from vm import Value

NUMBER: Final = re.compile(r"[0-9][0-9_]*|0x[0-9a-fA-F]+")
HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")
COW: Final = re.compile(r"C[0-9]+")
DEEPEST: Final = 2000
"""How deep forms may lie in forms, heirs included."""

LAST: Final = vm.utf8("_")


# Writing --------------------------------------------------------------------------------------------------------------


def write(value: Value, width: int = 80) -> str:
    """The whole of a normal value as definitions, each after those it needs.

    They are those of its pins, of parts that come more than once or lie too deep, and of the value as `_`, unless it
    is the last pin itself. A value in which nothing needs a name is written as it is.
    """
    order, uses = walk(value)
    lexicon = Lexicon(named([found for found in order if isinstance(found, vm.Pin)]))
    written: list[Rex] = []
    for found in apart(order, uses, lexicon):
        painter = Painter(width, 0, lexicon)
        if isinstance(found, vm.Pin):
            written.append(painter.definition(found))
        else:
            written.append(painter.alias(lexicon.parts[id(found)], found))
    if not isinstance(value, vm.Pin):
        painter = Painter(width, 0, lexicon)
        written.append(painter.alias("_", value) if written else painter.plain(value))
    return "\n\n".join(print_rex(rex) for rex in written) + "\n"


SMALL: Final = 12
"""A part of no more values than these is written wherever it comes."""

DEEP: Final = 20
"""How many values may lie in each other before one of them gets a name."""

LARGE: Final = 20_000
STEEP: Final = 100
"""A body of more code than this, or in which code lies deeper in code, is written as a value, in parts."""

MANY: Final = 200
"""A law of more arguments than these is written as the application that makes it."""


def inside(value: Value) -> list[Value]:
    """The values right in a value."""
    if isinstance(value, vm.Pin):
        return [value.item]
    if isinstance(value, vm.Row):
        return value.items
    if isinstance(value, vm.App):
        return [value.head, *value.args]
    if isinstance(value, vm.Tab):
        return [*value.keys(), *value.values()]
    if isinstance(value, vm.Set):
        return value.keys()
    if isinstance(value, vm.Law):
        constants = constants_of(value)
        return [value.body] if constants is None else constants
    return []


def constants_of(law: vm.Law) -> list[Value] | None:
    """The constants in a law's body; None if that is too large, or too deep, to be written as code."""
    constants: list[Value] = []
    waiting: list[tuple[Value, int]] = []
    body = law.body
    count = 0
    while isinstance(body, vm.App) and body.head == 1 and len(body.args) == 2 and count <= LARGE:
        waiting.append((body.args[0], 0))
        body = body.args[1]
        count += 1
    waiting.append((body, 0))
    waiting.reverse()
    while waiting:
        code, depth = waiting.pop()
        count += 1
        if count > LARGE or depth > STEEP or law.args > MANY:
            return None
        if isinstance(code, vm.App) and code.head == 0 and len(code.args) == 2:
            waiting += [(part, depth + 1) for part in reversed(code.args)]
        elif isinstance(code, vm.App) and code.head == 2 and len(code.args) == 1:
            constants.append(code.args[0])
        elif not isinstance(code, int):
            constants.append(code)
    return constants


def walk(value: Value) -> tuple[list[Value], dict[int, int]]:
    """All that has something in it, each after what is in it; and by identity how often each comes."""
    order: list[Value] = []
    uses: dict[int, int] = {}
    pins: set[bytes] = set()
    waiting: list[tuple[Value, bool]] = [(value, False)]
    while waiting:
        found, opened = waiting.pop()
        if opened:
            order.append(found)
            continue
        if isinstance(found, vm.Pin):
            if found.hash in pins:
                continue
            pins.add(found.hash)
        elif isinstance(found, (vm.App, vm.Law, vm.Row, vm.Set, vm.Tab)):
            uses[id(found)] = uses.get(id(found), 0) + 1
            if uses[id(found)] > 1:
                continue
        else:
            continue
        waiting.append((found, True))
        waiting += [(part, False) for part in reversed(inside(found))]
    return order, uses


def apart(order: list[Value], uses: dict[int, int], lexicon: Lexicon) -> list[Value]:
    """What gets a definition of its own, in order; it is given its name. The last in `order` is the value itself, which
    gets one only if it is a pin."""
    defined: list[Value] = []
    sizes: dict[int, int] = {}
    depths: dict[int, int] = {}

    def name(part: Value) -> None:
        lexicon.parts[id(part)] = f"part_{len(lexicon.parts) + 1}"
        sizes[id(part)] = 1
        depths[id(part)] = 0
        defined.append(part)

    for found in order:
        if isinstance(found, vm.Pin):
            defined.append(found)
            continue
        if isinstance(found, vm.Law) and constants_of(found) is None:
            lexicon.opaque.add(id(found))
        keys = found.keys() if isinstance(found, (vm.Set, vm.Tab)) else []
        kind = key_kind(keys)
        for key in keys:
            if id(key) not in lexicon.parts and is_tall(key, kind, lexicon):
                name(key)
        size, depth = 1, 0
        for part in inside(found):
            size += sizes.get(id(part), 1)
            depth = max(depth, depths.get(id(part), 0))
        sizes[id(found)] = size
        depths[id(found)] = depth + 1
        if found is not order[-1] and (depth >= DEEP or (uses[id(found)] > 1 and size > SMALL)):
            name(found)
    return defined


def is_tall(key: Value, kind: int, lexicon: Lexicon) -> bool:
    """Whether a key takes several lines; `kind` is what kinds of keys it is among."""
    if isinstance(key, int) and key < 1 << 16:
        return False
    return Painter(80, 0, lexicon).paint(Item(kind, key, 1, NO_NAMES, 0)).width < 0


def named(pins: list[vm.Pin]) -> dict[bytes, str]:
    """A name for each pin: that of its law, with a number where several have the same or none can be written."""
    wanted: list[str] = []
    for pin in pins:
        law = pin.item
        spelt = (vm.text(law.name) or "") if isinstance(law, vm.Law) else ""
        wanted.append(spelt if NAME.fullmatch(spelt) and not NOT_FREE.fullmatch(spelt) else "")
    count: dict[str, int] = {}
    for name in wanted:
        count[name] = count.get(name, 0) + 1
    taken = set(wanted)
    names: dict[bytes, str] = {}
    last: dict[str, int] = {}
    for pin, name in zip(pins, wanted, strict=True):
        chosen = name
        if not name or count[name] > 1:
            number = last.get(name, 0)
            while True:
                number += 1
                chosen = f"{name or 'pin'}_{number}"
                if chosen not in taken:
                    break
            last[name] = number
            taken.add(chosen)
        names[pin.hash] = chosen
    return names


# Reading --------------------------------------------------------------------------------------------------------------


def read(text: str, file: str = "<input>") -> Value:
    """The value that a text ends with. Raises SireError."""
    loot = Loot()
    loot.run(text, file)
    last = loot.last
    if last is None:
        raise SireError(file, 0, 0, "there is no value in it")
    return last


@final
class Scope:
    """The slots of a law's body, by name, and how many there are."""

    def __init__(self, slots: dict[int, int], count: int) -> None:
        self.slots: dict[int, int] = slots
        self.count: int = count


@final
class Loot:
    """Runs Loot, definition by definition. `say` gets the text of each."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self.say = say
        self.values: dict[int, Value] = {}
        """By their names, which are nats."""
        self.last: Value | None = None
        self.file: str = ""
        self.lines: list[str] = []
        self.depth: int = 0
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 10 * DEEPEST))

    def load(self, file: Path) -> None:
        """Runs a file. Raises SireError, OSError."""
        from sire.reader import decode

        self.run(decode(file.read_bytes(), str(file)), str(file))

    def run(self, text: str, file: str = "<input>", line: int = 1) -> None:
        """Runs a text that begins on that line of the file. Raises SireError; what stands before the place has been
        run."""
        self.file = file
        self.lines = [""] * (line - 1) + text.split("\n")
        for rex, _ in read_blocks("\n" * (line - 1) + text, file):
            self.depth = 0
            self.command(rex)

    @property
    def names(self) -> list[str]:
        return [name_text(name) for name in self.values]

    def complete(self, text: str) -> tuple[str, list[str]]:
        """The word that the text ends with, and the names that begin with it, in order."""
        found = re.search(r"[A-Za-z0-9_]*$", text)
        word = found.group() if found else ""
        return word, sorted(name for name in self.names if word and name.startswith(word))

    def error(self, rex: Rex, message: str, notes: list[str] | None = None) -> SireError:
        line, column = rex.pos or (0, 0)
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return SireError(self.file, line, column, message, source, notes)

    def tell(self, text: str) -> None:
        if self.say is not None:
            self.say(text)

    # -- commands ------------------------------------------------------------------------------------------------------

    def command(self, rex: Rex) -> None:
        if isinstance(rex, Node) and rex.rune == "=":
            for link in chain(rex):
                self.define(link)
        elif isinstance(rex, Node) and rex.rune == "??":
            for link in chain(rex):
                found = self.application(link, link.sons)
                if found != 1:
                    raise self.error(link, "this is not 1", [f"it is {show(found, max_chars=400)}"])
        elif isinstance(rex, Node) and rex.rune == "<":
            self.tell(write(self.application(rex, parts(rex))).rstrip("\n"))
        else:
            value = self.value(rex)
            self.tell(show(value))
            self.bind(LAST, value)

    def bind(self, name: int, value: Value) -> None:
        self.values[name] = value
        self.last = value

    def define(self, link: Node) -> None:
        if len(link.sons) != 2:
            raise self.error(link, "a definition is `name=value`, `(| name)=value` or `(name argument ..)=body`")
        head, body = link.sons
        if isinstance(head, Node) and head.rune in ("|", "-"):
            words = parts(head)
            if len(words) == 1:
                name = self.name(words[0])
                pin = vm.pin(self.value(body))
            else:
                name, tag = self.tagged(words[0])
                pin = vm.pin(self.law(head, name, tag, words[1:], body))
            self.bind(name, pin)
            self.tell(show(pin))
            return
        name = self.name(head)
        value = self.value(body)
        self.bind(name, value)
        self.tell(print_rex(Painter(80, 4000).alias(name_text(name), value)))

    def name(self, rex: Rex) -> int:
        """A name where it is bound, or after a dot."""
        if isinstance(rex, Node) and rex.rune == "." and len(parts(rex)) == 1:
            rex = parts(rex)[0]
        name = leaf_nat(rex)
        if name is None:
            raise self.error(rex, "this should be a name: foo, {foo} or 234")
        return name

    def tagged(self, rex: Rex) -> tuple[int, int]:
        """`name` or `name@tag`: what the law is called in its body, and in PLAN."""
        if isinstance(rex, Node) and rex.rune == "@" and len(parts(rex)) == 2:
            name, tag = parts(rex)
            number = isinstance(tag, Leaf) and tag.shape == WORD and NUMBER.fullmatch(tag.text)
            return self.name(name), self.nat(tag) if number else self.name(tag)
        return self.name(rex), self.name(rex)

    # -- values --------------------------------------------------------------------------------------------------------

    def value(self, rex: Rex) -> Value:
        """The value of a form, normal."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(rex, "this is nested too deeply")
        found = self.leaf(rex) if isinstance(rex, Leaf) else self.node(rex) if isinstance(rex, Node) else None
        if found is None:
            raise self.error(rex, "this is no value")
        self.depth -= 1
        return found

    def leaf(self, rex: Leaf) -> Value:
        if rex.shape == LINE:
            return vm.utf8(self.text(rex))
        if rex.heir is not None:
            raise self.error(rex, "two forms side by side mean nothing here")
        if rex.shape == TEXT:
            return vm.utf8(rex.text)
        if NUMBER.fullmatch(rex.text):
            return self.nat(rex)
        if COW.fullmatch(rex.text):
            size = decimal(rex.text[1:])
            return vm.law(0, size + 1, 0) if size else vm.row([])
        return self.reference(rex, vm.utf8(rex.text))

    def text(self, rex: Leaf) -> str:
        """The text of lines of text."""
        lines: list[str] = []
        link: Rex | None = rex
        while link is not None:
            if not isinstance(link, Leaf) or link.shape != LINE:
                raise self.error(link, "only lines of text can go on a block of text")
            lines.append(link.text)
            link = link.heir
        return "\n".join(lines)

    def nat(self, rex: Rex) -> int:
        text = rex.text.replace("_", "") if isinstance(rex, Leaf) else ""
        return int(text, 16) if text.startswith("0x") else decimal(text)

    def reference(self, rex: Rex, name: int) -> Value:
        found = self.values.get(name)
        if found is None:
            text = name_text(name)
            raise self.error(rex, f"{text} is not defined", similar(text, self.names))
        return found

    def node(self, rex: Node) -> Value:
        rune = rex.rune
        sons = parts(rex)
        if rune == "|" or rune == "-":
            return self.application(rex, sons)
        if rune == "," and rex.heir is None:
            first = sons[0] if sons else None
            if isinstance(first, Node) and first.rune == "=":
                return self.tab(rex, [(son, parts(son) if isinstance(son, Node) else []) for son in sons])
            return vm.row([self.value(son) for son in sons])
        if rune == "++":
            return vm.row([self.application(link, link.sons) for link in chain(rex)])
        if rune == "##":
            entries: list[tuple[Rex, list[Rex]]] = []
            for link in chain(rex):
                key = link.sons[0] if link.sons else link
                if not isinstance(key, Node) or key.rune != "=" or len(parts(key)) != 1:
                    raise self.error(key, "an entry of a tab is `## =key value`")
                entries.append((key, [parts(key)[0], *link.sons[1:]]))
            return self.tab(rex, entries)
        if rune == "%%":
            return self.set(rex, [son for link in chain(rex) for son in link.sons])
        if rune == "%" and len(sons) == 1:
            only = sons[0]
            if isinstance(only, Leaf) and only.shape == WORD and only.heir is None:
                return vm.utf8(only.text)
            if isinstance(only, Node) and only.rune == "," and only.heir is None:
                return self.set(rex, only.sons)
        if rune == "#" and len(sons) == 1:
            only = sons[0]
            if isinstance(only, Node) and only.rune == "," and not parts(only):
                return vm.tab([])
        if rune == "#" and len(sons) == 2:
            return self.bar(rex, sons[0], sons[1])
        if rune == "." and len(sons) == 1:
            return self.reference(rex, self.name(sons[0]))
        if rune == "&" and len(sons) == 2:
            head = sons[0]
            words = parts(head) if isinstance(head, Node) and head.rune == "|" else [head]
            return self.law(rex, None, 0, words, sons[1])
        if rune == "?" and len(sons) == 2:
            head = sons[0]
            if isinstance(head, Node) and head.rune == "|" and len(parts(head)) > 1:
                words = parts(head)
                return self.law(rex, *self.tagged(words[0]), words[1:], sons[1])
        raise self.error(rex, f"the rune {rune} means nothing here")

    def application(self, rex: Rex, forms: list[Rex]) -> Value:
        if not forms:
            raise self.error(rex, "there is nothing to apply")
        values = [self.value(form) for form in forms]
        if len(values) == 1:
            return values[0]
        try:
            return vm.evaluate(values[0], *values[1:], trk=self.tracked, memory=backend.MEMORY)
        except vm.Crash as crash:
            message = f"this crashed: {name_text(crash.op)} {show(crash.arg, max_chars=400)}"
            raise self.error(rex, message) from None
        except vm.MemoryLimit:
            raise self.error(rex, "this needs too much memory: does it recur without end?") from None

    def tracked(self, value: Value) -> None:
        self.tell(show(value))

    def tab(self, rex: Rex, entries: list[tuple[Rex, list[Rex]]]) -> Value:
        """Entries are a form each, for its place, with a key and the form or forms of its value: none if the key is
        the name of the value."""
        pairs: list[tuple[Value, Value]] = []
        for form, (key, *held) in entries:
            if held:
                pairs.append((self.key(key), self.application(form, held)))
            else:
                name = self.key(key)
                if not isinstance(name, int):
                    raise self.error(key, "this key is no name, and has no value beside it")
                pairs.append((name, self.reference(key, name)))
        made = vm.tab(pairs)
        if len(made) != len(pairs):
            raise self.error(rex, "a key comes twice in this tab")
        return made

    def set(self, rex: Rex, forms: list[Rex]) -> Value:
        made = vm.set_of([self.key(form) for form in forms])
        if len(made) != len(forms):
            raise self.error(rex, "a key comes twice in this set")
        return made

    def key(self, rex: Rex) -> Value:
        """A key: a bare word is a text, what a name stands for is written `.name`."""
        if isinstance(rex, Leaf) and rex.shape == WORD and rex.heir is None and not NUMBER.fullmatch(rex.text):
            return vm.utf8(rex.text)
        if isinstance(rex, Node) and rex.rune == "." and len(parts(rex)) == 1:
            return self.value(parts(rex)[0])
        return self.value(rex)

    def bar(self, rex: Rex, kind: Rex, data: Rex) -> Value:
        letter = kind.text if isinstance(kind, Leaf) and kind.heir is None else ""
        if letter == "b" and isinstance(data, Leaf):
            if data.shape == LINE:
                return vm.bar(self.text(data).encode())
            if data.heir is None:
                return vm.bar(data.text.encode())
        if letter == "x" and isinstance(data, Leaf) and data.heir is None and HEX.fullmatch(data.text):
            return vm.bar(bytes.fromhex(data.text))
        raise self.error(rex, "bytes are b#word, b#{text} or x#00ff")

    # -- laws ----------------------------------------------------------------------------------------------------------

    def law(self, rex: Rex, name: int | None, tag: int, arguments: list[Rex], body: Rex) -> Value:
        slots: dict[int, int] = {}
        if name is not None:
            slots[name] = 0
        for slot, argument in enumerate(arguments, 1):
            slots[self.name(argument)] = slot
        lets: list[Rex] = []
        body = alone(body)
        while isinstance(body, Node) and body.rune == "@" and len(parts(body)) == 3:
            bound, held, rest = parts(body)
            body = alone(rest)
            slot = len(arguments) + 1 + len(lets)
            if slots.setdefault(self.name(bound), slot) != slot:
                raise self.error(bound, f"{name_text(self.name(bound))} is bound already")
            lets.append(held)
        scope = Scope(slots, len(arguments) + 1 + len(lets))
        made = self.body(scope, body)
        for held in reversed(lets):
            made = vm.app(1, self.body(scope, held), made)
        return vm.law(tag, len(arguments), made)

    def body(self, scope: Scope, rex: Rex) -> Value:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(rex, "this is nested too deeply")
        made = self.body_form(scope, rex)
        self.depth -= 1
        return made

    def body_form(self, scope: Scope, rex: Rex) -> Value:
        name = leaf_nat(rex) if isinstance(rex, Leaf) and rex.shape == WORD else None
        if isinstance(rex, Node):
            sons = parts(rex)
            if (rex.rune == "|" or rex.rune == "-") and sons:
                made = self.body(scope, sons[0])
                for son in sons[1:]:
                    made = vm.app(0, made, self.body(scope, son))
                return made
            if rex.rune == "!":
                return vm.app(2, self.application(rex, flat(rex)))
            if rex.rune == ":":
                return self.application(rex, flat(rex))
            if rex.rune == "@":
                raise self.error(rex, "a let stands at the top of a body only: `@ name value` and the rest")
            if rex.rune == "." and len(sons) == 1:
                name = self.name(sons[0])
        if name is not None and name in scope.slots and not (isinstance(rex, Leaf) and NUMBER.fullmatch(rex.text)):
            return scope.slots[name]
        value = self.value(rex)
        return vm.app(2, value) if is_code(value, scope.count) else value


def chain(rex: Node) -> list[Node]:
    """A node and its heirs of the same rune; another heir is a son of the last."""
    links: list[Node] = []
    link = rex
    while True:
        heir = link.heir
        if isinstance(heir, Node) and heir.rune == rex.rune:
            links.append(link)
            link = heir
        else:
            links.append(link if heir is None else Node(link.mode, link.rune, [*link.sons, heir], None, link.pos))
            return links


def alone(rex: Rex) -> Rex:
    """The form in `| form`."""
    while isinstance(rex, Node) and rex.rune == "|" and len(parts(rex)) == 1:
        rex = parts(rex)[0]
    return rex


def flat(rex: Node) -> list[Rex]:
    """The sons of a node and of its heirs of the same rune."""
    return [son for link in chain(rex) for son in link.sons]


def is_code(value: Value, slots: int) -> bool:
    """Whether a constant would be taken for code where it stands in a body."""
    if isinstance(value, int):
        return value < slots
    if isinstance(value, vm.App) and isinstance(value.head, int):
        return (value.head, len(value.args)) in ((0, 2), (1, 2), (2, 1))
    return False
