"""The commands that let something go: what they print, in every form, and how they end."""

import csv
import json
import os
import random
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console
from test_compaction import history

from growthos import cli
from growthos.errors import ExitCode
from growthos.pruning import Pruned, Pruning
from growthos.redaction import Redaction
from growthos.render import prune_page, redact_page, screen
from growthos.render.pages import Page

Run = Callable[..., tuple[int, str, str]]
STREAMS = (Pruned("meta", "10017", "campaign_insights", 12, 30, 400), Pruned("google_ads", "1", "campaigns", 1, 1, 2))
PRUNINGS = (Pruning(1, (), 10, None), Pruning(2, STREAMS, 10**9, None), Pruning(2, STREAMS, 10**9, 10**8))
REDACTIONS = (
    Redaction("7700007438336", False, 8, 1, 2, 6, 1, 0),
    Redaction(None, True, 1, 0, 1, 1, 0, 2, 3),
    Redaction("1", True, 0, 0, 0, 0, 0, 0),
)


@pytest.fixture
def run(tmp_path, capsys, monkeypatch) -> Run:
    """Runs a command on a home with raw files; no setting of the machine counts."""
    for name in list(os.environ):
        if name.startswith(("SHOPIFY_", "META_", "GOOGLE_", "GA4_", "DEMO_MODE", "GROWTHOS_")):
            monkeypatch.delenv(name)
    history(tmp_path / "raw", random.Random(5), 9)

    def ran(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(["--home", str(tmp_path), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


def test_a_prune_says_what_would_go_and_does_it_when_told_to(run, tmp_path):
    before = sorted(path.name for path in tmp_path.rglob("*.parquet"))
    code, said, _ = run("prune", "--keep-units", "1")
    assert (code, "would go, nothing is changed" in said, "--yes" in said) == (0, True, True)
    assert sorted(path.name for path in tmp_path.rglob("*.parquet")) == before
    code, said, _ = run("prune", "--keep-units", "1", "--yes")
    assert (code, " gone" in said, "status --restatements" in said) == (0, True, True)
    assert len(list(tmp_path.rglob("*.parquet"))) < len(before)
    assert "nothing to let go" in run("prune", "--keep-units", "1", "--yes")[1]


def test_each_form_says_the_same(run):
    told = json.loads(run("prune", "--keep-units", "1", "--format", "json")[1])
    rows = list(csv.DictReader(StringIO(run("prune", "--keep-units", "1", "--format", "csv")[1])))
    assert [one["units"] for one in rows] == [str(one["units"]) for one in told["streams"]]
    assert told["units"] == sum(one["units"] for one in told["streams"]) > 0
    assert "| campaign\\_insights |" in run("prune", "--keep-units", "1", "--format", "markdown")[1]
    nobody = json.loads(run("redact", "--customer", "1", "--dry-run", "--format", "json")[1])
    assert (nobody["done"], nobody["files"], nobody["customer"]) == (False, 0, "1")


@pytest.mark.parametrize(
    "wrong",
    [
        ("prune",),
        ("prune", "--keep-units", "0"),
        ("redact",),
        ("redact", "--email", "nobody"),
        ("redact", "--customer", ""),
    ],
)
def test_what_is_not_clear_is_not_done(run, wrong):
    code, said, told = run(*wrong)
    assert (code, said) == (ExitCode.USAGE, "")
    assert told


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "page", [*map(prune_page.page, PRUNINGS), *map(redact_page.page, REDACTIONS)], ids=lambda page: page[0].text
)
def test_a_page_fits_the_terminal(page: Page, width):
    drawn = screen.draw(page, Console(file=StringIO(), width=width, force_terminal=True, color_system=None))
    assert max(map(len, drawn.splitlines())) <= width
