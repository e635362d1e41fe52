"""The tables of a review that no other command shows: channels, campaigns, and the steps from a visit to a purchase."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from growthos import measures
from growthos.kpis import KPIS
from growthos.measures.comparison import relative
from growthos.measures.values import Value, safe_div
from growthos.money import places
from growthos.render.charts import Meter
from growthos.render.pages import Block, Cell, Column, Note, Table
from growthos.render.text import NOTHING, clean
from growthos.render.values import movement, pp, written
from growthos.render.weekly_story import judged, lower
from growthos.weekly import CAMPAIGNS, CHANNELS, Place, Review, Step
from growthos.wording import count, percent

MOST = 20
"""As many campaigns as the table shows; `growthos kpis --by campaign` has all."""
ABBREVIATED = 4
"""KPIs with names as short as these are known by them."""


def channels(found: Review) -> Iterator[Block]:
    if not found.channels:
        yield Note("Nothing happened in any channel.", "dim")
        return
    yield _places(found, "Channel", found.channels, CHANNELS)
    yield Note(
        "Net revenue is that of the last click before the order, MER the same over spend; ROAS is as the ad platforms "
        "claim it.",
        "dim",
    )


def campaigns(found: Review) -> Iterator[Block]:
    if not found.campaigns:
        yield Note("No campaign did anything in these days or in those before.", "dim")
        return
    table = _places(found, "Campaign", found.campaigns[:MOST], CAMPAIGNS)
    first, *columns = table.columns
    yield Table(
        "",
        (first, Column("Channel"), *columns),
        tuple((row[0], Cell(one.channel), *row[1:]) for row, one in zip(table.rows, found.campaigns, strict=False)),
    )
    if len(found.campaigns) > MOST:
        yield Note(
            f"{len(found.campaigns) - MOST:,} more with less spend; `growthos kpis --by campaign` has all.", "dim"
        )


def _places(found: Review, first: str, places_: Sequence[Place], names: Sequence[str]) -> Table:
    """A row for each place; beside the first of its numbers, which can be added up, stands how it moved."""
    lead, *others = names
    columns = (Column(_head(lead), numeric=True), Column("Change", numeric=True))
    return Table(
        "",
        (Column(first), *columns, *(Column(_head(name), numeric=True) for name in others)),
        tuple(
            (
                Cell(clean(one.name)),
                Cell(_value(found, lead, one.now[lead]), "strong"),
                _change(lead, one),
                *(Cell(_value(found, name, one.now[name])) for name in others),
            )
            for one in places_
        ),
    )


def _head(name: str) -> str:
    """What a column is called: a KPI by its abbreviation where it has one."""
    if name in KPIS:
        return name.upper() if len(name) <= ABBREVIATED else KPIS[name].label
    return f"{measures.COUNTS[name]}s".capitalize()


def _value(found: Review, name: str, value: Value) -> str:
    return written(value, KPIS[name].form if name in KPIS else "count", found.report.currency)


def _change(lead: str, one: Place) -> Cell:
    now, before = one.now[lead], one.before[lead]
    change = relative(Fraction(now or 0), Fraction(before or 0))
    return judged(movement(KPIS[lead], now, before, None if change is None else places(change), None))


def funnel(found: Review) -> Iterator[Block]:
    if not any(step.now or step.before for step in found.funnel):
        yield Note("No visits are known for these days or for those before.", "dim")
        return
    columns = ("These days", "Days before", "Change", "Of all sessions", "Of the step before", "Before", "Change")
    yield Table(
        "",
        (Column("Step"), *(Column(one, numeric=True) for one in columns)),
        tuple(_step(found, one) for one in found.funnel),
    )
    steps = [one for one in found.funnel if one.rate is not None and one.rate_before]
    if steps:
        worst = min(steps, key=_kept)
        kept = _kept(worst)
        if kept < 1:
            yield Note(
                f"The step that lost most is {lower(_named(worst))}: {written(worst.rate, 'percent', '')} of the step "
                f"before, {written(worst.rate_before, 'percent', '')} in the days before, "
                f"{percent(kept - 1, signed=True)}.",
            )


def _kept(step: Step) -> Fraction:
    """How much of its rate a step has kept."""
    return safe_div(Fraction(step.rate or 0), Fraction(step.rate_before or 0)) or Fraction(0)


def _step(found: Review, step: Step) -> tuple[Cell, ...]:
    sessions = found.funnel[0]
    share, share_before = safe_div(step.now, sessions.now), safe_div(step.before, sessions.before)
    change = relative(Fraction(step.now), Fraction(step.before))
    points = None if step.rate is None or step.rate_before is None else Decimal(step.rate) - Decimal(step.rate_before)
    first = step is sessions
    return (
        Cell(_named(step)),
        Cell(count(step.now), "strong"),
        Cell(count(step.before)),
        Cell(NOTHING if change is None else percent(change, signed=True)),
        Meter(
            written(None if share is None else places(share), "percent", ""),
            now=_hundredths(share),
            before=_hundredths(share_before),
        ),
        Cell("" if first else written(step.rate, "percent", "")),
        Cell("" if first else written(step.rate_before, "percent", "")),
        Cell("" if first else NOTHING if points is None else pp(points)),
    )


def _hundredths(share: Fraction | None) -> float:
    return round(float(min(share or 0, 1)) * 100, 1)


def _named(step: Step) -> str:
    return f"{measures.COUNTS[step.name]}s".capitalize()
