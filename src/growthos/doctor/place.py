"""The home as a place on a disk: whether it can be written, who may read it, the room that is left, who is at work."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from growthos import folders, room, wording
from growthos.doctor.remarks import Remark, error, ok, warning
from growthos.home import Home
from growthos.lock import holder
from growthos.room import existing, size
from growthos.settings.origins import OTHERS

NETWORK: Final = {"afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "fuse.glusterfs", "nfs", "nfs4", "smb3", "smbfs"}
MOUNTS: Final = Path("/proc/self/mountinfo")


def remarks(home: Home, ledger: Path, *, demo: bool = False) -> Iterator[Remark]:
    """All of it; `ledger` is the file of the limits."""
    folder = _writable(home)
    yield folder
    if folder.finding.state == "error":
        return
    yield from _modes(home)
    yield from _room(home, demo=demo)
    yield from _file_system(home.root)
    yield _lock(home)
    yield from _limits(ledger)


def _writable(home: Home) -> Remark:
    for problem in folders.refusals(home):
        return error("home", "folder", problem.removesuffix("."), folders.MEND)
    for place in folders.of(home):
        if problem := _refusal(existing(place)):
            return error("home", "folder", f"{existing(place)} cannot be written: {problem}", folders.MEND)
    return ok("home", "folder", f"{home.root}" if home.root.is_dir() else f"{home.root}, made by the first sync")


def _refusal(folder: Path) -> str:
    """Why no file can be made in a folder; empty where one can. Nothing is left of it."""
    if not folder.is_dir():
        return "it is no folder"
    try:
        with TemporaryFile(dir=folder):
            return ""
    except OSError as problem:
        return problem.strerror or str(problem)


def _modes(home: Home) -> Iterator[Remark]:
    if os.name != "posix" or not home.root.is_dir():
        return
    inner = (home.database, home.raw, home.work, home.logs, home.runs, home.quarantine)
    seen = [one.name for one in inner if one.exists() and one.stat().st_mode & OTHERS]
    if home.root.stat().st_mode & OTHERS and seen:
        hint = f"Customers' orders are in there: `chmod -R go= {home.root}`."
        yield warning("home", "permissions", f"others may read {', '.join(seen)}", hint)
    else:
        yield ok("home", "permissions", "for its owner alone")


def _room(home: Home, *, demo: bool) -> Iterator[Remark]:
    files = list(home.raw.rglob("*.parquet")) if home.raw.is_dir() else []
    raw, database = sum(size(path) for path in files), size(home.database)
    yield ok("home", "size", f"raw {wording.size(raw)} in {len(files):,} files, database {wording.size(database)}")
    free = shutil.disk_usage(existing(home.root)).free
    needed = room.needed(home, pull=True, demo=demo)
    if free < needed:
        said = f"{wording.size(free)} free, and a run may need {wording.size(needed)}"
        yield error("home", "disk", said, "Make room, or move the home to a larger disk.")
    else:
        yield ok("home", "disk", f"{wording.size(free)} free")


def _file_system(root: Path) -> Iterator[Remark]:
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    kind = file_system(existing(root).resolve(), mounts)
    if kind in NETWORK:
        hint = "Locks and flushed files are not safe there; keep the home on a disk of this machine."
        yield warning("home", "file system", f"{kind}, over the network", hint)


def file_system(path: Path, mounts: str) -> str:
    """The kind of file system that a path is on, after the list of mounts as Linux gives it; empty where unknown."""
    found = ("", "")
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) > 4 and after:  # noqa: PLR2004 - the fifth field is the place
            place = fields[4].encode().decode("unicode_escape", errors="replace")
            if path.is_relative_to(place) and len(place) >= len(found[0]):
                found = (place, after.split()[0])
    return found[1]


def _lock(home: Home) -> Remark:
    try:
        process = holder(home)
    except OSError as problem:
        return warning("home", "lock", f"{home.lock} cannot be opened: {problem.strerror}", "Mend its owner.")
    if process is None:
        return ok("home", "lock", "no run is at work")
    return ok("home", "lock", f"a run is at work now{f', process {process}' if process else ''}")


def _limits(ledger: Path) -> Iterator[Remark]:
    """Whether calls can be counted; a file that is damaged is begun anew by itself, without the calls it knew."""
    if not ledger.exists():
        if problem := _refusal(existing(ledger.parent)):
            yield error("home", "limits", f"{ledger} cannot be made: {problem}", "Choose another `[limits] file`.")
        return
    try:
        with closing(sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True)) as counted:
            [(result,)] = counted.execute("pragma quick_check(1)").fetchall()
    except sqlite3.Error as problem:
        result = str(problem)
    if result == "ok" or "locked" in result:
        yield ok("home", "limits", f"calls are counted in {ledger.name}")
    else:
        hint = "The next sync begins it anew; calls made in the last hours are then not counted."
        yield warning("home", "limits", f"{ledger} is damaged: {result}", hint)
