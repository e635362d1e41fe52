"""A caller of the demo's faces that knows nothing of the connectors but the text of their GraphQL queries."""

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx

from growthos import demo
from growthos.connectors import shopify_queries
from growthos.demo.shop import Shop

META, GOOGLE, GA4, SHOPIFY = (demo.FACES[name] for name in ("meta", "google_ads", "ga4", "shopify"))
PROOF = hmac.new(META.SECRET.encode(), META.TOKEN.encode(), sha256).hexdigest()
GOOGLE_METRICS = (
    "SELECT segments.date, customer.currency_code, campaign.id, campaign.name, metrics.impressions, metrics.clicks,"
    " metrics.cost_micros, metrics.conversions, metrics.conversions_value FROM campaign"
    " WHERE segments.date BETWEEN '{first}' AND '{last}' ORDER BY segments.date, campaign.id"
)
FIELDS = "campaign_id,date_start,spend,impressions,clicks,inline_link_clicks,actions,action_values"
LISTS = {
    "orders": ("GrowthOrders", {"lineItems": 10}),
    "customers": ("GrowthCustomers", {}),
    "products": ("GrowthProducts", {"variants": 10}),
    "inventoryItems": ("GrowthInventoryItems", {}),
}
Json = dict[str, Any]


class Clock:
    """Stands, or moves by `step` seconds whenever somebody looks."""

    START = datetime(2026, 3, 30, 0, 30, tzinfo=UTC)

    def __init__(self, step: float = 0.0) -> None:
        self.now = self.START
        self.step = timedelta(seconds=step)

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


class Caller:
    """Asks with good credentials, waits as long as it is told to, and keeps every body."""

    def __init__(self, shop: Shop, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.client = httpx.Client(transport=demo.transport(lambda: shop, self.clock))
        self.tokens: dict[str, str] = {}
        self.bodies: list[bytes] = []

    def send(self, request: httpx.Request) -> httpx.Response:
        return self.client.send(request)

    def grant(self, source: str, changes: dict[str, str]) -> httpx.Response:
        """Ask for an access token, with some of the secrets changed."""
        face = demo.FACES[source]
        if source == "shopify":
            form = {name: face.SETTINGS[name] for name in ("client_id", "client_secret")}
            url, kind = f"https://{face.HOSTS[0]}/admin/oauth/access_token", "client_credentials"
        else:
            form = {name: face.SETTINGS[name] for name in ("client_id", "client_secret", "refresh_token")}
            url, kind = "https://oauth2.googleapis.com/token", "refresh_token"
        return self.client.post(url, data={"grant_type": kind} | form | changes)

    def token(self, source: str) -> str:
        if source not in self.tokens:
            self.tokens[source] = self.grant(source, {}).json()["access_token"]
        return self.tokens[source]

    def check(self, source: str) -> None:
        """One small question, answered or refused."""
        if source == "shopify":
            self.shopify("GrowthShop")
        elif source == "ga4":
            next(self.ga4_pages(date(2026, 1, 1), date(2026, 1, 1)))
        else:
            self.google("SELECT campaign.id FROM campaign ORDER BY campaign.id")

    def _read(self, response: httpx.Response) -> Any:
        self.bodies.append(response.content)
        return response.raise_for_status().json()

    def shopify_raw(
        self, operation: str, without: tuple[str, ...] = (), text: str | None = None, **variables: object
    ) -> Json:
        body = {
            "operationName": operation,
            "query": text or shopify_queries.text(operation, without=without),
            "variables": variables,
        }
        headers = {"x-shopify-access-token": self.token("shopify")}
        url = f"https://{SHOPIFY.HOSTS[0]}/admin/api/2026-10/graphql.json"
        said: Json = self._read(self.client.post(url, json=body, headers=headers))
        return said

    def shopify(
        self, operation: str, without: tuple[str, ...] = (), text: str | None = None, **variables: object
    ) -> Json:
        while "data" not in (said := self.shopify_raw(operation, without, text, **variables)):
            self.bodies.pop()
            cost = said["extensions"]["cost"]
            bucket = cost["throttleStatus"]
            lacking = cost["requestedQueryCost"] - bucket["currentlyAvailable"]
            assert lacking > 0, said
            self.clock.now += timedelta(seconds=lacking / bucket["restoreRate"])
        data: Json = said["data"]
        return data

    def shopify_list(self, name: str, first: int, query: str | None = None) -> Iterator[Json]:
        operation, inner = LISTS[name]
        after = None
        while True:
            page = self.shopify(operation, first=first, after=after, query=query, **inner)[name]
            yield page
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def meta(self, edge: str, **asked: str) -> Json:
        url = f"https://graph.facebook.com/v26.0/act_{META.ACCOUNT}/{edge}"
        headers = {"authorization": f"Bearer {META.TOKEN}"}
        said: Json = self._read(self.client.get(url, params=asked | {"appsecret_proof": PROOF}, headers=headers))
        return said

    def meta_list(
        self, edge: str, first: date, last: date, fields: str = FIELDS, level: str = "campaign"
    ) -> Iterator[list[Json]]:
        asked = {"limit": "500", "fields": fields, "time_range": json.dumps({"since": str(first), "until": str(last)})}
        asked |= {"level": level, "time_increment": "1"} if edge == "insights" else {"fields": "id,name"}
        while True:
            said = self.meta(edge, **asked)
            yield said["data"]
            if "next" not in said.get("paging", {}):
                return
            asked["after"] = said["paging"]["cursors"]["after"]

    def google(self, query: str) -> list[Json]:
        url = f"https://googleads.googleapis.com/v26/customers/{GOOGLE.CUSTOMER}/googleAds:searchStream"
        headers = {"authorization": f"Bearer {self.token('google_ads')}"}
        said: list[Json] = self._read(self.client.post(url, json={"query": query}, headers=headers))
        return said

    def ga4_pages(
        self,
        first: date,
        last: date,
        dimensions: tuple[str, ...] = tuple(GA4.DIMENSIONS),
        metrics: tuple[str, ...] = tuple(GA4.METRICS),
    ) -> Iterator[Json]:
        url = f"https://analyticsdata.googleapis.com/v1beta/properties/{GA4.PROPERTY}:runReport"
        rows = 0
        while True:
            body = {
                "dateRanges": [{"startDate": str(first), "endDate": str(last)}],
                "dimensions": [{"name": name} for name in dimensions],
                "metrics": [{"name": name} for name in metrics],
                "offset": str(rows),
                "limit": "100000",
                "returnPropertyQuota": True,
            }
            headers = {"authorization": f"Bearer {self.token('ga4')}"}
            said: Json = self._read(self.client.post(url, json=body, headers=headers))
            yield said
            rows += len(said.get("rows", ()))
            if rows >= said.get("rowCount", 0):
                return


def digest(seed: int, clock: Clock | None = None) -> str:
    """A fingerprint of every body that a caller gets who reads everything once, page after page."""
    api = Caller(demo.make_shop(seed), clock)
    for name in LISTS:
        for page in api.shopify_list(name, 100):
            if refunds := [one["id"] for node in page["nodes"] for one in node.get("refunds", ())]:
                api.shopify("GrowthRefunds", ids=refunds, refundLines=5)
    for edge in ("campaigns", "insights"):
        list(api.meta_list(edge, demo.FIRST_DAY, demo.LAST_DAY))
    api.google(GOOGLE_METRICS.format(first=demo.FIRST_DAY, last=demo.LAST_DAY))
    list(api.ga4_pages(demo.FIRST_DAY, demo.LAST_DAY))
    return sha256(b"".join(api.bodies)).hexdigest()
