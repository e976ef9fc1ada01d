"""A machine in one file, to be carried anywhere: its state, and its history if that is wanted.

The file begins with MAGIC. The rest is frames: the kind in a byte, the length of the content in 8, its CRC-32 in 4
(all numbers little-endian), the content:

    H    msgpack [event, root hash, created, origin, length of the pins, length of the records]
    P    a pin: its hash, then what vm.save_pin makes of it; the pins under it came before it
    L S T    a record of the log, the snapshots, the trk: its number in 8 bytes, then the record
    E    nothing; the end

Whoever reads it believes nothing: each pin must have its hash, each record must decode, the numbers must be in order,
the state must be one. What the file says does not depend on the machine that wrote it. Identities are not in it.
"""

import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

import vm
from machines import home, past, reading, snapshots
from machines.draft import draft
from machines.errors import MachineError
from machines.lock import Lock
from machines.origin import ORIGIN, origin
from machines.past import Progress
from machines.remote import opened
from machines.sharing import borrow, tidy
from machines.shown import Mark
from machines.store import (
    END,
    LOG,
    META,
    PINS,
    SNAPSHOTS,
    TABLES,
    TRK,
    Batch,
    Corrupt,
    Records,
    Store,
    first_batch,
    head_of,
    read_pin,
)

MAGIC = b"opsh machine 1\n\0"
FRAME = 13
NUMBERED = {b"L": LOG, b"S": SNAPSHOTS, b"T": TRK}
BATCH = 32 << 20
"""Bytes that are written at once; so much may have to be read again by an import that goes on."""

SO_FAR = "import"


class Header(msgspec.Struct, array_like=True, frozen=True):
    """What the first frame says. Lengths are in bytes, for progress only."""

    event: int
    root: bytes
    created: int
    origin: int
    pins: int
    records: int


# Writing --------------------------------------------------------------------------------------------------------------


def export(directory: Path, file: Path, log: bool = False, progress: Progress | None = None) -> tuple[int, int]:
    """Write a machine, running or stopped, into a file; with `log` its whole history, and its trk.

    Returns the event that it is the state after, and the length of the file. `progress` hears of (bytes written, bytes
    to write, about). The file gets its name when it is complete. Raises MachineError or OSError.
    """
    home.require(directory)
    half = file.with_name(f".{file.name}.new")
    try:
        with opened(directory) as records, open(half, "wb", opener=private) as out:
            event = write(records, out, log, progress)
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)
    return event, file.stat().st_size


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write(records: Records, out: BinaryIO, log: bool, progress: Progress | None) -> int:
    event = past.last(records)
    first = origin(records) if log else event
    fresh, root = state(records, event)
    roots = [root]
    if log:
        roots = [hash for _, hash in records.every_record(SNAPSHOTS, 0, event + 1)] + booted(records, event) + roots
    order, total = lowest_first(records, fresh, roots)
    created = records.meta("created")
    space = records.space().tables
    rest = space["log"][1] + space["trk"][1] if log else 0
    done = 0

    def put(kind: bytes, content: bytes) -> None:
        nonlocal done
        out.write(kind + len(content).to_bytes(8, "little") + zlib.crc32(content).to_bytes(4, "little") + content)
        done += len(content)
        if progress is not None:
            progress(min(done, total + rest), total + rest)

    out.write(MAGIC)
    header = Header(event, root, created if isinstance(created, int) else 0, first, total, rest)
    put(b"H", msgspec.msgpack.encode(header))
    for hash, content in contents(records, fresh, order):
        put(b"P", hash + content)
    put(b"S", event.to_bytes(8, "little") + root)
    if log:
        ends = {b"S": event, b"L": event + 1, b"T": reading.last_trk(records, event) + 1}
        for kind, end in ends.items():
            for n, data in records.every_record(NUMBERED[kind], 0, end):
                put(kind, n.to_bytes(8, "little") + data)
    put(b"E", b"")
    return event


def state(records: Records, event: int) -> tuple[dict[bytes, bytes], bytes]:
    """The pins of a moment that the store lacks, by hash, and the moment's root."""
    found = records.records(SNAPSHOTS, event, event + 1)
    if found:
        return {}, found[0][1]
    batch, root = past.snapshot(records, event)
    return {key: value for table, key, value in batch.puts if table == PINS}, root


def booted(records: Records, event: int) -> list[bytes]:
    """The programs that the log refers to."""
    found: list[bytes] = []
    for n, data in records.every_record(LOG, 0, event + 1):
        found += reading.programs(reading.decode_event(records, n, data))
    return found


def lowest_first(records: Records, fresh: dict[bytes, bytes], roots: list[bytes]) -> tuple[list[bytes], int]:
    """All pins at or under some, each after those under it, and the length of it all."""
    known = {head.hash: head for head in records.every_head()}
    known |= {hash: head_of(hash, content) for hash, content in fresh.items()}
    placed: dict[bytes, None] = {}
    total = 0
    stack = roots[::-1]
    while stack:
        hash = stack[-1]
        head = known.get(hash)
        if head is None:
            raise records.corrupt(f"pin {vm.hash_text(hash)} is missing")
        missing = [ref for ref in head.refs if ref not in placed] if hash not in placed else []
        if missing:
            stack += missing
            continue
        stack.pop()
        if hash not in placed:
            placed[hash] = None
            total += head.size
    return list(placed), total


def contents(records: Records, fresh: dict[bytes, bytes], order: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    stored = [hash for hash in order if hash not in fresh]
    there = records.contents(stored)
    for hash in order:
        yield hash, fresh[hash] if hash in fresh else next(there)


# Reading --------------------------------------------------------------------------------------------------------------


def import_(file: Path, directory: Path, progress: Progress | None = None) -> int:
    """Make a machine of a file that `export` wrote. Returns the event that it is the state after.

    Interrupted, it goes on where it was the next time; of a bad file nothing stays. `progress` hears of (bytes read,
    length of the file). Raises Unsound or another MachineError, or OSError if the file cannot be read.
    """
    with file.open("rb") as source, draft(directory, resumable=True) as half:
        lock = Lock(half)
        store = Store(half, create=True)
        try:
            event = Reading(file, source, store, directory.parent).read(progress)
            tidy(store)
            mark = Mark(half)
            mark.set(store.last(TRK))
            mark.close()
        except Unsound:
            shutil.rmtree(half)
            raise
        finally:
            store.close()
            lock.release()
    return event


class Unsound(MachineError):
    """The file is not what `export` writes."""


class Reading:
    """One file on its way into a store."""

    def __init__(self, file: Path, source: BinaryIO, store: Store, place: Path) -> None:
        self.file = file
        self.place = place
        self.source = source
        self.store = store
        self.length = os.fstat(source.fileno()).st_size
        self.at = 0
        self.batch = Batch()
        self.waiting: dict[bytes, bytes] = {}

    def bad(self, what: str) -> Unsound:
        return Unsound(f"{self.file}: {what} (at byte {self.at})", "nothing was made of it; export it again")

    def read(self, progress: Progress | None) -> int:
        if self.source.read(len(MAGIC)) != MAGIC:
            raise Unsound(f"{self.file}: this is no machine that opsh exported", "opsh export writes such files")
        self.at = len(MAGIC)
        kind, content = self.frame()
        try:
            header = msgspec.msgpack.decode(content, type=Header)
        except msgspec.DecodeError:
            raise self.bad("its head does not decode") from None
        if kind != b"H" or len(header.root) != 32 or not 0 <= header.origin <= header.event < 1 << 62:
            raise self.bad("its head makes no sense")
        self.go_on(content, header)
        while True:
            kind, content = self.frame()
            match kind:
                case b"P":
                    self.take_pin(content)
                case b"L" | b"S" | b"T":
                    self.take_record(NUMBERED[kind], content, header)
                case b"E":
                    break
                case _:
                    raise self.bad("it has a part that is none")
            if self.batch.size > BATCH:
                self.save()
                if progress is not None:
                    progress(self.at, self.length)
        self.save()
        self.check(header)
        return header.event

    def frame(self) -> tuple[bytes, bytes]:
        head = self.source.read(FRAME)
        size = int.from_bytes(head[1:9], "little")
        if len(head) < FRAME or size > self.length - self.at - FRAME:
            raise self.bad("it ends too early")
        content = self.source.read(size)
        if len(content) < size or zlib.crc32(content).to_bytes(4, "little") != head[9:]:
            raise self.bad("a part of it does not match its checksum")
        self.at += FRAME + size
        return head[:1], content

    def go_on(self, head: bytes, header: Header) -> None:
        """Begin, or leave out what an import of the same file has in the store already."""
        match self.store.meta(SO_FAR):
            case [seen, int() as so_far] if seen == head and self.at <= so_far <= self.length:
                self.source.seek(so_far)
                self.at = so_far
            case None:
                self.batch = first_batch(header.created)
                self.batch.put_meta(ORIGIN, header.origin)
            case _:
                raise MachineError(
                    f"{self.store.path.parent}: another import was begun here",
                    "remove the directory to begin anew, or finish the other one",
                )
        self.head = head

    def save(self) -> None:
        borrow(self.store, self.batch, self.place)
        self.batch.put_meta(SO_FAR, [self.head, self.at])
        self.store.commit(self.batch)
        self.batch = Batch()
        self.waiting.clear()

    def take_pin(self, content: bytes) -> None:
        hash, content = content[:32], content[32:]
        if hash in self.waiting or self.store.has_pin(hash):
            return
        try:
            for ref in head_of(hash, content).refs:
                if ref not in self.waiting and not self.store.has_pin(ref):
                    raise self.bad(f"pin {vm.hash_text(ref)} is not before the pin it is under")
            vm.check_pin(hash, content, lambda ref: vm.lazy_pin(ref, self.content))
        except (vm.SeedError, ValueError) as error:
            raise self.bad(f"a pin is bad: {error}") from None
        self.waiting[hash] = content
        self.batch.put(PINS, hash, content)

    def content(self, hash: bytes) -> bytes:
        return self.waiting.get(hash) or read_pin(hash)

    def take_record(self, table: int, content: bytes, header: Header) -> None:
        n, data = int.from_bytes(content[:8], "little"), content[8:]
        event = n
        try:
            if table == TRK:
                event, _, _, _ = reading.decode_trk(self.store, n, data)
            if table == LOG:
                reading.decode_event(self.store, n, data)
        except Corrupt:
            raise self.bad(f"record {n} of {TABLES[table]} does not decode") from None
        if not 0 < n < END or not 0 < event <= header.event:
            raise self.bad("a record has a number that cannot be")
        if table == SNAPSHOTS and not (len(data) == 32 and (data in self.waiting or self.store.has_pin(data))):
            raise self.bad("a snapshot is missing")
        self.batch.put_record(table, n, data)

    def check(self, header: Header) -> None:
        """It is all there, and it is a machine."""
        store = self.store
        if [n for n, _ in store.every_record(LOG, 0)] != list(range(header.origin + 1, header.event + 1)):
            raise self.bad("events are missing")
        if store.records(SNAPSHOTS, header.event, header.event + 1) != [(header.event, header.root)]:
            raise self.bad("its state is missing")
        try:
            snapshots.load(store, header.root)
        except Corrupt as error:
            raise self.bad(error.message) from None
        for n, data in store.every_record(LOG, 0):
            if not all(map(store.has_pin, reading.programs(reading.decode_event(store, n, data)))):
                raise self.bad(f"the program that event {n} began with is missing")
        store.forget(META, [SO_FAR.encode()])
