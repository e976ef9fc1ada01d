"""Inlining and lambda lifting change the shape of a program, never what it computes."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import vm
from sire.backend import evaluate
from sire.syntax import Call, Const, Inline, Lambda, Let, LetRec, Tree, Var, shift, tree_of, tree_value

INC = 3
KEEP = vm.law(0, 2, 1)
MIX = vm.law(0, 2, vm.app(0, vm.app(0, vm.app(0, vm.app(2, 2), vm.app(0, INC, 1)), vm.app(0, KEEP, 1)), 2))
"""The operations that the programs use: (MIX x y) is x + 1 if y is 0, else x."""


@st.composite
def trees(draw: st.DrawFn, arity: int, env: tuple[int, ...], depth: int) -> Tree:
    """A program that is a number (arity 0) or a function of so many numbers to a number. `env` has the arities of the
    variables, the innermost first."""
    options: list[str] = ["lambda"] if arity else ["const"]
    fitting = [index for index, kind in enumerate(env) if kind == arity]
    if fitting:
        options += ["var", "var"]
    if depth:
        options += ["let", "letrec", "call", "call", "call"] + ([] if arity else ["inc", "mix", "mix"])
    choice = draw(st.sampled_from(options))
    below = max(depth - 1, 0)
    if choice == "const":
        return Const(draw(st.integers(0, 6)))
    if choice == "var":
        return Var(draw(st.sampled_from(fitting)))
    if choice == "inc":
        return Call(Const(INC), draw(trees(0, env, below)))
    if choice == "mix":
        return Call(Call(Const(MIX), draw(trees(0, env, below))), draw(trees(0, env, below)))
    if choice == "lambda":
        # The function itself is not used, or it could run for ever: its arity matches nothing.
        body = draw(trees(0, (0,) * arity + (-1, *env), below))
        return Lambda(draw(st.booleans()) and body.free <= 1 + arity, draw(st.booleans()), False, 0, arity, body)
    if choice == "call":
        extra = draw(st.integers(1, 2))
        function = draw(trees(arity + extra, env, below))
        if draw(st.booleans()):
            function = Inline(function)
        for _ in range(extra):
            function = Call(function, draw(trees(0, env, below)))
        return function
    if choice == "let":
        kind = draw(st.integers(0, 2))
        return Let(draw(trees(kind, env, below)), draw(trees(arity, (kind, *env), below)))
    kinds = tuple(draw(st.lists(st.integers(0, 2), min_size=1, max_size=3)))
    # A value may use those after it.
    values = [
        draw(trees(kind, (-1,) * (place + 1) + kinds[place + 1 :] + env, below)) for place, kind in enumerate(kinds)
    ]
    return LetRec(values, draw(trees(arity, kinds + env, below)))


def meaning(tree: Tree, env: list[Any]) -> Any:
    """What a program computes, read off its tree: a number or a curried function. `env` has the innermost first, each
    a function of nothing."""
    match tree:
        case Var():
            return env[tree.index]()
        case Const():
            return tree.value
        case Call():
            function = tree.function
            if isinstance(function, Const):
                return meaning(tree.argument, env) + 1
            if isinstance(function, Call) and isinstance(function.function, Const):
                return meaning(function.argument, env) + (meaning(tree.argument, env) == 0)
            return meaning(tree.function, env)(lambda: meaning(tree.argument, env))
        case Let():
            return meaning(tree.body, [lambda: meaning(tree.value, env), *env])
        case LetRec():
            inner: list[Any] = []
            inner += [lambda value=value: meaning(value, inner) for value in tree.values]
            inner += env
            return meaning(tree.body, inner)
        case Inline():
            return meaning(tree.body, env)
        case Lambda():
            return curry(tree, [lambda: None, *env], tree.arity)
    raise AssertionError(tree)


def curry(tree: Lambda, env: list[Any], missing: int) -> Any:
    if missing == 0:
        return meaning(tree.body, env)
    take: Callable[[Any], Any] = lambda x: curry(tree, [x, *env], missing - 1)  # noqa: E731
    return take


@given(trees(3, (), 6), st.integers(0, 9), st.integers(10, 19), st.integers(20, 29))
def test_a_program_computes_what_its_tree_says(tree: Tree, x: int, y: int, z: int):
    assert vm.evaluate(evaluate(tree), x, y, z) == meaning(tree, [])(lambda: x)(lambda: y)(lambda: z)


def unmarked(tree: Tree) -> Tree:
    """The same program with nothing to be expanded."""
    match tree:
        case Call():
            return Call(unmarked(tree.function), unmarked(tree.argument))
        case Let():
            return Let(unmarked(tree.value), unmarked(tree.body))
        case LetRec():
            return LetRec([unmarked(value) for value in tree.values], unmarked(tree.body))
        case Inline():
            return unmarked(tree.body)
        case Lambda():
            return Lambda(tree.pinned, False, tree.recursive, tree.tag, tree.arity, unmarked(tree.body))
    return tree


@given(trees(2, (), 5), st.integers(0, 5), st.integers(0, 5))
def test_expanding_functions_changes_nothing_but_the_shape(tree: Tree, x: int, y: int):
    assert vm.evaluate(evaluate(tree), x, y) == vm.evaluate(evaluate(unmarked(tree)), x, y)


@given(trees(1, (0, 1, 2), 5))
def test_a_tree_comes_back_from_its_plan_form(tree: Tree):
    again = tree_of(tree_value(tree))
    assert vm.equal(tree_value(again), tree_value(tree))
    assert again.free == tree.free


@given(trees(1, (0, 1, 2), 5), st.integers(1, 5))
def test_shifting_out_and_back_is_nothing(tree: Tree, by: int):
    assert vm.equal(tree_value(shift(shift(tree, by, 0), -by, 0)), tree_value(tree))
