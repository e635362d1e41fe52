"""Reads one source: every account, every stream, every unit that is due, page by page into raw files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from growthos import interrupt
from growthos.clock import Clock
from growthos.connectors.base import Connector, Stream
from growthos.connectors.refusals import SkippedError
from growthos.connectors.terms import Page
from growthos.errors import (
    GrowthError,
    PatienceError,
    RefusedError,
    SourceError,
    StoppedError,
    TimeUpError,
    UnavailableError,
)
from growthos.losses import Loss
from growthos.plan import Asked, Task, plan
from growthos.raw import Header, Segment, UnitWriter, unit_name
from growthos.state import State

if TYPE_CHECKING:
    from growthos.connectors.api import Api

SUNSET_WARNING = timedelta(days=60)
DOWN = 10
"""Attempts in a row without an answer, after which a source is asked for nothing more in this run."""


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What was read of one stream."""

    name: str
    pages: int
    records: int


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How the reading of one source went; `units` and `segments` are what is new.

    `skew` is by how many seconds its server's clock is ahead of ours, None where it did not tell.
    """

    name: str
    units: int = 0
    segments: tuple[Segment, ...] = ()
    pages: int = 0
    records: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    streams: tuple[StreamReport, ...] = ()
    errors: tuple[GrowthError, ...] = ()
    skew: float | None = None

    @property
    def due(self) -> bool:
        """Whether there was anything to read."""
        return self.units > 0 or bool(self.errors)

    @property
    def cut_off(self) -> bool:
        """Whether nothing is wrong, and there was only no more time to read it to the end."""
        return bool(self.errors) and all(isinstance(error, PatienceError) for error in self.errors)


@dataclass
class Run:
    """One sync, as one source sees it: `state` holds that source's segments alone.

    `now` is the instant the sync began by the clock of this machine, `off` by how much the source's clock is ahead of
    it. Once `stop` is set, no page is read. `lost` is what is to be read again because the file it was in is damaged.
    """

    root: Path
    state: State
    clock: Clock
    now: datetime
    number: int
    run_id: str
    client_zone: str
    since: date | None
    until: date | None
    history: int
    on_page: Callable[[str, str, int, int], None]
    off: timedelta = timedelta(0)
    stop: Event = field(default_factory=Event)
    lost: Sequence[Loss] = ()

    @property
    def instant(self) -> datetime:
        """When the sync began by the source's clock, the upper bound of all it asks for."""
        return self.now + self.off

    def told(self, source: str, stream: str, pages: int, records: int) -> None:
        """Pass on how far a source is; StoppedError where it is to go no further."""
        self.on_page(source, stream, pages, records)
        if self.stop.is_set() or interrupt.asked():
            raise StoppedError


@dataclass
class _Tally:
    pages: int = 0
    records: int = 0
    units: int = 0
    segments: list[Segment] = field(default_factory=list)
    streams: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_source(connector: Connector, api: "Api", run: Run) -> SourceReport:
    """Read what is due; an account that fails stops alone and keeps the pages that came.

    A source that asks for more patience than there is stops with all its accounts: they share what it counts. So does
    one that is down.
    """
    tally, errors = _Tally(), list[SourceError]()
    started = run.clock.monotonic()
    for way in _reached(connector, api, run, errors):
        errors += _read_account(connector, api, run, way, tally)
        if _is_to_wait(errors) or api.unanswered >= DOWN:
            break
    if api.unanswered >= DOWN:
        errors.append(_down(connector.name))
    _warn_of_sunset(connector, api, run.instant)
    return SourceReport(
        name=connector.name,
        units=tally.units,
        segments=tuple(tally.segments),
        pages=tally.pages,
        records=tally.records,
        seconds=run.clock.monotonic() - started,
        waited=api.waited,
        streams=tuple(StreamReport(name, *counts) for name, counts in tally.streams.items()),
        errors=tuple(errors),
        skew=api.skew,
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """An account to read, the one of the settings that it is read for, and all that are."""

    account: str
    given: str
    reached: tuple[str, ...]


def _reached(connector: Connector, api: "Api", run: Run, errors: list[SourceError]) -> Iterator[_Way]:
    """The accounts of which something is due; one that cannot tell what it holds is an error."""
    for given in connector.accounts():
        if not any(due(connector, given, stream, run) for stream in connector.streams()):
            continue  # one that holds others is due itself, for ever, as nothing is read of it
        try:
            api.ready()
            run.off = api.clock.off
            reached = connector.reach(api, given)
        except SourceError as error:
            errors.append(error)
            if _is_to_wait(errors) or api.unanswered >= DOWN:
                return
        else:
            yield from (_Way(account, given, reached) for account in reached)


def _is_to_wait(errors: list[SourceError]) -> bool:
    return any(isinstance(error, PatienceError) for error in errors)


def _down(source: str) -> UnavailableError:
    return UnavailableError(
        source,
        f"{source} did not answer {DOWN} times in a row, so nothing more is asked of it in this run.",
        hint=f"What was read is kept; `growthos sync {source}` goes on from there once it answers again.",
    )


def _warn_of_sunset(connector: Connector, api: "Api", now: datetime) -> None:
    if connector.sunset and connector.sunset - now.date() <= SUNSET_WARNING:
        api.watch.notice(
            "version_ends",
            f"{connector.name}: version {connector.api_version} of its API ends about {connector.sunset};"
            " install a newer growthos before that day",
        )


def _read_account(connector: Connector, api: "Api", run: Run, way: _Way, tally: _Tally) -> Iterator[SourceError]:
    """Read an account's streams; a detail that fails does not keep the streams after it from being read."""
    for stream in connector.streams():
        try:
            _read_stream(connector, api, run, way, stream, tally)
        except SkippedError as skipped:
            api.watch.notice("account_skipped", skipped.message)
            return
        except (RefusedError, UnavailableError) as error:
            yield error
            if not stream.detail or api.unanswered >= DOWN:
                return
        except SourceError as error:
            yield error
            return


def _read_stream(connector: Connector, api: "Api", run: Run, way: _Way, stream: Stream, tally: _Tally) -> None:
    run.off = api.clock.off
    for task in due(connector, way.account, stream, run):
        try:
            _read_unit(connector, api, run, way, stream, task, tally)
        except TimeUpError as error:
            unit = unit_name(task.window)
            if not api.unanswered and (
                not tally.pages or run.state.was_cut_off(connector.name, way.account, stream.name, unit, run.number)
            ):
                error.hint = f"A stretch of {stream.name} is read in one go and did not fit in: give it more time."
            raise
        tally.units += 1


def due(connector: Connector, account: str, stream: Stream, run: Run) -> list[Task]:
    """The units of a stream that this run is to read."""
    asked = Asked(
        now=run.instant,
        today=_today(run, run.state.time_zone(connector.name, account)),
        since=run.since,
        until=run.until,
        history=run.history,
        begins=run.state.reports_begin(connector.name, account),
    )
    units = run.state.units(connector.name, account, stream.name)
    listed = run.state.units(connector.name, account, stream.lists)
    lookback = run.state.lookback_days(connector.name, account)
    tasks = plan(stream, units, asked, lookback_days=lookback, listed=listed)
    for loss in run.lost:
        if (loss.aside.source, loss.aside.account, loss.aside.stream) == (connector.name, account, stream.name):
            tasks += loss.tasks(tasks)
    return tasks


def _today(run: Run, zone: str | None) -> date:
    """The day it was in an account's zone when the sync began; in the client's, as long as the account's is unknown."""
    try:
        known = ZoneInfo(zone or run.client_zone)
    except (KeyError, ValueError, OSError):  # a source may name a zone that nobody knows
        known = ZoneInfo(run.client_zone)
    return run.instant.astimezone(known).date()


def _yesterday(run: Run, zone: str | None) -> str:
    return (_today(run, zone) - timedelta(days=1)).isoformat()


def _without_secrets(page: Page, api: "Api") -> Page:
    """A page of a source that repeats what it was told in confidence, without that."""
    body, cuts = api.secrets.body(page.body) if api.secrets.repeated_in(page.body) else (page.body, 0)
    return replace(
        page,
        body=body,
        redactions=page.redactions + cuts,
        again=tuple(map(api.secrets.text, page.again)),
        newest=page.newest and api.secrets.text(page.newest),
        time_zone=page.time_zone and api.secrets.text(page.time_zone),
    )


def _read_unit(
    connector: Connector, api: "Api", run: Run, way: _Way, stream: Stream, task: Task, tally: _Tally
) -> None:
    """Read a unit; one that is refused after its first page is begun anew once: a place in a list may be forgotten."""
    before = tally.pages
    try:
        _attempt_unit(connector, api, run, way, stream, task, tally)
    except SkippedError:
        raise
    except RefusedError as refused:
        if tally.pages == before:
            raise
        api.watch.notice("begun_anew", f"{stream.name} is read from its start once more: {refused.message}")
        _attempt_unit(connector, api, run, way, stream, task, tally)


def _attempt_unit(
    connector: Connector, api: "Api", run: Run, way: _Way, stream: Stream, task: Task, tally: _Tally
) -> None:
    account, window, now = way.account, task.window, api.clock.now().isoformat()
    zone = run.state.time_zone(connector.name, account)
    writer = UnitWriter(
        run.root,
        Header(
            run=run.number,
            run_id=run.run_id,
            source=connector.name,
            account=account,
            stream=stream.name,
            seq=run.state.next_seq(connector.name, account, stream.name),
            unit=unit_name(window),
            part=0,
            final=False,
            started_at=now,
            finished_at=now,
            api_version=connector.api_version,
            first=window.first.isoformat() if window.first else None,
            last=window.last.isoformat() if window.last else None,
            since=window.since.isoformat() if window.since else None,
            until=window.until.isoformat() if window.until else None,
            round=task.round,
            round_ends=task.round_ends,
            begins=task.begins,
            closed=_yesterday(run, zone),
            deep=task.deep,
            given=way.given,
            reached=way.reached,
        ),
    )
    try:
        for given in stream.read(connector, api, account, window):
            page = _without_secrets(given, api)
            if api.clock.off != run.off:
                # Told by the first answer of all.
                started = datetime.fromisoformat(now) + api.clock.off - run.off
                run.off = api.clock.off
                writer.header = replace(writer.header, started_at=started.isoformat(), closed=_yesterday(run, zone))
            if page.time_zone and page.time_zone != zone:
                # Told by the very pages: which days are over is known only now.
                zone = page.time_zone
                writer.header = replace(writer.header, closed=_yesterday(run, zone))
            writer.add(page, api.clock.now())
            pages, records = tally.streams.get(page.stream, (0, 0))
            tally.streams[page.stream] = (pages + 1, records + page.records)
            tally.pages += 1
            tally.records += page.records
            run.told(connector.name, page.stream, tally.pages, tally.records)
    except (SourceError, StoppedError):
        writer.keep(api.clock.now())
        raise
    else:
        writer.finish(api.clock.now())
    finally:
        for segment in writer.written:
            run.state.add(segment)
        tally.segments += writer.written
