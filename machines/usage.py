"""What the space of a machine's store goes to: tables, cogs, pins."""

from dataclasses import dataclass

import vm
from machines import reach
from machines.origin import cuts, origin
from machines.store import Records, Space, read_pin

LARGEST = 10


@dataclass(frozen=True, slots=True)
class Share:
    """Pins and their bytes in the store: all that something holds, and those that nothing else does."""

    pins: int
    size: int
    own_pins: int
    own_size: int


@dataclass(frozen=True, slots=True)
class Usage:
    """`cuts` says when the past was pruned.

    `cogs` as of the newest snapshot, `event`. Only the past needs the pins in `older`, nothing those in `unneeded`.

    `largest` is of (hash, bytes, by whom it is held).
    """

    event: int
    origin: int
    cuts: list[str]
    space: Space
    cogs: dict[int, Share]
    older: tuple[int, int]
    unneeded: tuple[int, int]
    largest: list[tuple[bytes, int, str]]


def usage(records: Records) -> Usage:
    """Raises MachineError."""
    known = reach.every_head(records)
    roots = reach.snapshots(records)
    event = max(roots, default=0)
    held = {cog: reach.under(known, [hash]) for cog, hash in (cogs_of(roots[event]) if roots else {}).items()}
    holders: dict[bytes, int] = {}
    for hashes in held.values():
        for hash in hashes:
            holders[hash] = holders.get(hash, 0) + 1
    present = reach.under(known, [roots[event]] if roots else [])
    needed = reach.under(known, [*roots.values(), *reach.programs(records)])

    def count(hashes: set[bytes]) -> tuple[int, int]:
        return len(hashes), sum(known[hash].size for hash in hashes)

    def holder(hash: bytes) -> str:
        if hash in holders:
            return ", ".join(f"cog {cog}" for cog, hashes in held.items() if hash in hashes)
        return "the present" if hash in present else "the past" if hash in needed else "nothing"

    largest = sorted(known.values(), key=lambda head: (-head.size, head.hash))[:LARGEST]
    return Usage(
        event,
        origin(records),
        [str(cut) for cut in cuts(records)],
        records.space(),
        {
            cog: Share(*count(hashes), *count({hash for hash in hashes if holders[hash] == 1}))
            for cog, hashes in held.items()
        },
        count(needed - present),
        count(known.keys() - needed),
        [(head.hash, head.size, holder(head.hash)) for head in largest],
    )


def cogs_of(root: bytes) -> dict[int, bytes]:
    """The hash of each cog's pin in the snapshot with this root."""
    match vm.lazy_pin(root, read_pin).item:
        case vm.Row(items=[_, vm.Tab() as tab]):
            return {vm.nat(cog): pin.hash for cog, pin in tab.items() if isinstance(pin, vm.Pin)}
    return {}
