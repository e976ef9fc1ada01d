"""How fast modules load: `python tests/bench/bench_sire.py [FILE..]` prints a table.

Without files, the library's prelude; with OPSH_PALLAS_SIRE, Pallas's as well. Each load is a new process, cold
without a cache, warm with the one that the package brings or that an earlier load filled. Times are in seconds,
memory is the most that was resident.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOAD = """
import resource, sys, time
from pathlib import Path
began = time.perf_counter()
import sire, vm
imported = time.perf_counter()
module = sire.Loader(cache=Path(sys.argv[2]) if sys.argv[2] else None).load(Path(sys.argv[1]))
loaded = time.perf_counter()
usage = resource.getrusage(resource.RUSAGE_SELF)
memory = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
print(imported - began, loaded - imported, usage.ru_utime + usage.ru_stime, memory, len(module.bindings), vm.compiled)
"""


def load(file: Path, cache: str) -> list[str]:
    """What LOAD prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LOAD, str(file), cache]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()


def main() -> None:
    files = [Path(name) for name in sys.argv[1:]] or [ROOT / "sire" / "lib" / "prelude.sire"]
    if not sys.argv[1:] and "OPSH_PALLAS_SIRE" in os.environ:
        files.append(Path(os.environ["OPSH_PALLAS_SIRE"]) / "prelude.sire")
    print(f"{'module':40} {'names':>6} {'':5} {'import':>7} {'load':>7} {'cpu':>7} {'MB':>5}")
    for file in files:
        with tempfile.TemporaryDirectory() as cache:
            load(file, cache)
            for kind in ("cold", "warm", "warm"):
                imported, loaded, cpu, memory, names, compiled = load(file, cache if kind == "warm" else "")
                name = f"{file.parent.name}/{file.name}" + ("" if compiled == "True" else " (uncompiled)")
                times = f"{float(imported):7.3f} {float(loaded):7.3f} {float(cpu):7.3f} {float(memory):5.0f}"
                print(f"{name:40} {names:>6} {kind:5} {times}")


if __name__ == "__main__":
    main()
