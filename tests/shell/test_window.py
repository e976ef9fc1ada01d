"""The window, driven by keys, on fake machines that speak the real protocol over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from shell.app import Window
from shell.dialogs import Confirm, Help
from shell.machine_tree import Place
from shell.prompt import Prompt

from .conftest import Hosts
from .fake_host import cog

PATIENCE = 10.0


@asynccontextmanager
async def window(width: int = 100, height: int = 30) -> AsyncIterator[tuple[Window, Pilot[None]]]:
    shown = Window()
    async with shown.run_test(size=(width, height), notifications=True) as pilot:
        yield shown, pilot


async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
    """Let the window work until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.01)
            await pilot.pause()


def screen(shown: Window) -> list[str]:
    """What is on the screen, as text."""
    return ["".join(segment.text for segment in strip) for strip in shown.screen._compositor.render_strips()]


def text(shown: Window) -> str:
    return "\n".join(screen(shown))


def place(home: Path, name: str, number: int | None = None) -> Place:
    return Place(home / "machines" / name, number)


async def test_the_trk_of_the_first_machine_is_shown_and_goes_on(host: Hosts) -> None:
    machine = host("counter")
    machine.say("[{counter is at} 0]", "[{counter is at} 1]")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "[{counter is at} 1]" in text(shown))
        machine.say("[{counter is at} 2]")
        await until(pilot, lambda: "[{counter is at} 2]" in text(shown))


async def test_machines_and_their_cogs_are_on_the_left(home: Path, host: Hosts) -> None:
    machine = host("dice")
    (home / "machines" / "quiet").mkdir(parents=True)
    (home / "machines" / "quiet" / "store.mdb").touch()
    async with window() as (shown, pilot):
        await until(pilot, lambda: "● dice" in text(shown) and "quiet" in text(shown))
        machine.set_cogs(cog(0, "running", "%rand %byte 4"), cog(1, "crashed"))
        await until(pilot, lambda: "▸ 0 %rand %byte 4" in text(shown) and "✗ 1 crashed" in text(shown))


async def test_what_is_said_elsewhere_is_counted_until_it_is_looked_at(home: Path, host: Hosts) -> None:
    host("counter").say("here")
    other = host("dice")
    other.say("there 0")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "here" in text(shown) and "● dice" in text(shown))
        other.say("there 1", "there 2")
        await until(pilot, lambda: "dice +2" in text(shown))
        assert "there 2" not in text(shown)
        shown.machine_tree.choose(place(home, "dice"))
        await until(pilot, lambda: "there 2" in text(shown) and "dice +2" not in text(shown))


async def test_what_came_while_no_window_was_open_is_marked(host: Hosts) -> None:
    machine = host("counter")
    machine.say("old")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "old" in text(shown))
    machine.say("new 1", "new 2")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "new 2" in text(shown))
        lines = screen(shown)
        mark = next(row for row, line in enumerate(lines) if "since you were last here: 2 entries" in line)
        assert "old" in lines[mark - 1]
        assert "new 1" in lines[mark + 1]


async def test_scrolling_back_stops_following_until_f(host: Hosts) -> None:
    machine = host("counter")
    machine.say(*[f"line {number}" for number in range(100)])
    async with window() as (shown, pilot):
        await until(pilot, lambda: "line 99" in text(shown))
        await pilot.press("2", "k", "k", "k")
        await until(pilot, lambda: "line 99" not in text(shown))
        machine.say("line 100", "line 101")
        await until(pilot, lambda: "+2 new" in text(shown))
        assert "line 101" not in text(shown)
        await pilot.press("f")
        await until(pilot, lambda: "line 101" in text(shown) and "following" in text(shown))


async def test_the_first_line_can_be_reached_however_long_the_trk_is(host: Hosts) -> None:
    host("counter").say(*[f"line {number}." for number in range(2500)])
    async with window() as (shown, pilot):
        await until(pilot, lambda: "line 2499." in text(shown))
        await pilot.press("2", "g")
        await until(pilot, lambda: "line 0." in text(shown))
        numbers = [line.entry for line in shown.trk.log_lines.lines]
        assert numbers == list(range(1, 2501))


async def test_a_search_goes_to_the_match_and_keeps_its_context(host: Hosts) -> None:
    host("counter").say(*[f"line {number}" for number in range(500)])
    async with window() as (shown, pilot):
        await until(pilot, lambda: "line 499" in text(shown))
        await pilot.press("slash", *"LINE 123".lower(), "enter")
        await until(pilot, lambda: "line 123" in text(shown))
        assert "line 122" in text(shown)
        assert "line 124" in text(shown)
        await pilot.press("escape")
        assert not shown.query_one("#trk-search", Input).display


async def test_a_filter_shows_only_the_entries_that_match(host: Hosts) -> None:
    machine = host("counter")
    machine.say(*[f"line {number}" for number in range(50)])
    async with window() as (shown, pilot):
        await until(pilot, lambda: "line 49" in text(shown))
        await pilot.press("ampersand", *"line 4", "enter")
        await until(pilot, lambda: "line 39" not in text(shown))
        machine.say("line 50", "line 51", "Line 400")
        await until(pilot, lambda: "Line 400" in text(shown))
        assert [line.text for line in shown.trk.log_lines.lines] == [
            "line 4",
            *[f"line {n}" for n in range(40, 50)],
            "Line 400",
        ]
        await pilot.press("ampersand", *["backspace"] * 6, "enter")
        await until(pilot, lambda: "line 51" in text(shown))


async def test_stopping_asks_and_enter_does_not_do_it(host: Hosts) -> None:
    machine = host("counter")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "● counter" in text(shown))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(shown.screen, Confirm))
        assert "opsh stop counter?" in text(shown)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(shown.screen, Confirm))
        assert "stop" not in [method for method, _ in machine.asked]


async def test_stopping_stops_after_yes(host: Hosts) -> None:
    machine = host("counter")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "● counter" in text(shown))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(shown.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "stop" in [method for method, _ in machine.asked])
        await until(pilot, lambda: "● counter" not in text(shown))


async def test_a_verb_can_be_typed_and_its_output_is_shown(host: Hosts) -> None:
    host("counter")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "● counter" in text(shown))
        await pilot.press("colon", *"cogs counter", "enter")
        await until(pilot, lambda: "$ opsh cogs counter" in text(shown) and "WAITS FOR" in text(shown))
        await pilot.press("escape")
        await until(pilot, lambda: "WAITS FOR" not in text(shown))


async def test_a_slip_in_a_verb_is_told(host: Hosts) -> None:
    async with window() as (shown, pilot):
        await pilot.press("colon", *"strat counter", "enter")
        await until(pilot, lambda: "did you mean `opsh start`?" in text(shown))


async def test_the_prompt_completes_machines_and_remembers(host: Hosts) -> None:
    host("counter")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "● counter" in text(shown))
        await pilot.press("colon", *"cogs cou")
        prompt = shown.query_one(Prompt)
        await until(pilot, lambda: prompt._suggestion == "cogs counter")
        await pilot.press("tab")
        assert prompt.value == "cogs counter"
        await pilot.press("enter", "colon", "up")
        assert prompt.value == "cogs counter"


async def test_a_machine_that_hangs_up_is_shown_and_found_again(host: Hosts) -> None:
    machine = host("counter")
    machine.say("before")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "before" in text(shown))
        machine.drop_listeners()
        machine.say("while away")
        await until(pilot, lambda: "while away" in text(shown) and "● counter" in text(shown))
        assert "before" in text(shown)
        assert [line.text for line in shown.trk.log_lines.lines] == ["before", "while away"]


async def test_a_gap_is_filled(host: Hosts) -> None:
    machine = host("counter")
    machine.say("zero")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "zero" in text(shown))
        machine.forget_to_push = True
        machine.say("one", "two")
        machine.forget_to_push = False
        machine.gap(2, 4)
        machine.say("three")
        await until(pilot, lambda: "three" in text(shown))
        assert [line.text for line in shown.trk.log_lines.lines] == ["zero", "one", "two", "three"]


@pytest.mark.parametrize("hostile", ["\x1b]0;owned\x07", "[/red] [bold", "\x9b2J", "\u202eabc"])
async def test_nothing_that_a_machine_says_is_obeyed(host: Hosts, hostile: str) -> None:
    machine = host("counter")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "● counter" in text(shown))
        machine.say(f"<{hostile}>")
        machine.set_cogs(cog(0, "running", hostile))
        await until(pilot, lambda: "<" in text(shown))
        shown.tell(hostile)
        shown.trk.set_state("lost", hostile)
        shown.record("ps", f"{hostile}\ud800", wrong=True)
        await pilot.pause()
        for char in ("\x1b", "\x07", "\x9b", "\u202e", "\ud800"):
            assert char not in text(shown)


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (200, 60)])
async def test_every_size_shows_the_trk_and_the_keys(host: Hosts, size: tuple[int, int]) -> None:
    host("counter").say("[{counter is at} 7]")
    async with window(*size) as (shown, pilot):
        await until(pilot, lambda: "● counter" in text(shown))
        await pilot.press("2")
        await until(pilot, lambda: "[{counter is at} 7]" in text(shown))
        lines = screen(shown)
        assert len(lines) == size[1]
        assert "help" in lines[-1]
        if size[0] >= 60:
            assert "● counter" in text(shown)


async def test_help_lists_the_keys_and_goes_away(home: Path) -> None:
    async with window() as (shown, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(shown.screen, Help))
        assert "start the chosen machine" in text(shown)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(shown.screen, Help))


async def test_a_home_without_machines_says_how_to_make_one(home: Path) -> None:
    async with window() as (shown, pilot):
        await until(pilot, lambda: "boots one from a Sire file" in text(shown))
        assert "no machine yet" in str(shown.query_one("#trk-head", Static).content)


async def test_a_cog_that_is_chosen_shows_its_own_trk_only(home: Path, host: Hosts) -> None:
    machine = host("dice")
    machine.set_cogs(cog(0), cog(1))
    machine.say("from zero", cog=0)
    machine.say("from one", cog=1)
    async with window() as (shown, pilot):
        await until(pilot, lambda: "from zero" in text(shown) and "▸ 1" in text(shown))
        shown.machine_tree.choose(place(home, "dice", 1))
        await until(pilot, lambda: "from zero" not in text(shown))
        machine.say("more from zero", cog=0)
        machine.say("more from one", cog=1)
        await until(pilot, lambda: "more from one" in text(shown))
        assert "more from zero" not in text(shown)


async def test_leaving_stops_no_machine(host: Hosts) -> None:
    machine = host("counter")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "● counter" in text(shown))
        await pilot.press("q")
    assert "stop" not in [method for method, _ in machine.asked]


async def test_a_host_that_was_killed_leaves_a_stopped_machine(home: Path, host: Hosts) -> None:
    machine = host("counter")
    machine.say("last words")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "last words" in text(shown))
        machine.close()
        (home / "machines" / "counter" / "control.sock").touch()  # what a killed host leaves behind
        await until(pilot, lambda: "● counter" not in text(shown))
        assert "last words" in text(shown)
        (home / "machines" / "counter" / "control.sock").unlink()
        host("counter").say("last words", "back again")
        await until(pilot, lambda: "back again" in text(shown) and "● counter" in text(shown))
        assert [line.text for line in shown.trk.log_lines.lines] == ["last words", "back again"]


async def test_of_very_much_that_is_new_the_end_is_shown_and_the_rest_is_above(host: Hosts) -> None:
    machine = host("counter")
    machine.say("old")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "old" in text(shown))
    machine.say(*[f"new {number}" for number in range(7000)])
    async with window() as (shown, pilot):
        await until(pilot, lambda: "new 6999" in text(shown))
        lines = shown.trk.log_lines.lines
        assert lines[0].text == "── since you were last here: 7,000 entries, 2,000 of them above ──"
        assert [line.entry for line in lines[1:]] == list(range(2002, 7002))


async def test_the_first_words_of_a_silent_machine_are_unread(home: Path, host: Hosts) -> None:
    host("counter").say("here")
    silent = host("silent")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "here" in text(shown) and "● silent" in text(shown))
        silent.say("at last", "I speak")
        await until(pilot, lambda: "silent +2" in text(shown))


async def test_what_never_ends_is_not_begun_in_the_window(host: Hosts) -> None:
    host("counter")
    async with window() as (shown, pilot):
        await pilot.press("colon", *"logs counter -f", "enter")
        await until(pilot, lambda: "wants a terminal of its own" in text(shown))


async def test_what_the_mouse_selects_can_be_copied(host: Hosts) -> None:
    host("counter").say("first words", "second words")
    async with window() as (shown, pilot):
        await until(pilot, lambda: "second words" in text(shown))
        pane = shown.trk.log_lines
        start = pane.gutter_width + 1
        await pilot.mouse_down(pane, offset=(start + 6, 0))
        await pilot.hover(pane, offset=(start + 6, 1))
        await pilot.mouse_up(pane, offset=(start + 6, 1))
        selected = shown.screen.get_selected_text() or ""
        assert selected.startswith("words\n")
        assert selected.rstrip().endswith("second")
