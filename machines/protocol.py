"""The words on the control socket: JSON-RPC 2.0, one message a line, UTF-8.

A client says `hello` first, with the number of the protocol it speaks. Then it calls `status`, `cogs`, `trk`,
`events`, `inspect`, `subscribe`, `restart`, `drop`, `replace`, `poke`, `stop`, or what reads the store
(machines.remote); after `subscribe` the machine sends notifications `trk`, `gap`, `cogs`, `status`, in batches, at
most RATE a second.
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
