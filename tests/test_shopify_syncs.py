"""What a shop and its own books come to over several syncs, by the demo's face on a real socket."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from fault_server import Apis, served
from small_shop import START, settings_for, small_shop, sync
from virtual_time import VirtualClock

from growthos import warehouse
from growthos.home import Home

DAY = 86_400.0
ALONE = {"meta": None, "google_ads": None, "ga4": None}


@pytest.fixture
def apis() -> Iterator[Apis]:
    with served(small_shop(), VirtualClock(START)) as made:
        yield made


def asked(root, query: str) -> list:
    con = warehouse.connect(Home(root).database)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def times(apis: Apis, operation: str) -> int:
    return sum(one.operation == operation for one in apis.of("shopify"))


@pytest.mark.long
def test_an_order_that_is_deleted_at_the_shop_counts_no_more(apis, tmp_path):
    """The list of ids is asked for once a week, and not in the first: what was just read cannot be gone yet."""
    given = settings_for(apis, **ALONE)
    assert sync(tmp_path, apis, given).exit_code == 0
    assert times(apis, "GrowthOrderIds") == 0
    counted = asked(tmp_path, "select order_key from fact_orders where is_counted order by order_ts_utc")
    gone = counted[0][0]

    apis.shop = replace(
        apis.shop, orders=tuple(one for one in apis.shop.orders if f"shopify:{one.id}" != gone), memory={}
    )
    apis.clock.pass_time(6 * DAY)
    assert sync(tmp_path, apis, given).exit_code == 0
    assert times(apis, "GrowthOrderIds") == 0
    assert asked(tmp_path, "select order_key from fact_orders where is_counted order by order_ts_utc") == counted

    apis.clock.pass_time(2 * DAY)
    assert sync(tmp_path, apis, given).exit_code == 0
    pages = times(apis, "GrowthOrderIds")
    assert pages == -(-len(apis.shop.orders) // 250)
    assert asked(tmp_path, "select order_key from fact_orders where exclusion_reason = 'deleted'") == [(gone,)]
    gaps = "select date_key, ours, theirs from reconciliation where measure = 'orders' and ours != theirs"
    assert asked(tmp_path, gaps) == []
    assert asked(tmp_path, gaps.replace("!=", "="))

    apis.clock.pass_time(6 * DAY)
    assert sync(tmp_path, apis, given).exit_code == 0
    assert times(apis, "GrowthOrderIds") == pages
    assert asked(tmp_path, "select order_key from fact_orders where exclusion_reason = 'deleted'") == [(gone,)]


def test_each_day_of_a_shop_is_what_the_shop_itself_counts(apis, tmp_path):
    """To the order, test orders and cancelled ones included: that is what its own count holds."""
    given = settings_for(apis, **ALONE)
    given = given.model_copy(update={"warehouse": given.warehouse.model_copy(update={"publish_staging": True})})
    assert sync(tmp_path, apis, given).exit_code == 0
    gaps = """
        with ours as (
            select created_at::date as date, count(*) as orders
            from staging.stg_shopify__orders
            where not is_deleted
            group by 1
        )
        select date, value, orders
        from staging.stg_shopify__control_totals
        left join ours using (date)
        where value != coalesce(orders, 0)
    """
    assert asked(tmp_path, gaps) == []
    found = asked(tmp_path, "select min(date), max(date), sum(value) from staging.stg_shopify__control_totals")
    assert found == [(date(2026, 3, 16), date(2026, 3, 29), len(apis.shop.orders))]
