"""Every error a person can meet, and the exit code each one ends with.

* StoppedError           a signal asked the run to end, and it does, at a place where nothing is half done
* GrowthError            caught in one place, `cli`; anything else is a bug
  x UsageError           an unknown name or a date that is none, on the command line
  x SettingsError        growthos.toml, .env or the environment is wrong
  x NoDataError          a report was asked for before the first sync
  x DamagedDataError     a file of the home cannot be read
  x NewerError           a file of the home was written by a newer growthos
  x CannotWriteError     no permission or no space
  x BusyError            another run holds the home
  x SqlError             a file in sql/ failed
  x ChecksFailedError    a critical check failed: under --strict, or when a sync could not publish
  x SourceError          a source did not give us its data
    + CredentialsError   ... because it does not accept the credentials or lacks a permission
    + UnavailableError   ... because it does not answer, or answers with nonsense
    + PatienceError      ... because that would take longer than this run may
      - TimeUpError      ... because the run's own time is up
    + RefusedError       ... because it says that the request is wrong
"""

from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Self


class ExitCode(IntEnum):
    """How a command ends, for cron."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    OK = 0, "all that was asked for is done"
    BUG = 1, "a bug; the log has the details"
    USAGE = 2, "the command line is wrong"
    PARTIAL = 3, "a source failed or took too long, or a target of alerts failed; all else is done"
    CHECKS_FAILED = 4, "a critical check failed; the numbers published before stay"
    ALERTS = 10, "alerts at or above `--fail-on` fire"
    DAMAGED = 65, "a file of the home is damaged"
    NO_DATA = 66, "no data yet"
    UNAVAILABLE = 69, "no source answered, or no target took the alerts"
    CANNOT_WRITE = 73, "the home cannot be written to"
    IO_ERROR = 74, "the disk failed"
    BUSY = 75, "another run is at work"
    CREDENTIALS = 77, "every source refused its credentials"
    SETTINGS = 78, "the settings are wrong or nothing is connected"
    INTERRUPTED = 130, "interrupted with Ctrl-C"
    TERMINATED = 143, "ended by SIGTERM"


class StoppedError(Exception):
    """The run was asked to end; what was read is kept, unless it is said what is left."""


class GrowthError(Exception):
    """What happened, in the words of the person at the keyboard; `hint` says what to do."""

    code = ExitCode.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GrowthError):
    """An unknown KPI, source, format or date on the command line."""

    code = ExitCode.USAGE


class SettingsError(GrowthError):
    """Something in growthos.toml, .env or the environment is wrong."""

    code = ExitCode.SETTINGS


class NoDataError(GrowthError):
    """Nothing has been published in this home yet."""

    code = ExitCode.NO_DATA


class DamagedDataError(GrowthError):
    """A file of the home cannot be read."""

    code = ExitCode.DAMAGED


class NewerError(GrowthError):
    """A file of the home was written by a newer growthos; nothing is touched, as we do not know all that it says."""

    code = ExitCode.SETTINGS

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was written by a newer growthos than this one.",
            hint="Install the newer growthos again, or choose another home with --home; this one was not touched.",
        )


class CannotWriteError(GrowthError):
    """The home cannot be written to."""

    code = ExitCode.CANNOT_WRITE


class BusyError(GrowthError):
    """Another run holds the home."""

    code = ExitCode.BUSY


class SqlError(GrowthError):
    """A file in sql/ failed."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, hint="Unless sql/ was changed, this is a bug: please report it. Nothing published was touched."
        )


class ChecksFailedError(GrowthError):
    """A critical check failed."""

    code = ExitCode.CHECKS_FAILED


class SourceError(GrowthError):
    """A source did not give us its data; what was read before is kept."""

    code = ExitCode.UNAVAILABLE

    def __init__(self, source: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source


class CredentialsError(SourceError):
    """A source does not accept the credentials, or they lack a permission."""

    code = ExitCode.CREDENTIALS


class UnavailableError(SourceError):
    """A source does not answer, or answers with something that is not its API's answer."""


class RefusedError(SourceError):
    """A source says that the request is wrong: an API version that ended, an unknown field."""


class PatienceError(SourceError):
    """Reading on would take longer than this run may; `resume_at` is when to go on."""

    code = ExitCode.PARTIAL

    def __init__(self, source: str, message: str, *, resume_at: datetime, hint: str = "") -> None:
        super().__init__(source, message, hint=hint)
        self.resume_at = resume_at


class TimeUpError(PatienceError):
    """The time that a person gave this run is up, or would be before what comes next."""
