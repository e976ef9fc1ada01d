"""config.toml: what it sets is set, and what it should not say is said to be wrong."""

from pathlib import Path

import pytest

from machines import config
from machines.errors import MachineError
from tests.machines.programs import asks, endless, wait_until
from tests.machines.test_host import make, running, until


def test_without_a_file_all_is_as_usual(tmp_path: Path) -> None:
    assert config.read(tmp_path) == config.Config()


def test_what_the_file_says_is_set_and_the_rest_is_as_usual(tmp_path: Path) -> None:
    (tmp_path / config.CONFIG).write_text("[evaluation]\nseconds = 0.5\nworkers = 3\n[snapshot]\nevents = 7\n")
    found = config.read(tmp_path)
    assert (found.limits.time, found.workers, found.snapshot_events) == (500_000_000, 3, 7)
    assert found.limits.memory == config.Config().limits.memory


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nonsense", "config.toml"),
        ("[weather]\n", "weather"),
        ("[evaluation]\nsecond = 1\n", "second"),
        ("[evaluation]\nseconds = 'x'\n", "above 0"),
        ("[evaluation]\nseconds = -1\n", "above 0"),
        ("evaluation = 5\n", "evaluation"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / config.CONFIG).write_text(text)
    with pytest.raises(MachineError, match=word):
        config.read(tmp_path)


def test_a_machine_keeps_to_its_time_limit(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", endless(asks(wait_until(1)).items[0]))  # type: ignore[attr-defined]
    (directory / config.CONFIG).write_text("[evaluation]\nseconds = 0.2\n")
    with running(directory) as client:
        until(client, "cogs", lambda answer: answer["cogs"][0]["state"] == "timed out")
        assert "gave up after 0.2" in client.call("cogs")["cogs"][0]["error"]
