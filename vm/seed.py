"""Seeds: the byte form of values. Pallas's format: what one saves, the other loads.

A seed holds a tree of nats with everything that repeats written once. Laws and pins are written as what builds them,
(0 n a b) and (4 x), native forms as the shapes they stand for.

    5 words                 how many holes (references to values outside), big nats, word nats, byte nats, fragments
    a word for each         the sizes of the big nats, in words
    words, words, bytes     the nats, descending
    bits, low first         the fragments: 1 f x is an application, 0 r a reference to a hole, a nat or an earlier
                            fragment, as wide as the greatest index so far; each fragment is an application, its first 1
                            is left out
    zeros                   up to a multiple of 8 bytes

The value is the last entry of the table. A *germ* is a seed with the pins below as holes; a pin's content is saved as
its head (a word and the hashes of those pins) and its germ. A *pod* is a DAG of pins in one piece.

Reading is safe on any bytes: no recursion, no work or memory out of proportion to the input, and nothing is evaluated.
"""

from __future__ import annotations

from typing import Final, final

from vm import shapes, trees
from vm.hashing import LIMIT, Budget, hash_value
from vm.room import bits
from vm.turns import work
from vm.values import App, Bar, Cow, Law, MemoryLimit, Pin, Row, Set, Tab, small

MAGIC: Final = b"SEEDPOD:"
SPARE: Final = 1 << 22
"""Arguments that reading may copy whatever the input's size: to apply a fragment copies the arguments it has."""


@final
class SeedError(Exception):
    """These bytes are no seed. `offset` is in bytes from the start of the seed."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"bad seed at byte {offset}: {reason}")
        self.offset = offset
        self.reason = reason


# -- writing ----------------------------------------------------------------------------------------------------------


@final
class Step:
    """What the writer does when the values above it on its stack are done: apply, or remember the result."""

    __slots__ = ("applies", "value")

    def __init__(self, applies: bool, value: object) -> None:
        self.applies: Final = applies
        self.value: Final = value


APPLY: Final = Step(True, None)


@final
class Writer:
    """The table of all distinct leaves and applications of a value. Equal trees get the same number."""

    def __init__(self, holes: list[Pin]) -> None:
        self.holes: Final = len(holes)
        self.heads: Final[list[int]] = []
        self.tails: Final[list[int]] = []
        self.uses: Final[list[int]] = []
        self.atoms: Final[dict[int, int]] = {}
        self.cells: Final[dict[int, int]] = {}
        self.pins: Final[dict[bytes, int]] = {}
        self.known: Final[dict[int, int]] = {}
        self.rows: Final[list[Row]] = []
        for pin in holes:
            self.pins[pin.hash] = self.entry(-1, -1)

    def entry(self, head: int, tail: int) -> int:
        self.heads.append(head)
        self.tails.append(tail)
        self.uses.append(0)
        return len(self.heads) - 1

    def atom(self, n: int) -> int:
        i = self.atoms.get(n, -1)
        if i < 0:
            i = self.entry(-1, -1)
            self.atoms[n] = i
        return i

    def cell(self, head: int, tail: int) -> int:
        key = head << 32 | tail
        i = self.cells.get(key, -1)
        if i < 0:
            self.uses[head] += 1
            self.uses[tail] += 1
            i = self.entry(head, tail)
            self.cells[key] = i
        return i

    def law(self, name: int, args: int) -> int:
        """(0 name args), the law without its body."""
        head = self.cell(self.atom(0), self.atom(name))
        return self.cell(head, self.atom(args))

    def cow(self, n: int) -> int:
        return self.cell(self.law(0, n + 1), self.atom(0))

    def add(self, top: object) -> int:
        """The number of a value, all of whose parts are in the table then."""
        done: list[int] = []
        todo: list[object] = [top]
        while todo:
            x = todo.pop()
            work(4)
            if isinstance(x, int):
                done.append(self.atom(x))
            elif isinstance(x, Step):
                if x.applies:
                    tail = done.pop()
                    done.append(self.cell(done.pop(), tail))
                else:
                    self.known[id(x.value)] = done[-1]
            else:
                self.enter(x, done, todo)
        return done[0]

    def enter(self, x: object, done: list[int], todo: list[object]) -> None:
        """Put x in place: its first part on `done`, and what it is applied to on `todo`, the next on top."""
        number = self.known.get(id(x), -1)
        if number >= 0:
            done.append(number)
        elif isinstance(x, Bar):
            done.append(self.cell(self.law(1, 1), self.atom(shapes.bar_nat(x.data))))
        elif isinstance(x, Cow):
            done.append(self.cow(x.size))
        elif isinstance(x, Pin):
            number = self.pins.get(x.hash, -1)
            if number >= 0:
                done.append(number)
                return
            done.append(self.atom(4))
            todo += (KeepPin(x.hash), APPLY, x.item)
        elif isinstance(x, Row):
            if len(x.items) > 1:
                todo.append(Step(False, x))
            self.enter_row(x.items, done, todo)
        elif isinstance(x, App):
            todo.append(Step(False, x))
            for arg in x.args[::-1]:
                todo.append(APPLY)
                todo.append(arg)
            todo.append(x.head)
        elif isinstance(x, Law):
            todo += (Step(False, x), APPLY, x.body)
            done.append(self.law(x.name, x.args))
        elif isinstance(x, Set):
            todo += (Step(False, x), APPLY, self.row(trees.keys(x.root)))
            done.append(self.law(1, 2))
        elif isinstance(x, Tab):
            todo += (Step(False, x), APPLY, self.row(trees.values(x.root)))
            todo += (APPLY, self.row(trees.keys(x.root)))
            done.append(self.law(1, 2))
        elif isinstance(x, KeepPin):
            self.pins[x.hash] = done[-1]
        else:
            raise TypeError(f"no seed of a value that is not normal: {type(x).__name__}")

    def row(self, xs: list[object]) -> Row:
        """A row that lives as long as the writer: what is known goes by identity."""
        row = Row(xs)
        self.rows.append(row)
        return row

    def enter_row(self, items: list[object], done: list[int], todo: list[object]) -> None:
        number = self.cow(len(items))
        i = len(items) - 1
        while i >= 0:
            work(4)
            item = items[i]
            if not isinstance(item, int):
                break
            number = self.cell(number, self.atom(item))
            i -= 1
        done.append(number)
        for j in range(i + 1):
            todo.append(APPLY)
            todo.append(items[j])

    def write(self, top: int) -> bytes:
        atoms = sorted(self.atoms, reverse=True)
        index = [-1] * len(self.heads)
        for i in range(self.holes):
            index[i] = i
        count = self.holes
        bigs: list[int] = []
        words: list[int] = []
        small: list[int] = []
        for n in atoms:
            work(4)
            index[self.atoms[n]] = count
            count += 1
            (small if n < 256 else words if n < 1 << 64 else bigs).append(n)
        fragments = [i for i, head in enumerate(self.heads) if head >= 0 and (self.uses[i] > 1 or i == top)]
        out = bytearray()
        for n in (self.holes, len(bigs), len(words), len(small), len(fragments)):
            out += n.to_bytes(8, "little")
        sizes = [(bits(n) + 63) >> 6 for n in bigs]
        for size in sizes:
            out += size.to_bytes(8, "little")
        for n, size in zip(bigs, sizes, strict=True):
            out += n.to_bytes(size << 3, "little")
        for n in words:
            out += n.to_bytes(8, "little")
        out += bytes(small)
        self.write_fragments(out, fragments, index, count)
        out += bytes(-len(out) & 7)
        return bytes(out)

    def write_fragments(self, out: bytearray, fragments: list[int], index: list[int], count: int) -> None:
        acc = 0
        filled = 0
        heads = self.heads
        tails = self.tails
        for fragment in fragments:
            width = (count - 1).bit_length()
            stack = [tails[fragment], heads[fragment]]
            while stack:
                work(4)
                i = stack.pop()
                ref = index[i]
                if ref < 0:
                    acc |= 1 << filled
                    filled += 1
                    stack.append(tails[i])
                    stack.append(heads[i])
                else:
                    acc |= ref << (filled + 1)
                    filled += 1 + width
                while filled >= 16:
                    out += (acc & 0xFFFF).to_bytes(2, "little")
                    acc >>= 16
                    filled -= 16
            index[fragment] = count
            count += 1
        out += acc.to_bytes((filled + 7) >> 3, "little")


@final
class KeepPin:
    """What the writer does when a pin's content is in the table: keep its number by its hash."""

    __slots__ = ("hash",)

    def __init__(self, digest: bytes) -> None:
        self.hash: Final = digest


def encode(x: object, holes: list[Pin]) -> bytes:
    """The seed of a normal value, with some pins left out."""
    writer = Writer(holes)
    return writer.write(writer.add(x))


def save(x: object) -> bytes:
    """The seed of a normal value, with everything under it."""
    return encode(x, [])


def save_pin(pin: Pin) -> bytes:
    """One pin's content: the number of the pins under it (a word), their hashes, the germ."""
    refs = pin.refs
    return len(refs).to_bytes(8, "little") + b"".join([ref.hash for ref in refs]) + encode(pin.item, refs)


def save_pod(pin: Pin) -> bytes:
    """A pin and all pins under it, each as a germ and the positions of its references, lowest first."""
    position: dict[bytes, int] = {}
    stored: list[object] = []
    stack = [pin]
    while stack:
        x = stack[-1]
        if x.hash in position:
            stack.pop()
            continue
        missing = [ref for ref in x.refs if ref.hash not in position]
        if missing:
            stack += missing[::-1]
            continue
        stack.pop()
        position[x.hash] = len(stored)
        stored.append(Row([Bar(encode(x.item, x.refs)), Row([position[ref.hash] for ref in x.refs])]))
    return MAGIC + save(Row([Bar(pin.hash), Row(stored)]))


# -- reading ----------------------------------------------------------------------------------------------------------


@final
class Open:
    """An application whose arguments are being read."""

    __slots__ = ("args", "head", "missing")

    def __init__(self, head: object, missing: int) -> None:
        self.head: Final = head
        self.args: Final[list[object]] = []
        self.missing = missing


@final
class Reader:
    """Reads one seed.

    An application must lack arguments to be normal. Where its head is a pin that nobody has looked into, that is left
    to be proved: `claims` are those applications.
    """

    def __init__(self, data: bytes, holes: list[Pin], spare: int = SPARE) -> None:
        self.data: Final = data
        self.pos = 0
        self.acc = 0
        self.filled = 0
        self.copies = spare + 64 * len(data)
        self.table: Final[list[object]] = list(holes)
        self.claims: Final[list[App]] = []

    def fail(self, reason: str) -> SeedError:
        return SeedError(min(self.pos, len(self.data)), reason)

    def word(self) -> int:
        n = int.from_bytes(self.data[self.pos : self.pos + 8], "little")
        self.pos += 8
        return n

    def need(self, n: int, what: str) -> None:
        if n > len(self.data) - self.pos:
            raise self.fail(f"ends within its {what}")

    def read(self) -> object:
        if len(self.data) & 7:
            raise self.fail("its length is not a multiple of 8")
        self.need(40, "header")
        holes = self.word()
        bigs = self.word()
        words = self.word()
        small = self.word()
        fragments = self.word()
        table = self.table
        if holes != len(table):
            raise self.fail(f"it has {holes} holes, but {len(table)} values were given for them")
        self.need(8 * bigs, "sizes")
        sizes = [self.word() for _ in range(bigs)]
        for size in sizes:
            self.need(8 * size, "big nats")
            n = int.from_bytes(self.data[self.pos : self.pos + 8 * size], "little")
            if size == 0 or n >> (64 * size - 64) == 0:
                raise self.fail("a big nat has a leading zero")
            table.append(n)
            self.pos += 8 * size
        self.need(8 * words, "words")
        for _ in range(words):
            work(2)
            table.append(self.word())
        self.need(small, "bytes")
        for n in self.data[self.pos : self.pos + small]:
            table.append(n)
        self.pos += small
        if 2 * fragments > 8 * (len(self.data) - self.pos):
            raise self.fail("ends within its fragments")
        if not table:
            raise self.fail("it is empty")
        for _ in range(fragments):
            table.append(self.fragment())
        self.finish()
        return table[-1]

    def finish(self) -> None:
        """What is left fills up a word, with zeros."""
        used = (8 * self.pos - self.filled + 7) // 8
        if used > len(self.data):
            raise self.fail("ends within its fragments")
        if len(self.data) - used > 7 or self.acc or any(self.data[self.pos :]):
            self.pos = used
            raise self.fail("goes on after its end")

    def bits(self, n: int) -> int:
        """The next n <= 32 bits; zeros past the end."""
        while self.filled < n:
            self.acc |= int.from_bytes(self.data[self.pos : self.pos + 3], "little") << self.filled
            self.pos += 3
            self.filled += 24
            if self.pos > len(self.data) + 16:
                raise self.fail("ends within its fragments")
        got = self.acc & ((1 << n) - 1)
        self.acc >>= n
        self.filled -= n
        return got

    def fragment(self) -> object:
        table = self.table
        width = (len(table) - 1).bit_length()
        stack: list[Open] = []
        count = 1
        while True:
            work(4)
            while self.bits(1):
                work(1)
                count += 1
            ref = self.bits(width)
            if ref >= len(table):
                raise self.fail(f"entry {ref} of a table of {len(table)}")
            x = table[ref]
            if count:
                stack.append(Open(x, count))
                count = 0
                continue
            while True:
                top = stack[-1]
                top.args.append(x)
                if len(top.args) < top.missing:
                    break
                x = self.construct(top.head, top.args)
                stack.pop()
                if not stack:
                    return x

    def construct(self, head: object, args: list[object]) -> object:
        """The application of two normal values, which must be normal too, or build a law or a pin."""
        while True:
            if isinstance(head, App):
                self.copies -= len(head.args)
                if self.copies < 0:
                    raise self.fail("it unfolds to too large a value")
                args = head.args + args
                head = head.head
            elif head == 0 and isinstance(head, int) and len(args) > 2:
                name, arity, body = args[0], args[1], args[2]
                if not isinstance(name, int) or not isinstance(arity, int) or arity == 0:
                    raise self.fail("a law whose name or arity is no nat, or whose arity is 0")
                if isinstance(body, Row):
                    self.copies -= len(body.items)
                head = shapes.make_law(name, arity, body)
                args = args[3:]
                if not args:
                    return head
            elif head == 4 and isinstance(head, int):
                head = Pin(args[0])
                args = args[1:]
                if not args:
                    return head
            else:
                break
        if isinstance(head, Cow) and len(args) == head.size:
            return normal(shapes.make_app(head, args))
        if isinstance(head, Pin):
            app = App(head, args)
            app.normal = True
            self.claims.append(app)
            return app
        if shapes.arity(head) <= len(args):
            raise self.fail("an application that is not in normal form")
        return normal(shapes.make_app(head, args))


def normal(x: object) -> object:
    """x, which is known to be normal, marked as such: nobody has to look through it again."""
    if isinstance(x, (Row, App, Tab)):
        x.normal = True
    return x


def decode(data: bytes, holes: list[Pin]) -> object:
    """The value of a seed, given the pins that were left out. Raises SeedError."""
    reader = Reader(data, holes)
    x = reader.read()
    settle(reader.claims)
    return x


def settle(claims: list[App]) -> None:
    """See that applications lack arguments; they remember how many. Raises SeedError."""
    for app in claims:
        work(1)
        need = shapes.arity(app)
        if need < 1:
            raise SeedError(0, "an application that is not in normal form")
        app.need = small(need)


def load(data: bytes) -> object:
    """The value of a seed. Raises SeedError."""
    return decode(data, [])


def split_pin(data: bytes) -> tuple[list[bytes], bytes]:
    """The hashes of the pins under a saved pin, and its germ. Raises SeedError."""
    count = int.from_bytes(data[:8], "little")
    end = 8 + 32 * count
    if len(data) < end:
        raise SeedError(len(data), "ends within its head")
    return [data[i : i + 32] for i in range(8, end, 32)], data[end:]


def budget(data: bytes) -> Budget:
    """For hashing the values in these bytes: far more than is needed where nothing is shared between them, and not so
    much that it takes long."""
    return Budget(2 * LIMIT + 1024 * len(data))


def load_pod(data: bytes) -> Pin:
    """The pin that a pod holds. Raises SeedError."""
    if data[:8] != MAGIC:
        raise SeedError(0, "not a pod")
    pod = load(data[8:])
    match pod:
        case Row(items=[Bar(data=digest), Row(items=stored)]):
            pass
        case _:
            raise SeedError(8, "a pod is a row of a hash and a row")
    pins: list[Pin] = []
    allowed = budget(data)
    spare = SPARE
    for entry in stored:
        match entry:
            case Row(items=[Bar(data=germ), Row(items=refs)]):
                pass
            case _:
                raise SeedError(8, f"pin {len(pins)} of the pod is not a row of a germ and a row")
        try:
            # Entries can share their germs and rows of references, and so be many more than the pod has room for.
            allowed.take(64 * (len(germ) + len(refs)))
            holes: list[Pin] = []
            for ref in refs:
                if not isinstance(ref, int) or ref >= len(pins):
                    raise SeedError(8, f"pin {len(pins)} of the pod refers to one that is not before it")
                holes.append(pins[ref])
            reader = Reader(germ, holes, spare)
            item = reader.read()
            settle(reader.claims)
            spare = min(spare, reader.copies)
            pins.append(Pin(item, hash_value(item, allowed)))
        except MemoryLimit:
            raise SeedError(8, f"pin {len(pins)} of the pod unfolds to too large a value") from None
    if not pins:
        raise SeedError(8, "an empty pod")
    if pins[-1].hash != digest:
        raise SeedError(8, "the pod's last pin has another hash than the pod says")
    return pins[-1]
