"""What the ad platforms say they did: delivery as it was, and purchases as they claim them."""

from datetime import date

from growthos.demo.dice import day_of, stream
from growthos.demo.marketing import CAMPAIGNS, Demand
from growthos.demo.records import CampaignDay, Order

# Of purchases that somebody else brought, Meta claims so many in 100 for an ad that was only looked at,
# Google a part of so many in 100.
META_VIEWS = 6
GOOGLE_SHARES = 16
SUB_CENT = {20: 4_999, 21: 5_000}
"""Days, counted from the first, on which the brand campaign's cost ends in these micros."""


def make(
    seed: int, days: tuple[Demand, ...], orders: tuple[Order, ...], brought: dict[int, int]
) -> tuple[CampaignDay, ...]:
    """Every day of every campaign, by day and campaign; `brought` is the campaign's place by order id."""
    claims = _claims(seed, days, orders, brought)
    rolls = [stream(seed, f"clicks:{campaign.id}") for campaign in CAMPAIGNS]
    rows = []
    for number, day in enumerate(days):
        for place, micros, impressions, clicks in day.delivery:
            campaign = CAMPAIGNS[place]
            conversions, value = claims.get((day.day, place), (0, 0))
            likes = 0 if campaign.platform == "google" else int(clicks * (0.2 + 0.1 * rolls[place]()))
            spend = micros
            if place == BRAND and number in SUB_CENT:
                spend = micros // 10_000 * 10_000 + SUB_CENT[number]
            rows.append(CampaignDay(day.day, campaign, spend, impressions, clicks, clicks + likes, conversions, value))
    return tuple(rows)


BRAND = next(place for place, campaign in enumerate(CAMPAIGNS) if campaign.name.startswith("Brand"))


def _claims(
    seed: int, days: tuple[Demand, ...], orders: tuple[Order, ...], brought: dict[int, int]
) -> dict[tuple[date, int], tuple[int, int]]:
    """Claimed purchases and sales, in micros, by day and campaign's place."""
    meta, google = stream(seed, "claims:meta"), stream(seed, "claims:google")
    running = {
        day.day: {
            platform: [place for place, *_ in day.delivery if CAMPAIGNS[place].platform == platform]
            for platform in ("meta", "google")
        }
        for day in days
    }
    claims: dict[tuple[date, int], tuple[int, int]] = {}

    def claim(day: date, place: int, share: int, cents: int) -> None:
        count, value = claims.get((day, place), (0, 0))
        claims[day, place] = count + share, value + cents * share // 100

    for order in orders:
        if order.test or order.source_name != "web":
            continue
        day, place = day_of(order.processed_at), brought.get(order.id)
        cents = order.subtotal_cents + order.tax_cents
        platform = CAMPAIGNS[place].platform if place is not None else None
        if platform == "meta" and place is not None:
            claim(day, place, 1_000_000, cents)
        elif meta() * 100 < META_VIEWS:
            some = running[day]["meta"]
            claim(day, some[int(meta() * len(some))], 1_000_000, cents)
        if platform == "google" and place is not None:
            claim(day, place, 1_000_000 - int(google() * 150_000), cents)
        elif google() * 100 < GOOGLE_SHARES:
            some = running[day]["google"]
            claim(day, some[int(google() * len(some))], 300_000 + int(google() * 400_000), cents)
    return claims
