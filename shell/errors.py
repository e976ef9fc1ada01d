"""What can go wrong for a person, and the exit status that tells a script."""

DONE = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 3
TIMED_OUT = 4
INTERRUPTED = 130
BROKEN_PIPE = 141


class ShellError(Exception):
    """A complaint for a person: what, to what or where, and what to do about it.

    `status` is the exit status it ends the command with.
    """

    def __init__(self, message: str, hint: str = "", status: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status


def sentence(message: str, hint: str = "") -> str:
    """The one line that a complaint is: `what: where; what to do`."""
    return f"{message}; {hint}" if hint else message
