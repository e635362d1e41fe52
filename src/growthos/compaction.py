"""Puts the many small files of a stream together into a few, so that what is derived from all of them stays cheap.

Each command reads the end of every raw file, 0.1 ms each, and a stream gets a file a day at least. With FEW files a
stream, two dozen streams cost a tenth of a second, for ever. Nothing is lost or changed by it: each page keeps its
run, its segment and its number, each header travels, and the small files are deleted in a later run, after the large
one has been read to its end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from growthos import raw, raw_check, raw_files, raw_footer, raw_seal
from growthos.errors import CannotWriteError
from growthos.raw import DamagedSegmentError
from growthos.raw_rewrite import rewrite
from growthos.state import State

FEW: Final = 60
LARGEST: Final = 256 * 1024 * 1024
SMALL: Final = 4 * 1024 * 1024
"""A file of this size is put together with others however small they are."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """One file that stands in the place of others."""

    path: Path
    files: int


def compact(state: State) -> Iterator[Compacted]:
    """Put together what is due; who calls holds the lock. A stream with a damaged file is left as it is."""
    for batch in due(state):
        try:
            yield Compacted(rewrite(batch).path, len(batch))
        except DamagedSegmentError:
            continue  # a build sets it aside, and `verify` tells of it
        except CannotWriteError:
            return  # nothing has changed; there may be room another day


def due(state: State) -> list[list[Path]]:
    """The files to put together, of each stream that has too many."""
    streams: dict[Path, list[Path]] = {}
    for path in state.files():
        streams.setdefault(path.parent, []).append(path)
    many = [sorted(paths) for _, paths in sorted(streams.items()) if len(paths) >= FEW]
    sized = ([(path, path.stat().st_size) for path in paths] for paths in many)
    return [
        batch for files in sized if sum(size < LARGEST // 2 for _, size in files) >= FEW for batch in batches(files)
    ]


def batches(files: Sequence[tuple[Path, int]]) -> list[list[Path]]:
    """Which of a stream's files, with their sizes, go together: from the newest on, each with those that came after it.

    One that is more than twice as large as all of those waits until there are more, so that what is large is seldom
    written again.
    """
    found: list[list[Path]] = [[]]
    total = 0
    for path, size in reversed(files):
        if found[-1] and (size > max(SMALL, 2 * total) or total + size > LARGEST):
            found.append([])
            total = 0
        found[-1].append(path)
        total += size
    return [batch[::-1] for batch in found if len(batch) > 1]


def clear(root: Path, replaced: Sequence[Path]) -> Iterator[Path]:
    """Delete files in whose place a bundle has stood since an earlier run, once that has been read to its end.

    One that bears another seal than the bundle says is not the one that it replaced, and is left to a person.
    """
    gone, places = frozenset(replaced), {path.parent for path in replaced}
    left = set(gone)
    for path in raw.scan(root) if gone else ():
        if path.parent not in places or path in gone:
            continue
        try:
            contents = raw_files.read(path)
            stands_for = left & set(raw_files.superseded([(path, contents)]))
            if stands_for:
                raw_check.verify(path, bodies=True)
        except DamagedSegmentError:
            continue
        for old in sorted(stands_for):
            seal = contents.supersedes.get(old.name)
            if not seal or seal.encode() == raw_footer.values(old, (raw_seal.KEY,)).get(raw_seal.KEY):
                old.unlink(missing_ok=True)
                left.discard(old)
                yield old
