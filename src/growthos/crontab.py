"""The user's crontab, read and written by the program `crontab`. Lines of others stay as they are, byte for byte."""

from collections.abc import Sequence
from typing import Final

from growthos import programs
from growthos.errors import CannotWriteError

PROGRAM: Final = "crontab"
NONE_YET: Final = (b"no crontab for", b"no such file")
"""How the crontabs of this world say that a user has none."""
ELSE: Final = (
    "Use --systemd, or have something else run the command that `growthos schedule` shows. Nothing was changed."
)


def read() -> bytes:
    """What stands in it, nothing where the user has none; CannotWriteError where it cannot be told."""
    done = programs.run(PROGRAM, "-l", hint=ELSE)
    if done.returncode == 0:
        return done.stdout
    if any(words in done.stderr.lower() for words in NONE_YET):
        return b""
    raise CannotWriteError(f"The crontab cannot be read: {programs.said(done)}.", hint=ELSE)


def write(content: bytes) -> None:
    """Put this in the place of all of it; CannotWriteError where that is refused, and then nothing has changed."""
    done = programs.run(PROGRAM, "-", given=content, hint=ELSE)
    if done.returncode:
        raise CannotWriteError(f"The crontab was not taken: {programs.said(done)}.", hint=ELSE)


def marked(content: bytes, mark: str) -> list[bytes]:
    """The lines that bear a mark."""
    return [line for line in content.split(b"\n") if line.endswith(mark.encode())]


def exchanged(content: bytes, mark: str, lines: Sequence[str]) -> bytes:
    """A crontab with these lines in the place of those that bear the mark, else at its end."""
    new, left, placed = [line.encode() for line in lines], list[bytes](), False
    old = content.removesuffix(b"\n")
    for line in old.split(b"\n") if content else []:
        if not line.endswith(mark.encode()):
            left.append(line)
        elif not placed:
            left += new
            placed = True
    left += [] if placed else new
    return b"".join(line + b"\n" for line in left)
