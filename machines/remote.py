"""The records of a running machine, read over its control socket.

Its store is open in its host, and nobody else may open it. But what is in it never changes, so whoever wants to look
into the past, copy or check the machine asks for the records and does the work in a process of its own; the host
only reads, at most a PORTION at a time. The calls, with bytes as base64 and hashes in hexadecimal:

    meta    {name}                ->  {value}
    records {table, from, to}     ->  {last, entries: [[number, bytes]..]}    last: the highest number below `to`
    heads   {after}               ->  {pins: [[hash, size, [hash under it..]]..]}
    pins    {hashes, from}        ->  {pins: [[size, bytes]..]}    as many as fit; the first one from byte `from` on
    space   {}                    ->  {file, free, tables: {name: [entries, bytes]}}
    copy    {file}                ->  {}    writes a copy of the store; meanwhile nothing else gets to the disk
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import vm
from machines import home, protocol
from machines.client import Client, NotRunning
from machines.protocol import CallError, Message
from machines.store import END, LOG, META, OPEN, PAGE, PINS, SNAPSHOTS, TABLES, TRK, Head, Records, Space, Store
from machines.stored import Stored

PORTION = 1 << 20
"""Bytes of records in one answer."""

AT_ONCE = 500
"""Hashes in one question."""

PATIENCE = 600.0
"""A large store takes long to copy, in seconds."""

METHODS = {"meta", "records", "heads", "pins", "space"}
NUMBERED = {TABLES[table]: table for table in (LOG, SNAPSHOTS, TRK)}


# In the host ----------------------------------------------------------------------------------------------------------


def answer(store: Store, method: str, params: Message) -> Message:
    """The answer to one of METHODS. Raises CallError."""
    match method, params:
        case "meta", {"name": str(name)} if name.isascii() and 0 < len(name) < 100:
            value = store.get(META, name.encode())
            return {"value": None if value is None else text(value)}
        case "records", {"table": str(name), "from": int(first), "to": int(to)} if name in NUMBERED:
            table = NUMBERED[name]
            stop = max(0, min(to, END))
            entries: list[list[object]] = []
            size = 0
            for n, record in store.records(table, max(0, min(first, END)), stop):
                entries.append([n, text(record)])
                size += len(record)
                if size > PORTION:
                    break
            return {"last": store.last(table, stop), "entries": entries}
        case "heads", {"after": str(after)}:
            heads = store.heads(parse_hash(after) if after else b"")
            return {"pins": [[hash.hex(), size, [ref.hex() for ref in refs]] for hash, size, refs in heads]}
        case "pins", {"hashes": [*hashes], "from": int(start)} if len(hashes) <= AT_ONCE and start >= 0:
            return {"pins": pieces(store, [parse_hash(hash) for hash in hashes], start)}
        case "space", _:
            space = store.space()
            return {"file": space.file, "free": space.free, "tables": space.tables}
    raise CallError(protocol.BAD_PARAMS, f"{method} has other params; see opsh-store(7)")


def pieces(store: Store, hashes: list[bytes], start: int) -> list[list[object]]:
    found: list[list[object]] = []
    room = PORTION
    for hash in hashes:
        content = store.get(PINS, hash)
        if content is None:
            found.append([0, None])
            continue
        piece = content[start : start + room]
        found.append([len(content), text(piece)])
        room -= len(piece)
        start = 0
        if room <= 0:
            break
    return found


def parse_hash(given: object) -> bytes:
    # Base58 is for people: it takes longer than all the rest.
    with suppress(ValueError):
        if len(hash := bytes.fromhex(str(given))) == 32:
            return hash
    raise CallError(protocol.BAD_PARAMS, f"{given!r:.80} is no hash")


def text(data: bytes) -> str:
    return b64encode(data).decode()


# In the process that asks ---------------------------------------------------------------------------------------------


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
        return Space(answer["file"], answer["free"], tables)


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
