"""One question to a source, its answer, and the attempt as it stands in the log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from growthos.connectors.terms import Call, Judgement, Verdict
from growthos.connectors.verdicts import quoted
from growthos.redact import SECRETS

if TYPE_CHECKING:
    import httpx
    from pydantic import TypeAdapter

    from growthos.connectors.wire.exchange import Guards

T = TypeVar("T")
REQUEST_ID_HEADERS = ("x-request-id", "x-fb-trace-id", "request-id")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A good answer: its bytes as they came, and what was understood of them."""

    body: bytes
    said: T
    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """What is asked, how it is judged and understood, and how long it may take."""

    build: Callable[[], "httpx.Request"]
    operation: str
    understand: "TypeAdapter[T]"
    records: Callable[[T], int]
    judge: Callable[[int, "httpx.Headers", bytes], Judgement]
    guards: "Guards"
    is_token: bool = False


@dataclass(slots=True)
class Attempt:
    """One attempt, filled in as it goes on."""

    source: str
    operation: str
    endpoint: str
    number: int
    started: float
    waited: float
    status: int | None = None
    size: int = 0
    records: int = 0
    request_id: str | None = None
    verdict: str = field(default=Verdict.TRANSIENT)
    message: str = ""

    def call(self, now: float) -> Call:
        """For the log, without secrets."""
        return Call(
            source=self.source,
            endpoint=self.endpoint,
            operation=self.operation,
            attempt=self.number,
            status=self.status,
            verdict=self.verdict,
            seconds=now - self.started,
            bytes=self.size,
            records=self.records,
            waited=self.waited,
            request_id=quoted(self.request_id) if self.request_id else None,
            message=SECRETS.text(self.message),
        )


def adapter(kind: type[T]) -> "TypeAdapter[T]":
    """What reads `kind` from bytes; made once, as it is dear."""
    hashable: Any = kind
    return _kept(hashable)


@cache
def _kept(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
