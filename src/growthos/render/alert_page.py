"""The alerts as a page: a panel for each that fires, the gravest first, and one line on all that do not."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from growthos.alerts import Alert, AlertReport
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Panel, Table, Tone
from growthos.render.text import NOTHING, clean
from growthos.render.values import amount, pp
from growthos.wording import percent

if TYPE_CHECKING:
    from growthos.render.output import Record

TONES: dict[str, Tone] = {"critical": "bad", "warning": "warn", "info": "dim"}
STATES = {"firing": "fires", "ok": "quiet", "insufficient_data": "too little data"}
FIELDS = (
    "id",
    "name",
    "severity",
    "scope",
    "state",
    "unit",
    "current",
    "previous",
    "change",
    "threshold",
    "recommendation",
)
EVERY = (
    Column("Alert"),
    Column("Scope"),
    Column("State"),
    Column("Current", numeric=True, rank=1),
    Column("Previous", numeric=True, rank=2),
    Column("Change", numeric=True, rank=3),
    Column("Line", numeric=True, rank=4),
)


def page(report: AlertReport, *, every: bool = False) -> Page:
    """Heading, panels, the sentence on the rest; with `every`, a table of all that was asked."""
    return tuple(_blocks(report, every=every))


def _blocks(report: AlertReport, *, every: bool) -> Iterator[Block]:
    yield Heading(
        f"Alerts, {report.window.first} to {report.window.last} ({len(report.window)} days, {report.timezone})",
        f"against {report.previous.first} to {report.previous.last}; {report.currency}; "
        f"data through {report.data_through or 'no day yet'}",
    )
    for alert in report.firing:
        yield Panel(
            f"{alert.severity}: {alert.rule.label}",
            TONES[alert.severity],
            facts(alert, report.currency),
            clean(alert.recommendation or "", limit=None),
        )
    yield Note(_rest(report), "" if report.firing else "good")
    if every:
        yield Table("", EVERY, tuple(_row(alert, report.currency) for alert in report.alerts))
        if report.disabled:
            yield Note(f"Switched off in growthos.toml: {', '.join(report.disabled)}.", "dim")
    for warning in report.warnings:
        yield Note(clean(warning.message, limit=None), "warn")


def facts(alert: Alert, currency: str) -> str:
    """The alert in a sentence: what it watches, what it was, and the line that was crossed."""
    kpi = alert.rule.kpi
    now, before = amount(alert.current, kpi, currency), amount(alert.previous, kpi, currency)
    change = f", {_move(alert)}" if alert.change is not None else ""
    return f"{kpi.label}, {_scope(alert)}: {now}, before {before}{change}. The line is {_line(alert, currency)}."


def _rest(report: AlertReport) -> str:
    states = Counter(alert.state for alert in report.alerts)
    asked = len(report.alerts)
    quiet, little = states["ok"], states["insufficient_data"]
    rest = f"{asked} evaluation{'' if asked == 1 else 's'}: {quiet} quiet, {little} with too little data."
    return rest if report.firing else f"No alerts. {rest}"


def _row(alert: Alert, currency: str) -> tuple[Cell, ...]:
    kpi = alert.rule.kpi
    tone = TONES[alert.severity] if alert.state == "firing" else "dim" if alert.state == "insufficient_data" else ""
    return (
        Cell(alert.rule.name),
        Cell(_scope(alert)),
        Cell(STATES[alert.state], tone),
        Cell(amount(alert.current, kpi, currency)),
        Cell(amount(alert.previous, kpi, currency)),
        Cell(NOTHING if alert.change is None else _move(alert)),
        Cell(_line(alert, currency)),
    )


def _scope(alert: Alert) -> str:
    return "all channels" if alert.scope == "all" else clean(alert.scope_name)


def _move(alert: Alert) -> str:
    return _share(alert, alert.change or Decimal(0))


def _line(alert: Alert, currency: str) -> str:
    line = alert.rule.line
    return amount(line.threshold, alert.rule.kpi, currency) if line.of == "value" else _share(alert, line.threshold)


def _share(alert: Alert, value: Decimal) -> str:
    if alert.rule.line.of != "points":
        return percent(value, signed=True)
    return pp(value)


def records(report: AlertReport, *, every: bool = False) -> "Iterator[Record]":
    """One record an alert, its figures left to JSON."""
    for alert in report.alerts if every else report.firing:
        yield alert.as_json()
