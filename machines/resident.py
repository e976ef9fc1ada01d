"""How much memory this process holds, and that it holds no more than it should."""

import os

import vm

SHARE = 3 / 4
"""Of the system's memory: no large value is made that would take the process beyond it."""


def rss() -> int:
    """Resident memory of this process in bytes (its peak, where the system tells no more)."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def watch() -> None:
    """For processes that evaluate, at their start. They make values by the million, so garbage is collected rarely."""
    vm.tune()
    vm.watch(rss, int(os.sysconf("SC_PAGESIZE") * os.sysconf("SC_PHYS_PAGES") * SHARE))
