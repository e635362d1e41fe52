"""Which sources are connected is told without a value, and a look at them tells apart what is wrong with each."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faces_served import failing, instead, refused, served
from loopback import FastClock, reply, serve

from growthos import cli, connections, demo
from growthos import settings as settings_module
from growthos.clock import SystemClock
from growthos.connectors import find
from growthos.connectors.terms import Finding
from growthos.errors import ExitCode
from growthos.home import Home

CANARY = "canary-4b2d-9f31"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a command in this process; no setting of the machine counts."""
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)

    def ran(*arguments: str, home: Path) -> tuple[int, str, str]:
        code = cli.run(["--home", str(home), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def look(home: Path, faults: dict[str, Any] | None = None, names: tuple[str, ...] = (), clock: Any = None, **more: Any):
    """A look at the demo's faces on sockets of this machine, some of them with a fault."""
    clock = clock or FastClock()
    with served(clock, faults, **more) as sources:
        given = settings_module.demo().model_copy(update={"sources": sources})
        looks = connections.look(Home(home), given, clock, names)
    return connections.Connections((), looks)


def errors(found: connections.Connections) -> list[tuple[str, str]]:
    return [(one["source"], one["subject"]) for one in found.records() if one["state"] == "error"]


def test_a_look_at_the_demo_finds_all_well(run, tmp_path):
    code, out, _ = run("--demo", "connections", "--test", "--format", "json", home=tmp_path)
    told = json.loads(out)
    assert (code, told["schema_version"], told["tested"]) == (ExitCode.OK, 1, True)
    assert {one["state"] for one in told["findings"]} == {"ok"}
    found = {(one["source"], one["subject"]) for one in told["findings"]}
    for source in demo.settings():
        assert {(source, "credentials"), (source, "time zone"), (source, "version")} <= found
    assert list(tmp_path.iterdir()) == []


def test_a_look_asks_and_counts_and_keeps_no_page(tmp_path):
    found = look(tmp_path)
    assert (found.exit_code, errors(found)) == (ExitCode.OK, [])
    assert [one.source for one in found.looks] == sorted(demo.settings())
    assert list(Home(tmp_path).raw.rglob("*")) == []
    assert (Home(tmp_path).work / "limits.sqlite").exists()
    calls = [json.loads(line) for line in (Home(tmp_path).logs / "growthos.log").read_text().splitlines()]
    assert {call["source"] for call in calls} == set(demo.settings())


@pytest.mark.parametrize(
    ("faults", "wrong", "code"),
    [
        (dict.fromkeys(demo.settings(), refused), "credentials", ExitCode.CREDENTIALS),
        (dict.fromkeys(demo.settings(), failing), "connection", ExitCode.UNAVAILABLE),
        ({"meta": refused}, "credentials", ExitCode.PARTIAL),
        ({"ga4": failing}, "connection", ExitCode.PARTIAL),
    ],
    ids=["all refuse", "none answers", "one refuses", "one does not answer"],
)
def test_what_is_wrong_is_told_source_by_source_and_by_the_exit_code(tmp_path, faults, wrong, code):
    found = look(tmp_path, faults)
    assert set(errors(found)) == {(source, wrong) for source in faults}
    assert found.exit_code == code
    assert all(one["hint"] for one in found.records() if one["state"] == "error")


def test_refused_and_silent_together_are_no_answer(tmp_path):
    found = look(tmp_path, {"meta": refused, "ga4": failing}, ("meta", "ga4"))
    assert found.exit_code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("subjects", "code"),
    [
        ((), ExitCode.OK),
        (("credentials", "scopes", "access"), ExitCode.CREDENTIALS),
        (("connection", "request"), ExitCode.UNAVAILABLE),
        (("quota",), ExitCode.PARTIAL),
        (("connection", "version"), ExitCode.PARTIAL),
    ],
)
def test_the_exit_code_follows_from_what_is_wrong(subjects, code):
    looks = tuple(connections.Look("meta", (Finding(one, "error", "no"),)) for one in subjects)
    well = connections.Look("ga4", (Finding("credentials", "ok", "accepted"), Finding("scopes", "warning", "write")))
    assert connections.Connections((), looks or (well,)).exit_code == code
    assert connections.Connections((), (*looks, well)).exit_code == (ExitCode.PARTIAL if subjects else ExitCode.OK)


def test_a_source_that_wants_to_be_waited_for_is_told_of(tmp_path):
    """Two minutes are too long for a look, and nothing for a sync."""
    clock = FastClock()
    with serve(clock) as server:
        server.says((429, {"error": {"message": "later", "code": 17}}, {"Retry-After": "120"}))
        sources = {"meta": {"access_token": CANARY, "ad_account_id": "1", "base_url": server.address}}
        given = settings_module.Settings(sources=sources)
        found = connections.Connections((), connections.look(Home(tmp_path), given, clock))
    assert errors(found) == [("meta", "quota")]
    assert found.exit_code == ExitCode.PARTIAL
    assert clock.skipped <= connections.PATIENCE


def test_the_servers_clocks_are_held_against_ours(tmp_path):
    """`FastClock` begins at noon of the first of March; the servers say a quarter past."""
    found = look(tmp_path, names=("meta", "shopify"), date="Sun, 01 Mar 2026 12:15:00 GMT")
    for one in found.looks:
        assert 890 < one.skew <= 900


@pytest.mark.parametrize("date", ["", "soon", "Thu, 32 Foo 99999 99:99:99 GMT"])
def test_a_date_that_is_none_is_no_clock(tmp_path, date):
    found = look(tmp_path, names=("meta",), date=date or " ")
    assert found.looks[0].skew is None
    assert found.exit_code == ExitCode.OK


def test_an_answer_from_a_cache_is_as_old_as_it_says():
    from growthos.connectors.verdicts import server_time

    noon = server_time({"date": "Sun, 01 Mar 2026 12:00:00 GMT"})
    later = server_time({"date": "Sun, 01 Mar 2026 12:00:00 GMT", "age": "600"})
    assert (later - noon).total_seconds() == 600
    assert server_time({"date": "Fri, 31 Dec 9999 23:59:59 GMT", "age": "999999999"}) is None
    assert server_time({}) is None


def test_a_version_that_ends_is_told_before_and_after(tmp_path, monkeypatch):
    from datetime import date

    for day, state in ((date(2026, 9, 1), "ok"), (date(2026, 4, 1), "warning"), (date(2026, 3, 1), "error")):
        monkeypatch.setattr(find()["meta"], "sunset", day)
        found = look(tmp_path, names=("meta",))
        [version] = [one for one in found.records() if one["subject"] == "version"]
        assert version["state"] == state
        assert day.isoformat() in version["said"]


def test_settings_are_named_with_their_place_and_never_shown(run, tmp_path, monkeypatch):
    (tmp_path / "token").write_text(CANARY)
    (tmp_path / "token").chmod(0o600)
    (tmp_path / "growthos.toml").write_text('[meta]\naccess_token_file = "token"\nad_account_id = 1001\n')
    (tmp_path / ".env").write_text(f"SHOPIFY_SHOP_DOMAIN=acme\nSHOPIFY_ACCESS_TOKEN={CANARY}\n")
    (tmp_path / ".env").chmod(0o600)
    monkeypatch.setenv("META_AD_ACCOUNT_ID", "2002")
    for form in ("table", "json", "csv", "markdown"):
        code, out, err = run("connections", "--format", form, home=tmp_path)
        assert code == ExitCode.OK
        assert CANARY not in out + err
    _, out, _ = run("connections", "--format", "json", home=tmp_path)
    sources = {one["name"]: one for one in json.loads(out)["sources"]}
    assert sources["meta"]["settings"] == {
        "META_ACCESS_TOKEN": "access_token_file in growthos.toml",
        "META_AD_ACCOUNT_ID": "environment",
    }
    assert sources["meta"]["accounts"] == ["2002"]
    assert sources["shopify"]["settings"] == {"SHOPIFY_SHOP_DOMAIN": ".env", "SHOPIFY_ACCESS_TOKEN": ".env"}
    assert not sources["ga4"]["connected"]
    assert "GA4_PROPERTY_ID" in sources["ga4"]["missing"]


def test_with_nothing_connected_a_list_says_what_to_set_and_a_test_ends_with_78(run, tmp_path):
    code, out, _ = run("connections", home=tmp_path)
    assert code == ExitCode.OK
    for source in find().values():
        for variable in source.missing({}):
            assert variable in out
    code, out, err = run("connections", "--test", home=tmp_path)
    assert (code, out) == (ExitCode.SETTINGS, "")
    assert "META_ACCESS_TOKEN" in err


@pytest.mark.parametrize("test", [(), ("--test",)])
@pytest.mark.parametrize("name", ["shopfy", "SHOPIFY"])
def test_an_unknown_source_is_told_with_the_nearest(run, tmp_path, test, name):
    code, _, err = run("connections", *test, name, home=tmp_path)
    assert code == ExitCode.USAGE
    assert "Did you mean shopify?" in err


def test_words_of_a_source_move_no_cursor_and_hold_no_secret(run, tmp_path, monkeypatch):
    """Both come in the answer of a hostile server: the token it was given, and a sequence that clears the screen."""
    with serve(SystemClock()) as server:
        said = f"\x1b[2J\x1b]0;x\x07 who is {CANARY}\u202e?"
        server.script = lambda _, handler: reply(handler, 401, {"error": {"message": said, "code": 190}})
        monkeypatch.setenv("META_ACCESS_TOKEN", CANARY)
        monkeypatch.setenv("META_AD_ACCOUNT_ID", "1001")
        monkeypatch.setenv("META_BASE_URL", server.address)
        for form in ("table", "json", "csv", "markdown"):
            code, out, err = run("connections", "--test", "--format", form, home=tmp_path)
            assert code == ExitCode.CREDENTIALS
            assert "who is [redacted]" in out.replace("\\", "")
            for hidden in (CANARY, "\x1b", "\x07", "\u202e"):
                assert hidden not in out + err
    assert CANARY not in (Home(tmp_path).logs / "growthos.log").read_text()


def test_a_hostile_name_of_a_zone_is_cleaned(run, tmp_path, monkeypatch):
    clock, token = SystemClock(), demo.settings()["meta"]["access_token"]
    with served(clock, {"meta": instead(timezone_name=f"Mars/\x1b[31mPhobos {token}")}) as sources:
        for one in find()["meta"].settings:
            if one.name in sources["meta"]:
                monkeypatch.setenv(one.env, sources["meta"][one.name])
        code, out, _ = run("connections", "--test", home=tmp_path)
    assert code == ExitCode.OK
    assert "Phobos [redacted]" in out
    assert token not in out
    assert "\x1b" not in out


def test_limits_that_cannot_be_kept_let_no_call_out(run, tmp_path, monkeypatch):
    with serve(SystemClock()) as server:
        for name, value in (("ACCESS_TOKEN", CANARY), ("AD_ACCOUNT_ID", "1001"), ("BASE_URL", server.address)):
            monkeypatch.setenv(f"META_{name}", value)
        (tmp_path / "growthos.toml").write_text('[limits]\nfile = "/proc/growthos/limits"\n')
        code, _, err = run("connections", "--test", home=tmp_path)
    assert code == ExitCode.CANNOT_WRITE
    assert "Calls cannot be counted in /proc/growthos/limits" in err
    assert server.arrivals == []


def test_a_home_that_cannot_be_written_is_told(run, tmp_path, monkeypatch):
    (tmp_path / "raw").write_text("a file where a folder belongs")
    monkeypatch.setenv("META_ACCESS_TOKEN", CANARY)
    monkeypatch.setenv("META_AD_ACCOUNT_ID", "1001")
    code, _, err = run("connections", "--test", home=tmp_path)
    assert code == ExitCode.CANNOT_WRITE
    assert "raw cannot be written" in err
