"""Time as an argument: the system's clock, and the demo's, which moves only when somebody sleeps."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from growthos import interrupt

TOLERANCE: Final = timedelta(minutes=5)
"""By how much a clock may differ from a server's before it counts as wrong."""
BELIEVED: Final = range(2020, 2100)
"""The years in which a server may say that it is; before and after them its clock is the one that is wrong."""


class Clock(Protocol):
    """What the program knows of time. Handed down from `cli`; nothing below asks the system."""

    def now(self) -> datetime:
        """The instant, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait; StoppedError where the run is to end before that."""


class SystemClock:
    """The clock on the wall."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        interrupt.sleep(seconds)


class DemoClock:
    """Stands at `start` and moves only when the program sleeps, so that waiting costs no time."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.slept = 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.slept)

    def monotonic(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += max(0.0, seconds)


class CorrectedClock:
    """Another clock, put right by what a server tells where they differ by more than they may; `off` is by how much."""

    def __init__(self, inner: Clock) -> None:
        self.inner = inner
        self.off = timedelta(0)

    def learn(self, told: datetime) -> timedelta:
        """Take a server's word for the time; gives by how much it is ahead of the clock on this machine."""
        skew = told - self.inner.now()
        if told.year in BELIEVED and abs(skew - self.off) > TOLERANCE:
            self.off = skew if abs(skew) > TOLERANCE else timedelta(0)
        return skew

    def now(self) -> datetime:
        return self.inner.now() + self.off

    def monotonic(self) -> float:
        return self.inner.monotonic()

    def sleep(self, seconds: float) -> None:
        self.inner.sleep(seconds)
