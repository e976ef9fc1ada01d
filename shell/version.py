"""What `opsh --version` says."""

import platform
from importlib import metadata


def number() -> str:
    """The version of the installed distribution, or of the tree that this runs from."""
    try:
        return metadata.version("opsh")
    except metadata.PackageNotFoundError:
        return "0.1.0"


def version() -> str:
    """Version, Python, and whether the virtual machine runs compiled."""
    import vm

    speed = "compiled" if vm.compiled else "not compiled (slow)"
    return f"opsh {number()}, {platform.python_implementation()} {platform.python_version()}, {speed}"
