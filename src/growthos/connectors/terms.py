"""The words in which connectors, patience and files speak to each other; values, and nothing that acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    import httpx


class Verdict(StrEnum):
    """What an answer means for the one who asked. SKIP: this account is not to be read, and nothing is wrong."""

    OK = "ok"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    SHRINK = "shrink"
    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    REFUSED = "refused"
    QUOTA = "quota"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason: `wait` is how many seconds the source asks for, if it says.

    `hint` says what to do where the connector knows better than a general word.
    """

    verdict: Verdict
    message: str = ""
    wait: float | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` attempts in any `seconds`."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that a source needs: `name` in growthos.toml, `env` in the environment.

    `required` settings together make a source connected; a `shared` one may be set for another source's sake
    and connects nothing by itself. An `address` replaces an official one, for proxies and tests. A `key_file` is a path
    of a file that holds a secret. A `link` is an address that lets in whoever knows what follows its host. `where` is
    the vendor's page on which a person finds it.
    """

    name: str
    env: str
    help: str
    secret: bool = False
    required: bool = False
    shared: bool = False
    address: bool = False
    key_file: bool = False
    link: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One of several ways to be let in: what it is, and the settings that it takes beside the required ones.

    `signs_in`: nobody is asked for the last of them, which comes of signing in in a browser.
    """

    title: str
    settings: tuple[str, ...]
    signs_in: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """What one unit asks for.

    Report streams: days `first` to `last`, both included. Cursor streams: records changed at or after `since` and
    before `until`; `since` is None where everything is read. Snapshots: neither, or `since` alone where they list what
    was made from then on.
    `again` are keys of records that an earlier answer called unfinished and that are read again by key.
    """

    first: date | None = None
    last: date | None = None
    since: datetime | None = None
    until: datetime | None = None
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One response as it came, and the little that had to be understood of it.

    `stream` is the page stream it belongs to (a unit of orders also holds pages of refunds). `request` is the method,
    path and parameters, without secrets. `newest` is the greatest version among its records. `again` are keys to be
    read again in the next sync. `time_zone` is the account's IANA zone where the page tells it.
    `lookback_days` is how far back the account's conversions are still credited, where the page tells it.
    `redactions` counts the secrets cut out of the body.
    """

    stream: str
    body: bytes
    request: str
    status: int
    records: int
    newest: str | None = None
    again: tuple[str, ...] = ()
    time_zone: str | None = None
    lookback_days: int | None = None
    redactions: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at one request, for the log."""

    source: str
    endpoint: str
    operation: str
    attempt: int
    status: int | None
    verdict: str
    seconds: float
    bytes: int
    records: int
    waited: float
    request_id: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a look at a source found out.

    `subject` is a lower-case noun: credentials, scopes, version, quota, clock, time zone, currency. `said` is the fact
    alone where it is a time zone or a currency, so that those of all sources can be compared.
    """

    subject: str
    state: Literal["ok", "warning", "error"]
    said: str
    hint: str = ""
    account: str = ""


@dataclass(slots=True)
class Watch:
    """Who is told what happens on the wire."""

    call: Callable[[Call], None] = field(default=lambda _: None)
    waiting: Callable[[float, str], None] = field(default=lambda _seconds, _reason: None)
    notice: Callable[[str, str], None] = field(default=lambda _code, _message: None)
    quota: Callable[[Mapping[str, float]], None] = field(default=lambda _left: None)
    """What is left of the source's own quotas, by the vendor's names, as often as an answer tells it."""


class Source(Protocol):
    """What patience has to know of the source that it asks; every `Connector` is one."""

    name: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    limits: ClassVar[tuple[Limit, ...]]
    tries: ClassVar[int]
    tries_after_server_error: ClassVar[int]
    server_errors: ClassVar[Limit | None]

    @property
    def values(self) -> Mapping[str, str]:
        """What is set, by setting name."""

    @property
    def base_url(self) -> str:
        """Scheme and host that are asked."""

    def counted_by(self) -> str:
        """What the server counts attempts by."""

    def auth(self, api: Any) -> "httpx.Auth | None":
        """Puts the credentials on a request."""

    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        """What an answer means."""

    def rest(self, headers: "httpx.Headers") -> float:
        """Seconds to rest after a good answer."""
