"""Verbs about the evaluator: profiles, and the table of jets."""

import json
from pathlib import Path

import pytest

import vm
from shell.arguments import parse
from shell.profile import Profile

COUNT = "= (count n)\n| if (eql n 0) 0\n| inc (count (sub n 1))\n"


def opsh(*words: str) -> int:
    verb, arguments = parse(list(words))
    return verb.run(arguments)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPSH_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "counting.sire"
    file.write_text(f"#### counting\n\n:| fan\n:| nat\n:| cmp\n:| bit\n\n{COUNT}\nmain=(count 40000)\n")
    return file


def test_a_profile_tells_which_law_took_the_time(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace.json"
    assert opsh("profile", str(program), "--output", str(trace)) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["SELF", "s", "%", "TOTAL", "s", "%", "LAW"]
    assert "count" in [line.split()[-1] for line in table[1:6]]
    written = json.loads(trace.read_text())
    (profile,) = written["profiles"]
    names = [frame["name"] for frame in written["shared"]["frames"]]
    assert written["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert set(written) == {"$schema", "exporter", "name", "shared", "profiles"}
    assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples", "weights"}
    assert (profile["type"], profile["unit"], profile["startValue"]) == ("sampled", "seconds", 0)
    assert len(profile["samples"]) == len(profile["weights"])
    assert all(0 <= number < len(names) for sample in profile["samples"] for number in sample)
    assert "count" in {names[number] for sample in profile["samples"] for number in sample}
    assert profile["endValue"] == pytest.approx(sum(profile["weights"]))


def test_an_expression_is_profiled_with_the_names_of_a_file(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert opsh("profile", str(program), "-e", "(count 30000)", "-o", str(tmp_path / "trace.json")) == 0
    assert "++ 30000" in capsys.readouterr().out


def test_nothing_is_watched_once_a_profile_is_done() -> None:
    seen = Profile()
    vm.observe(seen)
    vm.observe(None)
    vm.evaluate(vm.law(0, 1, 1), 5)
    assert seen.samples == []


def test_equal_stacks_in_a_row_are_one_sample() -> None:
    profile = Profile()
    profile.add(("f", "g"), 1.0)
    profile.add(("f", "g"), 2.0)
    profile.add(("f",), 4.0)
    assert profile.samples == [(("f", "g"), 3.0), (("f",), 4.0)]
    assert profile.costs() == [("f", 4.0, 7.0), ("g", 3.0, 3.0)]


def test_jets_are_listed_with_all_their_hashes(capsys: pytest.CaptureFixture[str]) -> None:
    assert opsh("jets", "--json") == 0
    jets = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    table = vm.jets.names()
    assert [jet["name"] for jet in jets] == list(table)
    for jet in jets:
        assert [vm.parse_hash(text) for text in jet["hashes"]] == table[jet["name"]][0]
        assert jet["native"] == (jet["name"] in vm.jets.NATIVE)
        assert not jet["native"] or jet["arity"] == vm.jets.NATIVE[jet["name"]].arity


def test_a_checked_jet_is_compared_with_its_law(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPSH_CACHE", str(tmp_path))
    (tmp_path / "prelude.sire").write_text("#### prelude\n\n:| nat\n")
    assert opsh("jets", "_Add", "--check", "--json", "--path", str(tmp_path), "--examples", "20") == 0
    (report,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert report["name"] == "_Add"
    assert report["laws"] == 1
    assert 10 <= report["compared"] <= report["inputs"] == 20
    assert report["difference"] is None
