"""Packs: files full of pins that never change, so machines of one home can have them in common.

They are in the directory `packs` of a machine, each named by the hash of its index. Machines that need the same pins
have hard links to one file: it is there once, a copy of either directory is complete, and the file goes with the last
machine that has it.

    MAGIC | how many pins, a word | their contents, one after the other | the index

The index is sorted and has 48 bytes for each pin: its hash, where its content begins in the file, and how long that
is. All numbers are 8 bytes, little-endian. A content is what vm.save_pin makes.
"""

import contextlib
import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import blake3

from machines.draft import sync

MAGIC = b"opshpak1"
HEAD = 16
ENTRY = struct.Struct("<32sQQ")
PLACE = struct.Struct("<IIQQ")

OPEN = 64
"""So many packs are open at once."""


class Place(NamedTuple):
    """Where the content of a pin is: in which pack of the machine, from which byte, how many; and how many pins are
    directly under it, for most have none and need not be read to know it."""

    pack: int
    refs: int
    offset: int
    length: int

    def encode(self) -> bytes:
        return PLACE.pack(*self)


def place(data: bytes) -> Place:
    """Raises ValueError."""
    if len(data) != PLACE.size:
        raise ValueError("a place in a pack that is none")
    return Place(*PLACE.unpack(data))


class Pack:
    """A pack, open to be read. Raises OSError, and ValueError if the file is none or not in one piece."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb", buffering=0)
        self.size = os.fstat(self.file.fileno()).st_size
        head = self.read(0, HEAD) if self.size >= HEAD else b""
        self.count = int.from_bytes(head[8:], "little")
        self.end = self.size - ENTRY.size * self.count
        if head[:8] != MAGIC or self.end < HEAD:
            raise ValueError("it is not a pack, or not all of one")

    def read(self, offset: int, length: int) -> bytes:
        """Raises ValueError if that is not in the file."""
        # Not by a map of the file: a file that was cut off would end the process.
        data = os.pread(self.file.fileno(), length, offset) if offset + length <= self.size else b""
        while 0 < len(data) < length:
            more = os.pread(self.file.fileno(), length - len(data), offset + len(data))
            if not more:
                break
            data += more
        if len(data) < length:
            raise ValueError(f"it ends before byte {offset + length}")
        return data

    def index(self) -> Iterator[tuple[bytes, int, int]]:
        """Hash, offset and length of each pin, by hash."""
        return ENTRY.iter_unpack(self.read(self.end, ENTRY.size * self.count))

    def name(self) -> str:
        """What it should be called."""
        return name_of(self.read(self.end, ENTRY.size * self.count))


def name_of(index: bytes) -> str:
    return blake3.blake3(index).hexdigest()


class Packs:
    """The packs of one machine, open as they are needed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.open: dict[str, Pack] = {}

    def get(self, name: str) -> Pack:
        """Raises OSError or ValueError."""
        found = self.open.get(name)
        if found is None:
            found = Pack(self.directory / name)
            # Who still reads from one that goes keeps it open.
            if len(self.open) >= OPEN:
                del self.open[next(iter(self.open))]
            self.open[name] = found
        return found

    def names(self) -> list[str]:
        """Every file that is there."""
        try:
            return sorted(os.listdir(self.directory))
        except FileNotFoundError:
            return []

    def remove(self, name: str) -> None:
        self.open.pop(name, None)
        with contextlib.suppress(FileNotFoundError):
            (self.directory / name).unlink()

    def adopt(self, path: Path) -> None:
        """Have another machine's pack: by a hard link, or else by a copy."""
        self.directory.mkdir(exist_ok=True, mode=0o700)
        target = self.directory / path.name
        if target.exists():
            return
        try:
            target.hardlink_to(path)
        except FileNotFoundError:
            raise
        except OSError:
            # Another file system, or one without links.
            half = self.directory / f".{path.name}"
            shutil.copyfile(path, half)
            half.chmod(0o600)
            sync(half)
            half.rename(target)

    def sync(self) -> None:
        """Wait until it is on disk which packs there are."""
        sync(self.directory)


class PackWriter:
    """A pack in the making, for the machine where it has a `number`. It is there when `sync` returns."""

    def __init__(self, packs: Packs, number: int) -> None:
        packs.directory.mkdir(exist_ok=True, mode=0o700)
        self.packs = packs
        self.number = number
        self.path = packs.directory / ".new"
        self.file = open(self.path, "wb", opener=lambda path, flags: os.open(path, flags, 0o600))  # noqa: SIM115
        self.file.write(bytes(HEAD))
        self.at = HEAD
        self.entries: list[bytes] = []
        self.name = ""

    def add(self, hash: bytes, content: bytes) -> Place:
        self.file.write(content)
        self.entries.append(ENTRY.pack(hash, self.at, len(content)))
        found = Place(self.number, int.from_bytes(content[:8], "little"), self.at, len(content))
        self.at += len(content)
        return found

    def close(self) -> str:
        """No pin will be added any more. Returns its name."""
        self.entries.sort()
        index = b"".join(self.entries)
        self.file.write(index)
        self.file.seek(0)
        self.file.write(MAGIC + len(self.entries).to_bytes(8, "little"))
        self.file.flush()
        self.name = name_of(index)
        return self.name

    def sync(self) -> None:
        """Wait until it is on disk, under its name. May run on any thread."""
        if not self.file.closed:
            os.fsync(self.file.fileno())
            self.file.close()
            self.path.rename(self.packs.directory / self.name)
            self.packs.sync()
            sync(self.packs.directory.parent)

    def abandon(self) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)
