"""Windows through the whole program: what a later sync asks for, and that what comes of it is the truth of that day."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import httpx
import pytest
from small_shop import START, small_shop
from stage import Days, Stage, days_of

from growthos import demo
from growthos.connectors import find
from growthos.coverage import data_through
from growthos.demo.records import Refund, RefundLine
from growthos.state import State, covered_days, holes

LAST = demo.LAST_DAY
DAY = timedelta(days=1)
AD_SOURCES = ("meta", "google_ads", "ga4")


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    """The home of a first sync of the small shop."""
    root = tmp_path_factory.mktemp("first") / "home"
    with pytest.MonkeyPatch.context() as patch:
        assert Stage(root, patch, shop=as_first_told()).sync().exit_code == 0
    return root


@pytest.fixture
def stage(first, tmp_path, monkeypatch) -> Stage:
    """A copy of it, to go on with."""
    shutil.copytree(first, tmp_path / "home")
    return Stage(tmp_path / "home", monkeypatch)


def failing_at(source: str, day: date) -> Callable[[str, Days | None], httpx.Response | None]:
    """Refuses every report of a source that holds a day."""
    return lambda name, days: (
        httpx.Response(400, json={"error": {"message": "no", "code": 100}})
        if name == source and days and days[0] <= day <= days[1]
        else None
    )


def first_days(stage: Stage, level: str) -> list[date]:
    """Where the ranges begin that the last sync asked Meta for at a level, each once, in order."""
    asked = (days_of(httpx.Request("GET", one)) for one in stage.addresses if f"level={level}&" in one)
    return list(dict.fromkeys(days[0] for days in asked))


class TestRestated:
    @pytest.mark.long
    def test_a_second_pull_is_as_good_as_a_first_one(self, stage):
        """Of campaigns and of visits a row vanishes, one appears and one changes; what was read before is gone."""
        stage.shop = as_told_later()
        before = stage.marts()
        stage.pass_days(1)
        assert stage.sync().exit_code == 0
        changed = {name for name, told in stage.marts().items() if told != before[name]}
        assert {"fact_spend", "fact_traffic"} <= changed
        assert stage.marts() == stage.fresh()

    @pytest.mark.long
    def test_a_refund_that_comes_later_comes(self, stage):
        """An order of the first day is refunded on the day after the last: it has changed, so it is read again."""
        stage.shop = with_a_late_refund(stage.shop)
        before = stage.marts()
        stage.pass_days(1)
        stage.sync("shopify")
        after = stage.marts()["fact_refunds"]
        assert after[0] > before["fact_refunds"][0]
        assert after == stage.fresh()["fact_refunds"]

    @pytest.mark.long
    def test_a_day_that_was_open_is_read_again_and_then_complete(self, stage):
        """At half past midnight the new day is asked for with the others, and counts as complete a day later."""
        state = stage.state()
        for name in AD_SOURCES:
            assert data_through(find()[name], state, ZoneInfo("UTC")) == LAST
        assert all(days[1] == LAST + DAY for name in AD_SOURCES for days in _ranges_of(state, name))
        stage.pass_days(1)
        stage.sync()
        for name in AD_SOURCES:
            assert stage.ranges(name)[0][0] <= LAST + DAY
            assert data_through(find()[name], stage.state(), ZoneInfo("UTC")) == LAST + DAY


class TestOverlap:
    @pytest.mark.parametrize(("source", "usual", "wide"), [("meta", 28, 90), ("google_ads", 30, 90), ("ga4", 12, 14)])
    def test_each_report_reads_again_what_its_source_may_still_restate(
        self, tmp_path, monkeypatch, source, usual, wide
    ):
        """Every day so many days before the first that was never read, once a week more; each report of the source.

        Conversions are credited late, and a property counts for two days: one look at a day is not enough.
        """
        stage = Stage(tmp_path / "home", monkeypatch, history=120)
        stage.read(source)
        for days, overlap in ((1, usual), (7, wide)):
            missing = max(last for _, last in stage.ranges(source)) + DAY
            stage.pass_days(days)
            stage.read(source)
            reports = [one for one in find()[source].streams() if one.mode == "report"]
            assert min(first for first, _ in stage.ranges(source)) == missing - overlap * DAY
            assert stage.asked.count((source, stage.ranges(source)[0])) >= len(reports)

    def test_metas_results_are_asked_for_by_days_and_by_nothing_else(self, tmp_path, monkeypatch):
        """`updated_time` is the ad's and not the row's: a filter by it would leave results out."""
        stage = Stage(tmp_path / "home", monkeypatch)
        stage.read("meta")
        insights = [one for one in stage.addresses if "/insights" in one]
        assert len(insights) == len(stage.asked) > 0
        assert not any("updated_time" in one.partition("filtering=")[2] for one in insights)


class TestLater:
    @pytest.mark.long
    def test_long_after_the_last_sync_no_hole_is_left(self, stage):
        """Overlaps count from the first day not covered: fourteen days of history all round, then forty days of gap."""
        stage.pass_days(40)
        assert stage.sync().exit_code == 0
        state, today = stage.state(), stage.now.date()
        for name in AD_SOURCES:
            [account] = state.accounts(name)
            for stream in find()[name].streams():
                if stream.mode == "report":
                    days = covered_days(state.units(name, account, stream.name))
                    assert days == {today - n * DAY for n in range((today - min(days)).days + 1)}
            assert data_through(find()[name], state, ZoneInfo("UTC")) == today - DAY
        orders = state.units("shopify", state.accounts("shopify")[0], "orders")
        assert holes(orders, min(unit.since for unit in orders), stage.now) == []

    @pytest.mark.long
    def test_with_a_standing_clock_nothing_is_due_a_second_time_in_an_old_home_either(self, stage):
        stage.pass_days(1)
        stage.sync()
        assert stage.requests
        stage.sync()
        assert stage.requests == []

    def test_a_backfill_that_was_interrupted_goes_on_where_it_stopped(self, stage):
        """Meta's four units of 31 days, refused from the third on; another backfill comes between.

        What KPIs rest on is looked at; the details after it were not begun, and are read from the start.
        """
        since = LAST - 100 * DAY
        cuts = [since + 31 * n * DAY for n in range(4)]
        stage.refuse = failing_at("meta", cuts[2])
        stage.read("meta", since=since)
        assert first_days(stage, "campaign") == cuts[:3]
        assert first_days(stage, "ad") == []
        stage.refuse = lambda _source, _days: None
        stage.read("meta", since=since + DAY)
        assert len(first_days(stage, "campaign")) == 4
        stage.read("meta", since=since)
        assert first_days(stage, "campaign") == cuts[2:]
        assert first_days(stage, "ad") == first_days(stage, "account") == cuts
        stage.read("meta", since=since)
        assert first_days(stage, "campaign") == cuts
        stage.read("meta", since=since, until=LAST)
        assert first_days(stage, "campaign") == cuts

    @pytest.mark.long
    def test_full_reads_from_where_the_history_begins(self, stage):
        stage.sync("meta", full=True)
        assert stage.ranges("meta")[0][0] == START.date() - stage.history * DAY
        stage.sync("meta", since=LAST - 20 * DAY)
        stage.sync("meta", full=True)
        assert stage.ranges("meta")[0][0] == LAST - 20 * DAY

    @pytest.mark.long
    def test_until_reads_no_further_and_lowers_no_day_that_was_reached(self, stage):
        until = LAST - 2 * DAY
        stage.sync(since=LAST - 5 * DAY, until=until)
        assert {days[1] for name in AD_SOURCES for days in stage.ranges(name)} == {until}
        for connector in find().values():
            assert data_through(connector, stage.state(), ZoneInfo("UTC")) == LAST


@pytest.mark.long
def test_a_first_sync_with_an_end_is_complete_up_to_there(tmp_path, monkeypatch):
    """Orders are read up to now all the same, but the sources are to be compared over the same days."""
    stage = Stage(tmp_path / "home", monkeypatch)
    stage.sync(until=LAST - 3 * DAY)
    for connector in find().values():
        assert data_through(connector, stage.state(), ZoneInfo("UTC")) == LAST - 3 * DAY


@pytest.mark.parametrize(
    ("zone", "now", "over"),
    [
        ("America/Los_Angeles", datetime(2026, 3, 30, 3, tzinfo=UTC), LAST - DAY),
        ("America/Los_Angeles", datetime(2026, 3, 30, 8, tzinfo=UTC), LAST),
        ("Pacific/Auckland", datetime(2026, 3, 29, 12, 30, tzinfo=UTC), LAST),
        ("Pacific/Auckland", datetime(2026, 3, 29, 10, 30, tzinfo=UTC), LAST - DAY),
        ("Moon/Tycho", datetime(2026, 3, 30, 0, 30, tzinfo=UTC), LAST),
    ],
)
def test_today_is_todays_in_the_accounts_own_zone(tmp_path, monkeypatch, zone, now, over):
    """In a first sync too, where GA4's zone is told by no page but the report's own; one nobody knows is the client's.

    At 03:00 UTC on the 30th it is still the 29th in Los Angeles; at 12:30 UTC on the 29th Auckland has the 30th.
    """
    stage = Stage(tmp_path / "home", monkeypatch)
    stage.shop, stage.now = replace(stage.shop, time_zone=zone), now
    for name in AD_SOURCES:
        stage.read(name)
        assert data_through(find()[name], stage.state(), ZoneInfo("UTC")) == over, name


class TestDeep:
    """Once a week; three months of history, and one source, so that Meta's units are three or four."""

    @pytest.fixture
    def stage(self, tmp_path, monkeypatch) -> Stage:
        stage = Stage(tmp_path / "home", monkeypatch, history=100)
        stage.read("meta")
        return stage

    def test_one_that_failed_in_the_middle_goes_on_with_what_is_left(self, stage):
        stage.pass_days(7)
        missing = START.date() + DAY
        cuts = [missing - 90 * DAY + 31 * n * DAY for n in range(4)]
        stage.refuse = failing_at("meta", cuts[1])
        stage.read("meta")
        assert first_days(stage, "campaign") == cuts[:2]
        stage.refuse = lambda _source, _days: None
        stage.pass_days(1 / 24)
        stage.read("meta")
        assert first_days(stage, "campaign") == cuts[1:]
        assert first_days(stage, "ad") == first_days(stage, "account") == cuts
        stage.pass_days(1)
        stage.read("meta")
        assert stage.ranges("meta")[0][0] == stage.now.date() - 28 * DAY
        stage.pass_days(6)
        stage.read("meta")
        assert stage.ranges("meta")[0][0] == stage.now.date() - 5 * DAY - 90 * DAY

    def test_a_short_backfill_does_not_stand_in_for_it(self, stage):
        stage.pass_days(6)
        stage.read("meta", since=stage.now.date() - 2 * DAY)
        stage.pass_days(2)
        stage.read("meta")
        assert stage.ranges("meta")[0][0] == START.date() + DAY - 90 * DAY


@pytest.mark.long
def test_the_state_is_the_same_in_whatever_order_the_segments_come(stage):
    """No file says what the others are."""
    stage.pass_days(1)
    stage.sync()
    segments = [segment for unit in _units(stage.state()) for segment in unit.segments]
    told = _told(State(segments))
    assert len(segments) > 20
    for seed in range(5):
        Random(seed).shuffle(segments)
        assert _told(State(segments)) == told


def _told(state: State) -> tuple[object, ...]:
    names = [[segment.path.name for segment in unit.segments] for unit in _units(state)]
    keys = state.keys()
    return state.last_run, keys, state.loads(), names, [state.next_seq(*key) for key in keys]


def _units(state: State) -> list:
    keys = state.keys()
    return [unit for key in keys for unit in state.units(*key)]


def _ranges_of(state: State, source: str) -> list[Days]:
    return [(unit.days[0], unit.days[-1]) for unit in state.all_units(source) if unit.days]


def as_first_told():
    """The small shop before one campaign and one group of visits of the 25th were counted."""
    return _changed(lambda rows: [one for one in rows if one is not _of(rows, 4)])


def as_told_later():
    """Each way in which a day can be told anew, on days of their own, of ads and of visits alike.

    The 25th has a row more, the 26th one less, and a row of the 23rd has grown: 7.00 more spent, a hundred more visits.
    """

    def restated(rows):
        gone, grown = _of(rows, 3), _of(rows, 6)
        if hasattr(grown, "sessions"):
            larger = grown._replace(sessions=grown.sessions + 100)
        else:
            larger = grown._replace(spend_micros=grown.spend_micros + 7_000_000)
        return [larger if one is grown else one for one in rows if one is not gone]

    return _changed(restated)


def _changed(change):
    shop = small_shop()
    return replace(
        shop, campaign_days=tuple(change(shop.campaign_days)), traffic=tuple(change(shop.traffic)), memory={}
    )


def _of(rows, days_ago):
    """The first row of a day."""
    return next(one for one in rows if one.day == LAST - days_ago * DAY)


def with_a_late_refund(shop):
    """The first order that was neither cancelled nor refunded gives one unit of its first line back."""
    order = next(one for one in shop.orders if not (one.refunds or one.cancelled_at or one.test))
    line, at = order.lines[0], int((START + timedelta(hours=9)).timestamp())
    back = Refund(
        id=9_900_000_000_001,
        order_id=order.id,
        created_at=at,
        processed_at=at,
        lines=(RefundLine(9_900_000_000_002, line.id, 1, "RETURN", line.unit_price_cents // 2, 0),),
        shipping=(),
        adjustments=(),
    )
    late = order._replace(refunds=(back,), updated_at=at, financial_status="PARTIALLY_REFUNDED")
    return replace(shop, orders=tuple(late if one is order else one for one in shop.orders), memory={})
