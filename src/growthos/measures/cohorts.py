"""What customers who became new N days ago have done since: one query for all cohort measures.

The cohort of a window is everybody who completes day N inside it, so each member has been watched for the whole
horizon and consecutive windows share nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Group = Literal["channel_key", "window_day"]

COHORT_MEASURES: dict[str, str] = {
    "cohort_size": "customers whose first counted order was N days before a day of the window",
    "cohort_sales": "gross less discounts of all orders of these customers to day N",
    "cohort_returns": "what was given back to these customers to day N",
    "cohort_contribution": "contribution of these orders, less these refunds",
    "cohort_retained": "how many of these customers had a second order by day N",
    "cohort_spend": "ad spend of the days on which these customers were new",
}

# A member's second counted order happens once, so it can be counted day by day; "any further order" could not.
# `window_day` is the day on which a member completes the horizon.
COHORTS = """
    with members as (
        select customer_key, channel_key, date_key as first_day, date_key + $horizon::integer as window_day
        from fact_orders
        where is_counted and customer_order_seq = 1 and date_key between $cohort_first and $cohort_last
    )
    select group_key, 0 as day, count(*) as cohort_size
    from members
    group by all
    union all by name
    select members.group_key, date_key - first_day as day,
        sum(gross_cents - discount_cents)::bigint as cohort_sales,
        sum(gross_cents - discount_cents + shipping_revenue_cents - cogs_cents - shipping_cost_cents
            - payment_fee_cents)::bigint as cohort_contribution,
        count(*) filter (where customer_order_seq = 2) as cohort_retained
    from members join fact_orders using (customer_key)
    where is_counted and date_key between $cohort_first and $last and date_key between first_day and window_day
    group by all
    union all by name
    select members.group_key, date_key - first_day as day,
        sum(returns_cents)::bigint as cohort_returns,
        sum(cogs_reversed_cents - returns_cents - shipping_refund_cents)::bigint as cohort_contribution
    from members join fact_refunds using (customer_key)
    where is_counted and date_key between $cohort_first and $last and date_key between first_day and window_day
    group by all
    union all by name
    select group_key, 0 as day, sum(spend_cents)::bigint as cohort_spend
    from (select *, date_key + $horizon::integer as window_day from fact_spend) as spend
    where date_key between $cohort_first and $cohort_last
    group by all
"""
SPEND_DAYS = "select count(distinct date_key) from fact_spend where date_key between $first and $last"


@dataclass(frozen=True, slots=True)
class Cohort:
    """The sums of one cohort, and `curve[d]`: its contribution from day 0 to day d, refunds on their own day."""

    sums: Mapping[str, int]
    curve: tuple[int, ...]

    @property
    def payback(self) -> int | None:
        """The first day from which contribution covers the cohort's ad spend and goes on covering it.

        None where it does not by the last day, and where nothing was spent or nobody came. A refund can undo an
        apparent payback, hence "goes on".
        """
        spend = self.sums["cohort_spend"]
        if spend <= 0 or not self.sums["cohort_size"]:
            return None
        short = [day for day, earned in enumerate(self.curve) if earned < spend]
        first = short[-1] + 1 if short else 0
        return first if first < len(self.curve) else None


def days(period: Period, horizon: int) -> Period:
    """The days on which the members of a window's cohort were new."""
    return Period(period.first - timedelta(days=horizon), period.last - timedelta(days=horizon))


def bounds(period: Period, horizon: int) -> dict[str, date | int]:
    """The parameters of the query of a window's cohort."""
    new = days(period, horizon)
    return {"cohort_first": new.first, "cohort_last": new.last, "last": period.last, "horizon": horizon}


def read(con: "DuckDBPyConnection", period: Period, horizon: int, by: Group = "channel_key") -> dict[object, Cohort]:
    """The cohorts of a window, per channel of the first order or per day of the window."""
    return _collect(con, period, horizon, by)


def read_channel_days(con: "DuckDBPyConnection", period: Period, horizon: int) -> dict[tuple[date, int], Cohort]:
    """The cohorts of a window per day of the window and channel of the first order, in one query."""
    return _collect(con, period, horizon, "window_day", "channel_key")


def _collect(con: "DuckDBPyConnection", period: Period, horizon: int, *by: Group) -> dict[Any, Cohort]:
    """The cohorts of a window per group, or per tuple of groups."""
    of_members = COHORTS.replace("members.group_key", ", ".join(f"members.{one}" for one in by))
    cursor = con.execute(of_members.replace("group_key", ", ".join(by)), bounds(period, horizon))
    names = [column[0] for column in cursor.description]
    sums: dict[Any, dict[str, int]] = {}
    steps: dict[Any, list[int]] = {}
    for row in cursor.fetchall():
        record = dict(zip(names, row, strict=True))
        keys, day = tuple(record.pop(one) for one in by), record.pop("day")
        key = keys[0] if len(by) == 1 else keys
        group = sums.setdefault(key, dict.fromkeys(COHORT_MEASURES, 0))
        for name, value in record.items():
            group[name] += value or 0
        steps.setdefault(key, [0] * (horizon + 1))[day] += record["cohort_contribution"] or 0
    return {key: Cohort(group, _running(steps[key])) for key, group in sums.items()}


def together(cohorts: Iterable[Cohort], horizon: int) -> Cohort:
    """Several cohorts as one; of none, an empty one."""
    given = list(cohorts)
    sums = {name: sum(cohort.sums[name] for cohort in given) for name in COHORT_MEASURES}
    return Cohort(sums, tuple(sum(cohort.curve[day] for cohort in given) for day in range(horizon + 1)))


def days_without_spend(con: "DuckDBPyConnection", period: Period, horizon: int) -> int:
    """Days on which members were new and for which no row of ad spend is loaded."""
    new = days(period, horizon)
    row = con.execute(SPEND_DAYS, {"first": new.first, "last": new.last}).fetchone()
    return len(new) - (row[0] if row else 0)


def _running(steps: list[int]) -> tuple[int, ...]:
    total = 0
    curve = []
    for step in steps:
        total += step
        curve.append(total)
    return tuple(curve)
