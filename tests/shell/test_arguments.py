"""The registry of verbs is what the command line, its help and the manual page say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shell.arguments import overview, parse, verb_help
from shell.errors import ShellError
from shell.verb import Verb
from shell.verbs import VERBS

PAGE = Path(__file__).parents[2] / "man" / "opsh.1"
NAMES = [verb.name for verb in VERBS]


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_every_verb_is_in_the_overview_and_explains_each_argument(verb: Verb) -> None:
    assert f"opsh {verb.name}" in overview()
    text = " ".join(verb_help(verb).split())
    assert verb.summary in text
    for argument in verb.arguments:
        assert " ".join(argument.help.split()) in text


def written(page: str, verb: str) -> str:
    """The synopsis of a verb in the manual page, in the spelling of the registry, short forms first."""
    line = next(line for line in page.splitlines() if line.startswith(f".It Nm Cm {verb}"))
    line = re.sub(r"Fl (\w) \| Fl Fl \w+", r"Fl \1", line)
    words = line.removeprefix(".It Nm Cm ").replace("Fl Fl ", "--").replace("Fl ", "-")
    words = re.sub(r"\bO[po] ", "[", words).replace(" Oc", "]").replace("Ar ", "").replace(" ...", "..")
    return words + "]" * (words.count("[") - words.count("]"))


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_the_manual_page_gives_every_verb_as_the_registry_does(verb: Verb) -> None:
    assert f"opsh {written(PAGE.read_text(), verb.name)}" == verb.synopsis


def test_the_manual_page_lists_no_other_verb() -> None:
    assert re.findall(r"^\.It Nm Cm (\w+)", PAGE.read_text(), re.MULTILINE) == NAMES


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_the_manual_page_is_clean() -> None:
    done = subprocess.run(["mandoc", "-Tlint", "-W", "style", str(PAGE)], capture_output=True, text=True)
    assert [line for line in done.stdout.splitlines() if "referenced manual not found" not in line] == []


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
