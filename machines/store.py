"""The store of a machine: one LMDB file with eight tables, and packs (machines.packs) beside it.

    meta        name -> msgpack                    `format`, `created`
    pins        hash -> what vm.save_pin makes     its edges (the hashes of the pins under it), then its own bytes
    log         event number -> an event
    snapshots   event number -> hash of the pin of the moment after that event
    trk         entry number -> a trk entry
    keys        identities (none yet)
    packs       number of a pack -> its name
    packed      hash of a pin that is in a pack -> its place there

A batch with many pins goes into a pack, and only their places into the file: that stays small, whatever the machine
holds, and packs are read piece by piece, so the memory that a process takes does not grow with what lies in them.

Numbers are 8 bytes, big-endian, so that they sort. Every record of `log`, `snapshots` and `trk` begins with the
CRC-32 of the rest, for LMDB has no checksums; a pin is checked by its hash.

Writing is in batches, each atomic and synced: `commit` does it in one go. A host fills a transaction (`begin`) on
the thread that evaluates and lets another thread wait for the disk (`Writing.sync`). LMDB's own locks are off,
because its mutex belongs to a thread; the machine's lock file keeps other processes away, there is never more than
one write at a time, and a read never lasts longer than one call.
"""

import os
import shutil
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple

import lmdb
import msgspec

import vm
from machines import home
from machines.errors import MachineError
from machines.packs import Packs, PackWriter, Place, place

FORMAT = 2
BEFORE_PACKS = 1
"""The format without the last two tables. It becomes this one when a store is opened to be written."""

TABLES = ("meta", "pins", "log", "snapshots", "trk", "keys", "packs", "packed")
META, PINS, LOG, SNAPSHOTS, TRK, KEYS, PACKS, PACKED = range(len(TABLES))
PACK_FROM = 1 << 20
"""So many bytes of pins in one batch make a pack."""

FIRST_MAP = 64 << 20
HEADER = 16
MAGIC = 0xBEEFC0DE

END = 1 << 63
"""Higher than every number."""

PAGE = 1000


class Head(NamedTuple):
    """A pin as the store knows it: how many bytes it takes there, and the pins directly under it."""

    hash: bytes
    size: int
    refs: list[bytes]


def head_of(hash: bytes, content: bytes | memoryview) -> Head:
    """Raises ValueError if the content is too short to be a pin's."""
    end = 8 + 32 * int.from_bytes(content[:8], "little")
    if len(content) < end:
        raise ValueError(f"pin {vm.hash_text(hash)} ends within its head")
    return Head(hash, len(content), [bytes(content[i : i + 32]) for i in range(8, end, 32)])


@dataclass(frozen=True, slots=True)
class Space:
    """What a store takes on the disk, in bytes: the file, what of it is free, (entries, bytes) of each table, and
    (bytes, links) of each pack. The entries of `pins` are all pins, its bytes those in the file.
    """

    file: int
    free: int
    tables: dict[str, tuple[int, int]]
    packs: dict[str, tuple[int, int]]

    @property
    def size(self) -> int:
        return self.file + sum(size for size, _ in self.packs.values())


@dataclass(slots=True)
class Batch:
    """Writes that become durable together; what is `gone` goes first."""

    puts: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    gone: list[tuple[int, bytes]] = field(default_factory=list)
    size: int = 0

    def put(self, table: int, key: bytes, value: bytes) -> None:
        self.puts.append((table, key, value))
        self.size += len(value)

    def forget(self, table: int, keys: Iterable[bytes]) -> None:
        tables = (PINS, PACKED) if table == PINS else (table,)
        self.gone += [(table, key) for key in keys for table in tables]

    def put_meta(self, name: str, value: object) -> None:
        self.put(META, name.encode(), msgspec.msgpack.encode(value))

    def put_record(self, table: int, n: int, value: bytes) -> None:
        self.put(table, n.to_bytes(8, "big"), zlib.crc32(value).to_bytes(4, "little") + value)


class Corrupt(MachineError):
    """The store cannot be what a machine wrote."""


class Older(MachineError):
    """The store has an older format, and was opened to be read only."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: its store has an older format", "opsh start brings it up to date")


class Records(ABC):
    """What can be read of a store: here, or over the control socket of the machine that has it (machines.remote).

    What is there once never changes: records and pins are only added, or taken away by `opsh gc`.
    """

    name: str
    """What the machine is called on a screen."""

    @abstractmethod
    def get(self, table: int, key: bytes) -> bytes | None:
        """What stands under a key of `meta`, `pins` or `keys`."""

    @abstractmethod
    def last(self, table: int, stop: int = END) -> int:
        """The highest number below `stop` in a table, 0 if there is none."""

    @abstractmethod
    def records(self, table: int, start: int, stop: int, limit: int = PAGE) -> list[tuple[int, bytes]]:
        """At most `limit` records with start <= number < stop, ascending; none only if there is none."""

    @abstractmethod
    def heads(self, after: bytes) -> list[Head]:
        """A page of the pins whose hashes are higher than `after`, ascending; an empty one at the end."""

    def contents(self, hashes: Sequence[bytes]) -> Iterator[bytes]:
        """The contents of pins, one after the other. Raises Corrupt."""
        return map(self.content, hashes)

    def content(self, hash: bytes) -> bytes:
        found = self.get(PINS, hash)
        if found is None:
            raise self.corrupt(f"pin {vm.hash_text(hash)} is missing")
        return found

    @abstractmethod
    def space(self) -> Space: ...

    def bad_packs(self) -> list[str]:
        """What is wrong with packs besides the pins that are in them."""
        return []

    def corrupt(self, what: str) -> Corrupt:
        return Corrupt(f"{self.name}: its store is damaged: {what}", "restore the directory from a copy")

    def corrupt_event(self, n: int, what: str) -> Corrupt:
        """An event of the log is wrong. What was before it can still be had."""
        found = self.corrupt(f"event {n} {what}")
        found.hint = f"nothing was changed; `opsh fork {self.name} NEW --at {n - 1}` makes a machine of what was before"
        return found

    def meta(self, name: str) -> object:
        value = self.get(META, name.encode())
        try:
            return None if value is None else msgspec.msgpack.decode(value)
        except msgspec.DecodeError:
            raise self.corrupt(f"meta {name} does not decode") from None

    def has_pin(self, hash: bytes) -> bool:
        return self.get(PINS, hash) is not None

    def every_record(self, table: int, start: int, stop: int = END) -> Iterator[tuple[int, bytes]]:
        """All records from a number on."""
        while page := self.records(table, start, stop):
            yield from page
            start = page[-1][0] + 1

    def every_head(self) -> Iterator[Head]:
        """All pins, by hash."""
        after = b""
        while page := self.heads(after):
            yield from page
            after = page[-1].hash

    def checked(self, table: int, n: int, value: bytes) -> bytes:
        if len(value) < 4 or zlib.crc32(value[4:]).to_bytes(4, "little") != value[:4]:
            if table == LOG:
                raise self.corrupt_event(n, "does not match its checksum")
            raise self.corrupt(f"entry {n} of {TABLES[table]} does not match its checksum")
        return value[4:]


class Store(Records):
    """An open store. The caller holds the machine's lock.

    Raises MachineError where the file is missing, strange or from a newer version.
    """

    def __init__(self, directory: Path, create: bool = False, readonly: bool = False) -> None:
        self.name = home.name_of(directory)
        self.path = directory / home.STORE
        self.packs = Packs(directory / home.PACKS)
        self.pack_from = PACK_FROM
        if not create:
            check_header(self.path, self.name)
        size = self.path.stat().st_size if self.path.exists() else 0
        try:
            self.env = lmdb.open(
                str(self.path),
                subdir=False,
                max_dbs=len(TABLES),
                map_size=max(FIRST_MAP, 2 * size),
                mode=0o600,
                lock=False,
                readonly=readonly,
                create=create,
                readahead=False,
                meminit=True,  # pages on disk hold no leftovers of this process, which may be secrets
            )
            self.tables = [self.env.open_db(name.encode(), create=create) for name in TABLES[:PACKS]]
            if not create:
                self.check_format(readonly)
            self.tables += [self.env.open_db(name.encode(), create=create) for name in TABLES[PACKS:]]
        except lmdb.NotFoundError:
            raise self.corrupt("a table is missing") from None
        except (lmdb.InvalidError, lmdb.CorruptedError, lmdb.VersionMismatchError) as error:
            raise self.corrupt(str(error)) from None
        except lmdb.Error as error:
            raise MachineError(
                f"{self.name}: cannot open {self.path}: {error}", "check who owns it, and the free space"
            ) from None
        try:
            self.open_packs(readonly)
        except MachineError:
            self.env.close()
            raise
        OPEN.append(self)

    def corrupt(self, what: str) -> Corrupt:
        return Corrupt(
            f"{self.name}: {self.path} is damaged: {what}", "nothing was changed; restore the directory from a copy"
        )

    def check_format(self, readonly: bool) -> None:
        found = self.meta("format")
        if found == BEFORE_PACKS:
            if readonly:
                self.env.close()
                raise Older(self.name)
            for name in TABLES[PACKS:]:
                self.env.open_db(name.encode())
            with self.env.begin(write=True, db=self.tables[META]) as txn:
                txn.put(b"format", msgspec.msgpack.encode(FORMAT))
        elif found != FORMAT:
            self.env.close()
            raise MachineError(
                f"{self.name}: {self.path} has format {found!r}, and this opsh reads format {FORMAT}",
                "use the version of opsh that made it",
            )

    def open_packs(self, readonly: bool) -> None:
        """See that all packs are there, and remove what a writer that was killed left beside them."""
        self.pack_names = {n: name.decode(errors="replace") for n, name in self.every_record(PACKS, 0)}
        there = set(self.packs.names())
        for name in self.pack_names.values():
            if name not in there:
                raise self.corrupt(f"the pack {name} is missing")
        if not readonly:
            for name in there - set(self.pack_names.values()):
                self.packs.remove(name)

    def close(self) -> None:
        OPEN.remove(self)
        self.env.close()

    # Reading ----------------------------------------------------------------------------------------------------------

    def get(self, table: int, key: bytes) -> bytes | None:
        try:
            with self.env.begin(db=self.tables[table]) as txn:
                value: bytes | None = txn.get(key)
                if value is not None or table != PINS:
                    return value
                value = txn.get(key, db=self.tables[PACKED])
        except lmdb.Error as error:
            raise self.corrupt(str(error)) from None
        return None if value is None else self.packed(value)

    def has_pin(self, hash: bytes) -> bool:
        try:
            with self.env.begin(buffers=True) as txn:
                return any(txn.get(hash, db=self.tables[table]) is not None for table in (PINS, PACKED))
        except lmdb.Error as error:
            raise self.corrupt(str(error)) from None

    def bad_packs(self) -> list[str]:
        wrong = []
        for name in self.pack_names.values():
            try:
                if self.packs.get(name).name() != name:
                    wrong.append(f"the pack {name} has another index than its name says")
            except (OSError, ValueError) as error:
                wrong.append(f"the pack {name}: {error}")
        return wrong

    def packed(self, where: bytes, length: int | None = None) -> bytes:
        """The content at a place, or its first bytes. Raises Corrupt."""
        try:
            found = place(where)
            name = self.pack_names[found.pack]
        except (ValueError, KeyError):
            raise self.corrupt("a pin is in a pack that there is not") from None
        try:
            return self.packs.get(name).read(found.offset, found.length if length is None else length)
        except (OSError, ValueError) as error:
            raise self.corrupt(f"the pack {name}: {error}") from None

    def last(self, table: int, stop: int = END) -> int:
        try:
            with self.env.begin(db=self.tables[table]) as txn, txn.cursor() as cursor:
                found = cursor.prev() if cursor.set_range(stop.to_bytes(8, "big")) else cursor.last()
                return int.from_bytes(cursor.key(), "big") if found else 0
        except lmdb.Error as error:
            raise self.corrupt(str(error)) from None

    def count(self, table: int) -> int:
        with self.env.begin() as txn:
            entries: int = txn.stat(self.tables[table])["entries"]
            return entries

    def records(self, table: int, start: int, stop: int, limit: int = PAGE) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        try:
            with self.env.begin(db=self.tables[table]) as txn, txn.cursor() as cursor:
                if cursor.set_range(start.to_bytes(8, "big")):
                    for key, value in cursor:
                        n = int.from_bytes(key, "big")
                        if n >= stop or len(found) >= limit:
                            break
                        found.append((n, value))
        except lmdb.Error as error:
            raise self.corrupt(str(error)) from None
        return [(n, self.checked(table, n, value)) for n, value in found]

    def heads(self, after: bytes) -> list[Head]:
        found: dict[bytes, Head] = {}
        try:
            # Buffers, so that only the first page of a large pin is read.
            with self.env.begin(buffers=True) as txn:
                for table, head in ((PACKED, self.packed_head), (PINS, head_of)):
                    with txn.cursor(self.tables[table]) as cursor:
                        there = cursor.set_range(after) if after else cursor.first()
                        for _ in range(PAGE + 1 if there else 0):
                            hash = bytes(cursor.key())
                            if hash != after:
                                found[hash] = head(hash, cursor.value())
                            if not cursor.next():
                                break
        except (lmdb.Error, ValueError) as error:
            raise self.corrupt(str(error)) from None
        return [found[hash] for hash in sorted(found)[:PAGE]]

    def packed_head(self, hash: bytes, where: bytes | memoryview) -> Head:
        found = place(bytes(where))
        if found.refs == 0:
            return Head(hash, found.length, [])
        head = head_of(hash, self.packed(bytes(where), 8 + 32 * found.refs))
        return Head(hash, found.length, head.refs)

    def space(self) -> Space:
        with self.env.begin() as txn:
            stats = [txn.stat(table) for table in self.tables]
        page = stats[0]["psize"]
        tables = {}
        for name, stat in zip(TABLES, stats, strict=True):
            pages = stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"]
            tables[name] = (stat["entries"], pages * page)
        file = self.path.stat().st_size
        used = sum(size for _, size in tables.values()) + 3 * page
        tables["pins"] = (stats[PINS]["entries"] + stats[PACKED]["entries"], tables["pins"][1])
        packs = {}
        for name in self.pack_names.values():
            file_stat = (self.packs.directory / name).stat()
            packs[name] = (file_stat.st_size, file_stat.st_nlink)
        return Space(file, file - used, tables, packs)

    # Writing ----------------------------------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> None:
        """Write a batch and wait until it is on disk."""
        while not self.begin(batch).sync():
            self.grow()

    def begin(self, batch: Batch) -> "Writing":
        """Start to write a batch; `Writing.sync` ends it. One at a time."""
        pack, batch = self.pack(batch)
        while True:
            txn = self.env.begin(write=True)
            try:
                for table, key in batch.gone:
                    txn.delete(key, db=self.tables[table])
                for table, key, value in batch.puts:
                    txn.put(key, value, db=self.tables[table])
                return Writing(self, txn, pack, batch)
            except lmdb.MapFullError:
                txn.abort()
                self.grow()
            except lmdb.Error as error:
                txn.abort()
                raise self.refused(error) from None

    def pack(self, batch: Batch) -> tuple[PackWriter | None, Batch]:
        """If a batch has many bytes of pins: a pack of them, and what is left to be written."""
        if sum(len(value) for table, _, value in batch.puts if table == PINS) < self.pack_from:
            return None, batch
        rest = Batch(gone=batch.gone)
        try:
            pack = PackWriter(self.packs, self.next_pack(batch))
            for table, key, value in batch.puts:
                if table == PINS:
                    rest.put(PACKED, key, pack.add(key, value).encode())
                else:
                    rest.put(table, key, value)
            rest.put_record(PACKS, pack.number, pack.close().encode())
        except OSError as error:
            raise self.refused(error) from None
        return pack, rest

    def next_pack(self, batch: Batch) -> int:
        """The number of the next pack that is put into a batch."""
        return max(self.pack_names, default=0) + 1 + sum(table == PACKS for table, _, _ in batch.puts)

    def forget(self, table: int, keys: Iterable[bytes]) -> None:
        """Delete what stands under these keys, some thousands at a time, each lot atomic and synced."""
        rest = iter(keys)
        while lot := list(islice(rest, 10_000)):
            batch = Batch()
            batch.forget(table, lot)
            self.commit(batch)

    def keys(self, table: int, start: bytes = b"", stop: bytes | None = None) -> list[bytes]:
        """All keys of a table that are not before `start`, and before `stop`, ascending."""
        with self.env.begin(db=self.tables[table]) as txn, txn.cursor() as cursor:
            there = cursor.set_range(start) if start else cursor.first()
            keys = cursor.iternext(values=False) if there else iter(())
            return list(keys if stop is None else takewhile(lambda key: key < stop, keys))

    def drop_packs(self, numbers: Sequence[int]) -> None:
        """Have these packs no more. No pin may be in them."""
        names = [self.pack_names.pop(n) for n in numbers]
        self.forget(PACKS, [n.to_bytes(8, "big") for n in numbers])
        for name in set(names) - set(self.pack_names.values()):
            self.packs.remove(name)

    def places(self) -> Iterator[tuple[bytes, Place]]:
        """Where each pin is that is in a pack."""
        with self.env.begin(db=self.tables[PACKED]) as txn, txn.cursor() as cursor:
            for hash, where in cursor:
                yield hash, place(where)

    def compact(self, path: Path) -> None:
        """Write a copy with nothing free in it to a file that is not there, and wait until it is on disk."""
        try:
            self.env.copy(str(path), compact=True)
        except lmdb.Error as error:
            raise self.refused(error) from None
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def grow(self) -> None:
        self.env.set_mapsize(2 * self.env.info()["map_size"])

    def refused(self, error: lmdb.Error | OSError) -> MachineError:
        return MachineError(
            f"{self.name}: writing {self.path} failed: {error}",
            "check the free space; everything up to the last event on disk is safe",
        )


OPEN: list[Records] = []


def read_pin(hash: bytes) -> bytes:
    """The content of a pin, as vm.load_pin and vm.lazy_pin take it, from whichever of the open stores has it.

    A pin is one object however many stores hold it, and may be looked into for the first time long after the store that
    it was first met in was closed. Raises Corrupt.
    """
    for store in OPEN:
        content = store.get(PINS, hash)
        if content is not None:
            return content
    name = OPEN[-1].name if OPEN else "?"
    raise Corrupt(f"{name}: pin {vm.hash_text(hash)} is missing from the store", "restore the directory from a copy")


class Writing:
    """A batch on its way to the disk."""

    def __init__(self, store: Store, txn: lmdb.Transaction, pack: PackWriter | None, batch: Batch) -> None:
        self.store = store
        self.txn = txn
        self.pack = pack
        self.names = {int.from_bytes(n, "big"): name[4:].decode() for t, n, name in batch.puts if t == PACKS}

    def sync(self) -> bool:
        """Wait until it is on disk. May run on any thread.

        False: the map was full, nothing is written, grow it and begin again.
        """
        try:
            if self.pack is not None:
                self.pack.sync()
            self.txn.commit()
        except lmdb.MapFullError:
            self.txn.abort()
            return False
        except (lmdb.Error, OSError) as error:
            raise self.store.refused(error) from None
        self.store.pack_names |= self.names
        return True


def copy_file(source: Path, target: Path) -> None:
    """Copy a store that nobody writes to, to a file that is not there. Where the file system can, they share blocks."""
    with source.open("rb") as one, target.open("xb", buffering=0) as other:
        os.fchmod(other.fileno(), 0o600)
        try:
            while os.copy_file_range(one.fileno(), other.fileno(), 1 << 30):
                pass
        except (AttributeError, OSError):
            # Not this system, or not between these places.
            one.seek(0)
            other.seek(0)
            shutil.copyfileobj(one, other, 1 << 20)


def copy_store(store: Store, target: Path) -> None:
    """Copy a store that nobody writes to: its file, to one that is not there, and its packs, into `packs` beside that,
    by hard links where there can be some. Raises OSError.
    """
    copy_file(store.path, target)
    packs = Packs(target.parent / home.PACKS)
    for name in store.pack_names.values():
        packs.adopt(store.packs.directory / name)
    if store.pack_names:
        packs.sync()


def first_batch(created: int) -> Batch:
    """What every store begins with. `created` is in nanoseconds since the epoch."""
    batch = Batch()
    batch.put_meta("format", FORMAT)
    batch.put_meta("created", created)
    return batch


def check_header(path: Path, name: str) -> None:
    """Refuse a file that LMDB would misread.

    LMDB maps the file and trusts it: a truncated one ends the process with a bus error. So the newer of the two meta
    pages is read here first, and the file has to be as long as it says.
    """
    page = struct.Struct("<QHHI")
    meta = struct.Struct("<IIQQ" + "IHHQQQQQ" * 2 + "QQ")

    def damaged(what: str) -> Corrupt:
        return Corrupt(f"{name}: {path} is damaged: {what}", "nothing was changed; restore the directory from a copy")

    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEADER + meta.size)
            if len(head) < HEADER + meta.size:
                raise damaged(f"it is only {size} bytes long")
            first = meta.unpack_from(head, HEADER)
            if first[0] != MAGIC:
                raise damaged("it is not an LMDB file")
            page_size = first[4]
            if page_size not in (4096, 8192, 16384, 32768, 65536):
                raise damaged("its header makes no sense")
            os.lseek(file.fileno(), page_size, os.SEEK_SET)
            tail = os.read(file.fileno(), HEADER + meta.size)
    except FileNotFoundError:
        raise MachineError(f"{name}: there is no such machine ({path.parent})", "opsh ps lists machines") from None
    except OSError as error:
        raise MachineError(f"{name}: cannot read {path}: {error.strerror}", "check who owns it") from None
    if len(tail) < HEADER + meta.size or page.unpack_from(tail)[2] & 0x08 == 0:
        raise damaged("its second page is no header")
    second = meta.unpack_from(tail, HEADER)
    if second[0] != MAGIC:
        raise damaged("its second header is no header")
    newest = max(first, second, key=lambda fields: int(fields[-1]))
    if (newest[-2] + 1) * page_size > size:
        raise damaged(f"it is {size} bytes long where {(newest[-2] + 1) * page_size} are needed")
