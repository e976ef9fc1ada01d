"""opsh doc: what the library, or a module of one's own, says about its names."""

from argparse import Namespace
from pathlib import Path

import vm
from shell.errors import DONE, FAILED, USAGE, ShellError
from shell.output import note, print_json, print_line, table
from shell.programs import Progress, cache_directory
from shell.safe_text import safe_lines
from sire import Loader, SireError, library_path
from sire.documentation import Entry, Page, named, pages, read_page, search


def run(arguments: Namespace) -> int:
    path = [Path(folder) for folder in arguments.path or []]
    name = arguments.name
    if name and ("/" in name or name.endswith(".sire")):
        modules = known = [read_page(Path(name))]
        entries = []
    else:
        known = [page for folder in [*path, library_path()] for page in pages(folder)]
        modules = [page for page in known if name in (page.module, None)]
        entries = named(known, name) if name and not arguments.module else []
    if arguments.search:
        found = list(search(known, arguments.search))
        if not found:
            raise ShellError(f"doc: nothing has {arguments.search} in it", "`opsh doc` lists the modules")
        return show_list(found, arguments.json)
    if not entries and not modules:
        raise ShellError(f"doc: there is no {name}", unknown(known, name), USAGE)
    if arguments.check:
        return check(modules or [page for page in known if set(page.entries) & set(entries)], path, arguments.json)
    if not name:
        return show_modules(known, arguments.json)
    if not entries:
        return show_page(modules[0], arguments.json)
    if modules:
        note(f"{name} is a module as well: opsh doc --module {name}")
    return show_entries(entries, known, path, arguments.json)


def unknown(known: list[Page], name: str) -> str:
    """What to do about a name that there is not."""
    import difflib

    names = {page.module for page in known} | {entry.name for page in known for entry in page.entries}
    near = difflib.get_close_matches(name, sorted(names), n=3, cutoff=0.7)
    return f"did you mean {' or '.join(near)}?" if near else "`opsh doc --search WORD` looks in all texts"


def show_modules(known: list[Page], json: bool) -> int:
    if json:
        for page in known:
            print_json({"module": page.module, "title": page.title, "names": len(page.entries), "file": str(page.file)})
        return DONE
    rows = [[page.module, str(len(page.entries)), page.title] for page in known]
    for line in table(["MODULE", "NAMES", "ABOUT"], rows, frozenset({1})):
        print_line(line)
    return DONE


def show_list(entries: list[Entry], json: bool) -> int:
    if json:
        for entry in entries:
            print_json(fields(entry))
        return DONE
    for line in table(["MODULE", "CALL", "ABOUT"], [[entry.module, entry.call, entry.text] for entry in entries]):
        print_line(line)
    return DONE


def show_page(page: Page, json: bool) -> int:
    if json:
        return show_list(page.entries, json)
    lines = [page.title, "", *page.words]
    for title, entries in page.sections:
        lines += ["", f"-- {title} --"] if title else []
        for entry in entries:
            lines += ["", *entry.lines()]
    show(lines)
    return DONE


def show_entries(entries: list[Entry], known: list[Page], path: list[Path], json: bool) -> int:
    """The entries, and what their names are bound to."""
    files = {page.module: page.file for page in reversed(known)}
    loader = Loader(path, cache_directory(), Progress())
    for count, entry in enumerate(entries):
        value = bound(loader, files[entry.module], entry.name)
        pin = None if value is None else value if isinstance(value, vm.Pin) else vm.pin(value)
        jet = None if pin is None else vm.jets.find(pin.hash)
        digest = None if pin is None else vm.hash_text(pin.hash)
        if json:
            jetted = None if jet is None else jet.name
            print_json({**fields(entry), "jet": jetted, "hash": digest})
            continue
        native = "no native code" if jet is None else f"native code: the jet {jet.name}"
        where = f"line {entry.line} of {entry.file.name}"
        show([""] if count else [])
        show([*entry.lines(), "", f"module {entry.module}, {where}; {native}; hash {digest}"])
    return DONE


def check(chosen: list[Page], path: list[Path], json: bool) -> int:
    """Runs the examples of these modules, and tells of those that do not hold. Raises SireError."""
    from sire.trial import failures

    loader = Loader(path, cache_directory(), Progress())
    failed = 0
    for page in chosen:
        for failure in failures(loader, page):
            failed += 1
            example = failure.example
            if json:
                told = {"left": example.left, "right": example.right, "reason": failure.reason}
                print_json({"file": str(page.file), "line": example.line, **told})
            else:
                show([f"{page.file}:{example.line}: {line}" for line in example.left.split("\n")[:1]])
                show([f"    should be {example.right or 'run'}: {failure.reason}"])
    count = sum(len(entry.examples) for page in chosen for entry in page.entries)
    note(f"examples: {count}; that do not hold: {failed}")
    return FAILED if failed else DONE


def bound(loader: Loader, file: Path, name: str) -> vm.Value | None:
    """The value of a name in a file; None, and a word about it, if the file does not load."""
    try:
        return loader.load(file).bindings[name].value
    except SireError as error:
        note(f"{file}: {error.message}")
    except KeyError:
        note(f"{file}: {name} is described there, and not defined")
    return None


def fields(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "call": entry.call,
        "type": entry.type,
        "text": entry.text,
        "examples": entry.sample,
        "module": entry.module,
        "file": str(entry.file),
        "line": entry.line,
    }


def show(lines: list[str]) -> None:
    for line in lines:
        print_line("\n".join(safe_lines(line)))
