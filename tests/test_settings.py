"""Settings: where they come from, which place wins, and that every mistake is told at once and in plain words."""

import stat
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from growthos import connectors, settings
from growthos.errors import ExitCode, SettingsError
from growthos.guards import Guards
from growthos.home import Home
from growthos.settings.origins import demo_mode, read_toml

TOKEN = "canary-9c1f7e"
META = f'[meta]\naccess_token = "{TOKEN}"\nad_account_id = "1001"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def complaint(home: Home, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        settings.load(home, environ or {})
    assert caught.value.code == ExitCode.SETTINGS
    return str(caught.value)


def test_an_empty_home_has_the_defaults(home):
    found = settings.load(home, {})

    assert found == settings.Settings()
    assert (found.reporting_timezone, found.sync.history, found.sync.patience) == ("UTC", 400, 900)
    assert found.costs.margin_bps["default"] == 4500
    assert settings.connected(found) == {}
    assert set(settings.not_connected(found)) == set(connectors.find())


def test_everything_can_be_set(home):
    write(
        home.settings,
        """
        reporting_timezone = "America/New_York"
        currency = "EUR"
        exclude_sources = ["pos"]
        sync = { history = 30, patience = 60 }
        [costs.margin_bps]
        Apparel = 6000
        [costs.shipping]
        per_order_cents = 450
        bps_of_net_sales = 100
        [costs.payment]
        bps_of_total = 140
        per_order_cents = 25
        [fx]
        USD = "0.9210"
        GBP = { 2026-01-01 = "1.15", 2026-02-01 = "1.16" }
        [calendar]
        2026-11-27 = "Black Friday"
        [alerts]
        min_orders = 3
        repeat_critical = "6h"
        [warehouse]
        publish_staging = true
        [limits]
        file = "/shared/limits.sqlite"
        """,
    )
    found = settings.load(home, {})

    assert found.reporting_timezone == "America/New_York"
    assert (found.currency, found.exclude_sources) == ("EUR", ("pos",))
    assert (found.sync.history, found.sync.patience) == (30, 60)
    assert found.costs.margin_bps["apparel"] == 6000
    assert found.costs.margin_bps["beauty"] == 6500  # what is not set stays as it was
    assert found.costs.shipping.bps_of_net_sales == 100
    assert found.costs.payment.per_order_cents == 25
    assert found.fx == {"USD": "0.9210", "GBP": {date(2026, 1, 1): "1.15", date(2026, 2, 1): "1.16"}}
    assert found.calendar == {date(2026, 11, 27): "Black Friday"}
    assert found.alerts.min_orders == 3
    assert (found.alerts.repeat_critical, found.alerts.repeat) == (timedelta(hours=6), timedelta(days=7))
    assert found.warehouse.publish_staging
    assert found.limits.file == Path("/shared/limits.sqlite")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('reporting_timezon = "UTC"', "did you mean reporting_timezone?"),
        ('reporting_timezone = "Europe/Berln"', "did you mean Europe/Berlin?"),
        ('reporting_timezone = "../../etc/passwd"', "is no time zone"),
        ("reporting_timezone = 3", "valid string"),
        ('currency = "euro"', "currency"),
        ("[syn]\nhistory = 3", "did you mean sync?"),
        ("[sync]\nhistroy = 3", "growthos.toml:2, sync.histroy: there is no such setting; did you mean history?"),
        ('[sync]\nhistory = "3"', "valid integer"),
        ("[sync]\nhistory = 0", "greater than or equal to 1"),
        ("[costs.shiping]\nper_order_cents = 1", "did you mean shipping?"),
        ("[costs.margin_bps]\napparel = 10001", "less than or equal to 10000"),
        ("[costs.payment]\nper_order_cents = 0.3", "valid integer"),
        ("[fx]\nEUR = 1.084", "a rate is written as text"),
        ('[fx]\nEUR = "1,084"', "is no rate"),
        ('[fx]\nEUR = "-1"', "greater than nothing"),
        ('[fx]\nEUR = "NaN"', "greater than nothing"),
        ('[fx.EUR]\nsoon = "1.08"', "is no date"),
        ('[fx]\neur = "1.08"', "fx.eur"),
        ('[calendar]\nchristmas = "yes"', "is no date"),
        ("[warehouse]\npublish_staging = 1", "valid boolean"),
        ('[alerts]\nrepeat = "a week"', "is no length of time; write it as 24h or 7d"),
        ('[alerts]\nrepeat = "0d"', "is no length of time"),
        ("[alerts]\nrepeat_critical = 24", "is no length of time"),
        ("[alerts]\nkeep_firing_for = -1", "greater than or equal to 0"),
        ("[alerts]\nattribution_lag_days = 31", "less than or equal to 30"),
        ("[sources.meta]\nx = 1", "sources: there is no such setting"),
        ('[meta]\nacces_token = "x"', "growthos.toml:2, meta.acces_token: there is no such setting; did you mean acc"),
        ("meta = 3", "write [meta]"),
        ("[meta]\nad_account_id = 1.5", "neither text nor a whole number"),
        ("[tiktok]\ntoken = 3", "tiktok: there is no such setting"),
        ("reporting_timezone =", "is no TOML"),
        ("[sync]\nhistory = 3\nhistory = 4", "is no TOML"),
    ],
)
def test_each_mistake_is_named(home, text, says):
    write(home.settings, text)
    said = complaint(home)
    assert says in said
    assert "growthos.toml" in said


def test_all_mistakes_are_told_at_once(home):
    write(home.settings, '[sync]\nhistroy = 3\npatience = "x"\n[meta]\ntoken = "x"\n[fx]\nEUR = 1.1\n')
    write(home.env, "SHOPIFY_ACESS_TOKEN=x\nno equals sign\n")
    said = complaint(home)

    assert "6 settings are wrong" in said
    for place in ("growthos.toml:2", "growthos.toml:3", "growthos.toml:5", "growthos.toml:7", ".env:1", ".env:2"):
        assert place in said


def test_the_environment_wins_over_env_file_over_toml(home):
    write(home.settings, META)
    write(home.env, "META_ACCESS_TOKEN=from-env-file\nMETA_AD_ACCOUNT_ID=2002\n")

    assert settings.load(home, {}).sources["meta"]["access_token"] == "from-env-file"
    found = settings.load(home, {"META_ACCESS_TOKEN": "from-environment", "META_AD_ACCOUNT_ID": ""})
    assert found.sources["meta"]["access_token"] == "from-environment"
    assert found.sources["meta"]["ad_account_id"].endswith("2002")  # set to nothing is not set


def test_a_connected_source_needs_no_other(home):
    write(home.settings, META)
    found = settings.load(home, {})
    assert list(settings.connected(found)) == ["meta"]
    assert "SHOPIFY_SHOP_DOMAIN" in settings.not_connected(found)["shopify"]


def test_ids_may_be_numbers_and_lists(home):
    write(home.settings, f'[meta]\naccess_token = "{TOKEN}"\nad_account_id = [1001, "act_1002"]\n')
    assert settings.load(home, {}).sources["meta"]["ad_account_id"] == "1001,act_1002"


def test_a_secret_can_stand_in_a_file_of_its_own(home):
    write(home.root / "token", f"{TOKEN}\n")
    write(home.settings, '[meta]\naccess_token_file = "token"\nad_account_id = "1001"\n', mode=0o644)
    assert settings.load(home, {}).sources["meta"]["access_token"] == TOKEN

    other = home.root / "other"
    write(other, "newer")
    found = settings.load(home, {"META_ACCESS_TOKEN_FILE": str(other)})
    assert found.sources["meta"]["access_token"] == "newer"


def test_blanks_around_a_value_are_nobodys_wish(home):
    found = settings.load(home, {"META_ACCESS_TOKEN": f" {TOKEN}\n", "META_AD_ACCOUNT_ID": "1001 "})
    assert found.sources["meta"] == {"access_token": TOKEN, "ad_account_id": "1001"}


def test_a_mark_at_the_beginning_is_none_of_the_text(home):
    """Some editors put one before UTF-8; a mistake is still told by its line."""
    write(home.settings, '\ufeffcurrency = "EUR"\n')
    assert settings.load(home, {}).currency == "EUR"
    write(home.settings, '\ufeffcurency = "EUR"\n')
    with pytest.raises(SettingsError, match=r"growthos.toml:1, curency"):
        settings.load(home, {})


def test_a_path_that_begins_with_nobodys_name_is_a_path(home, monkeypatch):
    """`~` is a folder of one's own; a user whom nobody knows has none."""
    monkeypatch.setenv("HOME", "/of/mine")
    write(home.settings, '[limits]\nfile = "~stranger/limits"\n')
    assert settings.load(home, {}).limits.file == Path("~stranger/limits")
    write(home.settings, '[limits]\nfile = "~/limits"\n')
    assert settings.load(home, {}).limits.file == Path("/of/mine/limits")
    for name in ("META_ACCESS_TOKEN_FILE", "GOOGLE_ADS_CLIENT_SECRET_FILE"):
        with pytest.raises(SettingsError, match=f"{name}: .*/~stranger/key cannot be read: No such file or directory"):
            settings.load(home, {name: "~stranger/key"})
    key = {"GOOGLE_APPLICATION_CREDENTIALS": "~stranger/key", "GA4_PROPERTY_ID": "1"}
    assert settings.load(home, key).sources["ga4"]["application_credentials"] == "~stranger/key"


def test_a_secret_file_that_is_not_there_or_empty_is_named(home):
    write(home.settings, '[meta]\naccess_token_file = "nowhere"\nad_account_id = "1001"\n')
    assert "nowhere cannot be read: No such file" in complaint(home)
    write(home.root / "nowhere", " \n")
    assert "nowhere is empty" in complaint(home)


def test_a_secret_in_the_place_of_its_file_does_not_show(home):
    """A path that begins at the root shows whole: that no token does."""
    token = "EAAcanary-0123456789abcdef"
    name = "META_ACCESS_TOKEN_FILE"
    assert f"{name}: 'EAAcanary-01…' (26 characters) cannot be read: No such" in complaint(home, {name: token})
    assert f"{name}: /run/secrets/{token} cannot be read" in complaint(home, {name: f"/run/secrets/{token}"})
    write(home.settings, '[meta]\naccess_token_file = "no\\u0000thing"\n')
    assert "cannot be read: it is not text" in complaint(home)


def test_a_secret_is_given_in_one_way_only(home):
    write(home.settings, f'{META}access_token_file = "token"\n')
    assert "keep one" in complaint(home)


def test_a_half_set_source_names_what_is_missing(home):
    said = complaint(home, {"META_AD_ACCOUNT_ID": "1001", "META_ACESS_TOKEN": "x"})
    assert "meta: is only partly set: META_ACCESS_TOKEN is missing" in said
    assert "META_ACESS_TOKEN is set: did you mean META_ACCESS_TOKEN?" in said


def test_a_value_that_cannot_be_right_is_told_before_anything_runs(home):
    said = complaint(home, {"META_ACCESS_TOKEN": TOKEN, "META_AD_ACCOUNT_ID": "my account"})
    assert said.startswith("meta: ")
    assert TOKEN not in said


def test_of_an_address_that_lets_somebody_in_nothing_is_told(home):
    """It may be so short that a glimpse of it would be all of it."""
    given = {"META_ACCESS_TOKEN": TOKEN, "META_AD_ACCOUNT_ID": "1001"}
    assert complaint(home, {**given, "META_BASE_URL": "https://a:pw7f@b.de"}) == "meta: META_BASE_URL is no address."
    assert complaint(home, {**given, "META_BASE_URL": "b.de"}) == "meta: META_BASE_URL is no address: 'b.de'."


def test_an_address_or_a_shared_setting_connects_nothing(home):
    found = settings.load(
        home, {"META_BASE_URL": "http://127.0.0.1:9", "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"}
    )
    assert settings.connected(found) == {}
    assert found.sources["meta"] == {"base_url": "http://127.0.0.1:9"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602])
@pytest.mark.parametrize("place", ["growthos.toml", ".env"])
def test_secrets_that_others_can_read_are_refused(home, place, mode):
    write(
        home.root / place,
        META if place.endswith("toml") else f"META_ACCESS_TOKEN={TOKEN}\nMETA_AD_ACCOUNT_ID=1\n",
        mode,
    )
    with pytest.raises(SettingsError, match="can be read by others") as caught:
        settings.load(home, {})
    assert "chmod 600" in caught.value.hint
    assert stat.S_IMODE((home.root / place).stat().st_mode) == mode  # telling is all it does


def test_files_without_secrets_may_be_read_by_anybody(home):
    write(home.settings, '[meta]\nad_account_id = "1001"\n', mode=0o644)
    write(home.env, "# nothing yet\nMETA_ACCESS_TOKEN=\n", mode=0o644)
    assert settings.load(home, {"META_ACCESS_TOKEN": TOKEN}).sources["meta"]


def test_secrets_do_not_show(home):
    write(home.settings, META)
    found = settings.load(home, {})
    assert TOKEN not in repr(found)
    assert TOKEN not in str(found)
    assert TOKEN not in repr(read_toml(home))

    write(home.settings, f'{META}app_secret = ["{TOKEN}", 1.5]\n')
    assert TOKEN not in complaint(home)


def test_a_token_with_a_line_break_inside_is_refused(home):
    said = complaint(home, {"META_ACCESS_TOKEN": "abc\r\nX-Other: 1", "META_AD_ACCOUNT_ID": "1001"})
    assert "holds characters that no key or token has" in said


def test_settings_cannot_be_changed(home):
    with pytest.raises(ValueError, match="frozen"):
        settings.load(home, {}).sync.history = 3


def test_unknown_variables_count_in_the_env_file_but_not_in_the_environment(home):
    """The environment belongs to every program, the .env of a home to this one."""
    assert settings.load(home, {"SHOPIFY_API_KEY": "of another program"}).sources == {}
    write(home.env, "SHOPIFY_API_KEY=x\nSLACK_TOKEN=y\n")
    assert "SHOPIFY_API_KEY: there is no such variable" in complaint(home)
    assert "SLACK_TOKEN" not in complaint(home)


def test_the_env_file_is_taken_literally(home):
    write(home.env, 'META_ACCESS_TOKEN="a${HOME}b"\nexport META_AD_ACCOUNT_ID=1001 # mine\n')
    assert settings.load(home, {}).sources["meta"]["access_token"] == "a${HOME}b"


def test_every_declared_setting_is_read_from_every_place(home):
    """Nothing lists the sources: what a connector declares can be set."""
    for name, connector in connectors.find().items():
        for one in connector.settings:
            table = {one.env: "7"}
            try:
                found = settings.load(home, table).sources
            except SettingsError as error:
                assert name in str(error)  # noqa: PT017 - half set or no such id, but read
            else:
                assert found[name][one.name] == "7"


def test_the_guards_are_the_rules_own_unless_they_are_set():
    given = settings.Alerts().model_dump(exclude={"keep_firing_for", "repeat_critical", "repeat"})
    assert given == asdict(Guards())


def test_the_demo_has_all_sources_and_nothing_of_a_home():
    found = settings.demo()
    assert set(settings.connected(found)) == set(connectors.find())
    assert found.sync.history == 180


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("1", True), ("YES", True), ("false", False), ("", False)])
def test_demo_mode_is_a_word(home, said, meant):
    assert demo_mode(home, {"DEMO_MODE": said}) is meant
    write(home.env, f"DEMO_MODE={said}\n")
    assert demo_mode(home, {}) is meant
    assert demo_mode(home, {"DEMO_MODE": "false"}) is False


def test_demo_mode_is_not_guessed(home):
    with pytest.raises(SettingsError, match="maybe"):
        demo_mode(home, {"DEMO_MODE": "maybe"})
