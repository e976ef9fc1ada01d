"""The manual's pages on the verbs, made from the registry: they say what `opsh help VERB` says.

python -m shell.manual DIRECTORY    writes opsh-VERB.1 there for each verb, and the list of verbs in opsh.1
"""

import re
import sys
import textwrap
from pathlib import Path

from shell.library_page import escaped
from shell.verb import Argument, Kind, Verb
from shell.verbs import VERBS

WIDTH = 76
DATE = "November 21, 2026"
BEGIN, END = '.\\" The verbs, as shell.verbs has them.\n', '.\\" The end of the verbs.\n'
WORDS = re.compile(rf"(`[^`]*`|\b(?:{'|'.join(sorted({kind.value for kind in Kind} - {''}))})\b)")


def page(verb: Verb) -> str:
    """The page of a verb, in mdoc."""
    lines = [
        '.\\" Made by python -m shell.manual from shell/verbs.py: change that.',
        f".Dd {DATE}",
        f".Dt OPSH-{verb.name.upper()} 1",
        ".Os",
        ".Sh NAME",
        f".Nm opsh-{verb.name}",
        f".Nd {verb.summary}",
        ".Sh SYNOPSIS",
        f".Nm opsh {verb.name}",
        *map(synopsis, verb.arguments),
    ]
    paragraphs = [paragraph for paragraph in (*verb.help.split("\n\n"), verb.warning) if paragraph]
    lines += [".Sh DESCRIPTION", *"\n.Pp\n".join(map(prose, paragraphs)).split("\n")]
    for argument in verb.arguments:
        lines += [] if argument is not verb.arguments[0] else [".Pp", "The arguments are:", ".Bl -tag -width Ds"]
        lines += [f".It {tag(argument)}", sentence(argument.help)]
    lines += [".El"] if verb.arguments else []
    lines += [".Sh EXIT STATUS", ".Bl -tag -width 3n -compact"]
    for status, when in verb.exits:
        lines += [f".It {status}", when]
    lines += [".El", ".Sh EXAMPLES"]
    for number, (command, what) in enumerate(verb.examples):
        lines += [".Pp"] if number else []
        lines += [prose(what), ".Bd -literal -offset indent -compact", f"$ {typed(command)}", ".Ed"]
    also = sorted(["opsh(1)", *verb.see.split()], key=lambda name: (name[-2], name))
    lines += [".Sh SEE ALSO", " ,\n".join(f".Xr {name[:-3]} {name[-2]}" for name in also)]
    return "\n".join(lines) + "\n"


def synopsis(argument: Argument) -> str:
    word = f"Ar {argument.kind.value}" if argument.kind.value else ""
    if not argument.is_option:
        return f".{'Op ' if argument.optional else ''}{word}{' ...' if argument.many else ''}"
    return f".Op {' | '.join(flags(argument))} {word}".rstrip()


def flags(argument: Argument) -> list[str]:
    """Both forms of an option, as arguments of a macro."""
    return [f"Fl {name[1:].replace('-', 'Fl ', 1) if name.startswith('--') else name[1:]}" for name in forms(argument)]


def forms(argument: Argument) -> list[str]:
    return [name for name in (argument.short, argument.name) if name]


def tag(argument: Argument) -> str:
    if not argument.is_option:
        return f"Ar {argument.kind.value}{' ...' if argument.many else ''}"
    word = f" Ar {argument.kind.value}" if argument.kind.value else ""
    return " , ".join(flag + word for flag in flags(argument))


def sentence(text: str) -> str:
    """What is said of an argument, as a sentence of its own."""
    return prose(text[0].upper() + text[1:] + ("" if text.endswith(".") else "."))


def prose(text: str) -> str:
    """A paragraph, each sentence on a line of its own, what is typed in bold and the words of a synopsis in italics."""
    parts = []
    for number, part in enumerate(WORDS.split(text)):
        if number % 2 == 0:
            parts.append(escaped(part))
        else:
            parts.append(f"\\fI{part}\\fP" if part.isupper() else f"\\fB{typed(part[1:-1])}\\fP")
    lines = []
    for line in re.split(r"(?<=[.!?]) (?=[A-Z\\(])", "".join(parts)):
        lines += textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in lines)


def typed(text: str) -> str:
    """What a reader may copy: no typographer's hyphens."""
    return escaped(text).replace("-", "\\-")


def overview() -> str:
    """The verbs as a list, for opsh.1."""
    items = [f".It Xr opsh-{verb.name} 1\n{sentence(verb.summary)}\n" for verb in VERBS]
    return f"{BEGIN}.Bl -tag -width opsh-completions(1) -compact\n{''.join(items)}.El\n{END}"


def with_overview(text: str) -> str:
    """opsh.1 with the verbs as they are."""
    return text[: text.index(BEGIN)] + overview() + text[text.index(END) + len(END) :]


def write(directory: Path) -> None:
    for old in directory.glob("opsh-*.1"):
        old.unlink()
    for verb in VERBS:
        (directory / f"opsh-{verb.name}.1").write_text(page(verb))
    main = directory / "opsh.1"
    main.write_text(with_overview(main.read_text()))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
