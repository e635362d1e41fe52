"""`growthos login`: who is signed in, what is kept of it and where, and what is said when it cannot be."""

import json
import os
import re
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from canaries import found, kept
from fault_server import Apis, Arrival, Fault, served
from google_page import Browser, Google, get
from httpx import create_ssl_context
from small_shop import small_shop

from growthos import cli, demo, settings
from growthos.cli import login, process
from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.connectors.wire.listener import Listener
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.redact import SECRETS
from growthos.settings.keeping import keep

OWN = demo.settings()
CLIENT = {name: OWN["ga4"][name] for name in ("client_id", "client_secret")}
TOKEN = "1//demo"
ADDRESS = re.compile(r"^https://accounts\.google\.com/\S+$", re.MULTILINE)
TRUST = create_ssl_context()


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Desk:
    """A home, Google and the two sources behind it, and a browser in which somebody agrees."""

    def __init__(self, home: Home, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], apis: Apis) -> None:
        self.home, self.patch, self.capsys, self.apis = home, patch, capsys, apis
        self.google = Google(clients={CLIENT["client_id"]: CLIENT["client_secret"]}, refresh_token=TOKEN)
        self.browser = Browser(lambda address: get(self.google.agree(address)))
        apis.script = self._exchange
        patch.setenv("GOOGLE_OAUTH_TOKEN_URL", apis.addresses["ga4"]["oauth_token_url"])
        patch.setattr(login, "_has_browser", lambda _: True)
        patch.setattr(webbrowser, "open", self.browser)

    def run(self, *arguments: str) -> Said:
        code = cli.run(["--home", str(self.home.root), *arguments])
        said = self.capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    def connect(self, *names: str, without: tuple[str, ...] = ("refresh_token",)) -> None:
        """Set what these sources need in .env, but for some settings."""
        values = {}
        for name in names:
            own = {**OWN[name], "base_url": self.apis.addresses[name]["base_url"]}
            given = [one for one in find()[name].settings if one.name in own and one.name not in without]
            values |= {one.env: own[one.name] for one in given}
        keep(self.home, values)

    def env(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.home.env.read_text().splitlines())

    def _exchange(self, arrival: Arrival) -> Fault | None:
        form = dict(parse_qsl(arrival.request.content.decode())) if arrival.operation == "token" else {}
        if form.get("grant_type") != "authorization_code":
            return None
        return lambda turn: turn.say(*self.google.token(form))


@pytest.fixture(scope="module")
def apis() -> Iterator[Apis]:
    with served(small_shop(), SystemClock()) as apis:
        yield apis


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys, apis) -> Iterator[Desk]:
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_", "SSH_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", lambda **_: TRUST)
    apis.arrivals.clear()
    SECRETS.forget()
    yield Desk(Home(tmp_path / "home"), monkeypatch, capsys, apis)
    SECRETS.forget()


class TestAllWell:
    def test_both_sources_are_signed_in_at_once_tested_and_kept(self, desk):
        desk.connect("ga4", "google_ads")
        said = desk.run("login")
        assert said.code == ExitCode.OK, said
        [asked] = desk.google.asked
        assert asked["scope"].split() == [*find()["ga4"].scopes, *find()["google_ads"].scopes]
        assert {name: value for name, value in desk.env().items() if "REFRESH" in name} == {
            "GA4_REFRESH_TOKEN": TOKEN,
            "GOOGLE_ADS_REFRESH_TOKEN": TOKEN,
        }
        assert desk.home.env.stat().st_mode & 0o777 == 0o600
        assert f"Signed in; kept in {desk.home.env}: GA4_REFRESH_TOKEN, GOOGLE_ADS_REFRESH_TOKEN" in unwrapped(said.err)
        assert f"Next: growthos --home {desk.home.root} sync" in said.err
        assert re.search(r"ga4 .* credentials .* ok .* accepted", said.out)
        assert re.search(r"google_ads .* ok ", said.out)
        assert settings.load(desk.home, os.environ).sources["ga4"]["refresh_token"] == TOKEN

    def test_others_cannot_look_into_its_memory(self, desk):
        """Closed before the access comes, and before anybody could look for the client's secret."""
        closed: list[int] = []
        desk.patch.setattr(process, "close_memory", lambda: closed.append(len(desk.google.asked)))
        desk.connect("ga4")
        desk.run("login")
        assert closed == [0]

    def test_only_the_source_that_is_named(self, desk):
        desk.connect("ga4", "google_ads")
        assert desk.run("login", "ga4").code == ExitCode.OK
        assert [one["scope"] for one in desk.google.asked] == list(find()["ga4"].scopes)
        assert "GOOGLE_ADS_REFRESH_TOKEN" not in desk.env()

    def test_two_clients_take_two_consents(self, desk):
        desk.connect("ga4", "google_ads")
        keep(desk.home, {"GOOGLE_ADS_CLIENT_ID": "another", "GOOGLE_ADS_CLIENT_SECRET": "its-secret"})
        desk.google.clients["another"] = "its-secret"
        said = desk.run("login")
        assert [one["client_id"] for one in desk.google.asked] == [CLIENT["client_id"], "another"]
        assert {"GA4_REFRESH_TOKEN", "GOOGLE_ADS_REFRESH_TOKEN"} <= desk.env().keys()
        assert said.code == ExitCode.PARTIAL  # the face of Google Ads knows the demo's client alone

    def test_the_first_of_two_is_kept_where_the_second_is_refused(self, desk):
        desk.connect("ga4", "google_ads")
        keep(desk.home, {"GOOGLE_ADS_CLIENT_ID": "another"})
        said = desk.run("login")
        assert said.code == ExitCode.CREDENTIALS
        assert "GA4_REFRESH_TOKEN" in desk.env()
        assert "GOOGLE_ADS_REFRESH_TOKEN" not in desk.env()

    def test_a_source_without_its_account_is_signed_in_and_told_what_it_needs(self, desk):
        desk.connect("ga4", without=("property_id", "refresh_token"))
        said = desk.run("login")
        assert said.code == ExitCode.OK
        assert desk.env()["GA4_REFRESH_TOKEN"] == TOKEN
        assert "ga4 still needs GA4_PROPERTY_ID: set it in" in said.err
        assert said.out == ""
        assert "Next" not in said.err

    def test_an_old_sign_in_is_replaced_and_all_else_in_the_file_stays(self, desk):
        desk.connect("ga4")
        with desk.home.env.open("a") as file:
            file.write("# mine\nGA4_REFRESH_TOKEN='1//old'\n")
        assert desk.run("login").code == ExitCode.OK
        assert desk.home.env.read_text().endswith(f"# mine\nGA4_REFRESH_TOKEN={TOKEN}\n")

    def test_no_secret_is_said_logged_or_left_anywhere_but_in_the_file(self, desk):
        desk.connect("ga4", "google_ads")
        said = desk.run("login", "-v")
        [form] = desk.google.forms
        secrets = [form["code"], form["code_verifier"], form["client_secret"], TOKEN, *desk.apis.granted]
        assert len(secrets) >= 5
        elsewhere = [one for one in kept(desk.home.root) if one[0] != str(desk.home.env)]
        assert any("growthos.log" in place for place, _ in elsewhere)
        assert found(secrets, [("out", said.out.encode()), ("err", said.err.encode()), *elsewhere]) == []
        assert form["code"].encode() not in desk.home.env.read_bytes()
        assert desk.browser.closed()[0].count(b"canary") == 0

    def test_quietly_it_shows_the_address_and_what_was_found(self, desk):
        desk.connect("ga4")
        said = desk.run("login", "-q")
        assert said.code == ExitCode.OK
        assert ADDRESS.search(said.err)
        assert "Signed in" not in said.err
        assert "Next" not in said.err


class TestTheAddress:
    def test_stands_whole_on_a_line_of_its_own_however_narrow(self, desk, monkeypatch):
        monkeypatch.setenv("COLUMNS", "40")
        desk.connect("ga4", "google_ads")
        said = desk.run("login")
        [shown] = ADDRESS.findall(said.err)
        assert [shown] == desk.browser.addresses

    def test_is_opened_elsewhere_through_ssh_where_there_is_no_browser(self, desk, monkeypatch):
        monkeypatch.setattr(login, "_has_browser", lambda _: False)
        monkeypatch.setattr(login, "_this_machine", lambda: "shop.example")
        desk.connect("ga4")
        shows = login.show
        monkeypatch.setattr(login, "show", lambda address: (shows(address), desk.browser(address)))
        said = desk.run("login")
        port = re.search(r"redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A(\d+)", said.err)[1]
        assert f"\nssh -L {port}:127.0.0.1:{port} shop.example\n" in said.err

    @pytest.mark.parametrize(
        ("terminal", "environ", "platform", "opens"),
        [
            (True, {"DISPLAY": ":0"}, "linux", True),
            (True, {"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
            (True, {}, "linux", False),
            (True, {"DISPLAY": ""}, "linux", False),
            (False, {"DISPLAY": ":0"}, "linux", False),
            (True, {}, "darwin", True),
            (True, {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, "darwin", False),
            (True, {"SSH_CONNECTION": "x", "DISPLAY": "localhost:10.0"}, "linux", False),
        ],
    )
    def test_is_opened_where_somebody_sits_in_front_of_a_screen(self, monkeypatch, terminal, environ, platform, opens):
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
        assert login._has_browser(environ) is opens

    @pytest.mark.parametrize("error", [webbrowser.Error("none"), OSError(2, "no such file")])
    def test_a_browser_that_does_not_start_is_no_failure(self, monkeypatch, error):
        def broken(_: str) -> None:
            raise error

        monkeypatch.setattr(webbrowser, "open", broken)
        login._open("https://accounts.google.com/")


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def client_file(place: Path, content: Any = None) -> Path:
    """An OAuth client as the console gives it out."""
    installed = {**CLIENT, "redirect_uris": ["http://localhost"], "token_uri": "https://oauth2.googleapis.com/token"}
    path = place / "client.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content or {"installed": installed}))
    return path


class TestTheClientsFile:
    def test_gives_id_and_secret_which_are_kept(self, desk, tmp_path):
        desk.connect("ga4", without=("client_id", "client_secret", "refresh_token"))
        file = client_file(tmp_path)
        said = desk.run("login", "--client", str(file))
        assert said.code == ExitCode.OK
        assert {name: value for name, value in desk.env().items() if name.startswith("GA4_") and "URL" not in name} == {
            "GA4_PROPERTY_ID": OWN["ga4"]["property_id"],
            "GA4_CLIENT_ID": CLIENT["client_id"],
            "GA4_CLIENT_SECRET": CLIENT["client_secret"],
            "GA4_REFRESH_TOKEN": TOKEN,
        }
        assert not any(name.startswith("GOOGLE_ADS") for name in desk.env())
        assert f"{file} holds the client's secret and is not needed any more." in unwrapped(said.err)

    def test_in_a_new_home_the_sources_are_named(self, desk, tmp_path):
        said = desk.run("login", "--client", str(client_file(tmp_path)))
        assert said.code == ExitCode.USAGE
        assert " login ga4 google_ads --client" in said.err
        assert not desk.home.root.exists()
        said = desk.run("login", "ga4", "google_ads", "--client", str(client_file(tmp_path)))
        assert said.code == ExitCode.OK
        assert len(desk.google.asked) == 1
        assert len(desk.env()) == 6
        assert "ga4 still needs GA4_PROPERTY_ID" in said.err
        assert "google_ads still needs GOOGLE_ADS_CUSTOMER_ID" in said.err

    @pytest.mark.parametrize(
        ("content", "says", "hint"),
        [
            ("no JSON", "is no JSON document of Google's", "Download the file again"),
            ("[" * 100_000, "is no JSON document of Google's", "Download the file again"),
            ("[1]", "is no JSON document of Google's", "Download the file again"),
            (
                {"web": CLIENT},
                "is the OAuth client of a website; it is no OAuth client of a desktop app",
                "Desktop app",
            ),
            ({"installed": {"client_id": "i"}}, "lacks client_id or client_secret", "Desktop app"),
            ({"installed": {"client_id": 3, "client_secret": "s"}}, "lacks client_id or client_secret", "Desktop app"),
            ({"installed": []}, "lacks client_id or client_secret", "Desktop app"),
            ({"installed": {**CLIENT, "client_id": "\ud800"}}, "lacks client_id or client_secret", "Desktop app"),
            ({"installed": {**CLIENT, "client_secret": "a\n"}}, "lacks client_id or client_secret", "Desktop app"),
            ({"installed": {**CLIENT, "client_secret": " "}}, "lacks client_id or client_secret", "Desktop app"),
            ({"a": 1}, "lacks client_id or client_secret", "Desktop app"),
            ({"type": "authorized_user"}, "is a user's credentials of gcloud", "Desktop app"),
            ({"type": "service_account"}, "is a service account's key, which needs no sign-in", "client_email"),
        ],
    )
    def test_that_is_none_is_told_as_what_it_is(self, desk, tmp_path, content, says, hint):
        said = desk.run("login", "ga4", "--client", str(client_file(tmp_path, content)))
        assert said.code == ExitCode.SETTINGS
        assert says in unwrapped(said.err)
        assert hint in said.err
        assert desk.browser.addresses == []

    def test_that_cannot_be_read(self, desk, tmp_path):
        said = desk.run("login", "ga4", "--client", str(tmp_path / "nowhere.json"))
        assert (said.code, "nowhere.json cannot be read: No such file or directory." in said.err) == (78, True)


class TestRefused:
    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (["login", "shopify"], ExitCode.USAGE, "shopify has no sign-in in a browser. Set SHOPIFY_SHOP_DOMAIN"),
            (["login", "ga4", "meta"], ExitCode.USAGE, "meta has no sign-in in a browser. Set META_ACCESS_TOKEN"),
            (["login", "gs4"], ExitCode.USAGE, "No source is called 'gs4'. Did you mean ga4?"),
            (["login", "--timeout", "0"], ExitCode.USAGE, "--timeout"),
            (["--demo", "login"], ExitCode.USAGE, "The demo shop needs no sign-in."),
            (
                ["login"],
                ExitCode.SETTINGS,
                "No source has an OAuth client; still to be set: GA4_CLIENT_ID and",
            ),
            (
                ["login", "ga4"],
                ExitCode.SETTINGS,
                "ga4 has no OAuth client; still to be set: GA4_CLIENT_ID and",
            ),
        ],
    )
    def test_before_anybody_signs_in(self, desk, arguments, code, says):
        said = desk.run(*arguments)
        assert said.code == code
        assert says in unwrapped(said.err)
        assert said.out == ""
        assert not desk.home.root.exists()
        assert desk.browser.addresses == []

    def test_every_other_command_names_it_where_the_sign_in_alone_is_missing(self, desk):
        desk.connect("ga4")
        said = desk.run("sync")
        assert said.code == ExitCode.SETTINGS
        command = f"`growthos --home {desk.home.root} login ga4`"
        assert f"GA4_REFRESH_TOKEN is missing; {command} gets it" in unwrapped(said.err)
        keep(desk.home, {"GA4_CLIENT_SECRET": ""})
        assert "login" not in desk.run("sync").err

    def test_a_mistake_in_the_settings_is_told_first(self, desk):
        desk.connect("ga4")
        keep(desk.home, {"GA4_PROPERTY_ID": "G-ABC"})
        said = desk.run("login")
        assert said.code == ExitCode.SETTINGS
        assert "GA4_PROPERTY_ID" in said.err
        assert desk.browser.addresses == []

    def test_a_token_that_comes_from_a_file_of_its_own_is_in_the_way(self, desk):
        desk.connect("ga4")
        (desk.home.root / "token").write_text("1//old-token")
        (desk.home.root / "token").chmod(0o600)
        keep(desk.home, {"GA4_REFRESH_TOKEN_FILE": "token"})
        said = desk.run("login")
        assert said.code == ExitCode.SETTINGS
        assert "Take the line GA4_REFRESH_TOKEN_FILE out of" in unwrapped(said.err)
        assert desk.browser.addresses == []

    @pytest.mark.parametrize("name", ["GA4_REFRESH_TOKEN", "GA4_REFRESH_TOKEN_FILE"])
    def test_what_the_environment_sets_is_told_of(self, desk, name):
        desk.connect("ga4")
        (desk.home.root / "token").write_text("1//old-token")
        (desk.home.root / "token").chmod(0o600)
        desk.patch.setenv(name, "token" if name.endswith("FILE") else "1//old-token")
        said = desk.run("login")
        assert said.code == ExitCode.OK, "what was signed in is tested, not what counts"
        assert f"{name} is also set in the environment, which wins over .env" in unwrapped(said.err)
        assert desk.env()["GA4_REFRESH_TOKEN"] == TOKEN

    def test_on_googles_page(self, desk):
        desk.connect("ga4")
        desk.google.refuses = "access_denied"
        said = desk.run("login")
        assert said.code == ExitCode.CREDENTIALS
        assert "Google gave no access: it was refused on its page" in said.err
        assert "GA4_REFRESH_TOKEN" not in desk.env()

    def test_by_nobody_in_time(self, desk):
        desk.connect("ga4")
        desk.patch.setattr(webbrowser, "open", lambda _: True)
        waited: list[float] = []
        desk.patch.setattr(Listener, "answer", lambda _, __, seconds: waited.append(seconds))
        said = desk.run("login", "--timeout", "600")
        assert (said.code, waited) == (ExitCode.UNAVAILABLE, [600])
        assert "No answer came back from the browser within 600 seconds." in unwrapped(said.err)
        assert "Sign in again, and open the address" in unwrapped(said.err)  # with the same options
        assert "  redirect_uri_mismatch: In the Google Cloud console" in said.err

    def test_by_the_source_itself(self, desk):
        """Signed in and kept; what the source says of it is told as `connections --test` does."""
        desk.google.refresh_token = "1//of-somebody-else"
        desk.connect("ga4")
        said = desk.run("login")
        assert said.code == ExitCode.CREDENTIALS
        assert "invalid_grant" in said.out
        assert f"Sign in again: `growthos --home {desk.home.root} login ga4`" in unwrapped(said.out)
        assert "ends every sign-in after 7 days" in unwrapped(said.out)
        assert "Next" not in said.err


def test_without_a_terminal_the_address_goes_to_stderr_and_is_waited_for(desk):
    """In a process of its own, whose stderr is a pipe: somebody elsewhere opens what is printed there."""
    desk.connect("ga4")
    command = [sys.executable, "-m", "growthos", "--home", str(desk.home.root), "login", "--timeout", "20"]
    environ = {**os.environ, "DISPLAY": ":0", "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, text=True) as running:
        shown = ""
        while not re.search("^ssh -L .*\n", shown, re.MULTILINE):
            shown += running.stderr.readline()
        desk.browser(ADDRESS.search(shown)[0])
        out, err = running.communicate(timeout=20)
    assert running.returncode == ExitCode.OK, err
    assert "accepted" in out
    assert desk.env()["GA4_REFRESH_TOKEN"] == TOKEN
