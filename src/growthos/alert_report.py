"""What `alerts` shows: every rule asked of every scope, and what it said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from growthos.alert_state import Standing
from growthos.measures.notices import Notice
from growthos.measures.values import Unit, Value
from growthos.period import Period
from growthos.rules import SEVERITIES, Rule, Severity, State
from growthos.unusual import UnusualDay


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule asked of one scope. `figures` are the numbers of the recommendation, which only firing alerts have.

    `standing` is None where only one day was looked at. `silenced_by` is the id of a silence, `inhibited_by` the alert
    or the check that explains it better. `lag_days`: by so many its weeks end earlier than those of the report.
    """

    rule: Rule
    scope: str
    scope_name: str
    state: State
    current: Value
    previous: Value
    change: Decimal | None
    recommendation: str | None = None
    figures: Mapping[str, Value] | None = None
    standing: Standing | None = None
    silenced_by: str | None = None
    inhibited_by: str | None = None
    lag_days: int = 0

    @property
    def fingerprint(self) -> str:
        """What stays the same from day to day: `revenue_drop:all`, `roas_below_one:meta`."""
        return f"{self.rule.name}:{self.scope}"

    @property
    def held_back(self) -> bool:
        """Whether nobody is told of it: it is silenced or inhibited, and true all the same."""
        return self.silenced_by is not None or self.inhibited_by is not None

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    @property
    def unit(self) -> Unit:
        return self.rule.kpi.unit

    def as_json(self) -> dict[str, Any]:
        """One element of `alerts --format json`."""
        return {
            "id": self.rule.name,
            "name": self.rule.label,
            "severity": self.severity,
            "scope": self.scope,
            "state": self.state,
            "unit": self.unit,
            "current": self.current,
            "previous": self.previous,
            "change": self.change,
            "threshold": self.rule.line.threshold,
            "recommendation": self.recommendation,
            "figures": dict(self.figures or {}),
            "standing": self.standing and self.standing.state,
            "active_since": self.standing and self.standing.active_since,
            "silenced_by": self.silenced_by,
            "inhibited_by": self.inhibited_by,
            "lag_days": self.lag_days,
        }


@dataclass(frozen=True, slots=True)
class AlertReport:
    """Every rule asked of every scope, for the seven days of `window` against the seven before.

    `failed` are the critical checks that kept the last build from being published; None where it was. `unusual` are the
    days of the window that stand out from the same weekday of the weeks before.
    `disabled` are the rules that growthos.toml switches off: they are not asked.
    """

    window: Period
    previous: Period
    timezone: str
    currency: str
    data_through: date | None
    warnings: tuple[Notice, ...]
    alerts: tuple[Alert, ...]
    failed: tuple[str, ...] | None = None
    unusual: tuple[UnusualDay, ...] = ()
    disabled: tuple[str, ...] = ()

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Those that fire, the gravest first."""
        found = (alert for alert in self.alerts if alert.state == "firing")
        return tuple(sorted(found, key=lambda alert: -SEVERITIES.index(alert.severity)))

    def of(self, name: str) -> Self:
        """The same of one rule alone."""
        return replace(
            self,
            alerts=tuple(alert for alert in self.alerts if alert.rule.name == name),
            disabled=tuple(one for one in self.disabled if one == name),
            unusual=(),
        )

    def reaches(self, level: Severity) -> bool:
        """Whether an alert of at least this severity fires that nothing holds back."""
        found = (alert for alert in self.firing if not alert.held_back)
        return any(SEVERITIES.index(alert.severity) >= SEVERITIES.index(level) for alert in found)

    def as_json(self, *, all: bool = False) -> dict[str, Any]:  # noqa: A002 - the command's option is called --all
        """The structure of `alerts --format json`: firing alerts, or every evaluation and what is switched off."""
        return {
            "schema_version": 1,
            "window": {"since": self.window.first.isoformat(), "until": self.window.last.isoformat()},
            "previous": {"since": self.previous.first.isoformat(), "until": self.previous.last.isoformat()},
            "alerts": [alert.as_json() for alert in (self.alerts if all else self.firing)],
            "unusual": [one.as_json() for one in self.unusual],
            **({"disabled": list(self.disabled)} if all else {}),
        }
