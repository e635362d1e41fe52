"""The eighteen KPIs. Each is one formula over named sums; its docstring is its documentation.

A window's rate is a quotient of the window's sums, never an average of daily rates. Which orders, refunds and rows of
spend count was decided when the marts were built; here everything published counts.
"""

from growthos.measures.comparison import Comparison, Report, compare, find, report
from growthos.measures.formulas import KPIS, Kpi, kpi
from growthos.measures.parts import AFTER, STEPS
from growthos.measures.values import Days, KpiResult, Ratio, safe_div

ALIASES = ("blended_cac", "channel_cac")

__all__ = ["ALIASES", "KPIS", "Comparison", "Kpi", "KpiResult", "Report", "compare", "find", "report", "safe_div"]


@kpi("cents", "money", "Gross revenue", better="higher")
def revenue_gross(gross: int) -> int:
    """Gross revenue: quantity times price of all counted orders, before discounts and returns.

    Taxes, duties, tips, shipping and gift cards are never revenue. Test, cancelled, voided and gift-card-only orders do
    not count.

    Formula: sum of gross. By channel: of the order.
    """
    return gross


@kpi("cents", "money", "Net revenue", better="higher", components=("gross", "discounts", "returns"))
def revenue_net(gross: int, discounts: int, returns: int) -> int:
    """Net revenue: gross revenue less discounts, less what was given back in these days.

    A return counts on the day of the refund, in the channel of its order, so a finished month never changes because a
    parcel comes back. It can be negative.

    Formula: gross - discounts - returns. By channel: of the order.
    """
    return gross - discounts - returns


@kpi("cents", "money", "Average order value", better="higher", components=("orders",))
def aov(gross: int, discounts: int, orders: int) -> Ratio:
    """Average order value: what an order brings after discounts, before any return.

    Nothing that happens later changes it, as in Shopify since 2023. Without an order there is none.

    Formula: (gross - discounts) / orders. By channel: of the order.
    """
    return Ratio(gross - discounts, orders)


@kpi("ratio", "percent", "Refund rate", better="lower")
def refund_rate(returns: int, gross: int, discounts: int) -> Ratio:
    """Refund rate: returns of these days as a share of sales of these days.

    The returned goods were mostly sold earlier, so after a peak it can exceed 100 %. Without sales there is none.

    Formula: returns / (gross - discounts). By channel: of the order.
    """
    return Ratio(returns, gross - discounts)


@kpi(
    "cents",
    "money",
    "Contribution margin",
    better="higher",
    components=("revenue_net", "shipping_revenue", "shipping_refunds", "cogs", "shipping_cost", "payment_fees", *AFTER),
)
def contribution_margin(
    revenue_net: int, shipping_revenue: int, shipping_refunds: int, cogs: int, shipping_cost: int, payment_fees: int
) -> int:
    """Contribution margin: what the orders leave after goods, shipping and payment, before ads.

    Before ads, so that CAC and payback do not count them twice; after ads stands beside it. Goods without a unit cost
    are costed by the margin of their category. Payment fees are not given back on refunds.

    Formula: revenue_net + shipping_revenue - shipping_refunds - cogs - shipping_cost - payment_fees. By channel: of the
    order.
    """
    return revenue_net + shipping_revenue - shipping_refunds - cogs - shipping_cost - payment_fees


@kpi("ratio", "percent", "Contribution margin share", better="higher")
def contribution_margin_pct(contribution_margin: int, revenue_net: int) -> Ratio:
    """Contribution margin share: the part of net revenue that is left before ads.

    Without meaning, and therefore empty, where net revenue is zero or below.

    Formula: contribution_margin / revenue_net. By channel: of the order.
    """
    return Ratio(contribution_margin, revenue_net, positive=True)


@kpi("cents", "money", "Ad spend", better=None, ads=True)
def ad_spend(spend: int) -> int:
    """Ad spend: what the ad platforms charged for these days, in the shop's currency.

    From campaign rows alone; ads and keywords are never added to them. Days are the ad account's own.

    Formula: sum of spend. By channel: the ad platform's.
    """
    return spend


@kpi("ratio", "multiple", "Marketing efficiency ratio", better="higher", paid_only=True)
def mer(revenue_net: int, ad_spend: int) -> Ratio:
    """Marketing efficiency ratio: net revenue of the whole shop for each unit of ad spend.

    By channel it is the net revenue of the channel's last-click orders for each unit spent there, for paid channels
    only. Without spend there is none.

    Formula: revenue_net / ad_spend. By channel: of the order, and of the ad platform.
    """
    return Ratio(revenue_net, ad_spend)


@kpi(
    "ratio",
    "multiple",
    "Return on ad spend",
    better="higher",
    components=("reported_value", "last_click_net_revenue"),
    ads=True,
)
def roas(reported_value: int, spend: int) -> Ratio:
    """Return on ad spend: the sales that the ad platforms claim for each unit of spend.

    Their claim, in their attribution window: platforms overlap, so together they may claim more than the shop sold. The
    net revenue of last-click orders stands beside it. Without spend there is none.

    Formula: reported_value / spend. By channel: the ad platform's.
    """
    return Ratio(reported_value, spend)


@kpi("cents", "money", "Customer acquisition cost", better="lower", components=("spend", "new_customers"))
def cac(spend: int, new_customers: int) -> Ratio:
    """Customer acquisition cost: ad spend for each new customer, also called blended or channel CAC.

    Blended over all channels it counts customers whom nobody paid for, too, so it reads lower than what a platform
    shows; by channel it is the channel's spend for each customer whose first order came through it. A customer is new
    with the first order ever, not the first in these days. Customers without spend cost 0; spend without a new customer
    has no CAC.

    Formula: spend / new_customers. By channel: of the ad platform, and of the first order.
    """
    return Ratio(spend, new_customers)


@kpi("ratio", "percent", "New customer share", better="higher")
def new_customer_share(new_customers: int, identified_orders: int) -> Ratio:
    """New customer share: the part of the orders that are their customer's first ever.

    Orders that name nobody, as at a till, are left out.

    Formula: new_customers / identified_orders. By channel: of the order.
    """
    return Ratio(new_customers, identified_orders)


@kpi("cents", "money", "Lifetime value, 30 days", better="higher", components=("ltv_contribution",))
def ltv(cohort_sales: int, cohort_returns: int, cohort_size: int) -> Ratio:
    """Lifetime value: net revenue of a new customer in the first 30 days.

    Of the customers who complete day 30 in this window: each has been watched for the whole time, and day 0 is the day
    of the first order. All their orders and refunds count, through whatever channel. Empty without such customers.

    Formula: (cohort_sales - cohort_returns) / cohort_size. By channel: of the first order.
    """
    return Ratio(cohort_sales - cohort_returns, cohort_size)


@kpi("ratio", "percent", "Retention rate, 30 days", better="higher")
def retention_rate(cohort_retained: int, cohort_size: int) -> Ratio:
    """Retention rate: the part of new customers who order again within 30 days.

    Of the customers who complete day 30 in this window. A second order on the first day counts, one on day 31 does not.
    Empty without such customers.

    Formula: cohort_retained / cohort_size. By channel: of the first order.
    """
    return Ratio(cohort_retained, cohort_size)


@kpi("days", "days", "Payback", better="lower")
def payback_days(payback: int | None, cohort_spend: int, cohort_size: int) -> Days:
    """Payback: days until the contribution of new customers covers the ads of their first days, and goes on doing so.

    Of the customers who complete day 30 in this window, against the ad spend of the days on which they were new. A
    refund can undo an apparent payback. Empty where it takes longer than 30 days, nobody came or nothing was spent.

    Formula: the smallest day from which accumulated contribution stays at or above spend. By channel: of the first
    order, and of the ad platform.
    """
    return Days(payback, cohort_spend, cohort_size)


@kpi(
    "ratio",
    "percent",
    "Conversion rate",
    better="higher",
    components=("sessions", "item_views", "add_to_carts", "checkouts", "purchases", *STEPS),
)
def conversion_rate(purchases: int, sessions: int) -> Ratio:
    """Conversion rate: the part of visits that end in a purchase, as GA4 sees both.

    GA4 misses visitors who refuse consent, so read it as a trend. Its channels are those of the session and need not be
    those of the order. Without sessions there is none.

    Formula: purchases / sessions. By channel: of the session.
    """
    return Ratio(purchases, sessions)


@kpi("ratio", "percent", "Click-through rate", better="higher", ads=True)
def ctr(clicks: int, impressions: int) -> Ratio:
    """Click-through rate: the part of shown ads that were clicked; at Meta, link clicks only.

    Without impressions there is none.

    Formula: clicks / impressions. By channel: the ad platform's.
    """
    return Ratio(clicks, impressions)


@kpi("cents", "money", "Cost per click", better="lower", ads=True)
def cpc(spend: int, clicks: int) -> Ratio:
    """Cost per click: ad spend for each click; at Meta, for each link click.

    Without clicks there is none.

    Formula: spend / clicks. By channel: the ad platform's.
    """
    return Ratio(spend, clicks)


@kpi("cents", "money", "Cost per 1,000 impressions", better="lower", ads=True)
def cpm(spend: int, impressions: int) -> Ratio:
    """Cost per 1,000 impressions: what it costs to show ads a thousand times.

    Without impressions there is none.

    Formula: 1000 x spend / impressions. By channel: the ad platform's.
    """
    return Ratio(1000 * spend, impressions)
