"""Which pins of a store are needed, and by what. It walks the edges that the store keeps; no pin is loaded."""

from collections.abc import Iterable, Mapping

import vm
from machines import reading
from machines.store import LOG, SNAPSHOTS, Head, Records

Heads = Mapping[bytes, Head]


def every_head(records: Records) -> Heads:
    return {head.hash: head for head in records.every_head()}


def under(known: Heads, roots: Iterable[bytes]) -> set[bytes]:
    """The hashes of the pins at these and under them, as far as they are known."""
    found: set[bytes] = set()
    stack = list(roots)
    while stack:
        hash = stack.pop()
        if hash not in found and hash in known:
            found.add(hash)
            stack += known[hash].refs
    return found


def missing(known: Heads, found: Iterable[bytes]) -> list[str]:
    """What is under some pins, and not there."""
    return [vm.hash_text(ref) for hash in found for ref in known[hash].refs if ref not in known]


def snapshots(records: Records) -> dict[int, bytes]:
    """The root of each snapshot, by event."""
    return dict(records.every_record(SNAPSHOTS, 0))


def programs(records: Records) -> list[bytes]:
    """The pins that the log refers to, as far as it goes now: a machine may write it faster than it is read."""
    found: dict[bytes, None] = {}
    for n, data in records.every_record(LOG, 0, records.last(LOG) + 1):
        found.update(dict.fromkeys(reading.programs(reading.decode_event(records, n, data))))
    return list(found)
