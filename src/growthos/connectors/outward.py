"""A request to an address that a person chose and that is no source: a chat, a phone, a monitor. One attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from growthos.clock import Clock
from growthos.connectors.address import led_to
from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.verdicts import OK, REDIRECTED, by_status, quoted

if TYPE_CHECKING:
    from growthos.connectors.wire.exchange import Received


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent to an address: `body` with POST, nothing with GET."""

    address: str = field(repr=False)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """The only part of the address that may be shown."""
        return urlsplit(self.address).netloc


def send(parcel: Parcel, clock: Clock, seconds: float) -> tuple[Judgement, int | None]:
    """What came of one attempt within so many seconds, and the status of the answer, None where none came."""
    import httpx

    from growthos.connectors.wire.exchange import (
        MEGABYTE,
        BombError,
        Guards,
        TooLargeError,
        TooSlowError,
        distrusted,
        exchange,
    )
    from growthos.connectors.wire.line import Line

    line = Line(clock)
    with httpx.Client(
        transport=line.transport(), trust_env=False, follow_redirects=False, headers={"User-Agent": "growthos"}
    ) as client:
        method, body = ("POST", parcel.body) if parcel.body else ("GET", None)
        try:
            request = client.build_request(method, parcel.address, content=body, headers=dict(parcel.headers))
        except httpx.InvalidURL as error:
            return Judgement(Verdict.REFUSED, f"its address cannot be used: {quoted(error)}"), None
        line.begin(seconds)
        try:
            received = exchange(client, request, None, clock, Guards(seconds, seconds, MEGABYTE))
        except (httpx.HTTPError, TooSlowError, TooLargeError, BombError) as error:
            if distrusted(error):
                said = f"the certificate of {parcel.host} cannot be trusted: {quoted(error)}"
                return Judgement(Verdict.REFUSED, said), None
            said = quoted(error) or type(error).__name__
            return Judgement(Verdict.TRANSIENT, f"no whole answer from {parcel.host}: {said}"), None
        return _judged(parcel, received), received.status


def _judged(parcel: Parcel, received: "Received") -> Judgement:
    """Any answer that says yes will do, whatever is in it."""
    if OK <= received.status < REDIRECTED:
        return Judgement(Verdict.OK)
    if received.status in range(REDIRECTED, 400):
        target = quoted(led_to(received.headers)) or "another page of its own"
        said = f"{parcel.host} sends us on to {target} (HTTP {received.status}); growthos does not follow"
        return Judgement(Verdict.REFUSED, said)
    words = quoted(received.body.decode("utf-8", "replace"))
    return by_status(received.status, received.headers, "" if words.startswith("<") else words)
