"""One request, sent and read with every guard: a deadline, a size limit, no redirects, verified certificates."""

import ssl
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from growthos.clock import Clock

MEGABYTE = 1024 * 1024
CONNECT_SECONDS = 10.0
BOMB_RATIO = 200
PACKED, GZIP = "gzip", 16 + zlib.MAX_WBITS
"""The one way in which answers may come packed; whatever else a server tries is not unpacked."""
PLAIN = {"", "identity"}


@dataclass(frozen=True, slots=True)
class Guards:
    """How long one request may take, between two reads and in all, and how large its answer may be, unpacked."""

    read_seconds: float = 30.0
    deadline_seconds: float = 120.0
    largest: int = 64 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Received:
    """An answer, unpacked; `size` is what came over the wire."""

    status: int
    headers: httpx.Headers
    body: bytes
    size: int


class TooLargeError(Exception):
    """The answer is larger than it may be."""


class BombError(Exception):
    """A small packed answer unpacks to something vast."""


class TooSlowError(Exception):
    """The answer trickles in past the deadline."""


def exchange(
    client: httpx.Client, request: httpx.Request, auth: httpx.Auth | None, clock: Clock, to: Guards
) -> Received:
    """Send `request` and read the answer to its end, or give up where a guard says so."""
    request.extensions["timeout"] = httpx.Timeout(
        connect=CONNECT_SECONDS, read=to.read_seconds, write=30.0, pool=CONNECT_SECONDS
    ).as_dict()
    deadline = clock.monotonic() + to.deadline_seconds
    response = client.send(request, auth=auth, stream=True)
    try:
        body = bytearray()
        for chunk in _unpacked(response):
            body += chunk
            if len(body) > MEGABYTE and len(body) > BOMB_RATIO * response.num_bytes_downloaded:
                raise BombError(f"{response.num_bytes_downloaded} bytes unpack to more than {len(body)}")
            if max(len(body), response.num_bytes_downloaded) > to.largest:
                raise TooLargeError(f"more than {to.largest // MEGABYTE} MB")
            if clock.monotonic() > deadline:
                raise TooSlowError(f"not finished after {to.deadline_seconds:.3g} seconds")
        return Received(response.status_code, response.headers, bytes(body), response.num_bytes_downloaded)
    finally:
        response.close()


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces; what was packed comes out a megabyte at a time, so that a guard can stop it."""
    encoding = response.headers.get("content-encoding", "").strip().lower().removeprefix("x-")
    if encoding in PLAIN:
        yield from response.iter_bytes()
        return
    if encoding != PACKED:
        raise httpx.DecodingError("it is packed in a way that was not asked for", request=response.request)
    unpack = zlib.decompressobj(GZIP)
    try:
        for packed in response.iter_raw():
            left = packed
            while left:
                if unpack.eof:
                    raise httpx.DecodingError("more follows after its end", request=response.request)
                yield unpack.decompress(left, MEGABYTE)
                left = unpack.unconsumed_tail
    except zlib.error as error:
        raise httpx.DecodingError(str(error), request=response.request) from error
    if not unpack.eof and response.num_bytes_downloaded:
        raise httpx.DecodingError("it ends before its end", request=response.request)


def distrusted(error: BaseException) -> bool:
    """Whether a connection failed because the server's certificate is not to be trusted."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
