"""Chance without surprise: one stream of dice per thing, and the few draws the shop makes with it."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

DAYS = 180
FIRST_DAY = date(2025, 10, 1)
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
DAY = 86_400
"""Seconds of a day."""
START = (FIRST_DAY - date(1970, 1, 1)).days * DAY
"""The first instant of the history."""
END = START + DAYS * DAY
"""The first instant after it."""

Dice = Callable[[], float]


def stream(seed: int, thing: str) -> Dice:
    """Numbers in [0, 1) for one thing, the same for ever and whatever else is drawn."""
    return Random(f"{seed}:{thing}").random  # noqa: S311 - a demo, not a secret


def whole(amount: float, dice: Dice) -> int:
    """`amount` rounded up or down by chance, so that sums of many stay true."""
    return int(amount + dice())


def div_round(numerator: int, denominator: int) -> int:
    """The nearest integer to the quotient of two numbers, halves away from zero; the denominator is positive."""
    half = (2 * abs(numerator) + denominator) // (2 * denominator)
    return half if numerator >= 0 else -half


def day_of(instant: int) -> date:
    """The UTC day of an instant."""
    return date.fromordinal(719_163 + instant // DAY)


def every(number: int, step: int, first: int) -> bool:
    """Whether it is the turn of a kind of order that comes once in `step`, from the order `first` on."""
    return number % step == first
