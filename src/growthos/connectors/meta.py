"""Meta Ads, by the Marketing API: the account, its campaigns, and their results by day."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from growthos.connectors.base import Connector, stream
from growthos.connectors.days import halves, kept
from growthos.connectors.meta_words import judge, resting
from growthos.connectors.refusals import ShrinkError
from growthos.connectors.terms import Judgement, Limit, Page, Setting, Window
from growthos.connectors.trail import Trail
from growthos.errors import SettingsError
from growthos.period import Period

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api
    from growthos.connectors.asking import Answer

CAMPAIGN_STATES = ("ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "IN_PROCESS", "WITH_ISSUES")
ACCOUNT_FIELDS = "id,account_id,name,currency,timezone_name"
CAMPAIGN_FIELDS = "id,account_id,name,objective,status,effective_status"
INSIGHT_FIELDS = (
    "account_id,account_currency,campaign_id,campaign_name,objective,date_start,date_stop,impressions,reach,frequency,"
    "clicks,inline_link_clicks,outbound_clicks,spend,actions,action_values,purchase_roas,attribution_setting,"
    "created_time,updated_time"
)
CAMPAIGNS_PER_PAGE, INSIGHTS_PER_PAGE, SMALLEST_PAGE = 200, 500, 25
IN_A_LINK = re.compile(rb'"(?:next|previous)"\s*:\s*"(?:[^"\\]|\\.)*"')
CREDENTIAL = re.compile(rb'((?:access_token|appsecret_proof)(?:=|%3D))(?!\[redacted\])[^&"\\]+')


@dataclass(frozen=True, slots=True)
class Row:
    """A record that is only counted."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """Where the next page starts."""

    after: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """`next` is there as long as there is a next page, even after a short or empty one."""

    cursors: Cursors = field(default_factory=Cursors)
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list."""

    data: list[Row]
    paging: Paging = field(default_factory=Paging)


@dataclass(frozen=True, slots=True)
class Account:
    """The account, of which the zone must be known."""

    id: str
    timezone_name: str | None = None


class Meta(Connector):
    """Meta Marketing API, read with a system user's token that has `ads_read`.

    Docs: https://developers.facebook.com/docs/marketing-api/insights
    """

    name = "meta"
    title = "Meta Ads"
    api_version = "v26.0"
    default_base_url = "https://graph.facebook.com"
    limits = (Limit(200, 3600.0),)
    settings = (
        Setting("access_token", "META_ACCESS_TOKEN", "System user token with ads_read.", secret=True, required=True),
        Setting("ad_account_id", "META_AD_ACCOUNT_ID", "Digits; several, separated by commas.", required=True),
        Setting("app_secret", "META_APP_SECRET", "Where the app requires a proof with each call.", secret=True),
        Setting("base_url", "META_BASE_URL", "Another address, for proxies and tests.", address=True),
    )

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        told = self.values.get("ad_account_id", "").split(",")
        self._accounts = tuple(_account(one.strip()) for one in told if one.strip())
        token, secret = self.values.get("access_token", ""), self.values.get("app_secret")
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest() if secret else None
        self._proof = {"appsecret_proof": proof} if proof else {}

    def accounts(self) -> tuple[str, ...]:
        return self._accounts

    def auth(self, api: "Api") -> "httpx.Auth":
        from growthos.connectors.wire.auth import GivenToken

        for proof in self._proof.values():
            api.secrets.learn(proof)
        return GivenToken(self.values.get("access_token", ""))

    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        return judge(status, headers, body)

    def rest(self, headers: "httpx.Headers") -> float:
        return resting(headers)

    @stream("snapshot")
    def account(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """The ad account: its currency and its time zone, in which all its days are."""
        path, params = f"/{self.api_version}/act_{account}", {"fields": ACCOUNT_FIELDS}
        answer = api.get(
            path,
            params | self._proof,
            operation="account",
            envelope=Account,
            records=lambda said: 1,  # noqa: ARG005
        )
        yield _page("account", path, params, api, answer, 1, time_zone=answer.said.timezone_name)

    @stream("snapshot")
    def campaigns(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every campaign, archived and deleted ones included."""
        params = {"fields": CAMPAIGN_FIELDS, "effective_status": json.dumps(CAMPAIGN_STATES)}
        yield from self._list(api, f"act_{account}/campaigns", "campaigns", params, CAMPAIGNS_PER_PAGE)

    @stream("report", widest=timedelta(days=31), overlap=timedelta(days=28), deep_overlap=timedelta(days=90))
    def campaign_insights(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per campaign and day with delivery: spend, clicks, and conversions as a list of actions."""
        asked = Period(window.first or date.min, window.last or date.max)
        days = kept(asked, api.clock.now().date())
        if days != asked:
            api.watch.notice("history_clamped", f"meta keeps daily results for 37 months; {account} starts later")
        waiting = [days] if days else []
        while waiting:
            days = waiting.pop(0)
            try:
                yield from self._list(
                    api, f"act_{account}/insights", "campaign_insights", insights(days), INSIGHTS_PER_PAGE
                )
            except ShrinkError:
                if (cut := halves(days)) is None:
                    raise
                waiting[:0] = cut

    def _list(self, api: "Api", edge: str, operation: str, params: Mapping[str, str], limit: int) -> Iterator[Page]:
        """Every page of an edge; smaller ones where Meta finds them too large."""
        path, after, trail = f"/{self.api_version}/{edge}", None, Trail(self.name, operation)
        while True:
            asked = dict(params) | {"limit": str(limit)} | ({"after": after} if after else {})
            try:
                answer = api.get(
                    path,
                    asked | self._proof,
                    operation=operation,
                    envelope=Listing,
                    records=lambda said: len(said.data),
                )
            except ShrinkError:
                if limit <= SMALLEST_PAGE:
                    raise
                limit = max(SMALLEST_PAGE, limit // 2)
                continue
            yield _page(operation, path, asked, api, answer, len(answer.said.data))
            paging = answer.said.paging
            if not paging.next:
                return
            after = trail.step(paging.cursors.after or _after(paging.next), answer.body, len(answer.said.data))


def insights(days: Period) -> dict[str, str]:
    """The parameters of the daily report; lists and objects are JSON text, both ends of the range are included."""
    states = [{"field": "campaign.effective_status", "operator": "IN", "value": CAMPAIGN_STATES}]
    return {
        "level": "campaign",
        "time_increment": "1",
        "time_range": json.dumps({"since": days.first.isoformat(), "until": days.last.isoformat()}),
        "fields": INSIGHT_FIELDS,
        "action_attribution_windows": json.dumps(["1d_click", "7d_click", "1d_view"]),
        "action_report_time": "mixed",
        "use_unified_attribution_setting": "true",
        "filtering": json.dumps(states),
    }


def _page(
    name: str,
    path: str,
    params: Mapping[str, str],
    api: "Api",
    answer: "Answer[Account] | Answer[Listing]",
    records: int,
    *,
    time_zone: str | None = None,
) -> Page:
    body, cuts = _without_credentials(api, answer.body)
    return Page(
        stream=name,
        body=body,
        request=f"GET {path} {json.dumps(dict(params))}",
        status=answer.status,
        records=records,
        time_zone=time_zone,
        redactions=cuts,
    )


def _without_credentials(api: "Api", body: bytes) -> tuple[bytes, int]:
    """The body without the token that Meta writes into the links to other pages."""
    body, cuts = api.secrets.body(body)

    def cut(link: re.Match[bytes]) -> bytes:
        nonlocal cuts
        text, count = CREDENTIAL.subn(rb"\1[redacted]", link[0])
        cuts += count
        return text

    return IN_A_LINK.sub(cut, body), cuts


def _after(link: str) -> str | None:
    """The cursor that only the link names."""
    return next(iter(parse_qs(urlsplit(link).query).get("after", ())), None)


def _account(text: str) -> str:
    digits = text.removeprefix("act_")
    if not digits.isascii() or not digits.isdigit():
        raise SettingsError(f"META_AD_ACCOUNT_ID is not an ad account: {text!r}.", hint="It has digits: act_1234567.")
    return digits
