"""The line at the bottom of the window: a verb and its arguments, as on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from shell.verb import Kind
from shell.verbs import BY_NAME, VERBS


class Completions(Suggester):
    """How the line could go on: verbs first, then what the verb's next argument is."""

    def __init__(self, machines: Callable[[], list[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.machines = machines

    async def get_suggestion(self, value: str) -> str | None:
        head, blank, word = value.rpartition(" ")
        found = next((choice for choice in self.choices(head.split(), word) if choice.startswith(word)), None)
        return f"{head}{blank}{found}" if found is not None and found != word else None

    def choices(self, words: list[str], word: str) -> list[str]:
        """What may stand after `words`, of which the first is the verb."""
        if not words:
            return [verb.name for verb in VERBS if verb.in_window]
        verb = BY_NAME.get(words[0])
        if verb is None:
            return []
        if word.startswith("-"):
            return [argument.name for argument in verb.options if argument.in_window]
        position = len([given for given in words[1:] if not given.startswith("-")])
        if position >= len(verb.places):
            return []
        place = verb.places[position]
        if place.choices:
            return list(place.choices)
        match place.kind:
            case Kind.MACHINE if not place.new:
                return self.machines()
            case Kind.VERB:
                return list(BY_NAME)
            case Kind.FILE | Kind.SEED:
                return files(word)
            case _:
                return []


def files(word: str) -> list[str]:
    """The files and directories whose path begins with `word`."""
    if not word:
        return []
    directory, _, start = word.rpartition("/")
    place = Path(f"{directory}/" if "/" in word else ".").expanduser()
    try:
        found = sorted(entry for entry in place.iterdir() if entry.name.startswith(start))
    except OSError:
        return []
    lead = f"{directory}/" if "/" in word else ""
    return [f"{lead}{entry.name}{'/' if entry.is_dir() else ''}" for entry in found]


class Prompt(Input):
    """Asks for a verb; says what was asked with the message Asked. Up and down go through what was asked before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "earlier", "earlier", show=False, id="prompt.earlier"),
        Binding("down", "later", "later", show=False, id="prompt.later"),
        Binding("tab", "complete", "complete", show=False, id="prompt.complete"),
        Binding("escape", "leave", "leave", show=False, id="prompt.leave"),
    ]
    DEFAULT_CSS = """
    Prompt { height: 1; border: none; padding: 0 1; background: $panel; }
    Prompt:focus { background: $boost; border: none; }
    """

    class Asked(Message):
        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    class Left(Message):
        """The reader is done with the prompt."""

    def __init__(self, machines: Callable[[], list[str]]) -> None:
        super().__init__(
            placeholder=":  type a verb: boot, start, stop, cogs, inspect ..",
            suggester=Completions(machines),
            select_on_focus=False,
            id="prompt",
        )
        self.cursor_blink = False
        self.past: list[str] = []
        self.back = 0  # how far back in the past the shown line is; 0 is the line being written

    def ask(self, line: str) -> None:
        """Put a line there for the reader to go on with."""
        self.value = line
        self.cursor_position = len(line)
        self.screen.set_focus(self)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = event.value.strip().removeprefix(":").strip()
        self.value = ""
        self.back = 0
        if line:
            if not self.past or self.past[-1] != line:
                self.past.append(line)
            self.post_message(self.Asked(line))
        else:
            self.post_message(self.Left())

    def action_leave(self) -> None:
        self.value = ""
        self.back = 0
        self.post_message(self.Left())

    def action_complete(self) -> None:
        self.action_cursor_right() if self._suggestion else None

    def action_earlier(self) -> None:
        self.recall(self.back + 1)

    def action_later(self) -> None:
        self.recall(self.back - 1)

    def recall(self, back: int) -> None:
        if 0 <= back <= len(self.past):
            self.back = back
            self.value = self.past[-back] if back else ""
            self.cursor_position = len(self.value)
