"""What a source is: its settings, limits and streams, and how it says no.

A connector is a class in a module of this folder.
It declares; patience belongs to `api`, files to `raw`, the order of things to `pipeline`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from growthos.connectors.address import checked

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api


class Verdict(StrEnum):
    """What an answer means for the one who asked."""

    OK = "ok"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    SHRINK = "shrink"
    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    REFUSED = "refused"
    QUOTA = "quota"


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
    and connects nothing by itself. An `address` replaces an official one, for proxies and tests.
    """

    name: str
    env: str
    help: str
    secret: bool = False
    required: bool = False
    shared: bool = False
    address: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """What one unit asks for.

    Report streams: days `first` to `last`, both included. Cursor streams: records changed at or after `since` and
    before `until`; `since` is None where everything is read. Snapshots: neither.
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


Mode = Literal["snapshot", "cursor", "report"]
Read = Callable[[Any, "Api", str, Window], Iterator[Page]]


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of a source, as it is read.

    `mode`: a snapshot is read whole each time; a cursor stream by what changed since; a report by days, each day
    replaced whole. `pages` names every page stream its units hold, its own name first. `widest` is the widest range of
    one unit. `overlap` is how far before the end of what is known the next sync starts, and `deep_overlap` the same
    once a week. `follows_since`: whether `sync --since` bounds it.
    """

    name: str
    mode: Mode
    read: Read
    pages: tuple[str, ...]
    doc: str
    widest: timedelta | None = None
    overlap: timedelta = timedelta(0)
    deep_overlap: timedelta | None = None
    whole_days: bool = False
    follows_since: bool = False


def stream(
    mode: Mode,
    *,
    also: tuple[str, ...] = (),
    widest: timedelta | None = None,
    overlap: timedelta = timedelta(0),
    deep_overlap: timedelta | None = None,
    whole_days: bool = False,
    follows_since: bool | None = None,
) -> Callable[[Read], Stream]:
    """Declare the generator below as a stream of its connector; its name and docstring become the stream's."""

    def declare(read: Read) -> Stream:
        return Stream(
            name=read.__name__,
            mode=mode,
            read=read,
            pages=(read.__name__, *also),
            doc=(read.__doc__ or "").strip(),
            widest=widest,
            overlap=overlap,
            deep_overlap=deep_overlap,
            whole_days=whole_days,
            follows_since=mode == "report" if follows_since is None else follows_since,
        )

    return declare


class Connector(ABC):
    """A source that growthos can read. One instance is one source with its settings."""

    name: ClassVar[str]
    title: ClassVar[str]
    api_version: ClassVar[str]
    default_base_url: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    limits: ClassVar[tuple[Limit, ...]]
    tries: ClassVar[int] = 5
    tries_after_server_error: ClassVar[int] = 5
    server_errors: ClassVar[Limit | None] = None

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` by setting name; those not set are absent. Raises SettingsError where a value cannot be right."""
        self.values = {name: value.strip() for name, value in values.items() if value.strip()}
        for one in self.settings:
            if one.address and one.name in self.values:
                self.values[one.name] = checked(self.values[one.name], one.env)

    @property
    def base_url(self) -> str:
        """Scheme and host that are asked; a path follows."""
        return self.values.get("base_url") or self.default_base_url

    @classmethod
    def missing(cls, values: Mapping[str, str]) -> tuple[str, ...]:
        """Names of environment variables still to be set before this source is connected; empty when it is."""
        return tuple(one.env for one in cls.settings if one.required and not values.get(one.name))

    @classmethod
    def partly(cls, values: Mapping[str, str]) -> bool:
        """Whether something of its own is set and it is still not connected."""
        own = (one for one in cls.settings if not one.shared and not one.address)
        return any(values.get(one.name) for one in own) and bool(cls.missing(values))

    @classmethod
    def streams(cls) -> tuple[Stream, ...]:
        """What it reads, in the order of declaration; the account's own description comes first."""
        return tuple(member for member in vars(cls).values() if isinstance(member, Stream))

    @abstractmethod
    def accounts(self) -> tuple[str, ...]:
        """The accounts to read, each a lower-case word fit for a folder's name."""

    @abstractmethod
    def auth(self, api: "Api") -> "httpx.Auth | None":
        """Puts the credentials on a request; renews them once where they expire."""

    @abstractmethod
    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        """What an answer means, by its body first and its status second."""

    def rest(self, headers: "httpx.Headers") -> float:
        """Seconds to rest after a good answer whose headers say that the source's own limits are nearly used up."""
        return 0.0


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


@dataclass(slots=True)
class Watch:
    """Who is told what happens on the wire."""

    call: Callable[[Call], None] = field(default=lambda _: None)
    waiting: Callable[[float, str], None] = field(default=lambda _seconds, _reason: None)
    notice: Callable[[str, str], None] = field(default=lambda _code, _message: None)
