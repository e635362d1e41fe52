"""How results look: snapshots that were looked at, and what holds for any text and any width."""

import csv
import json
import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from hand_made import HOSTILE, publish
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from growthos import alerts, catalog, kpis, last_build
from growthos.errors import CredentialsError, TimeUpError
from growthos.explanation import explain
from growthos.last_build import Check, LastBuild
from growthos.measures import months
from growthos.measures.notices import Notice
from growthos.measures.series import over_time
from growthos.measures.values import Value
from growthos.measures.why import why
from growthos.outcome import SyncReport
from growthos.period import Period
from growthos.render import (
    alert_page,
    check_page,
    cohort_page,
    explain_page,
    kpi_page,
    output,
    plot_page,
    progress_lines,
    screen,
    sync_page,
    why_page,
)
from growthos.render.pages import Cell, Column, Heading, Listing, Note, Page, Panel, Prose, Table, markdown
from growthos.render.text import clean, for_spreadsheet, sparkline
from growthos.render.values import movement
from growthos.render.weekly_story import judged
from growthos.rules import State
from growthos.settings import Settings
from growthos.sync import SourceReport, StreamReport
from growthos.warehouse import Built, Message, database
from growthos.warehouse.checks import CheckResult
from growthos.warehouse.staging import Rows

WEEK = Period(date(2026, 3, 23), date(2026, 3, 29))
NOW = datetime(2026, 3, 30, 6, 31, tzinfo=UTC)
CONNECTED = Settings(
    sources={
        "meta": {"access_token": "t", "ad_account_id": "1"},
        "shopify": {"shop_domain": "a.myshopify.com", "access_token": "t"},
    }
)
ESCAPE = "\x1b"
PASSED = CheckResult("unique_grain", "critical", "pass", 0, (), "")
FAILED = CheckResult("revenue_not_null", "critical", "fail", 7, ("shopify:1", "shopify:2"), "7 rows. A null in money.")


SEGMENT = object()
"""Only their number is shown."""


def built(*checks: CheckResult, published: bool = True) -> Built:
    rows = (Rows("shopify", "orders", 1204, 1203, 1, 88), Rows("meta", "spend", 459, 459, 0, 0))
    warning = Message("assumed_margin", "18 % of sales have no unit cost.")
    return Built(published, checks, rows, date(2026, 3, 29), (warning,), {"shopify": 1})


def fired() -> alerts.AlertReport:
    """Two critical alerts, one for information, a quiet rule and one without enough data."""
    every = (
        alert("revenue_drop", "all", "firing", 2_490_876, 5_045_352, "-0.506303", f"It fell. Start with {HOSTILE}."),
        alert("roas_below_one", "meta", "firing", Decimal("0.75"), Decimal("0.75"), None, 12 * "pause it "),
        alert("new_customer_share_drop", "all", "firing", Decimal("0.45"), Decimal("0.62"), "-0.166667", "14 of 21."),
        alert("cac_increase", "google", "ok", 20_000, 20_000, "0.000000"),
        alert("ctr_drop", "all", "insufficient_data", None, Decimal("0.0155"), None),
    )
    return alerts.AlertReport(WEEK, WEEK.before(), "UTC", "USD", WEEK.last, (Notice("x", "A warning."),), every)


def alert(
    name: str,
    scope: str,
    state: State,
    current: Value,
    previous: Value,
    change: str | None,
    recommendation: str | None = None,
) -> alerts.Alert:
    moved = Decimal(change) if change else None
    named = {"all": "All channels", "meta": "Meta Ads", "google": "Google Ads"}[scope]
    return alerts.Alert(alerts.RULES[name], scope, named, state, current, previous, moved, recommendation)


def synced(built: Built | None, *, fails: bool = False) -> SyncReport:
    error = CredentialsError("meta", "meta does not accept the access token.", hint="Make a new one.")
    return SyncReport(
        run_id="a1",
        started_at=NOW,
        finished_at=NOW,
        sources=(
            SourceReport("meta", errors=(error,))
            if fails
            else SourceReport(
                "meta", segments=(SEGMENT,) * 8, pages=16, records=459, streams=(StreamReport("campaigns", 2, 6),)
            ),
            SourceReport("shopify", segments=(SEGMENT,) * 10, pages=105, records=12_345),
        ),
        built=built,
    )


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory):
    home = publish(tmp_path_factory.mktemp("hand_made"))
    with database.connect(home.database) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(con) -> dict[str, Page]:
    last = LastBuild(NOW, published=False, data_through=WEEK.last, checks=_checks())
    return {
        "kpis": kpi_page.page(kpis.report(con, WEEK)),
        "kpis by channel": kpi_page.page(kpis.report(con, WEEK, by="channel")),
        "kpis by campaign": kpi_page.page(kpis.report(con, WEEK, ["roas"], by="campaign")),
        "plot": plot_page.page(over_time(con, "refund_rate", WEEK)),
        "why": why_page.page(why(con, "roas", WEEK)),
        "cohorts": cohort_page.page(months.read(con, "channel")),
        "explain": _numbers(explain_page.page(explain(con, catalog.explain("conversion_rate"), WEEK, NOW))),
        "alerts": alert_page.page(fired(), every=True),
        "no alerts": alert_page.page(replace(fired(), alerts=fired().alerts[3:])),
        "checks": check_page.page(last),
        "banner": check_page.banner(last, last_build.from_database(con), NOW),
        "sync": summary(synced(built(PASSED))),
        "sync, one fails": summary(synced(built(PASSED), fails=True)),
        "sync, not published": summary(synced(built(PASSED, FAILED, published=False))),
        "sync, nothing new": summary(
            SyncReport("a1", NOW, NOW, (SourceReport("meta"), SourceReport("shopify")), None), demo=True
        ),
    }


def summary(report: SyncReport, *, demo: bool = False) -> Page:
    """All that `sync` says at its end."""
    return sync_page.page(report, CONNECTED, demo=demo) + sync_page.next_step(report, demo=demo)


def _checks() -> tuple[Check, ...]:
    return tuple(
        Check(one.name, one.severity, one.status, one.failing_rows, one.sample, one.message) for one in (PASSED, FAILED)
    )


def _numbers(page: Page) -> Page:
    """What stands between the definition and the SQL, which are text that any width may wrap."""
    return tuple(block for block in page if not isinstance(block, Prose | Listing))


def terminal(width: int, *, colour: bool = False) -> Console:
    """A terminal of a fixed width, whatever the one is that runs the tests."""
    return Console(
        file=StringIO(),
        width=width,
        force_terminal=True,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "coloured"])
@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "name",
    [
        "kpis",
        "kpis by channel",
        "kpis by campaign",
        "plot",
        "why",
        "cohorts",
        "alerts",
        "no alerts",
        "checks",
        "banner",
        "sync",
        "sync, one fails",
        "sync, not published",
        "sync, nothing new",
    ],
)
def test_it_looks_as_it_did(pages, snapshot, name, width, colour):
    assert screen.draw(pages[name], terminal(width, colour=colour)) == snapshot


def numbers(text: str) -> list[str]:
    return re.findall(r"[-+]?[$]?\d[\d,]*(?:\.\d+)?(?:%|x)?", text)


@pytest.mark.parametrize("width", [24, 40, 60, 80, 120])
def test_no_number_is_ever_cut(pages, width):
    """Columns go, rows are stacked, lines wrap: but whatever is shown is whole, and every value is shown."""
    for name, page in pages.items():
        drawn = screen.draw(page, terminal(width))
        assert "…" not in drawn.replace("�", ""), name
        assert all(len(line) <= width for line in drawn.splitlines()), name
        shown = set(numbers(drawn))
        for block in page:
            if isinstance(block, Table):
                for row in block.rows:
                    kept = {number for cell in row for number in numbers(cell.text)}
                    always = {
                        one
                        for cell, head in zip(row, block.columns, strict=True)
                        if not head.rank
                        for one in numbers(cell.text)
                    }
                    assert always <= shown, (name, width)
                    assert kept & shown == kept & shown


def test_a_narrow_terminal_loses_columns_in_order(pages):
    heads = {width: screen.draw(pages["kpis"], terminal(width)) for width in (40, 60, 80)}
    assert "By day" in heads[80]
    assert "Change" in heads[60]
    assert "Previous" not in heads[60]
    assert "Change" not in heads[40]


def test_columns_that_cannot_be_dropped_are_stacked():
    table = Table(
        "", (Column("Name"), Column("Value", numeric=True)), ((Cell("a long name"), Cell("$1,234,567,890.12")),)
    )
    drawn = screen.draw((table,), terminal(20))
    assert "$1,234,567,890.12" in drawn.replace("\n  ", "")
    assert "a long name" in drawn


def test_a_pipe_gets_every_column_and_no_colour(pages):
    for page in pages.values():
        drawn = screen.draw(page, screen.plain())
        assert ESCAPE not in drawn
    assert "By day" in screen.draw(pages["kpis"], screen.plain())


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colour_gets_none(pages, monkeypatch, variable):
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert ESCAPE in screen.drawn_for(Screen(), pages["alerts"])
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    assert ESCAPE not in screen.drawn_for(Screen(), pages["alerts"])


def test_a_campaign_cannot_speak_to_the_terminal(pages):
    """Its name holds an escape sequence, markup and a mark that turns the direction of reading."""
    for name in ("kpis by campaign", "why", "alerts"):
        drawn = screen.draw(pages[name], terminal(120))
        assert "[bold]Spring" in drawn
        assert not set(drawn) & {"\x1b", "\u202e"}


@given(st.text())
def test_clean_text_holds_nothing_that_acts(text):
    shown = clean(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown)
    assert len(shown) <= 200


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/oops]", "[link=file:///etc]x[/link]", "a[red]", ":smile:"])
def test_markup_in_data_is_text(text):
    table = Table(text, (Column("a"), Column(text)), ((Cell(text), Cell(text)),))
    page = (Heading(text, text), Note(text), Panel(text, "bad", text, text), table)
    assert screen.draw(page, terminal(80)).count(text) == 10
    assert screen.draw((Note(text),), terminal(80, colour=True)) == f"{text}\n"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=SUM(A1)", "'=SUM(A1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'�x"),
        ("'=x", "''=x"),
        ("''@x", "'''@x"),
        ("'tis", "'tis"),
        ("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1"),
        ("\rx", "'�x"),
        ("a=b", "a=b"),
        (-35, -35),
        (Decimal("-0.35"), Decimal("-0.35")),
        (None, ""),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(value, cell):
    assert for_spreadsheet(value) == cell


TEXTS = st.one_of(st.text(), st.from_regex(r"\A'*[=+@-].*"))


@given(st.lists(st.one_of(TEXTS, st.integers(), st.decimals(-99, 99, places=2)), min_size=1))
def test_csv_is_read_back_as_it_was(values):
    """Raw it is the text itself; for a spreadsheet it is that without what is hidden, once an apostrophe is gone."""
    fields = [str(number) for number in range(len(values))]
    record = dict(zip(fields, values, strict=True))
    _, raw = csv.reader(StringIO(output.as_csv(fields, [record], raw=True), newline=""))
    assert raw == [str(one) for one in values]
    _, safe = csv.reader(StringIO(output.as_csv(fields, [record]), newline=""))
    for shown, value in zip(safe, values, strict=True):
        if isinstance(value, str):
            assert not shown.startswith(("=", "+", "-", "@"))
            whole = clean(value, limit=None)
            assert shown in ({f"'{whole}"} if re.match(r"'*[=+\-@]", whole) else {whole, f"'{whole}"})
        else:
            assert shown == str(value)


def test_csv_holds_the_numbers_of_json(con):
    report = kpis.report(con, WEEK, by="channel")
    lines = output.as_csv(kpi_page.FIELDS, kpi_page.records(report)).splitlines()
    whole = {row["name"]: row for row in report.as_json()["kpis"]}

    assert lines[0] == "kpi,scope,unit,value,numerator,denominator,previous,change,delta,better"
    assert lines[1].startswith(f"revenue_gross,all,cents,{whole['revenue_gross']['value']},")
    for slug, part in whole["revenue_net"]["by_channel"].items():
        assert any(line.startswith(f"revenue_net,{slug},cents,{part['value']},") for line in lines)


def test_csv_of_alerts_has_all_that_json_has_but_figures():
    assert set(alert_page.FIELDS) == fired().alerts[0].as_json().keys() - {"figures"}


def test_csv_without_a_row_has_its_head():
    quiet = replace(fired(), alerts=fired().alerts[3:])
    assert output.as_csv(alert_page.FIELDS, alert_page.records(quiet)).count("\n") == 1


def test_json_is_what_the_report_says(con, capsys):
    report = kpis.report(con, WEEK, by="campaign")
    output.deliver("json", None, lambda: (), report.as_json, (), lambda: ())
    text = capsys.readouterr().out
    assert text.isascii()
    assert json.loads(text, parse_float=Decimal) == json.loads(
        json.dumps(report.as_json(), default=float), parse_float=Decimal
    )
    ratio = next(row for row in json.loads(text)["kpis"] if row["name"] == "mer")
    assert isinstance(ratio["value"], float)


def test_markdown_shows_names_as_they_are(pages):
    text = markdown(pages["kpis by campaign"])
    assert r"\[bold\]Spring" in text
    assert r"\|" in text
    assert HOSTILE not in text
    assert "| KPI | Value |" in text


def test_markdown_of_alerts_has_a_section_for_each(pages):
    text = markdown(pages["alerts"])
    assert "### critical: Net revenue drop" in text
    assert "| revenue\\_drop |" in text


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ((1, 2, 3), "▁▄█"),
        ((None, 5, None), " ▄ "),
        ((0, 0), "▁▁"),
        ((-5, 0, 5), "▁▄█"),
        ((), ""),
        ((None, None), ""),
        ((Decimal("0.1"), Decimal("0.2")), "▁█"),
    ],
)
def test_a_sparkline_has_a_bar_for_each_day(values, bars):
    assert sparkline(values) == bars


@pytest.mark.parametrize(
    ("kpi", "now", "before", "told"),
    [
        ("revenue_net", 99_951, 100_000, Cell("unchanged", "dim")),  # -0.049 %
        ("revenue_net", 99_950, 100_000, Cell("-0.1%, worse", "bad")),
        ("revenue_net", 100_000, 100_000, Cell("unchanged", "dim")),
        ("revenue_net", 0, 0, Cell("–", "dim")),  # noqa: RUF001 - an en dash
        ("ctr", Decimal("0.020049"), Decimal("0.02"), Cell("unchanged", "dim")),  # 0.0049 points
        ("ctr", Decimal("0.02005"), Decimal("0.02"), Cell("+0.01 pp, better", "good")),
        ("cac", 100_049, 100_000, Cell("unchanged", "dim")),
    ],
)
def test_what_rounds_to_nothing_did_not_move(kpi, now, before, told):
    delta = Decimal(now) - before
    change = delta / before if before else None
    assert judged(movement(kpis.KPIS[kpi], now, before, change, delta)) == told


def test_another_currency_has_its_own_sign_and_digits(tmp_path: Path):
    home = publish(tmp_path, currency="JPY")
    with database.connect(home.database) as con:
        drawn = screen.draw(kpi_page.page(kpis.report(con, WEEK, ["ad_spend"])), terminal(80))
    assert "¥4,200 " in drawn
    assert "JPY" in drawn


def test_a_build_without_a_new_record_says_why():
    idle = SyncReport("a1", NOW, NOW, (SourceReport("meta"),), built(PASSED))
    assert "settings or the SQL have changed" in screen.draw(sync_page.page(idle, CONNECTED), terminal(120))
    again = SyncReport("a1", NOW, NOW, (), built(PASSED))
    assert "Built again from the raw files; 1 row rejected" in screen.draw(
        sync_page.page(again, CONNECTED), terminal(80)
    )


def test_a_source_that_was_cut_off_has_not_failed():
    late = TimeUpError("meta", "meta was not read to the end.", resume_at=NOW, hint="Run it again.")
    cut = SourceReport("meta", segments=(SEGMENT,), pages=1, records=1, errors=(late,))
    refused = SourceReport("ga4", errors=(CredentialsError("ga4", "ga4 does not accept the access token."),))
    alone, both = replace(synced(None), sources=(cut,)), replace(synced(None), sources=(refused, cut))

    drawn = screen.draw(sync_page.page(alone, CONNECTED, quiet=True), terminal(120)).splitlines()
    assert drawn[0] == "Synced meta: 1 record in 1 segment, 0 rows rejected; meta not read to the end"
    [next_] = sync_page.next_step(alone, demo=False)
    assert next_.text == "Next: growthos sync meta, which goes on from there"
    drawn = screen.draw(sync_page.page(both, CONNECTED, quiet=True), terminal(120)).splitlines()
    assert drawn[0].endswith("ga4 failed; meta not read to the end")
    [next_] = sync_page.next_step(both, demo=False)
    assert next_.text == "Next: growthos sync ga4 meta, once that is mended"


def test_a_quiet_sync_is_silent_where_all_is_well_and_else_says_what_came_of_it():
    """Cron mails whatever is said: what was loaded and what failed, why, what to do, and no table."""
    assert sync_page.page(synced(built(PASSED)), Settings(), quiet=True) == ()
    failed = screen.draw(sync_page.page(synced(built(PASSED), fails=True), Settings(), quiet=True), terminal(100))
    assert failed.splitlines() == [
        "Synced meta, shopify: 12,345 records in 10 segments, 1 row rejected; meta failed",
        "",
        "meta does not accept the access token.",
        "  Make a new one.",
        "More: growthos runs a1",
    ]
    held = screen.draw(sync_page.page(synced(built(FAILED, published=False)), Settings(), quiet=True), terminal(100))
    assert held.startswith("Synced meta, shopify: 12,804 records")
    assert "Not published: a critical check failed." in held


def test_progress_is_a_line_for_each_source_where_nobody_looks_on(capsys):
    ticks = iter((0.0, 2.5, 2.5, 3.0))
    with progress_lines.progress(lambda: next(ticks)) as watcher:
        watcher.started("shopify")
        watcher.page("shopify", "orders", 1, 50)
        watcher.waiting("shopify", 5, "the bucket is empty")
        watcher.waiting("shopify", 75, "the \x1b[2Jbucket is empty")
        watcher.finished(SourceReport("shopify", pages=2, records=100))
        watcher.started("meta")
        watcher.notice("meta", "token", "The token ends on 2026-04-01.")
        watcher.finished(SourceReport("meta"))
    said = capsys.readouterr()

    assert said.out == ""
    assert said.err.splitlines() == [
        "shopify: waiting 75 s: the �[2Jbucket is empty",
        "shopify: 2 pages, 100 records, 2.5 s, 40 a second",
        "meta: The token ends on 2026-04-01.",
        "meta: nothing new",
    ]


def test_nobody_waits_in_the_demo_and_quiet_says_nothing(capsys):
    with progress_lines.progress(lambda: 0.0, waits=False) as watcher:
        watcher.waiting("ga4", 75, "busy")
    with progress_lines.progress(lambda: 0.0, quiet=True) as watcher:
        watcher.started("ga4")
        watcher.finished(SourceReport("ga4"))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("width", [40, 80])
def test_progress_is_live_where_somebody_looks_on(monkeypatch, width):
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    seen = Screen()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    with progress_lines.progress(lambda: 0.0) as watcher:
        watcher.started("shopify")
        watcher.page("shopify", "orders[red]", 3, 150)
        watcher.notice("shopify", "scope", "[bold]one scope is missing")
        watcher.waiting("shopify", 12, "asked too often")
        watcher.finished(SourceReport("shopify", pages=1_234, records=200_500))
        watcher.started("google_ads")
        watcher.finished(SourceReport("google_ads", errors=(CredentialsError("google_ads", "no"),)))
        watcher.building()
    text = seen.getvalue()

    assert "1,234 pages, 200,500 records" in text
    assert "failed" in text
    assert "done" in text
    assert "[bold]one scope is missing" in text
    assert "…" not in text


def test_campaigns_stand_side_by_side_in_the_order_of_the_first_kpi(con):
    """By spend where all are shown; a KPI that no campaign has is named if it was asked for."""
    tables = [block for block in kpi_page.page(kpis.report(con, WEEK, by="campaign")) if isinstance(block, Table)]
    assert [column.title for column in tables[1].columns] == ["Campaign", "Ad spend", "ROAS", "CTR", "CPC", "CPM"]
    spend = kpis.report(con, WEEK, ["ad_spend"], by="campaign").rows[0].now.by_campaign
    assert spend
    dearest_first = sorted((part.value for part in spend.values()), reverse=True)
    assert [row[1].text for row in tables[1].rows] == [f"${cents // 100:,}.{cents % 100:02}" for cents in dearest_first]
    asked = kpi_page.page(kpis.report(con, WEEK, ["roas", "aov"], by="campaign"))
    assert Note("Not known by campaign: Average order value.", "dim") in asked
