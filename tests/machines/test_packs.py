"""Pins in packs: machines of one home have them in common, and each is complete without the others."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import vm
from machines import checkpoint, past, prune, sharing, store
from machines.check import verify
from machines.errors import MachineError
from machines.fork import fork
from machines.home import PACKS
from machines.packs import Pack, PackWriter
from machines.packs import Packs as PacksOf
from machines.parcel import export, import_
from machines.remote import opened
from machines.snapshots import Snapshots
from machines.store import Batch, Store
from machines.sweep import sweep
from machines.usage import usage
from tests.machines.programs import WHEN, asks, script, wait_until
from tests.machines.test_host import make, running, until

NEVER = wait_until(1 << 40)
ROOT = Path(__file__).parents[2]


def blobs(count: int, size: int = 50_000) -> list[vm.Value]:
    return [vm.pin(vm.bar(os.urandom(size))) for _ in range(count)]


def holding(directory: Path, *values: vm.Value) -> Path:
    """A machine whose cog holds these values."""
    return make(directory, script(asks(NEVER, vm.row(values))))


def packs(directory: Path) -> dict[str, tuple[int, int]]:
    """(inode, links) of each pack."""
    found = (directory / PACKS).iterdir() if (directory / PACKS).exists() else []
    return {path.name: (path.stat().st_ino, path.stat().st_nlink) for path in found}


def is_sound(directory: Path) -> None:
    with opened(directory) as records:
        assert verify(records).wrong == []


def test_machines_with_the_same_pins_have_them_once_on_the_disk(tmp_path: Path) -> None:
    common = blobs(5)
    for n in range(4):
        holding(tmp_path / f"m{n}", *common, n)
    [(inode, links)] = set(packs(tmp_path / "m0").values())
    assert links == 4
    for n in range(4):
        assert (inode, 4) in packs(tmp_path / f"m{n}").values()
        is_sound(tmp_path / f"m{n}")
    shutil.rmtree(tmp_path / "m0")
    shutil.copytree(tmp_path / "m1", tmp_path / "elsewhere" / "m1")
    for n in (1, 2, 3):
        is_sound(tmp_path / f"m{n}")
    is_sound(tmp_path / "elsewhere" / "m1")
    with opened(tmp_path / "m1") as records:
        assert [links for _, links in usage(records).space.packs.values()] == [3]


def test_a_neighbour_that_has_less_than_half_of_a_pack_in_common_is_left_alone(tmp_path: Path) -> None:
    first = blobs(10)
    holding(tmp_path / "a", *first)
    holding(tmp_path / "b", *first[:3], *blobs(3))
    holding(tmp_path / "c", *first[:8], *blobs(3))
    assert not packs(tmp_path / "a").keys() & packs(tmp_path / "b").keys()
    assert packs(tmp_path / "a").keys() & packs(tmp_path / "c").keys()
    for name in "abc":
        is_sound(tmp_path / name)


def test_a_fork_has_the_packs_of_the_other_one_running_or_not(tmp_path: Path) -> None:
    directory = holding(tmp_path / "m", *blobs(5))
    fork(directory, tmp_path / "one")
    with running(directory):
        fork(directory, tmp_path / "two")
    for name in ("one", "two"):
        assert packs(tmp_path / name).keys() == packs(directory).keys()
        is_sound(tmp_path / name)
    assert {links for _, links in packs(directory).values()} == {3}


def test_an_import_takes_from_its_neighbours_what_they_have(tmp_path: Path) -> None:
    directory = holding(tmp_path / "home" / "m", *blobs(5))
    export(directory, tmp_path / "file")
    import_(tmp_path / "file", tmp_path / "home" / "beside")
    import_(tmp_path / "file", tmp_path / "far" / "away")
    assert packs(directory).keys() <= packs(tmp_path / "home" / "beside").keys()
    assert not {links for _, links in packs(tmp_path / "far" / "away").values()} - {1}
    for path in (tmp_path / "home" / "beside", tmp_path / "far" / "away"):
        is_sound(path)


def test_without_hard_links_a_pack_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    directory = holding(tmp_path / "m", *blobs(5))
    fork(directory, tmp_path / "new")
    assert packs(directory).keys() == packs(tmp_path / "new").keys()
    assert {links for _, links in packs(directory).values()} == {1}
    is_sound(tmp_path / "new")


def test_a_damaged_pack_of_a_neighbour_is_not_taken(tmp_path: Path) -> None:
    common = blobs(5)
    directory = holding(tmp_path / "m", *common)
    [name] = packs(directory)
    path = directory / PACKS / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    holding(tmp_path / "new", *common)
    is_sound(tmp_path / "new")
    with opened(directory) as records:
        [wrong] = verify(records).wrong
    assert "pin" in wrong


def test_a_pack_that_is_missing_cut_off_or_none_is_said_to_be(tmp_path: Path) -> None:
    directory = holding(tmp_path / "m", *blobs(5))
    [name] = packs(directory)
    path = directory / PACKS / name
    data = path.read_bytes()
    for bad in (data[:-100], data[:10], b"", b"x" * len(data)):
        path.write_bytes(bad)
        with opened(directory) as records:
            assert any(name in wrong for wrong in verify(records).wrong)
    path.unlink()
    with pytest.raises(MachineError, match="is missing"), opened(directory):
        pass


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    directory = holding(tmp_path / "m", *blobs(5))
    before = packs(directory).keys()
    writer = PackWriter(PacksOf(directory / PACKS), 9)
    writer.add(bytes(32), bytes(48))
    writer.close()
    writer.sync()
    PackWriter(PacksOf(directory / PACKS), 9)
    assert len(packs(directory)) == len(before) + 2
    Store(directory).close()
    assert packs(directory).keys() == before


def test_gc_writes_anew_what_is_left_of_a_pack_that_is_mostly_dead(tmp_path: Path) -> None:
    steps = [asks(WHEN, vm.row(blobs(20))), asks(NEVER, vm.row(blobs(5)))]
    directory = make(tmp_path / "m", script(*steps))
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 2)
    before = packs(directory)
    with opened(directory) as records:
        end = past.last(records)
        state = Snapshots(records).pin(past.at(records, end)[0]).hash
    prune.prune(directory, before=end)
    swept = sweep(directory)
    assert swept.pin_bytes > 1_000_000
    assert swept.after < swept.before - 900_000
    assert not packs(directory).keys() & before.keys()
    is_sound(directory)
    with opened(directory) as records:
        assert Snapshots(records).pin(past.at(records, end)[0]).hash == state
    assert sweep(directory).pins == 0


def test_many_small_packs_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = make(tmp_path / "m", script(asks(NEVER)))
    monkeypatch.setattr(store, "PACK_FROM", 10_000)
    opened_store = Store(directory)
    root = opened_store
    held = blobs(sharing.MANY)
    for blob in held:
        batch = Batch()
        Snapshots(root).write_pin(batch, blob)
        root.commit(batch)
    assert len(packs(directory)) == sharing.MANY
    sharing.tidy(root)
    assert len(packs(directory)) == 1
    assert all(root.content(blob.hash) == vm.save_pin(blob) for blob in held)
    root.close()


def test_a_store_of_the_format_before_packs_is_brought_up_to_date(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(NEVER)))
    old = Store(directory)
    with old.env.begin(write=True) as txn:
        for table in (store.PACKS, store.PACKED):
            txn.drop(old.tables[table])
    batch = Batch()
    batch.put_meta("format", store.BEFORE_PACKS)
    old.commit(batch)
    old.close()
    is_sound(directory)
    with opened(directory) as records:
        assert records.meta("format") == store.FORMAT


def test_a_pack_tells_what_is_in_it(tmp_path: Path) -> None:
    writer = PackWriter(PacksOf(tmp_path / "packs"), 7)
    contents = {bytes([n]) * 32: bytes(8) + bytes([n]) * (100 + n) for n in (9, 3, 200, 0)}
    places = {hash: writer.add(hash, content) for hash, content in contents.items()}
    name = writer.close()
    writer.sync()
    pack = Pack(tmp_path / "packs" / name)
    assert pack.name() == name
    assert [hash for hash, _, _ in pack.index()] == sorted(contents)
    for hash, content in contents.items():
        assert pack.read(places[hash].offset, places[hash].length) == content
    with pytest.raises(ValueError, match="ends before"):
        pack.read(pack.size - 1, 2)


def test_a_running_machine_can_be_swept(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(WHEN), asks(NEVER)))
    root = Store(directory)
    batch = Batch()
    idle = vm.pin(vm.row(blobs(30)))
    Snapshots(root).write_pin(batch, idle)
    root.commit(batch)
    root.close()
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 2)
        checkpoint.take(directory)
        swept = sweep(directory, keep=1)
        assert swept.pins == 31
        assert swept.pin_bytes > 1_500_000
        assert client.call("status")["state"] == "running"
        is_sound(directory)
    with opened(directory) as records:
        assert not records.has_pin(idle.hash)
    is_sound(directory)


def test_a_pin_that_a_snapshot_holds_again_is_not_swept(tmp_path: Path) -> None:
    """Whenever it comes back: before the list of idle pins is taken, after that, or when it is gone."""
    from machines.removal import Removal

    directory = make(tmp_path / "m", script(asks(NEVER)))
    root = Store(directory)
    one, two = blobs(2)
    batch = Batch()
    Snapshots(root).write_pin(batch, vm.pin(vm.row([one, two])))
    root.commit(batch)
    snapshots = Snapshots(root)
    removal = Removal(snapshots)
    removal.begin()
    snapshots.write_pin(Batch(), one)
    assert removal.met_since(0) == [one.hash]
    assert removal.met_since(1) == []
    removal.doom([two.hash])
    going = Batch()
    removal.put(going)
    again = Batch()
    snapshots.write_pin(again, two)
    root.commit(going)
    removal.written(going)
    root.commit(again)
    assert root.content(two.hash) == vm.save_pin(two)
    removal.doom([two.hash])
    snapshots.write_pin(again, two)
    late = Batch()
    removal.put(late)
    root.commit(late)
    assert root.content(two.hash) == vm.save_pin(two)
    root.close()


def test_an_import_that_is_killed_goes_on(tmp_path: Path) -> None:
    directory = holding(tmp_path / "home" / "m", *blobs(40))
    export(directory, tmp_path / "file")
    code = (
        "import os, signal, sys; from pathlib import Path; from machines import parcel; parcel.BATCH = 300_000;"
        "parcel.import_(Path(sys.argv[1]), Path(sys.argv[2]),"
        " lambda done, all: os.kill(os.getpid(), signal.SIGKILL) if done > all / 2 else None)"
    )
    command = [sys.executable, "-c", code, tmp_path / "file", tmp_path / "away" / "new"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    import_(tmp_path / "file", tmp_path / "away" / "new")
    is_sound(tmp_path / "away" / "new")
    assert [path.name for path in (tmp_path / "away").iterdir()] == ["new"]


def test_a_state_larger_than_what_is_looked_at_stays_on_the_disk(tmp_path: Path) -> None:
    """20 MB in a tab of pins: a host that has it holds hardly more than one that has nothing."""
    table = vm.tab(enumerate(blobs(2000, 10_000)))
    held = []
    for name, value in (("small", 0), ("large", table)):
        directory = make(tmp_path / name, script(asks(WHEN, vm.row([value])), asks(NEVER, vm.row([value]))))
        with running(directory) as client:
            until(client, "status", lambda status: status["durable"] == 2)
            checkpoint.take(directory)
        with running(directory) as client:
            held.append(client.call("status")["rss"])
    assert held[1] - held[0] < 10_000_000
    with opened(tmp_path / "large") as records:
        assert records.space().file < 1_000_000
        assert verify(records).wrong == []
