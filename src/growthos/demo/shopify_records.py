"""The shop's records as Shopify's GraphQL writes them, with the fields that the operations ask for.

Money is text without digits to fill up, ids are addresses, instants are in UTC. A list inside a record is cut at the
number asked for and says so.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from growthos.demo.amounts import decimal, fixed, iso
from growthos.demo.records import (
    Adjustment,
    Customer,
    Line,
    Order,
    Product,
    Refund,
    RefundLine,
    RefundShipping,
    ShippingLine,
    Variant,
    Visit,
)

T = TypeVar("T")
Json = dict[str, Any]
FEW = 3
CURRENCY = "USD"


class _Bags(dict[int, Json]):
    """Each amount is written once."""

    def __missing__(self, cents: int) -> Json:
        bag: Json = {"shopMoney": {"amount": decimal(cents)}}
        self[cents] = bag
        return bag


BAGS = _Bags()


def gid(kind: str, number: int) -> str:
    """An id as Shopify writes it."""
    return f"gid://shopify/{kind}/{number}"


def cursor(place: int) -> str:
    """Where a list inside a record goes on."""
    return b64encode(f'{{"last_place":{place}}}'.encode()).decode()


def place(after: str | None) -> int:
    """The place that a cursor tells; 0 without one."""
    return int(b64decode(after)[len('{"last_place":') : -1]) if after else 0


def connection(items: Sequence[T], write: Callable[[T], Json], most: int, after: str | None = None) -> Json:
    """A list inside a record, from a cursor on."""
    first = place(after)
    end = min(first + most, len(items))
    return {
        "pageInfo": {"hasNextPage": end < len(items), "endCursor": cursor(end) if end > first else None},
        "nodes": [write(item) for item in items[first:end]],
    }


def order(one: Order, lines: int, *, personal: bool) -> Json:
    """An order with the first of its lines."""
    record: Json = {
        "id": f"gid://shopify/Order/{one.id}",
        "name": one.name,
        "createdAt": iso(one.created_at),
        "processedAt": iso(one.processed_at),
        "updatedAt": iso(one.updated_at),
        "cancelledAt": iso(one.cancelled_at) if one.cancelled_at else None,
        "test": one.test,
        "edited": one.edited,
        "currencyCode": CURRENCY,
        "presentmentCurrencyCode": one.presentment_currency,
        "taxesIncluded": False,
        "displayFinancialStatus": one.financial_status,
        "sourceName": one.source_name,
        "customer": {"id": f"gid://shopify/Customer/{one.customer_id}"} if one.customer_id else None,
        "customerJourneySummary": _journey(one),
        "landingPageUrl": one.landing_page,
        "referrerUrl": one.referrer,
        "subtotalPriceSet": BAGS[one.subtotal_cents],
        "totalTaxSet": BAGS[one.tax_cents],
        "totalTipReceivedSet": BAGS[one.tip_cents],
        "originalTotalDutiesSet": BAGS[one.duties_cents] if one.duties_cents else None,
        "originalTotalAdditionalFeesSet": BAGS[one.fees_cents] if one.fees_cents else None,
        "totalPriceSet": BAGS[one.total_cents],
        "totalRefundedSet": BAGS[sum(map(refunded, one.refunds))],
        "shippingLines": connection([line for line in one.shipping if not line.is_removed], shipping_line, FEW),
        "lineItems": connection(one.lines, line, lines),
        "refunds": [{"id": f"gid://shopify/Refund/{back.id}"} for back in one.refunds],
    }
    if personal:
        address = {"countryCodeV2": one.country, "provinceCode": one.region} if one.country else None
        record |= {"email": one.email, "shippingAddress": address}
    return record


def _journey(one: Order) -> Json | None:
    if one.source_name == "pos":
        return None
    return {"ready": True, "lastVisit": _visit(one.visit) if one.visit else None}


def _visit(visit: Visit) -> Json:
    tags = None
    if visit.utm:
        source, medium, campaign = visit.utm
        tags = {"source": source, "medium": medium, "campaign": campaign, "term": None, "content": None}
    return {
        "landingPage": visit.landing_page,
        "referrerUrl": visit.referrer,
        "source": visit.source,
        "sourceType": visit.source_type,
        "utmParameters": tags,
    }


def line(one: Line) -> Json:
    """A line of an order."""
    return {
        "id": f"gid://shopify/LineItem/{one.id}",
        "title": one.title,
        "sku": one.sku,
        "quantity": one.quantity,
        "isGiftCard": one.is_gift_card,
        "requiresShipping": one.requires_shipping,
        "product": {"id": f"gid://shopify/Product/{one.product_id}", "productType": one.category}
        if one.product_id
        else None,
        "variant": {"id": f"gid://shopify/ProductVariant/{one.variant_id}"} if one.variant_id else None,
        "originalUnitPriceSet": BAGS[one.unit_price_cents],
        "discountAllocations": [{"allocatedAmountSet": BAGS[cents]} for cents in one.discounts],
        "taxLines": [{"priceSet": BAGS[cents]} for cents in one.taxes],
    }


def shipping_line(one: ShippingLine) -> Json:
    """A way of delivery on an order."""
    return {
        "id": gid("ShippingLine", one.id),
        "isRemoved": one.is_removed,
        "deliveryCategory": "pickup" if one.is_pickup else None,
        "discountedPriceSet": BAGS[one.discounted_cents],
        "taxLines": [{"priceSet": BAGS[cents]} for cents in one.taxes],
    }


def refund(one: Refund, lines: int) -> Json:
    """A refund with the first of its lines."""
    return {
        "id": gid("Refund", one.id),
        "createdAt": iso(one.created_at),
        "processedAt": iso(one.processed_at),
        "updatedAt": iso(one.processed_at),
        "order": {"id": gid("Order", one.order_id)},
        "totalRefundedSet": BAGS[refunded(one)],
        "refundLineItems": connection(one.lines, refund_line, lines),
        "refundShippingLines": connection(one.shipping, refund_shipping, FEW),
        "orderAdjustments": connection(one.adjustments, adjustment, FEW),
    }


def refunded(one: Refund) -> int:
    """Cents that a refund gives back in all: goods, delivery, tax and what was adjusted for good."""
    return (
        sum(back.subtotal_cents + back.tax_cents for back in one.lines)
        + sum(back.subtotal_cents + back.tax_cents for back in one.shipping)
        - sum(back.amount_cents + back.tax_cents for back in one.adjustments if "PENDING" not in back.reason)
    )


def refund_line(one: RefundLine) -> Json:
    """A line of a refund."""
    return {
        "id": gid("RefundLineItem", one.id),
        "quantity": one.quantity,
        "restockType": one.restock_type,
        "lineItem": {"id": gid("LineItem", one.line_id)},
        "subtotalSet": BAGS[one.subtotal_cents],
        "totalTaxSet": BAGS[one.tax_cents],
    }


def refund_shipping(one: RefundShipping) -> Json:
    """Delivery that is given back."""
    return {
        "id": gid("RefundShippingLine", one.id),
        "subtotalAmountSet": BAGS[one.subtotal_cents],
        "taxAmountSet": BAGS[one.tax_cents],
    }


def adjustment(one: Adjustment) -> Json:
    """What a refund has beside goods and delivery."""
    return {
        "id": gid("OrderAdjustment", one.id),
        "reason": one.reason,
        "amountSet": BAGS[one.amount_cents],
        "taxAmountSet": BAGS[one.tax_cents],
    }


def customer(one: Customer, *, personal: bool) -> Json:
    """A customer's record."""
    record: Json = {
        "id": gid("Customer", one.id),
        "createdAt": iso(one.created_at),
        "updatedAt": iso(one.updated_at),
        "numberOfOrders": str(one.number_of_orders),
    }
    if personal:
        record["defaultEmailAddress"] = {"emailAddress": one.email}
        record["defaultAddress"] = {"countryCodeV2": one.country, "provinceCode": one.region}
    return record


def product(one: Product, variants: int, *, cost: bool) -> Json:
    """A product with the first of its variants."""
    return {
        "id": gid("Product", one.id),
        "title": one.title,
        "vendor": one.vendor,
        "productType": one.category,
        "isGiftCard": one.is_gift_card,
        "updatedAt": iso(one.updated_at),
        "variants": connection(one.variants, lambda two: variant(two, cost=cost), variants),
    }


def variant(one: Variant, *, cost: bool) -> Json:
    """A variant of a product."""
    return {
        "id": gid("ProductVariant", one.id),
        "title": one.title,
        "sku": one.sku,
        "price": fixed(one.price_cents),
        "inventoryItem": inventory_item(one, cost=cost),
    }


def inventory_item(one: Variant, *, cost: bool) -> Json:
    """What a variant is in the stock room, with what it costs."""
    record: Json = {"id": gid("InventoryItem", one.inventory_item_id), "updatedAt": iso(one.cost_updated_at)}
    if cost:
        cents = one.unit_cost_cents
        record["unitCost"] = None if cents is None else {"amount": decimal(cents), "currencyCode": CURRENCY}
    return record
