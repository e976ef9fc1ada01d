"""What a verb is: a thing that a person can ask for, with its arguments, its danger and all that is said about it."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from importlib import import_module
from typing import cast


class Danger(IntEnum):
    """How much a verb can spoil."""

    READ = 0  # changes nothing
    REVERSIBLE = 1  # done at once
    DISRUPTIVE = 2  # the window asks first
    IRREVERSIBLE = 3  # the window asks for the name


class Kind(Enum):
    """What an argument is: for parsing, for completion, and for its word in a synopsis."""

    MACHINE = "MACHINE"
    NEW = "NEW"
    COG = "COG"
    ACTION = "ACTION"
    PATH = "PATH"
    FILE = "FILE"
    SEED = "SEED"
    SHELL = "SHELL"
    PART = "PART"
    DIRECTORY = "DIR"
    VERB = "VERB"
    NAME = "NAME"
    WORD = "WORD"
    TEXT = "EXPR"
    NUMBER = "N"
    EVENT = "EVENT"
    FLAG = ""


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument (`machine`) or an option (`--last`, perhaps with a short form)."""

    name: str
    kind: Kind
    help: str
    short: str = ""
    optional: bool = False
    many: bool = False
    in_window: bool = True
    choices: tuple[str, ...] = ()
    new: bool = False  # the name of something that is to be made

    @property
    def is_option(self) -> bool:
        return self.name.startswith("-")

    def given(self, arguments: Namespace) -> bool:
        """Whether it is among arguments that were parsed."""
        return bool(getattr(arguments, self.name.lstrip("-").replace("-", "_"), None))

    @property
    def spelling(self) -> str:
        """How the argument is written in a synopsis, without brackets."""
        word = self.kind.value
        if not self.is_option:
            return f"{word}.." if self.many else word
        return " ".join(filter(None, (self.short or self.name, word)))

    @property
    def synopsis(self) -> str:
        return f"[{self.spelling}]" if self.is_option or self.optional else self.spelling


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to ask for. `handler`, as `module:function`, takes the parsed arguments and gives the exit status.

    `help` is some paragraphs, with an empty line between them and `backquotes` around what is typed. `examples` are
    command lines, each with what it does; `see` are pages of the manual.
    """

    name: str
    summary: str
    handler: str
    arguments: tuple[Argument, ...] = ()
    danger: Danger = Danger.READ
    help: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    see: str = ""
    in_window: bool = True

    @property
    def synopsis(self) -> str:
        return " ".join(["opsh", self.name, *(argument.synopsis for argument in self.arguments)])

    @property
    def warning(self) -> str:
        """How much it can spoil, in a sentence; empty if that needs no word."""
        match self.danger:
            case Danger.DISRUPTIVE:
                return "The window asks before it does this."
            case Danger.IRREVERSIBLE:
                return "This cannot be undone: the window asks for the machine's name before it does it."
        return ""

    @property
    def exits(self) -> list[tuple[int, str]]:
        """Its exit statuses, and when it ends with each."""
        reaches = any(argument.kind is Kind.MACHINE for argument in self.places)
        return [
            (0, "It was done."),
            (1, "It failed."),
            (2, "The command line made no sense."),
            *([(3, "The machine could not be reached."), (4, "It took too long.")] if reaches else []),
            (130, "It was interrupted."),
        ]

    @property
    def places(self) -> tuple[Argument, ...]:
        """The positional arguments."""
        return tuple(argument for argument in self.arguments if not argument.is_option)

    @property
    def options(self) -> tuple[Argument, ...]:
        return tuple(argument for argument in self.arguments if argument.is_option)

    def run(self, arguments: Namespace) -> int:
        """Do it. What does it is imported now, and not before."""
        return self.function()(arguments)

    def function(self) -> Callable[[Namespace], int]:
        module, _, name = self.handler.partition(":")
        return cast(Callable[[Namespace], int], getattr(import_module(module), name))
