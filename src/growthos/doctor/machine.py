"""What runs growthos: versions, the command for cron, the clock."""

import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from growthos.connections import Look
from growthos.doctor.remarks import Remark, ok, warning

TOLERANCE: Final = timedelta(minutes=5)
MEND = "Set the clock of this machine (`timedatectl set-ntp true`); nothing read so far is touched by it."


def versions() -> Iterator[Remark]:
    """growthos, Python, DuckDB, and how cron calls the first of them."""
    yield ok("machine", "version", f"growthos {version('growthos')}")
    yield ok("machine", "python", f"{platform.python_version()} with DuckDB {version('duckdb')}")
    beside = Path(sys.executable).with_name("growthos")
    found = str(beside) if beside.is_file() else shutil.which("growthos")
    yield ok("machine", "command", found or f"{sys.executable} -m growthos")


def clock(now: datetime, newest: datetime | None, looks: Sequence[Look]) -> Iterator[Remark]:
    """This machine's clock beside the servers', and beside the `newest` page: what was fetched cannot lie ahead."""
    told = {look.source: timedelta(seconds=look.skew) for look in looks if look.skew is not None}
    off = {source: skew for source, skew in told.items() if abs(skew) > TOLERANCE}
    if newest and newest - now > TOLERANCE:
        said = f"this machine says {now:%Y-%m-%d %H:%M} UTC, and pages were read as late as {newest:%Y-%m-%d %H:%M}"
        yield warning("machine", "clock", said, MEND)
    elif off and len(off) == len(told):
        skew = min(off.values(), key=abs)
        way = "behind" if skew > timedelta(0) else "ahead of"
        yield warning("machine", "clock", f"{_long(skew)} {way} the servers of {', '.join(off)}", MEND)
    elif off:
        said = (
            f"it differs by {_long(max(off.values(), key=abs))} from the servers of {', '.join(off)}, not from others"
        )
        yield warning(
            "machine", "clock", said, "Another machine may stand between them and this one: a proxy, a cache."
        )
    else:
        beside = f", as the servers of {', '.join(told)} have it" if told else ""
        yield ok("machine", "clock", f"{now:%Y-%m-%d %H:%M} UTC{beside}")


def _long(skew: timedelta) -> str:
    minutes = int(abs(skew).total_seconds()) // 60
    if minutes < 120:  # noqa: PLR2004 - two hours in minutes read well
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 60 * 48 else f"{minutes // (60 * 24)} days"
