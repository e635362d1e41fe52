"""Time as an argument: the system's clock, and the demo's, which moves only when somebody sleeps."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from growthos import interrupt


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
