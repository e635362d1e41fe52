"""Results as tables for people and as JSON, CSV or Markdown for programs. The only part that knows Rich."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from growthos.render.remarks import (
    asking,
    banner,
    exported,
    next_step,
    progress,
    remark,
    schedule_warnings,
    sync_summary,
)

if TYPE_CHECKING:
    from growthos.alerts import AlertReport
    from growthos.catalog import Entry
    from growthos.connections import Connections
    from growthos.doctor import Diagnosis
    from growthos.drift import Drift
    from growthos.estimate import Estimate
    from growthos.explanation import Explanation
    from growthos.last_build import LastBuild
    from growthos.measures.comparison import Report
    from growthos.measures.months import Cohorts
    from growthos.measures.series import Series
    from growthos.measures.why import Why
    from growthos.past_runs import PastRun, PastRuns
    from growthos.pruning import Pruning
    from growthos.reconcile import Reconciliation
    from growthos.redaction import Redaction
    from growthos.render.answers import Form
    from growthos.render.output import Style
    from growthos.render.weekly_page import Paper
    from growthos.restatements import Restatements
    from growthos.schedule import Part, Schedule
    from growthos.status import Status
    from growthos.trace import Trace
    from growthos.verify import Verification
    from growthos.warehouse.answers import Answer
    from growthos.warehouse.tables import Table
    from growthos.weekly import Review

__all__ = [
    "alerts",
    "answer",
    "as_sent",
    "asking",
    "banner",
    "checks",
    "cohorts",
    "connections",
    "diagnosis",
    "entry",
    "estimate",
    "explanation",
    "exported",
    "kpis",
    "next_step",
    "parts",
    "past_run",
    "past_runs",
    "plot",
    "progress",
    "pruning",
    "put_down",
    "reconciliation",
    "redaction",
    "remark",
    "restatements",
    "review",
    "schedule",
    "schedule_warnings",
    "schema",
    "status",
    "sync_summary",
    "tables",
    "trace",
    "verification",
    "why",
    "workbook",
]


def kpis(report: "Report", style: "Style" = "table", output: Path | None = None) -> None:
    """The KPIs of a window beside those of the window before."""
    from growthos.render import kpi_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(report), report.as_json, view.fields(report), lambda: view.records(report))


def why(found: "Why", style: "Style" = "table", output: Path | None = None, *, demo: bool = False) -> None:
    """What the change of a KPI is made of, where it came from, and what to ask next."""
    from growthos.render import why_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found, demo=demo), found.as_json, view.FIELDS, lambda: view.records(found))


def plot(found: "Series", style: "Style" = "table", output: Path | None = None) -> None:
    """A KPI over time."""
    from growthos.render import plot_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def review(found: "Review", style: "Paper", output: Path | None = None) -> None:
    """The business review of some days."""
    from growthos.render import weekly_html, weekly_markdown
    from growthos.render.output import write

    write((weekly_html.as_html(found).encode() if style == "html" else weekly_markdown.as_markdown(found),), output)


def cohorts(found: "Cohorts", style: "Style" = "table", output: Path | None = None) -> None:
    """Each month's new customers, and what they came to."""
    from growthos.render import cohort_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def alerts(report: "AlertReport", style: "Style" = "table", output: Path | None = None, *, every: bool = False) -> None:
    """The alerts that fire; with `every`, the rules that are quiet as well."""
    from growthos.render import alert_page as view
    from growthos.render.output import deliver

    deliver(
        style,
        output,
        lambda: view.page(report, every=every),
        lambda: report.as_json(all=every),
        view.FIELDS,
        lambda: view.records(report, every=every),
    )


def checks(last: "LastBuild", style: "Style" = "table", output: Path | None = None) -> None:
    """The checks of the last build."""
    from growthos.render import check_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(last), last.as_json, view.FIELDS, lambda: view.records(last))


def connections(found: "Connections", style: "Style" = "table", output: Path | None = None) -> None:
    """The sources, or what a look at them found."""
    from growthos.render import connections_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.fields(found), lambda: view.records(found))


def diagnosis(found: "Diagnosis", style: "Style" = "table", output: Path | None = None) -> None:
    """What the doctor found."""
    from growthos.render import doctor_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.remarks]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def status(found: "Status", style: "Style" = "table", output: Path | None = None) -> None:
    """How far each source is read, what is unfinished, and what to do next."""
    from growthos.render import status_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def verification(found: "Verification", style: "Style" = "table", output: Path | None = None) -> None:
    """What is damaged, and what was lost and not read again."""
    from growthos.render import verify_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.findings]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def schema(found: "Drift", style: "Style" = "table", output: Path | None = None) -> None:
    """How the sources' answers have changed their form."""
    from growthos.render import schema_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.changes]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def trace(found: "Trace", style: "Style" = "table", output: Path | None = None) -> None:
    """An order, or a campaign's day, from the tables down to the bytes."""
    from growthos.render import trace_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def as_sent(record: bytes, output: Path | None = None) -> None:
    """A record alone, byte for byte; a terminal gets it without what would move its cursor."""
    from growthos.render.output import write_bytes

    write_bytes(record, output)


def pruning(found: "Pruning", style: "Style" = "table", output: Path | None = None) -> None:
    """What a prune lets go, or has let go."""
    from growthos.render import prune_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.streams]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def redaction(found: "Redaction", style: "Style" = "table", output: Path | None = None) -> None:
    """What there is of a person, or was until it was taken out."""
    from growthos.render import redact_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: [found.as_json()])


def past_runs(found: "PastRuns", style: "Style" = "table", output: Path | None = None) -> None:
    """The last runs."""
    from growthos.render import runs_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def past_run(run: "PastRun", style: "Style" = "table", output: Path | None = None) -> None:
    """One run in full."""
    from growthos.render import runs_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.in_full(run), run.in_full, view.SOURCE_FIELDS, lambda: view.source_records(run))


def schedule(found: "Schedule", style: "Style" = "table", output: Path | None = None) -> None:
    """When a home's sync and alerts run by themselves."""
    from growthos.render import schedule_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found.parts), found.as_json, view.FIELDS, lambda: view.records(found))
    schedule_warnings(found)


def restatements(found: "Restatements", style: "Style" = "table", output: Path | None = None) -> None:
    """What the sources told anew of days that were over."""
    from growthos.render import restatement_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def estimate(found: "Estimate", style: "Style" = "table") -> None:
    """How many requests and minutes a sync would cost."""
    from growthos.render import estimate_page as view
    from growthos.render.output import deliver

    deliver(style, None, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def reconciliation(
    found: "Reconciliation", style: "Style" = "table", output: Path | None = None, *, every: bool = False
) -> None:
    """Our totals beside the sources' own; with `every`, the days that agree as well."""
    from growthos.render import reconcile_page as view
    from growthos.render.output import deliver

    deliver(
        style,
        output,
        lambda: view.page(found, every=every),
        lambda: found.as_json(every=every),
        view.FIELDS,
        lambda: view.records(found, every=every),
    )


def tables(found: "Sequence[Table]", style: "Style" = "table", output: Path | None = None) -> None:
    """The tables that can be asked for."""
    from growthos.render import tables_page as view
    from growthos.render.output import deliver

    deliver(
        style, output, lambda: view.page(found), lambda: view.as_json(found), view.FIELDS, lambda: view.records(found)
    )


def answer(found: "Answer", style: "Form", output: Path | None = None, made: datetime | None = None) -> None:
    """What the database says to a query; `made` is when what it was read from was, for a workbook."""
    from growthos.render import answers

    answers.deliver(found, style, output, made)


def put_down(found: "Answer", style: "Form", path: Path) -> None:
    """The same in a new file at `path`, of a form that has no sheets."""
    from growthos.render import answers

    answers.put_down(found, style, path)


def workbook(path: Path, sheets: "Sequence[tuple[str, Answer]]", made: datetime | None = None) -> None:
    """A new Excel workbook at `path`, with a sheet for each answer."""
    from growthos.render import excel as view

    view.write(path, sheets, made)


def entry(
    found: "Entry", style: "Style" = "table", output: Path | None = None, now: "AlertReport | LastBuild | None" = None
) -> None:
    """What something that is declared is; of an alert or a check also what it says `now`."""
    from growthos.render import explain_page as view
    from growthos.render.output import deliver

    deliver(
        style,
        output,
        lambda: view.entry(found, now),
        lambda: view.as_json(found, now),
        view.ENTRY_FIELDS,
        lambda: view.entry_records(found),
    )


def explanation(found: "Explanation", style: "Style" = "table", output: Path | None = None) -> None:
    """What a KPI is, and what its value of some days is worked out from."""
    from growthos.render import explain_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def parts(found: "tuple[Part, ...]") -> None:
    """Texts that are to be written or taken away."""
    from growthos.render import schedule_page as view
    from growthos.render.output import show

    show(view.page(found))
