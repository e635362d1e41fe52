"""Backfills that were begun and not finished: `sync --since` that failed or was interrupted before its last unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from growthos.connectors.base import Stream
from growthos.plan import Asked, plan
from growthos.state import BEGINNING, Unit, covered_days, holes


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a stream still lacks of the days `since` to `until`; `until` is None where the backfill had no end.

    `first` and `last`: the earliest and the latest day that is missing.
    """

    stream: str
    since: date
    until: date | None
    first: date
    last: date

    @property
    def command(self) -> str:
        """The options of `sync` that finish it."""
        return f"--since {self.since}" + (f" --until {self.until}" if self.until else "")


def unfinished(stream: Stream, units: Sequence[Unit], asked: Asked) -> Iterator[Unfinished]:
    """The backfills of one stream and account that lack something which nothing has read since they were begun."""
    for name in sorted({unit.header.round for unit in units if unit.header.round}):
        since, _, until = name.partition("..")
        own = [unit for unit in units if unit.header.round == name]
        finished = max((unit.header.run for unit in own if unit.header.round_ends), default=0)
        begun = [unit for unit in own if unit.header.run > finished]
        if not since or not begun:
            continue
        bounds = replace(asked, since=date.fromisoformat(since), until=date.fromisoformat(until) if until else None)
        if lacking := _lacking(stream, units, begun, bounds):
            yield Unfinished(stream.name, date.fromisoformat(since), bounds.until, min(lacking), max(lacking))


def _lacking(stream: Stream, units: Sequence[Unit], begun: Sequence[Unit], asked: Asked) -> set[date]:
    """Days of the units still due that neither the backfill nor any later run has read."""
    since_then = [unit for unit in units if unit.header.run >= min(one.header.run for one in begun)]
    reached = max(unit.started_at for unit in begun)
    windows = [task.window for task in plan(stream, units, asked)]
    days = {
        date.fromordinal(day)
        for one in windows
        if one.first and one.last
        for day in range(one.first.toordinal(), min(one.last, asked.today).toordinal() + 1)
        if date.fromordinal(day) <= reached.date()
    } - covered_days(since_then)
    for one in windows:
        if one.until:
            for left, right in holes(since_then, one.since or BEGINNING, min(one.until, reached)):
                days |= {left.date(), right.date()}
    return days
