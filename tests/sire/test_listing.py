"""The code of our library's laws can be read to its end, whatever the compiler of laws made of them."""

import vm
from sire import Loader, library_path


def test_every_law_of_the_library_is_listed() -> None:
    bindings = Loader().load(library_path() / "prelude.sire").bindings.values()
    laws = [pin for pin in (binding.value for binding in bindings) if isinstance(pin, vm.Pin)]
    used: set[str] = set()
    for pin in laws:
        if isinstance(pin.item, vm.Law):
            used |= {line.split()[1] for line in vm.listing(pin) if line[:5].strip().isdigit()}
    assert {"force", "ret", "jz", "tcall", "thunk", "jet", "row"} <= used
