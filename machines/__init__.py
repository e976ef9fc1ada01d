"""Everything that lasts: machines, their stores, logs, devices, and the processes that run them.

Names are loaded when they are first used, so that a verb that needs little starts fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from machines.booting import boot
    from machines.client import AsyncClient, CallFailed, Client, NotRunning, connect
    from machines.errors import MachineError
    from machines.host import Host
    from machines.launch import is_running, start_detached, stop
    from machines.lock import Held
    from machines.places import exists, home, list_machines, name_of, resolve
    from machines.stored import Stored, reach

WHERE = {
    "boot": "booting",
    "AsyncClient": "client",
    "CallFailed": "client",
    "Client": "client",
    "NotRunning": "client",
    "connect": "client",
    "MachineError": "errors",
    "exists": "places",
    "home": "places",
    "list_machines": "places",
    "name_of": "places",
    "resolve": "places",
    "Host": "host",
    "is_running": "launch",
    "start_detached": "launch",
    "stop": "launch",
    "Held": "lock",
    "Stored": "stored",
    "reach": "stored",
}

__all__ = [
    "AsyncClient",
    "CallFailed",
    "Client",
    "Held",
    "Host",
    "MachineError",
    "NotRunning",
    "Stored",
    "boot",
    "connect",
    "exists",
    "home",
    "is_running",
    "list_machines",
    "name_of",
    "reach",
    "resolve",
    "start_detached",
    "stop",
]


def __getattr__(name: str) -> Any:
    if name in WHERE:
        return getattr(import_module(f"machines.{WHERE[name]}"), name)
    raise AttributeError(f"module 'machines' has no attribute {name!r}")
