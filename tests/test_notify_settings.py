"""The settings of targets and of the heartbeat: where they come from; mistakes are told without a secret."""

from pathlib import Path

import pytest
from test_settings import complaint, write

from growthos import settings
from growthos.build import fingerprint
from growthos.home import Home
from growthos.notify import TARGETS, chosen
from growthos.redact import SECRETS
from growthos.state import State

SLACK = "https://hooks.slack.com/services/T00000000/B00000000/canary7f3e9d1c5a"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    SECRETS.forget()
    return Home(tmp_path)


def test_every_target_can_be_set_in_growthos_toml(home):
    write(
        home.settings,
        f"""
        [notify.slack]
        url = "{SLACK}"
        min = "critical"
        [notify.teams]
        url = "https://example.com/workflows/abc?sig=canary-sig-0123"
        [notify.webhook]
        url = "http://127.0.0.1:8080/hook"
        token = "canary-token"
        [notify.ntfy]
        topic = "shop-7f3e"
        [notify.email]
        host = "smtp.example.com"
        port = 465
        security = "ssl"
        user = "ann"
        password = "canary-password"
        from = "shop@example.com"
        to = ["ann@example.com", "bob@example.com"]
        """,
    )
    found = settings.load(home, {})

    targets = {one.name: one for one in chosen(found)}
    assert list(targets) == list(TARGETS)
    assert {name: one.place for name, one in targets.items()} == {
        "slack": "hooks.slack.com",
        "teams": "example.com",
        "webhook": "127.0.0.1:8080",
        "ntfy": "ntfy.sh",
        "email": "smtp.example.com",
    }
    assert (targets["slack"].least, targets["teams"].least) == ("critical", "warning")
    assert targets["email"].receivers == ("ann@example.com", "bob@example.com")
    assert "canary" not in repr(found)
    text = f"{SLACK} canary7f3e9d1c5a canary-sig-0123 canary-token canary-password"
    assert SECRETS.text(text) == "https://hooks.slack.com" + "[redacted] " * 4 + "[redacted]"


def test_the_environment_alone_is_enough(home):
    """As in a container. Plain http is for this machine alone."""
    environ = {"GROWTHOS_SLACK_URL": SLACK, "GROWTHOS_NTFY_TOPIC": "x", "GROWTHOS_HEARTBEAT_URL": "http://[::1]/x"}
    found = settings.load(home, environ)

    assert [one.name for one in chosen(found)] == ["slack", "ntfy"]
    assert found.sync.heartbeat_url == "http://[::1]/x"
    assert found.sync.heartbeat_fail_url is None


def test_the_environment_wins_and_the_least_severity_may_stand_alone(home):
    write(home.settings, '[notify.slack]\nmin = "critical"\n')
    assert settings.load(home, {}).notify == {}
    [slack] = chosen(settings.load(home, {"GROWTHOS_SLACK_URL": SLACK, "GROWTHOS_SLACK_MIN": "info"}))
    assert slack.least == "info"


def test_a_secret_may_be_in_a_file_of_its_own(home):
    write(home.root / "slack.txt", f"{SLACK}\n")
    write(home.root / "beat.txt", "https://hc-ping.com/canary-beat\n")
    write(home.settings, '[notify.slack]\nurl_file = "slack.txt"\n[sync]\nheartbeat_url_file = "beat.txt"\n', 0o644)
    found = settings.load(home, {})

    assert found.notify == {"slack": {"url": SLACK}}
    assert found.sync.heartbeat_url == "https://hc-ping.com/canary-beat"
    assert found.sync.history == 400
    assert SECRETS.text("GET https://hc-ping.com/canary-beat") == "GET https://hc-ping.com[redacted]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[notify.slak]\nurl = "x"\n', "growthos.toml:1, notify.slak: there is no such target; did you mean slack?"),
        ('[notify.slack]\nurll = "x"\n', "growthos.toml:2, notify.slack.urll: there is no such setting; did you mean"),
        ('[notify]\nslack = "x"\n', "growthos.toml:2, notify.slack: is a table: write [notify.slack]"),
        ('notify = "slack"\n', "growthos.toml:1, notify: is a table"),
        ('[notify.slack]\nurl = "http://example.com/canary7f"\n', "GROWTHOS_SLACK_URL is plain http to example.com"),
        ('[notify.slack]\nurl = "canary7f"\n', "GROWTHOS_SLACK_URL is no address."),
        ('[notify.slack]\nurl = "https://ann:canary7f@example.com/"\n', "GROWTHOS_SLACK_URL is no address."),
        ('[notify.slack]\nurl = "https://example.com/"\nmin = "criticl"\n', "min is 'criticl'. Did you mean critical?"),
        ('[notify.email]\nhost = "smtp.example.com"\n', "is only partly set: GROWTHOS_EMAIL_FROM, GROWTHOS_EMAIL_TO"),
        ('[notify.ntfy]\ntopic = "x"\nurl = "http://example.com"\n', "GROWTHOS_NTFY_URL is plain http"),
        ('[sync]\nheartbeat_url = "http://example.com/canary7f"\n', "GROWTHOS_HEARTBEAT_URL is plain http"),
        ('[sync]\nheartbeat_ulr = "x"\n', "did you mean heartbeat_url?"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_without_a_secret(home, text, said):
    write(home.settings, text)
    told = complaint(home)

    assert said in told
    assert "canary" not in told


@pytest.mark.parametrize("text", [f'[notify.slack]\nurl = "{SLACK}"\n', f'[sync]\nheartbeat_url = "{SLACK}"\n'])
def test_a_file_with_such_a_secret_is_its_owners_alone(home, text):
    write(home.settings, text, 0o644)
    assert "can be read by others" in complaint(home)


def test_where_each_was_found_is_known_and_its_value_is_not(home):
    """`schedule` warns of those that cron would not see."""
    write(home.settings, '[notify.slack]\nmin = "critical"\n[sync]\nheartbeat_fail_url = "https://example.com/x"\n')
    found = settings.whence(home, {"GROWTHOS_SLACK_URL": SLACK})

    assert found == {
        "notify.slack": {"GROWTHOS_SLACK_URL": "environment", "GROWTHOS_SLACK_MIN": "growthos.toml"},
        "sync": {"GROWTHOS_HEARTBEAT_FAIL_URL": "growthos.toml"},
    }


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("GROWTHOS_SLACK_ULR", "GROWTHOS_SLACK_URL"),
        ("GROWTHOS_SLAK_URL", "GROWTHOS_SLACK_URL"),
        ("GROWTHOS_HEARTBEAT_ULR", "GROWTHOS_HEARTBEAT_URL"),
        ("GROWTHOS_HEARTBEAT_FAIL_URL_FIL", "GROWTHOS_HEARTBEAT_FAIL_URL_FILE"),
    ],
)
def test_a_mistyped_variable_in_env_is_told(home, given, meant):
    write(home.env, f"{given}=x\n")
    assert complaint(home).count(f".env:1, {given}: there is no such variable; did you mean {meant}?") == 1


def test_every_variable_of_ours_may_stand_in_env(home):
    """Those that mean nothing there as well."""
    write(home.env, f"GROWTHOS_HOME=/x\nGROWTHOS_CACHE=/y\nGROWTHOS_HEARTBEAT_URL={SLACK}\nDEMO_MODE=\n")
    assert settings.load(home, {}).sync.heartbeat_url == SLACK


def test_no_number_rests_on_who_is_told(home):
    """Another address makes nothing of the published database anew, and is in no mark of it."""
    before = fingerprint(settings.load(home, {}), State([]))
    assert fingerprint(settings.load(home, {"GROWTHOS_SLACK_URL": SLACK}), State([])) == before
    write(home.settings, 'currency = "EUR"\n')
    assert fingerprint(settings.load(home, {}), State([])) != before
