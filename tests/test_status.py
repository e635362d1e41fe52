"""`growthos status`: how a home stands, told without asking anybody and without touching a file."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from demo_home import NOW
from small_shop import START
from stage import Stage

from growthos import cli, demo, settings, status
from growthos.clock import DemoClock
from growthos.doctor import kept
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.lock import locked
from growthos.quarantine import set_aside
from growthos.raw import read_header
from growthos.render import status_page
from growthos.render.output import drawn
from growthos.render.pages import Note

Run = Callable[..., tuple[int, str, str]]
LAST = demo.LAST_DAY


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process; no setting of the machine counts."""
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)

    def ran(root: Path, *arguments: str) -> tuple[int, str, str]:
        code = cli.run(["--home", str(root), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def look(home: Home, hours: float = 0.0, given: settings.Settings | None = None) -> status.Status:
    """The status of a demo home so many hours after its clock's start."""
    return status.look(home, given or settings.demo(), DemoClock(NOW + timedelta(hours=hours)), demo=True)


def notes(found: status.Status) -> str:
    return "\n".join(block.text for block in status_page.page(found) if isinstance(block, Note))


@pytest.fixture
def own(demo_home, tmp_path) -> Home:
    """A copy of the demo's home without its database."""
    shutil.copytree(demo_home().root, tmp_path / "demo", ignore=shutil.ignore_patterns("*.duckdb"))
    return Home(tmp_path / "demo")


def test_before_the_first_sync_it_says_what_is_connected_and_ends_well(run, tmp_path):
    code, out, _ = run(tmp_path / "new", "--demo", "status")
    assert code == ExitCode.OK
    assert "4 of 4 sources are connected, nothing read yet" in out
    assert "not read yet" in out
    assert f"Next: growthos --home {tmp_path / 'new'} --demo sync" in out
    assert not (tmp_path / "new").exists()


def test_where_nothing_is_connected_it_says_how_to_begin(run, tmp_path):
    code, out, _ = run(tmp_path, "status")
    assert code == ExitCode.OK
    assert "0 of 4 sources are connected" in out
    assert f"Next: growthos --home {tmp_path} init, which connects a source, or growthos demo, which needs none" in out


def test_wrong_settings_are_told_as_everywhere(run, tmp_path):
    (tmp_path / "growthos.toml").write_text('reporting_timezon = "UTC"\n')
    assert run(tmp_path, "status")[0] == ExitCode.SETTINGS


def test_each_account_with_how_far_and_when_it_was_read(run, demo_home):
    """By the headers alone: every record that was read counts once, for nothing was read twice."""
    root = demo_home().root
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    code, out, _ = run(root.parent, "--demo", "status", "--format", "json")
    told = json.loads(out)
    assert code == ExitCode.OK
    assert told["data_through"] == str(LAST)
    reports = [json.loads(path.read_text()) for path in (root / "runs").glob("*.json") if path.stem != "latest"]
    read = [(one["name"], one["records"]) for report in reports for one in report["sources"]]
    for one in told["sources"]:
        records = sum(account["records"] for account in one["accounts"])
        assert records == sum(count for name, count in read if name == one["name"]) > 0
    for one in told["sources"]:
        [account] = one["accounts"]
        assert (account["data_through"], account["unfinished"], one["stale"]) == (str(LAST), [], False)
    assert told["last_run"]["exit_code"] == 0
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


@pytest.mark.parametrize(("hours", "code"), [(48, ExitCode.OK), (48.2, ExitCode.PARTIAL)])
def test_a_source_that_was_not_read_for_two_days_is_seen(demo_home, hours, code):
    """GA4 was read at 00:31 or so; the age counts from there, and the command is what a watchdog runs."""
    found = look(demo_home(), hours)
    assert found.exit_code == code
    assert ("does anything still run it?" in notes(found)) == bool(code)
    assert found.next_step == ("growthos --demo sync" if code else "growthos --demo kpis --since 7d")


def test_a_source_that_is_not_connected_any_more_is_not_missed(demo_home):
    given = settings.demo()
    left = given.model_copy(update={"sources": {k: v for k, v in given.sources.items() if k == "shopify"}})
    found = look(demo_home(), 100, left)
    assert found.stale == ("shopify",)
    assert "no longer connected" in drawn(status_page.page(found))


def test_what_the_last_run_left_is_told(own):
    """Why a source failed, what is left of its quotas, and what to do about it."""
    latest = own.runs / "latest.json"
    report = json.loads(latest.read_text())
    report |= {"exit_code": 3, "quotas": {"meta": {"call_count": 37.0}}}
    next(one for one in report["sources"] if one["name"] == "meta")["errors"] = ["meta says \x1b[31mno"]
    latest.write_text(json.dumps(report))
    found = look(own)
    text = drawn(status_page.page(found))
    assert "call_count 37" in text
    assert "meta failed in the last run: meta says �[31mno" in text
    assert "ended with exit code 3" in text
    assert found.next_step == "growthos --demo sync meta, once that is mended"


def test_a_source_that_was_cut_off_is_nothing_to_mend(own):
    latest = own.runs / "latest.json"
    report = json.loads(latest.read_text())
    for one in report["sources"][:2]:
        one |= {"errors": ["no more time"], "cut_off": True}
    latest.write_text(json.dumps(report))
    names = " ".join(one["name"] for one in report["sources"][:2])
    found = look(own)
    assert found.next_step == f"growthos --demo sync {names}, which goes on from there"
    assert f"{names.split()[0]} was cut off in the last run: no more time" in drawn(status_page.page(found))
    del report["sources"][0]["cut_off"]  # as older reports have it
    latest.write_text(json.dumps(report))
    assert look(own).next_step == f"growthos --demo sync {names}, once that is mended"


def test_a_report_that_cannot_be_read_is_no_matter(own):
    (own.runs / "latest.json").write_text("{")
    assert look(own).last_run is None


def test_damaged_files_and_a_build_that_failed_are_told(own):
    latest = own.runs / "latest.json"
    report = json.loads(latest.read_text())
    report["build"]["published"] = False
    latest.write_text(json.dumps(report))
    next(own.raw.rglob("*.parquet")).write_bytes(b"PAR1")
    found = look(own)
    assert "1 raw file is damaged" in notes(found)
    assert "was not published" in notes(found)


def test_what_was_set_aside_and_not_read_again_is_damage(own):
    """Until a sync has read it: a watchdog sees it, and so does the doctor."""
    path = next(own.raw.rglob("traffic/*.parquet"))
    unit = read_header(path).unit
    set_aside(own, path, NOW)
    found = look(own)
    assert found.exit_code == ExitCode.DAMAGED
    assert [one["unit"] for one in found.as_json()["lost"]] == [unit]
    assert f"traffic of {unit} was damaged and has not been read again" in notes(found)
    assert found.next_step == "growthos --demo sync"
    [told] = [one.finding for one in kept.read(own, (), NOW).remarks if one.finding.subject == "quarantine"]
    assert (told.state, unit in told.said) == ("error", True)


def test_who_asks_for_csv_is_told_why_it_ends_with_a_code(run, own):
    """What no record has room for is told on stderr."""
    set_aside(own, next(own.raw.rglob("traffic/*.parquet")), NOW)
    code, out, err = run(own.root.parent, "--demo", "status", "--format", "csv")
    assert code == ExitCode.DAMAGED
    assert "was damaged and has not been read again" in err
    assert "was damaged" not in out


def test_a_run_at_work_is_named_and_not_waited_for(own):
    assert look(own).running is None
    with locked(own):
        found = look(own)
    assert found.running == str(os.getpid())
    assert f"A run is at work now, process {os.getpid()}" in notes(found)
    assert look(own).running is None


def test_days_that_are_not_the_same_everywhere_are_warned_of(demo_home):
    given = settings.demo().model_copy(update={"reporting_timezone": "America/New_York"})
    found = look(demo_home(), 0, given)
    assert "Days are not the same everywhere" in notes(found)
    assert len(found.as_json()["warnings"]) == 1
    assert look(demo_home()).as_json()["warnings"] == []


def test_the_end_of_a_version_is_told_sixty_days_ahead(demo_home):
    found = look(demo_home())
    meta = next(one for one in found.sources if one.name == "meta")

    def told(days: int) -> bool:
        ending = replace(meta, sunset=found.at.date() + timedelta(days=days))
        return "ends about" in notes(replace(found, sources=(ending,)))

    assert (told(60), told(61)) == (True, False)


class TestUnfinished:
    SINCE = LAST - timedelta(days=100)

    def refused(self, source: str, days: Any) -> httpx.Response | None:
        third = self.SINCE + timedelta(days=62)
        if source == "meta" and days and days[0] <= third <= days[1]:
            return httpx.Response(400, json={"error": {"message": "no", "code": 100}})
        return None

    def of(self, stage: Stage) -> list[tuple[str, date, date, str]]:
        found = status.look(Home(stage.root), stage.settings(), DemoClock(stage.now))
        left = [one for source in found.sources for account in source.accounts for one in account.unfinished]
        return [(one.stream, one.first, one.last, one.command) for one in left if one.stream == "campaign_insights"]

    @pytest.fixture
    def stage(self, tmp_path, monkeypatch) -> Stage:
        """A home whose backfill of 100 days was refused from the 62nd day on."""
        stage = Stage(tmp_path / "home", monkeypatch)
        stage.refuse = self.refused
        stage.read("meta", since=self.SINCE)
        stage.refuse = lambda _source, _days: None
        return stage

    def test_a_backfill_that_was_interrupted_says_what_is_missing(self, stage):
        missing = self.SINCE + timedelta(days=62)
        assert self.of(stage) == [("campaign_insights", missing, START.date(), f"--since {self.SINCE}")]

    def test_once_it_was_finished_it_is_not_told_of(self, stage):
        stage.read("meta", since=self.SINCE)
        assert self.of(stage) == []

    def test_nor_once_an_ordinary_sync_has_read_the_rest(self, stage):
        stage.pass_days(1)
        stage.read("meta")
        assert self.of(stage) == []

    def test_orders_too(self, tmp_path, monkeypatch):
        """Four windows of 31 days each; the last one is lost."""
        stage = Stage(tmp_path / "home", monkeypatch)
        stage.read("shopify", since=self.SINCE)
        *_, last = sorted((stage.root / "raw").glob("shopify/*/orders/*.parquet"))
        assert (
            status.look(Home(stage.root), stage.settings(), DemoClock(stage.now)).sources[-1].accounts[0].unfinished
            == ()
        )
        last.unlink()
        found = status.look(Home(stage.root), stage.settings(), DemoClock(stage.now))
        [left] = found.sources[-1].accounts[0].unfinished
        assert (left.stream, left.first, left.last) == ("orders", self.SINCE + timedelta(days=93), START.date())
