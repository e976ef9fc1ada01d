"""%rand: random bytes from the operating system.

[%rand 0 %byte n]    a bar of n random bytes; 0 if n is more than LIMIT
"""

import os
from collections.abc import Callable, Sequence

import vm
from machines.devices import Answerer
from machines.heart import Where
from vm import Value

BYTE = vm.utf8("byte")
LIMIT = 1 << 24


class Rand:
    leaves_traces = False

    def __init__(self, answer: Answerer, draw: Callable[[int], bytes] = os.urandom) -> None:
        self.answer = answer
        self.draw = draw

    def open(self, where: Where, params: Sequence[Value]) -> None:
        match params:
            case [verb, int() as n] if verb == BYTE and n <= LIMIT:
                self.answer(where, vm.bar(self.draw(n)))
            case _:
                self.answer(where, 0)

    def cancel(self, where: Where) -> None:
        pass

    def close(self) -> None:
        pass
