"""Looks for bytes that break a promise of `hostile.py`: `python tests/vm/fuzz_bytes.py TARGET FOLDER [OPTION..]`.

The search is Atheris's (`pip install atheris`), by what code each input reaches; so it wants a copy of the source that
is not compiled: `make clean` or a fresh clone. It begins with the inputs in `corpus`, and adds to FOLDER whatever
reaches something new; what breaks something goes to `crash-*` here. The options are libFuzzer's, as
`-max_total_time=300 -max_len=2000`. Afterwards `python tests/vm/fuzz_bytes.py TARGET FOLDER --keep` makes `corpus` of
FOLDER, for `test_hostile.py` to try each time.
"""

import sys
from hashlib import sha1
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["vm", "sire"]):
    from tests.vm.hostile import TARGETS, keep, kept

if __name__ == "__main__":
    target, folder = sys.argv[1], Path(sys.argv[2])
    if sys.argv[3:] == ["--keep"]:
        keep(target, [file.read_bytes() for file in folder.iterdir()])
    else:
        folder.mkdir(parents=True, exist_ok=True)
        for data in kept(target):
            (folder / sha1(data).hexdigest()).write_bytes(data)
        atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[target])
        atheris.Fuzz()
