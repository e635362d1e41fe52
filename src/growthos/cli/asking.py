"""Questions at a terminal: one line is read at a time, a signal is heard while we wait, and secrets are not shown."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from growthos import interrupt

TICK_SECONDS: Final = 0.05
LONGEST: Final = 65536


class Asker(Protocol):
    """Somebody who answers."""

    def ask(self, question: str, *, hidden: bool = False) -> str:
        """One line, without blanks around it. StoppedError at a signal, EOFError where nobody answers any more."""


class Terminal:
    """Standard input, with the questions on stderr."""

    def ask(self, question: str, *, hidden: bool = False) -> str:
        given = b""
        try:
            with _unseen(hidden) as hide:
                sys.stderr.write(question)
                sys.stderr.flush()
                while not select.select([sys.stdin], [], [], TICK_SECONDS)[0]:
                    interrupt.check()
                    hide()
                given = os.read(sys.stdin.fileno(), LONGEST)
        finally:
            if hidden or not given:
                sys.stderr.write("\n")
        if not given:
            raise EOFError
        return given.decode("utf-8", "replace").strip()


def is_possible() -> bool:
    """Whether somebody sits there, who reads what we ask and can answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


@contextmanager
def _unseen(hidden: bool) -> Iterator[Callable[[], None]]:
    """What is typed is not shown; whatever happens, the terminal is as it was.

    A shell to which Ctrl-Z led lets the terminal show all again, so whoever waits hides it again and again.
    """
    if not hidden:
        yield lambda: None
        return
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def hide() -> None:
        now = termios.tcgetattr(terminal)
        if now[3] & termios.ECHO:
            now[3] &= ~termios.ECHO
            termios.tcsetattr(terminal, termios.TCSADRAIN, now)

    hide()
    try:
        yield hide
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
