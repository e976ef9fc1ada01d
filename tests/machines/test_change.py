"""What a person does to a cog, of a running machine and of a stopped one: the same events, the same states."""

from pathlib import Path

import pytest

import vm
from machines import cogs, past
from machines.change import change
from machines.config import CONFIG
from machines.errors import MachineError
from machines.lock import Held, Lock
from machines.store import LOG, TRK, Store
from machines.stored import Stored
from tests.machines.programs import asks, counter, crasher, endless, script, shows_again, wait_until, word
from tests.machines.test_host import make, running, until

LISTEN = vm.row([word("poke"), 0, word("poke"), vm.row([word("a"), word("b")])])


def states(directory: Path) -> list[str]:
    with Stored(directory) as stored:
        return [cog["state"] for cog in stored.call("cogs")["cogs"]]


def sound(directory: Path) -> None:
    store = Store(directory, readonly=True)
    assert past.verify(store) == []
    store.close()


def do_all(directory: Path) -> list[int]:
    """Poke a cog, replace it by one that crashes, crash it, restart it, crash it again; the events of that."""
    crash = cogs.program_of(crasher(LISTEN))
    return [
        change(directory, "poke", 1, 42, ["a", "b"], 5),
        change(directory, "replace", 1, crash),
        change(directory, "poke", 1, 1, ["a", "b"], 5),
        change(directory, "restart", 1),
        change(directory, "poke", 1, 1, ["a", "b"], 5),
    ]


@pytest.mark.parametrize("runs", [False, True])
def test_a_cog_is_changed_in_a_machine_that_runs_or_not(tmp_path: Path, runs: bool) -> None:
    directory = make(tmp_path / "m", shows_again(LISTEN))
    if runs:
        with running(directory):
            assert do_all(directory) == [2, 3, 4, 5, 6]
    else:
        assert do_all(directory) == [2, 3, 4, 5, 6]
    assert states(directory) == ["crashed"]
    sound(directory)
    with running(directory) as client:
        assert client.call("status")["event"] == 6
        texts = [entry["text"] for entry in client.call("trk", last=10)["entries"]]
        assert texts == ["[0=42]"]
        assert change(directory, "drop", 1) == 7
    assert change_refused(directory, "drop", 1) == "there is no cog 1"


def test_what_a_stopped_machine_was_told_goes_on_when_it_is_started(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", script(asks(LISTEN), asks(wait_until(1)), asks(wait_until(1 << 40))))
    assert change(directory, "poke", 1, vm.row([5, 6]), ["a", "b"]) == 2
    with running(directory) as client:
        until(client, "status", lambda status: status["durable"] == 3)
        texts = [entry["text"] for entry in client.call("trk", last=10)["entries"]]
    assert texts == ["[0=[5 6]]", "[0=0]"]
    sound(directory)


def change_refused(directory: Path, *what: object) -> str:
    before = Path(directory / "store.mdb").read_bytes()
    with pytest.raises(MachineError) as refusal:
        change(directory, *what)  # type: ignore[arg-type]
    assert Path(directory / "store.mdb").read_bytes() == before
    assert refusal.value.hint
    return refusal.value.message.partition(": ")[2]


def test_what_cannot_be_done_to_a_stopped_machine_changes_nothing(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", counter(LISTEN))
    assert change_refused(directory, "restart", 1) == "cog 1 has neither crashed nor timed out"
    assert change_refused(directory, "drop", 9) == "there is no cog 9"
    assert change_refused(directory, "replace", 9, cogs.program_of(counter())) == "there is no cog 9"
    assert change_refused(directory, "poke", 9, 1, ["a"]) == "there is no cog 9"
    assert "does not listen there" in change_refused(directory, "poke", 1, 1, ["a"])
    lock = Lock(directory)
    with pytest.raises(Held):
        change(directory, "drop", 1)
    lock.release()


def test_a_poke_that_takes_too_long_leaves_a_cog_that_timed_out(tmp_path: Path) -> None:
    directory = make(tmp_path / "m", endless(LISTEN))
    (directory / CONFIG).write_text("[evaluation]\nseconds = 0.2\n")
    assert change(directory, "poke", 1, 1, ["a", "b"]) == 2
    assert states(directory) == ["timed out"]
    store = Store(directory, readonly=True)
    assert (store.last(LOG), store.last(TRK)) == (2, 0)
    store.close()
    sound(directory)
