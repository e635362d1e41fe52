"""The README says what the tool does."""

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hand_made import publish
from readme import every_command

from growthos import catalog, connectors, kpis, own, own_rules, settings
from growthos.alerts import RULES, evaluate
from growthos.home import Home
from growthos.kpis import KPIS
from growthos.notify import TARGETS, chosen
from growthos.settings.notify import HEARTBEAT
from growthos.warehouse import database

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FENCED = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
TOML = [content for language, content in FENCED if language == "toml"]
STREAMS = [
    pytest.param(stream.doc, id=f"{name}.{stream.name}")
    for name, source in connectors.find().items()
    for stream in source.streams()
]


@pytest.mark.long
def test_the_generated_parts_are_fresh():
    """Tables and transcripts are what the code declares and the commands print today."""
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "README.md"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_first_two_blocks_are_one_command_each():
    (_, first), (_, second) = FENCED[:2]
    assert first.strip().endswith("growthos demo")
    assert second.strip().endswith("-m pytest -n auto")
    for block in (first, second):
        assert len(block.strip().splitlines()) == 1
        assert block.startswith("python3 -m venv ")


def test_every_command_is_in_the_readme_and_has_help():
    for name, command in every_command():
        assert f"`{name}`" in README, name
        assert command.help, name


@pytest.mark.parametrize("name", [*KPIS, *RULES, *connectors.find()])
def test_everything_declared_is_in_the_catalogue(name):
    assert f"`{name}`" in README


def test_there_are_eighteen_kpis_seven_alerts_and_ten_checks():
    assert (len(KPIS), len(RULES)) == (18, 7)
    assert catalog.checks().count("\n") == 1 + 10


@pytest.mark.parametrize("doc", [pytest.param(kpi.doc, id=kpi.name) for kpi in KPIS.values()] + STREAMS)
def test_docstrings_open_with_a_sentence(doc):
    assert re.match(r"[A-Z].+?\.(\s|$)", doc), doc


def test_every_setting_is_in_the_readme():
    known = [one.settings for one in (*connectors.find().values(), *TARGETS.values())]
    for given in (*known, HEARTBEAT):
        for setting in given:
            assert f"`{setting.env}`" in README, setting.env


def test_the_sample_settings_are_read_and_are_the_defaults(tmp_path):
    """All but the calendar and the rate, which are examples."""
    sample = TOML[0]
    home = Home(tmp_path)
    home.settings.write_text(sample)
    home.settings.chmod(0o600)
    given = settings.load(home, {})
    plain = settings.load(Home(tmp_path / "nothing"), {})
    assert given.calendar
    assert given.fx
    assert given.model_copy(update={"calendar": plain.calendar, "fx": plain.fx}) == plain


def test_the_sample_targets_are_read_and_are_all_that_there_are(tmp_path):
    sample = next(content for content in TOML if "[notify." in content)
    home = Home(tmp_path)
    for name in ("slack", "teams", "smtp"):
        (tmp_path / name).write_text(f"https://example.com/{name}")
        (tmp_path / name).chmod(0o600)
    home.settings.write_text(sample.replace("/run/secrets", str(tmp_path)))
    home.settings.chmod(0o600)
    assert {one.name for one in chosen(settings.load(home, {}))} == set(TARGETS)


def test_the_sample_kpis_and_rules_do_what_the_page_says(tmp_path):
    """11,672.76 of margin - 4,200.00 of ads - 21 x 0.30 = 7,466.46, of 24,908.76 29.9752 %; before that 38.8653 %."""
    home = publish(tmp_path)
    home.settings.write_text(next(content for content in TOML if "[kpis." in content))
    found = settings.load(home, {})
    known = own.kpis(found.kpis)
    rules = own_rules.rules(found.rules, known)
    with database.connect(home.database) as con:
        rows = kpis.report(con, names=["profit", "profit_share"], known=known).rows
        report = evaluate(con, rules=rules.values())
    assert [row.now.value for row in rows] == [746_646, Decimal("0.299752")]
    fired = {alert.rule.name: alert for alert in report.firing}
    assert "revenue_drop" in fired, "it fell by half"
    assert (fired["profit_share_drop"].severity, fired["profit_share_drop"].change) == (
        "critical",
        Decimal("-0.088901"),
    )
    assert report.disabled == ("ctr_drop",)


def test_links_within_the_page_lead_somewhere():
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in README.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(#([\w-]+)\)", README):
        assert target in headings, target
