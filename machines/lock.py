"""One process at a time runs a machine.

The host holds an exclusive `flock` on the file `lock` for as long as it lives; the kernel lets go of it when the
host dies, however it dies, so a lock is never stale. Whoever reads the store of a stopped machine holds a shared
one.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from machines import home
from machines.errors import MachineError


class Lock:
    """The lock of a machine. Raises MachineError if it is not to be had within `patience` seconds."""

    def __init__(self, directory: Path, shared: bool = False, patience: float = 0.5) -> None:
        self.name = home.name_of(directory)
        try:
            self.file = os.open(directory / home.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MachineError(
                f"{self.name}: cannot write in {directory}: {error.strerror}", "check who owns it"
            ) from None
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self.file, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                # A reader of a stopped machine lets go in a moment; a host does not.
                if time.monotonic() > deadline:
                    holder = os.pread(self.file, 32, 0).decode(errors="replace")
                    os.close(self.file)
                    by = f" (process {holder})" if holder else ""
                    raise Held(f"{self.name}: it is running already{by}", f"opsh stop {self.name} stops it") from None
                time.sleep(0.02)
        if not shared:
            # Only a help for people, so it does not matter if the disk is full.
            with contextlib.suppress(OSError):
                os.ftruncate(self.file, 0)
                os.pwrite(self.file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self.file)


class Held(MachineError):
    """Another process holds the lock."""
