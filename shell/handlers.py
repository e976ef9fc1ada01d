"""From a verb to the function that does it, imported when it is wanted."""

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from typing import cast

from shell.verbs import Verb

Handler = Callable[[Namespace], int]


def handler(verb: Verb) -> Handler:
    module, _, function = verb.handler.partition(":")
    return cast(Handler, getattr(import_module(module), function))
