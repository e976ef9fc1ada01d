"""Typing in the console: several lines, history, completion, colours. All that needs prompt_toolkit is here."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output import ColorDepth

from shell.console_commands import COMMANDS, is_command
from shell.rex_colours import STYLES, tokens
from sire import Session
from sire.session import is_open

PROMPT, MORE = "sire> ", "....> "


class Names(Completer):
    """Completes names in scope, and commands."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        if is_command(before) and " " not in before:
            names = [command.name for command in COMMANDS if command.name.startswith(before[1:])]
            word = before[1:]
        else:
            word, names = self.session.complete(before)
        return [Completion(name, -len(word)) for name in names]


class Colours(Lexer):
    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        def line(number: int) -> StyleAndTextTuples:
            return [(STYLES.get(kind, ""), part) for kind, part in tokens(document.lines[number])]

        return line


def keys() -> KeyBindings:
    """Enter ends what is typed when the reader says that the form is complete, else it begins a line."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        at_end = not buffer.document.text_after_cursor.strip()
        if is_command(buffer.text) or (at_end and not is_open(buffer.text.split("\n"))):
            buffer.validate_and_handle()
        else:
            buffer.newline(copy_margin=True)

    @bindings.add("escape", "enter")
    def enter_at_once(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    return bindings


def history(file: Path) -> History:
    """What was typed before, from a file that only its owner reads; for this time only where that cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))


def reader(session: Session, past: Path, colours: bool) -> Callable[[], str]:
    """A function that asks for the next thing to run; raises EOFError at the end, KeyboardInterrupt on Ctrl-C."""
    asking: PromptSession[str] = PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=MORE,
        completer=Names(session),
        complete_while_typing=False,
        lexer=Colours() if colours else None,
        key_bindings=keys(),
        history=history(past),
        color_depth=None if colours else ColorDepth.DEPTH_1_BIT,
    )

    def ask() -> str:
        return asking.prompt()

    return ask
