"""Google Ads' face of the shop: answers searchStream as the REST API does.

Whole numbers are text, fractions are numbers, and a day on which nothing happened has no row.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from growthos.demo import gate, google_oauth
from growthos.demo.records import Campaign, CampaignDay

if TYPE_CHECKING:
    import httpx

    from growthos.demo.shop import Shop

HOSTS = ("googleads.googleapis.com", google_oauth.HOST)
CUSTOMER = "4829103374"
SETTINGS = {"customer_id": CUSTOMER, **google_oauth.SETTINGS}
ROWS_A_CHUNK = 100
ACTIONS = (
    {"id": "6501001", "name": "Purchase", "primaryForGoal": True, "clickThroughLookbackWindowDays": "30",
     "viewThroughLookbackWindowDays": "1"},
    {"id": "6501002", "name": "Newsletter sign-up", "primaryForGoal": False, "clickThroughLookbackWindowDays": "90",
     "viewThroughLookbackWindowDays": "1"},
)  # fmt: skip
QUERY = re.compile(
    r"SELECT (?P<fields>.+?) FROM (?P<resource>\w+)(?: WHERE (?P<where>.+?))?(?: ORDER BY .+?)?(?: LIMIT 1)?$"
)
BETWEEN = re.compile(r"segments\.date BETWEEN '(\d{4}-\d\d-\d\d)' AND '(\d{4}-\d\d-\d\d)'")

Record = dict[str, dict[str, Any]]


def __getattr__(name: str) -> "httpx.Response":
    """BUSY and DENIED: how this API says that it has had enough, and that it does not know the caller."""
    if name == "BUSY":
        return _failure(429, "RESOURCE_EXHAUSTED", {"quotaError": "RESOURCE_TEMPORARILY_EXHAUSTED"}, retry="5s")
    if name == "DENIED":
        return google_oauth.refusal()
    raise AttributeError(name)


def answer(shop: "Shop", request: "httpx.Request", now: Callable[[], datetime]) -> "httpx.Response":
    """The answer to one request; the path says what is asked."""
    if request.url.path == google_oauth.PATH:
        return google_oauth.token(request, now)
    if not google_oauth.known(request, now):
        return google_oauth.refusal()
    if request.url.path != f"/v26/customers/{CUSTOMER}/googleAds:searchStream":
        return _failure(403, "PERMISSION_DENIED", {"authorizationError": "USER_PERMISSION_DENIED"})
    asked = QUERY.match(json.loads(request.content)["query"])
    records = _records(shop, asked["resource"], asked["fields"], asked["where"] or "") if asked else None
    if asked is None or records is None:
        return _failure(400, "INVALID_ARGUMENT", {"queryError": "UNRECOGNIZED_FIELD"})
    fields = [tuple(_camel(part) for part in path.strip().split(".")) for path in asked["fields"].split(",")]
    rows = [_selected(record, fields) for record in records]
    note = {"fieldMask": ",".join(".".join(path) for path in fields), "requestId": "DemoRequestIdDemoReques"}
    chunks = [rows[first : first + ROWS_A_CHUNK] for first in range(0, len(rows), ROWS_A_CHUNK)]
    return gate.respond(
        200, [{"results": chunk, **note} for chunk in chunks] or [note], {"request-id": note["requestId"]}
    )


def _records(shop: "Shop", resource: str, fields: str, where: str) -> list[Record] | None:
    """Whole records of a resource, to select from; None where there is no such resource."""
    campaigns = [one for one in shop.campaigns if one.platform == "google"]
    customer = _customer(shop)
    if resource == "customer":
        return [{"customer": customer}]
    if resource == "conversion_action":
        base = f"customers/{CUSTOMER}/conversionActions"
        return [{"conversionAction": {"resourceName": f"{base}/{one['id']}", **one}} for one in ACTIONS]
    if resource != "campaign":
        return None
    if "metrics." not in fields:
        return [{"customer": customer, "campaign": _campaign(one)} for one in campaigns]
    asked = BETWEEN.search(where)
    if asked is None:
        return None
    first, last = date.fromisoformat(asked[1]), date.fromisoformat(asked[2])
    told = {one.id: _campaign(one) for one in campaigns}
    return [
        {
            "customer": customer,
            "campaign": told[row.campaign.id],
            "metrics": _metrics(row),
            "segments": {"date": row.day.isoformat()},
        }
        for row in shop.campaign_days
        if row.campaign.platform == "google" and first <= row.day <= last and (row.impressions or row.spend_micros)
    ]


def _customer(shop: "Shop") -> dict[str, Any]:
    return {
        "resourceName": f"customers/{CUSTOMER}",
        "id": CUSTOMER,
        "descriptiveName": shop.name,
        "currencyCode": shop.currency,
        "timeZone": shop.time_zone,
        "manager": False,
        "testAccount": False,
        "autoTaggingEnabled": True,
        "status": "ENABLED",
    }


def _campaign(campaign: Campaign) -> dict[str, Any]:
    return {
        "resourceName": f"customers/{CUSTOMER}/campaigns/{campaign.id}",
        "id": str(campaign.id),
        "name": campaign.name,
        "status": campaign.status,
        "advertisingChannelType": campaign.kind,
        "startDateTime": f"{campaign.first} 00:00:00",
    }


def _metrics(row: CampaignDay) -> dict[str, Any]:
    return {
        "impressions": str(row.impressions),
        "clicks": str(row.clicks),
        "costMicros": str(row.spend_micros),
        "conversions": row.conversions_micros / 1_000_000,
        "conversionsValue": row.value_micros / 1_000_000,
    }


def _selected(record: Record, fields: list[tuple[str, ...]]) -> Record:
    """What was selected of a record, and the name of every resource that was selected from."""
    row: Record = {}
    for group, name in fields:
        whole = record.get(group, {})
        part = row.setdefault(group, {"resourceName": whole["resourceName"]} if "resourceName" in whole else {})
        if name in whole:
            part[name] = whole[name]
    return row


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _failure(code: int, status: str, error_code: dict[str, str], *, retry: str | None = None) -> "httpx.Response":
    """An error as Google Ads writes it, with its own list of what went wrong."""
    words = next(iter(error_code.values()))
    error: dict[str, Any] = {"errorCode": error_code, "message": words.replace("_", " ").capitalize() + "."}
    if retry:
        error["details"] = {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": retry}}
    failure = {
        "@type": "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure",
        "errors": [error],
        "requestId": "DemoRequestIdDemoReques",
    }
    return gate.respond(code, [{"error": {"code": code, "message": words, "status": status, "details": [failure]}}])
