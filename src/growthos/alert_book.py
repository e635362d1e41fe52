"""What people were told of alerts, and what they silenced: alerts.json, which one command at a time writes.

How an alert stands is worked out anew each time and is not in it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from growthos.errors import BusyError, DamagedDataError, NewerError
from growthos.folders import cannot_write, check, make_folders, replace_file
from growthos.home import Home

VERSION: Final = 2
PATIENCE: Final = 120
"""Seconds for which another command is waited for that is telling somebody just now."""
KEPT: Final = timedelta(days=90)
"""So long a silence is listed that is over."""
MATCHER: Final = re.compile(r"[a-z0-9_*]+(:[a-z0-9_*-]+)?")


class Part(BaseModel):
    """A part of the file: these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Told(Part):
    """What was told of an alert last, and when.

    `active_since` and `last_seen` are days at whose ends it fired, the first and the last that was known then.
    `severity` is what it had then, which nothing else tells once its rule is gone; None in files of version 1.
    """

    state: Literal["firing", "resolved"]
    active_since: date
    last_seen: date
    last_notified: AwareDatetime
    resolved_at: date | None = None
    severity: Literal["info", "warning", "critical"] | None = None


class Silence(Part):
    """Nobody is told of alerts that match until an instant, which is the first that is told of again."""

    id: str
    matcher: Annotated[str, StringConstraints(pattern=f"^{MATCHER.pattern}$")]
    created_at: AwareDatetime
    until: AwareDatetime
    author: str
    reason: str

    def is_active(self, now: datetime) -> bool:
        return now < self.until

    def matches(self, fingerprint: str) -> bool:
        """Whether it means this alert: a rule alone means all its scopes, and `*` any piece of a name."""
        matcher = self.matcher if ":" in self.matcher else f"{self.matcher}:*"
        return is_meant(matcher, fingerprint)

    def silences(self, fingerprint: str, now: datetime) -> bool:
        return self.is_active(now) and self.matches(fingerprint)


class Book(Part):
    """The whole file."""

    schema_version: Literal[1, 2] = VERSION
    told: dict[str, Told] = {}
    silences: tuple[Silence, ...] = ()


def is_meant(pattern: str, name: str) -> bool:
    """Whether a name is meant, `*` being any piece of it."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


def read(home: Home) -> Book:
    """What is in the file; nothing where there is none.

    Raises DamagedDataError where it cannot be read, and NewerError where a newer growthos wrote it.
    """
    try:
        content = home.alerts.read_bytes()
    except FileNotFoundError:
        return Book()
    try:
        return Book.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if _is_newer(content):
            raise NewerError(home.alerts) from error
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise DamagedDataError(
            f"{home.alerts} cannot be read: {where}: {first['msg'][0].lower()}{first['msg'][1:]}.",
            hint="It holds the silences, and what was told of alerts. Put it back from a backup, or delete it: then the"
            "\nsilences are lost, and what fires is told once more. No number rests on it.",
        ) from error


def told(home: Home) -> dict[str, Told]:
    """What was told of each alert, by fingerprint; nothing where that cannot be read, which keeps no build back."""
    try:
        return read(home).told
    except (DamagedDataError, NewerError, OSError):
        return {}


@contextmanager
def held(home: Home) -> "Iterator[Pen]":
    """The file and what is in it, held against other commands."""
    with alone(home):
        yield Pen(home.alerts, read(home))


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Hold the file against other commands that write it, which wait; BusyError where one keeps it for too long."""
    from filelock import FileLock, Timeout

    check(home)
    lock = home.alerts.with_name(f".{home.alerts.name}.lock")
    try:
        make_folders(home.root)
        with FileLock(lock, timeout=PATIENCE, mode=0o600):
            yield
    except Timeout as error:
        raise BusyError(
            f"Another growthos has been telling of the alerts in {home.root} for over {PATIENCE} seconds.",
            hint="Wait until it has ended; nothing was changed.",
        ) from error
    except PermissionError as error:
        raise cannot_write(lock, error) from error


class Pen:
    """The file while it is held: what is in it, and the one way to change that."""

    def __init__(self, path: Path, book: Book) -> None:
        self._path, self.book = path, book

    def write(self, book: Book, now: datetime) -> None:
        """Write it anew, without silences that have long been over; CannotWriteError where it cannot be written."""
        kept = tuple(one for one in book.silences if now - one.until < KEPT)
        self.book = book.model_copy(update={"schema_version": VERSION, "silences": kept})
        try:
            replace_file(self._path, self.book.model_dump_json(indent=1).encode() + b"\n")
        except OSError as error:
            raise cannot_write(self._path, error) from error


def _is_newer(content: bytes) -> bool:
    import json

    try:
        version = json.loads(content)["schema_version"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(version, int) and version > VERSION
