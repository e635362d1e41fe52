"""Why a KPI changed: effects worked out on paper, and parts that always add up, to the cent and to the sixth place."""

import csv
import json
import random
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from hand_made import publish
from kpi_fixtures import CHANNELS, LAST_DAY, Shop, day

from growthos import alerts, jsontext, kpis, measures
from growthos.errors import UsageError
from growthos.kpis import KPIS
from growthos.measures.splits import SPLITS
from growthos.measures.why import Why, find_split, why
from growthos.period import Period
from growthos.render import output, why_page
from growthos.render.pages import Note, Table, markdown
from growthos.warehouse import database

ADS = ("roas", "ctr", "cpc", "cpm")
BEFORE, NOW = day(16), day(23)
WEEK = Period(NOW, LAST_DAY)


def test_every_kpi_is_split_but_the_one_that_cannot_be():
    assert set(KPIS) - set(SPLITS) == {"payback_days"}
    with pytest.raises(UsageError, match="payback_days cannot be split") as caught:
        find_split("payback_days")
    assert "growthos why cac" in caught.value.hint
    assert find_split("blended_cac") == find_split("CAC")


def told(found: Why) -> dict[str, Any]:
    """The causes of the whole and of each scope, as {scope: {cause: effect}}."""
    scopes = {"all": found.effects} | {
        key: one.effects for group in (found.channels, found.campaigns or {}) for key, one in group.items()
    }
    return {key: {one.cause.name: one.effect for one in effects} for key, effects in scopes.items()}


def revenue() -> Shop:
    """Before: Meta 4 orders of 100.00, e-mail 2 of 250.00. Now: Meta 2 of 120.00 less 10.00, e-mail 3 of 240.00, and
    30.00 given back to e-mail. Net 900.00 -> 910.00, in all 6 orders of 150.00 -> 5.
    """
    shop = Shop()
    for _ in range(4):
        shop.order(BEFORE, 10_000, channel="meta")
    for _ in range(2):
        shop.order(BEFORE, 25_000, channel="email")
        shop.order(NOW, 12_000, channel="meta", discount=1_000)
    for _ in range(3):
        shop.order(NOW, 24_000, channel="email")
    shop.refund(NOW, 3_000, channel="email")
    return shop


def test_net_revenue_is_split_as_on_paper():
    """Meta: -2 orders x 150.00, 240.00 - 2 x 100.00, -20.00 of discounts, and -2 x (100.00 - 150.00) of the mix.

    E-mail: 1 order x 150.00, 720.00 - 3 x 250.00, 1 x (250.00 - 150.00) of the mix, -30.00 of returns.
    """
    found = why(revenue().con, "revenue_net")
    assert found.row.delta == 1_000
    assert told(found) == {
        "all": {"orders": -15_000, "order_value": 1_000, "order_discount": -2_000, "mix": 20_000, "returns": -3_000},
        "meta": {"orders": -30_000, "order_value": 4_000, "order_discount": -2_000, "mix": 10_000, "returns": 0},
        "email": {"orders": 15_000, "order_value": -3_000, "order_discount": 0, "mix": 10_000, "returns": -3_000},
        "unknown": {
            "orders": -15_000,
            "order_value": 1_000,
            "order_discount": -2_000,
            "mix": 20_000,
            "returns": -3_000,
        },
    }
    assert [one.cause.name for one in found.effects] == ["mix", "orders", "returns", "order_discount", "order_value"]
    orders = next(one for one in found.effects if one.cause.name == "orders")
    assert (orders.before, orders.now, orders.share) == (6, 5, Decimal(-15))
    assert (found.channels["email"].before, found.channels["email"].now) == (50_000, 69_000)
    assert list(found.channels) == ["email", "meta"], "19000 is more than -18000"


def test_an_order_and_its_refund_are_in_the_campaign_of_the_order():
    """Of the orders above those of Meta name a campaign; one of last month's comes back now for 5.00."""
    shop = revenue()
    shop.campaign("meta:1", "meta", "Spring")
    shop.order(day(-30), 10_000, channel="meta")
    shop.con.execute("update fact_orders set campaign_key = 'meta:1' where channel_key = 1")
    shop.refund(NOW, 500, channel="meta")
    shop.con.execute(
        "update fact_refunds set order_key = ?, order_date_key = ? where returns_cents = 500",
        [f"shopify:{shop.rows - 1}", day(-30)],
    )
    found = why(shop.con, "revenue_net")
    assert found.campaigns
    assert {key: (one.name, one.effect) for key, one in found.campaigns.items()} == {
        "unknown": ("No campaign", 19_000),
        "meta:1": ("Spring", -18_500),
    }
    assert told(found)["meta:1"]["returns"] == -500
    assert told(found)["meta:1"] == told(found)["meta"]


def ads() -> Shop:
    """Campaign 1: 100.00 for 10,000 shown, 100 clicks; 5 purchases of 60.00 -> 2.5 of 40.00. Campaign 2 stays as it is:
    100.00 for 20,000 shown, 400 clicks, 2 purchases of 50.00.
    """
    shop = Shop()
    for when, conversions, value in ((BEFORE, 5, 30_000), (NOW, 2.5, 10_000)):
        shop.ads(when, 10_000, impressions=10_000, clicks=100, conversions=conversions, value=value)
        shop.ads(when, 10_000, campaign="google:2", impressions=20_000, clicks=400, conversions=2, value=10_000)
    return shop


def test_roas_is_split_as_on_paper():
    """Campaign 1: a click for 1.00, so 5 % x 60 = 3 -> 2.5 % x 40 = 1.

    -2.5 % x mean(60, 40) = -1.25 and -20 x mean(5 %, 2.5 %) = -.75, of half the spend: -.625 and -.375. ROAS 2 -> 1.
    """
    found = why(ads().con, "roas")
    rest = {"cpm": 0, "ctr": 0, "mix": 0}
    moved = {"reported_conversion_rate": Decimal("-0.625"), "reported_order_value": Decimal("-0.375"), **rest}
    still = {"reported_conversion_rate": 0, "reported_order_value": 0, **rest}
    assert told(found) == {"all": moved, "meta": moved, "google": still, "meta:1": moved, "google:2": still}
    rate, value = found.effects[:2]
    assert (rate.before, rate.now) == (Decimal("0.014"), Decimal("0.009"))  # 7 and 4.5 of 500 clicks
    assert (value.before, value.now) == (5_714, 4_444)  # 400.00 / 7 and 200.00 / 4.5
    assert (rate.share, value.share) == (Decimal("0.625"), Decimal("0.375"))


def test_cac_is_split_as_on_paper():
    """100.00 for 10 -> 120.00 for 8. Meta's 20.00 more: x mean(1/10, 1/8) = 2.25. Its 2 fewer: 110 x 2/80 = 2.75."""
    shop = Shop()
    for when, spend, customers in ((BEFORE, 10_000, 6), (NOW, 12_000, 4)):
        shop.ads(when, spend)
        for number in range(customers + 4):
            shop.order(when, channel="meta" if number < customers else "direct", customer=f"{when}-{number}", seq=1)
    found = why(shop.con, "channel_cac")
    assert (found.kpi.name, found.row.delta) == ("cac", 500)
    assert told(found)["all"] == told(found)["meta"] == {"spend": 225, "new_customers": 275}
    assert told(found)["direct"] == {"spend": 0, "new_customers": 0}
    assert told(found)["meta:1"] == {"spend": 225, "new_customers": 0}, "these orders name no campaign"


def test_conversion_rate_is_split_by_the_steps_of_the_funnel():
    """1,000 visits, 500 seen, 100 carts, 50 checkouts, 20 purchases -> 10: only the last step moved, and all of it."""
    shop = Shop()
    for when, purchases in ((BEFORE, 20), (NOW, 10)):
        shop.visits(when, 1_000, views=500, carts=100, checkouts=50, purchases=purchases)
    found = why(shop.con, "conversion_rate")
    steps = {"purchase_rate": Decimal("-0.01"), "view_rate": 0, "cart_rate": 0, "checkout_rate": 0, "mix": 0}
    assert told(found) == {"all": steps, "direct": steps}
    assert found.campaigns is None
    assert Note("Not known by campaign.", "dim") in why_page.page(found)


def trade() -> Shop:
    """A shop of one channel and one campaign, so that there is no mix.

    Before: 4 orders of 100.00 less 10.00, 2 of them of new customers; 20.00 given back; 40.00 spent on 4,000 shown and
    80 clicks. Now: 2 orders of 120.00, both new; 30.00 and 1.00 of shipping given back; 60.00 on 5,000 shown and 50
    clicks. An order costs 30.00 of goods, 6.00 to send and 3.00 of fees, and 5.00 are charged for shipping. Earlier, 2
    customers came with 100.00 each, one gave 20.00 back and the other came again, then 4 with 80.00, and one did.
    """
    shop = Shop()
    for when, orders, gross, discount, new in ((BEFORE, 4, 10_000, 1_000, 2), (NOW, 2, 12_000, 0, 2)):
        for number in range(orders):
            given = {"cogs": 3_000, "shipping_cost": 600, "payment_fee": 300, "shipping_revenue": 500}
            seq = 1 if number < new else 2
            shop.order(when, gross, discount=discount, customer=f"{when}{number}", seq=seq, **given)
    shop.refund(BEFORE, 2_000)
    shop.refund(NOW, 3_000, shipping=100)
    shop.ads(BEFORE, 4_000, impressions=4_000, clicks=80)
    shop.ads(NOW, 6_000, impressions=5_000, clicks=50)
    for when, customers, gross in ((day(-8), 2, 10_000), (day(-1), 4, 8_000)):
        for number in range(customers):
            shop.order(when, gross, customer=f"{when}{number}", seq=1)
        shop.order(when, 0, customer=f"{when}0", seq=2)
    shop.refund(day(-8), 2_000, customer=f"{day(-8)}1")
    return shop


@pytest.mark.parametrize(
    ("name", "delta", "by_hand"),
    [
        # 400.00 -> 240.00: 2 orders fewer x 100.00, 2 orders x 20.00 more.
        ("revenue_gross", -16_000, {"orders": -20_000, "order_value": 4_000, "mix": 0}),
        # 90.00 -> 120.00: 20.00 more, and 10.00 less taken off.
        ("aov", 3_000, {"order_value": 2_000, "order_discount": 1_000, "mix": 0}),
        # 20 / 360 -> 30 / 240: 10 x mean(1/360, 1/240) = 25/720, and 25 x (1/240 - 1/360) = 25/720.
        ("refund_rate", "0.069444", {"returns": "0.034722", "sales": "0.034722"}),
        # 204.00 -> 141.00.
        (
            "contribution_margin",
            -6_300,
            {
                "revenue_net": -13_000,
                "shipping_revenue": -1_000,
                "shipping_refunds": -100,
                "cogs": 6_000,
                "shipping_cost": 1_200,
                "payment_fees": 600,
            },
        ),
        # 60 % -> 67.1429 %: 20/340 -> 10/210 is -.01120448, 0 -> 1/210 -.00476190, 120/340 -> 60/210 +.06722689,
        # 24/340 -> 12/210 +.01344538, 12/340 -> 6/210 +.00672269. Rounded down they make .071426 of .071429, and the
        # three that lost most, .89, .69 and .52 of a millionth, get one each.
        (
            "contribution_margin_pct",
            "0.071429",
            {
                "shipping_revenue": "-0.011204",
                "shipping_refunds": "-0.004762",
                "cogs": "0.067227",
                "shipping_cost": "0.013445",
                "payment_fees": "0.006723",
            },
        ),
        # 40.00 -> 60.00: 1,000 more shown at 10.00 a thousand, 5,000 at 2.00 a thousand more.
        ("ad_spend", 2_000, {"impressions": 1_000, "cpm": 1_000, "mix": 0}),
        # 340 / 40 -> 210 / 60: -130 x mean(1/40, 1/60) = -2.708333, 275 x (1/60 - 1/40) = -2.291667.
        ("mer", "-5", {"revenue_net": "-2.708333", "spend": "-2.291667"}),
        # 2 of 4 -> 2 of 2.
        ("new_customer_share", "0.5", {"new_customer_share": "0.5", "mix": "0"}),
        # (200 - 20) / 2 -> 320 / 4: 100 -> 80 bought, 10 -> 0 given back.
        ("ltv", -1_000, {"sales_each": -2_000, "returns_each": 1_000, "mix": 0}),
        # 1 of 2 -> 1 of 4.
        ("retention_rate", "-0.25", {"retention_rate": "-0.25", "mix": "0"}),
        # 80 of 4,000 -> 50 of 5,000.
        ("ctr", "-0.01", {"ctr": "-0.01", "mix": "0"}),
        # .50 -> 1.20: 50 shown a click -> 100, at mean(.01, .012): .55; .01 -> .012 at mean(50, 100): .15.
        ("cpc", 70, {"ctr": 55, "cpm": 15, "mix": 0}),
        # 10.00 -> 12.00.
        ("cpm", 200, {"cpm": 200, "mix": 0}),
    ],
)
def test_other_kpis_are_split_as_on_paper(name, delta, by_hand):
    found = why(trade().con, name)
    assert found.row.delta == Decimal(delta)
    assert told(found)["all"] == {cause: Decimal(effect) for cause, effect in by_hand.items()}


@pytest.mark.parametrize("name", [*ADS, "revenue_net", "cac", "conversion_rate", "ltv"])
def test_what_has_no_value_is_told_in_words(name):
    """Nothing was there before, then something; and nothing at all."""
    shop = Shop()
    assert "None" not in "".join(_styles(why(shop.con, name)).values())
    shop.ads(NOW, 10_000, impressions=10_000, clicks=100, conversions=5, value=30_000)
    shop.order(NOW, 10_000, customer="a", seq=1)
    shop.order(day(-3), 10_000, customer="b", seq=1)
    shop.visits(NOW, 1_000, views=500, carts=100, checkouts=50, purchases=20)
    found = why(shop.con, name)
    said = _styles(found)
    if name == "revenue_net":
        assert told(found)["all"] == {"orders": 10_000, "order_value": 0, "order_discount": 0, "mix": 0, "returns": 0}
        return
    assert found.effects == ()
    assert found.row.delta is None
    message = f"{KPIS[name].label} has no value from 2026-03-16 to 2026-03-22: what it is divided by was 0."
    assert message in said["table"]
    assert message in json.loads(said["json"])["warnings"][-1]["message"]
    assert "nan" not in "".join(said.values()).lower()


def _styles(found: Why) -> dict[str, str]:
    """What is written in each format."""
    return {
        "table": output.drawn(why_page.page(found)),
        "json": jsontext.dumps(found.as_json()),
        "csv": output.as_csv(why_page.FIELDS, why_page.records(found)),
        "markdown": markdown(why_page.page(found)),
    }


@pytest.fixture(scope="module", params=range(3))
def busy(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop of chance: some channels and campaigns come, go, or do odd things."""
    dice = random.Random(request.param)
    shop = Shop()
    slugs = [slug for _, slug, _, _ in CHANNELS]
    shop.con.execute("begin")
    for number in range(14):
        when = LAST_DAY.replace(day=29 - number)
        for order in range(dice.randint(0, 9)):
            gross = dice.randint(0, 30_000)
            who = f"{number}-{order}"
            given = {"channel": dice.choice(slugs), "customer": who, "seq": dice.choice((1, 1, 2))}
            shop.order(when, gross, **given, discount=gross // dice.randint(3, 99), cogs=gross // 3, payment_fee=33)
            shop.order(day(-1 - number), gross, channel=given["channel"], customer=f"{who}-new", seq=1)
            if dice.random() < 0.4:
                shop.order(day(9 - number), gross // 2, channel="sms", customer=f"{who}-new", seq=2)
        for channel in dice.sample(slugs, 3):
            shop.refund(when, dice.randint(0, 9_000), channel=channel)
            shop.visits(when, dice.randint(0, 999), channel=channel, **_funnel(dice))
        for campaign in range(12):
            key = f"{'meta' if campaign % 2 else 'google'}:{campaign}"
            amounts = [dice.choice((0, dice.randint(1, most))) for most in (99_999, 99_999, 999, 99_999)]
            shop.ads(when, amounts[0], campaign=key, impressions=amounts[1], clicks=amounts[2], value=amounts[3])
            shop.con.execute(
                "update fact_spend set conversions = ? where date_key = ? and campaign_key = ?",
                [Decimal(dice.randint(0, 10**7)).scaleb(-6), when, key],
            )
    for campaign in range(12):
        shop.con.execute(
            "update fact_orders set campaign_key = ? where channel_key = ? and hash(order_key) % 13 = ?",
            [f"{'meta' if campaign % 2 else 'google'}:{campaign}", 1 if campaign % 2 else 2, campaign],
        )
    shop.con.execute("commit")
    yield shop
    shop.con.close()


def _funnel(dice: random.Random) -> dict[str, int]:
    return {name: dice.randint(0, 99) for name in ("views", "carts", "checkouts", "purchases")}


@pytest.mark.parametrize("name", SPLITS)
def test_in_json_and_csv_everything_adds_up(busy, name):
    """The causes to the change, every channel's and campaign's too, and each cause over the channels and campaigns."""
    found = why(busy.con, name, WEEK)
    said = json.loads(_styles(found)["json"], parse_float=Decimal)
    delta = said["kpi"]["delta"]
    assert delta
    assert delta == next(row["delta"] for row in kpis.report(busy.con, WEEK, [name]).as_json()["kpis"])
    whole = {one["name"]: one["effect"] for one in said["effects"]}
    assert sum(whole.values()) == delta
    for by in ("by_channel", "by_campaign"):
        scopes = said[by]
        if scopes is None:
            continue
        assert sum(one["effect"] for one in scopes.values()) == delta
        for one in scopes.values():
            assert sum(cause["effect"] for cause in one["effects"]) == one["effect"]
        for name_, effect in whole.items():
            assert effect == sum(c["effect"] for one in scopes.values() for c in one["effects"] if c["name"] == name_)
    rows = list(csv.DictReader(StringIO(_styles(found)["csv"])))
    for by in {row["by"] for row in rows}:
        assert sum(Decimal(row["effect"]) for row in rows if row["by"] == by) == delta


@pytest.mark.parametrize("name", SPLITS)
def test_on_the_page_everything_adds_up(busy, name):
    """As a reader adds up what is shown, the line of the others included."""
    found = why(busy.con, name, WEEK)
    causes, *places = [block for block in why_page.page(found) if isinstance(block, Table)]
    total = _number(causes.rows, 3)
    assert total == Decimal(found.row.delta) * SHOWN[found.kpi.form]
    assert places
    for table in places:
        assert len(table.rows) <= why_page.MOST + 1
        assert _number(table.rows, 3) == total
        for place in range(4, len(table.columns)):
            assert _number(table.rows, place) == _number([causes.rows[place - 4]], 3)
    if name in ADS:
        assert places[-1].rows[-1][0].text.endswith("others")


SHOWN = {"money": Decimal("0.01"), "percent": 100, "multiple": 1}
"""What is shown of 1: a cent, percentage points, times."""


def _number(rows: Any, place: int) -> Decimal:
    return sum(
        (
            Decimal(row[place].text.replace("$", "").replace(",", "").removesuffix(" pp").removesuffix("x"))
            for row in rows
        ),
        Decimal(0),
    )


@pytest.mark.parametrize("name", ["revenue_gross", "revenue_net", "contribution_margin", "ad_spend"])
def test_a_part_of_a_sum_has_its_own_change(busy, name):
    found = why(busy.con, name, WEEK)
    assert found.campaigns
    for one in (*found.channels.values(), *found.campaigns.values()):
        assert one.effect == one.now - one.before


def test_the_orders_have_the_effect_that_the_alert_names(tmp_path):
    """And what the alert calls the order value holds discounts and mix."""
    with database.connect(publish(tmp_path).database) as con:
        figures = next(one.figures for one in alerts.evaluate(con).firing if one.rule.name == "revenue_drop")
        parts = told(why(con, "revenue_net"))["all"]
    assert figures
    assert parts["orders"] == figures["orders_effect"]
    assert parts["returns"] == figures["returns_effect"]
    assert parts["order_value"] + parts["order_discount"] + parts["mix"] == figures["order_value_effect"]


def test_the_day_of_the_largest_move_is_named():
    """100.00 a day to the 25th, then 40.00, then 30.00; the day before the window counts for the first."""
    shop = Shop()
    for number in range(16, 30):
        shop.order(day(number), 10_000 if number < 26 else 4_000 if number < 28 else 3_000)
    turn = why(shop.con, "revenue_gross").turn
    assert turn
    assert (turn.day, turn.before, turn.now) == (day(26), 10_000, 4_000)
    first = why(shop.con, "revenue_gross", Period(day(26), day(29))).turn
    assert first
    assert (first.day, first.before) == (day(26), 10_000)
    assert why(shop.con, "revenue_gross", Period(day(20), day(22))).turn is None, "nothing changed"


def test_what_is_known_by_campaign_is_what_its_query_gives():
    shop = revenue()
    cursor = shop.con.execute(measures.CAMPAIGNS.replace("group_key", "campaign_key"), {"first": BEFORE, "last": NOW})
    names = {column[0] for column in cursor.description} - {"campaign_key"}
    assert names == set(measures.MEASURES) - set(measures.UNKNOWN_BY_CAMPAIGN)


def test_yen_are_shown_with_hundredths_only_where_they_have_some():
    """Orders have none; the parts of a mean have, and add up: 37.33 + 6 - 5.33 = 38."""
    shop = revenue()
    shop.con.execute("update run_info set currency = 'JPY'")
    assert "¥910, before ¥900: +¥10, +1.1%." in output.drawn(why_page.page(why(shop.con, "revenue_net")))
    found = output.drawn(why_page.page(why(shop.con, "aov")))
    assert re.findall(r"[+-]¥[\d.]+", found)[:4] == ["+¥38", "+¥37.33", "+¥6", "-¥5.33"]


@pytest.mark.parametrize(
    ("name", "following"), [("revenue_net", ""), ("roas", "Next: growthos --demo why conversion_rate"), ("ctr", "")]
)
def test_the_largest_cause_is_what_to_ask_about_next(name, following):
    shop = revenue() if name == "revenue_net" else ads()
    notes = [block.text for block in why_page.page(why(shop.con, name), demo=True) if isinstance(block, Note)]
    assert [one for one in notes if one.startswith("Next")] == ([following] if following else [])


def test_the_demo_tells_that_its_checkout_broke(demo_home: Callable[..., Any]):
    """Fewer orders, clicks that do not become purchases, fewer new customers, and all of it at the last step."""
    with database.connect(demo_home().database) as con:
        largest = {name: why(con, name) for name in ("revenue_net", "roas", "cac", "conversion_rate")}
    assert {name: one.effects[0].cause.name for name, one in largest.items()} == {
        "revenue_net": "orders",
        "roas": "reported_conversion_rate",
        "cac": "new_customers",
        "conversion_rate": "purchase_rate",
    }
    for one in largest.values():
        assert one.effects[0].share
        assert one.effects[0].share > Decimal("0.8")
        assert one.turn
        assert one.turn.day == day(24)
