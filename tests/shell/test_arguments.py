"""The registry of verbs is what the command line, its help and the manual page say."""

import re
import shlex
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest

from shell.arguments import overview, parse, verb_help
from shell.errors import ShellError
from shell.manual import page, with_overview
from shell.verb import Verb
from shell.verbs import VERBS

MANUAL = Path(__file__).parents[2] / "man"
ELSEWHERE = {"flock", "nc", "socat", "unix"}
NAMES = [verb.name for verb in VERBS]


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_every_verb_is_in_the_overview_and_explains_each_argument(verb: Verb) -> None:
    assert f"opsh {verb.name}" in overview()
    text = " ".join(verb_help(verb).split())
    assert verb.summary in text
    for argument in verb.arguments:
        assert " ".join(argument.help.split()) in text


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_every_verb_says_what_it_does_with_examples_that_can_be_parsed(verb: Verb) -> None:
    assert verb.help
    assert any(f"opsh {verb.name}" in command for command, _ in verb.examples)
    for command, _ in verb.examples:
        tokens = list(shlex.shlex(command, posix=True, punctuation_chars=True))
        words = list(takewhile(lambda word: word not in ("|", "<", ")"), tokens[tokens.index("opsh") + 1 :]))
        parse(words)
    known = {f"opsh-{name}(1)" for name in NAMES} | {f"{page.stem}(7)" for page in MANUAL.glob("*.7")}
    assert set(verb.see.split()) <= known


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_every_verb_has_a_page_that_is_current(verb: Verb) -> None:
    assert (MANUAL / f"opsh-{verb.name}.1").read_text() == page(verb), "`make docs` writes it"


def test_there_is_a_page_for_no_other_verb_and_the_overview_lists_them_all() -> None:
    assert {page.stem for page in MANUAL.glob("opsh-*.1")} == {f"opsh-{name}" for name in NAMES}
    overview = (MANUAL / "opsh.1").read_text()
    assert with_overview(overview) == overview, "`make docs` writes it"


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_the_manual_is_clean_and_refers_to_pages_that_there_are() -> None:
    pages = sorted(MANUAL.glob("*.[17]"))
    ours = [str(path) for path in pages if path.name.startswith("opsh")]
    for level, paths in (("style", ours), ("warning", [str(path) for path in pages])):
        done = subprocess.run(["mandoc", "-Tlint", "-W", level, *paths], capture_output=True, text=True)
        assert [line for line in done.stdout.splitlines() if "referenced manual not found" not in line] == []
    for path in pages:
        for name, section in re.findall(r"^\.(?:It )?Xr (\S+) (\d)", path.read_text(), re.MULTILINE):
            assert (MANUAL / f"{name}.{section}").exists() or name in ELSEWHERE, f"{path.name}: {name}({section})"


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_every_verb_has_a_handler(verb: Verb) -> None:
    assert callable(verb.function())


def test_options_may_stand_anywhere() -> None:
    _, before = parse(["logs", "-n", "3", "--bare", "counter"])
    _, after = parse(["logs", "counter", "--bare", "--last", "3"])
    assert before == after
    assert (before.machine, before.last, before.bare, before.follow) == ("counter", 3, True, False)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["frob"], "frob: no such verb"),
        (["strat", "x"], "strat: no such verb"),
        (["logs"], "logs: the following arguments are required: MACHINE"),
        (["logs", "x", "--nope"], "logs: there is no option --nope"),
        (["logs", "x", "-n", "-1"], "logs: argument -n/--last: '-1' is not a number"),
        (["inspect", "x", "one"], "inspect: argument COG: 'one' is not a number"),
    ],
)
def test_bad_usage_says_what_is_wrong_and_ends_with_two(words: list[str], complaint: str) -> None:
    with pytest.raises(ShellError) as caught:
        parse(words)
    assert caught.value.message == complaint
    assert caught.value.status == 2


def test_a_verb_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(ShellError) as caught:
        parse(["strat", "x"])
    assert caught.value.hint == "did you mean `opsh start`?"
