"""Folders that last and are for their owner alone, and what to tell a person whose disk takes no file.

A home may be a link, as long as the link and the folder it leads to belong to the one who runs growthos: whoever can
turn the link, or write into the folder, could put orders into it or take them out.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from growthos.errors import CannotWriteError, ExitCode
from growthos.home import Home
from growthos.room import existing

MEND: Final = "Mend its owner or permissions, or choose another home with --home or GROWTHOS_HOME."
AGAIN: Final = "Nothing that was there is lost. Make room or mend the permissions, then run the same command again."
ANOTHER: Final = "Name another place, make room, or mend the permissions; nothing that was there is lost."


def check(home: Home) -> None:
    """CannotWriteError where a home is not one to write to."""
    for problem in refusals(home):
        raise CannotWriteError(problem, hint=MEND)


def make_home(home: Home) -> None:
    """Make the folders of a home, for its owner alone."""
    try:
        for place in of(home):
            make_folders(place)
    except OSError as error:
        raise cannot_write(Path(error.filename or home.root), error) from error


def refusals(home: Home) -> Iterator[str]:
    """Why a home is not written to: folders that others can write to or that are another's. Nothing is touched."""
    for place in (*of(home), home.quarantine):
        try:
            link, there = place.lstat(), place.stat()
        except FileNotFoundError:
            if os.path.lexists(place):
                yield f"{place} is a link that leads nowhere."
            elif place == home.root and not os.access(above := existing(place), os.W_OK | os.X_OK):
                yield f"{above} cannot be written."
            continue
        except OSError as error:
            yield f"{place} cannot be used: {error.strerror}."
            return
        if not stat.S_ISDIR(there.st_mode):
            yield f"{place} cannot be written: it is no folder."
        elif not _is_ours(link) or not _is_ours(there):
            yield f"{place} belongs to another user."
        elif there.st_mode & stat.S_IWOTH:
            yield f"{place} can be written by everybody on this machine."
        elif not os.access(place, os.W_OK | os.X_OK):
            yield f"{place} cannot be written."


def of(home: Home) -> tuple[Path, ...]:
    """The folders that are made for a home, itself the first."""
    return (home.root, home.raw, home.work, home.logs, home.runs)


def _is_ours(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def cannot_write(path: Path, error: OSError, *, hint: str = AGAIN) -> CannotWriteError:
    """What to tell a person whose disk does not take a file."""
    made = CannotWriteError(f"{path} cannot be written: {error.strerror or error}.", hint=hint)
    if error.errno in {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}:
        made.code = ExitCode.IO_ERROR
    return made


def make_folders(place: Path) -> None:
    """Make `place` and what is missing above it, for the owner alone, and flush each to disk.

    A folder that we may enter and not list cannot be flushed.
    """
    if place.is_dir():
        return
    make_folders(place.parent)
    place.mkdir(mode=0o700, exist_ok=True)
    with suppress(PermissionError):
        sync_folder(place.parent)


def sync_folder(place: Path) -> None:
    """Flush a folder's list of names, so that a rename in it outlives a power cut."""
    flush(place)


def flush(path: Path) -> None:
    """Flush a file to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file anew, for its owner alone: whoever looks sees the old one or the new one, whole.

    What stands in its way, a link or a file that others may read, was not made by us and is not written into.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


@contextmanager
def workplace(place: Path) -> Iterator[Path]:
    """An empty folder for its owner alone, in which files are made before they take their places; gone afterwards.

    What is there of that name was left behind by a run that was killed.
    """
    if os.path.lexists(place):
        shutil.rmtree(place)
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def put(new: Path, path: Path) -> None:
    """Move a finished file to its place, for its owner alone: whoever looks sees the old one or the new one, whole."""
    new.chmod(0o600)
    flush(new)
    new.replace(path)
    sync_folder(path.parent)


def beside(path: Path) -> Path:
    """The folder in which a file is made that is to take the place of `path`; a link is followed."""
    place = _led_to(path)
    return place.with_name(f".{place.name}.tmp")


def _led_to(path: Path) -> Path:
    """Where a link leads, or the path; a link to itself leads nowhere and is no error.

    CannotWriteError where the path begins in a working folder that is gone.
    """
    try:
        return Path(os.path.realpath(path))
    except FileNotFoundError as error:
        raise cannot_write(path, error, hint=ANOTHER) from error


@contextmanager
def making(path: Path) -> Iterator[Path]:
    """Where to write a file that then takes the place of `path`, whole; CannotWriteError where it cannot."""
    folder = beside(path)
    try:
        if path.exists() and not path.is_file():
            raise CannotWriteError(f"{path} cannot be written: it is no file.", hint=ANOTHER)
        with workplace(folder):
            yield folder / path.name
            put(folder / path.name, _led_to(path))
    except OSError as error:
        if error.filename and not Path(error.filename).is_relative_to(folder.parent):
            raise  # what is written was to be read from elsewhere
        raise cannot_write(path, error, hint=ANOTHER) from error
