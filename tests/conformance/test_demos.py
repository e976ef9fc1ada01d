"""Pallas's own demos, unmodified: each is booted, runs, and shows what it is there to show.

OPSH_PALLAS_SIRE says where its folder `sire` is. Demos that need identities and peers are not among these.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from machines.change import change
from machines.client import Client, NotRunning, stop
from machines.stored import Stored

FOLDER = os.environ.get("OPSH_PALLAS_SIRE", "")
ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="OPSH_PALLAS_SIRE does not say where Pallas's sources are"),
    pytest.mark.timeout(1200),
]

SHOWN = {
    "demo_timer": [r"\[{timeDemo} 5 %return|timeDemo", *[r"current_time"] * 5, "timeDemo"],
    "demo_cog_spin": [r"\[%cogId 2\]", *[r"current_time"] * 5],
    "demo_cog_stop": [r"\[%cogId 2\]", "current_time", "stopVal"],
    "demo_cog_wait": [r"\[%wait 2\]", "PASS: received wait"],
    "demo_cog_reap": [r"\[%cogId 2\]", "%dieDemo", r"reapVal"],
    "demo_cog_asktell_basic": ["RESULTS", "ALL TESTS PASSED"],
    "demo_cog_asktell_askcrash": ["PASS: countCogCrashedAndTellerReaped"],
    "demo_mvars": ["Control is returned to Alice", "TIME_WHEN", "forTime"],
    "demo_threads": ["waited_until", "kid_waited_also", "waited_until"],
    "demo_random_number": [r"bytes=", *[r"bytes="] * 4],
    "demo_parallel_mandelbrot": [r"P3"],
    "demo_hw_what": ["hardware"],
}
"""What a demo shows, in this order."""

NAMELESS = {"demo_pmap_eval": "pmaptest", "demo_simple_eval_cb": "evalTest"}
"""Demos without a `main`, and what stands for it."""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return os.environ.get("OPSH_TEST_CACHE") or str(tmp_path_factory.getbasetemp() / "cache")


Boot = Callable[[str], Path]


@pytest.fixture
def boot(tmp_path: Path, cache: str) -> Iterator[Boot]:
    def run(demo: str) -> Path:
        file = Path(FOLDER) / f"{demo}.sire"
        if demo in NAMELESS:
            file = tmp_path / "wrapped.sire"
            file.write_text(f"#### wrapped <- {demo}\n\n:| {demo}\n\nmain={NAMELESS[demo]}\n")
        opsh("boot", str(tmp_path / "m"), str(file), "--path", FOLDER, cache=cache)
        return tmp_path / "m"

    yield run
    with suppress(NotRunning):
        stop(tmp_path / "m")


def opsh(*words: str, cache: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shell.main", *words],
        cwd=ROOT,
        env=os.environ | {"OPSH_CACHE": cache},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(directory: Path) -> list[str]:
    try:
        with Client(directory) as client:
            return [entry["text"] for entry in client.call("trk", last=1000)["entries"]]
    except NotRunning:
        with Stored(directory) as stored:
            return [entry["text"] for entry in stored.call("trk", last=1000)["entries"]]


def follows(patterns: list[str], texts: list[str]) -> bool:
    """Whether texts that fit the patterns are there in that order."""
    left = iter(texts)
    return all(any(re.search(pattern, text) for text in left) for pattern in patterns)


def until(done: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := done()):
        assert time.monotonic() < deadline, "it does not come to pass"
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("demo", SHOWN)
def test_a_demo_shows_what_it_is_there_to_show(boot: Boot, demo: str) -> None:
    directory = boot(demo)
    opsh("start", str(directory), "--detach")
    until(lambda: follows(SHOWN[demo], shown(directory)))
    stop(directory)
    assert "all is well" in verified(directory)


def verified(directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shell.main", "verify", str(directory)], cwd=ROOT, capture_output=True, text=True
    )
    return done.stderr


@pytest.mark.parametrize("demo", NAMELESS)
def test_a_demo_in_an_older_form_of_request_waits_without_harm(boot: Boot, demo: str) -> None:
    """They hold out rows that begin with 0, which were requests once: nobody answers, in Pallas either."""
    directory = boot(demo)
    assert opsh("start", str(directory)) == ""
    assert "no request" in opsh("cogs", str(directory))


def test_the_poke_demo_echoes_what_it_is_sent(boot: Boot) -> None:
    directory = boot("demo_poke")
    assert change(directory, "poke", 1, 41, ["listen"]) == 2
    opsh("start", str(directory), "--detach")
    change(directory, "poke", 1, 42, ["listen"], 5)
    stop(directory)
    assert shown(directory) == ["[val=41]", "[val=42]"]


def site(directory: Path) -> str:
    def address() -> str | None:
        with Client(directory) as client:
            waits = [wait for cog in client.call("cogs")["cogs"] for wait in cog["waits"]]
        return next((wait.split()[-1] for wait in waits if "visitors at" in wait), None)

    return str(until(address)).rstrip("/")


def visit(url: str, method: str = "GET", data: bytes | None = None, kind: str = "text/plain") -> tuple[int, bytes]:
    request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_hello_demo_keeps_pages_over_http_until_it_is_shut_down(boot: Boot) -> None:
    directory = boot("demo_http_hello")
    opsh("start", str(directory), "--detach")
    here = site(directory)
    assert visit(f"{here}/a")[0] == 404
    assert visit(f"{here}/a", "PUT", b"hello")[0] == 201
    assert visit(f"{here}/a") == (200, b"hello")
    stop(directory)
    opsh("start", str(directory), "--detach")
    here = site(directory)
    assert visit(f"{here}/a") == (200, b"hello")
    with suppress(OSError):  # for nobody is left to answer
        urllib.request.urlopen(f"{here}/shutdown", b"", timeout=1)
    with Client(directory) as client:
        until(lambda: client.call("cogs")["cogs"][0]["state"] == "finished")


def test_the_tag_site_learns_pages_of_pictures_and_finds_them(boot: Boot) -> None:
    """What Pallas's own script tests it with: ten pages of pictures, and a search."""
    pages = sorted((Path(FOLDER).parent / "testdata/fulltag/json").glob("*.json"))
    if not pages:
        pytest.skip("there is no testdata beside OPSH_PALLAS_SIRE")
    directory = boot("demo_full_tag_site")
    opsh("start", str(directory), "--detach")
    here = site(directory)
    for page in pages:
        assert visit(f"{here}/learn", "POST", page.read_bytes(), "application/json")[0] == 200
    assert visit(f"{here}/favicon.ico")[0] == 200
    search = b'{"tag":"Search","contents":{"offset":0,"tags":["cute"]}}'
    for _ in range(2):
        status, found = visit(f"{here}/search", "POST", search)
        assert status == 200
        answer = json.loads(found)
        assert (answer["status"]["imgs"], answer["contents"]["total"]) == (500, 377)
        stop(directory)
        opsh("start", str(directory), "--detach")
        here = site(directory)


CLIENT = """
    ip link set lo up && mount --bind "$HOSTS" /etc/hosts || exit 9
    cd "$SITE" && "$PYTHON" -m http.server 80 --bind 127.0.0.1 >/dev/null 2>&1 &
    server=$!
    while ! "$PYTHON" -c 'import socket; socket.create_connection(("ifconfig.me", 80))' 2>/dev/null; do sleep 0.1; done
    "$PYTHON" -m shell.main start --bare "$MACHINE"
    kill $server
"""


def test_the_client_demo_fetches_a_page(boot: Boot, tmp_path: Path) -> None:
    """The host that it asks is played by a server here, in a network of its own."""
    if not shutil.which("ip") or subprocess.run(["unshare", "-rmn", "true"], capture_output=True).returncode:
        pytest.skip("there can be no network of its own here")
    directory = boot("demo_http_client")
    (tmp_path / "hosts").write_text("127.0.0.1 ifconfig.me\n")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("203.0.113.7")
    names = {"HOSTS": tmp_path / "hosts", "SITE": tmp_path / "site", "MACHINE": directory, "PYTHON": sys.executable}
    done = subprocess.run(
        ["unshare", "-rmn", "sh", "-c", CLIENT],
        cwd=ROOT,
        env=os.environ | {name: str(value) for name, value in names.items()} | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if done.returncode == 9:
        pytest.skip("there can be no network of its own here")
    assert "203.0.113.7" in done.stdout, done.stderr


def test_the_client_demo_hears_that_there_is_no_network(boot: Boot) -> None:
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("there can be no network of its own here")
    directory = boot("demo_http_client")
    subprocess.run(
        ["unshare", "-rn", sys.executable, "-m", "shell.main", "start", str(directory)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert shown(directory)[-1] == "%ERROR"


def test_the_upgrade_demo_becomes_another_cog(boot: Boot, tmp_path: Path, cache: str) -> None:
    opsh("save", str(tmp_path / "timer.seed"), f"{FOLDER}/demo_timer.sire", "--path", FOLDER, cache=cache)
    directory = boot("demo_cog_upgrade")
    opsh("start", str(directory), "--detach")
    here = site(directory)
    assert visit(f"{here}/nowhere", "POST", b"")[0] == 404
    with suppress(OSError):  # for it forgets to answer
        urllib.request.urlopen(f"{here}/become", (tmp_path / "timer.seed").read_bytes(), timeout=1)
    until(lambda: follows(["=hash", "=result", *["current_time"] * 5], shown(directory)))
