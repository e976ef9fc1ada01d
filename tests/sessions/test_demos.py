"""The library's demos that talk to someone: by web browser, by poke, cog with cog, and across a restart."""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from sire import library_path

from .conftest import Opsh

SITE = re.compile(r"http://127\.0\.0\.1:\d+/")


def boot(opsh: Opsh, demo: str) -> None:
    assert opsh("boot", demo, str(library_path() / "demos" / f"{demo}.sire")).returncode == 0
    start(opsh, demo)


def start(opsh: Opsh, demo: str) -> None:
    done = opsh("start", demo, "--detach")
    assert done.returncode == 0, done.stderr


def until(ask: Callable[[], str], holds: Callable[[str], object]) -> str:
    deadline = time.monotonic() + 30
    while not holds(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def visit(url: str, data: bytes | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, data, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def site(opsh: Opsh, machine: str) -> str:
    shown = until(lambda: opsh("cogs", machine).stdout, SITE.search)
    found = SITE.search(shown)
    assert found
    return found[0]


def test_the_guest_book_serves_pages_and_json_and_remembers(opsh: Opsh) -> None:
    boot(opsh, "guestbook")
    at = site(opsh, "guestbook")
    assert "<h1>Guest book</h1>" in visit(at)[1]
    form = urllib.parse.urlencode({"name": "Ada & Co", "text": "<hi> 100%"}).encode()
    code, page = visit(at, form)  # the browser follows to the page
    assert (code, "<p><b>Ada &amp; Co</b>: &lt;hi&gt; 100%</p>" in page) == (200, True)
    assert visit(at + "entries", json.dumps({"name": "Bob", "text": "é\n"}).encode())[0] == 201
    assert visit(at + "entries", b"[1")[0] == 400
    assert visit(at + "nothing")[0] == 404
    opsh("stop", "guestbook")
    start(opsh, "guestbook")
    at = site(opsh, "guestbook")
    bob, ada = ({"id": 1, "name": "Bob", "text": "é\n"}, {"id": 0, "name": "Ada & Co", "text": "<hi> 100%"})
    assert json.loads(visit(at + "entries")[1]) == [bob, ada]
    assert json.loads(visit(at + "entries/1")[1]) == bob


def test_the_bank_never_makes_nor_loses_money(opsh: Opsh) -> None:
    boot(opsh, "bank")
    logs = until(lambda: opsh("logs", "bank", "--bare").stdout, lambda text: text.count("hears}") >= 4)
    sums = re.findall(r"\[Ada=(\d+) Bob=(\d+)\] \{in all\} (\d+)", logs)
    assert sums
    assert all((int(ada) + int(bob), total) == (200, "200") for ada, bob, total in sums)


def test_in_the_chat_everyone_hears_the_others(opsh: Opsh) -> None:
    boot(opsh, "chat")
    for path, value in (("join", "{Ada}"), ("join", "{Bob}"), ("say", "[{Ada} {hello}]")):
        assert opsh("poke", "chat", "1", path, value).returncode == 0
    logs = until(lambda: opsh("logs", "chat", "--bare").stdout, lambda text: "%hears" in text)
    assert "++ [%Bob %hears [%Ada %hello]]" in logs
    assert "[%Ada %hears" not in logs


def test_the_sheet_works_out_what_is_written_and_says_what_it_cannot_read(opsh: Opsh) -> None:
    boot(opsh, "sheet")
    assert opsh("poke", "sheet", "1", "cell", "[%rent {700}]").returncode == 0
    assert opsh("poke", "sheet", "1", "cell", "[%x {7 + + 8}]").returncode == 0
    logs = until(lambda: opsh("logs", "sheet", "--bare").stdout, lambda text: "expected" in text)
    assert re.findall(r"left=(\d+)", logs)[:2] == ["1600", "1800"]
    assert "line 1, column 5: expected a digit, a name or (" in logs
