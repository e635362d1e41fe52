"""What GA4 saw: sessions and the funnel by day, channel group, source and medium."""

from datetime import date
from itertools import groupby
from operator import attrgetter

from growthos.demo.dice import Dice, day_of, stream, whole
from growthos.demo.marketing import Demand
from growthos.demo.records import EventRow, Order, TrafficRow

# Channel of the shop, then (group, source, medium, share of its sessions) as GA4 names them.
ROWS = (
    ("meta", "Paid Social", "facebook", "cpc", 0.62),
    ("meta", "Paid Social", "instagram", "cpc", 0.38),
    ("google", "Paid Search", "google", "cpc", 1.0),
    ("paid_other", "Paid Search", "bing", "cpc", 1.0),
    ("organic_search", "Organic Search", "google", "organic", 0.86),
    ("organic_search", "Organic Search", "bing", "organic", 0.1),
    ("organic_search", "Organic Search", "duckduckgo", "organic", 0.04),
    ("direct", "Direct", "(direct)", "(none)", 1.0),
    ("email", "Email", "klaviyo", "email", 0.85),
    ("email", "Email", "newsletter", "e-mail", 0.15),
    ("referral", "Referral", "giftguide.example.com", "referral", 1.0),
    ("affiliate", "Referral", "deals.example.net", "referral", 1.0),
)
SEEN_AS = {"organic_social": "direct", "sms": "direct"}
"""Apps send no referrer: GA4 takes their visitors for people who typed the address."""
MISSED = 0.04
"""Share of purchases that GA4 does not see: no consent, no script."""
TWICE = 0.03
"""Share that it sees twice: the page that says thank you was opened again."""

EVENTS = {
    "session_start": "sessions",
    "view_item": "item_views",
    "add_to_cart": "add_to_carts",
    "begin_checkout": "checkouts",
    "purchase": "purchases",
}
"""Events by GA4's names, and where a row counts them."""
KEY_EVENT = "purchase"
FIGURES = TrafficRow._fields.index("sessions")
"""From here on the fields of a row are numbers."""


def make(seed: int, days: tuple[Demand, ...], orders: tuple[Order, ...]) -> tuple[TrafficRow, ...]:
    """All rows, by day, group, source and medium."""
    dice = stream(seed, "traffic")
    bought = _purchases(orders, dice)
    rows = [row for day in days for row in _day(day, bought, dice)]
    return tuple(sorted(rows))


def events(rows: tuple[TrafficRow, ...]) -> tuple[EventRow, ...]:
    """The same visits by what happened in them, by day and name; no more users than the day had, nor than events."""
    found: list[EventRow] = []
    for day, visits in groupby(rows, key=attrgetter("day")):
        counts = [sum(column) for column in zip(*(row[FIGURES:] for row in visits), strict=True)]
        sums = dict(zip(TrafficRow._fields[FIGURES:], counts, strict=True))
        found += [
            EventRow(day, name, times, min(times, sums["users"]), times if name == KEY_EVENT else 0)
            for name in sorted(EVENTS)
            if (times := sums[EVENTS[name]])
        ]
    return tuple(found)


def _purchases(orders: tuple[Order, ...], dice: Dice) -> dict[tuple[date, str, str], list[int]]:
    """Purchases and their worth in cents, by day, source and medium, as the shop's pages reported them.

    Cancelled orders are among them, since GA4 does not hear of that; orders made elsewhere are not.
    """
    places: dict[str, list[tuple[str, str, float]]] = {}
    for channel, _, source, medium, share in ROWS:
        places.setdefault(channel, []).append((source, medium, share))
    found: dict[tuple[date, str, str], list[int]] = {}
    for order in orders:
        channel = SEEN_AS.get(order.channel, order.channel)
        if order.test or order.source_name != "web" or channel not in places or dice() < MISSED:
            continue
        chance = dice()
        source, medium = next(
            (one[:2] for one in places[channel] if (chance := chance - one[2]) < 0), places[channel][-1][:2]
        )
        seen = 2 if dice() < TWICE else 1
        sums = found.setdefault((day_of(order.processed_at), source, medium), [0, 0])
        sums[0] += seen
        sums[1] += seen * order.subtotal_cents
    return found


def _day(day: Demand, bought: dict[tuple[date, str, str], list[int]], dice: Dice) -> list[TrafficRow]:
    sessions_of: dict[str, int] = {}
    for channel, count in day.sessions:
        sessions_of[channel] = sessions_of.get(channel, 0) + count
    rows = []
    for channel, group, source, medium, share in ROWS:
        purchases, cents = bought.get((day.day, source, medium), (0, 0))
        sessions = max(whole(sessions_of[channel] * share, dice), purchases)
        if not sessions:
            continue
        warm = 0.9 + 0.2 * dice()
        eager = 1.5 if channel in {"email", "google"} else 1.0
        checkouts = max(purchases, whole(sessions * 0.033 * eager * warm, dice))
        carts = max(checkouts, whole(sessions * 0.064 * eager * warm, dice))
        views = max(carts, whole(sessions * 1.35 * warm, dice))
        users = max(1, whole(sessions * 0.88, dice))
        rows.append(
            TrafficRow(
                day.day,
                group,
                source,
                medium,
                sessions,
                min(sessions, whole(sessions * 0.61 * warm, dice)),
                users,
                min(users, whole(sessions * 0.55, dice)),
                views,
                carts,
                checkouts,
                purchases,
                cents,
            )
        )
    return rows
