"""The doctor finds each thing that can be wrong, says what to do about it, and is silent where all is well."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from demo_home import NOW
from faces_served import failing, instead, more, refused, served
from filelock import FileLock
from loopback import FastClock
from rich.console import Console

from growthos import cli, demo, doctor, pipeline, zones
from growthos import settings as settings_module
from growthos.clock import DemoClock, SystemClock
from growthos.connections import Look
from growthos.connectors import find
from growthos.connectors.terms import Finding
from growthos.doctor import kept, measures, place
from growthos.errors import ExitCode, SettingsError
from growthos.home import Home
from growthos.render import doctor_page, screen
from growthos.settings import Settings

LATER = NOW + timedelta(hours=1)
"""An hour after the demo's sync began; it waited some minutes of that."""
CANARY = "canary-4b2d-9f31"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the doctor in this process; no setting of the machine counts."""
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)

    def ran(*arguments: str, home: Path) -> tuple[int, str, str]:
        code = cli.run(["--home", str(home), "doctor", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return ran


@pytest.fixture
def lived_in(demo_home, tmp_path) -> Home:
    """A copy of the demo shop's home, to do something to."""
    shutil.copytree(demo_home().root, tmp_path / "home")
    return Home(tmp_path / "home")


def visit(home: Home, given: Any = None, clock: Any = None, **more: Any) -> doctor.Diagnosis:
    return doctor.examine(home, given or settings_module.demo(), clock or DemoClock(LATER), **{"offline": True} | more)


def wrong(found: doctor.Diagnosis) -> list[tuple[str, str, str]]:
    """State, source and subject of everything that is not well."""
    states = [(one.finding.state, one.source, one.finding.subject) for one in found.remarks]
    return [one for one in states if one[0] != "ok"]


def said(found: doctor.Diagnosis, subject: str) -> str:
    [only] = [one.finding.said for one in found.remarks if one.finding.subject == subject and one.source == ""]
    return only


def connect(monkeypatch: pytest.MonkeyPatch, sources: dict[str, dict[str, str]]) -> None:
    """Set the environment as the settings of these sources are."""
    for name, values in sources.items():
        for one in find()[name].settings:
            if one.name in values:
                monkeypatch.setenv(one.env, values[one.name])


@pytest.mark.parametrize("synced", [True, False])
def test_the_demo_has_nothing_to_complain_of(run, demo_home, tmp_path, synced):
    home = demo_home().root.parent if synced else tmp_path
    code, out, err = run("--demo", home=home)
    assert (code, err) == (ExitCode.OK, "")
    assert out.startswith("Doctor: all is well")
    assert "warning" not in out
    assert "error" not in out
    assert list(tmp_path.iterdir()) == []


def test_json_holds_a_flat_list_of_findings(run, tmp_path):
    code, out, _ = run("--demo", "--format", "json", home=tmp_path)
    told = json.loads(out)
    assert (code, told["schema_version"], told["home"]) == (0, 1, str(tmp_path / "demo"))
    for one in told["findings"]:
        assert list(one) == ["area", "source", "account", "subject", "state", "said", "hint"]
    assert {one["area"] for one in told["findings"]} == {
        "machine",
        "settings",
        "home",
        "data",
        "days and money",
        "sources",
    }


def test_a_narrow_terminal_keeps_a_table(lived_in):
    """What was found may be wrapped, so that nothing has to be stacked."""
    page = doctor_page.page(visit(lived_in))
    drawn = screen.draw(page, Console(width=60, force_terminal=True, color_system=None, file=StringIO()))
    assert "Source       What          State   Found" in drawn
    assert max(len(line) for line in drawn.splitlines()[2:]) <= 60
    assert "What: " not in drawn


class TestSources:
    def test_all_well_is_all_ok(self, run, tmp_path, monkeypatch):
        with served(SystemClock()) as sources:
            connect(monkeypatch, sources)
            code, out, _ = run(home=tmp_path)
        assert code == ExitCode.OK
        assert "all is well" in out
        assert "as the servers of ga4, google_ads, meta, shopify have it" in out

    def test_a_refused_token_is_an_error_of_its_source_alone_and_no_secret_shows(self, run, tmp_path, monkeypatch):
        with served(SystemClock(), {"meta": refused}) as sources:
            sources["meta"]["access_token"] = CANARY
            connect(monkeypatch, sources)
            for form in ("table", "json", "csv", "markdown"):
                code, out, err = run("--format", form, home=tmp_path)
                assert code == ExitCode.PARTIAL
                assert "META_ACCESS_TOKEN" in out.replace("\\", "")
                for secret in (CANARY, *(sources[name].get("client_secret", CANARY) for name in sources)):
                    assert secret not in out + err

    def test_a_server_that_is_down_is_an_error(self, tmp_path):
        clock = FastClock()
        with served(clock, {"ga4": failing}) as sources:
            given = settings_module.demo().model_copy(update={"sources": sources})
            found = visit(Home(tmp_path), given, clock, offline=False)
        assert wrong(found) == [("error", "ga4", "connection")]
        assert found.exit_code == ExitCode.PARTIAL

    def test_a_right_to_write_is_more_than_is_needed(self, tmp_path):
        clock = FastClock()
        faults = {
            "shopify": more("accessScopes", handle="write_products"),
            "meta": lambda request, honest: (
                more("data", permission="ads_management", status="granted")(request, honest)
                if request.url.path.endswith("/permissions")
                else (honest.status_code, honest.json())
            ),
        }
        with served(clock, faults) as sources:
            given = settings_module.demo().model_copy(update={"sources": sources})
            found = visit(Home(tmp_path), given, clock, offline=False)
        assert wrong(found) == [("warning", "meta", "scopes"), ("warning", "shopify", "scopes")]
        told = " ".join(one.finding.said for one in found.remarks if one.finding.state == "warning")
        assert "ads_management" in told
        assert "write_products" in told
        assert found.exit_code == ExitCode.OK

    def test_a_quota_that_is_used_up_is_an_error_with_the_time_to_go_on(self, tmp_path):
        clock = FastClock()
        used_up = {
            "error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Exhausted property tokens per day."}
        }
        with served(clock, {"ga4": lambda *_: (429, used_up)}) as sources:
            given = settings_module.demo().model_copy(update={"sources": sources})
            found = visit(Home(tmp_path), given, clock, offline=False)
        assert wrong(found) == [("error", "ga4", "quota")]
        [error] = [one.finding for one in found.remarks if one.finding.state == "error"]
        assert "asks us to wait until 2026-03-0" in error.said
        assert clock.skipped <= 60 * len(sources)

    def test_offline_asks_nobody(self, run, tmp_path, monkeypatch):
        with served(SystemClock(), dict.fromkeys(demo.settings(), refused)) as sources:
            connect(monkeypatch, sources)
            code, out, _ = run("--offline", home=tmp_path)
        assert code == ExitCode.OK
        assert "credentials" not in out

    def test_nothing_connected_says_what_to_set(self, run, tmp_path):
        code, out, _ = run(home=tmp_path / "new")
        assert code == ExitCode.SETTINGS
        for source in find().values():
            for variable in source.missing({}):
                assert variable in out
        assert not (tmp_path / "new").exists()


def test_who_is_told_is_named_by_the_host_alone(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GROWTHOS_SLACK_URL", "https://hooks.slack.com/services/canary7f3e9d1c5a")
    monkeypatch.setenv("GROWTHOS_HEARTBEAT_URL", "https://hc-ping.com/canary7f3e9d1c5a")
    _, out, _ = run("--offline", "--format", "json", home=tmp_path)

    found = {(one["subject"], one["source"]): one["said"] for one in json.loads(out)["findings"]}
    assert found["notify", "slack"] == "hooks.slack.com, from warning on"
    assert found["heartbeat", ""] == "hc-ping.com"
    assert "canary" not in out


def test_settings_that_are_wrong_are_findings_and_the_rest_is_looked_at(run, tmp_path):
    (tmp_path / "growthos.toml").write_text(f'curency = "EUR"\n[meta]\naccess_token = "{CANARY}"\n')
    (tmp_path / "growthos.toml").chmod(0o644)
    code, out, _ = run("--format", "json", home=tmp_path)
    assert code == ExitCode.SETTINGS
    findings = json.loads(out)["findings"]
    errors = [one["said"] for one in findings if one["state"] == "error"]
    assert len(errors) == 3
    assert any("did you mean currency?" in one for one in errors)
    assert any("can be read by others" in one for one in errors)
    assert any("META_AD_ACCOUNT_ID is missing" in one for one in errors)
    assert {"machine", "home", "data"} <= {one["area"] for one in findings}
    assert CANARY not in out


@pytest.mark.parametrize("content", ["DEMO_MODE=perhaps\n", None])
def test_a_dot_env_that_stops_every_other_command_is_a_finding_here(run, tmp_path, content):
    if content:
        (tmp_path / ".env").write_text(content)
    else:
        (tmp_path / ".env").mkdir()
    code, out, err = run(home=tmp_path)
    assert (code, err) == (ExitCode.SETTINGS, "")
    assert "Doctor: 1 error" in out
    assert ("Set it to true or false." if content else ".env cannot be read") in out


class TestClock:
    @pytest.mark.parametrize(
        ("says", "told"), [("Sun, 01 Mar 2026 12:20:00 GMT", "behind"), ("Sun, 01 Mar 2026 11:40:00 GMT", "ahead of")]
    )
    def test_this_clock_is_off_where_all_servers_say_so(self, tmp_path, says, told):
        clock = FastClock()
        with served(clock, date=says) as sources:
            given = settings_module.demo().model_copy(update={"sources": sources})
            found = visit(Home(tmp_path), given, clock, offline=False)
        assert wrong(found) == [("warning", "", "clock")]
        assert told in said(found, "clock")
        assert found.exit_code == ExitCode.OK

    @pytest.mark.parametrize("seconds", [-299.0, 0.0, 299.0])
    def test_less_than_five_minutes_are_nothing(self, seconds):
        [found] = doctor.machine.clock(NOW, None, [Look("meta", (), seconds)])
        assert found.finding.state == "ok"

    def test_one_server_alone_is_off_by_itself(self):
        looks = [Look("meta", (), 7200.0), Look("ga4", (), 1.0), Look("shopify", ())]
        [found] = doctor.machine.clock(NOW, None, looks)
        assert found.finding.state == "warning"
        assert "it differs by 2 hours from the servers of meta" in found.finding.said

    def test_a_clock_behind_the_newest_page_was_put_back(self, lived_in):
        """The pages are of the 30th of March; this machine believes in the first."""
        found = visit(lived_in, clock=DemoClock(datetime(2026, 3, 1, tzinfo=UTC)))
        assert ("warning", "", "clock") in wrong(found)
        assert "2026-03-30" in said(found, "clock")


class TestHome:
    def test_one_that_cannot_be_written_ends_with_73_and_no_source_is_asked(self, run, monkeypatch):
        """Even root makes no folder in /proc."""
        with served(SystemClock(), {"meta": refused}) as sources:
            connect(monkeypatch, {"meta": sources["meta"]})
            code, out, _ = run(home=Path("/proc/growthos"))
        assert code == ExitCode.CANNOT_WRITE
        assert "cannot be written" in out
        assert "credentials" not in out

    def test_one_that_others_have_closed_is_told_as_that(self, lived_in):
        """Root is let in everywhere, so it is somebody else for the moment."""
        visit(lived_in)  # what it needs is imported
        me = os.geteuid()
        lived_in.root.chmod(0o000)
        if me == 0:
            os.seteuid(65534)
        try:
            found = visit(lived_in)
        finally:
            os.seteuid(me)
            lived_in.root.chmod(0o700)
        assert wrong(found) == [("error", "", "folder"), ("error", "", "files")]
        assert "Permission denied" in said(found, "files")
        assert found.exit_code == ExitCode.CANNOT_WRITE

    def test_a_run_at_work_is_named(self, lived_in):
        assert said(visit(lived_in), "lock") == "no run is at work"
        with FileLock(lived_in.lock):
            found = visit(lived_in)
        assert said(found, "lock") == f"a run is at work now, process {os.getpid()}"
        assert wrong(found) == []

    def test_a_disk_on_which_no_run_begins_is_an_error(self, lived_in, monkeypatch):
        usage = shutil.disk_usage(lived_in.root)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=999_000_000))
        found = visit(lived_in)
        assert wrong(found) == [("error", "", "disk")]
        assert found.exit_code == ExitCode.CANNOT_WRITE
        assert said(found, "disk") == "999.0 MB free, and a run may need 1.1 GB"

    def test_files_that_others_may_read_are_told_only_where_the_way_to_them_is_open(self, lived_in):
        lived_in.raw.chmod(0o755)
        assert wrong(visit(lived_in)) == []
        lived_in.root.chmod(0o755)
        found = visit(lived_in)
        assert wrong(found) == [("warning", "", "permissions")]
        assert said(found, "permissions") == "others may read raw"

    def test_a_disk_over_the_network_is_a_warning(self, lived_in, monkeypatch, tmp_path):
        (tmp_path / "mounts").write_text(
            f"22 1 0:21 / / rw - ext4 /dev/vda rw\n23 22 0:30 / {tmp_path} rw,relatime shared:1 - nfs4 host:/x rw\n"
        )
        monkeypatch.setattr(place, "MOUNTS", tmp_path / "mounts")
        assert wrong(visit(lived_in)) == [("warning", "", "file system")]

    def test_the_nearest_mount_counts_and_blanks_in_its_name_are_read(self):
        mounts = (
            "24 22 0:31 / /mnt/my\\040disk rw - xfs /dev/sdb rw\n"
            "23 22 0:30 / /mnt rw - nfs4 host:/x rw\n"
            "22 1 0:21 / / rw - ext4 /dev/vda rw\n"
            "no line at all\n"
        )
        assert place.file_system(Path("/mnt/home"), mounts) == "nfs4"
        assert place.file_system(Path("/mnt/my disk/home"), mounts) == "xfs"
        assert place.file_system(Path("/mnthome"), mounts) == "ext4"
        assert place.file_system(Path("/home"), "") == ""

    def test_a_damaged_file_of_the_limits_is_a_warning(self, lived_in):
        (lived_in.work / "limits.sqlite").write_bytes(b"no database at all" * 100)
        assert wrong(visit(lived_in)) == [("warning", "", "limits")]

    def test_a_shared_file_of_the_limits_that_cannot_be_made_is_an_error(self, lived_in):
        given = settings_module.demo().model_copy(
            update={"limits": settings_module.Limits(file=Path("/proc/growthos/limits"))}
        )
        found = visit(lived_in, given)
        assert wrong(found) == [("error", "", "limits")]
        assert found.exit_code == ExitCode.CANNOT_WRITE


class TestKept:
    def test_damaged_files_and_files_of_others_are_named(self, lived_in):
        victim = min(lived_in.raw.rglob("*.parquet"))
        victim.write_bytes(b"PAR1 not any more")
        (lived_in.raw / "notes\x1b[2J.txt").write_text("mine")
        (lived_in.raw / ".left-behind.tmp").write_text("a killed run's")
        found = visit(lived_in)
        assert wrong(found) == [("warning", "", "raw files")] * 2
        told = " ".join(one.finding.said for one in found.remarks if one.finding.subject == "raw files")
        assert str(victim.relative_to(lived_in.raw)) in told
        assert "notes" in told
        assert "left-behind" not in told
        assert victim.exists()

    def test_a_file_that_cannot_be_opened_is_not_damaged_and_stays_where_it_is(self, lived_in):
        """It may be another user's, or too many files may be open; a link to itself is what even root cannot open."""
        victim = min(lived_in.raw.rglob("*.parquet"))
        victim.unlink()
        victim.symlink_to(victim.name)
        found = visit(lived_in)
        assert wrong(found) == [("error", "", "files")]
        assert str(victim) in said(found, "files")
        with pytest.raises(OSError, match="symbolic links"):
            pipeline.rebuild(lived_in, settings_module.demo(), DemoClock(LATER), pipeline.Watcher())
        assert victim.is_symlink()
        assert not lived_in.quarantine.exists()

    def test_what_was_set_aside_is_told(self, lived_in):
        lived_in.quarantine.mkdir()
        (lived_in.quarantine / "one").touch()
        assert wrong(visit(lived_in)) == [("warning", "", "quarantine")]

    @pytest.mark.parametrize("content", [b"", b"no database at all" * 500])
    def test_a_database_that_cannot_be_read_is_damage(self, lived_in, content):
        lived_in.database.write_bytes(content)
        found = visit(lived_in)
        assert wrong(found) == [("error", "", "database")]
        assert found.exit_code == ExitCode.DAMAGED

    def test_a_source_that_was_not_read_for_two_days_is_a_warning(self, lived_in):
        for hours, expected in ((47, []), (49, [("warning", name, "last sync") for name in sorted(demo.settings())])):
            clock = DemoClock(NOW)
            clock.sleep(hours * 3600)
            assert wrong(visit(lived_in, clock=clock)) == expected


DAY = date(2026, 3, 29)
ADS = ("google_ads", "meta")
BERLIN, PARIS, YORK = {"Europe/Berlin"}, {"Europe/Paris"}, {"America/New_York"}


class TestDays:
    def test_zones_that_differ_are_a_warning_with_the_zone_of_the_ads(self, tmp_path):
        clock = FastClock()
        with served(clock, {"meta": instead(timezone_name="America/New_York")}) as sources:
            given = settings_module.demo().model_copy(update={"sources": {"meta": sources["meta"]}})
            found = visit(Home(tmp_path), given, clock, offline=False)
        [warning] = [one.finding for one in found.remarks if one.finding.state != "ok"]
        assert warning.subject == "time zone"
        assert "meta in America/New_York; the reports in UTC" in warning.said
        assert 'Set reporting_timezone = "America/New_York"' in warning.hint

    @pytest.mark.parametrize(
        ("reporting", "of", "hint"),
        [
            ("UTC", {"meta": BERLIN, "shopify": YORK}, 'Set reporting_timezone = "Europe/Berlin"'),
            ("Europe/Berlin", {"meta": BERLIN, "ga4": YORK}, "The reports follow the ad accounts"),
            ("Europe/Paris", {"meta": BERLIN, "ga4": YORK}, "The reports follow the ad accounts"),
            ("UTC", {"meta": BERLIN, "google_ads": YORK}, "No one zone fits all"),
            ("UTC", {"meta": BERLIN | YORK}, "No one zone fits all"),
            ("UTC", {"shopify": YORK}, 'Set reporting_timezone = "America/New_York"'),
            ("UTC", {"meta": {"Mars/Phobos"}}, "Look at the settings of these accounts"),
            ("UTC", {"meta": {"Mars/Phobos"}, "google_ads": BERLIN}, 'Set reporting_timezone = "Europe/Berlin"'),
        ],
    )
    def test_the_advice_follows_who_differs(self, reporting, of, hint):
        found = zones.disagreement(reporting, of, ADS, DAY)
        assert found is not None
        assert found.hint.startswith(hint)
        for names in of.values():
            assert all(name in found.message for name in names)

    @pytest.mark.parametrize(
        ("reporting", "of"),
        [
            ("UTC", {}),
            ("UTC", {"meta": {"Etc/UTC"}, "shopify": {"UTC"}, "ga4": {"Africa/Abidjan"}}),
            ("Europe/Berlin", {"meta": PARIS, "shopify": BERLIN}),
        ],
    )
    def test_zones_of_other_names_whose_clocks_agree_are_alike(self, reporting, of):
        assert zones.disagreement(reporting, of, ADS, DAY) is None

    @pytest.mark.long
    def test_a_build_says_it_of_those_that_deliver_whole_days(self, lived_in):
        """Orders carry their instant: where the shop alone differs, no number of the reports is touched."""
        given = settings_module.demo().model_copy(update={"reporting_timezone": "America/New_York"})
        built = pipeline.rebuild(lived_in, given, DemoClock(LATER), pipeline.Watcher()).built
        [message] = [one.message for one in built.warnings if one.code == "time_zones"]
        assert message.startswith("Days are not the same everywhere: ga4, google_ads and meta in UTC; the reports in")
        assert 'Set reporting_timezone = "UTC"' in message

    def test_zones_that_agree_half_the_year_are_not(self):
        """In January London shows what UTC shows, and Berlin what Lagos does."""
        for one, other in (("Europe/London", "UTC"), ("Europe/Berlin", "Africa/Lagos")):
            assert not zones.alike(one, other, date(2026, 1, 15))


def test_a_currency_without_a_rate_is_an_error():
    looks = [
        Look("shopify", (Finding("currency", "ok", "EUR"),)),
        Look("ga4", (Finding("currency", "ok", "SEK"),)),  # of it no money is taken
        Look("meta", (Finding("currency", "ok", "USD", account="1"), Finding("currency", "ok", "GBP", account="2"))),
    ]
    nothing = kept.Kept((), None, {}, None)
    for fx, expected in (({}, ["GBP", "USD"]), ({"USD": "0.92"}, ["GBP"]), ({"USD": "0.92", "GBP": "1.1"}, [])):
        given = Settings(fx=fx)
        found = list(measures.remarks(given, looks, nothing, ("ga4", "meta", "shopify"), NOW))
        errors = [one.finding for one in found if one.finding.state == "error"]
        assert [one.said[len("meta counts in ") :][:3] for one in errors] == expected
        assert doctor.Diagnosis(Path(), NOW, tuple(found)).exit_code == (ExitCode.SETTINGS if expected else 0)


def test_the_gravest_error_decides_how_it_ends(tmp_path):
    from growthos.doctor.remarks import error

    def ends(*areas: Any) -> int:
        return doctor.Diagnosis(tmp_path, NOW, tuple(error(area, "x", "x", "x") for area in areas)).exit_code

    assert ends("sources", "data", "settings", "home") == ExitCode.CANNOT_WRITE
    assert ends("sources", "data", "settings") == ExitCode.SETTINGS
    assert ends("sources", "data") == ExitCode.DAMAGED
    assert ends("sources") == ExitCode.PARTIAL
    assert ends() == ExitCode.OK


def test_a_long_list_of_wrong_settings_keeps_every_line(tmp_path):
    given = SettingsError("2 settings are wrong:\n  a: one\n  b: two", hint="Mend this.")
    found = visit(Home(tmp_path), given)
    assert [one.finding.said for one in found.remarks if one.finding.state == "error"] == ["a: one", "b: two"]
