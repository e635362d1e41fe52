"""The room that a run needs on its disk, asked for before it begins: a disk that fills halfway has cost hours.

A build makes the new databases beside the old ones and may spill as much again, hence three times what there is now; a
sync may read once more all that raw/ holds. Nobody knows what a first sync will bring, hence a gigabyte at the least.
The demo shop is the same each time and takes 25 MB at its fullest, so it is let onto smaller disks.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from growthos.errors import CannotWriteError
from growthos.home import Home
from growthos.wording import size as words

GIGABYTE: Final = 1024**3
DEMO: Final = 32 * 1024**2


def needed(home: Home, *, pull: bool, demo: bool = False) -> int:
    """Bytes that a run may need; `pull` where it reads the sources and does not just build."""
    databases = size(home.warehouse) + size(home.database)
    raw = sum(size(path) for path in home.raw.rglob("*.parquet")) if pull else 0
    return max(DEMO if demo else GIGABYTE, 3 * databases + raw)


def check(home: Home, *, pull: bool, demo: bool = False) -> None:
    """CannotWriteError where the disk has less room than a run may need, or takes no more files; nothing is written."""
    place = existing(home.root)
    disk, least = shutil.disk_usage(place), needed(home, pull=pull, demo=demo)
    if disk.total and disk.free < least:  # what counts no room, such as /proc, says no in its own way
        need = f"this run may need {words(least)} ({least:,} bytes)"
        raise CannotWriteError(
            f"The disk of {home.root} has {words(disk.free)} free, and {need}.",
            hint="Make room, or move the home to a larger disk and name it with --home; nothing was written.",
        )
    if not _takes_files(place):
        raise CannotWriteError(
            f"The disk of {home.root} takes no more files: its inodes are used up.",
            hint="Delete files that are not needed, or move the home to another disk; nothing was written.",
        )


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next((one for one in (path, *path.parents) if os.path.lexists(one)), path)


def size(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _takes_files(place: Path) -> bool:
    """Whether files can still be made; where the system counts none, they can."""
    if not hasattr(os, "statvfs"):
        return True
    about = os.statvfs(place)
    return about.f_files == 0 or about.f_favail > 0
