"""How many orders Shopify itself says there are, day by day: what our own count is held against."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from growthos.connectors.shopify_pages import Extensions
from growthos.period import Period

OPERATION = "GrowthOrderCounts"


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are. Unless `precision` is EXACT, there may be more."""

    count: int
    precision: str


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of an answer, by alias."""

    data: dict[str, Count]
    extensions: Extensions = field(default_factory=Extensions)


def query(days: Period) -> str:
    """One count for each day: the orders of whatever kind that were created on it, in UTC.

    Without `limit: null` Shopify stops to count at 10,000.
    """
    asked = "\n".join(
        f"  {alias(day)}: ordersCount("
        f"query: \"created_at:>='{day}T00:00:00Z' created_at:<'{day + timedelta(days=1)}T00:00:00Z'\", limit: null"
        ") { count precision }"
        for day in days
    )
    return f"query {OPERATION} {{\n{asked}\n}}"


def alias(day: date) -> str:
    """A day as a name in GraphQL."""
    return f"d{day:%Y_%m_%d}"
