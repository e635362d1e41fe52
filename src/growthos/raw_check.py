"""Whether a segment is what was written: by its seal, and with `bodies` by each page and each body in it."""

import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from growthos import raw_seal
from growthos.raw import DamagedSegmentError
from growthos.raw_bundle import Contents
from growthos.raw_files import read


def verify(path: Path, *, bodies: bool = False) -> Contents:
    """What a raw file holds that is as it was written; raises DamagedSegmentError for any other.

    The seal covers every byte of the file as it lies on disk. With `bodies` the pages are unpacked too, their checksums
    verified and the bodies held against the hash in the header.
    A file that the system does not read is not damaged for that: OSError, as the system says it.
    """
    contents = read(path)
    if not raw_seal.is_whole(path):
        raise DamagedSegmentError(f"{path.name}: a byte of it is not the one that was written")
    if bodies:
        found = _unpacked(path)
        if found != {one.seq: one.body_sha256 for one in contents.headers if one.pages}:
            raise DamagedSegmentError(f"{path.name}: its bodies are not the ones it was written with")
    return contents


def damaged(paths: Iterable[Path]) -> Iterator[tuple[Path, DamagedSegmentError]]:
    """Those of some segments that are not as they were written, and why."""
    for path in paths:
        try:
            verify(path)
        except DamagedSegmentError as error:
            yield path, error


def _unpacked(path: Path) -> dict[int, str]:
    """By number of the segment, the hash over its bodies as they are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            batches = file.iter_batches(batch_size=8, columns=["seq", "body"])
            rows = (row for batch in batches for row in zip(batch["seq"].to_pylist(), batch["body"], strict=True))
            return {
                seq: raw_seal.hash_of(memoryview(body.as_buffer()) for _, body in own)
                for seq, own in groupby(rows, itemgetter(0))
            }
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise DamagedSegmentError(f"{path.name}: {error}") from error
