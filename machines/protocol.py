"""The words on the control socket: JSON-RPC 2.0, one message a line, UTF-8. opsh-protocol(7) describes all of it."""

from typing import Any

import msgspec

from machines.errors import FAILED, MachineError

PROTOCOL = 1
SPOKEN = frozenset({PROTOCOL})
"""The numbers of the protocols that a machine speaks."""

LINE_LIMIT = 1 << 26
"""The longest line that a machine reads, in bytes. A client has to be ready for longer ones."""

BATCH_LIMIT = 100
"""Calls in one batch."""

RATE = 30
"""Notifications of one kind a second, at most."""

NOT_JSON = -32700
NOT_A_REQUEST = -32600
NO_SUCH_METHOD = -32601
BAD_PARAMS = -32602
INTERNAL = -32603
NOT_DONE = -32000
WRONG_PROTOCOL = -32001
HELLO_FIRST = -32002

Message = dict[str, Any]


class CallError(MachineError):
    """The answer to a call that cannot be fulfilled; `code` is JSON-RPC's."""

    def __init__(self, code: int, message: str, hint: str = "", exit_status: int = FAILED) -> None:
        super().__init__(message, hint, exit_status)
        self.code = code


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


def batch(answers: list[bytes]) -> bytes:
    return b"[" + b",".join(answer[:-1] for answer in answers) + b"]\n"


def decode(data: bytes) -> object:
    """What a line says. Raises CallError if it is not JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CallError(NOT_JSON, f"that line is not JSON: {error}") from None
    except RecursionError:
        raise CallError(NOT_JSON, "that line is not JSON that can be read: it is too deep") from None


def parse(data: bytes) -> Message:
    """One message, for a client. Raises CallError if the line is no JSON object."""
    message = decode(data)
    if not isinstance(message, dict):
        raise CallError(NOT_JSON, "that line is no JSON object")
    return message
