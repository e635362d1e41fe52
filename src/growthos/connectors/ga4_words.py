"""How GA4 says no: quotas that end with the hour or the day, a project without its API, a property that is none."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from growthos.connectors.google_words import Refusal, refusal
from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.verdicts import by_status, server_time, without_error

if TYPE_CHECKING:
    import httpx

HOUR, DAY = 3600.0, 86_400.0
PACIFIC = "America/Los_Angeles"
NUMBER = "GA4_PROPERTY_ID is the number under Admin, Property details; the G-… id belongs to a data stream."


def judge(status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
    """What an answer means; Google's quotas are told apart by its words."""
    said = refusal(body)
    if said is None:
        return without_error(status, headers, body, opens=b"{", whose="Google")
    plain = by_status(said.code or status, headers, said.words)
    if "server errors" in said.words.lower():
        return Judgement(Verdict.QUOTA, said.words, HOUR)
    if plain.verdict is Verdict.PERMISSION:
        return Judgement(plain.verdict, said.words, hint=_hint(said))
    wait = said.wait if said.wait is not None else plain.wait
    if plain.verdict is Verdict.THROTTLED:
        return _throttled(said.words, wait, headers)
    return Judgement(plain.verdict, said.words, wait)


def _throttled(words: str, wait: float | None, headers: "httpx.Headers") -> Judgement:
    """Too many at once is a matter of seconds; other quotas are whole again within the hour, a day's at midnight."""
    lower = words.lower()
    if "per day" in lower:
        return Judgement(Verdict.QUOTA, words, wait or to_midnight(server_time(headers)))
    if "concurrent" not in lower and ("hour" in lower or "thresholded" in lower):
        return Judgement(Verdict.THROTTLED, words, wait or HOUR)
    return Judgement(Verdict.THROTTLED, words, wait)


def to_midnight(now: datetime | None) -> float:
    """Seconds until the quota of a day is whole again, at midnight Pacific time; a day where the time is not known."""
    if now is None:
        return DAY
    here = now.astimezone(ZoneInfo(PACIFIC))
    midnight = datetime(here.year, here.month, here.day, tzinfo=here.tzinfo) + timedelta(days=1)
    return midnight.timestamp() - here.timestamp()


def _hint(said: Refusal) -> str:
    if "SERVICE_DISABLED" in said.details:
        return (
            "Enable the Google Analytics Data API in the Google Cloud project of these credentials: "
            "https://console.cloud.google.com/apis/library/analyticsdata.googleapis.com"
        )
    if "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in said.details:
        return (
            "Sign in again with `growthos login ga4`, or grant the scope"
            " https://www.googleapis.com/auth/analytics.readonly to a new refresh token."
        )
    return f"Make this user or service account a Viewer of the property. {NUMBER}"
