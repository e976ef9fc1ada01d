"""Laws that are too large to compile: the body as a graph of thunks over an environment, as the specification has
it."""

from __future__ import annotations

from vm.values import HOLE, App, Law, Thunk, delay


def instantiate(law: Law, me: object, args: list[object]) -> object:
    """What a law's body is on its arguments: a value or a thunk."""
    env: list[object] = [me, *args]
    lets: list[object] = []
    body = law.body
    while isinstance(body, App) and len(body.args) == 2 and isinstance(body.head, int) and body.head == 1:
        lets.append(body.args[0])
        body = body.args[1]
    holes: list[Thunk] = []
    for _ in lets:
        hole = Thunk(HOLE, None, None, None)
        holes.append(hole)
        env.append(hole)
    for hole, let in zip(holes, lets, strict=True):
        value = build(let, env)
        while isinstance(value, Thunk) and value.code is None:
            value = value.a
        if value is not hole:  # a let that is nothing but itself stays a hole
            hole.a = value
            hole.code = None
    return build(body, env)


def build(top: object, env: list[object]) -> object:
    """An expression over an environment: values and thunks in the place of slots and applications."""
    result: list[object] = [None]
    stack: list[tuple[object, list[object], int]] = [(top, result, 0)]
    while stack:
        x, target, place = stack.pop()
        value: object = x
        if isinstance(x, int):
            if x < len(env):
                value = env[x]
        elif isinstance(x, App) and isinstance(x.head, int):
            if x.head == 0 and len(x.args) == 2:
                spine: list[object] = []
                while isinstance(x, App) and len(x.args) == 2 and isinstance(x.head, int) and x.head == 0:
                    spine.append(x.args[1])
                    x = x.args[0]
                xs: list[object] = [None] * len(spine)
                thunk = delay(None, xs)
                for i, y in enumerate(reversed(spine)):
                    stack.append((y, xs, i))
                head: object = x
                if isinstance(x, int):
                    if x < len(env):
                        head = env[x]
                elif isinstance(x, App) and isinstance(x.head, int) and x.head == 2 and len(x.args) == 1:
                    head = x.args[0]
                thunk.a = head
                value = thunk
            elif x.head == 2 and len(x.args) == 1:
                value = x.args[0]
        target[place] = value
    return result[0]
