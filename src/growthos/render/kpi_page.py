"""The KPIs as a page: one table for the whole shop; where asked, one for each channel, or one of all campaigns."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from growthos.measures.comparison import Comparison, Report, difference, relative
from growthos.measures.formulas import KPIS
from growthos.measures.values import KpiResult, Part, Unit, Value, shown
from growthos.money import places
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import clean, sparkline
from growthos.render.values import amount, movement

if TYPE_CHECKING:
    from growthos.render.output import Record

KPI, VALUE = Column("KPI"), Column("Value", numeric=True)
PREVIOUS, CHANGE = Column("Previous", numeric=True, rank=2), Column("Change", numeric=True, rank=1)
FIELDS = ("kpi", "scope", "unit", "value", "numerator", "denominator", "previous", "change", "delta", "better")


def page(report: Report) -> Page:
    """Heading, tables, warnings."""
    return tuple(_blocks(report))


def _blocks(report: Report) -> Iterator[Block]:
    yield heading("KPIs", report)
    yield Table("", (KPI, VALUE, PREVIOUS, CHANGE, _days(report)), tuple(_whole(report)))
    if report.by == "channel":
        for name, rows in _channels(report):
            yield Table(clean(name), (KPI, VALUE, PREVIOUS, CHANGE), tuple(rows))
    elif report.by == "campaign":
        yield from _campaigns(report)
    for warning in report.warnings:
        yield Note(clean(warning.message, limit=None), "warn")


def _days(report: Report) -> Column:
    """What the sparklines show: the window's days, or as many as are enough to see something and not too many."""
    shown = len(report.rows[0].days) if report.rows else 0
    return Column("By day" if shown in {0, len(report.period)} else f"Last {shown} days", rank=3)


def heading(title: str, report: Report) -> Heading:
    """The days, the days before, the zone, the currency and how far the data reach."""
    days = "1 day" if len(report.period) == 1 else f"{len(report.period)} days"
    return Heading(
        f"{title}, {report.period.first} to {report.period.last} ({days}, {report.timezone})",
        f"against {report.previous.first} to {report.previous.last}; {report.currency}; "
        f"data through {report.data_through or 'no day yet'}",
    )


def _whole(report: Report) -> Iterator[tuple[Cell, ...]]:
    for row in report.rows:
        kpi = KPIS[row.now.name]
        yield (
            Cell(kpi.label),
            Cell(amount(row.now.value, kpi, report.currency), "strong"),
            Cell(amount(row.before.value, kpi, report.currency)),
            movement(kpi, row.now.value, row.before.value, row.change, row.delta),
            Cell(sparkline(row.days), "dim"),
        )


def _channels(report: Report) -> Iterator[tuple[str, list[tuple[Cell, ...]]]]:
    """For each channel the KPIs that say something of it, now or before."""
    for key, name in report.channels.items():
        rows: list[tuple[Cell, ...]] = []
        for row in report.rows:
            now, before = (_of(result, report.by).get(key) for result in (row.now, row.before))
            if now is None or not (now.value or (before and before.value)):
                continue
            kpi = KPIS[row.now.name]
            change, delta = _moved(now, before, kpi.unit) if before else (None, None)
            rows.append(
                (
                    Cell(kpi.label),
                    Cell(amount(now.value, kpi, report.currency), "strong"),
                    Cell(amount(before.value if before else None, kpi, report.currency)),
                    movement(kpi, now.value, before.value if before else None, change, delta),
                )
            )
        if rows:
            yield name, rows


def _campaigns(report: Report) -> Iterator[Block]:
    """All campaigns side by side, in the order of the first KPI: where all are shown, by spend."""
    rows = [row for row in report.rows if row.now.by_campaign is not None]
    unknown = [KPIS[row.now.name].label for row in report.rows if row.now.by_campaign is None]
    if rows:
        first = rows[0].now.by_campaign or {}
        keys = sorted(report.campaigns, key=lambda key: (first[key].value or 0) if key in first else 0, reverse=True)
        columns = [Column("Campaign"), *(Column(_short(row.now.name), numeric=True) for row in rows)]
        yield Table("", tuple(columns), tuple(_campaign(report, rows, key) for key in keys))
    if unknown and len(report.rows) < len(KPIS):
        yield Note(f"Not known by campaign: {', '.join(unknown)}.", "dim")


def _campaign(report: Report, rows: Sequence[Comparison], key: str) -> tuple[Cell, ...]:
    parts = [(KPIS[row.now.name], (row.now.by_campaign or {}).get(key)) for row in rows]
    values = [Cell(amount(part.value if part else None, kpi, report.currency)) for kpi, part in parts]
    return (Cell(clean(report.campaigns[key])), *values)


def _short(name: str) -> str:
    """A KPI's name for the head of a narrow column: the trade's abbreviation."""
    label = KPIS[name].label
    return label if len(label) <= len("Ad spend") else name.upper()


def _of(result: KpiResult, by: str | None) -> Mapping[str, Part]:
    return (result.by_channel if by == "channel" else result.by_campaign) or {}


def _moved(now: Part, before: Part, unit: Unit) -> tuple[Decimal | None, Value]:
    one, other = _exact(now, unit), _exact(before, unit)
    change = relative(one, other)
    return None if change is None else places(change), shown(difference(one, other), unit)


def _exact(part: Part, unit: Unit) -> Fraction | None:
    if part.value is None:
        return None
    return (
        Fraction(part.value) if unit == "days" or not part.denominator else Fraction(part.numerator, part.denominator)
    )


def records(report: Report) -> "Iterator[Record]":
    """One record a KPI, then one for each of its channels or campaigns; cents as whole numbers."""
    for row in report.rows:
        yield {
            "kpi": row.now.name,
            "scope": "all",
            "unit": row.now.unit,
            "value": row.now.value,
            "numerator": row.now.numerator,
            "denominator": row.now.denominator,
            "previous": row.before.value,
            "change": row.change,
            "delta": row.delta,
            "better": row.better,
        }
        before = _of(row.before, report.by)
        for key, part in _of(row.now, report.by).items():
            earlier = before.get(key)
            change, delta = _moved(part, earlier, row.now.unit) if earlier else (None, None)
            yield {
                "kpi": row.now.name,
                "scope": key,
                "unit": row.now.unit,
                "value": part.value,
                "numerator": part.numerator,
                "denominator": part.denominator,
                "previous": earlier.value if earlier else None,
                "change": change,
                "delta": delta,
                "better": row.better,
            }


def worked_out(report: Report) -> str:
    """The first KPI's value with its numerator, denominator and components, as a list in Markdown."""
    row = report.rows[0]
    kpi = KPIS[row.now.name]
    lines = [
        f"## In the {len(report.period)} days to {report.period.last} (money in cents)",
        "",
        f"**{amount(row.now.value, kpi, report.currency)}**, before {amount(row.before.value, kpi, report.currency)}.",
        "",
    ]
    quotient = {"numerator": row.now.numerator, "denominator": row.now.denominator}
    for name, value in {**quotient, **row.now.components}.items():
        if value is not None:
            lines.append(f"- `{name}`: {value:,}")
    return "\n".join(lines) + "\n"
