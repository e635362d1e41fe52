"""A made shop of any size is what a sync would have left: the marts hold what was put in, and a day is due next."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import big_shop
import pytest
from big_shop_records import LAST, RESTATED

from growthos import pipeline, settings, warehouse
from growthos.clock import DemoClock
from growthos.demo.dice import day_of
from growthos.home import Home
from growthos.state import State

ORDERS, DAYS, NEW = 900, 40, 100


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop smaller than the demo's, and the day after."""
    home = tmp_path_factory.mktemp("big") / "home"
    big_shop.make(home, ORDERS, DAYS)
    big_shop.change(home, NEW)
    return home


@pytest.mark.long
def test_marts_hold_what_was_put_in(home: Path) -> None:
    truth = big_shop.Truth.of(home)
    given = settings.demo().model_copy(update={"sync": settings.Sync(history=DAYS)})
    report = pipeline.rebuild(Home(home), given, DemoClock(truth.now), pipeline.Watcher())
    assert report.built is not None
    assert [check.name for check in report.built.checks if check.status != "pass"] == []
    assert sum(rows.rejected for rows in report.built.rows) == 0
    con = warehouse.connect(Home(home).database)
    found = con.execute("""
        select
            (select count(*) from fact_orders),
            (select sum(total_cents) from fact_orders),
            (select count(*) from fact_order_lines),
            (select count(distinct refund_id) from fact_refunds),
            (select sum(returns_cents + shipping_refund_cents + tax_refund_cents) from fact_refunds),
            (select count(*) from dim_customer where created_utc is not null),
            (select count(distinct date_key) from fact_traffic)
    """).fetchone()
    con.close()
    assert found == (
        ORDERS + NEW, truth.total_cents, truth.lines, truth.refunds, truth.refunded_cents, truth.customers, DAYS + 1,
    )  # fmt: skip


def test_the_day_after_reads_what_a_daily_sync_reads(home: Path) -> None:
    """Four weeks of ads, orders from an hour before the last change, and the new orders with the edited ones."""
    today = day_of(LAST) + timedelta(days=1)
    units = [unit for name in ("shopify", "meta") for unit in State.read(home / "raw")[0].all_units(name)]
    later = {unit.header.stream: unit.header for unit in units if unit.header.run == 2}
    assert later["campaign_insights"].first == (today - timedelta(days=RESTATED)).isoformat()
    assert later["campaign_insights"].last == today.isoformat()
    assert later["orders"].since >= (today - timedelta(days=2)).isoformat()
    assert NEW + NEW // 20 <= later["orders"].records < 2 * NEW
    assert later["products"].records == 3 + 1  # the overlap reads the last known one again


@pytest.mark.long
def test_who_buys_again_is_told_to_have_bought_so_much_more(tmp_path: Path) -> None:
    """Else it would look as if they had bought before the history, and each new order would change all of theirs."""
    big_shop.make(tmp_path, ORDERS, DAYS)
    given = settings.demo().model_copy(update={"sync": settings.Sync(history=DAYS)})
    found = []
    for day in range(3):
        if day:
            big_shop.change(tmp_path, NEW)
        pipeline.rebuild(Home(tmp_path), given, DemoClock(big_shop.Truth.of(tmp_path).now), pipeline.Watcher())
        con = warehouse.connect(Home(tmp_path).database)
        rows = con.execute("select customer_key, prior_orders, created_utc from dim_customer").fetchall()
        found.append({key: told for key, *told in rows})
        con.close()
    for earlier, later in pairwise(found):
        assert {key: told for key, told in later.items() if key in earlier} == earlier


def test_the_same_seed_is_the_same_shop(tmp_path: Path) -> None:
    made = [big_shop.make(tmp_path / name, 60, 3) for name in ("one", "two")]
    hashes = [
        sorted((one.header.stream, one.header.seq, one.header.body_sha256) for one in _segments(tmp_path / name))
        for name in ("one", "two")
    ]
    assert made[0] == made[1]
    assert hashes[0] == hashes[1]


def _segments(home: Path) -> list:
    return [segment for attempt in State.read(home / "raw")[0].attempts() for segment in attempt]
