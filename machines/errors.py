"""What can go wrong with a machine, said to a person: what happened, where, and what to do about it."""

FAILED = 1
UNREACHABLE = 3
TIMED_OUT = 4

NO_ROOM = "check the free space; everything up to the last event on disk is safe"


class MachineError(Exception):
    """One line that says what happened, a hint that says what to do (may be empty), and the exit status it deserves."""

    def __init__(self, message: str, hint: str = "", exit_status: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_status = exit_status
