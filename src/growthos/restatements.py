"""What a source told anew: days that were over when they were first read, and that a later reading had otherwise.

Derived from the raw files alone, which keep every reading. A day counts from its first reading after it was over in
the account's own zone; what it was while it was open is no restatement. A shop's days are those of the reporting
zone, and count from the first run that had read all changes up to their end.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from growthos.connectors import find
from growthos.connectors.base import Stream
from growthos.coverage import stretch
from growthos.home import Home
from growthos.load import Load
from growthos.period import Period
from growthos.raw import Segment
from growthos.state import State, Unit

if TYPE_CHECKING:
    from growthos.settings import Settings
    from growthos.warehouse.readings import Readings

SHOPS: Final = "shopify"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a day was by one run, and when that was read."""

    value: Decimal
    at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class Restated:
    """One measure of one day that did not stay. `readings`: the first one, then each that differed from the last."""

    source: str
    account: str
    day: date
    measure: str
    readings: tuple[Reading, ...]

    @property
    def was(self) -> Decimal:
        return self.readings[0].value

    @property
    def now(self) -> Decimal:
        return self.readings[-1].value

    @property
    def since(self) -> datetime:
        """When the present value was first read."""
        return self.readings[-1].at

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "account": self.account,
            "date": self.day,
            "measure": self.measure,
            "was": self.was,
            "is": self.now,
            "since": self.since,
            "readings": [{"value": one.value, "read_at": one.at, "run_id": one.run_id} for one in self.readings],
        }


@dataclass(frozen=True, slots=True)
class Restatements:
    """What was told anew of the days of a window; money is in the account's own currency."""

    window: Period
    timezone: str
    changes: tuple[Restated, ...]

    def as_json(self) -> dict[str, Any]:
        """The structure of `status --restatements --format json`."""
        return {
            "schema_version": 1,
            "since": self.window.first,
            "until": self.window.last,
            "timezone": self.timezone,
            "restatements": [one.as_json() for one in self.changes],
        }

    def by(self, run_id: str) -> "Restatements":
        """What one run told anew: each day as it was before that run, and as it was by it."""
        steps = ((one, pair) for one in self.changes for pair in pairwise(one.readings))
        own = tuple(replace(one, readings=pair) for one, pair in steps if pair[1].run_id == run_id)
        return replace(self, changes=own)

    @property
    def days(self) -> int:
        """How many days of a source were told anew."""
        return len({(one.source, one.day) for one in self.changes})


def restatements(home: Home, settings: "Settings", window: Period, sources: Collection[str] = ()) -> Restatements:
    """Compare the readings of a window's days, of these sources or of all that were ever read."""
    from growthos.warehouse import readings

    state, zone = State.read(home.raw)[0], settings.reporting_timezone
    chosen = [name for name in find() if not sources or name in sources]
    reports = {what: _reports(readings.feeds(what), chosen) for what in readings.REPORTS}
    loads = {
        what: [
            _load(segment, tuple(day for day in unit.days if day in window))
            for source, stream in some
            for unit in _touching(state, source, stream, window)
            for segment in unit.segments
        ]
        for what, some in reports.items()
    }
    shop = _orders(state, window) if SHOPS in chosen else []
    loads[readings.ORDERS] = [_load(segment, None) for unit in shop for segment in unit.segments]
    told = readings.read(home.root, loads, zone)
    found = [
        one
        for what, some in reports.items()
        for source, stream in some
        for one in _of_reports(told, state, source, stream, readings.MEASURES[what], window)
    ]
    found += _of_orders(told, state, readings.MEASURES[readings.ORDERS], window, ZoneInfo(zone))
    found.sort(key=lambda one: (one.source, one.account, one.day))
    return Restatements(window, zone, tuple(found))


def _load(segment: Segment, days: tuple[date, ...] | None) -> Load:
    header = segment.header
    return Load(header.source, header.stream, segment.path, days, header.account, header.seq, header.run_id)


def _reports(feeds: dict[str, set[str]], chosen: Collection[str]) -> list[tuple[str, Stream]]:
    """The streams that hold the days; a detail has the same days once more."""
    return [
        (name, stream)
        for name, connector in find().items()
        for stream in connector.streams()
        if name in chosen and stream.mode == "report" and not stream.detail and stream.name in feeds.get(name, ())
    ]


def _touching(state: State, source: str, stream: Stream, window: Period) -> Iterator[Unit]:
    for account in state.accounts(source):
        yield from (unit for unit in state.units(source, account, stream.name) if any(d in window for d in unit.days))


def _of_reports(
    told: "Readings", state: State, source: str, stream: Stream, measures: Sequence[str], window: Period
) -> Iterator[Restated]:
    for account in state.accounts(source):
        units = [unit for unit in state.units(source, account, stream.name) if any(day in window for day in unit.days)]
        for day in window:
            over = [unit for unit in units if day in unit.days and day.isoformat() <= (unit.header.closed or "")]
            for measure in measures:
                values = [
                    Reading(
                        told.days.get((source, account, unit.header.run, day, measure), Decimal(0)),
                        unit.started_at,
                        unit.header.run_id,
                    )
                    for unit in over
                ]
                if changed := _changed(values):
                    yield Restated(source, account, day, measure, changed)


def _orders(state: State, window: Period) -> list[Unit]:
    """The units of orders that can hold one of the window's days: what was changed since."""
    since = datetime.combine(window.first - timedelta(days=1), time(), UTC)
    return [
        unit
        for account in state.accounts(SHOPS)
        for unit in state.units(SHOPS, account, "orders")
        if unit.until >= since
    ]


def _of_orders(
    told: "Readings", state: State, measures: Sequence[str], window: Period, zone: ZoneInfo
) -> Iterator[Restated]:
    if not told.moves:
        return
    [account] = state.accounts(SHOPS)[:1]
    units = state.units(SHOPS, account, "orders")
    runs = sorted({unit.header.run for unit in units})
    first = {unit.header.run: unit for unit in reversed(units)}
    reach = {run: stretch([unit for unit in units if unit.header.run <= run]) for run in runs}
    for day in window:
        begins = datetime.combine(day, time(), zone)
        ends = datetime.combine(day + timedelta(days=1), time(), zone)
        whole = [run for run in runs if reach[run][0] <= begins and reach[run][1] >= ends]
        for measure in measures:
            value, values = Decimal(0), []
            for run in runs:
                value += told.moves.get((day, run, measure), Decimal(0))
                if run in whole:
                    values.append(Reading(value, first[run].started_at, first[run].header.run_id))
            if changed := _changed(values):
                yield Restated(SHOPS, account, day, measure, changed)


def _changed(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The first reading and each that differed from the one before it; nothing where none did."""
    kept = [one for number, one in enumerate(readings) if number == 0 or one.value != readings[number - 1].value]
    return tuple(kept) if len(kept) > 1 else ()
