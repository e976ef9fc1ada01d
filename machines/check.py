"""Checking all that a machine's store holds: every pin's hash, every event again, every snapshot, every trk entry."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import vm
from machines import past, reading
from machines.errors import MachineError
from machines.origin import origin
from machines.past import Progress
from machines.store import SNAPSHOTS, TRK, Records, read_pin

MOST = 100
"""So many things that are wrong are named; the rest are counted."""


@dataclass(slots=True)
class Report:
    """How much was looked at, and what is wrong with it."""

    pins: int = 0
    events: int = 0
    snapshots: int = 0
    trk: int = 0
    wrong: list[str] = field(default_factory=list)


def verify(records: Records, progress: Progress | None = None) -> Report:
    """Check everything up to the event that is the last one now. `progress` hears of (pins and events done, all)."""
    report = Report()
    end = past.last(records)
    pins, _ = records.space().tables["pins"]
    total = pins + end
    report.wrong += [*records.bad_packs(), *few(bad_pins(records, report, total, progress))]
    report.events = end - origin(records)
    report.snapshots = len(list(records.every_record(SNAPSHOTS, 0, end + 1)))
    try:
        report.wrong += past.verify(records, lambda done, _: progress(pins + done, total) if progress else None)
    except MachineError as error:
        report.wrong.append(error.message)
    report.wrong += few(bad_trk(records, report, end))
    return report


def few(wrong: Iterator[str]) -> list[str]:
    found: list[str] = []
    try:
        found.extend(wrong)
    except MachineError as error:
        found.append(error.message)  # What cannot be read ends the search.
    return found if len(found) <= MOST else [*found[:MOST], f"and {len(found) - MOST} more like that"]


def bad_pins(records: Records, report: Report, total: int, progress: Progress | None) -> Iterator[str]:
    here: set[bytes] = set()
    wanted: set[bytes] = set()
    after = b""
    while heads := records.heads(after):
        after = heads[-1].hash
        here |= {head.hash for head in heads}
        for head, content in zip(heads, records.contents([head.hash for head in heads]), strict=True):
            wanted.update(head.refs)
            try:
                vm.check_pin(head.hash, content, lambda hash: vm.lazy_pin(hash, read_pin))
            except vm.SeedError as error:
                yield f"pin {vm.hash_text(head.hash)}: {error}"
            except MachineError as error:
                yield error.message
        report.pins = len(here)
        if progress is not None:
            progress(min(len(here), total), total)
    for hash in wanted - here:
        if not records.has_pin(hash):
            yield f"pin {vm.hash_text(hash)} is missing"


def bad_trk(records: Records, report: Report, end: int) -> Iterator[str]:
    before = 0
    try:
        for n, data in records.every_record(TRK, 0):
            event, _, _, _ = reading.decode_trk(records, n, data)
            if event > end:
                break
            report.trk += 1
            if event < before:
                yield f"trk entry {n} belongs to event {event}, and the one before it to event {before}"
            before = event
    except MachineError as error:
        yield error.message
