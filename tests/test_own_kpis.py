"""A home's own KPIs: worked out by hand, true to the built-in ones, told what is wrong with them, and never run."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hand_made import publish
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from kpi_fixtures import WEEK_BEFORE, Shop, day

from growthos import catalog, cli, kpis, own, settings
from growthos.errors import ExitCode, SettingsError, UsageError
from growthos.home import Home
from growthos.kpis import KPIS, Kpi
from growthos.measures.expressions import LONGEST, FormulaError, Meaning, parse
from growthos.measures.reading import NOTHING
from growthos.measures.values import Ratio
from growthos.measures.why import find_split, why
from growthos.settings.own import OwnKpi

UNWRITTEN = {"payback_days"}
"""A day that is searched for is no formula."""
OWN = """
[kpis.revenue_per_session]
formula = "revenue_net / sessions"
unit = "money"
label = "Revenue per session"
better = "higher"

[kpis.profit]
formula = "contribution_margin - ad_spend - 30 * orders"
unit = "money"
label = "Profit"
about = "What is left after ads and 0.30 of packing an order."

[kpis.profit_share]
formula = "profit / revenue_net"
unit = "percent"
label = "Profit share"
"""


def declared(**formulas: tuple[str, str]) -> Mapping[str, Kpi]:
    """KPIs by name from a formula and a unit; a mistake fails."""
    given = {name: OwnKpi(formula=formula, unit=unit, label=name) for name, (formula, unit) in formulas.items()}  # type: ignore[arg-type]

    def complain(keys: tuple[str, ...], what: str) -> None:
        raise AssertionError((keys, what))

    return own.kpis(given, complain)


def one(formula: str, unit: str = "money") -> Kpi:
    return declared(mine=(formula, unit))["mine"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Last week 3 orders of 300.00 in all, 20.00 given back, 40.00 of ads, 40 visits; before: half the orders."""
    made = Shop()
    made.order(day(23), 10_000, channel="meta", customer="a", seq=1, cogs=4_000, payment_fee=300)
    made.order(day(24), 15_000, channel="email", customer="b", seq=1, cogs=6_000, payment_fee=500)
    made.order(day(25), 5_000, channel="meta", customer="a", seq=2, cogs=1_000, payment_fee=200)
    made.refund(day(25), 2_000, channel="email")
    made.ads(day(23), 4_000, impressions=1_000, clicks=20, conversions=2.5, value=9_000)
    made.visits(day(24), 30, channel="meta", purchases=2)
    made.visits(day(25), 10, channel="email", purchases=1)
    made.order(WEEK_BEFORE, 12_000, channel="meta", customer="c", seq=1, cogs=5_000, payment_fee=400)
    made.ads(WEEK_BEFORE, 2_000, impressions=500, clicks=25, conversions=1, value=3_000)
    made.visits(WEEK_BEFORE, 50, channel="meta", purchases=1)
    yield made
    made.con.close()


def test_a_quotient_is_worked_out_by_hand(shop):
    """300.00 - 20.00 = 280.00 over 40 visits = 7.00; by channel 150.00 / 30 = 5.00 and 130.00 / 10 = 13.00."""
    known = declared(revenue_per_session=("revenue_net / sessions", "money"))
    [row] = kpis.report(shop.con, names=["revenue_per_session"], by="channel", known=known).rows
    assert (row.now.unit, row.now.value, row.now.numerator, row.now.denominator) == ("cents", 700, 28_000, 40)
    assert row.before.value == 240  # 120.00 / 50
    assert row.change == Decimal("1.916667")
    assert {key: part.value for key, part in (row.now.by_channel or {}).items()} == {"meta": 500, "email": 1_300}
    assert row.now.by_campaign is None
    assert [value for value in row.days if value is not None] == [500, 300]  # 150.00 / 30, then (50.00 - 20.00) / 10


def test_a_sum_is_worked_out_by_hand_and_named_by_another(shop):
    """280.00 - 110.00 of goods - 10.00 of fees = 160.00; - 40.00 of ads - 3 x 0.30 = 119.10, of 280.00 42.5357 %."""
    known = declared(
        profit_share=("profit / revenue_net", "percent"),
        profit=("contribution_margin - ad_spend - 30 * orders", "money"),
    )
    report = kpis.report(shop.con, names=["profit", "profit_share"], by="channel", known=known)
    profit, share = report.rows
    assert (profit.now.value, profit.now.numerator, profit.now.denominator) == (11_910, 11_910, None)
    assert (share.now.value, share.now.numerator, share.now.denominator) == (Decimal("0.425357"), 11_910, 28_000)
    # 150.00 - 50.00 - 5.00 - 40.00 - 0.60 = 54.40, and 130.00 - 60.00 - 5.00 - 0.30 = 64.70
    assert {key: part.value for key, part in (profit.now.by_channel or {}).items()} == {"meta": 5_440, "email": 6_470}


def test_half_purchases_count_half(shop):
    """40.00 for 2.5 purchases are 16.00 each, and 2.5 of 20 clicks 12.5 %; by campaign as well, as all is the ads'.

    20 clicks for 2.5 purchases are 800 %: the millions that make purchases whole are no hundred of the formula's.
    """
    known = declared(
        cpa=("spend / reported_conversions", "money"),
        rate=("reported_conversions / clicks", "percent"),
        bought=("reported_conversions", "count"),
        per_bought=("clicks / reported_conversions", "percent"),
    )
    report = kpis.report(shop.con, names=["cpa", "rate", "bought", "per_bought"], by="campaign", known=known)
    assert [row.now.value for row in report.rows] == [1_600, Decimal("0.125"), 3, 8]
    assert [(row.now.by_campaign or {})["meta:1"].value for row in report.rows] == [1_600, Decimal("0.125"), 3, 8]


def test_what_is_added_to_a_quotient_is_put_over_its_denominator(shop):
    """280.00 / 40.00 - 1 = 6; 3 x (1 - 20.00 / 300.00) = 2.8; -(40.00 / 3) = -13.33; 2 x 300.00 / 4 = 150.00."""
    known = declared(
        back=("revenue_net / spend - 1", "multiple"),
        kept=("3 * (1 - returns / gross)", "multiple"),
        less=("-(spend / orders)", "money"),
        half=("2 * (gross / 4)", "money"),
    )
    rows = kpis.report(shop.con, names=["back", "kept", "less", "half"], known=known, days=False).rows
    assert [row.now.value for row in rows] == [6, Decimal("2.8"), -1_333, 15_000]
    assert [row.now.numerator for row in rows] == [24_000, 84_000, -4_000, 60_000]
    assert [row.now.denominator for row in rows] == [4_000, 30_000, 3, 4]


def test_nothing_to_divide_by_is_nothing():
    known = declared(
        over=("gross / orders", "money"), less=("gross / (orders - refunds)", "money"), sum=("gross - spend", "money")
    )
    names = list(known)[-3:]
    [over, less, added] = kpis.report(Shop().con, names=names, known=known).rows
    assert (over.now.value, less.now.value, over.change) == (None, None, None)
    assert (added.now.value, added.now.denominator) == (0, None)
    assert known["less"].part({**NOTHING, "gross": 5, "orders": 1, "refunds": 2}).value == -5
    assert known["less"].part({**NOTHING, "gross": 5, "orders": 2, "refunds": 2}).value is None


def written(kpi: Kpi) -> tuple[str, str]:
    return kpi.written.removeprefix("sum of ").replace(" x ", " * "), kpi.form


WRITTEN = {name: one(*written(kpi)) for name, kpi in KPIS.items() if name not in UNWRITTEN}
measured = st.integers(-(10**12), 10**12)


@trials(deadline=None, max_examples=40)
@given(values=st.fixed_dictionaries(dict.fromkeys(NOTHING, measured)))
def test_a_built_in_formula_gives_the_built_in_number(values):
    """To the digit, numerator and denominator too. A margin of a loss is the built-in's own matter: it shows none."""
    for name, mine in WRITTEN.items():
        theirs = KPIS[name].part(values)
        if name != "contribution_margin_pct" or theirs.value is not None:
            assert (mine.part(values), mine.unit) == (theirs, KPIS[name].unit), name


@pytest.mark.parametrize("name", [name for name in WRITTEN if name != "mer"])
def test_a_built_in_formula_gives_the_built_in_report(shop, name):
    """By channel and by campaign too; MER is the one whose channels are those that are paid for alone."""
    kpi = KPIS[name]
    known = declared(mine=written(kpi))
    for by in ("channel", "campaign"):
        theirs, ours = kpis.report(shop.con, names=[name, "mine"], by=by, known=known).rows  # type: ignore[arg-type]
        for field in ("value", "exact", "numerator", "denominator", "by_channel", "by_campaign"):
            assert getattr(ours.now, field) == getattr(theirs.now, field), field
        assert (ours.change, ours.delta, ours.days) == (theirs.change, theirs.delta, theirs.days)


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (
            {"mine": ("revenue_nett / sessions", "money")},
            "formula: names revenue_nett, which nothing measures; did you",
        ),
        (
            {"mine": ("aov / sessions", "money")},
            "names aov, which is a quotient; write what it is made of: (gross - disc",
        ),
        (
            {"mine": ("view_rate", "percent")},
            "names view_rate, which is a quotient; write what it is made of: item_views",
        ),
        ({"mine": ("payback_days + 1", "count")}, "names payback_days, which is a day that was searched for"),
        ({"mine": ("gross + orders", "money")}, "adds counts to amounts of money, or takes them away"),
        ({"mine": ("spend / orders", "percent")}, "unit: is percent, and the formula gives an amount of money"),
        ({"mine": ("orders / sessions", "money")}, "unit: is money, and the formula gives a share or a multiple"),
        ({"mine": ("orders", "money")}, "is money, and the formula gives a count"),
        (
            {"mine": ("orders / spend", "multiple")},
            "is multiple, and the formula gives neither money nor a share of it",
        ),
        ({"mine": ("gross", "percent")}, "is percent, and the formula divides nothing"),
        ({"mine": ("orders / refunds", "count")}, "is count, which is whole, and the formula is a quotient"),
        ({"mine": ("100 * refunds / orders", "percent")}, "leave the 100 out of the formula"),
        ({"mine": ("100 * orders / reported_conversions", "percent")}, "leave the 100 out of the formula"),
        ({"mine": ("100 * reported_conversions / clicks", "percent")}, "leave the 100 out of the formula"),
        ({"mine": ("gross / (spend / orders)", "multiple")}, "divides more than once"),
        ({"mine": ("gross / orders + spend / orders", "money")}, "divides more than once"),
        ({"mine": ("gross / (orders - orders)", "money")}, "divides by 0"),
        ({"mine": ("1.5 * gross", "money")}, "a number that is not whole; write 3 / 2 for 1.5"),
        ({"mine": ("3 / 2", "multiple")}, "names nothing that is measured"),
        ({"mine": ("gross ** 2", "money")}, "has more than names, whole numbers"),
        ({"mine": ("True * gross", "money")}, "has more than names, whole numbers"),
        ({"mine": ("gross.real", "money")}, "has more than names, whole numbers"),
        ({"mine": ("__import__('os')", "money")}, "has more than names, whole numbers"),
        ({"mine": ("gross /", "money")}, "is no formula: write it as"),
        ({"mine": ("", "money")}, "is no formula: write it as"),
        ({"mine": ("(" * 250 + "gross" + ")" * 20, "money")}, "is no formula: write it as"),
        ({"mine": ("-" * 200 + "gross", "money")}, "takes more than 30 steps"),
        ({"mine": ("gross" + "+gross" * 60, "money")}, "is longer than 300 characters"),
        ({"mine": (f"({'+'.join(KPIS)})".replace("days", "day"), "money")}, "names aov, which is a quotient"),
        ({"mine": ("mine + gross", "money")}, "is made of itself: mine -> mine"),
        (
            {"a": ("b + gross", "money"), "b": ("c", "money"), "c": ("a", "money")},
            "c.formula: is made of itself: a -> b",
        ),
        ({"a": ("b / orders", "money"), "b": ("gross / orders", "money")}, "names b, which is a quotient; write what"),
    ],
)
def test_what_is_wrong_with_a_formula_is_told_once(tables, says, tmp_path):
    home = Home(tmp_path)
    home.settings.write_text(
        "".join(
            f'[kpis.{name}]\nlabel = "{name}"\nformula = "{formula}"\nunit = "{unit}"\n'
            for name, (formula, unit) in tables.items()
        )
    )
    with pytest.raises(SettingsError) as caught:
        settings.load(home, {})
    assert says in caught.value.message
    assert caught.value.message.startswith("growthos.toml:")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[kpis.aov]\nformula = "gross"\nunit = "money"\nlabel = "x"',
            "growthos.toml:1, kpis.aov: the name has a meaning",
        ),
        ('[kpis.gross]\nformula = "spend"\nunit = "money"\nlabel = "x"', "kpis.gross: the name has a meaning already"),
        (
            '[kpis.blended_cac]\nformula = "spend"\nunit = "money"\nlabel = "x"',
            "kpis.blended_cac: the name has a meaning",
        ),
        ('[kpis.revenue_drop]\nformula = "spend"\nunit = "money"\nlabel = "x"', "kpis.revenue_drop: the name has a"),
        ('[kpis.unique_grain]\nformula = "spend"\nunit = "money"\nlabel = "x"', "kpis.unique_grain: the name has a"),
        ('[kpis.shopify]\nformula = "spend"\nunit = "money"\nlabel = "x"', "kpis.shopify: the name has a meaning"),
        ('[kpis.Mine]\nformula = "spend"\nunit = "money"\nlabel = "x"', "is no name; write it in small letters"),
        (
            '[kpis.mine]\nformla = "spend"\nunit = "money"\nlabel = "x"',
            "kpis.mine.formla: there is no such setting; did",
        ),
        ('[kpis.mine]\nunit = "money"\nlabel = "x"', "kpis.mine.formula: field required"),
        (
            '[kpis.mine]\nformula = "spend"\nunit = "days"\nlabel = "x"',
            "growthos.toml:3, kpis.mine.unit: input should be",
        ),
        ('[kpis.mine]\nformula = "spend"\nunit = "money"\nlabel = "\\u001b[2J"', "kpis.mine.label: is a line of text"),
        ('[kpis]\nmine = "spend"', "kpis.mine: "),
    ],
)
def test_what_is_wrong_with_a_table_is_told(text, says, tmp_path):
    home = Home(tmp_path)
    home.settings.write_text(text)
    with pytest.raises(SettingsError) as caught:
        settings.load(home, {})
    assert says in caught.value.message


ATOMS = st.sampled_from(
    ["gross", "orders", "spend", "mine", "7", "0", "1.5", "x", "'a'", "[gross]", "print(1)", "lambda: 1"]
)
TREES = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "**", "%", " if gross else "]), inner).map(
            lambda parts: f"({''.join(parts)})"
        )
        | inner.map(lambda text: f"-{text}")
    ),
    max_leaves=40,
)


def _measure(name: str) -> Meaning:
    if name not in NOTHING:
        raise FormulaError(name)
    return Meaning({(name,): Fraction(1)}, None, name)


@trials(deadline=None)
@given(st.text(max_size=LONGEST + 9) | TREES)
def test_any_text_is_a_formula_that_is_right_or_is_refused(text):
    """What is read gives what Python's own exact arithmetic gives, and nothing else ever runs or hangs."""
    try:
        found = parse(text, _measure)
    except FormulaError:
        return
    values = {name: Fraction(number) for number, name in enumerate(found.names, 3)}
    outcome = found.outcome(tuple(map(int, values.values())), "ratio")
    top, bottom = (outcome.numerator, outcome.denominator) if isinstance(outcome, Ratio) else (outcome, 1)
    exact = re.sub(r"\b\d+\b", r"Fraction(\g<0>)", text.strip())
    try:
        expected = eval(exact, {"__builtins__": {}, "Fraction": Fraction}, values)
    except ZeroDivisionError:
        assert bottom == 0
    else:
        assert Fraction(top, bottom) == expected


def test_sums_that_grow_with_each_other_are_stopped():
    """Each one names the one before twice over: written out it would be longer than any memory."""
    formulas = {"k0": ("gross + spend", "money")}
    formulas |= {f"k{number}": (f"k{number - 1} + k{number - 1} + gross", "money") for number in range(1, 40)}
    given = {name: OwnKpi(formula=text, unit="money", label=name) for name, (text, _) in formulas.items()}
    said: list[tuple[tuple[str, ...], str]] = []
    own.kpis(given, lambda keys, what: said.append((keys, what)))
    [(keys, what)] = said
    assert keys[0] == "kpis"
    assert "once what it is made of is written out" in what


def test_why_splits_what_adds_up(shop):
    """280.00 / 40 - 120.00 / 50 = 7.00 - 2.40 = 4.60.

    Net revenue: 160.00 x (1/40 + 1/50) / 2 = 3.60. Sessions, 10 less than there were: 10 x 200.00 / (40 x 50) = 1.00.
    """
    known = declared(mine=("revenue_net / sessions", "money"))
    found = why(shop.con, "mine", known=known)
    assert {effect.cause.name: effect.effect for effect in found.effects} == {"revenue_net": 360, "sessions": 100}
    assert sum(scope.effect for scope in found.channels.values()) == 460
    assert found.campaigns is None, "visits name no campaign"


def test_why_splits_a_sum_with_its_factors(shop):
    """The margin rose from 66.00 to 160.00, ads from 20.00 to 40.00, and 2 orders more cost 0.30 each."""
    known = declared(mine=("contribution_margin - ad_spend - 30 * orders", "money"))
    found = why(shop.con, "mine", known=known)
    assert {effect.cause.name: effect.effect for effect in found.effects} == {
        "contribution_margin": 9_400,
        "ad_spend": -2_000,
        "orders": -60,
    }
    assert found.row.delta == 7_340


@pytest.mark.parametrize(
    "formula",
    ["(revenue_net - spend) / spend", "revenue_net / spend - 1", "(2 * gross - discounts) / (orders + 3)", "gross / 2"],
)
def test_effects_add_up_to_the_change(shop, formula):
    found = why(
        shop.con,
        "mine",
        known=declared(mine=(formula, "money" if "orders" in formula or "2" in formula else "multiple")),
    )
    assert sum(effect.effect for effect in found.effects) == found.row.delta != 0
    assert sum(scope.effect for scope in found.channels.values()) == found.row.delta


def test_why_says_what_it_cannot_split():
    with pytest.raises(UsageError, match="its formula multiplies what is measured") as caught:
        find_split("mine", declared(mine=("orders * gross / refunds", "money")))
    assert "growthos explain mine" in caught.value.hint


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = publish(tmp_path / "home")
    found.settings.write_text(OWN)
    return found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "100")

    def ran(*arguments: str, home: Home) -> tuple[int, str, str]:
        code = cli.run(["--home", str(home.root), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


@pytest.mark.long
def test_every_command_knows_them(run, home):
    code, out, _ = run("kpis", "--format", "json", home=home)
    names = [row["name"] for row in json.loads(out)["kpis"]]
    assert (code, names) == (0, [*KPIS, "revenue_per_session", "profit", "profit_share"])
    _, out, _ = run("kpis", "Profit_share", "--by", "channel", home=home)
    assert out.count("Profit share") == 4
    _, out, _ = run("plot", "profit", "--format", "csv", "--since", "7d", home=home)
    assert [row["kpi"] for row in csv.DictReader(StringIO(out))] == ["profit"] * 7
    _, out, _ = run("explain", "profit_share", home=home)
    assert "Formula: (contribution_margin - ad_spend - 30 x orders) / revenue_net" in out
    assert "- 30 x 21 orders) / $24,908.76 = 30.0%" in out
    code, _, err = run("explain", "profit_shar", home=home)
    assert (code, "Did you mean profit_share?" in err) == (2, True)
    code, _, err = run("kpis", "revenue_per_sesion", home=home)
    assert (code, "Did you mean revenue_per_session?" in err) == (2, True)
    code, out, _ = run("why", "revenue_per_session", home=home)
    assert (code, f"Next: growthos --home {home.root} why revenue_net" in out) == (0, True)


def test_a_home_does_not_know_those_of_another(run, home, tmp_path):
    assert run("kpis", "profit", home=home)[0] == 0
    other = publish(tmp_path / "other")
    code, _, err = run("kpis", "profit", home=other)
    assert code == ExitCode.USAGE
    assert "There is no KPI 'profit'" in err
    assert len(json.loads(run("kpis", "--format", "json", home=other)[1])["kpis"]) == len(KPIS) == 18
    assert run("kpis", "profit", home=home)[0] == 0


def test_the_demo_says_that_it_has_none(run, home):
    code, _, err = run("--demo", "kpis", "profit", home=home)
    assert (code, "In the demo nothing of growthos.toml counts" in err) == (2, True)


def test_names_are_read_from_what_there_is():
    assert {"revenue_net", "gross", "cogs", "channel_cac", "roas_below_one", "meta"} <= own.taken()
    assert list(catalog.names())[: len(KPIS)] == list(KPIS)
