"""The stages in order: read the sources, build the warehouse, publish, report. The story on one page."""

import gc
import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from growthos import folders, room, runs
from growthos.asked import choose, ledger_of, transport
from growthos.build import built_from, is_stale, published_fingerprint
from growthos.clock import Clock
from growthos.compaction import clear, compact
from growthos.connectors.base import Connector
from growthos.connectors.terms import Call, Watch
from growthos.coverage import history_start
from growthos.errors import DamagedDataError, NoDataError, SourceError
from growthos.home import Home
from growthos.intact import intact
from growthos.lock import locked
from growthos.log import Log
from growthos.losses import losses, still_lost
from growthos.making import Making, make
from growthos.outcome import SyncReport
from growthos.quarantine import set_aside
from growthos.raw import strays
from growthos.side_by_side import side_by_side
from growthos.skew import agreed, wrong
from growthos.state import State
from growthos.sync import Run, SourceReport, read_source
from growthos.taken_out import told_again

if TYPE_CHECKING:
    import httpx

    from growthos.settings import Settings


def _nothing(*_: object) -> None:
    """Nobody is watching."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told how a sync goes on: `page` gets source, page stream, pages and records so far."""

    started: Callable[[str], None] = _nothing
    page: Callable[[str, str, int, int], None] = _nothing
    waiting: Callable[[str, float, str], None] = _nothing
    notice: Callable[[str, str, str], None] = _nothing
    finished: Callable[[SourceReport], None] = _nothing
    building: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked a sync for. `lock_timeout`: seconds to wait for another run of this home to end.

    `timeout`: seconds after which no source is asked any more, that wait included.
    """

    sources: Sequence[str] = ()
    since: date | None = None
    until: date | None = None
    full: bool = False
    lock_timeout: float = 0
    timeout: float = math.inf


def sync(
    home: Home, settings: "Settings", clock: Clock, asked: Asked, watcher: Watcher, *, demo_seed: int | None = None
) -> SyncReport:
    """Read what is due from each source, then build and publish if anything changed."""
    ends, wait = clock.monotonic() + asked.timeout, min(asked.lock_timeout, asked.timeout)
    chosen = choose(home, settings, asked.sources)
    _prepare(home, pull=True, demo=demo_seed is not None)
    run_id = secrets.token_hex(8)
    with (
        locked(home, wait, partial(_busy, watcher, wait)),
        runs.begun(home, run_id, "sync", clock),
        _no_garbage_collection(demo_seed is not None),
    ):
        log = Log(home.logs, run_id)
        try:
            notices: list[tuple[str, str, str]] = []
            aside = partial(_set_aside, home, clock, log, watcher, notices)
            published, state = _published(home, aside), _read_state(home, aside)
            now, newest = clock.now(), state.touched_at() if demo_seed is None else None
            log.write(now, "sync", sources=list(chosen), since=asked.since, until=asked.until)
            run = Run(
                root=home.raw,
                state=state,
                clock=clock,
                now=now,
                number=state.last_run + 1,
                run_id=run_id,
                client_zone=settings.reporting_timezone,
                since=history_start(state, settings.sync.history, now.date()) if asked.full else asked.since,
                until=asked.until,
                history=settings.sync.history,
                on_page=watcher.page,
                lost=losses(home, state),
            )
            quotas: dict[str, dict[str, float]] = {}
            ledger = ledger_of(home, settings) if demo_seed is None else None
            jobs = []
            for name, connector in chosen.items():
                watcher.started(name)
                wire = Wire(
                    _wire(name, watcher, log, clock, notices, quotas),
                    transport(demo_seed, clock),
                    settings.sync.patience,
                    ends,
                    ledger,
                )
                jobs.append(partial(_read, connector(settings.sources[name]), wire, replace(run, state=state.of(name))))
            reports = []
            # The demo's clock is one for all, so there the sources take turns.
            for report in side_by_side(jobs, run.stop) if demo_seed is None else (job() for job in jobs):
                for error in report.errors:
                    log.write(clock.now(), "failed", source=report.name, message=error.message, hint=error.hint)
                for segment in report.segments:
                    state.add(segment)
                reports.append(report)
                watcher.finished(report)
            reports.sort(key=lambda report: report.name)
            skews = {report.name: report.skew for report in reports if report.skew is not None}
            if found := wrong(now, newest, skews):
                told = f"the clock is wrong: {found.said}. {found.hint}"
                log.write(clock.now(), "notice", source="this machine", code="clock", message=told)
                notices.append(("this machine", "clock", told))
                watcher.notice("this machine", "clock", told)
            built = None
            if is_stale(published, settings, state):
                own = {segment.path for report in reports for segment in report.segments}
                state = intact(home, state, own | built_from(home, settings, state), aside)
                if state.keys():
                    watcher.building()
                    making = Making(home, settings, clock, run_id, agreed(now, skews), own)
                    built = make(making, state, aside)
            _tell_of_redacted(state, reports, partial(_say, clock, log, watcher, notices))
            lost = still_lost(home, state, [loss for loss in run.lost if loss.aside.source in chosen])
            result = SyncReport(run_id, now, clock.now(), tuple(reports), built, tuple(notices), quotas, lost)
            runs.write(home, run_id, result.as_json(), built=built is not None)
            _tidy(home, state, clock, log)
            return result
        finally:
            log.close()


def _busy(watcher: Watcher, seconds: float) -> None:
    watcher.notice("this machine", "busy", f"another run is at work; waiting up to {seconds:.0f} s for it to end")


def rebuild(home: Home, settings: "Settings", clock: Clock, watcher: Watcher, *, demo: bool = False) -> SyncReport:
    """Build and publish everything again from the raw files, without asking any source."""
    _prepare(home, pull=False, demo=demo)
    run_id, now = secrets.token_hex(8), clock.now()
    with locked(home), runs.begun(home, run_id, "rebuild", clock), _no_garbage_collection(True):
        log = Log(home.logs, run_id)
        try:
            notices: list[tuple[str, str, str]] = []
            aside = partial(_set_aside, home, clock, log, watcher, notices)
            _published(home, aside)
            state = intact(home, _read_state(home, aside), (), aside)
            if not state.keys():
                raise NoDataError(f"There is nothing to build from in {home.raw}.", hint="Run `growthos sync` first.")
            watcher.building()
            built = make(Making(home, settings, clock, run_id, now), state, aside, afresh=True)
            result = SyncReport(run_id, now, clock.now(), (), built, tuple(notices))
            runs.write(home, run_id, result.as_json(), built=True)
            return result
        finally:
            log.close()


def _prepare(home: Home, *, pull: bool, demo: bool) -> None:
    """Make the folders of a home, if it is one to write to and the disk has the room that a run may need."""
    folders.check(home)
    room.check(home, pull=pull, demo=demo)
    folders.make_home(home)


def _tell_of_redacted(state: State, reports: Sequence[SourceReport], say: Callable[[str, str, str], None]) -> None:
    """Say so where a shop has told anew of people who were taken out of this home."""
    if not state.redacted:
        return
    for report in reports:
        if people := told_again(state.redacted, [one.path for one in report.segments]):
            who = "a person who was" if people == 1 else f"{people} people who were"
            told = f"{report.name} tells of {who} taken out of this home; have them deleted there, then redact again"
            say(report.name, "redacted_told_again", told)


def _say(
    clock: Clock, log: Log, watcher: Watcher, notices: list[tuple[str, str, str]], source: str, code: str, message: str
) -> None:
    log.write(clock.now(), "notice", source=source, code=code, message=message)
    notices.append((source, code, message))
    watcher.notice(source, code, message)


def _tidy(home: Home, state: State, clock: Clock, log: Log) -> None:
    """Delete the files that an earlier run replaced, and put small ones together where there are many."""
    for old in clear(home.raw, state.replaced):
        log.write(clock.now(), "deleted", file=str(old))
    for one in compact(state):
        log.write(clock.now(), "compacted", file=str(one.path), files=one.files)


@dataclass(frozen=True, slots=True)
class Wire:
    """What lies between a source and the world: who watches, the demo's transport if it is that, the patience.

    `ends` is when the run's time is up, by its clock's seconds. `ledger` is the file that counts attempts across
    processes; the demo needs none.
    """

    watch: Watch
    transport: "Callable[[], httpx.BaseTransport] | None"
    patience: float
    ends: float
    ledger: Path | None


def _read(connector: Connector, wire: Wire, run: Run) -> SourceReport:
    from growthos.connectors.api import Api

    try:
        with Api(
            connector,
            transport=wire.transport() if wire.transport else None,
            clock=run.clock,
            watch=wire.watch,
            patience=wire.patience,
            ends=wire.ends,
            ledger=wire.ledger,
        ) as api:
            return read_source(connector, api, run)
    except SourceError as error:
        return SourceReport(connector.name, errors=(error,))


def _wire(
    name: str,
    watcher: Watcher,
    log: Log,
    clock: Clock,
    notices: list[tuple[str, str, str]],
    quotas: dict[str, dict[str, float]],
) -> Watch:
    def call(one: Call) -> None:
        log.call(clock.now(), one)

    def waiting(seconds: float, reason: str) -> None:
        log.write(clock.now(), "waiting", source=name, seconds=seconds, reason=reason)
        watcher.waiting(name, seconds, reason)

    def notice(code: str, message: str) -> None:
        log.write(clock.now(), "notice", source=name, code=code, message=message)
        notices.append((name, code, message))
        watcher.notice(name, code, message)

    def quota(left: Mapping[str, float]) -> None:
        log.write(clock.now(), "quota", source=name, left=dict(left))
        quotas[name] = {**quotas.get(name, {}), **left}

    return Watch(call=call, waiting=waiting, notice=notice, quota=quota)


def _published(home: Home, aside: Callable[[Path], None]) -> str | None:
    """What the published database was made of; one that cannot be read is set aside, to be made anew."""
    try:
        return published_fingerprint(home)
    except DamagedDataError:
        aside(home.database)
        return None


def _read_state(home: Home, aside: Callable[[Path], None]) -> State:
    """The state of the raw folder; what a killed run left half-written goes, what is damaged is set aside."""
    for path in strays(home.raw):
        if path.name.endswith(".tmp"):
            path.unlink()
    state, damaged = State.read(home.raw)
    for path in damaged:
        aside(path)
    return state


def _set_aside(
    home: Home, clock: Clock, log: Log, watcher: Watcher, notices: list[tuple[str, str, str]], path: Path
) -> None:
    """Set a damaged segment or database aside, and say so."""
    is_raw = path.is_relative_to(home.raw)
    source = path.relative_to(home.raw).parts[0] if is_raw else "database"
    target = set_aside(home, path, clock.now())
    log.write(clock.now(), "quarantined", file=str(path), moved_to=str(target))
    then = "a sync reads what it held again" if is_raw else "it is made anew from the raw files"
    message = f"{path.relative_to(home.root)} is damaged and was set aside; {then}"
    notices.append((source, "set_aside", message))
    watcher.notice(source, "set_aside", message)


@contextmanager
def _no_garbage_collection(quick: bool) -> Iterator[None]:
    """Pages are made and dropped by the thousand, without circles; looking for circles costs a quarter second."""
    if not quick or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
