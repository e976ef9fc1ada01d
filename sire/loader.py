"""Loads modules: finds the files of those that a file imports, compiles what is new, takes the rest from the cache.

A module is a file that begins with `#### name`, or `#### name <- before`, where `before` is a module to be loaded first
and to be gone on from: all that it has loaded is there. Other modules are found by their imports, `:| name`: beside the
importing file, in the loader's path, in the library. A file that is loaded by its own name may be called anything.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, final

import vm
from sire import backend
from sire.cache import Cache, digest
from sire.compiler import Compiler, base_rune, initial_state, leaf_nat, make_state, make_tab, name_text, similar
from sire.errors import SireError
from sire.reader import BlockReader, decode, read_blocks
from sire.rex import Node, Rex
from sire.syntax import Binding, binding_of
from vm import Value, trees

JETS: Final = {digest: name for name, digest in vm.jets.HASHES}
"""The laws that are known as jets, with native code or without."""

Progress = Callable[[str, int, int], None]
"""Called with the name of a module that is being compiled, the blocks done and how many there are."""


def library_path() -> Path:
    """Where our own library is."""
    return Path(__file__).parent / "lib"


@final
class Tally:
    """What a module has: how many definitions, and assertions that held; of its laws, the names of those that are jets
    and of those that have a jet's name and arity, but are other laws."""

    def __init__(self, definitions: int, assertions: int, jets: list[str], unlike: list[str]) -> None:
        self.definitions: int = definitions
        self.assertions: int = assertions
        self.jets: list[str] = jets
        self.unlike: list[str] = unlike
        self.failed: int = 0
        """How many assertions did not hold; such a module is not kept."""

    def add(self, binding: Binding) -> None:
        """Counts one more definition."""
        self.definitions += 1
        pin = binding.value
        law = pin.item if isinstance(pin, vm.Pin) else None
        if isinstance(pin, vm.Pin) and isinstance(law, vm.Law):
            jet = JETS.get(pin.hash)
            name = vm.text(law.name) or ""
            if jet is not None:
                self.jets.append(jet)
            elif name in vm.jets.NATIVE and vm.jets.NATIVE[name].arity == law.args:
                self.unlike.append(name)

    def value(self) -> Value:
        """Its PLAN form."""
        names = [vm.row([vm.utf8(name) for name in names]) for names in (self.jets, self.unlike)]
        return vm.row([self.definitions, self.assertions, *names])


def tally_of(value: Value) -> Tally | None:
    """The tally of a PLAN form, None if it is malformed."""
    if not isinstance(value, vm.Row) or len(value.items) != 4:
        return None
    definitions, assertions, jets, unlike = value.items
    if not isinstance(jets, vm.Row) or not isinstance(unlike, vm.Row):
        return None
    names = [[name_text(name) for name in row.items] for row in (jets, unlike)]
    return Tally(vm.nat(definitions), vm.nat(assertions), *names)


@final
class Module:
    """A finished module. `scope` is the pinned tab of what it exports, `key` names what it was made from.

    It is whole unless something in it, or in what it imports, was wrong and was passed over.
    """

    def __init__(
        self,
        name: str,
        file: Path,
        key: bytes,
        next_key: int,
        scope: vm.Pin,
        imports: "list[Module]",
        tally: Tally,
        whole: bool = True,
    ) -> None:
        self.name: str = name
        self.file: Path = file
        self.key: bytes = key
        self.next_key: int = next_key
        self.scope: vm.Pin = scope
        self.tally: Tally = tally
        self.whole: bool = whole and all(module.whole for module in imports)
        self.modules: dict[int, Value] = {**all_modules(imports), vm.utf8(name): scope}
        """All that is loaded when this is: names and pinned scopes."""
        self.keys: dict[bytes, None] = {key: None}
        """The keys of all these, its own first."""
        for module in imports:
            self.keys.update(module.keys)

    @property
    def tab(self) -> vm.Tab:
        tab = self.scope.item
        assert isinstance(tab, vm.Tab)
        return tab

    @property
    def bindings(self) -> "Bindings":
        """What it exports, by name."""
        return Bindings(self.tab)

    def value(self, name: str) -> Value:
        """The value of a name; raises KeyError."""
        return self.bindings[name].value

    def program(self, name: str) -> Value:
        """A function that makes the value of a name of any argument: evaluating it tracks what that value's code does.
        Raises KeyError."""
        return backend.program(self.bindings[name].code)


@final
class Bindings:
    """The bindings of a scope, by name, in the order of the tab. Each is loaded when it is asked for."""

    def __init__(self, tab: vm.Tab) -> None:
        self.tab: vm.Tab = tab

    def get(self, name: str) -> Binding | None:
        pin = self.tab.get(vm.utf8(name))
        return None if pin is None else binding_of(pin)

    def __getitem__(self, name: str) -> Binding:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: str) -> bool:
        return self.tab.get(vm.utf8(name)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.tab)

    def keys(self) -> list[str]:
        return [name_text(name) for name in trees.keys(self.tab.root)]

    def values(self) -> list[Binding]:
        return [binding_of(pin) for pin in trees.values(self.tab.root)]

    def items(self) -> list[tuple[str, Binding]]:
        return list(zip(self.keys(), self.values(), strict=True))


@final
class Outline:
    """What a source says about itself before it is compiled: its name, and its imports with the lines that they are on.

    If it goes on from a module (`<-`), this is the first import.
    """

    def __init__(self, name: str, goes_on: bool, imports: list[tuple[str, int]]) -> None:
        self.name: str = name
        self.goes_on: bool = goes_on
        self.imports: list[tuple[str, int]] = imports


@final
class Loader:
    """Loads modules. What is loaded once stays loaded for as long as its source, and what it imports, stays the same.

    `path` has the folders to look in, after the importing file's own and before the library. `cache` is the folder of
    finished modules, None for no cache. `trk` gets the text of what running code tracks, and of the values of
    top-level expressions in files loaded with `show`.
    """

    def __init__(
        self,
        path: list[Path] | None = None,
        cache: Path | None = None,
        progress: Progress | None = None,
        trk: Callable[[str], None] | None = None,
    ) -> None:
        vm.tune()  # loading makes values by the million, hardly any of them garbage
        self.path: list[Path] = list(path or [])
        self.cache: Cache | None = None if cache is None else Cache(cache, library_path() / "cache")
        self.progress = progress
        self.trk = trk
        self.notice: Callable[[Binding], None] | None = None
        """Called with each binding that is made while a module is compiled."""
        self.failed: Callable[[SireError], None] | None = None
        """If this is set, it is told what is wrong with a block, and the next block comes."""
        self.done: dict[bytes, Module] = {}
        self.outlines: dict[bytes, Outline] = {}
        self.fresh: dict[Path, Module] = {}
        """What this call of `load` has looked at already."""
        self.under_way: list[tuple[str, Path]] = []

    def load(self, file: Path, show: bool = False) -> Module:
        """Loads a file and all that it imports. Raises SireError, and OSError for the file itself.

        With `show` the file is compiled even if it is in the cache, so that its output is seen. That of its
        imports is not.
        """
        self.fresh = {}
        self.under_way = []
        return self.load_file(file, show)

    def find(self, name: str, beside: Path) -> Path | None:
        """The file of a module that is imported by name."""
        if "/" in name or "\0" in name or name.startswith("."):
            return None
        for folder in [beside, *self.path, library_path()]:
            file = folder / (name + ".sire")
            if file.is_file():
                return file
        return None

    def load_file(self, file: Path, show: bool = False) -> Module:
        place = file.resolve()
        if place in self.fresh:
            return self.fresh[place]
        data = file.read_bytes()
        source = Source(file, data, self.failed)
        outline = self.outline(source)
        self.under_way.append((outline.name, place))
        try:
            module = self.load_source(source, outline, show)
        finally:
            self.under_way.pop()
        self.fresh[place] = module
        return module

    def load_source(self, source: "Source", outline: Outline, show: bool) -> Module:
        imports = [self.load_import(name, source, line) for name, line in outline.imports]
        key = self.key(outline.name.encode(), source.data, *(module.key for module in imports))
        if not show:
            found = self.done.get(key) or self.cached(key, source.file, imports)
            if found is not None:
                self.done[key] = found
                return found
        module, complete = self.compile(source, outline, key, imports, show)
        self.done[key] = module
        if complete and self.cache is not None:
            tally = module.tally.value()
            root = vm.pin(vm.row([vm.utf8(module.name), module.next_key, module.scope, tally]))
            self.cache.put(key, root, list(module.keys)[1:])
        return module

    def key(self, *pieces: bytes) -> bytes:
        return digest(*pieces) if self.cache is None else self.cache.key(*pieces)

    def cached(self, key: bytes, file: Path, imports: list[Module]) -> Module | None:
        if self.cache is None:
            return None
        root = self.cache.get(key)
        if root is None:
            return None
        item = root.item
        if not isinstance(item, vm.Row) or len(item.items) != 4:
            return None
        name, next_key, scope, counts = item.items
        tally = tally_of(counts)
        if not isinstance(scope, vm.Pin) or tally is None:
            return None
        return Module(name_text(name), file, key, vm.nat(next_key), scope, imports, tally)

    def outline(self, source: "Source") -> Outline:
        """The outline of a source, from the cache if it has been read before."""
        key = self.key(b"outline", source.data)
        known = self.outlines.get(key)
        if known is not None:
            return known
        outline = self.cached_outline(key)
        if outline is None:
            outline = read_outline(source)
            if self.cache is not None:
                self.cache.put_outline(key, [outline.name, outline.goes_on, outline.imports])
        self.outlines[key] = outline
        return outline

    def cached_outline(self, key: bytes) -> Outline | None:
        if self.cache is not None:
            found = self.cache.get_outline(key)
            if isinstance(found, list) and len(found) == 3:
                name, goes_on, imports = found
                return Outline(name, goes_on, [(str(module), int(line)) for module, line in imports])
        return None

    def load_import(self, name: str, source: "Source", line: int) -> Module:
        """The module that `source` imports on that line."""
        file = self.find(name, source.file.parent)
        if file is None:
            folders = [source.file.parent, *self.path, library_path()]
            names = sorted({other.stem for folder in folders for other in folder.glob("*.sire")})
            places = ", ".join(str(folder) for folder in folders)
            notes = [*similar(name, names), f"looked for {name}.sire in {places}"]
            raise source.error(line, f"there is no module {name}", notes)
        names = [under_way for under_way, _ in self.under_way]
        places_under_way = [place for _, place in self.under_way]
        if file.resolve() in places_under_way:
            circle = [*names[places_under_way.index(file.resolve()) :], name]
            raise source.error(line, "these modules import each other: " + " -> ".join(circle))
        try:
            module = self.load_file(file)
        except SireError as error:
            error.notes.append(f"imported by {source.file}:{line}")
            raise
        if module.name != name:
            raise source.error(line, f"{file} is not the module {name}: it says #### {module.name}")
        return module

    def compile(
        self,
        source: "Source",
        outline: Outline,
        key: bytes,
        imports: list[Module],
        show: bool,
    ) -> tuple[Module, bool]:
        """The module of a source; False with it if it imports more than its outline says, and so cannot be kept."""
        late: list[Module] = []

        def find(name: str) -> dict[int, Value]:
            place = compiler.place
            module = self.load_import(name, source, place[0] if place else 0)
            late.append(module)
            return module.modules

        def notice(binding: Binding) -> None:
            tally.add(binding)
            if self.notice is not None:
                self.notice(binding)

        tally = Tally(0, 0, [], [])
        compiler = Compiler(
            str(source.file),
            source.lines,
            starting_state(imports[0] if outline.goes_on else None, imports),
            find=find,
            say=self.trk if show else None,
            tell=self.trk if show else None,
            notice=notice,
        )
        blocks = source.blocks
        for count, rex in enumerate(blocks):
            if self.progress is not None:
                self.progress(outline.name, count, len(blocks))
            try:
                compiler.block(rex)
            except SireError as error:
                if self.failed is None:
                    raise
                self.failed(error)
                source.whole = False
        if self.progress is not None:
            self.progress(outline.name, len(blocks), len(blocks))
        scope = vm.pin(compiler.scope)
        if late:
            key = digest(key, *(module.key for module in late))
        tally.assertions = compiler.held
        tally.failed = compiler.asserted - compiler.held
        modules = [*imports, *late]
        module = Module(outline.name, source.file, key, compiler.key, scope, modules, tally, source.whole)
        return module, module.whole and not late


def all_modules(imports: list[Module]) -> dict[int, Value]:
    """Everything that is loaded once these are; of two modules of one name, the one that is imported itself."""
    modules: dict[int, Value] = {}
    for module in imports:
        modules.update(module.modules)
    for module in imports:
        modules[vm.utf8(module.name)] = module.scope
    return modules


def all_tab(modules: dict[int, Value]) -> vm.Tab:
    return make_tab(trees.from_pairs(list(modules.items())))


def starting_state(before: Module | None, imports: list[Module]) -> vm.Row:
    """The state that the first block of a module meets."""
    key = max([vm.nat(initial_state().items[0]), *(module.next_key for module in imports)])
    modules = all_modules(imports)
    if before is None:
        return make_state(key, 0, make_tab(None), all_tab(modules))
    name = vm.utf8(before.name)
    del modules[name]
    return make_state(key, name, before.tab, all_tab(modules))


@final
class Source:
    """A file's text, its lines and its blocks, read when they are asked for.

    `failed`, if given, is told of lines that cannot be read: the source is then without them, and no longer whole.
    """

    def __init__(self, file: Path, data: bytes, failed: Callable[[SireError], None] | None = None) -> None:
        self.file: Path = file
        self.data: bytes = data
        self.failed = failed
        self.whole: bool = True
        self._blocks: list[Rex] | None = None
        self._lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        if self._lines is None:
            self._lines = decode(self.data, str(self.file)).split("\n")
        return self._lines

    @property
    def blocks(self) -> list[Rex]:
        if self._blocks is None:
            text = decode(self.data, str(self.file))
            if self.failed is None:
                self._blocks = [rex for rex, _ in read_blocks(text, str(self.file))]
            else:
                self._blocks = self.readable_blocks(text, self.failed)
        return self._blocks

    def readable_blocks(self, text: str, failed: Callable[[SireError], None]) -> list[Rex]:
        reader = BlockReader(str(self.file))
        blocks: list[Rex] = []
        for line in text.split("\n"):
            try:
                blocks += [rex for rex, _ in reader.feed(line)]
            except SireError as error:
                failed(error)
                self.whole = False
        return blocks + [rex for rex, _ in reader.finish()]

    def error(self, line: int, message: str, notes: list[str] | None = None) -> SireError:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return SireError(str(self.file), line, 1 if line else 0, message, text, notes)


def read_outline(source: Source) -> Outline:
    """The outline of a source; raises SireError if it does not begin as a module does."""
    blocks = source.blocks
    first = blocks[0] if blocks else None
    line = first.pos[0] if first is not None and first.pos else 1
    if not isinstance(first, Node) or first.rune != "####":
        raise source.error(line, "a file begins with the name of its module: #### name")
    sons = first.sons if first.heir is None else [*first.sons, first.heir]
    before = None
    if len(sons) == 2:
        arrow = sons[1]
        if isinstance(arrow, Node) and arrow.rune == "<-" and len(arrow.sons) == 1 and arrow.heir is None:
            before = leaf_nat(arrow.sons[0])
        if before is None:
            raise source.error(line, "a module begins with `#### name` or `#### name <- module`")
    name = leaf_nat(sons[0]) if sons else None
    if name is None or len(sons) > 2:
        raise source.error(line, "a module begins with `#### name` or `#### name <- module`")
    imports: list[tuple[str, int]] = []
    seen: set[str] = set()
    if before is not None:
        seen.add(name_text(before))
        imports.append((name_text(before), line))
    for rex in blocks[1:]:
        link: Rex | None = rex
        while isinstance(link, Node) and base_rune(link.rune) == ":|" and link.sons:
            module = leaf_nat(link.sons[0])
            if module is not None and name_text(module) not in seen:
                seen.add(name_text(module))
                imports.append((name_text(module), link.pos[0] if link.pos else line))
            link = link.heir
    return Outline(name_text(name), before is not None, imports)
