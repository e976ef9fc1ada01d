"""Talking to a running machine over its control socket. Where there is an event loop: machines.async_client."""

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from machines import home, protocol, socket_path
from machines.errors import FAILED, TIMED_OUT, UNREACHABLE, MachineError
from machines.lock import Held, Lock
from machines.protocol import Message

CLIENT = "opsh 0.1.0"


class NotRunning(MachineError):
    """Nobody answers at the control socket."""


class CallFailed(MachineError):
    """The machine answered a call with an error; `code` is JSON-RPC's."""

    def __init__(self, name: str, error: Message) -> None:
        data = error.get("data") or {}
        super().__init__(f"{name}: {error.get('message')}", str(data.get("hint", "")), data.get("exit_status", FAILED))
        self.code = error.get("code")


def not_running(directory: Path) -> NotRunning:
    home.require(directory)
    name = home.name_of(directory)
    return NotRunning(f"{name}: it is not running", f"opsh start {name} starts it", UNREACHABLE)


def lost(directory: Path) -> NotRunning:
    return NotRunning(
        f"{home.name_of(directory)}: the connection to it is lost", "opsh ps tells if it runs", UNREACHABLE
    )


def slow(directory: Path, method: str) -> MachineError:
    return MachineError(
        f"{home.name_of(directory)}: no answer to {method} in time", "it may be busy; try again", TIMED_OUT
    )


class Client:
    """A connection to a running machine.

    Raises NotRunning if there is none, CallFailed if it says no, and MachineError with status 4 if it does not answer
    within `timeout` seconds.
    """

    def __init__(self, directory: Path, timeout: float = 10.0) -> None:
        self.directory = directory
        self.timeout = timeout
        self.buffer = bytearray()
        self.scanned = 0
        self.heard: deque[Message] = deque()
        self.last_id = 0
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with socket_path.short(directory) as path:
                self.sock.connect(path)
        except OSError:
            self.sock.close()
            raise not_running(directory) from None
        try:
            self.greeting = self.call("hello", protocol=protocol.PROTOCOL, client=CLIENT)
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def call(self, method: str, **params: Any) -> Any:
        """The result of a call. `from_` stands for the parameter `from`."""
        self.last_id += 1
        try:
            self.sock.sendall(protocol.call(self.last_id, method, plain(params)))
        except OSError:
            raise lost(self.directory) from None
        deadline = time.monotonic() + self.timeout
        while True:
            message = self.receive(deadline - time.monotonic())
            if message is None:
                raise slow(self.directory, method)
            if "method" in message:
                self.heard.append(message)
            elif message.get("id") == self.last_id:
                if "error" in message:
                    raise CallFailed(home.name_of(self.directory), message["error"])
                return message.get("result")

    def notifications(self, timeout: float | None = None) -> Iterator[Message]:
        """Notifications ({method, params}) as they come.

        Ends after `timeout` seconds without one; raises NotRunning when the machine goes away.
        """
        while True:
            message = self.heard.popleft() if self.heard else self.receive(timeout)
            if message is None:
                return
            yield message

    def receive(self, timeout: float | None) -> Message | None:
        """The next message, None if there is none within `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            end = self.buffer.find(b"\n", self.scanned)
            if end >= 0:
                line = bytes(self.buffer[: end + 1])
                del self.buffer[: end + 1]
                self.scanned = 0
                return protocol.parse(line)
            self.scanned = len(self.buffer)
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self.sock], [], [], left)[0]:
                return None
            try:
                data = self.sock.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                raise lost(self.directory)
            self.buffer += data


def plain(params: dict[str, Any]) -> Message:
    return {name.rstrip("_"): value for name, value in params.items() if value is not None}


def stop(directory: Path, timeout: float = 30.0, say: Callable[[str], None] = lambda text: None) -> None:
    """Stop a running machine and wait until its host is gone; `say` is told what holds it up.

    Raises NotRunning, or MachineError with status 4 if it takes `timeout` seconds more than the machine's settings
    allow.
    """
    with Client(directory) as client:
        timeout += client.call("stop").get("seconds", 0)
        deadline = time.monotonic() + timeout
        with contextlib.suppress(NotRunning):
            for message in client.notifications(timeout):
                if message["method"] == "notice":
                    say(message["params"]["text"])
    while True:
        try:
            Lock(directory, shared=True, patience=0.0).release()
            return
        except Held:
            if time.monotonic() > deadline:
                name = home.name_of(directory)
                raise MachineError(
                    f"{name}: still stopping after {timeout:.0f} s",
                    "it may be writing much; kill -9 ends it, and what is on disk is whole at any moment",
                    TIMED_OUT,
                ) from None
            time.sleep(0.01)
