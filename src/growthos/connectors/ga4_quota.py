"""What is left of a property's quotas, and whether it will do."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from growthos.connectors.ga4_answers import Quota
from growthos.connectors.ga4_words import HOUR, to_midnight
from growthos.connectors.terms import Finding

STANDARD = {
    "tokensPerDay": 200_000,
    "tokensPerHour": 40_000,
    "tokensPerProjectPerHour": 14_000,
    "serverErrorsPerProjectPerHour": 10,
    "potentiallyThresholdedRequestsPerHour": 120,
}
"""What a property has of each while nobody asks; one of Analytics 360 has more, and never seems to run low too soon."""
LOW = 10
"""Per cent of a quota below which it is worth a warning."""


def resting(quotas: Mapping[str, Quota], now: datetime) -> tuple[float, str]:
    """Seconds until every quota can pay another request like the last, and which takes longest; 0 if all can."""
    waits = [
        (to_midnight(now) if name == "tokensPerDay" else HOUR, name)
        for name, left in quotas.items()
        if name in STANDARD and not left.enough
    ]
    return max(waits, default=(0.0, ""))


def share(quotas: Mapping[str, Quota], account: str) -> Iterator[Finding]:
    """What is left of the quota that is nearest to its end; nothing where the answer does not tell."""
    told = [(quotas[name].remaining * 100 // most, name) for name, most in STANDARD.items() if name in quotas]
    if told:
        left, name = min(told)
        said = f"{quotas[name].remaining:,} of {STANDARD[name]:,} left of {name}"
        hint = "Others who ask this property use them, too; a sync stops before they are used up."
        low = left < LOW
        yield Finding("quota", "warning" if low else "ok", said, hint if low else "", account)
