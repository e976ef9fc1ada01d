"""What comes up over the window: a question before something disruptive is done, and the help."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from shell.safe_text import safe_line, safe_text
from shell.verbs import VERBS


class Confirm(ModalScreen[bool]):
    """A question to answer with y or n; not doing it is what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="confirm.yes"),
        Binding("n,escape,q", "answer(False)", "no", id="confirm.no"),
        Binding("left,right", "app.focus_next", show=False, id="confirm.move"),
    ]
    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm > Vertical {
        width: 60; max-width: 95%; height: auto; padding: 1 2; border: round $warning; background: $surface;
    }
    Confirm Horizontal { height: auto; align-horizontal: right; margin-top: 1; }
    Confirm Button { margin-left: 2; }
    """

    def __init__(self, question: str, effect: str, deed: str) -> None:
        super().__init__()
        self.question, self.effect, self.deed = safe_line(question), safe_text(effect), deed

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self.question, markup=False)
            yield Static(self.effect, markup=False)
            with Horizontal():
                yield Button("Cancel (n)", id="no", compact=True)
                yield Button(f"{self.deed} (y)", id="yes", variant="warning", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


KEYS = (
    ("tab, 1 2", "go to the machines, to the trk"),
    ("j k, arrows", "move;  g G: to the first, to the last line"),
    ("ctrl+f ctrl+u", "a page down, up"),
    ("s", "start the chosen machine"),
    ("x", "stop it (asks first)"),
    ("b", "boot a new machine from a Sire file"),
    (":", "any verb, as on the command line; up: the ones before"),
    ("ctrl+p", "choose a verb from a list"),
    ("f", "follow the end of the trk, or pause"),
    ("/", "search;  n N: next, previous match;  esc: end"),
    ("&", "show only entries with a text in them"),
    ("t", "times: none, the hour, the day too"),
    ("w", "wrap long lines, or not"),
    ("y Y", "copy this line, what is in view"),
    ("i", "the value that the chosen cog is"),
    ("c", "what was asked, and what came of it"),
    ("z", "the chosen pane alone, or all"),
    ("q, ctrl+q", "leave; the machines go on running"),
)


def help_text() -> str:
    lines = ["Keys", ""]
    lines += [f"  {keys:<14} {meaning}" for keys, meaning in KEYS]
    lines += ["", "Verbs (type : first)", ""]
    lines += [f"  {verb.name:<14} {verb.summary}" for verb in VERBS if verb.in_window]
    lines += [
        "",
        "On the left, ● is a running machine, ○ a stopped one, ◍ one that does not answer; +N counts entries that you "
        "have not seen. Under it are its cogs: ▸ running and what it waits for, ✓ finished, ✗ crashed, ⧖ out of time.",
    ]
    return "\n".join(lines)


class Help(ModalScreen[None]):
    """The keys and the verbs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "close", id="help.close"),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > VerticalScroll {
        width: 76; max-width: 96%; height: auto; max-height: 92%;
        padding: 0 1; border: round $accent; background: $surface;
    }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll() as pane:
            pane.border_title = "help"
            pane.border_subtitle = "esc closes"
            yield Static(help_text(), markup=False)
