"""Telling people: what each target is sent, whatever a campaign is called, and what becomes of it."""

import json
import re
import ssl
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from time import sleep

import certifi
import pytest
from loopback import FastClock, serve, trickle
from mail_server import mail_server
from test_network import certificates, speaking_tls

from growthos import notify
from growthos.connectors.address import hidden
from growthos.errors import ExitCode, SettingsError, UsageError
from growthos.messages import Due, Message
from growthos.notify import TARGETS, Email, Ntfy, Slack, Teams, Webhook, exit_code
from growthos.notify.letters import of_message, of_test, shortened
from growthos.notify.smtp import written
from growthos.period import Period
from growthos.redact import SECRETS
from growthos.settings import Settings

WEEK = Period(date(2026, 3, 23), date(2026, 3, 29))
PATH = "/services/T00000000/B00000000/canary7f3e9d1c5a"
MAIL = {"host": "127.0.0.1", "security": "none", "from": "shop@example.com", "to": "ann@example.com,bob@example.com"}
HOSTILE = (
    "<!channel> <!here> <@U024BE7LH> @here <https://evil.example|Pay> *b* _i_ `c` & &lt; "
    "[x](https://evil.example) <at>Ann</at> <img src=x onerror=alert(1)> # h\r\nBcc: eve@evil.example\x1b[2J\u202e"
)


def due(name: str = "Net revenue drop", severity: str = "critical", text: str = "Spend went $1,234.56.") -> Due:
    figures = {"spend": 123_456, "share": Decimal("0.25")}
    return Due("revenue_drop:all", name, severity, "all channels", "The facts.", text, date(2026, 3, 28), None, figures)


def told(*alerts: Due, resolved: tuple[Due, ...] = ()) -> Message:
    return Message("myshop", WEEK, WEEK.before(), "UTC", alerts, resolved, ("One more is silenced.",))


def letter(*alerts: Due, resolved: tuple[Due, ...] = ()):
    found = of_message(told(*alerts, resolved=resolved), "info")
    assert found
    return found


def texts(body: object) -> list[str]:
    """Every text anywhere in a body."""
    if isinstance(body, str):
        return [body]
    if isinstance(body, dict):
        return [text for one in body.values() for text in texts(one)]
    return [text for one in body for text in texts(one)] if isinstance(body, list | tuple) else []


def send(*targets: notify.Target, message: Message | None = None, clock: FastClock | None = None, calls=None):
    write = lambda target: of_message(message or told(due()), target.least)  # noqa: E731
    return notify.send(write, targets, clock or FastClock(), (calls if calls is not None else []).append)


@pytest.fixture(autouse=True)
def nothing_known():
    SECRETS.forget()
    yield
    SECRETS.forget()


# -- What each is sent ---------------------------------------------------------------------------------------------


def test_slack_gets_text_that_is_nothing_but_text():
    body = Slack({"url": f"https://hooks.slack.com{PATH}"}).body(letter(due(HOSTILE, text=HOSTILE)))

    kinds = {one["type"] for block in body["blocks"] for one in (block.get("text"), *block.get("elements", ())) if one}
    assert kinds == {"plain_text"}
    assert (body["parse"], body["link_names"], body["mrkdwn"]) == ("none", False, False)
    assert not any(re.search("[<>]|&(?!amp;|lt;|gt;)", text) for text in texts(body))
    assert "&lt;!channel&gt; &lt;!here&gt;" in body["blocks"][3]["text"]["text"]
    assert body["text"] == "myshop: 1 critical (2026-03-29)"


def test_teams_gets_runs_of_text_in_which_markdown_means_nothing():
    body = Teams({"url": "https://example.com/hook"}).body(letter(due(HOSTILE, text=HOSTILE), resolved=(due(),)))

    card = body["attachments"][0]["content"]
    assert {row["type"] for row in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for row in card["body"] for run in row["inlines"]} == {"TextRun"}
    assert "entities" not in card["msteams"]  # without one an <at> mentions nobody
    runs = [run for row in card["body"] for run in row["inlines"]]
    assert [run.get("color") for run in runs if "color" in run] == ["Attention", "Good"]
    assert runs[2]["text"].startswith("Critical: <!channel> <!here>")


def test_ntfy_gets_plain_text_with_a_priority():
    target = Ntfy({"topic": "shop-7f3e", "token": "tk_canary123"})
    body = target.body(letter(due(), due(severity="warning")))

    assert (body["topic"], body["title"], body["priority"], body["tags"]) == (
        "shop-7f3e",
        "myshop: 1 critical, 1 warning (2026-03-29)",
        5,
        ["rotating_light"],
    )
    assert body["message"].startswith("Critical: Net revenue drop, all channels, since 2026-03-28\nThe facts.\n")
    assert "markdown" not in body
    assert target.address == "https://ntfy.sh"
    assert Ntfy({"topic": "x"}).body(letter(resolved=(due(),)))["priority"] == 3


def test_a_webhook_gets_the_figures_as_numbers():
    with serve(FastClock()) as server:
        server.says((204, "", {}))
        send(Webhook({"url": f"{server.address}/hook", "token": "canary-token"}))

    arrival = server.arrivals[0]
    assert (arrival.method, arrival.path) == ("POST", "/hook")
    assert arrival.headers["authorization"] == "Bearer canary-token"
    assert arrival.headers["content-type"].startswith("application/json")
    assert b'"share": 0.25' in arrival.body
    assert arrival.json == {
        "schema_version": 1,
        "kind": "alerts",
        "home": "myshop",
        "title": "myshop: 1 critical (2026-03-29)",
        "window": {"since": "2026-03-23", "until": "2026-03-29"},
        "previous": {"since": "2026-03-16", "until": "2026-03-22"},
        "timezone": "UTC",
        "alerts": [
            {
                "id": "revenue_drop",
                "name": "Net revenue drop",
                "severity": "critical",
                "scope": "all",
                "since": "2026-03-28",
                "until": None,
                "facts": "The facts.",
                "recommendation": "Spend went $1,234.56.",
                "figures": {"spend": 123456, "share": 0.25},
            }
        ],
        "resolved": [],
        "notes": ["One more is silenced."],
    }


def test_a_mail_has_no_header_of_the_datas_making():
    message = replace(told(due(HOSTILE, text=HOSTILE)), home="h\r\nBcc: eve@evil.example\r\n\r\n")
    with mail_server() as server:
        found = send(Email({**MAIL, "port": str(server.port)}), message=message)

    assert [one.state for one in found] == ["sent"]
    [mail] = server.mails
    assert sorted(mail.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )
    assert (mail["To"], mail["From"]) == ("ann@example.com, bob@example.com", "shop@example.com")
    assert "Bcc" in mail["Subject"]  # it is in the subject, and so is no header
    page = mail.get_body(("html",)).get_content()
    assert "<img" not in page
    assert "onerror=alert(1)>" in unescape(page)
    assert "The facts." in mail.get_body(("plain",)).get_content()


def test_what_moves_a_cursor_or_turns_the_reading_reaches_nobody():
    made = letter(due(HOSTILE, text=HOSTILE))
    for name, kind in TARGETS.items():
        sent = kind(kind.example).preview(made)
        sent = sent if name == "email" else "\n".join(texts(json.loads(sent)))
        assert not re.search("[\x1b\u202e\r]", sent), name


@pytest.mark.parametrize(("least", "wanted"), [("info", 3), ("warning", 2), ("critical", 1)])
def test_a_target_is_told_what_is_as_grave_as_it_wants_to_know(least, wanted):
    alerts = [due(severity=one) for one in ("critical", "warning", "info")]
    made = of_message(told(*alerts), least)
    assert made
    assert len(made.parts) == wanted


def test_nothing_is_sent_where_nothing_is_grave_enough():
    with serve(FastClock()) as server:
        found = send(Slack({"url": server.address, "min": "critical"}), message=told(due(severity="warning")))

    assert [(one.state, one.said) for one in found] == [("nothing", "nothing from critical on")]
    assert server.arrivals == []
    assert exit_code(found) == ExitCode.OK


@pytest.mark.parametrize("name", TARGETS)
def test_a_test_message_says_that_it_is_one(name):
    kind = TARGETS[name]
    sent = kind(kind.example).preview(of_test("myshop", FastClock().now()))

    assert "myshop: test message" in sent
    assert "This is a test" in sent


# -- Limits --------------------------------------------------------------------------------------------------------


def test_a_text_is_cut_between_two_words_and_never_in_a_number():
    assert shortened("spend 1,234.56 now", 18) == "spend 1,234.56 now"
    for longest in range(8, 18):
        assert shortened("spend 1,234.56 now", longest) in {"spend…", "spend 1,234.56…"}
    assert shortened("x" * 50, 10) == "x" * 9 + "…"
    assert shortened("1234567890", 6) == "…"


LONG = "Campaign & " * 400 + "spent $1,234,567.89."


@pytest.mark.parametrize(
    ("target", "largest"),
    [(Slack, None), (Teams, 24_000), (Ntfy, None)],
)
def test_limits_are_kept_and_it_is_said_how_many_more_there_are(target, largest):
    """Slack: 50 blocks of 3,000 characters; Teams: 28 KB; ntfy: 4,096 bytes."""
    many = [due(f"Alert {'abcdefghijklmnopqrstuvwxyz'[number]}", text=LONG) for number in range(26)]
    body = target(target.example).body(letter(*many))

    shown = sum(f"Alert {one}" in "\n".join(texts(body)) for one in "abcdefghijklmnopqrstuvwxyz")
    assert 0 < shown < 26
    assert f"And {26 - shown} more" in "\n".join(texts(body))
    assert "1,234,5…" not in "\n".join(texts(body))
    if largest:
        assert len(json.dumps(body).encode()) <= largest
    if target is Slack:
        assert len(body["blocks"]) <= 50
        assert max(map(len, texts(body["blocks"]))) <= 3_000
        assert len(body["blocks"][0]["text"]["text"]) <= 150
    if target is Ntfy:
        assert len(body["message"].encode()) <= 4_096


def test_what_grows_when_it_is_escaped_is_within_the_limit_all_the_same():
    body = Slack(Slack.example).body(letter(due("&" * 200, text="& " * 3_000)))
    assert max(map(len, texts(body["blocks"]))) <= 3_000


# -- What becomes of it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "arrivals", "state", "said"),
    [
        ([(200, "ok", {})], 1, "sent", ""),
        ([(202, "", {})], 1, "sent", ""),
        ([(429, "", {"Retry-After": "3"}), (200, "ok", {})], 2, "sent", ""),
        ([(500, "", {}), (200, "ok", {})], 2, "sent", ""),
        ([(503, "down", {})], 2, "failed", "HTTP 503, down, 2 times"),
        ([(404, "no_service", {})], 1, "failed", "HTTP 404, no_service"),
        ([(400, "<html>", {})], 1, "failed", "HTTP 400"),
        ([(302, "", {"Location": "https://evil.example/x"})], 1, "failed", "sends us on to evil.example (HTTP 302)"),
        ([(302, "", {"Location": "https://[evil"})], 1, "failed", "sends us on to another page of its own (HTTP 302)"),
    ],
)
def test_it_is_tried_twice_where_that_may_help_and_no_redirect_is_followed(answers, arrivals, state, said):
    clock = FastClock()
    with serve(clock) as server:
        server.says(*answers)
        [found] = send(Slack({"url": server.address + PATH}), clock=clock)

    assert (found.state, len(server.arrivals)) == (state, arrivals)
    assert said in found.said
    if arrivals == 2:
        assert 1 <= server.gaps()[0] <= 11


def test_a_target_that_asks_for_an_hour_is_asked_again_after_ten_seconds():
    clock = FastClock()
    with serve(clock) as server:
        server.says((429, "", {"Retry-After": "3600"}))
        send(Slack({"url": server.address}), clock=clock)
    assert 10 <= server.gaps()[0] < 11


def test_a_slow_target_is_given_up_and_stops_no_other(monkeypatch):
    monkeypatch.setattr(notify, "SECONDS", 0.2)
    clock = FastClock()
    with serve(clock) as slow, serve(clock) as good:
        slow.script = trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x")
        good.says((200, "ok", {}))
        found = send(
            Slack({"url": slow.address}), Teams({"url": good.address}), Ntfy({"topic": "x", "url": good.address})
        )

    assert [one.state for one in found] == ["failed", "sent", "sent"]
    assert "not finished after 0.2 seconds" in found[0].said
    assert exit_code(found) == ExitCode.PARTIAL
    assert exit_code(found[:1]) == ExitCode.UNAVAILABLE


def test_a_target_that_hangs_for_good_is_left_behind(monkeypatch):
    monkeypatch.setattr(notify, "SECONDS", 0.05)
    monkeypatch.setattr(notify, "LONGEST_WAIT", 0.05)
    monkeypatch.setattr(Slack, "deliver", lambda *_: sleep(0.4))

    [found] = send(Slack({"url": "http://127.0.0.1:1"}))

    assert (found.state, found.said) == ("failed", "no answer from 127.0.0.1:1 in time")


def test_a_bug_in_a_target_is_told_as_one(monkeypatch):
    monkeypatch.setattr(Slack, "deliver", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        send(Slack({"url": "http://127.0.0.1:1"}))


def test_nobody_listens():
    [found] = send(Slack({"url": "http://127.0.0.1:1"}))
    assert (found.state, found.said) == (
        "failed",
        "no whole answer from 127.0.0.1:1: [Errno 111] Connection refused, 2 times",
    )


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(tmp_path):
    with speaking_tls(tmp_path, "self-signed") as server:
        [found] = send(Slack({"url": server.address + PATH}))
        assert "cannot be trusted" in found.said
        assert server.heard == []


def test_no_secret_is_in_what_is_said_or_logged():
    """The server says it back; what is learnt is what follows the host, and each long word of it."""
    for one in hidden(f"https://hooks.slack.com{PATH}"):
        SECRETS.learn(one)
    calls: list = []
    with serve(FastClock()) as server:
        server.says((400, f"bad {PATH} and canary7f3e9d1c5a", {}))
        found = send(Slack({"url": server.address + PATH}), calls=calls)

    assert "canary7f3e9d1c5a" not in repr(found) + repr(calls)
    assert "bad [redacted] and [redacted]" in found[0].said
    assert [(one.source, one.endpoint, one.status) for one in calls] == [("slack", found[0].place, 400)]


# -- Mail ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "conversations", "state", "said"),
    [
        (["450 later"] * 2, 2, "sent", ""),
        (["550 nobody"] * 2, 1, "failed", "SMTP 550, nobody"),
        (["250 known", "550 nobody"], 1, "in part", "not to bob@example.com: SMTP 550, nobody"),
        (["451 busy"] * 9, 2, "failed", "SMTP 451, busy, 2 times"),
    ],
)
def test_a_mail_servers_no_is_for_now_or_for_good(answers, conversations, state, said):
    with mail_server() as server:
        server.answers = list(answers)
        [found] = send(Email({**MAIL, "port": str(server.port)}))

    assert (found.state, server.conversations) == (state, conversations)
    assert found.said == said


@pytest.mark.parametrize(
    ("more", "features", "said"),
    [
        ({"security": "starttls"}, (), "STARTTLS"),
        ({"user": "ann", "password": "canary-word"}, ("AUTH PLAIN",), "SMTP 535, wrong name or password"),
    ],
)
def test_a_password_goes_only_where_it_is_safe_and_wanted(more, features, said):
    SECRETS.learn("canary-word")
    with mail_server() as server:
        server.features = features
        [found] = send(Email({**MAIL, "port": str(server.port), **more}))

    assert found.state == "failed"
    assert said in found.said
    assert server.raw == []
    assert server.conversations == 1


@pytest.mark.parametrize(("kind", "state"), [("good", "no whole answer"), ("self-signed", "cannot be trusted")])
def test_a_mail_server_has_to_prove_who_it_is(tmp_path, monkeypatch, kind, state):
    """One that can is spoken to, and is no mail server: its answer is not one."""
    monkeypatch.setattr(notify, "SECONDS", 0.2)
    with speaking_tls(tmp_path, kind) as server:
        monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "authority.pem"))
        place = server.address.removeprefix("https://").rpartition(":")
        [found] = send(Email({**MAIL, "host": place[0], "port": place[2], "security": "ssl"}))

    assert found.state == "failed"
    assert state in found.said


@pytest.mark.parametrize(
    ("kind", "state", "mails"), [("good", "sent", 1), ("other name", "failed", 0), ("self-signed", "failed", 0)]
)
def test_starttls_comes_before_the_mail_and_only_with_who_it_should_be(tmp_path, monkeypatch, kind, state, mails):
    certificates(tmp_path, kind)
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "authority.pem"))
    with mail_server() as server:
        server.features = ("STARTTLS",)
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
        [found] = send(Email({**MAIL, "port": str(server.port), "security": "starttls"}))

    assert (found.state, len(server.mails)) == (state, mails)
    assert state == "sent" or "the certificate of 127.0.0.1 cannot be trusted" in found.said


def test_a_mail_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(notify, "SECONDS", 0.1)
    with mail_server() as server:
        server.greeting = None
        [found] = send(Email({**MAIL, "port": str(server.port)}))

    assert found.state == "failed"
    assert server.conversations == 2


def test_the_mail_names_no_machine_and_tells_the_time_of_the_clock():
    clock = FastClock()
    made = written(Email({**MAIL}), letter(due()), clock)

    assert made["Date"].startswith("Sun, 01 Mar 2026 12:00")
    assert made["Message-ID"].endswith("@example.com>")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"to": "ann@example.com\nBcc: eve@evil.example"}, "to is "),
        ({"from": "Ann <ann@example.com>"}, "from is "),
        ({"host": "smtp.example.com", "security": "none"}, "is not this machine"),
        ({"security": "tls"}, "it is one of starttls, ssl, none"),
        ({"port": "70000"}, "port is '70000'"),
        ({"host": "smtp example"}, "host is "),
        ({"user": "ann"}, "go together"),
        ({"min": "criticl"}, "Did you mean critical?"),
    ],
)
def test_a_value_that_cannot_be_right_is_told(wrong, said):
    with pytest.raises(SettingsError) as caught:
        Email({**MAIL, **wrong})
    assert said in caught.value.message


# -- Which targets -------------------------------------------------------------------------------------------------


def test_a_target_that_is_none_or_is_not_set_is_told():
    with pytest.raises(UsageError) as unknown:
        notify.chosen(Settings(), ["slak"])
    assert unknown.value.hint == "Did you mean slack?"
    with pytest.raises(SettingsError) as unset:
        notify.chosen(Settings(), ["slack"])
    assert "GROWTHOS_SLACK_URL" in unset.value.message
