"""The mark that says how far the trk of a machine has been shown by the process that runs it.

It is 8 bytes in a mapped file, set right after the entries were written to where they are shown, so it outlives a
killed process: the next one goes on with the entry after the mark. What remains is the moment between the end of
that write and setting the mark, about a microsecond; killed just then, a batch of entries is shown once more. After
a power failure the mark may be old. The log of the trk itself (`opsh logs`) has no such gap: it is written with its
event.
"""

import mmap
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

from machines import home
from machines.reading import Entry

SIZE = 8

PIECE = 3000
"""Characters shown by one write, for a process that is killed may leave a longer write half done."""

Show = Callable[[list[Entry]], None]
"""Show trk entries to a person, all in one write; return when that is done. Called on a thread of its own."""


class Mark:
    """The number of the last trk entry that was shown."""

    def __init__(self, directory: Path) -> None:
        file = os.open(directory / home.SHOWN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(file).st_size != SIZE:
                os.ftruncate(file, SIZE)
            self.map = mmap.mmap(file, SIZE)
        finally:
            os.close(file)

    def get(self) -> int:
        return int.from_bytes(self.map[:SIZE], "little")

    def set(self, n: int) -> None:
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


class Shower:
    """Shows entries on a thread, so that a full pipe or a stopped terminal holds nothing up."""

    def __init__(self, show: Show, mark: Mark, done: Callable[[BaseException | None], None]) -> None:
        self.show = show
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
                    self.show(piece)
                    self.mark.set(piece[-1]["n"])
            except BaseException as error:
                self.done(error)
                return
            self.done(None)
