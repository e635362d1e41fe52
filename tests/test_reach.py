"""What changes in one place reaches the rows of others, and a build of changes makes those anew as well.

Each happening reaches an order of its own, which nothing else touches.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_increments import Twins, _noting
from warehouse_fixtures import Raw, customer, line, meta_row, order, product, refund, refund_line

from growthos.warehouse import increments, lasting, spare, sqlfiles, universe

DAY = "2026-01-10"
PAGE = "https://toyshop.example/?utm_source=facebook&utm_medium=cpc&utm_campaign="
ORDERS = {
    # A line of a variant whose cost is read again, after the run that loaded it.
    1: order(1, DAY, line(10, "9.00", variant=1, product=1)),
    # A line without a unit cost, whose category changes.
    2: order(2, DAY, line(20, "9.00", variant=2, product=2)),
    # A line of a variant that nobody lists yet.
    3: order(3, DAY, line(30, "9.00", variant=77, product=77)),
    # One that names a campaign which is not there yet, and one whose campaign gets a namesake that spent on its day.
    4: order(4, "2026-01-11", line(40, "9.00"), landingPageUrl=PAGE + "later"),
    5: order(5, DAY, line(50, "9.00"), landingPageUrl=PAGE + "spring"),
    # One that the next list of ids does not name any more.
    6: order(6, DAY, line(60, "9.00")),
    # A guest's, whose e-mail turns out to be a customer's; and a customer's second, whose first is cancelled, and which
    # names a campaign that is there still later.
    7: order(7, DAY, line(70, "9.00"), email="ann@example.com"),
    8: order(8, DAY, line(80, "9.00"), customer_id=8),
    9: order(9, "2026-01-12", line(90, "9.00"), customer_id=8, landingPageUrl=PAGE + "latest"),
    # One that gave back more than it took, and one whose refund was not served and is served later, alone.
    11: order(11, DAY, line(110, "9.00"), refund_ids=[11], customer_id=31),
    12: order(12, DAY, line(120, "9.00"), refund_ids=[12], customer_id=32),
    # A guest's, whose e-mail a customer gives up; and one that two customers share, of whom the first gives it up.
    13: order(13, DAY, line(130, "9.00"), email="bob@example.com"),
    14: order(14, DAY, line(140, "9.00"), email="two@example.com"),
    # A customer's two, of which the first turns out to be another's; one whose refund is read again alone; a guest's
    # first, who comes back.
    15: order(15, DAY, line(150, "9.00"), customer_id=20),
    16: order(16, f"{DAY}T15:00:00Z", line(160, "9.00"), customer_id=20),
    17: order(17, DAY, line(170, "9.00"), refund_ids=[17]),
    18: order(18, DAY, line(180, "9.00"), email="eve@example.com"),
}
UNLISTED = order(20, DAY, line(200, "9.00"))
"""One that no list names: the first was read in the run of the order itself, and says nothing of it."""
SPRING = {"campaign_name": "Spring"}


def before(raw: Raw) -> None:
    raw.shop()
    raw.products(product(1, cost="3.00"), product(2, kind="Beauty"), *(product(n) for n in (4, 5, 6, 7)))
    raw.customers(
        customer(13, "2025-06-01", email="bob@example.com"),
        customer(14, "2025-06-01", email="two@example.com"),
        customer(15, "2025-06-01", email="two@example.com"),
    )
    spend(raw, meta_row("101", DAY, **SPRING), meta_row("102", "2026-01-09", **SPRING))
    raw.run = 2
    raw.orders(*ORDERS.values())
    raw.refunds(refund(11, DAY, refund_line(11, 110, "20.00")), refund(17, DAY, refund_line(17, 170, "9.00")))
    listing(raw, *ORDERS)
    raw.orders(UNLISTED)


def listing(raw: Raw, *numbers: int) -> None:
    """The ids of all orders that there are, read anew."""
    raw.run += 1
    raw.loads = [load for load in raw.loads if load.stream != "order_ids"]
    raw.order_ids(*numbers)


def spend(raw: Raw, *rows: dict[str, Any]) -> None:
    """What Meta tells now of all days; which campaign was seen last stays as it is."""
    raw.loads = [load for load in raw.loads if load.stream != "campaign_insights"]
    raw.meta(meta_row("101", "2026-01-21", **SPRING), meta_row("102", "2026-01-20", **SPRING), *rows)


def after(raw: Raw) -> None:
    """In a later run, what reaches each of them; of most no page tells anything."""
    raw.run = 6
    later = "2026-01-12T00:00:00Z"
    raw.products(
        product(1, cost="4.00", updatedAt=later),
        product(2, kind="Electronics", updatedAt=later),
        product(77, cost="2.00", updatedAt=later),
    )
    spend(
        raw,
        meta_row("101", "2026-01-09", **SPRING),
        meta_row("102", DAY, **SPRING),
        meta_row("103", "2026-01-08", campaign_name="later"),
    )
    listing(raw, *(number for number in [*ORDERS, 19] if number != 6))
    raw.customers(
        customer(7, "2025-06-01", email="ann@example.com"),
        customer(13, "2025-06-01", email="other@example.com", updatedAt=later),
        customer(14, "2025-06-01", email="else@example.com", updatedAt=later),
    )
    raw.orders(
        ORDERS[8] | {"updatedAt": later, "cancelledAt": later},
        ORDERS[15] | {"updatedAt": later, "customer": {"id": "gid://shopify/Customer/21"}},
        order(19, "2026-01-12", line(190, "9.00"), email="eve@example.com"),
    )
    raw.refunds(
        refund(17, DAY, refund_line(17, 170, "4.00"), updatedAt=later), refund(12, DAY, refund_line(12, 120, "3.00"))
    )


def quiet(raw: Raw) -> None:
    """A day on which nothing happens but an order of somebody else, a guest."""
    raw.run += 1
    number = 200 + raw.run
    raw.orders(order(number, "2026-01-14", line(10 * number, "7.00"), email=f"new{number}@example.com"))


def another(raw: Raw) -> None:
    """Such a day, a campaign begins, and the guest of the day before turns out to be a customer."""
    quiet(raw)
    raw.customers(customer(51, "2025-06-01", email=f"new{200 + raw.run - 1}@example.com"))
    spend(raw, meta_row("104", "2026-01-13", campaign_name="latest"))


@pytest.mark.long
def test_what_reaches_others_is_made_anew_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(increments, "_FEW", 0)
    ways: list[str] = []
    for name in ("_build_changes", "_build_all"):
        monkeypatch.setattr(increments.Increment, name, _noting(ways, getattr(increments.Increment, name)))
    twins = Twins(tmp_path, monkeypatch)
    before(twins.one)
    built = twins.build("before")[0]
    assert {"refunds_incomplete"} <= {one.code for one in built.warnings}
    [over] = [one for one in built.checks if one.name == "refunds_within_sales"]
    assert over.failing_rows > 0
    for told, happen in (("after", after), ("a quiet day", quiet), ("another", another)):
        happen(twins.one)
        twins.build(told)
    assert ways == ["_build_all", *["_build_changes"] * 3]


TAKEN_OUT = {
    "a cost that is read again": (
        "unit_cost_readings",
        "inner join moved on moved",
        "inner join moved on false and moved",
    ),
    "a category": ("product_categories", "semi join known using (product_key)", "where false"),
    "a word": ("campaign_words", "words.utm_campaign", "words.utm_campaign and false"),
    "a namesake's day": ("contested_days", "changes.date = words.order_date", "false"),
    "a list of ids": (
        "stg_shopify__listing_pages",
        "anti join stg_shopify__listed_orders using (order_id)",
        "where false",
    ),
    "a customer's e-mails": (
        "_CLOSE",
        "stg_shopify__customer_versions where email_sha256 is not null",
        "stg_shopify__customer_versions where false",
    ),
    "customers that share an e-mail": ("_CLOSE", "email_place in (from emails)", "false"),
    "who bought before": (
        "_CLOSE",
        "order_buyers where rowid in (from found)",
        "order_buyers where false",
    ),
    "a customer's other orders": ("_CLOSE", "customer_place in (from bought)", "false"),
    "nobody": ("_CLOSE", "select 'unknown'", "select 'nobody'"),
    "a refund that is read alone": (
        "_TOUCH",
        "refund_place in (select hash(key) from pending",
        "false and refund_place in (select hash(key) from pending",
    ),
    "what is told of a refund": ("_TOUCH", "from refund_gaps", "from refund_gaps where false"),
    "what a check found": ("_TOUCH", "from offending", "from offending where false"),
}


def _leave_others(con: Any, names: Sequence[str], narrow: Any = lasting.narrow) -> None:
    """As if nothing else were told of any order that is not touched."""
    con.execute("drop table rows_of_order_buyers")
    con.execute("create temporary table rows_of_order_buyers as select null as row, *, null as place from order_buyers")
    narrow(con, names)


LEFT_OUT: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "what the spare file lacks": (spare, "take", lambda *given, take=spare.take: (take(*given)[0], False)),
    "what rows of others tell": (lasting, "complete", lambda *_: None),
    "whom another's order tells something else of": (
        lasting,
        "narrow",
        _leave_others,
    ),
}


@pytest.mark.chaos
@pytest.mark.parametrize("what", LEFT_OUT)
def test_without_one_of_the_steps_it_would_be_seen(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*LEFT_OUT[what])
    with pytest.raises(AssertionError):
        test_what_reaches_others_is_made_anew_with_them(tmp_path, monkeypatch)


@pytest.mark.chaos
@pytest.mark.parametrize("what", TAKEN_OUT)
def test_without_one_of_the_ways_it_would_be_seen(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where, text, becomes = TAKEN_OUT[what]
    if where.startswith("_"):
        assert any(text in one for one in getattr(universe, where))
        monkeypatch.setattr(universe, where, tuple(one.replace(text, becomes) for one in getattr(universe, where)))
    else:
        files = tmp_path / "sql"
        shutil.copytree(sqlfiles.SQL, files)
        file = files / "reach" / f"{where}.sql"
        assert text in file.read_text()
        file.write_text(file.read_text().replace(text, becomes))
        monkeypatch.setattr(sqlfiles, "SQL", files)
    with pytest.raises(AssertionError):
        test_what_reaches_others_is_made_anew_with_them(tmp_path, monkeypatch)
