"""Which raw files count: all that are whole, without those in whose place another one stands."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from growthos import raw, raw_bundle, raw_footer
from growthos.raw import DamagedSegmentError, Segment
from growthos.raw_bundle import Contents


@dataclass(frozen=True, slots=True)
class Files:
    """What lies in raw/: the segments, each once; the files that are damaged, and why; those that others replaced.

    `gone` are all in whose place another one stands, there or not. `redacted` marks the people who were taken out.
    """

    segments: tuple[Segment, ...]
    damaged: tuple[tuple[Path, Exception], ...]
    replaced: tuple[Path, ...]
    gone: frozenset[Path]
    redacted: tuple[str, ...]


def read(path: Path) -> Contents:
    """What a file holds; raises DamagedSegmentError where it is not what was written, NewerError where we know less.

    A file that the system does not open is not damaged for that: OSError, as the system says it.
    """
    found = raw_footer.values(path, (raw.METADATA_KEY, raw_bundle.HEADERS_KEY))
    about = found.get(raw.METADATA_KEY)
    if about is None:
        raise DamagedSegmentError(f"{path.name}: it does not end as a raw file does")
    if not raw_bundle.is_bundle(about):
        header = raw.parsed(about, path)
        return Contents(raw.file_name(header), (header,))
    return raw_bundle.parsed(about, found.get(raw_bundle.HEADERS_KEY, b""), path)


def look(root: Path, read: Callable[[Path], Contents] = read) -> Files:
    """All files below a raw folder, each read by `read`; one that a bundle replaced is not looked into further."""
    held: dict[Path, Contents] = {}
    damaged: list[tuple[Path, Exception]] = []
    for path in raw.scan(root):
        try:
            contents = read(path)
            if path != place(root, contents):
                raise DamagedSegmentError(f"{path.name}: it does not belong where it stands")  # noqa: TRY301
        except FileNotFoundError:
            continue  # a run at work has taken it away
        except DamagedSegmentError as error:
            damaged.append((path, error))
        else:
            held[path] = contents
    gone = frozenset(superseded(held.items()))
    return Files(
        segments=tuple(
            Segment(path, header) for path, contents in held.items() if path not in gone for header in contents.headers
        ),
        damaged=tuple((path, why) for path, why in damaged if path not in gone),
        replaced=tuple(path for path in (*held, *(path for path, _ in damaged)) if path in gone),
        gone=gone,
        redacted=tuple({mark: None for contents in held.values() for mark in contents.redacted}),
    )


def superseded(held: Iterable[tuple[Path, Contents]]) -> Iterator[Path]:
    """The files, there or not, in whose place a bundle stands: those it names, and those its segments came in."""
    for path, contents in held:
        for name in contents.supersedes:
            yield path.with_name(name)
        if contents.supersedes:
            for header in contents.headers:
                yield path.with_name(raw.file_name(header))


def place(root: Path, contents: Contents) -> Path:
    """Where a file stands: a copy of it anywhere else is none."""
    first = contents.headers[0]
    return raw.folder(root, first.source, first.account, first.stream) / contents.name
