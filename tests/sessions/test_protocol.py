"""What opsh-protocol(7) says, held against a machine: its methods, its session, and its client in another language."""

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from machines.methods import METHODS

from .conftest import Opsh

PAGE = (Path(__file__).parents[2] / "man" / "opsh-protocol.7").read_text()
NOTES = """\
#### notes <- prelude

:| prelude

= (notes count k)
| trk [{notes so far} count]
: note < syscall [%poke 0 %poke [%note]]
| trk [{noted} note]
| notes (inc count) k

= (main)
| runCog (notes 0)
"""


@pytest.fixture
def machine(opsh: Opsh, tmp_path: Path) -> Path:
    """A machine that takes notes, and a seed of one."""
    (tmp_path / "notes.sire").write_text(NOTES)
    (tmp_path / "milk.sire").write_text("#### milk <- prelude\n\n:| prelude\n\nmain=[{buy milk} 2]\n")
    for words in (["boot", "notes", "notes.sire", "--start"], ["save", "milk.seed", "milk.sire"]):
        done = opsh(*words)
        assert done.returncode == 0, done.stderr
    return tmp_path / "home" / "machines" / "notes"


def blocks() -> list[str]:
    """The examples of the page, as they are read."""
    return [block.replace("\\e", "\\") for block in re.findall(r"^\.Bd -literal\n(.*?)\.Ed$", PAGE, re.M | re.S)]


def test_the_page_has_every_method_with_its_parameters() -> None:
    asked = re.sub(r"^\.Sh NOTIFICATIONS.*?(?=^\.Sh)", "", PAGE, flags=re.M | re.S)
    found = {name: set(words.split()) - {","} for name, words in re.findall(r"^\.It Ic (\w+) Brq ?(.*)$", asked, re.M)}
    assert found == {name: set(parameters) for name, parameters in METHODS.items()}


def test_the_session_of_the_page_goes_like_that(machine: Path) -> None:
    lines = re.sub(r"\n   ", "", blocks()[0]).splitlines()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(machine / "control.sock"))
        answers = sock.makefile()
        for asked, said in zip(lines[::2], lines[1::2], strict=True):
            sock.sendall(asked.removeprefix("> ").encode() + b"\n")
            answer, written = json.loads(answers.readline()), json.loads(said.removeprefix("< "))
            assert without_times(answer) == without_times(written)


def without_times(value: object) -> object:
    """A message without what is another each time."""
    match value:
        case dict():
            return {name: without_times(part) for name, part in value.items() if name not in ("pid", "started", "time")}
        case list():
            return [without_times(part) for part in value]
    return value


@pytest.mark.parametrize("tool", ["socat", "nc"])
def test_a_shell_script_reads_the_trk_and_pokes(machine: Path, opsh: Opsh, tmp_path: Path, tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    script = blocks()[1]
    if tool == "nc":
        script = re.sub(r"\| socat .*", '| nc -NU "$1/control.sock"', script)
    (tmp_path / "poke.sh").write_text(script)
    command = ["sh", "poke.sh", str(machine), "note", "milk.seed"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    answers = {message["id"]: message["result"] for message in said if "id" in message}
    assert answers[1]["machine"] == "notes"
    assert answers[2]["entries"][0]["text"] == "[{notes so far} 0]"
    assert answers[4] == {"event": 2}
    pushed = [
        entry["text"] for message in said if message.get("method") == "trk" for entry in message["params"]["entries"]
    ]
    assert pushed == ["[%noted [{buy milk} 2]]", "[{notes so far} 1]"]
    assert "[%noted [{buy milk} 2]]" in opsh("logs", "notes").stdout
