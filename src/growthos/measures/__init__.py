"""SQL owns what can be summed: every measure of a window, in one query.

A measure is a number that adds up: over days, over channels, over campaigns. What does not add up (an average, a rate,
an order value) is a formula over measures and lives in `kpis`. Only published marts are read, and only the days of the
window, so the cost follows the window and not the length of the history.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from growthos.errors import NoDataError, UsageError
from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Sums = Mapping[str, int]
Group = Literal["channel_key", "date_key", "campaign_key", "ad_key", "keyword_key"]
Level = Literal["campaign", "ad", "keyword"]

MEASURES: dict[str, str] = {
    "orders": "counted orders",
    "gross": "quantity times price of the lines of counted orders, without gift cards",
    "discounts": "discounts on the lines of counted orders, order codes included",
    "shipping_revenue": "shipping charged, after shipping discounts",
    "cogs_sold": "cost of the goods sold",
    "shipping_cost": "what sending the goods cost",
    "payment_fees": "payment provider's fees",
    "identified_orders": "counted orders whose customer is known",
    "new_customers": "counted orders that are their customer's first ever",
    "first_contribution": "contribution of first orders ever, before any refund",
    "paid_sales": "gross less discounts of orders whose last click was an ad",
    "refunds": "refund rows of counted orders, on the refund's day",
    "returns": "money given back for goods or as goodwill",
    "shipping_refunds": "shipping given back",
    "cogs_reversed": "cost of goods that came back into stock",
    "paid_returns": "returns of orders whose last click was an ad",
    "spend": "ad spend, from campaign rows only",
    "impressions": "ads shown",
    "clicks": "clicks on ads; at Meta link clicks",
    "reported_conversions": "purchases that the ad platforms claim; Google counts parts of one",
    "reported_value": "sales that the ad platforms claim",
    "sessions": "visits, as GA4 counts them",
    "item_views": "product pages seen",
    "add_to_carts": "products put into the cart",
    "checkouts": "checkouts begun",
    "purchases": "purchases, as GA4 counts them",
    "margin_costed": "gross of counted lines without a unit cost, costed by an assumed margin",
}
COUNTS: dict[str, str] = {
    "orders": "order",
    "identified_orders": "identified order",
    "new_customers": "new customer",
    "refunds": "refund",
    "impressions": "impression",
    "clicks": "click",
    "reported_conversions": "reported purchase",
    "sessions": "session",
    "item_views": "item view",
    "add_to_carts": "add-to-cart",
    "checkouts": "checkout",
    "purchases": "purchase",
    "cohort_size": "customer",
    "cohort_retained": "retained customer",
}
"""What is counted, one of it in words; all other measures are cents."""
MILLIONTHS = ("reported_conversions",)
"""Counts that are not whole, and so are counted in millionths."""
ADS = ("spend", "impressions", "clicks", "reported_conversions", "reported_value")
"""What is known of each campaign, ad and keyword."""

ORDERS = """
    select group_key,
        count(*) as orders,
        sum(gross_cents)::bigint as gross,
        sum(discount_cents)::bigint as discounts,
        sum(shipping_revenue_cents)::bigint as shipping_revenue,
        sum(cogs_cents)::bigint as cogs_sold,
        sum(shipping_cost_cents)::bigint as shipping_cost,
        sum(payment_fee_cents)::bigint as payment_fees,
        count(customer_order_seq) as identified_orders,
        count(*) filter (where customer_order_seq = 1) as new_customers,
        (sum(gross_cents - discount_cents + shipping_revenue_cents - cogs_cents - shipping_cost_cents
            - payment_fee_cents) filter (where customer_order_seq = 1))::bigint as first_contribution,
        (sum(gross_cents - discount_cents) filter (where is_paid))::bigint as paid_sales
    from fact_orders join dim_channel using (channel_key)
    where is_counted and date_key between $first and $last
    group by group_key
"""
REFUNDS = """
    select group_key,
        count(*) as refunds,
        sum(returns_cents)::bigint as returns,
        sum(shipping_refund_cents)::bigint as shipping_refunds,
        sum(cogs_reversed_cents)::bigint as cogs_reversed,
        (sum(returns_cents) filter (where is_paid))::bigint as paid_returns
    from fact_refunds join dim_channel using (channel_key)
    where is_counted and date_key between $first and $last
    group by group_key
"""
SPEND = """
    select group_key,
        sum(spend_cents)::bigint as spend,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        (sum(conversions) * 1000000)::bigint as reported_conversions,
        sum(conversion_value_cents)::bigint as reported_value
    from fact_spend
    where date_key between $first and $last
    group by group_key
"""
TRAFFIC = """
    select group_key,
        sum(sessions)::bigint as sessions,
        sum(item_views)::bigint as item_views,
        sum(add_to_carts)::bigint as add_to_carts,
        sum(checkouts)::bigint as checkouts,
        sum(purchases)::bigint as purchases
    from fact_traffic
    where date_key between $first and $last
    group by group_key
"""
LINES = """
    select group_key, sum(gross_cents)::bigint as margin_costed
    from fact_order_lines
    where is_counted and cogs_source = 'margin' and not is_gift_card and date_key between $first and $last
    group by group_key
"""
# Ads and keywords have the measures of campaigns, in facts of their own.
LEVELS: dict[Level, tuple[str, Group]] = {
    "campaign": ("fact_spend", "campaign_key"),
    "ad": ("fact_ad_spend", "ad_key"),
    "keyword": ("fact_keyword_spend", "keyword_key"),
}
SOURCES = (ORDERS, REFUNDS, SPEND, TRAFFIC, LINES)
# A refund belongs to the campaign of its order; the order's day keeps the search for it short.
REFUNDS_OF_CAMPAIGNS = REFUNDS.replace(
    "fact_refunds",
    """(
        select refunds.*, campaign_key
        from fact_refunds as refunds
        join fact_orders as orders
            on orders.order_key = refunds.order_key and orders.date_key = refunds.order_date_key
    ) as refunds""",
)
RUN = """
    select data_through, history_start, timezone, currency, exists (from traffic_quality)
    from run_info
"""
WINDOW = " union all by name ".join(SOURCES)
CAMPAIGNS = f"{ORDERS} union all by name {REFUNDS_OF_CAMPAIGNS} union all by name {SPEND}"
UNKNOWN_BY_CAMPAIGN = ("sessions", "item_views", "add_to_carts", "checkouts", "purchases", "margin_costed")
"""Visits name no campaign, and lines leave theirs to their order."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One of the thirteen ways to a shop; `paid` ones are advertised on."""

    slug: str
    name: str
    paid: bool


@dataclass(frozen=True, slots=True)
class About:
    """What the published database says of itself: `reached` is each source's last complete day.

    `flagged`: GA4 has a mark on some day's visits.
    """

    data_through: date | None
    history_start: date | None
    timezone: str
    currency: str
    channels: Mapping[int, Channel]
    flagged: bool = False
    reached: Mapping[str, date | None] = field(default_factory=dict)

    @property
    def paid(self) -> tuple[str, ...]:
        """The channels that are advertised on."""
        return tuple(channel.slug for channel in self.channels.values() if channel.paid)

    def last_day(self) -> date:
        """The last day for which every connected source is complete."""
        if self.data_through is None:
            raise NoDataError("No day is complete for every connected source yet.", hint="Run `growthos sync`.")
        return self.data_through

    def channel(self, slug: str) -> Channel:
        """The channel of that slug."""
        known = {channel.slug: channel for channel in self.channels.values()}
        if slug not in known:
            raise UsageError(f"There is no channel {slug!r}.", hint=near(slug, known))
        return known[slug]


def near(word: str, choices: Mapping[str, object]) -> str:
    """The choice that was probably meant, else all of them, as a hint."""
    close = get_close_matches(word.lower(), choices, n=1)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(choices)}."


def about(con: "DuckDBPyConnection") -> About:
    """Read what the database says of itself; NoDataError where nothing was ever published."""
    row = con.execute(RUN).fetchone()
    if row is None:
        raise NoDataError("No data yet.", hint="Run `growthos sync`, or `growthos demo`.")
    through, start, timezone, currency, flagged = row
    channels = con.execute("select channel_key, slug, name, is_paid from dim_channel order by channel_key").fetchall()
    reached = con.execute("select source, data_through from run_sources order by source")
    return About(
        reached=dict(reached.fetchall()),
        data_through=through,
        history_start=start.date() if isinstance(start, datetime) else start,
        timezone=timezone,
        currency=currency,
        channels={key: Channel(slug, name, paid) for key, slug, name, paid in channels},
        flagged=flagged,
    )


def read(
    con: "DuckDBPyConnection", period: Period, by: Literal["channel_key", "date_key"] = "channel_key"
) -> dict[object, dict[str, int]]:
    """Every measure of a window, per channel or per day; groups in which nothing happened are left out."""
    return _collect(con, WINDOW, period, by)


def read_channel_days(con: "DuckDBPyConnection", period: Period) -> dict[tuple[date, int], dict[str, int]]:
    """Every measure of a window per day and channel, in one query; where nothing happened there is none."""
    return _collect(con, WINDOW, period, "date_key", "channel_key")


def read_events(con: "DuckDBPyConnection", period: Period) -> dict[date, str]:
    """The days of a window that the shop's calendar names, each with its name."""
    named = (
        "select date_key, event_name from dim_date where event_name is not null and date_key between $first and $last"
    )
    return dict(con.execute(named, {"first": period.first, "last": period.last}).fetchall())


def read_ads(con: "DuckDBPyConnection", period: Period, level: Level = "campaign") -> dict[object, dict[str, int]]:
    """The measures of ads, per campaign, ad or keyword; those with nothing but zeros are left out."""
    fact, key = LEVELS[level]
    found = _collect(con, SPEND.replace("fact_spend", fact), period, key)
    return {one: sums for one, sums in found.items() if any(sums.values())}


def read_campaigns(con: "DuckDBPyConnection", period: Period) -> dict[object, dict[str, int]]:
    """The measures of a window that are known by campaign; orders that name none are those of campaign `unknown`."""
    return _collect(con, CAMPAIGNS, period, "campaign_key")


def _collect(con: "DuckDBPyConnection", sql: str, period: Period, *by: Group) -> dict[Any, dict[str, int]]:
    """Rows of (group, some measures or null) as one dictionary of all measures per group, or per tuple of groups."""
    cursor = con.execute(sql.replace("group_key", ", ".join(by)), {"first": period.first, "last": period.last})
    names = [column[0] for column in cursor.description[len(by) :]]
    groups: dict[Any, dict[str, int]] = {}
    for row in cursor.fetchall():
        key = row[0] if len(by) == 1 else row[: len(by)]
        sums = groups.get(key)
        if sums is None:
            sums = groups[key] = dict.fromkeys(MEASURES, 0)
        for name, value in zip(names, row[len(by) :], strict=True):
            if value:
                sums[name] += value
    return groups


def add(groups: Iterable[Sums]) -> dict[str, int]:
    """The groups added up, every measure present."""
    total = dict.fromkeys(MEASURES, 0)
    for sums in groups:
        for name, value in sums.items():
            if value:
                total[name] += value
    return total
