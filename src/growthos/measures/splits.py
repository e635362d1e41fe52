"""What the change of each KPI is split into, and by which rule of `effects`.

Sums are split by volume, price and mix, as the recommendation of `revenue_drop` splits net revenue. Quotients that are
a mean of their parts, as ROAS is of that of the campaigns, are split into what happened in the parts, step by step, and
the mix of the parts; those of two separate things, as CAC, into the one and the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from growthos.measures import COUNTS
from growthos.measures.effects import Quotient, by_rate, by_terms, by_volume, chain
from growthos.measures.expressions import Names
from growthos.measures.formulas import KPIS, Kpi, as_shown, outcome, whole
from growthos.measures.reading import Group
from growthos.measures.values import Format, Unit, Value, exact, safe_div, shown

UNITS: Mapping[Format, Unit] = {"money": "cents", "percent": "ratio", "multiple": "ratio", "count": "count"}
NONE = Fraction(0)


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that a KPI is made of, with its name for people.

    Its own value is the measure or formula `of` (else `name`), `times` that for each of `over` if that is given, in the
    form. A cause without a form is no number of its own. `sign`: the KPI falls by it where it is -1.
    """

    name: str
    label: str
    form: Format | None = None
    of: str = ""
    over: str = ""
    times: int = 1
    sign: int = 1
    next: str = ""

    @property
    def measure(self) -> str:
        """The measure or formula that it is."""
        return self.of or self.name

    @property
    def unit(self) -> Unit | None:
        """What its own value counts."""
        return UNITS[self.form] if self.form else None

    def value(self, group: Group) -> Value:
        """What it was or is in a channel, a campaign or the whole; None where there is nothing to divide by."""
        if self.unit is None:
            return None
        if self.form == "count":
            return as_shown(self.measure, group)
        if self.over:
            return shown(safe_div(self.times * whole(self.measure, group), whole(self.over, group)), self.unit)
        return shown(exact(outcome(self.measure, group)), self.unit)


@dataclass(frozen=True, slots=True)
class Move:
    """The measures of the whole, or of a part of it, in two windows."""

    before: Group
    now: Group

    def of(self, name: str) -> tuple[int, int]:
        """A measure or sum before and now."""
        return whole(name, self.before), whole(name, self.now)

    def quotient(self, numerator: str, denominator: str) -> Quotient:
        """Two of them, one to be divided by the other."""
        return Quotient(*self.of(numerator), *self.of(denominator))

    def effect(self, cause: Cause) -> Fraction:
        """What a cause that is added or taken away did."""
        before, now = self.of(cause.measure)
        return Fraction(cause.sign * (now - before))


class Split(Protocol):
    """A way to split the change of a KPI; the effects of all parts of the whole add up to it."""

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What the change is split into, in the order of the effects."""

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        """What each cause did to the KPI of the whole in one part of it, in cents or as a ratio."""


MIX = Cause("mix", "Mix")


@dataclass(frozen=True, slots=True)
class Volume:
    """How many, what each of them brings, the mix, and sums that do not hang on how many: `by_volume`."""

    count: Cause
    each: tuple[Cause, ...]
    others: tuple[Cause, ...] = ()

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (self.count, *self.each, MIX, *self.others)

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        count = self.count.measure
        average = safe_div(sum(_signed(whole, self.each)[0]), whole.of(count)[0])
        return (
            *by_volume(part.of(count), *_signed(part, self.each), average),
            *(part.effect(one) for one in self.others),
        )


@dataclass(frozen=True, slots=True)
class Sum:
    """What is added or taken away, each with its own change."""

    causes: tuple[Cause, ...]

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        return tuple(part.effect(one) for one in self.causes)


@dataclass(frozen=True, slots=True)
class Steps:
    """From the first measure, the denominator, to the last, a cause for each step: `chain` and `by_rate`.

    The KPI is `times` the last over the first.
    """

    measures: tuple[str, ...]
    steps: tuple[Cause, ...]
    times: int = 1

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (*self.steps, MIX)

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        first, last = self.measures[0], self.measures[-1]
        own = (NONE,) * len(self.steps)
        if all(part.of(first)):
            before, now = zip(*(part.of(name) for name in self.measures), strict=True)
            own = chain(before, now)
        return tuple(self.times * one for one in by_rate(part.quotient(last, first), whole.quotient(last, first), own))


@dataclass(frozen=True, slots=True)
class Each:
    """What each one brings, where that is a sum of several: `by_rate`."""

    count: str
    each: tuple[Cause, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (*self.each, MIX)

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        before, now = part.of(self.count)
        own = tuple(
            (safe_div(b, now) or NONE) - (safe_div(a, before) or NONE) if before and now else NONE
            for a, b in zip(*_signed(part, self.each), strict=True)
        )
        return by_rate(self._quotient(part), self._quotient(whole), own)

    def _quotient(self, move: Move) -> Quotient:
        before, now = (sum(amounts) for amounts in _signed(move, self.each))
        return Quotient(before, now, *move.of(self.count))


@dataclass(frozen=True, slots=True)
class Over:
    """One thing divided by another: `by_terms`."""

    numerator: Cause
    denominator: Cause

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (self.numerator, self.denominator)

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        names = (self.numerator.measure, self.denominator.measure)
        return by_terms(part.quotient(*names), whole.quotient(*names))


@dataclass(frozen=True, slots=True)
class Shares:
    """What is added or taken away, as shares of one thing: `by_terms`, whose two effects are the move of a share."""

    causes: tuple[Cause, ...]

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        return tuple(
            one.sign * sum(by_terms(part.quotient(one.measure, one.over), whole.quotient(one.measure, one.over)), NONE)
            for one in self.causes
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What is added or taken away, divided by what is added or taken away: `by_terms`, for each of both by itself.

    `above` and `below` say how often each is taken, by the name of its cause; a number by itself has no name.
    """

    causes: tuple[Cause, ...]
    above: Mapping[Names, int]
    below: Mapping[Names, int]

    def effects(self, part: Move, whole: Move) -> tuple[Fraction, ...]:
        quotient = Quotient(*_added(whole, self.above), *_added(whole, self.below))
        found = []
        for cause in self.causes:
            above, below = (_of(cause.name, side) for side in (self.above, self.below))
            found.append(sum(by_terms(Quotient(*_added(part, above), *_added(part, below)), quotient), NONE))
        return tuple(found)


def _of(name: str, terms: Mapping[Names, int]) -> dict[Names, int]:
    return {names: factor for names, factor in terms.items() if names == (name,)}


def _added(move: Move, terms: Mapping[Names, int]) -> tuple[int, int]:
    """What several terms come to before and now."""
    sides = [[factor * (move.of(*names)[side] if names else 1) for names, factor in terms.items()] for side in (0, 1)]
    return sum(sides[0]), sum(sides[1])


def _signed(move: Move, causes: tuple[Cause, ...]) -> tuple[list[int], list[int]]:
    """The amounts of several causes before and now, below zero where they are taken away."""
    before, now = zip(*(move.of(one.measure) for one in causes), strict=True)
    signs = [one.sign for one in causes]
    return [s * a for s, a in zip(signs, before, strict=True)], [s * a for s, a in zip(signs, now, strict=True)]


ORDERS = Cause("orders", "Orders", "count", next="conversion_rate")
ORDER_VALUE = Cause("order_value", "Order value", "money", of="gross", over="orders", next="aov")
DISCOUNT = Cause("order_discount", "Discount per order", "money", of="discounts", over="orders", sign=-1, next="aov")
RETURNS = Cause("returns", "Returns", "money", sign=-1, next="refund_rate")
REVENUE = Cause("revenue_net", "Net revenue", "money", next="revenue_net")
SPEND = Cause("spend", "Ad spend", "money", next="ad_spend")
NEW_CUSTOMERS = Cause("new_customers", "New customers", "count", next="conversion_rate")
CPM = Cause("cpm", "CPM", "money", next="cpm")
CTR = Cause("ctr", "CTR", "percent", next="ctr")
COSTS = {
    "shipping_revenue": ("Shipping charged", 1),
    "shipping_refunds": ("Shipping given back", -1),
    "cogs": ("Goods", -1),
    "shipping_cost": ("Sending", -1),
    "payment_fees": ("Payment fees", -1),
}

SPLITS: dict[str, Split] = {
    "revenue_gross": Volume(ORDERS, (ORDER_VALUE,)),
    "revenue_net": Volume(ORDERS, (ORDER_VALUE, DISCOUNT), (RETURNS,)),
    "aov": Each("orders", (ORDER_VALUE, DISCOUNT)),
    "refund_rate": Over(Cause("returns", "Returns", "money"), Cause("sales", "Sales", "money", next="revenue_gross")),
    "contribution_margin": Sum(
        (
            REVENUE,
            *(Cause(name, label, "money", sign=sign) for name, (label, sign) in COSTS.items()),
        )
    ),
    "contribution_margin_pct": Shares(
        tuple(Cause(name, label, "percent", over="revenue_net", sign=sign) for name, (label, sign) in COSTS.items())
    ),
    "ad_spend": Volume(
        Cause("impressions", "Impressions", "count"),
        (Cause("cpm", "CPM", "money", of="spend", over="impressions", times=1000),),
    ),
    "mer": Over(REVENUE, SPEND),
    "roas": Steps(
        ("spend", "impressions", "clicks", "reported_conversions", "reported_value"),
        (
            CPM,
            CTR,
            Cause("reported_conversion_rate", "Conversion rate", "percent", next="conversion_rate"),
            Cause("reported_order_value", "Order value", "money", next="aov"),
        ),
    ),
    "cac": Over(SPEND, NEW_CUSTOMERS),
    "new_customer_share": Steps(
        ("identified_orders", "new_customers"), (Cause("new_customer_share", "New customer share", "percent"),)
    ),
    "ltv": Each(
        "cohort_size",
        (
            Cause("sales_each", "Bought", "money", of="cohort_sales", over="cohort_size"),
            Cause("returns_each", "Given back", "money", of="cohort_returns", over="cohort_size", sign=-1),
        ),
    ),
    "retention_rate": Steps(("cohort_size", "cohort_retained"), (Cause("retention_rate", "Retention", "percent"),)),
    "conversion_rate": Steps(
        ("sessions", "item_views", "add_to_carts", "checkouts", "purchases"),
        (
            Cause("view_rate", "Products seen per session", "percent"),
            Cause("cart_rate", "Carts per product seen", "percent"),
            Cause("checkout_rate", "Checkouts per cart", "percent"),
            Cause("purchase_rate", "Purchases per checkout", "percent"),
        ),
    ),
    "ctr": Steps(("impressions", "clicks"), (CTR,)),
    "cpc": Steps(("clicks", "impressions", "spend"), (CTR, CPM)),
    "cpm": Steps(("impressions", "spend"), (CPM,), times=1000),
}
"""By KPI. `payback_days` has none: it is a day that was searched for, neither a sum nor a quotient."""


def split_of(kpi: Kpi) -> Split | None:
    """How the change of a KPI is split; None where it cannot be.

    That of a home's own is, unless its formula multiplies what is measured: then the parts do not add up to the whole.
    """
    if kpi.expression is None:
        return SPLITS.get(kpi.name)
    above, below = kpi.expression.numerator, kpi.expression.denominator
    terms = dict.fromkeys((*above, *(below or {})))
    if any(len(names) > 1 for names in terms):
        return None
    causes = tuple(_cause(name, above.get((name,), 0)) for names in terms for name in names)
    return Sum(causes) if below is None else Terms(causes, above, below)


def _cause(name: str, sign: int) -> Cause:
    label = KPIS[name].label if name in KPIS else name.replace("_", " ").capitalize()
    form: Format = "count" if name in COUNTS else "money"
    return Cause(name, label, form, sign=sign, next=name if name in SPLITS else "")


def alone(name: str, before: Group, now: Group) -> dict[str, Fraction]:
    """The split of a KPI in one place, not divided any further, so that there is no mix."""
    move, split = Move(before, now), SPLITS[name]
    return dict(zip((cause.name for cause in split.causes), split.effects(move, move), strict=True))
