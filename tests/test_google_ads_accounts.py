"""Google Ads' accounts: managers and what is below them, how far back results are credited, what is refused and why."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from growthos import estimate, raw
from growthos.clock import DemoClock
from growthos.connectors import google_ads_queries as queries
from growthos.connectors.api import Api
from growthos.connectors.google_ads import GoogleAds
from growthos.connectors.terms import Call, Finding, Watch
from growthos.errors import CredentialsError, PatienceError, RefusedError, SettingsError, UnavailableError
from growthos.state import State
from growthos.sync import Run, SourceReport, read_source

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANAGER, INNER, SHOP, OTHER, CLOSED = "1000000001", "1000000002", "2000000001", "2000000002", "2000000003"
KEYS = {"client_id": "i", "client_secret": "secret-of-the-client", "refresh_token": "token-to-refresh"}
TOKEN = {"access_token": "ya29-granted-to-us", "expires_in": 3599}
REPORTS = ("campaign_metrics", "customer_metrics", "ad_metrics", "keyword_metrics")
Rows = list[dict[str, Any]]


def customer(**more: Any) -> Rows:
    return [{"customer": {"timeZone": "UTC", "currencyCode": "EUR", "manager": False, "status": "ENABLED"} | more}]


def client(account: str, name: str, status: str = "ENABLED", *, manager: bool = False) -> dict[str, Any]:
    told = {"id": account, "descriptiveName": name, "manager": manager, "status": status}
    return {"customerClient": told}


def action(days: int, *, primary: bool = True) -> dict[str, Any]:
    return {"conversionAction": {"primaryForGoal": primary, "clickThroughLookbackWindowDays": str(days)}}


def refused(code: int, status: str, kind: str, word: str) -> tuple[int, Any]:
    """An error as Google Ads writes it."""
    one = {"errorCode": {kind: word}, "message": f"{word.lower().replace('_', ' ')}."}
    kind = "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure"
    said = {"code": code, "message": "Google says no.", "status": status, "details": [{"@type": kind, "errors": [one]}]}
    return code, {"error": said}


NOT_ENABLED = refused(403, "PERMISSION_DENIED", "authorizationError", "CUSTOMER_NOT_ENABLED")
NOT_PERMITTED = refused(403, "PERMISSION_DENIED", "authorizationError", "USER_PERMISSION_DENIED")
TOO_LATE = refused(504, "DEADLINE_EXCEEDED", "internalError", "DEADLINE_EXCEEDED")
BELOW = [
    client(MANAGER, "Agency", manager=True),
    client(INNER, "Team", manager=True),
    client(OTHER, "Other shop"),
    client(SHOP, "Shop"),
    client(CLOSED, "Old shop", "CANCELED"),
]

Says = Callable[[str, str, str], Any]


class World:
    """Google Ads: `says` is told account, table and query, and gives rows, or a status and a body."""

    def __init__(self, root: Path, says: Says | None = None, at: datetime = NOON) -> None:
        self.root, self.says, self.clock = root, says, DemoClock(at)
        self.asked: list[tuple[str, str, str]] = []
        self.headers: list[httpx.Headers] = []
        self.calls: list[Call] = []
        self.notices: list[tuple[str, str]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json=TOKEN)
        query = json.loads(request.content)["query"]
        account, table = request.url.path.split("/")[3], query.partition(" FROM ")[2].split(" ")[0]
        self.asked.append((account, table, query))
        self.headers.append(request.headers)
        said = self.says(account, table, query) if self.says else None
        if said is None:
            manager = account in {MANAGER, INNER}
            said = {"customer_client": BELOW, "customer": customer(manager=manager)}.get(table, [])
        status, body = said if isinstance(said, tuple) else (200, [{"results": said}] if said else [{}])
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return httpx.Response(status, content=content)

    def api(self, customers: str, **values: str) -> Api:
        watch = Watch(call=self.calls.append, notice=lambda *said: self.notices.append(said))
        connector = GoogleAds({"customer_id": customers, **KEYS, **values})
        return Api(connector, transport=httpx.MockTransport(self.answer), clock=self.clock, watch=watch)

    def read(self, customers: str, *, since: date | None = None, history: int = 90, **values: str) -> SourceReport:
        self.asked.clear()
        self.headers.clear()
        state, _ = State.read(self.root)
        now, number = self.clock.now(), state.last_run + 1
        run = Run(
            root=self.root,
            state=state,
            clock=self.clock,
            now=now,
            number=number,
            run_id=f"{number:016d}",
            client_zone="UTC",
            since=since,
            until=None,
            history=history,
            on_page=lambda *_: None,
        )
        with self.api(customers, **values) as api:
            return read_source(api.connector, api, run)

    def look(self, customers: str, **values: str) -> list[Finding]:
        with self.api(customers, **values) as api:
            return list(api.connector.examine(api))

    def accounts(self) -> set[str]:
        """The accounts of which anything is kept."""
        return {path.name for path in self.root.glob("google_ads/*")}

    def ranges(self, table: str = "campaign") -> list[tuple[str, str]]:
        """The days that were asked for of a table, first and last."""
        return [(q.split("'")[1], q.split("'")[3]) for _, one, q in self.asked if one == table and "BETWEEN" in q]


class TestManagers:
    def test_what_a_sync_will_cost_counts_the_accounts_below(self, tmp_path):
        """Beside one of our own: once the manager was read it stands for those that it named last."""
        world = World(tmp_path)
        world.read(f"{SHOP},{MANAGER}")
        state, _ = State.read(tmp_path)
        for given, expected in ((f"{SHOP},{MANAGER}", [SHOP, OTHER]), (MANAGER, [OTHER]), (CLOSED, [SHOP, OTHER])):
            connector = GoogleAds({"customer_id": given, **KEYS})
            assert sorted(estimate._accounts(connector, state)) == sorted(expected)

    def test_a_manager_stands_for_the_enabled_accounts_below_it(self, tmp_path):
        world = World(tmp_path)
        assert world.read("100-000-0001").errors == ()
        assert world.accounts() == {SHOP, OTHER}
        assert {account for account, table, _ in world.asked if table == "campaign"} == {SHOP, OTHER}

    def test_each_account_is_asked_through_its_manager(self, tmp_path):
        world = World(tmp_path)
        world.read(MANAGER)
        ways = {
            (account, headers.get("login-customer-id"))
            for (account, *_), headers in zip(world.asked, world.headers, strict=True)
            if account != MANAGER
        }
        assert ways == {(SHOP, MANAGER), (OTHER, MANAGER)}

    def test_a_manager_that_is_set_is_the_way_to_all(self, tmp_path):
        world = World(tmp_path)
        world.read(MANAGER, login_customer_id="900-000-0009")
        assert {one["login-customer-id"] for one in world.headers} == {"9000000009"}

    def test_an_account_of_our_own_goes_through_nobody(self, tmp_path):
        world = World(tmp_path)
        world.read(SHOP)
        assert not any("login-customer-id" in one or "developer-token" in one for one in world.headers)
        world.read(SHOP, since=NOON.date(), developer_token="t" * 22)
        assert {one["developer-token"] for one in world.headers} == {"t" * 22}

    def test_a_closed_account_is_told_by_name(self, tmp_path):
        world = World(tmp_path)
        assert world.read(MANAGER).errors == ()
        assert world.notices == [
            ("account_skipped", f"google_ads: not read below {MANAGER}: {CLOSED} (Old shop, canceled)")
        ]

    def test_an_account_that_turns_out_closed_is_told_and_ends_nothing(self, tmp_path):
        """Trap 48: the list says enabled, the account itself says that it is not."""
        world = World(tmp_path, lambda account, *_: NOT_ENABLED if account == OTHER else None)
        assert world.read(f"{MANAGER}").errors == ()
        assert [code for code, _ in world.notices] == ["account_skipped"] * 2
        assert OTHER in world.notices[1][1]
        assert world.accounts() == {SHOP}

    def test_an_account_of_the_settings_that_is_closed_ends_nothing(self, tmp_path):
        world = World(tmp_path, lambda account, *_: NOT_ENABLED if account == OTHER else None)
        assert world.read(f"{OTHER},{SHOP}").errors == ()
        assert [(code, OTHER in words) for code, words in world.notices] == [("account_skipped", True)]
        assert world.accounts() == {SHOP}

    def test_an_account_that_fails_is_an_error_that_names_it_and_fails_alone(self, tmp_path):
        world = World(tmp_path, lambda account, *_: NOT_PERMITTED if account == OTHER else None)
        [error] = world.read(MANAGER).errors
        assert isinstance(error, CredentialsError)
        assert OTHER in error.message
        assert "GOOGLE_ADS_LOGIN_CUSTOMER_ID" in error.hint
        assert world.accounts() == {SHOP}

    @pytest.mark.parametrize("customers", [f"{SHOP},{MANAGER}", f"{MANAGER},{SHOP}", f"{MANAGER},{MANAGER}"])
    def test_an_account_that_is_named_twice_is_read_once(self, tmp_path, customers):
        world = World(tmp_path)
        world.read(customers, since=date(2026, 11, 1))
        assert len(world.asked) == len(set(world.asked))
        assert world.accounts() == {SHOP, OTHER}

    def test_numbers_and_nothing_are_taken_where_text_was_promised(self, tmp_path):
        """An id may come as a number, and what is not set as null."""
        odd: dict[str, Rows] = {
            "customer_client": [{"customerClient": {"id": int(SHOP), "descriptiveName": None, "status": None}}],
            "conversion_action": [{"conversionAction": {"primaryForGoal": None}}],
        }

        def says(account: str, table: str, _: str) -> Rows | None:
            told = customer(manager=True if account == MANAGER else None, status=None)
            return told if table == "customer" else odd.get(table)

        world = World(tmp_path, says)
        assert world.read(MANAGER).errors == ()
        assert world.accounts() == {SHOP}

    def test_a_manager_of_nobody_says_what_to_set(self, tmp_path):
        world = World(tmp_path, lambda _, table, __: BELOW[:2] if table == "customer_client" else None)
        [error] = world.read(MANAGER).errors
        assert isinstance(error, RefusedError)
        assert "manager account" in error.message
        assert "GOOGLE_ADS_CUSTOMER_ID" in error.hint

    @pytest.mark.parametrize(
        "given", ["12345", "123-456-789O", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10"]
    )
    def test_a_customer_id_has_ten_digits(self, given):
        for setting in ("customer_id", "login_customer_id"):
            with pytest.raises(SettingsError, match=f"GOOGLE_ADS_{setting.upper()} is not a customer id"):
                GoogleAds({"customer_id": SHOP, **KEYS, setting: given})


class TestRequests:
    def test_a_first_sync_of_ninety_days_takes_nine_requests_an_account(self, tmp_path):
        """RULINGS allow fifteen."""
        world = World(tmp_path)
        world.read(SHOP, history=90)
        assert [call.operation for call in world.calls].count("token") == 1
        assert len(world.asked) == 9
        assert world.ranges() == [("2026-08-22", "2026-11-20")]

    def test_nothing_is_asked_where_nothing_is_due(self, tmp_path):
        world = World(tmp_path)
        world.read(SHOP)
        assert world.read(SHOP).units == 0
        assert world.asked == []

    def test_what_exists_is_asked_for_without_metrics_and_days(self):
        """Trap 37: with a segment, what brought nothing would be left out."""
        for query in (queries.CAMPAIGNS, queries.ADS, queries.KEYWORDS, queries.CUSTOMER, queries.CLIENTS):
            assert "metrics." not in query
            assert "segments." not in query

    def test_spend_is_the_campaigns_alone(self):
        """Trap 19: what a campaign costs is asked of the campaign, whatever its kind, not of what is below it."""
        [totals] = [one for one in GoogleAds.streams() if one.mode == "report" and not one.detail]
        assert totals.name == "campaign_metrics"
        assert " FROM campaign WHERE segments.date BETWEEN '{first}' AND '{last}' ORDER" in queries.CAMPAIGN_METRICS

    @pytest.mark.parametrize(("days", "back"), [(7, 30), (30, 30), (45, 45), (90, 90), (120, 90)])
    def test_results_are_read_again_as_long_as_conversions_are_credited(self, tmp_path, days, back):
        """Traps 1 and 39: the longest look-back of the primary actions, between 30 and 90 days."""
        actions = [action(1), action(days), action(80, primary=False)]
        world = World(tmp_path, lambda _, table, __: actions if table == "conversion_action" else None)
        world.read(SHOP, history=200)
        world.clock.sleep(86_400)
        world.read(SHOP)
        first = NOON.date() + timedelta(days=1) - timedelta(days=back)
        for table in ("campaign", "customer", "ad_group_ad", "keyword_view"):
            assert min(world.ranges(table))[0] == first.isoformat(), table

    def test_a_look_back_that_changed_holds_in_the_same_sync(self, tmp_path):
        world = World(tmp_path, lambda _, table, __: [action(30)] if table == "conversion_action" else None)
        world.read(SHOP, history=200)
        world.clock.sleep(86_400)
        world.says = lambda _, table, __: [action(60)] if table == "conversion_action" else None
        world.read(SHOP)
        assert world.ranges()[0][0] == (NOON.date() - timedelta(days=59)).isoformat()

    def test_days_that_are_no_longer_kept_are_told_once_an_account(self, tmp_path):
        """Trap 44: 37 months; four reports of many ranges each, and one sentence."""
        world = World(tmp_path)
        assert world.read(f"{SHOP},{OTHER}", since=date(2022, 1, 1)).errors == ()
        assert [code for code, _ in world.notices] == ["history_clamped"] * 2
        assert min(world.ranges())[0] == "2023-10-21"

    @pytest.mark.parametrize(
        ("at", "told"), [(date(2027, 8, 1), False), (date(2027, 8, 2), True), (date(2027, 10, 2), True)]
    )
    def test_the_end_of_the_version_is_told_sixty_days_ahead(self, tmp_path, at, told):
        """Trap 8: v26 ends about 1 October 2027."""
        world = World(tmp_path, at=datetime(at.year, at.month, at.day, 12, tzinfo=UTC))
        world.read(SHOP)
        assert [words for code, words in world.notices if code == "version_ends" and "v26" in words] == [
            words for _, words in world.notices
        ]
        assert bool(world.notices) is told


class TestRefusals:
    def test_an_error_after_good_chunks_keeps_nothing(self, tmp_path):
        """The answer is no page, the unit is not complete, and the next sync reads it again."""
        broken = 200, [{"results": [{}]}, refused(400, "INVALID_ARGUMENT", "queryError", "BAD_VALUE")[1]]
        world = World(tmp_path, lambda _, table, query: broken if "metrics" in query and table == "campaign" else None)
        [error] = world.read(SHOP).errors
        assert "bad value" in error.message
        assert not list(tmp_path.glob("google_ads/*/campaign_metrics/*"))
        world.says = None
        assert world.read(SHOP).errors == ()
        assert [raw.read_header(one).final for one in tmp_path.glob("google_ads/*/campaign_metrics/*")] == [True]

    def test_an_error_in_a_list_is_an_error(self, tmp_path):
        status, said = refused(401, "UNAUTHENTICATED", "authenticationError", "OAUTH_TOKEN_REVOKED")
        world = World(tmp_path, lambda *_: (status, [said]))
        [error] = world.read(SHOP).errors
        assert isinstance(error, CredentialsError)
        assert "GOOGLE_ADS_REFRESH_TOKEN" in error.hint

    def test_a_version_that_ended_is_named(self, tmp_path):
        gone = refused(400, "INVALID_ARGUMENT", "requestError", "UNSUPPORTED_VERSION")
        [error] = World(tmp_path, lambda *_: gone).read(SHOP).errors
        assert isinstance(error, RefusedError)
        assert "version v26 has ended" in error.message
        assert "newer growthos" in error.hint

    def test_an_address_that_does_not_exist_is_no_matter_of_permission(self, tmp_path):
        page = 404, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>"
        world = World(tmp_path, lambda *_: page)
        [error] = world.read(SHOP).errors
        assert isinstance(error, RefusedError)
        assert "no version v26 of the Google Ads API at this address" in error.message
        assert "GOOGLE_ADS_BASE_URL" in error.hint
        assert len(world.asked) == 1

    @pytest.mark.parametrize("late", [TOO_LATE, (504, "<html>Gateway Timeout</html>")])
    def test_what_takes_too_long_is_asked_for_in_shorter_ranges(self, tmp_path, late):
        """91 days, then 46 and 45; each answered half is a page of the same unit."""

        def says(_: str, table: str, query: str) -> Any:
            days = query.split("'")
            wide = "BETWEEN" in query and date.fromisoformat(days[3]) - date.fromisoformat(days[1]) > timedelta(days=60)
            return late if wide and table == "campaign" else None

        world = World(tmp_path, says)
        assert world.read(SHOP).errors == ()
        assert world.ranges() == [
            ("2026-08-22", "2026-11-20"),
            ("2026-08-22", "2026-10-06"),
            ("2026-10-07", "2026-11-20"),
        ]
        [segment] = tmp_path.glob("google_ads/*/campaign_metrics/*")
        assert (raw.read_header(segment).first, raw.read_header(segment).last) == ("2026-08-22", "2026-11-20")

    def test_what_cannot_be_shortened_is_asked_again(self, tmp_path):
        """A list has no days, and a day is the shortest range: both are tried five times."""
        world = World(tmp_path, lambda _, table, __: TOO_LATE if table == "conversion_action" else None)
        [error] = world.read(SHOP).errors
        assert isinstance(error, UnavailableError)
        assert [table for _, table, _ in world.asked].count("conversion_action") == 5
        world.says = lambda _, table, query: TOO_LATE if table == "campaign" and "BETWEEN" in query else None
        world.read(SHOP, since=NOON.date())
        assert world.ranges() == [("2026-11-20", "2026-11-20")] * 5

    @pytest.mark.parametrize(
        ("kind", "word", "setting"),
        [
            ("authorizationError", "USER_PERMISSION_DENIED", "GOOGLE_ADS_LOGIN_CUSTOMER_ID"),
            ("authorizationError", "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", "GOOGLE_ADS_CLIENT_ID"),
            ("authorizationError", "DEVELOPER_TOKEN_NOT_APPROVED", "GOOGLE_ADS_CLIENT_ID"),
        ],
    )
    def test_what_is_not_permitted_says_what_to_mend(self, tmp_path, kind, word, setting):
        [error] = World(tmp_path, lambda *_: refused(403, "PERMISSION_DENIED", kind, word)).read(SHOP).errors
        assert isinstance(error, CredentialsError)
        assert setting in error.hint

    @pytest.mark.parametrize(
        ("reason", "words"), [("SERVICE_DISABLED", "enable"), ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "adwords")]
    )
    def test_what_the_project_or_the_token_lacks_is_said(self, tmp_path, reason, words):
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
        said = {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED", "details": [info]}}
        [error] = World(tmp_path, lambda *_: (403, said)).read(SHOP).errors
        assert words in error.hint

    @pytest.mark.parametrize(("word", "delay", "seconds"), [
        ("RESOURCE_TEMPORARILY_EXHAUSTED", "30s", 30), ("EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", "1.5s", 1.5),
    ])  # fmt: skip
    def test_a_throttle_is_waited_for_as_long_as_it_says(self, tmp_path, word, delay, seconds):
        busy = refused(429, "RESOURCE_EXHAUSTED", "quotaError", word)
        [one] = busy[1]["error"]["details"][0]["errors"]
        one["details"] = {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": delay}}
        turns = iter([busy])
        world = World(tmp_path, lambda *_: next(turns, None))
        assert world.read(SHOP).errors == ()
        assert world.clock.now() - NOON == timedelta(seconds=seconds)

    def test_the_days_quota_stops_the_source_at_once(self, tmp_path):
        spent = refused(429, "RESOURCE_EXHAUSTED", "quotaError", "RESOURCE_EXHAUSTED")
        world = World(tmp_path, lambda *_: spent)
        [error] = world.read(SHOP).errors
        assert isinstance(error, PatienceError)
        assert len(world.asked) == 1


class TestLook:
    def test_each_account_tells_what_days_and_money_it_counts_in(self, tmp_path):
        found = World(tmp_path, lambda *_: customer(autoTaggingEnabled=True)).look(SHOP)
        assert {one.state for one in found} == {"ok"}
        told = {one.subject: one.said for one in found}
        assert told["time zone"] == "UTC"
        assert told["currency"] == "EUR"
        assert told["access"] == "granted directly"
        assert "no" not in told["credentials"]
        assert "reading alone" in told["scopes"]

    def test_a_manager_tells_what_it_stands_for(self, tmp_path):
        world = World(tmp_path)
        found = world.look(MANAGER)
        assert [one.said for one in found if one.account == MANAGER and one.state == "ok"] == [
            "accepted",
            "a manager account, in place of which the 2 enabled accounts below it are read",
        ]
        [closed] = [one for one in found if one.state != "ok"]
        assert f"{CLOSED} (Old shop, canceled)" in closed.said
        assert [(one.account, one.said) for one in found if one.subject == "access" and one.account != MANAGER] == [
            (SHOP, f"through manager account {MANAGER}"),
            (OTHER, f"through manager account {MANAGER}"),
        ]
        assert len(world.asked) == 4

    @pytest.mark.parametrize(
        ("told", "subject", "words"),
        [
            ({"autoTaggingEnabled": False}, "tagging", "gclid"),
            ({"testAccount": True}, "access", "test account"),
            ({"status": "SUSPENDED"}, "status", "suspended"),
        ],
    )
    def test_what_will_cost_numbers_is_a_warning(self, tmp_path, told, subject, words):
        [warning] = [one for one in World(tmp_path, lambda *_: customer(**told)).look(SHOP) if one.state != "ok"]
        assert (warning.state, warning.subject, warning.account) == ("warning", subject, SHOP)
        assert words in warning.said

    def test_an_account_that_does_not_let_us_in_keeps_no_other_from_being_looked_at(self, tmp_path):
        world = World(tmp_path, lambda account, *_: NOT_PERMITTED if account == OTHER else None)
        found = world.look(f"{OTHER},{SHOP}")
        [error] = [one for one in found if one.state == "error"]
        assert (error.account, error.subject) == (OTHER, "access")
        assert "GOOGLE_ADS_LOGIN_CUSTOMER_ID" in error.hint
        assert {one.account for one in found if one.subject == "credentials"} == {SHOP}

    def test_credentials_that_nobody_accepts_end_the_look(self, tmp_path):
        revoked = refused(401, "UNAUTHENTICATED", "authenticationError", "OAUTH_TOKEN_REVOKED")
        with pytest.raises(CredentialsError, match="oauth token revoked"):
            World(tmp_path, lambda *_: revoked).look(SHOP)


def test_a_service_account_signs_for_google_ads(tmp_path):
    """Who asks, for what: the assertion is what Google's library reads."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from google.auth import jwt

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "key.json"
    file.write_text(
        json.dumps({"client_email": "ads@acme.example", "private_key": private.decode(), "private_key_id": "k"})
    )
    forms: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            forms.append(dict(httpx.QueryParams(request.content.decode())))
            return httpx.Response(200, json=TOKEN)
        assert request.headers["authorization"] == f"Bearer {TOKEN['access_token']}"
        return httpx.Response(200, json=[{"results": customer()}])

    one = GoogleAds({"customer_id": SHOP, "application_credentials": str(file)})
    with Api(one, transport=httpx.MockTransport(answer), clock=DemoClock(NOON)) as api:
        assert one.reach(api, SHOP) == (SHOP,)
    claims = jwt.decode(forms[0]["assertion"], verify=False)
    assert (claims["iss"], claims["scope"]) == ("ads@acme.example", "https://www.googleapis.com/auth/adwords")
