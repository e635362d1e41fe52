"""Whether a segment is what was written: by its seal, and with `bodies` by each page and each body in it."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from growthos import raw_seal
from growthos.raw import DamagedSegmentError, Header, read_header


def verify(path: Path, *, bodies: bool = False) -> Header:
    """The header of a segment that is as it was written; raises DamagedSegmentError for any other.

    The seal covers every byte of the file as it lies on disk. With `bodies` the pages are unpacked too, their checksums
    verified and the bodies held against the hash in the header.
    A file that the system does not read is not damaged for that: OSError, as the system says it.
    """
    header = read_header(path)
    if not raw_seal.is_whole(path):
        raise DamagedSegmentError(f"{path.name}: a byte of it is not the one that was written")
    if bodies and _unpacked(path) != header.body_sha256:
        raise DamagedSegmentError(f"{path.name}: its bodies are not the ones it was written with")
    return header


def damaged(paths: Iterable[Path]) -> Iterator[tuple[Path, DamagedSegmentError]]:
    """Those of some segments that are not as they were written, and why."""
    for path in paths:
        try:
            verify(path)
        except DamagedSegmentError as error:
            yield path, error


def _unpacked(path: Path) -> str:
    """The hash over the bodies as they are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            batches = file.iter_batches(batch_size=8, columns=["body"])
            return raw_seal.hash_of(memoryview(body.as_buffer()) for batch in batches for body in batch.column("body"))
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise DamagedSegmentError(f"{path.name}: {error}") from error
