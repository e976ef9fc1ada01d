"""%http: a cog's site answers visitors, a cog hears them, and fetches from elsewhere."""

import asyncio
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vm
from machines.client import Client
from machines.web import Reply, read_request, send_reply
from tests.machines.programs import asks, const, law, script, wait_until, word
from tests.machines.test_host import make, running, until

FOREVER = wait_until(1 << 40)


def http(verb: str, *xs: object) -> vm.Value:
    return vm.row([word("http"), 0, word(verb), *xs])


def bar(text: str) -> vm.Value:
    return vm.bar(text.encode())


def header(name: str, content: str) -> vm.Value:
    return vm.row([bar(name), bar(content)])


NOTHING = http("serv", law("nothing", 1, const(0)))


def address(client: Client) -> str:
    found = until(client, "cogs", lambda answer: "visitors at" in answer["cogs"][0]["waits"][-1])
    return str(found["cogs"][0]["waits"][-1].removeprefix("visitors at "))  # type: ignore[index]


def visit(url: str, data: bytes | None = None) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(url, data, timeout=20) as answer:
            return answer.status, answer.headers["x-from"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["x-from"], error.read()


def test_a_static_site_answers_at_once_and_keeps_its_address(tmp_path: Path) -> None:
    page = vm.app(0, vm.row([200, bar("fine"), vm.row([header("x-from", "cog")]), bar("<h1>hello</h1>")]))
    directory = make(tmp_path / "m", script(asks(http("serv", law("page", 1, const(page))), FOREVER)))
    urls = []
    for _ in range(2):
        with running(directory) as client:
            urls.append(address(client))
            assert visit(urls[-1] + "any/thing") == (200, "cog", b"<h1>hello</h1>")
            assert client.call("status")["event"] == 1
    assert urls[0] == urls[1]


def test_a_site_that_crashes_or_answers_nonsense_is_a_500(tmp_path: Path) -> None:
    for number, f in enumerate((word("boom"), law("five", 1, const(5)))):
        with running(make(tmp_path / str(number), script(asks(http("serv", f), FOREVER)))) as client:
            assert visit(address(client))[0] == 500


def test_what_the_site_leaves_is_heard_and_answered_when_that_is_on_disk(tmp_path: Path) -> None:
    reply = http("echo", 1, 201, bar("made"), vm.row([header("x-from", "echo")]), vm.pin(bar("thanks")))
    directory = make(
        tmp_path / "m",
        script(asks(NOTHING, http("hear")), asks(NOTHING, http("hold", 1), reply), asks(NOTHING, FOREVER)),
    )
    with running(directory) as client:
        assert visit(address(client) + "a?b=c", b"body")[::2] == (201, b"thanks")
        until(client, "status", lambda status: status["durable"] >= 3)
        texts = [entry["text"] for entry in client.call("trk", from_=1)["entries"]]
    assert "/a?b=c" in texts[0]
    assert "POST" in texts[0]


def test_a_hold_ends_when_the_visitor_goes_away(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(NOTHING, http("hear")), asks(NOTHING, http("hold", 1)), asks(FOREVER)))
    with running(directory) as client:
        url = address(client)
        with pytest.raises(OSError, match="timed out"):
            urllib.request.urlopen(url, timeout=1.5)
        until(client, "status", lambda status: status["durable"] == 3)


def test_a_machine_stops_while_a_visitor_waits(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(NOTHING, http("hear")), asks(NOTHING, FOREVER)))
    with running(directory) as client:
        url = address(client)

        def wait() -> None:
            with pytest.raises(OSError, match=r"closed|reset|refused"):
                urllib.request.urlopen(url, timeout=20)

        visitor = threading.Thread(target=wait)
        visitor.start()
        until(client, "status", lambda status: status["durable"] == 2)
    visitor.join()


def test_malformed_requests_are_answered_with_0(tmp_path: Path) -> None:
    bad = [http("echo", 1, 2), http("hold", 7), http("req", 1, 2, 3, 4, 5, 6), http("dance")]
    directory = make(tmp_path / "m", script(asks(*bad), asks(FOREVER)))
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] >= 2)
        assert client.call("trk", from_=1)["entries"][0]["text"] == "[0=0 1=0 2=0 3=0]"


class Elsewhere(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["x-mine"].encode() + b" " + body)

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(2)
        self.send_response(302)
        self.send_header("location", "/again")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def elsewhere() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_cog_fetches_and_hears_what_went_wrong(tmp_path: Path) -> None:
    with elsewhere() as there:

        def req(method: str, url: str, redirects: int = 3, microseconds: int = 0) -> vm.Value:
            mine = vm.row([header("x-mine", "from a cog")])
            body = bar("data" if method == "POST" else "")
            return http("req", bar(method), bar(url), mine, body, redirects, microseconds)

        directory = make(
            tmp_path / "m",
            script(
                asks(req("POST", there)),
                asks(req("GET", there, 0)),
                asks(req("GET", there, 2)),
                asks(req("GET", there + "/slow", 0, 200_000)),
                asks(req("GET", "gopher://x/")),
                asks(req("GET", "http://127.0.0.1:1/")),
                asks(FOREVER),
            ),
        )
        with running(directory) as client:
            until(client, "status", lambda status: status["durable"] == 7)
            texts = [entry["text"] for entry in client.call("trk", from_=1)["entries"]]
    body = vm.hash_text(vm.pin(bar("from a cog data")).hash)[:8]
    expected = (body, "302", "TOO_MANY_REDIRECTS", "RESPONSE_TIMEOUT", "INVALID_URL", "CONNECTION_FAILURE")
    for text, part in zip(texts, expected, strict=True):
        assert part in text


@given(st.binary(max_size=300), st.booleans())
def test_bytes_from_strangers_are_refused_or_read_but_never_raise(data: bytes, whole: bool) -> None:
    async def serve() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data((b"GET / HTTP/1.1\r\nhost: x\r\n" if whole else b"") + data)
        reader.feed_eof()
        transport = FakeTransport()
        writer = asyncio.StreamWriter(transport, FakeProtocol(), reader, asyncio.get_running_loop())  # type: ignore[arg-type]
        connection = h11.Connection(h11.SERVER)
        try:
            found = await read_request(connection, reader, writer)
        except EOFError:
            return
        if found is not None:
            await send_reply(connection, writer, found[0].method, Reply(200, b"x\r\ny", [(b"a\n", b"b")], b"body"))
            assert b"500" in transport.written

    asyncio.run(serve())


class FakeTransport:
    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass


class FakeProtocol:
    async def _drain_helper(self) -> None:
        pass
