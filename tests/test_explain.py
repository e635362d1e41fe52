"""What a KPI's number was worked out from: formulas done on paper, SQL that gives the same, and caveats that hold."""

import csv
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hand_made import publish
from kpi_fixtures import FIRST_DAY, LAST_DAY, WEEK_BEFORE, Shop, day

from growthos import catalog, cli
from growthos.errors import ExitCode
from growthos.explanation import Explanation, explain
from growthos.kpis import KPIS
from growthos.last_build import Check, LastBuild
from growthos.measures import COUNTS, MEASURES, queries
from growthos.measures.cohorts import COHORT_MEASURES
from growthos.money import places
from growthos.period import Period
from growthos.render import explain_page, output
from growthos.render.pages import Listing, Note, Table, markdown
from growthos.render.text import NOTHING

NOW = datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
WEEK = Period(FIRST_DAY, LAST_DAY)
MARCH = ("--since", "2026-03-02", "--until", "2026-03-29")
Sums = Mapping[str, int]


def net(sums: Sums) -> int:
    return sums["gross"] - sums["discounts"] - sums["returns"]


def margin(sums: Sums) -> int:
    goods = sums["cogs_sold"] - sums["cogs_reversed"]
    shipping = sums["shipping_revenue"] - sums["shipping_refunds"] - sums["shipping_cost"]
    return net(sums) + shipping - goods - sums["payment_fees"]


BY_HAND: dict[str, Callable[[Sums], int | Fraction]] = {
    "revenue_gross": lambda sums: sums["gross"],
    "revenue_net": net,
    "aov": lambda sums: Fraction(sums["gross"] - sums["discounts"], sums["orders"]),
    "refund_rate": lambda sums: Fraction(sums["returns"], sums["gross"] - sums["discounts"]),
    "contribution_margin": margin,
    "contribution_margin_pct": lambda sums: Fraction(margin(sums), net(sums)),
    "ad_spend": lambda sums: sums["spend"],
    "mer": lambda sums: Fraction(net(sums), sums["spend"]),
    "roas": lambda sums: Fraction(sums["reported_value"], sums["spend"]),
    "cac": lambda sums: Fraction(sums["spend"], sums["new_customers"]),
    "new_customer_share": lambda sums: Fraction(sums["new_customers"], sums["identified_orders"]),
    "ltv": lambda sums: Fraction(sums["cohort_sales"] - sums["cohort_returns"], sums["cohort_size"]),
    "retention_rate": lambda sums: Fraction(sums["cohort_retained"], sums["cohort_size"]),
    "conversion_rate": lambda sums: Fraction(sums["purchases"], sums["sessions"]),
    "ctr": lambda sums: Fraction(sums["clicks"], sums["impressions"]),
    "cpc": lambda sums: Fraction(sums["spend"], sums["clicks"]),
    "cpm": lambda sums: Fraction(1000 * sums["spend"], sums["impressions"]),
}
"""Each KPI from the columns of its query, but payback, which is no sum or quotient."""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def ran(*arguments: str, home: Path) -> tuple[int, str, str]:
        code = cli.run(["--home", str(home), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


@pytest.mark.parametrize("name", KPIS)
def test_the_sql_is_taken_as_it_is_and_gives_the_same_numbers(run, demo_home, name):
    """Of four weeks of the demo; the answer by channel is added up, and worked out without any of our formulas."""
    home = demo_home().root.parent
    _, out, _ = run("--demo", "explain", name, *MARCH, "--format", "json", home=home)
    found = json.loads(out)
    [query] = found["sql"]
    assert not set(query) & set('"$`\\'), "a shell takes it in double quotes"
    code, out, err = run("--demo", "sql", query, "--format", "json", home=home)
    assert code == 0, err
    rows = json.loads(out)["rows"]
    columns = set().union(*rows) - {"channel_key", "day"}
    sums = {column: sum(int(row[column] or 0) for row in rows) for column in columns}

    value = found["kpi"]["value"]
    if name == "payback_days":
        assert value == _payback(rows, sums["cohort_spend"])
    else:
        exact = Fraction(BY_HAND[name](sums))
        assert Fraction(str(value)) == Fraction(places(exact, 6 if found["kpi"]["unit"] == "ratio" else 0))
    for figure in found["figures"]:
        if figure["name"] in {*MEASURES, *COHORT_MEASURES}:
            assert figure["value"] == sums[figure["name"]], figure


def _payback(rows: list[dict[str, Any]], spend: int) -> int | None:
    """The first day from which what was earned by then stays at or above what was spent."""
    earned = [sum(int(row["cohort_contribution"] or 0) for row in rows if row["day"] <= number) for number in range(31)]
    return next((number for number in range(31) if min(earned[number:]) >= spend), None)


class Listener:
    """A connection that remembers what it was asked, with the parameters in their places."""

    def __init__(self, con: Any) -> None:
        self.con, self.heard = con, ""

    def execute(self, query: str, bound: Any = None) -> Any:
        if isinstance(bound, dict):
            said = re.sub(r"\$(\w+)", lambda found: self._literal(bound[found[1]]), query)
            self.heard += f"\n{' '.join(said.split())}"
        return self.con.execute(query, bound) if bound is not None else self.con.execute(query)

    @staticmethod
    def _literal(value: object) -> str:
        return f"date '{value}'" if isinstance(value, date) else str(value)


@pytest.mark.parametrize("name", KPIS)
def test_the_sql_is_what_was_asked(name):
    listener = Listener(Shop().con)
    found = explain(listener, catalog.explain(name), WEEK, NOW)  # type: ignore[arg-type]
    for query in found.queries:
        for select in query.split(queries.UNION):
            assert " ".join(select.split()) in listener.heard


@pytest.mark.parametrize("name", [name for name in KPIS if name != "payback_days"])
def test_the_written_formula_is_the_one_that_is_worked_out(busy, name):
    """The formula of the docstring, with its figures in it, is the value: what people read cannot go stale."""
    found = told(busy, name)
    figures = {one.name: Fraction(one.value or 0) for one in found.figures}
    formula = found.kpi.written.removeprefix("sum of ").replace(" x ", " * ")
    exact = eval(formula, {}, figures)
    assert found.row.now.exact == exact


def told(
    shop: Shop, name: str, period: Period = WEEK, now: datetime = NOW, last: LastBuild | None = None
) -> Explanation:
    return explain(shop.con, catalog.explain(name), period, now, last)


def notes(found: Explanation) -> list[str]:
    return [block.text for block in explain_page.page(found) if isinstance(block, Note)]


@pytest.fixture
def busy() -> Shop:
    """120.00 by Meta and 80.00 by e-mail, 10.00 off, 30.00 back; 3 orders of 2 new customers and 1 old; 100.00 spent.

    The week before: one order of 50.00 by a new customer, 40.00 spent.
    """
    shop = Shop()
    shop.order(day(23), 7_000, channel="meta", customer="a", seq=1, discount=1_000, cogs=2_000, payment_fee=230)
    shop.order(day(24), 5_000, channel="meta", customer="b", seq=1, shipping_revenue=500, shipping_cost=600)
    shop.order(day(25), 8_000, channel="email", customer="c", seq=2)
    shop.refund(day(26), 3_000, channel="email")
    shop.ads(day(23), 10_000, impressions=20_000, clicks=100, value=25_000)
    shop.visits(day(23), 400, views=300, carts=40, checkouts=20, purchases=3)
    shop.order(WEEK_BEFORE, 5_000, channel="email", customer="d", seq=1)
    shop.ads(WEEK_BEFORE, 4_000, impressions=10_000, clicks=50)
    for name, amount in (("e", 9_000), ("f", 6_000)):  # the cohort: new on 23 February, 30 days before 25 March
        shop.order(day(-5), amount, customer=name, seq=1)
    shop.order(day(4), 4_000, customer="e", seq=2)
    shop.refund(day(5), 2_500, customer="f")
    shop.ads(day(-5), 15_200, impressions=1, clicks=1)
    return shop


@pytest.mark.parametrize(
    ("name", "now", "before"),
    [
        ("revenue_gross", "$120.00 Meta Ads + $80.00 E-mail = $200.00", "$50.00 E-mail = $50.00"),
        ("revenue_net", "$200.00 - $10.00 - $30.00 = $160.00", "$50.00 - $0.00 - $0.00 = $50.00"),
        ("aov", "($200.00 - $10.00) / 3 orders = $63.33", "($50.00 - $0.00) / 1 order = $50.00"),
        ("refund_rate", "$30.00 / ($200.00 - $10.00) = 15.8%", "$0.00 / ($50.00 - $0.00) = 0.00%"),
        (
            "contribution_margin",
            "$160.00 + $5.00 - $0.00 - $20.00 - $6.00 - $2.30 = $136.70",
            "$50.00 + $0.00 - $0.00 - $0.00 - $0.00 - $0.00 = $50.00",
        ),
        ("contribution_margin_pct", "$136.70 / $160.00 = 85.4%", "$50.00 / $50.00 = 100.0%"),
        ("ad_spend", "$100.00 Meta Ads = $100.00", "$40.00 Meta Ads = $40.00"),
        ("mer", "$160.00 / $100.00 = 1.60x", "$50.00 / $40.00 = 1.25x"),
        ("roas", "$250.00 / $100.00 = 2.50x", "$0.00 / $40.00 = 0.00x"),
        ("cac", "$100.00 / 2 new customers = $50.00", "$40.00 / 1 new customer = $40.00"),
        (
            "new_customer_share",
            "2 new customers / 3 identified orders = 66.7%",
            "1 new customer / 1 identified order = 100.0%",
        ),
        ("ltv", "($190.00 - $25.00) / 2 customers = $82.50", f"($0.00 - $0.00) / 0 customers = {NOTHING}"),
        (
            "retention_rate",
            "1 retained customer / 2 customers = 50.0%",
            f"0 retained customers / 0 customers = {NOTHING}",
        ),
        (
            "payback_days",
            "$190.00 of contribution by day 9 covers $152.00 of ad spend for 2 customers = 9 days",
            f"$0.00 of contribution does not cover $0.00 of ad spend for 0 customers = {NOTHING}",
        ),
        ("conversion_rate", "3 purchases / 400 sessions = 0.75%", f"0 purchases / 0 sessions = {NOTHING}"),
        ("ctr", "100 clicks / 20,000 impressions = 0.50%", "50 clicks / 10,000 impressions = 0.50%"),
        ("cpc", "$100.00 / 100 clicks = $1.00", "$40.00 / 50 clicks = $0.80"),
        ("cpm", "1000 x $100.00 / 20,000 impressions = $5.00", "1000 x $40.00 / 10,000 impressions = $4.00"),
    ],
)
def test_the_formula_has_its_numbers_in_it(busy, name, now, before):
    assert notes(told(busy, name))[:2] == [now, f"before: {before}"]


def test_what_is_below_zero_stands_in_brackets(busy):
    """160.00 net, 250.00 more given back: -90.00."""
    busy.refund(day(27), 25_000)
    assert notes(told(busy, "mer"))[0] == "(-$90.00) / $100.00 = -0.90x"
    assert notes(told(busy, "contribution_margin_pct"))[0] == f"(-$113.30) / (-$90.00) = {NOTHING}"


def test_another_currency_keeps_its_hundredths_where_they_are_added_up(busy):
    busy.con.execute("update run_info set currency = 'JPY'")
    assert notes(told(busy, "refund_rate"))[0] == "¥30.00 / (¥200.00 - ¥10.00) = 15.8%"


def test_what_it_is_made_of_stands_with_what_it_is(busy):
    table = next(block for block in explain_page.page(told(busy, "contribution_margin")) if isinstance(block, Table))
    shown = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert list(shown)[-2:] == ["ad_spend", "contribution_after_ads"]
    assert shown["contribution_after_ads"] == ["$36.70", "$10.00", "What is left after the ads are paid, too."]
    assert shown["shipping_cost"] == ["$6.00", "$0.00", "What sending the goods cost."]


def test_every_number_has_a_meaning_and_every_count_a_word(busy):
    for name in KPIS:
        for one in told(busy, name).figures:
            assert re.fullmatch(r"[A-Z].*\.", one.doc), one
            assert (one.form == "count") == (one.name in COUNTS)


def connect(shop: Shop, read_at: datetime = NOW, **through: date | None) -> None:
    """The sources, complete through these days and read at a time."""
    for name, last in through.items():
        shop.put("run_sources", source=name, data_through=last, loaded_at=read_at.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("revenue_net", ["shopify"]),
        ("cac", ["google_ads", "meta", "shopify"]),
        ("roas", ["google_ads", "meta", "shopify"]),
        ("ctr", ["google_ads", "meta"]),
        ("conversion_rate", ["ga4"]),
        ("retention_rate", ["shopify"]),
        ("payback_days", ["google_ads", "meta", "shopify"]),
    ],
)
def test_the_sources_are_those_that_the_number_rests_on(busy, name, sources):
    """ROAS has the last-click revenue of the shop beside it."""
    connect(busy, ga4=LAST_DAY, google_ads=LAST_DAY, meta=LAST_DAY, shopify=LAST_DAY)
    assert [one.source for one in told(busy, name).readings] == sources


def test_a_source_is_stale_after_two_days(busy):
    connect(busy, shopify=LAST_DAY)
    connect(busy, NOW - timedelta(hours=1), meta=LAST_DAY)
    fresh, later = told(busy, "cac", now=NOW + timedelta(hours=47)), told(busy, "cac", now=NOW + timedelta(hours=47.5))
    assert not fresh.warnings
    assert [one["stale"] for one in later.as_json()["sources"]] == [True, False]
    assert notes(later)[2:] == [
        "meta was last read 2 days ago: what has changed since then is not in these numbers.",
    ]
    rows = [block for block in explain_page.page(later) if isinstance(block, Table)][1].rows
    assert [[cell.text for cell in row] for row in rows] == [
        ["meta", "2026-03-29", "2 days ago"],
        ["shopify", "2026-03-29", "47 hours ago"],
    ]


def test_days_that_are_not_over_are_told_for_the_sources_of_the_kpi(busy):
    """To the 31st are two days more than the shop has, three more than Meta has, and GA4 has nothing to do with it."""
    connect(busy, shopify=LAST_DAY, meta=day(28), google_ads=day(28), ga4=None)
    later = Period(FIRST_DAY, day(31))
    said = [one.message for one in told(busy, "cac", later).warnings if one.code == "days_incomplete"]
    assert said == [
        "google_ads, meta are complete through 2026-03-28: 3 of the 9 days are not whole here.",
        "shopify is complete through 2026-03-29: 2 of the 9 days are not whole here.",
    ]
    assert "ga4 is complete on no day: 9 of the 9 days are not whole here." in notes(
        told(busy, "conversion_rate", later)
    )
    assert "window_past_data" not in {one.code for one in told(busy, "cac", later).warnings}


def test_each_caveat_stands_there_only_when_it_holds(busy):
    """Half of the gross revenue, 100.00 of 200.00, is costed by a margin; GA4 sampled one day of the week."""
    assert "No caveats." in notes(told(busy, "contribution_margin"))
    busy.line(day(23), 10_000, cogs_source="margin")
    busy.put("traffic_quality", date_key=day(23), sampled=True, thresholded=False, data_loss=False)
    busy.put("traffic_quality", date_key=day(22), sampled=False, thresholded=True, data_loss=True)
    costed = "50.0% of gross revenue has no unit cost and is costed by its category's margin."
    sampled = "GA4 sampled 1 of the 7 days: visits and conversion_rate are estimates."
    assert {name for name in KPIS if costed in notes(told(busy, name))} == {
        "contribution_margin",
        "contribution_margin_pct",
        "ltv",
        "payback_days",
    }
    assert {name for name in KPIS if sampled in notes(told(busy, name))} == {"conversion_rate"}
    assert not [
        one for name in KPIS for one in notes(told(busy, name)) if "kept small groups" in one or "(other)" in one
    ]
    assert "No caveats." not in notes(told(busy, "conversion_rate"))


def test_spend_without_a_rate_is_named_where_spend_counts(busy):
    keys = ("stg__orders shopify:1 CAD", "stg__spend meta:1 2026-03-24 CAD")
    check = Check("currency_consistency", "critical", "fail", 2, keys, "")
    failed = LastBuild(NOW, published=False, data_through=LAST_DAY, checks=(check,))
    said = (
        "Spend has no exchange rate to USD, first meta:1 2026-03-24 CAD: the last build was not published, and these "
        "numbers are of the one before it."
    )
    assert said in notes(told(busy, "cac", last=failed))
    assert said not in notes(told(busy, "aov", last=failed))
    orders = LastBuild(NOW, published=False, data_through=LAST_DAY, checks=(Check(*_but(check, keys[:1])),))
    assert said not in notes(told(busy, "cac", last=orders))
    assert "No caveats." in notes(told(busy, "cac", last=orders))


def _but(check: Check, sample: tuple[str, ...]) -> tuple[Any, ...]:
    return check.name, check.severity, check.status, check.failing_rows, sample, check.message


def test_each_form_tells_the_same(busy):
    connect(busy, shopify=LAST_DAY, meta=LAST_DAY)
    found = told(busy, "cac")
    told_ = found.as_json()
    rows = list(csv.DictReader(StringIO(output.as_csv(explain_page.FIELDS, explain_page.records(found)))))
    assert [(row["part"], row["name"], row["value"], row["previous"]) for row in rows[:3]] == [
        ("value", "cac", "5000", "4000"),
        ("input", "spend", "10000", "4000"),
        ("input", "new_customers", "2", "1"),
    ]
    assert [(row["name"], row["data_through"], row["stale"]) for row in rows[3:5]] == [
        ("meta", "2026-03-29", "False"),
        ("shopify", "2026-03-29", "False"),
    ]
    assert rows[5]["text"].split() == told_["sql"][0].split()
    assert (told_["kpi"]["value"], told_["formula"]) == (5_000, "spend / new_customers")
    assert [one["value"] for one in told_["figures"]] == [10_000, 2]
    text = markdown(explain_page.page(found))
    assert text.startswith("# Customer acquisition cost (`cac`)\n")
    assert f"```sql\n{found.queries[0]}\n```" in text
    assert [block.text for block in explain_page.page(found) if isinstance(block, Listing)] == list(found.queries)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("explain") / "shop").root


def test_an_alert_and_a_check_say_what_they_say_now(run, shop):
    """Of the hand-made home: net revenue fell by half, and two refunds are greater than their orders."""
    _, out, _ = run("explain", "revenue_drop", home=shop)
    assert out.startswith("# Net revenue drop (`revenue_drop`)")
    assert "critical: Net revenue drop" in out
    assert "1 evaluation: 0 quiet" in out
    assert "cac_increase" not in out
    _, out, _ = run("explain", "revenue_drop", "--until", "2026-03-20", "--format", "json", home=shop)
    said = json.loads(out)
    assert (said["kind"], said["window"]["until"]) == ("alert", "2026-03-20")
    assert {(one["id"], one["state"]) for one in said["alerts"]} == {("revenue_drop", "ok")}
    _, out, _ = run("explain", "refunds_within_sales", "--format", "json", home=shop)
    [check] = json.loads(out)["checks"]
    assert (check["name"], check["status"], check["failing_rows"]) == ("refunds_within_sales", "fail", 2)
    _, out, _ = run("explain", "refunds_within_sales", home=shop)
    assert "First keys: shopify:7, shopify:9." in out


def test_what_is_declared_has_every_form(run, shop, tmp_path):
    entry = catalog.explain("shopify")
    _, out, _ = run("explain", "shopify", "--format", "json", home=shop)
    assert json.loads(out) == {"schema_version": 1, "kind": "source", "name": "shopify", "definition": entry.markdown}
    _, out, _ = run("explain", "shopify", "--format", "csv", home=shop)
    assert "\n".join(row["text"] for row in csv.DictReader(StringIO(out))) + "\n" == entry.markdown
    code, out, _ = run("explain", "shopify", "-o", str(tmp_path / "shopify.md"), home=shop)
    assert (code, out) == (0, "")
    assert (tmp_path / "shopify.md").read_text() == entry.markdown


@pytest.mark.parametrize("style", ["json", "csv", "markdown"])
def test_before_there_are_data_the_definition_is_all(run, tmp_path, style):
    code, out, err = run("explain", "cac", "--format", style, home=tmp_path / "new")
    assert code == ExitCode.NO_DATA
    assert "Formula: spend / new_customers" in out
    assert "No data yet" in err
