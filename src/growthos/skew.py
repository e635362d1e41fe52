"""Whether the clock of this machine is wrong: held against the sources' clocks, and against the newest page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from growthos.clock import TOLERANCE

MEND = "Set the clock of this machine (`timedatectl set-ntp true`); nothing read so far is touched by it."


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the clock, and what to do."""

    said: str
    hint: str = MEND


def wrong(now: datetime, newest: datetime | None, skews: Mapping[str, float]) -> Wrong | None:
    """What is fetched cannot lie ahead: `newest` is when the newest page was read, `skews` are seconds by source."""
    off = {source: timedelta(seconds=one) for source, one in skews.items() if abs(one) > TOLERANCE.total_seconds()}
    if newest and newest - now > TOLERANCE:
        return Wrong(
            f"this machine says {now:%Y-%m-%d %H:%M} UTC, and pages were read as late as {newest:%Y-%m-%d %H:%M}"
        )
    if off and len(off) == len(skews):
        skew = min(off.values(), key=abs)
        way = "behind" if skew > timedelta(0) else "ahead of"
        return Wrong(f"{_long(skew)} {way} the servers of {', '.join(off)}")
    if off:
        return Wrong(
            f"it differs by {_long(max(off.values(), key=abs))} from the servers of {', '.join(off)}, not from others",
            "Another machine may stand between them and this one: a proxy, a cache.",
        )
    return None


def agreed(now: datetime, skews: Mapping[str, float]) -> datetime:
    """The time by the sources, where all of those that told it say that this machine is wrong."""
    nearest = min(skews.values(), key=abs, default=0.0)
    return now + timedelta(seconds=nearest) if abs(nearest) > TOLERANCE.total_seconds() else now


def _long(skew: timedelta) -> str:
    minutes = int(abs(skew).total_seconds()) // 60
    if minutes < 120:  # noqa: PLR2004 - two hours in minutes read well
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 60 * 48 else f"{minutes // (60 * 24)} days"
