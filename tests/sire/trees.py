"""Rex trees for tests: random ones, and what it means that two are the same."""

from hypothesis import strategies as st

from sire.rex import INFX, LINE, NEST, OPEN, PREF, SHUT, TEXT, WORD, Embed, Leaf, Node, Rex

RUNES = st.text(alphabet="$!#%&*+,-./:<=>?@\\^`'|~", min_size=1, max_size=4)
WORDS = st.text(alphabet="abcXYZ019_", min_size=1, max_size=12)
CHARS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\r\0")
TEXTS = st.one_of(st.text(alphabet='{}}"_| ab', max_size=12), st.text(alphabet=CHARS, max_size=50))


def chain(lines: list[str]) -> Rex:
    rex: Leaf | None = None
    for line in reversed(lines):
        rex = Leaf(LINE, line, rex)
    assert rex is not None
    return rex


def closed_node(sons: st.SearchStrategy[Rex]) -> st.SearchStrategy[Rex]:
    heir = st.one_of(st.none(), sons)
    return st.one_of(
        st.builds(Node, st.just(PREF), RUNES, st.lists(sons, min_size=1, max_size=1), heir),
        st.builds(Node, st.sampled_from([INFX, SHUT]), RUNES, st.lists(sons, min_size=2, max_size=4), heir),
        st.builds(Node, st.just(NEST), RUNES, st.lists(sons, max_size=4), heir),
        st.builds(Leaf, st.sampled_from([WORD]), WORDS, heir),
        st.builds(Leaf, st.sampled_from([TEXT]), TEXTS, heir),
    )


LEAVES = st.one_of(st.builds(Leaf, st.just(WORD), WORDS), st.builds(Leaf, st.just(TEXT), TEXTS))
CLOSED: st.SearchStrategy[Rex] = st.recursive(LEAVES, closed_node, max_leaves=12)
LINES: st.SearchStrategy[Rex] = st.builds(chain, st.lists(st.text(alphabet=CHARS, max_size=20), min_size=1, max_size=3))


def open_node(sons: st.SearchStrategy[Rex]) -> st.SearchStrategy[Rex]:
    return st.builds(Node, st.just(OPEN), RUNES, st.lists(sons, max_size=5), st.one_of(st.none(), sons))


OPENED: st.SearchStrategy[Rex] = open_node(st.recursive(st.one_of(CLOSED, LINES), open_node, max_leaves=12))
TREES: st.SearchStrategy[Rex] = st.one_of(CLOSED, OPENED)
"""Trees whose every mode has a text."""

VALUED: st.SearchStrategy[Rex] = st.recursive(
    st.one_of(LEAVES, st.builds(Embed, st.integers(0, 2**70))),
    lambda sons: st.builds(
        Node, st.sampled_from([OPEN, NEST, INFX, PREF, SHUT]), RUNES, st.lists(sons, max_size=4), st.none() | sons
    ),
    max_leaves=12,
)
"""Trees of any mode, with values."""


def same(a: Rex | None, b: Rex | None, modes: bool = True) -> bool:
    """Whether two trees are equal, but for their places (and, without `modes`, their modes)."""
    pairs = [(a, b)]
    while pairs:
        a, b = pairs.pop()
        if a is None or b is None:
            if a is not b:
                return False
            continue
        if isinstance(a, Leaf) and isinstance(b, Leaf):
            if (a.shape, a.text) != (b.shape, b.text):
                return False
        elif isinstance(a, Node) and isinstance(b, Node):
            if a.rune != b.rune or len(a.sons) != len(b.sons) or (modes and a.mode != b.mode):
                return False
            pairs += zip(a.sons, b.sons, strict=True)
        elif not (isinstance(a, Embed) and isinstance(b, Embed) and a.value == b.value):
            return False
        pairs.append((a.heir, b.heir))
    return True
