"""opsh snapshot, opsh gc and opsh du: a machine's state on disk, and the room that it takes."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from machines import home
from shell.errors import DONE
from shell.output import Meter, note, print_json, print_line, table

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
    with Meter("replayed") as meter:
        swept = sweep(directory, arguments.keep, arguments.before, meter.show)
    if arguments.json:
        print_json(asdict(swept))
    else:
        rows = [(what, str(getattr(swept, what))) for what in ("events", "trk", "snapshots", "pins")]
        for line in table(("DELETED", "NUMBER"), rows, right=frozenset({1})):
            print_line(line)
        print_line(f"the store was {swept.before:,} bytes, and is {swept.after:,}")
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
    show(("TABLE", "ENTRIES", "BYTES"), rows)
    cogs = [
        (f"cog {cog}", f"{share.pins:,}", f"{share.size:,}", f"{share.own_pins:,}", f"{share.own_size:,}")
        for cog, share in found.cogs.items()
    ]
    for word, (pins, size) in (("the past", found.older), ("nothing", found.unneeded)):
        cogs.append((word, f"{pins:,}", f"{size:,}", f"{pins:,}", f"{size:,}"))
    show(("HELD BY", "PINS", "BYTES", "ALONE", "BYTES"), cogs)
    show(("LARGEST PINS", "BYTES", "HELD BY"), [(text(hash), f"{size:,}", by) for hash, size, by in found.largest])
    since = f"; the log begins after event {found.origin}" if found.origin else ""
    print_line(f"the cogs are those of the newest snapshot, of event {found.event}{since}")
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
