"""HTTP/1.1 between asyncio's streams and h11: reading requests and sending replies, and fetching from elsewhere."""

import asyncio
import ssl
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import h11

BODY_LIMIT = 64 << 20
IDLE = 60.0
"""Seconds that a connection may say nothing between two requests."""

PIECE = 1 << 16
REDIRECTS = {301, 302, 303, 307, 308}

Headers = list[tuple[bytes, bytes]]


class Reply(NamedTuple):
    code: int
    reason: bytes
    headers: Headers
    body: bytes


Failure = str | tuple[str, bytes]
"""What went wrong: a word, perhaps with what it is about."""


async def next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event | type[h11.PAUSED]:
    """The next event, read as far as that needs. Raises OSError, EOFError, h11.RemoteProtocolError."""
    while True:
        event = connection.next_event()
        if event is not h11.NEED_DATA:
            return event  # type: ignore[return-value]
        connection.receive_data(await reader.read(PIECE))


async def read_request(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[h11.Request, bytes] | None:
    """The next request with its body, None if there is none. A bad one is answered here."""
    try:
        async with asyncio.timeout(IDLE):
            event = await next_event(connection, reader)
        if not isinstance(event, h11.Request):
            return None
        if connection.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            writer.write(connection.send(go_on) or b"")
        body = await read_body(connection, reader)
    except TimeoutError:
        return None
    except h11.RemoteProtocolError as error:
        await refuse(connection, writer, error.error_status_hint, b"Bad Request")
        return None
    if body is None:
        await refuse(connection, writer, 413, b"Content Too Large")
        return None
    return event, body


async def read_body(connection: h11.Connection, reader: asyncio.StreamReader) -> bytes | None:
    """The rest of a message, None if it is longer than BODY_LIMIT."""
    body = bytearray()
    while isinstance(event := await next_event(connection, reader), h11.Data):
        body += event.data
        if len(body) > BODY_LIMIT:
            return None
    if not isinstance(event, h11.EndOfMessage):
        raise EOFError
    return bytes(body)


async def refuse(connection: h11.Connection, writer: asyncio.StreamWriter, code: int, reason: bytes) -> None:
    if connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
        await send_reply(connection, writer, b"GET", Reply(code, reason, [(b"connection", b"close")], b""))


async def send_reply(connection: h11.Connection, writer: asyncio.StreamWriter, method: bytes, reply: Reply) -> None:
    """Send a reply. One that HTTP does not allow is answered with 500 instead."""
    framing = {b"content-length", b"transfer-encoding"}
    headers = [(name, content) for name, content in reply.headers if name.lower() not in framing]
    body = b"" if method == b"HEAD" or reply.code in (204, 304) else reply.body
    if reply.code != 204:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    try:
        head = h11.Response(status_code=reply.code, headers=headers, reason=reply.reason)
        reply.reason.decode("ascii")
        if b"\n" in reply.reason or b"\r" in reply.reason:
            raise h11.LocalProtocolError("a reason of more than a line")
    except (h11.LocalProtocolError, UnicodeDecodeError):
        body = b"Bad response"
        head = h11.Response(
            status_code=500, headers=[("content-length", str(len(body)))], reason=b"Internal Server Error"
        )
    writer.write(connection.send(head) or b"")
    if body:
        writer.write(connection.send(h11.Data(data=body)) or b"")
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()


async def fetch(
    method: bytes, url: bytes, headers: Headers, body: bytes, redirects: int, seconds: float
) -> Reply | Failure:
    """What a URL answers, within so many seconds (0: no limit), after at most so many redirects.

    With no redirects allowed, a redirect is the answer.
    """
    at = url.decode("latin-1")
    left = redirects
    try:
        async with asyncio.timeout(seconds if 0 < seconds < 1e9 else None):
            while True:
                parts = urlsplit(at)
                if parts.scheme not in ("http", "https") or not parts.hostname:
                    return "INVALID_URL", at.encode("latin-1")
                reply = await fetch_once(method, parts.scheme, parts.hostname, parts.port, at, headers, body)
                place = next((content for name, content in reply.headers if name.lower() == b"location"), None)
                if reply.code not in REDIRECTS or place is None or redirects == 0:
                    return reply
                if left == 0:
                    return "TOO_MANY_REDIRECTS"
                left -= 1
                at = urljoin(at, place.decode("latin-1"))
                if reply.code == 303 or (reply.code in (301, 302) and method == b"POST"):
                    method, body = b"GET", b""
    except TimeoutError:
        return "RESPONSE_TIMEOUT"
    except h11.LocalProtocolError as error:
        return "INVALID_REQUEST_HEADER", str(error).encode()
    except h11.RemoteProtocolError as error:
        return "INVALID_STATUS_LINE", str(error).encode()
    except EOFError:
        return "NO_RESPONSE_DATA"
    except ValueError:
        return "INVALID_URL", at.encode("latin-1", "replace")
    except OSError:
        return "CONNECTION_FAILURE"


async def fetch_once(
    method: bytes, scheme: str, host: str, port: int | None, url: str, headers: Headers, body: bytes
) -> Reply:
    """One request on a connection of its own. Raises OSError, EOFError, h11.ProtocolError, ValueError."""
    secure = ssl.create_default_context() if scheme == "https" else None
    default = 443 if secure else 80
    reader, writer = await asyncio.open_connection(host, port or default, ssl=secure)
    try:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        names = {name.lower() for name, _ in headers}
        lines = list(headers)
        if b"host" not in names:
            lines.insert(0, (b"host", (host if port in (None, default) else f"{host}:{port}").encode("idna")))
        if b"content-length" not in names and (body or method in (b"POST", b"PUT")):
            lines.append((b"content-length", str(len(body)).encode()))
        lines = [line for line in lines if line[0].lower() != b"connection"] + [(b"connection", b"close")]
        connection = h11.Connection(h11.CLIENT)
        asked = h11.Request(method=method, target=target.encode("ascii", "strict"), headers=lines)
        writer.write(connection.send(asked) or b"")
        if body:
            writer.write(connection.send(h11.Data(data=body)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        while isinstance(head := await next_event(connection, reader), h11.InformationalResponse):
            pass
        if not isinstance(head, h11.Response):
            raise EOFError
        data = await read_body(connection, reader)
        if data is None:
            raise h11.RemoteProtocolError("the answer is too long")
        return Reply(head.status_code, bytes(head.reason), list(head.headers.raw_items()), data)
    finally:
        writer.close()
