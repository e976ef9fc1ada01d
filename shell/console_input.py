"""Typing in the console: several lines, history, completion, colours. All that needs prompt_toolkit is here."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output import ColorDepth

from shell.rex_colours import STYLES, is_command, tokens
from sire.session import is_open

MORE = "....> "

Complete = Callable[[str], tuple[str, list[str]]]
"""From what stands before the cursor to the word that it ends with, and the names that begin so."""


class Names(Completer):
    """Completes names in scope, and commands."""

    def __init__(self, complete: Complete, commands: list[str]) -> None:
        self.complete = complete
        self.commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        if is_command(before) and " " not in before:
            word = before[1:]
            names = [command for command in self.commands if command.startswith(word)]
        else:
            word, names = self.complete(before)
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


def reader(prompt: str, complete: Complete, commands: list[str], past: Path, colours: bool) -> Callable[[], str]:
    """A function that asks for the next thing to run; raises EOFError at the end, KeyboardInterrupt on Ctrl-C.

    `commands` are those that begin with a colon, `past` is the file of what was typed before.
    """
    asking: PromptSession[str] = PromptSession(
        prompt,
        multiline=True,
        prompt_continuation=MORE,
        completer=Names(complete, commands),
        complete_while_typing=False,
        lexer=Colours() if colours else None,
        key_bindings=keys(),
        history=history(past),
        color_depth=None if colours else ColorDepth.DEPTH_1_BIT,
    )

    def ask() -> str:
        text = asking.prompt()
        ahead = get_typeahead(asking.input)
        if any(press.key is Keys.ControlC for press in ahead):
            # Pressed before the terminal made a signal of it: what was typed is not run.
            print("interrupted", file=sys.stderr)
            raise KeyboardInterrupt
        store_typeahead(asking.input, ahead)
        return text

    return ask
