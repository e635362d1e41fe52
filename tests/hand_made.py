"""A home with a week's worth of hand-made data: what the tests of the command line look at."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from kpi_fixtures import LAST_DAY, Shop

from growthos.home import Home

HOSTILE = "[bold]Spring\x1b[2J | =SUM(A1)\u202e"


def publish(root: Path, *, currency: str = "USD") -> Home:
    """A home with a published database of nine weeks, of which the last one went badly."""
    home = Home(root)
    root.mkdir(parents=True, exist_ok=True)
    home.database.write_bytes(_database(currency))
    return home


@cache
def _database(currency: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.duckdb"
        _make(Shop(duckdb.connect(path)), currency)
        return path.read_bytes()


def _make(shop: Shop, currency: str) -> None:
    shop.con.execute("begin")  # one flush to the disk instead of five hundred
    shop.con.execute("update run_info set finished_at = timestamp '2026-03-30 00:30:00', currency = ?", [currency])
    shop.campaign("meta:1", "meta", HOSTILE)
    shop.campaign("google:2", "google", "Search - brand")
    for number in range(64):
        _day(shop, LAST_DAY - timedelta(days=number), number)
    shop.con.executemany(
        "insert into dq_results values ('a', ?, ?, ?, ?, ?, ?)",
        [
            ("unique_grain", "critical", "pass", 0, "[]", ""),
            ("refunds_within_sales", "warning", "fail", 2, '["shopify:7", "shopify:9"]', "2 rows. More came back."),
        ],
    )
    shop.con.execute("commit")
    shop.con.close()


def _day(shop: Shop, day: date, number: int) -> None:
    bad = number < 7
    for order in range(3 if bad else 6):
        name = f"c{number}-{order}"
        new = order != 0
        shop.order(
            day,
            123_456 + 1_000 * (number % 5),
            channel=("meta", "google", "email")[order % 3],
            customer=name if new else f"c{number + 8}-1",
            seq=1 if new else 2,
            discount=5_000,
            shipping_revenue=500,
            cogs=60_000,
            shipping_cost=600,
            payment_fee=3_500,
        )
    if number % 3 == 0:
        shop.refund(day, 9_900, channel="meta", cogs=4_000)
    clicks = 600 if bad else 1_200
    shop.ads(day, 40_000, campaign="meta:1", impressions=90_000, clicks=clicks, conversions=3, value=30_000)
    shop.ads(day, 20_000, campaign="google:2", impressions=20_000, clicks=500, conversions=4.5, value=90_000)
    shop.visits(day, 1_000, views=600, carts=200, checkouts=60 if bad else 120, purchases=20 if bad else 60)
