"""What runs growthos: versions, the command for cron, the clock."""

import platform
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version

from growthos.connections import Look
from growthos.doctor.remarks import Remark, ok, warning
from growthos.schedule import program
from growthos.skew import wrong


def versions() -> Iterator[Remark]:
    """growthos, Python, DuckDB, and how cron calls the first of them."""
    yield ok("machine", "version", f"growthos {version('growthos')}")
    yield ok("machine", "python", f"{platform.python_version()} with DuckDB {version('duckdb')}")
    yield ok("machine", "command", " ".join(program()))


def clock(now: datetime, newest: datetime | None, looks: Sequence[Look]) -> Iterator[Remark]:
    """This machine's clock beside the servers', and beside the `newest` page."""
    skews = {look.source: look.skew for look in looks if look.skew is not None}
    if found := wrong(now, newest, skews):
        yield warning("machine", "clock", found.said, found.hint)
    else:
        beside = f", as the servers of {', '.join(skews)} have it" if skews else ""
        yield ok("machine", "clock", f"{now:%Y-%m-%d %H:%M} UTC{beside}")
