"""The raw pages that tell of something, and which of them count; what cannot be read is told in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from growthos import raw_search
from growthos.errors import BusyError
from growthos.home import Home
from growthos.jsonrecords import Span, records
from growthos.load import PageLoad
from growthos.losses import losses
from growthos.raw import DamagedSegmentError, Segment
from growthos.raw_check import damaged
from growthos.raw_search import Found, Sought
from growthos.state import State


@dataclass
class Pages:
    """The raw folder of a home, as a trace looks through it. `lost` says what cannot be shown."""

    home: Home
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state, self._damaged = State.read(self.home.raw)
        self._counting = {load.segment[:-1]: load.days for load in self.state.loads()}
        self._told: set[str] = set()

    def segments(self, source: str, stream: str) -> list[Segment]:
        """All segments of a stream, of units that did not come to their end too."""
        return [
            Segment(path, header)
            for path, headers in self.state.files().items()
            for header in headers
            if (header.source, header.stream) == (source, stream)
        ]

    def speaks(self, segment: Segment, day: date) -> bool:
        """Whether a segment is of the newest complete reading of a day."""
        header = segment.header
        name = (header.source, header.stream, header.account, header.seq, header.run_id)
        return day in (self._counting.get(name) or ())

    def complete(self, segments: Iterable[Segment]) -> set[tuple[str, int]]:
        """The account and number of each of these segments whose unit came to its end."""
        streams = {(one.header.source, one.header.account, one.header.stream) for one in segments}
        units = (unit for key in streams for unit in self.state.units(*key))
        return {(one.header.account, one.header.seq) for unit in units for one in unit.segments}

    def look(self, segments: Sequence[Segment], sought: Sequence[Sought]) -> list[Found]:
        """The pages of these segments that hold any of it, in the order in which they were read."""
        found: list[Found] = []
        for path, headers in sorted(raw_search.by_file(segments).items()):
            try:
                found += raw_search.holding(path, headers, sought)
            except DamagedSegmentError:
                self._lose(f"{self.file(path)} is damaged: what it tells is shown only as far as it can be read.")
            except FileNotFoundError as error:
                raise BusyError(
                    f"{path} was put together with others by a run while it was read.", hint="Run this command again."
                ) from error
        return sorted(found, key=lambda one: (one.header.run, one.header.seq, one.page))

    def check(self, source: str, stream: str, pages: Sequence[Found], day: date | None = None) -> None:
        """Say what is damaged or gone of a stream, and of the files that these pages are from."""
        for path in self._damaged:
            if path.relative_to(self.home.raw).parts[::2] == (source, stream):
                self._lose(f"{self.file(path)} is damaged: what it tells is not shown.")
        for path, _ in damaged(sorted({one.path for one in pages})):
            self._lose(f"{self.file(path)} has changed since it was written: do not rely on what is shown of it.")
        for one in losses(self.home, self.state):
            aside = one.aside
            if (aside.source, aside.stream) == (source, stream) and (not one.days or day is None or day in one.days):
                self._lose(f"{stream} of {one.unit} was damaged or is gone, and was not read again: it is not shown.")

    def file(self, path: Path) -> str:
        """The path of a file as it is in the home."""
        return path.relative_to(self.home.root).as_posix()

    def _lose(self, said: str) -> None:
        if said not in self._told:
            self._told.add(said)
            self.lost.append(said)


def spans(page: Found, sought: Sequence[Sought]) -> list[Span]:
    """The records of a page that hold any of it; none in a page that is no JSON."""
    try:
        return records(page.body, [at.start() for one in sought for at in one.pattern.finditer(page.body)])
    except ValueError:
        return []


def load(page: Found, days: tuple[date, ...] | None = None) -> PageLoad:
    """A page for staging."""
    header = page.header
    return PageLoad(
        source=header.source,
        unit_stream=header.stream,
        stream=page.stream,
        account=header.account,
        run=header.run,
        seq=header.seq,
        page=page.page,
        fetched_at=page.fetched_at,
        request=page.request,
        unit_start=page.unit_start,
        unit_end=page.unit_end,
        days=days,
        body=page.body,
    )
