"""The mark that says how far the trk of a machine has been shown by the process that runs it.

It is 8 bytes in a mapped file, set right after the entries were written to where they are shown, so it outlives a
killed process: the next one goes on with the entry after the mark. What remains is the moment between the end of
that write and setting the mark, about a microsecond (see `write_held`); killed just then, a few entries are shown
once more. After a power failure the mark may be old. The trk itself (`opsh logs`) has no such gap: it is written
with its event.
"""

import errno
import mmap
import os
import select
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

from machines import home
from machines.errors import NO_ROOM, MachineError
from machines.reading import Entry

SIZE = 8

PIECE = 3000
"""Characters shown by one write: a process that is killed may leave a longer write half done."""

AT_ONCE = 4096
"""Bytes that a pipe takes all or not at all."""

Layout = Callable[[list[Entry]], str]
"""The text of trk entries as they are shown. Called on a thread of its own."""


class Mark:
    """The number of the last trk entry that was shown."""

    def __init__(self, directory: Path) -> None:
        try:
            file = os.open(directory / home.SHOWN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            name = home.name_of(directory)
            raise MachineError(f"{name}: cannot write in {directory}: {error.strerror}", "check who owns it") from None
        try:
            if os.fstat(file).st_size != SIZE:
                # Not by ftruncate: a page of the map that has no room on the disk ends the process.
                os.ftruncate(file, 0)
                os.pwrite(file, bytes(SIZE), 0)
            self.map = mmap.mmap(file, SIZE)
        except OSError as error:
            name = home.name_of(directory)
            raise MachineError(f"{name}: cannot write {directory / home.SHOWN}: {error.strerror}", NO_ROOM) from None
        finally:
            os.close(file)

    def get(self) -> int:
        return int.from_bytes(self.map[:SIZE], "little")

    def set(self, n: int) -> None:
        """Where nothing is shown."""
        self.map[:SIZE] = n.to_bytes(SIZE, "little")

    def close(self) -> None:
        self.map.close()


def pieces(page: list[Entry]) -> Iterator[list[Entry]]:
    """The entries, so many at a time that they fit into one write."""
    piece: list[Entry] = []
    size = 0
    for entry in page:
        size += len(entry["text"]) + 60
        if piece and size > PIECE:
            yield piece
            piece, size = [], len(entry["text"]) + 60
        piece.append(entry)
    if piece:
        yield piece


def writer(file: int) -> Callable[[bytes], int]:
    """A function that writes some of the bytes to a file and returns how many."""
    return (lambda data: os.write(file, data)) if os.isatty(file) else write_held(file)


def write_held(file: int) -> Callable[[bytes], int]:
    """A `write` that keeps the interpreter lock.

    os.write lets go of it, and a busy evaluator gives it back milliseconds later: that long the entries would be
    written and not marked. So as not to stop everything where nobody reads, it waits before until the file takes bytes;
    a pipe or a file then takes 4096 of them at once. (A terminal may not: there os.write has to do.)
    """
    import ctypes

    write = ctypes.PyDLL(None, use_errno=True).write
    write.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t]
    write.restype = ctypes.c_ssize_t

    def write_some(data: bytes) -> int:
        select.select([], [file], [])
        count: int = write(file, data[:AT_ONCE], min(len(data), AT_ONCE))
        if count >= 0:
            return count
        error = ctypes.get_errno()
        if error in (errno.EAGAIN, errno.EINTR):
            return 0
        raise OSError(error, os.strerror(error))

    return write_some


class Shower:
    """Shows entries on a thread, so that a full pipe or a stopped terminal holds nothing up."""

    def __init__(self, layout: Layout, file: int, mark: Mark, done: Callable[[BaseException | None], None]) -> None:
        self.layout = layout
        self.write = writer(file)
        self.mark = mark
        self.done = done
        self.pages: SimpleQueue[list[Entry]] = SimpleQueue()
        self.busy = False
        threading.Thread(target=self.work, daemon=True).start()

    def put(self, page: list[Entry]) -> None:
        """Show a page; `done` is called, on the thread, when that is over."""
        self.busy = True
        self.pages.put(page)

    def work(self) -> None:
        while True:
            page = self.pages.get()
            try:
                for piece in pieces(page):
                    last = piece[-1]["n"].to_bytes(SIZE, "little")
                    data = self.layout(piece).encode()
                    while data := data[self.write(data) :]:
                        pass
                    self.mark.map[:SIZE] = last
            except BaseException as error:
                self.done(error)
                return
            self.done(None)
