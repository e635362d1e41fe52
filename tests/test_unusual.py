"""Unusual days: the median, the distance from it and the level by hand, and what stays silent whatever the numbers."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi_fixtures import Shop

from growthos import alerts, measures, unusual
from growthos.measures import MEASURES, About, Channel
from growthos.period import Period
from growthos.render import alert_page
from growthos.render.output import drawn
from growthos.unusual import Scale, UnusualDay, scores

DAY = date(2026, 3, 29)
WEEKS = [timedelta(days=7 * number) for number in range(1, 9)]
RHYTHM = (0.97, 0.94, 0.93, 0.96, 1.02, 1.13, 1.11)


def steady(value: int, days: int = 63) -> dict[date, int]:
    """The same on every day of the nine weeks before DAY: of those before it, only the last two can be judged."""
    return {DAY - timedelta(days=number): value for number in range(1, days + 1)}


def score(values: Mapping[date, int], scale: Scale = "count", events: Any = ()) -> unusual.Score | None:
    """How far off DAY is."""
    return scores(values, Period(DAY, DAY), scale, events).get(DAY)


def is_unusual(values: Mapping[date, int], scale: Scale = "count", events: Any = ()) -> bool:
    found = score(values, scale, events)
    assert found is not None
    return found.unusual


# -- By hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "flagged"), [(140, False), (141, True), (70, False), (69, True)])
def test_a_count_may_vary_as_chance_makes_it(value: int, flagged: bool) -> None:
    """99 on every day: m = log 100, no distance, so s = 1 / sqrt(99 + 1) = 0.1, and the line is 0.35.

    log 1.41 = 0.344, log 1.42 = 0.351; log 0.71 = -0.342, log 0.70 = -0.357.
    """
    assert is_unusual({**steady(99), DAY: value}) is flagged


@pytest.mark.parametrize(("value", "flagged"), [(11_861, False), (11_862, True), (8_430, False), (8_429, True)])
def test_money_may_vary_by_a_twentieth(value: int, flagged: bool) -> None:
    """99.99 on every day: m = log 10,000, s = log 1.05, and the line is 3.5 of it: 1.05 ** 3.5 = 1.18621.

    11,862 and 8,431 are within 10,000 times or over 1.18621, which is 11,862.1 and 8,430.2; 11,863 and 8,430 are not.
    """
    assert is_unusual({**steady(9_999), DAY: value}, "cents") is flagged


# A weekday of eight weeks, 1 less than these: m = log 100, and six of the eight are log 2 away from it.
WIDE = dict(zip([DAY - week for week in WEEKS], (49, 199, 99, 49, 199, 99, 49, 199), strict=True))


@pytest.mark.parametrize(("value", "flagged"), [(3_647, False), (3_648, True)])
def test_a_weekday_may_vary_as_it_did(value: int, flagged: bool) -> None:
    """s = 1.4826 * log 2 = 1.02766, and the line is 3.59681: exp(3.59681) * 100 = 3,648.2."""
    assert is_unusual({**steady(99), **WIDE, DAY: value}) is flagged


def test_how_far_off_it_is_and_what_was_expected() -> None:
    """(log 400 - log 100) / (1.4826 * log 2) = 2 / 1.4826, over an expected 100 - 1."""
    found = score({**steady(99), **WIDE, DAY: 399})
    assert found is not None
    assert found.z == pytest.approx(2 / 1.4826)
    assert found.expected == pytest.approx(99)


def test_the_widest_spread_of_the_week_counts() -> None:
    """The weekday itself never varied; the day before it did, by 1.02766, and so much is usual: 3.6 are needed."""
    restless = {day - timedelta(days=1): value for day, value in WIDE.items()}
    assert is_unusual({**steady(99), **restless, DAY: 3_648})
    assert not is_unusual({**steady(99), **restless, DAY: 3_647})


def weeks(*values: int) -> dict[date, int]:
    """What DAY's weekday had, the last week first."""
    return {DAY - timedelta(days=7 * number): value for number, value in enumerate(values, 1)}


def test_eight_weeks_are_looked_at_and_no_more() -> None:
    """Four times 50, 100, three times 200: the middle is that of 50 and 100; with a ninth, 200, it would be 100."""
    made = score({**steady(99), **weeks(49, 199, 49, 49, 49, 99, 199, 199, 199), DAY: 99})
    assert made is not None
    assert made.expected == pytest.approx(math.sqrt(50 * 100) - 1)


def test_days_of_events_are_not_judged_and_nothing_is_judged_by_them() -> None:
    """100 three times and 400 four times: m = log 400, and 161 is far below.

    With one of the peaks named six are left: m = log 200, s = 1.4826 * log 2, and 161 is usual. With two, five are
    left, and nobody can say.
    """
    made = {**steady(99, 52), **weeks(99, 99, 99, 399, 399, 399, 399), DAY: 160}
    assert is_unusual(made)
    one, two = (frozenset(DAY - timedelta(days=7 * number) for number in some) for some in ([7], [6, 7]))
    named = score(made, events=one)
    assert named is not None
    assert named.z == pytest.approx(math.log(161 / 200) / (1.4826 * math.log(2)))
    assert score(made, events=two) is None
    assert score({**made, DAY: 10**6}, events=one | {DAY}) is None


def test_days_that_were_unusual_are_left_out() -> None:
    """Judged by the weeks before, the peaks of one and two weeks ago were unusual: of eight six are left, all at 99."""
    long = steady(99, 126)
    made = score({**long, **weeks(399, 399), DAY: 99})
    assert made is not None
    assert made.expected == pytest.approx(99)
    assert score({**long, **weeks(399, 399, 399), DAY: 99}) is None


@pytest.mark.parametrize(("days", "judged"), [(45, False), (46, True)])
def test_six_weeks_and_four_days_are_enough(days: int, judged: bool) -> None:
    """Six values of its own weekday, and of the four days before it, which make the greater half of a week."""
    assert (score({**steady(99, days), DAY: 99}) is not None) is judged


def test_a_lasting_new_level_is_told_for_four_days() -> None:
    """Then the greater half of the week before has it as well; twenty weeks later nothing more was said."""
    for factor in (2, 3, 0.5, 0.2):
        first = DAY - timedelta(days=140)
        level = {day: 100 if day < first else round(100 * factor) for day in Period(first - timedelta(days=126), DAY)}
        found = scores(level, Period(first - timedelta(days=14), DAY), "count")
        assert len(found) == 155
        assert [day for day, one in found.items() if one.unusual] == [first + timedelta(days=n) for n in range(4)]


def test_nothing_where_there_is_usually_nothing() -> None:
    """log(1 + 0) = 0 on every day: s = 1 for counts, and 33 are more than exp(3.5) = 33.1 less 1."""
    assert score({**steady(0), DAY: 0}) == unusual.Score(0.0, 0.0)
    assert is_unusual({**steady(0), DAY: 33})
    assert not is_unusual({**steady(0), DAY: 32})
    assert score({**steady(9_999), DAY: -500}, "cents") == score({**steady(9_999), DAY: 0}, "cents")


# -- Whatever the numbers --------------------------------------------------------------------------------------------

FEW = settings(max_examples=20, deadline=None)
YEAR = Period.ending(DAY, days=365 + 126)
JUDGED = Period.ending(DAY, days=365)


def rhythm(level: int, day: date) -> float:
    return level * RHYTHM[day.weekday()]


@FEW
@given(st.integers(1, 10**7), st.lists(st.integers(0, 30), min_size=7, max_size=7), st.sampled_from(["cents", "count"]))
def test_a_weekday_rhythm_flags_nothing(level: int, week: list[int], scale: Scale) -> None:
    values = {day: level * week[day.weekday()] for day in Period.ending(DAY, days=140)}
    assert not any(one.unusual for one in scores(values, Period.ending(DAY, days=14), scale).values())


@FEW
@given(st.integers(10, 10**6), st.integers(0, 62), st.sampled_from([0.0, 0.2, 2.0, 5.0]))
def test_one_other_day_is_flagged_and_nothing_else(level: int, back: int, times: float) -> None:
    """Neither the days whose level it is part of, nor the same weekday of the weeks after."""
    day = DAY - timedelta(days=back)
    values = {
        one: round(rhythm(100 + level, one) * (times if one == day else 1)) for one in Period.ending(DAY, days=196)
    }
    found = scores(values, Period.ending(DAY, days=70), "count")
    assert [one for one, score in found.items() if score.unusual] == [day]


@FEW
@given(st.integers(0, 2**32), st.sampled_from([2, 7, 100]))
def test_another_currency_flags_the_same_days(seed: int, factor: int) -> None:
    """Amounts that vary by a fifth, far above the floor: 1 beside 100,000 cents is no part of z that counts."""
    dice = Random(seed)
    values = {day: round(100_000 * math.exp(dice.gauss(0, 0.2))) for day in Period.ending(DAY, days=140)}
    period = Period.ending(DAY, days=14)
    once, again = (scores({day: value * n for day, value in values.items()}, period, "cents") for n in (1, factor))
    for day, one in once.items():
        assert again[day].z == pytest.approx(one.z, abs=0.01)
        assert again[day].unusual == one.unusual or abs(abs(one.z) - 3.5) < 0.01


def poisson(dice: Random, mean: float) -> int:
    """How many come in a day if `mean` come on average: waits of one after the other, as long as the day lasts."""
    number, passed = 0, dice.expovariate(mean)
    while passed < 1:
        number, passed = number + 1, passed + dice.expovariate(mean)
    return number


@FEW
@given(st.integers(0, 2**32))
def test_no_day_before_the_look_back_has_a_say(seed: int) -> None:
    """So a day is judged the same, whoever else is asked about with it; one in ten is unusual, and left out or not."""
    dice = Random(seed)
    values = {
        day: round(dice.lognormvariate(5, 0.1) * dice.choices((1, 20), (9, 1))[0])
        for day in Period.ending(DAY, days=200)
    }
    last = Period(DAY - unusual.LOOK_BACK, DAY)
    assert score({day: values[day] for day in last}) == score(values) == scores(values, last, "count").get(DAY)


@pytest.mark.parametrize("seed", [1, 2])
def test_chance_alone_is_unusual_on_less_than_one_day_in_a_hundred(seed: int) -> None:
    """A year of a shop with 40 orders a day: orders, what they are worth, visits, and spend that varies by a tenth."""
    dice = Random(seed)
    orders = {day: poisson(dice, rhythm(40, day)) for day in YEAR}
    series: dict[str, tuple[Scale, dict[date, int]]] = {
        "orders": ("count", orders),
        "revenue": (
            "cents",
            {day: sum(round(math.exp(dice.gauss(9, 0.6))) for _ in range(n)) for day, n in orders.items()},
        ),
        "sessions": ("count", {day: round(rhythm(1_700, day) * math.exp(dice.gauss(0, 0.05))) for day in YEAR}),
        "spend": ("cents", {day: round(rhythm(40_000, day) * math.exp(dice.gauss(0, 0.1))) for day in YEAR}),
    }
    judged = [one for scale, values in series.values() for one in scores(values, JUDGED, scale).values()]
    assert len(judged) == 4 * 365
    assert 0 < sum(one.unusual for one in judged) < 0.01 * len(judged)


# -- The series of a shop --------------------------------------------------------------------------------------------

CHANNELS = {1: Channel("meta", "Meta Ads", paid=True), 2: Channel("google", "Google Ads", paid=True),
            3: Channel("direct", "Direct", paid=False)}  # fmt: skip
USUAL = {"orders": 12, "gross": 120_000, "discounts": 10_000, "returns": 10_000, "sessions": 400, "purchases": 10}


def about(through: date | None = DAY) -> About:
    return About(through, None, "UTC", "USD", CHANNELS)


def shop(*changed: tuple[date, int, Mapping[str, int]], days: int = 133) -> dict[tuple[date, int], dict[str, int]]:
    """Days that are all alike, but for some: orders and visits come directly, and 200.00 are spent on Meta."""
    nothing = dict.fromkeys(MEASURES, 0)
    sums = {}
    for day in Period.ending(DAY, days=days):
        sums[day, 3] = {**nothing, **USUAL}
        sums[day, 1] = {**nothing, "spend": 20_000}
    for day, key, values in changed:
        sums[day, key] = {**sums.get((day, key), nothing), **values}
    return sums


def found(
    *changed: tuple[date, int, Mapping[str, int]], events: Any = (), through: date | None = DAY, **made: int
) -> list[UnusualDay]:
    """The unusual days of the week that ends on DAY."""
    values = unusual.daily(about(), shop(*changed, **made), DAY)
    return list(unusual.find(about(through), values, events, Period.ending(DAY, days=7)))


def test_days_that_are_all_alike_are_not_unusual() -> None:
    assert found() == []


def test_a_day_is_told_with_what_was_expected_and_how_many_times_as_much_it_is() -> None:
    """500.00 where 200.00 are usual: log 2.5 / log 1.05 = 18.78."""
    [one] = found((DAY, 1, {"spend": 50_000}))
    assert one.as_json() == {
        "date": DAY,
        "series": "ad_spend",
        "name": "Ad spend",
        "scope": "meta",
        "unit": "cents",
        "value": 50_000,
        "expected": 20_000,
        "times": Decimal("2.5"),
        "z": Decimal("18.78"),
        "direction": "up",
        "meaning": "A raised budget; else spend that is counted twice: see `growthos reconcile`.",
    }
    assert one.scope_name == "Meta Ads"


YESTERDAY = DAY - timedelta(days=1)
MEANINGS: dict[str, tuple[tuple[date, int, Mapping[str, int]], dict[str, str]]] = {
    "nothing is sold": (
        (YESTERDAY, 3, {"orders": 0, "gross": 0, "discounts": 0, "purchases": 0}),
        {"revenue_net": "Fewer orders", "orders": "Not one order", "purchases": "fell as well: try the checkout"},
    ),
    "a great return": ((YESTERDAY, 3, {"returns": 90_000}), {"revenue_net": "look at returns and discounts"}),
    "a great order": ((YESTERDAY, 3, {"gross": 900_000}), {"revenue_net": "one very large order"}),
    "everything twice": (
        (YESTERDAY, 3, {"orders": 60, "gross": 600_000, "purchases": 50}),
        {"revenue_net": "counted twice", "orders": "counted twice", "purchases": "rose as well"},
    ),
    "no spend": ((YESTERDAY, 1, {"spend": 0}), {"ad_spend": "Nothing spent"}),
    "less spend": ((YESTERDAY, 1, {"spend": 9_000}), {"ad_spend": "A lowered budget"}),
    "tracking lost": (
        (YESTERDAY, 3, {"sessions": 0, "purchases": 0}),
        {"sessions": "tracking is lost", "purchases": "tracking of purchases is lost"},
    ),
    "fewer visits": ((YESTERDAY, 3, {"sessions": 90}), {"sessions": "pages that lost their tag"}),
    "a tag twice": (
        (YESTERDAY, 3, {"sessions": 900, "purchases": 44}),
        {"sessions": "a tag that counts twice", "purchases": "purchases are counted twice"},
    ),
}


@pytest.mark.parametrize(("change", "told"), MEANINGS.values(), ids=MEANINGS)
def test_it_says_what_it_may_be(change: tuple[date, int, Mapping[str, int]], told: dict[str, str]) -> None:
    days = {one.series.name: one for one in found(change)}
    assert days.keys() == told.keys()
    assert all(words in days[name].meaning for name, words in told.items())
    assert {one.day for one in days.values()} == {YESTERDAY}


def test_net_revenue_is_judged_where_ten_orders_are_usual() -> None:
    """Below, one basket makes the day."""
    few = [(day, 3, {"orders": 9}) for day in Period.ending(DAY, days=133)]
    assert found(*few, (DAY, 3, {"orders": 9, "gross": 900_000})) == []
    assert found((DAY, 3, {"gross": 900_000})) != []


def test_a_platform_is_judged_where_ten_a_day_are_usual() -> None:
    """From 9.00 to 900.00 somebody has made up their mind; from 10.00 it is worth a look."""
    for usual, judged in ((900, False), (1_001, True)):
        small = [(day, 2, {"spend": usual}) for day in Period.ending(DAY, days=133)]
        assert bool(found(*small, (DAY, 2, {"spend": 90_000}))) is judged
    assert found((DAY, 2, {"spend": 90_000})) == []


def test_days_before_the_first_are_not_known_and_not_nothing() -> None:
    """A shop of six weeks: no zeros stand before it, so there is nothing to compare with."""
    assert found((DAY, 3, {"orders": 100}), days=45) == []
    assert [one.series.name for one in found((DAY, 3, {"orders": 100}), days=47)] == ["orders"]


def test_days_that_are_not_complete_are_not_judged() -> None:
    gone = (DAY, 3, {"orders": 0, "gross": 0, "sessions": 0})
    assert found(gone)
    assert found(gone, through=YESTERDAY) == found(gone, through=None) == found(gone, through=date(2026, 3, 1)) == []


def test_days_of_the_calendar_are_expected() -> None:
    assert found((DAY, 3, {"orders": 90}), events=frozenset([DAY])) == []


def test_alerts_tell_them_of_their_window_and_reads_the_calendar() -> None:
    """500 visits on each of 131 days; on the last two of the week none, and one of those was planned."""
    made = Shop()
    made.con.execute("""
        insert into fact_traffic (date_key, channel_key, sessions, purchases)
        select unnest(generate_series(date '2025-11-17', date '2026-03-27', interval 1 day)), 1, 500, 0
    """)
    once = alerts.evaluate(made.con)
    made.put("dim_date", date_key=date(2026, 3, 28), event_name="Closed")
    made.put("dim_date", date_key=DAY)
    again = alerts.evaluate(made.con)

    assert [one["date"] for one in once.as_json()["unusual"]] == [date(2026, 3, 28), date(2026, 3, 29)]
    assert [one.day for one in again.unusual] == [date(2026, 3, 29)]
    assert measures.read_events(made.con, Period(DAY, DAY)) == {}
    assert not again.of("revenue_drop").unusual


def test_the_page_of_the_alerts_shows_them_in_a_table_and_says_once_what_each_may_be() -> None:
    """Two days without a visit, and 500.00 of spend where 200.00 are usual."""
    days = found((YESTERDAY, 3, {"sessions": 0}), (DAY, 3, {"sessions": 0}), (DAY, 1, {"spend": 50_000}))
    report = replace(alerts.evaluate(Shop().con), unusual=tuple(days))
    text = drawn(alert_page.page(report))
    table, _, below = text.partition("Unusual days\n")[2].partition("\n\n")
    assert [line.split() for line in table.splitlines() if line.startswith("2026")] == [
        ["2026-03-28", "Sessions", "0", "400", "0.00x"],
        ["2026-03-29", "Ad", "spend,", "Meta", "Ads", "$500.00", "$200.00", "2.50x"],
        ["2026-03-29", "Sessions", "0", "400", "0.00x"],
    ]
    assert below.count("Sessions down: not one visit was seen: tracking is lost.") == 1
    assert not any(record["id"] == "ad_spend" for record in alert_page.records(report))
    assert not report.reaches("info")
