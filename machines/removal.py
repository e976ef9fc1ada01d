"""Taking things out of the store of a machine while it runs: a little with every batch that it writes.

Which pins nothing needs is found out by whoever asks for it (machines.sweep), from what is on disk. Meanwhile the
machine goes on, and its next snapshot may hold one of them again. So:

- `begin` takes a snapshot: whatever pin the machine could come back to without making it anew is under a root.
- From then on the host notes which pins its snapshots meet, and takes no list of pins from anybody who does not know
  all of these: they, and what is under them, stay.
- A pin on an accepted list is no longer reckoned to be in the store: a snapshot that meets it writes it again.
"""

from collections import deque
from collections.abc import Sequence

from machines.snapshots import Snapshots
from machines.store import PINS, Batch

LOT = 1000
"""So many things go with one batch."""


class Removal:
    def __init__(self, snapshots: Snapshots) -> None:
        self.snapshots = snapshots
        self.queue: deque[tuple[int, bytes]] = deque()

    def begin(self) -> None:
        """Note from now on which pins are met."""
        self.snapshots.met = {}

    def end(self) -> None:
        self.snapshots.met = None

    def met_since(self, seen: int) -> list[bytes]:
        """The pins that were met, but for the first so many. Raises LookupError if nobody has noted them."""
        met = self.snapshots.met
        if met is None or seen > len(met):
            raise LookupError
        return list(met)[seen:]

    def doom(self, hashes: Sequence[bytes]) -> None:
        """Delete pins that nothing needs: whoever asks knows of all that were met."""
        self.snapshots.stored.difference_update(hashes)
        self.snapshots.doomed.update(hashes)
        self.queue += [(PINS, hash) for hash in hashes]

    def delete(self, table: int, keys: Sequence[bytes]) -> None:
        """Delete records that nobody will ask for again."""
        self.queue += [(table, key) for key in keys]

    def put(self, batch: Batch) -> None:
        """Let the next things go with this batch."""
        doomed = self.snapshots.doomed
        for _ in range(min(LOT, len(self.queue))):
            table, key = self.queue.popleft()
            if table != PINS or key in doomed:
                batch.forget(table, [key])

    def written(self, batch: Batch) -> None:
        """A batch is on disk."""
        self.snapshots.doomed.difference_update(key for table, key in batch.gone if table == PINS)
