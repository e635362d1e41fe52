"""What a run has to tell about the alerts: one message, in plain values, for a screen, a mail or a chat alike.

Who sends it guards it: names in it come from data, and each target has marks of its own that they could be taken for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from growthos.measures.values import Value
from growthos.period import Period
from growthos.rules import Severity


@dataclass(frozen=True, slots=True)
class Due:
    """An alert that is to be told.

    `fingerprint` is `rule:scope`, `name` the rule's own, `scope` the channel's, `all channels` where it is about all.
    `facts` is a sentence with its numbers, `recommendation` what to do, empty where it fires no more. `since` is the
    day at whose end it began to fire, `until` the one at whose end it was found to fire no more. `figures` are the
    numbers of the recommendation by name, as in the JSON of `alerts`.
    """

    fingerprint: str
    name: str
    severity: Severity
    scope: str
    facts: str
    recommendation: str
    since: date
    until: date | None = None
    figures: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """All that one run tells. `home` is the folder's name; `alerts` fire, the gravest first; `resolved` do no more.

    `notes` are sentences on what is not told: alerts that are silenced.
    """

    home: str
    window: Period
    previous: Period
    timezone: str
    alerts: tuple[Due, ...] = ()
    resolved: tuple[Due, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What is told in a line, in a subject too: `myshop: 1 critical, 2 warnings, 1 resolved (2026-03-29)`."""
        return f"{self.home}: {', '.join(self._counted())} ({self.window.last})"

    def _counted(self) -> list[str]:
        found = [one.severity for one in self.alerts]
        critical, warnings, infos = (found.count(one) for one in ("critical", "warning", "info"))
        return [
            *([f"{critical} critical"] if critical else []),
            *([f"{warnings} warning{'s' * (warnings > 1)}"] if warnings else []),
            *([f"{infos} info"] if infos else []),
            *([f"{len(self.resolved)} resolved"] if self.resolved else []),
        ]
