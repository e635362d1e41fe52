"""The sign of life after a sync: who is asked when, for how long, and that nothing else hangs on it."""

import errno
import json
from datetime import UTC, datetime
from time import monotonic, sleep

import pytest
from loopback import FastClock, serve, trickle
from test_cli import run  # noqa: F401 - a fixture

from growthos import heartbeat, pipeline
from growthos.connectors import outward
from growthos.errors import BusyError, ExitCode, SourceError, StoppedError, UsageError
from growthos.home import Home
from growthos.outcome import SyncReport
from growthos.settings import Settings, Sync

PATH = "/ping/canary-7f3e9d1c5a"


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


def beat(home: Home, code: ExitCode, good: str | None, bad: str | None = None) -> str | None:
    return heartbeat.beat(home, Settings(sync=Sync(heartbeat_url=good, heartbeat_fail_url=bad)), FastClock(), code)


@pytest.mark.parametrize(
    ("code", "paths"),
    [(ExitCode.OK, ["/good"]), (ExitCode.PARTIAL, ["/bad"]), (ExitCode.CHECKS_FAILED, ["/bad"])],
)
def test_a_good_sync_asks_one_address_and_any_other_the_other(home, code, paths):
    with serve(FastClock()) as server:
        server.says((200, "OK", {}))
        assert beat(home, code, f"{server.address}/good", f"{server.address}/bad") is None

    assert [(one.method, one.path) for one in server.arrivals] == [("GET", path) for path in paths]


def test_nobody_is_asked_where_no_address_is_set(home):
    assert beat(home, ExitCode.PARTIAL, "http://127.0.0.1:1/x") is None
    assert beat(home, ExitCode.OK, None, "http://127.0.0.1:1/x") is None
    assert not home.logs.exists()


def test_a_monitor_that_fails_is_told_of_and_logged_by_its_host_alone(home):
    with serve(FastClock()) as server:
        server.says((500, "", {}))
        assert beat(home, ExitCode.OK, server.address + PATH) == "HTTP 500"

    log = (home.logs / "growthos.log").read_text()
    assert "canary" not in log
    said = json.loads(log)
    assert (said["source"], said["operation"], said["status"]) == ("heartbeat", "good", 500)
    assert len(server.arrivals) == 1


def test_a_trickle_is_cut_when_its_time_is_over(home, monkeypatch):
    monkeypatch.setattr(heartbeat, "SECONDS", 0.2)
    with serve(FastClock()) as server:
        server.script = trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x")
        assert "0.2 seconds" in (beat(home, ExitCode.OK, server.address) or "")


def test_a_name_that_nobody_finds_is_not_waited_for(home, monkeypatch):
    """The system looks names up for as long as it likes."""
    monkeypatch.setattr(heartbeat, "SECONDS", 0.05)
    monkeypatch.setattr(outward, "send", lambda *_: sleep(0.4))
    began = monotonic()

    assert beat(home, ExitCode.OK, "https://example.com/x") == "no answer from example.com within 0.05 seconds"
    assert monotonic() - began < 0.35


def report(errors: tuple[SourceError, ...] = ()) -> SyncReport:
    now = datetime(2026, 3, 30, tzinfo=UTC)
    return SyncReport("a", now, now, (), None, lost=("shopify",) if errors else ())


@pytest.mark.parametrize(
    ("ends", "paths", "code"),
    [
        (report(), ["/good"], ExitCode.OK),
        (report((SourceError("shopify", ""),)), ["/bad"], ExitCode.DAMAGED),
        (SourceError("shopify", "It does not answer."), ["/bad"], ExitCode.UNAVAILABLE),
        (OSError(errno.ENOSPC, "No space left on device"), ["/bad"], ExitCode.CANNOT_WRITE),
        (KeyError("a bug"), ["/bad"], ExitCode.BUG),
        (BusyError("Another run is at work."), [], ExitCode.BUSY),
        (StoppedError("It goes on later."), [], ExitCode.OK),
        (UsageError("There is no such day."), [], ExitCode.USAGE),
    ],
)
def test_a_sync_gives_its_sign_and_ends_as_it_would_without(run, tmp_path, monkeypatch, ends, paths, code):  # noqa: F811
    def ended(*_: object, **__: object) -> SyncReport:
        if isinstance(ends, Exception):
            raise ends
        return ends

    monkeypatch.setattr(pipeline, "sync", ended)
    with serve(FastClock()) as server:
        server.says((200, "OK", {}))
        monkeypatch.setenv("GROWTHOS_HEARTBEAT_URL", f"{server.address}/good")
        monkeypatch.setenv("GROWTHOS_HEARTBEAT_FAIL_URL", f"{server.address}/bad")
        said = run("sync", home=tmp_path)
    assert (said.code, [one.path for one in server.arrivals]) == (code, paths)


def test_what_is_wrong_with_the_settings_is_told_once(run, tmp_path):  # noqa: F811
    (tmp_path / "growthos.toml").write_text("[sync]\nhistry = 1\n")
    said = run("sync", home=tmp_path)
    assert said.code == ExitCode.SETTINGS
    assert said.err.count("histry") == 1


def test_a_monitor_that_fails_is_a_warning_and_no_exit_code(run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(pipeline, "sync", lambda *_, **__: report())
    monkeypatch.setenv("GROWTHOS_HEARTBEAT_URL", f"http://127.0.0.1:1{PATH}")
    said = run("-q", "sync", home=tmp_path)

    assert said.code == ExitCode.OK
    assert "The heartbeat was not taken: no whole answer from 127.0.0.1:1" in said.err
    assert "canary" not in said.err


def test_the_demo_gives_no_sign(run, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(pipeline, "sync", lambda *_, **__: report())
    monkeypatch.setattr(heartbeat, "beat", lambda *_: 1 / 0)
    monkeypatch.setenv("GROWTHOS_HEARTBEAT_URL", "http://127.0.0.1:1/x")
    assert run("--demo", "sync", home=tmp_path).code == ExitCode.OK
