"""Raw pages written by hand, and the warehouse that is built from them: what the SQL tests stand on."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from growthos import warehouse
from growthos.home import Home
from growthos.load import Load
from growthos.settings import Settings

STARTED = datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
THROUGH = date(2026, 3, 29)
_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("stream", pa.string()),
        ("account", pa.string()),
        ("fetched_at", pa.timestamp("us")),
        ("request", pa.string()),
        ("page", pa.int64()),
        ("run", pa.int64()),
        ("seq", pa.int64()),
        ("unit_start", pa.date32()),
        ("unit_end", pa.date32()),
        ("body", pa.binary()),
    ]
)
_UNIT = {
    "order_line_items": "orders",
    "order_shipping_lines": "orders",
    "orders_again": "orders",
    "refunds": "orders",
    "refund_line_items": "orders",
    "refund_shipping_lines": "orders",
    "refund_adjustments": "orders",
    "product_variants": "products",
}
_REPORTS = {
    *("campaign_insights", "campaign_metrics", "customer_metrics", "ad_metrics", "keyword_metrics", "traffic"),
    *("order_counts", "totals", "events"),
}
_HISTORY = (date(2025, 1, 1), STARTED.date())
ACCOUNTS = {"shopify": "toyshop", "meta": "1001", "google_ads": "1234567890", "ga4": "77"}


@dataclass
class Raw:
    """Pages in the order in which they were read; each call of `page` is one response.

    `built` is what the last build was made of, so that one who only asks again needs no other.
    """

    folder: Path
    loads: list[Load] = field(default_factory=list)
    run: int = 1
    written: int = 0
    built: object = None

    def page(
        self,
        source: str,
        stream: str,
        body: Any,
        *,
        days: Iterable[date] | None = None,
        seq: int | None = None,
        account: str | None = None,
        request: str = "",
    ) -> None:
        """One response as a segment of its own; `body` is sent as JSON unless it is bytes already."""
        number = self.written if seq is None else seq
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        unit = _UNIT.get(stream, stream)
        path = self.folder / f"{source}-{unit}-{self.written:04d}.parquet"
        self.written += 1
        covered = tuple(days) if days is not None else None
        if unit in _REPORTS and covered is None:
            covered = tuple(date(2026, 1, 1) + timedelta(days=i) for i in range(120))
        first, *_, last = (covered or ()) * 2 or (_HISTORY if unit == "orders" else (None, None))
        row = {
            "source": source,
            "stream": stream,
            "account": account or ACCOUNTS[source],
            "fetched_at": STARTED.replace(tzinfo=None) + timedelta(seconds=number),
            "request": request,
            "page": 0,
            "run": self.run,
            "seq": number,
            "unit_start": first,
            "unit_end": last,
            "body": sent,
        }
        pq.write_table(pa.Table.from_pylist([row], schema=_SCHEMA), path)
        self.loads.append(Load(source, unit, path, covered, account or ACCOUNTS[source], number, path.stem))

    def shop(self, *, currency: str = "EUR", host: str = "toyshop.example") -> None:
        self.page("shopify", "shop", {"data": {"shop": {
            "id": "gid://shopify/Shop/1", "name": "Toys", "myshopifyDomain": "toyshop.myshopify.com",
            "currencyCode": currency, "ianaTimezone": "Europe/Berlin", "primaryDomain": {"host": host},
        }}})  # fmt: skip

    def orders(self, *orders: dict[str, Any], again: bool = False) -> None:
        nodes = list(orders)
        if again:
            self.page("shopify", "orders_again", {"data": {"nodes": nodes}})
        else:
            self.page("shopify", "orders", {"data": {"orders": {"nodes": nodes}}})

    def order_ids(self, *numbers: int, since: str = "2025-01-01T00:00:00Z") -> None:
        """The orders that the shop has of those created since then."""
        nodes = [{"id": f"gid://shopify/Order/{number}"} for number in numbers]
        asked = json.dumps({"first": 250, "after": None, "query": f"created_at:>='{since}'"})
        request = f"POST /admin/api/2026-10/graphql.json GrowthOrderIds {asked}"
        self.page("shopify", "order_ids", {"data": {"orderIds": {"nodes": nodes}}}, request=request)

    def refunds(self, *refunds: dict[str, Any] | None) -> None:
        self.page("shopify", "refunds", {"data": {"nodes": list(refunds)}})

    def counts(self, *, days: Iterable[date] | None = None, precision: str = "EXACT", **counts: int) -> None:
        """What Shopify counts on each day; the days are named as the connector names them, d2026_03_20."""
        told = {day: {"count": count, "precision": precision} for day, count in counts.items()}
        self.page("shopify", "order_counts", {"data": told}, days=days)

    def customers(self, *customers: dict[str, Any]) -> None:
        self.page("shopify", "customers", {"data": {"customers": {"nodes": list(customers)}}})

    def products(self, *products: dict[str, Any]) -> None:
        self.page("shopify", "products", {"data": {"products": {"nodes": list(products)}}})

    def inventory(self, *items: dict[str, Any]) -> None:
        self.page("shopify", "inventory_items", {"data": {"inventoryItems": {"nodes": list(items)}}})

    def meta(self, *rows: dict[str, Any], days: Iterable[date] | None = None) -> None:
        self.page("meta", "campaign_insights", {"data": list(rows)}, days=days)

    def google(self, *rows: dict[str, Any], days: Iterable[date] | None = None) -> None:
        self.page("google_ads", "campaign_metrics", [{"results": list(rows)}], days=days)

    def traffic(self, *rows: dict[str, Any], days: Iterable[date] | None = None, currency: str = "EUR") -> None:
        self.report("traffic", *rows, days=days, currencyCode=currency)

    def report(self, name: str, *rows: dict[str, Any], days: Iterable[date] | None = None, **metadata: Any) -> None:
        """A page of one of GA4's reports, with Google's notes on it."""
        body = {"rows": list(rows), "metadata": {"currencyCode": "EUR", "timeZone": "Europe/Berlin"} | metadata}
        self.page("ga4", name, body, days=days)


def money(amount: str | None) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


def line(number: int, price: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    """A line of an order; `discounts` and `taxes` are lists of amounts, `variant`, `product`, `kind` may be None."""
    variant, product = more.get("variant", number), more.get("product", number)
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": more.get("title", f"Toy {number}"),
        "sku": f"T-{number}",
        "quantity": quantity,
        "isGiftCard": more.get("gift", False),
        "requiresShipping": more.get("ships", True),
        "product": product and {"id": f"gid://shopify/Product/{product}", "productType": more.get("kind", "Beauty")},
        "variant": variant and {"id": f"gid://shopify/ProductVariant/{variant}"},
        "originalUnitPriceSet": money(price),
        "discountAllocations": [{"allocatedAmountSet": money(one)} for one in more.get("discounts", [])],
        "taxLines": [{"priceSet": money(one)} for one in more.get("taxes", [])],
    }


def order(number: int, day: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An order of `day`, a date or an instant. What else is given replaces a field of Shopify's, by its name."""
    at = day if "T" in day else f"{day}T12:00:00Z"
    goods = [one for one in lines if one["originalUnitPriceSet"]["shopMoney"]["amount"]]
    cents = sum(
        one["quantity"] * _cents(one["originalUnitPriceSet"])
        - sum(_cents(part["allocatedAmountSet"]) for part in one["discountAllocations"])
        for one in goods
    )
    tax = sum(_cents(part["priceSet"]) for one in lines for part in one["taxLines"])
    shipping = more.pop("shipping", [])
    sent = sum(_cents(one["discountedPriceSet"]) for one in shipping if not one["isRemoved"])
    included = more.get("taxesIncluded", False)
    total = cents + sent + (0 if included else tax)
    made = {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "cancelledAt": None,
        "test": False,
        "edited": False,
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "EUR",
        "taxesIncluded": False,
        "displayFinancialStatus": "PAID",
        "sourceName": "web",
        "email": None,
        "customer": None,
        "shippingAddress": {"countryCodeV2": "DE", "provinceCode": "BE"},
        "customerJourneySummary": {"ready": True, "lastVisit": None},
        "landingPageUrl": None,
        "referrerUrl": None,
        "subtotalPriceSet": money(_text(cents)),
        "totalTaxSet": money(_text(tax)),
        "totalTipReceivedSet": money("0.0"),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "totalPriceSet": money(_text(total)),
        "shippingLines": {"nodes": shipping},
        "lineItems": {"nodes": list(lines)},
        "refunds": [],
    }
    if (customer := more.pop("customer_id", None)) is not None:
        made["customer"] = {"id": f"gid://shopify/Customer/{customer}"}
    if (refunds := more.pop("refund_ids", None)) is not None:
        made["refunds"] = [{"id": f"gid://shopify/Refund/{one}"} for one in refunds]
    return made | more


def sending(number: int, price: str, *, taxes: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ShippingLine/{number}",
        "isRemoved": False,
        "deliveryCategory": None,
        "discountedPriceSet": money(price),
        "taxLines": [{"priceSet": money(one)} for one in taxes],
    } | more


def refund(number: int, day: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    at = day if "T" in day else f"{day}T12:00:00Z"
    return {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "refundLineItems": {"nodes": list(lines)},
        "refundShippingLines": {"nodes": more.pop("shipping", [])},
        "orderAdjustments": {"nodes": more.pop("adjustments", [])},
    } | more


def refund_line(number: int, line_number: int, subtotal: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/RefundLineItem/{number}",
        "quantity": quantity,
        "restockType": more.get("restock", "RETURN"),
        "lineItem": {"id": f"gid://shopify/LineItem/{line_number}"},
        "subtotalSet": money(subtotal),
        "totalTaxSet": money(more.get("tax", "0.0")),
    }


def adjustment(number: int, amount: str, reason: str | None = "REFUND_DISCREPANCY", tax: str = "0.0") -> dict[str, Any]:
    return {
        "id": f"gid://shopify/OrderAdjustment/{number}",
        "reason": reason,
        "amountSet": money(amount),
        "taxAmountSet": money(tax),
    }


def refunded_shipping(number: int, amount: str, tax: str = "0.0") -> dict[str, Any]:
    return {
        "id": f"gid://shopify/RefundShippingLine/{number}",
        "subtotalAmountSet": money(amount),
        "taxAmountSet": money(tax),
    }


def customer(number: int, created: str, orders: int = 1, email: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Customer/{number}",
        "createdAt": f"{created}T00:00:00Z",
        "updatedAt": f"{created}T00:00:00Z",
        "numberOfOrders": str(orders),
        "defaultEmailAddress": email and {"emailAddress": email},
        "defaultAddress": {"countryCodeV2": "DE", "provinceCode": "BE"},
    } | more


def product(number: int, cost: str | None = None, kind: str = "Beauty", **more: Any) -> dict[str, Any]:
    """A product with one variant of the same number, whose inventory item bears it too."""
    return {
        "id": f"gid://shopify/Product/{number}",
        "title": f"Toy {number}",
        "vendor": "Acme",
        "productType": kind,
        "isGiftCard": False,
        "updatedAt": "2026-01-01T00:00:00Z",
        "variants": {"nodes": [{
            "id": f"gid://shopify/ProductVariant/{number}",
            "title": "Default Title",
            "sku": f"T-{number}",
            "price": "10.00",
            "inventoryItem": {
                "id": f"gid://shopify/InventoryItem/{number}",
                "updatedAt": "2026-01-01T00:00:00Z",
                "unitCost": cost and {"amount": cost, "currencyCode": "EUR"},
            },
        }]},
    } | more  # fmt: skip


def inventory_item(number: int, cost: str | None, updated: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {
        "id": f"gid://shopify/InventoryItem/{number}",
        "updatedAt": updated,
        "unitCost": cost and {"amount": cost, "currencyCode": "EUR"},
    }


def meta_row(campaign: str, day: str, spend: str | None = "10.00", **more: Any) -> dict[str, Any]:
    return {
        "account_currency": "EUR",
        "campaign_id": campaign,
        "campaign_name": f"Campaign {campaign}",
        "date_start": day,
        "date_stop": day,
        "impressions": "1000",
        "clicks": "30",
        "inline_link_clicks": "20",
        "spend": spend,
        "attribution_setting": "7d_click_1d_view",
    } | more


def google_row(campaign: str, day: str, micros: str = "10000000", **metrics: Any) -> dict[str, Any]:
    return {
        "customer": {"id": "1234567890", "currencyCode": metrics.pop("currency", "EUR")},
        "campaign": {"id": campaign, "name": metrics.pop("name", f"Campaign {campaign}"), "status": "ENABLED"},
        "segments": {"date": day},
        "metrics": {"impressions": "1000", "clicks": "20", "costMicros": micros, "conversions": 1.5,
                    "conversionsValue": 50.25} | metrics,
    }  # fmt: skip


def report_row(dimensions: Iterable[str], metrics: Iterable[str]) -> dict[str, Any]:
    """A row of one of GA4's reports; a day is written as there, without dashes."""
    return {
        "dimensionValues": [{"value": one} for one in dimensions],
        "metricValues": [{"value": one} for one in metrics],
    }


def traffic_row(day: str, group: str, source: str, medium: str, *metrics: str) -> dict[str, Any]:
    values = [*metrics, *("0",) * (9 - len(metrics))]
    return report_row((day.replace("-", ""), group, source, medium), values)


def build(raw: Raw, *, afresh: bool = False, **settings: Any) -> warehouse.Built:
    """Build the home beside the raw folder; `settings` are growthos.toml's, and `inputs` replaces fields of Inputs."""
    raw.built = None
    more = settings.pop("inputs", {})
    given = Settings.model_validate(settings)
    names = sorted({load.source for load in raw.loads})
    known = {
        "run_id": "0123456789abcdef",
        "started_at": STARTED,
        "settings": given,
        "sources": tuple(warehouse.Source(name, THROUGH, STARTED, None) for name in names),
        "history_lower_bound": date(2025, 1, 1),
        "config_hash": "x",
    }
    return warehouse.build(home(raw), raw.loads, warehouse.Inputs(**(known | more)), afresh=afresh)


def home(raw: Raw) -> Home:
    return Home(raw.folder.parent)


def new(tmp_path: Path) -> Raw:
    folder = tmp_path / "raw"
    folder.mkdir()
    return Raw(folder)


@contextmanager
def published(raw: Raw) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published database."""
    con = warehouse.connect(home(raw).database)
    try:
        yield con
    finally:
        con.close()


def rows(raw: Raw, query: str, **settings: Any) -> list[tuple[Any, ...]]:
    """Build, unless that is done, insist that it was published, and ask."""
    wanted = (tuple(raw.loads), settings)
    if raw.built != wanted:
        built = build(raw, **settings)
        assert built.published, [one for one in built.checks if one.status != "pass"]
        raw.built = wanted
    with published(raw) as con:
        return con.execute(query).fetchall()


def staged(raw: Raw, query: str) -> list[tuple[Any, ...]]:
    """The same, of a database that holds the staging tables too."""
    return rows(raw, query, warehouse={"publish_staging": True})


def _cents(amount: dict[str, Any]) -> int:
    whole, _, part = str(amount["shopMoney"]["amount"]).partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
