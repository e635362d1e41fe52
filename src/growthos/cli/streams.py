"""Standard output and error as they should be: open, told in characters that they can show, and no reason to fail."""

import errno
import io
import os
import sys
from typing import Any

from growthos import interrupt
from growthos.errors import ExitCode

STDOUT, STDERR = 1, 2

_undelivered: list[OSError] = []


class _Stream(io.FileIO):
    """Takes all that it is given. Where its descriptor takes no more, the rest goes nowhere, and stdout remembers it.

    A reader that has seen enough and gone is no failure, nor is a place for progress that is full: a sync goes on.
    """

    def write(self, data: "memoryview | bytes") -> int:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError as error:
            if self.fileno() == STDOUT:
                interrupt.leave_unread()
                if error.errno != errno.EPIPE:
                    _undelivered.append(error)
            silence(self.fileno())
            return len(data)


def open_all() -> None:
    """A stream that was closed before we began leads nowhere, and no file of ours takes its number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(descriptor)
    sys.stdout, sys.stderr = _made(STDOUT, sys.stdout), _made(STDERR, sys.stderr)


def finish() -> int:
    """Hand out what is still to be written; the exit code that is due where stdout did not take it, else 0."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if not _undelivered:
        return 0
    sys.stderr.write(f"The output could not be written: {_undelivered[0].strerror}.\n")
    sys.stderr.flush()
    return ExitCode.IO_ERROR


def silence(descriptor: int) -> None:
    """Let what is still written go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _made(descriptor: int, given: "Any") -> io.TextIOWrapper:
    raw = _Stream(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),  # type: ignore[type-var]
        encoding=given.encoding if given else "utf-8",
        errors="growthos",
        line_buffering=given.line_buffering if given else True,
        write_through=given.write_through if given else False,
    )
