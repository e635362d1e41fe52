"""The sources, by which settings they are connected, and what a look at each of them found."""

from collections.abc import Iterator

from growthos.connections import Connection, Connections
from growthos.connectors.terms import Finding
from growthos.render.findings import advice, short, state, tally
from growthos.render.output import Record
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import clean

SOURCES = (
    Column("Source"),
    Column("Connected"),
    Column("Accounts", rank=1),
    Column("API", rank=2),
    Column("Streams", rank=3, prose=True),
)
SETTINGS = (Column("Source", rank=1), Column("Variable"), Column("Found in"))
FINDINGS = (Column("Source"), Column("Account", rank=1), Column("What"), Column("State"), Column("Found", prose=True))
SOURCE_FIELDS = ("name", "title", "connected", "accounts", "api_version", "sunset", "streams", "settings", "missing")
FINDING_FIELDS = ("source", "account", "subject", "state", "said", "hint")


def page(found: Connections) -> Page:
    """The sources; where they were looked at, what that found."""
    return tuple(_looked_at(found) if found.looks is not None else _listed(found))


def _listed(found: Connections) -> Iterator[Block]:
    ready = [one for one in found.sources if one.connected]
    yield Heading(f"{len(ready)} of {len(found.sources)} {_sources(len(found.sources))} connected")
    yield Table("", SOURCES, tuple(_row(one) for one in found.sources))
    settings = [
        (Cell(one.name), Cell(variable), Cell(clean(origin)))
        for one in found.sources
        for variable, origin in one.settings.items()
    ]
    if settings:
        yield Table("Settings, without their values", SETTINGS, tuple(settings))
    for one in found.sources:
        if one.missing:
            yield Note(f"{one.name} is not connected: set {', '.join(one.missing)}; see `growthos explain {one.name}`.")
    if ready:
        yield Note("Next: growthos connections --test", "dim")


def _sources(count: int) -> str:
    return "source is" if count == 1 else "sources are"


def _row(one: Connection) -> tuple[Cell, ...]:
    return (
        Cell(one.name),
        Cell("yes", "good") if one.connected else Cell("no", "dim"),
        Cell(clean(", ".join(one.accounts))),
        Cell(one.api_version),
        Cell(", ".join(one.streams)),
    )


def _looked_at(found: Connections) -> Iterator[Block]:
    rows = [(look.source, finding) for look in found.looks or () for finding in look.findings]
    names = ", ".join(look.source for look in found.looks or ())
    yield Heading(f"Looked at {names}: {tally([finding for _, finding in rows])}")
    yield Table("", FINDINGS, tuple(_finding(source, one) for source, one in rows))
    for source, one in rows:
        yield from advice(f"{source} {one.account}".rstrip(), one)


def _finding(source: str, one: Finding) -> tuple[Cell, ...]:
    return Cell(source), Cell(clean(one.account)), Cell(clean(one.subject)), state(one), Cell(short(one))


def fields(found: Connections) -> tuple[str, ...]:
    return SOURCE_FIELDS if found.looks is None else FINDING_FIELDS


def records(found: Connections) -> "Iterator[Record]":
    """One record a source; where they were looked at, one a finding."""
    if found.looks is not None:
        yield from found.records()
        return
    for one in found.sources:
        told = one.as_json()
        lists = {name: " ".join(told[name]) for name in ("accounts", "streams", "settings", "missing")}
        yield told | lists | {"sunset": one.sunset.isoformat() if one.sunset else ""}
