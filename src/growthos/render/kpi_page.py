"""The KPIs as a page: one table for the whole shop; where asked, one for each channel, or one of campaigns and ads."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from growthos.measures.comparison import Comparison, Report, difference, relative
from growthos.measures.formulas import KPIS, Kpi
from growthos.measures.values import KpiResult, Part, Unit, Value, shown
from growthos.money import places
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import NOTHING, clean, sparkline
from growthos.render.values import amount, movement

if TYPE_CHECKING:
    from growthos.render.output import Record

KPI, VALUE = Column("KPI"), Column("Value", numeric=True)
PREVIOUS, CHANGE = Column("Previous", numeric=True, rank=2), Column("Change", numeric=True, rank=1)
FIELDS = ("kpi", "scope", "unit", "value", "numerator", "denominator", "previous", "change", "delta", "better")
ADS_FIELDS = ("name", "campaign_key")
MOST_ADS = 30
"""As many ads as a table shows; JSON and CSV have all."""


def page(report: Report) -> Page:
    """Heading, tables, warnings."""
    return tuple(_blocks(report))


def _blocks(report: Report) -> Iterator[Block]:
    yield heading("KPIs", report)
    yield whole(report)
    if report.by == "channel":
        for name, rows in _channels(report):
            yield Table(clean(name), (KPI, VALUE, PREVIOUS, CHANGE), tuple(rows))
    elif report.by is not None:
        yield from _campaigns(report)
    for warning in report.warnings:
        yield Note(clean(warning.message, limit=None), "warn")


def whole(report: Report) -> Table:
    """A row for each KPI of all channels together."""
    return Table("", (KPI, VALUE, PREVIOUS, CHANGE, _days(report)), tuple(_whole(report)))


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
        kpi = row.kpi
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
            kpi = row.kpi
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
    """All campaigns side by side, in the order of the first KPI: where all are shown, by spend.

    Where ads or keywords were asked for, they stand below their campaign, in the same order.
    """
    rows = [row for row in report.rows if row.now.by_campaign is not None]
    unknown = [row.kpi.label for row in report.rows if row.now.by_campaign is None]
    if rows:
        first = rows[0].now
        inside = {} if report.by == "campaign" else _inside(report, first.by_ad or {})
        keys = [key for key in report.campaigns if report.by != "keyword" or key in inside]
        lines = []
        for key in _ordered(keys, first.by_campaign or {}):
            below = inside.get(key, [])
            name = Cell(clean(report.campaigns[key]), "strong" if report.by != "campaign" else "")
            lines.append((name, *_values(report, [row.now.by_campaign for row in rows], rows, key)))
            for ad in below:
                name = Cell(f"{NOTHING} {clean(report.ads[ad].name)}")
                lines.append((name, *_values(report, [row.now.by_ad for row in rows], rows, ad)))
        yield Table("", _columns(report, rows), tuple(lines))
        if report.by != "campaign":
            yield from _left_out(report)
    if unknown and len(report.rows) < len(KPIS):
        yield Note(f"Not known by {report.by}: {', '.join(unknown)}.", "dim")


def _columns(report: Report, rows: Sequence[Comparison]) -> tuple[Column, ...]:
    """Names of ads are long: on a narrow terminal the last KPIs give way to them."""
    if report.by == "campaign":
        return (Column("Campaign"), *(Column(_short(row.kpi), numeric=True) for row in rows))
    ranked = [Column(_short(row.kpi), numeric=True, rank=max(0, place - 1)) for place, row in enumerate(rows)]
    return (Column(f"Campaign, {report.by}"), *ranked)


def _inside(report: Report, parts: Mapping[str, Part]) -> dict[str, list[str]]:
    """By campaign, its ads among those that a table shows."""
    found: dict[str, list[str]] = {}
    for key in _ordered(list(report.ads)[:MOST_ADS], parts):
        found.setdefault(report.ads[key].campaign, []).append(key)
    return found


def _left_out(report: Report) -> Iterator[Note]:
    more = len(report.ads) - MOST_ADS
    if not report.ads:
        yield Note(f"No {report.by} did anything in these days.", "dim")
    elif more > 0:
        yield Note(
            f"{more:,} more {report.by}{'s' if more > 1 else ''} with less spend; --format csv or json has all.", "dim"
        )
    if report.by == "ad" and any(key not in {ad.campaign for ad in report.ads.values()} for key in report.campaigns):
        yield Note("Campaigns without ads, such as Performance Max, are spend that no ad has.", "dim")


def _ordered(keys: Sequence[str], parts: Mapping[str, Part]) -> list[str]:
    """The greatest value first."""
    return sorted(keys, key=lambda key: (parts[key].value or 0) if key in parts else 0, reverse=True)


def _values(
    report: Report, parts: Sequence[Mapping[str, Part] | None], rows: Sequence[Comparison], key: str
) -> Iterator[Cell]:
    for row, known in zip(rows, parts, strict=True):
        part = (known or {}).get(key)
        yield Cell(amount(part.value if part else None, row.kpi, report.currency))


def _short(kpi: Kpi) -> str:
    """A KPI's name for the head of a narrow column: the trade's abbreviation."""
    return kpi.label if len(kpi.label) <= len("Ad spend") or "_" in kpi.name else kpi.name.upper()


def _of(result: KpiResult, by: str | None) -> Mapping[str, Part]:
    found = {"channel": result.by_channel, "campaign": result.by_campaign, "ad": result.by_ad, "keyword": result.by_ad}
    return found.get(by or "") or {}


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


def fields(report: Report) -> tuple[str, ...]:
    """The head of the records; ads and keywords bear a name and stand in a campaign."""
    return (*FIELDS, *ADS_FIELDS) if report.by in {"ad", "keyword"} else FIELDS


def records(report: Report) -> "Iterator[Record]":
    """One record a KPI, then one for each of its channels, campaigns, ads or keywords; cents as whole numbers."""
    for row in report.rows:
        yield {
            "kpi": row.now.name,
            "scope": "all",
            **row.as_json(),
            "name": None,
            "campaign_key": None,
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
                "name": report.ads[key].name if key in report.ads else None,
                "campaign_key": report.ads[key].campaign if key in report.ads else None,
            }
