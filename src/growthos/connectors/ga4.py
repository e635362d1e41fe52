"""Google Analytics 4, by the Data API: sessions and the funnel by day, channel group, source and medium."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from growthos.connectors import google_auth
from growthos.connectors.base import Connector, stream
from growthos.connectors.camel import Camel
from growthos.connectors.days import halves
from growthos.connectors.google_words import refusal
from growthos.connectors.refusals import ShrinkError
from growthos.connectors.terms import Judgement, Limit, Page, Setting, Verdict, Window
from growthos.connectors.trail import Trail
from growthos.connectors.verdicts import by_status, without_error
from growthos.errors import SettingsError, UnavailableError
from growthos.period import Period

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api
    from growthos.connectors.asking import Answer

SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
DIMENSIONS = ("date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium")
METRICS = (
    "sessions",
    "engagedSessions",
    "totalUsers",
    "newUsers",
    "itemViewEvents",
    "addToCarts",
    "checkouts",
    "ecommercePurchases",
    "purchaseRevenue",
)
LIMIT = 100_000
RESTARTS = 3
HOUR, DAY = 3600.0, 86_400.0
PACIFIC = "America/Los_Angeles"


# POST /v1beta/properties/<property>:runReport
def report(first: str, last: str, offset: int, limit: int = LIMIT) -> dict[str, object]:
    """The body of one page of the traffic report for the days `first` to `last`."""
    return {
        "dateRanges": [{"startDate": first, "endDate": last}],
        "dimensions": [{"name": name} for name in DIMENSIONS],
        "metrics": [{"name": name} for name in METRICS],
        "orderBys": [{"dimension": {"dimensionName": name}} for name in DIMENSIONS],
        "offset": str(offset),
        "limit": str(limit),
        "keepEmptyRows": False,
        "returnPropertyQuota": True,
    }


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is only counted."""


@dataclass(frozen=True, slots=True)
class Metadata(Camel):
    """Google's notes on a report: its zone, and whether the rows are all there."""

    time_zone: str | None = None
    data_loss_from_other_row: bool = False
    subject_to_thresholding: bool = False
    sampling_metadatas: list[Row] = field(default_factory=list)

    @property
    def lossy(self) -> bool:
        """Whether the rows are not the whole truth."""
        return self.data_loss_from_other_row or self.subject_to_thresholding or bool(self.sampling_metadatas)


@dataclass(frozen=True, slots=True)
class Report(Camel):
    """A page of a report; an empty one has neither rows nor a count."""

    rows: list[Row] = field(default_factory=list)
    row_count: int = 0
    metadata: Metadata = field(default_factory=Metadata)


class Ga4(Connector):
    """Google Analytics 4: sessions, item views, carts, checkouts and purchases by channel group, source and medium.

    Docs: https://developers.google.com/analytics/devguides/reporting/data/v1
    """

    name = "ga4"
    title = "Google Analytics 4"
    api_version = "v1beta"
    default_base_url = "https://analyticsdata.googleapis.com"
    limits = (Limit(10, 60.0),)
    # A property that has caused ten server errors in an hour is locked.
    tries_after_server_error = 3
    server_errors = Limit(6, HOUR)
    settings = (
        Setting("property_id", "GA4_PROPERTY_ID", "The property's number, not its G-… id.", required=True),
        *google_auth.own("GA4"),
        Setting("base_url", "GA4_BASE_URL", "Another address, for proxies and tests.", address=True),
        *google_auth.SHARED,
    )

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        told = self.values.get("property_id", "").split(",")
        self._accounts = tuple(_property(one.strip()) for one in told if one.strip())

    @classmethod
    def missing(cls, values: Mapping[str, str]) -> tuple[str, ...]:
        return google_auth.missing(cls, values, "property_id")

    def accounts(self) -> tuple[str, ...]:
        return self._accounts

    def auth(self, api: "Api") -> "httpx.Auth":
        return google_auth.credentials(api, SCOPE)

    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        said = refusal(body)
        if said is None:
            return without_error(status, headers, body, opens=b"{", whose="Google")
        plain = by_status(said.code or status, headers, said.words)
        lower = said.words.lower()
        if "server errors" in lower:
            return Judgement(Verdict.QUOTA, said.words, HOUR)
        if plain.verdict is Verdict.THROTTLED and "per day" in lower:
            return Judgement(Verdict.QUOTA, said.words, said.wait or _to_midnight(headers))
        if plain.verdict is Verdict.THROTTLED and "per hour" in lower:
            return Judgement(Verdict.QUOTA, said.words, said.wait or plain.wait or HOUR)
        return Judgement(plain.verdict, said.words, said.wait if said.wait is not None else plain.wait)

    @stream("report", widest=timedelta(days=31), overlap=timedelta(days=12), deep_overlap=timedelta(days=14))
    def traffic(self, api: "Api", account: str, window: Window) -> Iterator[Page]:
        """One row per day, default channel group, source and medium: sessions, users and the funnel's events."""
        waiting = [Period(window.first or date.min, window.last or date.max)]
        while waiting:
            days = waiting.pop(0)
            try:
                pages = self._whole(api, account, days)
            except ShrinkError:
                if (cut := halves(days)) is None:
                    raise
                waiting[:0] = cut
                continue
            if pages is None:
                waiting[:0] = days.chunks(1)
            else:
                yield from pages

    def _whole(self, api: "Api", account: str, days: Period) -> list[Page] | None:
        """All pages of a report; None where it is more than a day and Google says that rows are missing."""
        for _ in range(RESTARTS):
            pages: list[Page] = []
            trail = Trail(self.name, "traffic")
            rows = total = 0
            while True:
                asked = report(days.first.isoformat(), days.last.isoformat(), rows)
                answer = self._ask(api, account, asked)
                told = answer.said
                if told.metadata.lossy and len(days) > 1:
                    return None
                if pages and told.row_count != total:
                    break
                total = told.row_count
                pages.append(self._page(account, asked, answer))
                rows += len(told.rows)
                trail.step(str(rows), answer.body.partition(b'"propertyQuota"')[0], len(told.rows))
                if rows == total:
                    return pages
                if rows > total:
                    break
        raise UnavailableError(self.name, "ga4 changes the report while it is read, three times over.")

    def _path(self, account: str) -> str:
        return f"/{self.api_version}/properties/{account}:runReport"

    def _ask(self, api: "Api", account: str, asked: Mapping[str, object]) -> "Answer[Report]":
        return api.post(
            self._path(account), asked, operation="traffic", envelope=Report, records=lambda said: len(said.rows)
        )

    def _page(self, account: str, asked: Mapping[str, object], answer: "Answer[Report]") -> Page:
        return Page(
            stream="traffic",
            body=answer.body,
            request=f"POST {self._path(account)} {asked['dateRanges']} offset {asked['offset']}",
            status=answer.status,
            records=len(answer.said.rows),
            time_zone=answer.said.metadata.time_zone,
        )


def _property(text: str) -> str:
    digits = text.removeprefix("properties/")
    if not digits.isascii() or not digits.isdigit():
        raise SettingsError(
            f"GA4_PROPERTY_ID is not a property's number: {text!r}.",
            hint="It stands under Admin, Property details, in GA4; the G-… id belongs to a data stream.",
        )
    return digits


def _to_midnight(headers: Mapping[str, str]) -> float:
    """Seconds until GA4's daily quota returns, at midnight Pacific time by the server's own clock."""
    try:
        now = parsedate_to_datetime(headers.get("date", "")).astimezone(ZoneInfo(PACIFIC))
    except ValueError:
        return DAY
    midnight = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo) + timedelta(days=1)
    return (midnight - now).total_seconds()
