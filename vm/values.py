"""The values of PLAN: nats (Python ints), pins, laws, apps, the native forms of common shapes, and thunks.

A value is *normal* when nothing in it is left to compute: it holds no thunk, and no app that could be a native form.
Other floors see normal values only. Inside an evaluation, items of rows, arguments of apps and values of tabs may be
thunks; heads of apps, keys, contents of pins and bodies of laws are always normal.

Nothing changes a value, but for three things that nobody can observe: a thunk becomes its result, a slot of a row, app
or tab node that held a thunk gets the thunk's result, and `normal`, once true, says so (it may be False on a normal
value).

Sets and tabs hold the root of a tree of `vm.trees` (a Node, or None when empty). A Python bool is never a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, final

from librt.vecs import append, vec
from mypy_extensions import i64, mypyc_attr

from vm import shared
from vm.words import COMPILE

if TYPE_CHECKING:
    from vm.trees import Node

Value = object

HUGE: Final[i64] = 1 << 40
UNCOMPILED: Final = append(vec[i64](), i64(COMPILE))


def small(n: int) -> i64:
    """An arity as a machine word; one that nobody can reach is cut off at HUGE."""
    if n < int(HUGE):
        return i64(n)
    return HUGE


@final
class Code:
    """Something that can be entered with `nargs` arguments in its first registers: see vm.code for how it comes to be.

    At first its words say that it is to be compiled, from `source`; that happens when it is entered. A caller that has
    evaluated the arguments in `strict` may enter at the word `fast`.
    """

    __slots__ = ("consts", "fast", "name", "nargs", "nregs", "source", "strict", "words")

    def __init__(self, name: str, nargs: i64, source: object) -> None:
        self.name: Final = name
        self.nargs: Final = nargs
        self.source: object = source
        self.words: vec[i64] = UNCOMPILED
        self.consts: list[object] = []
        self.nregs: i64 = nargs
        self.fast: i64 = 0
        self.strict: list[int] | None = None


@mypyc_attr(free_list_len=1)
@final
class Thunk:
    """A value not computed yet. `code` is None when it is done: then `a` is its value (or another thunk).

    Otherwise the code is to be entered with the arguments a, b, c; if it takes more than three, c is the list of the
    rest.
    """

    __slots__ = ("a", "b", "c", "code")

    def __init__(self, code: Code | None, a: object, b: object, c: object) -> None:
        self.code: Code | None = code
        self.a: object = a
        self.b: object = b
        self.c: object = c


@final
class Pin:
    """A normal value behind its hash.

    `item` is the content, `hash` its BLAKE3 hash (32 bytes), `refs` the pins directly under it, each once, in
    traversal order.
    All three are computed, or loaded by `load`, when they are first asked for.
    """

    __slots__ = ("_hash", "_item", "_refs", "code", "handle", "load")

    def __init__(
        self,
        item: object | None,
        digest: bytes | None = None,
        load: Callable[[Pin], object] | None = None,
        refs: list[Pin] | None = None,
    ) -> None:
        self._item: object | None = item
        self._hash: bytes | None = digest
        self._refs: list[Pin] | None = refs
        self.load: Callable[[Pin], object] | None = load
        self.code: Code | None = None
        self.handle: object = None

    @property
    def item(self) -> object:
        x = self._item
        if x is None:
            load = self.load
            assert load is not None
            x = load(self)
            self._item = x
            self.load = None
        return x

    @property
    def hash(self) -> bytes:
        digest = self._hash
        if digest is None:
            from vm.hashing import hash_value

            digest = hash_value(self.item)
            self._hash = digest
        return digest

    @property
    def refs(self) -> list[Pin]:
        refs = self._refs
        if refs is None:
            from vm.shapes import refs as find_refs

            refs = find_refs(self.item)
            self._refs = refs
        return refs


@final
class Law:
    """A function: name (a nat), number of arguments (at least 1), body. Laws with a native form are never of this
    class."""

    __slots__ = ("args", "body", "code", "name")

    def __init__(self, name: int, args: int, body: object) -> None:
        self.name: Final = name
        self.args: Final = args
        self.body: Final = body
        self.code: Code | None = None


@mypyc_attr(free_list_len=1)
@final
class App:
    """An application that lacks arguments. The head is never an app; `args` has at least one item, never to be changed
    (but see the head of this module).

    `need` is how many arguments it lacks, -1 if nobody has asked yet. `held` are the arguments as they are kept: maybe
    a part of a list that others share, until somebody asks for `args`.
    """

    __slots__ = ("head", "held", "need", "normal")

    def __init__(self, head: object, args: shared.Args, need: i64 = -1) -> None:
        self.head: Final = head
        self.held: shared.Args = args
        self.need: i64 = need
        self.normal = False

    @property
    def args(self) -> list[object]:
        held = self.held
        if isinstance(held, shared.Prefix):
            made = held.items()
            self.held = made
            return made
        return held

    @property
    def count(self) -> int:
        """How many arguments there are."""
        return shared.count(self.held)

    def arg(self, i: int) -> object:
        """Argument i from the last. 0 <= i < count."""
        return shared.item(self.held, i)

    def function(self) -> object:
        """What is applied to the last argument."""
        if self.count == 1:
            return self.head
        f = App(self.head, shared.shorter(self.held), self.need + 1 if self.need >= 0 else -1)
        f.normal = self.normal
        return f


@final
class Row:
    """A row: {0 n+1 0} applied to its n items, last first; the empty row is the law {0 1 0}."""

    __slots__ = ("items", "normal")

    def __init__(self, items: list[object]) -> None:
        self.items: Final = items
        self.normal = False


@final
class Bar:
    """Bytes: the law {1 1 b}. `held` are the bytes as they are kept: maybe a part of others, until somebody asks for
    `data`."""

    __slots__ = ("held",)

    def __init__(self, data: shared.Data) -> None:
        self.held: shared.Data = data

    @property
    def data(self) -> bytes:
        held = self.held
        if isinstance(held, shared.Slice):
            made = held.data()
            self.held = made
            return made
        return held

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return shared.size(self.held)

    def cut(self, start: int, end: int) -> Bar:
        """The bytes from `start` to `end`. 0 <= start <= end <= size."""
        return Bar(shared.cut(self.held, start, end))


@final
class Cow:
    """The law {0 size+1 0}, which makes a row of `size` arguments; size >= 1."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size: Final = size


@final
class Set:
    """Distinct normal keys: the law {1 2 row of the keys, ascending}."""

    __slots__ = ("root",)

    def __init__(self, root: Node | None) -> None:
        self.root: Final = root

    def __len__(self) -> int:
        root = self.root
        return 0 if root is None else root.size

    def keys(self) -> list[object]:
        """All keys, ascending."""
        from vm import trees

        return trees.keys(self.root)

    def has(self, key: object) -> bool:
        from vm import trees

        return trees.find(self.root, key) is not None


@final
class Tab:
    """A sorted map: the set of its keys applied to the row of its values."""

    __slots__ = ("normal", "root")

    def __init__(self, root: Node | None) -> None:
        self.root: Final = root
        self.normal = False

    def __len__(self) -> int:
        root = self.root
        return 0 if root is None else root.size

    def keys(self) -> list[object]:
        """All keys, ascending."""
        from vm import trees

        return trees.keys(self.root)

    def values(self) -> list[object]:
        """All values, in the order of their keys."""
        from vm import trees

        return trees.values(self.root)

    def items(self) -> list[tuple[object, object]]:
        """All pairs, in the order of their keys."""
        return list(zip(self.keys(), self.values(), strict=True))

    def get(self, key: object) -> object | None:
        """The value at a key, None if there is none."""
        from vm import trees

        node = trees.find(self.root, key)
        return None if node is None else node.value


class Crash(Exception):
    """A PLAN crash: the op that was called (0..4 or any other nat) and its argument, normal."""

    def __init__(self, op: int, arg: object) -> None:
        super().__init__(op, arg)
        self.op = op
        self.arg = arg


class TimeLimit(Exception):
    """The evaluation took longer than it was allowed to."""


class MemoryLimit(Exception):
    """The evaluation needed more memory than it was allowed to have."""


# Thunks whose work is not a law's body. The evaluator knows these codes by identity.
APPLY: Final = Code("apply", 2, None)  # a applied to the list of arguments b
NORMALISE: Final = Code("normalise", 1, None)  # a, normal
HOLE: Final = Code("hole", 0, None)  # being computed: whoever needs it now waits for itself
CRASHED: Final = Code("crashed", 2, None)  # crashes with op a and argument b


def delay(f: object, xs: list[object]) -> Thunk:
    """The thunk of f applied to xs. f may be a thunk itself."""
    return Thunk(APPLY, f, xs, None)


def delay_normal(x: object) -> Thunk:
    """The thunk of x, fully normalised: its value is normal."""
    return Thunk(NORMALISE, x, None, None)


def known(x: object) -> object | None:
    """The value of x as far as it is computed: x itself, the result of a thunk that is done, or None."""
    while isinstance(x, Thunk):
        if x.code is not None:
            return None
        x = x.a
    return x
