"""How often one request is tried, and how long it waits in between; handed to tenacity."""

import random
from typing import TYPE_CHECKING

from growthos.connectors.terms import Judgement, Verdict

if TYPE_CHECKING:
    from tenacity import RetryCallState

SERVER_ERROR = 500
GARBLED_TRIES = 3
LONGEST_BACKOFF = 60.0


class AgainError(Exception):
    """An answer after which the same request may be made again."""

    def __init__(
        self, judgement: Judgement, *, status: int | None = None, garbled: bool = False, at_once: bool = False
    ) -> None:
        super().__init__(judgement.message)
        self.judgement = judgement
        self.status = status
        self.garbled = garbled
        self.at_once = at_once


class Tries:
    """The attempts at one request. `waited` counts all its waiting, `too_long` says that patience ended it."""

    def __init__(self, patience: float, most: int, most_after_server_error: int) -> None:
        self.attempts = 0
        self.waited = 0.0
        self.renewed = False
        self.hinted = False
        self.too_long = False
        self.next_wait = 0.0
        self._patience = patience
        self._most = most
        self._most_after_server_error = most_after_server_error
        self._failures = 0
        self._garbled = 0
        self._server_errors = 0

    def begin(self) -> int:
        """The number of the attempt that starts now."""
        self.attempts += 1
        return self.attempts

    def wait(self, state: "RetryCallState") -> float:
        """Seconds to the next attempt: what the source asks for, else exponential back-off with jitter."""
        again = self._again(state)
        self._count(again)
        hint = again.judgement.wait
        self.hinted = hint is not None
        if again.at_once:
            seconds = 0.0
        elif hint is not None:
            seconds = hint
        else:
            tried = max(0, self._failures - 1)
            seconds = min(LONGEST_BACKOFF, 2.0**tried) + random.uniform(0, 1)  # noqa: S311 - jitter, not a secret
        self.next_wait = seconds
        return seconds

    def enough(self, _: "RetryCallState") -> bool:
        """Whether to give up; asked after `wait`."""
        self.too_long = self.waited + self.next_wait > self._patience
        return (
            self.too_long
            or self._failures >= self._most
            or self._garbled >= GARBLED_TRIES
            or self._server_errors >= self._most_after_server_error
        )

    def _count(self, again: AgainError) -> None:
        throttled = again.judgement.verdict is Verdict.THROTTLED
        if again.at_once or (throttled and again.judgement.wait is not None):
            return
        self._failures += 1
        self._garbled += again.garbled
        self._server_errors += again.status is not None and again.status >= SERVER_ERROR

    @staticmethod
    def _again(state: "RetryCallState") -> AgainError:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, AgainError):
            raise TypeError(f"nothing to try again after {error!r}")
        return error
