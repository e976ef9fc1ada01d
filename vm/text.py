"""Nats as text: UTF-8, the first character in the lowest byte."""

from __future__ import annotations


def utf8(text: str) -> int:
    """The nat that spells `text`."""
    return int.from_bytes(text.encode(), "little")


def text(nat: int) -> str | None:
    """What a nat spells, None if it is not UTF-8."""
    try:
        return nat.to_bytes((nat.bit_length() + 7) >> 3, "little").decode()
    except UnicodeDecodeError:
        return None
