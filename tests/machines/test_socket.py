"""The control socket of a real host, and clients that do not behave."""

import asyncio
import base64
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import vm
from machines import connection, home, methods, protocol, reading, server
from machines.client import CallFailed, Client
from machines.errors import MachineError
from machines.stored import Stored
from tests.machines.programs import TRACE, WHEN, ap, asks, const, counter, law, script, spin, wait_until, word
from tests.machines.test_host import make, running, start, until, wait_for

HELLO = {"jsonrpc": "2.0", "id": 0, "method": "hello", "params": {"protocol": 1}}
FOR_EVER = wait_until(1 << 40)
LISTEN = vm.row([word("poke"), 0, word("poke"), vm.row([word("a")])])


class Raw:
    """A client that may say anything."""

    def __init__(self, directory: Path, hello: bool = True) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(directory / home.SOCKET))
        self.sock.settimeout(20)
        self.file = self.sock.makefile("rb")
        if hello:
            assert self.ask(HELLO)["result"]["protocol"] == 1

    def close(self) -> None:
        self.file.close()
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hear(self) -> Any:
        return json.loads(self.file.readline())

    def ask(self, *messages: Any) -> Any:
        """The answer to the last of some messages, each in a line of its own."""
        self.send(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        for _ in messages:
            answer = self.hear()
        return answer

    def is_hung_up_on(self) -> bool:
        with suppress(ConnectionError):
            while self.file.readline():
                pass
        return True


def call(method: str, id: object = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A machine that runs at full speed."""
    made = make(tmp_path_factory.mktemp("socket") / "m", counter())
    with running(made, "--quiet"):
        yield made


@contextmanager
def client(directory: Path, hello: bool = True) -> Iterator[Raw]:
    with closing(Raw(directory, hello)) as raw:
        yield raw


# JSON-RPC -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", [7, -1, 1.5, "seven", "", None, 10**30, "\u202e日"])
def test_an_answer_has_the_id_of_its_call(directory: Path, id: object) -> None:
    with client(directory) as raw:
        answer = raw.ask(call("status", id))
        assert (answer["jsonrpc"], answer["id"]) == ("2.0", id)
        assert raw.ask(call("dance", id))["id"] == id


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "status"', -32700),
        (b"\xff\xfe", -32700),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "st\xff"}', -32700),
        (b'{"id": "\\ud800"}', -32700),
        (b"[" * 100_000, -32700),
        (b'{"a":' * 100_000, -32700),
        (b"\0" * 1000, -32700),
        (b"7", -32600),
        (b'"status"', -32600),
        (b"{}", -32600),
        (b'{"id": 1, "method": "status"}', -32600),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "status"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 7}', -32600),
        (b'{"jsonrpc": "2.0", "id": [1], "method": "status"}', -32600),
        (b'{"jsonrpc": "2.0", "id": true, "method": "status"}', -32600),
        (b"[]", -32600),
        (b"[" + b",".join([b"{}"] * 101) + b"]", -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "dance"}', -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "status", "params": [1]}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "status", "params": null}', -32602),
    ],
)
def test_what_is_no_call_is_answered_with_its_error_and_the_next_call_as_ever(
    directory: Path, line: bytes, code: int
) -> None:
    with client(directory) as raw:
        raw.send(line + b"\n")
        assert raw.hear()["error"]["code"] == code
        assert raw.ask(call("status"))["result"]["state"] == "running"


@pytest.mark.parametrize(
    ("method", "params", "complaint"),
    [
        ("status", {"all": 1}, "status has no parameter all"),
        ("inspect", {}, "inspect needs cog, the number of a cog"),
        ("inspect", {"cog": "one"}, "cog is the number of a cog, not 'one'"),
        ("inspect", {"cog": 99}, "there is no cog 99"),
        ("inspect", {"cog": 1, "path": [77]}, "there is no cog 1 with a part 77"),
        ("trk", {"from": -1}, "from is a whole number, not -1"),
        ("trk", {"last": 1.5}, "last is a whole number, not 1.5"),
        ("trk", {"cog": True}, "cog is a whole number, not True"),
        ("subscribe", {"topics": ["weather"]}, "topics is a list of trk, events, cogs, status, not ['weather']"),
        ("subscribe", {"topics": "trk"}, "topics is a list of trk, events, cogs, status, not 'trk'"),
        ("poke", {"cog": 1, "path": [1], "seed": ""}, "path is a list of texts, not [1]"),
        ("replace", {"cog": 1, "seed": "?"}, "seed is the bytes of a seed in Base64, not '?'"),
    ],
)
def test_params_that_make_no_sense_are_told_apart(
    directory: Path, method: str, params: dict[str, Any], complaint: str
) -> None:
    with client(directory) as raw:
        error = raw.ask(call(method, **params))["error"]
        assert (error["code"], error["message"]) == (-32602, complaint)


def test_a_notification_is_obeyed_and_never_answered(directory: Path) -> None:
    with client(directory) as raw:
        for method in ("status", "dance", "inspect"):
            raw.send(json.dumps({"jsonrpc": "2.0", "method": method}).encode() + b"\n")
        assert raw.ask(call("status", "next"))["id"] == "next"


def test_a_batch_is_answered_in_one_line(directory: Path) -> None:
    with client(directory) as raw:
        silent = {"jsonrpc": "2.0", "method": "status"}
        raw.send(json.dumps([call("status", 1), silent, call("dance", 2), 7]).encode() + b"\n")
        assert [answer["id"] for answer in raw.hear()] == [1, 2, None]
        raw.send(json.dumps([silent, silent]).encode() + b"\n")
        assert raw.ask(call("status", "next"))["id"] == "next"


def test_calls_sent_ahead_are_answered_in_their_order(directory: Path) -> None:
    with client(directory) as raw:
        lines = b"".join(json.dumps(call("status", number)).encode() + b"\n" for number in range(300))
        sender = threading.Thread(target=raw.send, args=(lines,))
        sender.start()
        assert [raw.hear()["id"] for _ in range(300)] == list(range(300))
        sender.join()


def test_after_the_end_of_its_input_a_client_gets_its_answers(directory: Path) -> None:
    with client(directory) as raw:
        raw.send(json.dumps(call("status", 1)).encode() + b"\n" + json.dumps(call("status", 2)).encode())
        raw.sock.shutdown(socket.SHUT_WR)
        assert [raw.hear()["id"], raw.hear()["id"]] == [1, 2]
        assert raw.is_hung_up_on()


def test_every_method_checks_what_it_is_given(directory: Path) -> None:
    with client(directory) as raw:
        for method in methods.METHODS:
            assert raw.ask(call(method, nonsense=1))["error"]["code"] == -32602, method


# Versions and peers ---------------------------------------------------------------------------------------------------


def test_versions_are_negotiated(directory: Path) -> None:
    with client(directory, hello=False) as raw:
        assert raw.ask(call("status"))["error"]["code"] == protocol.HELLO_FIRST
        old = raw.ask(call("hello", protocol=0))["error"]
        assert (old["code"], old["message"]) == (
            protocol.WRONG_PROTOCOL,
            "this machine speaks protocol 1, and the client only the older 0",
        )
        new = raw.ask(call("hello", protocol=[2, 3], colour="green"))["error"]
        assert new["message"] == "this machine speaks protocol 1, and the client protocol 2, 3"
        assert new["data"]["hint"] == "stop the machine and start it with the newer opsh"
        assert raw.ask(call("hello", protocol=[]))["error"]["code"] == protocol.WRONG_PROTOCOL
        assert raw.ask(call("hello", protocol="new"))["error"]["code"] == -32602
        assert raw.ask(call("hello"))["error"]["code"] == -32602
        assert raw.ask(call("hello", protocol=[1, 2], colour="green"))["result"]["protocol"] == 1
        assert raw.ask(call("status"))["result"]["state"] == "running"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_user_is_hung_up_on(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(FOR_EVER))
    code = (
        "import os, socket, sys; sock = socket.socket(socket.AF_UNIX); os.chdir(sys.argv[1])\n"
        "os.setgid(65534); os.setuid(int(sys.argv[2])); sock.connect('control.sock')\n"
        "sock.sendall(sys.argv[3].encode()); sys.stdout.buffer.write(sock.recv(1 << 16))"
    )
    with running(directory):
        directory.chmod(0o755)
        (directory / home.SOCKET).chmod(0o666)
        said = {}
        for uid in (0, 65534):
            command = [sys.executable, "-c", code, str(directory), str(uid), json.dumps(HELLO) + "\n"]
            said[uid] = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    assert b'"result"' in said[0]
    assert said[65534] == b""


# Pages and streams ----------------------------------------------------------------------------------------------------


def test_what_is_large_comes_in_pages(tmp_path: Path) -> None:
    long_one = vm.row(list(range(1 << 17, (1 << 17) + 3000)))
    many = asks(*[spin(script(asks(FOR_EVER))) for _ in range(reading.PAGE + 50)])
    shows = law("shows", 1, ap(const(TRACE), const(long_one), const(0)))
    show = [vm.row([word("eval"), 20, shows, 0]) for _ in range(12)]
    directory = make(tmp_path / "m", script(many, asks(*show), asks(*[FOR_EVER] * 5000)))
    with running(directory) as client:
        until(client, "cogs", lambda answer: "and 4,980 more" in answer["cogs"][0]["waits"])
        answers = ask_in_pages(client)
    with Stored(directory) as stored:
        assert ask_in_pages(stored) == answers


def ask_in_pages(machine: Client | Stored) -> list[object]:
    first = machine.call("cogs")
    assert (len(first["cogs"]), first["next"]) == (reading.PAGE, reading.PAGE + 1)
    rest = machine.call("cogs", from_=first["next"])
    assert ([cog["cog"] for cog in rest["cogs"]], rest["next"]) == ([*range(1001, 1052)], None)
    slots: list[int] = []
    at: int | None = 0
    while at is not None:
        answer = machine.call("requests", cog=1, from_=at)
        assert len(answer["requests"]) <= reading.PAGE
        slots += [request["slot"] for request in answer["requests"]]
        at = answer["next"]
    assert slots == list(range(5000))
    whole = machine.call("inspect", cog=1)
    parts = machine.call("inspect", cog=1, from_=0)
    assert len(parts["entries"]) == whole["parts"]
    requests = whole["parts"] - 1
    inside = machine.call("inspect", cog=1, path=[requests], from_=0)
    assert (inside["parts"], inside["entries"][0]["text"]) == (5000, "[%time 0 %wait 1099511627776]")
    assert machine.call("inspect", cog=1, path=[requests], from_=inside["next"])["entries"][0]["n"] == inside["next"]
    assert machine.call("inspect", cog=1, path=[requests, 4999, 2])["text"] == "%wait"
    return [first, rest, whole, parts, inside, machine.call("trk"), machine.call("events", last=3)]


def test_a_page_of_long_texts_is_short_and_tells_where_to_go_on(tmp_path: Path) -> None:
    long_one = vm.row(list(range(1 << 17, (1 << 17) + 3000)))
    shows_once = vm.app(law("once", 2, ap(const(TRACE), const(long_one), const(0))), asks(WHEN))
    directory = make(tmp_path / "m", script(asks(*[spin(shows_once)] * 40), asks(FOR_EVER)))
    with running(directory, "--quiet") as client:
        until(client, "status", lambda status: status["trk"] >= 40)
        answer = client.call("trk", from_=1, to=40)
        assert 1 < len(answer["entries"]) < 30
        assert answer["next"] == answer["entries"][-1]["n"] + 1
        assert sum(len(entry["text"]) for entry in answer["entries"]) < 2 * reading.PAGE_TEXT
        latest = client.call("trk", to=40, last=39)
        assert (latest["entries"][-1]["n"], latest["next"]) == (39, 40)
        assert latest["first"] == latest["entries"][0]["n"] > 1


def test_events_are_pushed_and_a_gap_says_of_what(directory: Path) -> None:
    with Client(directory) as client:
        until(client, "status", lambda status: status["event"] > 2 * server.FAR_BEHIND)
        assert client.call("subscribe", topics=["events"], from_event=1)["next_event"] == 1
        messages = client.notifications(10)
        gap = next(messages)
        assert (gap["method"], gap["params"]["topic"], gap["params"]["from"]) == ("gap", "events", 1)
        heard: list[int] = []
        for message in messages:
            assert message["method"] == "events"
            heard += [entry["event"] for entry in message["params"]["entries"]]
            if len(heard) > 500:
                break
        assert heard == list(range(gap["params"]["to"], gap["params"]["to"] + len(heard)))
        assert client.call("subscribe", topics=[])["next"] > 0


def test_a_poke_whose_sender_is_gone_is_taken_back(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(wait_until(int(time.time()) + 3)), asks(LISTEN), asks(FOR_EVER)))
    seed = base64.b64encode(vm.save(666)).decode()
    with running(directory) as client:
        gone = Raw(directory)
        gone.send(json.dumps(call("poke", cog=1, path=["a"], seed=seed)).encode() + b"\n")
        gone.close()
        until(client, "cogs", lambda answer: answer["cogs"][0]["waits"] == ["%poke %poke [%a]"])
        time.sleep(0.2)
        assert client.call("poke", cog=1, path=["a"], seed=base64.b64encode(vm.save(42)).decode())["event"] == 3
        assert client.call("trk", last=1)["entries"][0]["text"] == "[0=42]"


# Clients that do not behave -------------------------------------------------------------------------------------------


def huge_line(directory: Path) -> None:
    with client(directory) as raw, suppress(ConnectionError):
        for _ in range(protocol.LINE_LIMIT // (1 << 20) + 2):
            raw.send(b"x" * (1 << 20))


def garbage(directory: Path) -> None:
    for _ in range(20):
        with client(directory, hello=False) as raw, suppress(ConnectionError):
            raw.send(os.urandom(1 << 16))


def deaf_and_greedy(directory: Path) -> None:
    with client(directory) as raw, suppress(ConnectionError, TimeoutError):
        raw.sock.settimeout(1)
        raw.send(json.dumps(call("subscribe", topics=["trk", "events", "cogs", "status"], **{"from": 1})).encode())
        raw.send(b"\n" + (json.dumps(call("trk")).encode() + b"\n") * 10_000)


def half_a_line(directory: Path) -> None:
    with client(directory) as raw:
        raw.send(b'{"jsonrpc": "2.0", ')
        time.sleep(1)


def never_ending_batches(directory: Path) -> None:
    with client(directory) as raw, suppress(ConnectionError, TimeoutError):
        raw.sock.settimeout(1)
        raw.send((json.dumps([call("cogs")] * 100).encode() + b"\n") * 100)


BAD = [huge_line, garbage, deaf_and_greedy, half_a_line, never_ending_batches]


@pytest.mark.parametrize("misbehave", BAD, ids=[bad.__name__ for bad in BAD])
def test_nobody_else_notices_a_client_that_misbehaves(directory: Path, misbehave: Any) -> None:
    with Client(directory) as good:
        good.call("subscribe", topics=["status"])
        before = good.call("status")
        bad = threading.Thread(target=misbehave, args=(directory,))
        bad.start()
        slowest, asked = 0.0, 0
        while bad.is_alive() or asked < 20:
            began = time.monotonic()
            after = good.call("status")
            slowest = max(slowest, time.monotonic() - began)
            asked += 1
            good.heard.clear()
            time.sleep(0.01)
        bad.join()
        assert slowest < 1.0
        assert after["event"] > before["event"]
        assert after["rss"] < before["rss"] + 3 * protocol.LINE_LIMIT


def test_a_newcomer_gets_in_however_many_connections_a_process_opens(directory: Path) -> None:
    code = (
        "import socket, sys\n"
        "socks = [socket.socket(socket.AF_UNIX) for _ in range(1000)]\n"
        "[sock.connect(sys.argv[1]) for sock in socks]\n"
        "print(len(socks), flush=True); sys.stdin.read()"
    )
    with Client(directory) as old:
        event = old.call("status")["event"]
        crowd = subprocess.Popen(
            [sys.executable, "-c", code, str(directory / home.SOCKET)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            assert crowd.stdout is not None
            assert crowd.stdout.readline() == b"1000\n"
            with Client(directory) as new:
                assert new.call("status")["state"] == "running"
            assert old.call("status")["event"] > event
        finally:
            crowd.communicate()


def test_a_client_that_keeps_the_machine_waiting_is_hung_up_on(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter())
    process = start(directory, "--impatient")
    try:
        wait_for(directory, process).close()
        with client(directory, hello=False) as silent, client(directory) as idle, client(directory) as half:
            half.send(b'{"jsonrpc": ')
            assert b"no hello within" in silent.file.readline()
            assert silent.is_hung_up_on()
            assert b"begun and not ended" in half.file.readline()
            assert half.is_hung_up_on()
            assert idle.ask(call("status"))["result"]["state"] == "running"
        with client(directory) as deaf, client(directory) as good:
            deaf.send((json.dumps(call("trk", last=1000)).encode() + b"\n") * 500)
            ends = select.poll()
            ends.register(deaf.sock.fileno(), 0)
            assert ends.poll(20_000), "it is still connected"
            assert good.ask(call("status"))["result"]["state"] == "running"
    finally:
        process.terminate()
        process.communicate(timeout=30)


async def test_a_client_that_reads_slowly_but_reads_stays() -> None:
    ours, theirs = socket.socketpair()
    gone = asyncio.Event()

    class Owner:
        def opened(self, client: connection.Connection) -> bool:
            return True

        def closed(self, client: connection.Connection) -> None:
            gone.set()

        def drained(self) -> None:
            pass

        async def answer(self, client: connection.Connection, line: bytes) -> bytes | None:
            return None

    patience, connection.PATIENCE = connection.PATIENCE, 0.1
    try:
        loop = asyncio.get_running_loop()
        theirs.setblocking(False)
        _, made = await loop.create_connection(lambda: connection.Connection(Owner()), sock=ours)
        made.greeted = True
        made.send(b"x" * (4 * connection.FULL))
        assert made.full
        heard = 0
        while heard < 4 * connection.FULL:
            heard += len(await loop.sock_recv(theirs, 1 << 18))
            await asyncio.sleep(0.02)
        assert not made.full
        assert not gone.is_set()
        made.send(b"x" * (4 * connection.FULL))
        await asyncio.wait_for(gone.wait(), 5)
    finally:
        connection.PATIENCE = patience
        theirs.close()


def test_a_stopped_machine_says_no_as_a_running_one_does(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(FOR_EVER))
    questions: list[tuple[str, dict[str, Any]]] = [
        ("inspect", {"cog": 9}),
        ("requests", {"cog": 9}),
        ("trk", {"from_": "x"}),
        ("dance", {}),
    ]

    def refusals(machine: Client | Stored) -> list[str]:
        said = []
        for method, params in questions:
            with pytest.raises(MachineError) as caught:
                machine.call(method, **params)
            said.append(caught.value.message)
        return said

    with running(directory) as client:
        live = refusals(client)
        with pytest.raises(CallFailed):
            client.call("dance")
    with Stored(directory) as stored:
        assert refusals(stored) == live
        with pytest.raises(MachineError, match="it is not running"):
            stored.call("restart", cog=1)
