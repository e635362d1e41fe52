"""What the warehouse reads of raw: the segments that count."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Load:
    """A segment that counts: what the warehouse reads.

    `days` is set for report streams: the days for which the segment's unit is the newest complete one.
    """

    source: str
    stream: str
    path: Path
    days: tuple[date, ...] | None
    account: str = ""
    seq: int = 0
    run_id: str = ""

    @property
    def segment(self) -> tuple[str, str, str, int, str, str]:
        """What tells a segment from every other, in whatever file it stands, and for which days it speaks."""
        days = " ".join(day.isoformat() for day in self.days or ())
        return (self.source, self.stream, self.account, self.seq, self.run_id, days)


@dataclass(frozen=True, slots=True)
class PageLoad:
    """A page that is in memory, and the segment that it is of; `days` as in Load."""

    source: str
    unit_stream: str
    stream: str
    account: str
    run: int
    seq: int
    page: int
    fetched_at: datetime
    request: str
    unit_start: date | None
    unit_end: date | None
    days: tuple[date, ...] | None
    body: bytes
