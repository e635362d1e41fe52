"""A KPI over time as a page: bars, what is to be seen in them told in words, and the same for each channel."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from growthos.measures.series import Point, Series
from growthos.money import div_round
from growthos.period import Per, Period
from growthos.render.axis import fitted, units
from growthos.render.kpi_page import heading
from growthos.render.pages import Block, Cell, Column, Note, Page, Plot, Table
from growthos.render.text import NOTHING, clean
from growthos.render.values import amount, movement

if TYPE_CHECKING:
    from growthos.render.output import Record

FIELDS = ("kpi", "unit", "per", "scope", "since", "until", "complete", "value", "numerator", "denominator")
HIGH, LOW = 6, 3
"""As many labels as an axis has at most, of the whole and of a channel."""
QUARTERS = 8
"""From one label to the next there are two lines of four dots."""
LISTED = 5
"""As many days without a value as are named."""


def page(found: Series) -> Page:
    """Heading, bars, what they say, channels, warnings."""
    return tuple(_blocks(found))


def _blocks(found: Series) -> Iterator[Block]:
    report = found.report
    yield heading(f"{found.kpi.label} by {found.per}", report)
    yield from _scope(found, "", found.points, [found.points], HIGH)
    yield Note(_whole(found))
    if partial := _partial(found):
        yield Note(partial)
    telling = {slug: points for slug, points in (found.channels or {}).items() if any(one.part.value for one in points)}
    if len(telling) > 1:
        yield Note("The channels are drawn to one scale.", "dim")
    for slug, points in telling.items():
        yield from _scope(found, clean(report.channels[slug]), points, list(telling.values()), LOW)
    for warning in report.warnings:
        yield Note(clean(warning.message, limit=None), "warn")


def _scope(
    found: Series, title: str, points: Sequence[Point], together: Sequence[Sequence[Point]], most: int
) -> Iterator[Block]:
    """The bars of the whole or of a channel, on the axis that fits all that are drawn `together`, and their words."""
    columns = (Column(found.per.capitalize()), Column(found.kpi.label, numeric=True))
    rows = ((Cell(name_of(one, found.per)), Cell(_amount(found, one))) for one in points)
    yield _plot(found, Table(title, columns, tuple(rows)), points, together, most)
    yield Note(told(found, points))
    if len({one.part.value is None for one in points}) > 1:
        yield Note(_gaps(found, points))


def _plot(found: Series, table: Table, points: Sequence[Point], together: Sequence[Sequence[Point]], most: int) -> Plot:
    """Bars in dots: heights are whole numbers of the KPI's smallest unit, until they are rounded to a dot.

    A value of 0 has a dot of its own: only where there is no value, there is nothing.
    """
    heights = [units(found.kpi, one.part.value) for line in together for one in line if one.part.value is not None]
    axis = fitted(found.kpi, found.report.currency, heights, most)
    if axis is None:
        return Plot(table, (), (), "", ())
    above = tuple(line for label in axis.labels[: axis.ups] for line in (label, ""))
    below = tuple(line for label in axis.labels[axis.ups + 1 :] for line in ("", label))
    bars = tuple(
        None if one.part.value is None else _dots(units(found.kpi, one.part.value), axis.step, floor=bool(axis.ups))
        for one in points
    )
    return Plot(table, bars, above, axis.labels[axis.ups], below)


def _dots(height: int, step: int, *, floor: bool) -> int:
    """How many dots a bar is high, down from zero with a minus; one at least."""
    dots = div_round(height * QUARTERS, step)
    return dots or (1 if height > 0 or (not height and floor) else -1)


def told(found: Series, points: Sequence[Point]) -> str:
    """What is to be seen, for those who do not see it."""
    known = [one for one in points if one.part.value is not None]
    if not known:
        days = "the day" if len(found.report.period) == 1 else f"any of these {_many(len(points), found.per)}"
        return f"{found.kpi.label} has no value {_preposition(found.per)} {days}."
    low, high = (choose(known, key=lambda one: one.part.value or 0) for choose in (min, max))
    if len(known) == 1:
        return f"{_amount(found, known[0])} {_when(known[0], found.per)}."
    if low.part.value == high.part.value:
        return f"{_amount(found, low)} {_preposition(found.per)} every {found.per} that has a value."
    names = {low: ["Lowest"]}
    for name, one in (("highest", high), ("last", known[-1])):
        names.setdefault(one, []).append(name)
    parts = (f"{' and '.join(words)} {_amount(found, one)} {_when(one, found.per)}" for one, words in names.items())
    return f"{', '.join(parts)}."


def _gaps(found: Series, points: Sequence[Point]) -> str:
    missing = [name_of(one, found.per) for one in points if one.part.value is None]
    more = f" and {len(missing) - LISTED:,} more" if len(missing) > LISTED else ""
    of = f"{len(missing):,} of the {_many(len(points), found.per)}"
    return f"No value, and a gap, {_preposition(found.per)} {of}: {', '.join(missing[:LISTED])}{more}."


def _whole(found: Series) -> str:
    """The KPI of all days together, which is no mean of the bars, and of the days before."""
    row, currency = found.row, found.report.currency
    days = "day" if len(found.report.period) == 1 else f"{len(found.report.period):,} days"
    now, before = (amount(one.value, found.kpi, currency) for one in (row.now, row.before))
    move = movement(found.kpi, row.now.value, row.before.value, row.change, row.delta).text
    return f"Of the {days}: {now}; of the {days} before: {before}{'' if move == NOTHING else f', {move}'}."


def _partial(found: Series) -> str:
    """Which weeks or months are not whole."""
    said = ["Weeks begin on Monday."] if found.per == "week" else []
    ends = {"first": found.points[0], "last": found.points[-1]}
    if len(found.points) == 1:
        ends = {"only": found.points[0]}
    for word, one in ends.items():
        if not one.complete:
            days = _many(len(one.period), "day")
            said.append(f"The {word} {found.per} is not whole: {days}, {one.period.first} to {one.period.last}.")
    return " ".join(said)


def _many(number: int, per: Per) -> str:
    return f"1 {per}" if number == 1 else f"{number:,} {per}s"


def name_of(point: Point, per: Per) -> str:
    """A day, a week by its Monday, a month without one."""
    first = Period.around(point.period.first, per).first
    return f"{first:%Y-%m}" if per == "month" else first.isoformat()


def _when(point: Point, per: Per) -> str:
    return f"{_preposition(per)} {'the week of ' if per == 'week' else ''}{name_of(point, per)}"


def _preposition(per: Per) -> str:
    return "on" if per == "day" else "in"


def _amount(found: Series, point: Point) -> str:
    return amount(point.part.value, found.kpi, found.report.currency)


def records(found: Series) -> "Iterator[Record]":
    """One record a day, week or month of the whole, then of each channel; cents as whole numbers."""
    for scope, points in {"all": found.points, **(found.channels or {})}.items():
        for one in points:
            yield {
                "kpi": found.kpi.name,
                "unit": found.kpi.unit,
                "per": found.per,
                "scope": scope,
                "since": one.period.first,
                "until": one.period.last,
                "complete": "true" if one.complete else "false",
                "value": one.part.value,
                "numerator": one.part.numerator,
                "denominator": one.part.denominator,
            }
