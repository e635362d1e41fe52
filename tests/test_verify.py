"""`growthos verify` finds each kind of damage, names what it is in and what to do, and touches nothing."""

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from stage import Stage

from growthos import cli, raw, verify
from growthos.clock import DemoClock
from growthos.errors import ExitCode
from growthos.home import Home
from growthos.quarantine import set_aside
from growthos.render import screen, verify_page
from growthos.verify import Verification


@pytest.fixture
def stage(copied_stage) -> Stage:
    return copied_stage


def look(stage: Stage, *, read_data: bool = False) -> Verification:
    """What it finds; and whatever that is, the home is byte for byte as before."""
    before = {path: path.read_bytes() for path in stage.root.rglob("*") if path.is_file()}
    found = verify.verify(Home(stage.root), stage.settings(), DemoClock(stage.now), read_data=read_data)
    assert {path: path.read_bytes() for path in stage.root.rglob("*") if path.is_file()} == before
    return found


def told(found: Verification) -> list[tuple[str, str, str, str]]:
    return [(one.severity, one.kind, one.source, one.stream) for one in found.findings]


def of(stage: Stage, stream: str) -> list[Path]:
    return [path for path in raw.scan(stage.root / "raw") if path.parent.name == stream]


def flip(path: Path, byte: int) -> None:
    content = bytearray(path.read_bytes())
    content[byte] ^= 8
    path.write_bytes(content)


@pytest.mark.parametrize("read_data", [False, True])
def test_a_home_as_it_was_written_has_nothing_to_tell(stage, read_data):
    found = look(stage, read_data=read_data)
    assert found.findings == ()
    assert found.exit_code == ExitCode.OK
    assert {one.source for one in found.held} == {"ga4", "google_ads", "meta", "shopify"}
    assert sum(one.files for one in found.held) == len(list(raw.scan(stage.root / "raw")))


def test_a_body_that_rotted_is_found_when_every_byte_is_read(stage):
    [path] = of(stage, "traffic")
    unit = raw.read_header(path).unit
    flip(path, 100)
    assert look(stage).findings == ()
    finding = look(stage, read_data=True).findings[0]
    assert (finding.severity, finding.kind, finding.source, finding.stream) == (
        "error",
        "damaged_file",
        "ga4",
        "traffic",
    )
    assert (finding.unit, finding.file) == (unit, str(path.relative_to(stage.root)))
    assert "growthos rebuild" in finding.hint


def test_a_header_that_rotted_is_found_at_once(stage):
    flip(of(stage, "orders")[0], -1)
    found = look(stage)
    assert told(found) == [("error", "damaged_file", "shopify", "orders"), ("warning", "database", "", "")]
    assert found.exit_code == ExitCode.DAMAGED


def test_a_file_that_stands_elsewhere_is_none(stage):
    """A copy of it under another account would count twice; and what it is a copy of counts as before."""
    [path] = of(stage, "traffic")
    other = path.parent.parent.with_name("9") / "traffic" / path.name
    other.parent.mkdir(parents=True)
    shutil.copyfile(path, other)
    assert told(look(stage)) == [("error", "damaged_file", "ga4", "traffic")]
    before = stage.marts()
    report = stage.sync()
    assert [code for _, code, _ in report.notices] == ["set_aside"]
    assert stage.marts() == before


def test_a_file_that_tells_nothing_any_more_is_named_once(stage):
    [path] = of(stage, "traffic")
    path.write_bytes(b"")
    set_aside(Home(stage.root), path, stage.now)
    [finding, _] = look(stage).findings
    assert (finding.kind, finding.unit) == ("lost_unit", "")
    assert finding.message.endswith("read it since: a range that cannot be made out")


def test_what_was_set_aside_is_told_until_it_was_read_again(stage):
    [path] = of(stage, "traffic")
    unit = raw.read_header(path).unit
    flip(path, 100)
    aside = set_aside(Home(stage.root), path, stage.now)
    [finding, stale] = look(stage).findings
    assert (finding.severity, finding.kind, finding.unit) == ("error", "lost_unit", unit)
    assert finding.file == f"quarantine/{aside.name}"
    assert f"delete {finding.file} to be told no more" in finding.hint
    assert stale.kind == "database"
    stage.read("ga4")
    assert told(look(stage)) == [("warning", "database", "", "")]


def test_a_unit_of_which_a_file_is_gone_is_lost_and_read_again(stage, monkeypatch):
    """Its last file says that there were more."""
    monkeypatch.setattr(raw, "PAGES_PER_SEGMENT", 2)
    stage.root = stage.root.with_name("paged")
    stage.read("shopify")
    first, *others = of(stage, "customers")
    assert others
    first.unlink()
    [lost, *_] = look(stage).findings
    assert (lost.kind, lost.stream) == ("lost_unit", "customers")
    assert (stage.root / lost.file).is_file()
    assert f"delete {lost.file} to be told no more" in lost.hint
    assert stage.read("shopify").units == 1
    assert [one for one in told(look(stage)) if one[0] == "error"] == []


def test_a_file_that_is_gone_leaves_a_gap_in_the_numbers(stage):
    """It is damage as long as something is missing, and worth a word ever after."""
    stage.pass_days(20)
    stage.read("ga4")
    oldest, *_ = of(stage, "traffic")
    oldest.unlink()
    found = look(stage)
    assert ("error", "gap", "ga4", "traffic") not in told(found)
    assert ("warning", "gap", "ga4", "traffic") in told(found)


def test_a_gap_in_the_days_is_damage(stage):
    first = of(stage, "events")
    for _ in range(2):
        stage.pass_days(20)
        middle = of(stage, "events")
        stage.read("ga4")
    for path in set(middle) - set(first):
        path.unlink()
    assert ("error", "gap", "ga4", "events") in told(look(stage))


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda home: home.database.write_bytes(b"no database" * 1000), ("error", "database", "", "")),
        (lambda home: home.database.unlink(), ("warning", "database", "", "")),
        (lambda home: next(home.raw.rglob("totals/*.parquet")).unlink(), ("warning", "database", "", "")),
    ],
)
def test_the_published_database_is_looked_at_too(stage, change: Callable[[Home], Any], finding):
    change(Home(stage.root))
    assert told(look(stage)) == [finding]


def test_a_table_that_rotted_is_found_when_every_byte_is_read(stage):
    content = bytearray(Home(stage.root).database.read_bytes())
    place = next(number for number in range(0x40000, len(content), 0x1000) if any(content[number : number + 64]))
    content[place : place + 64] = bytes(64)
    Home(stage.root).database.write_bytes(content)
    assert [one for one in told(look(stage, read_data=True)) if one[0] == "error"] == [("error", "database", "", "")]


@pytest.mark.parametrize("width", [80, 120])
def test_the_page_shows_all_of_it(stage, width):
    flip(of(stage, "traffic")[0], -1)
    flip(of(stage, "campaign_insights")[0], 100)
    found = look(stage, read_data=True)
    drawn = screen.draw(
        verify_page.page(found), Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
    )
    lines = drawn.splitlines()
    assert lines[0] == "Verify: 2 errors and 1 warning"
    assert max(map(len, lines)) <= width
    assert "ga4/402715588/traffic" in drawn


def test_the_command_says_it_in_every_form(stage, capsys):
    flip(of(stage, "traffic")[0], -1)
    root = stage.root.rename(stage.root.with_name("demo"))
    for form in ("table", "json", "csv", "markdown"):
        assert cli.run(["--home", str(root.parent), "--demo", "verify", "--format", form]) == ExitCode.DAMAGED
        out = capsys.readouterr().out
        assert "traffic" in out
        if form == "json":
            assert json.loads(out)["damaged"] is True
