"""Rex trees: the notation between text and meaning.

A tree is a leaf, a node or an embedded value (or, where a macro went wrong, something malformed). Every form may carry
an *heir*, the form that stands right behind it: `f(x)` is the leaf `f` with the heir `(x)`, and in layout the heir is
what follows at the same column.

    Leaf    WORD  foo          TEXT  {foo} or "foo" or }|foo|      LINE  } foo (to the end of the line)
    Node    OPEN  | f x        laid out by lines and columns
            NEST  (f x) is `|`, [a b] is `,`, (+ a b) is `+`
            INFX  (a + b)
            PREF  +a
            SHUT  a+b

Once its reader is done with it, a tree does not change. `noun` is its PLAN form, kept there by `sire.noun`.
"""

from typing import Final, TypeAlias, final

WORD: Final = "WORD"
TEXT: Final = "TEXT"
LINE: Final = "LINE"

OPEN: Final = "OPEN"
NEST: Final = "NEST"
INFX: Final = "INFX"
PREF: Final = "PREF"
SHUT: Final = "SHUT"

Pos: TypeAlias = tuple[int, int]
"""(line, column) of the first character of a form, both from 1."""


@final
class Leaf:
    """A word or a piece of text. `shape` is WORD, TEXT or LINE."""

    __match_args__ = ("shape", "text", "heir", "pos")

    def __init__(self, shape: str, text: str, heir: "Rex | None" = None, pos: Pos | None = None) -> None:
        self.shape: str = shape
        self.text: str = text
        self.heir: Rex | None = heir
        self.pos: Pos | None = pos
        self.noun: object = None


@final
class Node:
    """A rune and its sons. `mode` is OPEN, NEST, INFX, PREF or SHUT."""

    __match_args__ = ("mode", "rune", "sons", "heir", "pos")

    def __init__(
        self, mode: str, rune: str, sons: "list[Rex]", heir: "Rex | None" = None, pos: Pos | None = None
    ) -> None:
        self.mode: str = mode
        self.rune: str = rune
        self.sons: list[Rex] = sons
        self.heir: Rex | None = heir
        self.pos: Pos | None = pos
        self.noun: object = None


@final
class Embed:
    """A PLAN value in the place of a form; it has no heir (the PLAN form of Rex has no room for one)."""

    __match_args__ = ("value", "heir", "pos")

    def __init__(self, value: object, heir: "Rex | None" = None, pos: Pos | None = None) -> None:
        self.value: object = value
        self.heir: Rex | None = heir
        self.pos: Pos | None = pos
        self.noun: object = None


@final
class Bad:
    """A PLAN value that a macro put where a form belongs and that is none. It matters only if somebody looks at it."""

    __match_args__ = ("value", "pos")

    def __init__(self, value: object, pos: Pos | None = None) -> None:
        self.value: object = value
        self.heir: Rex | None = None
        self.pos: Pos | None = pos
        self.noun: object = value


Rex: TypeAlias = Leaf | Node | Embed | Bad
