"""One run per home: the lock that a sync or a rebuild holds, and who holds it."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from growthos import interrupt
from growthos.errors import BusyError
from growthos.home import Home

LOCKS: Final = Path("/proc/locks")


@contextmanager
def locked(home: Home, patience: float = 0, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the home; BusyError where another run does, and still does after `patience` seconds.

    `waiting` is told when there is somebody to wait for. The kernel lets go of the lock when a process dies. A run that
    holds it ends in order when a signal asks it to.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(home.lock, mode=0o600)
    if patience and holder(home) is not None:
        waiting()
    try:
        with lock.acquire(timeout=patience), _folder(home), interrupt.in_order():
            yield
    except Timeout as error:
        raise BusyError(
            f"Another run is at work in {home.root}.",
            hint="Wait until it has ended, or have `--lock-timeout` do so; nothing was touched.",
        ) from error


@contextmanager
def _folder(home: Home) -> Iterator[None]:
    """Hold the folder itself as well: where somebody deletes the lock's file during a run, nobody else gets in."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    from filelock import Timeout

    handle = os.open(home.root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Timeout(str(home.root)) from error
        except OSError as error:  # a disk over the network may know no lock of a folder; that of the file is there
            if error.errno not in {errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}:
                raise
        yield
    finally:
        os.close(handle)


def holder(home: Home) -> str | None:
    """None where no run is at work, else its process, or an empty text where the system does not tell it.

    Raises OSError where the lock cannot be opened.
    """
    from filelock import FileLock, Timeout

    if not home.lock.exists():
        return None
    if owner := _owner(home.lock):
        return owner
    try:
        with FileLock(home.lock, timeout=0, mode=0o600):
            return None
    except Timeout:
        return ""


def _owner(lock: Path) -> str:
    """The process that holds a lock, where Linux tells it."""
    try:
        about, lines = lock.stat(), LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return ""
    inode = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    return next((line.split()[4] for line in lines if line.split()[5:6] == [inode]), "")
