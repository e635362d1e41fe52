"""How a run ends when it is asked to: at the next page, wait or statement, and nowhere else.

Nothing is raised where a signal happens to come: of what a handler raises while DuckDB is at work, some is lost and
some comes too late. Its own interruption is dependable, so a build says which connection may be broken off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import TYPE_CHECKING

from growthos.errors import StoppedError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_asked = Event()
_unread = Event()
_lock = Lock()
_open: list["DuckDBPyConnection"] = []
_begun: list[None] = []


def ask() -> None:
    """Let the run end at the next opportunity, for good."""
    _asked.set()
    break_off()


def asked() -> bool:
    """Whether the run is to end."""
    return _asked.is_set()


def check() -> None:
    """StoppedError where the run is to end."""
    if _asked.is_set():
        raise StoppedError


def leave_unread() -> None:
    """Whoever read the output has gone, or it takes no more."""
    _unread.set()


def is_unread() -> bool:
    """Whether nobody gets what is still written to stdout, so that there is no need to go on."""
    return _unread.is_set()


def sleep(seconds: float) -> None:
    """Wait; StoppedError as soon as the run is to end."""
    if _asked.wait(seconds):
        raise StoppedError


@contextmanager
def in_order() -> Iterator[None]:
    """Something is being written: a run in here ends by itself when it is asked to."""
    _begun.append(None)
    try:
        yield
    finally:
        _begun.pop()


def is_in_order() -> bool:
    """Whether the run will end by itself; else nothing is lost by ending it at once."""
    return bool(_begun)


@contextmanager
def breakable(con: "DuckDBPyConnection") -> Iterator[None]:
    """What is asked of this connection may be broken off; it is to be closed only after that."""
    with _lock:
        _open.append(con)
    try:
        yield
    finally:
        with _lock:
            _open.remove(con)


def break_off() -> None:
    """Interrupt what DuckDB is doing; between two statements that does nothing, so it is to be repeated."""
    with _lock:
        for con in _open:
            con.interrupt()
