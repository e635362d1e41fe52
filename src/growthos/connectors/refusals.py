"""From a source's no to an error that a person understands: what happened, and what to do."""

from collections.abc import Iterable
from datetime import timedelta

from growthos.clock import Clock
from growthos.connectors.terms import Judgement, Setting, Source, Verdict
from growthos.connectors.verdicts import quoted
from growthos.errors import CredentialsError, PatienceError, RefusedError, SourceError, TimeUpError, UnavailableError

QUOTA_SECONDS = 3600.0
LONGEST_WAIT = 366 * 86_400.0
"""Seconds beyond which it makes no difference how long a source asks us to wait; the calendar has an end."""


class ShrinkError(UnavailableError):
    """A source says that it was asked for too much at once; the same request may not be repeated."""


class DeniedError(CredentialsError):
    """The credentials are good, and do not permit this."""


class SkippedError(RefusedError):
    """An account that is closed or not enabled: it is passed over with a warning, and the others are read."""


class Refusals:
    """Makes the errors of one source."""

    def __init__(self, connector: Source, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock

    def of(self, said: Judgement, *, operation: str, endpoint: str, status: int) -> SourceError:
        """The error for an answer after which nothing is tried again."""
        source, words = self._connector.name, said.message
        match said.verdict:
            case Verdict.CREDENTIALS:
                return CredentialsError(
                    source,
                    f"{source} does not accept the credentials (HTTP {status}): {words}",
                    hint=said.hint or f"Renew {_names(self._given(secret=True))}. Nothing was lost.",
                )
            case Verdict.PERMISSION:
                return DeniedError(
                    source,
                    f"{source} does not permit {operation} (HTTP {status}): {words}",
                    hint=said.hint or f"Check the permissions behind {_names(self._given(secret=False))}.",
                )
            case Verdict.QUOTA:
                return self.out_of_patience(said.wait or QUOTA_SECONDS, f"its quota is used up: {words}")
            case Verdict.SHRINK:
                return ShrinkError(
                    source, f"{source} was asked for too much at once ({operation}): {words}", hint=_later(source)
                )
            case Verdict.SKIP:
                return SkippedError(source, f"{source} is not read for an account: {words}")
            case _:
                return RefusedError(
                    source,
                    f"{source} refused {operation} at {endpoint} (HTTP {status}): {words}",
                    hint=said.hint or "The request is wrong for this account or this version of its API.",
                )

    def given_up(self, operation: str, attempts: int, words: str) -> UnavailableError:
        """The error after the last attempt."""
        source = self._connector.name
        times = "once" if attempts == 1 else f"{attempts} times"
        return UnavailableError(
            source,
            f"{source} was asked for {operation} {times} and did not answer: {words}",
            hint="If this machine reaches other sites, it is theirs to mend. "
            "What was read is kept; the next sync goes on from there.",
        )

    def out_of_patience(self, seconds: float, words: str) -> PatienceError:
        """The error where the wait is longer than this run may take."""
        source, resume_at = self._connector.name, self._clock.now() + timedelta(seconds=min(seconds, LONGEST_WAIT))
        return PatienceError(
            source,
            f"{source} asks us to wait until {resume_at:%Y-%m-%d %H:%M} UTC: {words}",
            resume_at=resume_at,
            hint=f"What was read is kept; `growthos sync {source}` after that time goes on from there.",
        )

    def out_of_time(self, words: str) -> TimeUpError:
        """The error where this run may take no longer; `words` are what kept the last attempt from its answer."""
        source = self._connector.name
        before = f"; before that, {words.rstrip('.')}" if words else ""
        return TimeUpError(
            source,
            f"{source} was not read to the end: the time that --timeout gives this run is up{before}.",
            resume_at=self._clock.now(),
            hint=f"What was read is kept; `growthos sync {source}` goes on from there.",
        )

    def too_large(self, operation: str, words: str) -> ShrinkError:
        """The error where an answer is larger than it may be."""
        source = self._connector.name
        return ShrinkError(source, f"{source} answered {operation} with {words}.", hint=_later(source))

    def not_credible(self, words: str) -> UnavailableError:
        """The error where an answer would only fill the memory."""
        source = self._connector.name
        return UnavailableError(source, f"{source} sent an answer that is not credible: {words}.", hint=_later(source))

    def sent_on(self, host: str, target: str, status: int) -> UnavailableError:
        """The error where a source wants us to go elsewhere."""
        return UnavailableError(
            self._connector.name,
            f"{host} sends us on to {target or 'another page of its own'} (HTTP {status});"
            " growthos does not follow, so that no token goes astray.",
            hint="Check the address or domain in the settings; for Shopify it is the *.myshopify.com one.",
        )

    def distrusted(self, host: str, words: str) -> UnavailableError:
        """The error where a server cannot prove who it is."""
        return UnavailableError(
            self._connector.name,
            f"The certificate of {host} cannot be trusted: {words}.",
            hint="Check the clock of this machine and what stands between it and the internet.",
        )

    def _given(self, *, secret: bool) -> Iterable[Setting]:
        """What is set, addresses aside; of secrets, and of what leads to them, alone."""
        for one in self._connector.settings:
            if self._connector.values.get(one.name) and not one.address and (one.secret or one.shared or not secret):
                yield one


def _later(source: str) -> str:
    return f"What was read is kept; `growthos sync {source}` goes on from there. It is theirs to mend."


def of_another(source: str, asked: str, told: str) -> UnavailableError:
    """The error where a source answers about another account than the one that was asked for."""
    return UnavailableError(
        source,
        f"{source} was asked about {asked} and answers about {quoted(told)}; nothing of it is kept.",
        hint="Something between this machine and the source gives out answers of others.",
    )


def _names(settings: Iterable[Setting]) -> str:
    return " and ".join(one.env for one in settings) or "the settings of this source"
