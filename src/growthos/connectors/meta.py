"""Meta Ads, by the Marketing API: the account, its campaigns, ad sets and ads, and their results by day."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from growthos.connectors.base import Connector, stream
from growthos.connectors.days import kept
from growthos.connectors.meta_pages import Graph, PageSize
from growthos.connectors.meta_reading import read
from growthos.connectors.meta_reports import (
    ACCOUNT_INSIGHTS,
    AD_INSIGHTS,
    AD_STATES,
    ADSET_STATES,
    CAMPAIGN_INSIGHTS,
    CAMPAIGN_STATES,
    Report,
)
from growthos.connectors.meta_words import judge, resting
from growthos.connectors.refusals import of_another
from growthos.connectors.terms import Finding, Judgement, Limit, Page, Setting, Window
from growthos.errors import SettingsError
from growthos.period import Period
from growthos.redact import glimpse

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api

ACCOUNT_FIELDS = "id,account_id,name,currency,timezone_name"
CAMPAIGN_FIELDS = "id,account_id,name,objective,status,effective_status"
ADSET_FIELDS = "id,account_id,campaign_id,name,status,effective_status"
AD_FIELDS = "id,account_id,campaign_id,adset_id,name,status,effective_status,creative{object_type}"
ENTITIES_PER_PAGE = 200
MONTH, FROZEN, QUARTER = timedelta(days=31), timedelta(days=28), timedelta(days=90)
"""The widest range of one request; for how long results still move; how far back they are read once a week."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account, of which the zone must be known, and that it is the one."""

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
        Setting(
            "access_token",
            "META_ACCESS_TOKEN",
            "System user token with ads_read.",
            secret=True,
            required=True,
            where="Business Settings: Users, System users, Generate token.",
        ),
        Setting(
            "ad_account_id",
            "META_AD_ACCOUNT_ID",
            "Digits; several, separated by commas.",
            required=True,
            where="Business Settings: Accounts, Ad accounts.",
        ),
        Setting(
            "app_secret",
            "META_APP_SECRET",
            "Where the app requires a proof with each call.",
            secret=True,
            where="App Dashboard: App settings, Basic.",
        ),
        Setting("base_url", "META_BASE_URL", "Another address, for proxies and tests.", address=True),
    )

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        told = self.values.get("ad_account_id", "").split(",")
        self._accounts = tuple(_account(one.strip()) for one in told if one.strip())
        token, secret = self.values.get("access_token", ""), self.values.get("app_secret")
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest() if secret else None
        self._proof = {"appsecret_proof": proof} if proof else {}
        self._told = set[str]()
        self._heavy = set[tuple[str, str]]()

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

    def examine(self, api: "Api") -> Iterator[Finding]:
        from growthos.connectors.meta_look import look

        return look(self._graph(api), self.accounts(), "META_ACCESS_TOKEN")

    @stream("snapshot")
    def account(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """The ad account: its currency and its time zone, in which all its days are."""
        graph, edge, params = self._graph(api), f"act_{account}", {"fields": ACCOUNT_FIELDS}
        answer = graph.get(edge, params, "account", Account)
        if answer.said.id != edge:
            raise of_another(self.name, edge, answer.said.id)
        yield graph.page("account", edge, params, answer, 1, time_zone=answer.said.timezone_name)
        graph.tell_quota()

    @stream("snapshot")
    def campaigns(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every campaign, archived and deleted ones included."""
        return self._entities(api, account, "campaigns", CAMPAIGN_FIELDS, CAMPAIGN_STATES)

    @stream("report", widest=MONTH, overlap=FROZEN, deep_overlap=QUARTER)
    def campaign_insights(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per campaign and day with delivery: spend, clicks, and conversions as a list of actions."""
        return self._report(api, account, CAMPAIGN_INSIGHTS, window)

    @stream("report", widest=MONTH, overlap=FROZEN, deep_overlap=QUARTER, detail=True)
    def account_insights(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per day for the account as a whole, what cannot be listed included: the total to check against."""
        return self._report(api, account, ACCOUNT_INSIGHTS, window)

    @stream("snapshot", detail=True)
    def adsets(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every ad set, archived and deleted ones included."""
        return self._entities(api, account, "adsets", ADSET_FIELDS, ADSET_STATES)

    @stream("snapshot", detail=True)
    def ads(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every ad, archived and deleted ones included."""
        return self._entities(api, account, "ads", AD_FIELDS, AD_STATES)

    @stream("report", widest=MONTH, overlap=FROZEN, deep_overlap=QUARTER, detail=True)
    def ad_insights(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per ad and day with delivery: spend, clicks, and conversions as a list of actions."""
        return self._report(api, account, AD_INSIGHTS, window)

    def _graph(self, api: "Api") -> Graph:
        return Graph(api, self.api_version, self._proof, self._told)

    def _entities(self, api: "Api", account: str, edge: str, fields: str, states: tuple[str, ...]) -> Iterator[Page]:
        """A list of entities: Meta leaves archived and deleted ones out unless they are asked for."""
        params = {"fields": fields, "effective_status": json.dumps(states)}
        graph, size = self._graph(api), PageSize(ENTITIES_PER_PAGE, ENTITIES_PER_PAGE)
        yield from graph.pages(f"act_{account}/{edge}", edge, params, size)
        graph.tell_quota()

    def _report(self, api: "Api", account: str, report: Report, window: Window) -> Iterator[Page]:
        """The days of a report that Meta still has."""
        asked = Period(window.first or date.min, window.last or date.max)
        days = kept(asked, api.clock.now().date())
        graph = self._graph(api)
        if days != asked:
            graph.tell("history_clamped", f"keeps daily results for 37 months; {account} starts later")
        if days:
            yield from read(graph, account, report, days, self._heavy)
            graph.tell_quota()


def _account(text: str) -> str:
    digits = text.removeprefix("act_")
    if not digits.isascii() or not digits.isdigit():
        raise SettingsError(
            f"META_AD_ACCOUNT_ID is not an ad account: {glimpse(text)}.", hint="It has digits: act_1234567."
        )
    return digits
