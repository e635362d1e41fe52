"""What `growthos settings` shows: every setting, as it is in force, and where that was said."""

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from growthos import cli, connectors, settings
from growthos.dates import span, span_text
from growthos.errors import ExitCode, UsageError
from growthos.home import Home
from growthos.notify import TARGETS
from growthos.render import screen, settings_page
from growthos.settings.in_force import InForce, in_force, known
from growthos.settings.origins import SECTION
from growthos.settings.template import template

CANARY = "canary-5d21ab"
TOML = """\
reporting_timezone = "Europe/Berlin"
exclude_sources = ["pos"]

[costs.margin_bps]
Apparel = 6000
toys = 3500

[alerts]
repeat = "48h"

[fx]
GBP = { 2026-01-01 = "1.31" }

[rules.ctr_drop]
enabled = false

[limits]
file = "/srv/growthos/limits.sqlite"

[shopify]
shop_domain = "acme"
client_id = "of-the-file"
client_secret_file = "secret"

[notify.slack]
min = "critical"
"""
ENV = f"""\
# of the owner alone
META_ACCESS_TOKEN={CANARY}

META_AD_ACCOUNT_ID=1001
GROWTHOS_HEARTBEAT_URL=https://monitor.example/{CANARY}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    for name, text in {"growthos.toml": TOML, ".env": ENV, "secret": CANARY, "key": CANARY}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return Home(tmp_path)


def shown(home: Home, *names: str, **environ: str) -> dict[str, InForce]:
    found = in_force(home, settings.load(home, environ), environ, names)
    return {one.name: one for one in found.settings}


def test_each_is_shown_with_its_line_and_its_default(home):
    found = shown(home)
    said = {name: (one.value, one.default, one.origin) for name, one in found.items() if one.is_set}
    assert said == {
        "reporting_timezone": ("Europe/Berlin", "UTC", "growthos.toml:1"),
        "exclude_sources": (["pos"], [], "growthos.toml:2"),
        "costs.margin_bps.apparel": (6000, 5500, "growthos.toml:5"),
        "costs.margin_bps.toys": (3500, None, "growthos.toml:6"),
        "alerts.repeat": ("2d", "7d", "growthos.toml:9"),
        "fx.GBP": ({"2026-01-01": "1.31"}, None, "growthos.toml:12"),
        "rules.ctr_drop": ({"enabled": False}, None, "growthos.toml:14"),
        "limits.file": ("/srv/growthos/limits.sqlite", None, "growthos.toml:18"),
        "shopify.shop_domain": ("acme", None, "growthos.toml:21"),
        "shopify.client_id": ("of-the-file", None, "growthos.toml:22"),
        "shopify.client_secret": (None, None, "growthos.toml:23"),
        "notify.slack.min": ("critical", None, "growthos.toml:26"),
        "meta.access_token": (None, None, ".env:2"),
        "meta.ad_account_id": ("1001", None, ".env:4"),
        "sync.heartbeat_url": (None, None, ".env:5"),
    }
    unsaid = {name: (one.value, one.default, one.origin) for name, one in found.items() if not one.is_set}
    assert unsaid["costs.margin_bps.beauty"] == (6500, 6500, "default")
    assert unsaid["alerts.repeat_critical"] == ("24h", "24h", "default")
    assert unsaid["currency"] == unsaid["calendar"] == (None, None, "default")
    assert unsaid["sync.heartbeat_fail_url"] == (None, None, "not set")


def test_the_line_is_found_however_its_key_is_written(home):
    home.settings.write_text(
        "# a mark that some editors take for the end of a line: \u2028\n"
        "sync.patience = 5\n"
        f'sync.heartbeat_url = "https://monitor.example/{CANARY}"\n'
        "costs . margin_bps . 'Toys' = 1\n"
        "fx = { GBP = '1.31' }\n"
        '[ "meta" ]  # the ads\n'
        f'access_token = "{CANARY}"\n'
        "ad_account_id = [\n  1001,\n]\n"
        "[notify . slack]\n"
        'min = "critical"\n'
    )
    (home.root / ".env").unlink()
    assert {name: one.origin for name, one in shown(home).items() if one.is_set} == {
        "sync.patience": "growthos.toml:2",
        "sync.heartbeat_url": "growthos.toml:3",
        "costs.margin_bps.toys": "growthos.toml:4",
        "fx.GBP": "growthos.toml:5",
        "meta.access_token": "growthos.toml:7",
        "meta.ad_account_id": "growthos.toml:8",
        "notify.slack.min": "growthos.toml:12",
    }


def test_the_environment_wins(home):
    found = shown(home, "shopify", "meta", SHOPIFY_CLIENT_ID="of-the-shell", META_AD_ACCOUNT_ID="2002")
    assert (found["shopify.client_id"].value, found["shopify.client_id"].origin) == ("of-the-shell", "environment")
    assert (found["meta.ad_account_id"].value, found["meta.ad_account_id"].origin) == ("2002", "environment")
    (home.root / ".env").write_text(f"META_ACCESS_TOKEN_FILE={home.root / 'key'}\nMETA_AD_ACCOUNT_ID=1001\n")
    assert shown(home)["meta.access_token"].origin == ".env:1"


def test_nothing_that_can_be_set_is_missing():
    """Every line of the growthos.toml that is first written is a setting, or an example of what a table may hold."""
    table, missing, seen = "", set(), 0
    for line in template().splitlines():
        if head := SECTION.fullmatch(line):
            table = head[1]
        if named := re.match(r"# ([\w-]+) = ", line):
            name = ".".join(filter(None, (table, named[1].removesuffix("_file"))))
            seen += 1
            missing |= {name} - known().keys() if table not in known() else set()
    assert (missing, seen > 70) == (set(), True)


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_of_a_secret_nothing_is_shown(capsys, home, monkeypatch, form):
    monkeypatch.setenv("GOOGLE_ADS_REFRESH_TOKEN_FILE", str(home.root / "key"))
    assert cli.run(["--home", str(home.root), "settings", "--format", form]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert CANARY not in out + err
    assert "shopify.client_secret" in out.replace("\\", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ga4.application_credentials", f'{{"private_key": "{CANARY}"}}'),
        ("google_ads.application_credentials", f"{CANARY}{'A' * 2000}"),
        ("meta.base_url", f"https://me:{CANARY}@proxy.example"),
        ("shopify.base_url", f"https://proxy.example/?key={CANARY}"),
        ("notify.ntfy.url", f"https://me:{CANARY}@ntfy.example"),
        ("notify.email.host", f"smtps://me:{CANARY}@smtp.example"),
    ],
)
def test_of_a_secret_in_a_wrong_place_nothing_is_shown_either(capsys, tmp_path, monkeypatch, name, value):
    """No source is set in full here, so that nothing of it is refused."""
    table, _, key = name.rpartition(".")
    targets = {f"notify.{target}": one for target, one in TARGETS.items()}
    [one] = [one for one in {**connectors.find(), **targets}[table].settings if one.name == key]
    monkeypatch.setenv(one.env, value)
    assert cli.run(["--home", str(tmp_path), "settings", name, "--format", "json"]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert CANARY not in out + err
    [told] = json.loads(out)["settings"]
    assert (told["value"], told["is_set"], told["secret"]) == (None, True, True)


def test_what_was_asked_for_is_shown_alone_and_what_nobody_set_if_it_is_asked_for(home):
    assert list(shown(home, "costs.payment", "sync.history")) == [
        "sync.history",
        "costs.payment.bps_of_total",
        "costs.payment.per_order_cents",
    ]
    found = in_force(home, settings.load(home, {}), {})
    assert found.left_out == ("ga4", "google_ads", *(f"notify.{one}" for one in ("teams", "webhook", "ntfy", "email")))
    assert not {one.table for one in found.settings} & {*found.left_out}
    assert {one.origin for one in shown(home, "ga4").values()} == {"not set"}


@pytest.mark.parametrize(
    ("name", "near"),
    [("sync.histry", "did you mean sync.history"), ("shopfy", "did you mean shopify"), ("zzz", "no such setting")],
)
def test_a_name_that_nobody_knows_is_told_with_the_nearest(home, name, near):
    with pytest.raises(UsageError, match=re.escape(near)):
        shown(home, name)


def test_the_demo_takes_nothing_from_the_files_of_the_home(capsys, home):
    assert cli.run(["--home", str(home.root), "--demo", "settings", "--format", "json"]) == ExitCode.OK
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["settings"]}
    assert (found["reporting_timezone"]["value"], found["sync.history"]["value"]) == ("UTC", 180)
    assert (found["reporting_timezone"]["origin"], found["sync.history"]["origin"]) == ("default", "the demo")
    assert found["shopify.client_secret"] | {"help": ""} == {
        "name": "shopify.client_secret",
        "value": None,
        "default": None,
        "is_set": True,
        "origin": "the demo",
        "variable": "SHOPIFY_CLIENT_SECRET",
        "secret": True,
        "help": "",
    }


def test_lists_and_tables_are_written_as_the_file_has_them(capsys, home):
    cli.run(["--home", str(home.root), "settings", "exclude_sources", "fx", "alerts.repeat", "--format", "csv"])
    rows = {one["name"]: one["value"] for one in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert rows == {"exclude_sources": '["pos"]', "fx.GBP": '{ 2026-01-01 = "1.31" }', "alerts.repeat": "2d"}


def test_eighty_columns_are_enough_for_names_values_and_places(home):
    page = settings_page.page(in_force(home, settings.load(home, {}), {}))
    lines = screen.draw(
        page, Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    ).splitlines()
    assert lines[0] == "15 of 46 settings are set; for the rest the defaults hold"
    assert max(map(len, lines)) <= 80
    assert re.split(r" {3,}", next(one for one in lines if "apparel" in one).strip()) == [
        "costs.margin_bps.apparel",
        "6000",
        "growthos.toml:5",
    ]


def test_the_headline_counts_what_is_shown(home):
    (home.root / ".env").unlink()
    told = {name: settings_page.page(in_force(home, settings.load(home, {}), {}, [name]))[0] for name in ("fx", "sync")}
    assert told["fx"].text == "1 of 1 setting is set"
    assert told["sync"].text == "0 of 4 settings are set; for the rest the defaults hold"


def test_what_is_set_in_part_is_shown_as_it_is(capsys, tmp_path, monkeypatch):
    """Of a source as of a target: who asks what may be set has not set all of it."""
    for name in ("GROWTHOS_EMAIL_HOST", "META_AD_ACCOUNT_ID"):
        monkeypatch.setenv(name, "1001")
    asked = ("settings", "notify.email", "meta", "--format", "json")
    assert cli.run(["--home", str(tmp_path), *asked]) == ExitCode.OK
    found = {one["name"]: one["value"] for one in json.loads(capsys.readouterr().out)["settings"] if one["is_set"]}
    assert found == {"meta.ad_account_id": "1001", "notify.email.host": "1001"}


@pytest.mark.parametrize("hours", [1, 23, 24, 25, 48, 49, 168, 240])
def test_a_length_is_written_as_it_is_read(hours):
    assert span(span_text(timedelta(hours=hours))) == timedelta(hours=hours)
