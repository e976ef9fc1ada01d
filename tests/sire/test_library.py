"""Our own library: every module loads with all its assertions, and its demos are cogs that wait for something."""

from pathlib import Path

import pytest

import vm
from sire import Loader, Module, library_path

MODULES = sorted(file.stem for file in library_path().glob("*.sire"))
DEMOS = sorted((library_path() / "demos").glob("*.sire"))
NOW = 1_700_000_000


@pytest.fixture(scope="module")
def loader() -> Loader:
    return Loader()


@pytest.fixture(scope="module")
def prelude(loader: Loader) -> Module:
    return loader.load(library_path() / "prelude.sire")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_loads_and_its_assertions_hold(loader: Loader, name: str) -> None:
    module = loader.load(library_path() / f"{name}.sire")
    assert module.name == name
    assert module.bindings


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_first_what_it_is_for(name: str) -> None:
    comments = [line for line in (library_path() / f"{name}.sire").read_text().splitlines() if line.startswith(";;;;")]
    assert comments


def answers(requests: list[vm.Value]) -> vm.Value:
    """What a machine would say to these requests."""
    pairs: list[tuple[vm.Value, vm.Value]] = []
    for slot, request in enumerate(requests):
        if isinstance(request, vm.Row):
            match vm.text(vm.nat(request.items[0])):
                case "rand":
                    pairs.append((slot, vm.bar(bytes([slot + 7] * vm.nat(request.items[-1])))))
                case "eval":
                    pairs.append((slot, vm.row([vm.evaluate(*request.items[2:])])))
                case _:
                    pairs.append((slot, NOW))
    return vm.tab(pairs)


@pytest.mark.parametrize("file", DEMOS, ids=lambda file: file.stem)
def test_a_demo_goes_on_for_ever_and_shows_something(loader: Loader, file: Path) -> None:
    cog = loader.load(file).value("main")
    shown: list[vm.Value] = []
    for _ in range(12):
        assert isinstance(cog, vm.App)
        requests = cog.args[-1]
        assert isinstance(requests, vm.Row)
        assert any(requests.items)
        cog = vm.evaluate(cog, answers(requests.items), trk=shown.append)
    assert shown


@pytest.mark.parametrize("name", ["add", "sort", "|", "@", "#datacase", "runCog", "SOME", "barCat"])
def test_the_prelude_offers(prelude: Module, name: str) -> None:
    assert name in prelude.bindings
