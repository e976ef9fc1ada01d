"""A real host: a process, a store on a disk, a control socket; and `kill -9`."""

import base64
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import vm
from machines import cogs, home, past, reading
from machines.async_client import AsyncClient
from machines.boot import boot
from machines.client import CallFailed, Client, NotRunning, stop
from machines.config import CONFIG
from machines.errors import MachineError
from machines.lock import Held
from machines.store import LOG, SNAPSHOTS, TRK, Store
from machines.stored import Stored
from tests.machines.programs import (
    WHEN,
    asks,
    counter,
    crasher,
    endless,
    evaluate,
    identity,
    script,
    spin,
    wait_until,
    word,
)

ROUNDS = int(os.environ.get("OPSH_STORM", "5"))
"""How often the storm kills the machine."""

ROOT = Path(__file__).resolve().parent.parent.parent


def make(directory: Path, value: object) -> Path:
    boot(directory, cogs.program_of(value))
    return directory


def start(directory: Path, *options: str, out: object = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.machines.run_host", str(directory), *options],
        cwd=ROOT,
        stdout=out,  # type: ignore[arg-type]
        stderr=subprocess.PIPE,
    )


def wait_for(directory: Path, process: subprocess.Popen[bytes]) -> Client:
    """A connection, as soon as the machine is up."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return Client(directory)
        except NotRunning:
            assert process.poll() is None, process.stderr.read()  # type: ignore[union-attr]
            assert time.monotonic() < deadline, "it does not come up"
            time.sleep(0.02)


@contextmanager
def running(directory: Path, *options: str) -> Iterator[Client]:
    process = start(directory, *options)
    try:
        with wait_for(directory, process) as client:
            yield client
    finally:
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err


def until(client: Client, method: str, done: object, **params: object) -> object:
    deadline = time.monotonic() + 30
    while not done(found := client.call(method, **params)):  # type: ignore[operator]
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def test_a_killed_machine_shows_every_number_once(tmp_path: Path) -> None:
    """Kill it again and again, at full speed: its output goes on where it stopped, without a gap or a repetition."""
    directory = make(tmp_path / "storm", counter())
    (directory / CONFIG).write_text("[snapshot]\nevents = 300\n")
    output = tmp_path / "output"
    chance = random.Random(7)
    for _ in range(ROUNDS):
        with output.open("ab") as out:
            process = start(directory, out=out)
            wait_for(directory, process).close()
            time.sleep(chance.uniform(0.05, 0.4))
            process.kill()
            process.communicate()
    with output.open("ab") as out:
        process = start(directory, out=out)
        with wait_for(directory, process) as client:
            until(client, "status", lambda status: status["event"] > 10)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[1].strip() == b"interrupted"
    numbers = [int(line.split()[0]) for line in output.read_text().splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
    store = Store(directory, readonly=True)
    tracked = [reading.decode_trk(store, n, data)[3].items[1] for n, data in store.every_record(TRK, 1)]  # type: ignore[attr-defined]
    assert tracked == list(range(len(numbers)))
    assert past.verify(store) == []
    store.close()


def test_a_machine_that_was_stopped_goes_on_from_its_snapshot(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(wait_until(1)))
    with running(directory) as client:
        until(client, "status", lambda status: status["event"] > 5)
    with Stored(directory) as stored:
        event = stored.call("status")["event"]
        assert stored.call("cogs")["cogs"][0]["event"] == event
    with running(directory) as client:
        until(client, "status", lambda status: status["event"] > event)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_a_machine_whose_terminal_goes_away_ends_with_a_snapshot(tmp_path: Path, ending: signal.Signals) -> None:
    directory = make(tmp_path / "m", counter(wait_until(1)))
    process = start(directory)
    with wait_for(directory, process) as client:
        until(client, "status", lambda status: status["event"] > 5)
    process.send_signal(ending)
    process.communicate(timeout=30)
    store = Store(directory, readonly=True)
    assert store.last(SNAPSHOTS) == store.last(LOG)
    store.close()


def test_what_was_shown_before_is_not_shown_again(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(WHEN), asks(WHEN), asks(wait_until(1 << 40))))
    for expected in (2, 0):
        process = start(directory, out=subprocess.PIPE)
        with wait_for(directory, process) as client:
            until(client, "status", lambda status: status["trk"] == 3)
        process.terminate()
        out, _ = process.communicate(timeout=30)
        assert len(out.splitlines()) == expected


def test_a_machine_with_nothing_to_wait_for_ends_if_it_is_to(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(WHEN), asks(WHEN)))
    process = start(directory, "--until-idle", out=subprocess.PIPE)
    out, err = process.communicate(timeout=30)
    assert len(out.splitlines()) == 2
    assert err.strip() == b"idle"
    with Stored(directory) as stored:
        assert stored.call("cogs")["cogs"][0]["state"] == "finished"


def test_two_hosts_cannot_run_one_machine(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(wait_until(1 << 40)))
    with running(directory):
        with pytest.raises(Held):
            Stored(directory)
        second = start(directory)
        _, err = second.communicate(timeout=30)
        assert second.returncode == 1
        assert b"running already" in err
    with Stored(directory):
        pass


def test_the_socket_is_for_its_owner_and_a_stale_one_is_replaced(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(wait_until(1 << 40)))
    assert directory.stat().st_mode & 0o777 == 0o700
    process = start(directory)
    wait_for(directory, process).close()
    assert (directory / home.SOCKET).stat().st_mode & 0o777 == 0o600
    process.kill()
    process.communicate()
    assert (directory / home.SOCKET).exists()
    with pytest.raises(NotRunning):
        Client(directory)
    with running(directory) as client:
        assert client.call("status")["state"] == "running"
    assert not (directory / home.SOCKET).exists()


def test_a_deep_directory_has_a_socket_too(tmp_path: Path) -> None:
    directory = tmp_path / ("d" * 100) / ("e" * 100) / "m"
    make(directory, counter(wait_until(1 << 40)))
    with running(directory) as client:
        assert client.greeting["pid"] == client.call("status")["pid"]


def test_a_listener_hears_every_entry_once_and_in_order(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(vm.row([word("time"), 1, word("when")])))
    with running(directory) as client:
        assert client.call("subscribe", topics=["trk", "cogs", "status"], from_=1)["next"] == 1
        heard: list[int] = []
        topics = set()
        for message in client.notifications(10):
            topics.add(message["method"])
            if message["method"] == "trk":
                heard += [entry["n"] for entry in message["params"]["entries"]]
            if len(heard) > 200 and len(topics) == 3:
                break
        assert heard == list(range(1, len(heard) + 1))


def test_a_listener_that_does_not_listen_holds_nothing_up(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter())
    with running(directory) as client, Client(directory) as deaf:
        deaf.call("subscribe", topics=["trk"], from_=1)
        event = client.call("status")["event"]
        until(client, "status", lambda status: status["event"] > event + 2000)
        started = time.monotonic()
        client.call("status")
        assert time.monotonic() - started < 1


def test_an_endless_cog_does_not_freeze_the_socket(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", endless())
    with running(directory) as client:
        slowest = 0.0
        for _ in range(20):
            started = time.monotonic()
            client.call("status")
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(0.01)
        assert slowest < 0.5


def test_an_evaluation_in_another_process_answers(tmp_path: Path) -> None:
    directory = make(
        tmp_path / "m",
        script(
            asks(evaluate(20, identity(), 42)),
            asks(evaluate(20, word("boom"), 7)),
            asks(evaluate(1, endless().head, 0, 0)),  # type: ignore[attr-defined]
            asks(wait_until(1 << 40)),
        ),
    )
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 4)
        texts = [entry["text"] for entry in client.call("trk", last=3)["entries"]]
    assert texts == ["[0=[42]]", "[0=[%boom 7]]", "[0=[]]"]


def test_calls_that_make_no_sense_are_answered_with_an_error(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", crasher())
    with running(directory) as client:
        for method, params in (
            ("dance", {}),
            ("inspect", {"cog": 99}),
            ("trk", {"from_": -1}),
            ("trk", {"last": "x"}),
            ("subscribe", {"topics": ["weather"]}),
            ("hello", {"protocol": 2}),
        ):
            with pytest.raises(CallFailed):
                client.call(method, **params)
        found = until(client, "cogs", lambda answer: answer["cogs"][0]["state"] == "crashed")
        assert "boom" in found["cogs"][0]["error"]  # type: ignore[index]
        for line in (b"\n", b"{\n", b"[]\n", b'{"id":1}\n', b'{"id":1,"method":"status"}\n', b"\xff\xfe\n"):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(str(directory / home.SOCKET))
                sock.sendall(line)
                assert "error" in json.loads(sock.makefile().readline())


async def test_the_asynchronous_client_does_the_same(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(vm.row([word("time"), 1, word("when")])))
    process = start(directory)
    wait_for(directory, process).close()
    client = await AsyncClient.connect(directory)
    assert (await client.call("status"))["state"] == "running"
    await client.call("subscribe", topics=["trk"], from_=1)
    message = await client.heard.get()
    assert message is not None
    assert message["params"]["entries"][0]["n"] == 1
    process.kill()
    process.communicate()
    while message is not None:
        message = await client.heard.get()
    with pytest.raises(NotRunning):
        await client.call("status")
    await client.close()


def test_stop_waits_until_the_host_is_gone(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter())
    process = start(directory)
    wait_for(directory, process).close()
    stop(directory)
    with Stored(directory) as stored:
        assert stored.call("status")["state"] == "stopped"
    assert process.wait(5) == 0
    with pytest.raises(NotRunning):
        stop(directory)


def test_a_machine_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    make(tmp_path / "m", counter())
    with pytest.raises(MachineError, match="already"):
        make(tmp_path / "m", counter())
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot make"):
        make(tmp_path / "file" / "m", counter())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "m"]
    with pytest.raises(MachineError, match="no such machine"):
        Stored(tmp_path / "other")


def test_a_full_disk_stops_the_machine_and_loses_nothing_that_was_shown(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter())
    output = tmp_path / "output"
    limit = (directory / home.STORE).stat().st_size + 300_000
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.machines.run_host", str(directory)],
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"writing" in err
    assert b"failed" in err
    assert len(err.splitlines()) == 1
    shown = [int(line.split()[0]) for line in output.read_text().splitlines()]
    assert shown == list(range(1, len(shown) + 1))
    with running(directory) as client:
        until(client, "status", lambda status: status["trk"] > len(shown) + 1)


def test_a_damaged_pin_is_a_clear_error(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter())
    path = directory / home.STORE
    data = path.read_bytes()
    place = data.index(b"counter")
    path.write_bytes(data[:place] + b"C" + data[place + 1 :])
    process = start(directory)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"damaged" in err
    assert len(err.splitlines()) == 1


def test_a_reader_that_goes_away_ends_the_foreground_run(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter())
    process = start(directory, out=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"1 ")
    process.stdout.close()
    process.wait(30)
    with Stored(directory) as stored:
        assert stored.call("status")["event"] > 1


def seed(value: object) -> str:
    return base64.b64encode(vm.save(value)).decode()


def test_a_person_pokes_replaces_restarts_and_drops_cogs(tmp_path: Path) -> None:
    listen = vm.row([word("poke"), 0, word("poke"), vm.row([word("a"), word("b")])])
    directory = make(tmp_path / "m", script(asks(listen), asks(listen), asks(listen)))
    with running(directory) as client:
        assert client.call("poke", cog=1, path=["a", "b"], seed=seed(42)) == {"event": 2}
        with pytest.raises(MachineError, match="does not listen on a"):
            client.call("poke", cog=1, path=["a"], seed=seed(42), seconds=0)
        for method, params in (("drop", {"cog": 9}), ("restart", {"cog": 1}), ("poke", {"cog": 1, "seed": "?"})):
            with pytest.raises(CallFailed):
                client.call(method, **params)
        program = cogs.program_of(crasher(listen))
        assert client.call("replace", cog=1, seed=seed(program)) == {"event": 3}
        client.call("poke", cog=1, path=["a", "b"], seed=seed(1))
        until(client, "cogs", lambda answer: answer["cogs"][0]["state"] == "crashed")
        assert client.call("restart", cog=1) == {"event": 5}
        assert client.call("cogs")["cogs"][0]["waits"] == ["%poke %poke [%a %b]"]
        assert client.call("drop", cog=1) == {"event": 6}
        assert client.call("cogs") == {"cogs": [], "next": None}
    with Stored(directory) as stored:
        assert stored.call("cogs") == {"cogs": [], "next": None}
    store = Store(directory, readonly=True)
    assert past.verify(store) == []
    store.close()


def test_a_stopped_machine_knows_which_event_each_cog_was_last_part_of(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(spin(identity()), spin(crasher())), asks(wait_until(1 << 40))))
    with running(directory) as client:
        found = until(client, "cogs", lambda answer: [cog["event"] for cog in answer["cogs"]] == [2, 2, 3])
    with Stored(directory) as stored:
        assert stored.call("cogs") == found
    with running(directory) as client:
        assert client.call("cogs") == found
