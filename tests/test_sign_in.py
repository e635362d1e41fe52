"""Signing in with Google: what the page is asked, what is believed of what a browser brings, and what is refused."""

import contextlib
import errno
import logging
import re
import socket
import struct
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from google_page import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, Browser, Google, get, send, token_address
from httpx import create_ssl_context

from growthos.clock import SystemClock
from growthos.connectors import find, google_sign_in
from growthos.connectors.wire import listener
from growthos.errors import CredentialsError, ExitCode, SettingsError, SourceError, UnavailableError
from growthos.redact import CUT, SECRETS

SCOPES = tuple(scope for source in find().values() for scope in source.scopes)
GA4, ADS = SCOPES
STATE = "the-state-of-this-sign-in"
GOOD = f"state={STATE}&code=the-code"


make_trust = cache(create_ssl_context)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """What a client trusts is made once: that costs a third of a second, and here nobody shows a certificate."""
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", make_trust)
    SECRETS.forget()
    yield
    SECRETS.forget()


def sign_in(google: Google, show, *, patience: float = 5, secret: str = CLIENT_SECRET, scopes=SCOPES) -> str:
    """A sign-in at a Google of this machine."""
    with token_address(google) as address:
        return google_sign_in.sign_in(CLIENT_ID, secret, scopes, show=show, patience=patience, token_address=address)


def agreeing(google: Google, **other: str) -> Browser:
    return Browser(lambda address: get(google.agree(address, **other)))


def refusal(google: Google, show=None, **more) -> SourceError:
    with pytest.raises(SourceError) as caught:
        sign_in(google, show or agreeing(google), **more)
    assert caught.value.source == "google"
    assert caught.value.hint
    for secret in (CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN):
        assert secret not in caught.value.message + caught.value.hint
    return caught.value


class TestAllWell:
    def test_one_consent_opens_all_that_was_asked_for(self):
        google = Google()
        browser = agreeing(google)
        assert sign_in(google, browser) == REFRESH_TOKEN
        [page] = browser.closed()
        assert page.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"You may close this page" in page
        [asked] = google.asked
        assert asked["scope"].split() == [
            "https://www.googleapis.com/auth/analytics.readonly",
            "https://www.googleapis.com/auth/adwords",
        ]
        expected = {"response_type": "code", "access_type": "offline", "prompt": "consent", "client_id": CLIENT_ID}
        assert {name: asked[name] for name in expected} == expected
        assert asked["code_challenge_method"] == "S256"
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d{3,4}", asked["redirect_uri"])

    def test_the_form_is_what_google_documents(self):
        google = Google()
        sign_in(google, agreeing(google))
        [form], [asked] = google.forms, google.asked
        assert set(form) == {"grant_type", "code", "code_verifier", "redirect_uri", "client_id", "client_secret"}
        assert form["grant_type"] == "authorization_code"
        assert form["redirect_uri"] == asked["redirect_uri"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{43,128}", form["code_verifier"])

    def test_no_two_are_alike(self):
        google = Google()
        for _ in range(2):
            sign_in(google, agreeing(google))
        for name in ("state", "code_challenge"):
            assert len({one[name] for one in google.asked}) == 2
        assert len({one["code_verifier"] for one in google.forms}) == 2

    def test_the_challenge_is_that_of_the_standard(self):
        """RFC 7636, appendix B."""
        address = google_sign_in._consent("i", ["s"], "r", "state", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        assert dict(parse_qsl(urlsplit(address).query))["code_challenge"] == (
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        )

    def test_an_answer_without_a_word_about_scopes_covers_them(self):
        """RFC 6749, 5.1: it says nothing where they are those that were asked for."""
        google = Google(without=("scope",))
        assert sign_in(google, agreeing(google)) == REFRESH_TOKEN

    def test_no_secret_is_sent_in_the_clear(self):
        plain = "http://tokens.example/token"
        with pytest.raises(SettingsError, match="GOOGLE_OAUTH_TOKEN_URL is plain http"):
            google_sign_in.sign_in(CLIENT_ID, CLIENT_SECRET, SCOPES, show=print, patience=5, token_address=plain)

    def test_all_that_opens_something_is_cut_out_of_every_text_from_then_on(self, caplog):
        caplog.set_level(logging.DEBUG)
        google = Google()
        sign_in(google, agreeing(google))
        [form] = google.forms
        for secret in (form["code"], form["code_verifier"], CLIENT_SECRET, ACCESS_TOKEN, REFRESH_TOKEN):
            assert SECRETS.text(f"a {secret} b") == f"a {CUT} b"
            assert secret not in caplog.text

    def test_the_port_is_told_of_the_address_and_closed_afterwards(self):
        google = Google()
        browser = agreeing(google)
        sign_in(google, browser)
        browser.closed()
        port = google_sign_in.port(browser.addresses[0])
        assert google.asked[0]["redirect_uri"] == f"http://127.0.0.1:{port}"
        wait_until_closed(f"http://127.0.0.1:{port}")


class TestRefused:
    @pytest.mark.parametrize(
        ("error", "says", "hint"),
        [
            ("access_denied", "it was refused on its page", "choose Continue"),
            ("admin_policy_enforced", "Google gave no access: admin_policy_enforced", "consent screen"),
            ("\x1b[31m<b>x", "Google gave no access: [31m<b>x.", "OAuth client"),
        ],
    )
    def test_on_googles_page(self, error, says, hint):
        google = Google(refuses=error)
        browser = agreeing(google)
        found = refusal(google, browser)
        assert isinstance(found, CredentialsError)
        assert found.code == ExitCode.CREDENTIALS
        assert says in found.message
        assert hint in found.hint
        [page] = browser.closed()
        assert b"Google has not let us in" in page
        assert b"<b>" not in page
        assert google.forms == []

    @pytest.mark.parametrize(
        ("says", "words", "hint"),
        [
            ((401, {"error": "invalid_client", "error_description": "no"}), "invalid_client: no", "--client FILE"),
            ((400, {"error": "invalid_grant"}), "invalid_grant", "used or too old"),
            ((400, {"error": "redirect_uri_mismatch"}), "redirect_uri_mismatch", "Desktop app"),
            ((403, {"error": "org_internal"}), "org_internal", "Look at the OAuth client"),
        ],
    )
    def test_by_the_token_address(self, says, words, hint):
        found = refusal(Google(says=says))
        assert isinstance(found, CredentialsError)
        assert found.message == f"google does not accept the credentials (HTTP {says[0]}): {words}"
        assert hint in found.hint
        assert "sync" not in found.hint

    def test_with_a_secret_of_another_client(self):
        assert "invalid_client" in refusal(Google(), secret="GOCSPX-of-another").message

    def test_where_the_code_is_another_s(self):
        """A code that was given to another challenge is worth nothing: that is what PKCE is for."""
        google = Google()
        google.codes["4/stolen"] = {"code_challenge": "of another", "client_id": CLIENT_ID, "redirect_uri": "x"}
        assert "invalid_grant" in refusal(google, agreeing(google, code="4/stolen")).message

    def test_where_a_box_was_not_ticked(self):
        found = refusal(Google(unticked=(ADS,)))
        assert isinstance(found, CredentialsError)
        assert found.message.endswith("it lacks https://www.googleapis.com/auth/adwords.")
        assert "leave every box" in found.hint

    @pytest.mark.parametrize("missing", ["refresh_token", "scope refresh_token"])
    def test_where_nothing_would_last(self, missing):
        found = refusal(Google(without=tuple(missing.split())))
        assert isinstance(found, CredentialsError)
        assert "no refresh token" in found.message
        assert "myaccount.google.com" in found.hint

    @pytest.mark.parametrize("says", [(503, {}), (200, "no JSON"), (200, {}), (302, {})])
    def test_where_google_is_down_or_is_not_google(self, monkeypatch, says):
        slept: list[float] = []
        monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: slept.append(seconds))
        google = Google(says=says)
        found = refusal(google)
        assert isinstance(found, UnavailableError)
        assert len(google.forms) == (1 if says[0] == 302 else 3) == len(slept) + 1
        assert found.hint.startswith("Nothing was kept.")


class Leaping(SystemClock):
    """The clock on the wall, which a test may put ahead."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


class TestNoAnswer:
    def test_in_time(self):
        found = refusal(Google(), lambda _: None, patience=0.05)
        assert isinstance(found, UnavailableError)
        assert found.code == ExitCode.UNAVAILABLE
        assert "No answer came back from the browser" in found.message
        assert "redirect_uri_mismatch" in found.hint

    @pytest.mark.parametrize("state", ["", "another", "é", "x" * 9000])
    def test_but_that_to_another_sign_in(self, monkeypatch, state):
        """It is not taken, and the program goes on waiting for its own until the time is over."""
        google, clock = Google(), Leaping()
        monkeypatch.setattr(google_sign_in, "SystemClock", lambda: clock)

        def visit(address: str) -> bytes:
            page = get(google.agree(address, state=state))
            clock.ahead = 30.0
            with contextlib.suppress(OSError):  # whoever waits looks at the clock now, or has just looked and gone
                get(google.asked[0]["redirect_uri"])
            return page

        browser = Browser(visit)
        found = refusal(google, browser, patience=30)
        assert "its state differs, and it was not taken" in found.message
        [page] = browser.closed()
        assert page.startswith(b"HTTP/1.1 400 ")
        assert b"belongs to another sign-in" in page
        assert google.forms == []

    def test_as_no_port_is_to_be_had(self, monkeypatch):
        def full(*_: object) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setattr(socket, "create_server", full)
        shown: list[str] = []
        found = refusal(Google(), shown.append)
        assert "no port of 127.0.0.1 is to be had (Too many open files)" in found.message
        assert "service account" in found.hint
        assert shown == []


def request(line: str, *, headers: str = "", end: str = "\r\n\r\n") -> bytes:
    return f"{line}\r\nHost: 127.0.0.1{headers}{end}".encode()


RUDE = {
    "another path": (request("GET /favicon.ico HTTP/1.1"), b"404"),
    "another path that knows all": (request(f"GET /callback?{GOOD} HTTP/1.1"), b"404"),
    "nothing": (request("GET / HTTP/1.1"), b"404"),
    "a state alone": (request(f"GET /?state={STATE} HTTP/1.1"), b"404"),
    "a wrong state": (request("GET /?state=x&code=y HTTP/1.1"), b"400"),
    "no state": (request("GET /?code=y HTTP/1.1"), b"400"),
    "two states": (request(f"GET /?state={STATE}&state=x&code=y HTTP/1.1"), b"400"),
    "two codes": (request(f"GET /?state={STATE}&code=x&code=y HTTP/1.1"), b"400"),
    "a code and an error": (request(f"GET /?state={STATE}&code=x&error=y HTTP/1.1"), b"400"),
    "POST": (request(f"POST /?{GOOD} HTTP/1.1", headers="\r\nContent-Length: 4", end="\r\n\r\nabcd"), b"405"),
    "HEAD": (request(f"HEAD /?{GOOD} HTTP/1.1"), b"405"),
    "OPTIONS": (request("OPTIONS * HTTP/1.1"), b"400"),
    "a whole address": (request(f"GET http://127.0.0.1/?{GOOD} HTTP/1.1"), b"400"),
    "an old form": (request(f"GET /?{GOOD}"), b"400"),
    "no words": (b"\r\n\r\n", b"400"),
    "no text": (bytes(range(128, 256)) + b"\r\n\r\n", b"400"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n\r\n", b"400"),
    "a huge target": (b"GET /?" + b"a=b&" * 40_000, b"431"),
    "huge headers": (request(f"GET /?{GOOD} HTTP/1.1", headers="\r\nCookie: " + "c" * 70_000), b"431"),
}


def hear(does: Callable[[str], Any], seconds: float = 5) -> tuple[Any, listener.Told | None]:
    """What a browser that does this at a listener's address gets to see, and what the listener makes of it."""
    browser = Browser(does)
    with listener.Listener(STATE) as ear:
        browser(ear.address)
        told = ear.answer(SystemClock(), seconds)
    [seen] = browser.closed()
    return seen, told


def bring(address: str) -> None:
    """The honest answer, and that it is taken."""
    assert get(f"{address}/?{GOOD}").startswith(b"HTTP/1.1 200 OK")


@contextlib.contextmanager
def line_to(address: str) -> Iterator[socket.socket]:
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as line:
        yield line


class TestRudeCallers:
    """Whoever else calls gets an answer or none, and the listener goes on as if nobody had."""

    @pytest.mark.parametrize("said", RUDE)
    def test_one_who_says(self, said):
        raw, status = RUDE[said]

        def visit(address: str) -> bytes:
            heard = send(address, raw)
            bring(address)
            return heard

        heard, told = hear(visit)
        assert told == listener.Told(code="the-code")
        assert heard[9:12] == status or (status == b"431" and heard == b"")  # what is cut off may not be heard
        assert STATE.encode() not in heard
        assert b"the-code" not in heard

    @pytest.mark.parametrize("said", [b"", b"GET /?sta", b"GET / HTTP/1.1\r\nHost: 1"], ids=["nothing", "half", "most"])
    @pytest.mark.parametrize("ends", ["stays", "hangs up", "resets"])
    def test_one_who_does_not_come_to_an_end(self, said, ends):
        def visit(address: str) -> None:
            with line_to(address) as line:
                line.sendall(said)
                if ends == "hangs up":
                    line.shutdown(socket.SHUT_WR)
                elif ends == "resets":
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    line.close()
                bring(address)

        began = monotonic()
        _, told = hear(visit)
        assert told == listener.Told(code="the-code")
        assert monotonic() - began < 3

    def test_a_head_in_pieces_is_put_together(self):
        def visit(address: str) -> bytes:
            with line_to(address) as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for one in f"GET /?{GOOD} HTTP/1.1\r\n\r\n":
                    line.sendall(one.encode())
                return line.recv(65536)

        heard, told = hear(visit)
        assert told == listener.Told(code="the-code")
        assert heard.startswith(b"HTTP/1.1 200 OK")

    def test_many_who_say_nothing_keep_nobody_out_and_nothing_open(self):
        def visit(address: str) -> None:
            with contextlib.ExitStack() as stack:
                lines = [stack.enter_context(line_to(address)) for _ in range(3 * listener.MOST)]
                lines[0].settimeout(1)
                assert lines[0].recv(1) == b"", "who has been silent longest is hung up on"
                bring(address)

        before = open_files()
        assert hear(visit)[1] == listener.Told(code="the-code")
        assert open_files() == before

    def test_one_who_made_room_speaks_too_late(self):
        """Whoever waits longest is hung up on for a newcomer, with words of theirs on the way."""
        with listener.Listener(STATE) as ear, contextlib.ExitStack() as stack:
            lines = [stack.enter_context(line_to(ear.address)) for _ in range(listener.MOST)]
            assert ear.answer(SystemClock(), 0.2) is None
            stack.enter_context(line_to(ear.address)).sendall(request(f"GET /?{GOOD} HTTP/1.1"))
            lines[0].sendall(b"GET")
            assert ear.answer(SystemClock(), 5) == listener.Told(code="the-code")

    def test_a_second_answer_comes_too_late(self):
        """The first one is taken; nobody is there any more for another."""

        def visit(address: str) -> None:
            bring(address)
            wait_until_closed(address)

        assert hear(visit)[1] == listener.Told(code="the-code")

    def test_only_this_machine_is_listened_to(self):
        with listener.Listener(STATE) as ear:
            assert ear._server.getsockname()[0] == "127.0.0.1"

    def test_it_ends_by_itself_whoever_calls(self):
        def visit(address: str) -> None:
            with line_to(address) as line, contextlib.suppress(ConnectionError):
                while True:
                    line.sendall(b"x")
                    sleep(0.001)

        began = monotonic()
        assert hear(visit, 0.05)[1] is None
        assert monotonic() - began < 2


def open_files() -> int:
    """How many this process has, where the system tells."""
    place = Path("/proc/self/fd")
    return len(list(place.iterdir())) if place.exists() else 0


def wait_until_closed(address: str) -> None:
    """Ask again until nobody is there; an answer to a second question there is none."""
    for _ in range(1000):
        try:
            assert b"HTTP/1.1 200" not in get(f"{address}/?{GOOD}")
        except OSError:
            return
        sleep(0.001)
    raise AssertionError("somebody is still there")


LOADING = {"script", "link", "img", "iframe", "style", "form"}


class Loads(HTMLParser):
    """What a page would load, run or send."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if (
            tag in {"script", "link", "img", "iframe", "style", "form"}
            or {"src", "href", "action"} & dict(attrs).keys()
        ):
            self.found.append(tag)


@pytest.mark.parametrize("reply", [one for one in vars(listener).values() if isinstance(one, listener._Reply)])
def test_a_page_is_plain_whole_and_loads_nothing(reply):
    head, _, body = bytes(reply).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert int(headers["Content-Length"]) == len(body)
    assert headers["Content-Security-Policy"] == "default-src 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Connection"] == "close"
    page = Loads()
    page.feed(body.decode())
    assert page.found == []
    assert body.startswith(b"<!doctype html>")
