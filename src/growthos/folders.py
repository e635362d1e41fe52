"""What to tell a person whose disk does not take a file."""

import errno
from pathlib import Path

from growthos.errors import CannotWriteError, ExitCode


def cannot_write(path: Path, error: OSError) -> CannotWriteError:
    """What to tell a person whose disk does not take a file."""
    made = CannotWriteError(
        f"{path} cannot be written: {error.strerror or error}.",
        hint="Nothing that was there is lost. Make room or mend the permissions, then run the same command again.",
    )
    if error.errno in {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}:
        made.code = ExitCode.IO_ERROR
    return made
