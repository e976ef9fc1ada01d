"""Compiles the hot packages with mypyc, and the library with what came of it.

Where there is no C compiler the same sources run uncompiled.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from setuptools import Command, setup
from setuptools.command.build import build

COMPILED = ["vm", "sire"]
TOOLS = {"own_jets.py", "shipped.py"}
"""What is run by `python -m`, which cannot run a compiled module."""
FLAGS = ["-fvisibility=hidden"]
UNBUILT = {"egg_info", "dist_info", "sdist"}
"""Commands that only ask what there is: compiling for them would take a minute each."""


def compiler_found() -> bool:
    return any(shutil.which(name) for name in (os.environ.get("CC", "cc").split()[0], "gcc", "clang"))


def extensions() -> list[object]:
    if UNBUILT.intersection(sys.argv):
        return []
    if os.environ.get("OPSH_UNCOMPILED") or not compiler_found():
        print("opsh: no C compiler (or OPSH_UNCOMPILED is set): installing uncompiled", file=sys.stderr)
        return []
    from mypyc.build import mypycify

    files = [path for package in COMPILED for path in sorted(Path(package).rglob("*.py"))]
    sources = [str(path) for path in files if path.name not in TOOLS]
    built = mypycify(sources, opt_level=os.environ.get("OPSH_OPT", "3"), debug_level="0")
    for extension in built:
        extension.extra_compile_args = [*extension.extra_compile_args, *FLAGS]  # the lists are shared
    return list(built)


class BuildLibrary(Command):
    """Loads the library once, so that a first start finds it finished. It is only slower where that fails."""

    user_options: ClassVar[list[tuple[str, str, str]]] = []
    editable_mode = False

    def initialize_options(self) -> None:
        self.build_lib = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    def run(self) -> None:
        place = "." if self.editable_mode else self.build_lib
        if subprocess.run([sys.executable, "-m", "sire.shipped"], cwd=place).returncode:
            print("opsh: the library could not be loaded: the first start will do it", file=sys.stderr)

    def get_source_files(self) -> list[str]:
        return []

    def get_outputs(self) -> list[str]:
        return []

    def get_output_mapping(self) -> dict[str, str]:
        return {}


build.sub_commands = [*build.sub_commands, ("build_library", None)]
setup(ext_modules=extensions(), cmdclass={"build_library": BuildLibrary})
