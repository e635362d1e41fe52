"""A home is set up in a conversation, or without one: what is kept is right, is all there or not at all, and no secret
goes anywhere but into the file that is its owner's alone."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fault_server import Apis, served
from faults import always, each
from google_page import Browser, Google, get
from httpx import create_ssl_context
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from loopback import FastClock
from small_shop import small_shop
from typist import CTRL_C, CTRL_D, Typist

from growthos import cli, connectors, demo, folders, settings
from growthos.cli import asking, login, process
from growthos.clock import SystemClock
from growthos.errors import ExitCode, StoppedError
from growthos.home import Home
from growthos.notify import TARGETS
from growthos.redact import SECRETS
from growthos.settings.template import edited, line, template

TRUST = create_ssl_context()
"""Made once: reading all authorities takes longer than most of these tests."""
WRONG = "EAAcanary-wrong-0b7d5e91"
META = demo.settings()["meta"]
SHOPIFY = demo.settings()["shopify"]
ADS = demo.settings()["google_ads"]
MENU, WAY, SECRET, VALUE, AGAIN, ZONE = "Enter alone ends: ", "Which of them? ", "not shown", "> ", "[e] ", "Time zone"
META_WELL = [(SECRET, META["access_token"]), (VALUE, META["ad_account_id"]), (SECRET, META["app_secret"])]
SHOPIFY_WELL = [
    (WAY, ""),
    (VALUE, SHOPIFY["shop_domain"]),
    (VALUE, SHOPIFY["client_id"]),
    (SECRET, SHOPIFY["client_secret"]),
]
EXAMPLES = r"^# (currency|EUR|2026-11-27|heartbeat\w*|profit_share|revenue_drop|ctr_drop|file|\w+_file) = "
Script = list[tuple[str, str]]


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Person:
    """Answers what is asked with what was agreed on; has nothing to say to anything else. `asked` are the questions."""

    def __init__(self, script: Script) -> None:
        self.script, self.asked = list(script), list[str]()

    def ask(self, question: str, *, hidden: bool = False) -> str:
        self.asked.append(question)
        if not self.script:
            raise EOFError
        expected, answer = self.script.pop(0)
        assert expected in question, (expected, question)
        assert hidden == (SECRET in question)
        return answer


class Place:
    """A home that is set up, sources on this machine, and somebody at the keyboard."""

    def __init__(self, home: Home, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], apis: Apis) -> None:
        self.home, self.patch, self.capsys, self.apis = home, patch, capsys, apis

    def run(self, *arguments: str) -> Said:
        code = cli.run(["--home", str(self.home.root), "init", *arguments])
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    def converse(self, script: Script, *arguments: str) -> Said:
        person = Person(script)
        self.patch.setattr(asking, "is_possible", lambda: True)
        self.patch.setattr(asking, "Terminal", lambda: person)
        said = self.run(*arguments)
        assert person.script == [], "never asked"
        assert said.out == ""
        return said

    def env(self) -> dict[str, str]:
        return (
            dict(one.split("=", 1) for one in self.home.env.read_text().splitlines()) if self.home.env.exists() else {}
        )

    def toml(self) -> dict[str, Any]:
        return tomllib.loads(self.home.settings.read_text())

    def connected(self) -> set[str]:
        return set(settings.connected(settings.load(self.home, os.environ)))

    def set(self, *names: str, **values: str) -> None:
        """In the environment."""
        for name in names:
            own = {**demo.settings()[name], **values}
            for one in connectors.find()[name].settings:
                if one.name in own:
                    self.patch.setenv(one.env, own[one.name])


@pytest.fixture(scope="module")
def apis() -> Iterator[Apis]:
    with served(small_shop(), SystemClock()) as apis:
        yield apis


@pytest.fixture
def place(tmp_path, monkeypatch, capsys, apis) -> Iterator[Place]:
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_", "SSH_")):
            monkeypatch.delenv(name)
    for name, value in addresses(apis).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: TRUST)
    monkeypatch.setattr("growthos.cli.session.SystemClock", FastClock)
    apis.script = each({})
    SECRETS.forget()
    yield Place(Home(tmp_path / "home"), monkeypatch, capsys, apis)
    SECRETS.forget()


def addresses(apis: Apis) -> dict[str, str]:
    return {
        one.env: apis.addresses[name][one.name]
        for name, source in connectors.find().items()
        for one in source.settings
        if one.address
    }


def says(**fields: object) -> Callable[[Any], Any]:
    """The honest answer with other values wherever a key has one of these names."""
    from faces_served import instead

    put = instead(**fields)
    return always(lambda turn: turn.say(*put(turn.arrival.request, turn.honest())))


class TestTheFile:
    def test_names_every_setting_with_a_line_on_it(self):
        for name, one in fields(settings.Settings):
            assert one.description, name
            assert f"# {one.description}\n" in template(), name
            assert re.search(rf"^(# {name} = |\[(\w+\.)?{name}\]$)", template(), re.MULTILINE), name
        for declared in (*connectors.find().values(), *TARGETS.values()):
            for one in declared.settings:
                name = f"{one.name}_file" if one.secret else one.name
                assert re.search(rf"^# {one.env}: .+\n# {name} = ", template(), re.MULTILINE), one.env

    def test_says_what_holds_anyway(self, tmp_path):
        """Uncommented it gives the defaults; there are examples of what has none, and secrets have no place in it."""
        given = "\n".join(
            one.removeprefix("# ")
            for one in template().splitlines()
            if one.startswith("[") or (re.match(r"# [\w-]+ = ", one) and not re.search(EXAMPLES, one))
        )
        home = Home(tmp_path)
        home.settings.write_text(given)
        assert settings.load(home, {}) == settings.load(Home(tmp_path / "none"), {})
        told = tomllib.loads(given)
        assert told["costs"]["margin_bps"] == settings.MARGINS
        assert told["sync"] == {"history": 400, "patience": 900}

    def test_as_it_is_says_nothing(self, tmp_path):
        home = Home(tmp_path)
        home.settings.write_text(template())
        assert settings.load(home, {}) == settings.load(Home(tmp_path / "none"), {})

    def test_a_value_takes_the_place_of_its_default(self):
        made = edited(template(), {("currency",): "CHF", ("meta", "ad_account_id"): "1001"})
        assert set(made.splitlines()) - set(template().splitlines()) == {'currency = "CHF"', 'ad_account_id = "1001"'}
        assert len(made.splitlines()) == len(template().splitlines())

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("", 'currency = "EUR"\n'),
            ("# mine\n", '# mine\ncurrency = "EUR"\n'),
            ('currency = "USD" # why\n', 'currency = "EUR" # why\n'),
            ("[sync]\nhistory = 3\n", 'currency = "EUR"\n\n[sync]\nhistory = 3\n'),
            ("exclude_sources = []\n\n# next\n[sync]\n", 'exclude_sources = []\ncurrency = "EUR"\n\n# next\n[sync]\n'),
            ("# currency = of mine\n", '# currency = of mine\ncurrency = "EUR"\n'),
            ('# currency = "EUR"\n', 'currency = "EUR"\n'),
            ('a = """\n# currency = "EUR"\n"""\n', 'a = """\n# currency = "EUR"\n"""\ncurrency = "EUR"\n'),
        ],
    )
    def test_all_other_lines_stay(self, before, after):
        assert edited(before, {("currency",): "EUR"}) == after

    def test_a_table_that_is_written_otherwise_is_found(self):
        made = edited('meta = { ad_account_id = "1" } # mine\n', {("meta", "ad_account_id"): "2"})
        assert made == 'meta = { ad_account_id = "2" } # mine\n'
        assert edited("[meta]\n# x\n", {("ga4", "property_id"): "2"}) == '[meta]\n# x\n\n[ga4]\nproperty_id = "2"\n'

    @given(value=st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
    @hypothesis(max_examples=40, deadline=None)
    def test_every_value_comes_back(self, value):
        made = edited(template(), {("shopify", "shop_domain"): value, ("fx", "EUR"): value})
        assert tomllib.loads(made)["shopify"] == {"shop_domain": value}
        assert tomllib.loads(made)["fx"] == {"EUR": value}
        assert tomllib.loads(line("key", value)) == {"key": value}


def fields(model: Any) -> Iterator[tuple[str, Any]]:
    """All settings of our own, in tables too."""
    for name, one in model.model_fields.items():
        if isinstance(one.annotation, type) and issubclass(one.annotation, settings.Section):
            yield from fields(one.annotation)
        elif name not in {"sources", "notify"}:
            yield name, one


class TestAConversation:
    def test_connects_one_source_after_the_other(self, place):
        said = place.converse([(MENU, "meta"), *META_WELL, (MENU, "shopify"), *SHOPIFY_WELL, (MENU, ""), (ZONE, "")])
        assert said.code == ExitCode.OK
        assert place.connected() == {"meta", "shopify"}
        assert place.env() == {
            "META_ACCESS_TOKEN": META["access_token"],
            "META_APP_SECRET": META["app_secret"],
            "SHOPIFY_CLIENT_SECRET": SHOPIFY["client_secret"],
        }
        told = place.toml()
        assert told["meta"] == {"ad_account_id": META["ad_account_id"]}
        assert told["shopify"] == {"shop_domain": SHOPIFY["shop_domain"], "client_id": SHOPIFY["client_id"]}
        assert (told["reporting_timezone"], told["currency"]) == ("UTC", "USD")
        assert "Connected: meta, shopify." in said.err
        assert f"Next: growthos --home {place.home.root} sync" in said.err
        for setting in ("META_ACCESS_TOKEN: System user token with ads_read.", "Users, System users, Generate token."):
            assert setting in said.err

    def test_what_the_shop_says_of_itself_is_proposed(self, place):
        """Before what ads and GA4 say; its currency is not asked for, since no setting changes it."""
        place.apis.script = each({"shopify": says(ianaTimezone="Europe/Berlin", currencyCode="EUR")})
        script = [(MENU, "meta"), *META_WELL, (MENU, "shopify"), *SHOPIFY_WELL, (MENU, "")]
        place.converse([*script, ("[Europe/Berlin, as shopify has it]", "")])
        assert place.toml()["reporting_timezone"] == "Europe/Berlin"
        assert place.toml()["currency"] == "EUR"

    def test_without_a_shop_an_ad_account_proposes(self, place):
        place.apis.script = each({"meta": says(timezone_name="America/New_York", currency="CAD")})
        questions = [
            ("[America/New_York, as meta has it]", "Europe/Berln"),
            (ZONE, "europe/berlin"),
            (ZONE, "Europe/Berlin"),
        ]
        said = place.converse([(MENU, "3"), *META_WELL, (MENU, ""), *questions, ("[CAD, as meta has it]", "eur")])
        assert place.toml()["reporting_timezone"] == "Europe/Berlin"
        assert place.toml()["currency"] == "EUR"
        assert "did you mean Europe/Berlin?" in said.err

    def test_a_zone_that_is_none_is_not_proposed(self, place):
        place.apis.script = each({"meta": says(timezone_name="Mars/Olympus")})
        place.converse([(MENU, "meta"), *META_WELL, (MENU, ""), ("[UTC]", ""), ("[USD, as meta", "")])
        assert place.toml()["reporting_timezone"] == "UTC"

    def test_a_refusal_is_shown_and_only_what_is_wrong_is_entered_again(self, place):
        wrong = [(SECRET, WRONG), (VALUE, META["ad_account_id"]), (SECRET, META["app_secret"]), (AGAIN, "")]
        again = [(SECRET, META["access_token"]), (f"Enter: {META['ad_account_id']}", ""), ("Enter keeps", "")]
        said = place.converse([(MENU, "meta"), *wrong, *again, (MENU, ""), (ZONE, ""), ("Currency", "")])
        assert "Meta Ads did not let growthos in." in said.err
        assert "does not accept the credentials" in said.err
        assert "Renew META_ACCESS_TOKEN and META_APP_SECRET. Nothing was lost." in said.err.replace("\n", " ")
        assert "sync" not in said.err.partition("did not let growthos in")[0]
        assert place.env() == {"META_ACCESS_TOKEN": META["access_token"], "META_APP_SECRET": META["app_secret"]}
        assert WRONG not in said.err

    def test_a_secret_that_a_source_says_back_is_not_shown(self, place):
        """Nor does the log of the calls have it, though it is kept nowhere yet."""
        no = {"error": {"message": f"Malformed access token {WRONG}", "type": "OAuthException", "code": 190}}
        place.apis.script = always(lambda turn: turn.say(400, no))
        wrong = [(SECRET, WRONG), (VALUE, META["ad_account_id"]), (SECRET, ""), (AGAIN, "s"), (MENU, "")]
        said = place.converse([(MENU, "meta"), *wrong])
        assert "Malformed access token [redacted]" in " ".join(said.err.split())
        for path in (one for one in place.home.root.rglob("*") if one.is_file()):
            assert WRONG.encode() not in path.read_bytes(), path

    @pytest.mark.parametrize("word", ["k", "s"])
    def test_what_is_refused_may_be_kept_or_left(self, place, word):
        wrong = [(SECRET, WRONG), (VALUE, META["ad_account_id"]), (SECRET, ""), (AGAIN, "x"), (AGAIN, word)]
        rest = [(ZONE, ""), ("Currency", "")] if word == "k" else []
        said = place.converse([(MENU, "meta"), *wrong, (MENU, ""), *rest])
        assert place.env() == ({"META_ACCESS_TOKEN": WRONG} if word == "k" else {})
        assert ("meta is left as it was." in said.err) == (word == "s")

    def test_a_missing_scope_is_named_with_what_to_do(self, place):
        place.apis.script = each({"shopify": says(accessScopes=[{"handle": "read_orders"}])})
        said = place.converse([(MENU, "shopify"), *SHOPIFY_WELL, (AGAIN, "s"), (MENU, "")])
        assert "not granted: read_customers, read_products" in said.err
        assert "Dev Dashboard" in said.err

    def test_every_source_can_be_skipped(self, place):
        said = place.converse([(MENU, "meta"), (SECRET, ""), (MENU, "shopify"), (WAY, "2"), (VALUE, ""), (MENU, "")])
        assert said.code == ExitCode.OK
        assert place.env() == {}
        assert place.home.settings.read_text() == template()
        assert "Connected: nothing yet." in said.err

    @pytest.mark.parametrize("name", ["shopfy", "Gogle Ads", "99", "0"])
    def test_a_source_that_is_none(self, place, name):
        said = place.converse([(MENU, name), (MENU, "")])
        assert "There is no such source." in said.err
        near = {"shopfy": "shopify?", "Gogle Ads": "google ads?"}
        assert near.get(name, "source.") in said.err

    def test_what_cannot_be_right_is_told_before_anybody_is_asked(self, place):
        place.apis.arrivals.clear()
        bad = [(SECRET, "tökén-of-mine"), (SECRET, "EAAok-token-1234"), (VALUE, "my account"), (VALUE, "a\x1b[A")]
        said = place.converse([(MENU, "meta"), *bad, (VALUE, ""), (MENU, "")])
        assert "META_ACCESS_TOKEN holds characters that no key or token has." in said.err
        assert "META_AD_ACCOUNT_ID is not an ad account: 'my account'." in said.err
        assert "META_AD_ACCOUNT_ID holds characters that no setting has." in said.err
        assert "\x1b[A" not in said.err
        assert place.apis.arrivals == []

    def test_a_key_file_must_be_there_and_be_its_owners_alone(self, place, tmp_path):
        key = tmp_path / "key.json"
        key.write_text("{}")
        key.chmod(0o644)
        script = [
            (MENU, "ga4"),
            (WAY, "2"),
            (VALUE, "402715588"),
            (VALUE, str(tmp_path)),
            (VALUE, "~nobody-of-this-name/key.json"),
            (VALUE, "k" * 300),
            (VALUE, '{"type": "service_account",'),
            (VALUE, str(key)),
            (VALUE, ""),
        ]
        said = place.converse([*script, (MENU, "")])
        assert f"{tmp_path} is no file." in said.err
        assert f"{Path('~nobody-of-this-name/key.json').absolute()} is no file." in said.err
        assert "GOOGLE_APPLICATION_CREDENTIALS holds what stands in a key file" in said.err
        assert "kkk…' (300 characters) cannot be read: File name too long." in said.err
        assert f"chmod 600 {key}" in said.err

    def test_a_relative_path_of_a_key_is_kept_whole(self, place, tmp_path):
        (tmp_path / "key.json").write_text("{}")
        (tmp_path / "key.json").chmod(0o600)
        place.patch.chdir(tmp_path)
        script = [
            (MENU, "ga4"),
            (WAY, "2"),
            (VALUE, "402715588"),
            (VALUE, "key.json"),
            (MENU, ""),
            (ZONE, ""),
            ("Curr", ""),
        ]
        place.converse(script, "--no-test")
        assert place.toml()["ga4"]["application_credentials"] == str(tmp_path / "key.json")

    def test_the_other_way_empties_the_first(self, place):
        place.home.root.mkdir()
        place.home.env.write_text("# mine\nSHOPIFY_ACCESS_TOKEN=shpat_old-canary\n")
        place.home.env.chmod(0o600)
        ask = [("[2]", "1"), (VALUE, SHOPIFY["shop_domain"]), (VALUE, SHOPIFY["client_id"])]
        place.converse([*ask, (SECRET, SHOPIFY["client_secret"]), (ZONE, "")], "shopify")
        assert place.home.env.read_text() == (
            f"# mine\nSHOPIFY_ACCESS_TOKEN=\nSHOPIFY_CLIENT_SECRET={SHOPIFY['client_secret']}\n"
        )
        assert place.connected() == {"shopify"}

    def test_what_cannot_be_emptied_of_the_other_way_is_told(self, place):
        """The token counts before id and secret, and nobody but its owner can take it out of the environment."""
        place.patch.setenv("SHOPIFY_ACCESS_TOKEN", "shpat_old-canary")
        ask = [("[2]", "1"), (VALUE, SHOPIFY["shop_domain"]), (VALUE, SHOPIFY["client_id"])]
        said = place.converse([*ask, (SECRET, SHOPIFY["client_secret"]), (ZONE, "")], "shopify")
        assert "SHOPIFY_ACCESS_TOKEN is still set: environment. Take it out there" in said.err
        place.patch.delenv("SHOPIFY_ACCESS_TOKEN")
        assert "is still set" not in place.converse([("[1]", ""), *[(VALUE, "")] * 2, (SECRET, "")], "shopify").err

    def test_what_the_environment_says_is_not_asked(self, place):
        place.patch.setenv("META_ACCESS_TOKEN", META["access_token"])
        script = [(MENU, "meta"), (VALUE, META["ad_account_id"]), (SECRET, META["app_secret"]), (MENU, "")]
        said = place.converse([*script, (ZONE, ""), ("Currency", "")])
        assert "META_ACCESS_TOKEN is set already: environment." in said.err
        assert place.env() == {"META_APP_SECRET": META["app_secret"]}

    def test_options_answer_questions(self, place):
        options = [
            "--timezone",
            "Asia/Tokyo",
            "--currency",
            "jpy",
            "--set",
            f"META_AD_ACCOUNT_ID={META['ad_account_id']}",
        ]
        script = [(SECRET, META["access_token"]), (f"Enter: {META['ad_account_id']}", ""), (SECRET, META["app_secret"])]
        place.converse(script, "meta", *options)
        assert place.toml()["reporting_timezone"] == "Asia/Tokyo"
        assert place.toml()["currency"] == "JPY"
        assert place.connected() == {"meta"}

    def test_a_second_run_asks_nothing_twice_and_changes_nothing(self, place):
        place.converse([(MENU, "meta"), *META_WELL, (MENU, ""), (ZONE, ""), ("Currency", "")])
        place.home.settings.write_text(place.home.settings.read_text() + "# of mine\n")
        before = place.home.settings.read_bytes(), place.home.env.read_bytes()
        said = place.converse([(MENU, "")])
        assert (place.home.settings.read_bytes(), place.home.env.read_bytes()) == before
        assert "Looked at meta: all is well" in said.err
        assert "Meta Ads" not in said.err.partition("Which source")[2]

    def test_a_source_that_no_longer_lets_us_in_is_offered_again(self, place):
        place.converse([(MENU, "meta"), *META_WELL, (MENU, ""), (ZONE, ""), ("Currency", "")])
        place.home.env.write_text(f"META_ACCESS_TOKEN={WRONG}\nMETA_APP_SECRET={META['app_secret']}\n")
        again = [(MENU, "meta"), (SECRET, META["access_token"]), ("Enter: ", ""), ("Enter keeps", ""), (MENU, "")]
        said = place.converse(again)
        assert "set, and not let in" in said.err
        assert place.env()["META_ACCESS_TOKEN"] == META["access_token"]

    def test_google_is_signed_in_to_in_a_browser(self, place):
        google = Google(clients={ADS["client_id"]: ADS["client_secret"]}, refresh_token=ADS["refresh_token"])
        self.play(place, google)
        well = [(WAY, ""), (VALUE, ADS["customer_id"]), (VALUE, ADS["client_id"]), (SECRET, ADS["client_secret"])]
        rest = [(VALUE, ""), (SECRET, ""), (ZONE, ""), ("Currency", "")]
        said = place.converse([*well, *rest], "google_ads")
        assert said.code == ExitCode.OK
        assert place.env()["GOOGLE_ADS_REFRESH_TOKEN"] == ADS["refresh_token"]
        assert place.connected() == {"google_ads"}
        assert google.asked[0]["scope"] == "https://www.googleapis.com/auth/adwords"

    def test_a_sign_in_that_is_refused_can_be_skipped(self, place):
        self.play(place, Google(refuses="access_denied"))
        well = [(WAY, ""), (VALUE, ADS["customer_id"]), (VALUE, ADS["client_id"]), (SECRET, ADS["client_secret"])]
        said = place.converse([*well, ("Sign in again", "s")], "google_ads")
        assert "google_ads is left as it was." in said.err
        assert place.env() == {}

    def test_a_hint_of_several_lines_is_told_in_lines(self, place):
        place.patch.setattr("growthos.setting_up.SECONDS_TO_SIGN_IN", 0.1)
        well = [(WAY, ""), (VALUE, ADS["customer_id"]), (VALUE, ADS["client_id"]), (SECRET, ADS["client_secret"])]
        said = place.converse([*well, ("Sign in again", "s")], "google_ads")
        for one in ("Sign in again, and open", "redirect_uri_mismatch: ", "invalid_client: ", "access_denied: "):
            assert f"\n  {one}" in said.err

    def play(self, place: Place, google: Google) -> None:
        """Google at this machine, and a browser in which somebody agrees."""
        import webbrowser
        from urllib.parse import parse_qsl

        def exchange(arrival: Any) -> Any:
            form = dict(parse_qsl(arrival.request.content.decode())) if arrival.operation == "token" else {}
            if form.get("grant_type") != "authorization_code":
                return None
            return lambda turn: turn.say(*google.token(form))

        place.apis.script = exchange
        place.patch.setattr(login, "_has_browser", lambda _: True)
        place.patch.setattr(webbrowser, "open", Browser(lambda address: get(google.agree(address))))


FULL: Script = [(MENU, "meta"), *META_WELL, (MENU, "shopify"), *SHOPIFY_WELL, (MENU, ""), (ZONE, "")]


@pytest.mark.parametrize("answered", range(len(FULL)))
def test_whoever_leaves_at_any_question_leaves_whole_sources_behind(place, answered):
    """Nobody answers any more after so many questions; meta is kept after the fourth, shopify after the ninth."""
    said = place.converse(FULL[:answered], "--no-test")
    kept = ["meta"] * (answered >= 4) + ["shopify"] * (answered >= 9)
    assert said.code == ExitCode.INTERRUPTED
    told = f"Kept in {place.home.root}: {', '.join(kept)}." if kept else "Nothing was kept."
    assert f"Interrupted. {told}" in said.err
    assert place.connected() == set(kept)
    assert place.home.settings.exists() == bool(kept)
    assert not list(place.home.root.glob(".*.tmp"))


class TestAtATerminal:
    @pytest.fixture
    def environ(self, apis, tmp_path) -> dict[str, str]:
        apis.script = each({})
        return {"HOME": str(tmp_path / "me"), "PATH": os.environ["PATH"], **addresses(apis)}

    def test_no_secret_is_seen(self, environ, tmp_path):
        """Wrong, then right, with a umask that forbids nothing; and the terminal echoes again afterwards."""
        home, mask = Home(tmp_path / "home"), os.umask(0)
        try:
            person = Typist("--home", str(home.root), "init", "meta", env=environ, cwd=tmp_path)
        finally:
            os.umask(mask)
        with person:
            person.answers(VALUE, WRONG)
            person.answers(VALUE, META["ad_account_id"])
            person.answers(VALUE, META["app_secret"])
            assert "did not let growthos in" in person.answers(AGAIN, "e")
            person.answers(VALUE, META["access_token"])
            person.answers(VALUE, "")
            person.answers(VALUE, "")
            person.answers("Time zone of the reports [UTC, as meta has it]: ", "")
            person.answers("]: ", "")
            assert person.ends() == ExitCode.OK
            assert person.shows_what_is_typed()
            for secret in (WRONG, META["access_token"], META["app_secret"]):
                assert secret not in person.seen
            assert META["ad_account_id"] in person.seen
        for path in (one for one in home.root.rglob("*") if one.is_file()):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
            content = path.read_bytes()
            assert WRONG.encode() not in content, path
            assert path == home.env or META["access_token"].encode() not in content, path
        assert stat.S_IMODE(home.root.stat().st_mode) == 0o700

    @pytest.mark.parametrize(("key", "secret"), [(CTRL_C, True), (CTRL_C, False), (CTRL_D, True)])
    def test_whoever_leaves_is_told_what_was_kept(self, environ, tmp_path, key, secret):
        with Typist("--home", str(tmp_path / "home"), "init", env=environ, cwd=tmp_path) as person:
            if secret:
                person.answers(MENU, "meta")
                person.waits_for(VALUE)
                assert not person.shows_what_is_typed()
            else:
                person.waits_for(MENU)
            person.types(key)
            assert person.ends() == ExitCode.INTERRUPTED
            assert person.seen.endswith("\nInterrupted. Nothing was kept.\n")
            assert person.shows_what_is_typed()
        assert not (tmp_path / "home" / "growthos.toml").exists()

    def test_what_goes_on_goes_on_in_the_same_home(self, environ, tmp_path):
        arguments = ["--home", str(tmp_path / "home"), "init", "meta", "--no-test", "--currency", "EUR"]
        with Typist(*arguments, env=environ, cwd=tmp_path, size=(40, 400)) as person:
            person.waits_for(VALUE)
            person.types(CTRL_C)
            assert person.ends() == ExitCode.INTERRUPTED
            assert f"`growthos --home {tmp_path / 'home'} init` goes on from there." in person.seen

    def test_a_secret_is_not_seen_after_a_look_elsewhere_either(self, environ, tmp_path):
        with Typist("--home", str(tmp_path / "home"), "init", "meta", env=environ, cwd=tmp_path) as person:
            person.waits_for(VALUE)
            person.comes_back_from_a_shell()
            person.types(f"{META['access_token']}\n")
            person.waits_for(VALUE)
            assert person.shows_what_is_typed()
            person.types(CTRL_C)
            assert person.ends() == ExitCode.INTERRUPTED
            assert META["access_token"] not in person.seen

    @pytest.mark.parametrize("full", [True, False, None])
    def test_without_a_home_it_asks_for_one(self, environ, tmp_path, full):
        """A folder that is empty was made for this, whatever there is elsewhere; else it is found from everywhere.

        So was one in which nothing is but what a conversation left that did not come to its end.
        """
        here = tmp_path / "here"
        here.mkdir()
        if full:
            (here / "notes.txt").touch()
        if full is None:
            folders.make_home(Home(here))
        with Typist("init", env=environ, cwd=here) as person:
            person.answers(f"Which of them? [{2 if full else 1}] ", "")
            person.answers(MENU, "")
            assert person.ends() == ExitCode.OK
        usual = tmp_path / "me" / ".local" / "share" / "growthos"
        assert ((usual if full else here) / "growthos.toml").exists()
        assert not ((here if full else usual) / "growthos.toml").exists()


class TestWithoutATerminal:
    def test_every_default_is_written_and_what_is_to_be_set_is_said(self, place):
        said = place.run()
        assert (said.code, said.out) == (ExitCode.OK, "")
        assert place.home.settings.read_text() == template()
        assert stat.S_IMODE(place.home.settings.stat().st_mode) == 0o600
        for source in connectors.find().values():
            for name in source.missing({}):
                assert name in said.err
        assert said.err.count("GA4_REFRESH_TOKEN") == 1, "once for both ways that take it"
        assert not place.home.env.exists()

    def test_a_file_that_is_there_stays_as_it_is(self, place):
        place.home.root.mkdir()
        place.home.settings.write_text("# mine\n")
        said = place.run("--no-input")
        assert said.code == ExitCode.OK
        assert "is there already; nothing in it was changed." in said.err
        assert place.home.settings.read_text() == "# mine\n"

    def test_options_change_their_lines_alone(self, place):
        place.home.root.mkdir()
        place.home.settings.write_text('# mine\ncurrency = "USD" # too\n')
        said = place.run("--currency", "EUR", "--set", "GA4_PROPERTY_ID=402715588")
        assert said.code == ExitCode.OK
        assert place.home.settings.read_text() == (
            '# mine\ncurrency = "EUR" # too\n\n[ga4]\nproperty_id = "402715588"\n'
        )
        assert "nothing else in it was changed" in said.err
        assert 'currency = "EUR"' in said.err

    @pytest.mark.parametrize(("mark", "end"), [(b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n")])
    def test_a_mark_at_the_beginning_and_the_line_ends_stay(self, place, mark, end):
        place.home.root.mkdir()
        place.home.settings.write_bytes(mark + end.join([b'currency = "EUR"', b"# mine", b""]))
        assert place.run("--no-input", "--currency", "CHF", "--set", "GA4_PROPERTY_ID=402715588").code == 0
        lines = [b'currency = "CHF"', b"# mine", b"", b"[ga4]", b'property_id = "402715588"', b""]
        assert place.home.settings.read_bytes() == mark + end.join(lines)

    def test_sources_of_the_environment_are_tested_and_propose(self, place):
        place.apis.script = each({"meta": says(timezone_name="America/New_York", currency="CAD")})
        place.set("meta")
        said = place.run()
        assert said.code == ExitCode.OK
        assert "Looked at meta: all is well" in said.err
        assert (place.toml()["reporting_timezone"], place.toml()["currency"]) == ("America/New_York", "CAD")
        again = place.run("--timezone", "UTC")
        assert place.toml()["reporting_timezone"] == "UTC"
        assert "propose what is not set" not in again.err

    def test_a_file_that_is_there_is_only_proposed_to(self, place):
        place.home.root.mkdir()
        place.home.settings.touch(0o600)
        place.set("meta")
        said = place.run()
        assert 'The sources propose what is not set in it: reporting_timezone = "UTC", currency = "USD".' in said.err
        assert place.home.settings.read_text() == ""

    def test_a_refusal_is_the_exit_code_and_the_file_is_written_anyway(self, place):
        place.set("meta", access_token=WRONG)
        said = place.run("-q")
        assert said.code == ExitCode.CREDENTIALS
        assert "does not accept the credentials" in said.err
        assert place.home.settings.read_text() == template()
        assert place.run("--no-test").code == ExitCode.OK

    def test_quietly_nothing_is_said_where_all_is_well(self, place):
        place.set("meta")
        assert place.run("-q") == (ExitCode.OK, "", "")

    def test_a_secret_in_a_file_of_its_own_is_named(self, place, tmp_path):
        (tmp_path / "token").write_text(META["access_token"])
        (tmp_path / "token").chmod(0o600)
        place.patch.chdir(tmp_path)
        place.patch.setenv("META_APP_SECRET", META["app_secret"])
        said = place.run(
            "--set", "META_ACCESS_TOKEN_FILE=token", "--set", f"META_AD_ACCOUNT_ID={META['ad_account_id']}"
        )
        assert said.code == ExitCode.OK
        assert place.toml()["meta"]["access_token_file"] == str(tmp_path / "token")
        assert "Connected: meta." in said.err

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (["--set", f"META_ACCESS_TOKEN={WRONG}"], ExitCode.USAGE, "--set META_ACCESS_TOKEN_FILE=PATH"),
            (["--set", f"META_ACESS_TOKEN={WRONG}"], ExitCode.USAGE, "Did you mean META_ACCESS_TOKEN?"),
            (["--set", WRONG * 2], ExitCode.USAGE, "names no setting of a source"),
            (["--set", "META_AD_ACCOUNT_ID"], ExitCode.USAGE, "NAME=VALUE"),
            (["--set", "META_AD_ACCOUNT_ID=x"], ExitCode.SETTINGS, "is not an ad account: 'x'"),
            (["--timezone", "Europe/Berln"], ExitCode.USAGE, "did you mean Europe/Berlin?"),
            (["--currency", "euro"], ExitCode.USAGE, "'EURO' is no currency."),
            (["--currency", WRONG], ExitCode.USAGE, "'EAACANARY-WR…' (24 characters) is no currency."),
            (["metta"], ExitCode.USAGE, "Did you mean meta?"),
            (["--demo"], ExitCode.USAGE, "The demo shop needs no setting up."),
        ],
    )
    def test_what_is_wrong_is_told_and_nothing_is_written(self, place, arguments, code, says):
        said = place.run(*arguments)
        assert said.code == code
        assert says in said.err
        assert WRONG not in said.err
        assert not place.home.root.exists()

    def test_a_home_that_takes_no_file_says_so(self, place):
        place.home.root.mkdir()
        place.home.root.chmod(0o777)
        assert place.run().code == ExitCode.CANNOT_WRITE
        assert list(place.home.root.iterdir()) == []


def test_others_cannot_look_into_the_memory_in_which_secrets_are(place):
    closed: list[None] = []
    place.patch.setattr(process, "close_memory", lambda: closed.append(None))
    place.run()
    place.converse([(MENU, "")])
    assert len(closed) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="as Linux has it")
def test_what_closes_the_memory_closes_it():
    """No core is dumped, and the kernel says that this process is not to be looked into (PR_GET_DUMPABLE)."""
    says = "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3))"
    code = f"import ctypes, resource\nfrom growthos.cli import process\nprocess.close_memory()\n{says}"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "(0, 0) 0\n"


def test_every_way_completes_its_source():
    """What is asked is enough, whichever way is chosen."""
    from growthos import setting_up

    for source in connectors.find().values():
        for way in source.ways or (None,):
            asked = [one for one in setting_up.questions(source, way) if setting_up.needed(one, way)]
            assert source.missing({one.name: "1" for one in asked}) == (), (source.name, way)


def test_a_signal_while_nobody_answers_ends_the_question(monkeypatch):
    from growthos import interrupt

    read, write = os.pipe()
    with os.fdopen(read) as keyboard:
        monkeypatch.setattr(asking.sys, "stdin", keyboard)
        monkeypatch.setattr(interrupt, "check", lambda: (_ for _ in ()).throw(StoppedError))
        with pytest.raises(StoppedError):
            asking.Terminal().ask("? ")
        os.write(write, "  späte antwort \n".encode())
        assert asking.Terminal().ask("? ") == "späte antwort"
        os.close(write)
        with pytest.raises(EOFError):
            asking.Terminal().ask("? ")
        monkeypatch.undo()
