"""How much a week needs before an alert rule may speak of it."""

from dataclasses import dataclass
from typing import Protocol


class GuardValues(Protocol):
    """Anything that names the guards: the defaults below, or what growthos.toml says."""

    @property
    def min_orders(self) -> int:
        """Counted orders in the week before, for revenue_drop."""

    @property
    def min_spend_cents(self) -> int:
        """Ad spend of the current week, for roas_below_one and cac_increase."""

    @property
    def min_new_customers(self) -> int:
        """New customers of the week before, for cac_increase."""

    @property
    def min_impressions(self) -> int:
        """Impressions in both weeks, for ctr_drop."""

    @property
    def min_sessions(self) -> int:
        """Sessions in both weeks, for conversion_rate_drop."""

    @property
    def min_margin_orders(self) -> int:
        """Counted orders in both weeks, for contribution_margin_drop."""

    @property
    def min_identified_orders(self) -> int:
        """Orders of known customers in both weeks, for new_customer_share_drop."""

    @property
    def attribution_lag_days(self) -> int:
        """By so many days the weeks of rules that lag end earlier: platforms go on crediting purchases to past days."""


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards as they are unless somebody sets them."""

    min_orders: int = 10
    min_spend_cents: int = 100_00
    min_new_customers: int = 5
    min_impressions: int = 5_000
    min_sessions: int = 500
    min_margin_orders: int = 5
    min_identified_orders: int = 10
    attribution_lag_days: int = 0
