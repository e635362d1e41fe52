"""How a home stands: how far each source is read and how old that is, what is unfinished, how the last run went.

All of it comes from the headers of the raw files and from the last run's report; nothing is asked and nothing written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from growthos import last_build, runs
from growthos.clock import Clock
from growthos.connectors import find
from growthos.connectors.base import Connector
from growthos.coverage import FORGOTTEN, account_through, counting, data_through
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.last_build import LastBuild
from growthos.lock import holder
from growthos.losses import Loss, losses
from growthos.plan import Asked
from growthos.rounds import Unfinished, unfinished
from growthos.state import State
from growthos.sync import SUNSET_WARNING
from growthos.zones import Disagreement, disagreement

if TYPE_CHECKING:
    from growthos.settings import Settings


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the raw files have it. `read_again`: days that were read twice or more after they were over."""

    name: str
    data_through: date | None
    read_at: datetime | None
    records: int
    time_zone: str | None
    unfinished: tuple[Unfinished, ...]
    read_again: int

    def as_json(self) -> dict[str, Any]:
        return {
            "account": self.name,
            "data_through": self.data_through,
            "read_at": self.read_at,
            "records": self.records,
            "time_zone": self.time_zone,
            "days_read_again": self.read_again,
            "unfinished": [
                {
                    "stream": one.stream,
                    "since": one.since,
                    "until": one.until,
                    "missing_from": one.first,
                    "missing_to": one.last,
                }
                for one in self.unfinished
            ],
        }


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `missing`: variables that it still needs; `errors`: why it failed in the last run.

    `cut_off`: nothing failed, and there was only no more time to read it to the end.
    """

    name: str
    title: str
    missing: tuple[str, ...]
    data_through: date | None
    read_at: datetime | None
    accounts: tuple[Account, ...]
    errors: tuple[str, ...]
    cut_off: bool
    quotas: Mapping[str, float]
    api_version: str
    sunset: date | None

    @property
    def connected(self) -> bool:
        return not self.missing

    def stale(self, now: datetime) -> bool:
        """Connected, and its newest complete unit older than the limit; one that never was read has no age."""
        return self.connected and self.read_at is not None and now - self.read_at > FORGOTTEN

    def ends_soon(self, now: datetime) -> bool:
        """Whether its version of the API ends within sixty days, or has ended."""
        return self.connected and self.sunset is not None and self.sunset - now.date() <= SUNSET_WARNING


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last sync or rebuild, whatever came of it."""

    finished_at: datetime
    exit_code: int


@dataclass(frozen=True, slots=True)
class Status:
    """How a home stands. `running`: the process of a run at work now, empty where the system does not tell it.

    `zones`: what is to be said where not all who count by days count by the same days.
    """

    home: Path
    at: datetime
    running: str | None
    build: LastBuild | None
    last_run: LastRun | None
    damaged: int
    lost: tuple[Loss, ...]
    sources: tuple[Source, ...]
    zones: Disagreement | None
    demo: bool = False

    @property
    def stale(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.sources if one.stale(self.at))

    @property
    def exit_code(self) -> ExitCode:
        """DAMAGED while something is lost and not read again; PARTIAL while a connected source is stale.

        So a watchdog sees a cron job that no longer runs.
        """
        if self.lost:
            return ExitCode.DAMAGED
        return ExitCode.PARTIAL if self.stale else ExitCode.OK

    @property
    def next_step(self) -> str:
        """The command that a person is likely to want now."""
        return next(self._steps())

    def _steps(self) -> Iterator[str]:
        growthos = "growthos --demo" if self.demo else "growthos"
        ready = [one for one in self.sources if one.connected]
        if not ready:
            yield "growthos init, which connects a source, or growthos demo, which needs none"
        if self.running is not None:
            yield f"{growthos} status, once the run has ended"
        if failed := [one for one in ready if one.errors]:
            then = "which goes on from there" if all(one.cut_off for one in failed) else "once that is mended"
            yield f"{growthos} sync {' '.join(one.name for one in failed)}, {then}"
        if self.lost or self.stale or all(one.read_at is None for one in ready):
            yield f"{growthos} sync"
        if unread := [one.name for one in ready if one.read_at is None]:
            yield f"{growthos} sync {' '.join(unread)}"
        for one in ready:
            for account in one.accounts:
                for left in account.unfinished:
                    yield f"{growthos} sync {one.name} {left.command}"
        if self.build is not None and not self.build.published:
            yield f"{growthos} checks"
        yield f"{growthos} kpis --since 7d"

    def as_json(self) -> dict[str, Any]:
        """The structure of `status --format json`."""
        build, last = self.build, self.last_run
        return {
            "schema_version": 1,
            "home": str(self.home),
            "at": self.at,
            "running": None if self.running is None else {"process": self.running or None},
            "data_through": build.data_through if build else None,
            "published": build.published if build else None,
            "built_at": build.finished_at if build else None,
            "last_run": {"finished_at": last.finished_at, "exit_code": last.exit_code} if last else None,
            "damaged_files": self.damaged,
            "lost": [
                {
                    "source": one.aside.source,
                    "account": one.aside.account,
                    "stream": one.aside.stream,
                    "unit": one.unit,
                    "file": one.aside.path.name,
                }
                for one in self.lost
            ],
            "stale_after_hours": FORGOTTEN // timedelta(hours=1),
            "sources": [
                {
                    "name": one.name,
                    "title": one.title,
                    "connected": one.connected,
                    "missing": list(one.missing),
                    "stale": one.stale(self.at),
                    "data_through": one.data_through,
                    "read_at": one.read_at,
                    "api_version": one.api_version,
                    "sunset": one.sunset,
                    "errors": list(one.errors),
                    "quotas": dict(one.quotas),
                    "accounts": [account.as_json() for account in one.accounts],
                }
                for one in self.sources
            ],
            "warnings": [self.zones.message] if self.zones else [],
            "next": self.next_step,
        }


def look(home: Home, settings: "Settings", clock: Clock, *, demo: bool = False) -> Status:
    """Read the headers and the last report."""
    now, report = clock.now(), runs.latest_report(home) or {}
    state, damaged = State.read(home.raw)
    try:
        running = holder(home)
    except OSError:
        running = None
    finished, code = report.get("finished_at"), report.get("exit_code")
    sources = tuple(_source(one, settings, state, report, now) for one in find().values())
    return Status(
        home=home.root,
        at=now,
        running=running,
        build=last_build.from_report(home),
        last_run=LastRun(datetime.fromisoformat(finished), int(code)) if finished and code is not None else None,
        damaged=len(damaged),
        lost=tuple(losses(home, state)),
        sources=sources,
        zones=_zones(settings.reporting_timezone, sources, now),
        demo=demo,
    )


def _zones(reporting: str, sources: tuple[Source, ...], now: datetime) -> Disagreement | None:
    from growthos.warehouse.sqlfiles import sources_of

    zones = {
        one.name: {account.time_zone for account in one.accounts if account.time_zone}
        for one in sources
        if one.connected
    }
    return disagreement(reporting, zones, sources_of("spend"), now.date())


def _source(
    connector: type[Connector], settings: "Settings", state: State, report: Mapping[str, Any], now: datetime
) -> Source:
    name = connector.name
    zone = ZoneInfo(settings.reporting_timezone)
    values = settings.sources.get(name, {})
    accounts = None if connector.missing(values) else counting(connector, values, state)
    told: Mapping[str, Any] = next((one for one in report.get("sources", ()) if one.get("name") == name), {})
    return Source(
        name=name,
        title=connector.title,
        missing=connector.missing(values),
        data_through=data_through(connector, state, zone, accounts=accounts),
        read_at=_utc(state.loaded_at(name)),
        accounts=tuple(_account(connector, state, account, zone, now) for account in state.accounts(name)),
        errors=tuple(told.get("errors", ())),
        cut_off=told.get("cut_off") is True,
        quotas=report.get("quotas", {}).get(name, {}),
        api_version=connector.api_version,
        sunset=connector.sunset,
    )


def _account(connector: type[Connector], state: State, account: str, zone: ZoneInfo, now: datetime) -> Account:
    units = [unit for unit in state.all_units(connector.name) if unit.header.account == account]
    today = now.astimezone(zone).date()
    asked = Asked(now, today, None, None, 0)
    counts = {load.path for load in state.loads() if load.source == connector.name}
    left = [
        one
        for stream in connector.streams()
        if stream.follows_since
        for one in unfinished(stream, state.units(connector.name, account, stream.name), asked)
    ]
    return Account(
        name=account,
        data_through=account_through(connector, state, account, zone),
        read_at=_utc(max((unit.finished_at for unit in units), default=None)),
        records=sum(one.header.records for unit in units for one in unit.segments if one.path in counts),
        time_zone=state.time_zone(connector.name, account),
        unfinished=tuple(left),
        read_again=len(set(_read_again(connector, state, account))),
    )


def _read_again(connector: type[Connector], state: State, account: str) -> Iterator[date]:
    for stream in connector.streams():
        read: set[date] = set()
        for unit in state.units(connector.name, account, stream.name):
            closed = {day for day in unit.days if unit.header.closed and day.isoformat() <= unit.header.closed}
            yield from closed & read
            read |= closed


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
