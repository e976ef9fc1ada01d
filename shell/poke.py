"""opsh poke: send a value to a cog that listens for it."""

import base64
from argparse import Namespace

import vm
from machines import home
from shell.errors import DONE
from shell.output import note

PATIENCE = 10  # seconds that the cog has to listen in


def run(arguments: Namespace) -> int:
    from machines.client import Client
    from shell.console import new_session, open_scope, say

    directory = home.resolve(arguments.machine)
    with Client(directory, timeout=2.0 * PATIENCE) as client:
        session = new_session([], say)
        open_scope(session, [])
        seed = base64.b64encode(vm.save(session.value(arguments.value))).decode()
        path = [step for step in arguments.path.split("/") if step]
        event = client.call("poke", cog=arguments.cog, path=path, seed=seed, seconds=PATIENCE)["event"]
    note(f"{home.name_of(directory)}: cog {arguments.cog} took it, event {event}")
    return DONE
