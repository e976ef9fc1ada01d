"""The tree on the left: every machine with a glyph for its state and what is unread, and under it its cogs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from shell.output import SECOND, clock
from shell.safe_text import clip, safe_line

MACHINE_GLYPHS = {
    "running": ("●", "green"),
    "stopping": ("◐", "yellow"),
    "connecting": ("◌", "dim"),
    "stopped": ("○", "dim"),
    "lost": ("◍", "yellow"),
    "unreadable": ("✗", "red"),
}
COG_GLYPHS = {
    "running": ("▸", "green"),
    "finished": ("✓", "dim"),
    "crashed": ("✗", "red"),
    "timed out": ("⧖", "yellow"),
}
MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NEAR = 12 * 3600  # seconds from now within which a time of day says enough
COGS_SHOWN = 500  # under one machine; a tree of more helps nobody


@dataclass(frozen=True, slots=True)
class Place:
    """What a node of the tree stands for: a machine, or one of its cogs."""

    machine: Path
    cog: int | None = None


@dataclass(frozen=True, slots=True)
class CogSummary:
    number: int
    state: str
    waits: str


def brief(request: str) -> str:
    """A request with its moment, if that is not far, as this place's time of day."""
    return MOMENT.sub(lambda found: time_of_day(found[0]), request)


def time_of_day(moment: str) -> str:
    try:
        seconds = int(datetime.fromisoformat(moment).timestamp())
    except ValueError:
        return moment
    return clock(seconds * SECOND) if abs(seconds - time()) < NEAR else moment


class MachineTree(Tree[Place | None]):
    """Chooses by moving: the node under the cursor is the one that the other panes show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False, id="tree.down"),
        Binding("k", "cursor_up", "up", show=False, id="tree.up"),
        Binding("tab", "app.go('trk')", "trk", show=False, id="tree.trk"),
    ]

    class Chosen(Message):
        """The reader wants to see this place."""

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__("machines", id="machines")
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False
        self.nodes: dict[Place, TreeNode[Place | None]] = {}

    def set_machine(self, machine: Path, name: str, state: str, unread: int, trouble: str) -> None:
        """Show a machine as it is now; add it if it is new."""
        glyph, style = MACHINE_GLYPHS.get(state, ("?", "red"))
        label = Text.assemble((glyph, style), " ", (safe_line(name), "bold" if state == "running" else ""))
        if unread:
            label.append(f" +{unread:,}", "yellow")
        if trouble and state in ("lost", "unreadable"):
            label.append(f" {clip(safe_line(trouble), 60)}", "dim")
        place = Place(machine)
        node = self.nodes.get(place)
        if node is None:
            before = sorted([*(key.machine for key in self.nodes if key.cog is None), machine]).index(machine)
            self.nodes[place] = self.root.add(label, place, before=before or 0, expand=True)
        elif node.label != label:
            node.set_label(label)

    def set_cogs(self, machine: Path, cogs: Iterable[CogSummary]) -> None:
        """Show a machine's cogs as they are now, in the order of their numbers."""
        parent = self.nodes[Place(machine)]
        present = sorted(cogs, key=lambda cog: cog.number)[:COGS_SHOWN]
        numbers = {cog.number for cog in present}
        for place in [key for key in self.nodes if key.machine == machine and key.cog is not None]:
            if place.cog not in numbers:
                self.nodes.pop(place).remove()
        for position, cog in enumerate(present):
            glyph, style = COG_GLYPHS.get(cog.state, ("?", "red"))
            label = Text.assemble((glyph, style), f" {cog.number} ")
            label.append(clip(safe_line(cog.waits), 60) if cog.state == "running" else cog.state, "dim")
            place = Place(machine, cog.number)
            node = self.nodes.get(place)
            if node is None:
                self.nodes[place] = parent.add_leaf(label, place, before=position)
            elif node.label != label:
                node.set_label(label)

    def remove_machine(self, machine: Path) -> None:
        for place in [key for key in self.nodes if key.machine == machine]:
            node = self.nodes.pop(place)
            if place.cog is None:
                node.remove()

    def choose(self, place: Place) -> None:
        """Move the cursor there."""
        if place in self.nodes and self.last_line >= 0:  # asking for the last line lays out new nodes
            self.move_cursor(self.nodes[place])

    @property
    def chosen(self) -> Place | None:
        return self.cursor_node.data if self.cursor_node is not None else None

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Place | None]) -> None:
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Chosen(event.node.data))
