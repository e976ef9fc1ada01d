"""The records of a running machine, read over its control socket.

Its store is open in its host, and nobody else may open it. But what is in it never changes, so whoever wants to look
into the past, copy or check the machine asks for the records and does the work in a process of its own; the host
only reads, a portion at a time (`machines.portions`).
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import vm
from machines import home
from machines.client import Client, NotRunning
from machines.portions import AT_ONCE
from machines.store import END, META, OPEN, PAGE, PINS, TABLES, Head, Records, Space
from machines.stored import Stored

PATIENCE = 600.0
"""A large store takes long to copy, in seconds."""


class Remote(Records):
    """The records of a running machine. Raises client.NotRunning if it is not, or stops."""

    def __init__(self, directory: Path) -> None:
        self.client = Client(directory, timeout=PATIENCE)
        self.name = home.name_of(directory)
        OPEN.append(self)

    def close(self) -> None:
        OPEN.remove(self)
        self.client.close()

    def get(self, table: int, key: bytes) -> bytes | None:
        if table == PINS:
            return next(self.found([key]))
        value = self.client.call("meta", name=key.decode())["value"] if table == META else None
        return None if value is None else b64decode(value)

    def last(self, table: int, stop: int = END) -> int:
        return int(self.client.call("records", table=TABLES[table], from_=stop, to=stop)["last"])

    def records(self, table: int, start: int, stop: int, limit: int = PAGE) -> list[tuple[int, bytes]]:
        answer = self.client.call("records", table=TABLES[table], from_=start, to=stop)
        return [(n, b64decode(record)) for n, record in answer["entries"]][:limit]

    def heads(self, after: bytes) -> list[Head]:
        pins = self.client.call("heads", after=after.hex())["pins"]
        return [Head(bytes.fromhex(hash), size, [*map(bytes.fromhex, refs)]) for hash, size, refs in pins]

    def contents(self, hashes: Sequence[bytes]) -> Iterator[bytes]:
        for hash, content in zip(hashes, self.found(hashes), strict=True):
            if content is None:
                raise self.corrupt(f"pin {vm.hash_text(hash)} is missing")
            yield content

    def found(self, hashes: Sequence[bytes]) -> Iterator[bytes | None]:
        at = 0
        begun = b""
        while at < len(hashes):
            asked = [hash.hex() for hash in hashes[at : at + AT_ONCE]]
            for size, piece in self.client.call("pins", hashes=asked, from_=len(begun))["pins"]:
                begun += b64decode(piece or "")
                if len(begun) >= size:
                    yield None if piece is None else begun
                    at += 1
                    begun = b""

    def copy(self, file: Path) -> None:
        """Have the host write a copy of its store, as it is on disk, to a file that is not there."""
        self.client.call("copy", file=str(file.absolute()))

    def space(self) -> Space:
        answer: dict[str, Any] = self.client.call("space")
        tables = {name: (entries, size) for name, (entries, size) in answer["tables"].items()}
        packs = {name: (size, links) for name, (size, links) in answer["packs"].items()}
        return Space(answer["file"], answer["free"], tables, packs)


@contextmanager
def opened(directory: Path) -> Iterator[Records]:
    """A machine's records, whether it runs or not; a stopped one cannot start meanwhile. Raises MachineError."""
    home.require(directory)
    try:
        source: Remote | Stored = Remote(directory)
    except NotRunning:
        source = Stored(directory)
    try:
        yield source if isinstance(source, Remote) else source.store
    finally:
        source.close()
