"""Google Ads, by the REST API: the customer, what it advertises with, and results by day."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

from growthos.connectors import google_auth
from growthos.connectors.base import Connector, Read, Stream, stream
from growthos.connectors.days import halves, kept
from growthos.connectors.google_ads_queries import (
    AD_METRICS,
    ADS,
    CAMPAIGN_METRICS,
    CAMPAIGNS,
    CLIENTS,
    CONVERSION_ACTIONS,
    CUSTOMER,
    CUSTOMER_METRICS,
    KEYWORD_METRICS,
    KEYWORDS,
    ActionChunk,
    Chunk,
    Client,
    ClientChunk,
    Customer,
    CustomerChunk,
)
from growthos.connectors.google_ads_words import for_less, meaning, nowhere
from growthos.connectors.google_words import refusal
from growthos.connectors.refusals import ShrinkError, SkippedError, of_another
from growthos.connectors.terms import Finding, Judgement, Limit, Page, Setting, Window
from growthos.connectors.verdicts import NOT_FOUND, without_error
from growthos.errors import RefusedError, SettingsError
from growthos.period import Period
from growthos.redact import glimpse

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api
    from growthos.connectors.asking import Answer

SCOPE = "https://www.googleapis.com/auth/adwords"
CUSTOMER_DIGITS = 10
LOGIN = "login-customer-id"

C = TypeVar("C", Chunk, CustomerChunk, ClientChunk, ActionChunk)


def _by_day(*, detail: bool = False) -> Callable[[Read], Stream]:
    """Declare a stream of results by day, which are credited later as conversions come in."""
    month, season = timedelta(days=30), timedelta(days=90)
    return stream("report", widest=timedelta(days=92), overlap=month, deep_overlap=season, detail=detail)


class GoogleAds(Connector):
    """Google Ads API: what each campaign, ad and keyword cost and brought, day by day.

    Access belongs to the Google Cloud project of the OAuth client or service account; a developer token is no longer
    needed and only sent where one is set.

    Docs: https://developers.google.com/google-ads/api/rest/overview
    """

    name = "google_ads"
    title = "Google Ads"
    api_version = "v26"
    default_base_url = "https://googleads.googleapis.com"
    scopes = (SCOPE,)
    limits = (Limit(15_000, 86_400.0),)
    sunset = date(2027, 10, 1)
    settings = (
        Setting(
            "customer_id",
            "GOOGLE_ADS_CUSTOMER_ID",
            "Ten digits; several, separated by commas. A manager account stands for those below it.",
            required=True,
            where="Google Ads: at the top of each page, 123-456-7890.",
        ),
        Setting(
            "login_customer_id",
            "GOOGLE_ADS_LOGIN_CUSTOMER_ID",
            "The manager account that access comes through, unless GOOGLE_ADS_CUSTOMER_ID is one.",
            where="Google Ads: at the top of the manager account's pages.",
        ),
        *google_auth.own("GOOGLE_ADS"),
        Setting(
            "developer_token",
            "GOOGLE_ADS_DEVELOPER_TOKEN",
            "Not needed since 2026-09-09.",
            secret=True,
            where="Google Ads: the manager account's API Center.",
        ),
        Setting("base_url", "GOOGLE_ADS_BASE_URL", "Another address, for proxies and tests.", address=True),
        *google_auth.SHARED,
    )
    ways = google_auth.WAYS

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        given = (one for one in self.values.get("customer_id", "").split(",") if one)
        self._accounts = tuple(dict.fromkeys(_customer(one, "GOOGLE_ADS_CUSTOMER_ID") for one in given))
        login = self.values.get("login_customer_id")
        self._headers = {LOGIN: _customer(login, "GOOGLE_ADS_LOGIN_CUSTOMER_ID")} if login else {}
        if token := self.values.get("developer_token"):
            self._headers["developer-token"] = token
        self._clamped = set[str]()
        self._described: dict[str, Answer[list[CustomerChunk]]] = {}
        self._clients: dict[str, list[Client]] = {}
        self._reached: dict[str, str] = {}
        self._through: dict[str, str] = {}

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
        if said is not None:
            return meaning(said, status, headers, self.api_version)
        if status == NOT_FOUND:
            return nowhere(self.api_version)
        return without_error(status, headers, body, opens=b"[", whose="Google")

    def _judge_range(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        """What an answer means where fewer days can be asked for."""
        said = refusal(body)
        return for_less(self.judge(status, headers, body), said.code if said else status)

    def reach(self, api: "Api", account: str) -> tuple[str, ...]:
        """The account itself, or the accounts below it where it is a manager; each one once, whoever names it."""
        if self._reached.get(account, account) != account:
            return ()
        found = [account]
        try:
            if self.described(api, account).manager:
                found = self._enabled(api, account)
        except SkippedError as skipped:
            api.watch.notice("account_skipped", skipped.message)
            return ()
        return tuple(one for one in found if self._reached.setdefault(one, account) == account)

    def described(self, api: "Api", account: str) -> Customer:
        """What an account says of itself. The answer is kept for the account's stream, so that it is asked for once."""
        if account not in self._described:
            self._described[account] = self._ask(api, account, "customer", CUSTOMER, CustomerChunk)
        found = self._described[account].said
        customer = next((row.customer for chunk in found for row in chunk.results), Customer())
        if customer.id is not None and str(customer.id) != account:
            raise of_another(self.name, account, str(customer.id))
        return customer

    def clients(self, api: "Api", manager: str) -> list[Client]:
        """The accounts with results of their own below a manager, at any depth, closed ones included."""
        if manager not in self._clients:
            self._through.setdefault(manager, manager)
            answer = self._ask(api, manager, "customer_client", CLIENTS, ClientChunk)
            found = (row.customer_client for chunk in answer.said for row in chunk.results)
            self._clients[manager] = sorted((one for one in found if not one.manager), key=lambda one: one.id)
        for one in self._clients[manager]:
            self._through.setdefault(str(one.id), manager)
        return self._clients[manager]

    def way(self, account: str) -> str | None:
        """The manager account that access comes through, None where it is our own."""
        return self._headers.get(LOGIN) or self._through.get(account)

    def _enabled(self, api: "Api", manager: str) -> list[str]:
        """The accounts to read below a manager; those that are closed are told of."""
        clients = self.clients(api, manager)
        if closed := [str(one) for one in clients if not one.enabled]:
            api.watch.notice("account_skipped", f"google_ads: not read below {manager}: {', '.join(closed)}")
        if enabled := [str(one.id) for one in clients if one.enabled]:
            return enabled
        raise RefusedError(
            self.name,
            f"google_ads: {manager} is a manager account, and no enabled account is below it.",
            hint="Set GOOGLE_ADS_CUSTOMER_ID to the account that advertises.",
        )

    def examine(self, api: "Api") -> Iterator[Finding]:
        from growthos.connectors.google_ads_look import look

        return look(self, api)

    @stream("snapshot")
    def customer(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """The account: its currency and its time zone, in which all its days are."""
        zone = self.described(api, account).time_zone
        yield self._page("customer", account, CUSTOMER, self._described.pop(account), time_zone=zone)

    @stream("snapshot")
    def campaigns(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every campaign, paused and removed ones included."""
        yield self._whole(api, account, "campaigns", CAMPAIGNS)

    @stream("snapshot")
    def conversion_actions(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """What counts as a conversion, and for how many days after a click one is still credited to it."""
        answer = self._ask(api, account, "conversion_actions", CONVERSION_ACTIONS, ActionChunk)
        actions = [row.conversion_action for chunk in answer.said for row in chunk.results]
        counting = [one for one in actions if one.primary_for_goal] or actions
        longest = max((one.click_through_lookback_window_days or 0 for one in counting), default=None)
        yield self._page("conversion_actions", account, CONVERSION_ACTIONS, answer, lookback_days=longest)

    @_by_day()
    def campaign_metrics(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per campaign and day with impressions: cost, clicks and conversions."""
        yield from self._days(api, account, "campaign_metrics", CAMPAIGN_METRICS, window)

    @_by_day(detail=True)
    def customer_metrics(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per day: what Google says of the account as a whole, to hold the campaigns against."""
        yield from self._days(api, account, "customer_metrics", CUSTOMER_METRICS, window)

    @stream("snapshot", detail=True)
    def ads(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every ad with its ad group, paused and removed ones included. Performance Max has none."""
        yield self._whole(api, account, "ads", ADS)

    @stream("snapshot", detail=True)
    def keywords(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """Every keyword that is bid on; those that keep ads away are none."""
        yield self._whole(api, account, "keywords", KEYWORDS)

    @_by_day(detail=True)
    def ad_metrics(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per ad and day with impressions. Their sum is less than the campaigns', as not all have ads."""
        yield from self._days(api, account, "ad_metrics", AD_METRICS, window)

    @_by_day(detail=True)
    def keyword_metrics(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per keyword and day with impressions; a criterion's id is its own only within its ad group."""
        yield from self._days(api, account, "keyword_metrics", KEYWORD_METRICS, window)

    def _whole(self, api: "Api", account: str, name: str, query: str) -> Page:
        return self._page(name, account, query, self._ask(api, account, name, query, Chunk))

    def _days(self, api: "Api", account: str, name: str, asked_for: str, window: Window) -> Iterator[Page]:
        """A range of days, in the parts that Google answers."""
        asked = Period(window.first or date.min, window.last or date.max)
        days = kept(asked, api.clock.now().date())
        if days != asked and account not in self._clamped:
            self._clamped.add(account)
            api.watch.notice("history_clamped", f"google_ads keeps daily results for 37 months; {account} starts later")
        waiting = [days] if days else []
        while waiting:
            days = waiting.pop(0)
            query = asked_for.format(first=days.first.isoformat(), last=days.last.isoformat())
            try:
                answer = self._ask(api, account, name, query, Chunk, less=len(days) > 1)
            except ShrinkError:
                if (cut := halves(days)) is None:
                    raise
                waiting[:0] = cut
                continue
            yield self._page(name, account, query, answer)

    def _path(self, account: str) -> str:
        return f"/{self.api_version}/customers/{account}/googleAds:searchStream"

    def _ask(
        self, api: "Api", account: str, operation: str, query: str, chunk: type[C], *, less: bool = False
    ) -> "Answer[list[C]]":
        """The answer to a query; `less` where the same could be asked in parts."""
        way = self.way(account)
        headers = {**self._headers, LOGIN: way} if way else self._headers
        try:
            return api.post(
                self._path(account),
                {"query": query},
                operation=f"{operation} of {account}",
                envelope=list[chunk],  # type: ignore[valid-type]
                records=lambda said: sum(len(one.results) for one in said),
                headers=headers,
                streamed=True,
                judge=self._judge_range if less else None,
            )
        except SkippedError as skipped:
            words = f"google_ads: account {account} is not enabled, so it is not read"
            raise SkippedError(self.name, words) from skipped

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
        raise SettingsError(
            f"{env} is not a customer id: {glimpse(text.strip())}.", hint="It has ten digits: 123-456-7890."
        )
    return digits
