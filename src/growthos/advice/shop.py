"""What to do about the shop itself: one function for each rule that watches it."""

from fractions import Fraction

from growthos.advice.sentences import Sentence, Week
from growthos.measures import splits
from growthos.measures.comparison import relative
from growthos.measures.values import safe_div, whole_cents
from growthos.rules import ALL, Case, Verdict

SIMILAR, HALF = Fraction(1, 10), Fraction(1, 2)
STEPS = {
    "view_rate": "products seen per session",
    "cart_rate": "carts per product seen",
    "checkout_rate": "checkouts per cart",
    "purchase_rate": "purchases per checkout",
}
COSTS = {
    "cogs": "goods",
    "shipping_cost": "sending",
    "payment_fees": "payment fees",
    "shipping_refunds": "shipping given back",
}


def revenue_drop(say: Sentence, case: Case, verdict: Verdict, week: Week) -> str:
    """The difference split into orders, order value and returns, and where to begin; of returns, the product with most.

    The three add up to the difference to the cent: the effect of the orders is rounded, that of the returns is whole,
    and the order value, discounts included, takes what remains.
    """
    n0, n1 = case.before("orders"), case.now("orders")
    effects = splits.alone("revenue_net", case.last, case.this)
    orders, returns = whole_cents(effects["orders"]), whole_cents(effects["returns"])
    value = case.now("revenue_net") - case.before("revenue_net") - orders - returns
    text = (
        f"Net revenue fell {say.percent('change', verdict.change, plain=True)} to "
        f"{say.money('current', verdict.current)} (week before {say.money('previous', verdict.previous)}). "
        f"Of the {say.money('delta', orders + value + returns, signed=True)} difference, "
        f"{say.money('orders_effect', orders, signed=True)} comes from {say.count('orders_now', n1)} instead of "
        f"{say.count('orders_before', n0)} orders, "
    )
    if n1:
        text += (
            f"{say.money('order_value_effect', value, signed=True)} from an order value of "
            f"{say.money('order_value_now', case.exact_now('aov'))} against "
            f"{say.money('order_value_before', case.exact_before('aov'))}, "
        )
    text += f"{say.money('returns_effect', returns, signed=True)} from returns. Start with "
    if orders <= min(value, returns):
        return f"{text}the orders: compare sessions and conversion by channel{_loser(say, week)}."
    if value <= returns:
        return f"{text}the order value: check discount codes and product mix."
    before = say.money("returns_before", case.before("returns"))
    now = say.money("returns_now", case.now("returns"))
    text += f"the returns ({before} -> {now}): "
    if not week.returned:
        return f"{text}see which products come back, and why."
    product, cents = next(iter(week.returned.items()))
    return f"{text}{product} accounts for {say.money('product_returns', cents)} of them, see why it comes back."


def _loser(say: Sentence, week: Week) -> str:
    lost = {
        slug: (week.now.channel(slug)["orders"] or 0) - (group["orders"] or 0)
        for slug, group in week.before.channels.items()
    }
    worst = min(lost, key=lambda slug: lost[slug], default="")
    if not worst or lost[worst] >= 0:
        return ""
    noun = "order" if lost[worst] == -1 else "orders"
    return f", {week.name(worst)} lost {say.count('orders_lost', -lost[worst])} {noun}"


def conversion_rate_drop(say: Sentence, case: Case, verdict: Verdict, _week: Week) -> str:
    """The step of the funnel that lost most, and whether the shop's own orders fell with GA4's purchases."""
    text = (
        f"{say.percent('current', verdict.current, digits=2)} of sessions bought, "
        f"{say.percent('change', verdict.change, signed=True)} against "
        f"{say.percent('previous', verdict.previous, digits=2)}."
    )
    steps = {name: relative(case.exact_now(name), case.exact_before(name)) for name in STEPS}
    falls = {name: change for name, change in steps.items() if change is not None and change < 0}
    where = "the funnel"
    if falls:
        worst = min(falls, key=lambda name: falls[name])
        where = "that step"
        text += (
            f" Largest loss at {STEPS[worst]}: {say.percent('step_before', case.exact_before(worst))} -> "
            f"{say.percent('step_now', case.exact_now(worst))}."
        )
    orders, purchases, real = _change(case, "orders"), _change(case, "purchases"), fell_alike(case)
    if real is None:
        return f"{text} Test {where} on mobile."
    return (
        f"{text} Shop orders changed {say.percent('orders_change', orders, signed=True)} in the same time, tracked "
        f"purchases {say.percent('purchases_change', purchases, signed=True)}: "
        + (f"so it is real, test {where} on mobile." if real else "so suspect tracking first.")
    )


def fell_alike(case: Case) -> bool | None:
    """Whether the shop's own orders fell with GA4's purchases; None where one of them cannot be compared.

    They did if they kept within ten points of the purchases, or fell at least half as far.
    """
    orders, purchases = _change(case, "orders"), _change(case, "purchases")
    if orders is None or purchases is None:
        return None
    return orders - purchases <= max(SIMILAR, -purchases * HALF)


def _change(case: Case, name: str) -> Fraction | None:
    return relative(Fraction(case.now(name)), Fraction(case.before(name)))


def contribution_margin_drop(say: Sentence, case: Case, verdict: Verdict, week: Week) -> str:
    """What is left of each 100.00, and the part whose share of net revenue took most of it away."""
    each = "Of each" if case.scope == ALL else f"{week.name(case.scope)}: of each"
    shares = {
        name: (
            safe_div(case.before(name), case.before("revenue_net")),
            safe_div(case.now(name), case.now("revenue_net")),
        )
        for name in ("shipping_revenue", *COSTS)
    }
    harm = {name: (now or 0) - (before or 0) for name, (before, now) in shares.items()}
    harm["shipping_revenue"] *= -1
    worst = max(harm, key=lambda name: harm[name])
    before, now = shares[worst]
    return (
        f"{each} 100.00 net revenue {say.hundredth('current', verdict.current)} remain, "
        f"{say.points('change', verdict.change)} points less than {say.hundredth('previous', verdict.previous)}. "
        f"Largest change: {COSTS.get(worst, 'shipping charged')} ({say.percent('share_before', before)} -> "
        f"{say.percent('share_now', now)} of net revenue)."
    )


def new_customer_share_drop(say: Sentence, case: Case, verdict: Verdict, _week: Week) -> str:
    """How many orders came from new customers, and what was spent on ads."""
    return (
        f"{say.count('new_customers_now', case.now('new_customers'))} of "
        f"{say.count('orders_now', case.now('identified_orders'))} orders came from new customers "
        f"({say.percent('current', verdict.current)}; before "
        f"{say.count('new_customers_before', case.before('new_customers'))} of "
        f"{say.count('orders_before', case.before('identified_orders'))}, "
        f"{say.percent('previous', verdict.previous)}). "
        f"Ad spend was {say.money('spend_now', case.now('spend'))} "
        f"against {say.money('spend_before', case.before('spend'))}."
    )
