"""The window: all machines and their cogs on the left, the chosen one's trk beside them, a prompt below.

The window is a client of each machine's control socket and nothing more. Closing it leaves every machine as it is.
"""

import os
import shlex
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from time import time_ns
from typing import Any, ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus
from textual.widgets import Footer, Input

from machines import home
from machines.errors import MachineError
from shell import window_state
from shell.arguments import parse
from shell.commands import perform
from shell.dialogs import Confirm, Help
from shell.errors import DONE, ShellError, sentence
from shell.line_log import Line, LineLog
from shell.link import Entry, Link
from shell.machine_tree import CogSummary, MachineTree, Place, brief
from shell.palette import VerbChosen, VerbPalette
from shell.prompt import Prompt
from shell.safe_text import safe_line
from shell.trk_pane import TrkPane
from shell.verb import Danger, Kind, Verb

ROOM_FOR_TWO = 60  # columns; on a narrower screen the panes take turns
REFRESH = 0.1  # seconds for which changes of a machine are gathered before they are shown
LOOK_AROUND = 2.0  # seconds between two looks for machines that were made or removed
EARLIER_MOST = 100_000  # entries that are fetched at once to get to the first one
OPENED_WITH = 5000  # entries that the trk pane begins with


class Window(App[None]):
    """See the head of this module."""

    TITLE = "opsh"
    COMMANDS: ClassVar[set[Any]] = {VerbPalette}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    CSS = """
    #panes { height: 1fr; }
    MachineTree {
        width: 28; padding: 0; background: $background; scrollbar-size: 1 1; overflow-x: hidden;
        border-right: solid $panel;
    }
    MachineTree:focus { background: $background; }
    #trk { width: 1fr; }
    .-wide MachineTree { width: 40; }
    MachineTree.-alone { width: 1fr; border-right: none; }
    #deeds { height: 35%; display: none; border-top: solid $panel; padding-left: 1; }
    #deeds.-open { display: block; }
    LineLog.-still { color: $text-muted; }
    ToastRack { margin-bottom: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", id="window.help"),
        Binding("colon", "prompt", "verb", key_display=":", id="window.prompt", priority=True),
        Binding("s", "start", "start", id="window.start"),
        Binding("x", "stop", "stop", id="window.stop"),
        Binding("b", "boot", "boot", id="window.boot", priority=True),
        Binding("f", "follow", "follow", id="window.follow"),
        Binding("slash", "search", "search", key_display="/", id="window.search", priority=True),
        Binding("ampersand", "search(True)", "filter", key_display="&", show=False, id="window.filter", priority=True),
        Binding("q", "leave", "leave", id="window.leave"),
        Binding("ctrl+q", "leave", "leave", show=False, id="window.quit"),
        Binding("t", "times", "times", show=False, id="window.times"),
        Binding("w", "wrap", "wrap", show=False, id="window.wrap"),
        Binding("y", "copy_line", "copy line", show=False, id="window.copy_line"),
        Binding("Y", "copy_view", "copy view", show=False, id="window.copy_view"),
        Binding("i", "inspect", "inspect", show=False, id="window.inspect"),
        Binding("c", "deeds", "commands", show=False, id="window.deeds"),
        Binding("z", "zoom", "zoom", show=False, id="window.zoom"),
        Binding("1", "go('machines')", "machines", show=False, id="window.machines", priority=True),
        Binding("2", "go('trk')", "trk", show=False, id="window.trk", priority=True),
        Binding("escape", "close", "close", show=False, id="window.close"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.remembered = home.home().parent / "window.json"
        self.seen = window_state.read(self.remembered)
        self.links: dict[Path, Link] = {}
        self.extra: set[Path] = set()  # machines that live elsewhere and were named in the prompt
        self.place: Place | None = None
        self.deed = 0
        self.left = True  # which of the two panes the reader is in
        self.zoomed = False
        self.stale: set[Link] = set()

    def compose(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield MachineTree()
            yield TrkPane()
        yield LineLog(id="deeds")
        yield Prompt(lambda: [link.name for link in self.links.values()])
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        self.deeds.times = 0
        self.look_around()
        self.set_interval(LOOK_AROUND, self.look_around)
        self.action_go("machines")

    async def on_unmount(self) -> None:
        window_state.write(
            self.remembered, {**self.seen, **{str(path): self.seen_of(link) for path, link in self.links.items()}}
        )
        for link in self.links.values():
            await link.close()

    @property
    def machine_tree(self) -> MachineTree:
        return self.query_one(MachineTree)

    @property
    def trk(self) -> TrkPane:
        return self.query_one(TrkPane)

    @property
    def deeds(self) -> LineLog:
        return self.query_one("#deeds", LineLog)

    @property
    def link(self) -> Link | None:
        """The machine that is chosen."""
        return self.links.get(self.place.machine) if self.place else None

    # Machines come, change and go

    def look_around(self) -> None:
        """See which machines there are."""
        if not self.is_running:
            return
        present = {*home.list_machines(), *self.extra}
        for path in [path for path in self.links if path not in present]:
            self.run_worker(self.links.pop(path).close())
            self.machine_tree.remove_machine(path)
        for path in sorted(present - self.links.keys()):
            link = self.links[path] = Link(path, self, self.seen.get(str(path)))
            self.show_link(link)
            link.start()
        if self.place is None or self.place.machine not in self.links:
            self.place = None
            if self.links:
                self.machine_tree.choose(Place(min(self.links)))
            else:
                self.trk.open("", None, (), None)
                self.trk.set_state("`b` boots one from a Sire file")

    def changed(self, link: Link) -> None:
        """Show it soon: a machine of many cogs changes more often than anyone can read."""
        self.stale.add(link)
        if len(self.stale) == 1 and self.is_running:
            self.set_timer(REFRESH, self.show_changes)

    def show_changes(self) -> None:
        stale, self.stale = self.stale, set()
        for link in stale:
            if self.is_running and self.links.get(link.directory) is link:
                self.show_change(link)

    def show_change(self, link: Link) -> None:
        self.show_link(link)
        self.machine_tree.set_cogs(
            link.directory,
            [CogSummary(cog["cog"], cog["state"], ", ".join(map(brief, cog["waits"]))) for cog in link.cogs.values()],
        )
        if link is self.link:
            self.trk.set_state(link.state, link.trouble)

    def heard(self, link: Link, entries: Sequence[Entry], anew: bool) -> None:
        if not self.is_running:  # the links outlive the widgets for a moment
            return
        self.seen.setdefault(str(link.directory), link.next)
        if link is self.link:
            if anew:
                self.open_trk(link)
            else:
                self.trk.append(entries)
            if self.trk.log_lines.following:
                self.seen[str(link.directory)] = link.next
        self.show_link(link)

    def seen_of(self, link: Link) -> int:
        return self.seen.get(str(link.directory), link.next)

    def show_link(self, link: Link) -> None:
        unread = max(0, link.next - self.seen_of(link))
        self.machine_tree.set_machine(link.directory, link.name, link.state, unread, link.trouble)

    # Choosing

    def on_machine_tree_chosen(self, message: MachineTree.Chosen) -> None:
        if message.place == self.place:
            return
        self.place = message.place
        if self.link is not None:
            self.open_trk(self.link)

    def open_trk(self, link: Link) -> None:
        seen = self.seen_of(link)
        cog = self.place.cog if self.place else None
        self.trk.open(link.name, cog, link.entries[-OPENED_WITH:], seen if seen < link.next else None)
        self.trk.set_state(link.state, link.trouble)
        if link.entries:
            self.seen[str(link.directory)] = link.next
            self.show_link(link)

    def on_tree_node_selected(self) -> None:
        self.action_go("trk")

    @work(exclusive=True, group="earlier")
    async def on_trk_pane_earlier(self, message: TrkPane.Earlier) -> None:
        """Get the entries before the first one in the pane: some of what it is about, or as many as a pane can hold."""
        link, place = self.link, self.place
        if link is None or place is None:
            return
        lines = self.trk.log_lines.lines
        before = next((line.entry for line in lines if line.entry >= 0), link.first)
        found: list[Entry] = []
        try:
            while before > 0 and len(found) < EARLIER_MOST:
                batch = await link.earlier(before)
                before = batch[0]["n"] if batch else 0
                found[:0] = batch
                if not message.first and self.trk.wanted(batch):
                    break
        except (MachineError, OSError) as error:
            self.tell(str(error), wrong=True)
        if place == self.place:
            self.trk.prepend(found)
            if message.first:
                self.trk.log_lines.steer(0)

    # Panes

    def action_go(self, pane: str) -> None:
        self.left = pane == "machines"
        self.arrange()
        self.screen.set_focus(self.machine_tree if self.left else self.trk.log_lines)

    def action_zoom(self) -> None:
        self.zoomed = not self.zoomed
        self.arrange()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """The mouse changes panes, too."""
        if event.widget in (self.machine_tree, self.trk.log_lines):
            self.left = event.widget is self.machine_tree

    def on_resize(self) -> None:
        self.arrange()

    def arrange(self) -> None:
        """Show both panes, or where there is no room for both, the one that the reader is in."""
        alone = self.zoomed or self.size.width < ROOM_FOR_TWO
        self.machine_tree.display = self.left or not alone
        self.trk.display = not (self.left and alone)
        self.machine_tree.set_class(alone, "-alone")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys that go before all others are letters to a line that is being written."""
        return not (action in ("prompt", "boot", "search", "go") and isinstance(self.focused, Input))

    # Verbs

    def action_prompt(self) -> None:
        self.query_one(Prompt).ask("")

    def action_boot(self) -> None:
        self.query_one(Prompt).ask("boot ")

    def action_start(self) -> None:
        self.ask_about_machine("start")

    def action_stop(self) -> None:
        self.ask_about_machine("stop")

    def action_inspect(self) -> None:
        if self.place is None or self.place.cog is None:
            self.tell("choose a cog first", wrong=True)
        else:
            self.ask(f"inspect {shlex.quote(home.name_of(self.place.machine))} {self.place.cog}")

    def ask_about_machine(self, verb: str) -> None:
        if self.place is None:
            self.tell("there is no machine to choose yet", wrong=True)
        else:
            self.ask(f"{verb} {shlex.quote(home.name_of(self.place.machine))}")

    def on_verb_chosen(self, message: VerbChosen) -> None:
        """A verb that needs no more than a machine is done to the chosen one; any other is put into the prompt."""
        needed = [argument.kind for argument in message.verb.arguments if not (argument.is_option or argument.optional)]
        if needed == [Kind.MACHINE] and self.place is not None:
            self.ask_about_machine(message.verb.name)
        elif not needed:
            self.ask(message.verb.name)
        else:
            self.query_one(Prompt).ask(f"{message.verb.name} ")

    def on_prompt_asked(self, message: Prompt.Asked) -> None:
        self.leave_prompt()
        self.ask(message.line)

    def on_prompt_left(self) -> None:
        self.leave_prompt()

    def leave_prompt(self) -> None:
        self.action_go("machines" if self.left else "trk")

    def ask(self, line: str) -> None:
        """Do what a line in the words of the command line says, after asking where it disrupts."""
        if line in ("q", "quit", "exit"):
            self.action_leave()
            return
        try:
            words = [os.path.expanduser(word) for word in shlex.split(line.removeprefix("opsh "))]
            verb, arguments = parse(words)
        except ShellError as error:
            self.record(line, sentence(error.message, error.hint), wrong=True)
            return
        except ValueError as error:
            self.record(line, f"{error}: check the quotes", wrong=True)
            return
        endless = any(argument.given(arguments) for argument in verb.arguments if not argument.in_window)
        if endless or not verb.in_window:
            self.record(line, f"`opsh {line}` wants a terminal of its own; leave with q and type it there", wrong=True)
        elif verb.danger >= Danger.DISRUPTIVE:
            self.confirm(verb, arguments, words, line)
        else:
            self.do(verb, arguments, words, line)

    @work
    async def confirm(self, verb: Verb, arguments: Namespace, words: list[str], line: str) -> None:
        question = Confirm(f"opsh {line}?", verb.help, verb.name.capitalize())
        if await self.push_screen_wait(question):
            self.do(verb, arguments, words, line)

    @work
    async def do(self, verb: Verb, arguments: Namespace, words: list[str], line: str) -> None:
        if verb.name == "start":
            words = [*words, "--detach"]
        outcome = await perform(words)
        self.record(line, outcome.output, wrong=outcome.status != DONE, read=verb.danger is Danger.READ)
        if outcome.status == DONE and verb.name in ("boot", "start"):
            machine = home.resolve(arguments.machine)
            if machine.parent != home.home():
                self.extra.add(machine)
            self.look_around()
            self.machine_tree.choose(Place(machine))
        self.look_around()

    def record(self, line: str, output: str, wrong: bool = False, read: bool = False) -> None:
        """Keep what was asked and what came of it. Open the pane for it if there is something to read."""
        self.deed += 1
        texts = [f"$ opsh {line}", *(output.split("\n") if output else [])]
        self.deeds.append([Line(self.deed, part, time_ns(), 0, text) for part, text in enumerate(texts)])
        if wrong or read:
            self.deeds.add_class("-open")
            # The pane's height is known after the next layout.
            self.call_after_refresh(self.deeds.read_from, len(self.deeds.lines) - len(texts))
        elif output:
            self.tell(output.split("\n")[-1])

    def tell(self, text: str, wrong: bool = False) -> None:
        """A word that goes away by itself."""
        self.notify(safe_line(text), severity="error" if wrong else "information", markup=False, timeout=4)

    # Keys

    def action_help(self) -> None:
        self.push_screen(Help())

    def action_follow(self) -> None:
        self.trk.log_lines.action_toggle_follow()
        if self.link is not None and self.trk.log_lines.following:
            self.seen[str(self.link.directory)] = self.link.next

    def action_search(self, filtering: bool = False) -> None:
        self.left = False
        self.arrange()
        self.trk.open_search(filtering)

    def on_trk_pane_refiltered(self) -> None:
        if self.link is not None:
            self.open_trk(self.link)

    def action_times(self) -> None:
        self.trk.log_lines.times = (self.trk.log_lines.times + 1) % 3

    def action_wrap(self) -> None:
        self.trk.log_lines.wrap = not self.trk.log_lines.wrap

    def action_deeds(self) -> None:
        self.deeds.toggle_class("-open")

    def action_close(self) -> None:
        if self.deeds.has_class("-open"):
            self.deeds.remove_class("-open")
            if self.deeds.has_focus:
                self.leave_prompt()
        elif self.zoomed:
            self.action_zoom()

    def action_copy_line(self) -> None:
        line = self.trk.log_lines.current
        if line is not None:
            self.copy([line])

    def action_copy_view(self) -> None:
        self.copy(self.trk.log_lines.in_view)

    def copy(self, lines: list[Line]) -> None:
        self.copy_to_clipboard("\n".join(line.shown for line in lines))
        self.tell(f"copied {len(lines)} line{'s' if len(lines) != 1 else ''}")

    def action_leave(self) -> None:
        self.exit()


def run_window() -> int:
    """Show the window until it is left; then say what goes on running."""
    window = Window()
    window.run()
    running = sorted(link.name for link in window.links.values() if link.state == "running")
    if running:
        print(f"Still running: {', '.join(map(safe_line, running))}. `opsh ps` lists them, `opsh` comes back to them.")
    return window.return_code or DONE
