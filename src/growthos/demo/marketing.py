"""What brings people: eight campaigns, the other channels, the seasons, and the day the checkout broke."""

from datetime import date, timedelta
from typing import NamedTuple

from growthos.demo.dice import DAYS, FIRST_DAY, LAST_DAY, Dice, stream, whole
from growthos.demo.records import Anomaly, Campaign

ANOMALY = Anomaly(
    first=date(2026, 3, 24),
    what="A release broke the payment step on mobile browsers: visitors come, fill their carts and cannot pay.",
)
BROKEN_SHARE = 0.93
"""Share of mobile purchases that are lost while the checkout is broken."""

CAMPAIGNS = (
    Campaign("meta", 120210000000000101, "Prospecting | Broad US", "ACTIVE", "OUTCOME_SALES",
             FIRST_DAY, LAST_DAY, 12_500, 104, 1_150, 1_420),
    Campaign("meta", 120210000000000102, "Retargeting - Viewers 30d", "ACTIVE", "OUTCOME_SALES",
             FIRST_DAY, LAST_DAY, 5_500, 85, 1_900, 1_950),
    Campaign("meta", 120210000000000103, "Holiday Gifts 2025", "PAUSED", "OUTCOME_SALES",
             date(2025, 11, 10), date(2025, 12, 24), 10_000, 118, 1_300, 1_420),
    Campaign("meta", 120210000000000104, "Spring Launch", "ACTIVE", "OUTCOME_TRAFFIC",
             date(2026, 2, 9), LAST_DAY, 8_000, 98, 1_250, 1_280),
    Campaign("google", 20110000001, "Brand - Search US", "ENABLED", "SEARCH",
             FIRST_DAY, LAST_DAY, 4_500, 62, 9_000, 3_300),
    Campaign("google", 20110000002, "Category - Search", "ENABLED", "SEARCH",
             FIRST_DAY, LAST_DAY, 9_500, 128, 4_200, 2_200),
    Campaign("google", 20110000003, "Performance Max - All Products", "ENABLED", "PERFORMANCE_MAX",
             FIRST_DAY, LAST_DAY, 9_500, 93, 1_500, 1_720),
    Campaign("google", 20110000004, "Gifts - Search", "PAUSED", "SEARCH",
             date(2025, 11, 3), date(2025, 12, 23), 7_000, 121, 3_800, 2_200),
)  # fmt: skip


class Source(NamedTuple):
    """A channel that nobody pays by the click: orders and sessions of an ordinary day, in hundredths."""

    channel: str
    orders: int
    sessions: int


SOURCES = (
    Source("organic_search", 305, 23_400),
    Source("direct", 298, 21_300),
    Source("email", 291, 10_500),
    Source("referral", 71, 6_200),
    Source("organic_social", 71, 0),
    Source("affiliate", 52, 3_400),
    Source("paid_other", 60, 3_600),
    Source("sms", 34, 0),
    Source("pos", 45, 0),
    Source("other", 30, 0),
)

# Share of buyers who are new, and who hold a phone, in percent.
NEW = {"meta": 70, "google": 61, "organic_search": 53, "direct": 34, "email": 6, "referral": 60, "organic_social": 60,
       "affiliate": 58, "paid_other": 60, "sms": 6, "pos": 25, "other": 15}  # fmt: skip
MOBILE = {"meta": 92, "google": 55, "organic_search": 52, "direct": 52, "email": 58, "referral": 45,
          "organic_social": 92, "affiliate": 50, "paid_other": 50, "sms": 100, "pos": 0, "other": 0}  # fmt: skip

WEEKDAYS = (0.97, 0.94, 0.93, 0.96, 1.02, 1.13, 1.11)
"""Monday to Sunday."""
PEAKS = (
    (date(2025, 11, 20), date(2025, 11, 26), 1.25, "The week before Black Friday."),
    (date(2025, 11, 28), date(2025, 11, 28), 2.7, "Black Friday."),
    (date(2025, 11, 29), date(2025, 11, 30), 1.9, "The weekend after Black Friday."),
    (date(2025, 12, 1), date(2025, 12, 1), 2.3, "Cyber Monday."),
    (date(2025, 12, 2), date(2025, 12, 19), 1.5, "Presents for Christmas."),
    (date(2025, 12, 20), date(2025, 12, 23), 1.2, "Presents that may come too late."),
    (date(2025, 12, 25), date(2025, 12, 25), 0.6, "Christmas Day."),
    (date(2025, 12, 27), date(2026, 1, 11), 0.9, "The quiet days after Christmas."),
)
"""First and last day, how many times as much is bought, and why."""
PEAK_FIRST, PEAK_LAST = date(2025, 11, 20), date(2025, 12, 23)
GROWTH = 0.55
"""What the last day has more than the first."""


class Demand(NamedTuple):
    """What one day brings: orders by the campaign's place in CAMPAIGNS or by channel, and who came."""

    day: date
    orders: tuple[tuple[str, int | None, int], ...]
    """Channel, campaign's place or None, number of orders."""
    delivery: tuple[tuple[int, int, int, int], ...]
    """Campaign's place, spend in micros, impressions, clicks."""
    sessions: tuple[tuple[str, int], ...]
    """Channel and sessions."""


def season(day: date) -> float:
    """How the shop's year lifts or lowers a day: 1 is ordinary."""
    return next((lift for first, last, lift, _ in PEAKS if first <= day <= last), 1.0)


def survivors(channel: str, day: date) -> float:
    """Share of the purchases of a channel that go through."""
    return 1.0 - BROKEN_SHARE * MOBILE[channel] / 100 if day >= ANOMALY.first else 1.0


def demand(seed: int) -> tuple[Demand, ...]:
    """Every day of the history: who came, and how many of them bought."""
    dice = {campaign.id: stream(seed, campaign.key) for campaign in CAMPAIGNS}
    others = {source.channel: stream(seed, f"source:{source.channel}") for source in SOURCES}
    return tuple(_day(FIRST_DAY + timedelta(days=number), number, dice, others) for number in range(DAYS))


def _day(day: date, number: int, dice: dict[int, Dice], others: dict[str, Dice]) -> Demand:
    lift, growth = season(day), 1 + GROWTH * number / (DAYS - 1)
    rhythm = WEEKDAYS[day.weekday()]
    orders: list[tuple[str, int | None, int]] = []
    delivery: list[tuple[int, int, int, int]] = []
    sessions: list[tuple[str, int]] = []
    for place, campaign in enumerate(CAMPAIGNS):
        if not campaign.first <= day <= campaign.last:
            continue
        roll = dice[campaign.id]
        micros = int(campaign.daily_budget_cents * 10_000 * lift**0.75 * growth * rhythm**0.5 * (0.93 + 0.14 * roll()))
        if campaign.platform == "meta":
            micros = micros // 10_000 * 10_000
        clicks = int(micros / campaign.cost_per_click_cents / 10_000 * (0.94 + 0.12 * roll()))
        impressions = int(clicks * 100_000 / campaign.clicks_per_100k * (0.95 + 0.1 * roll()))
        bought = (
            clicks * campaign.orders_per_100k / 100_000 * lift**0.25 * rhythm**0.5 * survivors(campaign.platform, day)
        )
        delivery.append((place, micros, impressions, clicks))
        orders.append((campaign.platform, place, whole(bought, roll)))
        sessions.append((campaign.platform, whole(clicks * 0.86, roll)))
    for source in SOURCES:
        roll = others[source.channel]
        mood = lift * growth * rhythm * (0.95 + 0.1 * roll())
        orders.append((source.channel, None, whole(source.orders / 100 * mood * survivors(source.channel, day), roll)))
        sessions.append((source.channel, whole(source.sessions / 100 * mood / lift**0.25, roll)))
    return Demand(day, tuple(orders), tuple(delivery), tuple(sessions))
