"""Each check catches the row it is there for, and no other check complains of it."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_fixtures import (
    STARTED,
    THROUGH,
    Raw,
    build,
    customer,
    google_row,
    home,
    line,
    meta_row,
    new,
    order,
    product,
    published,
    refund,
    refund_line,
    traffic_row,
)

from growthos import warehouse
from growthos.errors import SqlError
from growthos.warehouse import sqlfiles

CRITICAL = {
    "currency_consistency",
    "order_totals_reconcile",
    "referential_integrity",
    "revenue_not_null",
    "staging_row_conservation",
    "unique_grain",
}
WARNING = {"amounts_in_range", "date_continuity", "freshness", "refunds_within_sales"}
DAYS = [str(THROUGH - timedelta(days=i)) for i in range(14)]


def healthy(
    raw: Raw,
    *,
    orders: tuple[dict[str, Any], ...] = (),
    meta: tuple[dict[str, Any], ...] = (),
    google: tuple[dict[str, Any], ...] = (),
    without_traffic_on: str = "",
) -> None:
    """Two weeks of a shop in which nothing is wrong, and whatever is added to it."""
    raw.shop()
    raw.customers(customer(1, "2026-01-01"), customer(2, "2026-01-02"))
    raw.products(product(1, "4.00"))
    raw.orders(*(order(100 + i, day, line(100 + i, "10.00", variant=1), customer_id=1) for i, day in enumerate(DAYS)))
    raw.orders(*orders)
    raw.meta(*(meta_row("11", day) for day in DAYS), *meta)
    raw.google(*(google_row("21", day) for day in DAYS), *google)
    raw.traffic(*(traffic_row(day, "Direct", "(direct)", "(none)", "100") for day in DAYS if day != without_traffic_on))


def failed(built: warehouse.Built) -> set[str]:
    return {one.name for one in built.checks if one.status != "pass"}


def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new_text: str) -> None:
    """A copy of sql/ with one file changed."""
    copy = tmp_path / "sql"
    shutil.copytree(sqlfiles.SQL, copy)
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new_text))
    monkeypatch.setattr(sqlfiles, "SQL", copy)


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    return new(tmp_path)


def test_there_are_ten_and_each_says_what_holds_and_how_bad_it_is() -> None:
    checks = sqlfiles.find(sqlfiles.SQL, "checks")
    assert {name for name, one in checks.items() if one.severity == "critical"} == CRITICAL
    assert {name for name, one in checks.items() if one.severity == "warning"} == WARNING
    assert all(one.doc.endswith(".") for one in checks.values())


def test_a_healthy_shop_passes_all_of_them(raw: Raw) -> None:
    healthy(raw)
    built = build(raw)
    assert failed(built) == set()
    assert built.published
    with published(raw) as con:
        found = con.execute("select check_name, status from dq_results").fetchall()
    assert sorted(found) == sorted((name, "pass") for name in CRITICAL | WARNING)


def _wrong_subtotal(number: int) -> dict[str, Any]:
    """A cent more than its line, and a total that says the same."""
    wrong = order(number, DAYS[0], line(number, "35.00"))
    wrong["subtotalPriceSet"]["shopMoney"]["amount"] = "35.01"
    wrong["totalPriceSet"]["shopMoney"]["amount"] = "35.01"
    return wrong


def _criticals(raw: Raw) -> None:
    """A rate that nobody knows, an order in another currency, sums that do not add up, a campaign of two accounts."""
    total = order(2, DAYS[0], line(2, "35.00"))
    total["totalPriceSet"]["shopMoney"]["amount"] = "36.00"
    foreign = order(3, DAYS[0], line(3, "35.00"), currencyCode="USD")
    healthy(raw, orders=(_wrong_subtotal(1), total, foreign), meta=(meta_row("12", DAYS[0], account_currency="SEK"),))
    raw.page("meta", "campaign_insights", {"data": [meta_row("11", DAYS[0])]}, account="1002")


def _warnings(raw: Raw) -> None:
    """More clicks than impressions, an order from the future, more given back than was sold, a day without visits."""
    future = order(1, "2026-04-01", line(1, "35.00"))
    more_back = order(2, DAYS[0], line(2, "35.00"), refund_ids=[9])
    clicks = google_row("22", DAYS[0], clicks="7", impressions="5")
    healthy(raw, orders=(future, more_back), google=(clicks,), without_traffic_on=DAYS[5])
    raw.refunds(refund(9, DAYS[0], refund_line(2, 2, "35.01")))


CORRUPT: list[tuple[Callable[[Raw], None], dict[str, set[str]]]] = [
    (
        _criticals,
        {
            "currency_consistency": {"stg__spend meta:12 2026-03-29 SEK", "stg__orders shopify:3 USD"},
            "order_totals_reconcile": {"lines and subtotal of shopify:1", "parts and total of shopify:2"},
            "unique_grain": {"fact_spend meta:11 2026-03-29"},
        },
    ),
    (
        _warnings,
        {
            "amounts_in_range": {"fact_spend google:22 2026-03-29", "fact_orders shopify:1"},
            "refunds_within_sales": {"fact_orders shopify:2"},
            "date_continuity": {f"ga4 {DAYS[5]}"},
        },
    ),
]


@pytest.mark.parametrize(("corrupt", "keys"), CORRUPT, ids=["criticals", "warnings"])
def test_a_check_catches_what_is_wrong_in_raw(
    raw: Raw, corrupt: Callable[[Raw], None], keys: dict[str, set[str]]
) -> None:
    """Each what is there for it, and nothing else."""
    corrupt(raw)
    built = build(raw)
    found = {one.name: one for one in built.checks if one.status != "pass"}
    assert {name: {*one.sample} for name, one in found.items()} == keys
    assert {name: one.failing_rows for name, one in found.items()} == {name: len(some) for name, some in keys.items()}
    assert built.published == (keys.keys() <= WARNING)


EDITS = [
    (
        "referential_integrity",
        "marts/dim_product.sql",
        "select * from inferred",
        "select * from inferred where false",
        "fact_order_lines.product_key shopify:1",
    ),
    (
        "revenue_not_null",
        "staging/stg_shopify__order_records.sql",
        "coalesce(typed.tax_cents, 0) as tax_cents",
        "typed.tax_cents",
        "fact_orders shopify:1",
    ),
    (
        "staging_row_conservation",
        "staging/stg_shopify__customers.sql",
        "end as payload\nfrom typed",
        "end as payload\nfrom typed\nwhere external_id != '2'",
        "shopify customers: 2 records, 1 accounted for",
    ),
    (
        "staging_row_conservation",
        "marts/fact_orders.sql",
        "from joined",
        "from joined\nwhere order_key != 'shopify:1'",
        "staged and not in fact_orders: shopify:1",
    ),
    (
        "order_totals_reconcile",
        "marts/fact_order_lines.sql",
        "    lines.gross_cents,",
        "    lines.gross_cents + (lines.line_key = 'shopify:1')::bigint as gross_cents,",
        "fact_orders and its lines shopify:1",
    ),
]


@pytest.mark.long
@pytest.mark.parametrize(("name", "file", "old", "new_text", "key"), EDITS, ids=lambda one: str(one)[:40])
def test_a_check_catches_what_staging_or_a_mart_loses(
    raw: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str, old: str, new_text: str, key: str
) -> None:
    edited(tmp_path, monkeypatch, file, old, new_text)
    untaxed = order(1, DAYS[0], line(1, "35.00", variant=3), totalTaxSet=None, customer_id=2)
    healthy(raw, orders=(untaxed,))
    built = build(raw)
    assert failed(built) == {name}
    [result] = [one for one in built.checks if one.name == name]
    assert result.sample[0] == key
    assert not built.published


def test_a_source_that_was_not_read_for_two_days_is_stale(raw: Raw) -> None:
    healthy(raw)
    sources = tuple(
        warehouse.Source(name, THROUGH, STARTED - timedelta(hours=hours), None)
        for name, hours in [("shopify", 48), ("meta", 49)]
    )
    built = build(raw, inputs={"sources": sources})
    assert failed(built) == {"freshness"}
    [result] = [one for one in built.checks if one.name == "freshness"]
    assert result.sample == ("meta was not read within two days",)


def test_an_edited_order_that_does_not_add_up_is_only_a_warning(raw: Raw) -> None:
    wrong = order(1, DAYS[0], line(1, "35.00"), edited=True)
    wrong["subtotalPriceSet"]["shopMoney"]["amount"] = "30.00"
    healthy(raw, orders=(wrong,))
    built = build(raw)
    [result] = [one for one in built.checks if one.status != "pass"]
    assert (result.name, result.severity, result.failing_rows) == ("order_totals_reconcile", "warning", 2)
    assert built.published


def test_prices_with_tax_may_be_a_cent_off_per_line_and_their_header_only_warns(raw: Raw) -> None:
    rounded = order(1, DAYS[0], line(1, "11.90", taxes=["1.90"]), line(2, "11.90", taxes=["1.90"]), taxesIncluded=True)
    rounded["subtotalPriceSet"]["shopMoney"]["amount"] = "23.78"  # 2 lines, 2 cents: within a cent per line
    rounded["totalPriceSet"]["shopMoney"]["amount"] = "23.78"
    header = order(2, DAYS[0], line(3, "11.90", taxes=["1.90"]), taxesIncluded=True)
    header["totalPriceSet"]["shopMoney"]["amount"] = "13.80"  # as if tax came on top
    healthy(raw, orders=(rounded, header))
    built = build(raw)
    [result] = [one for one in built.checks if one.status != "pass"]
    assert (result.name, result.severity) == ("order_totals_reconcile", "warning")
    assert result.sample == ("parts and total of shopify:2",)


@pytest.mark.long
def test_a_failed_critical_check_leaves_the_published_marts_alone_and_keeps_the_evidence(raw: Raw) -> None:
    healthy(raw)
    build(raw)
    before = home(raw).database.read_bytes()
    raw.orders(_wrong_subtotal(1))
    built = build(raw)
    assert not built.published
    assert home(raw).database.read_bytes() == before
    with duckdb.connect(home(raw).warehouse, read_only=True) as con:
        tables = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
        found = con.execute("select check_name, sample from dq_results where status = 'fail'").fetchall()
    assert tables == {"dq_results"}
    assert found == [("order_totals_reconcile", '["lines and subtotal of shopify:1"]')]


@pytest.mark.long
@pytest.mark.parametrize(("severity", "is_published"), [("critical", False), ("warning", True)])
def test_a_check_that_raises_counts_as_failed_and_stops_no_other(
    raw: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, severity: str, is_published: bool
) -> None:
    edited(tmp_path, monkeypatch, "checks/freshness.sql", "-- severity: warning", f"-- severity: {severity}")
    file = sqlfiles.SQL / "checks/freshness.sql"
    file.write_text(f"-- Nothing.\n-- severity: {severity}\nselect error('order ' || order_key) from fact_orders")
    healthy(raw)
    built = build(raw)
    [result] = [one for one in built.checks if one.status != "pass"]
    assert (result.name, result.status, result.severity) == ("freshness", "error", severity)
    assert "order shopify:" in result.message
    assert len(built.checks) == 10
    assert built.published is is_published


def test_an_empty_fact_is_no_pass_where_records_were_delivered(raw: Raw) -> None:
    healthy(raw)
    raw.loads = [one for one in raw.loads if one.source != "ga4"]
    raw.traffic(traffic_row(DAYS[0], "Direct", "(direct)", "(none)", "many"))
    built = build(raw)
    critical = {one.name for one in built.checks if one.blocks}
    assert critical == CRITICAL
    assert all(one.sample == ("fact_traffic is empty",) for one in built.checks if one.blocks)


def test_a_check_without_a_severity_is_refused(raw: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(tmp_path, monkeypatch, "checks/freshness.sql", "-- severity: warning", "-- severity: mild")
    healthy(raw)
    with pytest.raises(SqlError, match=r"sql/checks/freshness\.sql must say"):
        build(raw)
