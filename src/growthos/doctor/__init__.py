"""Everything that can be wrong with an installation and a home: what, where, why, and what to do."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthos.asked import choose, ledger_of
from growthos.clock import Clock
from growthos.connections import Look, look, version
from growthos.connectors import find
from growthos.doctor import kept, machine, measures, place
from growthos.doctor.remarks import CODES, Remark, error, ok
from growthos.errors import ExitCode, SettingsError
from growthos.home import Home

if TYPE_CHECKING:
    from growthos.settings import Settings

SIDE_BY_SIDE = {"time zone", "currency"}
"""Of these, what the sources say is shown beside one another and not source by source."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor has to say of a home."""

    home: Path
    at: datetime
    remarks: tuple[Remark, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The gravest first: a home that cannot be written before wrong settings, those before damage and sources."""
        wrong = {one.area for one in self.remarks if one.finding.state == "error"}
        return next((code for area, code in CODES.items() if area in wrong), ExitCode.OK)

    def as_json(self) -> dict[str, Any]:
        """The structure of `doctor --format json`."""
        return {
            "schema_version": 1,
            "home": str(self.home),
            "at": self.at,
            "findings": [one.as_json() for one in self.remarks],
        }


def examine(
    home: Home,
    given: "Settings | SettingsError",
    clock: Clock,
    *,
    demo_seed: int | None = None,
    offline: bool = False,
) -> Diagnosis:
    """Look at all of it. Settings that are wrong are told of, and then no source is asked; `offline` none either."""
    from growthos.settings import Settings, connected

    wrong = isinstance(given, SettingsError)
    settings = Settings() if isinstance(given, SettingsError) else given
    now, ready = clock.now(), connected(settings)
    here = tuple(place.remarks(home, ledger_of(home, settings), demo=demo_seed is not None))
    writable = all(one.finding.state != "error" for one in here)
    looks = look(home, settings, clock, demo_seed=demo_seed) if ready and writable and not offline else ()
    try:
        found = kept.read(home, ready, now)
    except OSError as problem:
        hint = "Mend its owner or permissions: all of a home belongs to the one who runs growthos."
        said = f"{problem.filename or home.root} cannot be read: {problem.strerror}"
        found = kept.Kept((error("home", "files", said, hint),), None, {}, None)
    remarks = (
        *machine.versions(),
        # The demo's pages are read while its clock runs ahead, for it does not really wait.
        *machine.clock(now, found.newest if demo_seed is None else None, looks),
        *_settings(home, given),
        *here,
        *found.remarks,
    )
    if not wrong:
        remarks += (*measures.remarks(settings, looks, found, ready, now), *_sources(settings, looks, now))
    return Diagnosis(home.root, now, remarks)


def _settings(home: Home, given: "Settings | SettingsError") -> Iterator[Remark]:
    if isinstance(given, SettingsError):
        first, *several = given.message.splitlines()
        for one in several or [first]:
            yield error("settings", "settings", one.strip(), given.hint)
        return
    said = str(home.settings) if os.path.lexists(home.settings) else "no growthos.toml, so all is as it comes"
    yield ok("settings", "settings", said)
    yield from _told(given)
    try:
        choose(home, given, ())
    except SettingsError as nothing:
        first, *needed = nothing.message.splitlines()
        yield error("settings", "sources", first.partition(".")[0], "\n".join([*needed, nothing.hint]))


def _told(settings: "Settings") -> Iterator[Remark]:
    """Who is told of alerts, and who of syncs; nobody is asked, as that is what `alerts notify --test` does."""
    from urllib.parse import urlsplit

    if settings.notify:
        from growthos.notify import chosen

        for one in chosen(settings):
            yield ok("settings", "notify", f"{one.place}, from {one.least} on", source=one.name)
    if settings.sync.heartbeat_url:
        yield ok("settings", "heartbeat", urlsplit(settings.sync.heartbeat_url).netloc)


def _sources(settings: "Settings", looks: tuple[Look, ...], now: datetime) -> Iterator[Remark]:
    for one in looks:
        for finding in one.findings:
            if finding.subject not in SIDE_BY_SIDE or finding.state != "ok":
                yield Remark("sources", finding, one.source)
    asked = {one.source for one in looks}
    for name, connector in find().items():
        missing = connector.missing(settings.sources.get(name, {}))
        if missing:
            yield ok("sources", "connection", "not connected", source=name)
        elif name not in asked:
            yield Remark("sources", version(connector, now.date()), name)
