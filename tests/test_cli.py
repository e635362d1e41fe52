"""The commands: what goes where, how each ends, and one clear message for each thing that a person can do wrong."""

import json
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hand_made import publish
from loopback import FastClock, serve
from readme import every_command
from typer.main import get_command

from growthos import alerts, cli, folders, pipeline
from growthos.cli.app import app, hoist
from growthos.errors import BusyError, ExitCode
from growthos.home import Home

FAILED = {"name": "unique_grain", "severity": "critical", "status": "fail", "failing_rows": 3, "sample": ["shopify:1"]}
SECRET = "canary-4b2d"
Run = Callable[..., "Said"]


class Said:
    """What a command said, and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process, in a home; no setting of the machine counts."""
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)

    def ran(*arguments: str, home: Home | Path) -> Said:
        root = home.root if isinstance(home, Home) else home
        code = cli.run(["--home", str(root), *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err.replace(f"growthos --home {root} ", "growthos "))

    return ran


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that was synced; tests that change something make their own."""
    return publish(tmp_path_factory.mktemp("cli") / "shop")


def test_the_command_of_a_hint_stays_in_the_home_that_was_chosen(capsys, monkeypatch, tmp_path):
    """By option it has to be repeated, in the environment or as the folder one stands in it does not."""
    home = tmp_path / "my shop"
    for given, environ, told in (
        (["--home", str(home), "kpis"], {}, f"growthos --home '{home}' sync"),
        (["--home", str(home), "kpis", "--demo"], {}, f"growthos --home '{home}' --demo sync"),
        (["kpis"], {"GROWTHOS_HOME": str(home)}, "growthos sync"),
        (["kpis", "--demo"], {"GROWTHOS_HOME": str(home)}, "growthos --demo sync"),
    ):
        monkeypatch.delenv("GROWTHOS_HOME", raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert cli.run(given) == ExitCode.NO_DATA
        assert f"Run `{told}`, or" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["--demo", "connections"], "Next: growthos --home {home} --demo connections --test"),
        (["--demo", "status"], "Next: growthos --home {home} --demo sync"),
        (["status"], "Next: growthos --home {home} init, which connects a source, or growthos demo, which needs none"),
        (["demo"], "Next: growthos --home {home} --demo kpis --by channel"),
        (["demo"], "see `growthos --home {home} --demo why conversion_rate`."),
    ],
)
def test_so_does_one_that_is_proposed(capsys, tmp_path, command, told):
    assert cli.run(["--home", str(tmp_path), *command]) == 0
    said = capsys.readouterr()
    assert told.format(home=tmp_path) in said.out + said.err


def test_so_does_one_in_a_table_or_an_entry_where_it_is_no_data(shop, capsys, monkeypatch):
    root = str(shop.root)
    monkeypatch.setattr(sys, "stdin", None)
    assert cli.run(["--home", root, "sql"]) == 0
    shown = capsys.readouterr().out
    assert f"as of this build; `growthos --home {root} alerts` says how they stand now." in shown
    assert f'A table whole: `growthos --home {root} sql "from fact_orders"`.' in shown
    assert cli.run(["--home", root, "explain", "reconciliation"]) == 0
    assert f"See `growthos --home {root} reconcile`, and" in capsys.readouterr().out
    assert cli.run(["--home", root, "sql", "select '`growthos sync`' as said"]) == 0
    assert "`growthos sync`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["kpis", "-o", "answer.csv"], "kpi,scope,"),
        (["kpis", "-o", "answer.JSON"], "{"),
        (["kpis", "-o", "answer.md"], "## KPIs"),
        (["kpis", "-o", "answer.txt"], "KPIs, "),
        (["kpis", "-o", "answer.csv", "--format", "table"], "KPIs, "),
        (["kpis", "--format", "json", "-o", "answer.csv"], "{"),
        (["checks", "-o", "answer.csv"], "name,severity,"),
    ],
)
def test_a_file_is_written_as_its_name_ends(shop, monkeypatch, tmp_path, arguments, begins):
    """Unless the format is said."""
    monkeypatch.chdir(tmp_path)
    assert cli.run(["--home", str(shop.root), *arguments]) == 0
    [file] = tmp_path.iterdir()
    assert file.read_text().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["kpis", "-o", "answer.xlsx"], "-o answer.xlsx would be xlsx"),
        (["why", "aov", "-o", "answer.parquet"], "-o answer.parquet would be parquet"),
        (["report", "-o", "answer.pdf"], "-o answer.pdf is no name for a review"),
        (["report", "-o", "answer.csv"], "-o answer.csv is no name for a review"),
    ],
)
def test_a_file_of_another_kind_is_not_written(shop, capsys, monkeypatch, tmp_path, arguments, told):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["--home", str(shop.root), *arguments]) == ExitCode.USAGE
    assert told in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def latest(home: Home, *checks: dict[str, Any], published: bool) -> None:
    """The report of a last build, as a run leaves it."""
    home.runs.mkdir(exist_ok=True, parents=True)
    build = {"finished_at": "2026-03-30T06:00:00+00:00", "published": published, "data_through": "2026-03-29"}
    (home.runs / "latest.json").write_text(json.dumps({"build": build, "checks": list(checks)}))


BAD_INPUT = [
    (["kpis", "revenu_net"], ExitCode.USAGE, "Did you mean revenue_net?"),
    (["kpis", "--since", "sometime"], ExitCode.USAGE, "--since 'sometime' is no date"),
    (["kpis", "--until", "2026-02-30"], ExitCode.USAGE, "no such day"),
    (["kpis", "--since", "2026-03-20", "--until", "2026-03-01"], ExitCode.USAGE, "leaves no day"),
    (["kpis", "--format", "jsn"], ExitCode.USAGE, "Did you mean json?"),
    (["kpis", "--by", "chanel"], ExitCode.USAGE, "Did you mean channel?"),
    (["kpis", "--nonsense"], ExitCode.USAGE, "No such option"),
    (["kpi"], ExitCode.USAGE, "Did you mean 'kpis'?"),
    (["alerts", "--fail-on", "crit"], ExitCode.USAGE, "Did you mean critical?"),
    (["alerts", "--fail-on", ""], ExitCode.USAGE, "It is one of info, warning, critical"),
    (["kpis", "--by", ""], ExitCode.USAGE, "It is one of channel, campaign"),
    (["alerts", "--until", "7d"], ExitCode.USAGE, "is no day"),
    (["alerts", "--backtest", "sometime"], ExitCode.USAGE, "--backtest 'sometime' is no date"),
    (["alerts", "--backtest", "9999d"], ExitCode.USAGE, "--backtest '9999d' is out of range"),
    (
        ["alerts", "--backtest", "2026-03-20", "--until", "2026-03-01"],
        ExitCode.USAGE,
        "--backtest 2026-03-20 leaves no day",
    ),
    (["alerts", "--backtest", "90d", "--fail-on", "info"], ExitCode.USAGE, "--fail-on does not go with --backtest"),
    (["alerts", "--backtest", "90d", "--all"], ExitCode.USAGE, "--all does not go with --backtest"),
    (["alerts", "--backtest", "90d"], ExitCode.NO_DATA, "No data yet"),
    (["alerts", "chekcs"], ExitCode.USAGE, "No such command 'chekcs'"),
    (["checks", "--format", "xml"], ExitCode.USAGE, "It is one of table, json, csv, markdown"),
    (["plot"], ExitCode.USAGE, "Missing argument 'KPI'"),
    (["plot", "revenu_net"], ExitCode.USAGE, "Did you mean revenue_net?"),
    (["plot", "roas", "--by", "campaign"], ExitCode.USAGE, "Here it can only be channel."),
    (["plot", "roas", "--per", "weak"], ExitCode.USAGE, "Did you mean week?"),
    (["plot", "roas", "--since", "sometime"], ExitCode.USAGE, "--since 'sometime' is no date"),
    (["plot", "roas", "--until", "1999-12-31"], ExitCode.USAGE, "out of range"),
    (["plot", "roas", "--format", "jsn"], ExitCode.USAGE, "Did you mean json?"),
    (["cohorts", "--by", "campaign"], ExitCode.USAGE, "Here it can only be channel."),
    (["cohorts", "--format", "jsn"], ExitCode.USAGE, "Did you mean json?"),
    (["why"], ExitCode.USAGE, "Missing argument 'KPI'"),
    (["why", "revenu_net"], ExitCode.USAGE, "Did you mean revenue_net?"),
    (["why", "payback_days"], ExitCode.USAGE, "payback_days cannot be split"),
    (["why", "roas", "--since", "sometime"], ExitCode.USAGE, "--since 'sometime' is no date"),
    (["why", "roas", "--format", "jsn"], ExitCode.USAGE, "Did you mean json?"),
    (["explain", "blended_cak"], ExitCode.USAGE, "Did you mean blended_cac?"),
    (["explain"], ExitCode.USAGE, "Missing argument"),
    (["explain", "cac", "--since", "sometime"], ExitCode.USAGE, "--since 'sometime' is no date"),
    (["explain", "cac", "--format", "jsn"], ExitCode.USAGE, "Did you mean json?"),
    (["explain", "cac_increase", "--since", "7d"], ExitCode.USAGE, "--since goes with a KPI, and cac_increase is none"),
    (["explain", "shopify", "--until", "yesterday"], ExitCode.USAGE, "--until goes with a KPI or an alert"),
    (["report", "--format", "htm"], ExitCode.USAGE, "Did you mean html?"),
    (["report", "--format", "pdf"], ExitCode.USAGE, "It is one of html, markdown."),
    (["report", "--since", "sometime"], ExitCode.USAGE, "--since 'sometime' is no date"),
    (["sync", "shopfy"], ExitCode.USAGE, "Did you mean shopify?"),
    (["sync", "--since", "2199-01-01"], ExitCode.USAGE, "lies in the future"),
    (["sync"], ExitCode.SETTINGS, "`growthos demo` needs nothing"),
    (["sync", "meta"], ExitCode.SETTINGS, "META_ACCESS_TOKEN"),
    (["kpis"], ExitCode.NO_DATA, "Run `growthos sync`, or look at a whole shop with `growthos demo`"),
    (["plot", "cac"], ExitCode.NO_DATA, "No data yet"),
    (["why", "cac"], ExitCode.NO_DATA, "No data yet"),
    (["cohorts"], ExitCode.NO_DATA, "No data yet"),
    (["report"], ExitCode.NO_DATA, "No data yet"),
    (["alerts"], ExitCode.NO_DATA, "No data yet"),
    (["checks"], ExitCode.NO_DATA, "No data yet"),
    (["explain", "cac"], ExitCode.NO_DATA, "No data yet"),
    (["trace", "1042"], ExitCode.NO_DATA, "No data yet"),
    (["trace", "spring", "--day", "2026-03-24"], ExitCode.NO_DATA, "No data yet"),
    (["trace", " "], ExitCode.USAGE, "NAME is empty"),
    (["trace", "spring", "--day", "soon"], ExitCode.USAGE, "--day 'soon' is no date"),
    (["verify"], ExitCode.NO_DATA, "--home chooses another"),
    (["schema"], ExitCode.NO_DATA, "--home chooses another"),
    (["rebuild"], ExitCode.NO_DATA, "--home chooses another"),
    (["prune", "--keep-units", "2"], ExitCode.NO_DATA, "--home chooses another"),
    (["redact", "--customer", "7", "--dry-run"], ExitCode.NO_DATA, "--home chooses another"),
    (["runs"], ExitCode.NO_DATA, "--home chooses another"),
    (["schedule"], ExitCode.NO_DATA, "or choose another with --home"),
    (["schedule", "--yes"], ExitCode.USAGE, "--yes goes with --install or --remove alone"),
    (["sql", "select 1"], ExitCode.NO_DATA, "No data yet"),
    (["sql", "select 1", "--format", "xslx"], ExitCode.USAGE, "Did you mean xlsx?"),
    (["export", "--to", "/tmp/marts"], ExitCode.NO_DATA, "No data yet"),
    (["export", "--to", "/tmp/marts", "--format", "parqet"], ExitCode.USAGE, "Did you mean parquet?"),
    (["export"], ExitCode.USAGE, "Missing option '--to'"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), BAD_INPUT, ids=[" ".join(one[0]) for one in BAD_INPUT])
def test_bad_input_has_one_clear_message(run, tmp_path, arguments, code, says):
    said = run(*arguments, home=tmp_path / "new")
    assert said.code == code
    assert says in " ".join(said.err.split())
    if arguments[0] != "explain":
        assert said.out == ""
    if code in {ExitCode.USAGE, ExitCode.NO_DATA}:
        assert not (tmp_path / "new").exists()  # nothing was touched


def test_a_config_typo_is_told_with_its_line(run, tmp_path):
    (tmp_path / "growthos.toml").write_text('reporting_timezon = "UTC"\n')
    for command in ("sync", "kpis", "alerts"):
        said = run(command, home=tmp_path)
        assert said.code == ExitCode.SETTINGS
        assert "growthos.toml:1, reporting_timezon" in said.err
        assert "did you mean reporting_timezone?" in said.err


def test_a_broken_configuration_does_not_break_the_demo(run, tmp_path):
    (tmp_path / "growthos.toml").write_text("nonsense")
    assert run("--demo", "kpis", home=tmp_path).code == ExitCode.NO_DATA


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500])
def test_a_corrupt_database_says_how_to_mend_it(run, tmp_path, content):
    (tmp_path / "growthos.duckdb").write_bytes(content)
    for command in (["kpis"], ["plot", "cac"], ["why", "cac"], ["cohorts"], ["alerts"], ["checks"], ["explain", "cac"]):
        said = run(*command, home=tmp_path)
        assert said.code == ExitCode.DAMAGED
        assert "growthos rebuild" in said.err


def test_a_database_that_breaks_halfway_is_damaged_and_no_bug(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    home = publish(tmp_path)
    size = home.database.stat().st_size
    with home.database.open("r+b") as file:
        file.seek(4 * 4096)
        file.write(b"\xff" * (size - 8 * 4096))
    for command in (["kpis"], ["sql"], ["sql", "from fact_orders"], ["export", "--to", str(tmp_path / "marts")]):
        said = run(*command, home=home)
        assert said.code == ExitCode.DAMAGED
        assert "growthos rebuild" in said.err
    assert not list((tmp_path / "marts").glob("*"))


def test_a_database_without_its_marts_is_damaged_and_no_bug(run, tmp_path):
    home = publish(tmp_path)
    with duckdb.connect(home.database) as con:
        con.execute("drop table fact_orders")
    said = run("kpis", home=home)
    assert said.code == ExitCode.DAMAGED
    assert "lacks what this version of growthos reads" in said.err
    assert "growthos rebuild" in said.err


def test_a_refused_token_is_told_without_showing_it(run, tmp_path, monkeypatch):
    refusal = {"error": {"message": f"Bad token {SECRET}", "type": "OAuthException", "code": 190, "fbtrace_id": "x"}}
    with serve(FastClock()) as server:
        server.says((401, refusal, {}))
        monkeypatch.setenv("META_BASE_URL", server.address)
        monkeypatch.setenv("META_ACCESS_TOKEN", SECRET)
        monkeypatch.setenv("META_AD_ACCOUNT_ID", "1001")
        said = run("sync", home=tmp_path)

    assert said.code == ExitCode.CREDENTIALS
    assert "meta does not accept" in said.err
    assert "META_ACCESS_TOKEN" in said.err
    assert SECRET not in said.err + said.out
    assert "shopify is not connected: set SHOPIFY_SHOP_DOMAIN" in said.err
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or os.umask(0o077) != 0o077, path
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_kpis_as_json_are_data_and_nothing_else(run, shop):
    said = run("kpis", "revenue_net", "roas", "--by", "channel", "--format", "json", home=shop)
    assert said.code == 0
    assert said.err == ""
    found = said.json
    assert found["schema_version"] == 1
    assert (found["since"], found["until"]) == ("2026-03-23", "2026-03-29")
    assert [row["name"] for row in found["kpis"]] == ["revenue_net", "roas"]
    assert isinstance(found["kpis"][0]["value"], int)
    assert set(found["kpis"][0]["by_channel"]) >= {"meta", "google"}


def test_a_window_can_be_chosen(run, shop):
    found = run("kpis", "aov", "--since", "3d", "--until", "2026-03-10", "--format", "json", home=shop).json
    assert (found["since"], found["until"]) == ("2026-03-08", "2026-03-10")
    assert found["previous"] == {"since": "2026-03-05", "until": "2026-03-07"}


def test_why_asks_about_the_days_that_kpis_shows(run, shop):
    """The same window, the same change, and nothing on stdout but the data."""
    asked = ["revenue_net", "--since", "3d", "--until", "2026-03-24", "--format", "json"]
    said, shown = (run(command, *asked, home=shop) for command in ("why", "kpis"))
    assert (said.code, said.err) == (0, "")
    found, [row] = said.json, shown.json.pop("kpis")
    assert found["kpi"] == {key: row[key] for key in found["kpi"]}
    assert {key: found[key] for key in shown.json if key != "kpis"} == {
        key: value for key, value in shown.json.items() if key != "kpis"
    }
    assert sum(one["effect"] for one in found["effects"]) == row["delta"] != 0


def test_plot_draws_the_ninety_days_to_the_last_complete_one(run, shop):
    """Or the days that were asked for; each is what `kpis` says of it."""
    said = run("plot", "aov", "--format", "json", home=shop)
    assert (said.code, said.err) == (0, "")
    found = said.json
    assert (found["since"], found["until"], found["per"]) == ("2025-12-30", "2026-03-29", "day")
    assert len(found["points"]) == 90
    day = ["--since", "2026-03-10", "--until", "2026-03-10", "--format", "json"]
    [row] = run("kpis", "aov", *day, home=shop).json["kpis"]
    point = found["points"][70]
    assert point["since"] == point["until"] == "2026-03-10"
    assert {key: point[key] for key in ("value", "numerator", "denominator")} == {
        key: row[key] for key in ("value", "numerator", "denominator")
    }
    weeks = run("plot", "cac", "--since", "14d", "--per", "week", "--by", "channel", "--format", "json", home=shop).json
    assert [one["since"] for one in weeks["points"]] == ["2026-03-16", "2026-03-23"]
    assert set(weeks["by_channel"]) >= {"meta", "google"}


def test_without_a_since_plot_begins_with_the_first_orders(run, tmp_path):
    """What was not read yet is no bar of zero, unless --since asks for it."""
    home = publish(tmp_path)
    with duckdb.connect(home.database) as con:
        con.execute("update run_info set history_start = timestamp '2026-03-02 00:00:00'")
    assert run("plot", "aov", "--format", "json", home=home).json["since"] == "2026-03-02"
    assert run("plot", "aov", "--since", "90d", "--format", "json", home=home).json["since"] == "2025-12-30"


def test_a_window_past_the_data_is_computed_and_warned_of(run, shop):
    said = run("kpis", "aov", "--until", "2026-04-05", "--format", "csv", home=shop)
    assert said.code == 0
    assert said.out.startswith("kpi,scope,")
    assert "not every source is complete after 2026-03-29" in said.err


def test_the_old_names_of_cac_answer(run, shop):
    assert run("kpis", "blended_cac", "--format", "json", home=shop).json["kpis"][0]["name"] == "cac"
    assert "by_channel" in run("kpis", "channel_cac", "--format", "json", home=shop).json["kpis"][0]


def test_the_table_names_its_window_zone_and_currency(run, shop):
    said = run("kpis", home=shop)
    head = "\n".join(said.out.splitlines()[:2])
    for word in (
        "2026-03-23 to 2026-03-29",
        "7 days, UTC",
        "2026-03-16 to 2026-03-22",
        "USD",
        "data through 2026-03-29",
    ):
        assert word in head


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
@pytest.mark.parametrize(
    "command",
    [
        *(["kpis"], ["plot", "roas"], ["why", "roas"], ["cohorts", "--by", "channel"], ["alerts", "--all"], ["checks"]),
        ["sql", "from dim_channel"],
    ],
)
def test_every_report_has_every_format_and_can_go_to_a_file(run, shop, tmp_path, command, form):
    shown = run(*command, "--format", form, home=shop)
    kept = run(*command, "--format", form, "-o", str(tmp_path / "report"), home=shop)
    assert (shown.code, kept.code, kept.out) == (0, 0, "")
    assert shown.out.strip()
    assert (tmp_path / "report").read_text(encoding="utf-8") == shown.out


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_a_file_is_as_it_was_where_the_disk_is_full(run, shop, tmp_path, monkeypatch, form):
    """The new one is made beside it, and takes its place only when it is on the disk."""
    (tmp_path / "report").write_text("old")

    def flush(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "flush", flush)
    said = run("kpis", "--format", form, "-o", str(tmp_path / "report"), home=shop)
    assert said.code == ExitCode.CANNOT_WRITE
    assert "No space left on device" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert (tmp_path / "report").read_text() == "old"


def test_a_file_that_cannot_be_written_is_named(run, shop, tmp_path):
    said = run("kpis", "-o", str(tmp_path / "no" / "where"), home=shop)
    assert said.code == ExitCode.CANNOT_WRITE
    assert "No such file or directory" in said.err


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--fail-on", "critical"], ExitCode.ALERTS),
        (["--fail-on", "warning"], ExitCode.ALERTS),
        (["--fail-on", "info", "--until", "2025-06-30"], 0),
    ],
)
def test_alerts_fail_only_if_they_are_asked_to(run, shop, options, code):
    assert run("alerts", *options, home=shop).code == code


@pytest.mark.parametrize(("level", "code"), [("info", 10), ("warning", 10), ("critical", 0)])
def test_fail_on_looks_at_severity(run, shop, monkeypatch, level, code):
    """A week in which nothing graver than a warning fires."""
    whole = alerts.evaluate

    def without_critical(*given: object) -> alerts.AlertReport:
        found = whole(*given)
        return replace(found, alerts=tuple(alert for alert in found.alerts if alert.severity == "warning"))

    monkeypatch.setattr(alerts, "evaluate", without_critical)
    assert run("alerts", "--fail-on", level, home=shop).code == code


@pytest.mark.parametrize(
    ("options", "speaks"),
    [
        ([], True),
        (["--fail-on", "critical"], False),
        (["--fail-on", "warning"], True),
        (["--fail-on", "critical", "--all"], True),
        (["--fail-on", "critical", "--format", "json"], True),
        (["--until", "2025-06-30"], False),
    ],
)
def test_quiet_alerts_are_silent_unless_one_fires_that_was_asked_for(run, shop, monkeypatch, options, speaks):
    """A week in which warnings fire and nothing critical, and one without data; programs always get their answer."""
    whole = alerts.evaluate

    def without_critical(*given: object) -> alerts.AlertReport:
        found = whole(*given)
        return replace(found, alerts=tuple(alert for alert in found.alerts if alert.severity != "critical"))

    monkeypatch.setattr(alerts, "evaluate", without_critical)
    said = run("-q", "alerts", *options, home=shop)
    assert (bool(said.out), said.err) == (speaks, "")


def test_quiet_alerts_still_go_to_a_file(run, shop, tmp_path):
    said = run("-q", "alerts", "--until", "2025-06-30", "-o", str(tmp_path / "report"), home=shop)
    assert (said.code, said.out) == (0, "")
    assert "No alerts." in (tmp_path / "report").read_text()


def test_alerts_as_json(run, shop):
    some, every = (run("alerts", "--format", "json", *more, home=shop).json["alerts"] for more in ([], ["--all"]))
    assert {alert["state"] for alert in some} == {"firing"}
    assert len(every) > len(some)
    assert {"id", "name", "severity", "scope", "state", "unit", "current", "previous", "change", "threshold"} <= set(
        every[0]
    )


def test_a_backtest_in_every_form(run, shop, tmp_path):
    """Seven bad days after eight good weeks: the rules of the last week fire, and nothing fails for that."""
    said = run("alerts", "--backtest", "20d", home=shop)
    assert (said.code, said.err) == (0, "")
    assert "Back-test of the alerts, 2026-03-10 to 2026-03-29 (20 days, UTC)" in said.out
    assert "No cause is known: name days" in said.out
    told = run("alerts", "--backtest", "20d", "--format", "json", home=shop).json
    assert sum(one["days"] for one in told["rules"]) > 0
    head, *lines = run("alerts", "--backtest", "20d", "--format", "csv", home=shop).out.splitlines()
    assert head == "kind,id,name,severity,scope,days,episodes,known,told,first,last,when"
    assert len(lines) == len(told["rules"]) + len(told["unusual"])
    assert (
        "| revenue\\_drop | all channels |" in run("alerts", "--backtest", "20d", "--format", "markdown", home=shop).out
    )
    run("-q", "alerts", "--backtest", "20d", "-o", str(tmp_path / "report"), home=shop)
    assert (tmp_path / "report").read_text() == said.out


def test_the_guards_of_the_home_are_those_of_its_backtest(run, tmp_path):
    home = publish(tmp_path)
    before = run("alerts", "--backtest", "20d", "--format", "json", home=home).json
    (home.root / "growthos.toml").write_text("[alerts]\nmin_orders = 100000\n")
    after = run("alerts", "--backtest", "20d", "--format", "json", home=home).json
    days = [{one["id"]: one["days"] for one in told["rules"] if one["scope"] == "all"} for told in (before, after)]
    assert days[0]["revenue_drop"] > days[1].pop("revenue_drop") == 0
    assert days[1].items() <= days[0].items()


def test_a_failed_build_is_announced_above_every_report(run, tmp_path):
    home = publish(tmp_path)
    latest(home, FAILED, published=False)
    for command in (["kpis"], ["plot", "aov"], ["why", "aov"], ["cohorts"], ["alerts"]):
        said = run(*command, home=home)
        assert said.code == 0
        assert "was not published. Failed: unique_grain (3 rows)" in said.err
        assert "reach to 2026-03-29, made" in said.err
        assert "not published" not in said.out

        strict = run(*command, "--strict", home=home)
        assert strict.code == ExitCode.CHECKS_FAILED
        assert "unique_grain" in strict.err
        assert strict.out == ""
    shown = run("checks", home=home)
    assert shown.code == 0
    assert "unique_grain (critical)" in shown.out
    assert run("checks", "--strict", home=home).code == ExitCode.CHECKS_FAILED


def test_a_good_build_announces_nothing(run, tmp_path):
    home = publish(tmp_path)
    latest(home, {**FAILED, "status": "pass", "failing_rows": 0}, published=True)
    assert run("kpis", "--strict", home=home).err == ""
    assert run("checks", "--strict", home=home).code == 0


def test_a_first_build_that_failed_has_no_data_but_its_checks(run, tmp_path):
    home = Home(tmp_path)
    latest(home, FAILED, published=False)
    assert run("kpis", home=home).code == ExitCode.NO_DATA
    assert "Nothing was published before it" in run("kpis", home=home).err
    assert "unique_grain" in run("checks", home=home).out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cac", ["# Customer acquisition cost", "Formula: spend / new_customers", "`blended_cac`", "= $300.00"]),
        ("channel_cac", ["# Customer acquisition cost"]),
        (
            "revenue_drop",
            ["Severity: critical", "1 evaluation:", "falls by more than 30.0%", "`[alerts] min_orders`, 10 unless set"],
        ),
        ("unique_grain", ["Severity: critical", "```sql", "sql/checks/unique_grain.sql"]),
        ("shopify", ["`SHOPIFY_SHOP_DOMAIN`", "## Streams", "`orders`"]),
    ],
)
def test_explain_says_what_is_declared(run, shop, name, words):
    said = run("explain", name, home=shop)
    assert said.code == 0
    for word in words:
        assert word in said.out


def test_explain_defines_a_kpi_before_there_are_data(run, tmp_path):
    said = run("explain", "cac", home=tmp_path)
    assert said.code == ExitCode.NO_DATA
    assert "Formula: spend / new_customers" in said.out


def test_the_demo_runs_from_nothing_and_again(run, demo_home):
    """The home was synced before, so this is the second run: nothing is new, and the reports are the same."""
    home = demo_home()
    before = {path: path.read_bytes() for path in (home.database, *home.raw.rglob("*.parquet"))}
    said = run("demo", home=home.root.parent)

    assert said.code == 0
    assert "Nothing new from ga4, google_ads, meta, shopify" in said.err
    assert said.out.startswith("KPIs, 2026-03-23 to 2026-03-29")
    assert "critical: Net revenue drop" in said.out
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("word", ["true", "1", "yes"])
def test_demo_mode_is_the_demo(run, demo_home, monkeypatch, word):
    home = demo_home().root.parent
    monkeypatch.setenv("DEMO_MODE", word)
    through = run("kpis", "aov", "--format", "json", home=home).json["data_through"]
    monkeypatch.delenv("DEMO_MODE")
    assert through == run("kpis", "aov", "--format", "json", "--demo", home=home).json["data_through"] == "2026-03-29"


def test_the_demos_words_follow_its_own_clock(run, demo_home):
    home = demo_home().root.parent
    for word, since, until in (
        ("yesterday", "2026-03-29", "2026-03-29"),
        ("mtd", "2026-03-01", "2026-03-29"),
        ("last-month", "2026-02-01", "2026-02-28"),
    ):
        found = run("--demo", "kpis", "aov", "--since", word, "--format", "json", home=home).json
        assert (found["since"], found["until"]) == (since, until)


def test_sync_hands_on_what_was_asked(run, tmp_path, monkeypatch):
    asked = []

    def sync(*given: object, **_: object) -> None:
        asked.append(given[3])
        raise BusyError("stop here")

    monkeypatch.setattr(pipeline, "sync", sync)
    said = run("sync", "meta", "--since", "2026-01-01", "--until", "2026-01-31", "--full", home=tmp_path)
    assert said.code == ExitCode.BUSY
    assert asked == [pipeline.Asked(sources=["meta"], since=date(2026, 1, 1), until=date(2026, 1, 31), full=True)]
    run("sync", "--lock-timeout", "90", home=tmp_path)
    run("sync", "--timeout", "600", home=tmp_path)
    assert asked[1:] == [pipeline.Asked(sources=[], lock_timeout=90), pipeline.Asked(sources=[], timeout=600)]


@pytest.mark.parametrize("seconds", ["0", "1" + "0" * 400])
def test_a_time_that_none_is_is_refused(run, tmp_path, seconds):
    said = run("sync", "--timeout", seconds, home=tmp_path)
    assert (said.code, "Invalid value for '--timeout'" in said.err) == (ExitCode.USAGE, True)


def test_a_bug_is_short_and_logged(run, tmp_path, monkeypatch):
    def sync(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret state")

    monkeypatch.setattr(pipeline, "sync", sync)
    said = run("sync", home=tmp_path)
    assert said.code == ExitCode.BUG
    assert "This is a bug in growthos: ZeroDivisionError" in said.err
    assert "secret state" not in said.err
    log = tmp_path / "logs" / "growthos.log"
    assert str(log) in said.err.replace("\n", "")
    assert "Traceback" in log.read_text()


def test_no_space_left_is_no_bug(run, tmp_path, monkeypatch):
    def sync(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "raw/x")

    monkeypatch.setattr(pipeline, "sync", sync)
    said = run("sync", home=tmp_path)
    assert said.code == ExitCode.CANNOT_WRITE
    assert "raw/x cannot be used: No space left on device." in said.err


def test_the_nearest_folder_with_settings_is_the_home(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GROWTHOS_HOME", raising=False)
    home = publish(tmp_path / "client")
    home.settings.write_text("")
    below = home.root / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert cli.run(["kpis", "aov"]) == 0

    monkeypatch.setenv("GROWTHOS_HOME", str(tmp_path / "other"))
    assert cli.run(["kpis", "aov"]) == ExitCode.NO_DATA
    assert cli.run(["--home", str(home.root), "kpis", "aov"]) == 0
    assert cli.run(["--home", str(home.settings), "kpis"]) == ExitCode.USAGE
    assert "is a file" in capsys.readouterr().err


def test_a_folder_that_is_gone_is_told_and_needed_by_nobody_who_names_a_home(shop, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GROWTHOS_HOME", raising=False)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for arguments in (["kpis"], ["--home", "client", "kpis"], ["init", "--no-input"]):
        assert cli.run(arguments) == ExitCode.USAGE
        assert "The folder in which growthos was started is gone." in capsys.readouterr().err
    assert cli.run(["--home", str(shop.root), "kpis", "aov"]) == 0
    assert cli.run(["--home", str(shop.root), "kpis", "aov", "-o", "aov.txt"]) == ExitCode.CANNOT_WRITE
    assert "aov.txt cannot be written: No such file or directory." in capsys.readouterr().err
    assert cli.run(["--home", str(tmp_path / "new"), "init", "--no-input"]) == 0
    assert f"Next: growthos --home {tmp_path / 'new'} init" in capsys.readouterr().err


def test_without_any_word_the_home_is_the_users(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GROWTHOS_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    publish(tmp_path / "data" / "growthos")
    assert cli.run(["kpis", "aov", "--format", "csv"]) == 0
    assert "aov" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["kpis", "--demo"], ["--demo", "kpis"]),
        (["kpis", "-q", "aov", "--home", "x"], ["-q", "--home", "x", "kpis", "aov"]),
        (["kpis", "--home=x"], ["--home=x", "kpis"]),
        (["explain", "--", "--demo"], ["explain", "--", "--demo"]),
        (["kpis", "--home"], ["--home", "kpis"]),
        ([], []),
    ],
)
def test_options_of_the_program_may_stand_after_the_command(given, meant):
    assert hoist(given) == meant


def test_every_command_has_help_with_examples_and_every_option_says_what_it_does(capsys):
    for name, one in {"growthos": get_command(app), **dict(every_command())}.items():
        assert one.help, name
        assert "growthos " in one.epilog, name
        for option in one.params:
            assert getattr(option, "help", "") or option.name == "help", (name, option.name)
    for arguments in (["--help"], ["-h"], ["kpis", "-h"]):
        assert cli.run(arguments) == 0
    assert "Usage: growthos" in capsys.readouterr().out


def test_the_help_shows_a_group_before_the_other_commands_of_its_panel(run, tmp_path):
    said = run("--help", home=tmp_path).out
    watch = said[said.index(" Watch ") : said.index(" Set up ")]
    assert watch.index("│ alerts ") < watch.index("│ checks ")
    assert said.index(" Data ") < said.index(" See ") < said.index(" Watch ")


def test_alone_it_shows_its_help(capsys):
    assert cli.run([]) == ExitCode.USAGE
    said = capsys.readouterr()
    assert "sync" in said.out + said.err


def test_the_version_is_shown(capsys):
    assert cli.run(["--version"]) == cli.run(["-V"]) == 0
    assert capsys.readouterr().out.startswith("growthos 0.")
