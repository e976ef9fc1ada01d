"""From Sire trees to PLAN: calls of inline functions are expanded, then every function becomes a law of its own.

A function that uses variables of the functions around it gets them as further arguments, in front ("lambda lifting").
Within a law, a let survives only if its value is a call and is used more than once; what is used once is put
where it is used, constants are folded in. A law therefore looks the same however its source was cut into lets.
"""

from collections.abc import Callable
from typing import TypeAlias, final

import vm
from sire.syntax import (
    Binding,
    Call,
    Const,
    Global,
    Inline,
    Lambda,
    Let,
    LetRec,
    Potential,
    Tree,
    Var,
    shift,
)
from vm import Value

DEEPEST = 2000
"""How deeply trees may be nested before we say so, rather than run out of stack."""

MEMORY = 2 << 30
"""How many bytes the evaluation of one expression, or one run of a macro, may come to hold."""


class CompileError(Exception):
    """This tree has no PLAN form; the message says why."""


# -- Expansion ---------------------------------------------------------------------------------------------------------

Argument: TypeAlias = "tuple[int, Tree]"
"""An argument, and the number of binders around the place that it comes from."""


@final
class Expander:
    """Expands calls of inline functions. `around` has, for each binder around us, what its value could expand to."""

    def __init__(self) -> None:
        self.around: list[Potential | None] = []
        self.depth: int = 0

    def expand(self, tree: Tree, waiting: list[Argument]) -> "tuple[Tree, Potential | None]":
        """The expanded tree, applied to the arguments waiting for it (next one last), and what it could expand to."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise CompileError("this expression is nested too deeply, or its inline functions expand without end")
        while isinstance(tree, Call):
            argument, _ = self.expand(tree.argument, [])
            waiting.append((len(self.around), argument))
            tree = tree.function
        if isinstance(tree, Let):
            value, potential = self.expand(tree.value, [])
            self.around.append(potential)
            body, _ = self.expand(tree.body, waiting)
            self.around.pop()
            found: Tree = Let(value, body)
            left: Potential | None = None
        elif isinstance(tree, LetRec):
            count = len(tree.values)
            self.around += [None] * count
            values = [self.expand(item, [])[0] for item in tree.values]
            body, _ = self.expand(tree.body, waiting)
            del self.around[len(self.around) - count :]
            found, left = LetRec(values, body), None
        else:
            found, left = self.apply(tree, waiting)
        self.depth -= 1
        return found, left

    def apply(self, head: Tree, waiting: list[Argument]) -> "tuple[Tree, Potential | None]":
        """`head`, which is neither a call nor a let, applied to what waits for it."""
        potential: Potential | None = None
        if isinstance(head, Global):
            potential = potential_of(head.binding)
        elif isinstance(head, Var):
            potential = self.around[len(self.around) - 1 - head.index]
        elif isinstance(head, Lambda):
            if not head.recursive:
                potential = Potential(head, head.inline, 1 + head.arity + len(self.around), head.arity, [])
        elif isinstance(head, Inline):
            head, inner = self.expand(head.body, [])
            if inner is not None:
                potential = Potential(inner.function, True, inner.deep, inner.need, inner.arguments)
        taken: list[Argument] = []
        while True:
            if potential is not None and potential.need == 0 and potential.inline:
                return self.expand(self.unfold(potential), waiting)
            if not waiting:
                break
            argument = waiting.pop()
            taken.append(argument)
            if potential is not None:
                if potential.need > 0:
                    potential = Potential(
                        potential.function,
                        potential.inline,
                        potential.deep,
                        potential.need - 1,
                        [argument, *potential.arguments],
                    )
                else:
                    potential = None
        if isinstance(head, Lambda):
            head = self.expand_lambda(head)
        depth = len(self.around)
        for origin, value in taken:
            head = Call(head, shift(value, depth - origin, 0))
        return head, potential

    def expand_lambda(self, function: Lambda) -> Lambda:
        inner = 1 + function.arity
        self.around += [None] * inner
        body, _ = self.expand(function.body, [])
        del self.around[len(self.around) - inner :]
        return Lambda(function.pinned, function.inline, function.recursive, function.tag, function.arity, body)

    def unfold(self, potential: Potential) -> Tree:
        """The body of the function, in lets that bind its arguments (and itself, to 0: it does not recur)."""
        depth = len(self.around)
        function = potential.function
        bound: list[Argument] = [(depth, Const(0)), *reversed(potential.arguments)]
        tree = shift(function.body, depth + 1 + function.arity - potential.deep, 1 + function.arity)
        for place in range(len(bound) - 1, -1, -1):
            origin, value = bound[place]
            tree = Let(shift(value, depth + place - origin, 0), tree)
        return tree


def potential_of(binding: Binding) -> Potential | None:
    """What the name of a binding could expand to; worked out once."""
    if not binding.potential_known:
        binding.potential = closed_potential(binding.code)
        binding.potential_known = True
    return binding.potential


def closed_potential(tree: Tree) -> Potential | None:
    if isinstance(tree, Lambda):
        if tree.recursive:
            return None
        return Potential(tree, tree.inline, 1 + tree.arity, tree.arity, [])
    if isinstance(tree, Global):
        found = potential_of(tree.binding)
        if found is None or not (found.inline and found.need == 0):
            return found
    elif isinstance(tree, (Var, Const, Let, LetRec)):
        return None
    return Expander().expand(tree, [])[1]


# -- Laws --------------------------------------------------------------------------------------------------------------


@final
class Known:
    """A value known now."""

    def __init__(self, value: Value) -> None:
        self.value: Value = value


@final
class Name:
    """An argument, a let or a function, by a number of its own."""

    def __init__(self, number: int) -> None:
        self.number: int = number


@final
class Apply:
    """One expression applied to another."""

    def __init__(self, function: "Expression", argument: "Expression") -> None:
        self.function: Expression = function
        self.argument: Expression = argument


Expression: TypeAlias = "Known | Name | Apply"


@final
class Function:
    """A function on its way to being a law: `own` is its name for itself, `lets` are the values bound in it."""

    def __init__(
        self,
        pinned: bool,
        tag: int,
        own: int,
        arguments: list[int],
        lets: dict[int, Expression],
        body: Expression,
    ) -> None:
        self.pinned: bool = pinned
        self.tag: int = tag
        self.own: int = own
        self.arguments: list[int] = arguments
        self.lets: dict[int, Expression] = lets
        self.body: Expression = body


@final
class Lifter:
    """Turns expanded trees into expressions, and the functions in them into laws."""

    def __init__(self) -> None:
        self.names: int = 0

    def fresh(self) -> int:
        self.names += 1
        return self.names - 1

    def lift(self, tree: Tree, scope: list[Expression], lets: dict[int, Expression]) -> Expression:
        """The expression of a tree; `scope` has the variable 0 last. Adds to `lets`."""
        pushed = 0
        found: Expression
        while True:
            if isinstance(tree, Inline):
                tree = tree.body
            elif isinstance(tree, Let):
                value = self.lift(tree.value, scope, lets)
                if isinstance(value, Apply):
                    number = self.fresh()
                    lets[number] = value
                    value = Name(number)
                scope.append(value)
                pushed += 1
                tree = tree.body
            elif isinstance(tree, LetRec):
                numbers = [self.fresh() for _ in tree.values]
                scope += [Name(number) for number in reversed(numbers)]
                pushed += len(numbers)
                for number, item in zip(numbers, tree.values, strict=True):
                    lets[number] = self.lift(item, scope, lets)
                tree = tree.body
            else:
                break
        if isinstance(tree, Var):
            found = scope[len(scope) - 1 - tree.index]
        elif isinstance(tree, Const):
            found = Known(tree.value)
        elif isinstance(tree, Global):
            found = Known(tree.binding.value)
        elif isinstance(tree, Lambda):
            found = self.lift_lambda(tree, scope)
        else:
            spine: list[Tree] = []
            while isinstance(tree, Call):
                spine.append(tree.argument)
                tree = tree.function
            found = self.lift(tree, scope, lets)
            for place in range(len(spine) - 1, -1, -1):
                argument = self.lift(spine[place], scope, lets)
                found = applied(found, argument)
        if pushed:
            del scope[len(scope) - pushed :]
        return found

    def lift_lambda(self, tree: Lambda, scope: list[Expression]) -> Expression:
        if tree.arity == 0:
            raise CompileError("a function needs at least one argument")
        own = self.fresh()
        arguments = [self.fresh() for _ in range(tree.arity)]
        scope.append(Name(own))
        scope += [Name(number) for number in arguments]
        lets: dict[int, Expression] = {}
        body = self.lift(tree.body, scope, lets)
        del scope[len(scope) - 1 - tree.arity :]
        law, outer = self.law(Function(tree.pinned, tree.tag, own, arguments, lets, body))
        found: Expression = Known(law)
        for number in outer:
            found = Apply(found, Name(number))
        return found

    def law(self, function: Function) -> tuple[Value, list[int]]:
        """The law (or its pin) of a function, and the outer names that it must be applied to."""
        counts = count_uses(function)
        inside = {function.own, *function.arguments}
        outer = [number for number in counts if number not in inside and number not in function.lets]
        if outer:
            # The law takes more arguments under a new name; the old name is the new one applied to the outer ones.
            own = self.fresh()
            old: Expression = Name(own)
            for number in outer:
                old = Apply(old, Name(number))
            lets = dict(function.lets)
            lets[function.own] = old
            arguments = outer + function.arguments
            function = Function(function.pinned, function.tag, own, arguments, lets, function.body)
            counts = count_uses(function)
        return Writer(function, counts).write(), outer


def applied(function: Expression, argument: Expression) -> Expression:
    """An application; one of a known function to a known argument is made now if that runs nothing."""
    if isinstance(function, Known) and isinstance(argument, Known) and vm.arity(function.value) > 1:
        return Known(vm.app(function.value, argument.value))
    return Apply(function, argument)


def count_uses(function: Function) -> dict[int, int]:
    """How often each name is used in the body and in the lets that it needs, in the order in which they are complete:
    a let comes after what its value uses."""
    counts: dict[int, int] = {}
    visit(function.body, function.lets, set(), counts, 0)
    return counts


def visit(expr: Expression, lets: dict[int, Expression], seen: set[int], counts: dict[int, int], depth: int) -> None:
    if depth > DEEPEST:
        raise CompileError("this expression is nested too deeply")
    if isinstance(expr, Apply):
        spine: list[Expression] = []
        while isinstance(expr, Apply):
            spine.append(expr.argument)
            expr = expr.function
        visit(expr, lets, seen, counts, depth + 1)
        for place in range(len(spine) - 1, -1, -1):
            visit(spine[place], lets, seen, counts, depth + 1)
    elif isinstance(expr, Name):
        number = expr.number
        if number not in seen:
            seen.add(number)
            value = lets.get(number)
            if value is not None:
                visit(value, lets, seen, counts, depth + 1)
        counts[number] = counts.get(number, 0) + 1


@final
class Writer:
    """Writes the body of one law."""

    def __init__(self, function: Function, counts: dict[int, int]) -> None:
        self.function: Function = function
        self.counts: dict[int, int] = counts
        self.kept: list[int] = [number for number, count in counts.items() if count > 1 and number in function.lets]
        self.slots: dict[int, int] = {}
        for number in [function.own, *function.arguments, *self.kept]:
            self.slots[number] = len(self.slots)
        self.greatest: int = len(function.arguments) + len(self.kept)

    def write(self) -> Value:
        function = self.function
        body = self.expression(function.body)
        for number in reversed(self.kept):
            body = vm.app(1, self.expression(function.lets[number]), body)
        law = vm.law(function.tag, len(function.arguments), body)
        return vm.pin(law) if function.pinned else law

    def expression(self, expr: Expression) -> Value:
        if isinstance(expr, Name):
            number = expr.number
            value = self.function.lets.get(number)
            if value is not None and self.counts[number] == 1:
                return self.expression(value)
            return self.slots[number]
        if isinstance(expr, Known):
            return vm.app(2, expr.value) if self.looks_like_code(expr.value) else expr.value
        spine: list[Expression] = []
        while isinstance(expr, Apply):
            spine.append(expr.argument)
            expr = expr.function
        written = self.expression(expr)
        for place in range(len(spine) - 1, -1, -1):
            written = vm.app(0, written, self.expression(spine[place]))
        return written

    def looks_like_code(self, value: Value) -> bool:
        if isinstance(value, int):
            return value <= self.greatest
        if isinstance(value, vm.App):
            head = value.head
            return (len(value.args) == 2 and (head == 0 or head == 1)) or (len(value.args) == 1 and head == 2)
        return False


def program(tree: Tree) -> Value:
    """A law of one argument, which it ignores; its result is the value of a closed tree. Raises CompileError."""
    lifter = Lifter()
    lets: dict[int, Expression] = {}
    body = lifter.lift(Expander().expand(tree, [])[0], [], lets)
    own = lifter.fresh()
    law, _ = lifter.law(Function(False, 0, own, [lifter.fresh()], lets, body))
    return law


def evaluate(tree: Tree, trk: Callable[[Value], None] | None = None) -> Value:
    """The value of a closed tree, in normal form. Raises CompileError, and what `vm.evaluate` raises."""
    return vm.evaluate(program(tree), 0, trk=trk)
