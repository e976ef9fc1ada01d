"""Everything that is text: Rex, the Sire compiler and its library."""

from sire.errors import SireError
from sire.loader import Loader, Module, library_path
from sire.session import Session
from sire.syntax import Binding

__all__ = ["Binding", "Loader", "Module", "Session", "SireError", "library_path"]
