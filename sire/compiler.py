"""The Sire compiler: from blocks of Rex to the next state.

A state is the PLAN row `[next key, module, scope, modules]`: `scope` is the tab of the names of the module at hand,
each to its binding pin; `modules` the tab of the finished modules, each to its pinned scope. A bound name may be used
as a rune: its value is then a macro, a PLAN function `(macro state rex onError onOk)` that answers `(onOk state rex)`
or `(onError rex message)`. Macros come before the built-in forms, so that a library can change every one of these.
"""

import difflib
import sys
from collections.abc import Callable
from typing import final

import vm
from sire import backend
from sire.difference import difference
from sire.errors import SireError
from sire.noun import Nouns
from sire.rex import INFX, LINE, PREF, TEXT, WORD, Bad, Embed, Leaf, Node, Pos, Rex
from sire.show import show, show_trk
from sire.syntax import (
    BadState,
    Binding,
    Call,
    Const,
    Global,
    Inline,
    Lambda,
    Let,
    LetRec,
    Tree,
    Var,
    binding_of,
    mentions,
    new_binding,
)
from vm import Value, trees

UNNAMED = -1
"""In an environment: a binder without a name."""

ON_ERROR = vm.app(vm.law(0, 4, 0), 0)
ON_OK = vm.app(vm.law(0, 4, 0), 1)

UNDERSCORE = vm.utf8("_")

COMMANDS = {"=", "*", "####", "^-^", "=?=", ":|"}
EXPRESSIONS = {"|", "-", "**", "@", "@@", "^", "&", "?", "??", "."}


def initial_state() -> vm.Row:
    """The state in which no module has been entered."""
    return make_state(1, 0, make_tab(None), make_tab(None))


def make_state(key: int, module: Value, scope: Value, modules: Value) -> vm.Row:
    state = vm.row([key, module, scope, modules])
    state.normal = True
    return state


def make_tab(root: trees.Tree) -> vm.Tab:
    """A tab, known to be normal: without that, each run of a macro would look through it all."""
    tab = vm.Tab(root)
    tab.normal = True
    return tab


def enter(state: vm.Row, module: int) -> vm.Row:
    """The state in which the module at hand is finished and the next one is begun."""
    key, finished, scope, modules = state.items
    if finished != 0:
        assert isinstance(modules, vm.Tab)
        modules = make_tab(trees.insert(modules.root, finished, vm.pin(scope)))
    return make_state(vm.nat(key), module, make_tab(None), modules)


def name_text(name: Value) -> str:
    """A name as a person writes it."""
    if isinstance(name, int):
        text = vm.text(name)
        return text if text and text.isprintable() else str(name)
    return show(name)


def leaf_nat(rex: Rex) -> int | None:
    """The nat that a leaf stands for as a name: `foo`, `{foo}` or `234`."""
    if not isinstance(rex, Leaf) or rex.heir is not None:
        return None
    if rex.shape == TEXT:
        return vm.utf8(rex.text)
    if rex.shape != WORD or not rex.text:
        return None
    return word_number(rex.text) if is_digit(rex.text[0]) else vm.utf8(rex.text)


def is_digit(char: str) -> bool:
    return "0" <= char <= "9"


def word_number(text: str) -> int | None:
    for char in text:
        if not is_digit(char):
            return None
    return decimal(text)


def decimal(text: str) -> int:
    """The number of a string of digits, however long (int() refuses long ones)."""
    if len(text) <= 4000:
        return int(text)
    half = len(text) // 2
    shift: int = 10**half
    return decimal(text[: len(text) - half]) * shift + decimal(text[len(text) - half :])


def parts(rex: Node) -> list[Rex]:
    """The sons of a node, and its heir as the last."""
    return rex.sons if rex.heir is None else [*rex.sons, rex.heir]


def base_rune(rune: str) -> str:
    """`#=` is another way to write `=`, which no library redefines."""
    return rune[1:] if len(rune) > 1 and rune[0] == "#" and rune != "####" else rune


@final
class Signature:
    """What a definition defines: a name, or a function's name and its arguments."""

    def __init__(self, name: int, arguments: list[int] | None, inline: bool) -> None:
        self.name: int = name
        self.arguments: list[int] | None = arguments
        self.inline: bool = inline


@final
class Compiler:
    """Runs the blocks of one source text, `file` with these `lines`, from state to state.

    `find` is asked for a module that the state does not have yet: it answers with the finished modules to add, by name.
    `say` gets the text of what code tracks, `tell` that of the values of top-level expressions, `notice` each binding.
    """

    def __init__(
        self,
        file: str,
        lines: list[str],
        state: vm.Row,
        find: Callable[[str], dict[int, Value]] | None = None,
        say: Callable[[str], None] | None = None,
        tell: Callable[[str], None] | None = None,
        notice: Callable[[Binding], None] | None = None,
    ) -> None:
        self.file = file
        self.lines = lines
        self.find = find
        self.say = say
        self.tell = tell
        self.notice = notice
        self.place: Pos | None = None
        self.macros: list[tuple[str, Pos | None]] = []
        self.depth = 0
        self.asserted = 0
        self.held = 0
        """How many assertions there were so far; how many of them held."""
        self.nouns = Nouns()
        self.known: dict[str, Binding | None] = {}
        self.key = 0
        self.module: Value = 0
        self.scope: vm.Tab = make_tab(None)
        self.modules: vm.Tab = make_tab(None)
        self.whole: vm.Row | None = None
        self.put(state)
        # Where this is not compiled, Python's own limit would come before ours.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 10 * backend.DEEPEST))

    # -- the state -----------------------------------------------------------------------------------------------------

    @property
    def state(self) -> vm.Row:
        """The state as it is now."""
        if self.whole is None:
            self.whole = make_state(self.key, self.module, self.scope, self.modules)
        return self.whole

    def put(self, state: Value) -> None:
        """Takes over a state; raises BadState."""
        if state is self.whole:
            return
        if not isinstance(state, vm.Row) or len(state.items) != 4:
            raise BadState("the state is not a row of four")
        key, module, scope, modules = state.items
        if not isinstance(key, int):
            raise BadState("the next key in the state is not a nat")
        if not isinstance(scope, vm.Tab) or not isinstance(modules, vm.Tab):
            raise BadState("the scope or the modules in the state are not a tab")
        if scope is not self.scope:
            self.known = {}
        self.key = key
        self.module = module
        self.scope = scope
        self.modules = modules
        self.whole = state

    def set_scope(self, scope: vm.Tab) -> None:
        self.scope = scope
        self.known = {}
        self.whole = None

    def lookup(self, name: str) -> Binding | None:
        """What a name is bound to in the module at hand."""
        if name in self.known:
            return self.known[name]
        found = self.scope.get(vm.utf8(name))
        binding = None if found is None else binding_of(found)
        self.known[name] = binding
        return binding

    def bind(self, key: int, properties: Value, name: int, value: Value, code: Tree) -> None:
        if key == 0:
            key = self.key
            self.key += 1
        binding = new_binding(key, value, code, vm.nat(self.module), name, properties)
        self.scope = make_tab(trees.insert(self.scope.root, name, binding.pin))
        self.whole = None
        text = vm.text(name)
        if text is None:
            self.known = {}
        else:
            self.known[text] = binding
        if self.notice is not None:
            self.notice(binding)

    # -- errors --------------------------------------------------------------------------------------------------------

    def error(self, rex: Rex | None, message: str, notes: list[str] | None = None, origins: bool = True) -> SireError:
        """The error to raise about this form; with `origins`, it says which macros are under way, innermost first."""
        place = (place_of(rex) if rex is not None else None) or self.place or (0, 0)
        line, column = place
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        notes = list(notes or [])
        # A form that a macro made is where the macro was used; one from the source speaks for itself.
        if origins and self.macros:
            chain = [rune + (f" ({at[0]}:{at[1]})" if at else "") for rune, at in reversed(self.macros[-12:])]
            notes.append("while expanding " + " in ".join(chain))
        return SireError(self.file, line, column, message, source, notes)

    def crash(self, rex: Rex | None, error: vm.Crash, doing: str) -> SireError:
        reason = f"{name_text(error.op)} {show(error.arg, max_chars=400)}"
        return self.error(rex, f"{doing} crashed: {reason}", origins=False)

    def too_large(self, rex: Rex, doing: str) -> SireError:
        size = backend.MEMORY >> 30
        message = f"{doing} needs more than {size} GB of memory: does it recur without end?"
        return self.error(rex, message, origins=False)

    # -- blocks --------------------------------------------------------------------------------------------------------

    def block(self, rex: Rex) -> None:
        """Runs one block. Raises SireError, and then the state is what it was before the block."""
        before = self.state
        self.place = place_of(rex)
        self.macros = []
        self.depth = 0
        self.nouns = Nouns()
        try:
            self.execute(rex)
        except BadState as error:
            self.restore(before)
            raise self.error(rex, str(error)) from None
        except BaseException:
            self.restore(before)
            raise

    def restore(self, state: vm.Row) -> None:
        self.known = {}
        self.put(state)

    def execute(self, rex: Rex) -> None:
        expansions = len(self.macros)
        while isinstance(rex, Node):
            macro = self.lookup(rex.rune)
            if macro is None:
                self.command(rex)
                del self.macros[expansions:]
                return
            rex = self.expand(macro.value, rex, rex.rune)
        self.show_expression(rex)
        del self.macros[expansions:]

    def command(self, rex: Node) -> None:
        rune = base_rune(rex.rune)
        if rune == "=":
            self.define(rex)
        elif rune == "*":
            for son in parts(rex):
                self.execute(son)
        elif rune == "####":
            self.enter(rex)
        elif rune == "^-^":
            self.export(rex)
        elif rune == "=?=":
            self.check(rex)
        elif rune == ":|":
            self.import_all(rex)
        elif rune in EXPRESSIONS:
            self.show_expression(rex)
        else:
            raise self.unknown_rune(rex)

    def unknown_rune(self, rex: Node) -> SireError:
        if rex.rune in ("=", "#="):
            return self.error(rex, "a definition cannot stand within another form: put an empty line before it")
        return self.error(rex, f"the rune {rex.rune} means nothing here", self.hints(rex.rune))

    def expand(self, macro: Value, rex: Rex, rune: str) -> Rex:
        """What a macro makes of a form; takes over the state that it answers."""
        origin = place_of(rex)
        if origin is not None:
            self.place = origin
        if len(self.macros) > backend.DEEPEST:
            raise self.error(rex, f"the macro {rune} expands without end")
        try:
            noun = self.nouns.to_noun(rex)
            result = vm.evaluate(macro, self.state, noun, ON_ERROR, ON_OK, trk=self.tracked, memory=backend.MEMORY)
        except vm.Crash as crash:
            raise self.crash(rex, crash, f"the macro {rune}") from None
        except vm.MemoryLimit:
            raise self.too_large(rex, f"the macro {rune}") from None
        self.macros.append((rune, origin))
        if isinstance(result, vm.Row) and len(result.items) == 3:
            first, second, tag = result.items
            if tag == 1:
                self.put(second)
                return self.nouns.from_noun(first, origin)
            if tag == 0 and isinstance(first, int):
                self.macros.pop()
                wrong = self.nouns.from_noun(second)
                reason = name_text(first)
                said = reason if reason.startswith(rune) else f"{rune}: {reason}"
                raise self.error(wrong if place_of(wrong) else rex, said)
        raise self.error(rex, f"the macro {rune} answered neither a form nor an error: {show(result, max_chars=200)}")

    def tracked(self, value: Value) -> None:
        if self.say is not None:
            self.say(show_trk(value))

    def evaluate(self, tree: Tree, rex: Rex, doing: str) -> Value:
        try:
            return backend.evaluate(tree, self.tracked)
        except vm.Crash as crash:
            raise self.crash(rex, crash, doing) from None
        except vm.MemoryLimit:
            raise self.too_large(rex, doing) from None
        except backend.CompileError as error:
            raise self.error(rex, str(error)) from None

    # -- commands ------------------------------------------------------------------------------------------------------

    def show_expression(self, rex: Rex) -> None:
        tree = self.expression([], rex)
        value = self.evaluate(tree, rex, "this expression")
        if self.tell is not None:
            self.tell(show_trk(value))

    def enter(self, rex: Node) -> None:
        sons = parts(rex)
        if len(sons) == 2:
            arrow = sons[1]
            if isinstance(arrow, Node) and arrow.rune == "<-" and len(arrow.sons) == 1 and arrow.heir is None:
                target, before = self.key_of(sons[0]), self.key_of(arrow.sons[0])
                if before != self.module:
                    raise self.error(rex, f"{name_text(before)} is not the module before this one")
                self.put(enter(self.state, target))
                return
        elif len(sons) == 1:
            target = self.key_of(sons[0])
            if self.module != 0 or len(self.scope):
                raise self.error(rex, "a file is one module: there is one #### at its beginning")
            self.put(enter(self.state, target))
            return
        raise self.error(rex, "a module begins with `#### name` or `#### name <- module`")

    def export(self, rex: Node) -> None:
        names: set[int] = set()
        link: Rex | None = rex
        while link is not None:
            if not isinstance(link, Node) or link.rune != rex.rune:
                raise self.error(link, f"{rex.rune} takes names only")
            names.update(self.key_of(son) for son in link.sons)
            link = link.heir
        for name in sorted(names):
            if self.scope.get(name) is None:
                text = name_text(name)
                raise self.error(rex, f"cannot export {text}: it is not defined", self.hints(text))
        self.set_scope(make_tab(trees.from_pairs([(name, pin) for name, pin in self.scope.items() if name in names])))

    def import_all(self, rex: Node) -> None:
        link: Rex | None = rex
        while link is not None:
            if not isinstance(link, Node) or link.rune != rex.rune or not 1 <= len(link.sons) <= 2:
                raise self.error(link, "an import is `:| module` or `:| module [name name]`")
            only: list[int] | None = None
            if len(link.sons) == 2:
                chosen = link.sons[1]
                if not isinstance(chosen, Node) or chosen.rune != "," or chosen.heir is not None:
                    raise self.error(chosen, "the names to import are written [name name]")
                only = [self.key_of(son) for son in chosen.sons]
            self.import_module(link, self.key_of(link.sons[0]), only)
            link = link.heir

    def import_module(self, rex: Node, module: int, only: list[int] | None) -> None:
        pin = self.modules.get(module)
        if pin is None and self.find is not None:
            self.place = place_of(rex) or self.place
            root = self.modules.root
            for name, scope in self.find(name_text(module)).items():
                root = trees.insert(root, name, scope)
            self.modules = make_tab(root)
            self.whole = None
            pin = self.modules.get(module)
        if pin is None:
            raise self.error(rex, f"no module {name_text(module)} is loaded")
        bindings = pin.item if isinstance(pin, vm.Pin) else None
        if not isinstance(bindings, vm.Tab):
            raise BadState(f"the module {name_text(module)} is not a pinned tab")
        if only is None:
            self.set_scope(make_tab(trees.union(bindings.root, self.scope.root)))
            return
        root = self.scope.root
        for name in only:
            found = bindings.get(name)
            if found is None:
                text = name_text(name)
                names = [name_text(key) for key in trees.keys(bindings.root)]
                raise self.error(rex, f"{name_text(module)} has no {text}", similar(text, names))
            root = trees.insert(root, name, found)
        self.set_scope(make_tab(root))

    def check(self, rex: Node) -> None:
        link = rex
        while True:
            heir = link.heir
            chained = isinstance(heir, Node) and heir.rune == rex.rune
            sides = link.sons if chained else parts(link)
            if len(sides) != 2:
                raise self.error(link, f"{rex.rune} compares two expressions")
            self.asserted += 1
            left = self.expression([], sides[0])
            right = self.expression([], sides[1])
            found = self.evaluate(left, sides[0], "the left side")
            wanted = self.evaluate(right, sides[1], "the right side")
            if not vm.equal(found, wanted):
                notes = [side("left: ", found), side("right:", wanted), difference(found, wanted)]
                raise self.error(link, "the two sides are not equal", [note for note in notes if note], origins=False)
            self.held += 1
            if not chained:
                return
            assert isinstance(heir, Node)
            link = heir

    def define(self, rex: Node) -> None:
        link = rex
        while True:
            heir = link.heir
            if isinstance(heir, Node) and heir.rune == rex.rune:
                self.define_one(link, link.sons)
                link = heir
            else:
                self.define_one(link, parts(link))
                return

    def define_one(self, rex: Node, sons: list[Rex]) -> None:
        """`= name body`, with a key before it, or a key and properties."""
        if not 2 <= len(sons) <= 4:
            raise self.error(rex, "a definition is `= name expression` or `= (name argument ..) expression`")
        key = self.key_of(sons[0]) if len(sons) > 2 else 0
        properties = self.expression([], sons[1]) if len(sons) == 4 else None
        signature = self.signature(sons[-2])
        body_rex = sons[-1]
        tree: Tree
        if signature.arguments is None:
            tree = self.expression([], body_rex)
        else:
            arity = len(signature.arguments)
            body = self.expression([signature.name, *signature.arguments], body_rex)
            tree = Lambda(True, signature.inline, mentions(body, arity), signature.name, arity, body)
        name = name_text(signature.name)
        value = self.evaluate(tree, rex, name)
        property_value: Value = 0
        if properties is not None:
            property_value = self.evaluate(properties, sons[1], f"the properties of {name}")
        self.bind(key, property_value, signature.name, value, tree)

    def signature(self, rex: Rex) -> Signature:
        name = leaf_nat(rex)
        if name is not None:
            return Signature(name, None, False)
        if isinstance(rex, Node) and rex.rune == "|":
            sons = parts(rex)
            if sons:
                inline = False
                head = sons[0]
                if isinstance(head, Node) and head.rune == "**" and len(head.sons) == 1 and head.heir is None:
                    inline = True
                    head = head.sons[0]
                name = leaf_nat(head)
                arguments: list[int] = []
                for son in sons[1:]:
                    argument = leaf_nat(son)
                    if argument is None:
                        raise self.error(son, "an argument of a definition is a name")
                    arguments.append(argument)
                if name is not None:
                    return Signature(name, arguments or None, inline)
        raise self.error(rex, "a definition defines `name`, `(name argument ..)` or `(**name argument ..)`")

    def key_of(self, rex: Rex) -> int:
        key = leaf_nat(rex)
        if key is None:
            raise self.error(rex, "this should be a name: foo, {foo} or 234")
        return key

    # -- expressions ---------------------------------------------------------------------------------------------------

    def expression(self, env: list[int], rex: Rex) -> Tree:
        """The tree of a form. `env` has the names around it, the innermost last."""
        expansions = len(self.macros)
        outer = self.place
        self.depth += 1
        if self.depth > backend.DEEPEST:
            raise self.error(rex, "this is nested too deeply")
        while isinstance(rex, Node):
            if rex.pos is not None:
                self.place = rex.pos
            macro = self.lookup(rex.rune)
            if macro is None:
                break
            rex = self.expand(macro.value, rex, rex.rune)
        if isinstance(rex, Node):
            tree = self.node(env, rex)
        elif isinstance(rex, Embed):
            tree = Const(rex.value)
        elif isinstance(rex, Bad):
            raise self.error(rex, f"a macro made something that is no form: {show(rex.value, max_chars=200)}")
        else:
            tree = self.leaf(env, rex)
        self.depth -= 1
        self.place = outer
        del self.macros[expansions:]
        return tree

    def leaf(self, env: list[int], rex: Leaf) -> Tree:
        if rex.shape == LINE:
            return Const(vm.utf8(self.text_block(rex)))
        form: Rex
        if rex.heir is not None:
            macro = self.lookup("#")
            if macro is None:
                raise self.error(rex, "two forms side by side mean nothing here")
            form = Node(INFX, "#", [Leaf(rex.shape, rex.text, None, rex.pos), rex.heir], None, rex.pos)
            return self.expression(env, self.expand(macro.value, form, "#"))
        if rex.shape == TEXT:
            return Const(vm.utf8(rex.text))
        if rex.text and not is_digit(rex.text[0]):
            return self.resolve(env, rex, vm.utf8(rex.text))
        number = word_number(rex.text) if rex.text else None
        if number is not None:
            return Const(number)
        macro = self.lookup("#")
        if macro is None:
            raise self.error(rex, f"{rex.text} is neither a number nor a name")
        form = Node(PREF, "#", [rex], None, rex.pos)
        return self.expression(env, self.expand(macro.value, form, "#"))

    def text_block(self, rex: Leaf) -> str:
        lines: list[str] = []
        link: Rex | None = rex
        while link is not None:
            if not isinstance(link, Leaf) or link.shape != LINE:
                raise self.error(link, "only lines of text can go on a block of text")
            lines.append(link.text)
            link = link.heir
        return "\n".join(lines)

    def resolve(self, env: list[int], rex: Rex, name: int) -> Tree:
        for place in range(len(env) - 1, -1, -1):
            if env[place] == name:
                return Var(len(env) - 1 - place)
        found = self.scope.get(name)
        if found is None:
            text = name_text(name)
            raise self.error(rex, f"{text} is not defined", self.hints(text, env))
        return Global(binding_of(found))

    def hints(self, name: str, env: list[int] | None = None) -> list[str]:
        """What could have been meant by an unknown name."""
        nat = vm.utf8(name)
        holders = []
        for module, pin in self.modules.items():
            bindings = pin.item if isinstance(pin, vm.Pin) else None
            if isinstance(bindings, vm.Tab) and bindings.get(nat) is not None:
                holders.append(name_text(module))
        notes = []
        if holders:
            notes.append("it is in the module " + " and in ".join(holders[:4]) + f": import it with `:| {holders[0]}`")
        names = [name_text(key) for key in trees.keys(self.scope.root)]
        return [*notes, *similar(name, [*names, *(name_text(key) for key in env or [] if key != UNNAMED)])]

    def node(self, env: list[int], rex: Node) -> Tree:
        rune = base_rune(rex.rune)
        sons = parts(rex)
        if rune == "|" or rune == "-":
            return self.application(env, rex, sons)
        if rune == "@":
            return self.let(env, rex, sons)
        if rune == "&":
            return self.anonymous(env, rex, sons)
        if rune == "^":
            return self.let_first(env, rex, sons)
        if rune == "?" or rune == "??":
            return self.function(env, rex, sons, rune == "??")
        if rune == "@@":
            return self.let_rec(env, rex, sons)
        if rune == "**":
            if len(sons) != 1:
                raise self.error(rex, "** takes one expression")
            return Inline(self.expression(env, sons[0]))
        if rune == ".":
            return self.reference(env, rex, sons)
        raise self.unknown_rune(rex)

    def application(self, env: list[int], rex: Node, sons: list[Rex]) -> Tree:
        if not sons:
            raise self.error(rex, "there is nothing to apply")
        tree = self.expression(env, sons[0])
        for son in sons[1:]:
            tree = Call(tree, self.expression(env, son))
        return tree

    def let(self, env: list[int], rex: Node, sons: list[Rex]) -> Tree:
        if len(sons) != 3:
            raise self.error(rex, "a let is `@ name value body`")
        name = self.key_of(sons[0])
        value = self.expression(env, sons[1])
        return Let(value, self.expression([*env, name], sons[2]))

    def let_first(self, env: list[int], rex: Node, sons: list[Rex]) -> Tree:
        """`^ f x .. value`: the value is `_` in what comes before it."""
        if len(sons) < 2:
            raise self.error(rex, "^ takes an application and the value of _ in it")
        value = self.expression(env, sons[-1])
        inner = [*env, UNDERSCORE]
        tree = self.expression(inner, sons[0])
        for son in sons[1:-1]:
            tree = Call(tree, self.expression(inner, son))
        return Let(value, tree)

    def let_rec(self, env: list[int], rex: Node, sons: list[Rex]) -> Tree:
        if len(sons) != 2:
            raise self.error(rex, "recursive lets are `@@ = name value .. body`")
        names: list[int] = []
        forms: list[Rex] = []
        link: Rex | None = sons[0]
        while link is not None:
            if not isinstance(link, Node) or link.rune != "=" or len(link.sons) != 2:
                raise self.error(link, "a recursive let is `= name value`")
            names.append(self.key_of(link.sons[0]))
            forms.append(link.sons[1])
            link = link.heir
        inner = [*env, *reversed(names)]
        values = [self.expression(inner, form) for form in forms]
        return LetRec(values, self.expression(inner, sons[1]))

    def anonymous(self, env: list[int], rex: Node, sons: list[Rex]) -> Tree:
        """`& (x y) body`, `& x body`, `& tag (x y) body`."""
        if not 2 <= len(sons) <= 3:
            raise self.error(rex, "an anonymous function is `& (argument ..) body`")
        tag = self.key_of(sons[0]) if len(sons) == 3 else 0
        signature = sons[-2]
        if isinstance(signature, Node) and signature.rune == "|":
            names = [self.key_of(son) for son in parts(signature)]
        else:
            names = [self.key_of(signature)]
        body = self.expression([*env, UNNAMED, *names], sons[-1])
        return Lambda(False, False, False, tag, len(names), body)

    def function(self, env: list[int], rex: Node, sons: list[Rex], pinned: bool) -> Tree:
        """`? (f x y) body`, which can recur; `??` is a pin."""
        if not 2 <= len(sons) <= 3:
            raise self.error(rex, f"a function is `{rex.rune} (name argument ..) body`")
        tag = self.key_of(sons[0]) if len(sons) == 3 else UNNAMED
        signature = sons[-2]
        inline = False
        names: list[int] = []
        if isinstance(signature, Leaf):
            name = self.key_of(signature)
        elif isinstance(signature, Node) and signature.rune == "|" and parts(signature):
            head, *rest = parts(signature)
            if isinstance(head, Node) and head.rune == "**" and len(parts(head)) == 1:
                inline = True
                head = parts(head)[0]
            name = self.key_of(head)
            names = [self.key_of(son) for son in rest]
        else:
            raise self.error(signature, "the signature of a function is (name argument ..)")
        body = self.expression([*env, name, *names], sons[-1])
        arity = len(names)
        return Lambda(pinned, inline, mentions(body, arity), name if tag == UNNAMED else tag, arity, body)

    def reference(self, env: list[int], rex: Node, sons: list[Rex]) -> Tree:
        """`. name`, or `. module name` of a module that need not be imported."""
        if len(sons) == 1:
            return self.resolve(env, rex, self.key_of(sons[0]))
        if len(sons) != 2:
            raise self.error(rex, "a reference is `. name` or `. module name`")
        module, name = self.key_of(sons[0]), self.key_of(sons[1])
        pin = self.modules.get(module)
        bindings = pin.item if isinstance(pin, vm.Pin) else None
        found = bindings.get(name) if isinstance(bindings, vm.Tab) else None
        if found is None:
            raise self.error(rex, f"{name_text(name)} of {name_text(module)} is not defined")
        return Global(binding_of(found))


def place_of(rex: Rex) -> Pos | None:
    """Where a form is in the source; of one that a macro made, where its first part from the source is."""
    for _ in range(8):
        if rex.pos is not None or not isinstance(rex, Node):
            break
        nearest: Rex | None = None
        for son in rex.sons:
            if son.pos is not None:
                return son.pos
            nearest = nearest or son
        if nearest is None:
            break
        rex = nearest
    return rex.pos


def side(name: str, value: Value) -> str:
    """One side of an assertion."""
    text = show(value, max_chars=400)
    return f"{name} {text}" if "\n" not in text else "\n".join([name, *("      " + line for line in text.split("\n"))])


def similar(name: str, names: list[str]) -> list[str]:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.75)
    return ["did you mean " + " or ".join(close) + "?"] if close else []
