"""A KPI over time: each day, week and month has the value that `kpis` says of it, whatever the number of queries."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kpi_fixtures import LAST_DAY, Shop, day, two_weeks_of_ads

from growthos import kpis
from growthos.kpis import KPIS
from growthos.measures import series
from growthos.measures.series import Series, over_time
from growthos.period import Per, Period
from growthos.warehouse import database

WEEK = Period(day(23), LAST_DAY)
FORTNIGHT = Period(day(16), LAST_DAY)


@given(st.dates(date(1999, 1, 1), date(2100, 1, 1)), st.integers(0, 900), st.sampled_from(["day", "week", "month"]))
def test_a_period_is_cut_where_a_day_a_week_or_a_month_begins(first, days, per):
    whole = Period(first, first + timedelta(days=days))
    pieces = list(whole.cut(per))
    assert [one for piece in pieces for one in piece] == list(whole)
    begins = {"day": lambda _: True, "week": lambda one: one.weekday() == 0, "month": lambda one: one.day == 1}[per]
    assert [piece.first for piece in pieces] == [one for one in whole if one == first or begins(one)]


def values(found: Series) -> list[Any]:
    return [one.part.value for one in found.points]


def test_the_roas_of_a_week_is_value_over_spend_and_no_mean_of_days():
    """600.00 / 400.00 = 1.5, and not (3 + 1) / 2."""
    shop = two_weeks_of_ads()
    assert values(over_time(shop.con, "roas", FORTNIGHT, "week")) == [Decimal("1.5"), 0]
    days = over_time(shop.con, "roas", FORTNIGHT)
    assert values(days) == [3, None, 1, None, None, None, None, 0, None, None, None, None, None, None]
    assert [one.part.denominator for one in days.points[:3]] == [10_000, 0, 30_000]


def test_the_payback_of_a_week_is_that_of_all_who_came():
    """10.00 spent on one who brings 4.00 at once, 3.50 a day later, 8.00 on day 3; 2.00 on one who brings 5.00 at once.

    Alone that takes 3 days and none; together 9.00 of 12.00 are there at once, and 12.50 a day later.
    """
    shop = Shop()
    for number, spend, gross in ((-7, 1_000, 400), (-6, 200, 500)):
        shop.ads(day(number), spend)
        shop.order(day(number), gross, customer=f"{number}", seq=1)
    shop.order(day(-6), 350, customer="-7", seq=2)
    shop.order(day(-4), 800, customer="-7", seq=3)
    assert values(over_time(shop.con, "payback_days", WEEK))[:3] == [3, 0, None]
    assert values(over_time(shop.con, "payback_days", WEEK, "week")) == [1]


@pytest.fixture(scope="module")
def demo(demo_home) -> Iterator[Any]:
    with database.connect(demo_home().database) as con:
        yield con


PERIODS: list[tuple[Per, Period, list[int]]] = [
    ("day", Period(date(2025, 12, 30), LAST_DAY), [0, 16, 84, 89]),
    ("week", Period(date(2025, 12, 30), date(2026, 3, 25)), [0, 6, 12]),
    ("month", Period(date(2025, 12, 30), LAST_DAY), [0, 1, 3]),
]


@pytest.mark.long
@pytest.mark.parametrize(("per", "period", "places"), PERIODS, ids=[one[0] for one in PERIODS])
def test_each_bar_of_the_demo_is_what_kpis_says_of_its_days(demo, per, period, places):
    """All KPIs, in all and by channel, with numerator and denominator."""
    found = {name: over_time(demo, name, period, per, "channel") for name in KPIS}
    for place in places:
        days = found["roas"].points[place].period
        for row in kpis.report(demo, days, by="channel", days=False).rows:
            one = found[row.now.name]
            assert one.points[place].period == days
            alone = (row.now.value, row.now.numerator, row.now.denominator)
            part = one.points[place].part
            assert (part.value, part.numerator, part.denominator) == alone, row.now.name
            assert one.channels
            assert row.now.by_channel
            assert {slug: one.channels[slug][place].part for slug in row.now.by_channel} == dict(row.now.by_channel)


def test_channels_that_are_not_asked_for_change_nothing(demo):
    whole, apart = (over_time(demo, "payback_days", FORTNIGHT, by=by) for by in (None, "channel"))
    assert whole.points == apart.points
    assert whole.channels is None


def test_the_old_name_of_channel_cac_is_by_channel(demo):
    assert over_time(demo, "channel_cac", WEEK).channels


class Counting:
    """A connection that counts what it is asked."""

    def __init__(self, con: Any) -> None:
        self.con, self.asked = con, 0

    def execute(self, *given: Any) -> Any:
        self.asked += 1
        return self.con.execute(*given)


def test_ninety_days_take_as_many_queries_as_one():
    shop = two_weeks_of_ads()
    asked = []
    for days in (1, 90):
        con = Counting(shop.con)
        over_time(con, "roas", Period.ending(LAST_DAY, days=days), by="channel")
        asked.append(con.asked)
    assert asked[0] == asked[1] < 20


@pytest.mark.parametrize(("days", "per"), [(1, "day"), (120, "day"), (121, "week"), (834, "week"), (841, "month")])
def test_many_days_are_told_by_week_and_many_weeks_by_month(days, per):
    """834 days to a Sunday are 119 weeks and a day, 841 days are 120 weeks and a day."""
    assert over_time(Shop().con, "roas", Period.ending(LAST_DAY, days=days)).per == per


def test_days_before_the_first_orders_are_left_out_where_nobody_asked_for_them():
    con = Shop().con  # its orders begin with October
    assert series.recent(con, Period(date(2025, 9, 1), LAST_DAY)) == Period(date(2025, 10, 1), LAST_DAY)
    assert series.recent(con, WEEK) == WEEK
    old = Period(date(2025, 1, 1), date(2025, 1, 31))
    assert series.recent(con, old) == Period(old.last, old.last)
