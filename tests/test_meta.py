"""Meta: its ads and control totals in staging, and all the ways in which its API is to be asked."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

import duckdb
import pytest
import schema_rules
from loopback import START, Arrival, FastClock, Server, reply, serve
from warehouse_fixtures import Raw, home, meta_row, new, staged

from growthos.connectors import meta_reports
from growthos.connectors.api import Api
from growthos.connectors.meta import Meta
from growthos.connectors.terms import Page, Watch, Window
from growthos.errors import CredentialsError, RefusedError, UnavailableError
from growthos.state import State
from growthos.sync import Run, read_source

DAY = date(2026, 3, 20)
NEXT = DAY + timedelta(days=1)
AD = {"adset_id": "61", "ad_id": "71", "ad_name": "Reel"}


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    return made


def rejected(raw: Raw) -> list[tuple]:
    """What the last build put aside."""
    with duckdb.connect(home(raw).warehouse, read_only=True) as con:
        return con.execute("select entity, reason from stg_rejects order by all").fetchall()


class TestStaging:
    def ads(self, raw: Raw, *rows: dict, days: tuple[date, ...] = (DAY,)) -> None:
        raw.page("meta", "ad_insights", {"data": list(rows)}, days=days)

    def test_an_ad_has_the_name_of_its_set_its_format_and_the_state_that_it_is_really_in(self, raw):
        """An ad that is on in a campaign that is not: `effective_status` says it."""
        ad = {"campaign_id": "11", "adset_id": "61", "name": "Reel", "creative": {"object_type": "VIDEO", "id": "9"}}
        on = ad | {"id": "71", "status": "ACTIVE", "effective_status": "CAMPAIGN_PAUSED"}
        gone = {"id": "72", "campaign_id": "11", "adset_id": "69", "name": "Old", "status": "DELETED"}
        raw.page("meta", "adsets", {"data": [{"id": "61", "name": "Broad"}]})
        raw.page("meta", "ads", {"data": [on, gone, {"name": "nobody"}]})
        raw.page("meta", "ads", {"data": [on | {"name": "Reel 2"}]})
        found = staged(
            raw,
            "select ad_id, account_id, campaign_id, ad_group_id, ad_group_name, name, format, status"
            " from staging.stg_meta__ads order by ad_id",
        )
        assert found == [
            ("71", "1001", "11", "61", "Broad", "Reel 2", "video", "CAMPAIGN_PAUSED"),
            ("72", "1001", "11", "69", None, "Old", None, "DELETED"),
        ]
        [bad] = staged(raw, "select staged, rejected, duplicate from run_rows where (source, entity) = ('meta', 'ads')")
        assert bad == (2, 1, 1)

    def test_an_ads_day_is_the_newest_units_and_its_purchases_go_by_one_name(self, raw):
        """The types overlap: of `purchase` and `omni_purchase` one counts, and windows are no more purchases."""
        bought = [
            {"action_type": "purchase", "value": "2", "7d_click": "2"},
            {"action_type": "omni_purchase", "value": "3", "1d_click": "1", "7d_click": "2", "1d_view": "1"},
        ]
        worth = [{"action_type": "omni_purchase", "value": "120.5", "7d_click": "80"}]
        first = meta_row("11", str(DAY), "1.00") | AD
        self.ads(raw, first, first | {"ad_id": "72"}, days=(DAY, NEXT))
        raw.loads[-1] = type(raw.loads[-1])("meta", "ad_insights", raw.loads[-1].path, (NEXT,))
        self.ads(raw, first | {"spend": "1.25", "actions": bought, "action_values": worth})
        found = staged(
            raw,
            "select ad_id, ad_group_id, ad_name, date, spend_original, clicks, clicks_all, conversions,"
            " conversion_value_original, attribution_window from staging.stg_meta__ad_spend",
        )
        assert found == [
            ("71", "61", "Reel", DAY, Decimal("1.25"), 20, 30, 3, Decimal("120.5"), "7d_click_1d_view")
        ]  # fmt: skip

    def test_ads_do_not_count_for_their_campaigns(self, raw):
        """Campaign rows alone are spend, however many ads there are."""
        raw.meta(meta_row("11", str(DAY), "7.00"), days=(DAY,))
        self.ads(raw, meta_row("11", str(DAY), "3.00") | AD)
        assert staged(raw, "select spend_cents from fact_spend") == [(700,)]

    def test_bad_ad_rows_are_put_aside(self, raw):
        good = meta_row("11", str(DAY)) | AD
        self.ads(raw, good, good | {"ad_id": None}, good | {"ad_id": "72", "spend": "1,5"})
        assert len(staged(raw, "from staging.stg_meta__ad_spend")) == 1
        assert rejected(raw) == [("ad_spend", "missing_required_field:ad_id"), ("ad_spend", "not_a_number:spend")]

    def test_control_totals_are_one_row_per_day_and_measure(self, raw):
        """What Meta leaves out is zero; clicks are link clicks, as in the spend that they are held against."""
        day = {"account_currency": "EUR", "date_start": str(DAY), "spend": "12.34", "impressions": "900"}
        raw.page(
            "meta", "account_insights", {"data": [day | {"clicks": "31", "inline_link_clicks": "20"}]}, days=(DAY,)
        )
        raw.page(
            "meta", "account_insights", {"data": [day | {"date_start": str(NEXT), "impressions": "?"}]}, days=(NEXT,)
        )
        found = staged(
            raw,
            "select account_id, date, measure, value, currency from staging.stg_meta__control_totals order by all",
        )
        assert found == [
            ("1001", DAY, "clicks", 20, None),
            ("1001", DAY, "impressions", 900, None),
            ("1001", DAY, "spend", Decimal("12.34"), "EUR"),
            ("1001", NEXT, "clicks", 0, None),
            ("1001", NEXT, "spend", Decimal("12.34"), "EUR"),
        ]
        assert rejected(raw) == [("control_totals", "not_a_number:impressions")]


# --- asking --------------------------------------------------------------------------------------------------------

TOKEN, SECRET = "EAAcanary|system+user/token", "canary-app-secret"
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), sha256).hexdigest()
TOO_MUCH = {"error": {"message": "Please reduce the amount of data you're asking for, then retry", "code": 1}}
TIMED_OUT = {"error": {"message": "Request Timed Out", "code": 100, "error_subcode": 1504018}}
NOT_READY = {"error": {"message": "Error accessing adreport job.", "code": 2601, "error_subcode": 1815107}}
DONE = {"id": "77", "async_status": "Job Completed", "async_percent_completion": 100}
REPORTS = ["campaign_insights", "account_insights", "ad_insights"]
LISTS = ["campaigns", "adsets", "ads"]


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def server(clock) -> Iterator[Server]:
    with serve(clock) as one:
        yield one


@dataclass
class Told:
    """What a person and the log are told."""

    notices: list[tuple[str, str]] = field(default_factory=list)
    quotas: list[Mapping[str, float]] = field(default_factory=list)
    calls: list = field(default_factory=list)

    @property
    def watch(self) -> Watch:
        return Watch(notice=lambda *said: self.notices.append(said), quota=self.quotas.append, call=self.calls.append)


def source(server: Server, **values: str) -> Meta:
    given = {"access_token": TOKEN, "ad_account_id": "act_1001", "app_secret": SECRET, "base_url": server.address}
    return Meta(given | values)


def read(server: Server, name: str, *, days: int = 1, told: Told | None = None, patience: float = 900.0) -> list[Page]:
    """All pages of a stream; of a report, those of so many days up to yesterday."""
    one, last = source(server), START.date() - timedelta(days=1)
    window = Window(first=last - timedelta(days=days - 1), last=last) if name in REPORTS else Window()
    with Api(one, clock=server.clock, watch=(told or Told()).watch, patience=patience) as api:
        [stream] = [each for each in one.streams() if each.name == name]
        return list(stream.read(one, api, "1001", window))


def asked(arrival: Arrival) -> dict[str, str]:
    """The parameters of a request, of a form those in its body."""
    text = arrival.body.decode() if arrival.method == "POST" else urlsplit(arrival.path).query
    return dict(parse_qsl(text))


def days_of(arrival: Arrival) -> tuple[date, date]:
    told = json.loads(asked(arrival)["time_range"])
    return date.fromisoformat(told["since"]), date.fromisoformat(told["until"])


def edge(arrival: Arrival) -> str:
    return urlsplit(arrival.path).path.removeprefix("/v26.0/")


def listed(*ids: str, after: str | None = None, link: str | None = None) -> dict[str, Any]:
    """A page of a list, with a next one where a cursor is told."""
    paging = {"cursors": {"before": "MA", **({"after": after} if after else {})}}
    if after or link:
        paging["next"] = link or f"https://graph.facebook.com/v26.0/act_1001/x?after={after}"
    return {"data": [{"id": one} for one in ids], "paging": paging}


class Background:
    """Meta, where no day is small enough for an answer at once: `runs` says what becomes of the reports it makes.

    Each run has a number from 71 on, and a list of answers to the polls, of which the last is given for ever.
    """

    def __init__(
        self, server: Server, runs: Callable[[int, Arrival], list[dict]], *, too_much: dict = TOO_MUCH
    ) -> None:
        self.server, self.runs, self.too_much = server, runs, too_much
        self.polls: dict[str, list[dict]] = {}
        self.results: list[tuple[int, dict]] = [(200, listed("1"))]
        server.script = self.answer

    def answer(self, arrival: Arrival, handler) -> None:
        place = edge(arrival)
        if arrival.method == "POST":
            number = str(71 + len(self.polls))
            self.polls[number] = list(self.runs(len(self.polls), arrival))
            return reply(handler, 200, {"report_run_id": number})
        if place.startswith("act_"):
            return reply(handler, 500, self.too_much)
        if place.endswith("/insights"):
            return reply(handler, *(self.results.pop(0) if len(self.results) > 1 else self.results[0]))
        polls = self.polls[place]
        return reply(handler, 200, polls.pop(0) if len(polls) > 1 else polls[0])

    def of(self, method: str, part: str) -> list[Arrival]:
        return [one for one in self.server.arrivals if one.method == method and part in edge(one)]


class TestInTheBackground:
    def test_a_day_that_is_too_much_is_made_in_the_background_and_read_in_pages(self, server):
        """Half as many rows, then the report run: asked for after 5, 10, 20, 30, 30 seconds, read when it is done."""
        running = {"id": "71", "async_status": "Job Running", "async_percent_completion": 40, "is_running": True}
        world = Background(server, lambda *_: [running] * 4 + [DONE])
        world.results = [(200, listed("1", after="Mg")), (200, listed("2"))]
        pages = read(server, "ad_insights")

        limits = [int(asked(one)["limit"]) for one in world.of("GET", "act_1001/insights")]
        assert limits == [500, 250, 125, 62, 31, 25]
        [start] = world.of("POST", "")
        first = asked(server.arrivals[0])
        assert asked(start) == {name: text for name, text in first.items() if name != "limit"}
        assert start.headers["content-type"] == "application/x-www-form-urlencoded"
        begun = server.arrivals.index(start)
        gaps = [round(one) for one in server.gaps()[begun : begun + 5]]
        assert gaps == [5, 10, 20, 30, 30]
        assert [asked(one).get("after") for one in world.of("GET", "71/insights")] == [None, "Mg"]
        assert all(asked(one)["limit"] == "500" for one in world.of("GET", "71/insights"))
        assert [(page.stream, page.records) for page in pages] == [("ad_insights", 1)] * 2

    def test_every_request_of_it_is_valid_and_carries_the_token_in_its_header_alone(self, server):
        Background(server, lambda *_: [DONE])
        told = Told()
        pages = read(server, "campaign_insights", told=told)
        for one in server.arrivals:
            if schema_rules.SCHEMAS.is_dir():
                assert schema_rules.Meta().faults(urlsplit(one.path).path, asked(one), method=one.method) == []
            assert one.headers["authorization"] == f"Bearer {TOKEN}"
            assert asked(one)["appsecret_proof"] == PROOF
            assert not any(form in one.path for form in (TOKEN, quote(TOKEN), quote(TOKEN, safe="")))
        assert not any(PROOF in page.request or TOKEN in page.request for page in pages)
        assert not any(PROOF in repr(call) for call in told.calls)

    @pytest.mark.parametrize(
        "too_much", [TOO_MUCH, TIMED_OUT, TIMED_OUT | {"error": {"code": 2, "error_subcode": 1504038}}]
    )
    def test_each_way_of_saying_too_much_leads_there(self, server, too_much):
        world = Background(server, lambda *_: [DONE], too_much=too_much)
        assert read(server, "campaign_insights")
        assert len(world.of("POST", "")) == 1

    @pytest.mark.parametrize(
        "not_yet",
        [
            {"async_status": "Job Running", "async_percent_completion": 100},
            {"async_status": "Job Completed", "async_percent_completion": 99},
            {"async_status": "Job Not Started", "async_percent_completion": 0},
            {},
        ],
    )
    def test_it_is_done_when_both_the_state_and_the_percent_say_so(self, server, not_yet):
        world = Background(server, lambda *_: [{"id": "71"} | not_yet, {"id": "71"} | not_yet, DONE])
        read(server, "campaign_insights")
        places = [edge(one) for one in server.arrivals]
        assert places[-4:] == ["71", "71", "71", "71/insights"]
        assert len(world.of("POST", "")) == 1

    def test_a_report_that_is_not_ready_after_all_is_read_again(self, server):
        world = Background(server, lambda *_: [DONE])
        world.results = [(400, NOT_READY), (400, NOT_READY), (200, listed("1"))]
        [page] = read(server, "campaign_insights")
        assert page.records == 1
        assert len(world.of("GET", "71/insights")) == 3
        assert len(world.of("POST", "")) == 1

    def test_what_is_left_of_the_range_is_made_in_one_run(self, server):
        """After the first day that is too much, no further one is tried at once."""
        world = Background(server, lambda *_: [DONE])
        read(server, "ad_insights", days=4)
        tried = [days_of(one) for one in world.of("GET", "act_1001/insights")]
        yesterday = START.date() - timedelta(days=1)
        first = yesterday - timedelta(days=3)
        assert tried[-1] == (first, first)
        assert [days_of(one) for one in world.of("POST", "")] == [(first, yesterday)]

    def test_what_was_too_much_once_is_not_tried_at_once_again(self, server):
        """Neither of another account nor of another report is anything known by that."""
        world = Background(server, lambda *_: [DONE])
        one, last = source(server, ad_account_id="1001,1002"), START.date() - timedelta(days=1)
        with Api(one, clock=server.clock) as api:
            tries = []
            for stream, account, day in (
                (one.ad_insights, "1001", last - timedelta(days=1)),
                (one.ad_insights, "1001", last),
                (one.campaign_insights, "1001", last),
                (one.ad_insights, "1002", last),
            ):
                before = len(world.of("GET", "act_"))
                assert list(stream.read(one, api, account, Window(first=day, last=day)))
                tries.append(len(world.of("GET", "act_")) - before)
        assert tries == [6, 0, 6, 6]
        assert len(world.of("POST", "")) == 4

    @pytest.mark.parametrize("state", ["Job Failed", "Job Skipped"])
    def test_a_run_that_fails_is_started_again_for_half_the_days(self, server, state):
        """Every run of more than a day fails: four days end as four runs, and all are read."""

        def runs(_: int, arrival: Arrival) -> list[dict]:
            first, last = days_of(arrival)
            return [DONE if first == last else {"id": "1", "async_status": state, "error_code": -2}]

        world = Background(server, runs)
        pages = read(server, "campaign_insights", days=4)
        started = [days_of(one) for one in world.of("POST", "")]
        assert [(last - first).days + 1 for first, last in started] == [4, 2, 1, 1, 2, 1, 1]
        assert len(pages) == 4

    def test_a_single_day_is_tried_twice_and_then_given_up_in_words(self, server):
        failed = {"id": "71", "async_status": "Job Failed", "error_code": -2, "error_message": "Report Failed"}
        world = Background(server, lambda *_: [failed])
        with pytest.raises(UnavailableError, match=r"ads for 2026-02-28 .*Report Failed") as caught:
            read(server, "ad_insights")
        assert len(world.of("POST", "")) == 2
        assert caught.value.hint

    def test_the_second_run_of_a_day_may_succeed(self, server):
        failed = {"id": "71", "async_status": "Job Failed"}
        world = Background(server, lambda number, _: [DONE] if number else [failed])
        assert len(read(server, "ad_insights")) == 1
        assert len(world.of("POST", "")) == 2

    @pytest.mark.parametrize(("patience", "longest"), [(7200.0, 3600), (900.0, 900)])
    def test_a_run_without_an_end_is_left_and_a_second_one_ends_it(self, server, patience, longest):
        """At 0 % for ever: no run is waited for longer than an hour, or than a sync has patience."""
        world = Background(
            server, lambda *_: [{"id": "71", "async_status": "Job Running", "async_percent_completion": 0}]
        )
        with pytest.raises(UnavailableError, match="did not end"):
            read(server, "campaign_insights", days=2, patience=patience)
        first, second = world.of("POST", "")
        assert longest - 31 < second.at - first.at <= longest + 1
        assert days_of(second)[0] == days_of(second)[1]

    @pytest.mark.parametrize("number", ["71/../../me", "https://evil.example/1", ""])
    def test_the_number_of_a_run_leads_nowhere_else(self, server, number):
        def script(arrival: Arrival, handler) -> None:
            post = arrival.method == "POST"
            reply(handler, *((200, {"report_run_id": number}) if post else (500, TOO_MUCH)))

        server.script = script
        with pytest.raises(UnavailableError, match="its number is"):
            read(server, "campaign_insights")
        assert {edge(one) for one in server.arrivals} == {"act_1001/insights"}

    @pytest.mark.parametrize("name", LISTS)
    def test_lists_of_entities_shrink_too_and_are_never_made_in_the_background(self, server, name):
        server.says(
            (500, TOO_MUCH, {}), (500, TOO_MUCH, {}), (200, listed("1", after="Mg"), {}), (200, listed("2"), {})
        )
        assert len(read(server, name)) == 2
        assert [int(asked(one)["limit"]) for one in server.arrivals] == [200, 100, 50, 50]
        assert {one.method for one in server.arrivals} == {"GET"}


class TestPages:
    def test_pages_grow_again_up_to_what_was_not_too_much(self, server):
        """Calls are counted, not rows: 100 rows are too much, 50 are not, and small pages do not stay small."""

        def script(arrival: Arrival, handler) -> None:
            since, until = days_of(arrival)
            rows, turn = int(asked(arrival)["limit"]), int(asked(arrival).get("after", "0"))
            if since != until or rows > 200:
                return reply(handler, 500, TOO_MUCH)
            return reply(handler, 200, listed(f"{since}{turn}", after=str(turn + 1) if turn < 4 else None))

        server.script = script
        read(server, "campaign_insights", days=2)
        limits = [int(asked(one)["limit"]) for one in server.arrivals]
        assert limits[:6] == [500, 250, 125, 62, 31, 25]
        assert limits[6:] == [25, 50, 100, 200, 400, 200, *[200] * 5]

    @pytest.mark.parametrize("name", [*REPORTS, *LISTS])
    def test_every_list_names_its_page_size_and_is_followed_to_its_end(self, server, name):
        """The default is 25 rows; a page may be empty, and only a page without `next` is the last."""
        server.says((200, listed("1", after="Mg"), {}), (200, listed(after="Mw"), {}), (200, listed("2"), {}))
        assert [page.records for page in read(server, name)] == [1, 0, 1]
        assert all(int(asked(one)["limit"]) >= 200 for one in server.arrivals)
        assert [asked(one).get("after") for one in server.arrivals] == [None, "Mg", "Mw"]

    def test_a_link_to_another_host_is_not_followed(self, server):
        """Only the cursor is taken from it; the host stays ours, and so does the token."""
        with serve(server.clock) as stranger:
            stranger.says((200, listed("stolen"), {}))
            link = f"{stranger.address}/v26.0/act_1001/campaigns?after=Mg"
            server.says((200, listed("1", link=link), {}), (200, listed("2"), {}))
            assert [page.records for page in read(server, "campaigns")] == [1, 1]
            assert not stranger.arrivals
        assert asked(server.arrivals[1])["after"] == "Mg"

    @pytest.mark.parametrize("form", [TOKEN, quote(TOKEN), quote(TOKEN, safe=""), quote(TOKEN).lower(), "EAAothers"])
    def test_the_token_is_cut_out_of_links_however_it_is_written(self, server, form):
        """And so is the proof: three secrets are cut out, which the page says."""
        link = f"https://graph.facebook.com/x?access_token={form}&appsecret_proof={PROOF}&limit=2&after=Mg"
        wrapped = f"https://l.facebook.com/l.php?u=x%3Faccess_token%3D{quote(form, safe='')}%26limit%3D2"
        body = listed("1", after="Mg", link=link)
        body["paging"]["previous"] = wrapped
        server.says((200, body, {}), (200, listed("2"), {}))
        first, _ = read(server, "campaigns")
        kept = first.body.decode()
        assert first.redactions == 3
        assert not any(one in kept for one in (form, quote(form, safe=""), PROOF))
        assert json.loads(kept)["paging"]["next"].endswith("&limit=2&after=Mg")
        assert json.loads(kept)["paging"]["previous"].endswith("%26limit%3D2")

    def test_a_page_without_a_secret_is_kept_as_it_came(self, server):
        server.says((200, '{"data" : [{"id":"1","spend":"1.00"}] }', {}))
        [page] = read(server, "campaigns")
        assert (page.body, page.redactions) == (b'{"data" : [{"id":"1","spend":"1.00"}] }', 0)

    def test_the_same_rows_under_ever_new_cursors_are_no_list(self, server):
        server.script = lambda _, to: reply(to, 200, listed("1", "2", after=f"c{len(server.arrivals)}"))
        with pytest.raises(UnavailableError, match="same page twice"):
            read(server, "campaigns")
        assert len(server.arrivals) == 2


class TestSayingNo:
    @pytest.mark.parametrize("code", [4, 17, 32, 613, *range(80000, 80015)])
    def test_each_throttle_is_a_400_that_is_waited_out_and_changes_nothing(self, server, code):
        """The same request again: smaller pages would only make more calls of it."""
        usage = {"1001": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 2}]}
        busy = {"error": {"message": "too many calls", "code": code, "is_transient": False}}
        server.says((400, busy, {"x-business-use-case-usage": json.dumps(usage)}), (200, listed("1"), {}))
        read(server, "campaigns")
        assert 120 <= server.gaps()[0] < 121
        assert server.arrivals[0].path == server.arrivals[1].path

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"x-business-use-case-usage": {"1001": [
                {"type": "ads_insights", "estimated_time_to_regain_access": 7},
                {"type": "ads_management", "estimated_time_to_regain_access": 0},
            ]}}, 420),
            ({"x-business-use-case-usage": {"1002": [{"type": "ads_insights", "estimated_time_to_regain_access": 1}],
                                            "1001": [{"type": "ads_insights", "estimated_time_to_regain_access": 4}]}},
             240),
            ({"x-ad-account-usage": {"acc_id_util_pct": 100, "reset_time_duration": 95}}, 95),
            ({"x-ad-account-usage": {"acc_id_util_pct": 9.67, "reset_time_duration": 300}}, 60),
            ({"x-business-use-case-usage": "none"}, 60),
            ({"x-business-use-case-usage": {"1001": "none"}, "x-app-usage": [1]}, 60),
        ],
    )  # fmt: skip
    def test_it_waits_as_long_as_the_limit_that_is_used_up_longest(self, server, headers, seconds):
        """Of several accounts and types of calls; in minutes, and of an account's own limit in seconds."""
        told = {name: json.dumps(value) for name, value in headers.items()}
        server.says((400, {"error": {"message": "limit", "code": 80000}}, told), (200, listed("1"), {}))
        read(server, "campaigns")
        assert seconds <= server.gaps()[0] < seconds + 1

    def test_a_200_that_holds_an_error_is_no_page(self, server):
        error = {"error": {"message": "temporary", "code": 2, "is_transient": True}}
        server.says((200, error, {}), (200, listed("1"), {}))
        [page] = read(server, "campaigns")
        assert b"error" not in page.body
        server.says((200, {"error": {"message": "(#200) no permission", "code": 200}}, {}))
        with pytest.raises(CredentialsError, match="no permission"):
            read(server, "campaigns")

    def test_a_version_that_has_ended_says_what_to_do(self, server):
        gone = {"error": {"message": "(#2635) You are calling a deprecated version of the Ads API.", "code": 2635}}
        server.says((400, gone, {}))
        with pytest.raises(RefusedError, match="deprecated version") as caught:
            read(server, "campaigns")
        assert "install a newer growthos" in caught.value.hint
        assert len(server.arrivals) == 1

    @pytest.mark.parametrize(
        ("headers", "words"),
        [
            ({"facebook-api-version": "v27.0"}, "answers with version v27.0, growthos asks for v26.0"),
            ({"facebook-api-version": "v26.0", "X-Ad-Api-Version-Warning": "upgraded to v27.0"}, "upgraded to v27.0"),
        ],
    )
    def test_another_version_than_asked_for_is_told_once(self, server, headers, words):
        server.says((200, listed("1", after="Mg"), headers), (200, listed("2"), headers))
        told, one = Told(), source(server)
        with Api(one, clock=server.clock, watch=told.watch) as api:
            for stream in (one.campaigns, one.ads):
                server.says((200, listed("1", after="Mg"), headers), (200, listed("2"), headers))
                assert len(list(stream.read(one, api, "1001", Window()))) == 2
        [(code, said)] = told.notices
        assert code == "api_version"
        assert words in said

    def test_the_version_that_was_asked_for_is_nothing_to_tell(self, server):
        server.says((200, listed("1"), {"facebook-api-version": "v26.0"}))
        told = Told()
        read(server, "campaigns", told=told)
        assert not told.notices

    @pytest.mark.parametrize("name", ["campaign_insights", "campaigns"])
    def test_what_is_left_of_each_limit_is_told_once_a_unit(self, server, name):
        """In percent, by Meta's names, of several accounts the least; the last answer counts."""
        usage = {
            "1001": [
                {"type": "ads_insights", "call_count": 64, "total_cputime": 31, "total_time": 40},
                {"type": "ads_management", "call_count": 3, "total_cputime": 1, "total_time": 2},
            ],
            "1002": [{"type": "ads_insights", "call_count": 70, "total_cputime": 1, "total_time": 1}],
        }
        headers = {
            "x-business-use-case-usage": json.dumps(usage),
            "x-app-usage": '{"call_count": 12, "total_cputime": 4, "total_time": 5}',
            "x-ad-account-usage": '{"acc_id_util_pct": 9.5, "reset_time_duration": 100}',
        }
        server.says((200, listed("1", after="Mg"), {}), (200, listed("2"), headers))
        told = Told()
        read(server, name, told=told)
        assert told.quotas == [
            {"ads_insights": 30.0, "ads_management": 97.0, "x-app-usage": 88.0, "x-ad-account-usage": 90.5}
        ]

    def test_one_account_that_is_refused_stops_alone(self, server, tmp_path):
        """Of two accounts the first is not permitted: the second is read whole."""
        account = {"id": "act_1002", "timezone_name": "UTC"}

        def script(arrival: Arrival, handler) -> None:
            if "act_1001" in arrival.path:
                return reply(handler, 403, {"error": {"message": "(#200) NOT grant ads_read", "code": 200}})
            return reply(handler, 200, account if edge(arrival) == "act_1002" else listed("1"))

        server.script = script
        state, _ = State.read(tmp_path)
        run = Run(tmp_path, state, server.clock, START, 1, "0" * 16, "UTC", None, None, 3, lambda *_: None)
        one = source(server, ad_account_id="1001,act_1002")
        with Api(one, clock=server.clock, watch=Told().watch) as api:
            report = read_source(one, api, run)
        [error] = report.errors
        assert isinstance(error, CredentialsError)
        assert {(one.header.account, one.header.stream) for one in report.segments} == {
            ("1002", each.name) for each in one.streams()
        }
        assert sum("act_1001" in one.path for one in server.arrivals) == 1


class TestWhatIsAsked:
    @pytest.mark.parametrize("name", REPORTS)
    def test_a_report_goes_by_days_alone(self, server, name):
        """`updated_time` is the entity's and not the row's; breakdowns may be empty without a word."""
        server.says((200, listed("1"), {}))
        read(server, name, days=28)
        said = asked(server.arrivals[0])
        assert said["time_increment"] == "1"
        assert "updated" not in said.get("filtering", "")
        assert not said.keys() & {"breakdowns", "action_breakdowns", "date_preset", "updated_since"}
        first, last = days_of(server.arrivals[0])
        assert (last - first).days == 27

    @pytest.mark.parametrize("report", [meta_reports.CAMPAIGN_INSIGHTS, meta_reports.AD_INSIGHTS])
    def test_only_attribution_windows_that_are_still_reported_are_asked_for(self, report):
        asked_for = report.params(meta_reports.Period(START.date(), START.date()))["action_attribution_windows"]
        assert json.loads(asked_for) == ["1d_click", "7d_click", "1d_view"]

    def test_results_are_read_again_for_28_days_and_once_a_week_for_90(self):
        again = {one.name: (one.overlap.days, one.deep_overlap.days) for one in Meta.streams() if one.mode == "report"}
        assert again == dict.fromkeys(REPORTS, (28, 90))

    def test_no_budget_is_read(self, server):
        """Budgets are in hundredths, spend is not; what is not read is not mixed up."""
        for name in ("account", *LISTS, *REPORTS):
            server.says((200, {"id": "act_1001"} if name == "account" else listed("1"), {}))
            read(server, name)
        fields = {field for one in server.arrivals for field in asked(one)["fields"].split(",")}
        assert "spend" in fields
        assert not {one for one in fields if "budget" in one or "bid" in one or one == "spend_cap"}

    def test_a_first_sync_of_90_days_is_at_most_15_requests(self, server, tmp_path):
        def script(arrival: Arrival, handler) -> None:
            reply(handler, 200, {"id": "act_1001"} if edge(arrival) == "act_1001" else listed("1"))

        server.script = script
        state, _ = State.read(tmp_path)
        run = Run(tmp_path, state, server.clock, START, 1, "0" * 16, "UTC", None, None, 90, lambda *_: None)
        one = source(server)
        with Api(one, clock=server.clock) as api:
            assert not read_source(one, api, run).errors
        assert len(server.arrivals) <= 15


class TestLook:
    ACCOUNT: ClassVar = {"id": "act_1001", "currency": "EUR", "timezone_name": "Europe/Berlin", "account_status": 1}
    READS: ClassVar = [{"permission": "ads_read", "status": "granted"}]

    def look(self, server: Server, permissions: object = READS, headers: dict | None = None, **accounts: dict) -> list:
        """What is found of accounts, each said to be this; a refusal where it is empty."""

        def script(arrival: Arrival, handler) -> None:
            if edge(arrival) == "me/permissions":
                status = 200 if isinstance(permissions, list) else 403
                return reply(handler, status, {"data": permissions} if status == 200 else permissions)
            said = accounts[edge(arrival)]
            no = {"error": {"message": "(#200) NOT grant ads_read", "code": 200}}
            return reply(handler, *((200, said, headers) if said else (403, no, {})))

        server.script = script
        one = source(server, ad_account_id=",".join(accounts))
        with Api(one, clock=server.clock) as api:
            return list(one.examine(api))

    def test_a_good_token_and_account(self, server):
        usage = {"1001": [{"type": "ads_insights", "call_count": 64, "total_time": 40}]}
        headers = {"x-business-use-case-usage": json.dumps(usage), "facebook-api-version": "v26.0"}
        found = self.look(server, headers=headers, act_1001=self.ACCOUNT)
        assert [(one.subject, one.state, one.said, one.account) for one in found] == [
            ("scopes", "ok", "ads_read", ""),
            ("credentials", "ok", "accepted", "1001"),
            ("time zone", "ok", "Europe/Berlin", "1001"),
            ("currency", "ok", "EUR", "1001"),
            ("quota", "ok", "left: ads_insights 36 %", "1001"),
        ]
        for one in server.arrivals:
            assert TOKEN not in one.path
            if schema_rules.SCHEMAS.is_dir():
                assert schema_rules.Meta().faults(urlsplit(one.path).path, asked(one)) == []

    @pytest.mark.parametrize(
        ("granted", "states"),
        [
            (["ads_read"], ["ok"]),
            (["ads_read", "ads_management", "business_management"], ["ok", "warning"]),
            (["ads_management"], ["warning"]),
            (["public_profile"], ["error"]),
        ],
    )
    def test_what_the_token_may_do_beyond_reading_is_warned_of(self, server, granted, states):
        permissions = [{"permission": one, "status": "granted"} for one in granted]
        permissions.append({"permission": "pages_manage_ads", "status": "declined"})
        found = [one for one in self.look(server, permissions, act_1001=self.ACCOUNT) if one.subject == "scopes"]
        assert [one.state for one in found] == states
        if "warning" in states:
            writes = [one for one in granted if one.endswith("_management")]
            assert found[-1].said.endswith(": " + ", ".join(writes))
            assert "META_ACCESS_TOKEN" in found[-1].hint

    def test_a_token_that_does_not_show_its_permissions_is_looked_at_all_the_same(self, server):
        no = {"error": {"message": "(#10) no permission", "code": 10}}
        found = self.look(server, no, act_1001=self.ACCOUNT)
        assert [(one.subject, one.state) for one in found][:2] == [("scopes", "warning"), ("credentials", "ok")]

    @pytest.mark.parametrize(("status", "words"), [(2, "disabled"), (101, "closed"), (9, "grace period")])
    def test_an_account_that_is_not_active_is_a_warning(self, server, status, words):
        found = self.look(server, act_1001=self.ACCOUNT | {"account_status": status})
        [warning] = [one for one in found if one.state == "warning"]
        assert (warning.subject, warning.account) == ("status", "1001")
        assert words in warning.said

    def test_one_account_that_is_not_permitted_hides_no_other(self, server):
        found = self.look(server, act_1001={}, act_1002=self.ACCOUNT)
        assert [(one.subject, one.state, one.account) for one in found if one.state == "error"] == [
            ("access", "error", "1001")
        ]
        assert {one.account for one in found if one.subject == "credentials"} == {"1002"}

    def test_another_version_and_little_quota_are_warnings(self, server):
        headers = {"facebook-api-version": "v27.0", "x-app-usage": '{"call_count": 80}'}
        found = self.look(server, headers=headers, act_1001=self.ACCOUNT)
        warned = {one.subject: one.said for one in found if one.state == "warning"}
        assert warned == {
            "version": "v26.0 is asked for and v27.0 answers",
            "quota": "left: x-app-usage 20 %",
        }
