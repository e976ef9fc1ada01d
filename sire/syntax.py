"""The syntax trees of Sire, and the PLAN form in which a binding keeps its own.

Variables are de Bruijn indices: 0 is what was bound last. A function binds itself first and then its arguments, a run
of recursive lets binds its first name last. `free` is one more than the greatest index that reaches out of the tree,
0 for a closed tree, so that most walks can stop early.
"""

from typing import TypeAlias, final

from mypy_extensions import mypyc_attr

import vm
from vm import Value


@final
class Var:
    """What the `index`-th binder from here, counting inside out from 0, has bound."""

    def __init__(self, index: int) -> None:
        self.index: int = index
        self.free: int = index + 1


@final
class Const:
    """A constant of the source, or a value that a macro put there."""

    def __init__(self, value: Value) -> None:
        self.value: Value = value
        self.free: int = 0


@final
class Global:
    """A binding of a module."""

    def __init__(self, binding: "Binding") -> None:
        self.binding: Binding = binding
        self.free: int = 0


@final
class Call:
    """`function` applied to one `argument`."""

    def __init__(self, function: "Tree", argument: "Tree") -> None:
        self.function: Tree = function
        self.argument: Tree = argument
        self.free: int = max(free(function), free(argument))


@final
class Let:
    """`body`, in which index 0 is `value`."""

    def __init__(self, value: "Tree", body: "Tree") -> None:
        self.value: Tree = value
        self.body: Tree = body
        self.free: int = max(free(value), free(body) - 1)


@final
class LetRec:
    """`body`, in which, as in the values themselves, index k is `values[k]`."""

    def __init__(self, values: "list[Tree]", body: "Tree") -> None:
        self.values: list[Tree] = values
        self.body: Tree = body
        reach = free(body)
        for value in values:
            reach = max(reach, free(value))
        self.free: int = max(0, reach - len(values))


@final
class Inline:
    """`body`, to be expanded in place where it is applied to enough arguments."""

    def __init__(self, body: "Tree") -> None:
        self.body: Tree = body
        self.free: int = free(body)


@final
class Lambda:
    """A function of `arity` arguments: index 0 in `body` is the last of them, index `arity` the function itself.

    `pinned`: it becomes a pin. `inline`: calls of it are expanded. `recursive`: it mentions itself.
    """

    def __init__(self, pinned: bool, inline: bool, recursive: bool, tag: int, arity: int, body: "Tree") -> None:
        self.pinned: bool = pinned
        self.inline: bool = inline
        self.recursive: bool = recursive
        self.tag: int = tag
        self.arity: int = arity
        self.body: Tree = body
        self.free: int = max(0, free(body) - 1 - arity)


Tree: TypeAlias = "Var | Const | Global | Call | Let | LetRec | Inline | Lambda"


def free(tree: "Tree") -> int:
    """One more than the greatest index that reaches out of the tree; 0 for a closed one."""
    if isinstance(tree, Call):
        return tree.free
    if isinstance(tree, Var):
        return tree.free
    if isinstance(tree, (Const, Global)):
        return 0
    if isinstance(tree, Let):
        return tree.free
    if isinstance(tree, Lambda):
        return tree.free
    if isinstance(tree, LetRec):
        return tree.free
    return tree.free


def mentions(tree: "Tree", index: int) -> bool:
    """Does the tree use the variable `index` (counted from outside of the tree)?"""
    while free(tree) > index:
        if isinstance(tree, Var):
            return tree.index == index
        if isinstance(tree, Call):
            if mentions(tree.argument, index):
                return True
            tree = tree.function
        elif isinstance(tree, Let):
            if mentions(tree.value, index):
                return True
            tree = tree.body
            index += 1
        elif isinstance(tree, LetRec):
            index += len(tree.values)
            for value in tree.values:
                if mentions(value, index):
                    return True
            tree = tree.body
        elif isinstance(tree, Lambda):
            index += 1 + tree.arity
            tree = tree.body
        elif isinstance(tree, Inline):
            tree = tree.body
        else:
            return False
    return False


def shift(tree: "Tree", by: int, bound: int) -> "Tree":
    """The tree with `by` added to every index that reaches beyond the innermost `bound` binders."""
    if by == 0 or free(tree) <= bound:
        return tree
    if isinstance(tree, Var):
        return Var(tree.index + by)
    if isinstance(tree, Call):
        return Call(shift(tree.function, by, bound), shift(tree.argument, by, bound))
    if isinstance(tree, Let):
        return Let(shift(tree.value, by, bound), shift(tree.body, by, bound + 1))
    if isinstance(tree, LetRec):
        inner = bound + len(tree.values)
        return LetRec([shift(value, by, inner) for value in tree.values], shift(tree.body, by, inner))
    if isinstance(tree, Lambda):
        body = shift(tree.body, by, bound + 1 + tree.arity)
        return Lambda(tree.pinned, tree.inline, tree.recursive, tree.tag, tree.arity, body)
    if isinstance(tree, Inline):
        return Inline(shift(tree.body, by, bound))
    return tree


# The PLAN form: a variable is its index, everything else a row that begins with a letter.

CONST = vm.utf8("K")
GLOBAL = vm.utf8("G")
CALL = vm.utf8("A")
LET = vm.utf8("L")
LETREC = vm.utf8("R")
INLINE = vm.utf8("M")
LAMBDA = vm.utf8("F")


def tree_value(tree: "Tree") -> Value:
    """The PLAN form of a tree."""
    if isinstance(tree, Var):
        return tree.index
    if isinstance(tree, Const):
        return vm.row([CONST, tree.value])
    if isinstance(tree, Global):
        return vm.row([GLOBAL, tree.binding.pin])
    if isinstance(tree, Call):
        spine: list[Tree] = []
        while isinstance(tree, Call):
            spine.append(tree.argument)
            tree = tree.function
        value = tree_value(tree)
        for argument in reversed(spine):
            value = vm.row([CALL, value, tree_value(argument)])
        return value
    if isinstance(tree, Let):
        return vm.row([LET, tree_value(tree.value), tree_value(tree.body)])
    if isinstance(tree, LetRec):
        return vm.row([LETREC, vm.row([tree_value(value) for value in tree.values]), tree_value(tree.body)])
    if isinstance(tree, Lambda):
        flags = [int(tree.pinned), int(tree.inline), int(tree.recursive)]
        return vm.row([LAMBDA, *flags, tree.tag, tree.arity, tree_value(tree.body)])
    return vm.row([INLINE, tree_value(tree.body)])


class BadState(Exception):
    """A PLAN value that should be a Sire state, a binding or a tree is not; the message says how."""


def tree_of(value: Value) -> "Tree":
    """The tree of a PLAN form; raises BadState."""
    if isinstance(value, int):
        return Var(value)
    if not isinstance(value, vm.Row):
        raise BadState("the code of a binding is malformed")
    items = value.items
    kind = items[0] if items else 0
    if kind == CALL and len(items) == 3:
        spine: list[Value] = []
        head: Value = value
        while isinstance(head, vm.Row) and len(head.items) == 3 and head.items[0] == CALL:
            spine.append(head.items[2])
            head = head.items[1]
        tree = tree_of(head)
        for argument in reversed(spine):
            tree = Call(tree, tree_of(argument))
        return tree
    if kind == CONST and len(items) == 2:
        return Const(items[1])
    if kind == GLOBAL and len(items) == 2:
        return Global(binding_of(items[1]))
    if kind == LET and len(items) == 3:
        return Let(tree_of(items[1]), tree_of(items[2]))
    if kind == LETREC and len(items) == 3:
        values = items[1]
        if isinstance(values, vm.Row):
            return LetRec([tree_of(item) for item in values.items], tree_of(items[2]))
    if kind == INLINE and len(items) == 2:
        return Inline(tree_of(items[1]))
    if kind == LAMBDA and len(items) == 7:
        pinned, inline, recursive, tag, arity = items[1], items[2], items[3], items[4], items[5]
        if isinstance(tag, int) and isinstance(arity, int):
            return Lambda(pinned == 1, inline == 1, recursive == 1, tag, arity, tree_of(items[6]))
    raise BadState("the code of a binding is malformed")


@final
class Potential:
    """What a tree would be expanded to, if it were applied to `need` more arguments.

    `deep` is the number of binders around the function; `arguments` are those already there, each with its own
    number of binders around it, last first.
    """

    def __init__(
        self, function: Lambda, inline: bool, deep: int, need: int, arguments: "list[tuple[int, Tree]]"
    ) -> None:
        self.function: Lambda = function
        self.inline: bool = inline
        self.deep: int = deep
        self.need: int = need
        self.arguments: list[tuple[int, Tree]] = arguments


@final
@mypyc_attr(allow_interpreted_subclasses=False)
class Binding:
    """A name of a module: the pin `[key value code module name properties]`, taken apart when it is looked at."""

    def __init__(self, pin: vm.Pin) -> None:
        item = pin.item
        if not isinstance(item, vm.Row) or len(item.items) != 6:
            raise BadState("a binding is not a pinned row of six")
        self.pin: vm.Pin = pin
        self.fields: list[Value] = item.items
        self.value: Value = item.items[1]
        self.tree: Tree | None = None
        self.potential: Potential | None = None
        self.potential_known: bool = False

    @property
    def key(self) -> int:
        return vm.nat(self.fields[0])

    @property
    def code(self) -> "Tree":
        """The tree it was compiled from."""
        if self.tree is None:
            self.tree = tree_of(self.fields[2])
        return self.tree

    @property
    def module(self) -> str:
        return vm.text(vm.nat(self.fields[3])) or ""

    @property
    def name(self) -> str:
        return vm.text(vm.nat(self.fields[4])) or ""

    @property
    def properties(self) -> Value:
        return self.fields[5]


_known: dict[int, Binding] = {}
"""Bindings by the identity of their pins, so that each is taken apart once. A binding keeps its pin alive."""


def binding_of(value: Value) -> Binding:
    """The binding of a binding pin; raises BadState."""
    if not isinstance(value, vm.Pin):
        raise BadState("a binding is not a pin")
    known = _known.get(id(value))
    if known is None:
        known = Binding(value)
        _known[id(value)] = known
    return known


def new_binding(key: int, value: Value, code: "Tree", module: int, name: int, properties: Value) -> Binding:
    """A new binding; `module` and `name` are nats."""
    binding = binding_of(vm.pin(vm.row([key, value, tree_value(code), module, name, properties])))
    binding.tree = code
    return binding
