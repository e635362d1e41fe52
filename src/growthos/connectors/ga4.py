"""Google Analytics 4, by the Data API: sessions and the funnel by day and origin, each day's own totals, its events."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from growthos.connectors import ga4_words, google_auth
from growthos.connectors.base import Connector, stream
from growthos.connectors.days import halves
from growthos.connectors.ga4_answers import Quota, Told
from growthos.connectors.ga4_quota import resting, share
from growthos.connectors.ga4_reports import EVENTS, TOTALS, TRAFFIC, Report
from growthos.connectors.refusals import DeniedError, ShrinkError
from growthos.connectors.terms import Finding, Judgement, Limit, Page, Setting, Window
from growthos.connectors.trail import Trail
from growthos.errors import RefusedError, SettingsError, UnavailableError
from growthos.period import Period
from growthos.redact import glimpse

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api
    from growthos.connectors.asking import Answer

SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
RESTARTS = 3
WIDEST, OVERLAP, DEEP = timedelta(days=31), timedelta(days=12), timedelta(days=14)


class Ga4(Connector):
    """Google Analytics 4: sessions, item views, carts, checkouts and purchases by channel group, source and medium.

    Docs: https://developers.google.com/analytics/devguides/reporting/data/v1
    """

    name = "ga4"
    title = "Google Analytics 4"
    api_version = "v1beta"
    default_base_url = "https://analyticsdata.googleapis.com"
    scopes = (SCOPE,)
    limits = (Limit(10, 60.0),)
    # A property that has caused ten server errors in an hour is locked.
    tries_after_server_error = 3
    server_errors = Limit(6, ga4_words.HOUR)
    settings = (
        Setting(
            "property_id",
            "GA4_PROPERTY_ID",
            "The property's number, not its G-… id.",
            required=True,
            where="Google Analytics: Admin, Property details.",
        ),
        *google_auth.own("GA4"),
        Setting("base_url", "GA4_BASE_URL", "Another address, for proxies and tests.", address=True),
        *google_auth.SHARED,
    )
    ways = google_auth.WAYS

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        told = self.values.get("property_id", "").split(",")
        self._accounts = tuple(_property(one.strip()) for one in told if one.strip())
        self._quotas: dict[str, Mapping[str, Quota]] = {}
        self._noticed: set[tuple[str, str]] = set()

    @classmethod
    def missing(cls, values: Mapping[str, str]) -> tuple[str, ...]:
        return google_auth.missing(cls, values, "property_id")

    def accounts(self) -> tuple[str, ...]:
        return self._accounts

    def auth(self, api: "Api") -> "httpx.Auth":
        return google_auth.credentials(api, SCOPE)

    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        return ga4_words.judge(status, headers, body)

    @stream("report", widest=WIDEST, overlap=OVERLAP, deep_overlap=DEEP)
    def traffic(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per day, default channel group, source and medium: sessions, users and the funnel's events."""
        return self._read(api, account, TRAFFIC, window)

    @stream("report", widest=WIDEST, overlap=OVERLAP, deep_overlap=DEEP, detail=True)
    def totals(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per day: sessions, users, purchases and their revenue, as GA4 counts the day as a whole."""
        return self._read(api, account, TOTALS, window)

    @stream("report", widest=WIDEST, overlap=OVERLAP, deep_overlap=DEEP, detail=True)
    def events(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per day and event by its name: how often, by how many users, how often as a key event."""
        return self._read(api, account, EVENTS, window)

    def examine(self, api: "Api") -> Iterator[Finding]:
        """One small report of each property: whether we are let in, its zone, currency, quotas and Google's notes.

        A property that is refused keeps no other from being looked at.
        """
        yesterday = api.clock.now().date() - timedelta(days=1)
        for account in self._accounts:
            try:
                told = self._ask(api, account, TOTALS, Period(yesterday, yesterday), 0).said
            except (DeniedError, RefusedError) as error:
                yield Finding("access", "error", error.message, error.hint, account)
                continue
            yield Finding("credentials", "ok", "accepted", account=account)
            if told.metadata.time_zone:
                yield Finding("time zone", "ok", told.metadata.time_zone, account=account)
            if told.metadata.currency_code:
                yield Finding("currency", "ok", told.metadata.currency_code, account=account)
            yield from share(told.property_quota, account)
            if flags := told.metadata.flags:
                yield Finding("report", "warning", f"yesterday is {', '.join(flags)}", account=account)
            for _, message in told.metadata.notices(account):
                yield Finding("report", "warning", message, account=account)

    def _read(self, api: "Api", account: str, report: Report, window: Window) -> Iterator[Page]:
        """The pages of a unit; what is left of the quotas is told once, whatever comes of it."""
        if window.first is None or window.last is None:
            raise ValueError(f"{report.name} are read by days")
        try:
            yield from self._pages(api, account, report, Period(window.first, window.last))
        finally:
            if left := self._quotas.get(account):
                api.watch.quota({name: one.remaining for name, one in left.items()})

    def _pages(self, api: "Api", account: str, report: Report, period: Period) -> Iterator[Page]:
        """A report of all days at once; in halves where that is too much, day by day where Google keeps rows back."""
        waiting = [period]
        while waiting:
            days = waiting.pop(0)
            try:
                pages = self._whole(api, account, report, days)
            except ShrinkError:
                if (cut := halves(days)) is None:
                    raise
                waiting[:0] = cut
                continue
            if pages is None:
                waiting[:0] = days.chunks(1)
            else:
                yield from pages

    def _whole(self, api: "Api", account: str, report: Report, days: Period) -> list[Page] | None:
        """All pages of a report; None where it is more than a day and Google says that rows are missing."""
        for _ in range(RESTARTS):
            pages: list[Page] = []
            trail = Trail(self.name, report.name)
            rows = total = 0
            while True:
                answer = self._ask(api, account, report, days, rows)
                told = answer.said
                if told.metadata.lossy and len(days) > 1:
                    return None
                if pages and told.row_count != total:
                    break
                total = told.row_count
                pages.append(self._page(account, report, days, rows, answer))
                rows += len(told.rows)
                trail.step(str(rows), answer.body.partition(b'"propertyQuota"')[0], len(told.rows))
                if rows == total:
                    return pages
                if rows > total:
                    break
        raise UnavailableError(
            self.name,
            f"ga4 changes {report.name} of {account} while it is read, three times over.",
            hint="Its numbers are not at rest. What was read is kept; run the sync again in an hour.",
        )

    def _ask(self, api: "Api", account: str, report: Report, days: Period, offset: int) -> "Answer[Told]":
        """One page of a report, unless it would use up a quota: a property whose quota is used up is locked."""
        self._rest(api, account)
        answer = api.post(
            self._path(account),
            report.page(days, offset),
            operation=report.name,
            envelope=Told,
            records=lambda said: len(said.rows),
        )
        self._quotas[account] = answer.said.property_quota
        for code, message in answer.said.metadata.notices(account):
            if (account, code) not in self._noticed:
                self._noticed.add((account, code))
                api.watch.notice(code, message)
        return answer

    def _rest(self, api: "Api", account: str) -> None:
        """Wait until the quotas that the last request left too little of are whole again, where patience allows."""
        seconds, name = resting(self._quotas.get(account, {}), api.clock.now())
        if seconds:
            api.rest(seconds, f"the quota {name} of property {account} is nearly used up")
            del self._quotas[account]

    def _path(self, account: str) -> str:
        return f"/{self.api_version}/properties/{account}:runReport"

    def _page(self, account: str, report: Report, days: Period, offset: int, answer: "Answer[Told]") -> Page:
        return Page(
            stream=report.name,
            body=answer.body,
            # Staging reads from here which days a page without rows is about.
            request=f"POST {self._path(account)} startDate {days.first} endDate {days.last} offset {offset}",
            status=answer.status,
            records=len(answer.said.rows),
            time_zone=answer.said.metadata.time_zone,
        )


def _property(text: str) -> str:
    digits = text.removeprefix("properties/")
    if not digits.isascii() or not digits.isdigit():
        raise SettingsError(
            f"GA4_PROPERTY_ID is not a property's number: {glimpse(text)}.",
            hint="It stands under Admin, Property details, in GA4; the G-… id belongs to a data stream.",
        )
    return digits
