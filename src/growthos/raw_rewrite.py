"""Writes the segments of some files into one, page by page, so that it needs no more memory than a few of them."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from growthos import raw, raw_bundle, raw_check, raw_footer, raw_seal
from growthos.folders import cannot_write, sync_folder
from growthos.raw import DamagedSegmentError, Header
from growthos.raw_bundle import Contents

Edit = Callable[[bytes], tuple[bytes, int]]
"""From a body, the body as it is to be, and how often something was taken out of it."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new file, and how often something was taken out of the bodies in it."""

    path: Path
    redactions: int


def rewrite(
    files: Collection[Path],
    *,
    keep: Callable[[Header], bool] = lambda _: True,
    edit: Edit = lambda body: (body, 0),
    redacted: Sequence[str] = (),
) -> Rewritten:
    """Put the segments of some files of one stream into a bundle that stands in their place; they stay on disk.

    Each file is held against its seal, and each body that comes out of it against the hash in its header. Raises
    DamagedSegmentError where one is not as it was written, and nothing has changed then.
    """
    import pyarrow.parquet as pq

    held = sorted(((raw_check.verify(path), path) for path in files), key=lambda one: one[0].headers[0].seq)
    kept = {header.seq: header for contents, _ in held for header in contents.headers if keep(header)}
    place = held[0][1].parent
    temporary = place / f".bundle-{min(kept):010d}.tmp"
    try:
        with os.fdopen(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with pq.ParquetWriter(file, raw.schema(), store_schema=False, **raw.WRITTEN) as writer:
                headers = _copy(writer, [path for _, path in held], kept, edit)
                marks = dict.fromkeys((*(mark for contents, _ in held for mark in contents.redacted), *redacted))
                about, rows = raw_bundle.texts(headers, _superseded(held, headers), tuple(marks))
                writer.add_key_value_metadata(
                    {raw_bundle.HEADERS_KEY: rows, raw.METADATA_KEY: about, raw_seal.KEY: raw_seal.BLANK}
                )
            raw_seal.seal(file)
            file.flush()
            os.fsync(file.fileno())
        path = place / raw_bundle.name(headers[0].seq, about.encode())
        temporary.rename(path)
        sync_folder(place)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise cannot_write(place, error) from error
    except DamagedSegmentError:
        temporary.unlink()
        raise
    before = sum(header.redactions for header in kept.values())
    return Rewritten(path, sum(header.redactions for header in headers) - before)


def _superseded(held: Sequence[tuple[Contents, Path]], headers: Sequence[Header]) -> dict[str, str]:
    """The files that were read, and those they stood for, but for what the headers name themselves."""
    known = {raw.file_name(header) for header in headers}
    found = {name: seal for contents, _ in held for name, seal in contents.supersedes.items() if name not in known}
    # What a bundle stood for it still stands for where a segment in it is let go.
    dropped = (raw.file_name(header) for contents, _ in held if contents.supersedes for header in contents.headers)
    found |= {name: "" for name in dropped if name not in known and name not in found}
    for _, path in held:
        found[path.name] = raw_footer.values(path, (raw_seal.KEY,))[raw_seal.KEY].decode()
    return found


def _copy(writer: Any, paths: Sequence[Path], kept: Mapping[int, Header], edit: Edit) -> list[Header]:
    """Copy the pages of the segments to be kept; their headers as they are now, in their order."""
    import pyarrow as pa

    headers = {seq: header for seq, header in kept.items() if not header.pages}
    group: list[Row] = []
    for seq, rows in groupby(_rows(paths, kept), itemgetter("seq")):
        own = list(rows)
        if raw_seal.hash_of(row["body"] for row in own) != kept[seq].body_sha256:
            raise DamagedSegmentError(f"segment {seq}: its bodies are not the ones it was written with")
        headers[seq] = _edited(kept[seq], own, edit)
        group += own
        if len(group) >= raw.ROWS_PER_GROUP or sum(len(row["body"]) for row in group) >= raw.BYTES_PER_SEGMENT:
            writer.write_table(pa.Table.from_pylist(group, schema=raw.schema()))
            group = []
    if group:
        writer.write_table(pa.Table.from_pylist(group, schema=raw.schema()))
    if headers.keys() != kept.keys():
        raise DamagedSegmentError(f"segment {min(kept.keys() - headers.keys())}: its pages are not there")
    return [headers[seq] for seq in sorted(headers)]


def _edited(header: Header, rows: list[Row], edit: Edit) -> Header:
    """Edit the bodies of a segment in place; its header as it is now."""
    taken = 0
    for row in rows:
        row["body"], count = edit(row["body"])
        taken += count
    if not taken:
        return header
    digest = raw_seal.hash_of(row["body"] for row in rows)
    return replace(header, body_sha256=digest, redactions=header.redactions + taken)


def _rows(paths: Sequence[Path], kept: Mapping[int, Header]) -> Iterator[Row]:
    import pyarrow.parquet as pq

    for path in paths:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(batch_size=raw.PAGES_PER_SEGMENT):
                yield from (row for row in batch.to_pylist() if row["seq"] in kept)
