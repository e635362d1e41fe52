"""Integer cents and the one rounding rule: to the nearest unit, halves away from zero.

The same two functions exist in SQL as the macros `cents(x)` and `div_round(n, d)`; a test holds them equal.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def div_round(numerator: int, denominator: int) -> int:
    """`numerator / denominator` to the nearest integer, halves away from zero; `denominator` is positive."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def cents(amount: str) -> int:
    """An API's decimal string ("19.99", of a currency's major unit) as cents, hundredths of that unit."""
    with localcontext() as context:
        context.prec = 60
        return int((Decimal(amount) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def places(value: Fraction, digits: int = 6) -> Decimal:
    """A fraction as a decimal of at most `digits` places, halves away from zero."""
    scaled = div_round(value.numerator * 10**digits, value.denominator)
    return Decimal(scaled).scaleb(-digits)
