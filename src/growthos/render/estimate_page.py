"""What a sync would cost: a line a source, then what is due of each stream."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from growthos.connectors.terms import Limit
from growthos.estimate import Due, Estimate, SourceEstimate
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import NOTHING, clean

if TYPE_CHECKING:
    from growthos.render.output import Record

SOURCES = (
    Column("Source"),
    Column("Requests", numeric=True),
    Column("Time", numeric=True),
    Column("Waiting", numeric=True, rank=1),
    Column("Limit", rank=2),
    Column("Used then", numeric=True, rank=2),
)
STREAMS = (
    Column("Source"),
    Column("Account", rank=2),
    Column("Stream"),
    Column("From"),
    Column("To"),
    Column("Units", numeric=True, rank=1),
    Column("Requests", numeric=True),
)
FIELDS = ("source", "account", "stream", "units", "first", "last", "requests", "at_least", "wide_overlap")
MINUTE, HOUR, DAY = 60, 3600, 86_400


def page(found: Estimate) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Estimate) -> Iterator[Block]:
    names = ", ".join(one.name for one in found.sources)
    if not found.requests:
        yield Heading(f"Nothing is due from {names}")
        return
    total = f"{_count(found.requests, at_least=found.at_least)} requests, {_long(found.seconds)}"
    yield Heading(f"A sync of {names} now: {total}", "Nothing was asked. Sources are read side by side.")
    yield Table("", SOURCES, tuple(_source(one) for one in found.sources))
    rows = tuple(
        _due(one.name if number == 0 else "", stream) for one in found.sources for number, stream in enumerate(one.due)
    )
    yield Table("What is due", STREAMS, rows)
    yield from _remarks(found)


def _source(one: SourceEstimate) -> tuple[Cell, ...]:
    if not one.due:
        return (Cell(one.name), Cell("nothing due", "dim"), Cell(NOTHING), Cell(NOTHING), Cell(""), Cell(""))
    return (
        Cell(one.name),
        Cell(_count(one.requests, at_least=one.at_least)),
        Cell(_long(one.seconds)),
        Cell(_long(one.waiting) if one.waiting >= 1 else NOTHING),
        Cell(_limit(one.limit) if one.limit else "none"),
        Cell(_share(one)),
    )


def _share(one: SourceEstimate) -> str:
    """Of a limit by the hour or the day; one by the second is used up by any sync and says nothing."""
    if one.limit is None or one.share is None or one.limit.seconds < HOUR:
        return NOTHING
    return f"{one.share:.0%}" if one.share >= 0.01 else "under 1%"  # noqa: PLR2004


def _due(source: str, one: Due) -> tuple[Cell, ...]:
    return (
        Cell(source),
        Cell(clean(one.account)),
        Cell(one.stream),
        Cell(str(one.first or NOTHING)),
        Cell(str(one.last or NOTHING)),
        Cell(f"{one.units:,}"),
        Cell(_count(one.requests, at_least=one.at_least)),
    )


def _remarks(found: Estimate) -> Iterator[Note]:
    deep = [one.name for one in found.sources if any(stream.deep for stream in one.due)]
    if deep:
        yield Note(f"The wide overlap, which comes once a week, is due: {', '.join(deep)}.")
    if found.at_least:
        yield Note("What was never read counts one request a unit; how much it holds nobody knows yet, so: at least.")
    for one in found.sources:
        if one.stops_after is not None:
            said = f"{one.name} would have to wait longer than the sync's patience after {one.stops_after:,} requests"
            yield Note(f"{said}; it stops there, and the next sync goes on.", "warn")


def _count(requests: int, *, at_least: bool) -> str:
    return f"at least {requests:,}" if at_least else f"{requests:,}"


def _limit(limit: Limit) -> str:
    words = {1: "a second", MINUTE: "a minute", HOUR: "an hour", DAY: "a day"}
    return f"{limit.calls:,} {words.get(round(limit.seconds), f'in {limit.seconds:g} s')}"


def _long(seconds: float) -> str:
    """Roughly how long: to the second below a minute, to the minute below two hours."""
    if seconds < MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < 2 * HOUR:
        return f"{round(seconds / MINUTE)} min"
    return f"{timedelta(seconds=round(seconds)) // timedelta(hours=1)} h {round(seconds % HOUR / MINUTE)} min"


def records(found: Estimate) -> "Iterator[Record]":
    """One record a stream and account that is due."""
    for source in found.as_json()["sources"]:
        for one in source["due"]:
            yield {"source": source["name"], **one}
