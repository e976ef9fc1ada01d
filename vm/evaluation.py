"""The evaluator: one loop over the words of vm.words, with a stack of its own.

The stack has two sides. `stack` holds registers and what frames own; `frames` holds a word for each frame. The frame on
top waits for the value that is being computed:

    CODE     pc | destination << 24 | window << 40    owns the code to go on with
    UPDATE   a thunk                                  gets the value, and passes it on
    REST     a list of arguments                      the value is applied to them
    STEPS    a jet at work                            is sent the value
    EACH     a list of slots                          the next slot gets the value, and its thunk is computed
    TRY      nothing                                  passes the value on; a crash stops here and becomes a value
    END      nothing                                  the value is the result

What a frame owns lies in the stack just below the base that is current while it waits: stack[base - 1]. Then the base
goes back: by 1, or by the window of a code, which is as wide as the registers that are still in use. A frame that waits
holds no more of the stack than that.

Nothing here uses the C stack in proportion to what is evaluated, so depth is a question of memory only; and between any
two words the evaluator can stop (`run` returns after so many steps) and go on later.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, Final, cast, final

from librt.vecs import append, vec
from mypy_extensions import i64

from vm import shapes, shared
from vm.body import ItemSource, LawSource, entry, law_text
from vm.compiler import compile_code
from vm.formula import MOST_CELLS, OVER, compute
from vm.instance import instantiate
from vm.jet import FALLBACK, Attempt, Each, Jet, Pause, Steps, Tail, Track, fell_back
from vm.normal import is_normal
from vm.ops import NORMAL_CODE
from vm.ops import entry as op_entry
from vm.room import allow, bits
from vm.shared import FEW, longer
from vm.text import utf8
from vm.turns import ALARMS, TURNS, work
from vm.values import (
    APPLY as APPLY_CODE,
)
from vm.values import (
    CRASHED,
    NORMALISE,
    App,
    Bar,
    Code,
    Cow,
    Crash,
    Law,
    MemoryLimit,
    Pin,
    Row,
    Set,
    Thunk,
    delay,
    delay_normal,
    small,
)
from vm.values import (
    HOLE as HOLE_CODE,
)
from vm.words import (
    ADD,
    ADDK,
    APPLY,
    BYTE,
    CALL,
    CLEAR,
    COMPILE,
    CONST,
    CONST_BIT,
    DELAY,
    EQL,
    EQLK,
    EQZ,
    FILL,
    FORCE,
    FORMULA,
    GTEK,
    GTHK,
    HOLE,
    IDX,
    IDXK,
    INDEX_MASK,
    JET,
    JMP,
    JNAPP,
    JNLAW,
    JNNAT,
    JZ,
    LAST_BIT,
    LTE,
    LTEK,
    LTH,
    LTHK,
    MAKE,
    MOV,
    MUL,
    NAT,
    NEQ,
    NEQK,
    OPERAND_BITS,
    PEEK,
    RET,
    RETC,
    RETF,
    ROW,
    SUB,
    SUBK,
    SWITCH,
    TAKE,
    TAPPLY,
    TCALL,
    THUNK,
    TJET,
    TREE,
)

END: Final = -1
UPDATE: Final = -2
REST: Final = -3
STEPS: Final = -4
TRY: Final = -5
EACH: Final = -6

# What `run` does when no instruction is being executed.
DELIVER: Final = 1  # give r to the frame on top
ENTER: Final = 2  # evaluate r for the frame on top
APPLYING: Final = 3  # evaluate r applied to xs for the frame on top
RESUME: Final = 4  # send r to the jet in the frame on top
OUTCOME: Final = 5  # r is what a jet returned

LOOP: Final = utf8("loop")
PC_MASK: Final = (1 << 24) - 1
FRAME: Final = ((1 << 32) - 1) << 24  # a and b of an instruction, moved to their places in a frame's word
FIRST_SIZE: Final = 256
SLACK: Final = 8
NATS: Final[list[object]] = list(range(1 << 16))
NONE: Final[list[object]] = []
CHUNK: Final[list[object]] = [None] * (1 << 15)
WORD: Final = 1 << 60  # nats below it are added in no time
LONG: Final = 1 << 2048  # nats above it take more than a step
PAUSED: Final = 10_000  # steps that the work of a jet between two pauses stands for
MULTIPLIED: Final = 1 << 31  # larger ones go to the jet, which sees to it that the product is not absurd


@final
class Done:
    """The value, normal."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value: Final = value


@final
class Crashed:
    """The crash: an op and its argument, normal."""

    __slots__ = ("arg", "op")

    def __init__(self, op: int, arg: object) -> None:
        self.op: Final = op
        self.arg: Final = arg


@final
class Suspended:
    """Not finished yet."""

    __slots__ = ()


SUSPENDED: Final = Suspended()


def ignore(x: object) -> None:
    """Where shown values go when nobody looks."""


@final
class Evaluation:
    """f applied to xs, to be evaluated and normalised. `trk` is called with each value that running code shows, normal.

    `limit` is the number of slots the stack may have before the evaluation ends with MemoryLimit.
    """

    def __init__(
        self, f: object, xs: list[object], trk: Callable[[object], None] | None = None, limit: int = 1 << 28
    ) -> None:
        self.trk: Final[Callable[[object], None]] = ignore if trk is None else trk
        self.limit: i64 = limit
        self.stack: list[object] = [None] * FIRST_SIZE
        self.frames: vec[i64] = vec[i64]([END, 0, 0, 0, 0, 0, 0, 0])
        self.sp: i64 = 1
        self.base: i64 = 1
        self.pc: i64 = 0
        self.code: Code = NORMAL_CODE
        self.phase: i64 = ENTER
        self.r: object = delay_normal(delay(f, xs) if xs else f)
        self.tries: i64 = 0
        self.cells: vec[i64] = vec[i64]([0] * MOST_CELLS)

    @property
    def slots(self) -> int:
        """How many slots the stack has: its memory, in words."""
        return len(self.stack) + len(self.frames)

    def laws(self, most: int = 1000) -> list[str]:
        """The names of the laws at work, innermost first, at most so many: for profiles. Between runs only."""
        if not self.stack:
            return []
        names = [self.code.name] if self.phase == 0 else called(self.r) if self.phase == ENTER else []
        sp = self.sp - 1
        base = self.base
        while sp > 0 and len(names) < most:
            kind = self.frames[sp]
            owner = self.stack[base - 1]
            if kind >= 0 and isinstance(owner, Code):
                names.append(owner.name)
            elif kind == STEPS and isinstance(owner, Steps) and isinstance(owner.law, Code):
                names.append(owner.law.name)
            base -= below(kind)
            sp -= 1
        return names

    def run(self, steps: int, alarm: Callable[[], None] | None = None) -> Done | Crashed | Suspended:
        """Go on for about so many steps. After Done or Crashed, never again; nor after an exception.

        `alarm` is called now and then by work that cannot be suspended: what it raises ends the evaluation. Raises
        that, MemoryLimit, and what signals raise.
        """
        if alarm is None:
            return self.go(steps)
        me = get_ident()
        ALARMS[me] = alarm
        try:
            return self.go(steps)
        finally:
            del ALARMS[me]

    def go(self, steps: int) -> Done | Crashed | Suspended:
        try:
            if self.work(steps):
                r = self.r
                self.r = None
                self.stack = []
                return Done(r)
            return SUSPENDED
        except Crash as crash:
            self.stack = []
            return Crashed(crash.op, crash.arg)
        except MemoryError:
            raise MemoryLimit from None

    def work(self, fuel: i64) -> bool:
        """Run until the value is there (True) or the fuel is used up (False). Raises Crash when nothing catches it."""
        while True:
            try:
                return self.loop(fuel)
            except Crash as crash:
                self.unwind(crash)
                fuel -= 1000

    def unwind(self, crash: Crash) -> None:
        """Take down frames until one catches the crash; thunks on the way become that crash."""
        sp = self.sp
        base = self.base
        frames = self.frames
        stack = self.stack
        while True:
            sp -= 1
            work(1)
            kind = frames[sp]
            if kind == END:
                raise crash
            if kind == UPDATE:
                t = stack[base - 1]
                if isinstance(t, Thunk):
                    t.code = CRASHED
                    t.a = crash.op
                    t.b = crash.arg
            if kind == TRY:
                break
            base -= below(kind)
        # What the frames held is let go, as far as it may be large; what lies higher was left by frames that returned.
        for i in range(int(base), min(int(self.base) + SLACK * 8, len(stack))):
            work(1)
            stack[i] = None
        self.sp = sp
        self.base = base
        self.r = crash
        self.phase = DELIVER

    def loop(self, fuel: i64) -> bool:
        stack = self.stack
        size: i64 = len(stack) - SLACK
        frames = self.frames
        room: i64 = len(frames) - 4
        sp = self.sp
        base = self.base
        pc = self.pc
        cd = self.code
        phase = self.phase
        r = self.r
        xs: list[object] = NONE
        cells = self.cells
        self.r = None
        words = cd.words
        consts = cd.consts
        while True:
            if phase == 0:
                w = words[pc]
                pc += 1
                op = w & 255
                a = base + ((w >> 8) & 65535)
                if op == FORCE:
                    r = stack[a]
                    if not isinstance(r, Thunk):
                        continue
                    while isinstance(r, Thunk) and r.code is None:
                        r = r.a
                    if not isinstance(r, Thunk):
                        stack[a] = r
                        continue
                    stack[a] = None
                    if sp > room:
                        frames = self.widen(frames)
                        room = len(frames) - 4
                    frames[sp] = pc | ((w << 16) & FRAME)
                    sp += 1
                    base += (w >> 24) & 65535
                    stack[base - 1] = cd
                    phase = ENTER
                elif op == RET:
                    r = stack[a]
                    phase = DELIVER
                elif op == JZ:
                    x = stack[a]
                    if isinstance(x, int):
                        if x == 0:
                            pc = w >> 40
                    else:
                        pc = w >> 40
                    continue
                elif op == CALL:
                    callee = cast(Code, consts[w >> 40])
                    nb = base + ((w >> 24) & 65535)
                    n = callee.nargs
                    if nb + callee.nregs > size:
                        self.sp = sp
                        self.base = base
                        size = self.grow(nb + callee.nregs)
                    i: i64 = 0
                    o: i64 = 0
                    while i < n:
                        if i % 3 == 0:
                            o = words[pc]
                            pc += 1
                        k = o & INDEX_MASK
                        if o & CONST_BIT:
                            stack[nb + i] = consts[k]
                        else:
                            k += base
                            stack[nb + i] = stack[k]
                            if o & LAST_BIT:
                                stack[k] = None
                        o >>= OPERAND_BITS
                        i += 1
                    if sp > room:
                        frames = self.widen(frames)
                        room = len(frames) - 4
                    stack[nb - 1] = cd
                    frames[sp] = pc | ((w << 16) & FRAME)
                    sp += 1
                    base = nb
                    pc = callee.fast
                    if callee is not cd:
                        cd = callee
                        words = cd.words
                        consts = cd.consts
                    fuel -= 1
                    if fuel >= 0:
                        continue
                elif op == TCALL:
                    callee = cast(Code, consts[w >> 40])
                    n = callee.nargs
                    if base + callee.nregs > size:
                        self.sp = sp
                        self.base = base
                        size = self.grow(base + callee.nregs)
                    if n == 1:
                        o = words[pc]
                        k = o & INDEX_MASK
                        x = consts[k] if o & CONST_BIT else stack[base + k]
                        if o & LAST_BIT:
                            stack[base + k] = None
                        stack[base] = x
                    elif n == 2:
                        o = words[pc]
                        k = o & INDEX_MASK
                        x = consts[k] if o & CONST_BIT else stack[base + k]
                        if o & LAST_BIT:
                            stack[base + k] = None
                        o >>= OPERAND_BITS
                        k = o & INDEX_MASK
                        y = consts[k] if o & CONST_BIT else stack[base + k]
                        if o & LAST_BIT:
                            stack[base + k] = None
                        stack[base] = x
                        stack[base + 1] = y
                    elif (w >> 24) & 65535:
                        i = 0
                        o = 0
                        while i < n:
                            if i % 3 == 0:
                                o = words[pc]
                                pc += 1
                            k = o & INDEX_MASK
                            if o & CONST_BIT:
                                stack[base + i] = consts[k]
                            elif k != i:
                                stack[base + i] = stack[base + k]
                                if o & LAST_BIT:
                                    stack[base + k] = None
                            o >>= OPERAND_BITS
                            i += 1
                    else:
                        xs = gather(stack, consts, words, pc, 0, n, base)
                        i = 0
                        while i < n:
                            stack[base + i] = xs[i]
                            i += 1
                        xs = NONE
                    pc = callee.fast
                    if callee is not cd:
                        cd = callee
                        words = cd.words
                        consts = cd.consts
                    fuel -= 1
                    if fuel >= 0:
                        continue
                elif op == JNAPP:
                    x = stack[a]
                    if not isinstance(x, App) and not shapes.is_app(x):
                        pc = w >> 40
                    continue
                elif op == TAKE:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    if k == 1 and isinstance(x, App):
                        stack[a] = x.arg(0)
                    else:
                        stack[a] = part(x, k)
                    continue
                elif op == ADDK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        y = x + int(k & 65535)
                        if y < 65536:
                            stack[a] = NATS[y]
                        else:
                            stack[a] = y
                            if y > WORD:
                                fuel -= cost(y)
                        pc += k >> 16
                    continue
                elif op == SUBK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        y = x - int(k & 65535)
                        if y < 65536:
                            stack[a] = NATS[y] if y > 0 else 0
                        else:
                            stack[a] = y
                            if y > WORD:
                                fuel -= cost(y)
                        pc += k >> 16
                    continue
                elif op == LTHK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        stack[a] = 1 if x < int(k & 65535) else 0
                        pc += k >> 16
                    continue
                elif op == ADD:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, int):
                        z = x + y
                        if z < 65536:
                            stack[a] = NATS[z]
                        else:
                            stack[a] = z
                            if z > WORD:
                                fuel -= cost(z)
                        pc += k >> 16
                    continue
                elif op == SUB:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, int):
                        z = x - y
                        if z < 65536:
                            stack[a] = NATS[z] if z > 0 else 0
                        else:
                            stack[a] = z
                            if z > WORD:
                                fuel -= cost(z)
                        pc += k >> 16
                    continue
                elif op == FORMULA:
                    k = pc + ((w >> 24) & 65535)
                    i = compute(words, pc, k, stack, base, cells)
                    if i < 0:
                        pc = k
                        continue
                    k = cells[i]
                    if k < 0:
                        stack[a] = int(k) + OVER
                    elif k < 65536:
                        stack[a] = NATS[k]
                    else:
                        stack[a] = int(k)
                    pc = w >> 40
                    continue
                elif op == RETF:
                    r = stack[a]
                    phase = ENTER if isinstance(r, Thunk) else DELIVER
                elif op == CONST:
                    stack[a] = consts[w >> 40]
                    continue
                elif op == MOV:
                    stack[a] = stack[base + ((w >> 24) & 65535)]
                    continue
                elif op == THUNK:
                    callee = cast(Code, consts[w >> 40])
                    n = callee.nargs
                    t = Thunk(callee, None, None, None)
                    if n > 0:
                        o = words[pc]
                        k = o & INDEX_MASK
                        if o & CONST_BIT:
                            t.a = consts[k]
                        else:
                            t.a = stack[base + k]
                            if o & LAST_BIT:
                                stack[base + k] = None
                        if n > 1:
                            o >>= OPERAND_BITS
                            k = o & INDEX_MASK
                            if o & CONST_BIT:
                                t.b = consts[k]
                            else:
                                t.b = stack[base + k]
                                if o & LAST_BIT:
                                    stack[base + k] = None
                            if n == 3:
                                o >>= OPERAND_BITS
                                k = o & INDEX_MASK
                                if o & CONST_BIT:
                                    t.c = consts[k]
                                else:
                                    t.c = stack[base + k]
                                    if o & LAST_BIT:
                                        stack[base + k] = None
                            elif n > 3:
                                t.c = gather(stack, consts, words, pc, 2, n, base)
                        pc += (n + 2) // 3
                    stack[a] = t
                    continue
                elif op == JET:
                    jet = cast(Jet, consts[w >> 40])
                    n = jet.arity
                    self.sp = sp
                    self.base = base
                    done = TURNS.done
                    function: Any = jet.function
                    if n == 1:
                        x = take(stack, consts, base, words[pc])
                        pc += 1
                        r = function(x)
                        if isinstance(r, (Steps, Tail)) or r is FALLBACK:
                            xs = [x]
                    elif n == 2:
                        o = words[pc]
                        x = take(stack, consts, base, o)
                        y = take(stack, consts, base, o >> OPERAND_BITS)
                        pc += 1
                        r = function(x, y)
                        if isinstance(r, (Steps, Tail)) or r is FALLBACK:
                            xs = [x, y]
                        y = None
                    else:
                        xs = gather(stack, consts, words, pc, 0, n, base)
                        pc += (n + 2) // 3
                        r = function(xs[0], xs[1], xs[2]) if n == 3 else function(*xs)
                    x = None
                    fuel -= (TURNS.done - done) >> 2
                    if not isinstance(r, (Steps, Tail)) and r is not FALLBACK:
                        xs = NONE
                        fuel -= weight(r)
                        stack[a] = r
                        continue
                    if sp > room:
                        frames = self.widen(frames)
                        room = len(frames) - 4
                    frames[sp] = pc | ((w << 16) & FRAME)
                    sp += 1
                    base += (w >> 24) & 65535
                    stack[base - 1] = cd
                    if r is FALLBACK:
                        r = consts[(w >> 40) + 1]
                        fell_back(cast(Code, r))
                    elif isinstance(r, Steps):
                        r.law = consts[(w >> 40) + 1]
                        r.args = xs
                        xs = NONE
                    phase = OUTCOME
                elif op == TJET:
                    jet = cast(Jet, consts[w >> 40])
                    n = jet.arity
                    xs = gather(stack, consts, words, pc, 0, n, base)
                    self.sp = sp
                    self.base = base
                    done = TURNS.done
                    function = jet.function
                    if n == 1:
                        r = function(xs[0])
                    elif n == 2:
                        r = function(xs[0], xs[1])
                    elif n == 3:
                        r = function(xs[0], xs[1], xs[2])
                    else:
                        r = function(*xs)
                    fuel -= (TURNS.done - done) >> 2
                    if r is FALLBACK:
                        r = consts[(w >> 40) + 1]
                        fell_back(cast(Code, r))
                    elif isinstance(r, Steps):
                        r.law = consts[(w >> 40) + 1]
                        r.args = xs
                        xs = NONE
                    else:
                        xs = NONE
                        fuel -= weight(r)
                    phase = OUTCOME
                elif op == APPLY:
                    n = (w >> 24) & 65535
                    o = words[pc]
                    r = take(stack, consts, base, o)
                    nb = base + (w >> 40)
                    if sp > room:
                        frames = self.widen(frames)
                        room = len(frames) - 4
                    frames[sp] = (pc + (n + 2) // 3) | ((w & 0xFFFF00) << 16) | ((w >> 40) << 40)
                    # A function that takes just these arguments gets them at once; all others go by way of a list.
                    m: i64 = 0
                    held: list[object] = NONE
                    head = r
                    if isinstance(r, App):
                        head = r.head
                        m = r.count
                    code: Code | None = None
                    if isinstance(head, (Pin, Law)):
                        code = head.code
                    if code is not None and code.nargs == n - 1 + m:
                        if m > 0:
                            held = cast(App, r).args
                        if nb + code.nregs > size:
                            self.sp = sp
                            self.base = base
                            size = self.grow(nb + code.nregs)
                        i = 0
                        while i < m:
                            stack[nb + i] = held[i]
                            i += 1
                        held = NONE
                        nb += m - 1
                        i = 1
                        o >>= OPERAND_BITS
                        while i < n:
                            if i % 3 == 0:
                                pc += 1
                                o = words[pc]
                            stack[nb + i] = take(stack, consts, base, o)
                            o >>= OPERAND_BITS
                            i += 1
                        base += w >> 40
                        stack[base - 1] = cd
                        sp += 1
                        cd = code
                        words = cd.words
                        consts = cd.consts
                        pc = 0
                        fuel -= 1
                        if fuel >= 0:
                            continue
                    else:
                        xs = gather(stack, consts, words, pc, 1, n, base)
                        stack[nb - 1] = cd
                        sp += 1
                        base = nb
                        phase = APPLYING
                elif op == TAPPLY:
                    n = (w >> 24) & 65535
                    r = take(stack, consts, base, words[pc])
                    xs = gather(stack, consts, words, pc, 1, n, base)
                    phase = APPLYING
                elif op == ROW:
                    n = (w >> 24) & 65535
                    stack[a] = Row(gather(stack, consts, words, pc, 0, n, base))
                    pc += (n + 2) // 3
                    continue
                elif op == MAKE:
                    n = (w >> 24) & 65535
                    stack[a] = make(consts[w >> 40], gather(stack, consts, words, pc, 0, n, base))
                    pc += (n + 2) // 3
                    continue
                elif op == DELAY:
                    n = (w >> 24) & 65535
                    x = take(stack, consts, base, words[pc])
                    stack[a] = Thunk(APPLY_CODE, x, gather(stack, consts, words, pc, 1, n, base), None)
                    pc += (n + 2) // 3
                    continue
                elif op == RETC:
                    r = consts[w >> 40]
                    phase = DELIVER
                elif op == EQZ:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        stack[a] = 1 if x == 0 else 0
                        pc += w >> 56
                    continue
                elif op == EQLK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        stack[a] = 1 if x == int(k & 65535) else 0
                        pc += k >> 16
                    continue
                elif op == EQL:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, int):
                        stack[a] = 1 if x == y else 0
                        pc += k >> 16
                    continue
                elif op == LTH:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, int):
                        stack[a] = 1 if x < y else 0
                        pc += k >> 16
                    continue
                elif op == LTE:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, int):
                        stack[a] = 1 if x <= y else 0
                        pc += k >> 16
                    continue
                elif op == IDXK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, Row):
                        k = w >> 40
                        items = x.items
                        stack[a] = items[k & 65535] if (k & 65535) < len(items) else 0
                        pc += k >> 16
                    continue
                elif op == IDX:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, Row):
                        items = y.items
                        stack[a] = items[x] if x < len(items) else 0
                        pc += k >> 16
                    continue
                elif op == BYTE:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, Bar):
                        stack[a] = NATS[shared.byte(y.held, x)] if x < y.size else 0
                        pc += k >> 16
                    continue
                elif op == LTEK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        stack[a] = 1 if x <= int(k & 65535) else 0
                        pc += k >> 16
                    continue
                elif op == GTHK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        stack[a] = 1 if x > int(k & 65535) else 0
                        pc += k >> 16
                    continue
                elif op == GTEK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        stack[a] = 1 if x >= int(k & 65535) else 0
                        pc += k >> 16
                    continue
                elif op == NEQK:
                    x = stack[base + ((w >> 24) & 65535)]
                    if isinstance(x, int):
                        k = w >> 40
                        stack[a] = 0 if x == int(k & 65535) else 1
                        pc += k >> 16
                    continue
                elif op == NEQ:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, int):
                        stack[a] = 0 if x == y else 1
                        pc += k >> 16
                    continue
                elif op == MUL:
                    x = stack[base + ((w >> 24) & 65535)]
                    k = w >> 40
                    y = stack[base + (k & 65535)]
                    if isinstance(x, int) and isinstance(y, int) and x < MULTIPLIED and y < MULTIPLIED:
                        z = x * y
                        stack[a] = NATS[z] if z < 65536 else z
                        pc += k >> 16
                    continue
                elif op == JMP:
                    pc = w >> 40
                    continue
                elif op == CLEAR:
                    stack[a] = None
                    continue
                elif op == PEEK:
                    r = stack[a]
                    if isinstance(r, Thunk) and r.code is None:
                        while isinstance(r, Thunk) and r.code is None:
                            r = r.a
                        stack[a] = r
                    continue
                elif op == NAT:
                    x = stack[base + ((w >> 24) & 65535)]
                    if not isinstance(x, Thunk):
                        stack[a] = 1 if isinstance(x, int) else 0
                        pc += w >> 56
                    continue
                elif op == SWITCH:
                    x = stack[a]
                    places = cast("dict[int, int]", consts[w >> 40])
                    found = places.get(x, -1) if isinstance(x, int) else -1
                    if found < 0:
                        pc += len(places)
                    else:
                        pc = words[pc + found]
                    continue
                elif op == JNNAT:
                    if not isinstance(stack[a], int):
                        pc = w >> 40
                    continue
                elif op == JNLAW:
                    if not shapes.is_law(stack[a]):
                        pc = w >> 40
                    continue
                elif op == HOLE:
                    stack[a] = Thunk(HOLE_CODE, None, None, None)
                    continue
                elif op == FILL:
                    x = stack[a]
                    y = stack[base + ((w >> 24) & 65535)]
                    while isinstance(y, Thunk) and y.code is None:
                        y = y.a
                    if isinstance(x, Thunk) and y is not x:  # a let that is nothing but itself stays a hole
                        x.a = y
                        x.code = None
                    continue
                elif op == COMPILE:
                    compile_code(cd)
                    words = cd.words
                    consts = cd.consts
                    pc = 0
                    if base + cd.nregs > size:
                        self.sp = sp
                        self.base = base
                        size = self.grow(base + cd.nregs)
                    continue
                elif op == TREE:
                    source = consts[0]
                    i = 0
                    xs = []
                    while i < cd.nargs:
                        xs.append(stack[base + i])
                        stack[base + i] = None
                        i += 1
                    if isinstance(source, LawSource):
                        r = instantiate(source.law, source.me, xs)
                        xs = NONE
                        phase = ENTER if isinstance(r, Thunk) else DELIVER
                    else:
                        r = cast(ItemSource, source).item
                        phase = APPLYING

            # No instruction: values and applications on their way.
            while phase != 0:
                if phase == DELIVER:
                    sp -= 1
                    w = frames[sp]
                    if w >= 0:
                        cd = cast(Code, stack[base - 1])
                        base -= w >> 40
                        stack[base + ((w >> 24) & 65535)] = r
                        pc = w & PC_MASK
                        words = cd.words
                        consts = cd.consts
                        phase = 0
                    elif w == UPDATE:
                        x = stack[base - 1]
                        if isinstance(x, Thunk):
                            x.code = None
                            x.a = r
                        stack[base - 1] = None
                        base -= 1
                    elif w == REST:
                        xs = cast("list[object]", stack[base - 1])
                        stack[base - 1] = None
                        base -= 1
                        phase = APPLYING
                    elif w == STEPS:
                        sp += 1
                        phase = RESUME
                    elif w == EACH:
                        each = cast(Each, stack[base - 1])
                        held = each.slots
                        i = each.at
                        held[i] = r
                        x = r
                        fuel += 1
                        while is_normal(x):
                            i += each.step
                            fuel -= 1
                            if i < 0 or i >= len(held) or fuel < 0:
                                break
                            x = held[i]
                            if isinstance(x, Thunk):
                                while isinstance(x, Thunk) and x.code is None:
                                    x = x.a
                                held[i] = x
                        held = NONE
                        if isinstance(x, Thunk):
                            each.at = i
                            sp += 1
                            r = x
                            phase = ENTER
                        else:
                            stack[base - 1] = None
                            base -= 1
                            r = 0
                    elif w == END:
                        self.sp = sp
                        self.r = r
                        return True
                elif phase == ENTER:
                    while isinstance(r, Thunk) and r.code is None:
                        r = r.a
                    if not isinstance(r, Thunk):
                        phase = DELIVER
                        continue
                    t = r
                    callee = cast(Code, t.code)
                    if sp > room:
                        frames = self.widen(frames)
                        room = len(frames) - 4
                    if callee is HOLE_CODE:
                        self.sp = sp
                        self.base = base
                        raise Crash(LOOP, 0)
                    if callee is CRASHED:
                        self.sp = sp
                        self.base = base
                        raise Crash(cast(int, t.a), t.b)
                    if base + callee.nregs + 1 > size:
                        self.sp = sp
                        self.base = base
                        size = self.grow(base + callee.nregs + 1)
                    if frames[sp - 1] == UPDATE:
                        # The frame on top only waits to pass the value on: let its thunk be this one.
                        x = stack[base - 1]
                        if isinstance(x, Thunk):
                            x.code = None
                            x.a = t
                        stack[base - 1] = t
                    else:
                        stack[base] = t
                        frames[sp] = UPDATE
                        sp += 1
                        base += 1
                    t.code = HOLE_CODE
                    x = t.a
                    y = t.b
                    t.a = None
                    t.b = None
                    if callee is APPLY_CODE:
                        r = x
                        xs = cast("list[object]", y)
                        phase = APPLYING
                        continue
                    n = callee.nargs
                    if n > 0:
                        stack[base] = x
                        if n > 1:
                            stack[base + 1] = y
                            if n == 3:
                                stack[base + 2] = t.c
                                t.c = None
                            elif n > 3:
                                xs = cast("list[object]", t.c)
                                t.c = None
                                i = 2
                                while i < n:
                                    stack[base + i] = xs[i - 2]
                                    i += 1
                                xs = NONE
                    x = None
                    y = None
                    cd = NORMAL_CODE if callee is NORMALISE else callee
                    words = cd.words
                    consts = cd.consts
                    pc = 0
                    phase = 0
                elif phase == APPLYING:
                    while isinstance(r, Thunk) and r.code is None:
                        r = r.a
                    n = len(xs)
                    if n == 0:
                        phase = ENTER
                        continue
                    if isinstance(r, Thunk):
                        if base + 1 > size:
                            self.sp = sp
                            self.base = base
                            size = self.grow(base + 1)
                        if sp > room:
                            frames = self.widen(frames)
                            room = len(frames) - 4
                        stack[base] = xs
                        frames[sp] = REST
                        sp += 1
                        base += 1
                        phase = ENTER
                        continue
                    if isinstance(r, App):
                        head = r.head
                        code = None
                        if isinstance(head, (Pin, Law)):
                            code = head.code
                        m = r.count
                        if code is not None and code.nargs == m + n:
                            held = r.args
                            if base + code.nregs > size:
                                self.sp = sp
                                self.base = base
                                size = self.grow(base + code.nregs)
                            i = 0
                            while i < m:
                                stack[base + i] = held[i]
                                i += 1
                            i = 0
                            while i < n:
                                stack[base + m + i] = xs[i]
                                i += 1
                            xs = NONE
                            held = NONE
                            cd = code
                            words = cd.words
                            consts = cd.consts
                            pc = 0
                            phase = 0
                            continue
                        need = r.need
                        if need < 0:
                            need = lacking(r)
                            r.need = need
                        if n < need:
                            r = App(r.head, r.args + xs if m < FEW else longer(r.held, xs), need - n)
                            phase = DELIVER
                            continue
                        xs = r.args + xs
                        r = r.head
                        n = len(xs)
                    if isinstance(r, (Pin, Law)):
                        code = r.code
                        callee = entry(r) if code is None else code
                    elif isinstance(r, Cow) and n <= small(r.size):
                        r = shapes.make_app(r, xs)
                        phase = DELIVER
                        continue
                    elif isinstance(r, (Cow, Set)):
                        k = small(r.size) if isinstance(r, Cow) else 1
                        made = make(r, xs[:k])
                        if n == k:
                            r = made
                            phase = DELIVER
                            continue
                        if not isinstance(made, App):
                            xs = xs[k:]
                            r = made
                            continue
                        callee = entry(r)
                    elif isinstance(r, int):
                        callee = op_entry(r)
                    else:
                        callee = entry(r)
                    need = callee.nargs
                    if n < need:
                        r = App(r, xs, need - n)
                        phase = DELIVER
                        continue
                    if base + callee.nregs + 1 > size:
                        self.sp = sp
                        self.base = base
                        size = self.grow(base + callee.nregs + 1)
                    if n > need:
                        if sp > room:
                            frames = self.widen(frames)
                            room = len(frames) - 4
                        stack[base] = xs[need:]
                        frames[sp] = REST
                        sp += 1
                        base += 1
                    i = 0
                    while i < need:
                        stack[base + i] = xs[i]
                        i += 1
                    xs = NONE
                    cd = callee
                    words = cd.words
                    consts = cd.consts
                    pc = 0
                    phase = 0
                elif phase == RESUME:
                    if fuel < 0:
                        break
                    fuel -= 10
                    self.sp = sp
                    self.base = base
                    steps = cast(Steps, stack[base - 1])
                    generator: Any = steps.generator
                    done = TURNS.done
                    try:
                        r = generator.send(r)
                    except StopIteration as stop:
                        r = stop.value
                        sp -= 1
                        stack[base - 1] = None
                        base -= 1
                        if r is FALLBACK:
                            r = steps.law
                            fell_back(cast(Code, r))
                            xs = steps.args
                        phase = OUTCOME
                        continue
                    fuel -= (TURNS.done - done) >> 2
                    if isinstance(r, Thunk):
                        phase = ENTER
                    elif isinstance(r, Pause):
                        fuel -= PAUSED
                        r = 0
                    elif isinstance(r, Track):
                        self.trk(r.value)
                        r = 0
                    elif isinstance(r, Each):
                        if base + 1 > size:
                            self.sp = sp
                            self.base = base
                            size = self.grow(base + 1)
                        if sp > room:
                            frames = self.widen(frames)
                            room = len(frames) - 4
                        stack[base] = r
                        frames[sp] = EACH
                        sp += 1
                        base += 1
                        r = r.slots[r.at]
                        phase = ENTER
                    elif isinstance(r, Attempt):
                        if sp > room:
                            frames = self.widen(frames)
                            room = len(frames) - 4
                        frames[sp] = TRY
                        sp += 1
                        r = r.value
                        phase = ENTER
                elif phase == OUTCOME:
                    if isinstance(r, Steps):
                        if base + 1 > size:
                            self.sp = sp
                            self.base = base
                            size = self.grow(base + 1)
                        if sp > room:
                            frames = self.widen(frames)
                            room = len(frames) - 4
                        stack[base] = r
                        frames[sp] = STEPS
                        sp += 1
                        base += 1
                        r = None
                        phase = RESUME
                    elif isinstance(r, Tail):
                        xs = r.xs
                        r = r.f
                        phase = APPLYING
                    elif isinstance(r, Code):
                        # A jet that leaves its arguments to the law.
                        callee = r
                        if base + callee.nregs > size:
                            self.sp = sp
                            self.base = base
                            size = self.grow(base + callee.nregs)
                        i = 0
                        while i < callee.nargs:
                            stack[base + i] = xs[i]
                            i += 1
                        xs = NONE
                        cd = callee
                        words = cd.words
                        consts = cd.consts
                        pc = 0
                        phase = 0
                    else:
                        phase = ENTER if isinstance(r, Thunk) else DELIVER
            fuel -= 1
            if fuel < 0:
                self.frames = frames
                self.sp = sp
                self.base = base
                self.pc = pc
                self.code = cd
                self.phase = phase
                self.r = r
                return False

    def widen(self, frames: vec[i64]) -> vec[i64]:
        """Room for more frames."""
        for _ in range(min(len(frames), len(CHUNK))):
            frames = append(frames, 0)
        self.frames = frames
        return frames

    def grow(self, top: i64) -> i64:
        """Make room in the stack up to `top`; its new size less some slack."""
        stack = self.stack
        size: i64 = top + SLACK + 1
        if size > self.limit:
            raise MemoryLimit
        while len(stack) < size:
            stack += CHUNK[: len(stack)]
        return len(stack) - SLACK


def below(kind: i64) -> i64:
    """How far the base goes back when a frame is left."""
    if kind >= 0:
        return kind >> 40
    return 0 if kind in (TRY, END) else 1


def called(x: object) -> list[str]:
    """The name of the law that a thunk begins with, if that can be told."""
    while True:
        if isinstance(x, Thunk):
            code = x.code
            if code is not None and code is not APPLY_CODE and code is not NORMALISE:
                return [code.name]
            x = x.a
        elif isinstance(x, Pin):
            x = x.item
        elif isinstance(x, App):
            x = x.head
        else:
            return [law_text(x)] if isinstance(x, Law) else []


def take(stack: list[object], consts: list[object], base: i64, o: i64) -> object:
    """The operand in the lowest bits of o."""
    k = o & INDEX_MASK
    if o & CONST_BIT:
        return consts[k]
    k += base
    x = stack[k]
    if o & LAST_BIT:
        stack[k] = None
    return x


def gather(
    stack: list[object], consts: list[object], words: vec[i64], pc: i64, first: i64, n: i64, base: i64
) -> list[object]:
    """Operands `first` to n - 1 of the words from pc on."""
    out: list[object] = [None] * (n - first)
    i = first
    o: i64 = 0
    if i % 3 != 0:
        o = words[pc + i // 3] >> (i % 3 * OPERAND_BITS)
    while i < n:
        if i % 3 == 0:
            o = words[pc + i // 3]
        k = o & INDEX_MASK
        if o & CONST_BIT:
            out[i - first] = consts[k]
        else:
            k += base
            out[i - first] = stack[k]
            if o & LAST_BIT:
                stack[k] = None
        o >>= OPERAND_BITS
        i += 1
    return out


def make(head: object, xs: list[object]) -> object:
    """A head on fewer arguments than it takes."""
    if isinstance(head, (Cow, Set)):
        if isinstance(head, Set):
            x = xs[0]
            while isinstance(x, Thunk) and x.code is None:
                x = x.a
            xs = [x]
        return shapes.make_app(head, xs)
    return App(head, xs)


def part(x: object, k: i64) -> object:
    """Part k of an evaluated value: see TAKE."""
    if k == 0:
        return shapes.app_function(x)
    if k == 1:
        return shapes.app_last(x)
    if k == 2:
        return shapes.law_name(x)
    if k == 3:
        return shapes.law_args(x)
    if k == 4:
        return shapes.law_body(x)
    return x.item if isinstance(x, Pin) else 0


def weight(x: object) -> i64:
    """What making a large value takes beyond a step, in steps."""
    if isinstance(x, int):
        return cost(x) if x > WORD else 0
    if isinstance(x, Row):
        return len(x.items) >> 3
    if isinstance(x, Bar):
        return x.size >> 8
    return 0


def cost(n: int) -> i64:
    """The same of a nat above WORD. Raises MemoryLimit if there is no room for it."""
    if n < LONG:
        return 0
    size = bits(n)
    allow(size)
    return i64(size >> 11)


def lacking(x: App) -> i64:
    """How many arguments an app lacks before something happens: a set counts what its law takes."""
    head = x.head
    if isinstance(head, Pin):
        code = head.code
        return (entry(head) if code is None else code).nargs - x.count
    return small(shapes.arity(head)) - x.count - (1 if isinstance(head, Cow) else 0)
