"""What a disk can do to a machine: each time a clear refusal, and nothing lost that was ever shown.

A sync that fails, a disk that is full, an event that does not decode, a log from another version. Torn and damaged
files are in test_store, what `opsh verify` finds in test_check.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import vm
from machines import home, past
from machines.errors import MachineError
from machines.events import Delivered, Event, Given, encode
from machines.launch import start_detached
from machines.store import FORMAT, LOG, Batch, Store
from shell.main import main
from tests.machines.programs import WHEN, counter, wait_until
from tests.machines.test_host import ROOT, make, running, until, wait_for

LIMIT = 60


@pytest.fixture(scope="module")
def failing_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("there is no C compiler, or no LD_PRELOAD")
    library = tmp_path_factory.mktemp("preload") / "failing_sync.so"
    source = Path(__file__).with_name("failing_sync.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def test_a_sync_that_fails_ends_the_machine_and_loses_nothing_that_was_shown(
    tmp_path: Path, failing_sync: Path
) -> None:
    directory = make(tmp_path / "m", counter())
    broken, output = tmp_path / "broken", tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.machines.run_host", str(directory)],
            cwd=ROOT,
            env=os.environ | {"LD_PRELOAD": str(failing_sync), "FAILING_SYNC": str(broken)},
            stdout=out,
            stderr=subprocess.PIPE,
        )
        with wait_for(directory, process) as client:
            until(client, "status", lambda status: status["durable"] > 50)
        broken.touch()
        _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert b"Input/output error" in err
    assert len(err.splitlines()) == 1
    shown = [int(line.split()[0]) for line in output.read_text().splitlines()]
    assert shown == list(range(1, len(shown) + 1))
    store = Store(directory, readonly=True)
    assert store.last(LOG) > len(shown)
    assert past.verify(store) == []
    store.close()
    with running(directory) as client:
        assert client.call("status")["trk"] > len(shown)


def test_a_machine_whose_disk_does_not_sync_is_not_said_to_run(
    tmp_path: Path, failing_sync: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = make(tmp_path / "m", counter(wait_until(1 << 40)))
    with monkeypatch.context() as context:
        context.setenv("LD_PRELOAD", str(failing_sync))
        context.setenv("FAILING_SYNC", str(tmp_path))
        with pytest.raises(MachineError, match="Input/output error") as refusal:
            start_detached(directory)
    assert "everything up to the last event on disk is safe" in refusal.value.hint
    with running(directory) as client:
        assert client.call("status")["event"] == 1


Opsh = Callable[..., tuple[int, str]]


@pytest.fixture
def opsh(capfd: pytest.CaptureFixture[str]) -> Opsh:
    """Run a command in this process: its exit status, and the one line that it complained with."""

    def run(*words: str) -> tuple[int, str]:
        status = main(words)
        out, err = capfd.readouterr()
        lines = err.splitlines()
        assert status == 0 or (out == "" and len(lines) == 1 and lines[0].startswith("opsh: ")), (status, out, err)
        return status, err

    return run


FULL_DISK = """
    mount -t tmpfs -o size=4m none "$PLACE" && cp -r "$MACHINE" "$PLACE/m" || exit 9
    opsh() { "$PYTHON" -m shell.main "$@" "$PLACE/m" $cog || echo "status $?" >&2; }
    fill() { dd if=/dev/zero of="$PLACE/rest" bs=64k 2>/dev/null; dd if=/dev/zero of="$PLACE/last" bs=1k 2>/dev/null; }
    fill
    opsh start; opsh start --detach; opsh snapshot; cog=1; opsh cog drop; cog=
    opsh cogs
    rm "$PLACE/rest" "$PLACE/last"; opsh start --detach
    fill
    while test -S "$PLACE/m/control.sock"; do sleep 0.05; done
    opsh start; opsh start --detach
    rm "$PLACE/rest" "$PLACE/last"; opsh verify
"""


def test_on_a_disk_that_is_full_each_verb_says_so(tmp_path: Path) -> None:
    """A real one: a file system of four megabytes, in a namespace of its own."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    machine = make(tmp_path / "m", counter())
    (tmp_path / "place").mkdir()
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", FULL_DISK],
        cwd=ROOT,
        env=os.environ | {"PLACE": str(tmp_path / "place"), "MACHINE": str(machine), "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    if done.returncode == 9:
        pytest.skip("no file system can be mounted here")
    refused = [r"opsh: .*the disk is full: .*", "status 1"] * 2
    failed = [r"opsh: .*No space left on device; check the free space; everything up to the last event.*", "status 1"]
    wanted = [*refused, *failed, *failed, "opsh: .*: running, process .*", *refused, "opsh: .*: all is well"]
    said = done.stderr.splitlines()
    assert len(said) == len(wanted), done.stderr
    assert all(map(re.fullmatch, wanted, said)), said
    assert "%time %when" in done.stdout


def append(directory: Path, data: bytes) -> int:
    """Write one more event; its number."""
    store = Store(directory)
    batch = Batch()
    event = store.last(LOG) + 1
    batch.put_record(LOG, event, data)
    store.commit(batch)
    store.close()
    return event


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"nonsense", "does not decode"),
        (b"\x92\x01\x91\x92\x63\x01", "does not decode: not a receipt"),
        (encode(Event(1, [Delivered(1, {0: Given(vm.bar(b"x" * 100))}, None)]))[:-90], "does not decode"),
        (encode(Event(1, [Delivered(9, {0: Given(7)}, None)])), "cannot be replayed: cog 9 is not running"),
    ],
    ids=["no event", "a strange receipt", "half a value", "cannot have happened"],
)
def test_an_event_that_makes_no_sense_is_refused_and_what_was_before_can_be_had(
    tmp_path: Path, opsh: Opsh, data: bytes, says: str
) -> None:
    directory = make(tmp_path / "m", counter(WHEN))
    event = append(directory, data)
    before = (directory / home.STORE).read_bytes()
    for words in (["start"], ["start", "--detach"], ["cogs"], ["cog", "restart"], ["snapshot"]):
        status, line = opsh(*words, str(directory), *(["1"] if "cog" in words else []))
        assert status == 1
        assert f"event {event} {says}" in line
        assert f"--at {event - 1}` makes a machine of what was before" in line
    assert main(["verify", str(directory)]) == 1
    assert (directory / home.STORE).read_bytes() == before
    assert opsh("fork", str(directory), str(tmp_path / "n"), "--at", str(event - 1))[0] == 0
    with running(tmp_path / "n") as client:
        until(client, "status", lambda status: status["durable"] > event + 5)


def test_a_log_from_a_newer_version_is_refused_by_every_verb_and_left_as_it_is(tmp_path: Path, opsh: Opsh) -> None:
    directory = make(tmp_path / "m", counter(WHEN))
    store = Store(directory)
    batch = Batch()
    batch.put_meta("format", FORMAT + 1)
    store.commit(batch)
    store.close()
    before = (directory / home.STORE).read_bytes()
    name = str(directory)
    for words in (
        ["start", name],
        ["start", name, "--detach"],
        ["cogs", name],
        ["logs", name],
        ["events", name],
        ["inspect", name, "1"],
        ["cog", "drop", name, "1"],
        ["poke", name, "1", "a", "5"],
        ["snapshot", name],
        ["verify", name],
        ["gc", name],
        ["du", name],
        ["fork", name, str(tmp_path / "n")],
        ["export", name, str(tmp_path / "file")],
    ):
        status, line = opsh(*words)
        assert status == 1
        assert f"has format {FORMAT + 1}, and this opsh reads format {FORMAT}" in line
    assert (directory / home.STORE).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]


def test_a_page_that_ends_who_reads_it_is_told_of(tmp_path: Path) -> None:
    """LMDB trusts its pages: of an entry that is said to be of gigabytes, what follows the file is read as well."""
    large = vm.pin(vm.bar(bytes(10_000)))
    directory = make(tmp_path / "m", counter(vm.row([large])))
    store = directory / home.STORE
    data = store.read_bytes()
    at = data.index(bytes([1, 0, 32, 0]) + large.hash)  # after two bytes of its size: its flags, and its key's size
    store.write_bytes(data[: at - 2] + b"\xff\x7f" + data[at:])
    # Not in this process, where pytest would tell of the signal.
    words = [sys.executable, "-m", "shell.main", "verify", str(directory)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
    assert (done.returncode, done.stdout) == (1, "")
    hint = "restore the directory from a copy"
    assert done.stderr == f"opsh: {directory}: its store is damaged: a page makes no sense; {hint}\n"
