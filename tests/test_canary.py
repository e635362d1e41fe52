"""No secret is left lying, whatever goes wrong: each source has a secret of its own, and everything is searched for it.

Searched are what commands say on both streams, with -v and in every format, and each file of the home, unpacked: logs,
raw bodies and headers, databases, reports, what was set aside. One in hundreds of pairs of a fault and a moment is
tried in the default run, all with `-m chaos`.
"""

import base64
import gzip
import json
import os
import random
import re
import string
from collections.abc import Iterator
from pathlib import Path

import faults
import pytest
from canaries import beginnings, found, kept, wardrobe
from fault_server import Apis, Fault, served
from small_shop import small_shop

from growthos import cli, demo
from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.demo import google_oauth
from growthos.redact import SECRETS

SINCE = ["--since", "2026-03-25", "--until", "2026-03-29"]
COMMANDS = [
    ["sync", "-v", *SINCE],
    ["connections", "--test", "-v"],
    ["connections", "--test", "--format", "json"],
    ["doctor", "--format", "markdown", "-v"],
    ["status", "--format", "csv"],
]
PRINTABLE = "".join(sorted({*string.printable.strip()} - {" "}))
SEARCHED = {"scenarios": 0, "places": 0, "forms": 0}


def canary(source: str) -> str:
    """A secret like no other, with every character that means something to somebody."""
    dice = random.Random()
    return f"{source}-{dice.getrandbits(80):020x}" + "".join(dice.sample(PRINTABLE, 30)) + "[red]%41.*$\\"


class Keys:
    """The secrets of one run, in the demo's faces and in the environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shopify, meta, google = (demo.FACES[name] for name in ("shopify", "meta", "google_ads"))
        self.of = {name: canary(name) for name in ("shopify", "meta", "proof", "google", "oauth", "developer")}
        monkeypatch.setitem(shopify.SETTINGS, "client_secret", self.of["shopify"])
        monkeypatch.setattr(meta, "TOKEN", self.of["meta"])
        monkeypatch.setattr(meta, "SECRET", self.of["proof"])
        monkeypatch.setitem(meta.SETTINGS, "access_token", self.of["meta"])
        monkeypatch.setitem(meta.SETTINGS, "app_secret", self.of["proof"])
        for one in (google_oauth.SETTINGS, google.SETTINGS, demo.FACES["ga4"].SETTINGS):
            monkeypatch.setitem(one, "refresh_token", self.of["google"])
            monkeypatch.setitem(one, "client_secret", self.of["oauth"])


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keys]:
    yield Keys(monkeypatch)
    SECRETS.forget()


def connect(monkeypatch: pytest.MonkeyPatch, apis: Apis, keys: Keys, home: Path) -> None:
    """The environment of somebody who has set everything; nobody has patience, so that a fault ends what it meets."""
    given = {name: {**values, **apis.addresses[name]} for name, values in demo.settings().items()}
    given["google_ads"]["developer_token"] = keys.of["developer"]
    for name, values in given.items():
        for one in find()[name].settings:
            if one.name in values:
                monkeypatch.setenv(one.env, values[one.name])
    monkeypatch.setattr("growthos.connections.PATIENCE", 0.0)
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "growthos.toml").write_text("[sync]\npatience = 0\nhistory = 5\n")


def echoes(turn) -> list[str]:
    """Every secret of a request, in several dresses."""
    headers, form = turn.arrival.request.headers, turn.arrival.request.content.decode()
    told = [headers.get(name, "") for name in ("authorization", "x-shopify-access-token", "developer-token")]
    told += [form, turn.arrival.request.url.query.decode()]
    words = [one.removeprefix("Bearer ") for one in told if one]
    forms = [base64.b64encode(one.encode()).decode() for one in words] + [one.encode().hex() for one in words]
    return [*words, *forms, json.dumps(words)]


def echo(status: int) -> Fault:
    """An answer of that status that repeats all it was told, in each place where words are looked for."""

    def fault(turn) -> None:
        text = " ".join(echoes(turn))
        said = {"error": {"message": text, "code": 100, "error_user_msg": text, "status": text}, "errors": text}
        turn.say(status, said, {"x-request-id": text[:200], "retry-after": text[:80], "content-type": "text/json"})

    return fault


def echo_at_the_cut(turn) -> None:
    """A message so long that it is cut in the middle of the secret."""
    text = "x" * 290 + " " + echoes(turn)[0]
    turn.say(400, {"error": {"message": text, "code": 100, "error_user_msg": text}, "errors": text})


def echo_a_part(turn) -> None:
    """As some servers do, to be helpful."""
    text = f"no such token: {echoes(turn)[0][:28]}…"
    turn.say(401, {"error": {"message": text, "code": 190}, "error_description": text, "errors": text})


def echo_in_a_good_answer(turn) -> None:
    """Each text of a page is what the source was told in confidence."""
    secret = echoes(turn)[0]

    def change(said) -> None:
        for one in faults.dicts(said):
            for name in ("name", "title", "currencyCode", "timezone_name", "timeZone", "emptyReason", "iana_timezone"):
                if isinstance(one.get(name), str):
                    one[name] = secret

    faults.changed(change)(turn)


def echo_in_headers(turn) -> None:
    """The right answer, with headers from which notices are made."""
    whole, secret = turn.honest(), echoes(turn)[0]
    for name in ("x-ad-api-version-warning", "facebook-api-version", "x-shopify-api-version", "x-fb-trace-id"):
        whole.headers[name] = secret
    turn.give(whole)


def echo_packed(turn) -> None:
    """A refusal that comes packed, as any may."""
    text = json.dumps({"error": {"message": " ".join(echoes(turn)), "code": 100}, "errors": echoes(turn)[0]})
    turn.say(400, gzip.compress(text.encode()), {"content-encoding": "gzip"})


def echo_in_the_way(turn) -> None:
    """Sent on to an address with the secret in its name."""
    word = re.sub(r"[^\w-]", "", echoes(turn)[0])
    turn.say(302, "", {"location": f"https://{word}.example/?token={echoes(turn)[0]}"})


def echo_unasked(turn) -> None:
    """What is no HTTP at all."""
    turn.handler.wfile.write(f"{echoes(turn)[0]}\r\n\r\n".encode())
    turn.hang_up()


def echo_in_a_header_line(turn) -> None:
    """A header that no reader of HTTP takes; the error of the library quotes it."""
    turn.handler.wfile.write(f"HTTP/1.1 200 OK\r\n{echoes(turn)[0]} : x\r\n\r\n".encode())
    turn.hang_up()


FAULTS: dict[str, Fault] = {
    "a repeated secret, 200": echo(200),
    "a repeated secret, 400": echo(400),
    "a repeated secret, 401": echo(401),
    "a repeated secret, 403": echo(403),
    "a repeated secret, 429": echo(429),
    "a repeated secret, 500": echo(500),
    "a secret at the cut": echo_at_the_cut,
    "a part of a secret": echo_a_part,
    "a good answer made of secrets": echo_in_a_good_answer,
    "headers made of secrets": echo_in_headers,
    "a packed refusal": echo_packed,
    "a way elsewhere": echo_in_the_way,
    "no HTTP": echo_unasked,
    "a broken header line": echo_in_a_header_line,
    "throttled": faults.throttled(7),
    "asked to wait": faults.asked_to_wait(5),
    "asked to wait by a server that is down": faults.asked_to_wait(5, 503),
    "broken, 500": faults.broken(500),
    "broken, 503": faults.broken(503),
    "a web page, 200": faults.web_page(200),
    "a web page, 403": faults.web_page(403),
    "a web page, 502": faults.web_page(502),
    "cut, and told so": faults.cut(0.5, told=True),
    "cut": faults.cut(0.5, told=False),
    "reset": faults.reset(0.4),
    "sent on": faults.sent_on(302, "https://elsewhere.example"),
    "a bomb": faults.bomb(16),
    "revoked": faults.revoked,
    "used up": faults.used_up_today,
    "a stale cursor": faults.stale_cursor,
    "the first page again": faults.first_page_again,
    "the same cursor": faults.same_cursor,
    "more fields": faults.changed(faults.more_fields, faults.null_nodes, faults.foreign_links),
    "bare numbers": faults.bare_numbers,
}
MOMENTS = {
    "from the start": 1,
    "after the token": 2,
    "later": 4,
}
ALL = [(fault, moment) for fault in FAULTS for moment in MOMENTS]
SEED = int(os.environ["CHAOS_SEED"])
SOME = [random.Random(SEED).choice(ALL), ("a good answer made of secrets", "after the token")]


def search(home: Path, secrets: set[str], said: list[tuple[str, bytes]]) -> list[str]:
    """Where one of the secrets lies, or the first half of one; how much was looked through is counted."""
    places = [*said, *kept(home)]
    SEARCHED["scenarios"] += 1
    SEARCHED["places"] += len(places)
    SEARCHED["forms"] = len(wardrobe("x" * 30))
    halves = [
        f"half of a secret in {place}"
        for secret in secrets
        for half in beginnings(secret)
        for place, text in places
        if half in text
    ]
    return found(secrets, places) + halves


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "moment"),
    [
        *(pytest.param(*one, id=f"{', '.join(one)} (seed {SEED})") for one in SOME),
        *(pytest.param(*one, id=", ".join(one), marks=pytest.mark.chaos) for one in ALL),
    ],
)
def test_no_fault_leaves_a_secret_anywhere(tmp_path, monkeypatch, capfd, keys, fault, moment):
    """All sources meet it at once; the doctor and a look at the connections meet it too."""
    home, clock = tmp_path / "home", SystemClock()

    def at(arrival):
        if arrival.number < MOMENTS[moment]:
            return None
        return FAULTS[fault]

    said: list[tuple[str, bytes]] = []
    with served(small_shop(), clock, at) as apis:
        connect(monkeypatch, apis, keys, home)
        for command in COMMANDS:
            code = cli.run(["--home", str(home), *command])
            told = capfd.readouterr()
            assert "This is a bug" not in told.err, told.err
            said += [(f"{command} ({code}), {name}", text.encode()) for name, text in told._asdict().items()]
    proofs = {one.request.url.params.get("appsecret_proof", "") for one in apis.of("meta")} - {""}
    assert search(home, {*keys.of.values(), *apis.granted, *proofs}, said) == []
    assert any(text for _, text in said)


@pytest.fixture(scope="module", autouse=True)
def count() -> Iterator[None]:
    """How much was searched, for those who ask with -s."""
    yield
    print(f"\nsearched: {SEARCHED}")  # noqa: T201 - asked for
