"""The pins of our own library that are jets: name and hash (Base58). Generated; not to be edited."""

from __future__ import annotations

from typing import Final

HASHES: Final[list[tuple[str, str]]] = []
