"""Unusual days: the sum of a day beside the same weekday of the eight weeks before, in a way that outliers cannot bend.

Medians stand where others take means, and the median distance from them where others take the standard deviation: both
are pulled by the very days that are sought. Everything is worked out on log(1 + y), in which a half and a double are
equally far off. Source: KPI_SPEC 4.1.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any, Literal

from growthos import kpis  # noqa: F401 - declares the formulas
from growthos.measures import About
from growthos.measures.formulas import whole
from growthos.measures.reading import ChannelDays
from growthos.measures.values import safe_div
from growthos.money import places
from growthos.period import Period
from growthos.rules import ALL

Scale = Literal["cents", "count"]
Direction = Literal["up", "down"]

A_DAY, WEEK, WEEKS = timedelta(days=1), timedelta(days=7), 8
ENOUGH_VALUES = 6
"""Of the eight values of a baseline so many have to be known."""
ENOUGH_DAYS = 4
"""Of the seven days of a level so many: the greater half."""
NORMAL = 1.4826
"""The median distance from the median, times this, is the standard deviation of what is spread normally."""
LEAST_OF_MONEY = math.log(1.05)
LINE = 3.5
FIRST_JUDGED = ENOUGH_VALUES * WEEK + ENOUGH_DAYS * A_DAY
"""So long after the first day that is known the first one can be judged."""
LOOK_BACK = 2 * (WEEKS + 1) * WEEK
"""So long before a day others can have a say in it: those of its baseline, and those that say if one of these was
unusual itself."""


@dataclass(frozen=True, slots=True)
class Score:
    """How far a day is off: `z` in robust standard deviations, from what was `expected`, in the unit of the series."""

    z: float
    expected: float

    @property
    def unusual(self) -> bool:
        return abs(self.z) > LINE


def scores(
    values: Mapping[date, int], period: Period, scale: Scale, events: Collection[date] = ()
) -> dict[date, Score]:
    """The days of a period that can be judged, from the values of those days and of `LOOK_BACK` before them.

    `values` has every day that is known, one without anything as 0. Days of `events` are expected to be unusual: they
    are not judged, and nothing is judged by them. Nor by days that were unusual themselves.
    """
    logs = {day: math.log1p(max(0, value)) for day, value in values.items() if day not in events}
    past = Period(period.first - (WEEKS + 1) * WEEK, period.last)
    unusual = {day for day, score in _scores(logs, past, scale).items() if score.unusual}
    return _scores(logs, period, scale, unusual)


def _scores(
    logs: Mapping[date, float], period: Period, scale: Scale, left_out: Collection[date] = ()
) -> dict[date, Score]:
    """z = (y - m - level) / s: m the middle of the day's baseline, level that of y - m in the week before.

    s is the widest spread of the baselines of these eight days: eight values tell it so badly that a day in ten would
    be called unusual by its own weekday's alone.
    """
    reached = (day for day in Period(period.first - WEEK, period.last) if day in logs)
    baselines = {day: one for day in reached if (one := _baseline(logs, day, scale, left_out))}
    off = {day: logs[day] - middle for day, (middle, _) in baselines.items()}
    found = {}
    for day in period:
        lately = [one for one in Period(day - WEEK, day - A_DAY) if one in off]
        if day in off and len(lately) >= ENOUGH_DAYS:
            level = median(off[one] for one in lately)
            spread = max(baselines[one][1] for one in (day, *lately))
            found[day] = Score((off[day] - level) / spread, math.expm1(baselines[day][0] + level))
    return found


def _baseline(
    logs: Mapping[date, float], day: date, scale: Scale, left_out: Collection[date]
) -> tuple[float, float] | None:
    """Middle and spread of the same weekday in the weeks before; None where too few of them are known."""
    days = (day - number * WEEK for number in range(1, WEEKS + 1))
    known = [logs[one] for one in days if one in logs and one not in left_out]
    if len(known) < ENOUGH_VALUES:
        return None
    middle = median(known)
    least = LEAST_OF_MONEY if scale == "cents" else math.exp(-middle / 2)  # 1 / sqrt(median + 1)
    return middle, max(NORMAL * median(abs(one - middle) for one in known), least)


@dataclass(frozen=True, slots=True)
class Series:
    """A daily sum that is watched: a measure, or a KPI that adds up. `platforms`: of each ad platform on its own.

    Where less than `least` is expected, no day is unusual: something begins, or is tried out.
    """

    name: str
    label: str
    scale: Scale
    least: int
    platforms: bool = False


ORDERS = Series("orders", "Orders", "count", 1)
SERIES = (
    Series("revenue_net", "Net revenue", "cents", 10_00),
    ORDERS,
    Series("ad_spend", "Ad spend", "cents", 10_00, platforms=True),
    Series("sessions", "Sessions", "count", 1),
    Series("purchases", "Purchases", "count", 1),
)
Daily = Mapping[tuple[Series, str], Mapping[date, int]]
"""Values by series and scope, then by day."""
LEAST_ORDERS = 10
"""Where fewer orders are expected, a single basket makes the revenue of a day."""

UP = {
    "revenue_net": "A campaign; else orders that are counted twice.",
    "orders": "A campaign; else orders that are counted twice.",
    "ad_spend": "A raised budget; else spend that is counted twice: see `growthos reconcile`.",
    "sessions": "A campaign; else bots, or a tag that counts twice.",
    "purchases": "The shop's orders rose as well.",
}
DOWN = {
    "revenue_net": "Fewer orders, or smaller ones.",
    "orders": "Fewer visits, or a checkout that lets nobody through: see `growthos why conversion_rate`.",
    "ad_spend": "A lowered budget, or ads that are paused or refused.",
    "sessions": "Ads that stopped, or pages that lost their tag.",
    "purchases": "The shop's orders fell as well: try the checkout.",
}
NONE = {
    "orders": "Not one order: is the shop open?",
    "ad_spend": "Nothing spent: ads stopped, a card was refused, or an account is not read.",
    "sessions": "Not one visit was seen: tracking is lost.",
}
ALONE = {
    ("revenue_net", "up"): "Orders are as usual: one very large order, or higher prices.",
    ("revenue_net", "down"): "Orders are as usual: look at returns and discounts.",
    ("purchases", "up"): "Orders are as usual: purchases are counted twice.",
    ("purchases", "down"): "Orders are as usual: tracking of purchases is lost.",
}
"""Where the orders of the same day did not move the same way."""


@dataclass(frozen=True, slots=True)
class UnusualDay:
    """A day of a series that stands out. `value` and `expected` are cents or counts; `z` is how far off it is.

    `scope` is the slug of a channel or `all`, `meaning` what it may be.
    """

    series: Series
    scope: str
    scope_name: str
    day: date
    value: int
    expected: int
    z: Decimal
    meaning: str

    @property
    def times(self) -> Decimal | None:
        """How many times as much as expected, to two places; None where nothing was."""
        found = safe_div(self.value, self.expected)
        return None if found is None else places(found, 2)

    @property
    def direction(self) -> Direction:
        return "up" if self.z > 0 else "down"

    def as_json(self) -> dict[str, Any]:
        """One element of `unusual` in `alerts --format json`."""
        return {
            "date": self.day,
            "series": self.series.name,
            "name": self.series.label,
            "scope": self.scope,
            "unit": self.series.scale,
            "value": self.value,
            "expected": self.expected,
            "times": self.times,
            "z": self.z,
            "direction": self.direction,
            "meaning": self.meaning,
        }


def needed(period: Period) -> Period:
    """The days that have to be known for the days of a period to be judged."""
    return Period(period.first - LOOK_BACK, period.last)


def daily(about: About, sums: ChannelDays, last: date) -> Daily:
    """The value of each day up to the last, by series and scope, from the first day on which there was anything."""
    found: dict[tuple[Series, str], dict[date, int]] = {}
    for series in SERIES:
        for (day, key), one in sums.items():
            channel = about.channels[key]
            if not series.platforms or channel.paid:
                days = found.setdefault((series, channel.slug if series.platforms else ALL), {})
                days[day] = days.get(day, 0) + whole(series.name, one)
    return {one: filled for one, days in found.items() if (filled := _filled(days, last))}


def find(about: About, values: Daily, events: Collection[date], period: Period) -> tuple[UnusualDay, ...]:
    """The unusual days of a period, by day, from the values of the days that are `needed`.

    A day that is not complete for every source is not judged.
    """
    if about.data_through is None or about.data_through < period.first:
        return ()
    period = Period(period.first, min(period.last, about.data_through))
    judged = {one: scores(days, period, one[0].scale, events) for one, days in values.items()}
    orders = judged.get((ORDERS, ALL), {})
    found = (
        _told(about, *one, day, values[one][day], score, orders.get(day))
        for one, scored in judged.items()
        for day, score in scored.items()
        if score.unusual and _is_enough(one[0], score, orders.get(day))
    )
    return tuple(sorted(found, key=lambda one: one.day))


def since(values: Daily, period: Period) -> date | None:
    """The first day of a period that can be judged in any series; None where none can."""
    first = min((min(days) + FIRST_JUDGED for days in values.values()), default=None)
    return None if first is None or first > period.last else max(first, period.first)


def _filled(values: Mapping[date, int], last: date) -> dict[date, int]:
    first = min((day for day, value in values.items() if value), default=None)
    return {} if first is None or first > last else {day: values.get(day, 0) for day in Period(first, last)}


def _is_enough(series: Series, score: Score, orders: Score | None) -> bool:
    if series.name == "revenue_net" and (orders is None or orders.expected < LEAST_ORDERS):
        return False
    return score.expected >= series.least


def _told(
    about: About, series: Series, scope: str, day: date, value: int, score: Score, orders: Score | None
) -> UnusualDay:
    return UnusualDay(
        series=series,
        scope=scope,
        scope_name=scope if scope == ALL else about.channel(scope).name,
        day=day,
        value=value,
        expected=round(score.expected),
        z=Decimal(f"{score.z:.2f}"),
        meaning=_meaning(series.name, value, score, orders),
    )


def _meaning(name: str, value: int, score: Score, orders: Score | None) -> str:
    """What a day's value may be: what happened to the shop, or to the counting."""
    direction: Direction = "up" if score.z > 0 else "down"
    as_well = orders is not None and orders.unusual and (orders.z > 0) == (score.z > 0)
    if not value and name in NONE:
        return NONE[name]
    if not as_well and (name, direction) in ALONE:
        return ALONE[name, direction]
    return (UP if direction == "up" else DOWN)[name]
