"""Shopify's face of the shop: answers the Admin GraphQL API's operations by their name and variables.

Queries are charged in points: one dearer than 1,000 is refused, and a caller without points has to wait.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs
from zlib import crc32

from growthos.demo import gate
from growthos.demo import shopify_records as write
from growthos.demo.amounts import iso
from growthos.demo.records import Order, Product, Refund
from growthos.demo.shopify_lists import Shelf, bounds, counts
from growthos.demo.shopify_points import BUCKET, MOST, Bucket, cost, told
from growthos.demo.touches import MYSHOPIFY

if TYPE_CHECKING:
    import httpx

    from growthos.demo.shop import Shop

T = TypeVar("T")
Json = dict[str, Any]

HOSTS = (MYSHOPIFY,)
VERSION = "2026-10"
PREFIX = "shpat_demo"
SECONDS = 86_399
"""How long a token is good."""
LARGEST_PAGE = 250
SETTINGS = {"shop_domain": MYSHOPIFY, "client_id": "demo-client", "client_secret": "shpss_demo"}
SCOPES = ("read_orders", "read_all_orders", "read_customers", "read_products", "read_inventory")


def __getattr__(name: str) -> "httpx.Response":
    """BUSY and DENIED: how this API says that it has had enough, and that it does not know the caller."""
    if name == "BUSY":
        return _throttled(752, 652.0)
    if name == "DENIED":
        return _denied()
    raise AttributeError(name)


def answer(shop: "Shop", request: "httpx.Request", now: Callable[[], datetime]) -> "httpx.Response":
    """The answer to one request; the path says what is asked."""
    path = request.url.path
    if path == "/admin/oauth/access_token":
        return _token(request, now())
    if not gate.accepted(PREFIX, request.headers.get("x-shopify-access-token", ""), now()):
        return _denied()
    if not re.fullmatch(r"/admin/api/[\w-]+/graphql\.json", path):
        return gate.respond(404, {"errors": "Not Found"})
    asked = json.loads(request.content)
    return _Desk.of(shop, now()).answer(asked["operationName"], asked["query"], asked.get("variables") or {}, now())


class _Desk:
    """One caller's view of the shop: the lists as they are paged, the records by id, the points left."""

    def __init__(self, shop: "Shop", now: datetime) -> None:
        self.shop = shop
        self.bucket = Bucket(now)
        self.orders = Shelf(shop.orders, lambda one: one.updated_at, lambda one: one.id, "updated_at")
        self.customers = Shelf(shop.customers, lambda one: one.updated_at, lambda one: one.id, "id")
        self.products = Shelf(shop.products, lambda one: one.updated_at, lambda one: one.id, "updated_at")
        variants = [variant for product in shop.products for variant in product.variants]
        self.items = Shelf(variants, lambda one: one.cost_updated_at, lambda one: one.inventory_item_id, "id")
        self.created = sorted(one.created_at for one in shop.orders)
        self.by_id: dict[str, Order | Refund | Product] = {
            **{write.gid("Order", one.id): one for one in shop.orders},
            **{write.gid("Refund", back.id): back for one in shop.orders for back in one.refunds},
            **{write.gid("Product", one.id): one for one in shop.products},
        }

    @cached_property
    def ids(self) -> Shelf:
        """All orders by number, found by when they were made."""
        return Shelf(self.shop.orders, lambda one: one.created_at, lambda one: one.id, "id")

    @classmethod
    def of(cls, shop: "Shop", now: datetime) -> "_Desk":
        """The desk at which this shop serves its caller."""
        desk: _Desk = shop.memory.get("shopify") or shop.memory.setdefault("shopify", cls(shop, now))
        return desk

    def answer(self, operation: str, query: str, asked: Mapping[str, Any], now: datetime) -> "httpx.Response":
        count = len(asked["ids"]) if "ids" in asked else asked.get("first", query.count("ordersCount"))
        requested = cost(operation, asked, count)
        if requested is None or count > LARGEST_PAGE:
            return _refused(f"Operation {operation} is not one of this shop's, or asks for more than {LARGEST_PAGE}.")
        if requested > MOST:
            return _too_dear(requested)
        data, served = self._data(operation, query, asked)
        actual = min(requested, cost(operation, asked, served) or 0)
        if not self.bucket.take(requested, actual, now):
            return _throttled(requested, self.bucket.level)
        return _said({"data": data, "extensions": told(requested, actual, self.bucket.told)}, operation)

    def _data(self, operation: str, query: str, asked: Mapping[str, Any]) -> tuple[Json, int]:
        """The data of an operation, and how many records they are about."""
        personal, with_cost = "countryCodeV2" in query, "unitCost" in query
        lists: dict[str, tuple[str, Shelf, bool, Callable[[Any], Json]]] = {
            "GrowthOrders": ("orders", self.orders, False,
                             lambda one: write.order(one, asked["lineItems"], personal=personal)),
            "GrowthCustomers": ("customers", self.customers, True, lambda one: write.customer(one, personal=personal)),
            "GrowthProducts": ("products", self.products, False,
                               lambda one: write.product(one, asked["variants"], cost=with_cost)),
            "GrowthInventoryItems": ("inventoryItems", self.items, False,
                                     lambda one: write.inventory_item(one, cost=with_cost)),
        }  # fmt: skip
        if operation == "GrowthOrderIds":
            within = bounds(asked.get("query") or "", whole_days=False)
            page = self.ids.page(asked, within, lambda one: {"id": write.gid("Order", one.id)})
            return {"orderIds": page}, len(page["nodes"])
        if operation in lists:
            name, shelf, whole_days, record = lists[operation]
            page = shelf.page(asked, bounds(asked.get("query") or "", whole_days=whole_days), record)
            return {name: page}, len(page["nodes"])
        if operation == "GrowthShop":
            return self._shop(), 1
        if operation == "GrowthOrderCounts":
            found = counts(query, self.created)
            return found, len(found)
        if operation in {"GrowthOrdersAgain", "GrowthRefunds"}:
            nodes = [self._node(self.by_id.get(one), asked, personal=personal) for one in asked["ids"]]
            return {"nodes": nodes}, len(nodes)
        return self._inside(operation, asked, with_cost=with_cost)

    def _shop(self) -> Json:
        return {
            "shop": {
                "id": write.gid("Shop", 59_104_882_771),
                "name": self.shop.name,
                "myshopifyDomain": self.shop.myshopify_domain,
                "currencyCode": self.shop.currency,
                "ianaTimezone": self.shop.time_zone,
                "primaryDomain": {"host": self.shop.domain},
            },
            "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in SCOPES]},
        }

    def _node(self, one: object, asked: Mapping[str, Any], *, personal: bool) -> Json | None:
        if isinstance(one, Order) and "lineItems" in asked:
            return write.order(one, asked["lineItems"], personal=personal)
        return write.refund(one, asked["refundLines"]) if isinstance(one, Refund) and "refundLines" in asked else None

    def _inside(self, operation: str, asked: Mapping[str, Any], *, with_cost: bool) -> tuple[Json, int]:
        """The rest of a list inside a record."""
        lists: dict[str, tuple[str, str, Callable[[Any], tuple[Sequence[Any], int]], Callable[[Any], Json]]] = {
            "GrowthOrderLineItems": ("order", "lineItems", lambda one: (one.lines, one.updated_at), write.line),
            "GrowthOrderShippingLines": (
                "order", "shippingLines",
                lambda one: ([line for line in one.shipping if not line.is_removed], one.updated_at),
                write.shipping_line,
            ),
            "GrowthRefundLineItems": (
                "refund", "refundLineItems", lambda one: (one.lines, one.processed_at), write.refund_line),
            "GrowthRefundShippingLines": (
                "refund", "refundShippingLines", lambda one: (one.shipping, one.processed_at), write.refund_shipping),
            "GrowthRefundAdjustments": (
                "refund", "orderAdjustments", lambda one: (one.adjustments, one.processed_at), write.adjustment),
            "GrowthProductVariants": (
                "product", "variants", lambda one: (one.variants, one.updated_at),
                lambda one: write.variant(one, cost=with_cost)),
        }  # fmt: skip
        parent, name, of, record = lists[operation]
        one = self.by_id.get(asked["id"])
        if one is None:
            return {parent: None}, 0
        items, version = of(one)
        part = write.connection(items, record, asked["first"], asked.get("after"))
        return {parent: {"id": asked["id"], "updatedAt": iso(version), name: part}}, len(part["nodes"])


def _token(request: "httpx.Request", now: datetime) -> "httpx.Response":
    """The client credentials grant: a token for a day."""
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    known = {"grant_type": "client_credentials"} | {name: SETTINGS[name] for name in ("client_id", "client_secret")}
    if form != known:
        return gate.respond(400, {"error": "invalid_request", "error_description": "Client id or secret is wrong."})
    token = gate.grant(PREFIX, now + timedelta(seconds=SECONDS))
    return gate.respond(200, {"access_token": token, "scope": ",".join(SCOPES), "expires_in": SECONDS})


def _said(payload: Json, operation: str) -> "httpx.Response":
    trace = f"{crc32(operation.encode()):08x}-demo"
    return gate.respond(200, payload, {"x-shopify-api-version": VERSION, "x-request-id": trace})


def _denied() -> "httpx.Response":
    words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    return gate.respond(401, {"errors": words})


def _error(message: str, code: str, **more: object) -> Json:
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


def _refused(message: str) -> "httpx.Response":
    return _said(_error(message, "BAD_REQUEST"), "refused")


def _too_dear(requested: int) -> "httpx.Response":
    message = f"Query cost is {requested}, which exceeds the single query max cost limit ({MOST})."
    said = _error(message, "MAX_COST_EXCEEDED", cost=requested, maxCost=MOST)
    return _said(said | {"extensions": told(requested, None, BUCKET)}, "refused")


def _throttled(requested: int, available: float) -> "httpx.Response":
    said = _error("Throttled", "THROTTLED", documentation="https://shopify.dev/api/usage/rate-limits")
    return _said(said | {"extensions": told(requested, None, available)}, "throttled")
