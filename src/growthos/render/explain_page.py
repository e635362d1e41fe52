"""What something is, as a page; of a KPI also its formula with the numbers of some days, their sources and the SQL."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from growthos.alert_report import AlertReport
from growthos.catalog import Entry
from growthos.explanation import Explanation, Figure, Reading
from growthos.last_build import LastBuild
from growthos.measures import COUNTS
from growthos.measures.formulas import whole
from growthos.measures.reading import Numbers
from growthos.measures.values import KpiResult, Value
from growthos.render import alert_page, check_page
from growthos.render.kpi_page import heading
from growthos.render.pages import Block, Cell, Column, Heading, Listing, Note, Page, Prose, Table
from growthos.render.text import NOTHING, clean
from growthos.render.values import amount, in_full, written
from growthos.wording import age, money

if TYPE_CHECKING:
    from growthos.render.output import Record

FIGURES = (
    Column("Made of"),
    Column("Value", numeric=True),
    Column("Previous", numeric=True, rank=1),
    Column("What it is", rank=2, prose=True),
)
SOURCES = (Column("Source"), Column("Complete through"), Column("Last read"))
ENTRY_FIELDS = ("kind", "name", "line", "text")
FIELDS = ("kpi", "part", "name", "unit", "value", "previous", "data_through", "read_at", "stale", "text")
SUM = "sum of "
NAME = re.compile(r"[a-z_]{2,}")


def entry(found: Entry, now: AlertReport | LastBuild | None = None) -> Page:
    """What is declared, and below it what the alert or check says now."""
    match now:
        case None:
            return (Prose(found.markdown),)
        case AlertReport():
            return (Prose(found.markdown), *alert_page.page(now, every=True))
        case LastBuild():
            return (Prose(found.markdown), *check_page.page(now))


def as_json(found: Entry, now: AlertReport | LastBuild | None = None) -> dict[str, Any]:
    """The structure of `explain ALERT --format json`: the entry, and what `alerts --all` or `checks` says of it."""
    match now:
        case None:
            return found.as_json()
        case AlertReport():
            return found.as_json() | now.as_json(all=True)
        case LastBuild():
            return found.as_json() | now.as_json()


def entry_records(found: Entry) -> "Iterator[Record]":
    """One record a line of what is declared."""
    for number, line in enumerate(found.markdown.splitlines(), 1):
        yield {"kind": found.kind, "name": found.name, "line": number, "text": line}


def page(found: Explanation) -> Page:
    """The definition, the formula with its numbers, what they are, the sources, what to know, and the SQL."""
    return (*entry(found.entry), *_blocks(found))


def _blocks(found: Explanation) -> Iterator[Block]:
    yield heading(found.kpi.label, found.report)
    yield Note(worked_out(found, found.row.now, found.report.now), "strong")
    yield Note(f"before: {worked_out(found, found.row.before, found.report.before)}", "dim")
    yield Table("", FIGURES, tuple(_figure(one, found.report.currency) for one in found.figures))
    if found.readings:
        yield Table("", SOURCES, tuple(_reading(one, found) for one in found.readings))
    for warning in found.warnings:
        yield Note(clean(warning.message, limit=None), "warn")
    if not found.warnings:
        yield Note("No caveats.", "good")
    for sql in found.queries:
        yield Heading("The same by channel, in SQL", "the command sql takes it as it is")
        yield Listing(sql, language="sql")


def worked_out(found: Explanation, result: KpiResult, numbers: Numbers) -> str:
    """The formula with the numbers of a window in it: `$5,385.10 / 56 new customers = $96.16`."""
    value = amount(result.value, found.kpi, found.report.currency)
    return f"{_formula(found, result, numbers)} = {value}"


def _formula(found: Explanation, result: KpiResult, numbers: Numbers) -> str:
    if found.earned is not None:
        return _payback(found, result)
    if found.kpi.written.startswith(SUM):
        return _addends(found, found.kpi.written.removeprefix(SUM), numbers)
    now = result is found.row.now
    given = {one.name: one.value if now else one.previous for one in found.figures}
    return NAME.sub(lambda name: _term(name[0], given, found.report.currency), found.kpi.written)


def _term(name: str, given: Mapping[str, Value], currency: str) -> str:
    """A number in the place of its name, an amount as it is and a count with what is counted."""
    value = given[name]
    if name not in COUNTS:
        term = in_full(value, "money", currency)
        return f"({term})" if term.startswith("-") else term
    return f"{written(value, 'count', currency)} {COUNTS[name]}{'' if value == 1 else 's'}"


def _addends(found: Explanation, name: str, numbers: Numbers) -> str:
    """What a sum is of, channel by channel, the largest first."""
    names, currency = found.report.channels, found.report.currency
    parts = {slug: whole(name, group) for slug, group in numbers.channels.items()}
    largest = sorted((slug for slug in parts if parts[slug]), key=lambda slug: -parts[slug])
    told = [f"{money(parts[slug], currency, hundredths=True)} {clean(names.get(slug, slug))}" for slug in largest]
    return " + ".join(told) or money(0, currency)


def _payback(found: Explanation, result: KpiResult) -> str:
    """Which contribution stands against which spend, by the day that pays back or by the last."""
    now = result is found.row.now
    earned = (found.earned or (0, 0))[0 if now else 1]
    contribution, spend = (money(one, found.report.currency, hundredths=True) for one in (earned, result.numerator))
    customers = _term("cohort_size", {"cohort_size": result.denominator}, found.report.currency)
    does = "does not cover" if result.value is None else f"by day {result.value} covers"
    return f"{contribution} of contribution {does} {spend} of ad spend for {customers}"


def _figure(one: Figure, currency: str) -> tuple[Cell, ...]:
    now, before = (
        (in_full if one.form == "money" else written)(value, one.form, currency) for value in (one.value, one.previous)
    )
    return (Cell(one.name), Cell(now), Cell(before), Cell(one.doc))


def _reading(one: Reading, found: Explanation) -> tuple[Cell, ...]:
    read = f"{age(found.at - one.read_at)} ago" if one.read_at else NOTHING
    return (
        Cell(clean(one.source)),
        Cell(str(one.data_through or NOTHING)),
        Cell(read, "bad" if one.stale(found.at) else ""),
    )


def records(found: Explanation) -> "Iterator[Record]":
    """One record each for the value, what it is made of, its sources and the SQL; cents as whole numbers."""
    row, none = found.row, dict.fromkeys(FIELDS)
    common = none | {"kpi": found.kpi.name}
    yield common | {
        "part": "value",
        "name": found.kpi.name,
        "unit": row.now.unit,
        "value": row.now.value,
        "previous": row.before.value,
        "text": found.kpi.written,
    }
    for one in found.figures:
        told = one.as_json()
        yield common | told | {"text": told["meaning"]}
    for read in found.readings:
        yield common | {
            "part": "source",
            "name": read.source,
            "data_through": read.data_through,
            "read_at": read.read_at,
            "stale": read.stale(found.at),
        }
    for sql in found.queries:
        yield common | {"part": "sql", "text": " ".join(sql.split())}
