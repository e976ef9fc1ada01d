"""The records of a running machine, given out a portion at a time: what its host answers to `machines.remote`.

    meta    {name}                ->  {value}
    records {table, from, to}     ->  {last, entries: [[number, bytes]..]}    last: the highest number below `to`
    heads   {after}               ->  {pins: [[hash, size, [hash under it..]]..]}
    pins    {hashes, from}        ->  {pins: [[size, bytes]..]}    as many as fit; the first one from byte `from` on
    space   {}                    ->  {file, free, tables: {name: [entries, bytes]}, packs: {name: [bytes, links]}}

Bytes are in Base64 and hashes in hexadecimal.
"""

from base64 import b64encode
from contextlib import suppress

from machines.protocol import BAD_PARAMS, CallError, Message
from machines.store import END, LOG, META, PINS, SNAPSHOTS, TABLES, TRK, Store

PORTION = 1 << 20
"""Bytes of records in one answer."""

AT_ONCE = 500
"""Hashes in one question."""

METHODS = {"meta", "records", "heads", "pins", "space"}
NUMBERED = {TABLES[table]: table for table in (LOG, SNAPSHOTS, TRK)}


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
            return {"file": space.file, "free": space.free, "tables": space.tables, "packs": space.packs}
    raise CallError(BAD_PARAMS, f"{method} has other params; see opsh-protocol(7)")


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
    raise CallError(BAD_PARAMS, f"{given!r:.80} is no hash")


def text(data: bytes) -> str:
    return b64encode(data).decode()
