"""A pane of lines, made for logs: it draws only what is on the screen, however many lines there are.

A line belongs to an entry (a number that grows), and has an entry's time and cog in a gutter of its own. Lines are
appended and prepended in batches. While the pane *follows*, its end stays in view; scrolling back stops that, and the
pane counts what has come since. Text comes in as it is and is made safe here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from shell.output import clock
from shell.safe_text import clip, safe_line

LONGEST = 8_000  # characters of one line that are shown
MARK = -1  # the entry number of a line that is not from the machine


@dataclass(frozen=True, slots=True)
class Line:
    """The `part`th line, counted from 0, of entry `entry`. Text may be anything; time in ns since the epoch."""

    entry: int
    part: int
    time: int
    cog: int
    text: str

    @property
    def shown(self) -> str:
        return clip(safe_line(self.text), LONGEST)


def smart_case(text: str) -> re.Pattern[str] | None:
    """What matches `text`, in any case if there is no capital letter in it. None for an empty text."""
    return re.compile(re.escape(text), re.IGNORECASE if text == text.lower() else 0) if text else None


def broken(text: str, width: int) -> Iterator[str]:
    """An ASCII text in pieces of at most `width` characters, broken after a blank if there is one in the last half."""
    at = 0
    while len(text) - at > width:
        blank = text.rfind(" ", at + width // 2, at + width)
        end = blank + 1 if blank >= 0 else at + width
        yield text[at:end]
        at = end
    yield text[at:]


def mark(text: str, part: int = 0) -> Line:
    """A line of our own between those of the machine."""
    return Line(MARK, part, 0, 0, text)


class LineLog(ScrollView, can_focus=True):
    """See the head of this module. `times`: what is shown of an entry's time (0 nothing, 1 the hour, 2 the day too)."""

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "down", show=False, id="log.down"),
        Binding("k", "scroll_up", "up", show=False, id="log.up"),
        Binding("g,home", "top", "first line", show=False, id="log.top"),
        Binding("G,end", "bottom", "last line", show=False, id="log.bottom"),
        Binding("ctrl+f,space", "page_down", "page down", show=False, id="log.page_down"),
        Binding("ctrl+u", "page_up", "page up", show=False, id="log.page_up"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-log--gutter", "line-log--match", "line-log--found", "line-log--mark"}
    DEFAULT_CSS = """
    LineLog {
        background: $surface;
        color: $foreground;
        scrollbar-size-horizontal: 0;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        overflow-y: scroll;
        & > .line-log--gutter { text-style: dim; }
        & > .line-log--mark { color: $accent; }
        & > .line-log--match { background: $warning 40%; }
        & > .line-log--found { background: $warning; color: $background; }
    }
    """

    times: reactive[int] = reactive(1)
    wrap: reactive[bool] = reactive(True)
    cogs: reactive[bool] = reactive(False)
    following: reactive[bool] = reactive(True)
    behind: reactive[int] = reactive(0)

    class Top(Message):
        """The first line that the pane has is in view, and the reader wants to go on; if `first`, to the very first."""

        def __init__(self, first: bool) -> None:
            super().__init__()
            self.first = first

    class Moved(Message):
        """Following, or the number of lines below the view that came since, has changed."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[Line] = []
        self.rows: list[tuple[int, int, int]] = []  # (index into lines, first character, end), when wrapping
        self.pattern: re.Pattern[str] | None = None
        self.found = -1  # index into lines of the match that the reader went to
        self.widest = 0
        self.epoch = 0
        self.steering = False
        self.strips: LRUCache[tuple[object, ...], Strip] = LRUCache(2048)

    # What the lines are

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines instead of all others, and follow."""
        self.lines = list(lines)
        self.found = -1
        self.behind = 0
        self.following = True
        self.relayout()

    def append(self, lines: Sequence[Line]) -> None:
        """Add lines at the end."""
        if not lines:
            return
        self.lines.extend(lines)
        self.lay_out(len(self.lines) - len(lines))
        self.measure()
        if self.following:
            self.to_end()
        else:
            self.behind += len(lines)

    def prepend(self, lines: Sequence[Line]) -> None:
        """Add lines before the first one; what is in view stays in view."""
        if not lines:
            return
        before = self.height_of_all
        self.lines[:0] = lines
        if self.found >= 0:
            self.found += len(lines)
        self.lay_out(0)
        self.measure()
        self.steer(self.scroll_y + self.height_of_all - before)

    def forget(self, count: int) -> None:
        """Drop the first `count` lines; what is in view stays in view."""
        before = self.height_of_all
        del self.lines[:count]
        self.found = max(-1, self.found - count)
        self.lay_out(0)
        self.measure()
        if not self.following:
            self.steer(max(0, self.scroll_y + self.height_of_all - before))

    # How they lie

    @property
    def gutter_width(self) -> int:
        """Columns of time and cog before the text, the blank after them included."""
        width = (0, 9, 19)[self.times] + (4 if self.cogs else 0)
        return width if width < self.scrollable_content_region.width // 2 else 0

    @property
    def text_width(self) -> int:
        return max(1, self.scrollable_content_region.width - self.gutter_width)

    @property
    def height_of_all(self) -> int:
        return len(self.rows) if self.wrap else len(self.lines)

    def lay_out(self, start: int) -> None:
        """Break the lines from index `start` on into rows."""
        if start == 0:
            self.rows.clear()
            self.widest = 0
        width = self.text_width
        for index in range(start, len(self.lines)):
            text = self.lines[index].text
            if len(text) <= width and text.isascii() and text.isprintable():
                self.rows.append((index, 0, len(text)))
                self.widest = max(self.widest, len(text))
                continue
            shown = self.lines[index].shown
            self.widest = max(self.widest, cell_len(shown))
            at = 0
            for piece in self.pieces(shown, width):
                self.rows.append((index, at, at + len(piece)))
                at += len(piece)

    def pieces(self, text: str, width: int) -> Iterable[str]:
        if not self.wrap or not text:
            return [text]
        return broken(text, width) if text.isascii() else chop_cells(text, width)

    def measure(self) -> None:
        width = self.scrollable_content_region.width if self.wrap else self.widest + self.gutter_width
        self.steering = True
        self.virtual_size = Size(width, self.height_of_all)
        self.steering = False
        self.refresh()

    def relayout(self) -> None:
        """Lay everything out anew: another width, other lines, another gutter."""
        self.epoch += 1
        top = self.rows[int(self.scroll_y)][0] if 0 <= int(self.scroll_y) < len(self.rows) else 0
        self.lay_out(0)
        self.measure()
        if self.following:
            self.to_end()
        else:
            self.to_line(top, middle=False)

    def on_resize(self, event: Resize) -> None:
        self.relayout()

    def watch_times(self) -> None:
        self.relayout()

    def watch_cogs(self) -> None:
        self.relayout()

    def watch_wrap(self) -> None:
        if not self.wrap:
            self.styles.overflow_x = "auto"
        else:
            self.styles.overflow_x = "hidden"
            self.scroll_x = 0
        self.relayout()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.epoch += 1

    # Where the reader is

    def steer(self, y: float) -> None:
        """Scroll without that counting as the reader's own doing."""
        self.steering = True
        self.scroll_to(y=y, animate=False, immediate=True)
        self.steering = False

    def to_end(self) -> None:
        self.steer(self.max_scroll_y)
        # What the layout makes of a new size comes a moment later.
        self.call_after_refresh(self.stay_at_end)

    def stay_at_end(self) -> None:
        if self.following and self.scroll_y < self.max_scroll_y:
            self.steer(self.max_scroll_y)

    def to_line(self, index: int, middle: bool = True) -> None:
        row = self.row_of(index)
        self.steer(max(0, row - (self.size.height // 2 if middle else 0)))

    def read_from(self, index: int) -> None:
        """Bring line `index` to the top, or the end into view if less than a page follows it."""
        self.following = False
        self.to_line(index, middle=False)
        if self.scroll_y >= self.max_scroll_y:
            self.follow()

    def row_of(self, index: int) -> int:
        """The first row of line `index`, by halving."""
        low, high = 0, len(self.rows)
        while low < high:
            half = (low + high) // 2
            if self.rows[half][0] < index:
                low = half + 1
            else:
                high = half
        return low

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.steering:
            return
        if new_value >= self.max_scroll_y:
            self.follow()
        elif new_value < old_value:
            self.following = False
        if new_value == 0 and old_value > 0:
            self.post_message(self.Top(first=False))

    def follow(self) -> None:
        """Keep the end in view from now on."""
        self.following = True
        self.behind = 0

    def watch_following(self) -> None:
        self.post_message(self.Moved())

    def watch_behind(self) -> None:
        self.post_message(self.Moved())

    def action_top(self) -> None:
        self.following = False
        self.steer(0)
        self.post_message(self.Top(first=True))

    def action_bottom(self) -> None:
        self.follow()
        self.to_end()

    def action_toggle_follow(self) -> None:
        if self.following:
            self.following = False
        else:
            self.action_bottom()

    # Search

    def search(self, text: str) -> None:
        """Mark what matches `text` (see smart_case)."""
        self.pattern = smart_case(text)
        self.found = -1
        self.epoch += 1
        self.refresh()

    def find(self, step: int) -> bool:
        """Go to the next match in the direction of `step` (1 or -1), starting over at the end. Whether there is one."""
        if self.pattern is None or not self.lines:
            return False
        count = len(self.lines)
        start = self.found if self.found >= 0 else self.first_in_view - (step > 0)
        for distance in range(1, count + 1):
            index = (start + distance * step) % count
            if self.pattern.search(self.lines[index].shown):
                self.found = index
                self.following = False
                self.epoch += 1
                self.to_line(index)
                self.refresh()
                return True
        return False

    @property
    def first_in_view(self) -> int:
        return self.rows[min(int(self.scroll_y), len(self.rows) - 1)][0] if self.rows else 0

    @property
    def in_view(self) -> list[Line]:
        """The lines of which something is on the screen."""
        first = int(self.scroll_y)
        indexes = dict.fromkeys(row[0] for row in self.rows[first : first + self.size.height])
        return [self.lines[index] for index in indexes]

    @property
    def current(self) -> Line | None:
        """The line that the reader went to by a search, else the last one in view."""
        if 0 <= self.found < len(self.lines):
            return self.lines[self.found]
        seen = self.in_view
        return seen[-1] if seen else None

    # Drawing

    def render_line(self, y: int) -> Strip:
        scroll_x, scroll_y = self.scroll_offset
        row = scroll_y + y
        width = self.size.width
        if not 0 <= row < len(self.rows):
            return Strip.blank(width, self.rich_style)
        index, start, end = self.rows[row]
        line = self.lines[index]
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        name = line.text if line.entry == MARK else line.entry
        key = (name, line.part, start, end, self.epoch, self.has_focus, span)
        strip = self.strips.get(key)
        if strip is None:
            strip = self.draw(index, start, end, span)
            self.strips[key] = strip
        return strip.crop_extend(scroll_x, scroll_x + width, self.rich_style).apply_offsets(scroll_x, row)

    def draw(self, index: int, start: int, end: int, span: tuple[int, int] | None) -> Strip:
        line = self.lines[index]
        base = self.rich_style
        gutter = self.gutter_text(line) if start == 0 else " " * self.gutter_width
        text = line.shown[start:end]
        ours = base + self.get_component_rich_style("line-log--mark", partial=True) if line.entry == MARK else base
        segments = [Segment(gutter, base + self.get_component_rich_style("line-log--gutter", partial=True))]
        segments += self.matches(line, start, end, ours, index == self.found)
        strip = Strip(segments, cell_len(gutter) + cell_len(text))
        if span is not None:
            return self.selected(strip, gutter + text, span)
        return strip

    def matches(self, line: Line, start: int, end: int, base: Style, here: bool) -> list[Segment]:
        """The characters `start` to `end` of a line, with those that match the search set off."""
        shown = line.shown
        if self.pattern is None or line.entry == MARK:
            return [Segment(shown[start:end], base)]
        name = "line-log--found" if here else "line-log--match"
        style = base + self.get_component_rich_style(name, partial=True)
        segments = []
        at = start
        for match in self.pattern.finditer(shown):
            left, right = max(start, match.start()), min(end, match.end())
            if left < right:
                segments += [Segment(shown[at:left], base), Segment(shown[left:right], style)]
                at = right
        return [*segments, Segment(shown[at:end], base)]

    def selected(self, strip: Strip, text: str, span: tuple[int, int]) -> Strip:
        """The strip with the characters in `span` (end -1: all the rest) shown as selected by the mouse."""
        first, last = span
        cells = [0, cell_len(text[:first]), cell_len(text if last == -1 else text[:last])]
        style = self.screen.get_component_rich_style("screen--selection")
        before, inside = strip.crop(0, cells[1]), strip.crop(cells[1], cells[2])
        after = strip.crop(cells[2], strip.cell_length)
        return Strip.join([before, inside.apply_style(style), after])

    def gutter_text(self, line: Line) -> str:
        if not self.gutter_width:
            return ""
        if line.part or line.entry == MARK:
            return " " * self.gutter_width
        parts = [clock(line.time, long=self.times == 2)] if self.times else []
        if self.cogs:
            parts.append(f"{line.cog:>3}")
        return (" ".join(parts) + " ").ljust(self.gutter_width)[: self.gutter_width]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has selected, as it is on the screen."""
        texts = []
        for index, start, end in self.rows:
            line = self.lines[index]
            texts.append((self.gutter_text(line) if start == 0 else " " * self.gutter_width) + line.shown[start:end])
        return selection.extract("\n".join(texts)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()
