"""The completions as a real shell has them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shell.verbs import VERBS

ROOT = Path(__file__).parents[2]

ASK_BASH = """
source "$1"
COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2))
compopt() { :; }
_opsh
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(params=["bash", "zsh", "fish"])
def script(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    file = tmp_path / "completions"
    said = subprocess.run([sys.executable, "-m", "shell.main", "completions", request.param], cwd=ROOT, stdout=-1)
    file.write_bytes(said.stdout)
    for name in ("counter", "dice"):
        (tmp_path / "machines" / name).mkdir(parents=True)
        (tmp_path / "machines" / name / "store.mdb").touch()
    (tmp_path / "program.sire").touch()
    return request.param, file


def complete(shell: str, file: Path, *words: str) -> list[str]:
    """What the shell offers for the last of the words after `opsh`."""
    match shell:
        case "bash":
            command = ["bash", "--norc", "-c", ASK_BASH, "bash", str(file), "opsh", *words]
        case "fish":
            ask = f"source {file}; complete -C {' '.join(['opsh', *words])!r}"
            command = ["fish", "--no-config", "-c", ask]
        case _:
            return zsh(file, words)
    home = {"PATH": "/usr/bin:/bin", "OPSH_HOME": str(file.parent), "HOME": str(file.parent)}
    done = subprocess.run(command, cwd=file.parent, env=home, capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def zsh(file: Path, words: tuple[str, ...]) -> list[str]:
    """zsh completes for its line editor alone: it is given a terminal, and asked to list."""
    ask = f"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; stty columns 1000; bindkey '^I' list-choices; LISTMAX=1000; autoload -Uz compinit"
zpty -w shell "compinit -D -u; source {file}; cd {file.parent}; print RE''ADY"
zpty -r -m shell line "*READY*"
zpty -n -w shell 'opsh {" ".join(words)}'$'\\t'
sleep 1
zpty -n -w shell $'\\x15''print DO''NE'$'\\n'
zpty -r -m shell line "*DONE*"
print -r -- $line
"""
    home = {"PATH": "/usr/bin:/bin", "OPSH_HOME": str(file.parent), "HOME": str(file.parent), "TERM": "dumb"}
    done = subprocess.run(["zsh", "-f", "-c", ask], env=home, capture_output=True, text=True, timeout=30)
    return re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", " ", done.stdout).split()


def test_a_shell_completes_verbs_options_machines_and_files(script: tuple[str, Path]) -> None:
    offered = complete(*script, "")
    assert {verb.name for verb in VERBS} <= set(offered)
    assert {"counter", "dice"} <= set(complete(*script, "logs", ""))
    assert "--follow" in complete(*script, "logs", "counter", "--fo")
    assert {"restart", "replace", "drop"} <= set(complete(*script, "cog", ""))
    assert {"counter", "dice"} <= set(complete(*script, "cog", "restart", ""))
    assert "program.sire" in complete(*script, "boot", "new", "prog")
    assert "counter" not in complete(*script, "boot", "")
