"""opsh sire --batch: load files and say what they hold, and what in them is wrong."""

import sys
import time
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import vm
from shell.console import SCOPE, complain, complain_json, print_json_text, say
from shell.errors import DONE, FAILED
from shell.output import note, print_json, print_line
from shell.programs import Progress, cache_directory
from sire import Loader, Module, SireError, library_path


@dataclass(frozen=True, slots=True)
class Summary:
    """What was loaded; `compiled` of the modules were not in the cache. Times are in seconds."""

    modules: int
    compiled: int
    definitions: int
    held: int
    failed: int
    jets: int
    unlike: list[str]
    errors: int
    seconds: float

    def text(self) -> str:
        counts = [
            counted(self.modules, "module") + f" ({self.compiled} compiled)",
            counted(self.definitions, "definition"),
            f"{counted(self.held, 'assertion')} held, {self.failed} failed",
            f"{counted(self.jets, 'jet')} matched",
            f"{self.seconds:.2f} s",
        ]
        return "; " + ", ".join(counts)


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def run_batch(arguments: Namespace) -> int:
    began = time.monotonic()
    errors: list[SireError] = []
    compiled: set[str] = set()
    shown = Progress()

    def progress(module: str, done: int, total: int) -> None:
        compiled.add(module)
        shown(module, done, total)

    def failed(error: SireError) -> None:
        errors.append(error)
        shown.end()
        (complain_json if arguments.json else complain)(error)

    loader = Loader(
        [Path(place) for place in arguments.path or []],
        cache_directory(),
        progress,
        print_json_text if arguments.json else say,
    )
    if arguments.keep_going:
        loader.failed = failed
    for file in arguments.files or [library_path() / f"{SCOPE}.sire"]:
        try:
            loader.load(Path(file), show=bool(arguments.files))
        except (SireError, OSError) as error:
            failed(error if isinstance(error, SireError) else SireError(str(file), 0, 0, system_reason(error)))
            if not arguments.keep_going:
                break
        finally:
            shown.end()
    found = summary(list(loader.done.values()), len(compiled), len(errors), time.monotonic() - began)
    if arguments.json:
        print_json({name: getattr(found, name) for name in Summary.__slots__})
    else:
        print_line(found.text())
        sys.stdout.flush()
    if found.unlike and not arguments.json:
        note(f"{counted(len(found.unlike), 'law')} named as a jet, but not that jet: {' '.join(found.unlike)}")
    fallen = vm.jets.fallen() if arguments.law_fallback_warn or arguments.law_fallback_crash else {}
    if fallen and not arguments.json:
        note(f"gave way to their laws: {', '.join(f'{name} ({count})' for name, count in sorted(fallen.items()))}")
    wrong = errors or (arguments.jet_mismatch_crash and found.unlike) or (arguments.law_fallback_crash and fallen)
    return FAILED if wrong else DONE


def system_reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def summary(modules: list[Module], compiled: int, errors: int, seconds: float) -> Summary:
    tallies = [module.tally for module in modules]
    return Summary(
        modules=len(tallies),
        compiled=compiled,
        definitions=sum(tally.definitions for tally in tallies),
        held=sum(tally.assertions for tally in tallies),
        failed=sum(tally.failed for tally in tallies),
        jets=len({name for tally in tallies for name in tally.jets}),
        unlike=sorted({name for tally in tallies for name in tally.unlike}),
        errors=errors,
        seconds=round(seconds, 3),
    )
