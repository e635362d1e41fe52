"""`status --restatements`, held against two truths: the shop as it was first told, and as it was told later."""

import json
import os
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from small_shop import START, small_shop
from stage import Stage
from test_windows import as_first_told, as_told_later, with_a_late_refund

from growthos import cli, demo
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.period import Period
from growthos.render import restatement_page
from growthos.render.output import drawn
from growthos.restatements import Restated, restatements

LAST = demo.LAST_DAY
DAY = timedelta(days=1)
WINDOW = Period(LAST - 27 * DAY, LAST + 2 * DAY)


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Stage:
    return Stage(tmp_path / "home", monkeypatch)


def changes(stage: Stage, *sources: str) -> dict[tuple[str, date, str], Restated]:
    found = restatements(Home(stage.root), stage.settings(), WINDOW, sources).changes
    return {(one.source, one.day, one.measure): one for one in found}


def values(stage: Stage, *sources: str) -> dict[tuple[date, str], list[Decimal]]:
    return {(day, what): [r.value for r in one.readings] for (_, day, what), one in changes(stage, *sources).items()}


def truth(shop, source: str) -> dict[tuple[date, str], Decimal]:
    """What each day came to, added up from the shop's own records."""
    found: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    if source == "ga4":
        for row in shop.traffic:
            found[row.day, "sessions"] += row.sessions
            found[row.day, "purchases"] += row.purchases
            found[row.day, "purchase_revenue"] += Decimal(row.revenue_cents) / 100
        return found
    for row in shop.campaign_days:
        if row.campaign.platform == source.removesuffix("_ads"):
            found[row.day, "spend"] += Decimal(row.spend_micros) / 1_000_000
            found[row.day, "impressions"] += row.impressions
            found[row.day, "clicks"] += row.clicks
            found[row.day, "conversions"] += Decimal(row.conversions_micros) / 1_000_000
            found[row.day, "conversion_value"] += Decimal(row.value_micros) / 1_000_000
    return found


@pytest.mark.parametrize("source", ["meta", "google_ads", "ga4"])
def test_each_day_and_measure_that_moved_and_no_other(stage, source):
    """A row more, a row less and a larger row; Google's rows stayed as they were, so that nothing is told of it."""
    stage.shop = as_first_told()
    stage.read(source)
    assert changes(stage) == {}
    stage.shop = as_told_later()
    stage.pass_days(1)
    stage.read(source)
    before, after = truth(as_first_told(), source), truth(as_told_later(), source)
    moved = {key: [before[key], after[key]] for key in before.keys() | after.keys() if before[key] != after[key]}
    assert bool(moved) == (source != "google_ads")
    assert values(stage, source) == moved
    assert {one.since.date() for one in changes(stage).values()} <= {stage.now.date()}


def test_every_step_is_kept_with_when_it_was_read(stage):
    """First told, told anew a day later, then as at first again."""
    for shop in (as_first_told(), as_told_later(), as_told_later(), as_first_told()):
        stage.shop = shop
        stage.read("meta")
        stage.pass_days(1)
    one = changes(stage)["meta", LAST - 3 * DAY, "spend"]
    assert [reading.at.date() for reading in one.readings] == [START.date() + n * DAY for n in (0, 1, 3)]
    assert one.was == one.now != one.readings[1].value


def test_a_day_that_was_open_is_not_restated_when_it_is_over(stage):
    """On the 29th at noon half of the day is told; what came after belongs to it."""
    whole = small_shop()
    half = [one for one in whole.campaign_days if one.day < LAST or one.campaign.platform == "google"]
    stage.shop, stage.now = replace(whole, campaign_days=tuple(half), memory={}), START - DAY / 2
    stage.read("meta")
    stage.shop = whole
    stage.pass_days(1)
    stage.read("meta")
    assert changes(stage) == {}
    stage.shop = replace(whole, campaign_days=tuple(half), memory={})
    stage.pass_days(1)
    stage.read("meta")
    gone = changes(stage)["meta", LAST, "spend"]
    assert (gone.was, gone.now) == (truth(whole, "meta")[LAST, "spend"], 0)


class TestShop:
    def orders(self, shop):
        return [one for one in shop.orders if not (one.refunds or one.cancelled_at or one.test)]

    def changed(self, **changes):
        """The first ordinary order, changed on the morning after the shop's last day."""
        shop = small_shop()
        order = self.orders(shop)[0]
        at = int((START + timedelta(hours=9)).timestamp())
        new = order._replace(**{"updated_at": at} | changes)
        return order, replace(shop, orders=tuple(new if one is order else one for one in shop.orders), memory={})

    def day(self, order) -> date:
        return date(1970, 1, 1) + timedelta(seconds=order.processed_at)

    def told(self, stage, shop):
        """What a first sync and one a day later, of another truth, differ in."""
        stage.read("shopify")
        stage.shop = shop
        stage.pass_days(1)
        stage.read("shopify")
        return values(stage, "shopify")

    def test_new_orders_and_refunds_of_the_next_day_are_no_restatement(self, stage):
        assert self.told(stage, with_a_late_refund(small_shop())) == {}

    def test_a_cancelled_order_leaves_its_day(self, stage):
        order, shop = self.changed(cancelled_at=int((START + timedelta(hours=9)).timestamp()))
        told = self.told(stage, shop)
        day = self.day(order)
        assert set(told) == {(day, "orders"), (day, "order_value")}
        (orders, fewer), (value, less) = told[day, "orders"], told[day, "order_value"]
        assert (orders - fewer, value - less) == (1, Decimal(order.total_cents) / 100)

    def test_what_was_dated_back_is_told_on_its_day(self, stage):
        """An order moves to another day, as an import does; both days are told."""
        there = self.day(self.orders(small_shop())[0]) + 3 * DAY
        order, shop = self.changed(processed_at=self.orders(small_shop())[0].processed_at + 3 * 86_400)
        told = self.told(stage, shop)
        assert {(day, b - a) for (day, what), (a, b) in told.items() if what == "orders"} == {
            (self.day(order), -1),
            (there, 1),
        }

    def test_a_refund_that_is_dated_back_is_told_on_its_day(self, stage):
        shop = with_a_late_refund(small_shop())
        order = next(one for one in shop.orders if one.refunds and one.refunds[0].id == 9_900_000_000_001)
        at = int((START - timedelta(days=2)).timestamp())
        back = order.refunds[0]._replace(created_at=at, processed_at=at)
        early = replace(
            shop,
            orders=tuple(one._replace(refunds=(back,)) if one is order else one for one in shop.orders),
            memory={},
        )
        told = self.told(stage, early)
        [(key, (was, now))] = told.items()
        assert key == ((START - timedelta(days=2)).date(), "refunded")
        assert now - was == Decimal(back.lines[0].subtotal_cents) / 100

    def test_orders_that_were_not_read_yet_are_no_restatement(self, stage):
        """The unit is lost and read again: until then none of its days was whole."""
        stage.read("shopify")
        for path in (stage.root / "raw").glob("shopify/*/orders/*.parquet"):
            path.unlink()
        stage.read("shopify", since=LAST - 2 * DAY)
        stage.pass_days(1)
        stage.read("shopify", since=LAST - 20 * DAY)
        told = values(stage, "shopify")
        assert {day for day, _ in told} <= {LAST - 2 * DAY, LAST - DAY, LAST, LAST + DAY}


class TestCommand:
    @pytest.fixture
    def run(self, capsys, monkeypatch):
        for name in list(os.environ):
            if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
                monkeypatch.delenv(name)

        def ran(root: Path, *arguments: str):
            code = cli.run(["--home", str(root), "status", *arguments])
            said = capsys.readouterr()
            return code, said.out, said.err

        return ran

    def test_where_nothing_was_told_anew_it_says_so(self, run, tmp_path):
        code, out, _ = run(tmp_path / "new", "--demo", "--restatements")
        assert code == ExitCode.OK
        assert out.startswith("No day was told anew, 2026-03-03 to 2026-03-30")
        assert not (tmp_path / "new").exists()

    def test_each_format_tells_it(self, run, tmp_path, monkeypatch):
        stage = Stage(tmp_path / "demo", monkeypatch, shop=as_first_told())
        stage.now -= DAY / 24
        stage.read("meta")
        stage.shop = as_told_later()
        stage.now = START
        stage.read("meta")
        code, out, _ = run(tmp_path, "--demo", "--restatements", "--format", "json")
        told = json.loads(out)
        one = next(one for one in told["restatements"] if one["measure"] == "spend")
        assert code == ExitCode.OK
        assert (told["schema_version"], one["source"], len(one["readings"])) == (1, "meta", 2)
        assert run(tmp_path, "--demo", "--restatements", "--format", "csv")[1].startswith("source,account,date,measure")
        assert "meta restated 3 days: spend +" in run(tmp_path, "--demo", "--restatements")[1]
        assert "No day was told anew" in run(tmp_path, "--demo", "--restatements", "--source", "ga4")[1]
        assert "No day was told anew" in run(tmp_path, "--demo", "--restatements", "--since", "2d")[1]

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--since", "7d"], "go with --restatements alone"),
            (["--source", "meta"], "go with --restatements alone"),
            (["--restatements", "--source", "mta"], "Did you mean meta?"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, run, tmp_path, arguments, says):
        code, out, err = run(tmp_path, "--demo", *arguments)
        assert (code, out) == (ExitCode.USAGE, "")
        assert says in err


def test_the_page_says_by_how_much_in_all(stage):
    """Days that moved, put together: 7.00 and a row more, a row less."""
    stage.shop = as_first_told()
    stage.read("meta")
    stage.shop = as_told_later()
    stage.pass_days(1)
    stage.read("meta")
    days = [LAST - n * DAY for n in (6, 4, 3)]
    was, now = (sum(truth(shop(), "meta")[day, "spend"] for day in days) for shop in (as_first_told, as_told_later))
    text = drawn(restatement_page.page(restatements(Home(stage.root), stage.settings(), WINDOW)))
    assert f"meta restated 3 days: spend {(now - was) / was * 100:+.2f}%" in text
