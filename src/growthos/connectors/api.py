"""Api: asks a source, patiently. Limits, back-off, renewed credentials, the log of calls: all patience is here."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from growthos.clock import Clock, CorrectedClock
from growthos.connectors.asking import REQUEST_ID_HEADERS, Answer, Ask, Attempt, adapter
from growthos.connectors.limits import Ledger, Turns, key_of
from growthos.connectors.refusals import Refusals
from growthos.connectors.terms import Judgement, Source, Verdict, Watch
from growthos.connectors.tries import SERVER_ERROR, AgainError, Tries
from growthos.connectors.verdicts import quoted, server_time
from growthos.errors import SourceError
from growthos.redact import SECRETS, Redactor

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
LONG_WAIT = 60.0
OF_OTHERS = {200, 403}
"""With these a firewall or a login page between us and the source shows its own page."""


class Api:
    """One source over HTTP.

    `waited` is how many seconds were spent waiting for it so far. `skew` is by how many seconds the server's clock was
    ahead of ours at its last answer, None where no answer told. `unanswered` is how many attempts in a row failed.
    """

    def __init__(
        self,
        connector: Source,
        *,
        transport: "httpx.BaseTransport | None" = None,
        clock: Clock,
        watch: Watch | None = None,
        patience: float = 900.0,
        ends: float = math.inf,
        ledger: Path | None = None,
    ) -> None:
        """`ledger` is the file in which attempts are counted across processes; without one they are for this run.

        `ends`: nothing is asked any more once `clock.monotonic` has come to it; TimeUpError says so.
        """
        from growthos.connectors.wire.careful import Wire
        from growthos.connectors.wire.exchange import Guards

        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self.connector = connector
        self.clock = CorrectedClock(clock)
        self.watch = watch or Watch()
        self.patience = patience
        self._ends = ends
        self.waited = 0.0
        self.skew: float | None = None
        self.unanswered = 0
        self._complaint = ""
        self._unlogged = 0.0
        self._rest = 0.0
        self.secrets = Redactor(SECRETS)
        for one in connector.settings:
            if one.secret and (value := connector.values.get(one.name)):
                self.secrets.learn(value)
        self._refusals = Refusals(connector, self.clock)
        self._guards = Guards()
        self._turns = Turns(connector.limits, clock)
        self._ledger = Ledger(ledger, key_of(connector), connector.limits, clock) if ledger else None
        self._server_errors = Turns([connector.server_errors] if connector.server_errors else [], clock)
        self._wire = Wire(transport, clock, self._refusals)
        self._build = self._wire.client.build_request
        self._auth = connector.auth(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.client.close()
        if self._ledger:
            self._ledger.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        operation: str,
        envelope: type[T],
        records: Callable[[T], int] = lambda _: 0,
    ) -> Answer[T]:
        """GET `path` of the source's address; `envelope` is the type of what must be understood of the answer."""
        build = partial(self._build, "GET", self.connector.base_url + path, params=dict(params))
        return self._patiently(Ask(build, operation, adapter(envelope), records, self.connector.judge, self._guards))

    def post(
        self,
        path: str,
        body: Mapping[str, object],
        *,
        operation: str,
        envelope: type[T],
        records: Callable[[T], int] = lambda _: 0,
        headers: Mapping[str, str] | None = None,
        streamed: bool = False,
        judge: "Callable[[int, httpx.Headers, bytes], Judgement] | None" = None,
    ) -> Answer[T]:
        """POST `body` as JSON; a `streamed` answer may be larger and take longer.

        `judge` stands in for the source's own where this request must be judged otherwise.
        """
        from growthos.connectors.wire.exchange import MEGABYTE, Guards

        guards = Guards(120.0, 600.0, 256 * MEGABYTE) if streamed else self._guards
        build = partial(self._build, "POST", self.connector.base_url + path, json=dict(body), headers=headers)
        ask = Ask(build, operation, adapter(envelope), records, judge or self.connector.judge, guards)
        return self._patiently(ask)

    def form(self, path: str, fields: Mapping[str, str], *, operation: str, envelope: type[T]) -> Answer[T]:
        """POST `fields` as a form does, which starts something; what it is, the answer says."""
        build = partial(self._build, "POST", self.connector.base_url + path, data=dict(fields))
        ask = Ask(build, operation, adapter(envelope), lambda _: 0, self.connector.judge, self._guards)
        return self._patiently(ask)

    def token(
        self,
        address: str,
        form: Mapping[str, str],
        *,
        envelope: type[T],
        judge: Callable[[int, "httpx.Headers", bytes], Judgement],
    ) -> T:
        """POST `form` for an access token, without credentials; where the source itself grants it, that is a call."""
        build = partial(self._build, "POST", address, data=dict(form))
        ask = Ask(build, "token", adapter(envelope), lambda _: 0, judge, self._guards, is_token=True)
        granted: T = self._patiently(ask).said
        return granted

    def ready(self) -> None:
        """Fetch the token, where there is one to fetch: before a turn is taken, as it may take one itself.

        Its answer tells the time, like any other: from then on `clock` is the source's.
        """
        getattr(self._auth, "ready", bool)()

    def rest(self, seconds: float, reason: str) -> None:
        """Let the source rest before the next request; PatienceError where that takes longer than this run may."""
        if seconds > self.patience:
            raise self._refusals.out_of_patience(seconds, f"{reason}.")
        self.pause(seconds, f"{self.connector.name}: {reason}")

    def pause(self, seconds: float, reason: str) -> None:
        """Wait; a long wait is told. TimeUpError at once where the run's time would be up before the end of it."""
        if seconds >= self._left():
            raise self._refusals.out_of_time(self._complaint)
        if seconds > LONG_WAIT:
            self.watch.waiting(seconds, reason)
        self.waited += seconds
        self._unlogged += seconds
        self.clock.sleep(seconds)

    def _left(self) -> float:
        """Seconds that the run may still take."""
        return self._ends - self.clock.monotonic()

    def _patiently(self, ask: Ask[T]) -> Answer[T]:
        from tenacity import Retrying, retry_if_exception_type

        tries = Tries(self.patience, self.connector.tries, self.connector.tries_after_server_error)
        source = self.connector.name

        def sleep(seconds: float) -> None:
            tries.waited += seconds
            self.pause(seconds, f"{source} asked for it" if tries.hinted else f"{source} is asked again")

        retrying = Retrying(
            retry=retry_if_exception_type(AgainError),
            wait=tries.wait,
            stop=tries.enough,
            sleep=sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, ask, tries)
        except AgainError as again:
            raise self._given_up(ask, tries, again) from again.__cause__

    def _attempt(self, ask: Ask[T], tries: Tries) -> Answer[T]:
        if self._left() <= 0:
            raise self._refusals.out_of_time(self._complaint)
        if not ask.is_token:
            self.ready()
        request = ask.build()
        if counts := str(request.url).startswith(f"{self.connector.base_url}/"):
            self._take_turn(tries)
        attempt = Attempt(
            source=self.connector.name,
            operation=ask.operation,
            endpoint=urlsplit(str(request.url)).path,
            number=tries.begin(),
            started=self.clock.monotonic(),
            waited=self._unlogged,
        )
        self._unlogged = 0.0
        before, self.unanswered, self._complaint = self.unanswered, 0, ""
        try:
            return self._once(ask, request, attempt, tries)
        except AgainError as again:
            attempt.verdict, attempt.message = again.judgement.verdict, again.judgement.message
            self.unanswered = before + 1 if again.judgement.verdict is Verdict.TRANSIENT else 0
            self._complaint = again.judgement.message
            raise
        except SourceError as error:
            # Made of the source's own words and addresses: nothing leaves here uncut.
            error.message, error.hint = SECRETS.text(error.message), SECRETS.text(error.hint)
            error.args = (error.message,)
            attempt.message = error.message
            raise
        finally:
            if counts:
                self._turns.settle()
                if self._ledger:
                    self._ledger.settle()
            self.watch.call(attempt.call(self.clock.monotonic()))

    def _once(self, ask: Ask[T], request: "httpx.Request", attempt: Attempt, tries: Tries) -> Answer[T]:
        from pydantic import ValidationError

        guards = replace(ask.guards, deadline_seconds=min(ask.guards.deadline_seconds, self._left()))
        received = self._wire.send(request, None if ask.is_token else self._auth, guards, ask.operation)
        attempt.status, attempt.size = received.status, len(received.body)
        if (told := server_time(received.headers)) is not None:
            self.skew = self.clock.learn(told).total_seconds()
        attempt.request_id = next((received.headers[h] for h in REQUEST_ID_HEADERS if h in received.headers), None)
        if received.status in OF_OTHERS and received.body.lstrip().startswith(b"<"):
            raise AgainError(Judgement(Verdict.TRANSIENT, f"a web page came in place of an answer ({received.status})"))
        judgement = ask.judge(received.status, received.headers, received.body)
        attempt.verdict = judgement.verdict
        if judgement.verdict is not Verdict.OK:
            judgement = replace(judgement, message=quoted(judgement.message))
            raise self._no(ask, judgement, received.status, attempt.endpoint, tries)
        try:
            said = ask.understand.validate_json(received.body)
        except ValidationError as error:
            where = "; ".join(
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
                for one in error.errors(include_url=False, include_input=False, include_context=False)[:3]
            )
            garbled = Judgement(Verdict.TRANSIENT, quoted(f"the answer cannot be understood: {where}"))
            raise AgainError(garbled, garbled=True) from None
        attempt.records = ask.records(said)
        self._rest = self.connector.rest(received.headers)
        return Answer(received.body, said, received.status, received.headers)

    def _no(self, ask: Ask[Any], said: Judgement, status: int, endpoint: str, tries: Tries) -> Exception:
        if said.verdict in {Verdict.THROTTLED, Verdict.TRANSIENT}:
            if status >= SERVER_ERROR:
                self._count_server_error(said.message)
            return AgainError(said, status=status)
        if said.verdict is Verdict.CREDENTIALS and not (ask.is_token or tries.renewed) and self._renewed():
            tries.renewed = True
            return AgainError(said, at_once=True)
        return self._refusals.of(said, operation=ask.operation, endpoint=endpoint, status=status)

    def _renewed(self) -> bool:
        """Whether another token can be fetched."""
        return bool(getattr(self._auth, "renew", bool)())

    def _given_up(self, ask: Ask[Any], tries: Tries, again: AgainError) -> Exception:
        words = again.judgement.message
        if self._left() <= 0:
            return self._refusals.out_of_time(words)
        if tries.too_long or again.judgement.verdict is Verdict.THROTTLED:
            return self._refusals.out_of_patience(tries.next_wait, words)
        return self._refusals.given_up(ask.operation, tries.attempts, words)

    def _take_turn(self, tries: Tries) -> None:
        """Wait until another attempt is allowed: by the source, which may want a rest, and by our own limits."""
        if (seconds := self._rest) > 0:
            self._rest = 0.0
            self.rest(seconds, "its limits are nearly used up")
        while (seconds := self._turns.wait() or (self._ledger.take() if self._ledger else 0.0)) > 0:
            if tries.waited + seconds > self.patience:
                raise self._refusals.out_of_patience(seconds, "the limit of calls that growthos keeps is reached.")
            tries.waited += seconds
            self.pause(seconds, f"{self.connector.name} may not be asked more often")
        self._turns.take()

    def _count_server_error(self, words: str) -> None:
        self._server_errors.take()
        if (seconds := self._server_errors.wait()) > 0:
            raise self._refusals.out_of_patience(seconds, f"it failed too often, and each failure counts: {words}")
