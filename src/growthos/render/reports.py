"""What a shop's numbers are shown as: for people as tables, for programs as JSON, CSV or Markdown."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from growthos.alerts import AlertReport
    from growthos.backtest import Backtest
    from growthos.catalog import Entry
    from growthos.explanation import Explanation
    from growthos.last_build import LastBuild
    from growthos.measures.comparison import Report
    from growthos.measures.months import Cohorts
    from growthos.measures.series import Series
    from growthos.measures.why import Why
    from growthos.messages import Message
    from growthos.reconcile import Reconciliation
    from growthos.render.answers import Form
    from growthos.render.output import Style
    from growthos.render.weekly_page import Paper
    from growthos.silences import Silences
    from growthos.trace import Trace
    from growthos.warehouse.answers import Answer
    from growthos.warehouse.tables import Table
    from growthos.weekly import Review


def kpis(report: "Report", style: "Style" = "table", output: Path | None = None) -> None:
    """The KPIs of a window beside those of the window before."""
    from growthos.render import kpi_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(report), report.as_json, view.fields(report), lambda: view.records(report))


def plot(found: "Series", style: "Style" = "table", output: Path | None = None) -> None:
    """A KPI over time."""
    from growthos.render import plot_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def why(found: "Why", style: "Style" = "table", output: Path | None = None, *, demo: bool = False) -> None:
    """What the change of a KPI is made of, where it came from, and what to ask next."""
    from growthos.render import why_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found, demo=demo), found.as_json, view.FIELDS, lambda: view.records(found))


def explanation(found: "Explanation", style: "Style" = "table", output: Path | None = None) -> None:
    """What a KPI is, and what its value of some days is worked out from."""
    from growthos.render import explain_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


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


def trace(found: "Trace", style: "Style" = "table", output: Path | None = None) -> None:
    """An order, or a campaign's day, from the tables down to the bytes."""
    from growthos.render import trace_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def as_sent(record: bytes, output: Path | None = None) -> None:
    """A record alone, byte for byte; a terminal gets it without what would move its cursor."""
    from growthos.render.output import write_bytes

    write_bytes(record, output)


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


def cohorts(found: "Cohorts", style: "Style" = "table", output: Path | None = None) -> None:
    """Each month's new customers, and what they came to."""
    from growthos.render import cohort_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def message(told: "Message") -> None:
    """What a run has to tell of the alerts."""
    from growthos.render import message_page, output

    output.show(message_page.page(told))


def silences(found: "Silences", style: "Style" = "table", output: Path | None = None) -> None:
    """Who silenced what, until when and why."""
    from growthos.render import silence_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def backtest(found: "Backtest", style: "Style" = "table", output: Path | None = None) -> None:
    """How often each rule would have fired."""
    from growthos.render import backtest_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def review(found: "Review", style: "Paper", output: Path | None = None) -> None:
    """The business review of some days."""
    from growthos.render import weekly_html, weekly_markdown
    from growthos.render.output import write

    write((weekly_html.as_html(found).encode() if style == "html" else weekly_markdown.as_markdown(found),), output)
