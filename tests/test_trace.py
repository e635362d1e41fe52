"""`trace`: from a row of the tables to the bytes, held against the bytes themselves."""

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import warehouse_fixtures as made
from small_shop import START, small_shop
from stage import Stage
from test_windows import as_first_told, as_told_later, with_a_late_refund

from growthos import cli, compaction, demo, pipeline, settings
from growthos.clock import DemoClock
from growthos.connectors.terms import Page
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.jsonrecords import pretty, records
from growthos.pruning import prune
from growthos.quarantine import set_aside
from growthos.raw import Header, UnitWriter
from growthos.redaction import redact
from growthos.render import trace_page
from growthos.render.output import drawn
from growthos.render.pages import Listing, markdown
from growthos.state import State
from growthos.trace import Trace, campaigns, orders
from growthos.warehouse import connect

AT = datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@contextmanager
def tables(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    con = connect(home.database)
    try:
        yield con
    finally:
        con.close()


def order(home: Home, name: str) -> Trace:
    with tables(home) as con:
        return orders.trace(home, con, name)


def campaign(home: Home, name: str, day: str) -> Trace:
    with tables(home) as con:
        return campaigns.trace(home, con, name, datetime.fromisoformat(day).date())


def stored(home: Home, record: Any) -> bytes:
    """The body that a record is said to stand in, read by its file, segment and page with nothing of ours."""
    [(body,)] = duckdb.execute(
        "select body from read_parquet(?) where seq = ? and page = ?",
        [str(home.root / record["file"]), record["seq"], record["page"]],
    ).fetchall()
    return bytes(body)


def assert_in_its_place(home: Home, record: dict[str, Any]) -> None:
    """The slice of the stored body is the record's text, and the path leads to the same value."""
    body = stored(home, record)
    cut = body[record["offset"] : record["offset"] + record["length"]]
    assert cut == record["text"].encode()
    [(told,)] = duckdb.execute("select json_extract(decode(?::blob), ?)", [body, record["path"]]).fetchall()
    assert json.loads(told, parse_float=Decimal) == json.loads(cut, parse_float=Decimal)


def amount(given: dict[str, Any]) -> int:
    """Shopify's money in cents."""
    return int(Decimal(given["shopMoney"]["amount"]) * 100)


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Stage:
    return Stage(tmp_path / "home", monkeypatch)


@pytest.fixture(scope="module")
def told(demo_home) -> Trace:
    return order(demo_home(), "#1718")


class TestOrder:
    """Order #1718 of the demo: two lines, a discount, shipping, and one line given back."""

    def test_its_facts_are_worked_out_from_its_record(self, told):
        """By hand: 40.99 + 18.49 = 59.48; less 8.19 is 51.29; with 5.95 for shipping 57.24.

        Payment: 2.9 % of 57.24 is 1.66, and 0.30. Shipping costs 6.00 an order. The line given back is 40.99 - 8.19.
        """
        [fact] = told.marts["fact_orders"]
        sent = json.loads(told.records[0].bytes)
        lines = sent["lineItems"]["nodes"]
        assert [amount(one["originalUnitPriceSet"]) for one in lines] == [4099, 1849]
        assert (fact["gross_cents"], fact["discount_cents"]) == (4099 + 1849, 819)
        assert amount(lines[0]["discountAllocations"][0]["allocatedAmountSet"]) == 819
        assert fact["shipping_revenue_cents"] == amount(sent["shippingLines"]["nodes"][0]["discountedPriceSet"]) == 595
        assert fact["total_cents"] == amount(sent["totalPriceSet"]) == 4099 + 1849 - 819 + 595
        assert (fact["payment_fee_cents"], fact["shipping_cost_cents"]) == (166 + 30, 600)
        assert (fact["is_counted"], fact["exclusion_reason"], fact["attribution_rule"]) == (True, None, 5)
        assert [one["slug"] for one in told.marts["dim_channel"]] == ["paid_other"]
        assert "utm_medium=paid_social" in sent["landingPageUrl"]
        back, rest = told.marts["fact_refunds"]
        given = json.loads(told.records[1].bytes)["refundLineItems"]["nodes"][0]
        assert back["returns_cents"] == amount(given["subtotalSet"]) == 4099 - 819
        assert rest["returns_cents"] == rest["shipping_refund_cents"] == 0

    def test_its_staged_rows_are_what_was_delivered(self, told):
        [staged] = told.staging["stg_shopify__orders"]
        sent = json.loads(told.records[0].bytes)
        for column, name in (("subtotal", "subtotalPriceSet"), ("total", "totalPriceSet"), ("tax", "totalTaxSet")):
            assert staged[f"{column}_cents"] == amount(sent[name])
        assert (staged["order_key"], staged["order_name"]) == (told.key, sent["name"])
        assert [one["amount_cents"] for one in told.staging["stg_shopify__order_lines"]] == [4099, 1849]
        [refund] = told.staging["stg_shopify__refunds"]
        assert refund["refunded_cents"] == 3280
        assert told.rejected == []

    @pytest.mark.long
    def test_it_answers_to_name_number_and_key(self, demo_home, told):
        for name in ("1718", told.key, told.key.partition(":")[2]):
            assert order(demo_home(), name).as_json() == told.as_json()

    def test_tables_of_another_duckdb_are_read_as_well(self, demo_home, told, tmp_path):
        """Which would have made other numbers of the keys."""
        home = Home(shutil.copytree(demo_home().root, tmp_path / "home"))
        with duckdb.connect(home.database) as con:
            for table in ("fact_orders", "fact_order_lines", "fact_refunds"):
                con.execute(f"update {table} set order_hash = order_hash // 2")
        assert order(home, told.name).marts == told.marts

    @pytest.mark.long
    def test_what_is_staged_for_a_trace_is_what_the_tables_were_made_of(self, demo_home):
        """Of orders of each kind, all that staging and the tables both say."""
        home = demo_home()
        with tables(home) as con:
            names = con.execute(
                "select max(order_name) from fact_orders group by exclusion_reason, tax_cents > 0"
            ).fetchall()
        assert len(names) > 7
        for (name,) in names:
            told = order(home, name)
            [fact], [staged] = told.marts["fact_orders"], told.staging["stg_shopify__orders"]
            same = ("order_name", "source_name", "financial_status", "tax_cents", "total_cents", "currency")
            assert [fact[one] for one in same] == [staged[one] for one in same]
            assert len(told.marts["fact_order_lines"]) == len(told.staging["stg_shopify__order_lines"])
            assert {one.key for one in told.lines} == {
                *(one["line_key"] for one in told.staging["stg_shopify__order_lines"]),
                *(one["refund_key"] for one in told.staging["stg_shopify__refunds"]),
                *(one["refund_line_key"] for one in told.staging["stg_shopify__refund_lines"]),
            }
            for record in told.as_json()["records"]:
                assert record["counts"]
                assert_in_its_place(home, record)

    def test_each_line_stands_where_it_is_said_to(self, demo_home):
        """The demo's longest order: a page of lines did not hold them, nor a page of the refund's."""
        told = order(demo_home(), "#4046")
        assert [one.what for one in told.records] == [
            "order",
            "lines",
            "lines",
            "refund",
            "refund lines",
            "refund lines",
        ]
        assert len(told.staging["stg_shopify__order_lines"]) > 100
        assert len(told.lines) == 1 + sum(
            len(told.staging[f"stg_shopify__{name}"]) for name in ("order_lines", "refund_lines")
        )
        for one in told.lines:
            page = told.records[one.record - 1].page
            value = json.loads(page.body[one.span.start : one.span.end])
            assert value["id"].rpartition("/")[2] == one.key.rpartition(":")[2]
        for record in told.as_json()["records"]:
            assert_in_its_place(demo_home(), record)

    @pytest.mark.parametrize("reason", ["test", "cancelled", "voided", "gift_card_only"])
    def test_why_an_order_does_not_count_is_said(self, demo_home, reason):
        with tables(demo_home()) as con:
            [(name,)] = con.execute(
                "select min(order_name) from fact_orders where exclusion_reason = ?", [reason]
            ).fetchall()
        told = order(demo_home(), name)
        sent = json.loads(told.records[0].bytes)
        assert f"it does not count: {reason.replace('_', ' ')}" in drawn(trace_page.page(told))
        assert {
            "test": sent["test"],
            "cancelled": bool(sent["cancelledAt"]),
            "voided": sent["displayFinancialStatus"] == "VOIDED",
            "gift_card_only": all(one["isGiftCard"] for one in sent["lineItems"]["nodes"]),
        }[reason]


class TestVersions:
    @pytest.mark.long
    def test_each_version_is_told_with_what_changed_in_it(self, stage):
        """One unit of an order is given back the morning after, so that the order comes a second time."""
        stage.shop = small_shop()
        stage.sync()
        first = next(one for one in stage.shop.orders if not (one.refunds or one.cancelled_at or one.test))
        before = order(Home(stage.root), first.name)
        stage.shop = with_a_late_refund(stage.shop)
        stage.pass_days(1)
        stage.sync()
        told = order(Home(stage.root), first.name)
        latest, refund, older = told.records
        assert [one.what for one in told.records] == ["order", "refund", "order"]
        assert [one.counts for one in told.records] == [True, True, False]
        assert (older.why, older.bytes) == ("an older version", before.records[0].bytes)
        assert older.version < latest.version
        assert (older.changes, older.fetched_at.date()) == ((), START.date())
        given = amount(json.loads(refund.bytes)["totalRefundedSet"])
        assert given > 0
        assert {one.name: (one.was, one.now) for one in latest.changes}["refunded_cents"] == (0, given)
        assert "refunded was $0.00, is $" in drawn(trace_page.page(told))
        assert len(told.marts["fact_refunds"]) == 2
        for record in told.as_json()["records"]:
            assert_in_its_place(Home(stage.root), record)

    @pytest.mark.long
    def test_a_version_that_was_read_twice_counts_once(self, stage):
        stage.shop = small_shop()
        stage.sync()
        name = max(stage.shop.orders, key=lambda one: one.updated_at).name
        stage.pass_days(1)
        stage.read("shopify", since=START.date() - 14 * DAY)
        whys = [one.why for one in order(Home(stage.root), name).records if one.what == "order"]
        assert whys == ["it counts", "the same version, read before"]

    @pytest.mark.long
    def test_pages_of_a_reading_that_was_cut_off_are_shown_and_do_not_count(self, stage):
        stage.shop = small_shop()
        stage.sync()
        name = stage.shop.orders[-1].name
        before = order(Home(stage.root), name)
        page, seq = before.records[0].page, stage.state().next_seq("shopify", "growthos-demo", "orders")
        header = replace(page.header, run=2, run_id="2" * 16, seq=seq, part=0)
        writer = UnitWriter(stage.root / "raw", header)
        writer.add(Page(page.stream, page.body, page.request, 200, 1), AT + DAY)
        writer.keep(AT + DAY)
        told = order(Home(stage.root), name)
        assert [one.bytes for one in told.records[:-1]] == [one.bytes for one in before.records]
        assert (told.records[-1].why, told.records[-1].counts) == ("of a reading that did not come to its end", False)


class TestCampaign:
    def test_a_day_at_meta(self, demo_home):
        """Clicks are link clicks; what Meta says of purchases is taken once of the types that overlap."""
        told = campaign(demo_home(), "spring launch", "2026-03-24")
        [fact], [staged], [record] = told.marts["fact_spend"], told.staging["stg_meta__spend"], told.records
        sent = json.loads(record.bytes)
        assert (sent["campaign_id"], sent["date_start"]) == (told.key.partition(":")[2], "2026-03-24")
        assert (sent["spend"], fact["spend_cents"], staged["spend_original"]) == ("111.66", 11166, Decimal("111.66"))
        assert (sent["inline_link_clicks"], fact["clicks"]) == ("115", 115)
        assert (sent["impressions"], fact["impressions"]) == ("9376", 9376)
        assert (sent["action_values"][0]["value"], fact["conversion_value_cents"]) == ("29.93", 2993)
        assert record.counts
        assert_in_its_place(demo_home(), record.as_json())

    def test_a_day_at_google_ads(self, demo_home):
        """62,632,585 millionths are 62.63; 31.060357 are 31.06. Records stand in chunks of one answer."""
        told = campaign(demo_home(), "google:20110000001", "2026-03-24")
        [fact], [record] = told.marts["fact_spend"], told.records
        sent = json.loads(record.bytes)
        assert (sent["campaign"]["id"], sent["segments"]["date"]) == ("20110000001", "2026-03-24")
        assert (sent["metrics"]["costMicros"], fact["spend_cents"]) == ("62632585", 6263)
        assert (sent["metrics"]["conversionsValue"], fact["conversion_value_cents"]) == (31.060357, 3106)
        assert re.fullmatch(r"\$\[\d+\]\.results\[\d+\]", record.span.path)
        assert_in_its_place(demo_home(), record.as_json())

    def test_each_day_of_each_campaign_leads_to_its_own_record(self, demo_home):
        """Held against the page as another parser reads it."""
        home = demo_home()
        with tables(home) as con:
            rows = con.execute(
                "select campaign_key, date_key, spend_original from fact_spend "
                "order by hash(campaign_key, date_key) limit 8"
            ).fetchall()
            for key, day, spend in rows:
                [record] = campaigns.trace(home, con, key, day).records
                sent = json.loads(record.bytes, parse_float=Decimal)
                micros = sent.get("metrics", {}).get("costMicros")
                assert (Decimal(micros) / 1_000_000 if micros else Decimal(sent["spend"])) == spend
                assert day.isoformat() in {sent.get("date_start"), sent.get("segments", {}).get("date")}
                assert_in_its_place(home, record.as_json())

    @pytest.mark.long
    def test_each_reading_of_a_day_is_told_with_what_changed_in_it(self, stage):
        """A row of the 23rd has grown by 7.00."""
        stage.shop = as_first_told()
        stage.sync()
        stage.shop = as_told_later()
        stage.pass_days(1)
        stage.sync()
        grown = next(one for one in as_first_told().campaign_days if one.day == demo.LAST_DAY - 6 * DAY)
        told = campaign(Home(stage.root), grown.campaign.name, grown.day.isoformat())
        newest, older = told.records
        assert (newest.counts, older.counts, older.why) == (True, False, "an older reading of the day")
        [change] = [one for one in newest.changes if one.name == "spend_original"]
        assert change.now - change.was == 7
        assert told.marts["fact_spend"][0]["spend_original"] == change.now
        assert older.fetched_at.date() + DAY == newest.fetched_at.date()

        prune(Home(stage.root), 1, yes=True)
        pruned = campaign(Home(stage.root), grown.campaign.name, grown.day.isoformat())
        assert [one.bytes for one in pruned.records] == [newest.bytes]
        assert pruned.marts == told.marts
        assert any("can be shown no more: let go of by `growthos prune`" in one for one in pruned.notes)
        assert (pruned.lost, pruned.exit_code) == ((), 0)

    @pytest.mark.long
    def test_a_reading_that_names_it_no_more_is_no_older_reading_come_back(self, stage):
        """On the 26th a row is gone."""
        stage.shop = as_first_told()
        stage.sync()
        gone = next(one for one in as_first_told().campaign_days if one.day == demo.LAST_DAY - 3 * DAY)
        stage.shop = as_told_later()
        stage.pass_days(1)
        stage.sync()
        told = campaign(Home(stage.root), gone.campaign.name, gone.day.isoformat())
        assert [one.counts for one in told.records] == [False]
        assert told.marts["fact_spend"] == []
        assert told.staging["stg_meta__spend"] == []
        assert any("does not name the campaign" in one for one in told.notes)

    def test_a_day_that_was_never_read_is_said_to_be(self, demo_home):
        told = campaign(demo_home(), "spring launch", "2024-01-01")
        assert (told.records, told.exit_code) == ((), 0)
        assert any("The day was never read from meta" in one for one in told.notes)


@pytest.fixture(scope="module")
def rejected(tmp_path_factory) -> Home:
    """A home written by hand, in which an order, a line and a day of ads cannot be read; nobody writes to it."""
    home = Home(tmp_path_factory.mktemp("rejected") / "home")
    good = made.order(11, "2026-03-20", made.line(1, "10.00"))
    no_total = made.order(12, "2026-03-20", made.line(2, "20.00"), totalPriceSet=made.money("much"))
    bad_line = made.order(13, "2026-03-20", made.line(3, "30.00"), name="#13-B")
    bad_line["lineItems"]["nodes"].append(made.line(4, "1.00") | {"originalUnitPriceSet": made.money("dear")})
    no_id = made.order(14, "2026-03-20", made.line(5, "10.00"), id="gid://shopify/Order/nonsense", name="#No id")
    written(home, "shopify", "orders", {"data": {"orders": {"nodes": [None, good, no_total, bad_line, no_id]}}})
    row = made.meta_row("1202", "2026-03-20")
    written(home, "meta", "campaign_insights", {"data": [row, made.meta_row("1203", "2026-03-20", "a lot")]})
    built(home)
    return home


class TestRejected:
    """What is done to a home with such is done to a copy of it."""

    @pytest.fixture
    def home(self, rejected, tmp_path) -> Home:
        return Home(shutil.copytree(rejected.root, tmp_path / "home"))

    def test_a_good_one_beside_them_is_whole(self, home):
        told = order(home, "11")
        assert [one["gross_cents"] for one in told.marts["fact_orders"]] == [1000]
        assert (told.records[0].span.path, told.notes, told.rejected) == ("$.data.orders.nodes[1]", (), [])

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("#12", "not_a_number:total"),
            ("shopify:12", "not_a_number:total"),
            ("13-B", "not_a_number:unit_price"),
            ("#No id", "not_a_number:order_id"),
        ],
    )
    def test_an_order_that_is_put_aside_is_found_and_said_why(self, home, name, reason):
        told = order(home, name)
        assert told.marts["fact_orders"] == []
        assert told.staging["stg_shopify__orders"] == []
        assert {one["reason"] for one in told.rejected} >= {reason}
        assert told.notes == (f"It is put aside and counts nowhere: {reason}.",)
        assert told.exit_code == 0
        page = drawn(trace_page.page(told))
        assert "not in fact_orders" in page
        assert reason in page
        [record] = told.as_json()["records"]
        assert_in_its_place(home, record)

    def test_a_day_of_ads_that_is_put_aside_is_said_why(self, home):
        """The campaign is known, for its other day can be read."""
        written(
            home, "meta", "campaign_insights", {"data": [made.meta_row("1203", "2026-03-21")]}, seq=2, day="2026-03-21"
        )
        built(home)
        told = campaign(home, "1203", "2026-03-20")
        [aside] = told.rejected
        assert (aside["external_id"], aside["reason"]) == ("1001/1203/2026-03-20", "not_a_number:spend")
        assert told.notes == ("It is put aside and counts nowhere: not_a_number:spend.",)
        assert json.loads(told.records[0].bytes)["spend"] == "a lot"

    def test_a_page_that_is_no_json_names_nothing(self, home):
        whole = json.dumps({"data": {"orders": {"nodes": [made.order(15, "2026-03-21", made.line(6, "1.00"))]}}})
        written(home, "shopify", "orders", whole.encode()[:-9], seq=2)
        with tables(home) as con, pytest.raises(Exception, match="There is no order '15'"):
            orders.trace(home, con, "15")

    def test_an_order_that_the_tables_do_not_have_yet_is_told_from_raw(self, home):
        page = {"data": {"orders": {"nodes": [made.order(16, "2026-03-21", made.line(7, "1.00"))]}}}
        written(home, "shopify", "orders", page, seq=2)
        told = order(home, "#16")
        assert "not in the tables: they were made before it was read" in told.notes[0]
        assert told.staging["stg_shopify__orders"][0]["total_cents"] == 100

    def test_a_name_of_two_orders_is_asked_back(self, home):
        """One is called 11, another has the number 11."""
        other = made.order(21, "2026-03-21", made.line(8, "1.00"), name="11")
        written(home, "shopify", "orders", {"data": {"orders": {"nodes": [other]}}}, seq=2)
        built(home)
        with (
            tables(home) as con,
            pytest.raises(Exception, match=r"any of 2 orders: shopify:11 \(#11\), shopify:21 \(11\)"),
        ):
            orders.trace(home, con, "11")


def written(home: Home, source: str, stream: str, body: Any, *, seq: int = 1, day: str = "2026-03-20") -> None:
    """A page as a unit of its own."""
    report = stream == "campaign_insights"
    header = Header(
        run=seq,
        run_id=f"{seq:016x}",
        source=source,
        account=made.ACCOUNTS[source],
        stream=stream,
        seq=seq,
        unit=day,
        part=0,
        final=False,
        started_at=AT.isoformat(),
        finished_at=AT.isoformat(),
        api_version="v1",
        first=day if report else None,
        last=day if report else None,
        until=None if report else AT.isoformat(),
        closed=day,
    )
    writer = UnitWriter(home.raw, header)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    writer.add(Page(stream, sent, "GET /", 200, 1), AT)
    writer.finish(AT)


def built(home: Home) -> None:
    given = settings.demo().model_copy(update={"currency": "EUR"})
    report = pipeline.rebuild(home, given, DemoClock(AT), pipeline.Watcher(), demo=True)
    assert report.built
    assert report.built.published, [one for one in report.built.checks if one.status != "pass"]


class TestKeeping:
    """What happens to raw files, and what a trace says then."""

    @pytest.fixture
    def stage(self, copied_stage) -> Stage:
        return copied_stage

    @pytest.fixture
    def name(self, stage) -> str:
        """An order with a customer and an e-mail."""
        return next(one.name for one in small_shop().orders if one.customer_id and not one.test)

    def test_files_that_are_put_together_tell_the_same(self, stage, name, monkeypatch):
        home = Home(stage.root)
        before = order(home, name).as_json()
        assert before["records"]
        monkeypatch.setattr(compaction, "FEW", 1)
        monkeypatch.setattr(compaction, "batches", lambda files: [[path for path, _ in files]])
        assert list(compaction.compact(State.read(home.raw)[0]))
        after = order(home, name).as_json()
        for old, new in zip(before["records"], after["records"], strict=True):
            assert old.pop("file") != new["file"]
            assert_in_its_place(home, new)
            new.pop("file")
        assert before == after

    @pytest.mark.long
    def test_what_was_taken_out_stays_out(self, stage, name):
        home = Home(stage.root)
        before = order(home, name)
        sent = json.loads(before.records[0].bytes)
        number = sent["customer"]["id"].rpartition("/")[2]
        redact(
            home, stage.settings(), DemoClock(stage.now), pipeline.Watcher(), customer=number, email=None, dry_run=False
        )
        after = order(home, name)
        told = json.loads(after.records[0].bytes)
        assert told["email"].endswith("@redacted.invalid")
        assert sent["email"].encode() not in after.records[0].page.body
        assert {**sent, "email": 0, "shippingAddress": 0} == {**told, "email": 0, "shippingAddress": 0}
        assert after.marts["fact_orders"] == before.marts["fact_orders"]
        assert "Something was taken out of its segment" in drawn(trace_page.page(after))
        for record in after.as_json()["records"]:
            assert_in_its_place(home, record)

    def damage(self, path: Path, at: int) -> None:
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)

    @pytest.mark.parametrize("where", ["body", "footer", "somewhere"])
    def test_a_damaged_file_is_told_and_the_tables_are_shown(self, stage, name, where):
        """Not one bit of what is shown can be another without a word of it."""
        home = Home(stage.root)
        before = order(home, name)
        path = before.records[0].page.path
        at = {"body": path.stat().st_size // 2, "footer": -400, "somewhere": 5}[where]
        self.damage(path, at)
        told = order(home, name)
        assert told.exit_code == ExitCode.DAMAGED
        assert told.lost[0].startswith(f"raw/shopify/growthos-demo/orders/{path.name}")
        assert told.marts == before.marts
        assert told.lost[0] in drawn(trace_page.page(told))

    def test_a_file_that_was_set_aside_is_told_too(self, stage, name):
        home = Home(stage.root)
        before = order(home, name)
        set_aside(home, before.records[0].page.path, AT)
        told = order(home, name)
        assert told.marts == before.marts
        assert told.exit_code == ExitCode.DAMAGED
        assert any("was damaged or is gone, and was not read again" in one for one in told.lost)
        assert not any(one.counts and one.what == "order" for one in told.records)

    def test_where_raw_is_gone_the_tables_are_left(self, stage, name):
        home = Home(stage.root)
        before = order(home, name)
        shutil.rmtree(home.raw)
        told = order(home, name)
        assert told.marts == before.marts
        assert told.records == ()
        assert told.lost == ("No raw file tells of this order any more: there is nothing below the tables.",)
        day = campaign(home, "spring launch", "2026-03-24")
        assert day.marts["fact_spend"]
        assert day.lost == ("No raw file tells of this day any more: there is nothing below the tables.",)

    @pytest.mark.long
    def test_an_order_that_was_deleted_is_told_by_the_list_that_names_it_no_more(self, stage):
        """The list of ids is read once a week."""
        lost = small_shop().orders[3]
        stage.shop = replace(
            small_shop(), orders=tuple(one for one in small_shop().orders if one is not lost), memory={}
        )
        stage.pass_days(8)
        stage.sync()
        told = order(Home(stage.root), lost.name)
        assert told.marts["fact_orders"][0]["exclusion_reason"] == "deleted"
        assert told.staging["stg_shopify__orders"][0]["is_deleted"]
        [note] = [one for one in told.notes if "does not name it" in one]
        assert "raw/shopify/growthos-demo/order_ids/" in note

    def test_nothing_in_a_home_changes(self, stage, name):
        def kept() -> dict[Path, bytes]:
            return {path: path.read_bytes() for path in stage.root.rglob("*") if path.is_file()}

        before = kept()
        order(Home(stage.root), name)
        campaign(Home(stage.root), "spring launch", "2026-03-24")
        assert kept() == before


NAMES = ("id", "a name", 'quoted "x"', "bräce {[", "\u2028", "😀", "", "escaped \\", "]}")


def value(dice: random.Random, depth: int) -> Any:
    match dice.randrange(7 if depth else 5):
        case 0:
            return dice.choice(("", "{", '"', "\\", '\\"', "a}b]", "é😀\u2028", "gid://shopify/Order/7?x=1", "\x7f\t"))
        case 1:
            return dice.choice((0, -1, 1.5, 10**20, 1e-7))
        case 2:
            return dice.choice((True, False, None))
        case 3 | 4:
            return "plain"
        case 5:
            return [value(dice, depth - 1) for _ in range(dice.randrange(4))]
        case _:
            return {dice.choice(NAMES): value(dice, depth - 1) for _ in range(dice.randrange(4))}


LAYOUTS: dict[str, Callable[[Any], str]] = {
    "close": lambda one: json.dumps(one, separators=(",", ":"), ensure_ascii=False),
    "escaped": lambda one: json.dumps(one, separators=(",", ":")).replace("/", "\\/"),
    "in lines": lambda one: json.dumps(one, indent=2, ensure_ascii=False),
    "wide": lambda one: json.dumps(one, indent="\t", separators=(" ,\r\n ", "\t: ")),
}


class TestPlaces:
    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("seed", range(40))
    def test_a_record_is_just_its_bytes_in_any_layout(self, seed, layout):
        """Among other records, of any content, written in any way."""
        dice = random.Random(f"{seed}{layout}")
        nodes = [value(dice, 3) for _ in range(dice.randrange(12))]
        number = dice.randrange(len(nodes) + 1)
        wanted = {"a": value(dice, 3), "id": "gid://shopify/Order/123456789", "z": value(dice, 3)}
        nodes.insert(number, wanted)
        write = LAYOUTS[layout]
        body = write({"extensions": value(dice, 2), "data": {"orders": {"nodes": nodes}}, "x": value(dice, 2)}).encode()
        [at] = [one.start() for one in re.finditer(rb"/123456789", body)]
        [found] = records(body, [at])
        assert json.loads(body[found.start : found.end]) == json.loads(write(wanted))
        assert (found.index, found.path) == (number, f"$.data.orders.nodes[{number}]")
        before, behind = body[: found.start].decode(), body[found.end :].decode()
        assert before.rstrip().endswith(("[", ","))
        assert behind.lstrip().startswith(("]", ","))

    def test_odd_names_are_written_as_a_path_has_them(self):
        body = json.dumps({"a b": {'c"d': [{"id": "1"}, {"id": "2"}]}}).encode()
        [found] = records(body, [body.index(b'"2"')])
        assert found.path == '$."a b"."c\\"d"[1]'

    def test_what_stands_in_no_list_is_the_nearest_object(self):
        body = b'{"data": {"order": {"id": "7", "lines": [{"id": "8"}]}}}'
        assert [one.path for one in records(body, [body.index(b'"7"'), body.index(b'"8"')])] == [
            "$.data.order",
            "$.data.order.lines[0]",
        ]

    @pytest.mark.parametrize("body", [b'[{"id": "7"', b'[{"id": "7"]', b'"7"}', b'{"a": [{"id": "7"}}'])
    def test_brackets_that_do_not_match_are_an_error(self, body):
        with pytest.raises(ValueError, match=r"open|end"):
            records(body, [body.index(b'"7"'), len(body) - 1])

    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("seed", range(10))
    def test_laid_out_it_has_the_same_characters(self, seed, layout):
        dice = random.Random(seed)
        text = LAYOUTS[layout]([value(dice, 4) for _ in range(20)])
        shown = pretty(text, 30)
        assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)
        assert json.loads(shown) == json.loads(text)

    def test_what_is_nested_without_end_is_shown_as_it_is(self):
        text = "[" * 50_000 + "]" * 50_000
        assert pretty(text, 80) == text
        assert len(records(b'{"id": "7", "a": ' + text.encode() + b"}", [1])) == 1


class TestCommand:
    @pytest.fixture
    def run(self, demo_home, capfdbinary) -> Callable[..., tuple[int, bytes, str]]:
        def ran(*arguments: str) -> tuple[int, bytes, str]:
            code = cli.run(["--home", str(demo_home().root), "trace", *arguments])
            said = capfdbinary.readouterr()
            assert b"Traceback" not in said.out + said.err
            return code, said.out, said.err.decode()

        return ran

    def test_bytes_are_the_bytes(self, run, demo_home, tmp_path):
        sent = order(demo_home(), "1718").records[1].bytes
        assert len(sent) > 500
        assert run("1718", "--bytes", "2") == (0, sent, "")
        target = tmp_path / "record.json"
        assert run("1718", "--bytes", "2", "-o", str(target)) == (0, b"", "")
        assert target.read_bytes() == sent

    @pytest.mark.long
    def test_every_form_is_whole(self, run):
        code, out, _ = run("1718", "--format", "json")
        found = json.loads(out)
        assert (code, found["schema_version"], found["kind"], found["name"]) == (0, 1, "order", "#1718")
        assert found["marts"]["fact_orders"][0]["gross_cents"] == 5948
        assert [one["number"] for one in found["records"]] == [1, 2]
        _, out, _ = run("1718", "--format", "csv")
        head, *rows = out.decode().splitlines()
        assert (head.split(",")[:3], len(rows)) == (["number", "what", "counts"], 2)
        _, out, _ = run("1718", "--format", "markdown")
        assert out.count(b"```json\n{\n") == 2
        _, out, _ = run("1718")
        assert b"40.99" in out

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["17180"], "Did you mean #1180 or #1710 or #1718?"),
            (["sprng", "--day", "2026-03-24"], "Did you mean Spring Launch?"),
            (["Spring Launch"], "That is a campaign: say of which day with --day."),
            (["1718", "--day", "2026-03-24"], "That is an order: leave --day out."),
            (["1718", "--bytes", "3"], "there are 2 records"),
            (["1718", "--bytes", "0"], "--bytes"),
            (["spring launch", "--day", "soon"], "--day 'soon' is no date"),
            (["1718", "--format", "xml"], "It is one of table, json, csv, markdown"),
            ([" "], "NAME is empty"),
            (["'; drop table fact_orders"], "There is no order"),
            (["(.*)", "--day", "2026-03-24"], "There is no campaign"),
        ],
    )
    def test_what_is_not_there_is_said_with_what_is_near(self, run, arguments, says):
        code, out, err = run(*arguments)
        assert (code, out) == (ExitCode.USAGE, b"")
        assert says in " ".join(err.split())


HOSTILE = "\x1b[2J \u202e ``` =1+1 [bold]"


def test_nothing_in_a_record_reaches_a_terminal_or_a_page(tmp_path, monkeypatch, capsys):
    """A title that would clear the screen, turn the reading, end a block of code and be a formula."""
    home = Home(tmp_path / "home")
    sent = made.order(11, "2026-03-20", made.line(1, "10.00", title=HOSTILE), sourceName=HOSTILE)
    body = json.dumps({"data": {"orders": {"nodes": [sent]}}}, ensure_ascii=False).replace("\x1b", "\\u001b")
    written(home, "shopify", "orders", body.replace("\x1b", "\\u001b").encode())
    built(home)
    told = order(home, "11")
    page = trace_page.page(told)
    for text in (drawn(page), markdown(page)):
        assert not {"\x1b", "\u202e"} & set(text)
    [listing] = [one for one in page if isinstance(one, Listing)]
    assert "```" in listing.text
    first, *_, last = markdown((listing,)).splitlines()
    assert (first, last) == ("````json", "````")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert cli.run(["--home", str(home.root), "trace", "11", "--bytes", "1"]) == 0
    said = capsys.readouterr().out
    assert "\u202e" not in said
    assert "\N{REPLACEMENT CHARACTER}" in said


def test_an_order_of_another_source_has_no_way(tmp_path):
    con = duckdb.connect()
    con.execute("create table fact_orders (order_key text, order_name text, order_ts_utc timestamp)")
    con.execute("insert into fact_orders values ('other:7', '#7', timestamp '2026-01-01')")
    with pytest.raises(Exception, match="other:7 is no order of Shopify's"):
        orders.trace(Home(tmp_path), con, "7")


def test_a_home_without_data_says_so(tmp_path, capsys):
    for arguments in (["1042"], ["spring", "--day", "2026-03-24"]):
        assert cli.run(["--home", str(tmp_path / "new"), "trace", *arguments]) == ExitCode.NO_DATA
        assert "No data yet" in capsys.readouterr().err


def test_no_more_than_the_pages_that_name_it_are_staged(demo_home, monkeypatch):
    """All orders of the demo are 26 MB in a hundred pages."""
    from growthos.warehouse import tracing

    seen: list[int] = []
    plain = tracing.relations.put_pages
    monkeypatch.setattr(
        tracing.relations, "put_pages", lambda con, pages, **how: (seen.append(len(pages)), plain(con, pages, **how))
    )
    order(demo_home(), "1718")
    assert seen == [2]
