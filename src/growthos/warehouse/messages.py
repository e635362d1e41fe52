"""What a build has to say beside its checks: rejected rows, assumed margins, sources and days that disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from growthos.warehouse.staging import Rows
from growthos.zones import disagreement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Message:
    """A warning: `code` for machines, `message` for people."""

    code: str
    message: str


def collect(con: "DuckDBPyConnection", rows: Sequence[Rows]) -> tuple[Message, ...]:
    """All messages of a build whose marts still stand in the open transaction."""
    found = [
        Message(
            "rejected_rows",
            f"{one.rejected:,} of {one.staged + one.rejected:,} {one.entity} of {one.source} were put aside, because "
            "something that is needed is missing in them or cannot be read.",
        )
        for one in sorted(rows, key=attrgetter("source", "entity"))
        if one.rejected * _PERCENT > one.staged + one.rejected
    ]
    found += _zones(con)
    return (*found, *(Message(code, text) for query in _QUERIES for code, text in con.execute(query).fetchall()))


def _zones(con: "DuckDBPyConnection") -> list[Message]:
    """The zones of those that deliver whole days; a shop's orders carry their instant, and fall on any zone's days."""
    rows = con.execute(
        "select source, time_zone from run_sources"
        " where time_zone is not null and source not in (select source from stg__shops)"
    ).fetchall()
    [(reporting, day)] = con.execute("select getvariable('reporting_timezone'), getvariable('data_through')").fetchall()
    ads = {source for (source,) in con.execute("select distinct source from stg__spend").fetchall()}
    differ = disagreement(reporting, {source: told.split(", ") for source, told in rows}, ads, day) if day else None
    return [Message("time_zones", f"{differ.message} {differ.hint}")] if differ else []


_MALFORMED: Final = """
select 'malformed_pages', format('{} pages of {} are no JSON and were left out.', count(*), source)
from stg_rejects
where reason = 'malformed_page'
group by source
"""

_ASSUMED_MARGIN: Final = """
with shares as (
    select sum(assumed_cents) as assumed, sum(sold_cents) as revenue
    from day_sums
)
select
    'assumed_margin',
    format('{} % of sales have no unit cost; their cost is taken from [costs.margin_bps].', (100 * assumed) // revenue)
from shares
where assumed > 0 and revenue > 0 and 100 * assumed >= revenue
"""

_GA4_COVERAGE: Final = """
with days as (
    select min(date_key) as first_day, least(max(date_key), getvariable('data_through')) as last_day
    from fact_traffic
),
counts as (
    select
        (select sum(online_orders) from day_sums, days where day between first_day and last_day) as orders,
        (select sum(purchases) from fact_traffic, days where date_key between first_day and last_day) as purchases
)
select
    'ga4_purchases',
    format('GA4 counts {} purchases for {} orders of the shop; between 60 % and 110 % of them is usual.',
        purchases, orders)
from counts
where orders > 0 and purchases > 0 and (10 * purchases < 6 * orders or 10 * purchases > 11 * orders)
"""

_GA4_CURRENCY: Final = """
select
    'ga4_currency',
    format('GA4 counts revenue in {}; days without an exchange rate for it, whose purchase revenue stands empty: {}. '
        'Set [fx] in growthos.toml.',
        (select string_agg(distinct currency, ', ' order by currency) from stg__accounts where source = 'ga4'), days)
from (select count(distinct date_key) as days from fact_traffic where purchase_revenue_cents is null)
where days > 0
"""

_DELIVERY: Final = """
select
    'delivery_category',
    format('Shipping lines name a way of delivery that is not known: {}. They are counted as sent.', names)
from (select string_agg(distinct unknown_delivery, ', ' order by unknown_delivery) as names from day_sums)
where names is not null
"""

# An order tells how often and how much of it was given back, and each refund tells its own part.
_REFUNDS: Final = """
select
    'refunds_incomplete',
    format('The refunds that were read of {} orders are not all that Shopify says they have: {}. '
        '`growthos sync shopify --since` with their day reads them again.',
        count(*), array_to_string(list(order_name order by order_number)[:5], ', '))
from refund_gaps
having count(*) > 0
"""

# An app that loses a permission for personal data may be told nothing where it was told something before.
_PERSONAL: Final = """
with records as (
    select 'orders' as entity, day, orders as records, order_emails as emails, order_countries as countries
    from day_sums
    where orders > 0
    union all
    select 'customers', day, customers, customer_emails, customer_countries
    from day_sums
    where customers > 0
),
newest as (
    select entity, max(day) - 7 as week
    from records
    group by entity
),
dated as (
    select entity, records, emails, countries, day > week as is_new
    from records
    inner join newest using (entity)
),
shares as (
    select
        entity,
        unnest(['e-mail', 'country']) as field,
        unnest([sum(emails) filter (is_new), sum(countries) filter (is_new)]) as new_filled,
        sum(records) filter (is_new) as new_all,
        unnest([sum(emails) filter (not is_new), sum(countries) filter (not is_new)]) as old_filled,
        sum(records) filter (not is_new) as old_all
    from dated
    group by entity
)
select
    'personal_data_gone',
    format('{} of the {} newest {} have {}, of those before {} of {}: the app may have lost a permission for '
        'personal data.', new_filled, new_all, entity, case field when 'e-mail' then 'an e-mail' else 'a country' end,
        old_filled, old_all)
from shares
where new_all >= 20 and old_all >= 20 and 20 * new_filled < new_all and 2 * old_filled > old_all
order by entity, field
"""

# Of the days that `growthos reconcile` shows by itself.
_RECONCILIATION: Final = """
with wrong as (
    select
        source,
        date_key,
        replace(measure, '_', ' ') as measure,
        coalesce(1000 * abs(difference) // nullif(abs(theirs), 0), 1000) as per_mille
    from reconciliation
    where
        status in ('differs', 'missing')
        and date_key between getvariable('data_through') - 27 and getvariable('data_through')
)
select
    'reconciliation',
    format('{}: {} from the source''s own totals in {}, by up to {}.{} %; see `growthos reconcile`.',
        source,
        case count(distinct date_key) when 1 then '1 day differs' else count(distinct date_key) || ' days differ' end,
        string_agg(distinct measure, ', ' order by measure), max(per_mille) // 10, max(per_mille) % 10)
from wrong
group by source
order by source
"""

# Campaigns without any ad, such as Performance Max, have nothing to be compared with.
_ADS: Final = """
with days as (
    select
        platform,
        greatest(min(date_key), getvariable('data_through') - 27) as first_day,
        least(max(date_key), getvariable('data_through')) as last_day
    from fact_ad_spend
    inner join dim_campaign using (campaign_key)
    group by platform
),
rows as (
    select campaign_key, date_key, spend_cents as campaign_cents, 0 as ad_cents from fact_spend
    union all
    select campaign_key, date_key, 0 as campaign_cents, spend_cents as ad_cents from fact_ad_spend
),
campaigns as (
    select
        platform,
        campaign_key,
        sum(campaign_cents) as campaign_cents,
        sum(ad_cents) as ad_cents
    from rows
    inner join dim_campaign using (campaign_key)
    inner join days using (platform)
    where date_key between first_day and last_day
    group by platform, campaign_key
    having sum(ad_cents) > 0 and sum(campaign_cents) > 0
)
select
    'ads_and_campaigns',
    format('{}: in the last 28 days the ads of {} add up to {}.{} % of what {} spent; totals are the campaigns'' own.',
        platform,
        case count(*) when 1 then '1 campaign' else count(*) || ' campaigns' end,
        (1000 * sum(ad_cents) // sum(campaign_cents)) // 10,
        (1000 * sum(ad_cents) // sum(campaign_cents)) % 10,
        case count(*) when 1 then 'it' else 'they' end)
from campaigns
where abs(campaign_cents - ad_cents) > 100 and 200 * abs(campaign_cents - ad_cents) > campaign_cents
group by platform
order by platform
"""

_QUERIES: Final = (
    *(_MALFORMED, _ASSUMED_MARGIN, _GA4_COVERAGE, _GA4_CURRENCY, _DELIVERY, _REFUNDS, _PERSONAL),
    *(_RECONCILIATION, _ADS),
)
