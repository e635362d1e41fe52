"""A back-test: days by hand, causes that move them, and the demo shop held against what `alerts` says day by day."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from kpi_fixtures import LAST_DAY, Shop, day
from test_series import Counting

from growthos import alerts, demo, standings
from growthos.backtest import Backtest, Cause, Fired, backtest
from growthos.errors import NoDataError
from growthos.home import Home
from growthos.period import Period
from growthos.render import backtest_page
from growthos.render.output import drawn
from growthos.rules import RULES
from growthos.settings import Alerts
from growthos.warehouse import database

KEEP, REPEATS = Alerts().keep_firing_for, Alerts().repeats
DAYS = Period(day(1), day(25))


def asked(con: Any, period: Period = DAYS, **how: Any) -> Backtest:
    return backtest(con, period, KEEP, REPEATS, **how)


def row(found: Backtest, name: str, scope: str = "all") -> Fired:
    [one] = [one for one in (*found.rules, *found.unusual) if (one.name, one.scope) == (name, scope)]
    return one


def days(first: int, last: int) -> tuple[date, ...]:
    return tuple(Period(day(first), day(last)))


# -- By hand ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop() -> Shop:
    """On the 10th ads cost 100.00 and bring 50.00; of 500 visits 100 buy on the 2nd, and 79 on the 9th."""
    made = Shop()
    made.ads(day(10), 10_000, value=5_000)
    made.visits(day(2), 500, purchases=100)
    made.visits(day(9), 500, purchases=79)
    return made


def test_a_rule_fires_on_every_day_whose_week_it_does(shop: Shop) -> None:
    """The 10th is in the weeks to the 10th up to the 16th; the 9th faces the 2nd in those to the 9th up to the 15th."""
    found = asked(shop.con)
    for name, scope, fired in (
        ("roas_below_one", "all", days(10, 16)),
        ("roas_below_one", "meta", days(10, 16)),
        ("conversion_rate_drop", "all", days(9, 15)),
        ("revenue_drop", "all", ()),
    ):
        one = row(found, name, scope)
        assert one.days == fired
        assert [each.period for each in one.episodes] == ([Period(fired[0], fired[-1])] if fired else [])


def test_people_are_told_of_critical_ones_daily_of_others_weekly_and_of_each_end_once(shop: Shop) -> None:
    """ROAS from the first day on, daily; conversion from the second on, and a week later it fires no more.

    Both are kept for two days more, and their ends told on the third: on the 18th and on the 19th.
    """
    found = asked(shop.con)
    assert row(found, "roas_below_one").told == days(10, 16)
    assert row(found, "conversion_rate_drop").told == days(10, 10)
    assert (found.messages, found.ended) == ((*days(10, 16), *days(18, 19)), 2)
    assert "told 9 times: 7 times of alerts that fire, twice of ends alone." in drawn(backtest_page.page(found))


def test_what_fires_already_when_it_begins_is_no_news(shop: Shop) -> None:
    """Conversion was told of on the 10th: from the 12th on it fires for four days more, and its end alone is told."""
    found = asked(shop.con, Period(day(12), day(25)))
    assert (row(found, "conversion_rate_drop").days, row(found, "conversion_rate_drop").told) == (days(12, 15), ())
    assert found.messages == (*days(12, 16), *days(18, 19))


def test_rules_and_guards_are_those_that_are_given(shop: Shop) -> None:
    only = [RULES["conversion_rate_drop"]]
    assert {one.name for one in asked(shop.con, rules=only).rules} == {"conversion_rate_drop"}
    assert row(asked(shop.con, guards=alerts.Guards(min_sessions=501)), "conversion_rate_drop").days == ()


def test_a_day_between_makes_two_episodes() -> None:
    made = Shop()
    for number in (1, 9):  # the 1st is in the weeks up to the 7th, the 9th in those from the 9th on
        made.ads(day(number), 10_000, value=5_000)
    found = row(asked(made.con), "roas_below_one")
    assert [each.period for each in found.episodes] == [Period(day(1), day(7)), Period(day(9), day(15))]


# -- Causes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "end", "moves"),
    [
        (10, 10, 9, False),
        (10, 10, 10, True),
        (10, 10, 23, True),  # the last day on which it is in the week before
        (10, 10, 24, False),
        (1, 31, 20, False),  # in both weeks whole
        (1, 13, 20, True),
        (8, 13, 20, True),  # six days against none
        (13, 14, 20, False),  # a day in either
    ],
)
def test_a_cause_moves_a_week_that_has_more_or_less_of_it_than_the_one_before(first, last, end, moves):
    assert Cause(Period(day(first), day(last)), "").moves_week("all", day(end)) is moves


@pytest.mark.parametrize(
    ("first", "last", "at", "moves"),
    [
        (10, 12, 9, False),
        (10, 12, 10, True),
        (10, 12, 12, True),
        (10, 12, 19, True),  # its end is a week ago
        (10, 12, 20, False),
        (10, 30, 16, True),
        (10, 30, 17, False),  # by then it is what is usual
    ],
)
def test_a_cause_moves_a_day_that_differs_in_it_from_the_week_before(first, last, at, moves):
    assert Cause(Period(day(first), day(last)), "").moves_day("all", day(at)) is moves


def test_a_cause_of_one_channel_moves_that_and_the_whole(shop: Shop) -> None:
    tenth = Period(day(10), day(10))
    for scope, of_meta in (("google", 0), ("meta", 1), (None, 1)):
        found = asked(shop.con, causes=[Cause(tenth, "A sale.", scope)])
        assert [row(found, "roas_below_one", one).known for one in ("all", "meta")] == [1, of_meta]
        assert row(found, "conversion_rate_drop").known == 0  # it began on the 9th


def test_days_of_the_calendar_are_causes() -> None:
    made = Shop()
    made.ads(day(10), 10_000, value=5_000)
    assert (asked(made.con).causes, row(asked(made.con), "roas_below_one").known) == (0, 0)
    assert "No cause is known: name days" in drawn(backtest_page.page(asked(made.con)))

    made.put("dim_date", date_key=day(10), event_name="Clearance")
    found = asked(made.con)
    assert [one.causes for one in row(found, "roas_below_one").episodes] == [("Clearance",)]
    assert "Of 2 episodes, unusual days among them, 2 began for a cause that is known." in drawn(
        backtest_page.page(found)
    )


# -- Days that are left out --------------------------------------------------------------------------------------------


def test_days_without_two_weeks_or_not_complete_are_said_and_left_out() -> None:
    """The shop's first orders are of 1 October: the 14th is the first day with two weeks."""
    made = Shop()
    found = asked(made.con, Period(date(2025, 10, 10), date(2025, 10, 20)))
    assert found.period == Period(date(2025, 10, 14), date(2025, 10, 20))
    said = drawn(backtest_page.page(found))
    assert "(7 days, UTC)" in said
    assert "4 days left out: what is loaded has no two weeks before 2025-10-14." in said
    assert "No unusual days can be told" in said

    late = asked(made.con, Period(LAST_DAY, LAST_DAY + timedelta(days=1)))
    assert late.period == Period(LAST_DAY, LAST_DAY)
    assert "1 day left out: not every source is complete after 2026-03-29." in drawn(backtest_page.page(late))


@pytest.mark.parametrize("first", [date(2025, 10, 1), date(2026, 3, 30)])
def test_where_no_day_is_left_it_is_an_error(first: date) -> None:
    with pytest.raises(NoDataError, match="has two weeks of data") as caught:
        asked(Shop().con, Period(first, first + timedelta(days=12)))
    assert "from 2025-10-01 to 2026-03-29" in str(caught.value.hint)


def test_unusual_days_are_told_from_the_day_on_that_has_six_weeks_before_it() -> None:
    """Visits from 1 January on: 46 days later is 16 February."""
    made = Shop()
    made.con.execute("""
        insert into fact_traffic (date_key, channel_key, sessions, purchases)
        select unnest(generate_series(date '2026-01-01', date '2026-03-29', interval 1 day)), 1, 500, 0
    """)
    found = asked(made.con, Period(date(2026, 2, 1), LAST_DAY))
    assert found.unusual_since == date(2026, 2, 16)
    assert "Unusual days are told from 2026-02-16 on" in drawn(backtest_page.page(found))
    assert asked(made.con, Period(date(2026, 3, 1), LAST_DAY)).unusual_since == date(2026, 3, 1)
    assert [(one.name, one.days) for one in found.unusual] == [("sessions", ())]


# -- The demo shop -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def con(demo_home: Callable[[], Home]) -> Iterator[Any]:
    with database.connect(demo_home().database) as opened:
        yield opened


CAUSES = [Cause(Period(one.first, one.last), one.what, one.channel or None) for one in demo.happened()]


@pytest.fixture(scope="module")
def half_a_year(con: Any) -> Backtest:
    return asked(con, Period.ending(demo.LAST_DAY, days=180), causes=CAUSES)


def test_each_day_is_what_alerts_says_of_it(con: Any, half_a_year: Backtest) -> None:
    """Six days, each from a report of its own: what fires, what was unusual, and what stands as firing."""
    sample = ("2025-10-20", "2025-11-28", "2026-01-15", "2026-01-16", "2026-03-24", "2026-03-29")
    for one in map(date.fromisoformat, sample):
        alone = alerts.evaluate(con, one)
        fired = {(each.rule.name, each.scope) for each in alone.firing}
        assert fired == {(each.name, each.scope) for each in half_a_year.rules if one in each.days}
        unusual = {(each.series.name, each.scope) for each in alone.unusual if each.day == one}
        assert unusual == {(each.name, each.scope) for each in half_a_year.unusual if one in each.days}
        stands = standings.standings(con, one, KEEP).of
        for each in half_a_year.rules:
            if one in each.told:
                assert stands[f"{each.name}:{each.scope}"].state == "firing"


def test_no_day_of_the_demo_is_unusual_without_a_cause_that_the_shop_knows(half_a_year: Backtest) -> None:
    """And the broken checkout is seen on its very day, on which no rule says anything yet."""
    assert all(one.known == len(one.episodes) for one in half_a_year.unusual)
    broke = date(2026, 3, 24)
    assert {one.name for one in half_a_year.unusual if broke in one.days} == {"revenue_net", "orders", "purchases"}
    assert not any(broke in one.days for one in half_a_year.rules)


def test_the_critical_rules_fire_for_causes_that_the_shop_knows(half_a_year: Backtest) -> None:
    """Christmas is over, an order of 140 lines comes back, the checkout breaks."""
    begun = [one.period.first.isoformat() for one in row(half_a_year, "revenue_drop").episodes]
    assert begun == ["2025-12-25", "2026-01-16", "2026-03-28"]
    critical = [one for one in half_a_year.rules if one.severity == "critical"]
    assert sum(len(one.episodes) for one in critical) == sum(one.known for one in critical) == 5


def test_a_quarter_takes_as_many_queries_as_a_day(con: Any) -> None:
    asked_for = []
    for number in (1, 90):
        counting = Counting(con)
        asked(counting, Period.ending(demo.LAST_DAY, days=number))
        asked_for.append(counting.asked)
    assert asked_for[0] == asked_for[1] < 12


def test_the_json_and_the_records_add_up(half_a_year: Backtest) -> None:
    told = half_a_year.as_json()
    assert (told["since"], told["until"]) == (date(2025, 10, 14), demo.LAST_DAY)
    assert told["asked"]["since"] == demo.FIRST_DAY
    records = list(backtest_page.records(half_a_year))
    assert all(record.keys() == set(backtest_page.FIELDS) for record in records)
    assert len(records) == len(told["rules"]) + len(told["unusual"])
    for one, record in zip((*told["rules"], *told["unusual"]), records, strict=True):
        spans = [Period(each["since"], each["until"]) for each in one["episodes"]]
        assert sum(map(len, spans)) == one["days"] == record["days"] == len(str(record["when"]).split())
        assert (record["episodes"], record["known"]) == (len(spans), one["known"])
