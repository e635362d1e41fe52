"""GA4's face of the shop: answers runReport as the Data API does.

Every value is text, and an empty report has no rows.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from growthos.demo import gate, google_oauth, traffic
from growthos.demo.amounts import short
from growthos.demo.records import EventRow

if TYPE_CHECKING:
    import httpx

    from growthos.demo.shop import Shop

HOSTS = ("analyticsdata.googleapis.com",)
PROPERTY = "402715588"
SETTINGS = {"property_id": PROPERTY, **google_oauth.SETTINGS}
ROWS_AN_ANSWER = 100
"""The most rows of an answer, whatever is asked; a report by event is short, and is not cut."""
TOKENS = 10
"""What a report costs of the property's quota."""

DAY = attrgetter("day")
Figures = dict[str, tuple[str, Callable[[Any], int]]]

DIMENSIONS: dict[str, Callable[[Any], str]] = {
    "date": lambda row: row.day.isoformat().replace("-", ""),
    "sessionDefaultChannelGroup": attrgetter("group"),
    "sessionSource": attrgetter("source"),
    "sessionMedium": attrgetter("medium"),
}
METRICS: Figures = {
    "sessions": ("TYPE_INTEGER", attrgetter("sessions")),
    "engagedSessions": ("TYPE_INTEGER", attrgetter("engaged")),
    "totalUsers": ("TYPE_INTEGER", attrgetter("users")),
    "newUsers": ("TYPE_INTEGER", attrgetter("new_users")),
    "itemViewEvents": ("TYPE_INTEGER", attrgetter("item_views")),
    "addToCarts": ("TYPE_INTEGER", attrgetter("add_to_carts")),
    "checkouts": ("TYPE_INTEGER", attrgetter("checkouts")),
    "ecommercePurchases": ("TYPE_INTEGER", attrgetter("purchases")),
    "purchaseRevenue": ("TYPE_CURRENCY", attrgetter("revenue_cents")),
}
OF_EVENTS: dict[str, Callable[[Any], str]] = {"date": DIMENSIONS["date"], "eventName": attrgetter("name")}
EVENT_METRICS: Figures = {
    "eventCount": ("TYPE_INTEGER", attrgetter("times")),
    "totalUsers": ("TYPE_INTEGER", attrgetter("users")),
    "keyEvents": ("TYPE_FLOAT", attrgetter("key_events")),
}


def __getattr__(name: str) -> "httpx.Response":
    """BUSY and DENIED: how this API says that it has had enough, and that it does not know the caller."""
    if name == "BUSY":
        return google_oauth.error(429, "RESOURCE_EXHAUSTED", "Exhausted concurrent requests quota.")
    if name == "DENIED":
        return google_oauth.refusal()
    raise AttributeError(name)


def answer(shop: "Shop", request: "httpx.Request", now: Callable[[], datetime]) -> "httpx.Response":
    """The answer to one request; the path says what is asked."""
    if request.url.path == google_oauth.PATH:
        return google_oauth.token(request, now)
    if not google_oauth.known(request, now):
        return google_oauth.refusal()
    if request.url.path != f"/v1beta/properties/{PROPERTY}:runReport":
        return google_oauth.error(
            403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property."
        )
    asked = json.loads(request.content)
    dimensions = [one["name"] for one in asked.get("dimensions", ())]
    metrics = [one["name"] for one in asked.get("metrics", ())]
    known, figures = (OF_EVENTS, EVENT_METRICS) if "eventName" in dimensions else (DIMENSIONS, METRICS)
    if unknown := [name for name in dimensions if name not in known] or [
        name for name in metrics if name not in figures
    ]:
        return google_oauth.error(400, "INVALID_ARGUMENT", f"Field {unknown[0]} is not a valid dimension or metric.")
    return gate.respond(200, _report(shop, asked, dimensions, {name: figures[name] for name in metrics}))


def _report(shop: "Shop", asked: dict[str, Any], dimensions: list[str], metrics: Figures) -> dict[str, Any]:
    asking = f"ga4 {asked['dateRanges']} {dimensions} {list(metrics)}"
    if asking not in shop.memory:
        shop.memory[asking] = _rows(shop, asked, dimensions, metrics)
    found = shop.memory[asking]
    first = int(asked.get("offset", 0))
    most = len(found) if "eventName" in dimensions else ROWS_AN_ANSWER
    page = found[first : first + min(most, int(asked.get("limit", 10_000)))]
    report: dict[str, Any] = {
        "dimensionHeaders": [{"name": name} for name in dimensions],
        "metricHeaders": [{"name": name, "type": kind} for name, (kind, _) in metrics.items()],
    }
    if page:
        report["rows"] = page
    if found:
        report["rowCount"] = len(found)
    report["metadata"] = {"currencyCode": shop.currency, "timeZone": shop.time_zone}
    if asked.get("returnPropertyQuota"):
        report["propertyQuota"] = _quota()
    report["kind"] = "analyticsData#runReport"
    return report


def _rows(shop: "Shop", asked: dict[str, Any], dimensions: list[str], metrics: Figures) -> list[dict[str, Any]]:
    """The rows of the days asked for, one for each combination of the dimensions, sorted by all of them."""
    of_events = "eventName" in dimensions
    seen: tuple[Any, ...] = _events(shop) if of_events else shop.traffic
    [days] = asked["dateRanges"]
    first = bisect_left(seen, date.fromisoformat(days["startDate"]), key=DAY)
    last = bisect_right(seen, date.fromisoformat(days["endDate"]), key=DAY)
    names = [(OF_EVENTS if of_events else DIMENSIONS)[name] for name in dimensions]
    figures = [figure for _, figure in metrics.values()]
    sums: dict[tuple[str, ...], list[int]] = {}
    for row in seen[first:last]:
        total = sums.setdefault(tuple([name(row) for name in names]), [0] * len(figures))
        for place, figure in enumerate(figures):
            total[place] += figure(row)
    texts = [short if kind == "TYPE_CURRENCY" else str for kind, _ in metrics.values()]
    return [
        {
            "dimensionValues": [{"value": value} for value in key],
            "metricValues": [{"value": text(value)} for text, value in zip(texts, sums[key], strict=True)],
        }
        for key in sorted(sums)
    ]


def _events(shop: "Shop") -> tuple[EventRow, ...]:
    if "ga4 events" not in shop.memory:
        shop.memory["ga4 events"] = traffic.events(shop.traffic)
    return cast("tuple[EventRow, ...]", shop.memory["ga4 events"])


def _quota() -> dict[str, Any]:
    """What is left, told as if nobody else had asked: the same question has the same answer at any time."""
    standing = {"tokensPerDay": 200_000, "tokensPerHour": 40_000, "tokensPerProjectPerHour": 14_000}
    return {
        **{name: {"consumed": TOKENS, "remaining": limit - TOKENS} for name, limit in standing.items()},
        "concurrentRequests": {"consumed": 0, "remaining": 10},
        "serverErrorsPerProjectPerHour": {"consumed": 0, "remaining": 10},
        "potentiallyThresholdedRequestsPerHour": {"consumed": 0, "remaining": 120},
    }
