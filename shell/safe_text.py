"""The one boundary between text from elsewhere and the person's terminal.

What a machine, a cog or a peer says may hold anything: escape sequences that set the title or the clipboard, marks that
turn the reading direction round, halves of surrogate pairs that no terminal can be sent. Every such character becomes
one visible glyph, so that what is shown is still as long as what was said, and nothing of it is obeyed.
"""

import re

HIDDEN = (
    (0x80, 0x9F),  # C1: a terminal may take 0x9B for ESC [
    (0x061C, 0x061C),  # a mark of direction
    (0x200B, 0x200F),  # zero width, and marks of direction
    (0x2028, 0x202E),  # line and paragraph separators, bidi embeddings and overrides
    (0x2060, 0x206F),  # word joiner, bidi isolates, format characters that are no longer used
    (0xD800, 0xDFFF),  # surrogates on their own cannot be encoded
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE007F),  # tags: text that nobody sees
)
GLYPHS = {code: "�" for first, last in HIDDEN for code in range(first, last + 1)}
GLYPHS |= {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}  # C0: the control pictures, ESC as ␛
UNSAFE = re.compile("[\0-\x1f\x7f" + "".join(f"{chr(first)}-{chr(last)}" for first, last in HIDDEN) + "]")
TAB = 8


def safe_line(text: str) -> str:
    """One line of text that a terminal shows and does not obey. Line ends become glyphs, tabs become blanks."""
    if UNSAFE.search(text) is None:
        return text
    return text.expandtabs(TAB).translate(GLYPHS)


def safe_lines(text: str) -> list[str]:
    """The lines of a text, each safe. Only LF ends a line; at least one line, even of an empty text."""
    return [safe_line(line) for line in text.split("\n")]


def safe_text(text: str) -> str:
    """A text of any number of lines, each safe."""
    return text if UNSAFE.search(text) is None else "\n".join(safe_lines(text))


def clip(text: str, length: int) -> str:
    """At most `length` characters of a line, and a word on how many more there are."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text) - length:,} more)"
