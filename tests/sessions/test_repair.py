"""A person sends things to a cog and repairs it, the machine running or stopped, and stops one that will not stop."""

import subprocess
from pathlib import Path

import pytest

from .conftest import Opsh

LISTENER = Path(__file__).parent / "listener.sire"


@pytest.fixture
def listener(opsh: Opsh, tmp_path: Path) -> Path:
    assert opsh("boot", "listener", str(LISTENER)).returncode == 0
    config = tmp_path / "home/machines/listener/config.toml"
    config.write_text(config.read_text().replace("[stop]\n# seconds = 5", "[stop]\nseconds = 0.2"))
    return config


@pytest.mark.usefixtures("listener")
def test_a_stopped_machine_hears_and_is_repaired(opsh: Opsh) -> None:
    def done(*words: str) -> str:
        result = opsh(*words)
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr

    assert done("poke", "listener", "1", "a/b", "[1 2]") == "opsh: listener: cog 1 took it, event 2\n"
    done("start", "listener", "--detach")
    assert done("poke", "listener", "1", "/a/b", "3") == "opsh: listener: cog 1 took it, event 3\n"
    done("stop", "listener")
    assert done("logs", "listener", "--bare").splitlines() == ["++ [%got [1 2]]", "++ [%got 3]"]
    assert done("cog", "replace", "listener", "1", str(LISTENER)) == "opsh: listener: cog 1 replaced, event 4\n"
    for words, status, says in (
        (("poke", "listener", "1", "", "5"), 2, "the path is empty"),
        (("poke", "listener", "1", "a", "5"), 1, "cog 1 does not listen there, and the machine is stopped"),
        (("cog", "restart", "listener", "1"), 1, "cog 1 has neither crashed nor timed out"),
        (("cog", "drop", "listener", "7"), 1, "there is no cog 7"),
        (("cog", "drop", "nobody", "1"), 3, "there is no such machine"),
    ):
        result = opsh(*words)
        assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (status, "", 1)
        assert says in result.stderr
    assert done("cog", "drop", "listener", "1") == "opsh: listener: cog 1 dropped, event 5\n"
    assert "all is well" in done("verify", "listener")


def test_a_cog_that_never_comes_back_is_named_when_it_holds_a_stop_up(opsh: Opsh, listener: Path) -> None:
    assert opsh("start", "listener", "--detach").returncode == 0
    with pytest.raises(subprocess.TimeoutExpired):
        opsh("poke", "listener", "1", "a/b", "%spin", timeout=2)
    stopped = opsh("stop", "listener")
    assert stopped.returncode == 0
    held, end = stopped.stderr.splitlines()
    assert held.startswith("opsh: listener: still evaluating cog 1 (for ")
    assert held.endswith(": given up after 0.2 s, to begin again when it is started")
    assert end == "opsh: listener: stopped"
    assert held in (listener.parent / "host.log").read_text()
