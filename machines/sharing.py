"""Which packs a machine has: those of its neighbours where they hold what it needs, and none that it hardly needs.

Neighbours are the machines in directories beside its own. Whatever is taken from them was compared byte for byte, or is
checked by its hash when it is first looked into, as all pins are.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from machines import home
from machines.packs import Pack, Place
from machines.store import PACKED, PACKS, PINS, Batch, Store

LEAST = 64 << 10
"""So many bytes of pins are worth a look at the neighbours."""

LOT = 32 << 20
"""Bytes of pins that are moved at once."""

SMALL = 4 << 20
MANY = 16
"""So many packs of less than SMALL bytes are made one."""


def fill(store: Store, batch: Batch, place: Path) -> None:
    """Commit the first pins of a machine that is to be in the directory `place`."""
    store.pack_from = LEAST
    borrow(store, batch, place)
    store.commit(batch)
    tidy(store)


def borrow(store: Store, batch: Batch, place: Path) -> None:
    """Have a neighbour's pack in place of the pins in a batch that are in it."""
    wanted = {key: value for table, key, value in batch.puts if table == PINS}
    if sum(map(len, wanted.values())) < LEAST:
        return
    candidates = [(path, found) for path in packs_in(place) if (found := common(path, wanted))]
    candidates.sort(key=lambda one: sum(length for _, length in one[1].values()), reverse=True)
    for path, found in candidates:
        found = {hash: place for hash, place in found.items() if hash in wanted}
        if not found:
            continue
        try:
            store.packs.adopt(path)
        except OSError:
            continue  # It went meanwhile.
        number = next((n for n, name in store.pack_names.items() if name == path.name), None)
        if number is None:
            number = store.next_pack(batch)
            batch.put_record(PACKS, number, path.name.encode())
        for hash, (offset, length) in found.items():
            content = wanted.pop(hash)
            batch.put(PACKED, hash, Place(number, int.from_bytes(content[:8], "little"), offset, length).encode())
    if store.packs.names():
        store.packs.sync()
    batch.puts = [put for put in batch.puts if put[0] != PINS or put[1] in wanted]


def packs_in(place: Path) -> list[Path]:
    """The packs of all machines in a directory, each once."""
    found: dict[str, Path] = {}
    for path in place.glob(f"*/{home.PACKS}/*"):
        if home.exists(path.parent.parent) and not path.name.startswith("."):
            found.setdefault(path.name, path)
    return [found[name] for name in sorted(found)]


def common(path: Path, wanted: dict[bytes, bytes]) -> dict[bytes, tuple[int, int]]:
    """Offset and length of the pins that are in a pack as they are wanted."""
    try:
        pack = Pack(path)
        found = {hash: (offset, length) for hash, offset, length in pack.index() if hash in wanted}
        return {hash: place for hash, place in found.items() if pack.read(*place) == wanted[hash]}
    except (OSError, ValueError):
        return {}


def tidy(store: Store) -> None:
    """Drop the packs that a machine needs nothing of; write anew what it needs of those that it needs less than half
    of, of small ones if they are many, and what is in the file if it would fill a pack. Nobody else uses the store.
    """
    live = dict.fromkeys(store.pack_names, 0)
    for _, place in store.places():
        live[place.pack] = live.get(place.pack, 0) + place.length
    sizes = {n: store.packs.get(name).size for n, name in store.pack_names.items()}
    poor = {n for n, size in sizes.items() if 2 * live[n] < size}
    small = {n for n, size in sizes.items() if size < SMALL}
    if len(small) >= MANY:
        poor |= small
    move(store, [hash for hash, place in store.places() if place.pack in poor] if poor else [])
    _, loose = store.space().tables["pins"]
    if loose > store.pack_from:
        move(store, store.keys(PINS))
    store.drop_packs(sorted(poor))


def move(store: Store, hashes: Iterable[bytes]) -> None:
    """Write pins anew: into packs, unless that is too little."""
    for lot in lots(store, hashes):
        batch = Batch()
        batch.forget(PINS, lot)
        for hash, content in lot.items():
            batch.put(PINS, hash, content)
        store.commit(batch)


def lots(store: Store, hashes: Iterable[bytes]) -> Iterator[dict[bytes, bytes]]:
    lot: dict[bytes, bytes] = {}
    size = 0
    for hash in hashes:
        lot[hash] = store.content(hash)
        size += len(lot[hash])
        if size > LOT:
            yield lot
            lot, size = {}, 0
    if lot:
        yield lot
