"""Which sources are connected and by which settings, and what a look at each of them finds out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from growthos import folders
from growthos.asked import check, choose, ledger_of, transport
from growthos.clock import Clock
from growthos.connectors import find
from growthos.connectors.base import Connector
from growthos.connectors.refusals import SkippedError
from growthos.connectors.terms import Call, Finding, Watch
from growthos.errors import CredentialsError, ExitCode, PatienceError, SettingsError, SourceError, UnavailableError
from growthos.home import Home
from growthos.log import Log
from growthos.redact import SECRETS
from growthos.side_by_side import side_by_side
from growthos.sync import SUNSET_WARNING

if TYPE_CHECKING:
    from growthos.connectors.api import Api
    from growthos.settings import Settings

PATIENCE: Final = 60.0
"""Seconds that a look waits for a source: one that wants more is told of and not waited for."""
DENIED: Final = {"access", "credentials", "scopes"}
SILENT: Final = {"connection", "request"}


@dataclass(frozen=True, slots=True)
class Connection:
    """One source as it is set up. `settings`: the variables that are set, and where each was found.

    `missing`: the variables that it still needs; connected it is when there are none.
    """

    name: str
    title: str
    api_version: str
    sunset: date | None
    accounts: tuple[str, ...]
    streams: tuple[str, ...]
    settings: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def connected(self) -> bool:
        return not self.missing

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "connected": self.connected,
            "accounts": list(self.accounts),
            "api_version": self.api_version,
            "sunset": self.sunset,
            "streams": list(self.streams),
            "settings": dict(self.settings),
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at one source found. `skew`: seconds by which its server's clock is ahead of ours, if it told."""

    source: str
    findings: tuple[Finding, ...]
    skew: float | None = None

    @property
    def failures(self) -> set[str]:
        """The subjects of what is wrong; empty where nothing is."""
        return {one.subject for one in self.findings if one.state == "error"}


@dataclass(frozen=True, slots=True)
class Connections:
    """The sources, and a look at each of those that were asked for; `looks` is None where nobody asked."""

    sources: tuple[Connection, ...]
    looks: tuple[Look, ...] | None = None

    @property
    def exit_code(self) -> ExitCode:
        """All refused, or none answering, before some that failed."""
        looks = self.looks or ()
        failed = [look.failures for look in looks if look.failures]
        if failed and len(failed) == len(looks):
            if all(one <= DENIED for one in failed):
                return ExitCode.CREDENTIALS
            if all(one <= DENIED | SILENT for one in failed):
                return ExitCode.UNAVAILABLE
        return ExitCode.PARTIAL if failed else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """The structure of `connections --format json`."""
        tested = self.looks is not None
        return {
            "schema_version": 1,
            "tested": tested,
            "sources": [one.as_json() for one in self.sources],
            "findings": list(self.records()),
        }

    def records(self) -> Iterator[dict[str, str]]:
        """One record a finding."""
        for look in self.looks or ():
            for one in look.findings:
                yield {
                    "source": look.source,
                    "account": one.account,
                    "subject": one.subject,
                    "state": one.state,
                    "said": one.said,
                    "hint": one.hint,
                }


def listed(settings: "Settings", origins: Mapping[str, Mapping[str, str]], names: Sequence[str]) -> Connections:
    """The sources of these names, or all; `origins` as `settings.whence` gives them."""
    check(names)
    return Connections(
        tuple(
            _connection(connector, settings.sources.get(name, {}), origins.get(name, {}))
            for name, connector in find().items()
            if not names or name in names
        )
    )


def _connection(connector: type[Connector], values: Mapping[str, str], origins: Mapping[str, str]) -> Connection:
    missing = connector.missing(values)
    return Connection(
        name=connector.name,
        title=connector.title,
        api_version=connector.api_version,
        sunset=connector.sunset,
        accounts=() if missing else connector(values).accounts(),
        streams=tuple(stream.name for stream in connector.streams()),
        settings=origins,
        missing=missing,
    )


def look(
    home: Home, settings: "Settings", clock: Clock, names: Sequence[str] = (), *, demo_seed: int | None = None
) -> tuple[Look, ...]:
    """Ask each of the sources what is to be known of it, side by side; nothing is kept but the log of calls.

    The limits hold as in a sync, and count with it.
    """
    chosen = choose(home, settings, names)
    if demo_seed is not None:
        # The demo's clock is one for all, so there the sources take turns.
        return tuple(
            _look(one(settings.sources[name]), home, settings, clock, demo_seed) for name, one in chosen.items()
        )
    folders.check(home)
    folders.make_home(home)
    with closing(Log(home.logs, "look")) as log:
        jobs = [
            partial(_look, one(settings.sources[name]), home, settings, clock, log=log) for name, one in chosen.items()
        ]
        return tuple(sorted(side_by_side(jobs, Event()), key=lambda look: look.source))


def _look(
    connector: Connector,
    home: Home,
    settings: "Settings",
    clock: Clock,
    demo_seed: int | None = None,
    log: Log | None = None,
) -> Look:
    from growthos.connectors.api import Api

    def call(one: Call) -> None:
        if log:
            log.call(clock.now(), one)

    make = transport(demo_seed, clock)
    found: list[Finding] = []
    skew = None
    try:
        with Api(
            connector,
            transport=make() if make else None,
            clock=clock,
            watch=Watch(call=call),
            patience=PATIENCE,
            ledger=ledger_of(home, settings) if demo_seed is None else None,
        ) as api:
            found += _findings(connector, api)
            skew = api.skew
    except SourceError as error:
        found.append(_failed(error))
    except SettingsError as error:
        found.append(Finding("settings", "error", error.message, error.hint))
    if not any(one.subject == "version" for one in found):
        found.append(version(connector, clock.now().date()))
    return Look(connector.name, tuple(found), skew)


def _findings(connector: Connector, api: "Api") -> Iterator[Finding]:
    """What the connector finds, in words that hold no secret; where it is stopped, what stopped it comes last."""
    try:
        for one in connector.examine(api):
            yield replace(one, said=SECRETS.text(one.said), hint=SECRETS.text(one.hint))
    except SourceError as error:
        yield _failed(error)


def _failed(error: SourceError) -> Finding:
    match error:
        case SkippedError():
            return Finding("account", "warning", error.message, error.hint)
        case CredentialsError():
            subject = "credentials"
        case PatienceError():
            subject = "quota"
        case UnavailableError():
            subject = "connection"
        case _:
            subject = "request"
    return Finding(subject, "error", error.message, error.hint)


def version(connector: Connector | type[Connector], today: date) -> Finding:
    """Which version of its API is asked, and for how long that will do."""
    asked, sunset = connector.api_version, connector.sunset
    if sunset is None:
        return Finding("version", "ok", asked)
    if sunset - today > SUNSET_WARNING:
        return Finding("version", "ok", f"{asked}, until about {sunset}")
    hint = "Install a newer growthos: `pip install --upgrade growthos`."
    if sunset > today:
        return Finding("version", "warning", f"{asked} ends about {sunset}", hint)
    return Finding("version", "error", f"{asked} has ended, about {sunset}", hint)
