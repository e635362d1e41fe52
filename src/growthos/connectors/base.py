"""What a source is: its settings, limits and streams, and how it says no.

A connector is a class in a module of this folder.
It declares; patience belongs to `api`, files to `raw`, the order of things to `pipeline`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from growthos.connectors.address import checked
from growthos.connectors.terms import Finding, Judgement, Limit, Page, Setting, Way, Window
from growthos.errors import SettingsError

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.api import Api


LONGEST_PATH = 1024
Mode = Literal["snapshot", "cursor", "report"]
Read = Callable[[Any, "Api", str, Window], Iterator[Page]]


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of a source, as it is read.

    `mode`: a snapshot is read whole each time; a cursor stream by what changed since; a report by days, each day
    replaced whole. `pages` names every page stream its units hold, its own name first. `widest` is the widest range of
    one unit. `overlap` is how far before the end of what is known the next sync starts, and `deep_overlap` the same
    once a week. `follows_since`: whether `sync --since` bounds it. `every`: how long a snapshot stays good. `lists`:
    the stream whose records a snapshot lists again, from where that one's history begins; it is not due until the
    first of them are as old as `every`. `detail`: no KPI rests on it, so that it holds back neither the other streams
    nor the day up to which a source is complete.
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
    every: timedelta = timedelta(0)
    lists: str = ""
    detail: bool = False


def stream(  # noqa: PLR0913 - a declaration names all there is to declare
    mode: Mode,
    *,
    also: tuple[str, ...] = (),
    widest: timedelta | None = None,
    overlap: timedelta = timedelta(0),
    deep_overlap: timedelta | None = None,
    whole_days: bool = False,
    follows_since: bool | None = None,
    every: timedelta = timedelta(0),
    lists: str = "",
    detail: bool = False,
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
            every=every,
            lists=lists,
            detail=detail,
        )

    return declare


class Connector(ABC):
    """A source that growthos can read. One instance is one source with its settings."""

    name: ClassVar[str]
    title: ClassVar[str]
    api_version: ClassVar[str]
    default_base_url: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    ways: ClassVar[tuple[Way, ...]] = ()
    """Where there are several ways to be let in, the most usual first; one of them completes the required settings."""
    limits: ClassVar[tuple[Limit, ...]]
    tries: ClassVar[int] = 5
    tries_after_server_error: ClassVar[int] = 5
    server_errors: ClassVar[Limit | None] = None
    scopes: ClassVar[tuple[str, ...]] = ()
    """What `growthos login` asks access to; empty where a source has no sign-in in a browser."""
    sunset: ClassVar[date | None] = None
    """The day from which `api_version` may be gone, as far as the vendor has said."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` by setting name; those not set are absent. Raises SettingsError where a value cannot be right."""
        self.values = {name: value.strip() for name, value in values.items() if value.strip()}
        for one in self.settings:
            if one.address and one.name in self.values:
                self.values[one.name] = checked(self.values[one.name], one.env)
            if one.key_file and is_contents(self.values.get(one.name, "")):
                raise SettingsError(
                    f"{one.env} holds what stands in a key file, and is to be its path.",
                    hint="Save it as a file for its owner alone (chmod 600), and give the path of that.",
                )

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

    def reach(self, api: "Api", account: str) -> tuple[str, ...]:
        """The accounts to read in place of one of `accounts()`: itself, unless it is one that holds others."""
        return (account,)

    def counted_by(self) -> str:
        """What the server counts attempts by, beside its address: the accounts, unless it is something wider."""
        return ",".join(self.accounts())

    @abstractmethod
    def auth(self, api: "Api") -> "httpx.Auth | None":
        """Puts the credentials on a request; renews them once where they expire."""

    @abstractmethod
    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        """What an answer means, by its body first and its status second."""

    def rest(self, headers: "httpx.Headers") -> float:
        """Seconds to rest after a good answer whose headers say that the source's own limits are nearly used up."""
        return 0.0

    def examine(self, api: "Api") -> "Iterator[Finding]":
        """What a look at the source finds, without keeping a page: at least that each account lets us in.

        Raises SourceError where it does not. A connector that knows more of its source says more: scopes, versions,
        quota left, zones, currencies.
        """
        first = self.streams()[0]
        yesterday = api.clock.now().date() - timedelta(days=1)
        window = Window(first=yesterday, last=yesterday) if first.mode == "report" else Window()
        for account in self.accounts():
            for page in first.read(self, api, account, window):
                if page.time_zone:
                    yield Finding("time zone", "ok", page.time_zone, account=account)
            yield Finding("credentials", "ok", "accepted", account=account)


def is_contents(path: str) -> bool:
    """Whether it is what stands in a key file, plain or packed: such a key is longer than any path."""
    return path.startswith("{") or len(path) > LONGEST_PATH
