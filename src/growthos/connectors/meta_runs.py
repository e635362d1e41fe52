"""Reports that Meta makes in the background, for days that are too much for an answer at once.

A run is started, asked how far it is, and read when it is complete: "Job Completed" and 100 % together, either of them
alone is not yet the end. One that fails or does not end is started again for half the days, a single day once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from growthos.connectors.days import halves
from growthos.connectors.meta_pages import Graph, PageSize
from growthos.connectors.meta_reports import ROWS_PER_PAGE, Report
from growthos.connectors.refusals import ShrinkError
from growthos.connectors.terms import Page
from growthos.connectors.verdicts import quoted
from growthos.errors import UnavailableError
from growthos.period import Period

RUN_FIELDS = (
    "id,account_id,async_status,async_percent_completion,is_running,date_start,date_stop,time_completed,error_code,"
    "error_subcode,error_message,error_user_title,error_user_msg"
)
FIRST_POLLS, POLL = (5.0, 10.0, 20.0), 30.0
"""Seconds before each look at a run: each look is a call that counts."""
LONGEST = 3600.0
"""Seconds after which a run is given up."""
STUCK = 2
"""So many runs without an end are enough."""
COMPLETED, WHOLE = "Job Completed", 100
FAILED = {"Job Failed", "Job Skipped"}


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was started."""

    report_run_id: str | int


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run is."""

    async_status: str | None = None
    async_percent_completion: int | None = None
    error_code: int | None = None
    error_message: str | None = None
    error_user_msg: str | None = None


class FailedRunError(Exception):
    """A run came to nothing; `endless` where it never said so."""

    def __init__(self, words: str, *, endless: bool = False) -> None:
        super().__init__(words)
        self.endless = endless


def read(graph: Graph, account: str, report: Report, days: Period) -> Iterator[Page]:
    """Every page of a report, made in the background; its pages belong to the same stream as those had at once."""
    waiting, again, endless = [days], set[Period](), 0
    while waiting:
        days = waiting.pop(0)
        try:
            run = _start(graph, account, report, days)
            _wait(graph, run, report.stream)
            size = PageSize(ROWS_PER_PAGE, ROWS_PER_PAGE)
            yield from graph.pages(f"{run}/insights", report.stream, {}, size)
        except (FailedRunError, ShrinkError) as error:
            endless += isinstance(error, FailedRunError) and error.endless
            cut = halves(days)
            if endless >= STUCK or (cut is None and days in again):
                raise _given_up(report, days, error) from error
            again.add(days)
            waiting[:0] = cut or [days]


def _start(graph: Graph, account: str, report: Report, days: Period) -> str:
    """The number of a new run. It is a number: anything else would lead to another path."""
    said = graph.start(f"act_{account}/insights", report.params(days), f"{report.stream} run", Started).said
    run = str(said.report_run_id)
    if not (run.isascii() and run.isdigit()):
        raise FailedRunError(f"its number is {quoted(run)}")
    return run


def _wait(graph: Graph, run: str, stream: str) -> None:
    """Until the run is complete; FailedRunError where it failed, or did not end in as long as we are patient."""
    clock = graph.api.clock
    end = clock.monotonic() + min(LONGEST, graph.api.patience)
    for seconds in chain(FIRST_POLLS, repeat(POLL)):
        if clock.monotonic() + seconds > end:
            raise FailedRunError(f"run {run} did not end", endless=True)
        graph.api.pause(seconds, "meta makes a report")
        said = graph.get(run, {"fields": RUN_FIELDS}, f"{stream} run", Run).said
        if said.async_status in FAILED:
            words = said.error_user_msg or said.error_message or said.async_status
            raise FailedRunError(f"run {run}: {quoted(words)} (code {said.error_code})")
        if said.async_status == COMPLETED and said.async_percent_completion == WHOLE:
            return


def _given_up(report: Report, days: Period, error: Exception) -> UnavailableError:
    return UnavailableError(
        "meta",
        f"meta cannot make its report of {report.level}s for {days.first} to {days.last}, not in the background either:"
        f" {error}.",
        hint="What was read is kept; run `growthos sync meta` again later.",
    )
