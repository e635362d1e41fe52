"""KPIs on marts written down by hand: what counts, when, in which channel, and what holds for any numbers.

The week is 23 to 29 March 2026, the week before 16 to 22 March. At a horizon of 30 days the cohort of the week are the
customers whose first order was on 21 to 27 February: `day(-7)` to `day(-1)`, for `day(0)` is 28 February.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kpi_fixtures import CHANNELS, FIRST_DAY, LAST_DAY, Shop, day

from growthos import kpis, measures
from growthos.errors import NoDataError, UsageError
from growthos.home import Home
from growthos.measures import MEASURES, reading
from growthos.measures.cohorts import COHORT_MEASURES, Cohort
from growthos.measures.comparison import compare, relative
from growthos.measures.values import exact, safe_div, shown
from growthos.period import Period
from growthos.warehouse import database

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WEEK = Period(FIRST_DAY, LAST_DAY)
ADDITIVE = ["revenue_gross", "revenue_net", "contribution_margin", "ad_spend"]
COHORT = date(2026, 2, 27)  # day 30 of a first order on 27 February is 29 March, the last day of the week


@dataclass(frozen=True)
class Golden:
    """One KPI of one small shop. `moves` changes a record that counts, so the number must move."""

    kpi: kpis.Kpi
    build: Callable[[Shop], None]
    value: int | Decimal | None
    numerator: int
    denominator: int | None
    moves: str

    @property
    def by_hand(self) -> str:
        return f"{self.kpi.name}: {(self.build.__doc__ or '').strip()}"


GOLDEN: list[Golden] = []


def golden(
    kpi: kpis.Kpi, value: int | str | None, numerator: int, denominator: int | None, *, moves: str
) -> Callable[[Callable[[Shop], None]], Callable[[Shop], None]]:
    """Write a case down; the docstring of the function below is the sum done by hand."""

    def declare(build: Callable[[Shop], None]) -> Callable[[Shop], None]:
        wanted = Decimal(value) if isinstance(value, str) else value
        GOLDEN.append(Golden(kpi, build, wanted, numerator, denominator, moves))
        return build

    return declare


ONE_ORDER = "update fact_orders set gross_cents = gross_cents + 1000 where order_key = 'shopify:1'"
ONE_REFUND = "update fact_refunds set returns_cents = returns_cents + 1000 where refund_line_key = 'shopify:2'"
ONE_SPEND = "update fact_spend set spend_cents = spend_cents + 1000 where date_key = date '2026-03-23'"


@golden(kpis.revenue_gross, 5000, 5000, None, moves=ONE_ORDER)
def _(shop: Shop) -> None:
    """30.00 + 20.00; not the cancelled 99.00, not the order of the 22nd nor of the 30th"""
    shop.order(day(23), 3000, discount=500)
    shop.order(day(29), 2000)
    shop.order(day(25), 9900, counted=False)
    shop.order(day(22), 9900)
    shop.order(day(30), 9900)


@golden(kpis.revenue_net, 2600, 2600, None, moves=ONE_REFUND)
def _(shop: Shop) -> None:
    """50.00 - 4.00 - 20.00; the refund of a cancelled order and one dated the 30th do not count"""
    shop.order(day(23), 5000, discount=400)
    shop.refund(day(29), 2000)
    shop.order(day(24), 9900, counted=False)
    shop.refund(day(24), 9900, counted=False)
    shop.refund(day(30), 700)


@golden(kpis.revenue_net, -2000, -2000, None, moves=ONE_REFUND)
def _(shop: Shop) -> None:
    """0 - 0 - 20.00: a parcel comes back after its week, and the week of the refund pays for it"""
    shop.order(day(16), 5000)
    shop.refund(day(24), 2000)


@golden(kpis.aov, 3549, 7098, 2, moves=ONE_ORDER)
def _(shop: Shop) -> None:
    """(39.98 - 4.00 + 35.00) / 2 = 35.49; neither the refund nor the cancelled order changes it"""
    shop.order(day(23), 3998, discount=400)
    shop.order(day(24), 3500)
    shop.refund(day(25), 3500)
    shop.order(day(24), 9900, counted=False)


@golden(kpis.aov, 3, 5, 2, moves=ONE_ORDER)
def _(shop: Shop) -> None:
    """0.05 / 2 = 0.025, half a cent goes away from zero: 0.03; a free order is an order"""
    shop.order(day(23), 5)
    shop.order(day(23), 0)
    shop.order(day(22), 100)


@golden(kpis.refund_rate, "0.493097", 3500, 7098, moves=ONE_REFUND)
def _(shop: Shop) -> None:
    """35.00 / 70.98 = 0.4930966...; the refund of the 22nd does not count"""
    shop.order(day(23), 7498, discount=400)
    shop.refund(day(27), 3500)
    shop.refund(day(22), 1000)


@golden(kpis.refund_rate, "2.5", 5000, 2000, moves=ONE_REFUND)
def _(shop: Shop) -> None:
    """50.00 / 20.00: after a peak more may come back than is sold; a cancelled order's refund is none"""
    shop.order(day(23), 2000)
    shop.refund(day(27), 5000)
    shop.refund(day(27), 1000, counted=False)


@golden(kpis.contribution_margin, -49, -49, None, moves=ONE_ORDER)
def _(shop: Shop) -> None:
    """35.98 net + 4.90 - 26.47 goods - 12.00 sending - 2.90 fees = -0.49; 35.00 came back, its goods did not"""
    shop.order(day(24), 3998, discount=400, shipping_revenue=490, cogs=1422, shipping_cost=600, payment_fee=158)
    shop.order(day(25), 3500, cogs=1225, shipping_cost=600, payment_fee=132)
    shop.refund(day(27), 3500, cogs=0)
    shop.order(day(26), 9900, cogs=100, counted=False)


@golden(kpis.contribution_margin, 1270, 1270, None, moves=ONE_REFUND)
def _(shop: Shop) -> None:
    """50.00 - 20.00 net + 5.00 - 5.00 shipping - (21.00 - 9.40) goods - 6.00 - 1.70 - 0 = 10.70 + 2.00 - 0 = 12.70"""
    shop.order(day(23), 5000, shipping_revenue=500, cogs=2100, shipping_cost=400, payment_fee=170)
    shop.refund(day(24), 2000, shipping=500, cogs=940)
    shop.refund(day(24), 3000, shipping=500, cogs=940, counted=False)


@golden(kpis.contribution_margin_pct, "-0.013619", -49, 3598, moves=ONE_ORDER)
def _(shop: Shop) -> None:
    """-0.49 / 35.98 = -0.01361867...; the order before the week does not count"""
    shop.order(day(24), 3598, shipping_revenue=490, cogs=2647, shipping_cost=1200, payment_fee=290)
    shop.order(day(22), 9900)


@golden(kpis.contribution_margin_pct, None, -3000, 0, moves="delete from fact_refunds")
def _(shop: Shop) -> None:
    """-30.00 / 0: nothing is left of net revenue, so there is no share of it; not of the order a day too early"""
    shop.order(day(23), 5000, cogs=3000)
    shop.refund(day(23), 5000)
    shop.order(day(22), 5000)


@golden(kpis.contribution_margin_pct, None, -4000, -1000, moves="delete from fact_refunds")
def _(shop: Shop) -> None:
    """-40.00 / -10.00 would be 400 %: below zero there is no share either"""
    shop.order(day(23), 5000, cogs=3000)
    shop.refund(day(23), 6000)
    shop.order(day(22), 9900)


@golden(kpis.ad_spend, 15000, 15000, None, moves=ONE_SPEND)
def _(shop: Shop) -> None:
    """100.00 at Meta + 50.00 at Google; not the day before the week"""
    shop.ads(day(23), 10000)
    shop.ads(day(24), 5000, campaign="google:7")
    shop.ads(day(22), 7000)


@golden(kpis.mer, "2.666667", 40000, 15000, moves=ONE_SPEND)
def _(shop: Shop) -> None:
    """400.00 net of all channels / 150.00 spend = 2.6666...; a cancelled order is no revenue"""
    shop.order(day(23), 30000, channel="meta")
    shop.order(day(24), 10000, channel="direct")
    shop.order(day(24), 10000, channel="direct", counted=False)
    shop.ads(day(23), 10000)
    shop.ads(day(24), 5000, campaign="google:7")


@golden(kpis.roas, "1.62", 16200, 10000, moves=ONE_SPEND)
def _(shop: Shop) -> None:
    """162.00 claimed / 100.00 spent; the shop's own 500.00 have no part in it, nor has the day before"""
    shop.ads(day(23), 10000, value=16200)
    shop.order(day(23), 50000, channel="meta")
    shop.ads(day(22), 1, value=99900)


@golden(kpis.roas, None, 500, 0, moves="update fact_spend set spend_cents = 100")
def _(shop: Shop) -> None:
    """5.00 / 0: a claim without spend is not a return of 0"""
    shop.ads(day(23), 0, value=500)
    shop.order(day(23), 500, counted=False)


@golden(kpis.cac, 5000, 15000, 3, moves=ONE_SPEND)
def _(shop: Shop) -> None:
    """150.00 / 3 first orders; neither the second order, nor an anonymous one, nor a cancelled first one"""
    shop.ads(day(23), 15000)
    for name in "abc":
        shop.order(day(24), 1000, customer=name, seq=1)
    shop.order(day(25), 1000, customer="a", seq=2)
    shop.order(day(25), 1000)
    shop.order(day(25), 1000, customer="d", seq=1, counted=False)


@golden(
    kpis.cac,
    0,
    0,
    2,
    moves="insert into fact_spend select date '2026-03-23', 'unknown', 1, 100, null, null, 1, 1, 1, 0, 0, null",
)
def _(shop: Shop) -> None:
    """0 / 2 = 0: a zero-spend week with two new customers; the spend of the 22nd is another week's"""
    shop.order(day(24), 1000, customer="a", seq=1)
    shop.order(day(24), 1000, customer="b", seq=1)
    shop.ads(day(22), 900)


@golden(kpis.cac, None, 15000, 0, moves="update fact_orders set customer_order_seq = 1")
def _(shop: Shop) -> None:
    """150.00 / 0: nobody new came, so a new one has no cost; a customer's fourth order is none"""
    shop.ads(day(23), 15000)
    shop.order(day(24), 1000, customer="a", seq=4)


@golden(
    kpis.new_customer_share,
    "0.666667",
    2,
    3,
    moves="update fact_orders set customer_order_seq = 3 where order_key = 'shopify:1'",
)
def _(shop: Shop) -> None:
    """2 / 3: two first orders of three with a customer; the till's anonymous order is left out"""
    shop.order(day(23), 100, customer="a", seq=1)
    shop.order(day(24), 100, customer="b", seq=1)
    shop.order(day(24), 100, customer="b", seq=2)
    shop.order(day(24), 100, channel="pos")


@golden(kpis.ltv, 4500, 9000, 2, moves=ONE_ORDER)
def _(shop: Shop) -> None:
    """(60.00 - 10.00 + 30.00 + 20.00 - 10.00) / 2 = 45.00: day 30 counts, order and refund; day 31 does neither"""
    shop.order(COHORT, 6000, discount=1000, customer="a", seq=1)
    shop.order(COHORT, 3000, customer="b", seq=1)
    shop.order(day(29), 2000, customer="a", seq=2)  # 27 February + 30
    shop.refund(day(29), 1000, customer="a")
    shop.order(day(30), 9000, customer="a", seq=3)
    shop.refund(day(30), 500, customer="a")


@golden(kpis.ltv, 1000, 1000, 1, moves=ONE_ORDER)
def _(shop: Shop) -> None:
    """10.00 / 1: of a member new on the 21st, day 31 lies in the window and still does not count"""
    shop.order(day(-7), 1000, customer="a", seq=1)
    shop.order(day(24), 700, customer="a", seq=2)  # 21 February + 31
    shop.order(day(-8), 800, customer="b", seq=1)  # new a day before the cohort
    shop.order(day(0), 800, customer="c", seq=1)  # and a day after it
    shop.order(day(-7), 800, customer="d", seq=1, counted=False)
    shop.order(day(-7), 800, customer="e", seq=2)  # known before the loaded history


@golden(kpis.ltv, None, 0, 0, moves="update fact_orders set date_key = date '2026-02-25'")
def _(shop: Shop) -> None:
    """0 / 0: nobody completes day 30 in this week"""
    shop.order(day(23), 1000, customer="a", seq=1)


@golden(
    kpis.retention_rate,
    "0.5",
    2,
    4,
    moves="update fact_orders set date_key = date '2026-03-30' where order_key = 'shopify:5'",
)
def _(shop: Shop) -> None:
    """2 / 4: one again on the same day, one on day 30; not the one on day 31, nor the cancelled second order"""
    for name in "abcd":
        shop.order(COHORT, 1000, customer=name, seq=1)
    shop.order(COHORT, 1000, customer="a", seq=2)
    shop.order(day(10), 1000, customer="a", seq=3)
    shop.order(day(29), 1000, customer="b", seq=2)
    shop.order(day(30), 1000, customer="c", seq=2)
    shop.order(day(5), 1000, customer="d", seq=2, counted=False)


@golden(kpis.payback_days, 30, 5000, 2, moves="delete from fact_orders where order_key = 'shopify:4'")
def _(shop: Shop) -> None:
    """30: 54.00 by day 10, 44.00 after the refund of day 12, 50.00 >= 50.00 on day 30; day 31 would be too late"""
    shop.ads(COHORT, 5000)
    shop.ads(day(0), 9000)  # a day after the cohort's
    shop.order(COHORT, 4000, cogs=1000, shipping_cost=600, customer="a", seq=1)  # 24.00
    shop.order(COHORT, 1000, customer="b", seq=1)  # 34.00
    shop.order(day(9), 2000, customer="b", seq=2)  # day 10: 54.00
    shop.order(day(29), 600, customer="a", seq=2)  # day 30: 50.00 after the refund
    shop.refund(day(11), 1500, cogs=700, shipping=200, customer="a")  # day 12: -10.00
    shop.order(day(30), 9000, customer="a", seq=3)


@golden(kpis.payback_days, 0, 5000, 1, moves="update fact_orders set gross_cents = 4999")
def _(shop: Shop) -> None:
    """0: 50.00 earned on the first day cover 50.00 of spend exactly; the spend of the day before is another cohort's"""
    shop.ads(COHORT, 5000)
    shop.ads(day(-8), 5000)
    shop.order(COHORT, 5000, customer="a", seq=1)


@golden(kpis.payback_days, None, 5000, 1, moves="delete from fact_refunds where refund_line_key = 'shopify:2'")
def _(shop: Shop) -> None:
    """none: paid back on day 0, undone by the refund of day 30; a refund of day 31 would not count"""
    shop.ads(COHORT, 5000)
    shop.order(COHORT, 5000, customer="a", seq=1)
    shop.refund(day(29), 1, customer="a")
    shop.refund(day(30), 4000, customer="a")


@golden(kpis.payback_days, None, 0, 1, moves="update fact_spend set spend_cents = 100, date_key = date '2026-02-27'")
def _(shop: Shop) -> None:
    """none: nothing was spent on the days when the cohort was new, so there is nothing to pay back"""
    shop.order(COHORT, 5000, customer="a", seq=1)
    shop.ads(day(23), 5000)


@golden(kpis.payback_days, None, 5000, 0, moves="update fact_orders set date_key = date '2026-02-27'")
def _(shop: Shop) -> None:
    """none: spend and nobody who came of it within the cohort's days"""
    shop.ads(COHORT, 5000)
    shop.order(day(23), 9000, customer="a", seq=1)


@golden(kpis.conversion_rate, "0.023333", 7, 300, moves="update fact_traffic set purchases = purchases + 1")
def _(shop: Shop) -> None:
    """7 / 300 = 0.02333...: GA4's purchases over GA4's sessions; the shop's own orders have no part in it"""
    shop.visits(day(23), 100, purchases=4)
    shop.visits(day(29), 200, purchases=3, channel="meta")
    shop.visits(day(30), 900, purchases=1)
    shop.order(day(23), 1000)


@golden(kpis.ctr, "0.015385", 700, 45500, moves="update fact_spend set clicks = 0")
def _(shop: Shop) -> None:
    """700 / 45500 = 0.0153846...; not the week before"""
    shop.ads(day(23), 1, impressions=24500, clicks=280)
    shop.ads(day(23), 1, campaign="google:7", impressions=21000, clicks=420)
    shop.ads(day(22), 1, impressions=100, clicks=100)


@golden(kpis.cpc, 143, 1000, 7, moves=ONE_SPEND)
def _(shop: Shop) -> None:
    """10.00 / 7 = 1.42857; the clicks of the 30th do not count"""
    shop.ads(day(23), 1000, clicks=7)
    shop.ads(day(30), 0, clicks=7)


@golden(kpis.cpm, 1833, 5500000, 3000, moves=ONE_SPEND)
def _(shop: Shop) -> None:
    """1000 x 55.00 / 3000 = 18.333; the impressions of the 22nd do not count"""
    shop.ads(day(23), 5500, impressions=3000)
    shop.ads(day(22), 0, impressions=3000)


def built(build: Callable[[Shop], None]) -> Shop:
    shop = Shop()
    build(shop)
    return shop


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.by_hand)
def test_matches_the_sum_done_by_hand(case: Golden) -> None:
    result = case.kpi(built(case.build).con)

    assert (result.value, result.numerator, result.denominator) == (case.value, case.numerator, case.denominator)
    assert (result.start_date, result.end_date) == (FIRST_DAY, LAST_DAY)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.by_hand)
def test_moves_with_a_record_that_counts(case: Golden) -> None:
    """No golden case holds by accident: one altered record and the number is another."""
    shop = built(case.build)
    shop.con.execute(case.moves)

    assert case.kpi(shop.con).value != case.value


def test_every_kpi_has_been_worked_out_by_hand() -> None:
    assert {case.kpi.name for case in GOLDEN} == kpis.KPIS.keys()
    assert len(kpis.KPIS) == 18


@pytest.mark.parametrize("name", kpis.KPIS)
def test_an_empty_week_has_sums_of_zero_and_no_quotients(name: str) -> None:
    result = kpis.KPIS[name](Shop().con)

    assert result.value == (0 if result.denominator is None else None)
    assert result.numerator == 0
    assert result.by_channel == {}


# -- Components, channels, campaigns -------------------------------------------------------------------------------


def busy() -> Shop:
    """A week with something of everything, small enough to add up in one's head."""
    shop = Shop()
    shop.order(day(23), 10000, discount=1000, channel="meta", customer="a", seq=1, cogs=4000, payment_fee=300)
    shop.order(day(24), 5000, channel="email", customer="b", seq=1, cogs=2000, shipping_revenue=500, shipping_cost=600)
    shop.order(day(24), 3000, channel="google", customer="a", seq=2)
    shop.refund(day(25), 2000, channel="meta", shipping=100, cogs=800)
    shop.ads(day(23), 4000, impressions=1000, clicks=30, value=6000)
    shop.ads(day(23), 1000, campaign="meta:2", impressions=500, clicks=3)
    shop.ads(day(23), 2000, campaign="google:7", impressions=200, clicks=10, value=5000)
    shop.visits(day(23), 100, channel="meta", views=80, carts=20, checkouts=8, purchases=2)
    shop.visits(day(23), 100, channel="organic_search", views=40)
    return shop


def test_components_stand_beside_the_value() -> None:
    """Each set of names is exactly the one that was promised."""
    shop = busy()

    assert kpis.revenue_net(shop.con).components == {"gross": 18000, "discounts": 1000, "returns": 2000}
    assert kpis.contribution_margin(shop.con).components == {
        "revenue_net": 15000,
        "shipping_revenue": 500,
        "shipping_refunds": 100,
        "cogs": 5200,  # 40.00 + 20.00 - 8.00
        "shipping_cost": 600,
        "payment_fees": 300,
        "ad_spend": 7000,
        "contribution_after_ads": 2300,  # 150.00 + 5.00 - 1.00 - 52.00 - 6.00 - 3.00 = 93.00; - 70.00
    }
    assert kpis.cac(shop.con).components == {"spend": 7000, "new_customers": 2}
    assert kpis.aov(shop.con).components == {"orders": 3}
    # Last click: meta 100.00 - 10.00 - 20.00, google 30.00; the order from an e-mail is not the ads'.
    assert kpis.roas(shop.con).components == {"reported_value": 11000, "last_click_net_revenue": 10000}
    assert kpis.conversion_rate(shop.con).components == {
        "sessions": 200,
        "item_views": 120,
        "add_to_carts": 20,
        "checkouts": 8,
        "purchases": 2,
        "view_rate": Decimal("0.6"),
        "cart_rate": Decimal("0.166667"),
        "checkout_rate": Decimal("0.4"),
        "purchase_rate": Decimal("0.25"),
    }


def test_ltv_tells_the_contribution_beside_the_revenue() -> None:
    shop = Shop()
    shop.order(COHORT, 5000, customer="a", seq=1, cogs=2000, payment_fee=100, shipping_cost=600)
    shop.refund(day(3), 1000, customer="a", cogs=400)

    result = kpis.ltv(shop.con)

    assert result.value == 4000
    assert result.components == {"ltv_contribution": 1700}  # 50.00 - 20.00 - 1.00 - 6.00 - 10.00 + 4.00


def test_by_channel_holds_whoever_did_anything_and_the_same_arithmetic() -> None:
    by_channel = kpis.cac(busy().con).by_channel or {}

    assert list(by_channel) == ["meta", "google", "organic_search", "email"]
    assert by_channel["meta"] == kpis.KPIS["cac"].part({**reading.NOTHING, "spend": 5000, "new_customers": 1})
    assert by_channel["email"].value == 0  # 0 / 1: nobody paid for this one
    assert by_channel["google"].value is None  # 20.00 / 0
    assert (by_channel["organic_search"].value, by_channel["organic_search"].denominator) == (None, 0)


def test_a_channel_is_there_for_a_refund_or_a_cohort_member_alone() -> None:
    shop = Shop()
    shop.refund(day(23), 100, channel="sms")
    shop.order(COHORT, 100, channel="affiliate", customer="a", seq=1)
    shop.order(day(23), 100, channel="referral", counted=False)

    assert list(kpis.revenue_net(shop.con).by_channel or {}) == ["sms", "affiliate"]


def test_mer_by_channel_is_for_channels_that_are_paid_for() -> None:
    by_channel = kpis.mer(busy().con).by_channel or {}

    assert {slug: part.value for slug, part in by_channel.items()} == {"meta": Decimal("1.4"), "google": Decimal("1.5")}


def test_a_cohort_belongs_to_the_channel_of_the_first_order() -> None:
    """What a member buys later counts for the first channel, whose spend is what must be paid back."""
    shop = Shop()
    shop.order(COHORT, 1000, channel="meta", customer="a", seq=1)
    shop.order(day(5), 4000, channel="email", customer="a", seq=2)  # day 6
    shop.refund(day(6), 500, channel="email", customer="a")
    shop.ads(COHORT, 4000)
    shop.ads(COHORT, 9000, campaign="google:7")

    assert {slug: part.value for slug, part in (kpis.ltv(shop.con).by_channel or {}).items()} == {"meta": 4500}
    assert kpis.retention_rate(shop.con, channel="meta").value == 1
    assert kpis.payback_days(shop.con, channel="meta").value == 6
    assert kpis.payback_days(shop.con).value is None  # 45.00 against 130.00


def test_one_channel_alone_is_what_by_channel_says_of_it() -> None:
    con = busy().con
    numbers = reading.read(con, measures.about(con), WEEK)

    for kpi in kpis.KPIS.values():
        for slug, part in (kpi.of(numbers).by_channel or {}).items():
            alone = kpi.of(numbers, channel=slug)
            assert (alone.value, alone.numerator, alone.denominator) == (part.value, part.numerator, part.denominator)
            assert alone.by_channel is None
    assert kpis.cac(con, channel="meta") == kpis.cac.of(numbers, channel="meta")


def test_the_horizon_is_an_argument() -> None:
    shop = Shop()
    shop.order(day(20), 1000, customer="a", seq=1)
    shop.order(day(27), 500, customer="a", seq=2)  # day 7
    shop.order(day(28), 300, customer="a", seq=3)

    assert kpis.ltv(shop.con, horizon_days=7).value == 1500
    assert kpis.retention_rate(shop.con, day(24), day(24), horizon_days=4).value == 0
    assert kpis.ltv(shop.con, day(20), day(20), horizon_days=0).value == 1000
    assert kpis.ltv(shop.con).value is None


def test_ads_can_be_asked_by_campaign() -> None:
    shop = busy()
    shop.ads(day(23), 0, campaign="meta:3")  # a row of zeros is no campaign of this week
    report = kpis.report(shop.con, WEEK, by="campaign")

    found = {row.now.name: row.now.by_campaign for row in report.rows if row.now.by_campaign is not None}

    assert set(found) == {"ad_spend", "roas", "ctr", "cpc", "cpm"}
    assert {key: part.value for key, part in found["ad_spend"].items()} == {
        "google:7": 2000,
        "meta:1": 4000,
        "meta:2": 1000,
    }
    assert found["roas"]["meta:2"].value == 0
    assert report.campaigns["meta:1"] == "meta:1"


# -- Windows and bad arguments -------------------------------------------------------------------------------------


def test_the_default_is_the_week_up_to_the_last_complete_day() -> None:
    shop = Shop()
    shop.con.execute("update run_info set data_through = date '2026-03-10'")
    shop.order(day(4), 100)
    shop.order(day(3), 900)

    result = kpis.revenue_gross(shop.con)

    assert (result.start_date, result.end_date, result.value) == (day(4), day(10), 100)
    assert kpis.revenue_gross(shop.con, end_date="2026-03-09").value == 1000
    assert kpis.revenue_gross(shop.con, day(3)).value == 1000
    assert kpis.revenue_gross(shop.con, day(3), day(3)).value == 900


def test_a_wrong_argument_is_said_in_one_sentence() -> None:
    con = Shop().con

    with pytest.raises(UsageError, match="no channel 'mta'") as wrong:
        kpis.cac(con, channel="mta")
    assert wrong.value.hint == "Did you mean meta?"
    with pytest.raises(UsageError, match="after its end"):
        kpis.cac(con, day(5), day(4))
    with pytest.raises(UsageError, match="'soon' is no date"):
        kpis.cac(con, end_date="soon")
    with pytest.raises(UsageError, match="horizon of -1"):
        kpis.ltv(con, horizon_days=-1)
    with pytest.raises(UsageError, match="no KPI 'roaz'") as wrong:
        kpis.find("roaz")
    assert wrong.value.hint == "Did you mean roas?"


def test_a_database_without_a_run_or_a_complete_day_says_so() -> None:
    shop = Shop()
    shop.con.execute("update run_info set data_through = null")
    with pytest.raises(NoDataError, match="No day is complete"):
        kpis.cac(shop.con)
    assert kpis.cac(shop.con, day(1), day(2)).value is None
    shop.con.execute("delete from run_info")
    with pytest.raises(NoDataError, match="No data yet"):
        kpis.cac(shop.con)


# -- Comparison and report -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (250, 200, "0.25"),
        (100, 300, "-0.666667"),
        (-10, -20, "0.5"),  # a smaller loss is better, not worse
        (-20, 10, "-3"),
        (0, 5, "-1"),
        (5, 0, None),  # from nothing there is no share
        (None, 5, None),
        (5, None, None),
    ],
)
def test_change_is_relative_to_what_it_was(now: int | None, before: int | None, change: str | None) -> None:
    found = relative(None if now is None else Fraction(now), None if before is None else Fraction(before))

    assert shown(found, "ratio") == (None if change is None else Decimal(change))


def test_change_and_delta_come_from_unrounded_values() -> None:
    """Order values of 10.0033 and 10.0067 are both shown as cents, and their difference is 0.0033, not 0.01."""
    shop = Shop()
    for amount in (1000, 1000, 1001):
        shop.order(day(16), amount)
    for amount in (1000, 1001, 1001):
        shop.order(day(23), amount)

    [row] = kpis.report(shop.con, WEEK, ["aov"]).rows

    assert (row.now.value, row.before.value) == (1001, 1000)
    assert row.delta == 0  # 3002/3 - 3001/3 = 1/3 of a cent
    assert row.change == Decimal("0.000333")  # 1/3001


def test_a_rate_moves_in_points_and_nothing_is_compared_with_null() -> None:
    shop = Shop()
    shop.visits(day(16), 100, purchases=4)
    shop.visits(day(23), 100, purchases=3)
    shop.ads(day(23), 100, clicks=10)

    rate, clicks = kpis.report(shop.con, WEEK, ["conversion_rate", "cpc"]).rows

    assert (rate.change, rate.delta) == (Decimal("-0.25"), Decimal("-0.01"))
    assert (clicks.now.value, clicks.change, clicks.delta) == (10, None, None)


def test_the_report_as_json_has_the_promised_form() -> None:
    found = kpis.report(busy().con, WEEK, ["revenue_net", "mer"], by="channel").as_json()

    assert found["kpis"][0] == {
        "name": "revenue_net",
        "unit": "cents",
        "value": 15000,
        "numerator": 15000,
        "denominator": None,
        "previous": 0,
        "change": None,
        "delta": 15000,
        "better": "higher",
        "components": {"gross": 18000, "discounts": 1000, "returns": 2000},
        "by_channel": {
            "meta": {"value": 7000, "numerator": 7000, "denominator": None},
            "google": {"value": 3000, "numerator": 3000, "denominator": None},
            "organic_search": {"value": 0, "numerator": 0, "denominator": None},
            "email": {"value": 5000, "numerator": 5000, "denominator": None},
        },
    }
    assert found["kpis"][1]["value"] == Decimal("2.142857")  # 150.00 / 70.00
    del found["kpis"]
    assert found == {
        "schema_version": 1,
        "since": "2026-03-23",
        "until": "2026-03-29",
        "previous": {"since": "2026-03-16", "until": "2026-03-22"},
        "timezone": "UTC",
        "currency": "USD",
        "data_through": "2026-03-29",
        "warnings": [],
    }


def test_by_channel_is_there_only_when_asked_for() -> None:
    shop = busy()

    assert "by_channel" not in kpis.report(shop.con, WEEK, ["cac"]).as_json()["kpis"][0]
    assert "by_channel" not in kpis.report(shop.con, WEEK, ["blended_cac"]).as_json()["kpis"][0]
    [channel] = kpis.report(shop.con, WEEK, ["channel_cac", "cac"]).as_json()["kpis"]
    assert channel["name"] == "cac"
    assert channel["by_channel"]["meta"]["value"] == 5000


def test_kpis_come_in_the_order_of_the_catalogue_or_as_asked() -> None:
    con = Shop().con

    assert [row.now.name for row in kpis.report(con).rows] == list(kpis.KPIS)
    assert list(kpis.KPIS)[:3] == ["revenue_gross", "revenue_net", "aov"]
    assert [row.now.name for row in kpis.report(con, names=["ctr", "aov"]).rows] == ["ctr", "aov"]


def test_better_is_as_people_mean_it() -> None:
    lower = {name for name, kpi in kpis.KPIS.items() if kpi.better == "lower"}

    assert lower == {"refund_rate", "cac", "payback_days", "cpc", "cpm"}
    assert {name for name, kpi in kpis.KPIS.items() if kpi.better is None} == {"ad_spend"}


def test_the_sparkline_has_a_value_for_each_day() -> None:
    shop = Shop()
    shop.order(day(23), 1000)
    shop.order(day(25), 3000)
    shop.order(day(25), 1000)
    shop.order(day(-3), 700, customer="a", seq=1)  # 25 February: completes day 30 on the 27th
    report = kpis.report(shop.con, WEEK, ["revenue_gross", "aov", "ltv"])

    assert [row.days for row in report.rows] == [
        (1000, 0, 4000, 0, 0, 0, 0),
        (1000, None, 2000, None, None, None, None),
        (None, None, None, None, 700, None, None),
    ]
    assert len(kpis.report(shop.con, Period(LAST_DAY, LAST_DAY)).rows[0].days) == 7
    assert len(kpis.report(shop.con, Period.ending(LAST_DAY, days=90)).rows[0].days) == 28
    assert kpis.report(shop.con, days=False).rows[0].days == ()


def codes(shop: Shop, period: Period = WEEK, names: list[str] | None = None) -> list[str]:
    return [notice.code for notice in kpis.report(shop.con, period, names, days=False).warnings]


def test_a_window_past_the_data_is_computed_and_said() -> None:
    shop = Shop()
    shop.order(day(31), 500)

    report = kpis.report(shop.con, Period(day(25), day(31)), ["revenue_gross"])

    assert report.rows[0].now.value == 500
    assert report.as_json()["warnings"] == [
        {
            "code": "window_past_data",
            "message": "The window ends on 2026-03-31, but not every source is complete after 2026-03-29.",
        }
    ]
    assert codes(shop, WEEK, ["revenue_gross"]) == []


def test_a_source_that_is_behind_the_others_is_said_with_its_day() -> None:
    """A day is nothing: it may be another day already where an account is."""
    shop = Shop()
    shop.put("run_sources", source="shopify", data_through=day(29))
    shop.put("run_sources", source="ga4", data_through=day(28))
    assert codes(shop, WEEK, ["aov"]) == []

    shop.put("run_sources", source="meta", data_through=day(26))
    shop.put("run_sources", source="google_ads")

    [notice] = kpis.report(shop.con, WEEK, ["aov"], days=False).warnings
    assert notice.code == "source_behind"
    assert notice.message == (
        "google_ads has no complete day, meta is complete through 2026-03-26; the other sources are through 2026-03-29."
    )


def test_a_comparison_with_days_before_the_history_is_said() -> None:
    shop = Shop()
    shop.con.execute("update run_info set history_start = date '2026-03-17'")

    assert codes(shop, WEEK, ["aov"]) == ["window_before_history"]
    assert codes(shop, Period(day(24), day(29)), ["aov"]) == []


def test_payback_warns_of_cohort_days_without_spend() -> None:
    shop = Shop()
    for number in range(-7, -1):
        shop.ads(day(number), 0)

    assert codes(shop, WEEK, ["payback_days"]) == ["cohort_spend_missing"]
    assert codes(shop, WEEK, ["ltv"]) == []
    shop.ads(day(-1), 0)
    assert codes(shop, WEEK, ["payback_days"]) == []


def test_costs_by_assumed_margin_are_said_with_their_share() -> None:
    shop = Shop()
    shop.order(day(23), 4000)
    shop.line(day(23), 3000, cogs_source="unit_cost")
    shop.line(day(23), 1000, cogs_source="margin")
    shop.line(day(22), 9000, cogs_source="margin")
    shop.line(day(23), 9000, cogs_source="margin", counted=False)

    report = kpis.report(shop.con, WEEK, ["contribution_margin"])

    assert [notice.message for notice in report.warnings] == [
        "25.0% of gross revenue has no unit cost and is costed by its category's margin."
    ]
    assert codes(shop, WEEK, ["revenue_net"]) == []


@pytest.mark.parametrize(("purchases", "warned"), [(5, True), (6, False), (11, False), (12, True)])
def test_ga4_seeing_too_few_or_too_many_orders_is_said(purchases: int, warned: bool) -> None:
    """Between 60 % and 110 % of ten orders is usual."""
    shop = Shop()
    for _ in range(10):
        shop.order(day(23), 100)
    shop.visits(day(23), 100, purchases=purchases)

    assert (codes(shop, WEEK, ["conversion_rate"]) == ["ga4_coverage"]) is warned


# -- The demo's marts ----------------------------------------------------------------------------------------------

COLUMNS = """
    select table_name, column_name, data_type from information_schema.columns where table_schema = 'main' order by all
"""


@pytest.fixture
def published(demo_home: Callable[[], Home]) -> Iterator["DuckDBPyConnection"]:
    """The published database of the demo shop."""
    with database.connect(demo_home().database) as con:
        yield con


def test_these_tests_stand_on_the_tables_that_are_published(published: "DuckDBPyConnection") -> None:
    """The database written down in kpi_fixtures has the columns and types of a real one."""
    assert Shop().con.execute(COLUMNS).fetchall() == published.execute(COLUMNS).fetchall()


def test_a_function_says_what_the_report_says(published: "DuckDBPyConnection") -> None:
    report = kpis.report(published, by="channel")

    assert [row.now for row in report.rows] == [kpi(published) for kpi in kpis.KPIS.values()]
    assert all(row.now.value is not None for row in report.rows)


def test_a_long_window_of_the_demo_adds_up(published: "DuckDBPyConnection") -> None:
    """Over 28 days the days add up to the window, and the channels do."""
    for row in kpis.report(published, Period.ending(LAST_DAY, days=28), ADDITIVE).rows:
        assert sum(row.days) == row.now.value == sum(part.value for part in (row.now.by_channel or {}).values())
        assert row.now.value, row.now.name


# -- What holds for any numbers ------------------------------------------------------------------------------------

amount = st.integers(min_value=0, max_value=10**7)
march = st.integers(min_value=10, max_value=31)
slug = st.sampled_from([name for _, name, _, _ in CHANNELS])
facts = st.lists(
    st.one_of(
        st.tuples(st.just("order"), march, slug, amount, st.booleans()),
        st.tuples(st.just("refund"), march, slug, amount, st.booleans()),
        st.tuples(st.just("ads"), march, st.sampled_from(["meta:1", "google:7", "tiktok:3"]), amount, st.booleans()),
    ),
    max_size=12,
)


def any_shop(happened: list[tuple[Any, ...]]) -> Shop:
    shop = Shop()
    spent = {}
    for kind, number, where, cents, counted in happened:
        if kind == "order":
            shop.order(day(number), cents, channel=where, counted=counted, cogs=cents // 3, payment_fee=30)
        elif kind == "refund":
            shop.refund(day(number), cents, channel=where, counted=counted, cogs=cents // 7)
        else:
            spent[number, where] = cents
    for (number, where), cents in spent.items():
        shop.ads(day(number), cents, campaign=where)
    return shop


few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(happened=facts)
def test_channels_add_up_to_the_whole_and_days_to_the_window(happened: list[tuple[Any, ...]]) -> None:
    with any_shop(happened).con as con:
        report = kpis.report(con, WEEK, ADDITIVE)

    for row in report.rows:
        assert sum(part.value for part in (row.now.by_channel or {}).values()) == row.now.value, row.now.name
        assert sum(row.days) == row.now.value, row.now.name


@few
@given(happened=facts, cut=st.integers(min_value=23, max_value=28))
def test_a_window_is_the_sum_of_its_halves(happened: list[tuple[Any, ...]], cut: int) -> None:
    with any_shop(happened).con as con:
        about = measures.about(con)
        first, second, whole = (
            reading.read(con, about, period, horizon_days=None)
            for period in (Period(FIRST_DAY, day(cut)), Period(day(cut + 1), LAST_DAY), WEEK)
        )

    for name in ADDITIVE:
        left, right, both = (kpis.KPIS[name].of(numbers).numerator for numbers in (first, second, whole))
        assert left + right == both, name


anything = st.integers(min_value=-(10**15), max_value=10**15)
groups = st.fixed_dictionaries(
    {
        **dict.fromkeys([*MEASURES, *COHORT_MEASURES], st.just(0) | anything),
        "payback": st.none() | st.integers(min_value=0, max_value=30),
    }
)


@given(group=groups)
def test_a_kpi_is_a_finite_number_or_nothing(group: dict[str, int | None]) -> None:
    """Whatever the measures: never an error, an infinity or a float, and money in whole cents."""
    for kpi in kpis.KPIS.values():
        value = kpi.part(group).value
        assert value is None or isinstance(value, Decimal if kpi.unit == "ratio" else int), kpi.name
        assert not isinstance(value, Decimal) or value.is_finite(), kpi.name


@given(group=groups)
def test_value_times_denominator_is_the_numerator(group: dict[str, int | None]) -> None:
    """Before rounding, to the last digit; what is shown is within half a unit of it."""
    for kpi in kpis.KPIS.values():
        part = kpi.part(group)
        if kpi.unit == "days" or part.value is None:
            continue
        value = safe_div(part.numerator, part.denominator or 1)
        assert value is not None
        unit = Fraction(1, 10**6) if kpi.unit == "ratio" else 1
        assert abs(Fraction(part.value) - value) <= Fraction(unit, 2), kpi.name


@given(spend=st.integers(1, 10**9), customers=st.integers(1, 10**6), rate=st.integers(1, 1000))
def test_cac_follows_the_currency(spend: int, customers: int, rate: int) -> None:
    """In a currency worth a tenth everything costs ten times as much, CAC included."""
    once, again = (exact(kpis.cac.formula(spend=money, new_customers=customers)) for money in (spend, spend * rate))

    assert once is not None
    assert again == once * rate


@given(
    steps=st.lists(st.integers(-50, 50), min_size=1, max_size=31),
    spend=st.integers(0, 100),
    size=st.integers(0, 2),
)
def test_payback_is_the_first_day_from_which_it_holds(steps: list[int], spend: int, size: int) -> None:
    curve = tuple(sum(steps[: number + 1]) for number in range(len(steps)))
    sums = dict.fromkeys(COHORT_MEASURES, 0) | {"cohort_spend": spend, "cohort_size": size}

    found = Cohort(sums, curve).payback

    holds = [number for number in range(len(curve)) if all(later >= spend for later in curve[number:])]
    assert found == (min(holds, default=None) if spend and size else None)


def test_the_same_numbers_are_compared_as_no_change() -> None:
    result = kpis.revenue_net(busy().con)

    row = compare(kpis.revenue_net, result, result)

    assert (row.change, row.delta) == (0, 0)
