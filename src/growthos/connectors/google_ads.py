"""Google Ads, by the REST API: the customer, its campaigns and conversion actions, and results by day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

from growthos.connectors import google_auth
from growthos.connectors.base import Connector, stream
from growthos.connectors.camel import Camel
from growthos.connectors.days import halves, kept
from growthos.connectors.google_words import refusal
from growthos.connectors.refusals import ShrinkError
from growthos.connectors.terms import Judgement, Limit, Page, Setting, Verdict, Window
from growthos.connectors.verdicts import by_status, without_error
from growthos.errors import RefusedError, SettingsError
from growthos.period import Period

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api
    from growthos.connectors.asking import Answer

SCOPE = "https://www.googleapis.com/auth/adwords"
CUSTOMER_DIGITS = 10

# POST /v26/customers/<customer>/googleAds:searchStream {"query": "…"}
CUSTOMER = (
    "SELECT customer.id, customer.descriptive_name, customer.currency_code, customer.time_zone, customer.manager,"
    " customer.status FROM customer LIMIT 1"
)
CAMPAIGNS = (
    "SELECT customer.id, campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type"
    " FROM campaign ORDER BY campaign.id"
)
CONVERSION_ACTIONS = (
    "SELECT conversion_action.id, conversion_action.name, conversion_action.primary_for_goal,"
    " conversion_action.click_through_lookback_window_days, conversion_action.view_through_lookback_window_days"
    " FROM conversion_action WHERE conversion_action.status = 'ENABLED'"
)
CAMPAIGN_METRICS = (
    "SELECT segments.date, customer.id, customer.currency_code, campaign.id, campaign.name, campaign.status,"
    " campaign.advertising_channel_type, metrics.impressions, metrics.clicks, metrics.cost_micros,"
    " metrics.conversions, metrics.conversions_value"
    " FROM campaign WHERE segments.date BETWEEN '{first}' AND '{last}' ORDER BY segments.date, campaign.id"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is only counted."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of an answer, of which the rows are counted."""

    results: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Customer(Camel):
    """What must be known of the account itself."""

    time_zone: str | None = None
    manager: bool = False


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A row about the account."""

    customer: Customer


@dataclass(frozen=True, slots=True)
class CustomerChunk:
    """A chunk of the account's answer."""

    results: list[CustomerRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Action(Camel):
    """How long one kind of conversion is credited to a click."""

    primary_for_goal: bool = False
    click_through_lookback_window_days: int = 0


@dataclass(frozen=True, slots=True)
class ActionRow(Camel):
    """A row about a conversion action."""

    conversion_action: Action


@dataclass(frozen=True, slots=True)
class ActionChunk:
    """A chunk of the conversion actions' answer."""

    results: list[ActionRow] = field(default_factory=list)


C = TypeVar("C", Chunk, CustomerChunk, ActionChunk)


class GoogleAds(Connector):
    """Google Ads API: what each campaign cost and brought, day by day.

    Access belongs to the Google Cloud project of the OAuth client or service account; a developer token is no longer
    needed and only sent where one is set.

    Docs: https://developers.google.com/google-ads/api/rest/overview
    """

    name = "google_ads"
    title = "Google Ads"
    api_version = "v26"
    default_base_url = "https://googleads.googleapis.com"
    limits = (Limit(15_000, 86_400.0),)
    settings = (
        Setting("customer_id", "GOOGLE_ADS_CUSTOMER_ID", "Ten digits; several, separated by commas.", required=True),
        Setting("login_customer_id", "GOOGLE_ADS_LOGIN_CUSTOMER_ID", "The manager account that access comes through."),
        *google_auth.own("GOOGLE_ADS"),
        Setting("developer_token", "GOOGLE_ADS_DEVELOPER_TOKEN", "Not needed since 2026-09-09.", secret=True),
        Setting("base_url", "GOOGLE_ADS_BASE_URL", "Another address, for proxies and tests.", address=True),
        *google_auth.SHARED,
    )

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._accounts = tuple(
            _customer(one, "GOOGLE_ADS_CUSTOMER_ID") for one in self.values.get("customer_id", "").split(",") if one
        )
        login = self.values.get("login_customer_id")
        self._headers = {"login-customer-id": _customer(login, "GOOGLE_ADS_LOGIN_CUSTOMER_ID")} if login else {}
        if token := self.values.get("developer_token"):
            self._headers["developer-token"] = token

    @classmethod
    def missing(cls, values: Mapping[str, str]) -> tuple[str, ...]:
        return google_auth.missing(cls, values, "customer_id")

    def accounts(self) -> tuple[str, ...]:
        return self._accounts

    def counted_by(self) -> str:
        """The Cloud project, which the client or the service account belongs to."""
        return self.values.get("client_id") or self.values.get("application_credentials") or super().counted_by()

    def auth(self, api: "Api") -> "httpx.Auth":
        return google_auth.credentials(api, SCOPE)

    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        said = refusal(body)
        if said is None:
            return without_error(status, headers, body, opens=b"[", whose="Google")
        return _meaning(set(said.details), said.code or status, said.words, said.wait, headers)

    @stream("snapshot")
    def customer(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """The account: its currency and its time zone, in which all its days are."""
        answer = self._ask(api, account, "customer", CUSTOMER, CustomerChunk)
        told = [row.customer for chunk in answer.said for row in chunk.results]
        if any(one.manager for one in told):
            raise RefusedError(
                self.name,
                f"google_ads: {account} is a manager account, which has no results of its own.",
                hint="Set GOOGLE_ADS_CUSTOMER_ID to the accounts below it, and GOOGLE_ADS_LOGIN_CUSTOMER_ID to it.",
            )
        zone = next((one.time_zone for one in told if one.time_zone), None)
        yield self._page("customer", account, CUSTOMER, answer, time_zone=zone)

    @stream("snapshot")
    def campaigns(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every campaign, paused and removed ones included."""
        yield self._page("campaigns", account, CAMPAIGNS, self._ask(api, account, "campaigns", CAMPAIGNS, Chunk))

    @stream("snapshot")
    def conversion_actions(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """What counts as a conversion, and for how many days after a click one is still credited to it."""
        answer = self._ask(api, account, "conversion_actions", CONVERSION_ACTIONS, ActionChunk)
        actions = [row.conversion_action for chunk in answer.said for row in chunk.results]
        counting = [one for one in actions if one.primary_for_goal] or actions
        longest = max((one.click_through_lookback_window_days for one in counting), default=None)
        yield self._page("conversion_actions", account, CONVERSION_ACTIONS, answer, lookback_days=longest)

    @stream("report", widest=timedelta(days=92), overlap=timedelta(days=30), deep_overlap=timedelta(days=90))
    def campaign_metrics(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per campaign and day with impressions: cost, clicks and conversions."""
        asked = Period(window.first or date.min, window.last or date.max)
        days = kept(asked, api.clock.now().date())
        if days != asked:
            api.watch.notice("history_clamped", f"google_ads keeps daily results for 37 months; {account} starts later")
        waiting = [days] if days else []
        while waiting:
            days = waiting.pop(0)
            query = CAMPAIGN_METRICS.format(first=days.first.isoformat(), last=days.last.isoformat())
            try:
                answer = self._ask(api, account, "campaign_metrics", query, Chunk)
            except ShrinkError:
                if (cut := halves(days)) is None:
                    raise
                waiting[:0] = cut
                continue
            yield self._page("campaign_metrics", account, query, answer)

    def _path(self, account: str) -> str:
        return f"/{self.api_version}/customers/{account}/googleAds:searchStream"

    def _ask(self, api: "Api", account: str, operation: str, query: str, chunk: type[C]) -> "Answer[list[C]]":
        return api.post(
            self._path(account),
            {"query": query},
            operation=operation,
            envelope=list[chunk],  # type: ignore[valid-type]
            records=lambda said: sum(len(one.results) for one in said),
            headers=self._headers,
            streamed=True,
        )

    def _page(
        self,
        name: str,
        account: str,
        query: str,
        answer: "Answer[list[C]]",
        *,
        time_zone: str | None = None,
        lookback_days: int | None = None,
    ) -> Page:
        return Page(
            stream=name,
            body=answer.body,
            request=f"POST {self._path(account)} {query}",
            status=answer.status,
            records=sum(len(chunk.results) for chunk in answer.said),
            time_zone=time_zone,
            lookback_days=lookback_days,
        )


def _customer(text: str, env: str) -> str:
    digits = text.replace("-", "").strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) != CUSTOMER_DIGITS:
        raise SettingsError(f"{env} is not a customer id: {text.strip()!r}.", hint="It has ten digits: 123-456-7890.")
    return digits


def _meaning(codes: set[str], status: int, words: str, wait: float | None, headers: "Mapping[str, str]") -> Judgement:
    """Google Ads' own words first, then HTTP's."""
    if codes & {"RESOURCE_TEMPORARILY_EXHAUSTED", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION"}:
        return Judgement(Verdict.THROTTLED, words, wait)
    if codes & {"RESOURCE_EXHAUSTED", "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION"}:
        return Judgement(Verdict.QUOTA, words, wait)
    if codes & {"INTERNAL_ERROR", "TRANSIENT_ERROR"}:
        return Judgement(Verdict.TRANSIENT, words, wait)
    if codes & {"USER_PERMISSION_DENIED", "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION"}:
        return Judgement(Verdict.PERMISSION, words, hint=LOGIN_HINT)
    if codes & {"CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", "DEVELOPER_TOKEN_NOT_APPROVED", "PROJECT_DISABLED"}:
        return Judgement(Verdict.PERMISSION, words, hint=PROJECT_HINT)
    plain = by_status(status, headers, words)
    return Judgement(plain.verdict, words or plain.message, wait if wait is not None else plain.wait)


LOGIN_HINT = (
    "Check GOOGLE_ADS_CUSTOMER_ID; where access comes through a manager account,"
    " set GOOGLE_ADS_LOGIN_CUSTOMER_ID to it."
)
PROJECT_HINT = (
    "Access belongs to the Google Cloud project of your OAuth client (GOOGLE_ADS_CLIENT_ID):"
    " apply for Basic access there."
)
