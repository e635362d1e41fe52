"""Looks through raw files for the pages that hold certain words; no more than a few pages at a time are in memory."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from growthos.raw import DamagedSegmentError, Header, Segment

_COLUMNS: Final = ("stream", "page", "fetched_at", "http_status", "request", "unit_start", "unit_end")
_AT_ONCE: Final = 10


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: a page that does not hold `word` is passed over quickly, in others `pattern` decides."""

    word: bytes
    pattern: "re.Pattern[bytes]"


@dataclass(frozen=True, slots=True)
class Found:
    """A page, where it stands, and how it was read."""

    path: Path
    header: Header
    stream: str
    page: int
    fetched_at: datetime
    http_status: int
    request: str
    unit_start: date | None
    unit_end: date | None
    body: bytes

    @property
    def place(self) -> tuple[str, int, int]:
        """What tells it from every other page of its stream."""
        return (self.header.account, self.header.seq, self.page)


def number(digits: str) -> Sought:
    """An id, as a JSON text has it: by itself or at the end of a longer one, in quotes or not."""
    word = digits.encode()
    exact = re.escape(word)
    return Sought(word, re.compile(rb'[/"]' + exact + rb'["?]|"id"\s*:\s*' + exact + rb"\s*[,}]"))


def by_file(segments: Iterable[Segment]) -> dict[Path, list[Header]]:
    """The headers of segments by the file that they are in."""
    found: dict[Path, list[Header]] = {}
    for one in segments:
        found.setdefault(one.path, []).append(one.header)
    return found


def holding(path: Path, headers: Sequence[Header], sought: Sequence[Sought]) -> Iterator[Found]:
    """The pages of these segments of a file that hold any of it; DamagedSegmentError where it cannot be read.

    A file that the system does not read is not damaged for that: OSError, as the system says it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    own = {one.seq: one for one in headers}
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            groups = [n for n in range(file.num_row_groups) if _may_hold(file.metadata.row_group(n), own)]
            columns = ["seq", *_COLUMNS, "body"]
            for batch in file.iter_batches(batch_size=_AT_ONCE, row_groups=groups, columns=columns):
                yield from _of(batch, path, own, sought)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise DamagedSegmentError(f"{path.name}: {error}") from error


def _may_hold(group: Any, own: Mapping[int, Header]) -> bool:
    """Whether a group of rows can have one of these segments, by what its footer says of their numbers."""
    [column] = [n for n in range(group.num_columns) if group.column(n).path_in_schema == "seq"]
    told = group.column(column).statistics
    return told is None or not told.has_min_max or any(told.min <= seq <= told.max for seq in own)


def _of(batch: Any, path: Path, own: Mapping[int, Header], sought: Sequence[Sought]) -> Iterator[Found]:
    bodies = batch.column("body")
    for row, seq in enumerate(batch.column("seq").to_pylist()):
        if seq not in own:
            continue
        body = bodies[row].as_py()
        if any(one.word in body and one.pattern.search(body) for one in sought):
            told = {name: batch.column(name)[row].as_py() for name in _COLUMNS}
            yield Found(path=path, header=own[seq], body=body, **told)
