"""A trace as a page: the tables first, then staging, then each record with its place and, if it counts, its text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from growthos.jsonrecords import pretty
from growthos.render.pages import Block, Cell, Column, Heading, Listing, Note, Page, Table
from growthos.render.text import NOTHING, clean
from growthos.trace import Change, Record, Trace
from growthos.wording import money

if TYPE_CHECKING:
    from growthos.render.output import Record as Row

FIELDS = (
    *(
        "number",
        "what",
        "counts",
        "why",
        "version",
        "source",
        "account",
        "stream",
        "file",
        "unit",
        "run",
        "seq",
        "page",
    ),
    *("path", "offset", "length", "fetched_at", "http_status", "request", "text"),
)
WIDTH: Final = 78
LINES_AT_MOST: Final = 200
"""Of the text of a record that are shown; an order with hundreds of lines has thousands."""
RULES: Final = {
    1: "it was sold at the point of sale",
    2: "no visit is known, and it was not sold in the web shop",
    3: "the landing page bears a click id of Google",
    4: "the landing page bears a click id of another ad platform",
    5: "utm_medium is a paid one",
    6: "utm_medium or utm_source is e-mail",
    7: "utm_medium or utm_source is SMS, or an affiliate",
    8: "utm_medium or utm_source is a social network",
    9: "utm_medium or utm_source is organic search",
    10: "utm_medium is a referral, or no other rule knows its words",
    11: "the landing page bears fbclid and no paid medium",
    12: "the site that the visit came from",
    13: "nothing tells where the visit came from",
}
"""The rules of a channel, as `fact_orders.attribution_rule` numbers them."""
AMOUNTS: Final = (
    ("Gross revenue", "gross_cents"),
    ("Discounts", "discount_cents"),
    ("Shipping charged", "shipping_revenue_cents"),
    ("Tax", "tax_cents"),
    ("Duties", "duties_cents"),
    ("Tip", "tip_cents"),
    ("Gift cards", "gift_card_cents"),
    ("Total", "total_cents"),
    ("Cost of goods", "cogs_cents"),
    ("Cost of shipping", "shipping_cost_cents"),
    ("Payment fee", "payment_fee_cents"),
)
ALWAYS: Final = {"gross_cents", "total_cents", "spend_cents", "conversion_value_cents"}
"""Amounts that are shown even if they are zero."""
SPEND: Final = (
    ("Spend", "spend_cents"),
    ("Impressions", "impressions"),
    ("Clicks", "clicks"),
    ("Clicks of any kind", "clicks_all"),
    ("Conversions", "conversions"),
    ("Conversion value", "conversion_value_cents"),
)
Named = tuple[tuple[str, str], ...]
LINES: Named = (
    ("Line", "line_key"),
    ("Product", "product_key"),
    ("Quantity", "quantity"),
    ("Price", "unit_price_cents"),
    ("Gross", "gross_cents"),
    ("Discounts", "discount_cents"),
    ("Tax", "tax_cents"),
    ("Cost", "cogs_cents"),
    ("Cost from", "cogs_source"),
)
REFUNDS: Named = (
    ("Refund line", "refund_line_key"),
    ("Day", "date_key"),
    ("Quantity", "quantity"),
    ("Returns", "returns_cents"),
    ("Shipping", "shipping_refund_cents"),
    ("Tax", "tax_refund_cents"),
    ("Cost back", "cogs_reversed_cents"),
)
STAGED: Final[Mapping[str, Named]] = {
    "stg_shopify__order_lines": (
        ("Line", "line_key"),
        ("Quantity", "quantity"),
        ("Price", "unit_price_cents"),
        ("Amount", "amount_cents"),
        ("Discount", "discount_cents"),
        ("Tax", "tax_cents"),
    ),
    "stg_shopify__refunds": (
        ("Refund", "refund_key"),
        ("Refunded at", "refunded_at"),
        ("Refunded", "refunded_cents"),
        ("Shipping", "shipping_cents"),
        ("Adjustments", "adjustment_cents"),
    ),
    "stg_shopify__refund_lines": (
        ("Line", "refund_line_key"),
        ("Quantity", "quantity"),
        ("Subtotal", "subtotal_cents"),
        ("Tax", "tax_cents"),
        ("Restocked", "restock_type"),
    ),
}
REJECTED: Named = (("Entity", "entity"), ("Key", "external_id"), ("Reason", "reason"))
NO_COUNTS: Final = {"order_number", "first_run"}
WIDE: Final = (
    *("product_key", "cogs_source", "refunded_at", "cogs_cents", "cogs_reversed_cents", "adjustment_cents"),
    *("tax_cents", "tax_refund_cents", "discount_cents", "restock_type"),
)
"""What goes first where a terminal is narrow."""


def page(found: Trace) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Trace) -> Iterator[Block]:
    yield from _order(found) if found.kind == "order" else _campaign(found)
    yield from (Note(clean(one, limit=None), "warn") for one in found.notes)
    yield from (Note(clean(one, limit=None), "bad") for one in found.lost)
    yield from _staging(found)
    for number, record in enumerate(found.records, 1):
        yield from _record(found, number, record)


def _order(found: Trace) -> Iterator[Block]:
    rows = found.marts["fact_orders"]
    head = f"Order {clean(found.name)}, {clean(found.key)}"
    if not rows:
        yield Heading(head, "not in fact_orders")
        return
    [order] = rows
    counts = "it counts" if order["is_counted"] else f"it does not count: {_words(order['exclusion_reason'])}"
    yield Heading(head, f"ordered {_moment(order['order_ts_utc'])} UTC; {counts}")
    yield Table("", (Column("fact_orders"), Column("Amount", numeric=True)), _amounts(order, AMOUNTS, found.currency))
    [channel] = found.marts["dim_channel"]
    rule = order["attribution_rule"]
    yield Note(f"Channel: {clean(channel['name'])}, by rule {rule}: {RULES[rule]}.")
    if buyer := order["customer_key"]:
        number = f", order {order['customer_order_seq']:,} of theirs" if order["customer_order_seq"] else ""
        yield Note(f"Customer: {clean(buyer)}{number}.")
    for one in found.marts["dim_campaign"]:
        yield Note(f"Campaign: {clean(one['name'])}, {clean(one['campaign_key'])}.")
    for table, columns in (("fact_order_lines", LINES), ("fact_refunds", REFUNDS)):
        yield from _table(table, columns, found.marts[table], found.currency)


def _campaign(found: Trace) -> Iterator[Block]:
    [channel] = found.marts["dim_channel"]
    rows = found.marts["fact_spend"]
    told = "" if rows else "; not in fact_spend"
    yield Heading(f"Campaign {clean(found.name)} on {found.day}", f"{clean(found.key)}; {clean(channel['name'])}{told}")
    for row in rows:
        table = _amounts(row, SPEND, found.currency)
        yield Table("", (Column("fact_spend"), Column("Amount", numeric=True)), table)


def _amounts(row: "Row", names: Named, currency: str) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (Cell(title), _cell(name, row[name], currency)) for title, name in names if row[name] or name in ALWAYS
    )


def _table(title: str, names: Named, rows: "Sequence[Row]", currency: str) -> Iterator[Block]:
    if rows:
        columns = tuple(_column(title, name, rows) for title, name in names)
        yield Table(title, columns, tuple(tuple(_cell(name, row[name], currency) for _, name in names) for row in rows))


def _column(title: str, name: str, rows: "Sequence[Row]") -> Column:
    numeric = all(isinstance(row[name], int | Decimal | None) for row in rows)
    return Column(title, numeric=numeric, rank=WIDE[::-1].index(name) + 1 if name in WIDE else 0)


def _staging(found: Trace) -> Iterator[Block]:
    """The order or the day's spend column by column, what is in it row by row with its place among the bytes."""
    places = {one.key: one for one in found.lines}
    for table, rows in found.staging.items():
        if table not in STAGED:
            columns = (Column(table), Column("Value", prose=True))
            for row in rows:
                given = row["currency"] or found.currency
                cells = ((Cell(name), _cell(name, value, given)) for name, value in row.items() if value is not None)
                yield Table("", columns, tuple(cells))
        elif rows:
            names = STAGED[table]
            yield Table(
                table,
                (
                    *(_column(title, name, rows) for title, name in names),
                    *([Column("Record", numeric=True), Column("Byte", numeric=True)] if places else []),
                ),
                tuple(
                    (
                        *(_cell(name, row[name], found.currency) for _, name in names),
                        *(_place(places.get(str(row[names[0][1]]))) if places else ()),
                    )
                    for row in rows
                ),
            )
    yield from _table("Put aside", REJECTED, found.rejected, found.currency)


def _place(line: Any) -> tuple[Cell, Cell]:
    return (Cell(str(line.record)), Cell(f"{line.span.start:,}")) if line else (Cell(NOTHING), Cell(NOTHING))


def _record(found: Trace, number: int, one: Record) -> Iterator[Block]:
    version = f", version {clean(one.version)}" if one.version else ""
    header, length = one.page.header, one.span.end - one.span.start
    yield Heading(f"Record {number}: {one.what}{version}", one.why)
    yield Note(clean(one.file, limit=None))
    yield Note(f"unit {clean(header.unit)}")
    yield Note(f"run {header.run}, segment {header.seq}, page {one.page.page}")
    yield Note(f"{clean(one.span.path)}, {length:,} bytes from byte {one.span.start:,} of the body on")
    yield Note(f"read {one.fetched_at:%Y-%m-%d %H:%M:%S} UTC, HTTP {one.page.http_status}", "dim")
    yield Note(clean(one.page.request), "dim")
    if header.redactions:
        taken = "a person, or a token that the source repeats"
        yield Note(f"Something was taken out of its segment, {taken}: these are the bytes that are stored.", "dim")
    if one.changes:
        told = "; ".join(_changed(change, found.currency) for change in one.changes)
        yield Note(f"Against the one before: {told}.", "warn")
    lines = pretty(one.bytes.decode(), WIDTH).splitlines() if one.counts else []
    if lines:
        yield Listing("\n".join(lines[:LINES_AT_MOST]), language="json")
    if not lines or len(lines) > LINES_AT_MOST:
        yield Note(f"`--bytes {number}` writes all of it, as it was sent.", "dim")


def _changed(change: Change, currency: str) -> str:
    was, now = (_cell(change.name, value, currency).text for value in (change.was, change.now))
    return f"{_words(change.name.removesuffix('_cents'))} was {was}, is {now}"


def _cell(name: str, value: Any, currency: str) -> Cell:
    """A value as a person reads it: money by the name of its column."""
    if value is None:
        return Cell(NOTHING, "dim")
    match value:
        case bool():
            text = "yes" if value else "no"
        case int() if name.endswith("_cents"):
            text = money(value, currency)
        case int() if name not in NO_COUNTS:
            text = f"{value:,}"
        case Decimal():
            text = f"{value.normalize():,f}"
        case datetime():
            text = _moment(value)
        case _:
            text = clean(value)
    return Cell(text)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")


def records(found: Trace) -> "Iterator[Row]":
    """A line for each record."""
    return ({"number": number, **one.as_json()} for number, one in enumerate(found.records, 1))
