"""Cohorts as a page: a row for each month, with what its customers had come to by each horizon; the same by channel."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from growthos.measures.months import HORIZONS, Cohorts, Horizon, Month
from growthos.measures.values import Unit, shown
from growthos.period import Period
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.values import written
from growthos.wording import count

if TYPE_CHECKING:
    from fractions import Fraction

    from growthos.measures.values import Format
    from growthos.render.output import Record
    from growthos.render.pages import Tone

RANKS = {"Repeat": (0, 6, 4, 2), "LTV": (0, 5, 3, 1)}
"""On a narrow terminal the horizons in the middle go first, and money last."""
FIELDS = (
    *("cohort_month", "scope", "complete", "size", "spend_cents", "cac_cents"),
    *(
        f"{name}_{one}{unit}"
        for one in HORIZONS
        for name, unit in (
            *(("matured", ""), ("repeat", ""), ("repeat_rate", "")),
            *(("ltv", "_cents"), ("ltv", "_cents_total"), ("contribution", "_cents_total")),
        )
    ),
    *("longest_days", "ltv_to_cac"),
)


def page(found: Cohorts) -> Page:
    """Heading, the whole, channels, and what the numbers do not tell."""
    return tuple(_blocks(found))


def _blocks(found: Cohorts) -> Iterator[Block]:
    about, months = found.about, found.months
    below = f"{about.currency}; data through {about.data_through}"
    if not months:
        yield Heading("Cohorts: nobody has ordered yet", below)
        return
    yield Heading(
        f"Cohorts by month of the first order, {_name(months[0])} to {_name(months[-1])} ({about.timezone})",
        f"repeat: who ordered again by that day; LTV: net revenue of a customer by then; {below}",
    )
    yield _table(found, "", months)
    for channel in about.channels.values():
        if rows := (found.channels or {}).get(channel.slug):
            yield _table(found, channel.name, rows)
    yield from _notes(found)


def _table(found: Cohorts, title: str, months: Sequence[Month]) -> Table:
    """Without the horizons that nobody has reached; the first one is always there."""
    reached = max((at for month in found.months for at, one in enumerate(month.horizons, 1) if one.matured), default=1)
    columns = (
        *(Column("Month"), Column("New", numeric=True), Column("CAC", numeric=True)),
        *(_column(name, at) for name in RANKS for at in range(reached)),
        Column("LTV/CAC", numeric=True),
    )
    return Table(title, columns, tuple(tuple(_row(month, reached, found.about.currency)) for month in months))


def _column(name: str, at: int) -> Column:
    """A horizon's; what is counted stands above the first one alone."""
    days = f"{HORIZONS[at]}d"
    return Column(days if at else f"{name} {days}", numeric=True, rank=RANKS[name][at])


def _row(month: Month, reached: int, currency: str) -> Iterator[Cell]:
    yield Cell(_name(month))
    yield Cell(count(month.size))
    yield Cell(_amount(month.cac, "money", currency))
    for one in month.horizons[:reached]:
        yield Cell(_amount(one.repeat_rate, "percent", currency), _tone(month, one))
    for one in month.horizons[:reached]:
        yield Cell(_amount(one.ltv, "money", currency), _tone(month, one))
    yield Cell(_amount(month.ltv_to_cac, "multiple", currency), "strong")


def _tone(month: Month, one: Horizon) -> "Tone":
    """Quieter where not all of them are counted yet, or nobody is."""
    return "" if one.matured == month.size else "dim"


def _amount(value: "Fraction | None", form: "Format", currency: str) -> str:
    unit: Unit = "cents" if form == "money" else "ratio"
    return written(shown(value, unit), form, currency)


def _name(month: Month) -> str:
    return f"{month.first:%Y-%m}"


def _notes(found: Cohorts) -> Iterator[Note]:
    young = [
        f"{count(one.matured)} of {count(month.size)} in {one.days}d of {_name(month)}"
        for month in found.months
        for one in month.horizons
        if 0 < one.matured < month.size
    ]
    if young:
        yield Note(f"Where not everybody's days are over, those count whose are: {', '.join(young)}.", "dim")
    start, last = found.about.history_start, found.months[-1].first
    if start is not None and found.months[0].first < start:
        yield Note(f"Orders are known from {start} on; who was new before is in no cohort.", "dim")
    if Period.around(last, "month").last > found.about.last_day():
        yield Note(f"{last:%Y-%m} is not over.", "dim")


def records(found: Cohorts) -> "Iterator[Record]":
    """One record a month of the whole, then of each channel; cents as whole numbers."""
    for scope, months in {"all": found.months, **(found.channels or {})}.items():
        for month in months:
            told = month.as_json()
            yield {
                **told,
                "scope": scope,
                "complete": "true" if month.complete else "false",
                **{name: value for one in told["horizons"] for name, value in _flat(one)},
            }


def _flat(horizon: dict[str, object]) -> Iterator[tuple[str, object]]:
    """The values of a horizon under the names of the columns of `cohorts`: matured_30, ltv_30_cents_total."""
    days = horizon["days"]
    for name, value in horizon.items():
        word, _, unit = name.partition("_cents")
        yield (f"{word}_{days}_cents{unit}" if "_cents" in name else f"{name}_{days}"), value
