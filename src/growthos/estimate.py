"""What a sync would cost: requests and minutes for each source, without asking anybody.

The units are those that a sync would read now. What they cost is taken from what such units cost so far, by their
headers; what was never read counts one request a unit, and is said to be at least that. Limits are kept as in a sync.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from growthos.asked import choose, ledger_of
from growthos.clock import Clock
from growthos.connectors.base import Connector, Stream
from growthos.connectors.limits import SLACK, counted, key_of
from growthos.connectors.terms import Limit
from growthos.coverage import history_start
from growthos.home import Home
from growthos.plan import Task
from growthos.state import BEGINNING, State, Unit
from growthos.sync import Run, due

if TYPE_CHECKING:
    from growthos.pipeline import Asked
    from growthos.settings import Settings

LATENCY: Final = 1.0
"""Seconds of a request to a source that was never read."""
NEWEST: Final = 12
"""Units from which the cost of the next ones is taken: enough for a year by months."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is due of one stream and account: `first` and `last` are days, None where the stream has no days.

    `at_least`: how much there is was never seen, so that it may be more. `deep`: the weekly wide overlap is due.
    """

    account: str
    stream: str
    units: int
    first: date | None
    last: date | None
    requests: int
    at_least: bool
    deep: bool


@dataclass(frozen=True, slots=True)
class SourceEstimate:
    """What one source costs. `seconds` hold `waiting`, which its limits take and no request.

    `limit` is the one that binds: the one that makes it wait, else the one of which most is used. `used` counts
    attempts of its window that were made before. `stops_after`: requests after which a wait is longer than the sync's
    patience, so that the rest comes with the next one.
    """

    name: str
    due: tuple[Due, ...]
    seconds: float
    waiting: float
    limit: Limit | None
    used: int
    stops_after: int | None

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.due)

    @property
    def at_least(self) -> bool:
        return any(one.at_least for one in self.due)

    @property
    def share(self) -> float | None:
        """Of the calls that the limit allows in its time, the part that is used when the sync has ended."""
        return min(1.0, (self.used + self.requests) / self.limit.calls) if self.limit else None

    def as_json(self) -> dict[str, Any]:
        limit = self.limit
        return {
            "name": self.name,
            "requests": self.requests,
            "at_least": self.at_least,
            "seconds": round(self.seconds),
            "waiting_seconds": round(self.waiting),
            "limit": {"calls": limit.calls, "seconds": round(limit.seconds), "used": self.used} if limit else None,
            "stops_after": self.stops_after,
            "due": [
                {
                    "account": one.account,
                    "stream": one.stream,
                    "units": one.units,
                    "first": one.first,
                    "last": one.last,
                    "requests": one.requests,
                    "at_least": one.at_least,
                    "wide_overlap": one.deep,
                }
                for one in self.due
            ],
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sync at `at` would cost; sources are read side by side, so that the slowest one tells how long."""

    at: datetime
    sources: tuple[SourceEstimate, ...]

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.sources)

    @property
    def at_least(self) -> bool:
        return any(one.at_least for one in self.sources)

    @property
    def seconds(self) -> float:
        return max((one.seconds for one in self.sources), default=0.0)

    def as_json(self) -> dict[str, Any]:
        """The structure of `sync --dry-run --format json`."""
        return {
            "schema_version": 1,
            "at": self.at,
            "requests": self.requests,
            "at_least": self.at_least,
            "seconds": round(self.seconds),
            "sources": [one.as_json() for one in self.sources],
        }


def estimate(home: Home, settings: "Settings", clock: Clock, asked: "Asked", *, demo: bool = False) -> Estimate:
    """Plan a sync as it would run now; nothing is asked, written or waited for."""
    chosen, now = choose(home, settings, asked.sources), clock.now()
    state, _ = State.read(home.raw)
    run = Run(
        root=home.raw,
        state=state,
        clock=clock,
        now=now,
        number=0,
        run_id="",
        client_zone=settings.reporting_timezone,
        since=history_start(state, settings.sync.history, now.date()) if asked.full else asked.since,
        until=asked.until,
        history=settings.sync.history,
        on_page=lambda *_: None,
    )
    ledger = None if demo else ledger_of(home, settings)
    sources = []
    for name, kind in chosen.items():
        connector = kind(settings.sources[name])
        before = counted(ledger, key_of(connector)) if ledger else []
        sources.append(_source(connector, run, [at - now.timestamp() for at in before], settings.sync.patience))
    return Estimate(now, tuple(sources))


def _source(connector: Connector, run: Run, before: Sequence[float], patience: float) -> SourceEstimate:
    found = tuple(
        one
        for account in _accounts(connector, run.state)
        for stream in connector.streams()
        for one in _stream(connector, stream, account, run)
    )
    requests = sum(one.requests for one in found)
    latency = _latency(run.state, connector.name)
    seconds, stops = _paced(requests, connector.limits, before, latency, patience)
    limit = max(
        connector.limits,
        key=lambda one: (_paced(requests, [one], before, latency, patience)[0], _part(one, before, requests)),
        default=None,
    )
    return SourceEstimate(
        name=connector.name,
        due=found,
        seconds=seconds,
        waiting=max(0.0, seconds - requests * latency),
        limit=limit,
        used=_used(limit, before) if limit else 0,
        stops_after=stops,
    )


def _accounts(connector: Connector, state: State) -> Sequence[str]:
    """The accounts that are set, or those that were read last for them: which they stand for only the source knows."""
    known, named = state.accounts(connector.name), state.stands_for(connector.name, connector.accounts())
    return named if not known or set(named) & set(known) else known


def _stream(connector: Connector, stream: Stream, account: str, run: Run) -> Iterator[Due]:
    tasks = due(connector, account, stream, run)
    if not tasks:
        return
    units = run.state.units(connector.name, account, stream.name)[-NEWEST:]
    days = [day for task in tasks for day in _days(task)]
    yield Due(
        account=account,
        stream=stream.name,
        units=len(tasks),
        first=min(days, default=None),
        last=max(days, default=None),
        requests=sum(_requests(task, units) for task in tasks),
        at_least=not units or (stream.mode == "cursor" and not any(_length(one.since, one.until) for one in units)),
        deep=any(task.deep for task in tasks),
    )


def _days(task: Task) -> Iterator[date]:
    window = task.window
    if window.first and window.last:
        yield from (window.first, window.last)
    if window.until:
        yield from (one.date() for one in (window.since, window.until) if one)


def _requests(task: Task, units: Sequence[Unit]) -> int:
    """One, and as many more as such units needed by their length so far; those of records to be read again by key."""
    again = 1 if task.window.again else 0
    window = task.window
    if window.first and window.last:
        known = [(_pages(unit), float(len(unit.days))) for unit in units]
        length = float((window.last - window.first).days + 1)
    elif window.until:
        known = [(_pages(unit), _length(unit.since, unit.until)) for unit in units]
        length = _length(window.since or BEGINNING, window.until)
        if not length:
            return max((pages for pages, _ in known), default=1) + again
    else:
        return max(1, _pages(units[-1])) if units else 1
    lengths = sum(one for _, one in known)
    more = sum(pages - 1 for pages, one in known if one)
    return 1 + again + (round(more / lengths * length) if lengths else 0)


def _pages(unit: Unit) -> int:
    return sum(segment.header.pages for segment in unit.segments)


def _length(since: datetime, until: datetime) -> float:
    """Seconds from one to the other; 0 where there is no beginning, so that nothing can be said by length."""
    return 0.0 if since == BEGINNING else (until - since).total_seconds()


def _latency(state: State, source: str) -> float:
    """Seconds of one request: the median over the newest units, of which a few may have waited long."""
    newest = sorted(state.all_units(source), key=lambda unit: unit.started_at)[-10 * NEWEST :]
    each = [(unit.finished_at - unit.started_at).total_seconds() / max(1, _pages(unit)) for unit in newest]
    return median(each) if each else LATENCY


def _paced(
    requests: int, limits: Iterable[Limit], before: Sequence[float], latency: float, patience: float
) -> tuple[float, int | None]:
    """Seconds until the last of so many requests is answered, and after how many a wait is longer than patience."""
    windows = [(one.calls, one.seconds * SLACK) for one in limits]
    starts, now, stops = list(before), 0.0, None
    for number in range(requests):
        begins = max([now, *(starts[-calls] + seconds for calls, seconds in windows if len(starts) >= calls)])
        if stops is None and begins - now > patience:
            stops = number
        starts.append(begins)
        now = begins + latency
    return now, stops


def _used(limit: Limit, before: Sequence[float]) -> int:
    return sum(at > -limit.seconds for at in before)


def _part(limit: Limit, before: Sequence[float], requests: int) -> float:
    return (_used(limit, before) + requests) / limit.calls
