"""The queries of measures as text that anybody can run: what was asked, with the days written in."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from textwrap import dedent

from growthos.measures import MEASURES, WINDOW
from growthos.measures.cohorts import COHORT_MEASURES, COHORTS, bounds
from growthos.period import Period

UNION = "union all by name"


def of_window(names: AbstractSet[str], period: Period) -> str:
    """The part of the query of a window that gives these measures, by channel; empty where it gives none."""
    return _part(WINDOW, MEASURES.keys() & names, {"first": period.first, "last": period.last})


def of_cohort(names: AbstractSet[str], period: Period, horizon: int) -> str:
    """The same of the query of its cohort, by channel of the first order and by day since then."""
    return _part(COHORTS, COHORT_MEASURES.keys() & names, bounds(period, horizon))


def _part(sql: str, names: AbstractSet[str], bound: Mapping[str, date | int]) -> str:
    if not names:
        return ""
    given = re.compile(rf"\bas ({'|'.join(sorted(names))})\b")
    parts = [dedent(one).strip() for one in sql.replace("group_key", "channel_key").split(UNION) if given.search(one)]
    return re.sub(r"\$(\w+)", lambda found: _literal(bound[found[1]]), f"\n{UNION}\n".join(parts))


def _literal(value: date | int) -> str:
    return f"date '{value}'" if isinstance(value, date) else str(value)
