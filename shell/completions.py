"""opsh completions: a script for a shell that completes verbs, options, machines and files, made from the registry.

What is known here is written into the script; the machines are looked up when a word is completed. Nothing of ours runs
meanwhile, so that a completion takes no longer than a look into a directory.
"""

import shlex
import sys
from argparse import Namespace

from machines import home
from shell.errors import DONE, USAGE, ShellError
from shell.output import print_line
from shell.verb import Argument, Kind, Verb
from shell.verbs import VERBS

FILES = {Kind.FILE, Kind.SEED}


def run(arguments: Namespace) -> int:
    scripts = {"bash": bash, "zsh": zsh, "fish": fish}
    if arguments.shell not in scripts:
        raise ShellError(f"{arguments.shell!r} is no shell that opsh knows", f"one of {', '.join(scripts)}", USAGE)
    print_line("\n".join(scripts[arguments.shell]()))
    sys.stdout.flush()
    return DONE


def machines() -> str:
    """Where machines are, for a shell of the Bourne kind."""
    default = shlex.quote(str(home.platform_home()))
    return f'"${{OPSH_HOME:+$OPSH_HOME/machines}}" {default}'


def bash() -> list[str]:
    lines = [
        "# Completions of opsh for bash.",
        "_opsh_machines() {",
        f"    local place places=({machines()}) machine",
        "    place=${places[0]:-${places[1]}}",
        '    for machine in "$place"/*/store.mdb; do',
        '        [[ -e $machine ]] && machine=${machine%/store.mdb} && echo "${machine##*/}"',
        "    done",
        "}",
        "_opsh() {",
        "    local IFS=$'\\n' current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}",
        "    local verb=${COMP_WORDS[1]} place=0 skip= kind= options= word",
        "    if ((COMP_CWORD == 1)); then",
        f'        COMPREPLY=($(compgen -W {words([*names(), "--help", "--version"])} -- "$current"))',
        "        return",
        "    fi",
        "    case $verb in",
        *(f"    {verb.name}) options={words(spellings(verb))} ;;" for verb in VERBS),
        "    esac",
        "    case $verb:$previous in",
        *(f"    {verb.name}:{name}) kind={kind(option)} ;;" for verb in VERBS for option, name in valued(verb)),
        "    *)",
        '        for word in "${COMP_WORDS[@]:2:COMP_CWORD - 2}"; do',
        "            if [[ $skip ]]; then skip=; continue; fi",
        "            case $verb:$word in",
        f"            {'|'.join(f'{verb.name}:{name}' for verb in VERBS for _, name in valued(verb))}) skip=1 ;;",
        "            *:-*) ;;",
        "            *) ((place += 1)) ;;",
        "            esac",
        "        done",
        "        case $verb:$place in",
        *(
            f"        {verb.name}:{place}) kind={kind(argument)} ;;"
            for verb in VERBS
            for place, argument in placed(verb)
        ),
        "        esac",
        "        ;;",
        "    esac",
        '    [[ $current == -* ]] && kind="words:$options"',
        "    case $kind in",
        '    machine) COMPREPLY=($(compgen -W "$(_opsh_machines)" -- "$current")) ;;',
        '    file) compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")) ;;',
        '    directory) compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")) ;;',
        '    words:*) COMPREPLY=($(compgen -W "${kind#words:}" -- "$current")) ;;',
        "    *) COMPREPLY=() ;;",
        "    esac",
        "}",
        "complete -F _opsh opsh",
    ]
    return lines


def words(choices: list[str]) -> str:
    return "$'" + "\\n".join(choices) + "'"


def names() -> list[str]:
    return [verb.name for verb in VERBS]


def spellings(verb: Verb) -> list[str]:
    return [name for option in verb.options for name in (option.short, option.name) if name] + ["--help"]


def valued(verb: Verb) -> list[tuple[Argument, str]]:
    """The options that take a value, in each spelling."""
    return [
        (option, name)
        for option in verb.options
        if option.kind is not Kind.FLAG
        for name in (option.short, option.name)
        if name
    ]


def placed(verb: Verb) -> list[tuple[str, Argument]]:
    """The positional arguments with their places, as patterns of a shell: the last one may take many."""
    return [("*" if argument.many else str(place), argument) for place, argument in enumerate(verb.places)]


def choices(argument: Argument) -> list[str]:
    return names() if argument.kind is Kind.VERB else list(argument.choices)


def kind(argument: Argument) -> str:
    """What stands there, in the words of the script for bash."""
    if choices(argument):
        return f"words:{words(choices(argument))}"
    if argument.kind is Kind.MACHINE and not argument.new:
        return "machine"
    if argument.kind is Kind.DIRECTORY:
        return "directory"
    return "file" if argument.kind in FILES else ""


def zsh() -> list[str]:
    lines = [
        "# Completions of opsh for zsh.",
        "_opsh_machines() {",
        "    local place=${OPSH_HOME:+$OPSH_HOME/machines}",
        f"    local -a machines=(${{place:-{home.platform_home()}}}/*/store.mdb(N:h:t))",
        "    _describe machine machines",
        "}",
        "_opsh() {",
        "    local -a verbs=(",
        *(f"        {shlex.quote(f'{verb.name}:{verb.summary}')}" for verb in VERBS),
        "    )",
        "    if ((CURRENT == 2)); then _describe verb verbs; return; fi",
        "    local verb=$words[2]",
        "    shift words",
        "    ((CURRENT--))",
        "    case $verb in",
    ]
    for verb in VERBS:
        specs = [spec for option in verb.options for spec in zsh_option(option)]
        specs += [
            f"{'*' if argument.many else number}:{argument.kind.value}:{zsh_action(argument)}"
            for number, argument in enumerate(verb.places, 1)
        ]
        lines.append(f"    {verb.name}) _arguments {' '.join(map(shlex.quote, specs))} ;;")
    return [*lines, "    esac", "}", "compdef _opsh opsh"]


def zsh_option(option: Argument) -> list[str]:
    text = "".join(f"\\{letter}" if letter in "[]:\\" else letter for letter in option.help)
    value = "" if option.kind is Kind.FLAG else f":{option.kind.value}:{zsh_action(option)}"
    star = "*" if option.many else ""
    return [f"{star}{name}[{text}]{value}" for name in (option.short, option.name) if name]


def zsh_action(argument: Argument) -> str:
    if choices(argument):
        return f"({' '.join(choices(argument))})"
    if argument.kind is Kind.MACHINE and not argument.new:
        return "_opsh_machines"
    if argument.kind is Kind.DIRECTORY:
        return "_files -/"
    return "_files" if argument.kind in FILES else " "


def fish() -> list[str]:
    default = shlex.quote(str(home.platform_home()))
    lines = [
        "# Completions of opsh for fish.",
        "function __opsh_machines",
        f"    set -l place {default}",
        '    set -q OPSH_HOME; and test -n "$OPSH_HOME"; and set place $OPSH_HOME/machines',
        "    for machine in $place/*/store.mdb",
        "        basename (dirname $machine)",
        "    end",
        "end",
        "function __opsh_place # how many words after the verb are no options",
        "    set -l words (commandline -opc)[3..-1]",
        "    count (string match --invert -- '-*' $words)",
        "end",
        "complete -c opsh -f",
    ]
    for verb in VERBS:
        lines.append(f"complete -c opsh -n __fish_use_subcommand -a {verb.name} -d {shlex.quote(verb.summary)}")
        within = f"__fish_seen_subcommand_from {verb.name}"
        for option in verb.options:
            short = f" -s {option.short[1:]}" if option.short else ""
            value = "" if option.kind is Kind.FLAG else f" -x -a {shlex.quote(fish_words(option))}"
            text = shlex.quote(option.help)
            lines.append(f"complete -c opsh -n {within!r}{short} -l {option.name[2:]}{value} -d {text}")
        for place, argument in enumerate(verb.places):
            there = f"{within}; and test (__opsh_place) {'-ge' if argument.many else '-eq'} {place}"
            if fish_words(argument):
                lines.append(f"complete -c opsh -n {there!r} -a {shlex.quote(fish_words(argument))}")
    return lines


def fish_words(argument: Argument) -> str:
    if choices(argument):
        return " ".join(choices(argument))
    if argument.kind is Kind.MACHINE and not argument.new:
        return "(__opsh_machines)"
    if argument.kind is Kind.DIRECTORY:
        return "(__fish_complete_directories)"
    return "(__fish_complete_path)" if argument.kind in FILES else ""
