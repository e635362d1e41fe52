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

Stretch = tuple[datetime, datetime]
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked a sync for: `since` and `until` are None where they did not say.

    `history` is how many days a first sync reads when nobody says since when. `begins` is where the account's other
    reports begin: one that is new reaches as far back as they do.
    """

    now: datetime
    today: date
    since: date | None
    until: date | None
    history: int
    begins: date | None = None

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
        """The name of the round, where a bound was asked for."""
        return f"{self.since or ''}..{self.until or ''}" if self.since or self.until else None


@dataclass(frozen=True, slots=True)
class Task:
    """One unit to read; `begins` is where the stream's history begins. `deep`: the wide overlap is read with it."""

    window: Window
    begins: str | None = None
    deep: bool = False
    round: str | None = None
    round_ends: bool = False


def plan(
    stream: Stream,
    units: Sequence[Unit],
    asked: Asked,
    *,
    lookback_days: int | None = None,
    listed: Sequence[Unit] = (),
) -> list[Task]:
    """The units of one stream and account that are due, in the order to read them.

    `listed` are the complete units of the stream that this one lists again.
    """
    if stream.mode == "report":
        return _report(stream, units, asked, lookback_days)
    if stream.mode == "cursor":
        return _cursor(stream, units, asked)
    good = any(unit.started_at >= asked.now or asked.now - unit.started_at < stream.every for unit in units)
    if good or not stream.lists:
        return [] if good else [Task(Window())]
    begins, first = _begins(listed), min((unit.started_at for unit in listed), default=asked.now)
    if begins is None or asked.now - first < stream.every:
        return []
    return [Task(Window(since=datetime.fromisoformat(begins)))]


def _report(stream: Stream, units: Sequence[Unit], asked: Asked, lookback_days: int | None) -> list[Task]:
    begins = _begins(units)
    first = date.fromisoformat(begins) if begins else asked.begins or asked.start
    if asked.since:
        windows = _by_days(Period(asked.since, asked.last), stream) if asked.since <= asked.last else []
        return _round(windows, units, asked, min(asked.since, first).isoformat())
    known = covered_days(units)
    missing = next(day for day in _days_from(first) if day not in known)
    start = max(first, missing - _overlap(stream, lookback_days))
    # A day that was read while it was open is not known yet, however short the overlap.
    due = {*_days(start, asked.last), *(day for day in known - covered_days(units, closed_only=True) if day >= first)}
    wide = set(_days(max(first, missing - (stream.deep_overlap or timedelta(0))), start - timedelta(days=1)))
    stale = _stale_days(units, wide, asked.now)
    fresh = covered_days(unit for unit in units if unit.started_at >= asked.now)
    due = {day for day in due | stale if day not in fresh and day <= asked.last}
    return [
        Task(window, begins=first.isoformat(), deep=bool(stale))
        for run in _runs(due)
        for window in _by_days(run, stream)
    ]


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
        return [Task(window, begins=base.isoformat(), round=asked.round) for window in windows]
    newest = max((unit.header.newest for unit in units if unit.header.newest), default=None)
    start, stale = base, list[Stretch]()
    if newest is not None:
        start = _start(stream, newest, stream.overlap, base, asked.now)
        wide = _start(stream, newest, max(stream.overlap, stream.deep_overlap or timedelta(0)), base, asked.now)
        stale = _stale_stretches(units, wide, start, asked.now)
    fresh = [unit for unit in units if unit.started_at >= asked.now]
    due = _joined([*holes(units, base, start), *stale, (start, asked.now)])
    windows = [window for one in due for left in holes(fresh, *one) for window in _by_time(*left, stream)]
    tasks = [Task(window, begins=base.isoformat(), deep=bool(stale), round=asked.round) for window in windows]
    return _with_again(tasks, again)


def _start(stream: Stream, newest: str, overlap: timedelta, base: datetime, now: datetime) -> datetime:
    start = datetime.fromisoformat(newest).astimezone(UTC) - overlap
    return min(now, max(base, _floor(start) if stream.whole_days else start))


def _stale_days(units: Sequence[Unit], wide: set[date], now: datetime) -> set[date]:
    """The days of the wide overlap to read again: none until a week after the oldest of their newest readings.

    What was read since then needs no second reading, so that a deep run that failed goes on where it stopped.
    """
    left, oldest = set(wide), None
    for unit in sorted(units, key=lambda unit: unit.started_at, reverse=True):
        if left & set(unit.days):
            oldest = unit.started_at
            left -= set(unit.days)
    if oldest is None or now - oldest < WEEK:
        return set()
    return wide - covered_days(unit for unit in units if unit.started_at >= oldest + WEEK)


def _stale_stretches(units: Sequence[Unit], wide: datetime, start: datetime, now: datetime) -> list[Stretch]:
    """The same for a cursor stream's time from `wide` to `start`."""
    left, oldest = [(wide, start)] if wide < start else [], None
    for unit in sorted(units, key=lambda unit: unit.started_at, reverse=True):
        rest = [hole for one in left for hole in holes([unit], *one)]
        oldest = unit.started_at if rest != left else oldest
        left = rest
        if not left:
            break
    if oldest is None or now - oldest < WEEK:
        return []
    return holes((unit for unit in units if unit.started_at >= oldest + WEEK), wide, start)


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches of time in order, those that touch or overlap as one."""
    found: list[Stretch] = []
    for since, until in sorted(stretches):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        elif since < until:
            found.append((since, until))
    return found


def _round(windows: Sequence[Window], units: Sequence[Unit], asked: Asked, begins: str) -> list[Task]:
    """A range asked for by name is read again whole, unless it was begun and not finished: then only the rest."""
    own = [unit for unit in units if unit.header.round == asked.round]
    finished = max((unit.header.run for unit in own if unit.header.round_ends), default=0)
    done = {(unit.header.first, unit.header.last, unit.since) for unit in own if unit.header.run > finished}
    return [
        Task(window, begins=begins, round=asked.round, round_ends=window is windows[-1])
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
    """The first unit takes the keys: whatever becomes of the others, its header then says which are still open."""
    if not tasks or not again:
        return tasks
    first, *rest = tasks
    return [replace(first, window=replace(first.window, again=again)), *rest]


def _begins(units: Sequence[Unit]) -> str | None:
    return min((unit.header.begins for unit in units if unit.header.begins), default=None)


def _overlap(stream: Stream, lookback_days: int | None) -> timedelta:
    """How far a report's days are read again: the account's own look-back counts where there is a wide overlap."""
    if lookback_days is None or stream.deep_overlap is None:
        return stream.overlap
    return max(stream.overlap, min(timedelta(days=lookback_days), stream.deep_overlap))


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
