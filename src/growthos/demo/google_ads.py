"""Google Ads' face of the shop: answers searchStream as the REST API does.

Whole numbers are text, fractions are numbers, and a day on which nothing happened has no row.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from growthos.demo import gate, google_oauth
from growthos.demo.google_ads_groups import GROUPS, Ad, AdGroup, Keyword, by_ads, by_keywords
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
    paths = [tuple(_camel(part) for part in path.strip().split(".")) for path in asked["fields"].split(",")]
    rows = _selected(records, paths)
    note = {"fieldMask": ",".join(".".join(path) for path in paths), "requestId": "DemoRequestIdDemoReques"}
    chunks = [rows[first : first + ROWS_A_CHUNK] for first in range(0, len(rows), ROWS_A_CHUNK)]
    return gate.respond(
        200, [{"results": chunk, **note} for chunk in chunks] or [note], {"request-id": note["requestId"]}
    )


def _records(shop: "Shop", resource: str, fields: str, where: str) -> list[Record] | None:
    """Whole records of a resource, to select from; None where there is no such resource."""
    if "metrics." in fields:
        return _results(shop, resource, where)
    campaigns = [one for one in shop.campaigns if one.platform == "google"]
    customer = _customer(shop)
    if resource == "customer":
        return [{"customer": customer}]
    if resource == "conversion_action":
        base = f"customers/{CUSTOMER}/conversionActions"
        return [{"conversionAction": {"resourceName": f"{base}/{one['id']}", **one}} for one in ACTIONS]
    groups = [
        ({"customer": customer, "campaign": _campaign(one), "adGroup": _group(group)}, group)
        for one in campaigns
        for group in GROUPS.get(one.id, ())
    ]
    bids_on = "ad_group_criterion.negative = FALSE" in where
    found = {
        "campaign": [{"customer": customer, "campaign": _campaign(one)} for one in campaigns],
        "ad_group_ad": [{**above, "adGroupAd": _ad(group, ad)} for above, group in groups for ad in group.ads],
        "ad_group_criterion": [
            {**above, "adGroupCriterion": _keyword(group, keyword)}
            for above, group in groups
            for keyword in group.keywords
            if not (keyword.negative and bids_on)
        ],
    }
    return found.get(resource)


def _results(shop: "Shop", resource: str, where: str) -> list[Record] | None:
    """What there was by day; None where the days are not named or the resource has no results."""
    asked = BETWEEN.search(where)
    if asked is None:
        return None
    first, last = date.fromisoformat(asked[1]), date.fromisoformat(asked[2])
    rows = [row for row in shop.campaign_days if row.campaign.platform == "google" and first <= row.day <= last]
    customer = _customer(shop)
    if resource == "customer":
        days: dict[date, list[CampaignDay]] = {}
        for row in rows:
            days.setdefault(row.day, []).append(row)
        return [_result(_total(some), customer=customer) for some in days.values()]
    campaigns = {one.id: _campaign(one) for one in shop.campaigns}
    if resource == "campaign":
        return [
            _result(row, customer=customer, campaign=campaigns[row.campaign.id])
            for row in rows
            if row.impressions or row.spend_micros
        ]
    if resource not in BELOW:
        return None
    name, shared, told = BELOW[resource]
    groups = {one.id: _group(one) for some in GROUPS.values() for one in some}
    own: dict[tuple[int, int], dict[str, Any]] = {}
    found = []
    for row in rows:
        for group, one, part in shared(row):
            if (group.id, one.id) not in own:
                own[group.id, one.id] = told(group, one)
            above = {"customer": customer, "campaign": campaigns[row.campaign.id], "adGroup": groups[group.id]}
            found.append(_result(part, **above, **{name: own[group.id, one.id]}))
    return found


def _result(row: CampaignDay, **of: dict[str, Any]) -> Record:
    return {**of, "metrics": _metrics(row), "segments": {"date": row.day.isoformat()}}


def _total(rows: list[CampaignDay]) -> CampaignDay:
    """The day of the whole account."""
    (day, campaign, *_), *_ = rows
    return CampaignDay(day, campaign, *(sum(column) for column in list(zip(*rows, strict=True))[2:]))


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


def _group(group: AdGroup) -> dict[str, Any]:
    return {"resourceName": f"customers/{CUSTOMER}/adGroups/{group.id}", "id": str(group.id), "name": group.name,
            "status": "ENABLED", "type": "SEARCH_STANDARD"}  # fmt: skip


def _ad(group: AdGroup, ad: Ad) -> dict[str, Any]:
    """An ad in its group; ads for search have no name of their own."""
    return {
        "resourceName": f"customers/{CUSTOMER}/adGroupAds/{group.id}~{ad.id}",
        "status": ad.status,
        "ad": {
            "resourceName": f"customers/{CUSTOMER}/ads/{ad.id}",
            "id": str(ad.id),
            "type": "RESPONSIVE_SEARCH_AD",
            "responsiveSearchAd": {"headlines": [{"text": one} for one in ad.headlines]},
        },
    }


def _keyword(group: AdGroup, keyword: Keyword) -> dict[str, Any]:
    return {
        "resourceName": f"customers/{CUSTOMER}/adGroupCriteria/{group.id}~{keyword.id}",
        "criterionId": str(keyword.id),
        "type": "KEYWORD",
        "negative": keyword.negative,
        "status": keyword.status,
        "keyword": {"text": keyword.text, "matchType": keyword.match},
    }


BELOW: dict[
    str, tuple[str, Callable[[CampaignDay], Iterator[tuple[AdGroup, Any, CampaignDay]]], Callable[..., Any]]
] = {
    "ad_group_ad": ("adGroupAd", by_ads, _ad),
    "keyword_view": ("adGroupCriterion", by_keywords, _keyword),
}
"""What lies below a campaign: its name in a row, its share of the campaign's day, its description."""


def _selected(records: list[Record], paths: list[tuple[str, ...]]) -> list[Record]:
    """What was selected of the records, and the name of every resource that was selected from."""
    wanted: dict[str, Any] = {}
    for path in paths:
        place = wanted
        for part in path:
            place = place.setdefault(part, {})
    # A resource that many rows name is one dict, and is selected from once.
    known: dict[int, dict[str, Any]] = {}
    rows, groups, nothing = [], list(wanted.items()), dict[str, Any]()
    for record in records:
        row: Record = {}
        for group, inner in groups:
            whole = record.get(group, nothing)
            chosen = known.get(id(whole))
            if chosen is None:
                chosen = known[id(whole)] = _part(whole, inner)
            row[group] = chosen
        rows.append(row)
    return rows


def _part(whole: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    part = {"resourceName": whole["resourceName"]} if "resourceName" in whole else {}
    for name, inner in wanted.items():
        if name in whole:
            part[name] = _part(whole[name], inner) if inner else whole[name]
    return part


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
