"""How every alert stands, and which are held back: silenced by a person, or inhibited by what explains them better."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from growthos.advice.shop import fell_alike
from growthos.alert_book import Silence
from growthos.alert_report import Alert, AlertReport
from growthos.alert_state import Standing, follow, is_settled
from growthos.alerts import RULES, evaluate_days
from growthos.period import Period
from growthos.rules import ALL, Evaluation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.guards import GuardValues
    from growthos.rules import Rule

FEW: Final = 14
"""Days that nearly always tell how everything stands."""
MORE: Final = 3
"""So many times as far each look goes back, where something has not rested for a while."""
MOST: Final = 400
TRACKING: Final = "conversion_rate_drop"
"""The rule that suspects lost tracking, and inhibits the one that rests on what platforms track."""
TRACKED: Final = "roas_below_one"


@dataclass(frozen=True, slots=True)
class Standings:
    """How every alert stands at the end of a day, by fingerprint.

    `suspects_tracking`: fewer visits end in a purchase and the shop's own orders did not fall like that.
    """

    of: dict[str, Standing]
    suspects_tracking: bool = False


def standings(
    con: "DuckDBPyConnection",
    end: date,
    keep: int,
    guards: "GuardValues | None" = None,
    rules: "Collection[Rule] | None" = None,
) -> Standings:
    """How every alert stands at the end of a day.

    One query for the days of two weeks; where some alert has not rested in them, one more for the days before, of the
    rules that still need them. One that has not rested for 400 days is taken to have begun then.
    """
    days, asked = FEW + keep, RULES.values() if rules is None else rules
    said: dict[date, tuple[Evaluation, ...]] = {}
    while True:
        looked = Period.ending(end, days=days)
        said |= evaluate_days(con, [day for day in looked if day not in said], guards, asked)
        found = {one.fingerprint: one.rule for day in looked for one in said[day]}
        fired = {(one.fingerprint, day) for day in looked for one in said[day] if one.firing}
        seen = {name: [(day, (name, day) in fired) for day in looked] for name in found}
        open_ = {rule.name for name, rule in found.items() if not is_settled(seen[name], end, keep)}
        if days >= MOST or not open_:
            return Standings(
                {name: follow(seen[name], for_days=rule.for_days, keep=keep) for name, rule in found.items()},
                suspects_tracking=suspects_tracking(said[end]),
            )
        days, asked = min(days * MORE, MOST), [rule for rule in asked if rule.name in open_]


def suspects_tracking(said: Iterable[Evaluation]) -> bool:
    """Whether fewer visits end in a purchase and the shop's own orders did not fall like that."""
    return any(one.rule.name == TRACKING and one.firing and fell_alike(one.case) is False for one in said)


def stand(
    report: AlertReport,
    found: Standings,
    silences: Sequence[Silence],
    now: datetime,
    failed: Sequence[str] | None,
) -> AlertReport:
    """The report with how each alert stands, and what holds it back: a silence, or what inhibits it.

    `failed` is None where the last build was published, else the critical checks that kept it from being so: then all
    alerts are inhibited. A suspected loss of tracking inhibits the ROAS rule of all scopes while it is firing itself.
    """
    lost = found.suspects_tracking and found.of[f"{TRACKING}:{ALL}"].firing
    return replace(
        report,
        failed=None if failed is None else tuple(failed),
        alerts=tuple(
            replace(
                one,
                standing=found.of[one.fingerprint],
                silenced_by=next((each.id for each in silences if each.silences(one.fingerprint, now)), None),
                inhibited_by=next(_inhibiting(one, failed, lost=lost), None),
            )
            for one in report.alerts
        ),
    )


def _inhibiting(alert: Alert, failed: Sequence[str] | None, *, lost: bool) -> Iterator[str]:
    if failed is not None:
        yield failed[0] if failed else "a critical check"
    if lost and alert.rule.name == TRACKED:
        yield f"{TRACKING}:{ALL}"
