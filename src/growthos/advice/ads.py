"""What to do about ads: one function for each rule that watches them."""

from collections.abc import Sequence
from fractions import Fraction

from growthos.advice.sentences import Sentence, Week
from growthos.measures.comparison import relative
from growthos.measures.formulas import outcome
from growthos.measures.reading import Campaign
from growthos.measures.values import exact, safe_div, whole_cents
from growthos.rules import ALL, Case, Verdict

SHARE_THAT_MATTERS = 10


def roas_below_one(say: Sentence, case: Case, verdict: Verdict, week: Week) -> str:
    """What came back, the campaign that brings least back, and the ROAS at which the shop's margin breaks even."""
    who = "The ad platforms together report" if case.scope == ALL else f"{week.name(case.scope)} reports"
    text = (
        f"{who} {say.money('reported_value', case.now('reported_value'))} of sales on "
        f"{say.money('spend', case.now('spend'))} of spend, {say.number('current', verdict.current)} back per 1.00, "
        "below break-even even before product cost."
    )
    weakest = _weakest(week.of(case.scope))
    if weakest:
        roas = exact(outcome("roas", weakest.now))
        text += (
            f" Weakest: {weakest.name} ({say.money('campaign_spend', weakest.now['spend'])} spent, "
            f"{say.multiple('campaign_roas', roas)}). Cut or pause it until tracking is confirmed"
        )
    else:
        text += " Cut or pause the weakest campaign until tracking is confirmed"
    margin = exact(outcome("contribution_margin_pct", week.now.whole))
    if margin is None:
        return text + "."
    share = say.percent("contribution_margin_pct", margin)
    if margin <= 0:
        return f"{text}; at a margin of {share} no ROAS breaks even."
    needed = say.multiple("break_even_roas", safe_div(1, margin))
    return f"{text}; at a margin of {share} break-even needs a ROAS of {needed}."


def _weakest(campaigns: Sequence[Campaign]) -> Campaign | None:
    """The campaign with the lowest ROAS of those that take a tenth of the spend; what takes less explains little."""
    spent = sum(one.now["spend"] or 0 for one in campaigns)
    heavy = [one for one in campaigns if spent and SHARE_THAT_MATTERS * (one.now["spend"] or 0) >= spent]
    return min(heavy, key=lambda one: (exact(outcome("roas", one.now)) or 0, -(one.now["spend"] or 0)), default=None)


def cac_increase(say: Sentence, case: Case, verdict: Verdict, week: Week) -> str:
    """Whether spend rose or new customers fell, what a first order leaves, and where spend rose most."""
    through = "" if case.scope == ALL else f" through {week.name(case.scope)}"
    spent = say.money("spend_now", case.now("spend"))
    before = say.count("new_customers_before", case.before("new_customers"))
    if verdict.current is None:
        return f"{spent} spent and no new customer{through} (week before: {before})."
    text = (
        f"A new customer{through} now costs {say.money('current', verdict.current)}, "
        f"{say.percent('change', verdict.change, plain=True)} more than {say.money('previous', verdict.previous)}: "
        f"spend went {say.money('spend_before', case.before('spend'))} -> {spent}, new customers {before} -> "
        f"{say.count('new_customers_now', case.now('new_customers'))}."
    )
    first = safe_div(case.now("first_contribution"), case.now("new_customers"))
    gap = whole_cents(verdict.current) - whole_cents(first)  # as a reader subtracts the two amounts
    text += f" First-order contribution is {say.money('first_contribution', first)}, "
    text += f"so {say.money('gap', gap)} is missing at checkout." if gap > 0 else "which still pays for it."
    risen = max(week.of(case.scope), key=_rise, default=None)
    check = "Check"
    if risen and _rise(risen) > 0:
        rise = say.money("campaign_rise", _rise(risen), signed=True)
        check = f"Check {risen.name} (largest rise in spend, {rise}) and"
    return f"{text} {check} whether prospecting still reaches new people."


def _rise(campaign: Campaign) -> int:
    return (campaign.now["spend"] or 0) - (campaign.before["spend"] or 0)


def ctr_drop(say: Sentence, case: Case, verdict: Verdict, week: Week) -> str:
    """How many clicked, the ad that fell most, and whether the audience was widened."""
    text = (
        f"{week.name(case.scope)}: {say.percent('current', verdict.current, digits=2)} of impressions were clicked, "
        f"{say.percent('change', verdict.change, signed=True)} against "
        f"{say.percent('previous', verdict.previous, digits=2)} ({say.count('clicks', case.now('clicks'))} of "
        f"{say.count('impressions', case.now('impressions'))})."
    )
    fallen = max(week.ads_of(case.scope), key=_clicks_missing, default=None)
    if fallen and _clicks_missing(fallen) > 0:
        before = say.percent("ad_before", exact(outcome("ctr", fallen.before)), digits=2)
        now = say.percent("ad_now", exact(outcome("ctr", fallen.now)), digits=2)
        text += f" {fallen.name} fell most ({before} -> {now})."
    text += " Refresh creatives or narrow audiences"
    grown = relative(Fraction(case.now("impressions")), Fraction(case.before("impressions")))
    if grown is not None and grown > 0:
        text += f"; impressions rose {say.percent('impressions_change', grown)}, so the audience may have been widened"
    return text + "."


def _clicks_missing(ad: Campaign) -> Fraction:
    """Clicks that this week's impressions would have had at last week's rate, and did not: rate and weight in one."""
    rate = exact(outcome("ctr", ad.before)) or Fraction(0)
    return rate * (ad.now["impressions"] or 0) - (ad.now["clicks"] or 0)
