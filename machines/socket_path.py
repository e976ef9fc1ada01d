"""Unix sockets whose path is too long for the kernel (a little over 100 bytes), and who is at the other end of one."""

import os
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

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


class Peer(NamedTuple):
    """Who is at the other end, None where the system does not tell."""

    uid: int | None
    pid: int | None


def peer(sock: socket.socket) -> Peer:
    if sys.platform == "linux":
        pid, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return Peer(uid, pid)
    if sys.platform == "darwin":
        local, local_peercred, local_peerpid = 0, 1, 2
        _, uid = struct.unpack_from("II", sock.getsockopt(local, local_peercred, 76))
        (pid,) = struct.unpack("i", sock.getsockopt(local, local_peerpid, 4))
        return Peer(uid, pid)
    return Peer(None, None)
