"""A KPI over time as a page: bars, what is to be seen in them told in words, and the same for each channel."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from growthos.measures.series import Point, Series
from growthos.measures.values import Value
from growthos.money import div_round
from growthos.period import Per, Period
from growthos.render.kpi_page import heading
from growthos.render.pages import Block, Cell, Column, Note, Page, Plot, Table
from growthos.render.text import NOTHING, clean
from growthos.render.values import amount, in_full, movement

if TYPE_CHECKING:
    from growthos.render.output import Record

FIELDS = ("kpi", "unit", "per", "scope", "since", "until", "complete", "value", "numerator", "denominator")
HIGH, LOW = 6, 3
"""As many labels as an axis has at most, of the whole and of a channel."""
QUARTERS = 8
"""From one label to the next there are two lines of four dots."""
LISTED = 5
"""As many days without a value as are named."""
FRACTION = re.compile(r"\.(\d+)")
DIGITS = 6
MILLION = 10**DIGITS


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
    known = [one for one in points if one.part.value is not None]
    columns = (Column(found.per.capitalize()), Column(found.kpi.label, numeric=True))
    rows = ((Cell(_name(one, found.per)), Cell(_amount(found, one))) for one in points)
    yield _plot(found, Table(title, columns, tuple(rows)), points, together, most)
    yield Note(_told(found, known, len(points)))
    if known and len(known) < len(points):
        yield Note(_gaps(found, points))


def _plot(found: Series, table: Table, points: Sequence[Point], together: Sequence[Sequence[Point]], most: int) -> Plot:
    """Bars in dots: heights are whole numbers of the KPI's smallest unit, until they are rounded to a dot.

    A value of 0 has a dot of its own: only where there is no value, there is nothing.
    """
    heights = [_units(found, one.part.value) for line in together for one in line if one.part.value is not None]
    high, low = max(0, *heights, 0), min(0, *heights, 0)
    if not high - low:
        return Plot(table, (), (), "", ())
    step = next(one for one in _round_numbers() if -(-high // one) + -(low // one) <= most)
    ups, downs = -(-high // step), -(low // step)
    labels = _labels(found, [step * one for one in range(ups, -downs - 1, -1)])
    above = tuple(line for label in labels[:ups] for line in (label, ""))
    below = tuple(line for label in labels[ups + 1 :] for line in ("", label))
    bars = tuple(
        None if one.part.value is None else _dots(_units(found, one.part.value), step, floor=bool(ups))
        for one in points
    )
    return Plot(table, bars, above, labels[ups], below)


def _dots(units: int, step: int, *, floor: bool) -> int:
    """How many dots a bar is high, down from zero with a minus; one at least."""
    dots = div_round(units * QUARTERS, step)
    return dots or (1 if units > 0 or (not units and floor) else -1)


def _round_numbers() -> Iterator[int]:
    """What one likes to read at an axis: 1, 2, 5, 10, 20, 25, 50, 100, 200, …"""
    yield from (1, 2, 5)
    for power in count(1):
        yield from (10**power, 2 * 10**power, 25 * 10 ** (power - 1), 5 * 10**power)


def _units(found: Series, value: Value) -> int:
    """Cents, days, or millionths of a ratio."""
    return int((value or 0) * (MILLION if found.kpi.unit == "ratio" else 1))


def _labels(found: Series, steps: Sequence[int]) -> list[str]:
    """The numbers at the axis, all with as many digits as one of them needs; of an amount all digits or none."""
    scale = -DIGITS if found.kpi.unit == "ratio" else 0
    form = found.kpi.form
    texts = [in_full(Decimal(one).scaleb(scale), form, found.report.currency) for one in steps]
    fractions = [match[1] for text in texts if (match := FRACTION.search(text))]
    needed = max((len(one.rstrip("0")) for one in fractions), default=0)
    if needed and form == "money":
        return texts
    return [FRACTION.sub(lambda match: f".{match[1][:needed]}" if needed else "", text) for text in texts]


def _told(found: Series, known: Sequence[Point], total: int) -> str:
    """What is to be seen, for those who do not see it."""
    if not known:
        days = "the day" if len(found.report.period) == 1 else f"any of these {_many(total, found.per)}"
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
    missing = [_name(one, found.per) for one in points if one.part.value is None]
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


def _name(point: Point, per: Per) -> str:
    """A day, a week by its Monday, a month without one."""
    first = Period.around(point.period.first, per).first
    return f"{first:%Y-%m}" if per == "month" else first.isoformat()


def _when(point: Point, per: Per) -> str:
    return f"{_preposition(per)} {'the week of ' if per == 'week' else ''}{_name(point, per)}"


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
