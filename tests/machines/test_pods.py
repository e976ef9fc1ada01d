"""Values between two processes: what came back is the same value, whoever made the pins in it."""

import subprocess
import sys

import vm
from machines.pods import Traffic
from tests.machines.test_host import ROOT

OTHER_SIDE = """
import sys
import vm
from machines.pods import Traffic

traffic = Traffic()
value = 0
for line in sys.stdin:
    # Each value holds the last one, two pins deep, and is made here: no pin in it is known by its hash.
    value = traffic.decode(bytes.fromhex(line))
    value = vm.pin(vm.row([vm.pin(vm.row([value, 7])), 8]))
    print(traffic.encode(value).hex(), flush=True)
"""


def test_pins_that_either_side_made_are_found_under_those_of_the_other() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_SIDE], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    traffic = Traffic()
    value: vm.Value = 5
    for _ in range(4):
        value = vm.pin(vm.row([vm.pin(vm.row([value])), 1 << 70]))
        process.stdin.write(traffic.encode(value).hex() + "\n")
        process.stdin.flush()
        wanted = vm.pin(vm.row([vm.pin(vm.row([value, 7])), 8]))
        value = traffic.decode(bytes.fromhex(process.stdout.readline()))
        assert isinstance(value, vm.Pin)
        assert value.hash == wanted.hash
        assert len(vm.save(value)) == len(vm.save(wanted))
    process.stdin.close()
    assert process.wait(10) == 0
