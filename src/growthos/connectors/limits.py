"""Rate limits that the project keeps by itself: at most so many attempts in any so many seconds.

They are kept for one run and one source. Whoever keeps them across processes gives `Turns` another memory.
"""

from collections import deque
from collections.abc import Iterable

from growthos.clock import Clock
from growthos.connectors.terms import Limit

SLACK = 1.05
INSTANT = 1e-6


class Turns:
    """Counts attempts, successful or not, in sliding windows 5 % longer than the limits'."""

    def __init__(self, limits: Iterable[Limit], clock: Clock) -> None:
        self._clock = clock
        self._windows = [(limit.seconds * SLACK, deque[float](maxlen=limit.calls)) for limit in limits]

    def wait(self) -> float:
        """Seconds until the next attempt may start."""
        now = self._clock.monotonic()
        waits = [turns[0] + seconds - now for seconds, turns in self._windows if len(turns) == turns.maxlen]
        longest = max(waits, default=0.0)
        return longest if longest > INSTANT else 0.0

    def take(self) -> None:
        """Count an attempt that starts now."""
        now = self._clock.monotonic()
        for _, turns in self._windows:
            turns.append(now)

    def settle(self) -> None:
        """Count the last attempt from now, when it is over: it arrived by now, and when before, nobody can tell."""
        now = self._clock.monotonic()
        for _, turns in self._windows:
            turns[-1] = now
