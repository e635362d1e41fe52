"""A back-test as a page: a row for each rule in each scope, one for each series, and what it comes to."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from growthos.backtest import Backtest, Episode, Fired
from growthos.period import Period
from growthos.render.alert_page import TONES, scoped
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table, Tone
from growthos.render.text import NOTHING

if TYPE_CHECKING:
    from growthos.render.output import Record

DAYS, EPISODES = Column("Days", numeric=True), Column("Episodes", numeric=True)
KNOWN = Column("Known cause", numeric=True)
RULES = (Column("Alert"), Column("Scope"), DAYS, EPISODES, KNOWN, Column("Told", numeric=True))
SERIES = (Column("Unusual days"), Column("Scope"), DAYS, EPISODES, KNOWN)
FIELDS = ("kind", "id", "name", "severity", "scope", "days", "episodes", "known", "told", "first", "last", "when")


def page(found: Backtest) -> Page:
    """Heading, the sum of it, both tables, and what could not be asked."""
    return tuple(_blocks(found))


def _blocks(found: Backtest) -> Iterator[Block]:
    yield Heading(
        f"Back-test of the alerts, {found.period.first} to {found.period.last} ({_days(found.period)}, "
        f"{found.timezone})",
        f"each day asked about the week that ended with it; data through {found.data_through or 'no day yet'}",
    )
    yield Note(_sum(found), "strong")
    yield Note(_causes(found))
    yield Table("", RULES, tuple(_row(one, found) for one in found.rules))
    yield from _episodes(found.rules, found)
    if found.unusual_since is not None:
        yield Table("", SERIES, tuple(_row(one, found) for one in found.unusual))
        yield from _episodes(found.unusual, found)
    yield from _left_out(found)


def _row(one: Fired, found: Backtest) -> tuple[Cell, ...]:
    tone: Tone = "" if one.days else "dim"
    return (
        Cell(_name(one), TONES.get(one.severity or "info", "") if one.days else "dim"),
        Cell(scoped(one.scope, one.scope_name)),
        Cell(f"{len(one.days):,}", tone),
        Cell(f"{len(one.episodes):,}", tone),
        Cell(f"{one.known:,}" if found.causes and one.episodes else NOTHING, tone),
        *([Cell(f"{len(one.told):,}", "" if one.told else "dim")] if one.severity else []),
    )


def _name(one: Fired) -> str:
    return one.name if one.severity else one.label


def _episodes(each: Sequence[Fired], found: Backtest) -> Iterator[Note]:
    """On which days each of them fired, and for which of these no cause is known."""
    for one in each:
        if one.episodes:
            said = f"{_name(one)}, {scoped(one.scope, one.scope_name)}: {', '.join(map(_when, one.episodes))}"
            strange = [episode for episode in one.episodes if not episode.causes]
            if found.causes and strange:
                said += f"; for no cause that is known {', '.join(map(_when, strange))}"
            yield Note(f"{said}.")


def _when(one: Episode) -> str:
    """The days of an episode: `2026-03-27`, `2026-03-27 to 03-29`."""
    first, last = one.period.first, one.period.last
    if first == last:
        return first.isoformat()
    return f"{first} to {last:%m-%d}" if first.year == last.year else f"{first} to {last}"


def _sum(found: Backtest) -> str:
    """How often people had been told of something."""
    told = len(found.messages)
    ends = (
        f": {_times(told - found.ended)} of alerts that fire, {_times(found.ended)} of ends alone"
        if found.ended
        else ""
    )
    return f"In {_days(found.period)} you would have been told {_times(told)}{ends}."


def _causes(found: Backtest) -> str:
    """For how many episodes the cause is known."""
    if not found.causes:
        return "No cause is known: name days that were planned in [calendar] of growthos.toml."
    every = [*found.rules, *found.unusual]
    episodes, known = sum(len(one.episodes) for one in every), sum(one.known for one in every)
    return f"Of {_many(episodes, 'episode')}, unusual days among them, {known:,} began for a cause that is known."


def _left_out(found: Backtest) -> Iterator[Note]:
    """Days that could not be asked about, and why."""
    before, after = (found.period.first - found.asked.first).days, (found.asked.last - found.period.last).days
    if before > 0:
        yield Note(
            f"{_many(before, 'day')} left out: what is loaded has no two weeks before {found.period.first}.", "warn"
        )
    if after > 0:
        yield Note(f"{_many(after, 'day')} left out: not every source is complete after {found.period.last}.", "warn")
    if found.unusual_since is None:
        yield Note("No unusual days can be told: they take six weeks and four days before them.", "warn")
    elif found.unusual_since > found.period.first:
        yield Note(
            f"Unusual days are told from {found.unusual_since} on: they take six weeks and four days before them.",
            "warn",
        )


def _days(period: Period) -> str:
    return _many(len(period), "day")


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number:,} times")


def records(found: Backtest) -> "Iterator[Record]":
    """One record a rule or series in one scope."""
    for kind, each in (("rule", found.rules), ("unusual", found.unusual)):
        for one in each:
            yield {
                "kind": kind,
                "id": one.name,
                "name": one.label,
                "severity": one.severity,
                "scope": one.scope,
                "days": len(one.days),
                "episodes": len(one.episodes),
                "known": one.known,
                "told": len(one.told) if one.severity else None,
                "first": min(one.days, default=None),
                "last": max(one.days, default=None),
                "when": " ".join(day.isoformat() for day in one.days),
            }
