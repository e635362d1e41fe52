"""Our total of a day beside the source's own: what is compared, what is near enough, and how a difference is told."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from demo_home import SEEDS
from detail_fixtures import Staged
from warehouse_fixtures import (
    STARTED,
    THROUGH,
    Raw,
    adjustment,
    build,
    line,
    meta_row,
    money,
    new,
    order,
    published,
    refund,
    refund_line,
    refunded_shipping,
    rows,
    traffic_row,
)

from growthos import catalog, cli, demo, warehouse
from growthos.home import Home
from growthos.period import Period
from growthos.reconcile import Reconciliation, reconcile
from growthos.render import output, reconcile_page
from growthos.render.pages import Note, Page, Table, markdown

DAY = "2026-03-20"


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    return made


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Staged:
    made = Staged(tmp_path, monkeypatch)
    made.drop("control_totals", "traffic_quality")
    return made


def told(day: str, measure: str, value: str, account: str = "1001", currency: str | None = None) -> dict[str, Any]:
    return {"account_id": account, "date": day, "measure": measure, "value": value, "currency": currency}


def reconciled(raw: Raw, **settings: Any) -> list[tuple[Any, ...]]:
    columns = "source, date_key::varchar, measure, ours, theirs, difference, status"
    query = f"select {columns} from reconciliation where measure not in ('order_total', 'refunded') order by all"
    return rows(raw, query, **settings)


NEAR_ENOUGH = {
    "2001": ("spend", "10.00", "10.00", "ok"),
    "2002": ("spend", "10.00", "11.00", "ok"),
    "2003": ("spend", "10.00", "11.01", "differs"),
    "2004": ("spend", "995.00", "1000.00", "ok"),
    "2005": ("spend", "994.99", "1000.00", "differs"),
    "2006": ("spend", "1005.01", "1000.00", "differs"),
    "2007": ("impressions", "2010", "2000", "ok"),
    "2008": ("impressions", "2011", "2000", "differs"),
    "2009": ("clicks", "9", "10", "ok"),
    "2010": ("clicks", "8", "10", "differs"),
}
"""By account."""


def test_a_day_is_near_enough_within_half_a_percent_or_a_unit(raw: Raw, staged: Staged) -> None:
    """Account total against the sum of campaigns, per day: check 1 of the traps' second list."""
    fields = {"spend": "spend", "impressions": "impressions", "clicks": "inline_link_clicks"}
    for account, (measure, ours, _, _) in NEAR_ENOUGH.items():
        campaigns = [meta_row(f"{account}{n}", DAY, **{fields[measure]: sent}) for n, sent in ((1, ours), (2, "0"))]
        raw.page("meta", "campaign_insights", {"data": campaigns}, account=account)
    totals = [told(DAY, measure, theirs, account) for account, (measure, _, theirs, _) in NEAR_ENOUGH.items()]
    staged.put("meta", "control_totals", *totals)
    found = rows(raw, "select account_id, measure, status from reconciliation where source = 'meta' order by all")
    assert found == [(account, measure, status) for account, (measure, _, _, status) in NEAR_ENOUGH.items()]


def test_money_stands_in_the_accounts_own_currency_before_any_rate(raw: Raw, staged: Staged) -> None:
    raw.meta(*(meta_row(number, DAY, "10.00", account_currency="GBP") for number in ("11", "12")))
    staged.put("meta", "control_totals", told(DAY, "spend", "20.00", currency="GBP"))
    query = "select ours, theirs, difference, tolerance, unit, currency, status from reconciliation"
    assert rows(raw, query, fx={"GBP": "1.2"}) == [(2000, 2000, 0, 100, "cents", "GBP", "ok")]


def test_a_day_that_one_side_lacks_is_missing_unless_nothing_happened_on_it(raw: Raw, staged: Staged) -> None:
    """What a deleted campaign spent is in the account's total and may be in no row: trap 18."""
    raw.meta(meta_row("11", "2026-03-18"), meta_row("11", "2026-03-20"), meta_row("11", "2026-03-22", "0"))
    staged.put(
        "meta",
        "control_totals",
        *(told(f"2026-03-{day}", "spend", value) for day, value in [(18, "10"), (19, "7"), (21, "0"), (23, "10")]),
    )
    assert [row[1:2] + row[3:] for row in reconciled(raw)] == [
        ("2026-03-18", 1000, 1000, 0, "ok"),
        ("2026-03-19", None, 700, -700, "missing"),
        ("2026-03-20", 1000, None, 1000, "missing"),
        ("2026-03-21", None, 0, 0, "ok"),
        ("2026-03-22", 0, None, 0, "ok"),
        ("2026-03-23", None, 1000, -1000, "missing"),
    ]


def test_only_days_that_both_sides_have_read_whole_are_compared(raw: Raw, staged: Staged) -> None:
    """Neither those before one of them begins, nor those after one of them ends, nor measures that nobody tells."""
    raw.meta(*(meta_row("11", f"2026-03-{day}") for day in range(18, 26)))
    staged.put("meta", "control_totals", *(told(f"2026-03-{day}", "spend", "10") for day in range(16, 26)))
    through = {"data_through": date(2026, 3, 23), "details_through": date(2026, 3, 22)}
    for changed, last in [({}, 22), ({"details_through": date(2026, 3, 24)}, 23)]:
        given = through | changed
        sources = (
            warehouse.Source("shopify", THROUGH, STARTED, None),
            warehouse.Source("meta", given["data_through"], STARTED, None, given["details_through"]),
        )
        found = reconciled(raw, inputs={"sources": sources})
        assert [row[1] for row in found] == [f"2026-03-{day}" for day in range(18, last + 1)]
        assert {row[2] for row in found} == {"spend"}


def test_accounts_are_compared_each_for_itself(raw: Raw, staged: Staged) -> None:
    raw.meta(meta_row("11", DAY))
    raw.page("meta", "campaign_insights", {"data": [meta_row("12", DAY, "20.00")]}, account="1002")
    staged.put("meta", "control_totals", told(DAY, "spend", "20"), told(DAY, "spend", "10", "1002"))
    assert [row[3:] for row in reconciled(raw)] == [(1000, 2000, -1000, "differs"), (2000, 1000, 1000, "differs")]


def test_ga4_is_compared_where_it_gave_all_rows(raw: Raw, staged: Staged) -> None:
    """Rows withheld, sampled or put together say nothing about what we read."""
    days = [f"2026-03-{day}" for day in range(18, 22)]
    raw.traffic(*(traffic_row(day, "Direct", "(direct)", "(none)", "50") for day in days))
    staged.put("ga4", "control_totals", *(told(day, "sessions", "100", "77") for day in days))
    marks = [{"data_loss": True}, {"thresholded": True}, {"sampled": True}, {}]
    staged.put("ga4", "traffic_quality", *(
        {"account_id": "77", "date": day, "data_loss": False, "thresholded": False, "sampled": False} | mark
        for day, mark in zip(days, marks, strict=True)
    ))  # fmt: skip
    assert [row[-1] for row in reconciled(raw)] == ["not comparable"] * 3 + ["differs"]


def test_every_order_of_whatever_kind_counts_on_the_day_on_which_it_was_made(raw: Raw, staged: Staged) -> None:
    """Orders per day against Shopify's own count: check 3 of the traps' second list."""
    raw.orders(
        order(1, f"{DAY}T23:59:59Z", line(1, "10.00"), processedAt="2026-03-01T00:00:00Z", test=True),
        order(2, f"{DAY}T00:00:00Z", line(2, "10.00"), cancelledAt=f"{DAY}T01:00:00Z"),
        order(3, "2026-03-21T00:00:00Z", line(3, "10.00")),
    )
    counts = [told(DAY, "orders", "2", "toyshop"), told("2026-03-21", "orders", "2", "toyshop")]
    staged.put("shopify", "control_totals", *counts)
    assert reconciled(raw, reporting_timezone="America/New_York") == [
        ("shopify", DAY, "orders", 2, 2, 0, "ok"),
        ("shopify", "2026-03-21", "orders", 1, 2, -1, "differs"),
    ]


def test_an_orders_parts_are_held_against_the_total_that_shopify_says(raw: Raw) -> None:
    """An order that was edited afterwards is left out: its total is that of other units."""
    edited = order(2, DAY, line(2, "35.00"), edited=True)
    short = order(4, "2026-03-21", line(4, "11.90", taxes=["1.90"]), taxesIncluded=True)
    for one, total in [(edited, "99.00"), (short, "13.80")]:
        one["totalPriceSet"]["shopMoney"]["amount"] = total
    raw.orders(order(1, DAY, line(1, "10.00", 2, discounts=["1.00"]), line(3, "25.00", gift=True)), edited, short)
    query = "select date_key::varchar, ours, theirs, status, currency from reconciliation order by date_key"
    assert rows(raw, query) == [(DAY, 4400, 4400, "ok", "EUR"), ("2026-03-21", 1190, 1380, "differs", "EUR")]


def test_what_a_refund_gave_back_is_held_against_what_shopify_says_was_given_back(raw: Raw) -> None:
    """Goods and delivery with their tax, and what was adjusted; a refund of which no total is told is left out."""
    raw.orders(order(1, DAY, line(1, "35.00", 2), refund_ids=[8, 9, 10]))
    more = {
        "shipping": [refunded_shipping(1, "4.00", "0.80")],
        "adjustments": [adjustment(1, "2.50", "RESTOCK", "0.5")],
    }
    raw.refunds(
        refund(8, "2026-03-22", refund_line(1, 1, "35.00", tax="7.00"), totalRefundedSet=money("43.80"), **more),
        refund(9, "2026-03-23", refund_line(2, 1, "35.00"), totalRefundedSet=money("30.00")),
        refund(10, "2026-03-24", adjustments=[adjustment(1, "-10.00")]),
    )
    query = "select date_key::varchar, ours, theirs, status from reconciliation where measure = 'refunded' order by all"
    assert rows(raw, query) == [("2026-03-22", 4380, 4380, "ok"), ("2026-03-23", 3500, 3000, "differs")]


@pytest.fixture
def wrong(raw: Raw, staged: Staged) -> Reconciliation:
    """Three days of Meta, of which one differs and one is missing, and two of GA4, of which one is partial."""
    raw.meta(*(meta_row("11", f"2026-03-{day}", "100.00") for day in (20, 21)))
    raw.traffic(*(traffic_row(f"2026-03-{day}", "Direct", "(direct)", "(none)", "50") for day in (20, 21)))
    totals = [(20, "spend", "100"), (20, "clicks", "20"), (21, "spend", "103.20"), (21, "clicks", "20")]
    meta = [told(f"2026-03-{day}", measure, value, currency="EUR") for day, measure, value in totals]
    staged.put("meta", "control_totals", *meta, told("2026-03-22", "spend", "5.00", currency="EUR"))
    staged.put("ga4", "control_totals", *(told(f"2026-03-{day}", "sessions", "50", "77") for day in (20, 21)))
    staged.put("ga4", "traffic_quality", {"account_id": "77", "date": "2026-03-21", "thresholded": True})
    assert build(raw).published
    with published(raw) as con:
        return reconcile(con, Period(date(2026, 3, 20), date(2026, 3, 22)))


def tables(page: Page) -> list[list[str]]:
    """The rows of each table, cells apart by bars."""
    found = [block for block in page if isinstance(block, Table)]
    return [[" | ".join(cell.text for cell in row) for row in table.rows] for table in found]


def test_the_page_adds_up_each_measure_and_lists_the_days_that_are_wrong(wrong: Reconciliation) -> None:
    page = reconcile_page.page(wrong)
    assert tables(page) == [
        [
            "ga4 | sessions | 1 | 0 | 50 | 50 | 0.0% | \N{EN DASH}",
            "meta | clicks | 2 | 0 | 40 | 40 | 0.0% | \N{EN DASH}",
            "meta | spend | 3 | 2 | €200.00 | €208.20 | -3.9% | 2026-03-22, -100.0%",
        ],
        [
            "2026-03-21 | meta | spend | €100.00 | €103.20 | -3.1% | differs",
            "2026-03-22 | meta | spend | \N{EN DASH} | €5.00 | -100.0% | on one side only",
        ],
    ]
    said = "ga4: 1 day is not compared, for the source says itself that rows are missing."
    assert Note(said, "dim") in page
    assert len(tables(reconcile_page.page(wrong, every=True))[1]) == 7
    assert "| 2026-03-21 | meta | spend |" in markdown(page)


def test_programs_get_whole_numbers_and_every_day_only_when_they_ask(wrong: Reconciliation) -> None:
    found = wrong.as_json()
    [row, _] = found["rows"]
    assert {name: row[name] for name in ("date", "measure", "unit", "currency", "ours", "theirs", "difference")} == {
        "date": "2026-03-21", "measure": "spend", "unit": "cents", "currency": "EUR",
        "ours": 10000, "theirs": 10320, "difference": -320,
    }  # fmt: skip
    assert (row["tolerance"], row["status"], str(row["share"])) == (100, "differs", "-0.031008")
    [*_, spend] = found["totals"]
    assert (spend["days"], spend["days_wrong"], spend["worst_day"]) == (3, 2, "2026-03-22")
    assert (found["since"], found["until"], found["schema_version"]) == ("2026-03-20", "2026-03-22", 1)
    assert len(wrong.as_json(every=True)["rows"]) == 7
    lines = output.as_csv(reconcile_page.FIELDS, reconcile_page.records(wrong)).splitlines()
    assert lines[1] == "meta,1001,2026-03-21,spend,cents,EUR,10000,10320,-320,-0.031008,100,differs"


def test_the_command_fails_over_a_difference_only_if_it_is_strict(
    raw: Raw, wrong: Reconciliation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrong.wrong
    command = ["--home", str(raw.folder.parent), "reconcile", "--format", "json"]
    assert cli.run(command) == 0
    assert {row["source"] for row in json.loads(capsys.readouterr().out)["totals"]} == {"ga4", "meta"}
    assert cli.run([*command, "--strict"]) == 4
    assert cli.run([*command, "--strict", "--source", "ga4"]) == 0
    assert cli.run([*command, "--until", "2026-03-20", "--strict"]) == 0
    assert cli.run([*command, "--source", "tiktok"]) == 2


def test_without_a_total_of_theirs_it_says_that_there_is_nothing_to_compare(raw: Raw, staged: Staged) -> None:
    raw.meta(meta_row("11", DAY))
    staged.drop("control_totals")
    assert build(raw).published
    with published(raw) as con:
        page = reconcile_page.page(reconcile(con, Period(date(2026, 3, 1), date(2026, 3, 29))))
    assert [block.text for block in page if isinstance(block, Note)] == [
        "Nothing to compare: no source has told a total of its own for these days."
    ]


def test_a_build_says_which_source_differs_in_the_days_that_the_command_shows(raw: Raw, staged: Staged) -> None:
    days = [f"2026-03-{day:02d}" for day in (1, 2, 20, 21)]  # the first is the 29th from the end
    raw.meta(*(meta_row("11", day, "100.00") for day in days))
    spend = [told(day, "spend", value) for day, value in zip(days, ["900", "100", "103.20", "102"], strict=True)]
    staged.put("meta", "control_totals", *spend, told(days[2], "clicks", "20"), told(days[3], "clicks", "22"))
    assert [one.message for one in build(raw).warnings if one.code == "reconciliation"] == [
        "meta: 2 days differ from the source's own totals in clicks, spend, by up to 9.0 %; see `growthos reconcile`."
    ]
    staged.put("meta", "control_totals", told(days[3], "spend", "0"))
    assert [one.message for one in build(raw).warnings if one.code == "reconciliation"] == [
        "meta: 1 day differs from the source's own totals in spend, by up to 100.0 %; see `growthos reconcile`."
    ]


@pytest.mark.parametrize("name", ["reconcile", "reconciliation"])
def test_explain_says_how_near_is_near_enough_and_why(name: str) -> None:
    text = catalog.explain(name).markdown
    assert "| `orders` | exactly | an order is there or it is not |" in text
    assert "| `spend` | 0.5%, at least 1.00 | what was charged is corrected for days" in text
    assert "| `sessions` | 1.0%, at least 1 |" in text
    assert "Only days that were over and read whole on both sides." in text


def test_an_order_that_the_shop_has_deleted_is_in_no_count(raw: Raw, staged: Staged) -> None:
    raw.orders(order(1, DAY, line(1, "10.00")), order(2, DAY, line(2, "10.00")))
    raw.run += 1
    raw.order_ids(1)
    staged.put("shopify", "control_totals", told(DAY, "orders", "1", "toyshop"))
    assert reconciled(raw) == [("shopify", DAY, "orders", 1, 1, 0, "ok")]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_source_of_the_demo_shop_agrees_with_itself_to_the_cent(
    demo_home: Callable[..., Home], seed: int
) -> None:
    with warehouse.connect(demo_home(seed).database) as con:
        found = reconcile(con, Period(demo.FIRST_DAY, demo.LAST_DAY))
    assert {day.status for day in found.days} == {"ok"}
    assert not [day for day in found.days if day.difference]
    days = {(one.first.source, one.first.measure): len(one.days) for one in found.totals}
    assert days.pop(("shopify", "refunded")) > 100
    assert set(days.values()) == {demo.DAYS}
    assert len(days) == 11
