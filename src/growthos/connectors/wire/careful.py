"""An exchange whose failures are told in words: which of them may pass, and which may not."""

from typing import TYPE_CHECKING

import httpx

from growthos.clock import Clock
from growthos.connectors.address import led_to
from growthos.connectors.refusals import Refusals
from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.tries import AgainError
from growthos.connectors.verdicts import quoted
from growthos.connectors.wire.exchange import (
    PACKED,
    BombError,
    Guards,
    Received,
    TooLargeError,
    TooSlowError,
    distrusted,
    exchange,
)

if TYPE_CHECKING:
    from growthos.connectors.wire.line import Line


class Wire:
    """One source's client, its credentials aside."""

    def __init__(self, transport: httpx.BaseTransport | None, clock: Clock, refusals: Refusals) -> None:
        self._clock = clock
        self._refusals = refusals
        self._line = None if transport else _line(clock)
        self.client = httpx.Client(
            transport=self._line.transport() if self._line else transport,
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": "growthos", "Accept-Encoding": PACKED},
        )

    def send(self, request: httpx.Request, auth: httpx.Auth | None, guards: Guards, operation: str) -> Received:
        """A whole answer, whatever it says; AgainError where a further attempt may bring one."""
        host = request.url.host
        if self._line:
            self._line.begin(guards.deadline_seconds)
        try:
            received = exchange(self.client, request, auth, self._clock, guards)
        except TooLargeError as error:
            raise self._refusals.too_large(operation, str(error)) from error
        except BombError as error:
            raise self._refusals.not_credible(str(error)) from error
        except (httpx.HTTPError, TooSlowError) as error:
            if distrusted(error):
                raise self._refusals.distrusted(host, quoted(error)) from error
            said = quoted(error) or type(error).__name__
            raise AgainError(Judgement(Verdict.TRANSIENT, f"no whole answer from {host}: {said}")) from error
        if received.status in range(300, 400):
            raise self._refusals.sent_on(host, quoted(led_to(received.headers)), received.status)
        return received


def _line(clock: Clock) -> "Line":
    """A line to the network: all that belongs to one is read in where there is one, which the demo has not."""
    from growthos.connectors.wire.line import Line

    return Line(clock)
