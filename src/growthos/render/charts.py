"""Figures of the review: where each bar and label of them is, in the units of the drawing, and what they say in words.

How they look is the template's; where nothing can be drawn, the text or the table of a figure stands in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from growthos.measures.series import Point, Series
from growthos.measures.values import Value
from growthos.period import Period
from growthos.render.axis import fitted, units
from growthos.render.pages import Cell
from growthos.render.plot_page import name_of, told
from growthos.render.text import sparkline

WIDTH, HEIGHT = 440, 190
TOP, BOTTOM = 22, 24
LETTER = 8
"""As wide as a figure or a sign of an axis."""
STEPS = 5
DATE, DATES = 90, 4
"""As much room as a date needs, and as many as stand below a chart at most."""
GAP = 0.25
WEEK = 7
"""No bar is wider than those of a week, however few there are."""
SPARK = (200, 36)
TINY = (84, 18)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from its upper left corner; `marked` where it is of the days that the review is about."""

    x: float
    y: float
    width: float
    height: float
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark(Cell):
    """Small bars without an axis, in a cell or a card; its text is the same in characters."""

    width: int
    height: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter(Cell):
    """A share as a bar in a cell, now and before, in hundredths; its text says it."""

    now: float
    before: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat(Cell):
    """A share as a shade, from 0 to `SHADES`; its text says it."""

    level: int


@dataclass(frozen=True, slots=True)
class Label:
    """A text of an axis, and where it begins, is centred or ends."""

    text: str
    at: float
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over time with their axes; `band` is where the marked days begin, and how wide they are together."""

    title: str
    told: str
    spark: str
    left: int
    zero: float
    bars: tuple[Bar, ...]
    lines: tuple[Label, ...]
    dates: tuple[Label, ...]
    band: tuple[float, float] | None
    width: int = WIDTH
    height: int = HEIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Card:
    """A headline KPI: its value, how it moved, what it was (empty where it had no value), and its days."""

    label: str
    value: str
    movement: Cell
    previous: str
    told: str
    spark: Spark


def chart(found: Series, days: Period) -> Chart:
    """A KPI over time, with the days of a period marked."""
    points = found.points
    lit = marked(points, days)
    heights = [units(found.kpi, one.part.value) for one in points if one.part.value is not None]
    axis = fitted(found.kpi, found.report.currency, heights, STEPS)
    labels, ups, downs, step = (axis.labels, axis.ups, axis.downs, axis.step) if axis else (("0",), 1, 0, 1)
    left = LETTER * max(map(len, labels)) + 2 * LETTER
    room = (left, TOP, WIDTH - left, HEIGHT - TOP - BOTTOM)
    zero = room[1] + room[3] * ups / (ups + downs)
    bars = _bars(
        [None if one.part.value is None else units(found.kpi, one.part.value) / step for one in points],
        lit,
        (room[0], zero, room[2], room[3] / (ups + downs)),
    )
    slot = room[2] / len(points)
    return Chart(
        title=found.kpi.label,
        told=told(found, points),
        spark=sparkline([one.part.value for one in points]),
        left=left,
        zero=round(zero, 1),
        bars=bars if axis else (),
        lines=tuple(
            Label(text, round(room[1] + room[3] * place / (ups + downs), 1), "end")
            for place, text in enumerate(labels if axis else ())
        ),
        dates=tuple(_dates(found, left, slot)),
        band=(round(left + slot * lit.index(True), 1), round(slot * sum(lit), 1)) if any(lit) else None,
    )


def spark(values: Sequence[Value], lit: Sequence[bool], size: tuple[int, int] = TINY) -> Spark:
    """The bars of some values, from zero."""
    known = [one for one in values if one is not None]
    high, low = max(0, *known, 0), min(0, *known, 0)
    width, height = size
    if not high - low:
        return Spark(sparkline(values), "dim", width=width, height=height, bars=())
    unit = float(height / (high - low))
    bars = _bars([None if one is None else float(one) for one in values], lit, (0, float(high) * unit, width, unit))
    return Spark(sparkline(values), "dim", width=width, height=height, bars=bars)


def marked(points: Sequence[Point], days: Period) -> list[bool]:
    """Which points have to do with these days."""
    return [one.period.last >= days.first and one.period.first <= days.last for one in points]


def _bars(
    heights: Sequence[float | None], lit: Sequence[bool], place: tuple[float, float, float, float]
) -> tuple[Bar, ...]:
    """A bar for each height that there is; `place`: where they begin, the zero, their width, the height of a unit."""
    left, zero, width, unit = place
    slot = width / len(heights)
    wide = min(slot, width / WEEK) * (1 - GAP)
    found = []
    for number, (height, is_lit) in enumerate(zip(heights, lit, strict=True)):
        if height is not None:
            tall = max(abs(height) * unit, 1.0)
            top = zero - tall if height >= 0 else zero
            x = left + slot * (number + 0.5) - wide / 2
            found.append(Bar(round(x, 1), round(top, 1), round(wide, 1), round(tall, 1), is_lit))
    return tuple(found)


def _dates(found: Series, left: int, slot: float) -> list[Label]:
    """The first day, the last, and as many between them as there is room for, evenly."""
    last = len(found.points) - 1
    parts = min(DATES, int(slot * len(found.points)) // DATE) - 1
    if last < parts:
        return [Label(name_of(found.points[0], found.per), left, "start")]
    places = [last * part // parts for part in range(parts + 1)]
    middles = [Label(name_of(found.points[at], found.per), round(left + slot * (at + 0.5), 1)) for at in places[1:-1]]
    return [
        Label(name_of(found.points[0], found.per), left, "start"),
        *middles,
        Label(name_of(found.points[-1], found.per), WIDTH, "end"),
    ]
