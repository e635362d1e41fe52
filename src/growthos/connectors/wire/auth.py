"""Credentials as a header: a token that is given, or one that is fetched, kept and fetched anew."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import httpx

from growthos.clock import Clock

MARGIN_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A token, and for how many seconds it is good."""

    value: str
    seconds: float


class GivenToken(httpx.Auth):
    """A token from the settings; where it is refused, nothing can be renewed."""

    def __init__(self, token: str, *, header: str = "Authorization", scheme: str = "Bearer ") -> None:
        self._header = header
        self._value = scheme + token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._header] = self._value
        yield request

    def renew(self) -> bool:
        """Whether another token may be had; there is none."""
        return False


class FetchedToken(httpx.Auth):
    """A token that `fetch` gets, kept until shortly before its end."""

    def __init__(
        self, fetch: Callable[[], Fetched], clock: Clock, *, header: str = "Authorization", scheme: str = "Bearer "
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._header = header
        self._scheme = scheme
        self._token: Fetched | None = None
        self._until = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._header] = self._scheme + self.ready().value
        yield request

    def ready(self) -> Fetched:
        """The token, fetched where there is none that is still good."""
        if self._token is None or self._clock.monotonic() >= self._until:
            self._token = self._fetch()
            self._until = self._clock.monotonic() + max(0.0, self._token.seconds - MARGIN_SECONDS)
        return self._token

    def renew(self) -> bool:
        """Forget the token, so that the next request fetches another; whether there was one to forget."""
        had, self._token = self._token is not None, None
        return had
