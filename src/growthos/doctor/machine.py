"""What runs growthos: versions, the command for cron, the clock."""

import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from growthos.connections import Look
from growthos.doctor.remarks import Remark, ok, warning
from growthos.skew import wrong


def versions() -> Iterator[Remark]:
    """growthos, Python, DuckDB, and how cron calls the first of them."""
    yield ok("machine", "version", f"growthos {version('growthos')}")
    yield ok("machine", "python", f"{platform.python_version()} with DuckDB {version('duckdb')}")
    beside = Path(sys.executable).with_name("growthos")
    found = str(beside) if beside.is_file() else shutil.which("growthos")
    yield ok("machine", "command", found or f"{sys.executable} -m growthos")


def clock(now: datetime, newest: datetime | None, looks: Sequence[Look]) -> Iterator[Remark]:
    """This machine's clock beside the servers', and beside the `newest` page."""
    skews = {look.source: look.skew for look in looks if look.skew is not None}
    if found := wrong(now, newest, skews):
        yield warning("machine", "clock", found.said, found.hint)
    else:
        beside = f", as the servers of {', '.join(skews)} have it" if skews else ""
        yield ok("machine", "clock", f"{now:%Y-%m-%d %H:%M} UTC{beside}")
