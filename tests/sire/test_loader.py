"""Loading: which files, in which order, and what is kept."""

import multiprocessing
from pathlib import Path

import pytest

from sire import Loader, Session, SireError


def write(folder: Path, **modules: str) -> None:
    for name, text in modules.items():
        (folder / f"{name}.sire").write_text(text)


def test_modules_are_found_by_their_imports(tmp_path: Path):
    (tmp_path / "path").mkdir()
    write(tmp_path, top="#### top\n\n:| left\n:| right\n\n= x | left right\n", left="#### left\n\n= left 3\n")
    write(tmp_path / "path", right="#### right\n\n:| under\n\n= right under\n", under="#### under\n\n= under 5\n")
    assert Loader([tmp_path / "path"]).load(tmp_path / "top.sire").value("x") == 6


def test_a_file_may_have_another_name_than_its_module(tmp_path: Path):
    write(tmp_path, counter="#### demo\n\n= x 3\n")
    assert Loader().load(tmp_path / "counter.sire").name == "demo"


def test_an_import_must_be_the_module_that_it_says(tmp_path: Path):
    write(tmp_path, a="#### a\n\n:| b\n", b="#### c\n")
    with pytest.raises(SireError, match="not the module b"):
        Loader().load(tmp_path / "a.sire")


def test_a_module_goes_on_from_the_one_before(tmp_path: Path):
    write(tmp_path, a="#### a\n\n= x 3\n", b="#### b <- a\n\n= y 4\n", c="#### c <- b\n\n:| a\n\n= z | 3 x\n")
    assert Loader().load(tmp_path / "c.sire").value("z") == 4


def test_modules_that_import_each_other_are_an_error_that_shows_the_circle(tmp_path: Path):
    write(tmp_path, a="#### a\n\n:| b\n", b="#### b\n\n:| c\n", c="#### c\n\n:| a\n")
    with pytest.raises(SireError, match="a -> b -> c -> a"):
        Loader().load(tmp_path / "a.sire")


def test_the_names_to_import_can_be_chosen(tmp_path: Path):
    write(tmp_path, a="#### a\n\n= x 3\n= y 4\n", b="#### b\n\n:| a [x]\n\n= z x\n", c="#### c\n\n:| a [x]\n\n= z y\n")
    assert Loader().load(tmp_path / "b.sire").value("z") == 3
    with pytest.raises(SireError, match="y is not defined") as caught:
        Loader().load(tmp_path / "c.sire")
    assert any("in the module a" in note for note in caught.value.notes)


def test_an_import_within_another_form_is_found(tmp_path: Path):
    write(tmp_path, a="#### a\n\n= x 3\n", b="#### b\n\n* (:| a)\n\n= y | 3 x\n")
    folder = tmp_path / "cache"
    assert Loader(cache=folder).load(tmp_path / "b.sire").value("y") == 4
    write(tmp_path, a="#### a\n\n= x 7\n")
    assert Loader(cache=folder).load(tmp_path / "b.sire").value("y") == 8


PAIR = {"a": "#### a\n\n= (f x) | x x\n\n= k 3\n", "b": "#### b\n\n:| a\n\n= y | 3 k\n\n= (g x) | f (f x)\n"}


def compiled(folder: Path, cache: Path | None) -> list[str]:
    """Which modules had to be compiled."""
    names: list[str] = []
    loader = Loader(cache=cache, progress=lambda name, done, total: names.append(name) if done == total else None)
    module = loader.load(folder / "b.sire")
    assert module.value("y") == 4
    return names


def test_a_second_load_compiles_nothing(tmp_path: Path):
    write(tmp_path, **PAIR)
    assert compiled(tmp_path, tmp_path / "cache") == ["a", "b"]
    assert compiled(tmp_path, tmp_path / "cache") == []


def test_only_what_changed_is_compiled_again(tmp_path: Path):
    write(tmp_path, **PAIR)
    compiled(tmp_path, tmp_path / "cache")
    write(tmp_path, b=PAIR["b"] + "\n= z 9\n")
    assert compiled(tmp_path, tmp_path / "cache") == ["b"]
    write(tmp_path, a=PAIR["a"] + "\n= z 9\n")
    assert compiled(tmp_path, tmp_path / "cache") == ["a", "b"]


def test_a_cached_module_is_the_module(tmp_path: Path):
    write(tmp_path, **PAIR)
    cold = Loader(cache=tmp_path / "cache").load(tmp_path / "b.sire")
    warm = Loader(cache=tmp_path / "cache").load(tmp_path / "b.sire")
    assert warm.scope.hash == cold.scope.hash
    assert list(warm.bindings) == list(cold.bindings)
    write(tmp_path, c="#### c\n\n:| b\n\n= h | g\n")
    uncached = Loader().load(tmp_path / "c.sire").scope.hash
    assert Loader(cache=tmp_path / "cache").load(tmp_path / "c.sire").scope.hash == uncached


@pytest.mark.parametrize("damage", ["truncated", "changed", "empty", "gone"])
def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path, damage: str):
    write(tmp_path, **PAIR)
    compiled(tmp_path, tmp_path / "cache")
    for file in (tmp_path / "cache").iterdir():
        data = file.read_bytes()
        if damage == "gone":
            file.unlink()
        else:
            middle = len(data) // 2
            changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            file.write_bytes({"truncated": data[:-5], "changed": changed, "empty": b""}[damage])
    assert compiled(tmp_path, tmp_path / "cache") == ["a", "b"]
    assert compiled(tmp_path, tmp_path / "cache") == []


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path):
    write(tmp_path, **PAIR)
    (tmp_path / "file").write_text("")
    assert compiled(tmp_path, tmp_path / "file" / "cache") == ["a", "b"]


def load_many(folder: Path) -> None:
    for _ in range(5):
        compiled(folder, folder / "cache")


def test_processes_may_share_a_cache(tmp_path: Path):
    write(tmp_path, **PAIR)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=load_many, args=(tmp_path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert compiled(tmp_path, tmp_path / "cache") == []


def test_a_changed_source_is_seen_by_the_same_loader(tmp_path: Path):
    write(tmp_path, **PAIR)
    loader = Loader()
    assert loader.load(tmp_path / "b.sire").value("y") == 4
    write(tmp_path, a=PAIR["a"].replace("3", "8"))
    assert loader.load(tmp_path / "b.sire").value("y") == 9


def test_a_session_loads_files_and_goes_on_after_errors(tmp_path: Path):
    write(tmp_path, **PAIR)
    session = Session(Loader())
    session.load(tmp_path / "b.sire")
    assert session.evaluate("| 3 y") == ["++ 5"]
    with pytest.raises(SireError):
        session.evaluate("= z | 3 y\n\n| nowhere")
    assert session.evaluate("z") == ["++ 5"]
    assert {"y", "g", "z"} <= set(session.names)
