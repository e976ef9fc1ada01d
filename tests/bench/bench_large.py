"""How machines with a large state do: run it by hand, `python tests/bench/bench_large.py [MB..] [--tree] [--keep]`.

A cog fills a table with pinned blobs of 10 kB, some thousands an event, until its state has so many megabytes (20, if
none is said). The table is one tab from number to pin; with --tree it is a tab of pinned tabs, so that a change has to
write a small part of it anew. Then, for each size:

fill      the cog makes its state                             seconds
start     of the stopped machine, until it answers            seconds, memory
look      the cog reads one blob in a hundred                 seconds, memory
change    a snapshot after one blob was replaced              seconds, bytes by which pins grew
stop      of that machine                                     seconds
du, verify, gc, fork, export, import      seconds, memory, bytes that they wrote

Memory is of the process that does the work: RSS at most, and of that what is its own (not pages of files), in MB.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parent.parent.parent
OPSH = Path(sys.executable).with_name("opsh")

PROGRAM = """
#### large

:| prelude

= (blob i) | PIN (add i (bex 80000))

{table}

= (fill from n t)
| foldl (t i & insert i (blob i) t) t
| gen n (add from)

= (look from n step t)
| foldl (sum i & add sum (mod (pinItem (find (mul i step) t)) 251)) 0
| gen n (add from)

= (serve t k)
: ask < syscall [%poke 0 %poke [%do]]
@ verb (idx 0 ask)
@ from (idx 1 ask)
@ n    (idx 2 ask)
@ step (idx 3 ask)
| if (eql verb %look)
    | trk [%looked (look from n step t)]
    | serve t k
| serve (insert from (blob (add n from)) t) k

= (grow from t k)
: _ < syscall TIME_WHEN
| if (gte from {count})
    | trk [%full]
    | serve t k
| grow (add from {lot}) (fill from {lot} t) k

main=(runCog (grow 0 emptyTab))
"""

FLAT = """
= (insert i x t) | tabIns i x t
= (find i t)     | tabIdx i t
"""

TREE = """
= (part i t)     | pinItem (tabGet t (div i 256))
= (find i t)     | tabIdx i (part i t)
= (insert i x t) | tabIns (div i 256) (PIN (tabIns i x (ifz (tabGet t (div i 256)) emptyTab (part i t)))) t
"""


class Watch(Thread):
    """What a process, or one that it started, holds at most, in bytes: all of it, and what no file is behind."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.all = self.own = 0
        self.on = True
        self.start()

    def look(self) -> None:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in (self.pid, *children):
            fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            self.all = max(self.all, int(fields["VmRSS"].split()[0]) * 1024)
            self.own = max(self.own, int(fields["RssAnon"].split()[0]) * 1024)

    def run(self) -> None:
        while self.on:
            try:
                self.look()
            except KeyError:
                pass  # It is just becoming another program.
            except OSError:
                return
            time.sleep(0.02)

    def done(self) -> str:
        self.on = False
        self.join()
        return f"rss {self.all / 1e6:6.0f}  own {self.own / 1e6:6.0f}"


def opsh(*words: object) -> str:
    return subprocess.run([OPSH, *map(str, words)], check=True, capture_output=True, text=True).stdout


def used(place: Path) -> int:
    """Bytes on the disk under a directory, each inode once."""
    found = [path.stat() for path in place.rglob("*") if path.is_file()]
    return sum({stat.st_ino: stat.st_blocks * 512 for stat in found}.values())


def line(what: str, seconds: float, *rest: str) -> None:
    print(f"  {what:<8} {seconds:8.2f} s   " + "   ".join(rest), flush=True)


def timed(home: Path, what: str, *words: object) -> None:
    before, began = used(home), time.monotonic()
    process = subprocess.Popen([OPSH, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = Watch(process.pid)
    said = process.communicate()[1].decode()
    seconds = time.monotonic() - began
    memory = watch.done()
    if process.returncode:
        print(said)
    line(what, seconds, memory, f"disk {(used(home) - before) / 1e6:+10.1f} MB")


def wait_trk(machine: str, count: int) -> None:
    while (json.loads(opsh("ps", "--json").splitlines()[0]).get("trk") or 0) <= count:
        time.sleep(0.05)


def start(machine: str) -> int:
    opsh("start", machine, "--detach")
    return int(json.loads(opsh("ps", "--json").splitlines()[0])["pid"])


def pin_bytes(machine: str) -> int:
    return int(json.loads(opsh("du", machine, "--json"))["space"]["tables"]["pins"][1])


def measure(home: Path, megabytes: int, tree: bool) -> None:
    count = megabytes * 100
    print(f"{megabytes} MB, {count} blobs, {'a tree' if tree else 'a flat tab'}")
    source = home / "large.sire"
    source.write_text(PROGRAM.format(table=TREE if tree else FLAT, count=count, lot=min(2000, count // 10)))
    opsh("boot", "large", source)
    began = time.monotonic()
    watch = Watch(start("large"))
    wait_trk("large", 1)
    line("fill", time.monotonic() - began, watch.done())
    began = time.monotonic()
    opsh("stop", "large")
    line("stop", time.monotonic() - began, f"{used(home / 'machines') / 1e6:.1f} MB on disk")
    began = time.monotonic()
    pid = start("large")
    seconds = time.monotonic() - began
    watch = Watch(pid)
    time.sleep(0.1)
    line("start", seconds, watch.done())
    watch = Watch(pid)
    began = time.monotonic()
    opsh("poke", "large", 1, "do", f"[%look 0 {count // 100} 100]")
    wait_trk("large", 2)
    line("look", time.monotonic() - began, watch.done())
    for n in range(2):
        opsh("poke", "large", 1, "do", f"[%change {count // 2 + n} 1000000 0]")
        before, began = used(home / "machines"), time.monotonic()
        opsh("snapshot", "large")
        line("change", time.monotonic() - began, f"pins {(used(home / 'machines') - before) / 1e3:.1f} kB")
    began = time.monotonic()
    opsh("stop", "large")
    line("stop", time.monotonic() - began)
    timed(home, "du", "du", "large")
    timed(home, "verify", "verify", "large")
    timed(home, "gc", "gc", "large")
    timed(home, "gc", "gc", "large")
    timed(home, "fork", "fork", "large", "other")
    timed(home, "export", "export", "large", home / "file")
    timed(home, "import", "import", home / "file", "third")


def main() -> None:
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    sizes = [int(word) for word in sys.argv[1:] if not word.startswith("--")] or [20]
    for size in sizes:
        home = Path(tempfile.mkdtemp(prefix="opsh-large-"))
        os.environ["OPSH_HOME"] = str(home)
        try:
            measure(home, size, "--tree" in options)
        finally:
            subprocess.run([OPSH, "stop", "large"], capture_output=True)
            if "--keep" not in options:
                shutil.rmtree(home)


if __name__ == "__main__":
    main()
