"""Folders that last and are for their owner alone, and what to tell a person whose disk takes no file."""

import errno
import os
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


def make_folders(place: Path, root: Path) -> None:
    """Make `place` and what is missing above it down from `root`, for the owner alone, and flush each to disk."""
    if place.is_dir():
        return
    if place != root:
        make_folders(place.parent, root)
    place.mkdir(mode=0o700, parents=place == root, exist_ok=True)
    sync_folder(place.parent)


def sync_folder(place: Path) -> None:
    """Flush a folder's list of names, so that a rename in it outlives a power cut."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
