"""How each alert stands, from what its rule said at the end of each day: pending, firing, kept firing or resolved.

The words are those of Prometheus, and so is what they mean. An alert is *pending* until it fires at the ends of
`for_days` days more than one, one after the other. Then it is *firing*, and is *kept* so for `keep` days on which it
does not fire; *resolved* on the next. A week with too little data, and a scope that a rule has nothing to ask about,
are what a missing sample is there: no firing. So they let go of what is pending, and resolve nothing before `keep`.

Nothing is remembered: whoever asks, however often, gets the same answer for the same day and data.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

State = Literal["inactive", "pending", "firing", "kept", "resolved"]

RESOLVED_DAYS: Final = 7
"""So long it is told that an alert is resolved; then it is inactive, as one that never fired."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an alert stands at the end of a day.

    `active_since` is the first day of those at whose ends it fired, with rests no longer than it is kept; `last_seen`
    the last one, `resolved_at` the one at whose end it was let go. None where there is no such day.
    """

    state: State = "inactive"
    active_since: date | None = None
    last_seen: date | None = None
    resolved_at: date | None = None

    @property
    def firing(self) -> bool:
        """Whether it fires, or is kept firing."""
        return self.state in {"firing", "kept"}

    def then(self, day: date, *, fires: bool, for_days: int, keep: int) -> "Standing":
        """How it stands at the end of the day after."""
        if fires:
            since = self.active_since if self.active_since and self.state != "resolved" else day
            waited = self.firing or (day - since).days >= for_days
            return Standing("firing" if waited else "pending", since, day)
        if self.firing and self.last_seen and (day - self.last_seen).days <= keep:
            return replace(self, state="kept")
        if self.firing:
            return Standing("resolved", self.active_since, self.last_seen, day)
        if self.resolved_at and (day - self.resolved_at).days < RESOLVED_DAYS:
            return self
        return Standing()


def follow(days: Iterable[tuple[date, bool]], *, for_days: int, keep: int) -> Standing:
    """How an alert stands after days that follow one another, of each of which it is known whether it fired."""
    found = Standing()
    for day, fires in days:
        found = found.then(day, fires=fires, for_days=for_days, keep=keep)
    return found


def is_settled(days: Iterable[tuple[date, bool]], end: date, keep: int) -> bool:
    """Whether the days before these could not change how it stands at the `end`.

    So it is where it has rested for longer than it is kept, so long ago that nobody is told of it any more.
    """
    rested = 0
    for day, fires in days:
        rested = 0 if fires else rested + 1
        if rested > keep and (end - day).days >= RESOLVED_DAYS:
            return True
    return False
