"""A new source is one connector, one face and one staging file; nothing else is edited.

The files are the README's, so its worked example cannot go stale. They live in a copy of the package in a temporary
folder: TikTok is paged, throttled, and restates its last days.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typist import Typist

ROOT = Path(__file__).parents[1]
EXAMPLE = re.compile(r"`((?:src|sql)/[\w/.]+)`:\n\n```\w+\n(.+?)\n```", re.DOTALL)

SCRIPT = """
import json, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from growthos import kpis, pipeline, settings, warehouse
from growthos.clock import DemoClock
from growthos.home import Home

home, start = Home(Path(sys.argv[1])), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
told = []
for clock in (DemoClock(start), DemoClock(start), DemoClock(start + timedelta(days=2))):
    watcher = pipeline.Watcher()
    report = pipeline.sync(home, settings.demo(), clock, pipeline.Asked(), watcher, demo_seed=42)
    [tiktok] = [one for one in report.sources if one.name == "tiktok"]
    con = warehouse.connect(home.database)
    rows = con.execute('''
        select count(*), sum(spend_cents)::bigint, sum(conversion_value_cents)::bigint
        from fact_spend join dim_campaign using (campaign_key) where platform = 'tiktok'
    ''').fetchone()
    channel = kpis.ad_spend(con, start_date=start.date() - timedelta(days=30), channel="paid_other")
    told.append([tiktok.pages, tiktok.records, [str(one) for one in tiktok.errors], *rows, channel.value])
    con.close()
calls = [json.loads(line) for line in (home.logs / "growthos.log").read_text().splitlines()]
busy = sum(1 for call in calls if call.get("source") == "tiktok" and call.get("verdict") == "throttled")
print(json.dumps({"told": told, "busy": busy}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the package with the README's three files put into it."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "src", place / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "sql", place / "sql")
    shutil.copy(ROOT / "pyproject.toml", place)
    files = EXAMPLE.findall((ROOT / "README.md").read_text())
    assert len(files) == 3
    for name, content in files:
        assert not (ROOT / name).exists()
        (place / name).write_text(content + "\n")
    return place


@pytest.fixture(scope="module")
def outcome(copy, tmp_path_factory) -> dict:
    """What three syncs of the demo tell: the first, one with nothing new, one two days later."""
    home = tmp_path_factory.mktemp("home")
    environ = {**os.environ, "PYTHONPATH": str(copy / "src")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(home)], env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.long
def test_every_record_comes_once_through_pages_and_throttles(outcome):
    """180 days and two campaigns are 360 rows; of 20 to a page, and every fifth answer was a refusal."""
    pages, records, errors, rows, *_ = outcome["told"][0]
    assert (records, errors, rows) == (360, [], 360)
    assert pages >= 18
    assert outcome["busy"] >= 4


@pytest.mark.long
def test_its_spend_is_exact_and_counts_as_other_paid(outcome):
    """Each row costs 20 + day of the month, and as many cents as the month has a number."""
    from datetime import date, timedelta

    days = [date(2025, 10, 1) + timedelta(days=n) for n in range(180)]
    assert outcome["told"][0][4] == sum(2 * ((20 + day.day) * 100 + day.month) for day in days)
    month = [day for day in days if day >= date(2026, 2, 28)]
    assert outcome["told"][0][6] == sum(2 * ((20 + day.day) * 100 + day.month) for day in month)


@pytest.mark.long
def test_nothing_new_asks_nothing(outcome):
    assert outcome["told"][1][:2] == [0, 0]
    assert outcome["told"][1][3:] == outcome["told"][0][3:]


@pytest.mark.long
def test_restated_days_replace_the_ones_before(outcome):
    """Two days later the last day has two more purchases, the day before one more; rows stay 360.

    29 March was 1 day old and is now 3: 2 more. 28 March was 2 and is 3: 1 more. In each of two campaigns, 31.00 each.
    """
    before, after = outcome["told"][0], outcome["told"][2]
    assert after[3:5] == before[3:5]
    assert after[5] - before[5] == 2 * (2 + 1) * 3100


@pytest.mark.long
def test_the_example_is_typed_and_clean(copy):
    """What a reader copies passes the linter and the type checker."""
    files = [str(copy / "src/growthos" / name) for name in ("connectors/tiktok.py", "demo/tiktok.py")]
    environ = {**os.environ, "MYPYPATH": str(copy / "src")}
    for command in (["mypy"], ["ruff", "format", "--check"], ["ruff", "check"]):
        done = subprocess.run(
            [sys.executable, "-m", *command, *files], capture_output=True, text=True, env=environ, check=False, cwd=copy
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_its_place_where_a_home_is_set_up(copy, tmp_path):
    """Asked for by what it declares, and kept like all others."""
    environ = {"PYTHONPATH": str(copy / "src"), "PATH": os.environ["PATH"]}
    with Typist("--home", str(tmp_path), "init", "--no-test", env=environ, cwd=tmp_path) as person:
        person.answers("Enter alone ends: ", "tiktok")
        assert "TIKTOK_ACCESS_TOKEN: Long-lived access token." in person.answers("> ", "canary-of-tiktok")
        assert "TIKTOK_ADVERTISER_ID: The advertiser's number." in person.answers("> ", "7012345")
        person.answers("Enter alone ends: ", "")
        person.answers("]: ", "")
        person.answers("]: ", "")
        assert person.ends() == 0
        assert "Connected: tiktok." in person.seen
    assert (tmp_path / ".env").read_text() == "TIKTOK_ACCESS_TOKEN=canary-of-tiktok\n"
    assert 'advertiser_id = "7012345"' in (tmp_path / "growthos.toml").read_text()
