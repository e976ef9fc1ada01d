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


POKED = vm.row([vm.utf8("rent"), vm.utf8("700")])
VISITED = vm.row([7, vm.utf8("POST"), vm.bar(b"/"), vm.row([]), vm.pin(vm.bar(b"name=Ada&text=Hi"))])
SAID = {
    "bank": {"the bank holds", "in all"},
    "chat": {"comes in as cog", "says"},
    "count_up": {"counted to"},
    "dice": {"throws a", "four dice show"},
    "guestbook": {"a guest wrote Ada Hi"},
    "life": {"." * 24},
    "mandelbrot": {"@@@@", "...."},
    "nursery": {"the nursery started cog"},
    "philosophers": {"thinks", "eats"},
    "primes": {"primes below"},
    "sheet": {"pay", "left"},
    "weather": {"last minute", "of"},
}
"""What each demo shows, among others: a text, or a part of one."""


def answers(requests: list[vm.Value]) -> vm.Value:
    """What a machine would say to these requests."""
    pairs: list[tuple[vm.Value, vm.Value]] = []
    for slot, request in enumerate(requests):
        if isinstance(request, vm.Row):
            match [vm.text(word) if isinstance(word, int) else None for word in request.items]:
                case ["rand", *_]:
                    pairs.append((slot, vm.bar(bytes([slot + 7] * vm.nat(request.items[-1])))))
                case ["eval", *_]:
                    pairs.append((slot, vm.row([vm.evaluate(*request.items[2:])])))
                case ["poke", *_]:
                    pairs.append((slot, POKED))
                case ["http", _, "hear"]:
                    pairs.append((slot, VISITED))
                case ["http", _, "serv", _]:
                    pass
                case ["cog", "tell", *_]:
                    asked = vm.row([vm.utf8("Ada"), vm.utf8("Bob"), 5])
                    both = vm.evaluate(request.items[3], 2, asked)
                    assert isinstance(both, vm.Row)
                    pairs.append((slot, both.items[1]))
                case _:
                    pairs.append((slot, NOW))
    return vm.tab(pairs)


def words(value: vm.Value) -> str:
    """All texts in a value."""
    match value:
        case int():
            return vm.text(value) or ""
        case vm.Row():
            return " ".join(words(item) for item in value.items)
        case vm.Tab():
            return " ".join(words(key) for key, _ in value.items())
    return ""


@pytest.mark.parametrize("file", DEMOS, ids=lambda file: file.stem)
def test_a_demo_goes_on_for_ever_and_shows_what_it_is_about(loader: Loader, file: Path) -> None:
    cog = loader.load(file).value("main")
    shown: list[vm.Value] = []
    for _ in range(12):
        assert isinstance(cog, vm.App)
        requests = cog.args[-1]
        assert isinstance(requests, vm.Row)
        assert any(requests.items)
        cog = vm.evaluate(cog, answers(requests.items), trk=shown.append)
    said = " ".join(words(value) for value in shown)
    assert {text for text in SAID[file.stem] if text not in said} == set()


@pytest.mark.parametrize("name", ["add", "sort", "|", "@", "#datacase", "runCog", "SOME", "barCat"])
def test_the_prelude_offers(prelude: Module, name: str) -> None:
    assert name in prelude.bindings


def test_words_are_the_same_where_other_names_mean_something_else(loader: Loader, tmp_path: Path) -> None:
    file = tmp_path / "mine.sire"
    file.write_text("#### mine\n\n:| word\n:| exp [{#}]\n\nadd={mine}\n\nif={mine}\n\n# words 16\n")
    assert vm.evaluate(loader.load(file).value("add16"), 65535, 3) == 2
    assert vm.evaluate(loader.load(file).value("sub16"), 3, 4) == 65535
