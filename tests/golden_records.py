"""Short forms of records, as a golden states them, filled in to what an API answers: every field asked for, no other.

A short form says what matters; everything else is plain (paid, on the web, one unit, no tax). A word that a form does
not know is refused, so that no golden rests on a misspelt field. `note` says why the record is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from growthos.connectors.ga4_reports import TRAFFIC

Record = dict[str, Any]

ORDER = {
    "id": None,
    "processed": None,  # the instant of the sale
    "created": None,  # of the record, where it is another
    "updated": None,
    "cancelled": None,
    "test": False,
    "edited": False,
    "status": "PAID",
    "via": "web",
    "customer": None,
    "email": None,
    "country": None,
    "region": None,
    "visit": None,  # the last one: landing, referrer, utm
    "landing": None,  # the order's own
    "referrer": None,
    "lines": (),
    "shipping": (),  # an amount, or shipping lines
    "tip": "0.0",
    "duties": None,
    "fees": None,
    "taxes_included": False,
    "presentment": None,  # the currency that the buyer saw
    "refunds": (),
    "note": None,
}
LINE = {
    "price": None,
    "quantity": 1,
    "discounts": (),  # of the line itself and of order codes, each allocated to it
    "taxes": (),
    "gift_card": False,
    "ships": True,
    "type": "",
    "variant": None,  # its own, unless it is named
    "unit_cost": None,
    "gone": None,  # "variant" or "product", if that was deleted since
    "note": None,
}
SHIPPING = {"price": None, "taxes": (), "removed": False, "category": None, "note": None}
REFUND = {
    "created": None,
    "processed": None,
    "lines": (),
    "shipping": None,  # an amount, or {"subtotal": …, "tax": …}
    "adjustments": (),
    "note": None,
}
REFUND_LINE = {"line": 0, "quantity": 1, "subtotal": None, "tax": "0.0", "restock": "RETURN", "note": None}
ADJUSTMENT = {"amount": None, "tax": "0.0", "reason": "REFUND_DISCREPANCY", "note": None}
VISIT = {"landing": None, "referrer": None, "source": "direct", "type": None, "utm": None}
CUSTOMER = {"id": None, "created": None, "orders": 0, "email": None, "country": "US", "region": "NY", "note": None}
META_ROW = {
    "campaign": None,
    "date": None,
    "spend": None,
    "impressions": 0,
    "link_clicks": 0,
    "clicks": None,  # all of them, likes and profile taps too; else those on links
    "actions": {},
    "values": {},
    "note": None,
}
GOOGLE_ROW = {
    "campaign": None,
    "date": None,
    "cost_micros": "0",
    "impressions": 0,
    "clicks": 0,
    "conversions": "0",
    "value": "0",
    "note": None,
}
TRAFFIC_ROW = {
    "date": None,
    "group": None,
    "source": None,
    "medium": None,
    "sessions": 0,
    "users": 0,
    "views": 0,
    "carts": 0,
    "checkouts": 0,
    "purchases": 0,
    "revenue": "0",
    "note": None,
}


def filled(short: Mapping[str, Any], form: Mapping[str, Any]) -> Record:
    """The short form with every word of its form; a word that the form does not know is an error of the golden."""
    strange = short.keys() - form.keys()
    if strange:
        raise ValueError(f"{sorted(strange)} in {dict(short)}")
    return {**form, **short}


def gid(kind: str, number: object) -> str:
    return f"gid://shopify/{kind}/{number}"


def money(amount: object) -> Record:
    return {"shopMoney": {"amount": str(amount)}}


def page_of(nodes: Sequence[Record], cursor: str | None = None) -> Record:
    """A connection; `cursor` where another page follows."""
    return {"pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}, "nodes": list(nodes)}


def plus(amounts: Iterable[object]) -> Decimal:
    return sum((Decimal(str(amount)) for amount in amounts), Decimal("0.0"))


def taxed(taxes: Iterable[str]) -> list[Record]:
    return [{"priceSet": money(tax)} for tax in taxes]


def order(short: Mapping[str, Any], currency: str) -> tuple[Record, list[Record], list[Record]]:
    """An order, its refunds, and the products of its lines that are still there. Totals are added up from its parts."""
    given = filled(short, ORDER)
    number = given["id"]
    lines = [filled(one, LINE) for one in given["lines"]]
    delivery = [filled(one, SHIPPING) for one in _shipping(given["shipping"])]
    charged = [one for one in delivery if not one["removed"]]
    refunds = [refund(one, number, n) for n, one in enumerate(given["refunds"])]
    subtotal = plus(Decimal(one["price"]) * one["quantity"] - plus(one["discounts"]) for one in lines)
    tax = plus(tax for one in (*lines, *charged) for tax in one["taxes"])
    extras = plus(one or 0 for one in (given["tip"], given["duties"], given["fees"]))
    total = subtotal + plus(one["price"] for one in charged) + extras + (0 if given["taxes_included"] else tax)
    created = given["created"] or given["processed"]
    known = [created, given["processed"], given["cancelled"], *(one["updatedAt"] for one in refunds)]
    node = {
        "id": gid("Order", number),
        "name": f"#{number}",
        "createdAt": created,
        "processedAt": given["processed"],
        "updatedAt": given["updated"] or max(at for at in known if at),
        "cancelledAt": given["cancelled"],
        "test": given["test"],
        "edited": given["edited"],
        "currencyCode": currency,
        "presentmentCurrencyCode": given["presentment"] or currency,
        "taxesIncluded": given["taxes_included"],
        "displayFinancialStatus": given["status"],
        "sourceName": given["via"],
        "email": given["email"],
        "customer": {"id": gid("Customer", given["customer"])} if given["customer"] else None,
        "shippingAddress": _address(given),
        "customerJourneySummary": {"ready": True, "lastVisit": visit(given["visit"])},
        "landingPageUrl": given["landing"],
        "referrerUrl": given["referrer"],
        "subtotalPriceSet": money(subtotal),
        "totalTaxSet": money(tax),
        "totalTipReceivedSet": money(given["tip"]),
        "originalTotalDutiesSet": money(given["duties"]) if given["duties"] else None,
        "originalTotalAdditionalFeesSet": money(given["fees"]) if given["fees"] else None,
        "totalPriceSet": money(total),
        "totalRefundedSet": money(plus(_given_back(one) for one in refunds)),
        "shippingLines": page_of([shipping_line(one, f"{number}7{n}") for n, one in enumerate(delivery)]),
        "lineItems": page_of([line_item(one, f"{number}{n}") for n, one in enumerate(lines)]),
        "refunds": [{"id": one["id"]} for one in refunds],
    }
    return node, refunds, [product(one, f"{number}{n}") for n, one in enumerate(lines) if one["gone"] != "product"]


def _shipping(given: object) -> Sequence[Mapping[str, Any]]:
    return [{"price": given}] if isinstance(given, str) else given  # type: ignore[return-value]


def _address(given: Mapping[str, Any]) -> Record | None:
    return {"countryCodeV2": given["country"], "provinceCode": given["region"]} if given["country"] else None


def _given_back(refund: Record) -> Decimal:
    """Money of all kinds: goods and delivery with their taxes, and what an adjustment adds."""
    goods = [one[key] for one in refund["refundLineItems"]["nodes"] for key in ("subtotalSet", "totalTaxSet")]
    delivery = [
        one[key] for one in refund["refundShippingLines"]["nodes"] for key in ("subtotalAmountSet", "taxAmountSet")
    ]
    credit = [one[key] for one in refund["orderAdjustments"]["nodes"] for key in ("amountSet", "taxAmountSet")]
    return plus(one["shopMoney"]["amount"] for one in goods + delivery) - plus(
        one["shopMoney"]["amount"] for one in credit
    )


def visit(short: Mapping[str, Any] | None) -> Record | None:
    """The last visit; `utm` is "source / medium / campaign"."""
    if short is None:
        return None
    given = filled(short, VISIT)
    source, medium, campaign, *_ = [*(given["utm"] or "").split(" / "), None, None]
    return {
        "landingPage": given["landing"],
        "referrerUrl": given["referrer"],
        "source": given["source"],
        "sourceType": given["type"],
        "utmParameters": {
            "source": source or None,
            "medium": medium or None,
            "campaign": campaign or None,
            "term": None,
            "content": None,
        }
        if given["utm"]
        else None,
    }


def line_item(given: Mapping[str, Any], number: str) -> Record:
    of = given["variant"] or number
    return {
        "id": gid("LineItem", number),
        "title": f"Article {of}",
        "sku": f"SKU-{of}",
        "quantity": given["quantity"],
        "isGiftCard": given["gift_card"],
        "requiresShipping": given["ships"] and not given["gift_card"],
        "product": {"id": gid("Product", of), "productType": given["type"]} if given["gone"] != "product" else None,
        "variant": {"id": gid("ProductVariant", of)} if given["gone"] is None else None,
        "originalUnitPriceSet": money(given["price"]),
        "discountAllocations": [{"allocatedAmountSet": money(one)} for one in given["discounts"]],
        "taxLines": taxed(given["taxes"]),
    }


def shipping_line(given: Mapping[str, Any], number: str) -> Record:
    return {
        "id": gid("ShippingLine", number),
        "isRemoved": given["removed"],
        "deliveryCategory": given["category"],
        "discountedPriceSet": money(given["price"]),
        "taxLines": taxed(given["taxes"]),
    }


def refund(short: Mapping[str, Any], order_number: str, place: int) -> Record:
    given = filled(short, REFUND)
    number = f"{order_number}8{place}"
    delivery = given["shipping"]
    if isinstance(delivery, str):
        delivery = {"subtotal": delivery, "tax": "0.0"}
    lines = [filled(one, REFUND_LINE) for one in given["lines"]]
    adjustments = [filled(one, ADJUSTMENT) for one in given["adjustments"]]
    processed = given["processed"] or given["created"]
    made = {
        "id": gid("Refund", number),
        "createdAt": given["created"],
        "processedAt": processed,
        "updatedAt": max(at for at in (given["created"], processed) if at),
        "order": {"id": gid("Order", order_number)},
        "refundLineItems": page_of(
            [
                {
                    "id": gid("RefundLineItem", f"{number}{n}"),
                    "quantity": one["quantity"],
                    "restockType": one["restock"],
                    "lineItem": {"id": gid("LineItem", f"{order_number}{one['line']}")},
                    "subtotalSet": money(one["subtotal"]),
                    "totalTaxSet": money(one["tax"]),
                }
                for n, one in enumerate(lines)
            ]
        ),
        "refundShippingLines": page_of(
            [
                {
                    "id": gid("RefundShippingLine", f"{number}0"),
                    "subtotalAmountSet": money(delivery["subtotal"]),
                    "taxAmountSet": money(delivery["tax"]),
                }
            ]
            if delivery
            else []
        ),
        "orderAdjustments": page_of(
            [
                {
                    "id": gid("OrderAdjustment", f"{number}{n}"),
                    "reason": one["reason"],
                    "amountSet": money(one["amount"]),
                    "taxAmountSet": money(one["tax"]),
                }
                for n, one in enumerate(adjustments)
            ]
        ),
    }
    return made | {"totalRefundedSet": money(_given_back(made))}


def product(given: Mapping[str, Any], number: str) -> Record:
    """The product of a line, with one variant: the line's, or another one where that is gone."""
    number = given["variant"] or number
    variant = f"{number}9" if given["gone"] else number
    long_ago = "2025-01-01T00:00:00Z"
    return {
        "id": gid("Product", number),
        "title": f"Article {number}",
        "vendor": "Golden",
        "productType": given["type"],
        "isGiftCard": given["gift_card"],
        "updatedAt": long_ago,
        "variants": page_of(
            [
                {
                    "id": gid("ProductVariant", variant),
                    "title": "Default",
                    "sku": f"SKU-{variant}",
                    "price": given["price"],
                    "inventoryItem": inventory_item(variant, given["unit_cost"], "USD", long_ago),
                }
            ]
        ),
    }


def inventory_item(variant: str, unit_cost: str | None, currency: str, updated: str) -> Record:
    return {
        "id": gid("InventoryItem", f"9{variant}"),
        "updatedAt": updated,
        "unitCost": {"amount": unit_cost, "currencyCode": currency} if unit_cost is not None else None,
    }


def customer(short: Mapping[str, Any]) -> Record:
    given = filled(short, CUSTOMER)
    return {
        "id": gid("Customer", given["id"]),
        "createdAt": given["created"],
        "updatedAt": given["created"],
        "numberOfOrders": str(given["orders"]),
        "defaultEmailAddress": {"emailAddress": given["email"]} if given["email"] else None,
        "defaultAddress": {"countryCodeV2": given["country"], "provinceCode": given["region"]},
    }


def meta_row(short: Mapping[str, Any], account: str, currency: str) -> Record:
    """A campaign's day. Meta leaves out what is zero."""
    given = filled(short, META_ROW)
    metrics = {
        "impressions": given["impressions"],
        "inline_link_clicks": given["link_clicks"],
        "clicks": given["link_clicks"] if given["clicks"] is None else given["clicks"],
    }
    row = {
        "account_id": account,
        "account_currency": currency,
        "campaign_id": given["campaign"],
        "campaign_name": f"Campaign {given['campaign']}",
        "objective": "OUTCOME_SALES",
        "date_start": given["date"],
        "date_stop": given["date"],
        "attribution_setting": "7d_click_1d_view",
        **{name: str(count) for name, count in metrics.items() if count},
    }
    if given["spend"] is not None:
        row["spend"] = given["spend"]
    for key, listed in (("actions", given["actions"]), ("action_values", given["values"])):
        if listed:
            row[key] = [
                {"action_type": kind, **(told if isinstance(told, dict) else {"value": told})}
                for kind, told in listed.items()
            ]
    return row


def google_row(short: Mapping[str, Any], account: str, currency: str) -> Record:
    """A campaign's day: whole numbers are text, doubles are numbers."""
    given = filled(short, GOOGLE_ROW)
    customer_name = f"customers/{account}"
    return {
        "customer": {"resourceName": customer_name, "id": account, "currencyCode": currency},
        "campaign": {
            "resourceName": f"{customer_name}/campaigns/{given['campaign']}",
            "id": given["campaign"],
            "name": f"Campaign {given['campaign']}",
            "status": "ENABLED",
            "advertisingChannelType": "SEARCH",
        },
        "metrics": {
            "impressions": str(given["impressions"]),
            "clicks": str(given["clicks"]),
            "costMicros": given["cost_micros"],
            "conversions": float(given["conversions"]),
            "conversionsValue": float(given["value"]),
        },
        "segments": {"date": given["date"]},
    }


def traffic_row(short: Mapping[str, Any]) -> Record:
    """A day's sessions of one group, source and medium; the places follow the request."""
    given = filled(short, TRAFFIC_ROW)
    told = {
        "date": given["date"].replace("-", ""),
        "sessionDefaultChannelGroup": given["group"],
        "sessionSource": given["source"],
        "sessionMedium": given["medium"],
        "sessions": given["sessions"],
        "engagedSessions": given["sessions"],
        "totalUsers": given["users"],
        "newUsers": given["users"],
        "itemViewEvents": given["views"],
        "addToCarts": given["carts"],
        "checkouts": given["checkouts"],
        "ecommercePurchases": given["purchases"],
        "purchaseRevenue": given["revenue"],
    }
    return {
        "dimensionValues": [{"value": str(told[name])} for name in TRAFFIC.dimensions],
        "metricValues": [{"value": str(told[name])} for name in TRAFFIC.metrics],
    }


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
