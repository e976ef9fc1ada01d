"""The words on the control socket: JSON-RPC 2.0, one message a line, UTF-8.

A client says hello first, with the number of the protocol it speaks. Times are nanoseconds since the epoch, seeds
Base64.

    hello {protocol, client}           -> {protocol, machine, version, pid, started}
    status {}                          -> {machine, dir, version, state, pid, started, event, durable, cogs, trk, rss}
    cogs {}                            -> {cogs: [{cog, state, waits, event, error}..]}
    inspect {cog}                      -> {cog, state, error, text}
    trk {from, to, last, cog}          -> {entries: [{n, event, cog, time, text}..], next}     at most 1000 entries
    events {from, to, last}            -> {entries: [{event, time, cog, summary}..], next}     at most 1000 entries
    subscribe {topics, from}           -> {next}
    restart {cog}, drop {cog}          -> {event}        these four answer when the event is on disk
    replace {cog, seed}                -> {event}
    poke {cog, path, seed, seconds}    -> {event}
    stop {}                            -> {seconds}      and it begins to stop: steps under way have so long to end

What reads the store is in machines.remote. After `subscribe` the machine sends notifications, at most RATE a
second: `trk {entries}`, `gap {from, to}` (entries that the listener was too slow for), `cogs {cogs}` (those that
changed; the state of one that is no more is "gone"), `status {..}`. Whoever said hello is sent `notice {text}`: what
holds up a stop.
"""

from typing import Any

import msgspec

PROTOCOL = 1
LINE_LIMIT = 1 << 28
"""The longest line that a machine reads, in bytes. A client has to be ready for longer ones."""

RATE = 30

NOT_JSON = -32700
NOT_A_REQUEST = -32600
NO_SUCH_METHOD = -32601
BAD_PARAMS = -32602
FAILED = -32000
WRONG_PROTOCOL = -32001
HELLO_FIRST = -32002

Message = dict[str, Any]


class CallError(Exception):
    """The answer to a call that cannot be fulfilled."""

    def __init__(self, code: int, message: str, hint: str = "", exit_status: int = 1) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.exit_status = exit_status


def line(message: Message) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def call(id: int, method: str, params: Message) -> bytes:
    return line({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


def notification(method: str, params: Message) -> bytes:
    return line({"jsonrpc": "2.0", "method": method, "params": params})


def result(id: object, value: Message) -> bytes:
    return line({"jsonrpc": "2.0", "id": id, "result": value})


def failure(id: object, error: CallError) -> bytes:
    data = {"hint": error.hint, "exit_status": error.exit_status}
    return line({"jsonrpc": "2.0", "id": id, "error": {"code": error.code, "message": error.message, "data": data}})


def parse(data: bytes) -> Message:
    """Raises CallError if the line is no JSON object."""
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CallError(NOT_JSON, "that is no JSON object") from None
