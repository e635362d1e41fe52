"""How Shopify says no: in the body, since its throttle is HTTP 200."""

from collections.abc import Mapping
from typing import Any

from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.verdicts import OK, by_status, document

TEMPORARY = {"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"}
STOPS = {402: "the shop is frozen", 423: "the shop is locked", 430: "Shopify rejects these requests for security"}
SHORTEST_WAIT = 1.0


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Judgement:
    """What an answer of the Admin API means."""
    if status == OK and b'"errors"' not in body:
        whole = body.lstrip().startswith(b"{")
        return Judgement(Verdict.OK) if whole else Judgement(Verdict.TRANSIENT, "the answer is not Shopify's")
    said = document(body)
    errors = said.get("errors") if isinstance(said, dict) else None
    if status in STOPS:
        return Judgement(Verdict.REFUSED, f"{STOPS[status]}. {errors or ''}")
    if isinstance(errors, list) and errors:
        return _meaning([one if isinstance(one, dict) else {"message": one} for one in errors], said)
    if errors:
        plain = by_status(status, headers, str(errors))
        return Judgement(Verdict.REFUSED, str(errors)) if plain.verdict is Verdict.OK else plain
    if status == OK and said is None:
        return Judgement(Verdict.TRANSIENT, "the answer is not Shopify's")
    return by_status(status, headers)


def _meaning(errors: list[dict[str, Any]], said: Mapping[str, Any]) -> Judgement:
    codes = {str((one.get("extensions") or {}).get("code", "")) for one in errors}
    messages = [str(one.get("message", "")) for one in errors]
    words = " ".join(dict.fromkeys(messages))
    lower = words.lower()
    if ("THROTTLED" in codes or lower == "throttled") and _never_fits(said):
        return Judgement(Verdict.SHRINK, f"{words}: it costs more points than the shop ever has")
    if "THROTTLED" in codes or lower == "throttled":
        return Judgement(Verdict.THROTTLED, words, _seconds(said))
    if "MAX_COST_EXCEEDED" in codes or "exceeds the single query max cost" in lower:
        return Judgement(Verdict.SHRINK, words)
    if "ACCESS_DENIED" in codes:
        return Judgement(Verdict.PERMISSION, words, hint=SCOPES_HINT)
    if codes & TEMPORARY or "internal error" in lower:
        return Judgement(Verdict.TRANSIENT, words)
    return Judgement(Verdict.REFUSED, words)


def _never_fits(said: Mapping[str, Any]) -> bool:
    """Whether a full bucket would not do either; development stores have small ones."""
    try:
        cost = said["extensions"]["cost"]
        return float(cost["requestedQueryCost"]) > float(cost["throttleStatus"]["maximumAvailable"])
    except (KeyError, TypeError, ValueError):
        return False


def _seconds(said: Mapping[str, Any]) -> float | None:
    """Until the bucket holds what the query costs: what is lacking, by what comes back in a second."""
    try:
        cost = said["extensions"]["cost"]
        bucket = cost["throttleStatus"]
        lacking = float(cost["requestedQueryCost"]) - float(bucket["currentlyAvailable"])
        return max(SHORTEST_WAIT, lacking / float(bucket["restoreRate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


RENEWAL_HINT = (
    "Renew SHOPIFY_ACCESS_TOKEN. A token of an app made since 2026 ends after a day: set SHOPIFY_CLIENT_ID and"
    " SHOPIFY_CLIENT_SECRET in its place, and growthos fetches one whenever it needs one. Nothing was lost."
)
GRANT_HINTS = {
    "shop_not_permitted": (
        "The app behind SHOPIFY_CLIENT_ID belongs to another organization than the shop. Make the app in the Dev"
        " Dashboard of the organization that owns the shop, and install it there. Nothing was lost."
    ),
}
SCOPES_HINT = (
    "Give the app behind SHOPIFY_ACCESS_TOKEN or SHOPIFY_CLIENT_ID the scopes read_orders, read_all_orders,"
    " read_customers, read_products and read_inventory, and install it again."
)
