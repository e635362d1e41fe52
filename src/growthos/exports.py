"""Where an export goes, and what it may write anew there: nothing but what an export of ours made.

A folder of ours holds `growthos.json`, the list of the files that exports wrote into it. It is written before they
are, so that a run that was killed leaves no file that the next one takes for somebody else's. In a workbook, Excel
itself notes who saved it last.
"""

import json
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from growthos import jsontext
from growthos.errors import CannotWriteError
from growthos.folders import ANOTHER, cannot_write, put, workplace

AUTHOR: Final = "growthos"
LIST: Final = "growthos.json"
WORKPLACE: Final = ".growthos.tmp"
_SAVED_BY: Final = re.compile(rb"<cp:lastModifiedBy>([^<]*)</cp:lastModifiedBy>")
_LONGEST: Final = 100_000
_ANOTHER: Final = "Name a folder that is new or empty, or one that `growthos export` made; nothing was touched."


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: how many tables with how many rows, and how many bytes they take."""

    place: Path
    tables: int
    rows: int
    bytes: int


def check_workbook(path: Path) -> None:
    """CannotWriteError where there is a file that growthos did not write, or that somebody has changed since."""
    if not path.is_file():
        return
    try:
        with zipfile.ZipFile(path) as packed, packed.open("docProps/core.xml") as about:
            saved = _SAVED_BY.search(about.read(_LONGEST))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError):  # broken, locked, or no workbook
        saved = None
    except OSError as error:
        raise cannot_write(path, error, hint=ANOTHER) from error
    if saved is None or saved[1] != AUTHOR.encode():
        raise CannotWriteError(
            f"{path} is not as growthos wrote it: somebody else has made or saved it.",
            hint="Name another file, or delete this one; nothing was touched.",
        )


def workplace_of(folder: Path) -> Path:
    """Where the files of an export are made before they take their places in a folder."""
    return Path(os.path.realpath(folder)) / WORKPLACE


@contextmanager
def making_all(folder: Path, names: Collection[str]) -> Iterator[Path]:
    """Where to write files that then take their places in a folder together; CannotWriteError where they cannot."""
    ours = _check(folder, names)
    work = workplace_of(folder)
    try:
        work.parent.mkdir(mode=0o700, exist_ok=True)
        with workplace(work):
            yield work
            listed = {"schema_version": 1, "files": sorted({*ours, *names})}
            (work / LIST).write_text(jsontext.dumps(listed) + "\n", encoding="utf-8")
            for name in (LIST, *names):
                put(work / name, work.parent / name)
    except OSError as error:
        if error.filename and not Path(error.filename).is_relative_to(work.parent):
            raise  # what is written was to be read from elsewhere
        raise cannot_write(folder, error, hint=ANOTHER) from error


def _check(folder: Path, names: Collection[str]) -> frozenset[str]:
    """The files that exports have written into a folder; CannotWriteError where it is not one to write `names` to."""
    if not folder.exists():
        return frozenset()
    if not folder.is_dir():
        raise CannotWriteError(f"{folder} is a file.", hint="Name a folder, or a file whose name ends in .xlsx.")
    try:
        there = {one.name for one in folder.iterdir() if not one.name.startswith(".")}
        ours = _listed(folder) if LIST in there else frozenset()
    except OSError as error:
        raise cannot_write(folder, error, hint=ANOTHER) from error
    if there and LIST not in there:
        raise CannotWriteError(f"{folder} holds other things, such as {min(there)}.", hint=_ANOTHER)
    if strange := (there & set(names)) - ours:
        raise CannotWriteError(f"{folder / min(strange)} was not written by an export.", hint=_ANOTHER)
    return ours


def _listed(folder: Path) -> frozenset[str]:
    try:
        return frozenset(json.loads((folder / LIST).read_text(encoding="utf-8"))["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise CannotWriteError(f"{folder / LIST} is not the list of an export.", hint=_ANOTHER) from error
