"""Which golden has which kind of record, and how one sees it in its records.

`NAMED` is the list of the definitions; `KINDS` must have an entry for each.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from golden_records import CUSTOMER, LINE, ORDER, REFUND, Record, filled

NAMED = (
    "refund later than its window; refund of a cancelled order; goodwill refund without a line; NO_RESTOCK;"
    " gift card beside a product; order-level and shipping discount on one order; presentment currency;"
    " imported order (processedAt before createdAt); 23:59:59Z and 00:00:00Z; guest whose e-mail belongs to a customer;"
    " customer older than the loaded history; anonymous POS; wbraid; fbclid without UTM; sub-cent cost_micros;"
    " overlapping Meta action types; restated ad day; zero-spend week; empty week; day 30 and day 31;"
    " payback undone by a refund; the worked example"
)


def orders(given: Record) -> Iterator[Record]:
    for sync in given["syncs"]:
        for one in sync.get("shopify", {}).get("orders", ()):
            yield filled(one, ORDER) | {"lines": [filled(line, LINE) for line in one["lines"]]}


def refunds(given: Record) -> Iterator[tuple[Record, Record]]:
    for order in orders(given):
        for one in order["refunds"]:
            yield order, filled(one, REFUND)


def customers(given: Record) -> list[Record]:
    told = [sync.get("shopify", {}).get("customers", ()) for sync in given["syncs"]]
    return [filled(one, CUSTOMER) for some in told for one in some]


def rows(given: Record, source: str) -> list[Record]:
    return [row for sync in given["syncs"] if source in sync for row in sync[source]["rows"]]


def landing(order: Record) -> str:
    return (order["visit"] or {}).get("landing") or order["landing"] or ""


def is_guest_of(order: Record, given: Record) -> bool:
    emails = {(one["email"] or "").lower() for one in customers(given)}
    return order["customer"] is None and (order["email"] or "").strip().lower() in emails - {""}


def is_discounted_twice(order: Record) -> bool:
    delivery = order["shipping"] if isinstance(order["shipping"], list) else []
    by_code = any("by a shipping code" in (one.get("note") or "") for one in delivery)
    return by_code and any(len(line["discounts"]) > 1 for line in order["lines"])


def days_after_first(given: Record) -> set[int]:
    """How many days after a customer's first order the others came."""
    found: set[int] = set()
    for one in customers(given):
        theirs = (order for order in orders(given) if order["customer"] == one["id"])
        days = sorted(date.fromisoformat(order["processed"][:10]) for order in theirs)
        found.update((day - days[0]).days for day in days)
    return found


def is_restated(given: Record, source: str) -> bool:
    """The same campaign and day stand in two syncs."""
    told = [(row["campaign"], row["date"]) for row in rows(given, source)]
    return len(told) > len(set(told))


def is_free_week(given: Record) -> bool:
    """Ads were shown in a case's week, and nothing was charged."""
    for case in given["cases"]:
        first, last = case["window"]
        shown = [row for row in rows(given, "meta") if first <= row["date"] <= last and row["impressions"]]
        if shown and not any(Decimal(row.get("spend") or 0) for row in shown):
            return True
    return False


def is_undone(given: Record) -> bool:
    """Somebody was new, something was spent, and a refund on day 30 leaves the cohort short of it."""
    late = [
        date.fromisoformat(refund["created"][:10]) - date.fromisoformat(order["processed"][:10])
        for order, refund in refunds(given)
    ]
    short = any(case["value"] is None and case["numerator"] and case["denominator"] for case in given["cases"])
    return short and timedelta(days=30) in late


def is_worked_example(given: Record) -> bool:
    lines = [line for order in orders(given) for line in order["lines"]]
    goods = {(line["price"], line["quantity"], line["unit_cost"], line["type"]) for line in lines}
    named = {("19.99", 2, "7.11", ""), ("35.00", 1, None, "Beauty")} <= goods
    return named and any(case["value"] == -49 and case["components"]["revenue_net"] == 3598 for case in given["cases"])


KINDS: dict[str, tuple[str, Callable[[Record], bool]]] = {
    "refund later than its window": (
        "revenue_net",
        lambda given: any(
            (refund["created"] or "")[:10] > given["cases"][0]["window"][1] for _, refund in refunds(given)
        ),
    ),
    "refund of a cancelled order": (
        "revenue_net",
        lambda given: any(order["cancelled"] for order, _ in refunds(given)),
    ),
    "goodwill refund without a line": (
        "revenue_net",
        lambda given: any(one["adjustments"] and not one["lines"] for _, one in refunds(given)),
    ),
    "NO_RESTOCK": (
        "contribution_margin",
        lambda given: any(line["restock"] == "NO_RESTOCK" for _, one in refunds(given) for line in one["lines"]),
    ),
    "gift card beside a product": (
        "revenue_gross",
        lambda given: any({line["gift_card"] for line in order["lines"]} == {True, False} for order in orders(given)),
    ),
    "order-level and shipping discount on one order": (
        "revenue_net",
        lambda given: any(is_discounted_twice(order) for order in orders(given)),
    ),
    "presentment currency": ("revenue_gross", lambda given: any(order["presentment"] for order in orders(given))),
    "imported order (processedAt before createdAt)": (
        "revenue_gross",
        lambda given: any(order["created"] and order["processed"] < order["created"] for order in orders(given)),
    ),
    "23:59:59Z and 00:00:00Z": (
        "revenue_gross",
        lambda given: {"23:59:59Z", "00:00:00Z"} <= {order["processed"][11:] for order in orders(given)},
    ),
    "guest whose e-mail belongs to a customer": (
        "cac",
        lambda given: any(is_guest_of(order, given) for order in orders(given)),
    ),
    "customer older than the loaded history": (
        "cac",
        lambda given: any(
            one["created"] < given["syncs"][0]["since"] and one["orders"] > 1 for one in customers(given)
        ),
    ),
    "anonymous POS": (
        "new_customer_share",
        lambda given: any(
            order["via"] == "pos" and order["customer"] is None and order["email"] is None for order in orders(given)
        ),
    ),
    "wbraid": ("mer", lambda given: any("wbraid=" in landing(order) for order in orders(given))),
    "fbclid without UTM": (
        "mer",
        lambda given: any("fbclid=" in landing(one) and "utm_" not in landing(one) for one in orders(given)),
    ),
    "sub-cent cost_micros": (
        "ad_spend",
        lambda given: {"4999", "5000"} <= {row["cost_micros"][-4:] for row in rows(given, "google_ads")},
    ),
    "overlapping Meta action types": (
        "roas",
        lambda given: any({"omni_purchase", "purchase"} <= row.get("values", {}).keys() for row in rows(given, "meta")),
    ),
    "restated ad day": ("ad_spend", lambda given: is_restated(given, "meta")),
    "zero-spend week": ("mer", is_free_week),
    "empty week": ("aov", lambda given: any(case["by_channel"] == {} for case in given["cases"])),
    "day 30 and day 31": ("ltv", lambda given: {30, 31} <= days_after_first(given)),
    "payback undone by a refund": ("payback_days", is_undone),
    "the worked example": ("contribution_margin", is_worked_example),
}
