"""Somebody at a terminal of growthos: reads what is asked, types, and presses Ctrl-C."""

import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

SECONDS = 20
CTRL_C, CTRL_D = "\x03", "\x04"


class Typist:
    """A process with a terminal of its own. `seen` is all that stood on it, echo included."""

    def __init__(self, *arguments: str, env: Mapping[str, str], cwd: Path, size: tuple[int, int] = (40, 100)) -> None:
        self.keyboard, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, size)
        self.seen, self.read_to = "", 0
        # Whoever leads a session and opens a terminal is the one whom its Ctrl-C is for.
        begin = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(terminal)]
        self.process = subprocess.Popen(
            [*begin, sys.executable, "-m", "growthos", *arguments],
            env={"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "TERM": "xterm", **env},
            cwd=cwd,
            start_new_session=True,
        )
        self._terminal = terminal

    def waits_for(self, text: str) -> str:
        """Read on until this stands there; what came before it since the last time."""
        until = monotonic() + SECONDS
        while text not in self.seen[self.read_to :]:
            assert monotonic() < until, f"no {text!r} in:\n{self.seen}"
            if self.process.poll() is not None and not self._more(0.05):
                raise AssertionError(f"ended without {text!r}:\n{self.seen}")
            self._more(0.05)
        before, self.read_to = self.seen[self.read_to :], self.seen.index(text, self.read_to) + len(text)
        return before

    def types(self, text: str) -> None:
        """What is typed, without the key that ends a line."""
        os.write(self.keyboard, text.encode())

    def answers(self, question: str, answer: str) -> str:
        """Wait for a question, and answer it; what was said before it."""
        said = self.waits_for(question)
        self.types(f"{answer}\n")
        return said

    def ends(self) -> int:
        """The exit code, when all that was said is read."""
        until = monotonic() + SECONDS
        while self.process.poll() is None:
            assert monotonic() < until, f"goes on and on:\n{self.seen}"
            self._more(0.05)
        while self._more(0.05):
            pass
        return self.process.returncode

    def shows_what_is_typed(self) -> bool:
        """Whether the terminal echoes."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ECHO)

    def comes_back_from_a_shell(self) -> None:
        """After Ctrl-Z and `fg`: the terminal is as the shell likes it, and what waits has a moment to mind that."""
        modes = termios.tcgetattr(self._terminal)
        modes[3] |= termios.ECHO
        termios.tcsetattr(self._terminal, termios.TCSANOW, modes)
        until = monotonic() + 1
        while self.shows_what_is_typed() and monotonic() < until:
            self._more(0.05)

    def _more(self, seconds: float) -> bool:
        if not select.select([self.keyboard], [], [], seconds)[0]:
            return False
        self.seen += os.read(self.keyboard, 65536).decode(errors="replace").replace("\r\n", "\n")
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._terminal)
        os.close(self.keyboard)
