"""What is asked of GA4, how often, and what is made of its answers: quotas, marks, restrictions, zones."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from growthos.clock import DemoClock
from growthos.connectors.api import Api
from growthos.connectors.ga4 import Ga4
from growthos.connectors.ga4_reports import REPORTS
from growthos.connectors.terms import Watch, Window
from growthos.coverage import data_through
from growthos.errors import CredentialsError, PatienceError, RefusedError, UnavailableError
from growthos.state import State
from growthos.sync import Run, read_source

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)  # five in the morning in California, which has just changed its clocks
TOKEN = {"access_token": "ya29-granted", "expires_in": 100_000}
CLEAN = {"currencyCode": "EUR", "timeZone": "Europe/Berlin"}
MARKS = [{"dataLossFromOtherRow": True}, {"subjectToThresholding": True}, {"samplingMetadatas": [{}]}]
SETTINGS = {"property_id": "42", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
KEPT = ("tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour", "potentiallyThresholdedRequestsPerHour")


def day(number: int) -> date:
    """March `number`, 2026."""
    return date(2026, 3, number)


def error(code: int, words: str, **more: Any) -> httpx.Response:
    return httpx.Response(code, json={"error": {"code": code, "message": words, **more}})


def rows(days: list[date], metadata: dict[str, Any] = CLEAN, **more: Any) -> httpx.Response:
    """A page with one row for each of these days, and no rows where there are none."""
    told = [{"dimensionValues": [{"value": f"{one:%Y%m%d}"}], "metricValues": []} for one in days]
    counted = {"rows": told, "rowCount": len(told)} if told else {}
    return httpx.Response(200, json={"metadata": metadata} | counted | more)


class Property:
    """A property that answers reports as `says` has it, every request noted with its time."""

    def __init__(self, says: Callable[[dict[str, Any], int], httpx.Response] | None = None) -> None:
        self.says = says or (lambda asked, _: rows(spoken_of(asked)))
        self.clock = DemoClock(NOON)
        self.asked: list[dict[str, Any]] = []
        self.times: list[datetime] = []
        self.notices: list[tuple[str, str]] = []
        self.quotas: list[dict[str, float]] = []

    def api(self, patience: float = 900.0, **values: str) -> Api:
        watch = Watch(notice=lambda *said: self.notices.append(said), quota=lambda left: self.quotas.append(dict(left)))
        transport = httpx.MockTransport(self._answer)
        return Api(Ga4(SETTINGS | values), transport=transport, clock=self.clock, watch=watch, patience=patience)

    def read(self, name: str = "traffic", days: int = 3, patience: float = 900.0):
        """All pages of one unit that ends on the 9th."""
        with self.api(patience) as api:
            [stream] = [one for one in Ga4.streams() if one.name == name]
            window = Window(first=day(9) - timedelta(days=days - 1), last=day(9))
            return list(stream.read(api.connector, api, "42", window))

    def sync(self, root, *, history: int = 90, now: datetime = NOON):
        """A sync of all streams, by a client in UTC."""
        self.clock = DemoClock(now)
        state, _ = State.read(root)
        number = state.last_run + 1
        with self.api() as api:
            run = Run(
                root, state, self.clock, now, number, f"{number:016}", "UTC", None, None, history, lambda *_: None
            )
            return read_source(api.connector, api, run)

    def ranges(self) -> list[tuple[str, str]]:
        return [(one["dateRanges"][0]["startDate"], one["dateRanges"][0]["endDate"]) for one in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json=TOKEN)
        self.asked.append(json.loads(request.content))
        self.times.append(self.clock.now())
        return self.says(self.asked[-1], len(self.asked))


def spoken_of(asked: dict[str, Any]) -> list[date]:
    first, last = (date.fromisoformat(asked["dateRanges"][0][key]) for key in ("startDate", "endDate"))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def once(answer: httpx.Response) -> Callable[[dict[str, Any], int], httpx.Response]:
    """This answer first, good ones after it."""
    return lambda asked, number: answer if number == 1 else rows(spoken_of(asked))


class TestHowMuchIsAsked:
    def test_a_first_sync_of_90_days_takes_few_requests(self, tmp_path):
        """Three reports of three ranges on a small account, at most fifteen."""
        asked = Property()
        report = asked.sync(tmp_path, history=89)
        assert report.errors == ()
        assert len(asked.asked) == 9
        assert {one.name for one in report.streams} == {one.name for one in REPORTS}

    def test_days_that_google_may_still_restate_are_read_again(self, tmp_path):
        """Twelve days before the first that is missing, once a week fourteen, of each report in one request."""
        asked = Property()
        asked.sync(tmp_path, history=20)
        for days, first in ((1, "2026-02-27"), (7, "2026-02-26")):
            asked.asked.clear()
            last = NOON + timedelta(days=days)
            asked.sync(tmp_path, now=last)
            assert asked.ranges() == [(first, str(last.date()))] * len(REPORTS)

    @pytest.mark.parametrize("name", [one.name for one in REPORTS])
    @pytest.mark.parametrize("mark", MARKS, ids=lambda one: next(iter(one)))
    def test_a_range_that_is_marked_is_asked_for_day_by_day_and_once(self, name, mark):
        """Days that are marked by themselves are kept as they are: there is nothing smaller to ask for."""
        asked = Property(lambda one, _: rows(spoken_of(one), CLEAN | mark))
        pages = asked.read(name, days=5)
        assert len(asked.asked) == 1 + 5
        assert all(first == last for first, last in asked.ranges()[1:])
        assert len(pages) == 5
        assert all(mark.items() <= json.loads(page.body)["metadata"].items() for page in pages)

    def test_a_range_without_a_mark_is_asked_for_once(self):
        asked = Property()
        assert [page.records for page in asked.read(days=31)] == [31]
        assert len(asked.asked) == 1

    def test_only_the_half_that_is_marked_is_asked_for_day_by_day(self):
        """A range that is too much is cut in two, and each half is judged by itself."""

        def says(one: dict[str, Any], number: int) -> httpx.Response:
            if number == 1:
                return error(413, "too large")
            return rows(spoken_of(one), CLEAN | (MARKS[0] if "2026-03-09" in one["dateRanges"][0]["endDate"] else {}))

        asked = Property(says)
        pages = asked.read(days=4)
        assert len(asked.asked) == 1 + 1 + 1 + 2
        assert sum(page.records for page in pages) == 4

    @pytest.mark.parametrize("name", [one.name for one in REPORTS])
    def test_a_report_that_never_comes_to_rest_is_given_up(self, name):
        asked = Property(lambda _, number: rows([day(9)], rowCount=number + 1))
        with pytest.raises(UnavailableError, match="three times over"):
            asked.read(name, days=1)
        assert len(asked.asked) == 2 * 3

    def test_an_empty_report_is_a_page_without_records(self):
        asked = Property(lambda *_: rows([]))
        [page] = asked.read()
        assert (page.records, page.time_zone) == (0, "Europe/Berlin")


class TestQuotas:
    @pytest.mark.parametrize(
        "words",
        [
            "Exhausted property tokens per hour. These quota tokens will return in under an hour.",
            "Exhausted property tokens for a project per hour.",
            "Exhausted potentially thresholded requests quota. This quota will refresh in under an hour.",
        ],
    )
    def test_a_quota_of_the_hour_is_waited_for_or_named_as_the_time_to_go_on(self, words):
        patient = Property(once(error(429, words)))
        assert len(patient.read(patience=4000)) == 1
        assert patient.times[1] - patient.times[0] >= timedelta(hours=1)
        hasty = Property(once(error(429, words)))
        with pytest.raises(PatienceError) as caught:
            hasty.read()
        assert caught.value.resume_at - NOON == timedelta(hours=1)
        assert len(hasty.asked) == 1

    def test_a_quota_of_the_day_returns_at_midnight_in_california(self):
        answer = error(429, "Exhausted property tokens per day. These will return in under 24 hours.")
        answer.headers["date"] = "Tue, 10 Mar 2026 12:00:00 GMT"
        asked = Property(once(answer))
        with pytest.raises(PatienceError) as caught:
            asked.read(patience=1000)
        assert caught.value.resume_at == datetime(2026, 3, 11, 7, tzinfo=UTC)

    def test_too_many_at_once_is_a_matter_of_seconds(self):
        asked = Property(once(error(429, "Exhausted concurrent requests quota.")))
        assert len(asked.read()) == 1
        assert timedelta(0) < asked.times[1] - asked.times[0] < timedelta(seconds=10)

    @pytest.mark.parametrize("status", [403, 429])
    def test_after_too_many_server_errors_nothing_is_asked_for_an_hour(self, status):
        """Whoever waits and asks again only feeds the lock, so not even a patient run does."""
        asked = Property(once(error(status, "Exhausted server errors per project per hour.")))
        with pytest.raises(PatienceError) as caught:
            asked.read(patience=100_000)
        assert len(asked.asked) == 1
        assert caught.value.resume_at - NOON == timedelta(hours=1)

    def test_what_is_left_is_told_once_a_unit_by_googles_names(self):
        """As the last answer has it; a number that Google leaves out is none."""

        def says(one: dict[str, Any], number: int) -> httpx.Response:
            quota = {"tokensPerDay": {"consumed": 7, "remaining": 200 - number}, "concurrentRequests": {}}
            return rows([day(8)] if one["offset"] == "0" else [day(9)], rowCount=2, propertyQuota=quota)

        asked = Property(says)
        assert len(asked.read(days=2)) == 2
        assert asked.quotas == [{"tokensPerDay": 198, "concurrentRequests": 0}]
        asked.read("totals", days=2)
        assert len(asked.quotas) == 2

    @pytest.mark.parametrize("name", KEPT)
    @pytest.mark.parametrize("left", [{"consumed": 10, "remaining": 9}, {"consumed": 1}])
    def test_it_stops_before_a_quota_is_used_up(self, name, left):
        """Of two pages the first left too little for the second: that is not asked for, and the rest waits."""
        asked = Property(lambda *_: rows([day(8)], rowCount=2, propertyQuota={name: left}))
        with pytest.raises(PatienceError, match=name) as caught:
            asked.read(days=2)
        assert len(asked.asked) == 1
        assert asked.quotas == [{name: left.get("remaining", 0)}]
        until = datetime(2026, 3, 11, 7, tzinfo=UTC) if name == "tokensPerDay" else NOON + timedelta(hours=1)
        assert caught.value.resume_at == until

    def test_with_patience_for_an_hour_it_goes_on_after_it(self):
        def says(_: dict[str, Any], number: int) -> httpx.Response:
            left = {"consumed": 10, "remaining": 5 if number == 1 else 40_000}
            return rows([day(7 + number)], rowCount=2, propertyQuota={"tokensPerHour": left})

        asked = Property(says)
        assert len(asked.read(days=2, patience=4000)) == 2
        assert asked.times[1] - asked.times[0] >= timedelta(hours=1)

    def test_enough_is_enough(self):
        quota = {name: {"consumed": 10, "remaining": 10} for name in KEPT}
        asked = Property(lambda _, number: rows([day(7 + number)], rowCount=2, propertyQuota=quota))
        assert len(asked.read(days=2)) == 2


class TestWhatGoogleSays:
    def test_what_is_hidden_or_cut_is_told_once_and_kept(self):
        hidden = {
            "activeMetricRestrictions": [{"metricName": "purchaseRevenue", "restrictedMetricTypes": ["REVENUE_DATA"]}]
        }
        cut = {"dataTruncationType": "DATA_TRUNCATION_TYPE_PROPERTY", "dataTruncationMessage": "older than 14 months"}
        notes = {"schemaRestrictionResponse": hidden, "dataTruncationReasons": [cut], "emptyReason": "NO_DATA"}
        asked = Property(lambda one, _: rows(spoken_of(one), CLEAN | notes))
        with asked.api() as api:
            for stream in Ga4.streams():
                pages = list(stream.read(api.connector, api, "42", Window(first=day(8), last=day(9))))
                assert notes.items() <= json.loads(pages[0].body)["metadata"].items()
        told = dict(asked.notices)
        assert len(told) == len(asked.notices) == 3
        assert "purchaseRevenue" in told["ga4_restricted"]
        assert "older than 14 months" in told["ga4_truncated"]
        assert "NO_DATA" in told["ga4_empty"]

    def test_fields_that_do_not_go_together_are_named_in_googles_words(self):
        words = "Please remove keyEvents to make the request compatible."
        asked = Property(lambda *_: error(400, words, status="INVALID_ARGUMENT"))
        with pytest.raises(RefusedError, match="Please remove keyEvents"):
            asked.read("events")
        assert len(asked.asked) == 1

    @pytest.mark.parametrize(
        ("reason", "hint"),
        [
            ("SERVICE_DISABLED", "analyticsdata.googleapis.com"),
            ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "analytics.readonly"),
            ("", "not the G-|G-… id"),
        ],
    )
    def test_what_is_not_permitted_says_what_to_do(self, reason, hint):
        asked = Property(lambda *_: error(403, "no", status="PERMISSION_DENIED", details=[{"reason": reason}]))
        with pytest.raises(CredentialsError) as caught:
            asked.read()
        assert any(part in caught.value.hint for part in hint.split("|"))

    @pytest.mark.parametrize(
        ("zone", "last"),
        [("America/Los_Angeles", day(8)), ("Asia/Tokyo", day(9)), ("UTC", day(9)), ("Nowhere/Land", day(9))],
    )
    def test_the_propertys_own_midnight_ends_its_days(self, tmp_path, zone, last):
        """At three in the night in UTC the 9th is not over in California, and a first sync learns that on its way."""
        asked = Property(lambda one, _: rows(spoken_of(one), {"timeZone": zone}))
        asked.sync(tmp_path, history=7, now=datetime(2026, 3, 10, 3, tzinfo=UTC))
        state, _ = State.read(tmp_path)
        assert data_through(Ga4, state, None) == last
        assert state.time_zone("ga4", "42") == zone

    def test_a_report_that_does_not_tell_its_zone_keeps_the_one_told_before(self, tmp_path):
        told = iter([CLEAN])
        asked = Property(lambda one, _: rows(spoken_of(one), next(told, {})))
        asked.sync(tmp_path)
        state, _ = State.read(tmp_path)
        assert state.time_zone("ga4", "42") == "Europe/Berlin"


class TestALook:
    def look(self, **answer: Any):
        asked = Property(lambda one, _: rows(spoken_of(one), **answer))
        with asked.api() as api:
            found = {one.subject: one for one in api.connector.examine(api)}
        assert len(asked.asked) == 1
        return found

    def test_it_finds_zone_currency_and_quota_by_one_small_report(self):
        quota = {"tokensPerDay": {"consumed": 1, "remaining": 150_000}, "tokensPerHour": {"remaining": 10_000}}
        found = self.look(propertyQuota=quota)
        assert {subject: one.state for subject, one in found.items()} == dict.fromkeys(
            ("credentials", "time zone", "currency", "quota"), "ok"
        )
        assert (found["time zone"].said, found["currency"].said) == ("Europe/Berlin", "EUR")
        assert found["quota"].said == "10,000 of 40,000 left of tokensPerHour"

    def test_a_quota_below_a_tenth_is_a_warning(self):
        found = self.look(propertyQuota={"tokensPerProjectPerHour": {"remaining": 1399}})
        assert (found["quota"].state, found["quota"].account) == ("warning", "42")
        assert self.look(propertyQuota={"tokensPerProjectPerHour": {"remaining": 1400}})["quota"].state == "ok"

    def test_a_property_that_is_refused_hides_no_other(self):
        def says(asked: dict[str, Any], number: int) -> httpx.Response:
            no = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "No access to this property."}}
            return httpx.Response(403, json=no) if number == 1 else rows(spoken_of(asked))

        with Property(says).api(property_id="41,42") as api:
            found = [(one.account, one.subject, one.state) for one in api.connector.examine(api)]
        assert found[:2] == [("41", "access", "error"), ("42", "credentials", "ok")]

    def test_what_google_keeps_back_is_a_warning(self):
        found = self.look(metadata=CLEAN | MARKS[1])
        assert (found["report"].state, found["report"].said) == ("warning", "yesterday is thresholded")
