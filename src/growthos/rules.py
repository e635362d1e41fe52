"""What an alert rule is: a KPI, a line it should not cross, and when there is enough data to say so.

The line is data beside the rule, so that it can be shown and documented. Comparisons are strict and exact: a fall of
just 30 % is not more than 30 %.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from growthos.guards import GuardValues
from growthos.measures.comparison import difference, relative
from growthos.measures.formulas import Kpi, one_of, outcome, whole
from growthos.measures.reading import Group
from growthos.measures.values import exact

Severity = Literal["info", "warning", "critical"]
State = Literal["firing", "ok", "insufficient_data"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
ALL = "all"


@dataclass(frozen=True, slots=True)
class Line:
    """What should not be crossed: by the value itself, by its relative change, or by its move in points."""

    of: Literal["value", "change", "points"]
    side: Literal["above", "below"]
    threshold: Decimal

    def crossed(self, reading: Fraction) -> bool:
        """Whether it lies strictly beyond the line."""
        limit = Fraction(self.threshold)
        return reading > limit if self.side == "above" else reading < limit


def below(value: str) -> Line:
    """The value itself is lower."""
    return Line("value", "below", Decimal(value))


def above(value: str) -> Line:
    """The value itself is higher."""
    return Line("value", "above", Decimal(value))


def falls(share: str) -> Line:
    """Compared with the week before it falls by more than this share."""
    return Line("change", "below", -Decimal(share))


def rises(share: str) -> Line:
    """Compared with the week before it rises by more than this share."""
    return Line("change", "above", Decimal(share))


def loses(points: str) -> Line:
    """Compared with the week before it loses more than this (0.05: five percentage points)."""
    return Line("points", "below", -Decimal(points))


def gains(points: str) -> Line:
    """Compared with the week before it gains more than this."""
    return Line("points", "above", Decimal(points))


@dataclass(frozen=True, slots=True)
class Case:
    """The measures of two weeks, of all channels or of one: what a rule is asked about."""

    scope: str
    this: Group
    last: Group

    def now(self, name: str) -> int:
        """A measure or sum of the current week."""
        return whole(name, self.this)

    def before(self, name: str) -> int:
        """The same of the week before."""
        return whole(name, self.last)

    def least(self, name: str) -> int:
        """The smaller of the two."""
        return min(self.now(name), self.before(name))

    def exact_now(self, name: str) -> Fraction | None:
        """A KPI or part of the current week, unrounded."""
        return exact(outcome(name, self.this))

    def exact_before(self, name: str) -> Fraction | None:
        """The same of the week before."""
        return exact(outcome(name, self.last))


Enough = Callable[[Case, GuardValues], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A declared rule. `platforms`: asked again of every paid channel with spend.

    `enough` says whether there is enough data. `always` fires whatever the KPI says, as long as there is enough.
    `for_days`: how many daily evaluations before this one must have fired, too, before anybody is told. `lags`: its
    weeks end earlier by the days for which platforms go on crediting purchases to days that are over.
    What only growthos.toml says: `least`, counts that both weeks must reach, `advice`, what to do, `usual`, the rule as
    it is unless it is set, and `enabled`, whether it is asked at all.
    """

    name: str
    label: str
    severity: Severity
    kpi: Kpi
    line: Line
    platforms: bool
    enough: Enough
    always: Callable[[Case], bool]
    doc: str
    for_days: int
    lags: bool = False
    least: tuple[tuple[str, int], ...] = ()
    advice: str = ""
    usual: "Rule | None" = None
    enabled: bool = True

    def lag(self, guards: GuardValues) -> timedelta:
        """By how much its weeks end earlier than those of other rules."""
        return timedelta(days=guards.attribution_lag_days if self.lags else 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a case, in exact numbers. `change` is relative or in points, as the rule's line is."""

    state: State
    current: Fraction | None
    previous: Fraction | None
    change: Fraction | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A rule asked of a scope at the end of one week, and what it said."""

    rule: Rule
    case: Case
    verdict: Verdict

    @property
    def fingerprint(self) -> str:
        """What stays the same from day to day: `revenue_drop:all`, `roas_below_one:meta`."""
        return f"{self.rule.name}:{self.case.scope}"

    @property
    def firing(self) -> bool:
        return self.verdict.state == "firing"


RULES: dict[str, Rule] = {}


def rule(
    label: str,
    severity: Severity,
    kpi: Kpi,
    line: Line,
    *,
    platforms: bool = False,
    always: Callable[[Case], bool] = lambda _: False,
    lags: bool = False,
) -> Callable[[Enough], Rule]:
    """Declare a rule; the function below is its guard, its docstring the runbook."""

    def declare(enough: Enough) -> Rule:
        doc = inspect.cleandoc(enough.__doc__ or "")
        for_days = waits(severity)
        made = Rule(enough.__name__, label, severity, kpi, line, platforms, enough, always, doc, for_days, lags)
        RULES[made.name] = made
        return made

    return declare


def waits(severity: Severity) -> int:
    """How many days a rule waits unless it is said: none where it is grave."""
    return 0 if severity == "critical" else 1


def judge(rule: Rule, case: Case, guards: GuardValues) -> Verdict:
    """Whether a rule fires for a case. A null that the rule needs is never compared."""
    current, previous = exact(rule.kpi.outcome(case.this)), exact(rule.kpi.outcome(case.last))
    change = None
    if rule.line.of != "value":
        change = (relative if rule.line.of == "change" else difference)(current, previous)
    enough = all(case.least(name) >= count * one_of(name) for name, count in rule.least)
    if not enough or not rule.enough(case, guards):
        return Verdict("insufficient_data", current, previous, change)
    if rule.always(case):
        return Verdict("firing", current, previous, change)
    reading = current if rule.line.of == "value" else change
    if reading is None:
        return Verdict("insufficient_data", current, previous, change)
    return Verdict("firing" if rule.line.crossed(reading) else "ok", current, previous, change)
