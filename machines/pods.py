"""Values on their way between two processes: a pod holds a value and the pins under it that the other side lacks.

Both ends of a connection keep a Traffic, which remembers every pin that went either way, so that a pin travels once.
"""

import msgspec

import vm
from vm import Value


class Traffic:
    """One end of a connection."""

    def __init__(self) -> None:
        self.known: dict[bytes, vm.Pin] = {}
        self.contents: dict[bytes, bytes] = {}

    def encode(self, value: Value) -> bytes:
        root = vm.pin(value)
        pins: list[tuple[bytes, bytes]] = [(root.hash, vm.save_pin(root))]
        stack = list(root.refs)
        while stack:
            pin = stack.pop()
            if pin.hash not in self.known:
                self.known[pin.hash] = pin
                pins.append((pin.hash, vm.save_pin(pin)))
                stack.extend(pin.refs)
        return msgspec.msgpack.encode(pins)

    def decode(self, pod: bytes) -> Value:
        """Raises msgspec.DecodeError or vm.SeedError if these are not the bytes of a pod."""
        pins = msgspec.msgpack.decode(pod, type=list[tuple[bytes, bytes]])
        root, *under = pins
        for hash, content in under:
            self.contents[hash] = content
        for hash, _ in under:
            self.known[hash] = vm.lazy_pin(hash, self.content)
        return vm.load_pin(root[0], root[1], self.find).item

    def content(self, hash: bytes) -> bytes:
        """The content of a pin under one that came: it may be one that this side made, and sent."""
        content = self.contents.get(hash)
        return vm.save_pin(self.known[hash]) if content is None else content

    def find(self, hash: bytes) -> vm.Pin:
        return self.known[hash]
