"""Every public name of the library says how it is called, what it takes and gives, and shows examples; these hold."""

import pytest

import vm
from sire import Binding, Loader, library_path
from sire.documentation import Page, read_page
from sire.trial import failures

MODULES = sorted(file.stem for file in library_path().glob("*.sire"))


@pytest.fixture(scope="module")
def loader() -> Loader:
    return Loader()


@pytest.fixture(scope="module")
def bindings(loader: Loader) -> dict[str, dict[str, Binding]]:
    return {name: dict(loader.load(library_path() / f"{name}.sire").bindings.items()) for name in MODULES}


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {name: read_page(library_path() / f"{name}.sire") for name in MODULES}


def test_every_public_name_is_documented(bindings: dict[str, dict[str, Binding]], pages: dict[str, Page]) -> None:
    """In its module; one that is there already, and is given again with the same value, where it is from."""
    values: dict[str, list[vm.Value]] = {}
    for module, page in pages.items():
        for entry in page.entries:
            values.setdefault(entry.name, []).append(bindings[module][entry.name].value)
    missing = [
        f"{module}.{name}"
        for module, names in bindings.items()
        for name, binding in names.items()
        if binding.module == module
        and all(entry.name != name for entry in pages[module].entries)
        and not any(vm.equal(value, binding.value) for value in values.get(name, []))
    ]
    assert missing == []


def test_every_entry_is_of_a_public_name_and_has_a_type_a_text_and_an_example(
    bindings: dict[str, dict[str, Binding]], pages: dict[str, Page]
) -> None:
    for module, page in pages.items():
        names = [entry.name for entry in page.entries]
        assert len(names) == len(set(names))
        own = {name for name, binding in bindings[module].items() if binding.module == module}
        assert set(names) <= own
        is_macro = {name: not (name[0].isalnum() or name[0] == "_") for name in names}
        assert [entry.name for entry in page.entries if not entry.type and not is_macro[entry.name]] == []
        assert [entry.name for entry in page.entries if not entry.text or not entry.examples] == []


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_hold(loader: Loader, pages: dict[str, Page], module: str) -> None:
    failed = failures(loader, pages[module])
    assert [f"{failure.example.line}: {failure.example.left}: {failure.reason}" for failure in failed] == []
