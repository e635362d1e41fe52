"""Past runs of a home, as their reports tell them: how each ended, what it read, and why it failed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from growthos import runs
from growthos.errors import ExitCode, UsageError
from growthos.home import Home
from growthos.last_build import PASSED
from growthos.lock import holder
from growthos.period import Period
from growthos.restatements import Restatements, restatements

if TYPE_CHECKING:
    from growthos.settings import Settings

LOOK_BACK: Final = timedelta(days=90)
"""No source tells days anew for longer, but for orders that are changed later still."""
STATUS: Final[Mapping[int | None, str]] = {ExitCode.OK: "ok", ExitCode.PARTIAL: "partial"}


@dataclass(frozen=True, slots=True)
class Read:
    """What a run read of one source, and why that failed. `seconds` and `waited` are None in older reports."""

    name: str
    records: int
    pages: int
    segments: int
    rejected: int
    seconds: float | None
    waited: float | None
    errors: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        names = ("name", "records", "pages", "segments", "rejected", "seconds", "waited")
        return {name: getattr(self, name) for name in names} | {"errors": list(self.errors)}


@dataclass(frozen=True, slots=True)
class PastRun:
    """One sync or rebuild. `why` is what went wrong, the gravest first.

    `status`: ok, partial, failed; stopped by a signal; running; broken off, as of a run that was killed. `published` is
    None where nothing was built. `restated` is what it told anew, None where nobody has looked.
    """

    run_id: str
    command: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    exit_code: int | None
    sources: tuple[Read, ...]
    published: bool | None
    data_through: date | None
    why: tuple[str, ...]
    hint: str
    notices: tuple[tuple[str, str], ...]
    restated: Restatements | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took, None where it has not come to an end."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()

    @property
    def ended_well(self) -> bool:
        return self.status in {"ok", "running"}

    def as_json(self) -> dict[str, Any]:
        """One of the runs of `runs --format json`."""
        return {
            "run_id": self.run_id,
            "command": self.command,
            "status": self.status,
            "exit_code": self.exit_code,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "seconds": self.seconds,
            "sources": [one.as_json() for one in self.sources],
            "published": self.published,
            "data_through": self.data_through,
            "why": list(self.why),
            "hint": self.hint,
            "notices": [{"source": source, "message": message} for source, message in self.notices],
            "restated_days": None if self.restated is None else self.restated.days,
        }

    def in_full(self) -> dict[str, Any]:
        """The structure of `runs RUN_ID --format json`."""
        told = [] if self.restated is None else [one.as_json() for one in self.restated.changes]
        return {"schema_version": 1, **self.as_json(), "restatements": told}


@dataclass(frozen=True, slots=True)
class PastRuns:
    """The newest runs of a home, the last one first, of `kept` whose reports there are."""

    home: Home
    runs: tuple[PastRun, ...]
    kept: int

    def as_json(self) -> dict[str, Any]:
        """The structure of `runs --format json`."""
        return {"schema_version": 1, "kept": self.kept, "runs": [one.as_json() for one in self.runs]}


def last(home: Home, number: int) -> PastRuns:
    """The newest runs; reports that cannot be read are left out."""
    found = _all(home)
    return PastRuns(home, tuple(found[:number]), len(found))


def one(home: Home, run_id: str) -> PastRun:
    """The run whose id begins so; UsageError where there is none, or more than one."""
    found = [run for run in _all(home) if run_id and run.run_id.startswith(run_id.lower())]
    if len(found) != 1:
        said = "No run that is kept has" if not found else f"{len(found)} runs have"
        raise UsageError(f"{said} an id that begins with {run_id!r}.", hint="`growthos runs` shows what there is.")
    return found[0]


def with_restatements(found: tuple[PastRun, ...], home: Home, settings: "Settings") -> tuple[PastRun, ...]:
    """The same runs with what each told anew; the raw files tell."""
    reads = [run.started_at for run in found if any(source.records for source in run.sources)]
    if not reads:
        return found
    zone = ZoneInfo(settings.reporting_timezone)
    window = Period((min(reads) - LOOK_BACK).astimezone(zone).date(), max(reads).astimezone(zone).date())
    told = restatements(home, settings, window)
    return tuple(replace(run, restated=told.by(run.run_id)) for run in found)


def _all(home: Home) -> list[PastRun]:
    """Every run with a report, the last one first; at most one of them is at work, and that is the last one."""
    try:
        at_work = holder(home) is not None
    except OSError:
        at_work = False
    found = list[PastRun]()
    for report in runs.reports(home):
        try:
            found.append(_run(report, at_work=at_work and not found))
        except (KeyError, TypeError, ValueError, AttributeError):  # no report of ours
            continue
    return found


def _run(report: Mapping[str, Any], *, at_work: bool) -> PastRun:
    build: Mapping[str, Any] = report.get("build") or {}
    sources = tuple(_read(one, build.get("rejected") or {}) for one in report.get("sources", ()))
    finished, code, through = report.get("finished_at"), report.get("exit_code"), build.get("data_through")
    return PastRun(
        run_id=str(report["run_id"]),
        command=str(report.get("command") or ("sync" if sources else "rebuild")),
        status=_status(report, at_work=at_work),
        started_at=datetime.fromisoformat(report["started_at"]),
        finished_at=datetime.fromisoformat(finished) if finished else None,
        exit_code=None if code is None else int(code),
        sources=sources,
        published=bool(build["published"]) if "published" in build else None,
        data_through=date.fromisoformat(through[:10]) if through else None,
        why=tuple(_why(report, sources)),
        hint=str(report.get("hint") or ""),
        notices=tuple((str(source), str(message)) for source, _, message in report.get("notices", ())),
    )


def _read(told: Mapping[str, Any], rejected: Mapping[str, int]) -> Read:
    return Read(
        name=str(told["name"]),
        records=int(told.get("records", 0)),
        pages=int(told.get("pages", 0)),
        segments=int(told.get("segments", 0)),
        rejected=int(rejected.get(told["name"], 0)),
        seconds=told.get("seconds"),
        waited=told.get("waited"),
        errors=tuple(map(str, told.get("errors", ()))),
    )


def _status(report: Mapping[str, Any], *, at_work: bool) -> str:
    if not report.get("finished_at"):
        return "running" if at_work else "broken off"
    if report.get("stopped"):
        return "stopped"
    return STATUS.get(report.get("exit_code"), "failed")


def _why(report: Mapping[str, Any], sources: tuple[Read, ...]) -> Iterator[str]:
    """What went wrong: of all of it, of what is lost, of the checks, of each source."""
    if failure := report.get("failure"):
        yield str(failure)
    yield from (f"{lost}." for lost in report.get("lost", ()))
    if report.get("build") and not report["build"].get("published", True):
        failed = ", ".join(
            str(check["name"])
            for check in report.get("checks", ())
            if check["status"] != PASSED and check["severity"] == "critical"
        )
        yield f"Not published: {failed or 'a critical check'} failed."
    for source in sources:
        yield from (said if source.name in said else f"{source.name}: {said}" for said in source.errors)
