"""`alerts notify` with targets: who is told, what is printed, what counts as told, and how it ends."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import FastClock, Server, serve
from mail_server import mail_server
from test_cli import run  # noqa: F401 - a fixture

from growthos import notify
from growthos.cli.session import Session
from growthos.errors import ExitCode
from growthos.home import Home

SECRET = "/services/T00000000/B00000000/canary7f3e9d1c5a"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(FastClock()) as made:
        made.says((200, "ok", {}))
        yield made


@pytest.fixture
def shop(tmp_path: Path, demo_home: Callable[[], Home], monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of one's own with what the demo shop sold, at the hour at which the demo's clock stands."""
    home = Home(tmp_path / "myshop")
    home.root.mkdir()
    source = demo_home()
    shutil.copy(source.database, home.database)
    shutil.copytree(source.runs, home.runs)
    real = Session.clock.func

    class Still(FastClock):
        def now(self):
            return real(Session(home, demo=True)).now()

    still = Still()
    monkeypatch.setattr(Session, "clock", property(lambda _: still))
    return home


def set_up(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"GROWTHOS_{name}", value)


def test_alerts_are_sent_once_and_quietly(run, shop, server, monkeypatch):  # noqa: F811
    set_up(monkeypatch, SLACK_URL=server.address + SECRET, WEBHOOK_URL=f"{server.address}/hook")
    said = run("-q", "alerts", "notify", home=shop)

    assert (said.code, said.out, said.err) == (ExitCode.OK, "", "")
    assert sorted(one.path for one in server.arrivals) == ["/hook", SECRET]
    [sent] = [one.json for one in server.arrivals if one.path == "/hook"]
    assert sent["title"] == "myshop: 3 critical, 4 warnings (2026-03-29)"
    [first] = [one for one in sent["alerts"] if one["id"] == "revenue_drop"]
    assert (first["figures"]["orders_now"], first["figures"]["current"]) == (126, 1005007)
    run("-q", "alerts", "notify", home=shop)
    assert len(server.arrivals) == 2


def test_what_nobody_takes_is_printed_and_told_again(run, shop, server, monkeypatch):  # noqa: F811
    server.says((404, "no_service", {}))
    set_up(monkeypatch, SLACK_URL=server.address + SECRET)
    said = run("-q", "alerts", "notify", home=shop)

    assert said.code == ExitCode.UNAVAILABLE
    assert "Net revenue drop" in said.out
    assert "failed, HTTP 404, no_service" in said.err
    assert "canary" not in said.out + said.err + (shop.logs / "growthos.log").read_text()
    server.says((200, "ok", {}))
    assert run("-q", "alerts", "notify", home=shop).code == ExitCode.OK
    assert len(server.arrivals) == 2


def test_what_some_take_counts_as_told(run, shop, server, monkeypatch):  # noqa: F811
    set_up(monkeypatch, SLACK_URL=server.address, TEAMS_URL="http://127.0.0.1:1/x")
    said = run("alerts", "notify", home=shop)

    assert said.code == ExitCode.PARTIAL
    assert "sent" in said.err
    assert "Microsoft Teams (127.0.0.1:1): failed" in said.err
    assert "nothing to tell" in run("alerts", "notify", home=shop).err


def test_whom_a_mail_does_not_reach_is_said_of_a_quiet_run_too(run, shop, monkeypatch):  # noqa: F811
    """The others have it: it counts as told."""
    with mail_server() as mails:
        mails.answers = ["250 known", "550 nobody"]
        set_up(monkeypatch, EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(mails.port), EMAIL_SECURITY="none")
        set_up(monkeypatch, EMAIL_FROM="shop@example.com", EMAIL_TO="ann@example.com,bob@example.com")
        said = run("-q", "alerts", "notify", home=shop)
        again = run("-q", "alerts", "notify", home=shop)

    assert (said.code, said.out) == (ExitCode.PARTIAL, "")
    assert " ".join(said.err.split()) == "E-mail (127.0.0.1): in part, not to bob@example.com: SMTP 550, nobody"
    assert (again.code, again.err, len(mails.mails)) == (ExitCode.OK, "", 1)


def test_a_test_goes_to_every_target_or_to_one_and_needs_no_data(run, tmp_path, server, monkeypatch):  # noqa: F811
    set_up(monkeypatch, SLACK_URL=server.address, NTFY_TOPIC="x", NTFY_URL=server.address)
    said = run("alerts", "notify", "--test", home=tmp_path)

    assert said.code == ExitCode.OK
    assert [line.split()[0] for line in said.out.splitlines()[2:]] == ["Slack", "ntfy"]
    assert all(b"This is a test" in one.body for one in server.arrivals)
    assert not (tmp_path / "alerts.json").exists()
    run("alerts", "notify", "--test", "--to", "ntfy", home=tmp_path)
    assert len(server.arrivals) == 3


def test_a_dry_run_shows_it_and_sends_and_marks_nothing(run, shop, server, monkeypatch):  # noqa: F811
    set_up(monkeypatch, WEBHOOK_URL=server.address, WEBHOOK_MIN="critical", SLACK_URL=server.address)
    said = run("alerts", "notify", "--dry-run", "--to", "webhook", home=shop)

    assert said.code == ExitCode.OK
    shown = json.loads(said.out[said.out.index("{") :])
    assert shown["title"] == "myshop: 3 critical (2026-03-29)"
    assert server.arrivals == []
    assert not (shop.root / "alerts.json").exists()


@pytest.mark.parametrize("options", [["--test"], ["--dry-run"]])
def test_the_demo_sends_nothing_and_shows_what_it_would(run, demo_home, monkeypatch, options):  # noqa: F811
    monkeypatch.setattr(notify, "send", lambda *_: 1 / 0)
    set_up(monkeypatch, SLACK_URL="http://127.0.0.1:1/x")
    said = run("--demo", "alerts", "notify", *options, home=demo_home().root.parent)

    assert said.code == ExitCode.OK
    assert "The demo tells nobody." in said.err
    for one in notify.TARGETS.values():
        assert one.title in said.out


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--to", "slack"], ExitCode.USAGE, "--to goes with --test or --dry-run"),
        (["--test", "--to", "slak"], ExitCode.USAGE, "Did you mean slack?"),
        (["--test", "--to", "slack"], ExitCode.SETTINGS, "still to be set: GROWTHOS_SLACK_URL"),
        (["--test"], ExitCode.SETTINGS, "Nobody is told: no target is set."),
    ],
)
def test_who_cannot_be_told_is_said(run, tmp_path, options, code, said):  # noqa: F811
    found = run("alerts", "notify", *options, home=tmp_path)
    assert found.code == code
    assert said in found.err


def test_the_help_names_every_target(run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("COLUMNS", "200")
    text = " ".join(run("alerts", "notify", "--help", home=tmp_path).out.split())
    assert all(name in text for name in notify.TARGETS)
