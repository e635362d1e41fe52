"""Names that are made to do harm: from an API's answer through raw files and marts to every command, in every format.

Whoever may name a campaign, an ad, a keyword, a product or an account can write anything into what growthos shows.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from zlib import crc32

import faults
import pytest
from fault_server import served
from small_shop import START, small_shop, sync
from virtual_time import VirtualClock

from growthos import cli
from growthos.errors import ExitCode

NAMES = (
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x07here\x1b]8;;\x07",
    "read\u202eleft\u2066from\u200bright\ufeff\u00ad",
    "[/oops][link=file:///etc/passwd]here[/link][bold red]x",
    '=HYPERLINK("http://evil.example","here")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "-2+3",
    "'=1+1",
    "| a | `b` | <script>alert(1)</script> [here](http://evil.example) ![x](http://evil.example) **x** ~~y~~ # z",
    "two\r\nlines\x85and\u2028more",
    "x" * 3000,
    "'; drop table fact_spend; --",
    "$(touch owned) `touch owned` ${HOME} %s {0} {name}",
    "nul\x00inside",
)
NAMED = {
    "name",
    "campaign_name",
    "adset_name",
    "ad_name",
    "descriptiveName",
    "text",
    "productType",
    "title",
    "campaign",
}
BY = [["kpis", "--by", one, "--since", "14d"] for one in ("channel", "campaign", "ad", "keyword")]
COMMANDS = [
    *BY,
    ["kpis"],
    ["plot", "ad_spend", "--by", "channel", "--since", "14d"],
    ["why", "ad_spend"],
    ["alerts", "--all"],
    ["checks"],
    ["reconcile", "--all"],
    ["status"],
    ["status", "--restatements"],
    ["connections"],
    ["doctor", "--offline"],
    ["schema"],
    ["verify"],
    ["sql", "from dim_campaign"],
    ["sql", "from dim_ad"],
]
FORMATS = ("table", "csv", "markdown", "json")
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def renamed(said: Any) -> None:
    """The same thing has the same bad name in every answer, and has fields whose names are bad."""
    for one in list(faults.dicts(said)):
        if isinstance(one.get("id"), str) and one is not said:
            one |= {name[:40]: [{name[:40]: name}] for name in NAMES}
        for key in NAMED & set(one):
            if isinstance(one[key], str) and not one[key].startswith("act_"):
                one[key] = f"{NAMES[crc32(one[key].encode()) % len(NAMES)]} {one[key][:9]}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was synced in peace, and then with all names bad."""
    place = tmp_path_factory.mktemp("hostile") / "home"
    with served(small_shop(), VirtualClock(START)) as apis:
        assert sync(place, apis, sources=["meta"]).exit_code == 0
        apis.script = faults.but_tokens(faults.changed(renamed))
        apis.clock.pass_time(3700)
        assert sync(place, apis, full=True).exit_code == 0
    return place


@pytest.fixture
def run(home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, str]]:
    def ran(*arguments: str) -> tuple[str, str]:
        code = cli.run(["--home", str(home), *arguments])
        said = capfd.readouterr()
        assert code in {ExitCode.OK, ExitCode.SETTINGS}, (arguments, said.err)
        assert "Traceback" not in said.err
        return said.out, said.err

    return ran


def hidden(text: str) -> set[str]:
    """What a terminal would obey or nobody would see."""
    return {one for one in text if unicodedata.category(one) in HIDDEN} - {"\n"}


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_name_does_anything(run, command):
    """No escape, no change of direction, no formula, no link, no tag; and the numbers are there."""
    said = {style: run(*command, "--format", style) for style in FORMATS}
    for style, (out, err) in said.items():
        assert out
        assert hidden(out + err) == set(), style

    rows = list(csv.reader(StringIO(said["csv"][0])))
    assert {len(row) for row in rows} == {len(rows[0])}
    number = re.compile(r"-?\d+(\.\d+)?")
    assert [
        cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@")) and not number.fullmatch(cell)
    ] == []

    page = said["markdown"][0]
    bare = re.sub(r"\\.", "", page)
    assert not re.search(r"[<>`]|\]\(|\*\*|~~", bare)
    tables = [line for line in bare.splitlines() if line.startswith("|")]
    assert all(len(set(bars)) == 1 for bars in _bars(tables))

    json.loads(said["json"][0])


def _bars(lines: list[str]) -> list[list[int]]:
    """The numbers of bars in each table: a rule of dashes follows its head."""
    found: list[list[int]] = []
    for place, line in enumerate(lines):
        if place + 1 < len(lines) and set(lines[place + 1]) <= set("|-: "):
            found.append([])
        found[-1].append(line.count("|"))
    return found


@pytest.mark.long
def test_the_names_are_really_there(run):
    """Or the test above proves nothing: programs get them as they are, people get them made harmless."""
    whole = run("kpis", "--by", "ad", "--since", "14d", "--format", "json")[0]
    names = {one for one in _texts(json.loads(whole)) if any(one.startswith(name) for name in NAMES)}
    assert len({name for name in NAMES if any(one.startswith(name) for one in names)}) > 5
    assert any(name[:9] in text for name in NAMES for text in _texts(json.loads(run("schema", "--format", "json")[0])))
    shown = run("kpis", "--by", "campaign", "--since", "14d")[0] + run("kpis", "--by", "ad", "--since", "14d")[0]
    assert "�" in shown or "[/oops]" in shown or "drop table" in shown


def test_raw_csv_is_for_programs(run):
    """Text as it is, formulas too; it goes with CSV alone."""
    asked = ["kpis", "--by", "ad", "--since", "14d", "--format"]
    raw = {row["name"] for row in csv.DictReader(StringIO(run(*asked, "csv", "--raw-csv")[0], newline=""))}
    names = set(_texts(json.loads(run(*asked, "json")[0])))
    assert raw - {""} <= names
    assert any(one.startswith(NAMES) for one in raw)
    code = cli.run(["--raw-csv", "kpis"])
    assert code == ExitCode.USAGE


def _texts(said: Any) -> list[str]:
    if isinstance(said, str):
        return [said]
    parts = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    return [one for part in parts for one in _texts(part)]


def test_words_on_the_command_line_are_shown_and_not_obeyed(capfd):
    """Other programs may put them there."""
    for arguments in (["explain"], ["kpis"], ["sync"], ["kpis", "--since"], ["kpis", "--by"], ["kpis", "--format"]):
        for name in ("\x1b[31mx", "[/oops]", "\u202ex"):
            assert cli.run([*arguments, name]) in {ExitCode.USAGE, ExitCode.NO_DATA}
            said = capfd.readouterr()
            assert hidden(said.out + said.err) == set()
