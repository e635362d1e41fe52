"""The seven alert rules, and the weeks they are asked about.

Four watch demand and the ad auction, `conversion_rate_drop` what happens between click and order,
`contribution_margin_drop` profit, `new_customer_share_drop` whether the shop lives off the customers it has.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from growthos import kpis, measures, unusual
from growthos.advice import recommend
from growthos.advice.sentences import Week
from growthos.alert_report import Alert, AlertReport
from growthos.guards import Guards, GuardValues
from growthos.measures import cohorts, reading
from growthos.measures.cohorts import COHORT_MEASURES
from growthos.measures.formulas import made_of
from growthos.measures.notices import coverage
from growthos.measures.values import shown
from growthos.money import places
from growthos.rules import ALL, RULES, Case, Evaluation, Rule, below, falls, judge, loses, rises, rule

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["RULES", "Alert", "AlertReport", "Guards", "evaluate", "evaluate_days"]


@rule("Net revenue drop", "critical", kpis.revenue_net, falls("0.3"))
def revenue_drop(case: Case, guards: GuardValues) -> bool:
    """Net revenue fell by more than 30 % in a week.

    The recommendation splits the difference exactly into fewer orders, a lower order value and more returns; begin with
    the largest. Fewer orders: compare sessions and conversion by channel. A lower value: look at discount codes and the
    product mix. More returns: look at the product that it names. Silent unless the week before had 10 orders and
    positive net revenue.
    """
    return case.before("orders") >= guards.min_orders and case.before("revenue_net") > 0


@rule("ROAS below one", "critical", kpis.roas, below("1.0"), platforms=True, lags=True)
def roas_below_one(case: Case, guards: GuardValues) -> bool:
    """An ad platform claims less in sales than it costs.

    Even by its own, generous count the ads bring back less than they cost, before the goods are paid for. Cut or pause
    the weakest campaign until it is certain that purchases are still tracked. Silent below 100.00 of spend in the week.
    """
    return case.now("spend") >= guards.min_spend_cents


@rule(
    "CAC increase",
    "warning",
    kpis.cac,
    rises("0.25"),
    platforms=True,
    always=lambda case: case.now("spend") > 0 and case.now("new_customers") == 0,
)
def cac_increase(case: Case, guards: GuardValues) -> bool:
    """A new customer costs over 25 % more than a week ago, or money was spent and nobody new came.

    Find out whether spend rose or new customers fell, then look at the campaign whose spend rose most: a worn-out
    creative, a raised budget or an audience that knows the shop already. Silent below 5 new customers in the week
    before and 100.00 of spend in this one.
    """
    enough = case.before("new_customers") >= guards.min_new_customers
    return enough and case.now("spend") >= guards.min_spend_cents


@rule("CTR drop", "warning", kpis.ctr, falls("0.2"), platforms=True)
def ctr_drop(case: Case, guards: GuardValues) -> bool:
    """Ads are clicked over 20 % less often than a week ago.

    Tired creatives or a wider audience. The recommendation names the ad whose fall cost most clicks. Refresh the
    creatives or narrow the audience; if impressions rose at the same time, it was widened. Silent below 5,000
    impressions in either week.
    """
    return case.least("impressions") >= guards.min_impressions


@rule("Conversion rate drop", "warning", kpis.conversion_rate, falls("0.2"))
def conversion_rate_drop(case: Case, guards: GuardValues) -> bool:
    """Visits end in a purchase over 20 % less often than a week ago.

    A broken checkout, a slow page or lost tracking, and the fastest of all to mend. The recommendation names the step
    of the funnel that lost most, and whether the shop's own orders fell as well: if they did, the loss is real, else
    suspect tracking. Silent below 500 sessions in either week.
    """
    return case.least("sessions") >= guards.min_sessions


@rule("Contribution margin drop", "warning", kpis.contribution_margin_pct, loses("0.05"))
def contribution_margin_drop(case: Case, guards: GuardValues) -> bool:
    """The share of net revenue that is left after goods, shipping and payment fell by more than 5 points.

    Revenue, ROAS and CAC can all look well while goods, shipping or returns eat the margin. The recommendation names
    the cost whose share grew most. Silent below 5 orders in either week, or without positive net revenue in both.
    """
    return case.least("orders") >= guards.min_margin_orders and case.least("revenue_net") > 0


@rule("New customer share drop", "info", kpis.new_customer_share, loses("0.1"))
def new_customer_share_drop(case: Case, guards: GuardValues) -> bool:
    """The share of orders from new customers fell by more than 10 points.

    Living off the customers one has shows in revenue only months later. Compare what was spent on reaching new people.
    Silent below 10 orders of known customers in either week.
    """
    return case.least("identified_orders") >= guards.min_identified_orders


def evaluate(
    con: "DuckDBPyConnection",
    end: date | str | None = None,
    guards: GuardValues | None = None,
    rules: Collection[Rule] | None = None,
) -> AlertReport:
    """Ask every rule, or those given, about the seven days up to `end`, by default the last complete one.

    Also which of these days were unusual.
    """
    about, guards = measures.about(con), guards or Guards()
    rules = RULES.values() if rules is None else rules
    window = reading.window(about, None, end)
    past = unusual.needed(window)
    days = measures.read_channel_days(con, past)
    horizon = _horizon(rules)
    members = None if horizon is None else cohorts.read_channel_days(con, past, horizon)
    weeks = {}
    for lag in _lags(rules, guards):
        last = window.earlier(lag)
        now, before = reading.of_windows(about, days, (last, last.before()), members, horizon or 0)
        weeks[lag] = Week(about, now, before)
    asked = _ask(about, {lag: (week.now, week.before) for lag, week in weeks.items()}, guards, rules)
    for lag, week in weeks.items():
        names = {one.rule.name for one in asked if one.firing and one.rule.lag(guards) == lag}
        weeks[lag] = _looked_up(con, week, names)
    this = weeks[timedelta(0)]
    return AlertReport(
        window=window,
        previous=window.before(),
        timezone=about.timezone,
        currency=about.currency,
        data_through=about.data_through,
        warnings=tuple(coverage(about, this.now, this.before)),
        alerts=tuple(_alert(one, weeks[one.rule.lag(guards)], one.rule.lag(guards).days) for one in asked),
        disabled=tuple(rule.name for rule in rules if not rule.enabled),
        unusual=unusual.find(about, unusual.daily(about, days, past.last), measures.read_events(con, past), window),
    )


def _looked_up(con: "DuckDBPyConnection", week: Week, firing: Collection[str]) -> Week:
    """The week with what the rules that fire name: a campaign, an ad, a product; nothing where all is quiet."""
    window, before = week.now.period, week.before.period
    if firing:
        week = replace(week, campaigns=tuple(reading.campaigns(con, week.about, window, before).values()))
    if "ctr_drop" in firing:
        week = replace(week, ads=tuple(reading.ads(con, week.about, window, before)))
    if "revenue_drop" in firing:
        week = replace(week, returned=reading.returned(con, window))
    return week


def evaluate_days(
    con: "DuckDBPyConnection",
    days: Collection[date],
    guards: GuardValues | None = None,
    rules: Collection[Rule] | None = None,
) -> dict[date, tuple[Evaluation, ...]]:
    """What every rule says at the end of each of these days, from one query for all of them."""
    about, guards = measures.about(con), guards or Guards()
    rules = RULES.values() if rules is None else rules
    windows = [reading.window(about, None, day) for day in days]
    lags = _lags(rules, guards)
    pairs = {(window, past): (early := window.earlier(past), early.before()) for window in windows for past in lags}
    wanted = sorted({one for pair in pairs.values() for one in pair}, key=lambda one: one.first)
    numbers = dict(zip(wanted, reading.read_windows(con, about, wanted, _horizon(rules)), strict=True))
    return {
        window.last: _ask(
            about,
            {past: (numbers[pairs[window, past][0]], numbers[pairs[window, past][1]]) for past in lags},
            guards,
            rules,
        )
        for window in windows
    }


def _lags(rules: Collection[Rule], guards: GuardValues) -> set[timedelta]:
    return {timedelta(0), *(rule.lag(guards) for rule in rules)}


def _horizon(rules: Collection[Rule]) -> int | None:
    """The horizon of the cohorts that a rule rests on; None where none does, so that none is read."""
    named = set().union(*(rule.kpi.made_of.union(*(made_of(name) for name, _ in rule.least)) for rule in rules))
    return reading.HORIZON if named & COHORT_MEASURES.keys() else None


def _ask(
    about: measures.About,
    weeks: Mapping[timedelta, tuple[reading.Numbers, reading.Numbers]],
    guards: GuardValues,
    rules: Collection[Rule],
) -> tuple[Evaluation, ...]:
    """What the rules say of the weeks that end so much earlier, each of the one that is its own."""
    return tuple(
        Evaluation(rule, case, judge(rule, case, guards))
        for rule in rules
        if rule.enabled
        for case in _cases(about, rule, *weeks[rule.lag(guards)])
    )


def _cases(about: measures.About, rule: Rule, now: reading.Numbers, before: reading.Numbers) -> Iterator[Case]:
    yield Case(ALL, now.whole, before.whole)
    for slug in about.paid if rule.platforms else ():
        case = Case(slug, now.channel(slug), before.channel(slug))
        if max(case.now("spend"), case.before("spend")) > 0:
            yield case


def _alert(one: Evaluation, week: Week, lag_days: int) -> Alert:
    rule, case, verdict = one.rule, one.case, one.verdict
    plain = Alert(
        rule=rule,
        scope=case.scope,
        scope_name=week.name(case.scope),
        lag_days=lag_days,
        state=verdict.state,
        current=shown(verdict.current, rule.kpi.unit),
        previous=shown(verdict.previous, rule.kpi.unit),
        change=None if verdict.change is None else places(verdict.change),
    )
    if not one.firing:
        return plain
    text, figures = recommend(rule, case, verdict, week)
    return replace(plain, recommendation=text, figures=figures)
