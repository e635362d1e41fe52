"""Bodies of a raw segment, as they came, for those who look at them in Python."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from growthos.raw import DamagedSegmentError, Segment

_COLUMNS: Final = ("stream", "page", "body")
_AT_ONCE: Final = 10


def pages(segment: Segment) -> Iterator[tuple[str, int, bytes]]:
    """Page stream, page in its unit and body of each page; of a file that holds many segments, of this one alone."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(segment.path) as file:
        for batch in file.iter_batches(batch_size=_AT_ONCE, columns=["seq", *_COLUMNS]):
            seqs = batch.column("seq").to_pylist()
            rows = zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True)
            yield from (row for row, seq in zip(rows, seqs, strict=True) if seq == segment.header.seq)


def bodies(path: Path) -> Iterator[bytes]:
    """Every body in a file, of whatever segment; DamagedSegmentError where it cannot be read to its end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_AT_ONCE, columns=["body"]):
                yield from batch.column("body").to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise DamagedSegmentError(f"{path.name}: {error}") from error
