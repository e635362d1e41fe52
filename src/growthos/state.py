"""What has been read, derived from the headers of the segments; there is no other record of it."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from growthos import raw_files
from growthos.load import Load
from growthos.raw import Header, Segment

StreamKey = tuple[str, str, str]
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Unit:
    """A complete unit: all parts of one attempt, the last one final."""

    segments: tuple[Segment, ...]

    @cached_property
    def header(self) -> Header:
        """The final segment's header; it holds what was learnt over all pages."""
        return self.segments[-1].header

    @cached_property
    def order(self) -> tuple[int, int]:
        """Later attempts are greater."""
        return (self.header.run, self.segments[0].header.seq)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days of a report's unit."""
        if self.header.first is None or self.header.last is None:
            return ()
        first, last = date.fromisoformat(self.header.first), date.fromisoformat(self.header.last)
        return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))

    @cached_property
    def since(self) -> datetime:
        """Lower bound of a cursor's unit; the beginning of time where there was none."""
        return datetime.fromisoformat(self.header.since) if self.header.since else BEGINNING

    @cached_property
    def until(self) -> datetime:
        """Upper bound of a cursor's unit, or the instant a snapshot was begun."""
        return datetime.fromisoformat(self.header.until) if self.header.until else self.started_at

    @cached_property
    def started_at(self) -> datetime:
        return datetime.fromisoformat(self.header.started_at)

    @cached_property
    def finished_at(self) -> datetime:
        return datetime.fromisoformat(self.header.finished_at)


class State:
    """The complete units of every stream, and the next free numbers."""

    def __init__(
        self, segments: Iterable[Segment], replaced: tuple[Path, ...] = (), redacted: tuple[str, ...] = ()
    ) -> None:
        """`replaced`: the files in whose place another one stands. `redacted` marks the people who were taken out."""
        self.replaced = replaced
        self.redacted = redacted
        self._segments: list[Segment] = []
        self._attempts: dict[tuple[StreamKey, str, str, int], list[Segment]] = defaultdict(list)
        self._next_seq: dict[StreamKey, int] = defaultdict(lambda: 1)
        self._units: dict[StreamKey, list[Unit]] = defaultdict(list)
        self._loads: tuple[Load, ...] | None = None
        self.last_run = 0
        for segment in segments:
            self.add(segment)

    @classmethod
    def read(cls, root: Path) -> "tuple[State, tuple[Path, ...]]":
        """The state of a raw folder, and the files in it that are damaged and do not count."""
        files = raw_files.look(root)
        return cls(files.segments, files.replaced, files.redacted), tuple(path for path, _ in files.damaged)

    def add(self, segment: Segment) -> None:
        """Take notice of a segment; in whatever order they come, the state is the same."""
        self._segments.append(segment)
        self._loads = None
        header = segment.header
        key = (header.source, header.account, header.stream)
        self.last_run = max(self.last_run, header.run)
        self._next_seq[key] = max(self._next_seq[key], header.seq + 1)
        # A run may read a unit twice; the numbers of an attempt's segments follow one another.
        attempt = self._attempts[key, header.run_id, header.unit, header.seq - header.part]
        insort(attempt, segment, key=lambda one: one.header.part)
        last, count = attempt[-1].header, len(attempt)
        if last.final and last.part == count - 1 and all(one.header.part == n for n, one in enumerate(attempt)):
            self._units[key].append(Unit(tuple(attempt)))

    def of(self, source: str) -> "State":
        """A copy with the segments of one source, for a thread of its own."""
        return State(segment for segment in self._segments if segment.header.source == source)

    def headers(self) -> Iterator[Header]:
        """The header of every segment, of those too whose unit is not complete."""
        return (segment.header for segment in self._segments)

    def files(self) -> dict[Path, list[Header]]:
        """The headers of the segments in each file."""
        found: dict[Path, list[Header]] = defaultdict(list)
        for segment in self._segments:
            found[segment.path].append(segment.header)
        return found

    def attempts(self) -> Iterator[Sequence[Segment]]:
        """The segments of each attempt at a unit, in the order of their parts, whether they are all or not."""
        return iter(self._attempts.values())

    def next_seq(self, source: str, account: str, stream: str) -> int:
        return self._next_seq[source, account, stream]

    def units(self, source: str, account: str, stream: str) -> Sequence[Unit]:
        """Complete units, the newest attempt last."""
        return sorted(self._units.get((source, account, stream), ()), key=lambda unit: unit.order)

    def was_cut_off(self, source: str, account: str, stream: str, unit: str, run: int) -> bool:
        """Whether the last attempt before this run at a unit that begins like this one came to no end."""
        begins = unit.partition("..")[0]
        before = {
            one.seq: one.final
            for one in self.headers()
            if (one.source, one.account, one.stream) == (source, account, stream)
            and one.unit.partition("..")[0] == begins
            and one.run < run
        }
        return bool(before) and not before[max(before)]

    def keys(self) -> list[tuple[str, str, str]]:
        """Source, account and stream of everything that has a complete unit."""
        return sorted(key for key, units in self._units.items() if units)

    def accounts(self, source: str) -> list[str]:
        return sorted({account for name, account, _ in self.keys() if name == source})

    def stands_for(self, source: str, given: Iterable[str]) -> list[str]:
        """The accounts that were read last for these of the settings, of which one may hold others."""
        told = sorted((one.header for one in self._segments if one.header.source == source), key=lambda one: one.run)
        reached = {header.given: header.reached for header in told}
        return list(dict.fromkeys(account for one in given for account in reached.get(one, (one,))))

    def all_units(self, source: str) -> Iterator[Unit]:
        for name, account, stream in self.keys():
            if name == source:
                yield from self.units(name, account, stream)

    def time_zone(self, source: str, account: str) -> str | None:
        """The account's zone, as the newest page that named one."""
        told = [one for one in self._of(source, account) if one.header.time_zone]
        return max(told, key=lambda unit: unit.order).header.time_zone if told else None

    def lookback_days(self, source: str, account: str) -> int | None:
        """How far back the account's conversions are still credited, where the source tells."""
        told = [one for one in self._of(source, account) if one.header.lookback_days is not None]
        return max(told, key=lambda unit: unit.order).header.lookback_days if told else None

    def reports_begin(self, source: str, account: str) -> date | None:
        """The earliest day from which any of the account's reports was ever asked for."""
        begins = [unit.header.begins for unit in self._of(source, account) if unit.days and unit.header.begins]
        return date.fromisoformat(min(begins)) if begins else None

    def loaded_at(self, source: str) -> datetime | None:
        """When the newest complete unit of a source was finished."""
        return max((unit.finished_at for unit in self.all_units(source)), default=None)

    def touched_at(self) -> datetime | None:
        """When the newest page of all was read, by the clock of then."""
        return max((datetime.fromisoformat(one.header.finished_at) for one in self._segments), default=None)

    def loads(self) -> tuple[Load, ...]:
        """The segments that count, with the days each one speaks for (RULINGS: which rows count).

        Found once: what asks for them in one build is a handful, and there are as many as there is history.
        """
        if self._loads is None:
            self._loads = self._found_loads()
        return self._loads

    def _found_loads(self) -> tuple[Load, ...]:
        found: list[Load] = []
        for source, account, stream in self.keys():
            units = self.units(source, account, stream)
            snapshot = units[-1].header.first is None and units[-1].header.until is None
            spoken: set[date] = set()
            for unit in reversed(units):
                days = tuple(day for day in unit.days if day not in spoken)
                spoken.update(days)
                if unit.days and not days:
                    continue
                speaks = days if unit.days else None
                found.extend(
                    Load(source, stream, one.path, speaks, account, one.header.seq, one.header.run_id)
                    for one in unit.segments
                )
                if snapshot:
                    break
        return tuple(sorted(found, key=lambda load: load.segment))

    def _of(self, source: str, account: str) -> Iterator[Unit]:
        for name, owner, stream in self.keys():
            if (name, owner) == (source, account):
                yield from self.units(name, owner, stream)


def covered_days(units: Iterable[Unit], *, closed_only: bool = False) -> set[date]:
    """Days that complete units of a report cover; with `closed_only`, those that were over when they were read."""
    return {
        day
        for unit in units
        for day in unit.days
        if not closed_only or (unit.header.closed is not None and day.isoformat() <= unit.header.closed)
    }


def unbroken(days: set[date]) -> date | None:
    """The last day of the run of days without a gap that starts with the earliest one."""
    if not days:
        return None
    last = min(days)
    while last + timedelta(days=1) in days:
        last += timedelta(days=1)
    return last


def holes(units: Iterable[Unit], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches of [start, end) that no complete unit of a cursor stream covers, in order."""
    found, reached = [], start
    for since, until in sorted((unit.since, unit.until) for unit in units):
        if since > reached:
            found.append((reached, min(since, end)))
        reached = max(reached, until)
        if reached >= end:
            break
    if reached < end:
        found.append((reached, end))
    return [(since, until) for since, until in found if since < until]
