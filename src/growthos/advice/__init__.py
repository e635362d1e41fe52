"""What to do when a rule fires: a sentence for each rule, with its numbers filled in."""

from collections.abc import Callable, Mapping

from growthos.advice import ads as ad_advice
from growthos.advice import own as own_advice
from growthos.advice import shop as shop_advice
from growthos.advice.sentences import Sentence, Week
from growthos.measures.values import Value
from growthos.rules import Case, Rule, Verdict

TEXTS: Mapping[str, Callable[[Sentence, Case, Verdict, Week], str]] = {
    "revenue_drop": shop_advice.revenue_drop,
    "roas_below_one": ad_advice.roas_below_one,
    "cac_increase": ad_advice.cac_increase,
    "ctr_drop": ad_advice.ctr_drop,
    "conversion_rate_drop": shop_advice.conversion_rate_drop,
    "contribution_margin_drop": shop_advice.contribution_margin_drop,
    "new_customer_share_drop": shop_advice.new_customer_share_drop,
}


def recommend(rule: Rule, case: Case, verdict: Verdict, week: Week) -> tuple[str, Mapping[str, Value]]:
    """The recommendation of a firing rule, and every figure in it by name."""
    say = Sentence(week.about.currency)
    if rule.name in TEXTS:
        return TEXTS[rule.name](say, case, verdict, week), say.figures
    return own_advice.crossed(say, rule, case, verdict, week), say.figures
