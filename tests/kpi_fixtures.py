"""An empty published database, and rows put into it by hand: what the tests of KPIs and alerts stand on.

The tables are those of a published file. Only what a test is about is named; everything else has a quiet default.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from growthos.warehouse import sqlfiles

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LAST_DAY = date(2026, 3, 29)  # a Sunday: the week is the 23rd to the 29th, the week before the 16th to the 22nd
FIRST_DAY = date(2026, 3, 23)
WEEK_BEFORE = date(2026, 3, 16)

# dim_channel has exactly these thirteen rows: key, slug, name, is_paid.
CHANNELS = [
    (0, "unknown", "Unknown", False),
    (1, "meta", "Meta Ads", True),
    (2, "google", "Google Ads", True),
    (3, "paid_other", "Other paid", True),
    (4, "organic_search", "Organic search", False),
    (5, "organic_social", "Organic social", False),
    (6, "email", "E-mail", False),
    (7, "sms", "SMS", False),
    (8, "affiliate", "Affiliate", False),
    (9, "referral", "Referral", False),
    (10, "direct", "Direct", False),
    (11, "pos", "Point of sale", False),
    (12, "other", "Other", False),
]
AMOUNTS = ("discount", "shipping_revenue", "cogs", "shipping_cost", "payment_fee", "tax", "duties", "tip", "gift_card")
KEYS = {slug: key for key, slug, _, _ in CHANNELS}
VIEWS = sqlfiles.find(sqlfiles.SQL, "views").values()

SCHEMA = """
create table dim_date (date_key date primary key, year integer, quarter integer, month integer, iso_week integer,
    iso_year integer, day_of_week integer, month_start date, is_weekend boolean, event_name varchar);
create table dim_channel (channel_key smallint primary key, slug varchar, name varchar, is_paid boolean);
create table dim_campaign (campaign_key varchar primary key, platform varchar, account_id varchar, campaign_id varchar,
    name varchar, status varchar, objective varchar, channel_key smallint, currency varchar, first_seen date,
    last_seen date);
create table dim_customer (customer_key varchar primary key, source varchar, email_sha256 varchar,
    created_utc timestamp, first_order_date date, first_order_key varchar, first_channel_key smallint,
    first_campaign_key varchar, cohort_month date, prior_orders integer, counted_orders integer, last_order_date date,
    country varchar, region varchar, customer_hash ubigint);
create table dim_product (product_key varchar primary key, product_id varchar, variant_id varchar, sku varchar,
    title varchar, category varchar, vendor varchar, is_gift_card boolean, list_price_cents bigint,
    unit_cost_cents bigint, unit_cost_seen_utc timestamp);
create table fact_orders (order_key varchar primary key, order_name varchar, date_key date not null,
    order_ts_utc timestamp, customer_key varchar not null, channel_key smallint not null, campaign_key varchar not null,
    source_name varchar, financial_status varchar, is_counted boolean not null, exclusion_reason varchar,
    customer_order_seq integer, is_new_customer boolean not null, units integer not null, gross_cents bigint not null,
    discount_cents bigint not null, shipping_revenue_cents bigint not null, tax_cents bigint not null,
    duties_cents bigint not null, tip_cents bigint not null, gift_card_cents bigint not null,
    total_cents bigint not null, cogs_cents bigint not null, shipping_cost_cents bigint not null,
    payment_fee_cents bigint not null, currency varchar, presentment_currency varchar, attribution_rule smallint,
    order_hash ubigint);
create table fact_order_lines (line_key varchar primary key, order_key varchar not null, date_key date not null,
    product_key varchar not null, channel_key smallint not null, customer_key varchar not null,
    is_counted boolean not null, quantity bigint, unit_price_cents bigint, gross_cents bigint not null,
    discount_cents bigint not null, tax_cents bigint, cogs_cents bigint not null, cogs_source varchar,
    is_gift_card boolean not null, order_hash ubigint);
create table fact_refunds (refund_line_key varchar primary key, refund_id varchar, order_key varchar not null,
    line_key varchar, date_key date not null, order_date_key date, product_key varchar not null,
    channel_key smallint not null, customer_key varchar not null, is_counted boolean not null, quantity bigint,
    returns_cents bigint not null, shipping_refund_cents bigint not null, tax_refund_cents bigint,
    cogs_reversed_cents bigint not null, restock_type varchar, order_hash ubigint);
create table fact_spend (date_key date not null, campaign_key varchar not null, channel_key smallint not null,
    spend_cents bigint not null, spend_original decimal(18, 6), currency varchar, impressions bigint not null,
    clicks bigint not null, clicks_all bigint, conversions decimal(18, 6), conversion_value_cents bigint not null,
    attribution_window varchar, primary key (date_key, campaign_key));
create table dim_ad (ad_key varchar primary key, campaign_key varchar not null, ad_group_id varchar,
    ad_group_name varchar, ad_id varchar, name varchar, format varchar);
create table dim_keyword (keyword_key varchar primary key, campaign_key varchar not null, text varchar,
    match_type varchar);
create table fact_ad_spend (date_key date not null, ad_key varchar not null, campaign_key varchar not null,
    channel_key smallint not null, spend_cents bigint not null, spend_original decimal(18, 6), currency varchar,
    impressions bigint not null, clicks bigint not null, clicks_all bigint, conversions decimal(18, 6),
    conversion_value_cents bigint not null, attribution_window varchar, primary key (date_key, ad_key));
create table fact_keyword_spend (date_key date not null, keyword_key varchar not null, campaign_key varchar not null,
    channel_key smallint not null, spend_cents bigint not null, spend_original decimal(18, 6), currency varchar,
    impressions bigint not null, clicks bigint not null, clicks_all bigint, conversions decimal(18, 6),
    conversion_value_cents bigint not null, attribution_window varchar, primary key (date_key, keyword_key));
create table fact_traffic (date_key date not null, channel_key smallint not null, channel_group varchar,
    source varchar, medium varchar, sessions bigint, engaged_sessions bigint, users bigint, new_users bigint,
    item_views bigint, add_to_carts bigint, checkouts bigint, purchases bigint, purchase_revenue_cents bigint);
create table fact_events (date_key date, account_id varchar, event_name varchar, event_count bigint, users bigint,
    key_events decimal(18, 6));
create table reconciliation (source varchar, account_id varchar, date_key date, measure varchar, unit varchar,
    currency varchar, ours bigint, theirs bigint, difference bigint, tolerance bigint, status varchar);
create table traffic_quality (date_key date, account_id varchar, data_loss boolean, thresholded boolean,
    sampled boolean, samples_read bigint, sampling_space bigint);
create table run_info (run_id varchar, started_at timestamp, finished_at timestamp, data_through date,
    history_start timestamp, timezone varchar, currency varchar, config_hash varchar);
create table run_sources (source varchar, data_through date, loaded_at timestamp, time_zone varchar, currency varchar);
create table dq_results (run_id varchar, check_name varchar, severity varchar, status varchar, failing_rows bigint,
    sample varchar, message varchar);
create table run_rows (source varchar, entity varchar, raw bigint, staged bigint, rejected bigint, duplicate bigint);
create table alert_state (fingerprint varchar, state varchar, active_since timestamp, last_seen timestamp,
    last_notified timestamp, resolved_at timestamp);
"""


def in_memory() -> "DuckDBPyConnection":
    """A database of its own.

    The import is in here because a module that holds DuckDB while Hypothesis runs is kept alive at exit, and DuckDB
    then lists everything it could not free.
    """
    import duckdb

    return duckdb.connect(":memory:")


@dataclass
class Shop:
    """A published database in memory, and a way to say what happened in it. Amounts are cents."""

    con: "DuckDBPyConnection" = field(default_factory=in_memory)
    rows: int = 0

    def __post_init__(self) -> None:
        self.con.execute(SCHEMA)
        for view in VIEWS:
            self.con.execute(f"create view {view.name} as {view.query}")
        self.con.executemany("insert into dim_channel values (?, ?, ?, ?)", CHANNELS)
        self.campaign("unknown", "unknown")
        self.put(
            "run_info",
            run_id="a",
            data_through=LAST_DAY,
            history_start=date(2025, 10, 1),
            timezone="UTC",
            currency="USD",
            config_hash="",
        )

    def put(self, table: str, **values: Any) -> None:
        """One row by its columns; the others are null."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.con.execute(f"insert into {table} ({names}) values ({marks})", list(values.values()))

    def campaign(self, key: str, channel: str, name: str | None = None) -> None:
        self.put(
            "dim_campaign",
            campaign_key=key,
            platform=key.partition(":")[0],
            name=name or key,
            channel_key=KEYS[channel],
        )

    def order(
        self,
        day: date,
        gross: int = 0,
        *,
        channel: str = "direct",
        customer: str | None = None,
        seq: int | None = None,
        counted: bool = True,
        **amounts: int,
    ) -> None:
        """An order; without a customer it names nobody. `seq`: the customer's how many-th counted order it is.

        `amounts`: discount, shipping_revenue, cogs, shipping_cost, payment_fee.
        """
        money = dict.fromkeys(AMOUNTS, 0) | amounts
        self.rows += 1
        self.put(
            "fact_orders",
            order_key=f"shopify:{self.rows}",
            date_key=day,
            customer_key=customer or "unknown",
            channel_key=KEYS[channel],
            campaign_key="unknown",
            is_counted=counted,
            exclusion_reason=None if counted else "cancelled",
            customer_order_seq=seq if counted else None,
            is_new_customer=counted and seq == 1,
            units=1,
            total_cents=gross,
            **{f"{name}_cents": cents for name, cents in {"gross": gross, **money}.items()},
        )

    def line(self, day: date, gross: int, *, cogs_source: str, channel: str = "direct", counted: bool = True) -> None:
        """A line of some order."""
        self.rows += 1
        self.put(
            "fact_order_lines",
            line_key=f"shopify:{self.rows}",
            order_key="shopify:1",
            date_key=day,
            product_key="unknown",
            channel_key=KEYS[channel],
            customer_key="unknown",
            is_counted=counted,
            gross_cents=gross,
            discount_cents=0,
            cogs_cents=0,
            cogs_source=cogs_source,
            is_gift_card=False,
        )

    def refund(
        self,
        day: date,
        returns: int = 0,
        *,
        channel: str = "direct",
        customer: str | None = None,
        counted: bool = True,
        shipping: int = 0,
        cogs: int = 0,
    ) -> None:
        """A refund line on the day of the refund, in the channel and of the customer of its order."""
        self.rows += 1
        self.put(
            "fact_refunds",
            refund_line_key=f"shopify:{self.rows}",
            order_key="shopify:1",
            date_key=day,
            product_key="unknown",
            channel_key=KEYS[channel],
            customer_key=customer or "unknown",
            is_counted=counted,
            quantity=1,
            returns_cents=returns,
            shipping_refund_cents=shipping,
            cogs_reversed_cents=cogs,
        )

    def ads(
        self,
        day: date,
        spend: int = 0,
        *,
        campaign: str = "meta:1",
        impressions: int = 0,
        clicks: int = 0,
        conversions: float | None = None,
        value: int = 0,
    ) -> None:
        """A campaign's day."""
        channel = {"meta": "meta", "google": "google"}.get(campaign.partition(":")[0], "paid_other")
        known = self.con.execute("select count(*) from dim_campaign where campaign_key = ?", [campaign]).fetchone()
        if known == (0,):
            self.campaign(campaign, channel)
        self.put(
            "fact_spend",
            date_key=day,
            campaign_key=campaign,
            channel_key=KEYS[channel],
            spend_cents=spend,
            impressions=impressions,
            clicks=clicks,
            conversions=conversions,
            conversion_value_cents=value,
        )

    def visits(
        self,
        day: date,
        sessions: int = 0,
        *,
        channel: str = "direct",
        views: int = 0,
        carts: int = 0,
        checkouts: int = 0,
        purchases: int = 0,
    ) -> None:
        """A day's traffic of one channel."""
        self.put(
            "fact_traffic",
            date_key=day,
            channel_key=KEYS[channel],
            sessions=sessions,
            users=sessions * 3,
            item_views=views,
            add_to_carts=carts,
            checkouts=checkouts,
            purchases=purchases,
        )


def day(number: int) -> date:
    """March `number`, 2026; 0 and below lie in February."""
    return date(2026, 2, 28) + timedelta(days=number)


def two_weeks_of_ads() -> Shop:
    """Last week but one: 100.00 brought 300.00, then 300.00 brought 300.00. Last week: 50.00 brought nothing."""
    shop = Shop()
    shop.ads(day(16), 10_000, value=30_000)
    shop.ads(day(18), 30_000, value=30_000)
    shop.ads(day(23), 5_000, campaign="google:2")
    return shop
