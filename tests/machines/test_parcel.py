"""A machine goes through a file as it is; a bad file makes nothing."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vm
from machines import parcel, past
from machines.check import verify
from machines.errors import MachineError
from machines.heart import Moment
from machines.parcel import FRAME, MAGIC, Header, Unsound, export, import_
from machines.remote import opened
from machines.snapshots import Snapshots
from machines.store import LOG, SNAPSHOTS, TRK, Records
from tests.machines.programs import WHEN, asks, script, wait_until
from tests.machines.simulation import FakeStore
from tests.machines.test_host import make, running, until


def state(records: Records) -> bytes:
    """The hash of the present state."""
    return Snapshots(records).pin(past.present(records)[0]).hash


def test_the_state_goes_through_a_file_and_goes_on(counted: Path, tmp_path: Path) -> None:
    event, size = export(counted, tmp_path / "file")
    assert (tmp_path / "file").stat().st_size == size
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert import_(tmp_path / "file", tmp_path / "new") == event
    with opened(counted) as records:
        before = state(records)
    with opened(tmp_path / "new") as records:
        assert state(records) == before
        assert records.last(LOG) == records.last(TRK) == 0
        assert verify(records).wrong == []
        with pytest.raises(MachineError, match=f"events up to {event} are not here"):
            past.at(records, event - 1)
    with running(tmp_path / "new") as client:
        assert until(client, "status", lambda status: status["durable"] > event + 3)
        count = client.call("status")["trk"]
        first = client.call("trk", from_=1, to=2)["entries"][0]["text"]
    assert str(event - 1) in first
    assert count > 1
    with opened(tmp_path / "new") as records:
        assert verify(records).wrong == []
        assert past.origin(records) == event


def test_the_whole_history_goes_through_a_file(counted: Path, tmp_path: Path) -> None:
    event, _ = export(counted, tmp_path / "file", log=True)
    assert import_(tmp_path / "file", tmp_path / "new") == event
    found = []
    for directory in (counted, tmp_path / "new"):
        with opened(directory) as records:
            assert verify(records).wrong == []
            found.append([list(records.every_record(table, 0)) for table in (LOG, SNAPSHOTS, TRK)])
    assert found[0] == found[1]


@pytest.mark.parametrize("log", [False, True])
def test_a_running_machine_can_be_exported(counted: Path, tmp_path: Path, log: bool) -> None:
    with running(counted) as client:
        before = client.call("status")["durable"]
        event, _ = export(counted, tmp_path / "file", log)
        assert event >= before
        until(client, "status", lambda status: status["durable"] > event)
    import_(tmp_path / "file", tmp_path / "new")
    with opened(tmp_path / "new") as records:
        there = Snapshots(records).pin(past.at(records, event)[0]).hash
        assert verify(records).wrong == []
    with opened(counted) as records:
        assert Snapshots(records).pin(past.at(records, event)[0]).hash == there


def test_open_requests_go_along(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(WHEN), asks(wait_until(1 << 40))))
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 2)
    export(directory, tmp_path / "file")
    import_(tmp_path / "file", tmp_path / "new")
    with running(tmp_path / "new") as client:
        [cog] = client.call("cogs")["cogs"]
        assert cog["waits"] == ["%time %wait 1099511627776"]


def test_an_interrupted_import_goes_on_where_it_was(
    counted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(counted, tmp_path / "file", log=True)
    monkeypatch.setattr(parcel, "BATCH", 1000)
    read: list[int] = []

    def interrupt(done: int, total: int) -> None:
        read.append(done)
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_(tmp_path / "file", tmp_path / "new", interrupt)
    assert not (tmp_path / "new").exists()
    assert len(read) > 2
    so_far = read[-1]
    read.clear()
    import_(tmp_path / "file", tmp_path / "new", lambda done, _: read.append(done))
    assert min(read) > so_far
    with opened(tmp_path / "new") as records:
        assert verify(records).wrong == []
        assert records.meta(parcel.SO_FAR) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "m", "new"]


def test_another_file_does_not_go_on_with_an_import(counted: Path, tmp_path: Path) -> None:
    export(counted, tmp_path / "file", log=True)
    export(counted, tmp_path / "other")

    def interrupt(*_: int) -> None:
        raise KeyboardInterrupt

    parcel.BATCH, batch = 100, parcel.BATCH
    try:
        with pytest.raises(KeyboardInterrupt):
            import_(tmp_path / "file", tmp_path / "new", interrupt)
    finally:
        parcel.BATCH = batch
    with pytest.raises(MachineError, match="another import"):
        import_(tmp_path / "other", tmp_path / "new")
    import_(tmp_path / "file", tmp_path / "new")


def frame(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(8, "little") + parcel.zlib.crc32(content).to_bytes(4, "little") + content


def frames(data: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    at = len(MAGIC)
    while at < len(data):
        end = at + FRAME + int.from_bytes(data[at + 1 : at + 9], "little")
        found.append((data[at : at + 1], data[at + FRAME : end]))
        at = end
    return found


def file_of(parts: list[tuple[bytes, bytes]]) -> bytes:
    return MAGIC + b"".join(frame(kind, content) for kind, content in parts)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytes, bytes]]:
    """The frames of a small machine's file."""
    place = tmp_path_factory.mktemp("parts")
    directory = make(place / "m", script(asks(WHEN), asks(WHEN), asks(wait_until(1 << 40))))
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 3)
    export(directory, place / "file", log=True)
    return frames((place / "file").read_bytes())


def refused(place: Path, data: bytes) -> str:
    (place / "bad").write_bytes(data)
    with pytest.raises(Unsound) as caught:
        import_(place / "bad", place / "new")
    assert [path.name for path in place.iterdir()] == ["bad"]
    return caught.value.message


def test_what_is_missing_is_noticed(parts: list[tuple[bytes, bytes]], tmp_path: Path) -> None:
    """Whichever part is left out, but for a trk entry or an old snapshot, which nothing else needs."""
    header = msgspec.msgpack.decode(parts[0][1], type=Header)
    for missing, (kind, content) in enumerate(parts):
        older = kind == b"S" and content[:8] != header.event.to_bytes(8, "little")
        if kind != b"T" and not older:
            refused(tmp_path, file_of(parts[:missing] + parts[missing + 1 :]))


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        (b"P", vm.pin(5).hash + vm.save_pin(vm.pin(6)), "a pin is bad"),
        (b"P", b"short", "a pin is bad"),
        (b"P", bytes(32) + b"\xff" * 40, "a pin is bad"),
        (b"P", vm.pin(vm.row([vm.pin(9)])).hash + vm.save_pin(vm.pin(vm.row([vm.pin(9)]))), "not before the pin"),
        (b"L", (1).to_bytes(8, "little") + b"nonsense", "does not decode"),
        (b"T", (1).to_bytes(8, "little") + b"nonsense", "does not decode"),
        (b"S", (1).to_bytes(8, "little") + bytes(32), "a snapshot is missing"),
        (b"S", (99).to_bytes(8, "little") + bytes(32), "cannot be"),
        (b"S", b"", "cannot be"),
        (b"X", b"", "a part that is none"),
        (b"H", b"", "a part that is none"),
    ],
)
def test_a_part_that_lies_is_refused(
    parts: list[tuple[bytes, bytes]], tmp_path: Path, kind: bytes, content: bytes, says: str
) -> None:
    assert says in refused(tmp_path, file_of([parts[0], (kind, content), *parts[1:]]))


def test_a_state_that_is_none_is_refused(parts: list[tuple[bytes, bytes]], tmp_path: Path) -> None:
    pin = vm.pin(vm.row([1, 2, 3]))
    header = msgspec.msgpack.encode(Header(1, pin.hash, 1, 1, 0, 0))
    moment = [(b"P", pin.hash + vm.save_pin(pin)), (b"S", (1).to_bytes(8, "little") + pin.hash), (b"E", b"")]
    assert "is not a moment" in refused(tmp_path, file_of([(b"H", header), *moment]))
    empty = Snapshots(FakeStore()).pin(Moment())  # type: ignore[arg-type]
    header = msgspec.msgpack.encode(Header(1, empty.hash, 1, 1, 0, 0))
    moment = [(b"P", empty.hash + vm.save_pin(empty)), (b"S", (1).to_bytes(8, "little") + empty.hash), (b"E", b"")]
    (tmp_path / "good").write_bytes(file_of([(b"H", header), *moment]))
    assert import_(tmp_path / "good", tmp_path / "new") == 1


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_makes_a_machine_or_a_complaint(
    data: st.DataObject, parts: list[tuple[bytes, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Bytes are changed, cut off or put in, with the checksums made right again or not: no other error comes out."""
    kind = data.draw(st.sampled_from(["bytes", "content", "order", "cut"]))
    damaged = list(parts)
    at = data.draw(st.integers(0, len(parts) - 1))
    match kind:
        case "content":
            content = bytearray(damaged[at][1])
            where = data.draw(st.integers(0, len(content)))
            content[where : where + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
            damaged[at] = (damaged[at][0], bytes(content))
        case "order":
            damaged.insert(data.draw(st.integers(0, len(parts) - 1)), damaged.pop(at))
    file = bytearray(file_of(damaged))
    where = data.draw(st.integers(0, len(file)))
    if kind == "bytes":
        file[where : where + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    if kind == "cut":
        del file[where:]
    place = tmp_path_factory.mktemp("fuzz")
    (place / "file").write_bytes(file)
    try:
        import_(place / "file", place / "new")
    except Unsound:
        assert [path.name for path in place.iterdir()] == ["file"]
    else:
        with opened(place / "new") as records:
            past.at(records, past.last(records))
