"""The warehouse: what becomes of raw pages, to the cent, whatever order they came in."""

import hashlib
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse_fixtures import (
    Raw,
    adjustment,
    build,
    customer,
    google_row,
    home,
    inventory_item,
    line,
    meta_row,
    money,
    new,
    order,
    product,
    published,
    refund,
    refund_line,
    refunded_shipping,
    report_row,
    rows,
    sending,
    traffic_row,
)

from growthos import alert_book, warehouse
from growthos import money as python_money
from growthos.errors import BusyError, CannotWriteError, DamagedDataError, NoDataError, SettingsError, SqlError
from growthos.home import Home
from growthos.warehouse import checks, relations, sqlfiles

DAY = "2026-03-20"


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    return new(tmp_path)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the macros and nothing else."""
    with duckdb.connect() as made:
        relations.define_macros(made)
        yield made


def rich(raw: Raw) -> None:
    """Something of everything, so that no relation is empty."""
    raw.shop()
    raw.page("meta", "account", {"name": "Ads", "currency": "EUR", "timezone_name": "Europe/Berlin"})
    raw.page("meta", "campaigns", {"data": [{"id": "11", "name": "Spring sale", "effective_status": "ACTIVE"}]})
    customers = [{"customer": {"id": "1", "descriptiveName": "Ads", "currencyCode": "EUR", "timeZone": "Europe/Rome"}}]
    raw.page("google_ads", "customer", [{"results": customers}])
    campaigns = [{"campaign": {"id": "21", "name": "Brand", "status": "ENABLED"}}]
    raw.page("google_ads", "campaigns", [{"results": campaigns}])
    raw.customers(customer(1, "2026-01-02", email="A@b.example "), customer(2, "2026-01-02"))
    raw.products(product(1, "7.11"), product(2, None))
    raw.page("shopify", "product_variants", {"data": {"product": {
        "id": "gid://shopify/Product/2", "updatedAt": "2026-01-01T00:00:00Z",
        "variants": {"nodes": [product(3, "1.00")["variants"]["nodes"][0]]},
    }}})  # fmt: skip
    raw.inventory(inventory_item(1, "7.50", "2026-02-01T00:00:00Z"))
    landing = "https://toyshop.example/?utm_source=fb&utm_medium=cpc&utm_campaign=Spring+Sale"
    long = order(1, DAY, line(1, "19.99", 2), customer_id=1, landingPageUrl=landing, refund_ids=[9])
    long["subtotalPriceSet"], long["totalPriceSet"] = money("44.98"), money("49.88")
    long["shippingLines"] = {"nodes": [sending(1, "1.90")]}
    raw.counts(d2026_03_20=3)
    raw.orders(long, order(2, DAY, line(2, "35.00"), email="guest@b.example"), order(3, DAY, line(3, "1.00")))
    overflow = {"id": "gid://shopify/Order/1", "updatedAt": f"{DAY}T12:00:00Z"}
    raw.page("shopify", "order_line_items", {"data": {"order": overflow | {"lineItems": {"nodes": [line(4, "5.00")]}}}})
    raw.page("shopify", "order_shipping_lines", {"data": {"order": overflow | {
        "shippingLines": {"nodes": [sending(2, "3.00")]}
    }}})  # fmt: skip
    raw.refunds(refund(9, "2026-03-22", refund_line(1, 1, "19.99"), shipping=[refunded_shipping(1, "1.00")]), None)
    more = {"id": "gid://shopify/Refund/9", "updatedAt": "2026-03-22T12:00:00Z"}
    raw.page("shopify", "refund_line_items", {"data": {"refund": more | {
        "refundLineItems": {"nodes": [refund_line(2, 4, "5.00")]}
    }}})  # fmt: skip
    raw.page("shopify", "refund_shipping_lines", {"data": {"refund": more | {
        "refundShippingLines": {"nodes": [refunded_shipping(2, "0.50")]}
    }}})  # fmt: skip
    raw.page("shopify", "refund_adjustments", {"data": {"refund": more | {
        "orderAdjustments": {"nodes": [adjustment(1, "-2.00"), adjustment(2, "-9.00", "PENDING_REFUND_DISCREPANCY")]}
    }}})  # fmt: skip
    raw.meta(meta_row("11", DAY), meta_row("12", DAY))
    raw.page("meta", "ads", {"data": [{"id": "71", "campaign_id": "11", "adset_id": "61", "name": "Reel"}]})
    day = (date(2026, 3, 20),)
    raw.page("meta", "ad_insights", {"data": [meta_row("11", DAY) | {"ad_id": "71", "adset_id": "61"}]}, days=day)
    raw.page("meta", "account_insights", {"data": [meta_row("", DAY)]}, days=day)
    raw.google(google_row("21", DAY))
    group = {"adGroup": {"id": "31"}}
    an_ad = group | {"adGroupAd": {"ad": {"id": "41"}}}
    keyword = group | {"adGroupCriterion": {"criterionId": "7", "keyword": {"text": "robot", "matchType": "EXACT"}}}
    for stream, named in [("ads", an_ad), ("keywords", keyword)]:
        raw.page("google_ads", stream, [{"results": [{"campaign": {"id": "21"}} | named]}])
    for stream, named in [("ad_metrics", an_ad), ("keyword_metrics", keyword), ("customer_metrics", {})]:
        raw.page("google_ads", stream, [{"results": [google_row("21", DAY) | named]}])
    raw.traffic(traffic_row(DAY, "Direct", "(direct)", "(none)", "100", "50"))
    raw.report("traffic", days=[date(2026, 4, 1)], subjectToThresholding=True)
    raw.report("totals", report_row(("20260320",), ("100", "80", "3", "30.00")))
    raw.report("events", report_row(("20260320", "purchase"), ("3", "3", "3")))


def test_every_file_is_one_select_with_a_sentence_and_a_grain() -> None:
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts", "views", "checks")
    assert len(models) > 50
    sqlfiles.reads(duckdb.connect(), models.values())
    for model in models.values():
        assert model.doc.endswith("."), model.label
        assert bool(model.grain) == (model.layer != "checks"), model.label
        assert bool(model.severity) == (model.layer == "checks"), model.label


def test_no_cte_bears_the_name_of_a_file() -> None:
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts", "views", "checks")
    for model in models.values():
        for name in models:
            assert f"{name} as (" not in model.query, model.label


def test_each_file_comes_after_all_that_it_reads() -> None:
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts")
    with duckdb.connect() as con:
        named = sqlfiles.reads(con, models.values())
        order_found = sqlfiles.order(models, named)
    for name, needs in named.items():
        for need in needs & set(order_found):
            assert order_found.index(need) < order_found.index(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selec 1", "sql/marts/bad.sql cannot be read as one SELECT: syntax error"),
        ("select 1; select 2", "sql/marts/bad.sql is more than one SELECT"),
        ("select * from bad", "need each other in a circle: bad, bad"),
        ("select utm_sorce from dim_channel", "(?s)sql/marts/bad.sql failed: .*utm_sorce"),
    ],
)
def test_a_bad_file_is_named(
    raw: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    copy = tmp_path / "sql"
    shutil.copytree(sqlfiles.SQL, copy)
    (copy / "marts/bad.sql").write_text(f"-- Bad.\n-- grain: a\n{text}\n")
    monkeypatch.setattr(sqlfiles, "SQL", copy)
    raw.shop()
    with pytest.raises(SqlError, match=message):
        build(raw)


def test_every_file_keeps_its_grain_and_all_sources_of_an_entity_have_its_columns(
    raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    rich(raw)
    repeated: dict[str, int] = {}
    empty: set[str] = set()
    columns: dict[str, list[tuple[str, str]]] = {}
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts")
    run = checks.run

    def look(con: duckdb.DuckDBPyConnection, *args: Any) -> Any:
        for model in models.values():
            keys = ", ".join(model.grain)
            if keys != "every row":
                query = f"select count(*) - count(distinct ({keys})) + count(*) filter ({model.grain[0]} is null)"
                [(repeated[model.name],)] = con.execute(f"{query} from {model.name}").fetchall()
            if con.execute(f"select count(*) from {model.name}").fetchall() == [(0,)]:
                empty.add(model.name)
            columns[model.name] = con.execute(
                f"select column_name, column_type from (describe {model.name})"
            ).fetchall()
        return run(con, *args)

    monkeypatch.setattr(checks, "run", look)
    assert build(raw).published
    assert (
        {name: count for name, count in repeated.items() if count}
        == {
            # A rate for all days has no day, and a filled one has; the key may be partly null.
        }
    )
    # Nobody was told of an alert, nothing was listed yet, no refund is missing, no two campaigns share a name.
    assert empty == {
        "alert_state",
        "contested_days",
        "empty_facts",
        "refund_gaps",
        "stg_shopify__listed_orders",
        "stg_shopify__listing_pages",
    }
    for members in sqlfiles.unions(models).values():
        kinds = [sorted(columns[name]) for name in members]
        assert all(one == kinds[0] for one in kinds), members
    with duckdb.connect() as plain:
        for model in models.values():
            for entity, text in model.expects.items():
                plain.execute(f"create or replace table expected ({text})")
                wanted = set(plain.execute("select column_name, column_type from (describe expected)").fetchall())
                for name in sqlfiles.unions(models)[entity]:
                    assert wanted <= set(columns[name]), (model.label, name)


@pytest.mark.long
@pytest.mark.parametrize("source", ["shopify", "meta"])
def test_what_was_not_read_is_not_made_and_the_tables_are_the_same(
    raw: Raw, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Beside a build for which all staging is published, and so made."""
    rich(raw)
    raw.loads = [load for load in raw.loads if load.source == source]
    made: set[str] = set()
    run = checks.run

    def look(con: duckdb.DuckDBPyConnection, *args: Any) -> Any:
        made.update(name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall())
        return run(con, *args)

    monkeypatch.setattr(checks, "run", look)
    found = []
    for staging in (False, True):
        made.clear()
        assert build(raw, currency="EUR", warehouse={"publish_staging": staging}).published
        others = {one.split("__")[0] for one in made if one.startswith("stg_") and "__" in one} - {f"stg_{source}"}
        assert others == (
            {"stg_ga4", "stg_google_ads", "stg_meta", "stg_shopify"} - {f"stg_{source}"} if staging else set()
        )
        with published(raw) as con:
            names = [
                name
                for (name,) in con.execute(
                    "select table_name from duckdb_tables() where schema_name = 'main'"
                ).fetchall()
            ]
            found.append({name: sorted(map(str, con.execute(f"from {name}").fetchall())) for name in names})
    assert found[0] == found[1]
    assert found[0]["fact_orders" if source == "shopify" else "fact_spend"]


def test_a_source_stays_if_a_file_of_it_is_not_expected_or_reads_no_pages() -> None:
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts")
    with duckdb.connect() as con:
        named = sqlfiles.reads(con, models.values())
    left = sqlfiles.read_of(models, named, {"shopify"})
    assert {one.source for one in left.values() if one.layer == "staging"} == {"shopify"}
    bare = {name: replace(one, expects={}) for name, one in models.items()}
    assert sqlfiles.read_of(bare, named, {"shopify"}) == bare
    words = named | {"stg_meta__accounts": set(), "stg_ga4__events": set()}  # such as words for channels
    others = {one.source for one in models.values() if one.layer == "staging"} - {"google_ads"}
    left = sqlfiles.read_of(models, words, {"shopify"})
    assert {one.source for one in left.values() if one.layer == "staging"} == others


def test_the_published_tables_are_those_of_the_star_schema(raw: Raw) -> None:
    rich(raw)
    build(raw)
    with published(raw) as con:
        found = con.execute("select table_schema, table_name from information_schema.tables").fetchall()
        money_types = con.execute("""
            select distinct data_type
            from information_schema.columns
            where column_name like '%cents%' and column_name not like 'unit_cost%'
        """).fetchall()
        doubles = con.execute(
            "select column_name from information_schema.columns where data_type = 'DOUBLE'"
        ).fetchall()
    assert sorted(found) == sorted(
        ("main", name)
        for name in [
            *("dim_date", "dim_channel", "dim_campaign", "dim_customer", "dim_product"),
            *("dim_ad", "dim_keyword", "fact_ad_spend", "fact_keyword_spend"),
            *("fact_orders", "fact_order_lines", "fact_refunds", "fact_spend", "fact_traffic"),
            *("fact_events", "traffic_quality", "reconciliation", "cohorts"),
            *("run_info", "run_sources", "run_rows", "dq_results", "alert_state"),
        ]
    )
    assert money_types == [("BIGINT",)]
    assert doubles == []


def test_what_was_told_of_alerts_is_published_as_of_the_build(raw: Raw) -> None:
    rich(raw)
    told = alert_book.Told(
        state="resolved",
        active_since=date(2026, 3, 20),
        last_seen=date(2026, 3, 21),
        last_notified=datetime(2026, 3, 25, 6, 9, tzinfo=timezone(timedelta(hours=2))),
        resolved_at=date(2026, 3, 24),
    )
    build(raw, inputs={"told": {"revenue_drop:all": told}})
    with published(raw) as con:
        [row] = con.execute("select * replace (last_notified::varchar as last_notified) from alert_state").fetchall()
    assert row == (
        *("revenue_drop:all", "resolved", date(2026, 3, 20), date(2026, 3, 21)),
        *("2026-03-25 04:09:00", date(2026, 3, 24)),
    )


def test_staging_is_published_only_when_asked_for(raw: Raw) -> None:
    rich(raw)
    build(raw, warehouse={"publish_staging": True})
    with published(raw) as con:
        assert con.execute("select count(*) from staging.stg_shopify__orders").fetchall() == [(3,)]
        assert con.execute("select count(*) from staging.stg_rejects").fetchall() == [(0,)]
        text = str(con.execute("from staging.stg_shopify__orders select *").fetchall())
    assert "guest@b.example" not in text


NUMBERS = [(n, d) for n in (-7, -5, -3, -2, -1, 0, 1, 2, 3, 5, 7, 10**18) for d in (1, 2, 3, 4, 10, 10_000)]
AMOUNTS = ["0", "-0.005", "0.005", "0.0049999", "19.99", "-19.995", "2.675", "1e3", "123456789012.345", "86.9"]


def test_sql_and_python_round_alike(con: duckdb.DuckDBPyConnection) -> None:
    for n, d in NUMBERS:
        assert con.execute("select div_round($n, $d)", {"n": n, "d": d}).fetchall() == [(python_money.div_round(n, d),)]
    for amount in AMOUNTS:
        assert con.execute("select cents($a)", {"a": amount}).fetchall() == [(python_money.cents(amount),)]


@pytest.mark.parametrize("amount", ["", "1,299.50", "NaN", "Infinity", "1e999", "9" * 30, "abc"])
def test_what_is_no_amount_is_null_and_not_zero(con: duckdb.DuckDBPyConnection, amount: str) -> None:
    assert con.execute("select cents($a), total([$a, '1'])", {"a": amount}).fetchall() == [(None, None)]


def test_an_empty_list_adds_up_to_zero(con: duckdb.DuckDBPyConnection) -> None:
    [(nothing, none, some)] = con.execute(
        "select total([]::varchar[]), total(null::varchar[]), total(['1.1', '2'])"
    ).fetchall()
    assert [nothing, none] == [0, 0]
    assert str(some) == "3.100000000000"


@pytest.mark.parametrize(
    ("text", "number"), [("2", 2), ("-3", -3), ("2.0", 2), ("1e2", 100), ("19.6", None), ("15e-1", None), ("x", None)]
)
def test_a_whole_number_is_not_rounded_to_be_one(con: duckdb.DuckDBPyConnection, text: str, number: int | None) -> None:
    assert con.execute("select whole($t)", {"t": text}).fetchall() == [(number,)]


def test_the_worked_example_of_the_specification(raw: Raw) -> None:
    # A: 2 x 19.99, 4.00 off, shipping 4.90, tax 3.10, unit cost 7.11.
    # B: 35.00, margin 65 %, refunded with NO_RESTOCK.
    raw.shop()
    raw.products(product(1, "7.11"), product(2, None))
    raw.orders(
        order(1, DAY, line(1, "19.99", 2, discounts=["4.00"], taxes=["3.10"]), shipping=[sending(1, "4.90")]),
        order(2, DAY, line(2, "35.00"), refund_ids=[9]),
    )
    raw.refunds(refund(9, "2026-03-22", refund_line(1, 2, "35.00", restock="NO_RESTOCK")))
    found = rows(
        raw,
        """
        select gross_cents, discount_cents, shipping_revenue_cents, tax_cents, total_cents, cogs_cents,
            shipping_cost_cents, payment_fee_cents
        from fact_orders order by order_key
    """,
    )
    assert found == [(3998, 400, 490, 310, 4398, 1422, 600, 158), (3500, 0, 0, 0, 3500, 1225, 600, 132)]
    with published(raw) as con:
        refunds = con.execute(
            "select line_key, date_key, order_date_key, returns_cents, cogs_reversed_cents from fact_refunds order by 1"
        ).fetchall()
    assert refunds == [
        ("shopify:2", date(2026, 3, 22), date(2026, 3, 20), 3500, 0),
        (None, date(2026, 3, 22), date(2026, 3, 20), 0, 0),
    ]


def test_prices_with_tax_lose_it_in_gross_discount_shipping_and_refunds(raw: Raw) -> None:
    # 2 x 11.90 with 2.38 off: paid 21.42, of it tax 3.42, net 18.00; discount 2.38 x 18.00 / 21.42 = 2.00; gross 20.00.
    # Given away: 5.95 off 5.95, so gross 5.95 and discount 5.95. Shipping 4.76 with 0.76 tax: 4.00.
    raw.shop()
    raw.orders(order(
        1, DAY,
        line(1, "11.90", 2, discounts=["2.38"], taxes=["3.42"]),
        line(2, "5.95", discounts=["5.95"], taxes=["0.00"]),
        shipping=[sending(1, "4.76", taxes=["0.76"])],
        taxesIncluded=True, refund_ids=[9], totalTaxSet=money("4.18"),
    ))  # fmt: skip
    raw.refunds(refund(9, DAY, refund_line(1, 1, "10.71", tax="1.71"), shipping=[refunded_shipping(1, "4.76", "0.76")]))
    found = rows(raw, "select gross_cents, discount_cents, shipping_revenue_cents, total_cents from fact_orders")
    assert found == [(2595, 795, 400, 2618)]
    with published(raw) as con:
        lines = con.execute("select gross_cents, discount_cents from fact_order_lines order by line_key").fetchall()
        refunds = con.execute("""
            select returns_cents, shipping_refund_cents, tax_refund_cents from fact_refunds order by refund_line_key
        """).fetchall()
    assert lines == [(2000, 200), (595, 595)]
    assert refunds == [(900, 0, 171), (0, 400, 76)]


def test_a_gift_card_is_no_revenue_and_its_return_none(raw: Raw) -> None:
    raw.shop()
    raw.orders(
        order(1, DAY, line(1, "35.00"), line(2, "50.00", gift=True, ships=False), refund_ids=[9]),
        order(2, DAY, line(3, "25.00", gift=True, ships=False)),
    )
    raw.refunds(refund(9, DAY, refund_line(1, 2, "50.00")))
    found = rows(
        raw,
        """
        select gross_cents, gift_card_cents, total_cents, cogs_cents, shipping_cost_cents, is_counted, exclusion_reason
        from fact_orders order by order_key
    """,
    )
    assert found == [(3500, 5000, 8500, 1225, 600, True, None), (0, 2500, 2500, 0, 0, False, "gift_card_only")]
    with published(raw) as con:
        assert con.execute("select sum(returns_cents) from fact_refunds").fetchall() == [(0,)]


def test_orders_that_do_not_count_say_why_in_this_order(raw: Raw) -> None:
    raw.shop()
    raw.orders(
        order(1, DAY, line(1, "1.00"), test=True, cancelledAt=DAY, sourceName="pos"),
        order(2, DAY, line(2, "1.00"), cancelledAt=DAY, sourceName="POS"),
        order(3, DAY, line(3, "1.00"), cancelledAt=DAY, displayFinancialStatus="VOIDED"),
        order(4, DAY, line(4, "1.00", gift=True), displayFinancialStatus="VOIDED"),
        order(5, DAY, line(5, "1.00", gift=True)),
        order(6, DAY, line(6, "0.00"), displayFinancialStatus="PENDING"),
        order(7, DAY, line(7, "1.00"), refund_ids=[9], cancelledAt=DAY),
    )
    raw.refunds(refund(9, DAY, refund_line(1, 7, "1.00")))
    found = rows(raw, "select exclusion_reason from fact_orders order by order_key", exclude_sources=["pos"])
    reasons = ["test", "excluded_source", "cancelled", "voided", "gift_card_only", None, "cancelled"]
    assert [reason for (reason,) in found] == reasons
    with published(raw) as con:
        assert con.execute("select bool_or(is_counted) from fact_refunds").fetchall() == [(False,)]


def test_shipping_counts_what_was_charged_and_costs_what_is_sent(raw: Raw) -> None:
    # 30.00 net and 1 % of it: 0.30 beside the 6.00 of each order; the removed line was not charged.
    raw.shop()
    gone = sending(2, "9.00", isRemoved=True)
    raw.orders(
        order(1, DAY, line(1, "30.00"), shipping=[sending(1, "4.90"), gone]),
        order(2, DAY, line(2, "30.00", ships=False)),
        order(3, DAY, line(3, "30.00"), sourceName="pos"),
        order(4, DAY, line(4, "30.00"), shipping=[sending(3, "0.0", deliveryCategory="local_pickup")]),
        order(5, DAY, line(5, "30.00"), shipping=[sending(4, "0.0", deliveryCategory="drone")]),
    )
    costs = {"shipping": {"per_order_cents": 600, "bps_of_net_sales": 100}}
    built = build(raw, costs=costs)
    assert built.published
    with published(raw) as con:
        found = con.execute(
            "select shipping_revenue_cents, shipping_cost_cents from fact_orders order by order_key"
        ).fetchall()
    assert found == [(490, 630), (0, 0), (0, 0), (0, 0), (0, 630)]
    assert [one.message for one in built.warnings if one.code == "delivery_category"] == [
        "Shipping lines name a way of delivery that is not known: drone. They are counted as sent."
    ]


def test_an_order_of_nothing_costs_no_fee(raw: Raw) -> None:
    raw.shop()
    raw.orders(order(1, DAY, line(1, "20.00", discounts=["20.00"])))
    assert rows(raw, "select payment_fee_cents, total_cents, is_counted from fact_orders") == [(0, 0, True)]


def test_a_refund_takes_all_that_came_back_and_the_goods_only_if_they_did(raw: Raw) -> None:
    # Three at cost 3.33: one of them back reverses 3.33; goodwill of 10.00 raises, a fee of 2.50 lowers returns.
    raw.shop()
    raw.products(product(1, "3.33"))
    raw.orders(order(1, DAY, line(1, "10.00", 3, variant=1), refund_ids=[7, 8, 9]))
    raw.refunds(
        refund(7, DAY, refund_line(1, 1, "10.00", restock="RETURN"), refund_line(2, 1, "10.00", restock="NO_RESTOCK")),
        refund(8, DAY, adjustments=[adjustment(1, "-10.00"), adjustment(2, "-4.00", "PENDING_REFUND_DISCREPANCY")]),
        refund(9, DAY, adjustments=[adjustment(3, "2.50", None)], shipping=[refunded_shipping(1, "4.90")]),
    )
    found = rows(
        raw,
        """
        select refund_line_key, returns_cents, shipping_refund_cents, cogs_reversed_cents
        from fact_refunds order by refund_line_key
    """,
    )
    assert found == [
        ("shopify:1", 1000, 0, 333),
        ("shopify:2", 1000, 0, 0),
        ("shopify:refund:7", 0, 0, 0),
        ("shopify:refund:8", 1000, 0, 0),
        ("shopify:refund:9", -250, 490, 0),
    ]


@pytest.mark.long
def test_pages_that_overflowed_belong_to_their_parent(raw: Raw) -> None:
    rich(raw)
    found = rows(raw, "select gross_cents, shipping_revenue_cents from fact_orders where order_key = 'shopify:1'")
    assert found == [(4498, 490)]
    with published(raw) as con:
        refunds = con.execute("select sum(returns_cents), sum(shipping_refund_cents) from fact_refunds").fetchall()
        variants = con.execute("select title, category from dim_product where product_key = 'shopify:3'").fetchall()
    assert refunds == [(2699, 150)]
    assert variants == [("Toy 2", "beauty")]


def test_lines_of_an_older_version_do_not_come_back(raw: Raw) -> None:
    raw.shop()
    raw.orders(order(1, DAY, line(1, "10.00"), line(2, "5.00"), refund_ids=[9]))
    raw.refunds(refund(9, DAY, refund_line(1, 2, "5.00")))
    older = {"id": "gid://shopify/Order/1", "updatedAt": f"{DAY}T12:00:00Z", "lineItems": {"nodes": [line(3, "9.00")]}}
    raw.page("shopify", "order_line_items", {"data": {"order": older}})
    raw.orders(order(1, DAY, line(1, "12.00"), updatedAt="2026-03-21T00:00:00Z"), again=True)
    assert rows(raw, "select line_key, gross_cents from fact_order_lines") == [("shopify:1", 1200)]
    with published(raw) as con:
        assert con.execute("select count(*) from fact_refunds").fetchall() == [(0,)]


@pytest.mark.long
def test_order_and_repetition_of_pages_change_nothing(raw: Raw) -> None:
    rich(raw)
    raw.orders(order(2, DAY, line(2, "36.00"), email="guest@b.example", updatedAt="2026-03-25T00:00:00Z"))
    tables = ("fact_orders", "fact_order_lines", "fact_refunds", "fact_spend", "fact_traffic", "dim_customer",
              "dim_product", "dim_campaign")  # fmt: skip

    def marts() -> list[list[tuple[Any, ...]]]:
        assert build(raw).published
        with published(raw) as con:
            return [con.execute(f"from {name} select * order by all").fetchall() for name in tables]

    before = marts()
    again = [*raw.loads, *raw.loads[:9]]
    for i, load in enumerate(raw.loads[:9], start=len(raw.loads)):
        copy = load.path.with_name(f"again-{i}.parquet")
        shutil.copy(load.path, copy)
        again[i] = type(load)(load.source, load.stream, copy, load.days)
    random.Random(7).shuffle(again)
    raw.loads = again
    assert marts() == before


INSTANTS = [
    ("2026-03-20T03:59:59Z", date(2026, 3, 19)),  # 23:59:59 in summer time
    ("2026-03-20T04:00:00Z", date(2026, 3, 20)),
    ("2026-03-20T04:01:00Z", date(2026, 3, 20)),
    ("2026-03-08T04:59:59Z", date(2026, 3, 7)),  # 23:59:59, two hours before the clock jumps ahead
    ("2026-03-08T05:00:00Z", date(2026, 3, 8)),
    ("2026-03-09T03:59:59Z", date(2026, 3, 8)),  # the short day ends at 04:00Z
    ("2026-03-09T04:00:00Z", date(2026, 3, 9)),
    ("2025-11-02T03:59:59Z", date(2025, 11, 1)),
    ("2025-11-02T04:00:00Z", date(2025, 11, 2)),
    ("2025-11-03T04:59:59Z", date(2025, 11, 2)),  # the long day ends at 05:00Z
    ("2025-11-03T05:00:00Z", date(2025, 11, 3)),
    ("2026-03-20T00:30:00+02:00", date(2026, 3, 19)),  # 22:30Z
]


@pytest.mark.long
def test_a_day_is_a_day_in_the_reporting_zone(raw: Raw) -> None:
    raw.shop()
    raw.orders(*(order(i, at, line(i, "1.00"), refund_ids=[i]) for i, (at, _) in enumerate(INSTANTS, start=10)))
    raw.refunds(*(refund(i, at, refund_line(i, i, "1.00")) for i, (at, _) in enumerate(INSTANTS, start=10)))
    local = [day for _, day in INSTANTS]
    query = "select date_key from fact_orders order by order_key"
    assert [day for (day,) in rows(raw, query, reporting_timezone="America/New_York")] == local
    with published(raw) as con:
        refunds = con.execute("select date_key from fact_refunds where line_key is not null order by line_key")
        assert [day for (day,) in refunds.fetchall()] == local
        [(first,)] = con.execute("select order_ts_utc from fact_orders where order_key = 'shopify:21'").fetchall()
    assert first == datetime(2026, 3, 19, 22, 30)  # noqa: DTZ001  stored in UTC, without a zone
    assert [day for (day,) in rows(raw, query)][:3] == [date(2026, 3, 20)] * 3


def test_an_order_happened_when_it_was_processed(raw: Raw) -> None:
    raw.shop()
    raw.orders(
        order(1, DAY, line(1, "1.00"), processedAt="2026-03-01T00:00:00Z"),
        order(2, DAY, line(2, "1.00"), processedAt=None),
    )
    found = rows(raw, "select date_key from fact_orders order by order_key")
    assert found == [(date(2026, 3, 1),), (date(2026, 3, 20),)]


def rejects(raw: Raw) -> list[tuple[Any, ...]]:
    """What the last build put aside: entity, key, reason, payload."""
    with duckdb.connect(home(raw).warehouse, read_only=True) as con:
        return con.execute("select entity, external_id, reason, payload from stg_rejects order by all").fetchall()


REJECTS: list[tuple[dict[str, Any], str]] = [
    ({"totalPriceSet": money(None)}, "missing_required_field:total"),
    ({"totalPriceSet": money("1,299.50")}, "not_a_number:total"),
    ({"updatedAt": None}, "missing_required_field:updated_at"),
    ({"processedAt": "soon"}, "not_a_time:processed_at"),
    ({"processedAt": None, "createdAt": None}, "missing_required_field:processed_at"),
    ({"quantity": None}, "missing_required_field:quantity"),
    ({"quantity": 1.5}, "not_a_number:quantity"),
    ({"originalUnitPriceSet": money(None)}, "missing_required_field:unit_price"),
    ({"taxLines": [{"priceSet": money("free")}]}, "not_a_number:tax"),
]


def test_a_bad_order_is_put_aside_with_all_that_hangs_on_it(raw: Raw) -> None:
    raw.shop()
    secret = "someone@b.example"
    bad = []
    for i, (field, _) in enumerate(REJECTS, start=1):
        good, other = line(10 * i, "1.00"), line(10 * i + 1, "1.00")
        of_order = field.keys() & {"totalPriceSet", "updatedAt", "processedAt", "createdAt"}
        made = order(i, DAY, good, other, email=secret, refund_ids=[i])
        made["lineItems"] = {"nodes": [good, other if of_order else other | field]}
        bad.append(made | field if of_order else made)
    raw.orders(*bad, order(99, DAY, line(999, "35.00")))
    raw.refunds(*(refund(i, DAY, refund_line(i, 10 * i, "1.00")) for i in range(1, len(bad) + 1)))
    built = build(raw)
    assert built.published
    with published(raw) as con:
        assert con.execute("select order_key from fact_orders").fetchall() == [("shopify:99",)]
        assert con.execute("select count(*) from fact_order_lines").fetchall() == [(1,)]
        assert con.execute("select count(*) from fact_refunds").fetchall() == [(0,)]
        counts = con.execute("select entity, staged, rejected from run_rows where source = 'shopify'").fetchall()
    many = len(bad)
    expected = {("orders", 1, many), ("order_lines", 1, 2 * many), ("refunds", 0, many), ("refund_lines", 0, many)}
    assert expected <= set(counts)
    found = rejects(raw)
    orders = [(key, reason) for entity, key, reason, _ in found if entity == "orders"]
    assert sorted(orders) == sorted((str(i), reason) for i, (_, reason) in enumerate(REJECTS, start=1))
    lines = {(key, reason) for entity, key, reason, _ in found if entity == "order_lines"}
    assert {("60", "missing_required_field:quantity"), ("61", "missing_required_field:quantity")} <= lines
    assert secret not in str(found)
    assert "rejected_rows" in {one.code for one in built.warnings}


def test_bad_rows_of_the_other_sources_are_put_aside_one_by_one(raw: Raw) -> None:
    raw.shop()
    raw.customers(customer(1, "2026-01-01"), customer(2, "2026-01-01", createdAt=None))
    raw.meta(
        meta_row("11", DAY, None, impressions=None, inline_link_clicks=None),
        meta_row("12", DAY, "1,5"),
        meta_row("13", DAY) | {"campaign_id": None},
        meta_row("14", "yesterday"),
    )
    raw.google(google_row("21", DAY), google_row("22", DAY, clicks=None))
    raw.traffic(traffic_row(DAY, "Direct", "a", "b", "7"), traffic_row("(other)", "Direct", "a", "b", "7"))
    built = build(raw)
    found = [(entity, reason) for entity, _, reason, _ in rejects(raw)]
    with published(raw) as con:
        spend = con.execute(
            "select campaign_key, spend_cents, impressions, clicks from fact_spend order by 1"
        ).fetchall()
    assert sorted(found) == [
        ("customers", "missing_required_field:created_at"),
        ("spend", "missing_required_field:campaign_id"),
        ("spend", "missing_required_field:clicks"),
        ("spend", "not_a_number:spend"),
        ("spend", "not_a_time:date"),
        ("traffic", "not_a_time:date"),
    ]
    assert spend == [("google:21", 1000, 1000, 20), ("meta:11", 0, 0, 0)]
    assert built.published


def test_a_page_that_is_no_json_is_left_out_and_told_of(raw: Raw) -> None:
    raw.shop()
    for body in (b"<html>busy</html>", b'{"data": {"orders": {"nodes": [', b"\xff\xfe", b""):
        raw.page("shopify", "orders", body)
    raw.orders(order(1, DAY, line(1, "1.00")))
    built = build(raw)
    assert built.published
    assert "4 pages of shopify are no JSON" in str(built.warnings)
    assert [(entity, key, reason) for entity, key, reason, _ in rejects(raw)] == [
        ("orders", f"toyshop/{seq}/0", "malformed_page") for seq in (1, 2, 3, 4)
    ]
    with published(raw) as con:
        assert con.execute("select count(*) from fact_orders").fetchall() == [(1,)]


def test_unit_cost_stays_what_it_was_when_the_line_came(raw: Raw) -> None:
    # Run 1: read at 4.00, line 1 comes. Run 2: line 2 comes, nothing read. Run 3: read at 5.00, line 3 comes.
    # Run 4: line 4 comes and nothing is read after it.
    raw.shop()
    raw.products(product(1, "4.00"))
    raw.orders(order(1, DAY, line(1, "10.00", variant=1)))
    raw.run = 2
    raw.orders(order(2, DAY, line(2, "10.00", variant=1)))
    raw.run = 3
    raw.inventory(inventory_item(1, "5.00", "2026-03-01T00:00:00Z"))
    raw.orders(order(3, DAY, line(3, "10.00", 2, variant=1)))
    raw.orders(order(1, DAY, line(1, "10.00", variant=1), updatedAt="2026-03-28T00:00:00Z"))
    raw.run = 4
    raw.orders(order(4, DAY, line(4, "10.00", variant=1)))
    assert rows(raw, "select cogs_cents from fact_order_lines order by line_key") == [(400,), (500,), (1000,), (500,)]
    with published(raw) as con:
        assert con.execute("select unit_cost_cents from dim_product where product_key = 'shopify:1'").fetchall() == [
            (500,)
        ]


def test_cost_without_unit_cost_comes_from_the_margin_of_the_category(raw: Raw) -> None:
    # Beauty 65 %: cost 35 % of 9.99 = 3.4965 -> 3.50. Unknown types and lines without a product: default 45 % -> 5.49.
    raw.shop()
    raw.products(product(1, None), product(2, "0.00"), product(3, None, kind="Robots"))
    raw.orders(order(
        1, DAY,
        line(1, "9.99", variant=1),
        line(2, "9.99", variant=2),
        line(3, "9.99", variant=3, kind="Robots"),
        line(4, "9.99", variant=None, product=None),
        line(5, "9.99", variant=None, product=1),
    ))  # fmt: skip
    found = rows(raw, "select cogs_cents, cogs_source, product_key from fact_order_lines order by line_key")
    assert found == [
        (350, "margin", "shopify:1"),
        (0, "unit_cost", "shopify:2"),
        (549, "margin", "shopify:3"),
        (549, "margin", "unknown"),
        (350, "margin", "unknown"),
    ]


@pytest.mark.long
def test_foreign_spend_is_converted_row_by_row_and_waits_without_a_rate(raw: Raw) -> None:
    # 0.005 x 1.0840 = 0.00542 -> 0.01; 10.00 x 1.084 = 10.84; value 50.25 x 1.084 = 54.471 -> 54.47.
    raw.shop()
    raw.google(google_row("21", DAY, currency="USD"), google_row("22", DAY, "5000", currency="USD"))
    raw.google(google_row("23", DAY, "123456789000000", currency="IDR"))  # x 0.0000607533 = 7500.4073391537
    raw.meta(meta_row("11", DAY, account_currency="GBP"), meta_row("11", "2026-03-21", account_currency="GBP"))
    built = build(raw, fx={"USD": "1.0840", "IDR": "0.0000607533", "GBP": {date(2026, 3, 20): "1.2"}})
    assert not built.published
    [bad] = [one for one in built.checks if one.blocks]
    assert (bad.name, bad.sample) == ("currency_consistency", ("stg__spend meta:11 2026-03-21 GBP",))
    found = rows(
        raw,
        """
        select campaign_key, spend_cents, conversion_value_cents, spend_original, currency
        from fact_spend order by campaign_key, date_key
        """,
        fx={"USD": "1.0840", "IDR": "0.0000607533", "GBP": {date(2026, 3, 20): "1.2", date(2026, 3, 21): "2"}},
    )
    assert [(key, spend, value, str(original), currency) for key, spend, value, original, currency in found] == [
        ("google:21", 1084, 5447, "10.000000", "USD"),
        ("google:22", 1, 5447, "0.005000", "USD"),
        ("google:23", 750041, 0, "123456789.000000", "IDR"),
        ("meta:11", 1200, 0, "10.000000", "GBP"),
        ("meta:11", 2000, 0, "10.000000", "GBP"),
    ]


def test_the_shops_own_currency_needs_no_rate_and_takes_none(raw: Raw) -> None:
    raw.shop()
    account = {"name": "Ads", "currency": "EUR", "timezone_name": "Europe/Berlin"}
    raw.page("meta", "account", account)
    raw.meta(meta_row("11", DAY), meta_row("12", DAY, account_currency=None))
    assert rows(raw, "select spend_cents from fact_spend", fx={"EUR": "2"}) == [(1000,), (1000,)]


def test_two_shops_in_one_home_are_refused(raw: Raw) -> None:
    raw.shop()
    raw.page("shopify", "shop", {"data": {"shop": {"currencyCode": "EUR"}}}, account="othershop")
    with pytest.raises(SettingsError, match="more than one shop: othershop, toyshop"):
        build(raw)


def test_micros_round_once_at_the_half_cent(raw: Raw) -> None:
    raw.shop()
    raw.google(google_row("21", DAY, "4999"), google_row("22", DAY, "5000"), google_row("23", DAY, "23455000"))
    assert rows(raw, "select spend_cents from fact_spend order by campaign_key") == [(0,), (1,), (2346,)]


@pytest.mark.long
def test_without_a_shop_the_accounts_or_the_setting_tell_the_currency(raw: Raw) -> None:
    account = {"name": "Ads", "timezone_name": "Europe/Berlin"}
    raw.page("meta", "account", account | {"currency": "SEK"})
    raw.meta(meta_row("11", DAY, account_currency="SEK"))
    assert rows(raw, "select currency from run_info") == [("SEK",)]
    raw.page("meta", "account", account | {"currency": "NOK"}, account="1002")
    with pytest.raises(SettingsError, match="currency") as caught:
        build(raw)
    assert "`currency`" in caught.value.hint
    assert rows(raw, "select currency from run_info", currency="SEK") == [("SEK",)]


def test_one_purchase_is_taken_from_metas_overlapping_types(raw: Raw) -> None:
    def kinds(**values: str) -> list[dict[str, str]]:
        return [
            {"action_type": name.replace("__", "."), "value": value, "7d_click": "99"} for name, value in values.items()
        ]

    raw.shop()
    pixel, web = "offsite_conversion__fb_pixel_purchase", "onsite_web_purchase"
    sent = [
        (kinds(purchase="3", omni_purchase="2"), kinds(purchase="30", omni_purchase="20")),
        (kinds(purchase="3", **{pixel: "9"}), kinds(purchase="30.5", **{pixel: "90"})),
        (kinds(**{pixel: "4", web: "1"}), kinds(**{pixel: "40", web: "10"})),
        (kinds(purchase="3"), kinds(omni_purchase="20")),
        (kinds(link_click="7"), []),
    ]
    raw.meta(*(meta_row(str(i), DAY, actions=counts, action_values=values) for i, (counts, values) in enumerate(sent)))
    found = rows(raw, "select conversions, conversion_value_cents from fact_spend order by campaign_key")
    assert [(int(count), value) for count, value in found] == [(2, 2000), (3, 3050), (5, 5000), (0, 2000), (0, 0)]


def test_a_day_comes_from_the_newest_unit_alone(raw: Raw) -> None:
    # The newer unit covers the 20th and has no row of campaign 12 for it; the 19th is still the older unit's.
    raw.shop()
    raw.meta(
        *(meta_row(campaign, day, "1.00") for campaign in ("11", "12") for day in ("2026-03-19", DAY)),
        days=[date(2026, 3, 19)],
    )
    raw.meta(meta_row("11", DAY, "2.00"), meta_row("11", DAY, "3.00"), days=[date(2026, 3, 20), date(2026, 3, 21)])
    found = rows(raw, "select campaign_key, date_key::varchar, spend_cents from fact_spend order by all")
    assert found == [("meta:11", "2026-03-19", 100), ("meta:11", DAY, 300), ("meta:12", "2026-03-19", 100)]


def test_customers_are_found_by_id_then_by_e_mail_then_as_guests(raw: Raw) -> None:
    raw.shop()
    raw.customers(customer(1, "2026-01-01", email=" Ann@B.example"), customer(7, "2026-01-01", email="ann@b.example"))
    raw.orders(
        order(1, "2026-03-01", line(1, "1.00"), customer_id=7),
        order(2, "2026-03-02", line(2, "1.00"), email="ANN@b.example "),
        order(3, "2026-03-03", line(3, "1.00"), email="new@b.example"),
        order(4, "2026-03-04", line(4, "1.00"), customer_id=99, email="ann@b.example"),
        order(5, "2026-03-05", line(5, "1.00"), email=""),
    )
    guest = f"guest:{hashlib.sha256(b'new@b.example').hexdigest()}"
    found = rows(raw, "select customer_key, customer_order_seq, is_new_customer from fact_orders order by order_key")
    assert found == [
        ("shopify:7", 1, True),
        ("shopify:1", 1, True),
        (guest, 1, True),
        ("shopify:99", 1, True),
        ("unknown", None, False),
    ]
    with published(raw) as con:
        customers = con.execute("""
            select customer_key, source, created_utc is null, country, counted_orders, cohort_month::varchar
            from dim_customer where customer_key not in ('shopify:1', 'shopify:7') order by 2, 1
        """).fetchall()
    assert customers == [
        (guest, "guest", True, "DE", 1, "2026-03-01"),
        ("shopify:99", "shopify", True, None, 1, "2026-03-01"),
        ("unknown", "unknown", True, None, 0, None),
    ]


def test_orders_before_the_history_are_counted_in(raw: Raw) -> None:
    # History begins on 1 March. Customer 1 is older and says 5 orders; 4 that are no tests are loaded: prior 1.
    # Customer 2 is older and says 1, and two are loaded: prior 0. Customer 3 came later: prior 0 whatever it says.
    raw.shop()
    raw.customers(
        customer(1, "2026-02-01", 5, "ann@b.example"), customer(2, "2026-02-01", 1), customer(3, "2026-03-02", 9)
    )
    raw.orders(
        order(1, "2026-03-01", line(1, "1.00"), customer_id=1),
        order(2, "2026-03-02", line(2, "1.00"), customer_id=1, cancelledAt=DAY),
        order(3, "2026-03-03", line(3, "1.00"), customer_id=1, test=True),
        order(4, "2026-03-04", line(4, "1.00"), email="ann@b.example"),
        order(5, "2026-03-05", line(5, "1.00", gift=True), customer_id=1),
        order(6, "2026-03-06", line(6, "1.00"), customer_id=2),
        order(7, "2026-03-07", line(7, "1.00"), customer_id=2),
        order(8, "2026-03-08", line(8, "1.00"), customer_id=3),
    )
    found = rows(raw, "select order_key, customer_order_seq from fact_orders where is_counted order by 1")
    assert [seq for _, seq in found] == [2, 3, 1, 2, 1]
    with published(raw) as con:
        customers = con.execute("""
            select prior_orders, counted_orders, first_order_date::varchar, first_order_key, cohort_month::varchar
            from dim_customer where source = 'shopify' order by customer_key
        """).fetchall()
        [(start,)] = con.execute("select history_start from run_info").fetchall()
    assert customers == [
        (1, 2, None, None, None),
        (0, 2, "2026-03-06", "shopify:6", "2026-03-01"),
        (0, 1, "2026-03-08", "shopify:8", "2026-03-01"),
    ]
    assert start == datetime(2026, 3, 1, 12)  # noqa: DTZ001


def test_orders_of_the_same_instant_stand_in_the_order_of_their_numbers(raw: Raw) -> None:
    raw.shop()
    raw.orders(order(100, DAY, line(1, "1.00"), customer_id=1), order(99, DAY, line(2, "1.00"), customer_id=1))
    found = rows(raw, "select order_key, customer_order_seq from fact_orders order by 2")
    assert found == [("shopify:99", 1), ("shopify:100", 2)]


@pytest.mark.long
def test_the_calendar_has_every_day_and_its_events(raw: Raw) -> None:
    rich(raw)
    found = rows(
        raw,
        "select min(date_key)::varchar, max(date_key)::varchar, count(*), max(event_name) from dim_date",
        calendar={date(2025, 11, 28): "Black Friday"},
    )
    assert found == [("2025-02-22", "2026-04-29", 432, "Black Friday")]  # 400 days before, 31 after 29 March
    with published(raw) as con:
        [day] = con.execute("from dim_date where date_key = date '2025-12-29'").fetchall()
    assert day[1:9] == (2025, 4, 12, 1, 2026, 1, date(2025, 12, 1), False)


@pytest.mark.long
def test_nobody_else_can_read_the_files_and_a_reader_keeps_the_one_it_has_open(raw: Raw) -> None:
    raw.shop()
    raw.orders(order(1, DAY, line(1, "1.00")))
    build(raw)
    with published(raw) as con:
        raw.orders(order(2, DAY, line(2, "1.00")))
        build(raw)
        assert con.execute("select count(*) from fact_orders").fetchall() == [(1,)]
    with published(raw) as con:
        assert con.execute("select count(*) from fact_orders").fetchall() == [(2,)]
    for path in (home(raw).database, home(raw).warehouse):
        assert path.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in home(raw).work.iterdir()} == {"warehouse.duckdb"}


def test_a_failed_build_leaves_what_was_published(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    rich(raw)
    build(raw)
    before = home(raw).database.read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr(warehouse.publish, "copy_marts", full)
    with pytest.raises(CannotWriteError, match="No space left on device"):
        build(raw)
    assert home(raw).database.read_bytes() == before


def test_without_any_raw_file_everything_is_there_and_empty(raw: Raw) -> None:
    found = rows(raw, "select count(*) from fact_orders", currency="EUR")
    assert found == [(0,)]


@pytest.mark.long
def test_a_published_file_reaches_no_other_file(raw: Raw, tmp_path: Path) -> None:
    rich(raw)
    build(raw)
    elsewhere = tmp_path.parent / "secret.csv"
    elsewhere.write_text("a\n1\n")
    with published(raw) as con:
        for statement in (
            f"from read_csv('{elsewhere}')",
            "install httpfs",
            "set threads = 4",
            "create table a (b int)",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(statement)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    database = Home(tmp_path).database
    with pytest.raises(NoDataError, match="no data yet: run `growthos sync`, or `growthos demo`"):
        warehouse.connect(database)
    for content in (b"", b"<html>", b"SQLite format 3\x00" + bytes(4096)):
        database.write_bytes(content)
        with pytest.raises(DamagedDataError) as caught:
            warehouse.connect(database)
        assert "growthos rebuild" in caught.value.hint
    database.unlink()
    duckdb.connect(database).close()
    with pytest.raises(DamagedDataError):
        warehouse.connect(database)


def test_a_file_that_another_program_writes_is_busy(tmp_path: Path) -> None:
    import subprocess
    import sys

    database = Home(tmp_path).database
    script = f"import duckdb, sys; c = duckdb.connect({str(database)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(BusyError):
            warehouse.connect(database)
        writer.communicate()
