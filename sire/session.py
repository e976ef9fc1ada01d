"""A console without its terminal: a module of its own, in which text is run, files are imported and names explained."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import final

import vm
from sire.compiler import Compiler, enter, initial_state, make_state, make_tab, name_text, similar
from sire.documentation import read_page
from sire.errors import SireError
from sire.loader import Loader, Module
from sire.noun import Nouns
from sire.reader import BlockReader, read_blocks
from sire.show import show
from sire.syntax import BadState, Binding, Const, Lambda, Tree
from vm import Value, trees

MODULE = "REPL"
WORD = re.compile(r"[A-Za-z0-9_]*$")
DEFINES = re.compile(r" *(?:#?= |[({\w][^=;]*=[^=])")
MADE_UP = re.compile(r"_g\d+")
"""Names that macros make up for what nobody is to see."""


@final
class Session:
    """A module that grows while somebody types.

    Everything to be printed (values, what code tracked, the names that were defined) goes to `say` as soon as it is
    known, if that is given; `evaluate` answers it too.
    """

    def __init__(self, loader: Loader, say: Callable[[str], None] | None = None) -> None:
        self.loader: Loader = loader
        self.say = say
        self.output: list[str] = []
        self.files: list[tuple[Path, bool]] = []
        """What was loaded, in order, and whether its output was shown."""
        state = enter(initial_state(), vm.utf8(MODULE))
        tell = self.tell
        self.compiler: Compiler = Compiler("<input>", [], state, self.find_module, tell, tell, self.notice)

    def tell(self, text: str) -> None:
        self.output.append(text)
        if self.say is not None:
            self.say(text)

    def notice(self, binding: Binding) -> None:
        if not MADE_UP.fullmatch(binding.name):
            self.tell(f"{binding.name} defined")

    def find_module(self, name: str) -> dict[int, Value]:
        file = self.loader.find(name, Path.cwd())
        if file is None:
            return {}
        return self.loader.load(file).modules

    def load(self, file: Path, show: bool = True) -> Module:
        """Loads a file and imports all its names. Raises SireError, OSError."""
        module = self.loader.load(file, show)
        compiler = self.compiler
        root = compiler.modules.root
        for name, scope in module.modules.items():
            root = trees.insert(root, name, scope)
        scope_tab = make_tab(trees.union(module.tab.root, compiler.scope.root))
        compiler.put(make_state(max(compiler.key, module.next_key), vm.nat(compiler.module), scope_tab, make_tab(root)))
        if all(file != loaded for loaded, _ in self.files):
            self.files.append((file, show))
        return module

    def reload(self) -> list[Module]:
        """Loads again what was loaded: what has changed since is compiled. Raises SireError, OSError."""
        return [self.load(file, False) for file, _ in self.files]

    def evaluate(self, text: str, line: int = 1) -> list[str]:
        """Runs text; answers what is to be printed.

        Raises SireError; the blocks before the one that is wrong have been run.
        """
        compiler = self.compiler
        compiler.lines = [""] * (line - 1) + text.split("\n")
        self.output.clear()
        for rex, _ in read_blocks("\n" * (line - 1) + text, "<input>"):
            compiler.block(rex)
        return list(self.output)

    def value(self, text: str) -> Value:
        """The value of one expression. Raises SireError."""
        compiler = self.compiler
        compiler.lines = text.split("\n")
        blocks = list(read_blocks(text, "<input>"))
        if len(blocks) != 1:
            raise SireError("<input>", 1, 1, "this should be one expression", compiler.lines[0])
        rex = blocks[0][0]
        compiler.nouns = Nouns()
        before = compiler.state
        try:
            return compiler.evaluate(compiler.expression([], rex), rex, "this expression")
        except BadState as error:
            raise compiler.error(rex, str(error)) from None
        finally:
            compiler.restore(before)

    def define(self, name: str, value: Value) -> None:
        """Binds a name to a value that comes from elsewhere, and says nothing of it."""
        self.compiler.notice = None
        self.compiler.bind(0, 0, vm.utf8(name), value, Const(value))
        self.compiler.notice = self.notice

    # -- names ---------------------------------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """All names in scope."""
        return [name_text(name) for name in trees.keys(self.compiler.scope.root)]

    def complete(self, text: str) -> tuple[str, list[str]]:
        """The word that the text ends with, and the names that begin with it, in order."""
        found = WORD.search(text)
        word = found.group() if found else ""
        names = [name for name in self.names if name.startswith(word)] if word else []
        return word, sorted(names, key=lambda name: (name.lower(), name))

    def binding(self, name: str) -> Binding:
        """What a name in scope is bound to. Raises SireError, with the names that are like it."""
        name = name.strip()
        found = self.compiler.lookup(name)
        if found is None:
            raise SireError("<input>", 1, 1, f"{name} is not defined", name, similar(name, self.names))
        return found

    def documentation(self, name: str) -> str:
        """Where a name is from, how it is called, and its definition with the comments above it. Raises SireError."""
        binding = self.binding(name)
        lines = []
        for file in self.sources(binding):
            lines = definition(file.read_text(errors="replace"), binding.name)
            if not lines:  # what a macro defined
                entries = [entry for entry in read_page(file).entries if entry.name == binding.name]
                lines = [f";; {line}".rstrip() for entry in entries for line in entry.lines()]
            if lines:
                break
        shown = lines or [show(binding.value, max_chars=2000)]
        return "\n".join([f";; {call(binding)}, of the module {binding.module}", *shown])

    def sources(self, binding: Binding) -> list[Path]:
        """The files that may define a binding: its module's, then those of others that have the same value by that
        name."""
        modules = list(self.loader.done.values())
        files = [module.file for module in modules if module.name == binding.module]
        found = None if binding.module == MODULE else self.loader.find(binding.module, Path.cwd())
        if found is not None:
            files.append(found)
        for module in modules:
            other = module.bindings.get(binding.name)
            if other is not None and vm.equal(other.value, binding.value):
                files.append(module.file)
        return files

    def law(self, name: str) -> str:
        """The law that a name is bound to, as PLAN: what it makes of its arguments, and the parts it consists of.
        Raises SireError."""
        value = self.binding(name).value
        lines = []
        law = value.item if isinstance(value, vm.Pin) else value
        if isinstance(value, vm.Pin):
            jet = vm.jets.find(value.hash)
            lines.append(f";; pin {vm.hash_text(value.hash)}" + (f", jet {jet.name}" if jet else ""))
        if not isinstance(law, vm.Law):
            return "\n".join([*lines, ";; no law", show(value)])
        lines.append(f";; law {{{show(law.name)} {law.args}}} of the body")
        lines += [";;   " + line for line in show(law.body, max_chars=4000).split("\n")]
        return "\n".join([*lines, show(value)])

    def code(self, name: str) -> str:
        """The instructions that the law that a name is bound to was compiled to, one a line. Raises SireError."""
        value = self.binding(name).value
        law = value.item if isinstance(value, vm.Pin) else value
        return "\n".join(vm.listing(value)) if isinstance(law, vm.Law) else ";; no law"

    def hash(self, name: str) -> str:
        """The hash (Base58) of the pin that a name is bound to, or of the pin that its value would be.
        Raises SireError."""
        value = self.binding(name).value
        return vm.hash_text((value if isinstance(value, vm.Pin) else vm.pin(value)).hash)


def call(binding: Binding) -> str:
    """`name`, or `(name 2)` for a function: the name and how many arguments it takes."""
    code: Tree = binding.code
    arity = code.arity if isinstance(code, Lambda) else 0
    return f"{binding.name}, a function of {arity}" if arity else binding.name


def definition(text: str, name: str) -> list[str]:
    """The lines of a source that define a name, with those right above that speak of it; none if none does."""
    lines = text.split("\n")
    word = re.escape(name) + r"(?!\w)" if re.fullmatch(r"\w+", name) else r"\{" + re.escape(name) + r"\}"
    head = rf"\(?(?:\*\*)?{word}"
    written = re.compile(rf" *(?:#?= {head}|{head}[^=;()]*\)?=[^=])")
    first = next((number for number, line in enumerate(lines) if written.match(line)), None)
    if first is None:
        return []
    start = first
    while start > 0 and lines[start - 1].strip() and not DEFINES.match(lines[start - 1]):
        start -= 1
    end = first + 1
    while end < len(lines) and lines[end].strip() and not DEFINES.match(lines[end]):
        end += 1
    return lines[start:end]


def is_open(lines: list[str]) -> bool:
    """Whether the last line may be gone on with: a form has begun that no empty line has ended."""
    reader = BlockReader("<input>")
    for line in lines:
        try:
            reader.feed(line)
        except SireError:
            # What is wrong is told when it is run.
            return False
    return reader.under_way
