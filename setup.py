"""Compiles the hot packages with mypyc; where there is no C compiler the same sources run uncompiled."""

import os
import shutil
import sys
from pathlib import Path

from setuptools import setup

COMPILED = ["vm", "sire"]
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

    sources = [str(path) for package in COMPILED for path in sorted(Path(package).rglob("*.py"))]
    built = mypycify(sources, opt_level=os.environ.get("OPSH_OPT", "3"), debug_level="0")
    for extension in built:
        extension.extra_compile_args = [*extension.extra_compile_args, *FLAGS]  # the lists are shared
    return list(built)


setup(ext_modules=extensions())
