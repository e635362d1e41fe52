"""Raw segments: each response exactly as it came, in Parquet files that say themselves what they are.

A segment is immutable. It becomes visible by one rename after an fsync, and that rename is the only commit point of
extraction: what has been read is what is in these files, and `state` derives it from their headers.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from growthos import raw_footer, raw_seal
from growthos.connectors.terms import Page, Window
from growthos.errors import NewerError
from growthos.folders import cannot_write, make_folders, sync_folder

FORMAT: Final = 1
METADATA_KEY: Final = b"growthos"
PAGES_PER_SEGMENT: Final = 40
BYTES_PER_SEGMENT: Final = 8 * 1024 * 1024
ROWS_PER_GROUP: Final = 80
WRITTEN: Final[Mapping[str, Any]] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": ["source", "stream", "account", "api_version", "unit"],
    "write_statistics": ["stream", "run", "seq"],
    "write_page_checksum": True,
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FILE: Final = re.compile(r"(\d{10})-([0-9a-f]{16})\.parquet")


@dataclass(frozen=True, slots=True)
class Header:
    """What a segment says of itself.

    `unit` names the range that was asked for, `part` counts the unit's segments and `final` marks the last one.
    `run` counts syncs over all streams, `seq` segments of one stream. `first`, `last`, `since`, `until` repeat the
    window as ISO text. `round` is the range that `sync` was asked for, `round_ends` whether this unit is its last.
    `begins` is where the stream's history begins, as far as it was ever asked for, so that a hole at its start is seen.
    `given` is the account of the settings for which this one was read, and `reached` are all that were read for it.
    `closed` is the last day that was over in the account's zone when the unit was begun. `deep` marks a unit of the
    weekly wide overlap.
    """

    run: int
    run_id: str
    source: str
    account: str
    stream: str
    seq: int
    unit: str
    part: int
    final: bool
    started_at: str
    finished_at: str
    api_version: str
    first: str | None = None
    last: str | None = None
    since: str | None = None
    until: str | None = None
    round: str | None = None
    round_ends: bool = False
    begins: str | None = None
    closed: str | None = None
    deep: bool = False
    newest: str | None = None
    again: tuple[str, ...] = ()
    time_zone: str | None = None
    lookback_days: int | None = None
    pages: int = 0
    records: int = 0
    redactions: int = 0
    body_sha256: str = ""
    format: int = FORMAT
    given: str = ""
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """One file and its header."""

    path: Path
    header: Header


class DamagedSegmentError(Exception):
    """A file in raw/ that is no segment, or not as it was written."""


def folder(root: Path, source: str, account: str, stream: str) -> Path:
    """Where the segments of one stream live. The parts are words by construction, never text from an API."""
    for part in (source, account, stream):
        if not _NAME.fullmatch(part):
            raise ValueError(f"{part!r} cannot be the name of a folder")
    return root / source / account / stream


def place(root: Path, header: Header) -> Path:
    """Where a segment stands: a copy of it anywhere else is none."""
    return folder(root, header.source, header.account, header.stream) / file_name(header)


def file_name(header: Header) -> str:
    return f"{header.seq:010d}-{header.run_id}.parquet"


def read_header(path: Path) -> Header:
    """The header of a segment; raises DamagedSegmentError where the file is not what was written.

    A file that the system does not open is not damaged for that: OSError, as the system says it.
    """
    told = raw_footer.values(path, (METADATA_KEY,)).get(METADATA_KEY)
    if told is None:
        raise DamagedSegmentError(f"{path.name}: it does not end as a raw file does")
    return parsed(told, path)


def parsed(text: bytes, path: Path) -> Header:
    """A header from the text of it in a file; raises as `read_header` does, and NewerError where we know less."""
    try:
        stored: dict[str, Any] = json.loads(text)
        told = stored.pop("header_sha256")
        whole = is_as_written(text, stored, told)
        newer = whole and (stored.get("format", 1) > FORMAT or not Header.__dataclass_fields__.keys() >= stored.keys())
        lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        header = None if newer else Header(**stored | lists)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedSegmentError(f"{path.name}: its header cannot be read ({error})") from error
    if header is None:
        raise NewerError(path)
    if not whole:
        raise DamagedSegmentError(f"{path.name}: its header is not the one it was written with")
    return header


def scan(root: Path) -> Iterator[Path]:
    """Every segment file below `root`, in the order of source, account, stream and sequence."""
    return iter(sorted(path for path in root.glob("*/*/*/*.parquet") if FILE.fullmatch(path.name)))


def strays(root: Path) -> Iterator[Path]:
    """Temporary files that a killed run left behind, and files that are none of ours."""
    for path in root.glob("*/*/*/*"):
        if path.is_file() and not FILE.fullmatch(path.name):
            yield path


class UnitWriter:
    """Writes the pages of one unit as one segment or several; the unit is complete with its final segment."""

    def __init__(self, root: Path, header: Header) -> None:
        """`header` is the first segment's, with `seq` the next free one; the counts are filled in here."""
        self.root = root
        self.header = header
        self.written: list[Segment] = []
        self._pages: list[tuple[Page, datetime]] = []
        self._bytes = 0
        self._count = 0
        self._newest: str | None = None
        self._again: list[str] = []
        self._time_zone: str | None = None
        self._lookback: int | None = None

    def add(self, page: Page, fetched_at: datetime) -> None:
        """Take a page; a full segment is written when the next page is there, so that the last one can be final."""
        if len(self._pages) >= PAGES_PER_SEGMENT or self._bytes >= BYTES_PER_SEGMENT:
            self._flush(fetched_at, final=False)
        self._pages.append((page, fetched_at))
        self._bytes += len(page.body)
        if page.newest is not None and (self._newest is None or page.newest > self._newest):
            self._newest = page.newest
        self._again.extend(page.again)
        self._time_zone = page.time_zone or self._time_zone
        if page.lookback_days is not None:
            self._lookback = max(page.lookback_days, self._lookback or 0)

    def finish(self, at: datetime) -> None:
        """All pages are there: write the final segment, and with it the unit is complete."""
        self._flush(at, final=True)

    def keep(self, at: datetime) -> None:
        """Something failed: keep the pages that came, as a unit that is not complete."""
        if self._pages:
            self._flush(at, final=False)

    def _flush(self, at: datetime, *, final: bool) -> None:
        pages = [page for page, _ in self._pages]
        header = replace(
            self.header,
            seq=self.header.seq + len(self.written),
            part=len(self.written),
            final=final,
            finished_at=at.isoformat(),
            newest=self._newest,
            again=tuple(self._again),
            time_zone=self._time_zone,
            lookback_days=self._lookback,
            pages=len(pages),
            records=sum(page.records for page in pages),
            redactions=sum(page.redactions for page in pages),
            body_sha256=raw_seal.hash_of(page.body for page in pages),
        )
        self.written.append(_publish(self.root, header, self._pages, self._count))
        self._count += len(pages)
        self._pages = []
        self._bytes = 0


def unit_name(window: Window) -> str:
    """The range of a window in words, the same for the same range."""
    if window.first is not None and window.last is not None:
        return f"{window.first}..{window.last}"
    if window.until is not None:
        return f"{window.since.isoformat() if window.since else ''}..{window.until.isoformat()}"
    return "all"


def written(stored: Mapping[str, Any]) -> str:
    """The text of a header as a file holds it, with its own hash; fields which come later do not change that."""
    return json.dumps({**stored, "header_sha256": _digest(stored)}, sort_keys=True)


def is_as_written(text: bytes, stored: Mapping[str, Any], told: str) -> bool:
    """Whether the text of a header has the hash that stands in it; `stored` is what it says besides.

    Cut out of the text, the hash leaves what it was taken of, as long as the names stand in their order: that is
    quicker than to write it all again.
    """
    rest = text.replace(b'"header_sha256": "%s", ' % told.encode(), b"", 1)
    return told == hashlib.sha256(rest).hexdigest() or told == _digest(stored)


def _digest(stored: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()


@cache
def schema() -> Any:
    """The columns of a raw file."""
    import pyarrow as pa

    return pa.schema(
        [
            ("source", pa.string()),
            ("stream", pa.string()),
            ("account", pa.string()),
            ("api_version", pa.string()),
            ("fetched_at", pa.timestamp("us")),
            ("http_status", pa.int32()),
            ("request", pa.string()),
            ("unit", pa.string()),
            ("page", pa.int64()),
            ("run", pa.int64()),
            ("seq", pa.int64()),
            ("unit_start", pa.date32()),
            ("unit_end", pa.date32()),
            ("body", pa.binary()),
        ]
    )


def _table(header: Header, pages: Sequence[tuple[Page, datetime]], count: int) -> Any:
    import pyarrow as pa

    size = len(pages)
    start, end = header.first or _day(header.since), header.last or _day(header.until)
    metadata = {METADATA_KEY: written(asdict(header)), raw_seal.KEY: raw_seal.BLANK}
    return pa.table(
        {
            "source": [header.source] * size,
            "stream": [page.stream for page, _ in pages],
            "account": [header.account] * size,
            "api_version": [header.api_version] * size,
            "fetched_at": [at.replace(tzinfo=None) for _, at in pages],
            "http_status": [page.status for page, _ in pages],
            "request": [page.request for page, _ in pages],
            "unit": [header.unit] * size,
            "page": range(count, count + size),
            "run": [header.run] * size,
            "seq": [header.seq] * size,
            "unit_start": [date.fromisoformat(start) if start else None] * size,
            "unit_end": [date.fromisoformat(end) if end else None] * size,
            "body": [page.body for page, _ in pages],
        },
        schema=schema().with_metadata(metadata),
    )


def _day(instant: str | None) -> str | None:
    return instant[:10] if instant else None


def _publish(root: Path, header: Header, pages: Sequence[tuple[Page, datetime]], count: int) -> Segment:
    """Write, flush to disk, rename, flush the folder: after this the segment is there for good."""
    import pyarrow.parquet as pq

    path = place(root, header)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        make_folders(path.parent)
        with os.fdopen(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            pq.write_table(
                _table(header, pages, count),
                file,
                row_group_size=ROWS_PER_GROUP,
                **WRITTEN,
            )
            raw_seal.seal(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise cannot_write(path, error) from error
    return Segment(path, header)
