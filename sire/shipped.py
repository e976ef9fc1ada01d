"""Fills `sire/lib/cache`, the finished modules that come with the package: `python -m sire.shipped`.

With them a first start is as quick as a second one. They are found by content, as in any cache, so that those of other
sources are never taken for these; the tool removes them.
"""

import sys
from pathlib import Path

from sire.errors import SireError
from sire.loader import Loader, library_path


def fill(folder: Path) -> None:
    """Puts the modules of our library and of its demos into a folder, and nothing else. Raises SireError, OSError."""
    loader = Loader(cache=folder)
    for file in sorted(library_path().rglob("*.sire")):
        loader.load(file)
    kept = {f"{key.hex()}.pins" for key in loader.done} | {f"{key.hex()}.json" for key in loader.outlines}
    for file in folder.iterdir():
        if file.name in kept:
            file.chmod(0o644)  # one user installs, others read
        else:
            file.unlink()


def main() -> int:
    try:
        fill(library_path() / "cache")
    except (SireError, OSError) as error:
        print(error.pretty() if isinstance(error, SireError) else error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
