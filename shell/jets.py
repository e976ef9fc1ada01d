"""opsh jets: list the jets, or run each against its own law."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import vm
from shell.errors import DONE, FAILED, USAGE, ShellError
from shell.jet_check import Report, check, find_laws, library_files, load_scopes
from shell.output import Meter, note, print_json, print_line, table
from shell.programs import Progress, cache_directory
from shell.safe_text import safe_line
from sire import Loader, library_path

EXAMPLES = 100


def run(arguments: Namespace) -> int:
    known = vm.jets.names()
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        raise ShellError(f"jets: there is no jet {unknown[0]}", "`opsh jets` lists them", USAGE)
    names = arguments.names or list(known)
    return run_check(arguments, names) if arguments.check else run_list(arguments, names)


def run_list(arguments: Namespace, names: list[str]) -> int:
    known = vm.jets.names()
    jets = [
        {
            "name": name,
            "family": vm.jets.family(name).replace("_", " "),
            "arity": vm.jets.arity(name),
            "native": known[name][1],
            "hashes": [vm.hash_text(digest) for digest in known[name][0]],
        }
        for name in names
    ]
    if arguments.json:
        for jet in jets:
            print_json(jet)
        return DONE
    rows = [
        [name, str(jet["family"]), str(jet["arity"]), "yes" if jet["native"] else "no", vm.hash_text(digest)]
        for name, jet in zip(names, jets, strict=True)
        for digest in known[name][0]
    ]
    for line in table(["NAME", "FAMILY", "ARITY", "NATIVE", "HASH"], rows, frozenset({2})):
        print_line(line)
    return DONE


def run_check(arguments: Namespace, names: list[str]) -> int:
    laws = load_laws(None if arguments.path is None else Path(arguments.path))
    native = [name for name in names if name in vm.jets.NATIVE]
    failed = []
    examples = EXAMPLES if arguments.examples is None else arguments.examples
    for report in reports(native, laws, examples, arguments.seed or 0):
        if report.difference is not None:
            failed.append(report.name)
        if arguments.json:
            print_json(fields(report))
        elif report.difference is not None or report.laws == 0 or len(names) < len(vm.jets.names()):
            for line in told(report):
                print_line(line)
        sys.stdout.flush()
    if not arguments.json:
        checked = sum(bool(laws[name]) for name in native)
        print_line(f"; {len(native)} native jets, {checked} with a law at hand, {len(failed)} unlike their law")
        absent = [name for name in names if name not in vm.jets.NATIVE]
        if absent:
            note(f"without native code, so nothing to check: {' '.join(absent)}")
    return FAILED if failed else DONE


def load_laws(folder: Path | None) -> dict[str, list[vm.Pin]]:
    progress = Progress()
    path = [library_path() if folder is None else folder]
    try:
        return find_laws(list(load_scopes(Loader(path, cache_directory(), progress), library_files(folder))))
    finally:
        progress.end()


def reports(names: list[str], laws: dict[str, list[vm.Pin]], examples: int, seed: int) -> Iterator[Report]:
    with Meter("checked") as meter:
        for count, name in enumerate(names):
            meter.show(count, len(names))
            yield check(name, laws[name], examples, seed)


def told(report: Report) -> list[str]:
    """What a person is told of a report."""
    if report.laws == 0:
        return [f"{report.name}: its law is not at hand"]
    found = report.difference
    if found is None:
        return [f"{report.name}: as its law, on {report.compared} of {report.inputs * report.laws} inputs"]
    lines = [
        f"{report.name}: not as its law {vm.hash_text(found.pin.hash)}",
        *(f"  argument  {text}" for text in found.texts()),
        f"  law       {found.of_law.text()}",
        f"  jet       {found.of_jet.text()}",
    ]
    return [safe_line(line) for line in lines]


def fields(report: Report) -> dict[str, object]:
    found = report.difference
    difference = found and {
        "hash": vm.hash_text(found.pin.hash),
        "arguments": found.texts(),
        "law": found.of_law.text(),
        "jet": found.of_jet.text(),
    }
    return {
        "name": report.name,
        "laws": report.laws,
        "inputs": report.inputs,
        "compared": report.compared,
        "difference": difference,
    }
