"""Programs of the system that do what only they may: crontab, systemctl."""

import os
import shutil
import subprocess
from typing import Final

from growthos.errors import CannotWriteError

PATIENCE_SECONDS: Final = 120


def is_there(program: str) -> bool:
    return shutil.which(program) is not None


def run(program: str, *arguments: str, hint: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run it to its end, in English; CannotWriteError with `hint` where there is none or it does not end."""
    found = shutil.which(program)
    if found is None:
        raise CannotWriteError(f"There is no program `{program}` on this machine.", hint=hint)
    try:
        return subprocess.run(  # noqa: S603 - a program of the system, and words of ours
            [found, *arguments],
            input=given,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotWriteError(f"`{program}` has not answered for {PATIENCE_SECONDS} s.", hint=hint) from error


def said(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Why a program failed, in its own words and one line."""
    words = " ".join(done.stderr.decode(errors="replace").split())
    return words.rstrip(".") or f"it ended with exit code {done.returncode} and said nothing"
