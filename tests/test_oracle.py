"""What the commands say about the demo shop is what an independent calculation from the shop's records says.

`oracle.py` knows the shop and the definitions, and nothing of connectors, raw files, SQL or the KPIs' code.
"""

import ast
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import oracle as oracle_module
import pytest
from demo_home import SEEDS, make_shop
from oracle import HORIZON, PAID, Oracle, channel_of_order, counts, moved, shown

from growthos import cli
from growthos.demo import FIRST_DAY, LAST_DAY
from growthos.home import Home

WEEK = timedelta(days=7)
WINDOWS = {
    "the last week": (LAST_DAY - timedelta(days=6), LAST_DAY),
    "a month with the peak": (date(2025, 11, 15), date(2025, 12, 14)),
    "half of the history": (LAST_DAY - timedelta(days=89), LAST_DAY),
    "all of it": (FIRST_DAY, LAST_DAY),
    "one day": (date(2026, 1, 20), date(2026, 1, 20)),
}
LOWER_IS_BETTER = {"refund_rate", "cac", "payback_days", "cpc", "cpm"}

oracle = cache(lambda seed: Oracle(make_shop(seed)))


def command(home: Home, *arguments: str) -> Any:
    """The JSON that a command prints; no number in it passes through a float."""
    out = StringIO()
    with redirect_stdout(out):
        assert cli.run(["--home", str(home.root), *arguments, "--format", "json"]) == 0
    return json.loads(out.getvalue(), parse_float=Fraction)


def kpis(home: Home, first: date, last: date) -> Any:
    return command(home, "kpis", "--by", "channel", "--since", first.isoformat(), "--until", last.isoformat())


def alerts(home: Home, last: date) -> list[dict[str, Any]]:
    return list(command(home, "alerts", "--all", "--until", last.isoformat())["alerts"])


def expected(told: Oracle, first: date, last: date) -> dict[str, Any]:
    """What `kpis --by channel` has to say about a window."""
    before = (first - (last - first) - timedelta(days=1), first - timedelta(days=1))
    now, then = told.kpis(first, last), told.kpis(*before)
    born = {one.channel for one in told.within(first - HORIZON, last - HORIZON) if one.seq == 1}
    present = sorted(born | {one.channel for one in told.within(first, last)})
    by_channel = {channel: told.kpis(first, last, channel) for channel in present}
    return {
        "since": first.isoformat(),
        "until": last.isoformat(),
        "previous": {"since": before[0].isoformat(), "until": before[1].isoformat()},
        "kpis": {name: _row(name, one, then[name], by_channel) for name, one in now.items()},
    }


def _row(name: str, now: dict[str, Any], then: dict[str, Any], by_channel: dict[str, Any]) -> dict[str, Any]:
    change, delta = moved(now["exact"], then["exact"], now["unit"])
    return {
        "unit": now["unit"],
        "value": shown(now["exact"], now["unit"]),
        "numerator": now["numerator"],
        "denominator": now["denominator"],
        "previous": shown(then["exact"], then["unit"]),
        "change": change,
        "delta": delta,
        "better": None if name == "ad_spend" else "lower" if name in LOWER_IS_BETTER else "higher",
        "components": now["components"],
        "by_channel": {
            channel: {
                "value": shown(one[name]["exact"], now["unit"]),
                "numerator": one[name]["numerator"],
                "denominator": one[name]["denominator"],
            }
            for channel, one in by_channel.items()
            if name != "mer" or channel in PAID
        },
    }


def differences(wanted: Any, found: Any, at: str = "") -> Iterator[str]:
    """Where two structures differ, each difference with its place and both values."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted(wanted.keys() | found.keys()):
            missing = "nothing"
            yield from differences(wanted.get(key, missing), found.get(key, missing), f"{at}/{key}")
    elif wanted != found:
        yield f"{at}: {found} instead of {wanted}"


def compared(told: Oracle, said: Any, first: date, last: date) -> list[str]:
    wanted = expected(told, first, last)
    found = {key: said[key] for key in ("since", "until", "previous")}
    found["kpis"] = {row["name"]: {key: row[key] for key in row if key != "name"} for row in said["kpis"]}
    return list(differences(wanted, found))


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_command_says_what_the_oracle_says(demo_home, seed, window):
    """Every value, numerator, denominator, component, channel, previous value, change and difference."""
    said = kpis(demo_home(seed), *WINDOWS[window])
    assert compared(oracle(seed), said, *WINDOWS[window]) == []
    assert [row["name"] for row in said["kpis"]] == list(oracle(seed).kpis(*WINDOWS[window]))


def test_money_and_days_are_whole_numbers(demo_home):
    """They are never written as 12.0."""
    for row in kpis(demo_home(), *WINDOWS["the last week"])["kpis"]:
        whole = [row[key] for key in ("numerator", "denominator")]
        whole += [row[key] for key in ("value", "previous", "delta") if row["unit"] != "ratio"]
        assert all(one is None or type(one) is int for one in whole), row["name"]


def test_two_seeds_are_two_shops():
    """Else the second one would prove nothing."""
    one, other = (oracle(seed).kpis(*WINDOWS["all of it"]) for seed in SEEDS)
    same = [name for name in one if one[name]["exact"] == other[name]["exact"]]
    assert set(same) <= {"payback_days"}


# What a witness is worth: one record is changed after the sync, and the comparison has to notice.


def _ordinary(order):
    """Of a known customer, from a campaign, in the peak, with goods that came back before it was over."""
    first, last = ((day - date(1970, 1, 1)).days * 86_400 for day in WINDOWS["a month with the peak"])
    back = [refund.created_at for refund in order.refunds if refund.lines]
    return (
        counts(order)
        and order.channel == "meta"
        and order.customer_id
        and first < order.processed_at
        and back[:1] > [0]
        and back[0] < last
        and not any(line.is_gift_card for line in order.lines)
    )


def _order(shop, **what):
    """The shop with one of its orders changed."""
    at = next(place for place, one in enumerate(shop.orders) if _ordinary(one))
    order = shop.orders[at]
    changed = order._replace(**{field: value(order) for field, value in what.items()})
    return replace(shop, orders=(*shop.orders[:at], changed, *shop.orders[at + 1 :]))


def _dearer(order):
    return (order.lines[0]._replace(unit_price_cents=order.lines[0].unit_price_cents + 1), *order.lines[1:])


def _discounted(order):
    return (order.lines[0]._replace(discounts=(*order.lines[0].discounts, 1)), *order.lines[1:])


def _dollar_more(order):
    return order.total_cents + 100


def _not_sent(order):
    return tuple(line._replace(requires_shipping=False) for line in order.lines)


def _nobody(_):
    return None


def _given_back(order):
    refund = order.refunds[0]
    lines = (refund.lines[0]._replace(subtotal_cents=refund.lines[0].subtotal_cents + 1), *refund.lines[1:])
    return (refund._replace(lines=lines), *order.refunds[1:])


def _spent(shop):
    at = next(place for place, row in enumerate(shop.campaign_days) if row.day == date(2025, 12, 1))
    row = shop.campaign_days[at]
    row = row._replace(spend_micros=row.spend_micros + 10_000, clicks=row.clicks + 1)
    return replace(shop, campaign_days=(*shop.campaign_days[:at], row, *shop.campaign_days[at + 1 :]))


def _visited(shop):
    at = next(place for place, row in enumerate(shop.traffic) if row.day == date(2025, 12, 1))
    row = shop.traffic[at]._replace(sessions=shop.traffic[at].sessions + 1)
    return replace(shop, traffic=(*shop.traffic[:at], row, *shop.traffic[at + 1 :]))


ALTERED = {
    "a line costs a cent more": (lambda shop: _order(shop, lines=_dearer), "revenue_gross"),
    "a cent more was taken off": (lambda shop: _order(shop, lines=_discounted), "revenue_net"),
    "a cent more was given back": (lambda shop: _order(shop, refunds=_given_back), "refund_rate"),
    "a dollar more was paid": (lambda shop: _order(shop, total_cents=_dollar_more), "contribution_margin"),
    "nothing had to be sent": (lambda shop: _order(shop, lines=_not_sent), "contribution_margin"),
    "it came through another channel": (lambda shop: _order(shop, source_name=lambda _: "pos"), "aov"),
    "nobody knows who bought": (lambda shop: _order(shop, customer_id=_nobody, email=_nobody), "new_customer_share"),
    "it was a test": (lambda shop: _order(shop, test=lambda _: True), "aov"),
    "an ad cost a cent more": (_spent, "cpc"),
    "one more came": (_visited, "conversion_rate"),
}  # fmt: skip


@pytest.mark.parametrize("what", ALTERED)
def test_one_altered_record_is_noticed(said, what):
    """A comparison that cannot fail proves nothing."""
    alter, name = ALTERED[what]
    window = WINDOWS["a month with the peak"]
    shop = make_shop(SEEDS[0])
    found = compared(Oracle(alter(shop)), said, *window)
    assert any(one.startswith(f"/kpis/{name}/") for one in found), found
    assert compared(oracle(SEEDS[0]), said, *window) == []


@pytest.fixture(scope="module")
def said(demo_home):
    return kpis(demo_home(), *WINDOWS["a month with the peak"])


# The alerts, from the oracle's numbers: rule, guard, and when it fires, written as the definition has them.


def judged(told: Oracle, last: date) -> dict[tuple[str, str], dict[str, Any]]:
    """Every rule asked of every scope, for the week that ends on a day."""
    weeks = ((last - WEEK + timedelta(days=1), last), (last - 2 * WEEK + timedelta(days=1), last - WEEK))
    scopes = {"all": tuple(told.kpis(*week) for week in weeks)}
    for channel in PAID:
        two = tuple(told.kpis(*week, channel) for week in weeks)
        if any(week["ad_spend"]["numerator"] for week in two):
            scopes[channel] = two
    found = {}
    for scope, (now, then) in scopes.items():
        for rule, (name, kind, line, guarded, everywhere) in RULES.items():
            if scope == "all" or everywhere:
                found[rule, scope] = _judge(now, then, name, kind, line, met=guarded(now, then), rule=rule)
    return found


def _judge(now, then, name, kind, line, *, met, rule):
    one, other, unit = now[name]["exact"], then[name]["exact"], now[name]["unit"]
    delta = None if one is None or other is None else one - other
    change = delta / abs(other) if kind in ("falls by", "rises by") and delta is not None and other else None
    change = delta if kind == "moves by" else change
    crossed = one if kind == "is below" else change
    nobody = rule == "cac_increase" and not now["cac"]["denominator"] and now["ad_spend"]["numerator"]
    if not met or (crossed is None and not nobody):
        state = "insufficient_data"
    else:
        fires = nobody or (crossed > line if kind == "rises by" else crossed < line)
        state = "firing" if fires else "ok"
    return {
        "state": state,
        "current": shown(one, unit),
        "previous": shown(other, unit),
        "change": shown(change, "ratio"),
        "threshold": line,
    }


def _both(name, least):
    return lambda now, then: min(now[name]["denominator"], then[name]["denominator"]) >= least


def _spends(now):
    return now["ad_spend"]["numerator"] >= 100_00


RULES = {
    "revenue_drop": (
        "revenue_net", "falls by", Fraction(-3, 10),
        lambda _, then: then["aov"]["denominator"] >= 10 and then["revenue_net"]["numerator"] > 0, False,
    ),
    "roas_below_one": ("roas", "is below", Fraction(1), lambda now, _: _spends(now), True),
    "cac_increase": (
        "cac", "rises by", Fraction(1, 4), lambda now, then: then["cac"]["denominator"] >= 5 and _spends(now), True,
    ),
    "ctr_drop": ("ctr", "falls by", Fraction(-1, 5), _both("ctr", 5_000), True),
    "conversion_rate_drop": ("conversion_rate", "falls by", Fraction(-1, 5), _both("conversion_rate", 500), False),
    "contribution_margin_drop": (
        "contribution_margin_pct", "moves by", Fraction(-5, 100),
        lambda now, then: _both("aov", 5)(now, then) and _both("contribution_margin_pct", 1)(now, then), False,
    ),
    "new_customer_share_drop": (
        "new_customer_share", "moves by", Fraction(-1, 10), _both("new_customer_share", 10), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("last", [LAST_DAY, date(2025, 12, 7), date(2025, 12, 28), FIRST_DAY + timedelta(days=9)])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_alerts_are_the_oracles(demo_home, seed, last):
    """State, current and previous value, change and threshold, for every rule and scope."""
    keys = ("state", "current", "previous", "change", "threshold")
    found = {(one["id"], one["scope"]): {key: one[key] for key in keys} for one in alerts(demo_home(seed), last)}
    assert list(differences(judged(oracle(seed), last), found)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_what_broke_in_the_last_days_is_seen(seed):
    """The shop knows of a broken checkout; one critical and two warning alerts have to speak of it."""
    firing = {rule for (rule, _), one in judged(oracle(seed), LAST_DAY).items() if one["state"] == "firing"}
    assert firing & {"revenue_drop", "roas_below_one"}
    assert len(firing & {"cac_increase", "ctr_drop", "conversion_rate_drop", "contribution_margin_drop"}) >= 2
    calm = {rule for (rule, _), one in judged(oracle(seed), LAST_DAY - 2 * WEEK).items() if one["state"] == "firing"}
    assert not calm


# The demo's size, and the shop's own word on channels.


@pytest.mark.parametrize("seed", SEEDS)
def test_the_demo_has_the_size_that_was_promised(demo_home, seed):
    """Each record of the shop is in the published database once, and there are as many as were promised."""
    import duckdb

    shop = make_shop(seed)
    with duckdb.connect(demo_home(seed).database, read_only=True) as con:
        count = lambda query: con.execute(query).fetchall()[0][0]  # noqa: E731
        orders = count("select count(*) from fact_orders")
        customers = count("select count(*) from dim_customer where source = 'shopify'")
        campaigns = con.execute(
            "select platform, count(*) from dim_campaign where campaign_key <> 'unknown' group by all order by all"
        ).fetchall()
        groups = count("select count(distinct channel_group) from fact_traffic")
        days = count("select count(distinct date_key) from fact_orders where is_counted")
    assert (orders, customers) == (len(shop.orders), len(shop.customers))
    assert 5_130 <= orders <= 5_670
    assert 2_280 <= customers <= 2_520
    assert campaigns == [("google", 4), ("meta", 4)]
    assert groups == 6
    assert days == 180


@pytest.mark.parametrize("seed", SEEDS)
def test_the_touch_tells_the_channel_that_the_shop_meant(seed):
    """The rules, read from the definition, find the channel that the shop gave each order when it made the link."""
    shop = make_shop(seed)
    own = (f".{shop.domain}", f".{shop.myshopify_domain}")
    assert [order.name for order in shop.orders if channel_of_order(order, own) != order.channel] == []


def test_the_oracle_stays_a_witness():
    """It is short enough to be read against the definitions, knows only the shop, and holds nothing in a float."""
    text = Path(oracle_module.__file__).read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.startswith("growthos")} == {"growthos.demo.records", "growthos.demo.shop"}
    assert not [node for node in nodes if isinstance(node, ast.Import)]
    assert not [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert not {node.id for node in nodes if isinstance(node, ast.Name)} & {"float", "round", "Decimal"}
    assert len(text.splitlines()) <= 250
    for one in oracle(SEEDS[0]).kpis(*WINDOWS["all of it"]).values():
        assert {type(one["numerator"]), type(one["denominator"]), type(one["exact"])} <= {int, Fraction, type(None)}
