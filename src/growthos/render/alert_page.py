"""The alerts as a page: a panel for each that fires, the gravest first, and one line on all that do not."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from growthos.alerts import Alert, AlertReport
from growthos.measures.values import Format
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Panel, Table, Tone
from growthos.render.text import NOTHING, clean
from growthos.render.values import amount, pp, written
from growthos.rules import ALL
from growthos.unusual import Scale, UnusualDay
from growthos.wording import multiple, percent

if TYPE_CHECKING:
    from growthos.render.output import Record

TONES: dict[str, Tone] = {"critical": "bad", "warning": "warn", "info": "dim"}
FORMS: dict[Scale, Format] = {"cents": "money", "count": "count"}
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
    "standing",
    "active_since",
    "silenced_by",
    "inhibited_by",
    "lag_days",
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
UNUSUAL = (
    Column("Day"),
    Column("Series"),
    Column("Value", numeric=True),
    Column("Expected", numeric=True),
    Column("Times", numeric=True, rank=1),
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
            title(alert),
            "dim" if alert.held_back else TONES[alert.severity],
            facts(alert, report.currency),
            clean(alert.recommendation or "", limit=None),
        )
    yield Note(_rest(report), "" if report.firing else "good")
    yield from _inhibited(report)
    if every:
        yield Table("", EVERY, tuple(_row(alert, report.currency) for alert in report.alerts))
        if report.disabled:
            yield Note(f"Switched off in growthos.toml: {', '.join(report.disabled)}.", "dim")
    if report.unusual:
        yield Table("Unusual days", UNUSUAL, tuple(_unusual(one, report.currency) for one in report.unusual))
        yield from (Note(text) for text in dict.fromkeys(map(_meaning, report.unusual)))
    for warning in report.warnings:
        yield Note(clean(warning.message, limit=None), "warn")


def title(alert: Alert) -> str:
    """What it is and how it stands: `critical: Net revenue drop, since 2026-03-28`."""
    said = [f"{alert.severity}: {alert.rule.label}"]
    if alert.standing and alert.standing.active_since:
        said.append(f"{'pending ' if alert.standing.state == 'pending' else ''}since {alert.standing.active_since}")
    said += [f"silenced by {alert.silenced_by}"] * bool(alert.silenced_by)
    said += [f"inhibited by {alert.inhibited_by}"] * bool(alert.inhibited_by)
    return ", ".join(said)


def facts(alert: Alert, currency: str) -> str:
    """The alert in a sentence: what it watches, what it was, and the line that was crossed."""
    kpi = alert.rule.kpi
    now, before = amount(alert.current, kpi, currency), amount(alert.previous, kpi, currency)
    change = f", {_move(alert)}" if alert.change is not None else ""
    late = f", the week {alert.lag_days} day{'' if alert.lag_days == 1 else 's'} earlier" if alert.lag_days else ""
    line, where = _line(alert, currency), scoped(alert.scope, alert.scope_name)
    return f"{kpi.label}, {where}{late}: {now}, before {before}{change}. The line is {line}."


def _rest(report: AlertReport) -> str:
    states = Counter(alert.state for alert in report.alerts)
    asked = len(report.alerts)
    quiet, little = states["ok"], states["insufficient_data"]
    rest = f"{asked} evaluation{'' if asked == 1 else 's'}: {quiet} quiet, {little} with too little data."
    if held := sum(alert.held_back for alert in report.firing):
        rest += f" Of the {len(report.firing)} that fire nobody is told of {held}."
    return rest if report.firing else f"No alerts. {rest}"


def _inhibited(report: AlertReport) -> Iterator[Note]:
    """Why alerts are inhibited."""
    if report.failed is not None:
        failed = ", ".join(report.failed) or "a critical check"
        yield Note(
            f"All alerts are inhibited while {failed} fails: these numbers are older than what was checked.", "warn"
        )
    elif any(alert.inhibited_by for alert in report.firing):
        yield Note(
            "What ads are said to bring in is inhibited while tracking is suspect: fewer visits end in a tracked "
            "purchase, and the shop's own orders did not fall like that.",
            "warn",
        )


def _row(alert: Alert, currency: str) -> tuple[Cell, ...]:
    kpi = alert.rule.kpi
    return (
        Cell(alert.rule.name),
        Cell(scoped(alert.scope, alert.scope_name)),
        _state(alert),
        Cell(amount(alert.current, kpi, currency)),
        Cell(amount(alert.previous, kpi, currency)),
        Cell(NOTHING if alert.change is None else _move(alert)),
        Cell(_line(alert, currency)),
    )


def _state(alert: Alert) -> Cell:
    """What its rule says; where it fires, also what keeps people from being told."""
    said = STATES[alert.state]
    if alert.state != "firing":
        return Cell(said, "dim" if alert.state == "insufficient_data" else "")
    return Cell(", ".join([said, *held_back(alert)]), "dim" if alert.held_back else TONES[alert.severity])


def held_back(alert: Alert) -> list[str]:
    """What keeps people from being told of an alert, in a word each."""
    return ["silenced"] * (alert.silenced_by is not None) + ["inhibited"] * (alert.inhibited_by is not None)


def _unusual(one: UnusualDay, currency: str) -> tuple[Cell, ...]:
    form = FORMS[one.series.scale]
    return (
        Cell(one.day.isoformat()),
        Cell(of_scope(one)),
        Cell(written(one.value, form, currency), "warn"),
        Cell(written(one.expected, form, currency)),
        Cell(NOTHING if one.times is None else multiple(one.times)),
    )


def of_scope(one: UnusualDay) -> str:
    """The series, and the platform where each has its own: `Ad spend, Meta Ads`."""
    return one.series.label if one.scope == ALL else f"{one.series.label}, {clean(one.scope_name)}"


def _meaning(one: UnusualDay) -> str:
    return f"{of_scope(one)} {one.direction}: {one.meaning[0].lower()}{one.meaning[1:]}"


def scoped(scope: str, name: str) -> str:
    """A scope in words: all channels, or the channel's name."""
    return "all channels" if scope == ALL else clean(name)


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
