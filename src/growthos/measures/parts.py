"""What KPIs are made of, or show beside their value, and what is no KPI itself."""

from growthos.measures.formulas import MILLION, part
from growthos.measures.values import Ratio

AFTER = ("ad_spend", "contribution_after_ads")
STEPS = ("view_rate", "cart_rate", "checkout_rate", "purchase_rate")


@part
def cogs(cogs_sold: int, cogs_reversed: int) -> int:
    """Cost of goods sold, less the cost of what came back into stock."""
    return cogs_sold - cogs_reversed


@part
def contribution_after_ads(contribution_margin: int, ad_spend: int) -> int:
    """What is left after the ads are paid, too."""
    return contribution_margin - ad_spend


@part
def last_click_net_revenue(paid_sales: int, paid_returns: int) -> int:
    """Net revenue of the orders whose last click was an ad."""
    return paid_sales - paid_returns


@part
def ltv_contribution(cohort_contribution: int, cohort_size: int) -> Ratio:
    """Contribution of a new customer up to the horizon."""
    return Ratio(cohort_contribution, cohort_size, unit="cents")


@part
def view_rate(item_views: int, sessions: int) -> Ratio:
    """Product pages seen for each session."""
    return Ratio(item_views, sessions)


@part
def cart_rate(add_to_carts: int, item_views: int) -> Ratio:
    """Products put into the cart for each product page seen."""
    return Ratio(add_to_carts, item_views)


@part
def checkout_rate(checkouts: int, add_to_carts: int) -> Ratio:
    """Checkouts begun for each product put into the cart."""
    return Ratio(checkouts, add_to_carts)


@part
def purchase_rate(purchases: int, checkouts: int) -> Ratio:
    """Purchases for each checkout begun."""
    return Ratio(purchases, checkouts)


@part
def sales(gross: int, discounts: int) -> int:
    """Gross revenue less discounts, before any return."""
    return gross - discounts


@part
def reported_conversion_rate(reported_conversions: int, clicks: int) -> Ratio:
    """Purchases that the ad platforms claim for each click."""
    return Ratio(reported_conversions, MILLION * clicks)


@part
def reported_order_value(reported_value: int, reported_conversions: int) -> Ratio:
    """Sales that the ad platforms claim for each purchase that they claim."""
    return Ratio(MILLION * reported_value, reported_conversions, unit="cents")
