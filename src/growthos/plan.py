"""Which units a sync reads: what no complete unit covers, and what the source may have restated since.

Overlaps count back from where the known data end, never from today (RULINGS, units, windows, watermarks).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from growthos.connectors.base import Stream
from growthos.connectors.terms import Window
from growthos.period import Period
from growthos.state import BEGINNING, Unit, covered_days, holes

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked a sync for: `since` and `until` are None where they did not say.

    `history` is how many days a first sync reads when nobody says since when.
    """

    now: datetime
    today: date
    since: date | None
    until: date | None
    history: int

    @property
    def last(self) -> date:
        """The last day to read: nothing lies behind today."""
        return min(self.until or self.today, self.today)

    @property
    def start(self) -> date:
        """The first day of a first sync."""
        return self.since or self.last - timedelta(days=self.history)

    @property
    def round(self) -> str | None:
        """The name of the round, where a range was asked for."""
        return f"{self.since}..{self.until or ''}" if self.since else None


@dataclass(frozen=True, slots=True)
class Task:
    """One unit to read; `begins` is where the stream's history begins."""

    window: Window
    begins: str | None = None
    deep: bool = False
    round: str | None = None
    round_ends: bool = False


def plan(stream: Stream, units: Sequence[Unit], asked: Asked, *, lookback_days: int | None = None) -> list[Task]:
    """The units of one stream and account that are due, in the order to read them."""
    if stream.mode == "report":
        return _report(stream, units, asked, lookback_days)
    if stream.mode == "cursor":
        return _cursor(stream, units, asked)
    good = any(unit.started_at >= asked.now or asked.now - unit.started_at < stream.every for unit in units)
    return [] if good else [Task(Window())]


def _report(stream: Stream, units: Sequence[Unit], asked: Asked, lookback_days: int | None) -> list[Task]:
    begins = _begins(units)
    first = date.fromisoformat(begins) if begins else asked.start
    if asked.since:
        windows = _by_days(Period(asked.since, asked.last), stream) if asked.since <= asked.last else []
        return _round(windows, units, asked, min(asked.since, first).isoformat())
    known = covered_days(units)
    deep = _deep_is_due(stream, units, asked.now)
    missing = next(day for day in _days_from(first) if day not in known)
    start = max(first, missing - _overlap(stream, deep=deep, lookback_days=lookback_days))
    fresh = covered_days(unit for unit in units if unit.started_at >= asked.now)
    due = {day for day in _days(start, asked.last) if day not in fresh}
    return [Task(window, begins=first.isoformat(), deep=deep) for run in _runs(due) for window in _by_days(run, stream)]


def _cursor(stream: Stream, units: Sequence[Unit], asked: Asked) -> list[Task]:
    begins = _begins(units)
    base = datetime.fromisoformat(begins) if begins else BEGINNING
    again = _unfinished(units)
    if stream.follows_since and (asked.since or not units):
        start = datetime.combine(asked.start, time(), UTC)
        windows = _by_time(start, asked.now, stream)
        base = min(base, start) if units else start
        if asked.since:
            return _with_again(_round(windows, units, asked, base.isoformat()), again)
        return [Task(window, begins=base.isoformat(), deep=True) for window in windows]
    missing = [window for hole in holes(units, base, asked.now) for window in _by_time(*hole, stream)]
    if all(unit.started_at >= asked.now for unit in units):
        return [Task(window, begins=base.isoformat(), deep=not units) for window in missing]
    deep = _deep_is_due(stream, units, asked.now)
    newest = max((unit.header.newest for unit in units if unit.header.newest), default=None)
    start = base
    if newest is not None:
        start = _instant(newest) - _overlap(stream, deep=deep, lookback_days=None)
        start = min(asked.now, max(base, _floor(start) if stream.whole_days else start))
    earlier = [window for window in missing if window.until is not None and window.until <= start]
    windows = [*earlier, *_by_time(start, asked.now, stream)]
    return _with_again([Task(window, begins=base.isoformat(), deep=deep) for window in windows], again)


def _round(windows: Sequence[Window], units: Sequence[Unit], asked: Asked, begins: str) -> list[Task]:
    """A range asked for by name is read again whole, unless it was begun and not finished: then only the rest."""
    own = [unit for unit in units if unit.header.round == asked.round]
    finished = max((unit.header.run for unit in own if unit.header.round_ends), default=0)
    done = {(unit.header.first, unit.header.last, unit.since) for unit in own if unit.header.run > finished}
    return [
        Task(window, begins=begins, deep=True, round=asked.round, round_ends=window is windows[-1])
        for window in windows
        if window is windows[-1] or _identity(window) not in done
    ]


def _identity(window: Window) -> tuple[str | None, str | None, datetime]:
    first, last = window.first, window.last
    return (first.isoformat() if first else None, last.isoformat() if last else None, window.since or BEGINNING)


def _unfinished(units: Sequence[Unit]) -> tuple[str, ...]:
    """Keys that the newest run left to be read again."""
    newest = max((unit.header.run for unit in units), default=0)
    return tuple(sorted({key for unit in units if unit.header.run == newest for key in unit.header.again}))


def _with_again(tasks: list[Task], again: tuple[str, ...]) -> list[Task]:
    if not tasks or not again:
        return tasks
    *rest, last = tasks
    return [*rest, replace(last, window=replace(last.window, again=again))]


def _begins(units: Sequence[Unit]) -> str | None:
    return min((unit.header.begins for unit in units if unit.header.begins), default=None)


def _deep_is_due(stream: Stream, units: Iterable[Unit], now: datetime) -> bool:
    if stream.deep_overlap is None:
        return False
    last = max((unit.started_at for unit in units if unit.header.deep), default=None)
    return last is None or now - last >= WEEK


def _overlap(stream: Stream, *, deep: bool, lookback_days: int | None) -> timedelta:
    usual = stream.overlap
    if lookback_days is not None and stream.deep_overlap is not None:
        usual = max(usual, min(timedelta(days=lookback_days), stream.deep_overlap))
    return max(usual, stream.deep_overlap) if deep and stream.deep_overlap is not None else usual


def _days(first: date, last: date) -> Iterable[date]:
    return Period(first, last) if first <= last else ()


def _days_from(first: date) -> Iterable[date]:
    day = first
    while True:
        yield day
        day += timedelta(days=1)


def _runs(days: set[date]) -> Iterable[Period]:
    """Days as periods without gaps."""
    first = last = None
    for day in sorted(days):
        if first is None or last is None:
            first = last = day
        elif day == last + timedelta(days=1):
            last = day
        else:
            yield Period(first, last)
            first = last = day
    if first is not None and last is not None:
        yield Period(first, last)


def _by_days(period: Period, stream: Stream) -> list[Window]:
    """A period cut into the widest units that the stream's source answers well."""
    widest = stream.widest.days if stream.widest else len(period)
    return [Window(first=one.first, last=one.last) for one in period.chunks(widest)]


def _by_time(since: datetime, until: datetime, stream: Stream) -> list[Window]:
    if since == BEGINNING or stream.widest is None:
        return [Window(since=None if since == BEGINNING else since, until=until)]
    windows = []
    while since < until:
        end = min(until, since + stream.widest)
        windows.append(Window(since=since, until=end))
        since = end
    return windows


def _floor(instant: datetime) -> datetime:
    return datetime.combine(instant.date(), time(), UTC)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
