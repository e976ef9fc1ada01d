"""The console: expressions in, values out, and it lives on whatever happens."""

import subprocess
from pathlib import Path

import pytest

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


def test_a_batch_opens_no_console(opsh: Opsh) -> None:
    assert opsh("sire", "--batch", str(COUNTER)).returncode == 0


def test_a_seed_is_saved_and_shown(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "three.sire").write_text("#### three <- prelude\n\n:| prelude\n\n= main\n| add 1 2\n")
    assert opsh("save", "three.seed", "three.sire").returncode == 0
    assert opsh("show", "three.seed").stdout == "3\n"


def test_what_is_no_seed_is_refused(opsh: Opsh, tmp_path: Path) -> None:
    (tmp_path / "bad.seed").write_bytes(b"\xff" * 100)
    done = opsh("show", "bad.seed")
    assert done.returncode == 1
    assert done.stderr.startswith("opsh: bad.seed: not a seed: ")
    assert len(done.stderr.splitlines()) == 1
