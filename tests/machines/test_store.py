"""The store: what was committed is there, what is damaged is refused."""

import os
from pathlib import Path

import pytest

from machines import home
from machines.errors import MachineError
from machines.lock import Held, Lock
from machines.store import LOG, META, TRK, Batch, Store, first_batch


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    store = Store(tmp_path, create=True)
    batch = first_batch(1)
    for n in range(1, 11):
        batch.put_record(LOG, n, b"event %d" % n)
    store.commit(batch)
    store.close()
    return tmp_path


def test_committed_records_are_read_back_in_order(directory: Path) -> None:
    store = Store(directory)
    assert store.last(LOG) == 10
    assert store.records(LOG, 3, 6) == [(3, b"event 3"), (4, b"event 4"), (5, b"event 5")]
    assert [n for n, _ in store.every_record(LOG, 1)] == list(range(1, 11))
    store.close()


def test_a_batch_that_is_not_synced_leaves_nothing(directory: Path) -> None:
    store = Store(directory)
    batch = Batch()
    batch.put_record(LOG, 11, b"lost")
    writing = store.begin(batch)
    writing.txn.abort()
    store.close()
    store = Store(directory)
    assert store.last(LOG) == 10
    store.close()


def test_the_map_grows_by_itself(directory: Path) -> None:
    store = Store(directory)
    before = store.env.info()["map_size"]
    batch = Batch()
    for n in range(1, 4):
        batch.put_record(TRK, n, os.urandom(before // 2))
    store.commit(batch)
    assert store.last(TRK) == 3
    store.close()
    store = Store(directory)
    assert len(store.records(TRK, 2, 3)[0][1]) == before // 2
    store.close()


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda data: b"", "0 bytes"),
        (lambda data: b"\0" * len(data), "not an LMDB file"),
        (lambda data: b"some text\n" * 1000, "not an LMDB file"),
        (lambda data: data[: len(data) - 4096], "bytes long where"),
        (lambda data: data[:5000], "bytes long where"),
        (lambda data: data[:4096] + b"\xff" * 4096 + data[8192:], "second"),
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(directory: Path, damage: object, word: str) -> None:
    path = directory / home.STORE
    damaged = damage(path.read_bytes())  # type: ignore[operator]
    path.write_bytes(damaged)
    with pytest.raises(MachineError, match=word):
        Store(directory)
    assert path.read_bytes() == damaged


def test_a_flipped_bit_in_an_event_is_found(directory: Path) -> None:
    path = directory / home.STORE
    data = path.read_bytes()
    assert data.count(b"event 7") == 1
    path.write_bytes(data.replace(b"event 7", b"event 6"))
    store = Store(directory)
    assert store.records(LOG, 6, 7) == [(6, b"event 6")]
    with pytest.raises(MachineError, match="event 7 does not match"):
        store.records(LOG, 7, 8)
    store.close()


def test_a_store_of_another_format_is_refused(directory: Path) -> None:
    store = Store(directory)
    batch = Batch()
    batch.put(META, b"format", b"\x63")
    store.commit(batch)
    store.close()
    with pytest.raises(MachineError, match="format 99"):
        Store(directory)


def test_one_process_holds_the_lock(directory: Path) -> None:
    lock = Lock(directory)
    with pytest.raises(Held, match="running already"):
        Lock(directory, patience=0)
    with pytest.raises(Held):
        Lock(directory, shared=True, patience=0)
    lock.release()
    one, other = Lock(directory, shared=True), Lock(directory, shared=True)
    with pytest.raises(Held):
        Lock(directory, patience=0)
    one.release()
    other.release()
    Lock(directory).release()


def test_a_directory_that_cannot_be_written_is_said_to_be_so(directory: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root writes everywhere")
    directory.chmod(0o500)
    try:
        with pytest.raises(MachineError, match="cannot write"):
            Lock(directory)
    finally:
        directory.chmod(0o700)
