"""The console: expressions in, values out, and it lives on whatever happens."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import vm

from .conftest import COUNTER, Opsh

DEFINITION = "= (f x)\n| add x 10\n\n(f 5)\n"


def say(text: str, command: list[str], environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, "sire", *words], env=environment, input=text, capture_output=True, text=True, timeout=120
    )


def test_definitions_and_values_are_printed(command: list[str], environment: dict[str, str]) -> None:
    done = say(f"(add 1 2)\n{DEFINITION}", command, environment)
    assert done.stdout.splitlines() == ["++ 3", "f defined", "++ 15"]
    assert (done.stderr, done.returncode) == ("", 0)


def test_after_an_error_the_console_goes_on(command: list[str], environment: dict[str, str]) -> None:
    done = say("(add 1 2)\n(nosuch 1)\n(add\n(add 3 4)\n", command, environment)
    assert done.stdout.splitlines() == ["++ 3", "++ 7"]
    errors = [line for line in done.stderr.splitlines() if line.startswith("<input>:")]
    assert errors[0].startswith("<input>:2:2: nosuch is not defined")
    assert errors[1].startswith("<input>:3:1: ")
    assert done.returncode == 1


def test_bytes_that_are_no_text_are_an_error_like_others(command: list[str], environment: dict[str, str]) -> None:
    words = [*command, "sire"]
    done = subprocess.run(words, env=environment, input=b"(add 1 \xff)\n(add 1 2)\n", capture_output=True, timeout=120)
    assert done.stdout == b"++ 3\n"
    assert done.stderr.startswith(b"<input>:1:8: unexpected character U+DCFF")
    assert done.returncode == 1


@pytest.mark.parametrize(("expression", "printed"), [("(add 1 2)", "++ 3\n"), ("| add 1 3", "++ 4\n")])
def test_one_expression_is_evaluated_and_printed(opsh: Opsh, expression: str, printed: str) -> None:
    assert opsh("sire", "-e", expression).stdout == printed


def test_a_wrong_expression_ends_with_one(opsh: Opsh) -> None:
    done = opsh("sire", "-e", "(nosuch 1)")
    assert done.returncode == 1
    assert done.stderr.startswith("opsh: <input>:1:2: nosuch is not defined")


def test_a_file_brings_its_names(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "twice.sire").write_text("#### twice <- prelude\n\n:| prelude\n\n= (twice x)\n| add x x\n")
    assert opsh("sire", "twice.sire", "-e", "(twice 21)").stdout == "++ 42\n"


def test_commands_work_from_a_pipe(command: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    seed = tmp_path / "f.seed"
    text = f"{DEFINITION}:hash f\n:save {seed} f\n:law nosuch\n:quit\n(f 6)\n"
    done = say(text, command, environment)
    printed = done.stdout.splitlines()
    assert printed[:2] == ["f defined", "++ 15"]
    assert re.fullmatch(r"[1-9A-HJ-NP-Za-km-z]{43,44}", printed[2])
    assert len(printed) == 4
    assert done.stderr.startswith("<input>:1:1: nosuch is not defined")
    assert done.returncode == 1
    value = vm.load(seed.read_bytes())
    assert isinstance(value, vm.Pin)
    assert vm.hash_text(value.hash) == printed[2]


WRONG = """#### wrong

:| prelude

| trk {hello} 3

=?= 5 | add 2 3
=?= 5 | add 2 2

a=(nosuch 3)
"""


def test_a_batch_sums_up(opsh: Opsh) -> None:
    done = opsh("sire", "--batch", str(COUNTER))
    assert done.returncode == 0
    assert re.fullmatch(
        r"; \d+ modules \(\d+ compiled\), \d+ definitions, \d+ assertions held, 0 failed, \d+ jets matched, [\d.]+ s\n",
        done.stdout.removeprefix("++ [{counter is at} 0]\n"),
    )


def test_a_batch_ends_at_the_first_error_or_tells_them_all(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "wrong.sire").write_text(WRONG)
    first = opsh("sire", "--batch", "wrong.sire")
    assert first.returncode == 1
    assert "wrong.sire:8:1: the two sides are not equal" in first.stderr
    assert "nosuch" not in first.stderr
    both = opsh("sire", "--batch", "--keep-going", "wrong.sire")
    assert both.returncode == 1
    assert "wrong.sire:8:1: the two sides are not equal" in both.stderr
    assert "wrong.sire:10:4: nosuch is not defined" in both.stderr
    said = both.stdout.splitlines()
    assert said[:2] == ["++ %hello", "++ 3"]
    assert ", 1 failed, " in said[2]


def test_editors_get_errors_as_json(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "wrong.sire").write_text(WRONG)
    done = opsh("sire", "--batch", "--keep-going", "--json", "wrong.sire")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["error"]["line"], line["error"]["column"]) for line in lines if "error" in line] == [(8, 1), (10, 4)]
    assert (lines[-1]["failed"], lines[-1]["errors"]) == (1, 2)
    assert done.stderr == ""
    assert json.loads(opsh("sire", "--json", "-e", "(add 2 3)").stdout) == {"text": "++ 5"}


def test_a_law_that_only_has_a_jets_name_is_told_and_may_be_an_error(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "fake.sire").write_text("#### fake\n\n= (_Add x y) y\n")
    assert "not that jet: _Add" in opsh("sire", "--batch", "fake.sire").stderr
    assert opsh("sire", "--batch", "fake.sire").returncode == 0
    assert opsh("sire", "--batch", "--jet-mismatch-crash", "fake.sire").returncode == 1


def test_a_jet_that_gives_way_to_its_law_is_told_and_may_be_an_error(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "way.sire").write_text("#### way\n\n:| prelude\n\n=?= 0 (barLen 7)\n")
    assert "barLen (1)" in opsh("sire", "--batch", "--law-fallback-warn", "way.sire").stderr
    (tmp_path / "way.sire").write_text("#### way\n\n:| prelude\n\n=?= 0 | barLen 7\n")
    assert opsh("sire", "--batch", "--law-fallback-crash", "way.sire").returncode == 1


def test_a_seed_is_saved_and_shown(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "three.sire").write_text("#### three <- prelude\n\n:| prelude\n\n= main\n| add 1 2\n")
    assert opsh("save", "three.seed", "three.sire").returncode == 0
    assert opsh("show", "three.seed").stdout == "3\n"


COUNT = """#### count

:| prelude

= (countBytes n input)
@ m | add n | barLen input
| [b#{.} (countBytes m)]

= main | countBytes 0
"""


def test_what_is_shown_of_a_seed_can_be_read_back(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "count.sire").write_text(COUNT)
    assert opsh("save", "count.seed", "count.sire").returncode == 0
    shown = opsh("show", "count.seed").stdout
    assert "(countBytes a b)=" in shown
    (tmp_path / "count.loot").write_text(shown)
    assert opsh("loot", "count.loot", "--save", "again.seed").returncode == 0
    assert (tmp_path / "again.seed").read_bytes() == (tmp_path / "count.seed").read_bytes()


def test_a_value_is_fed_and_its_next_version_saved(
    opsh: Opsh, command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "count.sire").write_text(COUNT)
    assert opsh("save", "count.seed", "count.sire").returncode == 0
    words = [*command, "repl", str(tmp_path / "count.seed"), "--feed", "--save", str(tmp_path / "next.seed")]
    done = subprocess.run(words, env=environment, input="hello\n", capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.returncode) == ("..", 0)
    assert opsh("show", "next.seed").stdout.endswith("_=(countBytes 6)\n")


def test_a_seed_has_a_console(opsh: Opsh, command: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "seven.seed").write_bytes(vm.save(vm.row([7])))
    words = [*command, "repl", str(tmp_path / "seven.seed")]
    done = subprocess.run(words, env=environment, input="(idx 0 main)\n", capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.returncode) == ("++ 7\n", 0)


def test_loot_tells_errors_with_their_place(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "bad.loot").write_text("(f a)=a\n\n(g 1)\n")
    done = opsh("loot", "bad.loot")
    assert (done.stdout, done.returncode) == ("(f a)=a\n", 1)
    assert done.stderr.startswith("opsh: bad.loot:3:2: g is not defined")


def test_what_is_no_seed_is_refused(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "bad.seed").write_bytes(b"\xff" * 100)
    done = opsh("show", "bad.seed")
    assert done.returncode == 1
    assert done.stderr.startswith("opsh: bad.seed: not a seed: ")
    assert len(done.stderr.splitlines()) == 1
