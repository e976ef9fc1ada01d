"""The pane in the middle: the trk of the chosen machine, or of one of its cogs, under a line that says which."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from shell.line_log import Line, LineLog, mark, smart_case
from shell.safe_text import safe_line

Entry = dict[str, Any]
KEPT = 100_000  # lines in the pane; the oldest go when there are more


def lines_of(entry: Entry) -> list[Line]:
    """The lines of one trk entry."""
    texts = str(entry["text"]).split("\n")
    return [Line(entry["n"], part, entry["time"], entry["cog"], text) for part, text in enumerate(texts)]


class TrkPane(Vertical):
    """Shows entries; asks for earlier ones with the message Earlier."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "find(1)", "next match", show=False, id="trk.next"),
        Binding("N", "find(-1)", "previous match", show=False, id="trk.previous"),
        Binding("tab", "app.go('machines')", "machines", show=False, id="trk.machines"),
        Binding("escape", "leave_search", "end the search", show=False, id="trk.leave_search"),
    ]
    DEFAULT_CSS = """
    TrkPane {
        & > #trk-head { height: 1; background: $panel; color: $foreground; padding: 0 1; }
        & > #trk-search { display: none; height: 1; border: none; padding: 0 1; background: $boost; }
        & > LineLog { height: 1fr; padding-left: 1; }
    }
    """

    class Refiltered(Message):
        """Other entries than before are wanted."""

    class Earlier(Message):
        """The reader is at the first entry in the pane and wants those before it; if `first`, all."""

        def __init__(self, first: bool) -> None:
            super().__init__()
            self.first = first

    def __init__(self) -> None:
        super().__init__(id="trk")
        self.subject = ""
        self.cog: int | None = None
        self.state = ""
        self.note = ""
        self.told = Text()
        self.filter_text = ""
        self.filter: re.Pattern[str] | None = None
        self.filtering = False  # whether what is being written is a filter, and not a search

    def compose(self) -> ComposeResult:
        yield Static(id="trk-head", markup=False)
        yield LineLog(id="trk-lines")
        yield Input(placeholder="search", id="trk-search", select_on_focus=False)

    @property
    def log_lines(self) -> LineLog:
        return self.query_one("#trk-lines", LineLog)

    # Entries

    def wanted(self, entries: Iterable[Entry]) -> list[Line]:
        """The lines of those entries that this pane is about."""
        return [line for entry in entries if self.wants(entry) for line in lines_of(entry)]

    def wants(self, entry: Entry) -> bool:
        if self.cog is not None and self.cog != entry["cog"]:
            return False
        return self.filter is None or self.filter.search(entry["text"]) is not None

    def open(self, name: str, cog: int | None, entries: Sequence[Entry], unread_from: int | None) -> None:
        """Show another machine or cog. A mark stands before entry `unread_from`, the first that was not seen before."""
        self.subject = safe_line(name)
        self.cog = cog
        self.note = ""
        pane = self.log_lines
        pane.set_reactive(LineLog.cogs, cog is None and len({entry["cog"] for entry in entries}) > 1)
        lines = self.wanted(entries)
        if unread_from is not None and entries:
            at = next((index for index, line in enumerate(lines) if line.entry >= unread_from), len(lines))
            above = max(0, entries[0]["n"] - unread_from)
            unread = entries[-1]["n"] + 1 - unread_from
            words = "1 entry" if unread == 1 else f"{unread:,} entries"
            words += f", {above:,} of them above" if above else ""
            if at < len(lines) and (at or above):
                lines.insert(at, mark(f"── since you were last here: {words} ──"))
        pane.show(lines)
        self.tell()

    def append(self, entries: Sequence[Entry]) -> None:
        pane = self.log_lines
        if self.cog is None and not pane.cogs and len({entry["cog"] for entry in entries} | self.cogs_seen) > 1:
            pane.cogs = True
        pane.append(self.wanted(entries))
        if pane.following and len(pane.lines) > KEPT * 5 // 4:
            pane.forget(len(pane.lines) - KEPT)

    @property
    def cogs_seen(self) -> set[int]:
        lines = self.log_lines.lines
        return {lines[-1].cog} if lines else set()

    def prepend(self, entries: Sequence[Entry]) -> None:
        self.log_lines.prepend(self.wanted(entries))

    def set_state(self, state: str, trouble: str = "") -> None:
        """The state of the machine, for the line at the top."""
        self.state = f"{state}: {safe_line(trouble)}" if trouble and state in ("lost", "unreadable") else state
        self.log_lines.set_class(state != "running", "-still")
        self.tell()

    # The line at the top

    def tell(self) -> None:
        pane = self.log_lines
        subject = self.subject if self.cog is None else f"{self.subject} cog {self.cog}"
        words = Text(no_wrap=True, overflow="ellipsis")
        words.append(subject or "no machine yet", "bold")
        if self.state:
            words.append(f"  {self.state}", "green" if self.state == "running" else "yellow")
        if pane.behind:
            words.append(f"  ▼ +{pane.behind:,} new (f)", "bold yellow")
        elif pane.following:
            words.append("  following", "dim")
        else:
            words.append("  paused (f follows)", "yellow")
        if self.filter is not None:
            words.append(f"  only: {safe_line(self.filter_text)}", "cyan")
        if self.note:
            words.append(f"  {self.note}", "cyan")
        if words != self.told:  # to draw it is most of what a new entry costs
            self.told = words
            self.query_one("#trk-head", Static).update(words)

    def on_line_log_moved(self, message: LineLog.Moved) -> None:
        message.stop()
        self.tell()

    def on_line_log_top(self, message: LineLog.Top) -> None:
        message.stop()
        self.post_message(self.Earlier(message.first))

    # Search

    def open_search(self, filtering: bool = False) -> None:
        """Ask for what to search for, or which entries alone to show."""
        box = self.query_one("#trk-search", Input)
        self.filtering = filtering
        box.placeholder = "show only entries with .. (nothing: all)" if filtering else "search"
        box.value = self.filter_text if filtering else ""
        box.display = True
        self.screen.set_focus(box)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if not self.filtering:
            self.log_lines.search(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#trk-search", Input).display = False
        self.screen.set_focus(self.log_lines)
        if self.filtering:
            self.filter_text = event.value
            self.filter = smart_case(event.value)
            self.post_message(self.Refiltered())
        else:
            self.action_find(-1)

    def action_find(self, step: int) -> None:
        pane = self.log_lines
        if pane.pattern is None:
            return
        self.note = "" if pane.find(step) else "no match"
        if not self.note:
            self.note = "n N: other matches"
        self.tell()

    def action_leave_search(self) -> None:
        box = self.query_one("#trk-search", Input)
        box.display = False
        if not self.filtering:
            self.log_lines.search("")
        self.filtering = False
        self.screen.set_focus(self.log_lines)
        self.note = ""
        self.tell()
