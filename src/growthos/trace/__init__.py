"""From a row of the marts through staging to the raw file, the page and the bytes it was made of.

Raw files are looked through for the pages that name an order or a campaign, and the files of staging are run over those
pages alone. So a trace needs nothing but the published tables and raw/, and rests on the very SQL that made the tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from growthos.errors import ExitCode
from growthos.jsonrecords import Span
from growthos.raw_search import Found

if TYPE_CHECKING:
    from growthos.warehouse.tracing import Row

COUNTS: Final = "it counts"
CUT_OFF: Final = "of a reading that did not come to its end"
"""Why a record counts, or does not, where others say it too."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a number or a word of a record was in the version before, and is in this one."""

    name: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a source sent it, and where it stands.

    `what` it is of: an order, a refund, a campaign's day; `counts` tells whether the staged row is made of it, and
    `why` says it in words. `version` is the source's own time of it, if it has one. `file` is a path in the home.
    The bytes are those that are stored: `page.header.redactions` counts what was taken out of the page's segment.
    """

    what: str
    counts: bool
    why: str
    version: str | None
    changes: tuple[Change, ...]
    file: str
    page: Found
    span: Span

    @property
    def bytes(self) -> bytes:
        """The record exactly as it is stored."""
        return self.page.body[self.span.start : self.span.end]

    @property
    def fetched_at(self) -> datetime:
        """When the page was read."""
        return self.page.fetched_at.replace(tzinfo=UTC)

    def as_json(self) -> dict[str, Any]:
        header = self.page.header
        return {
            "what": self.what,
            "counts": self.counts,
            "why": self.why,
            "version": self.version,
            "changes": {one.name: {"was": one.was, "is": one.now} for one in self.changes},
            "source": header.source,
            "account": header.account,
            "stream": self.page.stream,
            "file": self.file,
            "unit": header.unit,
            "run": header.run,
            "seq": header.seq,
            "page": self.page.page,
            "path": self.span.path,
            "offset": self.span.start,
            "length": self.span.end - self.span.start,
            "fetched_at": self.fetched_at,
            "http_status": self.page.http_status,
            "request": self.page.request,
            "redactions": header.redactions,
            "text": self.bytes.decode(),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a refund, within the bytes of a record: the record's number, from 1 on, and its own place."""

    key: str
    record: int
    span: Span

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "record": self.record,
            "path": self.span.path,
            "offset": self.span.start,
            "length": self.span.end - self.span.start,
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """What there is of an order, or of a campaign on a day, from the marts down to the bytes.

    `marts` and `staging` hold rows by table, `rejected` those that are put aside. `records` are those that count, then
    all others, the newest first; the first one is number 1. `notes` say what is to be known beside it, `lost` what
    cannot be shown because a file is damaged or gone.
    """

    kind: Literal["order", "campaign"]
    key: str
    name: str
    day: str | None
    currency: str
    timezone: str
    marts: "Mapping[str, Sequence[Row]]"
    staging: "Mapping[str, Sequence[Row]]"
    rejected: "Sequence[Row]"
    records: tuple[Record, ...]
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DAMAGED if self.lost else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """The structure of `trace --format json`; money in columns that end in `_cents` is in cents."""
        return {
            "schema_version": 1,
            "kind": self.kind,
            "key": self.key,
            "name": self.name,
            "day": self.day,
            "currency": self.currency,
            "timezone": self.timezone,
            "marts": dict(self.marts),
            "staging": dict(self.staging),
            "rejected": list(self.rejected),
            "records": [{"number": n, **one.as_json()} for n, one in enumerate(self.records, 1)],
            "lines": [one.as_json() for one in self.lines],
            "notes": list(self.notes),
            "lost": list(self.lost),
        }


def in_order(told: Sequence[Record], kinds: Sequence[str]) -> tuple[Record, ...]:
    """Records that were told one after another: those that count, by kind, then the others, the newest first."""
    counting = [one for one in told if one.counts]
    others = [one for one in reversed(told) if not one.counts]
    return tuple(one for some in (counting, others) for one in sorted(some, key=lambda one: kinds.index(one.what)))
