"""The demo's shop has every pattern it promises, for a reason it knows."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from statistics import linear_regression, mean
from urllib.parse import parse_qs, urlsplit

import pytest
from oracle import channel_of_order, counts

from growthos import demo
from growthos.demo import marketing
from growthos.demo.dice import DAY, END, START, day_of
from growthos.demo.records import Order
from growthos.demo.shop import Shop

SEEDS = (42, 43)
PEAK = (marketing.PEAK_FIRST, marketing.PEAK_LAST)
LAST_WEEK = (date(2026, 3, 23), date(2026, 3, 29))
WEEK_BEFORE = (date(2026, 3, 16), date(2026, 3, 22))
TWO_BEFORE = (date(2026, 3, 9), date(2026, 3, 15))
ALL = (demo.FIRST_DAY, demo.LAST_DAY)
Days = tuple[date, date]


@pytest.fixture(scope="module", params=SEEDS)
def any_shop(request) -> Shop:
    return demo.make_shop(request.param)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return demo.make_shop(42)


def day(order: Order) -> date:
    return day_of(order.processed_at)


def within(one: date, days: Days) -> bool:
    return days[0] <= one <= days[1]


def paid(line) -> int:
    return line.quantity * line.unit_price_cents - sum(line.discounts)


def sold(order: Order) -> int:
    return sum(paid(line) for line in order.lines if not line.is_gift_card)


def given_back(refund) -> int:
    """Returns in cents: goods after discounts, less the adjustments that are settled."""
    settled = [one.amount_cents for one in refund.adjustments if one.reason != "PENDING_REFUND_DISCREPANCY"]
    return sum(one.subtotal_cents for one in refund.lines) - sum(settled)


def net(shop: Shop, days: Days) -> int:
    counted = [order for order in shop.orders if counts(order)]
    returns = [one for order in counted for one in order.refunds if within(day_of(one.created_at), days)]
    return sum(sold(order) for order in counted if within(day(order), days)) - sum(map(given_back, returns))


def orders_in(shop: Shop, days: Days) -> int:
    return sum(counts(order) and within(day(order), days) for order in shop.orders)


def spent(shop: Shop, days: Days, platform: str = "") -> tuple[int, int]:
    """Spend and claimed sales, in cents."""
    rows = [one for one in shop.campaign_days if within(one.day, days) and one.campaign.platform.startswith(platform)]
    return sum(one.spend_micros for one in rows) // 10_000, sum(one.value_micros for one in rows) // 10_000


def traffic(shop: Shop, days: Days, figure: str) -> int:
    return sum(getattr(row, figure) for row in shop.traffic if within(row.day, days))


def per_day(shop: Shop) -> Counter[date]:
    return Counter(day(order) for order in shop.orders if counts(order))


def new_customers(shop: Shop, days: Days) -> int:
    """Identities whose first counted order lies within days; those who bought before the history are not new."""
    known = {one.email: one.id for one in shop.customers}
    loaded = Counter(order.customer_id for order in shop.orders if not order.test)
    old = {one.id for one in shop.customers if one.created_at < START and one.number_of_orders > loaded[one.id]}
    first: dict[object, date] = {}
    for order in sorted((one for one in shop.orders if counts(one)), key=lambda one: (one.processed_at, one.id)):
        typed = (order.email or "").strip().lower()
        who = order.customer_id or known.get(typed, typed)
        if who and who not in old:
            first.setdefault(who, day(order))
    return sum(within(one, days) for one in first.values())


# --- how much there is ---------------------------------------------------------------------------------------------


def test_it_is_as_large_as_it_says(any_shop):
    assert 5_130 <= len(any_shop.orders) <= 5_670
    assert 2_280 <= len(any_shop.customers) <= 2_520
    assert Counter(one.platform for one in any_shop.campaigns) == {"meta": 4, "google": 4}
    assert len({row.group for row in any_shop.traffic}) == 6
    assert (180, date(2025, 10, 1), date(2026, 3, 29)) == (demo.DAYS, demo.FIRST_DAY, demo.LAST_DAY)
    assert set(per_day(any_shop)) == {demo.FIRST_DAY + timedelta(days=number) for number in range(180)}
    assert {row.day for row in any_shop.traffic} == set(per_day(any_shop))
    assert len(any_shop.products) == 200
    assert len(any_shop.variants()) > 600


def test_some_things_are_longer_than_a_page(any_shop):
    *_, next_longest, longest = sorted(len(order.lines) for order in any_shop.orders)
    assert longest == 140
    assert next_longest <= 6
    assert max(len(one.lines) for order in any_shop.orders for one in order.refunds) == 110
    assert Counter(len(one.variants) > 5 for one in any_shop.products) == {True: 1, False: 199}
    assert max(len(one.variants) for one in any_shop.products) == 130


def test_two_seeds_are_two_shops():
    one, other = (demo.make_shop(seed) for seed in SEEDS)
    assert net(one, ALL) != net(other, ALL)


# --- its rhythm ----------------------------------------------------------------------------------------------------


def ordinary(shop: Shop) -> dict[date, int]:
    """Orders of the days that are neither in the season nor after the checkout broke."""
    quiet = (date(2025, 11, 19), date(2026, 1, 12))
    return {one: count for one, count in per_day(shop).items() if not within(one, quiet) and one < shop.anomaly.first}


def test_it_grows(any_shop):
    weeks: dict[int, list[int]] = defaultdict(list)
    for one, count in ordinary(any_shop).items():
        weeks[(one - demo.FIRST_DAY).days // 7].append(count)
    whole = {week: sum(counts) for week, counts in weeks.items() if len(counts) == 7}
    slope, start = linear_regression(list(whole), list(whole.values()))
    assert len(whole) >= 15
    assert 1.3 < (start + slope * 25) / start < 1.9


def test_weekends_are_busier(any_shop):
    of_day = ordinary(any_shop)
    weekend = mean(count for one, count in of_day.items() if one.isoweekday() >= 6)
    midweek = mean(count for one, count in of_day.items() if one.isoweekday() <= 4)
    assert 1.1 < weekend / midweek < 1.4


def test_the_season_lifts_it_and_black_friday_most(any_shop):
    of_day = per_day(any_shop)
    in_season = mean(count for one, count in of_day.items() if within(one, PEAK))
    around = mean(count for one, count in of_day.items() if not within(one, PEAK) and one < date(2026, 1, 31))
    assert in_season / around > 1.4
    top = {one for one, _ in of_day.most_common(5)}
    assert {date(2025, 11, 28), date(2025, 12, 1)} <= top
    codes = Counter(within(day(order), PEAK) for order in any_shop.orders if any(len(x.discounts) for x in order.lines))
    share_in = codes[True] / sum(count for one, count in of_day.items() if within(one, PEAK))
    share_out = codes[False] / sum(count for one, count in of_day.items() if not within(one, PEAK))
    assert share_in > 1.5 * share_out


# --- kinds of orders -----------------------------------------------------------------------------------------------


def test_every_order_adds_up(any_shop):
    assert len({order.id for order in any_shop.orders}) == len(any_shop.orders)
    lines = [line for order in any_shop.orders for line in order.lines]
    assert len({line.id for line in lines}) == len(lines)
    for order in any_shop.orders:
        charged = [one for one in order.shipping if not one.is_removed]
        assert order.subtotal_cents == sum(map(paid, order.lines))
        assert order.tax_cents == sum(sum(one.taxes) for one in (*order.lines, *charged))
        extras = order.tip_cents + order.duties_cents + order.fees_cents
        delivery = sum(one.discounted_cents for one in charged)
        assert order.total_cents == order.subtotal_cents + delivery + order.tax_cents + extras
        assert all(paid(line) >= 0 for line in order.lines)
        assert START <= order.created_at <= order.updated_at < END
        assert START <= order.processed_at <= order.created_at


def test_discounts_are_of_every_kind(any_shop):
    lines = [line for order in any_shop.orders for line in order.lines]
    assert sum(len(line.discounts) == 2 for line in lines) > 50  # of the line itself and of a code
    spread = [order for order in any_shop.orders if sum(len(line.discounts) > 0 for line in order.lines) > 1]
    assert len(spread) > 200  # one code over several lines
    assert sum(line.quantity * line.unit_price_cents % 10 != 0 and len(line.discounts) == 1 for line in lines) > 200
    assert sum(sold(order) == 0 and counts(order) for order in any_shop.orders) >= 5  # replacements
    sent = [one for order in any_shop.orders for one in order.shipping if not one.is_removed]
    assert sum(one.original_cents > one.discounted_cents == 0 for one in sent) > 50
    assert sum(one.original_cents > one.discounted_cents > 0 for one in sent) > 50
    both = [
        order
        for order in any_shop.orders
        if any(len(line.discounts) for line in order.lines)
        and any(one.original_cents > one.discounted_cents for one in order.shipping)
    ]
    assert len(both) > 30


def test_refunds_are_of_every_kind(any_shop):
    pairs = [(order, one) for order in any_shop.orders for one in order.refunds]
    assert len({one.id for _, one in pairs}) == len(pairs)
    assert len({line.id for _, one in pairs for line in one.lines}) == sum(len(one.lines) for _, one in pairs)
    counted = [(order, one) for order, one in pairs if counts(order)]
    quantity = {line.id: line.quantity for order, _ in pairs for line in order.lines}
    assert sum(line.quantity < quantity[line.line_id] for _, one in counted for line in one.lines) > 5
    assert sum(0 < len(one.lines) < len(order.lines) for order, one in counted) > 50
    assert sum(order.financial_status == "REFUNDED" and len(order.lines) > 1 for order, _ in counted) > 50
    late = [one for order, one in counted if one.created_at - order.processed_at > 30 * DAY]
    assert len(late) >= 20
    kinds = Counter(line.restock_type for _, one in counted for line in one.lines)
    assert kinds["NO_RESTOCK"] >= 50
    assert kinds["LEGACY_RESTOCK"] >= 5
    assert kinds["RETURN"] >= 200
    goodwill = [one for _, one in counted if not one.lines and sum(two.amount_cents for two in one.adjustments) < 0]
    assert len(goodwill) >= 20
    reasons = Counter(two.reason for _, one in counted for two in one.adjustments)
    assert {"REFUND_DISCREPANCY", "RESTOCK", "PENDING_REFUND_DISCREPANCY"} <= set(reasons)
    assert any(len(order.refunds) == 2 for order, _ in counted)
    assert any(one.shipping for _, one in counted)
    assert all(one.lines or one.adjustments or one.shipping for _, one in pairs)
    assert any(line.restock_type == "CANCEL" for order, one in pairs for line in one.lines if order.cancelled_at)


def test_nobody_gets_more_back_than_was_paid(any_shop):
    for order in any_shop.orders:
        assert sum(map(given_back, order.refunds)) <= sold(order)
        back = Counter[int]()
        for one in order.refunds:
            back.update({line.line_id: line.quantity for line in one.lines})
            assert order.processed_at < one.created_at <= one.processed_at < END
        assert all(back[line.id] <= line.quantity for line in order.lines)


def test_orders_that_do_not_count_are_there(any_shop):
    assert sum(order.cancelled_at is not None for order in any_shop.orders) > 50
    assert sum(order.test for order in any_shop.orders) >= 10
    kinds = Counter(order.financial_status for order in any_shop.orders if not order.cancelled_at)
    assert kinds["VOIDED"] >= 10
    assert min(kinds[status] for status in ("PENDING", "AUTHORIZED", "PARTIALLY_PAID")) >= 5
    alone = [order for order in any_shop.orders if all(line.is_gift_card for line in order.lines)]
    beside = [order for order in any_shop.orders if any(x.is_gift_card for x in order.lines) and order not in alone]
    assert min(len(alone), len(beside)) >= 10
    assert not any(order.shipping for order in alone)


def test_buyers_are_of_every_kind(any_shop):
    known = {one.email: one for one in any_shop.customers}
    guests = [order for order in any_shop.orders if order.customer_id is None and order.email]
    assert len(guests) > 200
    addresses = Counter(order.email.strip().lower() for order in guests)
    assert sum(address in known for address in addresses) >= 5  # a guest who has an account
    assert any(order.email != order.email.strip().lower() for order in guests if order.email.strip().lower() in known)
    assert sum(count > 1 for count in addresses.values()) >= 10  # who comes back, typed in another way
    till = [order for order in any_shop.orders if order.source_name == "pos"]
    assert len([order for order in till if order.email is None and order.customer_id is None]) >= 20
    assert len([order for order in till if order.customer_id is not None]) >= 20
    drafts = Counter(order.source_name for order in any_shop.orders)
    assert min(drafts["shopify_draft_order"], drafts["4580111"]) >= 10
    assert {order.customer_id for order in any_shop.orders} - {None} <= {one.id for one in any_shop.customers}


def test_some_customers_are_older_than_the_history(any_shop):
    loaded = Counter(order.customer_id for order in any_shop.orders if not order.test)
    old = [one for one in any_shop.customers if one.created_at < START]
    assert sum(one.number_of_orders > loaded[one.id] > 0 for one in old) >= 50
    assert sum(one.number_of_orders == loaded[one.id] > 0 for one in old) >= 5  # made an account, bought years later
    young = [one for one in any_shop.customers if one.created_at >= START]
    assert all(one.number_of_orders == loaded[one.id] for one in young)
    assert sum(one.number_of_orders == 0 for one in young) >= 10


def test_goods_have_a_cost_or_have_none(any_shop):
    costs: dict[str, set[bool]] = defaultdict(set)
    for product in any_shop.products:
        costs[product.category].update(variant.unit_cost_cents is not None for variant in product.variants)
    assert costs["Apparel"] == {True}
    assert costs["beauty"] == {True, False}  # nobody but the maker of the samples tells one
    assert costs["Food"] == {True, False}
    assert costs[""] == {False}
    assert sum(one.unit_cost_cents == 0 for one in any_shop.variants().values()) >= 1
    lines = [line for order in any_shop.orders for line in order.lines]
    assert sum(line.product_id is None for line in lines) >= 5
    assert sum(line.product_id is not None and line.variant_id is None for line in lines) >= 5
    assert sum(line.unit_price_cents % 100 not in (0, 50) for line in lines) > len(lines) / 2


def test_rare_orders_are_there(any_shop):
    assert {order.presentment_currency for order in any_shop.orders} == {"USD", "CAD", "GBP", "EUR"}
    assert any(order.duties_cents for order in any_shop.orders)
    assert any(order.tip_cents for order in any_shop.orders)
    assert any(order.fees_cents for order in any_shop.orders)
    edited = [order for order in any_shop.orders if order.edited]
    assert any(one.is_removed for order in edited for one in order.shipping)
    imported = [order for order in any_shop.orders if order.processed_at < order.created_at]
    assert len(imported) >= 2
    assert all(day_of(order.processed_at) != day_of(order.created_at) for order in imported)
    seconds = Counter(order.processed_at % DAY for order in any_shop.orders)
    assert min(seconds[0], seconds[DAY - 1]) >= 5
    assert any(one.is_pickup for order in any_shop.orders for one in order.shipping)
    brand = [one.spend_micros % 10_000 for one in any_shop.campaign_days if one.campaign.name.startswith("Brand")]
    assert {4_999, 5_000} <= set(brand)


# --- how buyers came -----------------------------------------------------------------------------------------------


def test_the_shop_and_an_honest_reader_agree_on_every_channel(any_shop):
    own = (f".{any_shop.domain}", f".{any_shop.myshopify_domain}")
    assert all(order.channel == channel_of_order(order, own) for order in any_shop.orders)
    channels = Counter(order.channel for order in any_shop.orders)
    assert set(channels) == {
        *("meta", "google", "paid_other", "organic_search", "organic_social", "email", "sms"),
        *("affiliate", "referral", "direct", "pos", "other"),
    }
    assert min(channels.values()) >= 50


def test_every_channel_rule_is_met(any_shop):
    links, tags, hosts = Counter[str](), Counter[tuple[str, str]](), Counter[str]()
    for order in any_shop.orders:
        page = (order.visit and order.visit.landing_page) or order.landing_page or ""
        asked = parse_qs(urlsplit(page).query)
        links.update(asked.keys())
        if "fbclid" in asked and "utm_source" not in asked:
            links["fbclid alone"] += 1
        if order.visit and order.visit.utm:
            tags[order.visit.utm[0] or "", order.visit.utm[1] or ""] += 1
        hosts[urlsplit((order.visit and order.visit.referrer) or order.referrer or "").hostname or ""] += 1
    clicks = {"gclid", "gbraid", "wbraid", "msclkid", "ttclid", "twclid", "epik", "li_fat_id", "fbclid alone", "utm_id"}
    assert clicks <= set(links)
    wanted = {("Klaviyo", "email"), ("postscript", "SMS"), ("partnerhub", "affiliate"), ("linkinbio", "social")}
    wanted |= {("google", "organic"), ("slowliving", "referral"), ("flyer", "qr"), ("youtube", "ppc"), ("an", "cpm")}
    assert wanted <= set(tags)
    own = {"harborandpine.example", "checkout.shopify.com", "shop.app"}
    assert own | {"www.google.com", "duckduckgo.com", "l.instagram.com", "giftguide.example.com", ""} <= set(hosts)


def test_tags_come_whole_in_part_and_not_at_all(any_shop):
    web = [order for order in any_shop.orders if order.source_name == "web"]
    assert sum(order.visit is not None and order.visit.utm is not None for order in web) > 500
    cut = [order for order in web if order.visit and not order.visit.utm]
    assert sum("utm_source" in (order.visit.landing_page or "") for order in cut) > 100
    bare = [order for order in web if order.visit is None]
    assert sum("utm_source" in (order.landing_page or "") for order in bare) > 100


def test_campaigns_are_named_by_number_and_by_name(any_shop):
    ids = {str(one.id): one.key for one in any_shop.campaigns}
    names = {one.name.lower(): one.key for one in any_shop.campaigns}
    found = Counter[str]()
    for order in any_shop.orders:
        if not (order.visit and order.visit.utm and order.visit.utm[2] and order.channel in {"meta", "google"}):
            continue
        told = order.visit.utm[2]
        how = "id" if told in ids else "name" if told.replace("+", " ").lower() in names else "none"
        found[how] += 1
        found["loud"] += told != told.lower() and told == told.upper() and how == "name"
        assert order.campaign == (ids.get(told) or names.get(told.replace("+", " ").lower()))
    assert min(found["id"], found["name"], found["none"], found["loud"]) >= 10
    for_platform = {(order.channel, order.campaign.split(":")[0]) for order in any_shop.orders if order.campaign}
    assert for_platform == {("meta", "meta"), ("google", "google")}


# --- sources agree -------------------------------------------------------------------------------------------------


def test_analytics_sees_about_the_orders_there_are(any_shop):
    for number in range(25):
        first = demo.FIRST_DAY + timedelta(days=7 * number)
        week = (first, first + timedelta(days=6))
        orders, purchases = orders_in(any_shop, week), traffic(any_shop, week, "purchases")
        assert 0.85 < orders / purchases < 1.15
    seen, real = traffic(any_shop, ALL, "revenue_cents"), sum(order.subtotal_cents for order in any_shop.orders)
    assert 0.9 < seen / real < 1.1
    assert 0.6 <= orders_in(any_shop, ALL) / traffic(any_shop, ALL, "purchases") <= 1.1


def test_the_funnel_narrows(any_shop):
    for row in any_shop.traffic:
        assert row.item_views >= row.add_to_carts >= row.checkouts >= row.purchases
        assert row.sessions >= row.engaged
        assert row.sessions >= row.purchases
        assert row.sessions >= row.users >= row.new_users


def test_sessions_of_a_platform_are_its_clicks_less_those_who_left(any_shop):
    for platform, sources in (("meta", {"facebook", "instagram"}), ("google", {"google"})):
        clicks = sum(one.clicks for one in any_shop.campaign_days if one.campaign.platform == platform)
        rows = [row for row in any_shop.traffic if row.source in sources and row.medium == "cpc"]
        assert 0.8 < sum(row.sessions for row in rows) / clicks < 0.92


def test_platforms_claim_more_than_they_brought_and_not_too_much(any_shop):
    for platform in ("meta", "google"):
        brought = sum(sold(order) for order in any_shop.orders if counts(order) and order.channel == platform)
        assert 1.15 < spent(any_shop, ALL, platform)[1] / brought < 1.65


def test_campaigns_are_believable(any_shop):
    for row in any_shop.campaign_days:
        assert row.campaign.first <= row.day <= row.campaign.last
        assert row.impressions > row.clicks > 0
        assert row.clicks_all >= row.clicks
        cents = row.spend_micros / 10_000
        assert 0.8 < cents / row.clicks / row.campaign.cost_per_click_cents < 1.2
        assert 0.8 < row.clicks * 100_000 / row.impressions / row.campaign.clicks_per_100k < 1.2
        assert 0.7 < cents / row.campaign.daily_budget_cents < 4
    meta = [row for row in any_shop.campaign_days if row.campaign.platform == "meta"]
    google = [row for row in any_shop.campaign_days if row.campaign.platform == "google"]
    assert all(
        row.spend_micros % 10_000 == row.value_micros % 10_000 == row.conversions_micros % 1_000_000 == 0
        for row in meta
    )
    assert sum(row.spend_micros % 10_000 != 0 for row in google) > len(google) / 2
    assert sum(row.conversions_micros % 1_000_000 != 0 for row in google) > len(google) / 2
    assert any(row.clicks_all > row.clicks for row in meta)


def test_the_business_is_believable(any_shop):
    spend, claimed = spent(any_shop, ALL)
    assert 3 < net(any_shop, ALL) / spend < 4.2
    assert 4_000 < spend / new_customers(any_shop, ALL) < 7_000
    assert 1.5 < claimed / spend < 3
    assert 0.015 < traffic(any_shop, ALL, "purchases") / traffic(any_shop, ALL, "sessions") < 0.025
    returns = sum(given_back(one) for order in any_shop.orders if counts(order) for one in order.refunds)
    assert 0.04 < returns / sum(sold(order) for order in any_shop.orders if counts(order)) < 0.1
    for platform in ("meta", "google"):
        brought = sum(sold(order) for order in any_shop.orders if counts(order) and order.channel == platform)
        assert 1 < brought / spent(any_shop, ALL, platform)[0] < 3


# --- what broke ----------------------------------------------------------------------------------------------------


def test_the_shop_knows_what_broke_and_since_when(any_shop):
    assert "mobile" in any_shop.anomaly.what
    assert within(any_shop.anomaly.first, LAST_WEEK)
    day_before = any_shop.anomaly.first - timedelta(days=1)
    after = (any_shop.anomaly.first, demo.LAST_DAY)
    lost = net(any_shop, after) / 6 / net(any_shop, (day_before - timedelta(days=6), day_before)) * 7
    assert lost < 0.55


def test_the_shop_tells_what_moved_its_numbers(any_shop):
    """The break, the seasons, campaigns that come and go, an order of 140 lines and its return: each on its days."""
    told = {one.what: (one.first, one.last) for one in demo.happened()}
    assert all(demo.FIRST_DAY <= first <= last <= demo.LAST_DAY for first, last in told.values())
    assert told[any_shop.anomaly.what] == (any_shop.anomaly.first, demo.LAST_DAY)
    assert {one.what for one in demo.happened() if one.channel == "google"} == {"The campaign Gifts - Search."}
    for one in any_shop.campaigns:
        days = [row.day for row in any_shop.campaign_days if row.campaign == one]
        always = (days[0], days[-1]) == (demo.FIRST_DAY, demo.LAST_DAY)
        assert always or told[f"The campaign {one.name}."] == (days[0], days[-1])
    [long] = [order for order in any_shop.orders if len(order.lines) == 140]
    assert told["One order of 140 lines."] == (day(long), day(long))
    back = day_of(long.refunds[0].created_at)
    assert told["Most of the order of 140 lines comes back."] == (back, back)
    assert {"Black Friday.", "Cyber Monday.", "Christmas Day."} < told.keys()
    assert len(told) == 1 + len(marketing.PEAKS) + 3 + 2


def test_the_week_before_was_normal(any_shop):
    for figure in (net, orders_in, new_customers, lambda one, days: spent(one, days)[0]):
        assert 0.75 < figure(any_shop, WEEK_BEFORE) / figure(any_shop, TWO_BEFORE) < 1.35
    for platform in ("", "meta", "google"):
        spend, claimed = spent(any_shop, WEEK_BEFORE, platform)
        assert claimed > spend


def test_people_still_come_and_fill_carts_and_cannot_pay(any_shop):
    def share(days: Days, step: str, of: str) -> float:
        return traffic(any_shop, days, step) / traffic(any_shop, days, of)

    assert 0.9 < traffic(any_shop, LAST_WEEK, "sessions") / traffic(any_shop, WEEK_BEFORE, "sessions") < 1.1
    assert 0.9 < spent(any_shop, LAST_WEEK)[0] / spent(any_shop, WEEK_BEFORE)[0] < 1.1
    for step, of in (("item_views", "sessions"), ("add_to_carts", "item_views"), ("checkouts", "add_to_carts")):
        assert 0.9 < share(LAST_WEEK, step, of) / share(WEEK_BEFORE, step, of) < 1.1
    assert share(LAST_WEEK, "purchases", "checkouts") / share(WEEK_BEFORE, "purchases", "checkouts") < 0.65


def test_it_crosses_critical_and_warning_lines_with_every_guard_met(any_shop):
    """KPI_SPEC 4, by sums of the shop's own records: two critical alerts and two warnings at least."""
    assert orders_in(any_shop, WEEK_BEFORE) >= 10
    assert new_customers(any_shop, WEEK_BEFORE) >= 5
    assert traffic(any_shop, LAST_WEEK, "sessions") >= 500
    assert net(any_shop, LAST_WEEK) / net(any_shop, WEEK_BEFORE) < 0.7
    spend, claimed = spent(any_shop, LAST_WEEK, "meta")
    assert spend >= 10_000
    assert claimed < spend
    cac, before = (spent(any_shop, week)[0] / new_customers(any_shop, week) for week in (LAST_WEEK, WEEK_BEFORE))
    assert cac / before > 1.25
    rate, rate_before = (
        traffic(any_shop, week, "purchases") / traffic(any_shop, week, "sessions") for week in (LAST_WEEK, WEEK_BEFORE)
    )
    assert rate / rate_before < 0.8


def test_phones_suffer_and_tills_do_not(any_shop):
    """A channel loses about what its share of phones says."""
    after = (any_shop.anomaly.first, demo.LAST_DAY)
    calm = (any_shop.anomaly.first - timedelta(days=28), any_shop.anomaly.first - timedelta(days=1))
    left = {}
    for channel in ("meta", "google", "organic_search"):
        now, then = (
            sum(order.channel == channel and within(day(order), days) for order in any_shop.orders)
            for days in (after, calm)
        )
        left[channel] = now / 6 / (then / 28)
    assert left["meta"] < 0.35 < left["google"] < 0.75
    assert 0.3 < left["organic_search"] < 0.8
