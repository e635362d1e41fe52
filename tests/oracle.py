"""The eighteen KPIs, worked out once more from the shop's own records: no SQL, no JSON, nothing of what is checked.

Money is in cents, days are days in UTC. A number in brackets is the section of the specification that a part follows.
"""
# ruff: noqa: SIM905 - lists of words read best as words

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from growthos.demo.records import Line, Order, Refund, TrafficRow
from growthos.demo.shop import START, Shop

EPOCH, HORIZON = date(1970, 1, 1), timedelta(days=30)
PAID = ("meta", "google", "paid_other")
MARGIN_BPS = {"apparel": 5500, "electronics": 3000, "beauty": 6500, "home": 5000, "food": 4000}  # 4500 otherwise
COSTS = ("shipping_refunds", "cogs", "shipping_cost", "payment_fees")
STEPS = ("sessions", "item_views", "add_to_carts", "checkouts", "purchases")
EMAIL = {*"email|e-mail|e_mail|e mail|klaviyo|mailchimp|omnisend|sendgrid|hubspot|brevo|attentive-email".split("|")}
META = {*"facebook fb instagram ig meta an msg".split()}
GOOGLE = {*"google adwords youtube dv360".split()}
SOCIAL = META - {"an", "msg"} | {*"tiktok pinterest twitter x t youtube linkedin lnkd reddit snapchat threads".split()}
SEARCH = {*"google bing yahoo duckduckgo ecosia baidu yandex qwant startpage brave".split()}
CHECKOUTS = (".checkout.shopify.com", ".shop.app", ".pay.shopify.com")
GROUPS = {"paid other": "paid_other", "audio": "paid_other", "organic search": "organic_search", "email": "email",
          "organic shopping": "organic_search", "organic social": "organic_social", "organic video": "organic_social",
          "sms": "sms", "affiliates": "affiliate", "referral": "referral", "direct": "direct"}  # fmt: skip


class Entry(NamedTuple):
    """Something that counts, on its day and in its channel: an order, a refund, a campaign's day, a row of traffic."""

    day: date
    channel: str
    adds: Counter[str]
    who: str | None = None  # customer number or address
    seq: int | None = None  # of an order: its place among the counted orders of this customer, 1 being the first ever


def nearest(exact: Fraction) -> int:
    """The nearest whole number, halves away from zero [0.1]."""
    return (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator) * (1 if exact > 0 else -1)


def shown(exact: Fraction | None, unit: str) -> Fraction | None:
    """A value as it is shown: whole cents and days, six places of a ratio."""
    places = 10**6 if unit == "ratio" else 1
    return None if exact is None else Fraction(nearest(exact * places), places)


def kpi(unit: str, numerator: int, denominator: int | None = None, **components: Any) -> dict[str, Any]:
    """A sum, or a quotient: there is none over nothing, nor a margin of less than nothing [0.1, 2]."""
    exact = Fraction(numerator, denominator or 1) if denominator is None or denominator > 0 else None
    return {"unit": unit, "numerator": numerator, "denominator": denominator, "exact": exact, "components": components}


def moved(now: Fraction | None, before: Fraction | None, unit: str) -> tuple[Fraction | None, Fraction | None]:
    """[0.4] The relative change and the difference of two values, both from what they were before rounding."""
    delta = None if now is None or before is None else now - before
    change = delta / abs(before) if delta is not None and before else None
    return shown(change, "ratio"), shown(delta, unit)


def net(of: Counter[str]) -> int:
    return of["gross"] - of["discounts"] - of["returns"]


def contribution(of: Counter[str]) -> int:
    return net(of) + of["shipping_revenue"] - sum(of[cost] for cost in COSTS)


def word(text: str | None) -> str:
    lower = (text or "").strip().lower()
    return "" if lower in ("(not set)", "(none)") else lower  # a way of saying nothing


def channel_of_order(order: Order, own: tuple[str, ...]) -> str:
    """[3.1] What the last touch tells, put together field by field; `own` are the shop's domains, each after a dot."""
    visit, query = order.visit, dict[str, str]()
    page = (visit and visit.landing_page) or order.landing_page
    referrer = (visit and visit.referrer) or order.referrer
    for key, text in parse_qsl(urlsplit(page or "").query):
        query.setdefault(key.strip().lower(), word(text))
    tags = (visit and visit.utm) or (None, None)
    source, medium = word(tags[0]) or query.get("utm_source", ""), word(tags[1]) or query.get("utm_medium", "")
    paid = "cp" in medium or medium in ("ppc", "retargeting") or medium.startswith("paid")
    host = urlsplit(referrer or "").hostname or ""
    named, place = set(source.split(".")), set(host.split("."))  # google.com is google, l.instagram.com instagram
    rules = (
        (order.source_name == "pos", "pos"),
        (not (page or referrer or source or medium) and order.source_name != "web", "other"),
        (query.keys() & {"gclid", "gbraid", "wbraid"}, "google"),
        (query.keys() & {"msclkid", "ttclid", "twclid", "epik", "li_fat_id"}, "paid_other"),
        (paid and named & META, "meta"),
        (paid and named & GOOGLE, "google"),
        (paid, "paid_other"),
        ({medium, source} & EMAIL, "email"),
        ("sms" in (medium, source), "sms"),
        (medium in ("affiliate", "affiliates"), "affiliate"),
        (medium in ("social", "social-network", "social-media", "sm") or named & SOCIAL, "organic_social"),
        (medium == "organic" or named & SEARCH, "organic_search"),
        (medium in ("referral", "app", "link"), "referral"),
        (medium or source, "other"),
        ("fbclid" in query, "organic_social"),
        (place & SEARCH, "organic_search"),
        (place & SOCIAL, "organic_social"),
        (host and not f".{host}".endswith((*own, *CHECKOUTS)), "referral"),
    )
    return next((channel for holds, channel in rules if holds), "direct")


def channel_of_traffic(row: TrafficRow) -> str:
    group, source, named = row.group.lower(), word(row.source), set(word(row.source).split("."))
    if group in ("paid search", "paid shopping", "paid video", "display", "cross-network"):
        return "google" if not source or named & GOOGLE else "paid_other"
    if group == "paid social":
        return "meta" if not source or named & META else "paid_other"
    return GROUPS.get(group, "other")


def counts(order: Order) -> bool:
    """[1.1] Not a test, nor cancelled, nor voided, nor gift cards alone."""
    only_gift_cards = all(line.is_gift_card for line in order.lines)
    return not (order.test or order.cancelled_at or order.financial_status == "VOIDED" or only_gift_cards)


class Oracle:
    """All that counts in a shop, ready to be asked about any window."""

    def __init__(self, shop: Shop) -> None:
        self.costs = {variant: one.unit_cost_cents for variant, one in shop.variants().items()}
        self.known = {word(one.email): str(one.id) for one in shop.customers}
        own, sequence = (f".{shop.domain}", f".{shop.myshopify_domain}"), self._sequence(shop)
        self.entries: list[Entry] = []
        for order in filter(counts, shop.orders):
            channel, who, seq = channel_of_order(order, own), self._who(order), sequence.get(order.id)
            day = EPOCH + timedelta(seconds=order.processed_at)
            self.entries.append(Entry(day, channel, self._sale(order, seq), who, seq))
            for refund in order.refunds:
                day = EPOCH + timedelta(seconds=refund.created_at)
                self.entries.append(Entry(day, channel, self._refund(refund, order), who))
        for ad in shop.campaign_days:  # [1.6] each row is rounded by itself, before anything is added
            spend, value = (nearest(Fraction(micros, 10_000)) for micros in (ad.spend_micros, ad.value_micros))
            adds = Counter(spend=spend, value=value, impressions=ad.impressions, clicks=ad.clicks)
            self.entries.append(Entry(ad.day, ad.campaign.platform, adds))
        for row in shop.traffic:
            steps = Counter({step: getattr(row, step) for step in STEPS})
            self.entries.append(Entry(row.day, channel_of_traffic(row), steps))

    def _who(self, order: Order) -> str | None:
        """[1.4] The customer; else whoever is known by that address; else the address; else nobody."""
        return str(order.customer_id or "") or self.known.get(word(order.email), word(order.email)) or None

    def _sequence(self, shop: Shop) -> dict[int, int]:
        """[1.4] By order id: which of its customer's orders it is, those before the loaded history included."""
        begin = max(START, min(order.created_at for order in shop.orders))
        loaded = Counter(self._who(order) for order in shop.orders if not order.test)
        old = [one for one in shop.customers if one.created_at < begin]
        last = Counter({str(one.id): max(0, one.number_of_orders - loaded[str(one.id)]) for one in old})
        sequence = {}
        for order in sorted(filter(counts, shop.orders), key=lambda one: (one.processed_at, one.id)):
            if who := self._who(order):
                last[who] = sequence[order.id] = last[who] + 1
        return sequence

    def _cogs(self, line: Line) -> int:
        """[1.5] The recorded cost, which may be 0; where there is none, gross less the category's margin."""
        cost, margin = self.costs.get(line.variant_id or 0), MARGIN_BPS.get(word(line.category), 4500)
        gross = line.quantity * line.unit_price_cents
        return nearest(Fraction(gross * (10_000 - margin), 10_000)) if cost is None else line.quantity * cost

    def _sale(self, order: Order, seq: int | None) -> Counter[str]:
        """[1.2, 1.5] Gift cards are no sale, but the payment fee is on all that was paid."""
        goods = [line for line in order.lines if not line.is_gift_card]
        delivery = [one for one in order.shipping if not one.is_removed]
        fetched = order.source_name == "pos" or any(one.is_pickup for one in delivery)
        return Counter(
            orders=1, identified=int(seq is not None), new=int(seq == 1),
            gross=sum(line.quantity * line.unit_price_cents for line in goods),
            discounts=sum(sum(line.discounts) for line in goods),
            shipping_revenue=sum(one.discounted_cents for one in delivery),
            cogs=sum(self._cogs(line) for line in goods),
            shipping_cost=600 if any(line.requires_shipping for line in order.lines) and not fetched else 0,
            payment_fees=nearest(Fraction(order.total_cents * 290, 10_000)) + 30 if order.total_cents else 0,
        )  # fmt: skip

    def _refund(self, refund: Refund, order: Order) -> Counter[str]:
        """[1.3, 1.5] Goods that come back give back their cost."""
        lines = {line.id: line for line in order.lines if not line.is_gift_card}
        goods = [(one, lines[one.line_id]) for one in refund.lines if one.line_id in lines]
        back = [(one, line) for one, line in goods if one.restock_type in ("RETURN", "CANCEL", "LEGACY_RESTOCK")]
        adjusted = [one.amount_cents for one in refund.adjustments if one.reason != "PENDING_REFUND_DISCREPANCY"]
        return Counter(
            returns=sum(one.subtotal_cents for one, _ in goods) - sum(adjusted),
            shipping_refunds=sum(one.subtotal_cents for one in refund.shipping),
            cogs=-sum(nearest(Fraction(self._cogs(line) * one.quantity, line.quantity)) for one, line in back),
        )

    def within(self, first: date, last: date, channel: str | None = None) -> list[Entry]:
        return [one for one in self.entries if first <= one.day <= last and channel in (None, one.channel)]

    def kpis(self, first: date, last: date, channel: str | None = None) -> dict[str, Any]:
        """[2] All of them for the days from `first` to `last`, of one channel or of the whole."""
        of, entries = Counter[str](), self.within(first, last, channel)
        for entry in entries:
            of.update(entry.adds)
        sold, spend, margin = of["gross"] - of["discounts"], of["spend"], contribution(of)
        by_click = sum(net(entry.adds) for entry in entries if entry.channel in PAID)
        parts = {name: of[name] for name in ("shipping_revenue", *COSTS)} | {"revenue_net": net(of), "ad_spend": spend}
        steps = {name: of[name] for name in STEPS}
        for rate, before, after in zip(("view", "cart", "checkout", "purchase"), STEPS, STEPS[1:], strict=False):
            steps[f"{rate}_rate"] = shown(kpi("ratio", of[after], of[before])["exact"], "ratio")
        return {
            "revenue_gross": kpi("cents", of["gross"]),
            "revenue_net": kpi("cents", net(of), gross=of["gross"], discounts=of["discounts"], returns=of["returns"]),
            "aov": kpi("cents", sold, of["orders"], orders=of["orders"]),
            "refund_rate": kpi("ratio", of["returns"], sold),
            "contribution_margin": kpi("cents", margin, contribution_after_ads=margin - spend, **parts),
            "contribution_margin_pct": kpi("ratio", margin, net(of)),
            "ad_spend": kpi("cents", spend),
            "mer": kpi("ratio", net(of), spend),
            "roas": kpi("ratio", of["value"], spend, reported_value=of["value"], last_click_net_revenue=by_click),
            "cac": kpi("cents", spend, of["new"], spend=spend, new_customers=of["new"]),
            "new_customer_share": kpi("ratio", of["new"], of["identified"]),
            **self._cohort(first - HORIZON, last - HORIZON, channel),
            "conversion_rate": kpi("ratio", of["purchases"], of["sessions"], **steps),
            "ctr": kpi("ratio", of["clicks"], of["impressions"]),
            "cpc": kpi("cents", spend, of["clicks"]),
            "cpm": kpi("cents", 1000 * spend, of["impressions"]),
        }

    def _cohort(self, first: date, last: date, channel: str | None) -> dict[str, Any]:
        """[2.1] Those whose first order ever lies in these days, each watched for HORIZON, through whatever channel."""
        start = self.within(first, last, channel)
        spend, born = sum(one.adds["spend"] for one in start), {one.who: one.day for one in start if one.seq == 1}
        lives = [one for one in self.entries if one.who in born and born[one.who] <= one.day <= born[one.who] + HORIZON]
        earned = Counter[int]()
        for one in lives:
            earned[(one.day - born[one.who]).days] += contribution(one.adds)
        short = [day for day in range(HORIZON.days + 1) if sum(earned[past] for past in range(day + 1)) < spend]
        payback = max(short, default=-1) + 1
        by_margin = shown(kpi("cents", earned.total(), len(born))["exact"], "cents")
        return {
            "ltv": kpi("cents", sum(net(one.adds) for one in lives), len(born), ltv_contribution=by_margin),
            "retention_rate": kpi("ratio", len({one.who for one in lives if (one.seq or 0) > 1}), len(born)),
            "payback_days": kpi("days", spend, len(born))
            | {"exact": Fraction(payback) if born and spend and payback <= HORIZON.days else None},
        }
