"""The last weeks of the demo shop, small enough to be synced many times, and homes to sync them into."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fault_server import Apis

from growthos import demo, pipeline, settings, warehouse
from growthos.home import Home
from growthos.outcome import SyncReport
from growthos.settings import Settings

DAYS = 14
START = datetime.combine(demo.LAST_DAY + timedelta(days=1), time(0, 30), UTC)
WHEN_READ = "unit_cost_seen_utc"


@cache
def small_shop(days: int = DAYS) -> Any:
    """The demo shop as if it had begun two weeks before its last day, or so many days."""
    shop, first = demo.make_shop(demo.SEED), demo.LAST_DAY - timedelta(days=days - 1)
    since = int(datetime.combine(first, time(), UTC).timestamp())
    orders = tuple(one for one in shop.orders if one.created_at >= since and one.processed_at >= since)
    buyers = {one.customer_id for one in orders}
    return replace(
        shop,
        orders=orders,
        customers=tuple(one for one in shop.customers if one.id in buyers),
        campaign_days=tuple(one for one in shop.campaign_days if one.day >= first),
        traffic=tuple(one for one in shop.traffic if one.day >= first),
        memory={},
    )


def settings_for(apis: Apis, **sources: Mapping[str, str] | None) -> Settings:
    """The demo's settings with these addresses; `sources` changes what is set for one, or leaves it out with None."""
    given = settings.demo()
    values = {
        name: {**own, **apis.addresses[name], **(sources.get(name) or {})}
        for name, own in given.sources.items()
        if sources.get(name, {}) is not None
    }
    return given.model_copy(update={"sources": values, "sync": settings.Sync(history=DAYS)})


def sync(home: Path, apis: Apis, given: Settings | None = None, **asked: Any) -> SyncReport:
    """A sync as the command runs it, by the clock of the sources."""
    return pipeline.sync(
        Home(home), given or settings_for(apis), apis.clock, pipeline.Asked(**asked), pipeline.Watcher()
    )


def marts(home: Path) -> dict[str, tuple[int, int]]:
    """Count and hash of the rows of each mart, in whatever order they lie; when something was read is left aside."""
    con = warehouse.connect(Home(home).database)
    try:
        names = con.execute("select table_name from duckdb_tables() where table_name ~ '(dim|fact)_.*'")
        return {name: _hashed(con, name) for (name,) in names.fetchall()}
    finally:
        con.close()


def _hashed(con: Any, name: str) -> tuple[int, int]:
    rows = f"select columns(lambda one: one <> '{WHEN_READ}') from {name}"
    count, total = con.execute(f"select count(*), sum(hash(t)::hugeint) from ({rows}) as t").fetchone()
    return count, total
