"""How every alert stands, and which are held back: silenced by a person, or inhibited by what explains them better."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from growthos.advice.shop import fell_alike
from growthos.alert_book import Silence
from growthos.alert_report import Alert, AlertReport
from growthos.alert_state import Standing, follow, is_settled
from growthos.alerts import evaluate_days
from growthos.period import Period
from growthos.rules import ALL

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.guards import GuardValues
    from growthos.rules import Evaluation, Rule

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

    One query for the days of two weeks; where some alert has not rested in them, one more that goes further back. One
    that has not rested for 400 days is taken to have begun then.
    """
    days = FEW + keep
    while True:
        looked = Period.ending(end, days=days)
        said = evaluate_days(con, list(looked), guards, rules)
        found = {one.fingerprint: one.rule.for_days for day in looked for one in said[day]}
        fired = {(one.fingerprint, day) for day in looked for one in said[day] if one.firing}
        seen = {name: [(day, (name, day) in fired) for day in looked] for name in found}
        if days >= MOST or all(is_settled(one, end, keep) for one in seen.values()):
            return Standings(
                {name: follow(seen[name], for_days=waits, keep=keep) for name, waits in found.items()},
                suspects_tracking=suspects_tracking(said[end]),
            )
        days = min(days * MORE, MOST)


def suspects_tracking(said: "Iterable[Evaluation]") -> bool:
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
