"""From words to a verb and its arguments, and the help texts: all of it read off the registry."""

import argparse
import difflib
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import NoReturn

from shell.errors import DONE, USAGE, ShellError
from shell.verb import Argument, Kind, Verb
from shell.verbs import BY_NAME, VERBS

MARK = "\0"
"""Put before each word after `--`, which is then no option whatever it looks like. No argument can have it in it."""


class Parser(argparse.ArgumentParser):
    """A parser that complains the way every other part of opsh does."""

    def error(self, message: str) -> NoReturn:
        raise ShellError(f"{self.prog}: {message}", f"see `opsh {self.prog} --help`", USAGE)

    def check_options(self, words: Sequence[str]) -> None:
        """Name an option that there is not; argparse would speak of what is missing beside it."""
        for word in words:
            name = word.split("=")[0]
            short = name[:2] in self._option_string_actions and not name.startswith("--")
            if re.match("-[^ 0-9]", word) and " " not in word and name not in self._option_string_actions and not short:
                self.error(f"there is no option {word}")


def find_verb(name: str) -> Verb:
    """The verb of that name. Raises ShellError (bad usage), with the nearest names."""
    if name in BY_NAME:
        return BY_NAME[name]
    near = difflib.get_close_matches(name, BY_NAME, 1)
    hint = f"did you mean `opsh {near[0]}`?" if near else "`opsh --help` lists the verbs"
    raise ShellError(f"{name}: no such verb", hint, USAGE)


def parser(verb: Verb) -> Parser:
    made = Parser(prog=verb.name, add_help=False, allow_abbrev=False)
    for argument in verb.arguments:
        add(made, argument)
    return made


def add(made: Parser, argument: Argument) -> None:
    names = [name for name in (argument.short, argument.name) if name]
    convert = natural if argument.kind in (Kind.NUMBER, Kind.COG, Kind.EVENT) else unmarked
    if argument.kind is Kind.FLAG:
        made.add_argument(*names, action="store_true")
    elif argument.is_option:
        made.add_argument(
            *names, type=convert, metavar=argument.kind.value, action="append" if argument.many else "store"
        )
    elif argument.many:
        made.add_argument(*names, type=convert, nargs="*")
    else:
        made.add_argument(*names, type=convert, nargs="?" if argument.optional else None, metavar=argument.kind.value)


def unmarked(word: str) -> str:
    return word.removeprefix(MARK)


def natural(word: str) -> int:
    word = unmarked(word)
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"{word!r} is not a number")
    return int(word)


def parse(words: Sequence[str]) -> tuple[Verb, argparse.Namespace]:
    """The verb that `words` (not empty) name, and its arguments. Raises ShellError (bad usage)."""
    verb = find_verb(words[0])
    rest = list(words[1:])
    if wants_help(rest):
        return BY_NAME["help"], argparse.Namespace(verb=verb.name)
    made = parser(verb)
    if "--" in rest:
        end = rest.index("--")
        rest[end:] = [MARK + word for word in rest[end + 1 :]]
    made.check_options(rest)
    return verb, made.parse_intermixed_args(rest)


def wants_help(words: Sequence[str]) -> bool:
    """--help counts wherever it stands, though what must stand beside it is missing; but not after `--`."""
    options = words[: words.index("--")] if "--" in words else words
    return "--help" in options or "-h" in options


def run_help(arguments: argparse.Namespace) -> int:
    sys.stdout.write(verb_help(find_verb(arguments.verb)) if arguments.verb else overview())
    return DONE


def columns() -> int:
    return max(40, min(100, shutil.get_terminal_size().columns))


def overview() -> str:
    """What `opsh --help` prints."""
    width = columns()
    indent = " " * 4
    rows = [("opsh", "the window: all machines, their cogs, their trk")]
    rows += [(verb.synopsis, verb.summary) for verb in VERBS]
    lines = ["opsh: a shell for operating functions", ""]
    for synopsis, summary in rows:
        lines += textwrap.wrap(synopsis, width - 4, initial_indent="  ", subsequent_indent=indent * 2)
        lines += textwrap.wrap(summary, width - 4, initial_indent=indent * 2, subsequent_indent=indent * 2)
    lines += ["", "  opsh help VERB", f"{indent * 2}more on one of them", "  opsh --version", ""]
    lines += textwrap.wrap(
        "MACHINE is a machine's name, or its directory if there is a slash in it. Machines live in $OPSH_HOME, "
        "else in the platform's place for data.",
        width,
    )
    return "\n".join(lines) + "\n"


def verb_help(verb: Verb) -> str:
    """What `opsh help VERB` prints; `shell.manual` lays out the same as a page."""
    width = columns()
    lines = [f"opsh {verb.name}: {verb.summary}", ""]
    lines += textwrap.wrap(verb.synopsis, width - 2, initial_indent="  ", subsequent_indent=" " * 8)
    for paragraph in filter(None, [*verb.help.split("\n\n"), verb.warning]):
        lines += ["", *textwrap.wrap(paragraph, width, break_on_hyphens=False)]
    indent = " " * 8
    described = [(spelled(argument), argument.help) for argument in verb.arguments]
    for title, entries in (("", described), ("Examples", verb.examples)):
        lines += ["", title] if title and entries else [""] if entries else []
        for name, text in entries:
            lines += [f"  {name}", *textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)]
    if verb.see:
        lines += ["", f"See also {', '.join(verb.see.split())}"]
    return "\n".join(lines) + "\n"


def spelled(argument: Argument) -> str:
    """Both forms of an option, or a positional argument's word."""
    if not argument.is_option:
        return argument.spelling
    forms = ", ".join(filter(None, (argument.short, argument.name)))
    return f"{forms} {argument.kind.value}".rstrip()
