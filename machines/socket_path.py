"""Unix sockets whose path is too long for the kernel (a little over 100 bytes), and who is at the other end of one."""

import os
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machines import home

LONGEST = 100


@contextmanager
def short(directory: Path) -> Iterator[str]:
    """A path to the control socket in `directory`, short enough to bind or connect to while the context lasts."""
    path = str(directory / home.SOCKET)
    if len(os.fsencode(path)) <= LONGEST:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="opsh-") as temporary:
        link = os.path.join(temporary, "m")
        os.symlink(directory, link)
        yield os.path.join(link, home.SOCKET)


def peer_uid(sock: socket.socket) -> int | None:
    """The user at the other end, None where the system does not tell."""
    if sys.platform == "linux":
        _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(uid)
    if sys.platform == "darwin":
        local_peercred = 1
        _, uid = struct.unpack_from("II", sock.getsockopt(0, local_peercred, 76))
        return int(uid)
    return None
