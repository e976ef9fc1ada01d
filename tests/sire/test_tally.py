"""What a loader counts, what it shows, and how it goes on after what is wrong."""

from pathlib import Path

from sire import Loader, SireError, library_path

GOOD = "#### good\n\n= (f x) | x x\n\nk=3\n\n=?= k 3\n=?= k | 2 k k k\n\n(3 k)\n"
BAD = """#### bad

:| good

a=(nosuch 1)

b=(3

=?= k 4

c=(3 k)
"""


def load(folder: Path, name: str, text: str, loader: Loader) -> list[str]:
    """What was wrong."""
    (folder / f"{name}.sire").write_text(text)
    errors: list[SireError] = []
    loader.failed = errors.append
    loader.load(folder / f"{name}.sire")
    return [f"{error.line}:{error.column} {error.message}" for error in errors]


def test_definitions_and_assertions_are_counted_and_kept_with_the_module(tmp_path: Path) -> None:
    for _ in ("cold", "warm"):
        loader = Loader(cache=tmp_path / "cache")
        assert load(tmp_path, "good", GOOD, loader) == []
        (module,) = loader.done.values()
        assert (module.tally.definitions, module.tally.assertions, module.tally.failed) == (2, 2, 0)


def test_jets_are_known_by_their_hash_not_by_their_name(tmp_path: Path) -> None:
    loader = Loader()
    load(tmp_path, "jets", "#### jets\n\n:| nat\n\n= (_Add x y) x\n", loader)
    tallies = {module.name: module.tally for module in loader.done.values()}
    assert "_Add" in tallies["nat"].jets
    assert (tallies["jets"].jets, tallies["jets"].unlike) == ([], ["_Add"])


def test_everything_that_is_wrong_is_told(tmp_path: Path) -> None:
    load(tmp_path, "good", GOOD, Loader())
    loader = Loader()
    assert load(tmp_path, "bad", BAD, loader) == [
        "7:3 this ( is not closed on its line",
        "5:4 nosuch is not defined",
        "9:1 the two sides are not equal",
    ]
    bad = next(module for module in loader.done.values() if module.name == "bad")
    assert bad.value("c") == 4
    assert bad.tally.failed == 1


def test_a_module_with_something_wrong_is_never_kept_nor_what_stands_on_it(tmp_path: Path) -> None:
    load(tmp_path, "good", GOOD, Loader())
    load(tmp_path, "bad", BAD, Loader())
    for _ in range(2):
        loader = Loader(cache=tmp_path / "cache")
        assert len(load(tmp_path, "top", "#### top\n\n:| bad\n\nd=(3 c)\n", loader)) == 3
        kept = {module.name: module.whole for module in loader.done.values()}
        assert kept == {"good": True, "bad": False, "top": False}


def test_only_the_file_itself_is_heard(tmp_path: Path) -> None:
    said: list[str] = []
    load(tmp_path, "loud", GOOD.replace("good", "loud"), Loader())
    loader = Loader(trk=said.append)
    (tmp_path / "top.sire").write_text("#### top\n\n:| loud\n\n(3 (3 k))\n")
    loader.load(tmp_path / "top.sire", show=True)
    assert said == ["++ 5"]


def test_the_library_has_a_law_for_most_jets_and_no_law_that_only_has_the_name() -> None:
    loader = Loader()
    loader.load(library_path() / "nat.sire")
    assert all(not module.tally.unlike for module in loader.done.values())
