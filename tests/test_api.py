"""Patience, seen from the other side: what arrives at a server, and when.

The server is real and on this machine. The clock jumps where the program sleeps, so that a wait of minutes is measured
and costs no time; the limits are measured once more by the clock on the wall.
"""

import contextlib
import gzip
import json
import logging
import re
import resource
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import httpcore
import pytest
from loopback import Arrival, FastClock, Server, reply, serve, trickle

from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.connectors.api import Api
from growthos.connectors.base import Connector, stream
from growthos.connectors.refusals import ShrinkError
from growthos.connectors.terms import Limit, Setting, Watch, Window
from growthos.connectors.verdicts import by_status
from growthos.connectors.wire.exchange import Guards
from growthos.connectors.wire.line import Line
from growthos.errors import (
    CredentialsError,
    GrowthError,
    PatienceError,
    RefusedError,
    SettingsError,
    UnavailableError,
)
from growthos.redact import Redactor

CANARY = "canary-7f3c-secret-token"
SHOP = {"shop": {"id": "gid://shopify/Shop/1", "ianaTimezone": "UTC"}, "currentAppInstallation": {"accessScopes": []}}
BUCKET = {"maximumAvailable": 2000, "currentlyAvailable": 100, "restoreRate": 50}
COST = {"requestedQueryCost": 400, "throttleStatus": BUCKET}
EMPTY_REPORT = {"metadata": {"timeZone": "UTC"}}
TOKEN = {"access_token": "ya29-canary-granted", "expires_in": 3599}


@dataclass(frozen=True)
class Ok:
    """The toy source's envelope."""

    ok: bool


class Toy(Connector):
    """A source that speaks plain HTTP."""

    name = "toy"
    title = "Toy"
    api_version = "1"
    default_base_url = "https://toy.example"
    settings = (
        Setting("token", "TOY_TOKEN", "Token.", secret=True, required=True),
        Setting("base_url", "TOY_BASE_URL", "Address.", address=True),
    )
    limits = ()

    def accounts(self):
        return ("one",)

    def auth(self, api):
        from growthos.connectors.wire.auth import GivenToken

        return GivenToken(self.values["token"])

    def judge(self, status, headers, body):
        return by_status(status, headers, body.decode(errors="replace")[:200])

    @stream("snapshot")
    def things(self, api, account, window):
        """Things."""
        yield api.get("/things", {}, operation="things", envelope=Ok)


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def server(clock) -> Iterator[Server]:
    with serve(clock) as one:
        yield one


class Told:
    """What a person would see and read in the log."""

    def __init__(self) -> None:
        self.calls, self.waits, self.notices = [], [], []
        self.watch = Watch(
            call=self.calls.append,
            waiting=lambda *said: self.waits.append(said),
            notice=lambda *said: self.notices.append(said),
        )


def toy(server: Server, told: Told | None = None, *, kind: type[Connector] = Toy, **more: float) -> Api:
    connector = kind({"token": CANARY, "base_url": server.address})
    return Api(connector, clock=server.clock, watch=(told or Told()).watch, **more)


def ask(server: Server, told: Told | None = None, **more):
    with toy(server, told, **more) as api:
        return api.get("/things", {"q": "1"}, operation="things", envelope=Ok)


def pages(source: str, stream_name: str, server: Server, told: Told | None = None, *, patience=900.0, days=(1, 1)):
    """All pages of a real connector's stream, asked of our server."""
    addresses = {"base_url": server.address, "oauth_token_url": f"{server.address}/token"}
    values = {
        "shopify": {"shop_domain": "acme", "access_token": CANARY},
        "meta": {"access_token": CANARY, "ad_account_id": "act_1001"},
        "google_ads": {
            "customer_id": "123-456-7890",
            "client_id": "i",
            "client_secret": CANARY,
            "refresh_token": CANARY,
        },
        "ga4": {"property_id": "42", "client_id": "i", "client_secret": CANARY, "refresh_token": CANARY},
    }[source]
    cls = find()[source]
    one = cls(values | {name: url for name, url in addresses.items() if name in {s.name for s in cls.settings}})
    today = server.clock.now().date()
    window = Window(first=today - timedelta(days=days[0]), last=today - timedelta(days=days[1]))
    with Api(one, clock=server.clock, watch=(told or Told()).watch, patience=patience) as api:
        [asked] = [each for each in cls.streams() if each.name == stream_name]
        return list(asked.read(one, api, one.accounts()[0], window if asked.mode == "report" else Window()))


OK = (200, {"ok": True}, {})


class TestBackOff:
    def test_a_hint_in_seconds_is_waited_for_in_full(self, server):
        server.says((429, "slow down", {"Retry-After": "7"}), OK)
        told = Told()
        assert ask(server, told).said == Ok(ok=True)
        assert 7 <= server.gaps()[0] < 8
        assert [call.verdict for call in told.calls] == ["throttled", "ok"]
        assert told.calls[1].waited == 7

    def test_a_hint_as_a_date_is_read_by_the_servers_clock(self, server):
        """Its Date header says noon, so ten past noon is ten minutes away, whatever time it is here."""
        times = {"Date": "Sun, 01 Mar 2026 12:00:00 GMT", "Retry-After": "Sun, 01 Mar 2026 12:10:00 GMT"}

        def script(_: Arrival, handler) -> None:
            if len(server.arrivals) > 1:
                return reply(handler, *OK)
            handler.send_response_only(429)
            for name, value in {**times, "Content-Length": "0"}.items():
                handler.send_header(name, value)
            return handler.end_headers()

        server.script = script
        told = Told()
        ask(server, told)
        assert 600 <= server.gaps()[0] < 601
        assert told.waits == [(600.0, "toy asked for it")]

    @pytest.mark.parametrize(("hint", "least", "most"), [("-5", 1, 1.5), ("soon", 1, 2.5), ("", 1, 2.5)])
    def test_a_hint_that_is_none(self, server, hint, least, most):
        """A time that is past is a second; what cannot be read falls back on the formula."""
        server.says((429, "", {"Retry-After": hint}), OK)
        ask(server)
        assert least <= server.gaps()[0] < most

    def test_a_wait_beyond_patience_stops_with_the_time_to_go_on(self, server):
        server.says((429, "", {"Retry-After": "86400"}))
        with pytest.raises(PatienceError) as caught:
            ask(server)
        assert len(server.arrivals) == 1
        assert timedelta(hours=23, minutes=59) < caught.value.resume_at - server.clock.now() <= timedelta(days=1)
        assert caught.value.hint

    @pytest.mark.parametrize("minutes", ["1e15", "1e999", "NaN", "Infinity"])
    def test_a_wait_that_is_no_time_stops_as_one_that_is_too_long_or_is_not_believed(self, server, minutes):
        """Meta counts in minutes: some ends no calendar holds; NaN and Infinity are no JSON, so nothing is told."""
        usage = json.dumps({"1": [{"type": "ads_insights", "estimated_time_to_regain_access": "?"}]})
        usage = usage.replace('"?"', minutes)
        busy = {"error": {"message": "(#80004) too many calls", "code": 80004}}
        server.says((400, busy, {"x-business-use-case-usage": usage}))
        with pytest.raises(PatienceError) as caught:
            pages("meta", "account", server)
        believed = minutes.startswith("1e")
        assert len(server.arrivals) == (1 if believed else 16)
        assert (caught.value.resume_at - server.clock.now() > timedelta(days=300)) == believed

    def test_points_that_hardly_come_back_end_with_patience(self, server):
        """The next page needs 40 points of which one comes back in a quarter of an hour: nobody sleeps ten hours."""
        bucket = {"maximumAvailable": 1000, "currentlyAvailable": 0, "restoreRate": 1 / 900}
        more = {"pageInfo": {"hasNextPage": True, "endCursor": "c"}, "nodes": [{"id": "gid://shopify/Customer/1"}]}
        cost = {"requestedQueryCost": 40, "throttleStatus": bucket}
        server.says((200, {"data": {"customers": more}, "extensions": {"cost": cost}}, {}))
        with pytest.raises(PatienceError, match="points"):
            pages("shopify", "customers", server)
        assert len(server.arrivals) == 1

    @pytest.mark.parametrize("number", ["NaN", "1e999"])
    def test_points_that_are_no_number_are_no_answer(self, server, number):
        empty = {"pageInfo": {"hasNextPage": False}, "nodes": []}
        said = {"data": {"customers": empty}, "extensions": {"cost": {"requestedQueryCost": "?"}}}
        server.says((200, json.dumps(said).replace('"?"', number), {}))
        with pytest.raises(UnavailableError, match="cannot be understood"):
            pages("shopify", "customers", server)

    def test_hinted_throttles_are_no_failures_and_end_with_patience(self, server):
        """Told to wait a minute for ever, it asks as often as a quarter of an hour allows, and not once more."""
        server.says((429, "", {"Retry-After": "60"}))
        with pytest.raises(PatienceError):
            ask(server, patience=900)
        assert len(server.arrivals) == 16

    def test_without_a_hint_waits_double_and_vary(self, server):
        server.says((503, "<html>busy</html>", {}))
        with pytest.raises(UnavailableError, match="5 times"):
            ask(server)
        assert len(server.arrivals) == 5
        for gap, base in zip(server.gaps(), (1, 2, 4, 8), strict=True):
            assert base <= gap < base + 1.5

    def test_two_runs_do_not_wait_alike(self, server):
        server.says((503, "", {}), (503, "", {}), OK)
        ask(server)
        server.says((503, "", {}), (503, "", {}), OK)
        ask(server)
        first, second = server.gaps()[:2], server.gaps()[3:]
        assert [round(one, 2) for one in first] != [round(one, 2) for one in second]

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    def test_what_may_pass_is_asked_again(self, server, status):
        server.says((status, "", {}), OK)
        assert ask(server).status == 200

    @pytest.mark.parametrize(
        ("status", "error"),
        [(400, RefusedError), (422, RefusedError), (403, CredentialsError), (404, CredentialsError)],
    )
    def test_what_will_not_pass_is_asked_once_and_quoted(self, server, status, error):
        server.says((status, "no such field: spendd", {}))
        with pytest.raises(error, match="no such field: spendd"):
            ask(server)
        assert len(server.arrivals) == 1

    @pytest.mark.parametrize("status", [200, 403, 502])
    def test_a_web_page_is_no_answer_whatever_its_status(self, server, status):
        server.says((status, "<!doctype html><title>Sign in</title>", {}), OK)
        assert ask(server).said == Ok(ok=True)
        assert len(server.arrivals) == 2

    def test_nobody_there_is_tried_five_times(self):
        clock = FastClock()
        with serve(clock) as gone:
            address = gone.address
        told = Told()
        with pytest.raises(UnavailableError, match="5 times"):
            ask(Server(address, clock), told)
        assert [call.status for call in told.calls] == [None] * 5

    def test_an_answer_that_makes_no_sense_is_asked_for_three_times(self, server):
        server.says((200, '{"ok": tr', {}))
        with pytest.raises(UnavailableError, match="cannot be understood"):
            ask(server)
        assert len(server.arrivals) == 3


class TestEachSourcesOwnWords:
    def test_shopify_is_throttled_with_http_200(self, server):
        """400 points asked for, 100 there, 50 a second: six seconds."""
        busy = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": COST}}
        server.says((200, busy, {}), (200, {"data": SHOP}, {}))
        [page] = pages("shopify", "shop", server)
        assert page.time_zone == "UTC"
        assert 6 <= server.gaps()[0] < 6.5

    @pytest.mark.parametrize(
        ("cost", "least", "most"),
        [
            pytest.param(COST | {"throttleStatus": BUCKET | {"currentlyAvailable": 399.0}}, 1, 1.5, id="almost enough"),
            pytest.param(COST | {"throttleStatus": BUCKET | {"currentlyAvailable": 2000.0}}, 1, 1.5, id="more than it"),
            pytest.param({"requestedQueryCost": 0, "throttleStatus": BUCKET}, 1, 1.5, id="a cost of nothing"),
            pytest.param({}, 1, 2.5, id="no cost at all"),
        ],
    )
    def test_shopify_is_never_asked_again_within_a_second(self, server, cost, least, most):
        """Not even where the bucket seems to hold what the query costs."""
        busy = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}}
        server.says((200, busy, {}), (200, {"data": SHOP}, {}))
        pages("shopify", "shop", server)
        assert least <= server.gaps()[0] < most

    def test_shopify_with_a_bucket_smaller_than_the_page_is_asked_for_less(self, server):
        """A development store: the wait for 260 points of 100 would never end."""
        bucket = {"maximumAvailable": 100.0, "currentlyAvailable": 100.0, "restoreRate": 10.0}

        def script(arrival: Arrival, handler) -> None:
            cost = 13 * arrival.json["variables"]["first"]
            said = {"cost": {"requestedQueryCost": cost, "throttleStatus": bucket}}
            if cost > 100:
                busy = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
                return reply(handler, 200, {"errors": [busy], "extensions": said})
            listed = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
            return reply(handler, 200, {"data": {"customers": listed}, "extensions": said})

        server.script = script
        pages("shopify", "customers", server)
        assert [one.json["variables"]["first"] for one in server.arrivals] == [50, 25, 12, 6]

    @pytest.mark.parametrize(("status", "words"), [(402, "frozen"), (423, "locked"), (430, "for security")])
    def test_shopify_says_stop(self, server, status, words):
        server.says((status, {"errors": "Unavailable Shop"}, {"Retry-After": "1"}))
        with pytest.raises(RefusedError, match=words):
            pages("shopify", "shop", server)
        assert len(server.arrivals) == 1

    def test_shopify_answering_with_another_version_is_told_once(self, server):
        """An expired version is answered by the oldest that is left, without a word."""
        more = {"customers": {"pageInfo": {"hasNextPage": True, "endCursor": "c"}, "nodes": [{"id": "1"}]}}
        last = {"customers": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [{"id": "2"}]}}
        other = {"X-Shopify-API-Version": "2027-01"}
        server.says((200, {"data": more}, other), (200, {"data": last}, other))
        told = Told()
        pages("shopify", "customers", server, told)
        [(code, message)] = told.notices
        assert code == "api_version"
        assert "2027-01" in message
        assert "2026-10" in message

    def test_shopify_errors_may_be_a_single_string(self, server):
        server.says((401, {"errors": "[API] Invalid API key or access token"}, {}))
        with pytest.raises(CredentialsError, match="Invalid API key") as caught:
            pages("shopify", "shop", server)
        assert "SHOPIFY_ACCESS_TOKEN" in caught.value.hint

    def test_shopify_data_beside_errors_is_no_page(self, server):
        half = {"data": SHOP, "errors": [{"message": "Internal error. Looks like something went wrong on our end."}]}
        server.says((200, half, {}), (200, {"data": SHOP}, {}))
        [page] = pages("shopify", "shop", server)
        assert b"errors" not in page.body
        assert len(server.arrivals) == 2

    def test_shopify_too_dear_is_asked_for_in_smaller_pages(self, server):
        dear = {"errors": [{"message": "Query cost is 1723", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
        empty = {"data": {"customers": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}}}
        server.says((200, dear, {}), (200, dear, {}), (200, empty, {}))
        pages("shopify", "customers", server)
        first, second, third = (one.json["variables"]["first"] for one in server.arrivals)
        assert (second, third) == (first // 2, first // 4)

    def test_shopify_without_personal_data_goes_on_and_says_so(self, server):
        denied = {
            "data": None,
            "errors": [
                {"message": "This app is not approved to use the email field", "extensions": {"code": "ACCESS_DENIED"}}
            ],
        }

        def script(arrival: Arrival, handler) -> None:
            if "emailAddress" in arrival.json["query"]:
                return reply(handler, 200, denied)
            more = {"hasNextPage": arrival.json["variables"]["after"] is None, "endCursor": "c"}
            return reply(handler, 200, {"data": {"customers": {"pageInfo": more, "nodes": [{"id": "1"}]}}})

        server.script = script
        told = Told()
        assert len(pages("shopify", "customers", server, told)) == 2
        assert len(server.arrivals) == 3
        assert [code for code, _ in told.notices] == ["without_personal"]

    def test_shopify_without_unit_costs_goes_on_and_says_so(self, server):
        denied = {"message": "Access denied for unitCost field.", "extensions": {"code": "ACCESS_DENIED"}}

        def script(arrival: Arrival, handler) -> None:
            if "unitCost" in arrival.json["query"]:
                return reply(handler, 200, {"data": {"inventoryItems": None}, "errors": [denied]})
            more = {"hasNextPage": arrival.json["variables"]["after"] is None, "endCursor": "c"}
            return reply(handler, 200, {"data": {"inventoryItems": {"pageInfo": more, "nodes": [{"id": "1"}]}}})

        server.script = script
        told = Told()
        assert len(pages("shopify", "inventory_items", server, told)) == 2
        assert [code for code, _ in told.notices] == ["without_cost"]

    def test_shopify_names_the_scopes_where_one_is_missing(self, server):
        """Not even without the personal fields: two questions, and then it is given up."""
        denied = {"message": "Access denied for customers field.", "extensions": {"code": "ACCESS_DENIED"}}
        server.says((200, {"data": {"customers": None}, "errors": [denied]}, {}))
        with pytest.raises(CredentialsError, match="Access denied for customers") as caught:
            pages("shopify", "customers", server)
        assert "read_customers" in caught.value.hint
        assert len(server.arrivals) == 2

    def test_meta_is_throttled_with_http_400_and_counts_in_minutes(self, server):
        busy = {"error": {"message": "(#80004) too many calls", "code": 80004, "error_subcode": 2446079}}
        usage = {"1001": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 3}]}
        account = {"id": "act_1001", "timezone_name": "Europe/Berlin"}
        server.says((400, busy, {"x-business-use-case-usage": json.dumps(usage)}), (200, account, {}))
        told = Told()
        [page] = pages("meta", "account", server, told)
        assert page.time_zone == "Europe/Berlin"
        assert 180 <= server.gaps()[0] < 181
        assert told.waits[0][0] == 180

    @pytest.mark.parametrize("code", [4, 17, 32, 613, 80000, 80014])
    def test_meta_waits_a_minute_where_it_names_no_time(self, server, code):
        server.says((400, {"error": {"message": "limit", "code": code}}, {}), (200, {"id": "act_1001"}, {}))
        pages("meta", "account", server)
        assert 60 <= server.gaps()[0] < 61

    @pytest.mark.parametrize(("percent", "least", "most"), [(75, 0, 0.5), (80, 5, 5.5), (96, 120, 121)])
    def test_meta_is_given_a_rest_before_its_limits_are_used_up(self, server, percent, least, most):
        """The answer that tells it is kept; it is the next request that waits."""
        usage = {"1001": [{"type": "ads_management", "total_time": percent, "estimated_time_to_regain_access": 2}]}
        paging = {"cursors": {"after": "QQ"}, "next": "https://graph.facebook.com/x?after=QQ"}
        busy = (200, {"data": [{}], "paging": paging}, {"x-business-use-case-usage": json.dumps(usage)})
        server.says(busy, (200, {"data": []}, {}))
        assert len(pages("meta", "campaigns", server)) == 2
        assert least <= server.gaps()[0] < most

    def test_meta_too_much_data_is_asked_for_in_smaller_pages_then_shorter_ranges(self, server):
        """500, 250, 125, 62, 31, 25 rows a page; then the four days become two and two."""
        big = {"error": {"message": "Please reduce the amount of data you're asking for", "code": 1}}

        def script(arrival: Arrival, handler) -> None:
            short = len(set(json.loads(query(arrival)["time_range"]).values())) == 1
            reply(handler, *((200, {"data": []}) if short else (500, big)))

        server.script = script
        pages("meta", "campaign_insights", server, days=(4, 1))
        limits = [int(query(one)["limit"]) for one in server.arrivals]
        assert limits[:6] == [500, 250, 125, 62, 31, 25]
        answered = [json.loads(query(one)["time_range"]) for one in server.arrivals]
        days = sorted(one["since"] for one in answered if one["since"] == one["until"])
        assert len(days) == 4

    def test_meta_expired_token_stops_at_once(self, server):
        server.says((400, {"error": {"message": "Session has expired", "code": 190, "error_subcode": 463}}, {}))
        with pytest.raises(CredentialsError, match="Session has expired"):
            pages("meta", "account", server)
        assert len(server.arrivals) == 1

    def test_meta_writes_its_token_into_links_and_we_cut_it_out(self, server):
        link = f"https://graph.facebook.com/v26.0/act_1001/campaigns?access_token={CANARY}&limit=2&after=QQ"
        odd = "https://graph.facebook.com/v26.0/act_1001/campaigns?access_token=another-token&limit=2"
        paging = {"cursors": {"before": "PP", "after": "QQ"}, "next": link, "previous": odd}
        server.says((200, {"data": [{"id": "1"}], "paging": paging}, {}), (200, {"data": []}, {}))
        first, _ = pages("meta", "campaigns", server)
        assert CANARY.encode() not in first.body
        assert b"another-token" not in first.body
        assert first.redactions == 2
        kept = json.loads(first.body)
        assert kept["data"] == [{"id": "1"}]
        assert kept["paging"]["next"].endswith("&limit=2&after=QQ")
        assert query(server.arrivals[1])["after"] == "QQ"
        assert CANARY not in server.arrivals[1].path

    def test_google_ads_waits_as_long_as_its_details_say(self, server):
        busy = exhausted("RESOURCE_TEMPORARILY_EXHAUSTED", "30s")
        server.says((200, TOKEN, {}), (429, [busy], {}), (200, [], {}))
        pages("google_ads", "campaigns", server)
        assert 30 <= server.gaps()[1] < 31

    def test_google_ads_daily_quota_is_not_waited_for(self, server):
        busy = exhausted("RESOURCE_EXHAUSTED", "43200s")
        server.says((200, TOKEN, {}), (429, busy, {}))
        with pytest.raises(PatienceError) as caught:
            pages("google_ads", "campaigns", server)
        assert len(server.arrivals) == 2
        assert caught.value.resume_at - server.clock.now() > timedelta(hours=11)

    def test_google_ads_error_after_good_chunks_is_no_answer(self, server):
        broken = [{"results": [{}]}, {"error": {"code": 500, "message": "internal", "status": "INTERNAL"}}]
        server.says((200, TOKEN, {}), (200, broken, {}), (200, [{"results": [{}]}], {}))
        [page] = pages("google_ads", "campaigns", server)
        assert page.records == 1
        assert b"error" not in page.body

    def test_google_ads_needs_no_developer_token_and_sends_one_that_is_set(self, server):
        server.says((200, TOKEN, {}), (200, [], {}))
        pages("google_ads", "campaigns", server)
        assert "developer-token" not in server.arrivals[1].headers
        values = {"customer_id": "1234567890", "client_id": "i", "client_secret": CANARY, "refresh_token": CANARY}
        source = find()["google_ads"]
        assert source.missing(values) == ()
        addresses = {"base_url": server.address, "oauth_token_url": f"{server.address}/token"}
        server.says((200, TOKEN, {}), (200, [], {}))
        one = source(values | addresses | {"developer_token": "an older token"})
        with Api(one, clock=server.clock) as api:
            [campaigns] = [each for each in source.streams() if each.name == "campaigns"]
            list(campaigns.read(one, api, one.accounts()[0], Window()))
        assert server.arrivals[-1].headers["developer-token"] == "an older token"

    def test_google_ads_names_the_manager_setting(self, server):
        failure = {
            "errors": [{"errorCode": {"authorizationError": "USER_PERMISSION_DENIED"}, "message": "no permission"}]
        }
        denied = {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED", "details": [failure]}}
        server.says((200, TOKEN, {}), (403, denied, {}))
        with pytest.raises(CredentialsError) as caught:
            pages("google_ads", "campaigns", server)
        assert "GOOGLE_ADS_LOGIN_CUSTOMER_ID" in caught.value.hint

    def test_ga4_server_errors_are_tried_three_times_in_all(self, server):
        server.says((200, TOKEN, {}), (500, {"error": {"code": 500, "message": "internal", "status": "INTERNAL"}}, {}))
        with pytest.raises(UnavailableError):
            pages("ga4", "traffic", server)
        assert len(server.arrivals) == 1 + 3

    def test_ga4_stops_before_server_errors_lock_the_property(self, server):
        """Each day's report fails twice and then comes; at the sixth failure within an hour it stops for that hour."""
        error = (500, {"error": {"code": 500, "message": "internal", "status": "INTERNAL"}}, {})
        lossy = (200, {"metadata": {"dataLossFromOtherRow": True}}, {})
        good = (200, EMPTY_REPORT, {})
        server.says((200, TOKEN, {}), lossy, error, error, good, error, error, good, error, error, good)
        with pytest.raises(PatienceError) as caught:
            pages("ga4", "traffic", server, days=(5, 1))
        assert len(server.arrivals) == 1 + 1 + 3 + 3 + 2
        assert caught.value.resume_at - server.clock.now() > timedelta(minutes=59)

    def test_ga4_starts_again_where_the_report_changes_while_it_is_read(self, server):
        rows = [{"dimensionValues": [{"value": str(n)}], "metricValues": []} for n in range(3)]

        def report(*which: int, total: int):
            return 200, {"rows": [rows[n] for n in which], "rowCount": total}, {}

        server.says((200, TOKEN, {}), report(0, total=2), report(1, total=3), report(0, 1, total=3), report(2, total=3))
        read = pages("ga4", "traffic", server)
        assert [page.records for page in read] == [2, 1]
        assert [one.json["offset"] for one in server.arrivals[1:]] == ["0", "1", "0", "2"]


class TestCredentials:
    def test_a_token_that_ended_is_renewed_once(self, server):
        granted = iter(["canary-first", "canary-second"])

        def script(arrival: Arrival, handler) -> None:
            if arrival.path == "/admin/oauth/access_token":
                return reply(handler, 200, {"access_token": next(granted), "expires_in": 86399})
            good = arrival.headers["x-shopify-access-token"] == "canary-second"
            return reply(handler, *((200, {"data": SHOP}) if good else (401, {"errors": "[API] Invalid"})))

        server.script = script
        [page] = self.shop(server)
        assert page.records == 1
        paths = [one.path.rsplit("/", 1)[1] for one in server.arrivals]
        assert paths == ["access_token", "graphql.json", "access_token", "graphql.json"]
        form = server.arrivals[0].body.decode()
        assert form == f"grant_type=client_credentials&client_id=app&client_secret={CANARY}"

    def test_a_token_that_is_refused_again_is_refused(self, server):
        def script(arrival: Arrival, handler) -> None:
            if arrival.path == "/admin/oauth/access_token":
                return reply(handler, 200, {"access_token": "canary-granted", "expires_in": 86399})
            return reply(handler, 401, {"errors": "[API] Invalid canary-granted"})

        server.script = script
        with pytest.raises(CredentialsError) as caught:
            self.shop(server)
        assert len(server.arrivals) == 4
        assert "SHOPIFY_CLIENT_SECRET" in caught.value.hint
        assert "canary" not in caught.value.message

    def test_a_refused_grant_is_passed_on_in_the_sources_words(self, server):
        server.says((400, {"error": "shop_not_permitted", "error_description": "not this organization"}, {}))
        with pytest.raises(CredentialsError, match="shop_not_permitted: not this organization") as caught:
            self.shop(server)
        assert len(server.arrivals) == 1
        assert "another organization" in caught.value.hint

    def test_a_token_that_was_pasted_and_has_ended_is_explained(self, server):
        """Apps made since 2026 have no lasting token: one from their dashboard is dead the next day."""
        server.says((401, {"errors": "[API] Invalid API key or access token"}, {}))
        with pytest.raises(CredentialsError) as caught:
            pages("shopify", "shop", server)
        assert "ends after a day" in caught.value.hint
        assert "SHOPIFY_CLIENT_SECRET" in caught.value.hint
        assert len(server.arrivals) == 1

    def test_a_token_is_fetched_anew_shortly_before_its_end(self, server, clock):
        granted = iter(["canary-first", "canary-second"])

        def script(arrival: Arrival, handler) -> None:
            if arrival.path == "/admin/oauth/access_token":
                return reply(handler, 200, {"access_token": next(granted), "expires_in": 3600})
            return reply(handler, 200, {"data": SHOP})

        server.script = script
        one = find()["shopify"](
            {"shop_domain": "acme", "client_id": "app", "client_secret": CANARY, "base_url": server.address}
        )
        with Api(one, clock=clock) as api:
            for pause in (0, 3000, 400):
                clock.sleep(pause)
                list(one.streams()[0].read(one, api, "acme", Window()))
        used = [one.headers.get("x-shopify-access-token") for one in server.arrivals]
        assert used == [None, "canary-first", "canary-first", None, "canary-second"]

    def test_a_service_account_signs_for_its_token(self, server, tmp_path):
        """The assertion is what Google's library verifies: who asks, for what, signed with the key of the file."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        from google.auth import jwt

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        file = tmp_path / "key.json"
        file.write_text(
            json.dumps({"client_email": "growth@acme.example", "private_key": private, "private_key_id": "k"})
        )
        server.says((200, TOKEN, {}), (200, EMPTY_REPORT, {}))
        one = find()["ga4"](
            {
                "property_id": "42",
                "application_credentials": str(file),
                "base_url": server.address,
                "oauth_token_url": f"{server.address}/token",
            }
        )
        clock = SystemClock()
        today = clock.now().date()
        with Api(one, clock=clock) as api:
            list(one.streams()[0].read(one, api, "42", Window(first=today, last=today)))
        form = query(replace(server.arrivals[0], path="/?" + server.arrivals[0].body.decode()))
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        claims = jwt.decode(form["assertion"], certs=public, audience="https://oauth2.googleapis.com/token")
        assert claims["iss"] == "growth@acme.example"
        assert claims["scope"] == "https://www.googleapis.com/auth/analytics.readonly"
        assert server.arrivals[1].headers["authorization"] == f"Bearer {TOKEN['access_token']}"

    def test_a_key_file_that_is_none_is_a_matter_of_its_source(self, tmp_path, clock):
        (tmp_path / "key.json").write_text("{}")
        for file in (tmp_path / "key.json", tmp_path / "nowhere.json"):
            one = find()["ga4"]({"property_id": "42", "application_credentials": str(file)})
            with Api(one, clock=clock) as api, pytest.raises(CredentialsError, match="GOOGLE_APPLICATION_CREDENTIALS"):
                list(one.streams()[0].read(one, api, "42", Window(first=clock.now().date(), last=clock.now().date())))

    @staticmethod
    def shop(server: Server):
        one = find()["shopify"](
            {"shop_domain": "acme", "client_id": "app", "client_secret": CANARY, "base_url": server.address}
        )
        with Api(one, clock=server.clock) as api:
            return list(one.streams()[0].read(one, api, "acme", Window()))


def is_cut_off_at_the_deadline(server: Server) -> None:
    """That of the whole request, as no pause is as long as a read may take."""
    began = time.monotonic()
    with toy(server) as api:
        api._guards = Guards(read_seconds=2, deadline_seconds=0.4)
        with pytest.raises(UnavailableError, match=r"not finished after 0\.4 seconds"):
            api.get("/things", {}, operation="things", envelope=Ok)
    assert time.monotonic() - began < 2


class TestGuards:
    def test_a_trickle_is_cut_off_at_the_deadline(self, server, monkeypatch):
        monkeypatch.setattr(Toy, "tries", 1)
        server.script = trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" ")
        is_cut_off_at_the_deadline(server)

    @pytest.mark.parametrize("cut", [0, 1, 5, 11])
    def test_a_body_that_is_cut_short_is_asked_for_again(self, server, cut):
        whole = b'{"ok": true}'

        def script(_: Arrival, handler) -> None:
            if len(server.arrivals) > 1:
                return reply(handler, 200, whole)
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(whole)))
            handler.end_headers()
            handler.wfile.write(whole[:cut])
            handler.close_connection = True
            return None

        server.script = script
        assert ask(server).body == whole
        assert len(server.arrivals) == 2

    def test_a_bomb_is_not_unpacked(self, server):
        bomb = gzip.compress(b" " * 30_000_000)
        server.says((200, bomb, {"Content-Encoding": "gzip"}))
        with pytest.raises(UnavailableError, match="not credible"):
            ask(server)
        assert len(server.arrivals) == 1

    @pytest.mark.parametrize("packed", ["gzip, gzip", "deflate", "br", "zstd"])
    def test_what_is_packed_in_a_way_that_nobody_asked_for_is_not_unpacked(self, server, packed):
        """A bomb in a bomb is a thousand times a thousand times what came over the wire."""
        bomb = gzip.compress(gzip.compress(b" " * 60_000_000)) if "," in packed else zlib.compress(b'{"ok": true}')
        server.says((200, bomb, {"Content-Encoding": packed}))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(UnavailableError, match="packed in a way that was not asked for"):
            ask(server)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000, "kilobytes"

    @pytest.mark.parametrize("packed", ["gzip", "GZIP", "x-gzip", "identity", ""])
    def test_what_was_asked_for_has_several_names(self, server, packed):
        whole = b'{"ok": true}'
        server.says((200, gzip.compress(whole) if "zip" in packed.lower() else whole, {"Content-Encoding": packed}))
        assert ask(server).body == whole

    def test_nothing_follows_a_packed_answer_and_nothing_is_cut_off_it(self, server):
        """A server that goes on for ever after its end would fill the memory, and the end holds the checksum."""
        whole = gzip.compress(b'{"ok": true}')
        for sent in (whole + bytes(200_000), whole[:-4], whole[:-9]):
            server.says((200, sent, {"Content-Encoding": "gzip"}), (200, whole, {"Content-Encoding": "gzip"}))
            asked = len(server.arrivals)
            assert ask(server).body == b'{"ok": true}'
            assert len(server.arrivals) == asked + 2

    def test_an_answer_too_large_asks_to_shrink(self, server):
        server.says((200, json.dumps({"ok": True, "rest": list(range(2000))}), {}))
        with toy(server) as api:
            api._guards = Guards(largest=5000)
            with pytest.raises(ShrinkError):
                api.get("/things", {}, operation="things", envelope=Ok)

    def test_a_redirect_is_named_and_not_followed(self, server, clock):
        with serve(clock) as elsewhere:
            elsewhere.says(OK)
            target = elsewhere.address.replace("127.0.0.1", "localhost")
            server.says((301, "", {"Location": f"{target}/things"}))
            with pytest.raises(UnavailableError, match="sends us on to localhost"):
                ask(server)
            assert elsewhere.arrivals == []
            assert len(server.arrivals) == 1

    def test_a_redirect_that_leads_nowhere_is_one_too(self, server):
        server.says((302, "", {"Location": "https://[x"}))
        with pytest.raises(UnavailableError, match="HTTP 302"):
            ask(server)

    def test_proxies_of_the_environment_are_not_used(self, server, clock, monkeypatch):
        with serve(clock) as trap:
            trap.says(OK)
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, trap.address)
            server.says(OK)
            ask(server)
            assert trap.arrivals == []

    @pytest.mark.parametrize("address", ["http://shop.example", "ftp://127.0.0.1", "not an address", "https://"])
    def test_plain_http_goes_nowhere_but_here(self, address):
        with pytest.raises(SettingsError, match="TOY_BASE_URL"):
            Toy({"token": CANARY, "base_url": address})

    @pytest.mark.parametrize(
        "address", ["http://127.0.0.1:1/", "http://localhost:1", "http://[::1]:1", "https://a.example"]
    )
    def test_other_addresses_are_taken(self, address):
        assert Toy({"token": CANARY, "base_url": address}).base_url == address.rstrip("/")


class TestSecrets:
    def test_no_fault_lets_a_token_out(self, server, caplog):
        """The server sends the token back in every way it can; no message, hint, log line or library's log has it."""
        caplog.set_level(logging.DEBUG)
        echoes = [
            (400, f"bad token {CANARY}", {}),
            (401, {"error": CANARY}, {"x-request-id": CANARY}),
            (403, f"https://x.example/?access_token={CANARY}", {}),
            (200, f'{{"ok": "{CANARY}"}}', {}),
            (301, "", {"Location": f"https://{CANARY}.example/"}),
            (429, CANARY, {"Retry-After": "99999"}),
            (500, CANARY, {}),
        ]
        for echo in echoes:
            server.says(echo)
            told = Told()
            with pytest.raises(GrowthError) as caught:
                ask(server, told)
            seen = f"{caught.value.message} {caught.value.hint} {caught.value!r} {told.calls} {told.waits}"
            assert CANARY not in seen
            assert "/things" in seen or echo[0] == 301
        assert all(one.headers["authorization"] == f"Bearer {CANARY}" for one in server.arrivals)
        assert CANARY not in caplog.text

    def test_a_secret_is_known_in_any_dress(self):
        """Plain, in a URL, in JSON, in base64: none of them is left, and what is short is no secret."""
        redactor, secret = Redactor(), 'k=1 &"x"/y'
        redactor.learn(secret)
        redactor.learn("ab")
        dressed = ['k=1 &"x"/y', "k%3D1%20%26%22x%22%2Fy", "k%3D1+%26%22x%22%2Fy", 'k=1 &\\"x\\"/y', "az0xICYieCIveQ=="]
        for one in dressed:
            assert redactor.text(f"ab {one} cd") == "ab [redacted] cd"
            assert redactor.body(f"{one} {one}".encode()) == (b"[redacted] [redacted]", 2)

    def test_each_attempt_is_logged(self, server):
        server.says((500, "", {}), (200, {"ok": True}, {"x-request-id": "abc-1"}))
        told = Told()
        ask(server, told)
        first, second = told.calls
        assert (first.source, first.endpoint, first.operation) == ("toy", "/things", "things")
        assert (first.attempt, first.status, first.verdict) == (1, 500, "transient")
        assert (second.attempt, second.status, second.verdict, second.request_id) == (2, 200, "ok", "abc-1")
        assert second.bytes == len(b'{"ok": true}')
        assert 1 <= second.waited < 2
        assert second.seconds < 1


class Limited(Toy):
    """The toy source, which may be asked twice a second."""

    name = "limited"
    limits = (Limit(2, 1.0),)


def busiest(times: list[float], seconds: float) -> int:
    """The most arrivals in any window of so many seconds."""
    return max(sum(1 for other in times if start <= other < start + seconds) for start in times)


class TestLimits:
    def test_never_more_than_two_a_second_by_the_clock_on_the_wall(self):
        clock = SystemClock()
        with serve(clock) as server:
            server.says(OK)
            with toy(server, kind=Limited) as api:
                for _ in range(7):
                    api.get("/things", {}, operation="things", envelope=Ok)
        times = [one.at for one in server.arrivals]
        assert len(times) == 7
        assert busiest(times, 1.0) == 2
        assert times[-1] - times[0] < 3.6

    def test_however_late_a_request_arrives_the_limit_holds(self):
        """The window runs from the answer: the first request may have been on its way for all of the time before."""
        from growthos.connectors.limits import Turns

        clock = FastClock()
        turns = Turns((Limit(2, 1.0),), clock)
        turns.take()
        clock.sleep(0.4)
        turns.settle()
        turns.take()
        turns.settle()
        clock.sleep(0.9)
        assert turns.wait() == pytest.approx(0.15, abs=0.01)

    def test_attempts_count_and_not_successes(self, server):
        server.says((429, "", {"Retry-After": "0.01"}))
        with pytest.raises(PatienceError):
            ask(server, kind=Limited, patience=5)
        assert busiest([one.at for one in server.arrivals], 1.0) == 2

    @pytest.mark.parametrize(
        ("source", "calls", "seconds"),
        [("shopify", 2, 1), ("meta", 200, 3600), ("google_ads", 15_000, 86_400), ("ga4", 10, 60)],
    )
    def test_the_missions_limits_are_kept(self, source, calls, seconds):
        """What the mission allows is declared, and no window of that length ever holds more."""
        from growthos.connectors.limits import Turns

        cls = find()[source]
        assert cls.limits == (Limit(calls, seconds),)
        clock, times = FastClock(), []
        turns = Turns(cls.limits, clock)
        for _ in range(min(2 * calls + 5, 450)):
            while (wait := turns.wait()) > 0:
                clock.sleep(wait)
            turns.take()
            times.append(clock.monotonic())
        assert busiest(times, seconds) == min(calls, len(times))

    def test_a_limit_that_would_take_too_long_stops_with_the_time_to_go_on(self, server):
        server.says(OK)
        with toy(server, patience=0.5, kind=Limited) as api:
            for _ in range(2):
                api.get("/things", {}, operation="things", envelope=Ok)
            with pytest.raises(PatienceError, match="limit of calls"):
                api.get("/things", {}, operation="things", envelope=Ok)
        assert len(server.arrivals) == 2


class TestWhenTimeIsUp:
    """`ends` is when a run's time is up, by the clock that the program waits by."""

    def test_nobody_is_asked_any_more(self, server, clock):
        server.says((429, "", {"Retry-After": "1"}), OK)
        told = Told()
        with toy(server, told, ends=clock.monotonic() + 100) as api:
            api.get("/things", {}, operation="things", envelope=Ok)
            clock.sleep(100)
            with pytest.raises(PatienceError, match=r"the end: the time that --timeout gives this run is up\.$"):
                api.get("/things", {}, operation="things", envelope=Ok)
        assert (len(server.arrivals), len(told.calls)) == (2, 2)

    @pytest.mark.parametrize(("left", "slept"), [(31, 30), (29, 0)])
    def test_a_wait_that_ends_after_it_is_not_begun(self, server, clock, left, slept):
        """There is nothing to be had from it, so the run ends before its time."""
        server.says((429, "Slow down.", {"Retry-After": "30"}), OK)
        end = contextlib.nullcontext() if slept else pytest.raises(PatienceError, match=r"is up; before .*Slow down\.$")
        with end:
            ask(server, ends=clock.monotonic() + left)
        assert clock.skipped == slept

    @pytest.mark.parametrize("tries", [1, 5])
    @pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
    def test_an_answer_that_still_comes_is_cut_off(self, server, clock, monkeypatch, head, tries):
        """In its headers as in its body; and that is no failure of the source, but what came of it is told."""
        monkeypatch.setattr(Toy, "tries", tries)
        server.script = trickle(head, b" ")
        began = time.monotonic()
        with pytest.raises(PatienceError, match=r"is up; before that, no whole answer from 127\.0\.0\.1: not finished"):
            ask(server, ends=clock.monotonic() + 0.3)
        assert 0.3 <= time.monotonic() - began < 2
        assert len(server.arrivals) == 1

    def test_a_handshake_that_nobody_answers_is_cut_off(self, server, clock, monkeypatch):
        monkeypatch.setattr(Toy, "tries", 1)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            server.address = f"https://127.0.0.1:{silent.getsockname()[1]}"
            began = time.monotonic()
            with pytest.raises(PatienceError, match="time that --timeout gives"):
                ask(server, ends=clock.monotonic() + 0.3)
        assert 0.3 <= time.monotonic() - began < 2


def test_no_step_of_an_exchange_may_take_longer_than_is_left(clock, monkeypatch):
    """A step alone would have its own time, however little of the whole is left."""
    given = []

    class Net:
        def __getattr__(self, step: str):
            def take(*arguments):
                given.append((step, next(one for one in arguments if isinstance(one, float))))
                return self if step in {"connect_tcp", "start_tls"} else b""

            return take

    monkeypatch.setattr(httpcore, "SyncBackend", Net)
    line = Line(clock)
    line.begin(300.0)
    stream = line.connect_tcp("127.0.0.1", 1, 1000.0).start_tls(ssl.create_default_context(), "127.0.0.1", 1000.0)
    clock.sleep(100)
    stream.write(b"", 1000.0)
    stream.read(1, 5.0)
    assert [step for step, _ in given] == ["connect_tcp", "start_tls", "write", "read"]
    assert [left for _, left in given] == pytest.approx([300, 300, 200, 5], abs=20)
    clock.sleep(200)
    for step in (
        lambda: line.connect_tcp("127.0.0.1", 1, 1000.0),
        lambda: stream.write(b"", 1000.0),
        lambda: stream.read(1, 1000.0),
    ):
        with pytest.raises(httpcore.ReadTimeout, match="not finished after 300 seconds"):
            step()
    assert len(given) == 4


@pytest.mark.parametrize("host", ["a..example", f"{'a' * 64}.example"])
def test_a_host_that_can_be_none_does_not_answer(server, monkeypatch, host):
    monkeypatch.setattr(Toy, "tries", 1)
    server.address = f"https://{host}"
    with pytest.raises(UnavailableError, match=re.escape(f"no whole answer from {host}")):
        ask(server)


def test_a_host_of_many_addresses_has_no_longer_than_one(clock, monkeypatch):
    """Where the network swallows all, each would be waited for in turn, long after the end."""
    given = []

    class Net:
        def connect_tcp(self, host: str, port: int, timeout: float, *_: object) -> None:
            given.append((host, timeout))
            clock.sleep(timeout)
            raise httpcore.ConnectTimeout

    found = [(0, 0, 0, "", (f"192.0.2.{number}", 443)) for number in (1, 1, 2, 3, 4, 5)]
    monkeypatch.setattr(httpcore, "SyncBackend", Net)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    line = Line(clock)
    line.begin(250.0)
    with pytest.raises(httpcore.ReadTimeout, match="not finished after 250 seconds"):
        line.connect_tcp("toy.example", 443, 100.0)
    assert [host for host, _ in given] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert [timeout for _, timeout in given] == pytest.approx([100, 100, 50], abs=20)
    line.begin(1000.0)
    with pytest.raises(httpcore.ConnectTimeout):
        line.connect_tcp("toy.example", 443, 100.0)
    assert len(given) == 8


def exhausted(code: str, delay: str) -> dict:
    """Google Ads' answer where a quota is used up."""
    quota = {"quotaErrorDetails": {"rateScope": "ACCOUNT", "rateName": "Requests", "retryDelay": delay}}
    failure = {"errors": [{"errorCode": {"quotaError": code}, "message": "Too many requests.", "details": quota}]}
    return {"error": {"code": 429, "message": "exhausted", "status": "RESOURCE_EXHAUSTED", "details": [failure]}}


def query(arrival: Arrival) -> dict[str, str]:
    """The parameters of a request."""
    from urllib.parse import parse_qsl, urlsplit

    return dict(parse_qsl(urlsplit(arrival.path).query))
