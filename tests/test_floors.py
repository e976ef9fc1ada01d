"""The house: each floor imports only those below it, vm touches nothing outside, verbs never load the screen."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ["vm", "sire", "machines", "shell"]
OUTSIDE = {"os", "io", "time", "random", "secrets", "socket", "pathlib", "subprocess", "asyncio", "datetime", "lmdb"}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_those_below_it(floor: str) -> None:
    above = set(FLOORS[FLOORS.index(floor) + 1 :])
    modules = sorted((ROOT / floor).rglob("*.py"))
    assert modules
    assert {str(path): imports(path) & above for path in modules if imports(path) & above} == {}


def test_the_vm_reads_no_clock_no_file_and_no_randomness() -> None:
    """But for the time limit of an evaluation, which is in seconds."""
    found = {path.name: imports(path) & OUTSIDE for path in (ROOT / "vm").rglob("*.py")}
    assert {name: names for name, names in found.items() if names} == {"limits.py": {"time"}}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["ps"]])
def test_a_plain_command_never_loads_the_screen(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from shell.main import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "sys.exit('textual' in sys.modules)\n"
    )
    environment = {"OPSH_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
