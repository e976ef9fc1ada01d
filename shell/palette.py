"""The verbs of the registry, in the list that ctrl+p opens."""

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.message import Message

from shell.verb import Verb
from shell.verbs import VERBS


class VerbChosen(Message):
    """The reader took this verb from the list."""

    def __init__(self, verb: Verb) -> None:
        super().__init__()
        self.verb = verb


class VerbPalette(Provider):
    """Choosing a verb does it to the chosen machine, or puts it into the prompt if it needs more."""

    async def discover(self) -> Hits:
        for verb in VERBS:
            if verb.in_window:
                yield DiscoveryHit(verb.name, partial(self.choose, verb), help=verb.summary)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for verb in VERBS:
            score = matcher.match(f"{verb.name} {verb.summary}")
            if score > 0 and verb.in_window:
                yield Hit(score, matcher.highlight(verb.name), partial(self.choose, verb), help=verb.summary)

    def choose(self, verb: Verb) -> None:
        self.app.post_message(VerbChosen(verb))
