"""What is installed: the command, the library and the manual, from a wheel made of the sources."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KEPT_OUT = (".venv", ".git", "*.so", "build", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, uncompiled: what comes along does not depend on a compiler, and this is quick."""
    tree = tmp_path_factory.mktemp("tree") / "opsh"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*KEPT_OUT))
    out = tree.parent / "out"
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(tree),
    ]
    done = subprocess.run(command, env=os.environ | {"OPSH_UNCOMPILED": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


def test_the_library_and_the_manual_come_along(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    library = {f"sire/{path.relative_to(ROOT / 'sire')}" for path in (ROOT / "sire" / "lib").rglob("*.sire")}
    assert library
    assert library <= inside
    pages = {path.name for path in (ROOT / "man").glob("*.[17]")}
    assert pages <= {Path(name).name for name in inside if "/data/share/man/man" in name}


def test_an_installed_copy_runs_and_says_that_it_is_not_compiled(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OPSH_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-P", "-m", "shell.main"]
    version = subprocess.run([*command, "--version"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert version.returncode == 0, version.stderr
    assert "not compiled" in version.stdout


def test_a_first_start_finds_the_library_finished(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    cache = tmp_path / "own"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OPSH_CACHE": str(cache)}
    command = [sys.executable, "-P", "-m", "shell.main", "sire", "-e", "(add 2 3)"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "++ 5"
    assert not cache.exists()
