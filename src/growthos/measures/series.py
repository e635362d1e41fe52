"""A KPI over time: its value for each day, week or month of a period, each as `kpis` tells it of these days alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from growthos import measures
from growthos.kpis import KPIS, Comparison, Kpi, Report, report
from growthos.measures import reading
from growthos.measures.values import Part
from growthos.period import Per, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST = 120
"""More days than these are told by week, more weeks by month."""


@dataclass(frozen=True, slots=True)
class Point:
    """A day, a week or a month, or as much of it as was asked for, and the value of these days."""

    period: Period
    complete: bool
    part: Part

    def as_json(self) -> dict[str, Any]:
        return {
            "since": self.period.first,
            "until": self.period.last,
            "complete": self.complete,
            "value": self.part.value,
            "numerator": self.part.numerator,
            "denominator": self.part.denominator,
        }


@dataclass(frozen=True, slots=True)
class Series:
    """What `plot` shows. `channels` are the points of each channel by slug, None where they were not asked for."""

    report: Report
    kpi: Kpi
    per: Per
    points: tuple[Point, ...]
    channels: Mapping[str, tuple[Point, ...]] | None

    @property
    def row(self) -> Comparison:
        """The KPI of the whole period, and of the days before."""
        return self.report.rows[0]

    def as_json(self) -> dict[str, Any]:
        """The structure of `plot --format json`."""
        row = self.row
        found = {
            **self.report.heading(),
            "per": self.per,
            "kpi": {"name": row.now.name, **row.as_json()},
            "points": [point.as_json() for point in self.points],
        }
        if self.channels is not None:
            found["by_channel"] = {
                slug: [point.as_json() for point in points] for slug, points in self.channels.items()
            }
        return found


def recent(con: "DuckDBPyConnection", period: Period) -> Period:
    """The period without the days before the first orders that are loaded."""
    start = measures.about(con).history_start
    return period if start is None else Period(min(max(start, period.first), period.last), period.last)


def over_time(
    con: "DuckDBPyConnection",
    name: str,
    period: Period,
    per: Per | None = None,
    by: Literal["channel"] | None = None,
    known: Mapping[str, Kpi] = KPIS,
) -> Series:
    """A KPI for each day, week from Monday or month of a period; by default days, as long as they are not too many."""
    [found] = together(con, [name], period, per, by, known)
    return found


def together(
    con: "DuckDBPyConnection",
    names: Sequence[str],
    period: Period,
    per: Per | None = None,
    by: Literal["channel"] | None = None,
    known: Mapping[str, Kpi] = KPIS,
) -> list[Series]:
    """Several KPIs over time, in as many queries as one."""
    found = report(con, period, names, by, days=False, known=known)
    per = per or _readable(period)
    periods = list(period.cut(per))
    numbers = reading.read_over_time(con, measures.about(con), periods, channels=found.by is not None)
    return [_series(replace(found, rows=(row,)), per, periods, numbers) for row in found.rows]


def _series(found: Report, per: Per, periods: Sequence[Period], numbers: Sequence[reading.Numbers]) -> Series:
    kpi = found.rows[0].kpi
    whole = [kpi.part(one.whole) for one in numbers]
    channels = None
    if found.by is not None:
        channels = {
            slug: _points(periods, per, [kpi.part(one.channel(slug)) for one in numbers])
            for slug in found.rows[0].now.by_channel or {}
        }
    return Series(found, kpi, per, _points(periods, per, whole), channels)


def _readable(period: Period) -> Per:
    if len(period) <= MOST:
        return "day"
    return "week" if len(list(period.cut("week"))) <= MOST else "month"


def _points(periods: Sequence[Period], per: Per, parts: Sequence[Part]) -> tuple[Point, ...]:
    return tuple(
        Point(period, period == Period.around(period.first, per), part)
        for period, part in zip(periods, parts, strict=True)
    )
