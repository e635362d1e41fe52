"""`sync --dry-run`: what a sync would cost, held against what it then costs."""

import json
import os
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from demo_home import make_shop
from small_shop import START
from stage import Stage

from growthos import cli, demo, estimate, pipeline, settings
from growthos.clock import DemoClock
from growthos.connectors import find
from growthos.connectors.limits import Ledger, counted, key_of
from growthos.connectors.terms import Limit
from growthos.errors import ExitCode
from growthos.estimate import Estimate
from growthos.home import Home
from growthos.render import estimate_page
from growthos.render.output import drawn


def plan(stage: Stage, *sources: str, **asked: object) -> Estimate:
    """What a sync of a stage's home would cost now."""
    given = pipeline.Asked(sources=sources, **asked)
    return estimate.estimate(Home(stage.root), stage.settings(), DemoClock(stage.now), given, demo=True)


@pytest.mark.long
def test_the_estimate_of_the_next_syncs_is_close_to_what_they_ask(demo_home, tmp_path, monkeypatch):
    """A day after the first sync of the whole demo shop, and a week after that, when the wide overlap is due.

    A list that is then read for the first time has more than the one request that is promised at least.
    """
    shutil.copytree(demo_home().root, tmp_path / "home")
    stage = Stage(tmp_path / "home", monkeypatch, history=demo.DAYS, shop=make_shop())
    for days, deep in ((1, False), (8, True)):
        stage.pass_days(days)
        told, keys = plan(stage), stage.state().keys()
        known = {stream for _, _, stream in keys}
        assert any(due.deep for one in told.sources for due in one.due) == deep
        asked = Counter()
        for one in stage.sync().sources:
            asked[one.name] = stage.requests.count(one.name)
            [source] = [source for source in told.sources if source.name == one.name]
            unread = {due.stream for due in source.due} - known
            new = sum(stream.pages for stream in one.streams if stream.name in unread)
            promised = sum(due.requests for due in source.due if due.stream in known)
            assert promised == pytest.approx(asked[one.name] - new, abs=max(2, 0.2 * asked[one.name])), one.name
            assert source.requests <= asked[one.name] + 2
        assert asked.total() > 25
    stage.sync()
    assert plan(stage).requests == 0


def test_a_first_sync_counts_its_units_and_says_at_least(tmp_path, monkeypatch):
    """180 days of Meta are six units a report, of GA4 six, of Google Ads two a report."""
    stage = Stage(tmp_path / "none", monkeypatch, history=180)
    told = plan(stage)
    requests = {one.stream: one.requests for source in told.sources for one in source.due}
    assert (requests["campaign_insights"], requests["traffic"], requests["campaign_metrics"]) == (6, 6, 2)
    assert all(source.at_least for source in told.sources)
    assert "at least" in drawn(estimate_page.page(told))
    assert not stage.root.exists()


def test_a_backfill_costs_its_days(tmp_path, monkeypatch):
    stage = Stage(tmp_path / "home", monkeypatch)
    stage.read("meta")
    told = plan(stage, "meta", since=demo.LAST_DAY - timedelta(days=100))
    [insights] = [one for one in told.sources[0].due if one.stream == "campaign_insights"]
    assert (insights.units, insights.first) == (4, demo.LAST_DAY - timedelta(days=100))


class TestPacing:
    """Ten a minute, kept as sixty-three seconds; a request takes a second."""

    TEN = (Limit(10, 60.0),)

    def paced(self, requests: int, before: tuple[float, ...] = (), patience: float = 900.0):
        return estimate._paced(requests, self.TEN, before, 1.0, patience)

    @pytest.mark.parametrize(("requests", "seconds"), [(0, 0), (1, 1), (10, 10), (11, 64), (20, 73), (21, 127)])
    def test_every_eleventh_waits_for_the_first_of_its_window(self, requests, seconds):
        assert self.paced(requests)[0] == pytest.approx(seconds)

    def test_what_was_asked_before_counts(self):
        """Ten attempts half a minute ago: the next may start in thirty-three seconds."""
        assert self.paced(1, tuple(-30.0 for _ in range(10)))[0] == pytest.approx(34)

    def test_a_wait_longer_than_patience_is_foreseen(self):
        assert self.paced(11, patience=53.1) == (pytest.approx(64), None)
        assert self.paced(11, patience=52.9) == (pytest.approx(64), 10)


def test_attempts_of_other_runs_are_read_and_none_is_counted(tmp_path):
    clock = DemoClock(START)
    meta = find()["meta"]({"access_token": "t", "ad_account_id": "1"})
    ledger = Ledger(tmp_path / "limits.sqlite", key_of(meta), meta.limits, clock)
    for _ in range(3):
        ledger.take()
        clock.sleep(2)
    ledger.close()
    before = (tmp_path / "limits.sqlite").read_bytes()
    at = START.timestamp()
    assert counted(tmp_path / "limits.sqlite", key_of(meta)) == [at, at + 2, at + 4]
    assert counted(tmp_path / "limits.sqlite", "another") == []
    assert counted(tmp_path / "none.sqlite", key_of(meta)) == []
    assert (tmp_path / "limits.sqlite").read_bytes() == before
    assert not (tmp_path / "none.sqlite").exists()


def test_the_hours_limit_that_others_have_used_is_shown(tmp_path):
    """190 of Meta's 200 calls of the hour were made by another home of the same app."""
    given = settings.demo().model_copy(update={"sources": {"meta": settings.demo().sources["meta"]}})
    clock, meta = DemoClock(START), find()["meta"](given.sources["meta"])
    ledger = Ledger(tmp_path / "work" / "limits.sqlite", key_of(meta), meta.limits, clock)
    for _ in range(190):
        ledger.take()
    ledger.close()
    clock.sleep(60)
    told = estimate.estimate(Home(tmp_path), given, clock, pipeline.Asked())
    [one] = told.sources
    assert (one.used, one.share, one.limit) == (190, 1.0, meta.limits[0])
    assert one.seconds > 3600
    assert one.stops_after == 10
    text = drawn(estimate_page.page(told))
    assert "200 an hour" in text
    assert "after 10 requests" in text


class TestCommand:
    @pytest.fixture
    def run(self, capsys, monkeypatch):
        for name in list(os.environ):
            if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
                monkeypatch.delenv(name)

        def ran(root: Path, *arguments: str):
            code = cli.run(["--home", str(root), *arguments])
            said = capsys.readouterr()
            return code, said.out, said.err

        return ran

    def test_it_makes_no_home_and_tells_each_format(self, run, tmp_path):
        for style, word in (("table", "What is due"), ("markdown", "| Source |"), ("csv", "source,account,stream")):
            code, out, _ = run(tmp_path / "new", "sync", "--dry-run", "--demo", "--format", style)
            assert code == ExitCode.OK
            assert word in out
        code, out, _ = run(tmp_path / "new", "sync", "meta", "--dry-run", "--demo", "--format", "json")
        told = json.loads(out)
        assert [one["name"] for one in told["sources"]] == ["meta"]
        assert told["requests"] == sum(one["requests"] for one in told["sources"][0]["due"]) > 0
        assert not (tmp_path / "new").exists()

    def test_nothing_due_is_said(self, run, demo_home):
        code, out, _ = run(demo_home().root.parent, "sync", "--dry-run", "--demo")
        assert code == ExitCode.OK
        assert out.startswith("Nothing is due from ga4, google_ads, meta, shopify")

    def test_nothing_connected_is_an_error_of_the_settings(self, run, tmp_path):
        code, out, err = run(tmp_path, "sync", "--dry-run")
        assert (code, out) == (ExitCode.SETTINGS, "")
        assert "No source is connected" in err

    def test_a_format_without_it_is_refused(self, run, tmp_path):
        code, _, err = run(tmp_path / "new", "sync", "--demo", "--format", "json")
        assert code == ExitCode.USAGE
        assert "--format goes with --dry-run alone" in err
        assert not (tmp_path / "new").exists()
