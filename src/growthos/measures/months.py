"""The customers of each month and what they have come to since, as the view `cohorts` tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal

from growthos import measures
from growthos.measures import About
from growthos.measures.values import safe_div, shown
from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HORIZONS: Final = (30, 60, 90, 180)
"""Days after the first order up to which is told what customers came to."""
ALL: Final = 0
"""The channel that stands for all of them."""
COHORTS: Final = """
    select
        channel_key, cohort_month, size, spend_cents,
        matured_30, repeat_30, ltv_30_cents_total, contribution_30_cents_total,
        matured_60, repeat_60, ltv_60_cents_total, contribution_60_cents_total,
        matured_90, repeat_90, ltv_90_cents_total, contribution_90_cents_total,
        matured_180, repeat_180, ltv_180_cents_total, contribution_180_cents_total
    from cohorts
    order by channel_key, cohort_month
"""


@dataclass(frozen=True, slots=True)
class Horizon:
    """What matured members came to by day N: those whose day N is over. None where there is no such member.

    `repeats` are those of them who ordered again; `sales` is their net revenue, in cents, as `contribution` is.
    """

    days: int
    matured: int
    repeats: int | None
    sales: int | None
    contribution: int | None

    @property
    def repeat_rate(self) -> Fraction | None:
        """The share of them who ordered again."""
        return None if self.repeats is None else safe_div(self.repeats, self.matured)

    @property
    def ltv(self) -> Fraction | None:
        """Net revenue of one of them, in cents."""
        return None if self.sales is None else safe_div(self.sales, self.matured)

    def as_json(self) -> dict[str, Any]:
        return {
            "days": self.days,
            "matured": self.matured,
            "repeat": self.repeats,
            "repeat_rate": shown(self.repeat_rate, "ratio"),
            "ltv_cents": shown(self.ltv, "cents"),
            "ltv_cents_total": self.sales,
            "contribution_cents_total": self.contribution,
        }


@dataclass(frozen=True, slots=True)
class Month:
    """Who was new in a month, what was spent in it, in cents, and what came of it.

    `complete`: all days of it are read. Else customers of it are still missing, or those of its first days are.
    """

    first: date
    complete: bool
    size: int
    spend: int
    horizons: tuple[Horizon, ...]

    @property
    def cac(self) -> Fraction | None:
        """Spend for each of them, in cents; None where nobody came."""
        return safe_div(self.spend, self.size)

    @property
    def longest(self) -> Horizon | None:
        """The longest horizon that somebody has completed."""
        return next((one for one in reversed(self.horizons) if one.matured), None)

    @property
    def ltv_to_cac(self) -> Fraction | None:
        """How many times over they brought at the longest horizon what they cost; None where they cost nothing."""
        if self.longest is None or self.longest.ltv is None or self.cac is None:
            return None
        return safe_div(self.longest.ltv, self.cac)

    def as_json(self) -> dict[str, Any]:
        return {
            "cohort_month": self.first,
            "complete": self.complete,
            "size": self.size,
            "spend_cents": self.spend,
            "cac_cents": shown(self.cac, "cents"),
            "horizons": [one.as_json() for one in self.horizons],
            "longest_days": self.longest.days if self.longest else None,
            "ltv_to_cac": shown(self.ltv_to_cac, "ratio"),
        }


@dataclass(frozen=True, slots=True)
class Cohorts:
    """What `cohorts` shows. `channels` are the months of each channel by slug, None where they were not asked for."""

    about: About
    months: tuple[Month, ...]
    channels: Mapping[str, tuple[Month, ...]] | None

    def as_json(self) -> dict[str, Any]:
        """The structure of `cohorts --format json`."""
        found = {
            "schema_version": 1,
            "timezone": self.about.timezone,
            "currency": self.about.currency,
            "data_through": self.about.data_through,
            "cohorts": [one.as_json() for one in self.months],
        }
        if self.channels is not None:
            found["by_channel"] = {slug: [one.as_json() for one in months] for slug, months in self.channels.items()}
        return found


def read(con: "DuckDBPyConnection", by: Literal["channel"] | None = None) -> Cohorts:
    """Every month's customers, and by channel of the first order where that is asked for.

    NoDataError where no day is complete yet.
    """
    about = measures.about(con)
    rows = con.execute(COHORTS).fetchall()
    known = Period(min(about.history_start or date.min, about.last_day()), about.last_day())
    months: dict[int, list[Month]] = {}
    for channel, first, size, spend, *numbers in rows:
        month = Period.around(first, "month")
        complete = month.first in known and month.last in known
        horizons = tuple(Horizon(days, *numbers[at * 4 : at * 4 + 4]) for at, days in enumerate(HORIZONS))
        months.setdefault(channel, []).append(Month(first, complete, size, spend, horizons))
    whole = tuple(months.pop(ALL, ()))
    if by is None:
        return Cohorts(about, whole, None)
    return Cohorts(about, whole, {about.channels[key].slug: tuple(found) for key, found in months.items()})
