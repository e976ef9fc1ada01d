"""Jets of control and of taking values apart: force, seq, trace, if, and what op 1 shows."""

from __future__ import annotations

from typing import Final

from vm import shapes
from vm.jet import Jet, Steps, Track
from vm.jets.common import Work, bit, item, nat, tail
from vm.values import App, Pin, known


def force(x: object) -> object:
    return x


def seq(x: object, y: object) -> object:
    return y


def par(x: object, y: object) -> object:
    return y


def trace(x: object, y: object) -> object:
    return Steps(tracking(x, y))


def tracking(x: object, y: object) -> Work:
    yield Track(x)
    return y


def is_pin(x: object) -> object:
    return bit(isinstance(x, Pin))


def is_law(x: object) -> object:
    return bit(shapes.is_law(x))


def is_app(x: object) -> object:
    return bit(shapes.is_app(x))


def is_nat(x: object) -> object:
    return bit(isinstance(x, int))


def plan_tag(x: object) -> object:
    if isinstance(x, int):
        return 3
    if isinstance(x, Pin):
        return 0
    return 1 if shapes.is_law(x) else 2


def pin_item(x: object) -> object:
    return x.item if isinstance(x, Pin) else 0


def law_name(x: object) -> object:
    return shapes.law_name(x) if shapes.is_law(x) else 0


def law_args(x: object) -> object:
    return shapes.law_args(x) if shapes.is_law(x) else 0


def law_body(x: object) -> object:
    return shapes.law_body(x) if shapes.is_law(x) else 0


def car(x: object) -> object:
    if isinstance(x, int):
        return 0
    if isinstance(x, Pin):
        return 4
    if shapes.is_law(x):
        return App(0, [shapes.law_name(x), shapes.law_args(x)])
    return shapes.app_function(x)


def cdr(x: object) -> object:
    return tail(x)


def head(x: object) -> object:
    return shapes.app_head(x) if shapes.is_app(x) else x


def arity(x: object) -> object:
    return shapes.arity(x)


def data_tag(x: object) -> object:
    return x if isinstance(x, int) else item(x, 0)


def if_nat(x: object, then: object, other: object) -> object:
    return then if isinstance(x, int) and x != 0 else other


def if_zero(x: object, then: object, other: object) -> object:
    return then if isinstance(x, int) and x == 0 else other


def eqz(x: object) -> object:
    return bit(isinstance(x, int) and x == 0)


def to_bit(x: object) -> object:
    return bit(nat(x) != 0)


def negate(x: object) -> object:
    return bit(nat(x) == 0)


def lazy_bit(y: object) -> object:
    value = known(y)
    return Steps(waiting_bit(y, True)) if value is None else to_bit(value)


def lazy_not(y: object) -> object:
    value = known(y)
    return Steps(waiting_bit(y, False)) if value is None else negate(value)


def waiting_bit(y: object, plain: bool) -> Work:
    value = yield y
    return to_bit(value) if plain else negate(value)


def both(x: object, y: object) -> object:
    return lazy_bit(y) if nat(x) else 0


def either(x: object, y: object) -> object:
    return 1 if nat(x) else lazy_bit(y)


def differ(x: object, y: object) -> object:
    return bit((nat(x) != 0) != (nat(y) != 0))


def alike(x: object, y: object) -> object:
    return bit((nat(x) != 0) == (nat(y) != 0))


def not_both(x: object, y: object) -> object:
    return lazy_not(y) if nat(x) else 1


def neither(x: object, y: object) -> object:
    return 0 if nat(x) else lazy_not(y)


def order_weld(x: object, y: object) -> object:
    return y if isinstance(x, int) and x == 1 else x


JETS: Final = [
    Jet("_Force", 1, "d", force),
    Jet("_Seq", 2, "sl", seq),
    Jet("pseq", 2, "sl", seq),
    Jet("par", 2, "ll", par),
    Jet("_Trace", 2, "dl", trace),
    Jet("_DeepTrace", 2, "dl", trace),
    Jet("_IsPin", 1, "s", is_pin, None, True),
    Jet("_IsLaw", 1, "s", is_law, None, True),
    Jet("_IsApp", 1, "s", is_app, None, True),
    Jet("_IsNat", 1, "s", is_nat, None, True),
    Jet("_PlanTag", 1, "s", plan_tag, None, True),
    Jet("_PinItem", 1, "s", pin_item),
    Jet("_LawName", 1, "s", law_name, None, True),
    Jet("_LawArgs", 1, "s", law_args, None, True),
    Jet("_LawBody", 1, "s", law_body),
    Jet("_Car", 1, "s", car),
    Jet("_Cdr", 1, "s", cdr),
    Jet("_Head", 1, "s", head),
    Jet("_Arity", 1, "s", arity),
    Jet("_DataTag", 1, "s", data_tag),
    Jet("_If", 3, "sll", if_nat),
    Jet("_Ifz", 3, "sll", if_zero),
    Jet("_Eqz", 1, "s", eqz, None, True),
    Jet("_Bit", 1, "s", to_bit, None, True),
    Jet("_Not", 1, "s", negate, None, True),
    Jet("_And", 2, "sl", both),
    Jet("_Or", 2, "sl", either),
    Jet("_Xor", 2, "ss", differ, None, True),
    Jet("_Xnor", 2, "ss", alike, None, True),
    Jet("_Nand", 2, "sl", not_both),
    Jet("_Nor", 2, "sl", neither),
    Jet("_OrdWeld", 2, "sl", order_weld),
]
