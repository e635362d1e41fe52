"""What people are told of alerts and when: each once, again after a while, and that it has ended, by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from kpi_fixtures import LAST_DAY, Shop, day

from growthos import alerts, standings, telling
from growthos.alert_book import Book, Silence, Told
from growthos.alert_report import Alert, AlertReport
from growthos.alert_state import Standing
from growthos.alerts import RULES
from growthos.home import Home
from growthos.messages import Message
from growthos.period import Period
from growthos.render import message_page
from growthos.render.pages import markdown
from growthos.rules import ALL, Case, Evaluation, Verdict
from growthos.warehouse import connect

NOW = datetime(2026, 3, 30, 4, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REPEATS = {"critical": 24 * HOUR, "warning": 7 * DAY, "info": 7 * DAY}
CASE = Case(ALL, {}, {})
CRITICAL, WARNING = "revenue_drop", "ctr_drop"


def march(number: int) -> date:
    return date(2026, 3, number)


def alert(name: str = CRITICAL, stands: Standing | None = None, **more: Any) -> Alert:
    stands = stands or Standing("firing", march(28), march(29))
    state = "firing" if stands.state in {"firing", "pending"} else "ok"
    return Alert(RULES[name], "all", "all", state, 1, 2, None, standing=stands, **more)


def report(*found: Alert, last: date = LAST_DAY, **more: Any) -> AlertReport:
    week = Period.ending(last, days=7)
    return AlertReport(week, week.before(), "UTC", "USD", last, (), found, **more)


def told(at: datetime = NOW, *, name: str = CRITICAL, state: Any = "firing") -> Book:
    was = Told(state=state, active_since=march(28), last_seen=march(28), last_notified=at)
    return Book(told={f"{name}:all": was})


def due(found: AlertReport, book: Book, now: datetime = NOW) -> tuple[list[str], list[str]]:
    """The rules of the alerts that are due, and of those that have ended."""
    is_due = telling.due(found, book, REPEATS, now)
    return [one.rule.name for one in is_due.alerts], [name.partition(":")[0] for name in is_due.resolved]


@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        (Standing("firing", march(28), march(29)), [CRITICAL]),
        (Standing("pending", march(29), march(29)), []),
        (Standing("kept", march(27), march(28)), []),
        (Standing("resolved", march(20), march(21), march(24)), []),
        (Standing(), []),
    ],
)
def test_what_fires_is_new_until_it_was_told(stands, expected):
    assert due(report(alert(stands=stands)), Book()) == (expected, [])


@pytest.mark.parametrize(
    ("name", "past", "expected"),
    [
        (CRITICAL, timedelta(0), False),
        (CRITICAL, 21 * HOUR, False),
        (CRITICAL, 22 * HOUR - timedelta(seconds=1), False),
        (CRITICAL, 22 * HOUR, True),  # a daily run, as clocks are put forward and it begins some seconds sooner
        (CRITICAL, 24 * HOUR, True),
        (WARNING, 6 * DAY, False),
        (WARNING, 7 * DAY - 3 * HOUR, False),
        (WARNING, 7 * DAY - 2 * HOUR, True),
        # A clock that goes back: a little is nothing, more means that it was wrong when it was told.
        (CRITICAL, timedelta(minutes=-5), False),
        (CRITICAL, timedelta(minutes=-6), True),
        (WARNING, -365 * DAY, True),
    ],
)
def test_it_is_told_again_after_a_while(name, past, expected):
    assert due(report(alert(name)), told(NOW - past, name=name)) == ([name] * expected, [])


def test_another_one_is_new_whatever_was_told_of_the_one_before():
    """It began after all that was known when the one before was told; one that only seems to begin later is the same.

    A source may tell days anew, so that the first day moves.
    """
    another = alert(stands=Standing("firing", march(29), march(29)))
    assert due(report(another), told()) == ([CRITICAL], [])
    moved = told().told[f"{CRITICAL}:all"].model_copy(update={"last_seen": march(29)})
    assert due(report(another), Book(told={f"{CRITICAL}:all": moved})) == ([], [])
    assert due(report(alert()), told(state="resolved")) == ([CRITICAL], [])


@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        (Standing("kept", march(27), march(28)), False),
        (Standing("resolved", march(20), march(21), march(24)), True),
        (Standing(), True),
        (Standing("pending", march(29), march(29)), True),
    ],
)
def test_an_end_is_told_once_and_only_where_the_beginning_was(stands, expected):
    over = report(alert(stands=stands))
    assert due(over, told()) == ([], [CRITICAL] * expected)
    assert due(over, told(state="resolved")) == due(over, Book()) == ([], [])


def test_of_an_alert_that_is_not_asked_about_any_more_the_end_is_told():
    """A platform on which nothing is spent, or a rule that was taken away."""
    assert due(report(), told()) == ([], [CRITICAL])


def test_a_report_of_earlier_days_ends_nothing():
    assert due(report(alert(stands=Standing()), last=march(27)), told()) == ([], [])


def silence(matcher: str, until: datetime) -> Silence:
    return Silence(id="1a2b3c4d", matcher=matcher, created_at=NOW, until=until, author="ann", reason="a sale")


@pytest.mark.parametrize("held", [{"silenced_by": "1a2b3c4d"}, {"inhibited_by": "conversion_rate_drop:all"}])
def test_of_what_is_held_back_neither_beginning_nor_end_is_told(held):
    assert due(report(alert(**held)), Book()) == ([], [])
    assert due(report(alert(stands=Standing(), **held)), told()) == ([], [])


def test_of_a_platform_that_is_gone_the_end_is_silenced_too():
    quiet = told().model_copy(update={"silences": (silence("revenue_drop", NOW + HOUR),)})
    assert due(report(), quiet) == ([], [])
    assert due(report(), quiet, NOW + HOUR) == ([], [CRITICAL])


def test_nothing_is_told_while_a_build_is_not_published():
    assert due(report(alert(), failed=()), Book()) == ([], [])
    assert due(report(failed=("unique_grain",)), told()) == ([], [])


def test_what_was_told_is_written_down():
    over = Standing("resolved", march(20), march(21), march(24))
    found = report(alert(), alert(WARNING, over))
    book = told(name=WARNING)
    after = telling.told(book, found, telling.due(found, book, REPEATS, NOW), NOW)
    assert after.told == {
        "revenue_drop:all": Told(
            state="firing", active_since=march(28), last_seen=march(29), last_notified=NOW, severity="critical"
        ),
        "ctr_drop:all": Told(
            state="resolved", active_since=march(28), last_seen=march(28), last_notified=NOW, resolved_at=march(24)
        ),
    }
    assert due(found, after) == ([], []), "told once"


def test_a_flapping_alert_is_one():
    """F.F.F..F... from the tenth on: told when it begins, a week later as it fires just then, and that it has ended."""
    book, said, fires = Book(), list[tuple[int, list[str], list[str]]](), "F.F.F..F..."
    stands = Standing()
    for number, one in enumerate(fires, 10):
        stands = stands.then(march(number), fires=one == "F", for_days=0, keep=2)
        found = report(alert(stands=stands), last=march(number))
        now = datetime(2026, 3, number + 1, 4, 9, tzinfo=UTC)
        is_due = telling.due(found, book, {**REPEATS, "critical": 7 * DAY}, now)
        if is_due:
            said.append((number, [each.rule.name for each in is_due.alerts], [*is_due.resolved]))
        book = telling.told(book, found, is_due, now)
    assert said == [(10, [CRITICAL], []), (17, [CRITICAL], []), (20, [], ["revenue_drop:all"])]


# -- What inhibits ---------------------------------------------------------------------------------------------------


def tracking(orders_now: int, sales: int = 10) -> AlertReport:
    """Purchases halve, of 20 orders these are left, and ads bring back a part of their cost."""
    shop = Shop()
    for number in range(20):
        shop.order(day(16), 1_000, customer=f"a{number}")
    for number in range(orders_now):
        shop.order(day(23), 1_000, customer=f"b{number}")
    shop.visits(day(16), 1_000, purchases=20)
    shop.visits(day(23), 1_000, purchases=10)
    shop.ads(day(23), 20_000, value=20_000 * sales // 100)
    found = standings.standings(shop.con, day(29), 2)
    return standings.stand(alerts.evaluate(shop.con), found, (), NOW, None)


def test_where_tracking_is_suspect_nobody_is_told_what_ads_bring_in():
    """20 to 16 orders is -20 %, and -50 % of the purchases: more than half as far would be -25 %, which 15 are."""
    suspect, real = tracking(16), tracking(15)
    firing = {one.fingerprint: one for one in suspect.firing}
    assert firing["roas_below_one:all"].inhibited_by == "conversion_rate_drop:all"
    assert firing["roas_below_one:meta"].inhibited_by == "conversion_rate_drop:all"
    assert not firing["conversion_rate_drop:all"].held_back
    assert "so suspect tracking first." in str(firing["conversion_rate_drop:all"].recommendation)
    assert not any(one.held_back for one in real.firing)
    assert (suspect.reaches("critical"), real.reaches("critical")) == (False, True)
    assert suspect.reaches("warning")


def test_as_long_as_the_suspicion_is_pending_it_inhibits_nothing():
    shop = Shop()
    for number in range(20):
        shop.order(day(16), 1_000, customer=f"a{number}")
        shop.order(day(23), 1_000, customer=f"b{number}")
    shop.visits(day(22), 1_000, purchases=20)
    shop.visits(day(29), 1_000, purchases=10)
    shop.ads(day(29), 20_000)
    found = standings.standings(shop.con, day(29), 2)
    assert found.suspects_tracking
    assert found.of["conversion_rate_drop:all"].state == "pending"
    told_ = standings.stand(alerts.evaluate(shop.con), found, (), NOW, None)
    assert not any(one.held_back for one in told_.firing)


def test_a_failed_check_inhibits_all_and_says_so():
    found = replace(tracking(15), failed=None)
    held = standings.stand(
        found, standings.Standings({one.fingerprint: Standing() for one in found.alerts}), (), NOW, ["unique_grain"]
    )
    assert {one.inhibited_by for one in held.alerts} == {"unique_grain"}
    assert not held.reaches("info")


# -- How far back ----------------------------------------------------------------------------------------------------


def test_an_alert_that_lasts_is_followed_to_its_first_day(monkeypatch):
    """Thirty days of firing: the look of two weeks does not reach its beginning, the next one does.

    That one asks of the days before alone, and only the rule that fires.
    """
    begun, end, looks = march(1), march(30), []

    def evaluate_days(_con, days, _guards, rules):
        looks.append((days[0], days[-1], [rule.name for rule in rules]))
        return {
            one: tuple(evaluation(rule, fires=rule.name != CRITICAL and one >= begun) for rule in rules) for one in days
        }

    def evaluation(rule, *, fires):
        return Evaluation(rule, CASE, Verdict("firing" if fires else "ok", None, None, None))

    monkeypatch.setattr(standings, "evaluate_days", evaluate_days)
    both = [RULES[CRITICAL], RULES["roas_below_one"]]
    assert standings.standings(None, end, 2, rules=both).of == {
        "revenue_drop:all": Standing(),
        "roas_below_one:all": Standing("firing", begun, end),
    }
    assert looks == [
        (march(15), end, [CRITICAL, "roas_below_one"]),
        (date(2026, 2, 11), march(14), ["roas_below_one"]),
    ]


# -- The demo --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def last_days(demo_home: Callable[[], Home]) -> dict[int, Message]:
    """What a daily run at 04:09 tells on each of the demo's last ten days."""
    book, said = Book(), {}
    with connect(demo_home().database) as con:
        for number in range(20, 30):
            now = datetime(2026, 3, number, 4, 9, tzinfo=UTC) + DAY
            found = standings.standings(con, march(number), 2)
            stood = standings.stand(alerts.evaluate(con, march(number)), found, (), now, None)
            is_due = telling.due(stood, book, REPEATS, now)
            said[number] = message_page.message(stood, is_due, "demo", RULES)
            book = telling.told(book, stood, is_due, now)
    return said


def test_how_the_alerts_of_the_demo_stand(demo_home: Callable[[], Home]):
    """The checkout broke on 24 March. Which day each rule fired at the end of was asked for day by day beforehand."""
    with connect(demo_home().database) as con:
        found = standings.standings(con, LAST_DAY, 2).of
        again = {number: standings.standings(con, march(number), 2).of for number in (26, 27, 28)}
    assert {name: one for name, one in found.items() if one.state != "inactive"} == {
        **dict.fromkeys(
            ["cac_increase:all", "cac_increase:google", "cac_increase:meta", "conversion_rate_drop:all"],
            Standing("firing", march(26), march(29)),
        ),
        "revenue_drop:all": Standing("firing", march(28), march(29)),
        "roas_below_one:all": Standing("firing", march(29), march(29)),
        "roas_below_one:meta": Standing("firing", march(27), march(29)),
    }
    assert again[26]["conversion_rate_drop:all"] == Standing("pending", march(26), march(26))
    assert again[27]["new_customer_share_drop:all"] == Standing("pending", march(27), march(27))
    assert again[28]["revenue_drop:all"] == Standing("firing", march(28), march(28)), "critical ones wait for nothing"


def test_what_the_demo_tells_on_which_day(last_days):
    """The checkout broke on the 24th. Warnings wait for a second day, critical ones are told again each day."""
    assert {number: [one.fingerprint for one in said.alerts] for number, said in last_days.items()} == {
        **{number: [] for number in range(20, 27)},
        27: [
            *("roas_below_one:meta", "cac_increase:all", "cac_increase:meta", "cac_increase:google"),
            "conversion_rate_drop:all",
        ],
        28: ["revenue_drop:all", "roas_below_one:meta"],
        29: ["revenue_drop:all", "roas_below_one:all", "roas_below_one:meta"],
    }
    assert not any(said.resolved for said in last_days.values())


def test_a_message_is_a_page_with_a_panel_for_each(last_days):
    text = markdown(message_page.page(last_days[28]))
    assert text.startswith("## demo: 2 critical (2026-03-28)\n\n2026-03-22 to 2026-03-28 (7 days, UTC) against ")
    assert "### critical: Net revenue drop, since 2026-03-28\n" in text
    assert "Net revenue fell " in text


def test_an_end_is_a_line():
    found = report(alert(WARNING, Standing("resolved", march(20), march(21), march(24)), silenced_by=None))
    book = told(name=WARNING).model_copy(update={"told": {**told(name=WARNING).told, **told(name=CRITICAL).told}})
    said = message_page.message(found, telling.due(found, book, REPEATS, NOW), "shop", RULES)
    assert said.title == "shop: 2 resolved (2026-03-29)"
    ctr, revenue = (one.text for one in message_page.page(said)[1:])
    assert ctr.startswith("Resolved at the end of 2026-03-24: CTR drop, all channels, since 2026-03-28. Click-through")
    assert revenue == "Resolved at the end of 2026-03-29: Net revenue drop, all channels, since 2026-03-28."


@pytest.mark.parametrize(
    ("rules", "severity", "heard"), [(RULES, None, "critical"), ({}, "critical", "critical"), ({}, None, "info")]
)
def test_an_end_is_as_grave_as_the_rule_was_that_is_gone(rules, severity, heard):
    """Where the file does not say so, as those of the first version, nobody knows."""
    was = told().told["revenue_drop:all"].model_copy(update={"severity": severity})
    over = telling.due(report(), Book(told={"revenue_drop:all": was}), REPEATS, NOW)
    [end] = message_page.message(report(), over, "shop", rules).resolved
    assert end.severity == heard


def test_what_is_held_back_is_counted():
    found = report(alert(), alert(WARNING, silenced_by="1a2b3c4d"))
    said = message_page.message(found, telling.due(found, Book(), REPEATS, NOW), "shop", RULES)
    assert said.notes == ("Nobody is told of 1 more that fires: `growthos alerts` says why.",)
