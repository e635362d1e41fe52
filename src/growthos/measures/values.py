"""A KPI's value: exact until it is shown, and the one place that divides.

A KPI that adds up is a whole number, one that does not is a `Ratio`, a count of days is `Days`. What happens when there
is nothing to divide by is decided once, in `safe_div`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from growthos.money import div_round, places

Unit = Literal["cents", "ratio", "days", "count"]
Better = Literal["higher", "lower"]
Format = Literal["money", "percent", "multiple", "days", "count"]
Value = int | Decimal | None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient before it is rounded. `positive`: without meaning unless the denominator is above zero."""

    numerator: int
    denominator: int
    unit: Unit = "ratio"
    positive: bool = False


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days or None, with what it was found from."""

    days: int | None
    numerator: int
    denominator: int
    unit: Unit = "days"


Outcome = int | Ratio | Days


def safe_div(numerator: int | Fraction, denominator: int | Fraction) -> Fraction | None:
    """The exact quotient; None over zero, for "no spend" is not "a return of 0". The only place that divides."""
    return Fraction(numerator, denominator) if denominator else None


def exact(outcome: Outcome) -> Fraction | None:
    """The value before it is rounded."""
    if isinstance(outcome, int):
        return Fraction(outcome)
    if isinstance(outcome, Days):
        return None if outcome.days is None else Fraction(outcome.days)
    if outcome.positive and outcome.denominator <= 0:
        return None
    return safe_div(outcome.numerator, outcome.denominator)


def shown(value: Fraction | None, unit: Unit) -> Value:
    """A value rounded once: cents and days whole, ratios to six places, halves away from zero."""
    if value is None:
        return None
    return places(value) if unit == "ratio" else div_round(value.numerator, value.denominator)


def whole_cents(value: Fraction | None) -> int:
    """An amount rounded to the cent; nothing is 0."""
    return 0 if value is None else div_round(value.numerator, value.denominator)


@dataclass(frozen=True, slots=True)
class Part:
    """One value with what it was made from: a channel's, a campaign's, a day's."""

    value: Value
    numerator: int
    denominator: int | None


@dataclass(frozen=True, slots=True)
class KpiResult:
    """One KPI of one window. `value` is rounded; `exact` is not, and is what comparisons use.

    `by_ad` is by ad or by keyword, whichever was asked for.
    """

    name: str
    unit: Unit
    value: Value
    start_date: date
    end_date: date
    numerator: int
    denominator: int | None
    components: Mapping[str, Value]
    by_channel: Mapping[str, Part] | None = None
    by_campaign: Mapping[str, Part] | None = None
    by_ad: Mapping[str, Part] | None = None
    exact: Fraction | None = field(default=None, repr=False)
