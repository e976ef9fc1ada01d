"""opsh snapshot, gc, prune and du: a machine's state on disk, and the room that it takes."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from machines import home
from shell.errors import DONE, ShellError
from shell.output import note, print_json, print_line, table

if TYPE_CHECKING:
    from machines.usage import Usage

NUMBERS = frozenset({1, 2, 3, 4})


def snapshot(arguments: Namespace) -> int:
    from machines.checkpoint import take

    directory = home.resolve(arguments.machine)
    event, pins = take(directory)
    note(f"{home.name_of(directory)}: snapshot of event {event}, {pins} new pins")
    return DONE


def gc(arguments: Namespace) -> int:
    from machines.sweep import sweep

    directory = home.resolve(arguments.machine)
    swept = sweep(directory, arguments.keep)
    if arguments.json:
        print_json(asdict(swept))
    else:
        rows = [(what, str(getattr(swept, what))) for what in ("events", "trk", "snapshots", "pins")]
        for line in table(("DELETED", "NUMBER"), rows, right=frozenset({1})):
            print_line(line)
        print_line(f"the store was {swept.before:,} bytes, and is {swept.after:,}")
    return DONE


def prune(arguments: Namespace) -> int:
    from machines.prune import Keep
    from machines.prune import prune as forget

    directory = home.resolve(arguments.machine)
    keep = None
    if arguments.events is not None or arguments.days is not None:
        if arguments.before is not None:
            raise ShellError("--before says all", "leave out --events and --days", 2)
        keep = Keep(arguments.events or 0, arguments.days or 0)
    found = forget(directory, keep, arguments.before, arguments.dry_run)
    if arguments.json:
        print_json(asdict(found))
        return DONE
    name, gone = home.name_of(directory), "would be forgotten" if arguments.dry_run else "are forgotten"
    if found.event:
        note(f"{name}: {found.events} events up to {found.event} {gone}, and {found.trk} entries of trk ({found.rule})")
    else:
        note(f"{name}: there is nothing to forget ({found.rule})")
    return DONE


def du(arguments: Namespace) -> int:
    from machines.remote import opened
    from machines.usage import usage

    with opened(home.resolve(arguments.machine)) as records:
        found = usage(records)
    if arguments.json:
        print_json(as_json(found))
        return DONE
    rows = [(name, f"{entries:,}", f"{size:,}") for name, (entries, size) in found.space.tables.items()]
    rows += [("free", "", f"{found.space.free:,}"), ("file", "", f"{found.space.file:,}")]
    for what, sizes in (
        ("packs, own", [size for size, links in found.space.packs.values() if links == 1]),
        ("packs, shared", [size for size, links in found.space.packs.values() if links > 1]),
    ):
        rows.append((what, f"{len(sizes):,}", f"{sum(sizes):,}"))
    show(("TABLE", "ENTRIES", "BYTES"), rows)
    cogs = [
        (f"cog {cog}", f"{share.pins:,}", f"{share.size:,}", f"{share.own_pins:,}", f"{share.own_size:,}")
        for cog, share in found.cogs.items()
    ]
    for word, (pins, size) in (("the past", found.older), ("nothing", found.unneeded)):
        cogs.append((word, f"{pins:,}", f"{size:,}", f"{pins:,}", f"{size:,}"))
    show(("HELD BY", "PINS", "BYTES", "ALONE", "BYTES"), cogs)
    show(("LARGEST PINS", "BYTES", "HELD BY"), [(text(hash), f"{size:,}", by) for hash, size, by in found.largest])
    print_line(f"the cogs are those of the newest snapshot, of event {found.event}")
    for cut in found.cuts:
        print_line(cut)
    return DONE


def show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for line in table(heads, rows, right=NUMBERS if heads[-1] == "BYTES" else frozenset({1})):
        print_line(line)
    print_line()


def text(hash: bytes) -> str:
    import vm

    return vm.hash_text(hash)


def as_json(found: "Usage") -> dict[str, Any]:
    plain = asdict(found)
    plain["largest"] = [{"hash": text(hash), "size": size, "held": by} for hash, size, by in found.largest]
    return plain
