"""opsh events: what happened in a machine."""

from argparse import Namespace

from shell.errors import DONE
from shell.output import print_json, print_line, utc
from shell.reading import reading
from shell.safe_text import safe_line

BATCH = 1000


def run(arguments: Namespace) -> int:
    with reading(arguments.machine) as machine:
        end = machine.call("events", last=1)["next"]
        at = 0 if arguments.last is None else max(0, end - arguments.last)
        while at < end:
            answer = machine.call("events", from_=at, to=min(end, at + BATCH))
            for entry in answer["entries"]:
                if arguments.json:
                    print_json(entry)
                else:
                    print_line(
                        f"{entry['event']:>8}  {utc(entry['time'])}  cog {entry['cog']}  {safe_line(entry['summary'])}"
                    )
            at = max(at + 1, answer["next"])
    return DONE
