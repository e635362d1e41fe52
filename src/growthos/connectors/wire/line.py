"""A line to a server that is cut at a deadline, however often a byte comes, in the headers as in the body."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from growthos.clock import Clock


class Line(httpcore.NetworkBackend):
    """Connections of one source; `until` is when what is being read has to be there, by the clock's seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._inner = httpcore.SyncBackend()
        self._seconds = 0.0
        self._until = 0.0

    def transport(self) -> httpx.HTTPTransport:
        """HTTP over this line; httpx has no word of its own for that."""
        made = httpx.HTTPTransport(trust_env=False)
        made._pool._network_backend = self  # noqa: SLF001
        return made

    def begin(self, seconds: float) -> None:
        """From now on what comes has to come within so many seconds."""
        self._seconds, self._until = seconds, self._clock.monotonic() + seconds

    def left(self) -> float:
        """Seconds to the deadline."""
        return self._until - self._clock.monotonic()

    def within(self, timeout: float | None) -> float:
        """Of so many seconds those that there are up to the deadline; the error after it where there are none."""
        left = self.left()
        if left <= 0:
            raise self.over()
        return left if timeout is None else min(left, timeout)

    def over(self) -> httpcore.ReadTimeout:
        """The error after it."""
        return httpcore.ReadTimeout(f"not finished after {self._seconds:.3g} seconds")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = _addresses(host, port)
        for address in others:  # left to itself, each of them would have all the time there is
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                made = self._inner.connect_tcp(address, port, self.within(timeout), local_address, socket_options)
                return _Stream(made, self)
        return _Stream(self._inner.connect_tcp(last, port, self.within(timeout), local_address, socket_options), self)


def _addresses(host: str, port: int) -> list[str]:
    """Where a host can be reached, the best first; one at least."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a name may be none at all
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _Stream(httpcore.NetworkStream):
    """One connection of a line."""

    def __init__(self, inner: httpcore.NetworkStream, line: Line) -> None:
        self._inner = inner
        self._line = line

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._inner.read(max_bytes, self._line.within(timeout))
        except httpcore.ReadTimeout as error:
            if self._line.left() <= 0:
                raise self._line.over() from error
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._line.within(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._line.within(timeout)), self._line)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
