"""Meta's face of the shop: answers as the Marketing API does.

All metrics are text, zeros are absent, days without delivery have no row, and one purchase goes by several names.
"""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from growthos.demo import gate
from growthos.demo.amounts import fixed, short
from growthos.demo.meta_ads import Ad, ads, adset, split
from growthos.demo.records import Campaign, CampaignDay

if TYPE_CHECKING:
    import httpx

    from growthos.demo.shop import Shop

HOSTS = ("graph.facebook.com",)
ACCOUNT = "482910337465"
TOKEN = "EAADemoSystemUserToken"  # noqa: S105 - of a shop that never was
SECRET = "demo-app-secret"  # noqa: S105
SETTINGS = {"access_token": TOKEN, "ad_account_id": f"act_{ACCOUNT}", "app_secret": SECRET}
CAMPAIGNS_A_PAGE, ADS_A_PAGE, INSIGHTS_A_PAGE, AD_INSIGHTS_A_PAGE = 2, 5, 50, 500
"""The most that a page holds, whatever is asked: a page may be shorter than its limit and still not be the last."""
PERMISSIONS = {"ads_read": "granted", "public_profile": "granted", "ads_management": "declined"}
GONE = {"ARCHIVED", "DELETED"}
"""What is not listed unless it is asked for by name."""
FIELD = re.compile(r"(\w+)(?:\{([\w,]*)\})?")
PIXEL_ONLY = "Spring Launch"
"""The campaign whose purchases are told by the pixel's and the web's own names alone."""
PIXEL, ON_SITE = "offsite_conversion.fb_pixel_purchase", "onsite_web_purchase"
WINDOWS = ("1d_click", "7d_click", "1d_view")


def __getattr__(name: str) -> "httpx.Response":
    """BUSY and DENIED: how this API says that it has had enough, and that it does not know the caller."""
    if name == "BUSY":
        return gate.respond(
            400, _error(80000, "There have been too many calls from this ad-account.", 2446079), _headers(100, 1)
        )
    if name == "DENIED":
        return gate.respond(401, _error(190, "Error validating access token: The session is invalid.", 463))
    raise AttributeError(name)


def answer(shop: "Shop", request: "httpx.Request", now: Callable[[], datetime]) -> "httpx.Response":  # noqa: ARG001
    """The answer to one request; the path says what is asked."""
    asked = dict(request.url.params)
    if gate.bearer(request) != TOKEN:
        return gate.respond(401, _error(190, "Invalid OAuth access token.", 463))
    proof = asked.get("appsecret_proof")
    if proof != hmac.new(SECRET.encode(), TOKEN.encode(), sha256).hexdigest():
        return gate.respond(400, _error(100, "API calls from the server require an appsecret_proof argument"))
    match request.url.path.split("/")[2:]:
        case [account] if account == f"act_{ACCOUNT}":
            payload: Any = _only(_account(shop), asked)
        case ["me", "permissions"]:
            payload = {"data": [{"permission": name, "status": state} for name, state in PERMISSIONS.items()]}
        case [account, "campaigns" | "adsets" | "ads" as edge] if account == f"act_{ACCOUNT}":
            campaigns = [one for one in shop.campaigns if one.platform == "meta"]
            make = {"campaigns": _campaigns, "adsets": _adsets, "ads": _ads}[edge]
            found = [_only(one, asked) for one in make(campaigns) if _is_asked_for(one, asked)]
            payload = _page(request, asked, found, CAMPAIGNS_A_PAGE if edge == "campaigns" else ADS_A_PAGE)
        case [account, "insights"] if account == f"act_{ACCOUNT}":
            level = asked.get("level", "")
            if level not in LEVELS or asked.get("time_increment") != "1":
                return gate.respond(400, _error(100, "(#100) level must be one of ours and time_increment 1 here"))
            rows = [_only(one, asked) for one in LEVELS[level](shop, asked)]
            payload = _page(request, asked, rows, INSIGHTS_A_PAGE if level == "campaign" else AD_INSIGHTS_A_PAGE)
        case _:
            return gate.respond(400, _error(100, "Unsupported get request.", 33))
    calls = shop.memory["meta calls"] = shop.memory.get("meta calls", 0) + 1
    return gate.respond(200, payload, _headers(calls * 100 // 190_000, 0))


def _account(shop: "Shop") -> dict[str, Any]:
    return {
        "id": f"act_{ACCOUNT}",
        "account_id": ACCOUNT,
        "name": shop.name,
        "currency": shop.currency,
        "timezone_name": shop.time_zone,
        "account_status": 1,
    }


def _campaigns(campaigns: list[Campaign]) -> list[dict[str, Any]]:
    return [
        {
            "id": str(one.id),
            "account_id": ACCOUNT,
            "name": one.name,
            "objective": one.kind,
            "status": one.status,
            "configured_status": one.status,
            "effective_status": one.status,
            "buying_type": "AUCTION",
            "daily_budget": str(one.daily_budget_cents),
            "start_time": f"{one.first}T00:00:00+0000",
            "created_time": f"{one.first}T00:00:00+0000",
        }
        for one in campaigns
    ]


def _adsets(campaigns: list[Campaign]) -> list[dict[str, Any]]:
    own = {"account_id": ACCOUNT, "status": "ACTIVE", "configured_status": "ACTIVE", "billing_event": "IMPRESSIONS"}
    return [own | {"campaign_id": str(one.id)} | adset(one) for one in campaigns]


def _ads(campaigns: list[Campaign]) -> list[dict[str, Any]]:
    found = []
    for ad in ads(campaigns):
        configured = "ACTIVE" if ad.status.startswith("CAMPAIGN_") else ad.status
        found.append(
            {
                "id": ad.id,
                "account_id": ACCOUNT,
                "campaign_id": str(ad.campaign.id),
                "adset_id": adset(ad.campaign)["id"],
                "name": ad.name,
                "status": configured,
                "configured_status": configured,
                "effective_status": ad.status,
                "creative": {"id": f"7{ad.id[1:]}", "object_type": ad.kind},
                "created_time": f"{ad.campaign.first}T00:00:00+0000",
            }
        )
    return found


def _is_asked_for(record: dict[str, Any], asked: dict[str, str]) -> bool:
    state = record["effective_status"]
    return state in json.loads(asked["effective_status"]) if "effective_status" in asked else state not in GONE


def _days(shop: "Shop", asked: dict[str, str]) -> list[CampaignDay]:
    """The campaign days of the range, newest day first, as Meta sorts them."""
    told = json.loads(asked["time_range"])
    since, until = date.fromisoformat(told["since"]), date.fromisoformat(told["until"])
    return [
        row for row in reversed(shop.campaign_days) if row.campaign.platform == "meta" and since <= row.day <= until
    ]


def _states(asked: dict[str, str]) -> set[str]:
    """The states that a report is filtered by; none, where it is not."""
    return {state for one in json.loads(asked.get("filtering", "[]")) for state in one["value"]}


def _by_campaign(shop: "Shop", asked: dict[str, str]) -> list[dict[str, Any]]:
    states = _states(asked)
    return [_insight(shop, row, asked) for row in _days(shop, asked) if not states or row.campaign.status in states]


def _by_ad(shop: "Shop", asked: dict[str, str]) -> list[dict[str, Any]]:
    states, of_campaign, rows = _states(asked), dict[int, list[Ad]](), []
    for ad in ads({row.campaign.id: row.campaign for row in shop.campaign_days}.values()):
        of_campaign.setdefault(ad.campaign.id, []).append(ad)
    for row in _days(shop, asked):
        running = [ad for ad in of_campaign[row.campaign.id] if row.day <= ad.last]
        for ad, part in split(row, running):
            if not states or ad.status in states:
                group = adset(ad.campaign)
                named = {"adset_id": group["id"], "adset_name": group["name"], "ad_id": ad.id, "ad_name": ad.name}
                rows.append(_insight(shop, part, asked) | named)
    return rows


def _by_account(shop: "Shop", asked: dict[str, str]) -> list[dict[str, Any]]:
    days: dict[date, list[CampaignDay]] = {}
    for row in _days(shop, asked):
        days.setdefault(row.day, []).append(row)
    return [
        {
            "account_id": ACCOUNT,
            "account_currency": shop.currency,
            "date_start": str(day),
            "date_stop": str(day),
            "impressions": _count(sum(row.impressions for row in rows)),
            "clicks": _count(sum(row.clicks_all for row in rows)),
            "inline_link_clicks": _count(sum(row.clicks for row in rows)),
            "spend": fixed(sum(row.spend_micros for row in rows) // 10_000),
        }
        for day, rows in days.items()
    ]


LEVELS = {"campaign": _by_campaign, "ad": _by_ad, "account": _by_account}


def _insight(shop: "Shop", row: CampaignDay, asked: dict[str, str]) -> dict[str, Any]:
    spend = row.spend_micros // 10_000
    windows = [one for one in WINDOWS if one in asked.get("action_attribution_windows", "")]
    purchases, worths = _purchases(row)
    counts = {"link_click": row.clicks} | purchases
    returns = [
        {"action_type": one, "value": f"{cents / spend:.6f}"} for one, cents in worths.items() if cents and spend
    ]
    reach = row.impressions * 4 // 5
    return {
        "account_id": ACCOUNT,
        "account_currency": shop.currency,
        "campaign_id": str(row.campaign.id),
        "campaign_name": row.campaign.name,
        "objective": row.campaign.kind,
        "date_start": str(row.day),
        "date_stop": str(row.day),
        "impressions": _count(row.impressions),
        "reach": _count(reach),
        "frequency": "1.25" if reach else None,
        "clicks": _count(row.clicks_all),
        "inline_link_clicks": _count(row.clicks),
        "outbound_clicks": [{"action_type": "outbound_click", "value": str(row.clicks)}] if row.clicks else None,
        "spend": fixed(spend),
        "actions": _actions(counts, windows, str),
        "action_values": _actions(worths, windows, short),
        "purchase_roas": returns[:1],
        "attribution_setting": "7d_click_1d_view",
        "created_time": str(row.campaign.first),
        "updated_time": str(row.day),
    }


def _purchases(row: CampaignDay) -> tuple[dict[str, int], dict[str, int]]:
    """Purchases and their worth in cents by action type; the types overlap, except where only the last two are sent."""
    count, cents = row.conversions_micros // 1_000_000, row.value_micros // 10_000
    if row.campaign.name != PIXEL_ONLY:
        names = ("purchase", "omni_purchase", PIXEL)
        return dict.fromkeys(names, count), dict.fromkeys(names, cents)
    on_site = count // 3
    worth = cents * on_site // count if count else 0
    return {PIXEL: count - on_site, ON_SITE: on_site}, {PIXEL: cents - worth, ON_SITE: worth}


def _actions(values: dict[str, int], windows: list[str], text: Callable[[int], str]) -> list[dict[str, str]] | None:
    """Figures under the ad set's own attribution, and the same by the windows asked for; zeros are absent."""
    actions = []
    for name, value in values.items():
        seen = value // 5
        parts = {"value": value, "1d_click": (value - seen) * 2 // 3, "7d_click": value - seen, "1d_view": seen}
        told = {one: text(parts[one]) for one in ("value", *windows) if parts[one]}
        if value:
            actions.append({"action_type": name, **told})
    return actions or None


def _count(number: int) -> str | None:
    return str(number) if number else None


def _only(record: dict[str, Any], asked: dict[str, str]) -> dict[str, Any]:
    """The fields that were asked for and are there; of a node inside, its own and always its id."""
    found = {}
    for name, inner in FIELD.findall(asked["fields"]):
        value = record.get(name)
        if value not in (None, []):
            found[name] = {key: value[key] for key in ("id", *inner.split(","))} if inner else value
    return found


def _page(
    request: "httpx.Request", asked: dict[str, str], found: Sequence[dict[str, Any]], most: int
) -> dict[str, Any]:
    """A page of the list; a full one always names a next one, which may turn out to be empty."""
    first = int(urlsafe_b64decode(asked["after"])) if "after" in asked else 0
    end = first + min(most, int(asked.get("limit", 25)))
    data = list(found[first:end])
    if not data:
        return {"data": []}
    cursors = {"before": _cursor(first), "after": _cursor(first + len(data))}
    paging: dict[str, Any] = {"cursors": cursors}
    if end <= len(found):
        # As Meta does, with the caller's token in it.
        url = request.url.copy_merge_params({"access_token": TOKEN, "after": cursors["after"]})
        paging["next"] = f"https://{HOSTS[0]}{url.raw_path.decode()}"
    return {"data": data, "paging": paging}


def _cursor(place: int) -> str:
    return urlsafe_b64encode(str(place).encode()).decode()


def _headers(percent: int, minutes: int) -> dict[str, str]:
    usage = {
        "type": "ads_insights",
        "call_count": percent,
        "total_cputime": percent,
        "total_time": percent,
        "estimated_time_to_regain_access": minutes,
        "ads_api_access_tier": "standard_access",
    }
    return {"x-business-use-case-usage": json.dumps({ACCOUNT: [usage]}), "facebook-api-version": "v26.0"}


def _error(code: int, message: str, subcode: int | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "ADemoTrace"}
    return {"error": error | ({"error_subcode": subcode} if subcode else {})}
