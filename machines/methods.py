"""What can be asked of a machine: each method with its parameters, and the answers of those that only look.

A running machine is asked over its control socket (`machines.server`), a stopped one where its store is read
(`machines.stored`): the same questions are checked here and answered in the same words. opsh-protocol(7) is the manual.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from reprlib import repr as briefly
from typing import Protocol, TypeVar

from machines import portions
from machines.protocol import BAD_PARAMS, NO_SUCH_METHOD, CallError, Message
from machines.reading import Entry
from machines.store import END, Store

T = TypeVar("T")

TOPICS = ("trk", "events", "cogs", "status")

# Parameters -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter has to be, in words; `read` makes of it what is worked with, and raises ValueError."""

    what: str
    read: Callable[[object], object]
    needed: bool = False


def whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= END:
        raise ValueError
    return value


def seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1 << 31:
        raise ValueError
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def data(value: object) -> bytes:
    return base64.b64decode(text(value), validate=True)


def listed(item: Callable[[object], T]) -> Callable[[object], list[T]]:
    def read(value: object) -> list[T]:
        if not isinstance(value, list):
            raise ValueError
        return [item(part) for part in value]

    return read


def topic(value: object) -> str:
    if value not in TOPICS:
        raise ValueError
    return text(value)


def versions(value: object) -> list[int]:
    return listed(whole)(value if isinstance(value, list) else [value])


WHOLE = Parameter("a whole number", whole)
NUMBER = Parameter("a whole number", whole, needed=True)
COG = Parameter("the number of a cog", whole, needed=True)
TEXT = Parameter("a text", text)
NAME = Parameter("a text", text, needed=True)
SEED = Parameter("the bytes of a seed in Base64", data, needed=True)
STEPS = Parameter("a list of whole numbers", listed(whole))
EVENTS = Parameter("a list of whole numbers", listed(whole), needed=True)
WORDS = Parameter("a list of texts", listed(text), needed=True)
SECONDS = Parameter("a number of seconds", seconds)
SPOKEN = Parameter("a number, or a list of those that you speak", versions, needed=True)
LISTENING = Parameter(f"a list of {', '.join(TOPICS)}", listed(topic), needed=True)

METHODS: dict[str, dict[str, Parameter]] = {
    "hello": {"protocol": SPOKEN, "client": TEXT},
    "status": {},
    "cogs": {"from": WHOLE},
    "requests": {"cog": COG, "from": WHOLE},
    "inspect": {"cog": COG, "path": STEPS, "from": WHOLE},
    "trk": {"from": WHOLE, "to": WHOLE, "last": WHOLE, "cog": WHOLE},
    "events": {"from": WHOLE, "to": WHOLE, "last": WHOLE},
    "subscribe": {"topics": LISTENING, "from": WHOLE, "from_event": WHOLE},
    "poke": {"cog": COG, "path": WORDS, "seed": SEED, "seconds": SECONDS},
    "restart": {"cog": COG},
    "replace": {"cog": COG, "seed": SEED},
    "drop": {"cog": COG},
    "snapshot": {},
    "stop": {},
    "meta": {"name": NAME},
    "records": {"table": NAME, "from": NUMBER, "to": NUMBER},
    "heads": {"after": NAME},
    "pins": {"hashes": WORDS, "from": NUMBER},
    "space": {},
    "copy": {"file": NAME},
    "prune": {"event": NUMBER, "rule": NAME},
    "forget_snapshots": {"events": EVENTS},
    "sweep_begin": {},
    "sweep": {"pins": WORDS, "seen": NUMBER},
    "sweep_end": {},
}


def checked(method: str, params: object) -> Message:
    """The parameters of a call, every one of the method's with its value or None. Raises CallError."""
    wanted = METHODS.get(method)
    if wanted is None:
        raise CallError(NO_SUCH_METHOD, f"{method:.40} is no method of this machine", "see opsh-protocol(7)")
    if not isinstance(params, dict):
        raise CallError(BAD_PARAMS, "params is an object: they are given by name")
    for name in params:
        if name not in wanted:
            takes = f"it takes {', '.join(wanted)}" if wanted else "it takes none"
            raise CallError(BAD_PARAMS, f"{method} has no parameter {name:.40}", takes)
    found: Message = {}
    for name, parameter in wanted.items():
        value = params.get(name)
        if value is None and parameter.needed:
            raise CallError(BAD_PARAMS, f"{method} needs {name}, {parameter.what}")
        try:
            found[name] = None if value is None else parameter.read(value)
        except ValueError:
            raise CallError(BAD_PARAMS, f"{name} is {parameter.what}, not {briefly(value)}") from None
    return found


# Looking --------------------------------------------------------------------------------------------------------------


class Source(Protocol):
    """A machine that can be looked at. `machines.reading` says what the answers are."""

    store: Store

    def status(self) -> Entry: ...

    def cogs(self, first: int | None) -> Entry: ...

    def requests(self, cog: int, first: int | None) -> Entry | None: ...

    def inspect(self, cog: int, path: list[int], first: int | None) -> Entry | None: ...

    def trk(self, first: int | None, to: int | None, last: int | None, cog: int | None) -> Entry: ...

    def events(self, first: int | None, to: int | None, last: int | None) -> Entry: ...


def look(source: Source, method: str, params: Message) -> Message | None:
    """The answer to a method that changes nothing, None if this is not one. `params` are checked. Raises CallError."""
    cog, first = params.get("cog"), params.get("from")
    match method:
        case "status":
            return source.status()
        case "cogs":
            return source.cogs(first)
        case "requests":
            return there(source.requests(params["cog"], first), cog)
        case "inspect":
            path = params["path"] or []
            return there(source.inspect(params["cog"], path, first), cog, "/".join(map(str, path)))
        case "trk":
            return source.trk(first, params["to"], params["last"], cog)
        case "events":
            return source.events(first, params["to"], params["last"])
        case method if method in portions.METHODS:
            return portions.answer(source.store, method, params)
    return None


def there(found: Entry | None, cog: int | None, path: str = "") -> Entry:
    if found is None:
        what = f"there is no cog {cog}" + (f" with a part {path}" if path else "")
        raise CallError(BAD_PARAMS, what, "opsh cogs lists them")
    return found
