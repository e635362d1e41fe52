"""Shopify, by the Admin GraphQL API: orders with their lines and refunds, customers, products and what they cost."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from growthos.connectors import oauth
from growthos.connectors.base import Connector, stream
from growthos.connectors.shopify_cost import MOST
from growthos.connectors.shopify_look import look
from growthos.connectors.shopify_pages import Node
from growthos.connectors.shopify_reader import API_VERSION, VISIBLE, Found, Inside, Reader, instant, request, wrong
from growthos.connectors.shopify_words import GRANT_HINTS, RENEWAL_HINT, judge
from growthos.connectors.terms import Finding, Judgement, Limit, Page, Setting, Verdict, Way, Window
from growthos.errors import SettingsError
from growthos.period import Period
from growthos.redact import glimpse

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api

SUFFIX = ".myshopify.com"
ALL_DAYS = timedelta(days=3660)
"""As long as a history may be."""
IN_ORDERS = (
    Inside("line_items", "GrowthOrderLineItems", "order_line_items", "order"),
    Inside("shipping_lines", "GrowthOrderShippingLines", "order_shipping_lines", "order"),
)
IN_REFUNDS = (
    Inside("refund_line_items", "GrowthRefundLineItems", "refund_line_items", "refund"),
    Inside("refund_shipping_lines", "GrowthRefundShippingLines", "refund_shipping_lines", "refund"),
    Inside("order_adjustments", "GrowthRefundAdjustments", "refund_adjustments", "refund"),
)
IN_PRODUCTS = (Inside("variants", "GrowthProductVariants", "product_variants", "product"),)


class Shopify(Connector):
    """Shopify Admin API, read with an app of the shop's own organization.

    Docs: https://shopify.dev/docs/api/admin-graphql
    """

    name = "shopify"
    title = "Shopify"
    api_version = API_VERSION
    default_base_url = "https://{shop}.myshopify.com"
    sunset = date(2027, 10, 1)
    limits = (Limit(2, 1.0),)
    settings = (
        Setting(
            "shop_domain",
            "SHOPIFY_SHOP_DOMAIN",
            "Your shop's *.myshopify.com domain.",
            required=True,
            where="Shopify admin: Settings, Domains.",
        ),
        Setting(
            "access_token",
            "SHOPIFY_ACCESS_TOKEN",
            "Token of an older custom app (shpat_…).",
            secret=True,
            where="Shown once, when the app was installed.",
        ),
        Setting(
            "client_id",
            "SHOPIFY_CLIENT_ID",
            "Client id of an app from the Dev Dashboard.",
            where="Dev Dashboard: the app, Settings.",
        ),
        Setting(
            "client_secret",
            "SHOPIFY_CLIENT_SECRET",
            "Its secret.",
            secret=True,
            where="Dev Dashboard: the app, Settings.",
        ),
        Setting("base_url", "SHOPIFY_BASE_URL", "Another address, for proxies and tests.", address=True),
    )
    ways = (
        Way("an app from the Dev Dashboard", ("client_id", "client_secret")),
        Way("the token of an older custom app", ("access_token",)),
    )

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._shop = _shop(self.values.get("shop_domain", ""))
        self._scopes: frozenset[str] | None = None
        self._reader: Reader | None = None

    @classmethod
    def missing(cls, values: Mapping[str, str]) -> tuple[str, ...]:
        needed = ["shop_domain"]
        if not values.get("access_token"):
            needed += ["client_id", "client_secret"]
        return tuple(one.env for one in cls.settings if one.name in needed and not values.get(one.name))

    @property
    def base_url(self) -> str:
        return super().base_url.format(shop=self._shop)

    def accounts(self) -> tuple[str, ...]:
        return (self._shop,)

    def auth(self, api: "Api") -> "httpx.Auth":
        from growthos.connectors.wire.auth import FetchedToken, GivenToken

        header = "X-Shopify-Access-Token"
        if token := self.values.get("access_token"):
            return GivenToken(token, header=header, scheme="")
        form = {
            "grant_type": "client_credentials",
            "client_id": self.values.get("client_id", ""),
            "client_secret": self.values.get("client_secret", ""),
        }
        address = f"{self.base_url}/admin/oauth/access_token"
        return FetchedToken(lambda: oauth.fetch(api, address, form, GRANT_HINTS), api.clock, header=header, scheme="")

    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        said = judge(status, headers, body)
        if said.verdict is Verdict.CREDENTIALS and self.values.get("access_token"):
            return replace(said, hint=RENEWAL_HINT)
        return said

    def examine(self, api: "Api") -> Iterator[Finding]:
        """What a look at the shop finds: its scopes, what else is not permitted, its points, zone and currency."""
        return look(self._read(api), self._shop)

    @stream("snapshot")
    def shop(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """The shop: its currency, its zone and its own domain; also what the app may read."""
        answer = self._read(api).ask("GrowthShop", {})
        data = answer.said.data
        if data.shop is None:
            raise wrong("says nothing of the shop")
        if data.current_app_installation is not None:
            self._scopes = frozenset(one.handle for one in data.current_app_installation.access_scopes)
        asked, zone = request("GrowthShop", {}), data.shop.iana_timezone
        yield Page("shop", answer.body, asked, answer.status, 1, time_zone=zone)

    @stream(
        "cursor",
        also=(
            *(inside.pages for inside in IN_ORDERS),
            "orders_again",
            "refunds",
            *(inside.pages for inside in IN_REFUNDS),
        ),
        widest=timedelta(days=31),
        overlap=timedelta(hours=1),
        deep_overlap=VISIBLE,
        follows_since=True,
    )
    def orders(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Orders by when they changed, with every line, shipping line and refund they have."""
        read = self._read(api)
        self._tell_of_hidden_orders(read, window.since)
        refunds: dict[str, str] = {}
        for found in (
            read.by_id("orders_again", "GrowthOrdersAgain", window.again),
            read.list("orders", "GrowthOrders", since=window.since, until=window.until),
        ):
            for page, orders in found:
                yield page
                yield from _rest_of(read, orders, refunds)
                while len(refunds) >= MOST["GrowthRefunds"]:
                    full = dict(islice(refunds.items(), MOST["GrowthRefunds"]))
                    refunds = {key: order for key, order in refunds.items() if key not in full}
                    yield from _refunds(read, full)
        yield from _refunds(read, refunds)

    @stream("cursor", overlap=timedelta(days=1), whole_days=True)
    def customers(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Customers by the day they changed; Shopify's filter knows only whole days."""
        for page, _ in self._read(api).list("customers", "GrowthCustomers", since=window.since):
            yield page

    @stream("cursor", also=tuple(inside.pages for inside in IN_PRODUCTS), overlap=timedelta(hours=1))
    def products(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Products by when they changed, with every variant they have."""
        read = self._read(api)

        def again(product: str) -> Iterator[Found]:
            return read.list("products", "GrowthProducts", since=None, terms=f"id:{Node(product).number}")

        for page, products in read.list("products", "GrowthProducts", since=window.since, until=window.until):
            yield page
            for product in products:
                for rest, _ in read.rest(product, IN_PRODUCTS, again):
                    yield rest

    @stream("cursor", overlap=timedelta(hours=1))
    def inventory_items(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """What each variant costs the shop; a new cost changes these, and need not change the product."""
        read = self._read(api)
        for page, _ in read.list("inventory_items", "GrowthInventoryItems", since=window.since, until=window.until):
            yield page

    @stream("report", widest=timedelta(days=366), overlap=timedelta(days=7), deep_overlap=ALL_DAYS, detail=True)
    def order_counts(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """How many orders Shopify itself says were created on each day in UTC; of hidden days nothing is asked.

        Once a week all are counted again, as orders of any age may be deleted.
        """
        first, last = window.first or date.min, window.last or date.max
        if self._hides_orders():
            first = max(first, (api.clock.now() - VISIBLE).date() + timedelta(days=1))
        if first <= last:
            yield from self._read(api).counts("order_counts", Period(first, last))

    @stream("snapshot", every=timedelta(days=7), lists="orders", detail=True)
    def order_ids(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """The ids of all orders that were created since the history began: an order that is not among them is gone."""
        since = window.since
        if self._hides_orders():
            shown = api.clock.now() - VISIBLE + timedelta(days=1)
            since = max(since, shown) if since else shown
        terms = f"created_at:>='{instant(since)}'" if since else ""
        for page, _ in self._read(api).list("order_ids", "GrowthOrderIds", since=None, terms=terms):
            yield page

    def _read(self, api: "Api") -> Reader:
        if self._reader is None or self._reader.api is not api:
            self._reader = Reader(api)
        return self._reader

    def _hides_orders(self) -> bool:
        """Whether Shopify shows this app the orders of the last 60 days alone."""
        return self._scopes is not None and "read_all_orders" not in self._scopes

    def _tell_of_hidden_orders(self, read: Reader, since: datetime | None) -> None:
        """Without `read_all_orders` only 60 days of orders are shown, and nothing else says so."""
        if self._hides_orders() and (since is None or since < read.api.clock.now() - VISIBLE):
            read.tell(
                "orders_hidden",
                "shows only orders of the last 60 days, as the app lacks the scope read_all_orders;"
                " older customers may look new",
            )


def _rest_of(read: Reader, orders: Sequence[Node], refunds: dict[str, str]) -> Iterator[Page]:
    """What the orders of a page hold beyond it; their refunds are put to `refunds`, each with its order."""
    for order in orders:
        refunds |= {one.id: order.id for one in order.refunds}
        for page, changed in read.rest(
            order, IN_ORDERS, lambda key: read.by_id("orders_again", "GrowthOrdersAgain", (key,))
        ):
            yield page
            refunds |= {one.id: changed.id for one in changed.refunds} if changed else {}


def _refunds(read: Reader, refunds: dict[str, str]) -> Iterator[Page]:
    """The refunds that were met, with every line they have.

    An order whose refund is listed and not served is read again in the next sync: its `updatedAt` will not tell.
    """
    absent, last = dict(refunds), None
    for page, found in read.by_id("refunds", "GrowthRefunds", tuple(refunds)):
        if last is not None:
            yield last
        last = page
        for refund in found:
            absent.pop(refund.id, None)
            for rest, _ in read.rest(refund, IN_REFUNDS, lambda key: read.by_id("refunds", "GrowthRefunds", (key,))):
                yield rest
    if last is not None:
        yield replace(last, again=tuple(dict.fromkeys(absent.values())))


def _shop(text: str) -> str:
    """The shop's name from its domain, however it was written."""
    host = re.sub(r"^https?://", "", text.strip().lower()).split("/")[0]
    name = host.removesuffix(SUFFIX)
    if text and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
        raise SettingsError(
            f"SHOPIFY_SHOP_DOMAIN is not a shop: {glimpse(text.strip())}.",
            hint="It is the permanent domain, my-shop.myshopify.com, and not one of your own.",
        )
    return name
