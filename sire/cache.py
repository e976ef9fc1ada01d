"""Finished modules, kept on disk by the content that they were made from.

A module is one file, named by its key: what was compiled (the source and the keys of all that it imports) and what
compiled it. The file holds the pins that the module adds to those of its imports:

    "opsh sire 1\\n"  checksum[32]  root hash[32]  count[8]  (hash[32] offset[8] length[8]) * count  content ..

A file is written whole under another name, then renamed, and never changed: any number of processes may share the
directory. A file that fails its checksum is as good as none. Contents are loaded pin by pin, when they are looked at.
"""

import contextlib
import json
import mmap
import os
import struct
import tempfile
from pathlib import Path
from typing import final

from blake3 import blake3

import vm

MAGIC = b"opsh sire 1\n"
HEAD = len(MAGIC) + 32
ENTRY = struct.Struct("<32sQQ")
MOST_FILES = 1000
"""A directory with more files than this loses its oldest."""


def digest(*pieces: bytes) -> bytes:
    """A hash of the pieces, 32 bytes, that knows where one ends and the next begins."""
    state = blake3()
    for piece in pieces:
        state.update(len(piece).to_bytes(8, "little"))
        state.update(piece)
    return state.digest()


def compiler_key() -> bytes:
    """What compiles: a hash of the sources of this floor and the one below. Another compiler makes other files."""
    here = Path(__file__).parent
    pieces = []
    for folder in (here, here.parent / "vm", here.parent / "vm" / "jets"):
        for file in sorted(folder.glob("*.py")):
            pieces += [file.name.encode(), file.read_bytes()]
    return digest(*pieces)


@final
class Cache:
    """A directory of finished modules, and perhaps a second one that is only read."""

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        self.folders = [folder] if shipped is None else [folder, shipped]
        self.compiler = compiler_key()
        self.contents: dict[bytes, tuple[mmap.mmap | bytes, int, int]] = {}
        """Where the content of a pin is: in which file or buffer, from where, how long."""
        self.added: dict[bytes, set[bytes]] = {}
        """By the key of each module that is here: the pins in its file."""

    def key(self, *pieces: bytes) -> bytes:
        return digest(self.compiler, *pieces)

    # -- modules -------------------------------------------------------------------------------------------------------

    def get(self, key: bytes) -> vm.Pin | None:
        """The root pin of a module, or None. The contents of its imports must be here already."""
        for folder in self.folders:
            found = self.open(key, folder / (key.hex() + ".pins"))
            if found is not None:
                return found
        return None

    def open(self, key: bytes, file: Path) -> vm.Pin | None:
        try:
            with file.open("rb") as opened:
                data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return None
        if len(data) < HEAD + 40 or data[: len(MAGIC)] != MAGIC:
            return None
        if blake3(memoryview(data)[HEAD:]).digest() != data[len(MAGIC) : HEAD]:
            return None
        root = data[HEAD : HEAD + 32]
        count = int.from_bytes(data[HEAD + 32 : HEAD + 40], "little")
        start = HEAD + 40
        index = data[start : start + count * ENTRY.size]
        base = start + len(index)
        added = set()
        for pin_hash, offset, length in ENTRY.iter_unpack(index):
            self.contents[pin_hash] = (data, base + offset, length)
            added.add(pin_hash)
        self.added[key] = added
        return vm.lazy_pin(root, self.read)

    def read(self, pin_hash: bytes) -> bytes:
        """The content of a pin; raises KeyError."""
        data, start, length = self.contents[pin_hash]
        return data[start : start + length]

    def put(self, key: bytes, root: vm.Pin, imports: list[bytes]) -> None:
        """Keeps a module; `imports` are the keys of all that it stands on. What cannot be written is kept for this
        process only."""
        below = [self.added[module] for module in imports if module in self.added]
        entries: list[bytes] = []
        contents: list[bytes] = []
        offset = 0
        seen: set[bytes] = set()
        waiting = [root]
        while waiting:
            pin = waiting.pop()
            pin_hash = pin.hash
            if pin_hash in seen or any(pin_hash in added for added in below):
                continue
            seen.add(pin_hash)
            content = vm.save_pin(pin)
            entries.append(ENTRY.pack(pin_hash, offset, len(content)))
            contents.append(content)
            self.contents[pin_hash] = (content, 0, len(content))
            offset += len(content)
            waiting += pin.refs
        self.added[key] = seen
        body = root.hash + len(entries).to_bytes(8, "little") + b"".join(entries) + b"".join(contents)
        self.write(key.hex() + ".pins", MAGIC + blake3(body).digest() + body)

    # -- outlines ------------------------------------------------------------------------------------------------------

    def get_outline(self, key: bytes) -> object:
        """What `put_outline` was given for this key, or None."""
        for folder in self.folders:
            try:
                found: object = json.loads((folder / (key.hex() + ".json")).read_bytes())
                return found
            except (OSError, ValueError):
                continue
        return None

    def put_outline(self, key: bytes, outline: object) -> None:
        self.write(key.hex() + ".json", json.dumps(outline).encode())

    # -- files ---------------------------------------------------------------------------------------------------------

    def write(self, name: str, data: bytes) -> None:
        """Writes a file at once or not at all: a cache that cannot be written is no error."""
        folder = self.folders[0]
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=folder, prefix="new-")
            try:
                with os.fdopen(handle, "wb") as opened:
                    opened.write(data)
                os.replace(temporary, folder / name)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
            self.prune(folder)

    def prune(self, folder: Path) -> None:
        files = list(folder.iterdir())
        if len(files) <= MOST_FILES:
            return
        ages = sorted((file.stat().st_mtime, file) for file in files)
        for _, file in ages[: len(files) - MOST_FILES * 3 // 4]:
            file.unlink(missing_ok=True)
