"""Units of which a segment was set aside or is gone, and that nothing has read since: what raw knew and now lacks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from growthos.connectors.terms import Window
from growthos.home import Home
from growthos.plan import Task
from growthos.quarantine import Aside, segments
from growthos.raw import Header
from growthos.state import BEGINNING, State, Unit, covered_days, holes


@dataclass(frozen=True, slots=True)
class Loss:
    """A segment that is no longer there and whose unit, or what of it is left to read, no later unit has made good.

    `aside` is the file that was set aside, or the last one of the unit where another of its files is gone.
    """

    aside: Aside
    days: tuple[date, ...] = ()
    stretches: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def unit(self) -> str:
        """The range in words, as far as it is known."""
        return self.aside.header.unit if self.aside.header else "a range that cannot be made out"

    def tasks(self, planned: Sequence[Task]) -> Iterator[Task]:
        """The unit again, as far as what is planned does not read it anyway."""
        if self.aside.header is None:
            return
        windows = [task.window for task in planned]
        task = Task(Window(), begins=self.aside.header.begins)
        if days := set(self.days) - {day for one in windows for day in _days(one.first, one.last)}:
            yield replace(task, window=Window(first=min(days), last=max(days)))
        for since, until in self.stretches:
            for lower, upper in _outside(windows, since, until):
                yield replace(task, window=Window(since=lower if lower != BEGINNING else None, until=upper))


def losses(home: Home, state: State) -> list[Loss]:
    """What is gone and not made good: first of all that was set aside, in the order of the files."""
    there = {_segment(header) for header in state.headers()}
    aside = [one for one in segments(home) if one.header is None or _segment(one.header) not in there]
    gone = [one for one in aside if _counted(one, aside, state)]
    known = [one.header for one in gone if one.header]
    gone += [one for one in _torn(state) if one.header and not any(_same(one.header, other) for other in known)]
    return [loss for one in gone for loss in _left(one, state)]


def still_lost(home: Home, state: State, known: Sequence[Loss]) -> tuple[str, ...]:
    """Of the losses that were `known` before a sync, those that it has not made good, in words."""
    left = {(loss.aside.path, loss.unit) for loss in losses(home, state)} if known else set()
    return tuple(
        f"{loss.aside.source} {loss.aside.account}: {loss.aside.stream} of {loss.unit} was damaged"
        " and could not be read again; `growthos verify` tells more"
        for loss in known
        if (loss.aside.path, loss.unit) in left
    )


def _torn(state: State) -> Iterator[Aside]:
    """The last files of units that had come to their end and of which other files are gone."""
    for attempt in state.attempts():
        last = attempt[-1].header
        if last.final and len(attempt) <= last.part:
            yield Aside(attempt[-1].path, last.source, last.account, last.stream, last.seq, last.run_id, last)


def _segment(header: Header) -> tuple[str, str, str, int, str]:
    """A file of many segments that was set aside may have left the small ones that it was made of."""
    return header.source, header.account, header.stream, header.seq, header.run_id


def _counted(one: Aside, aside: Sequence[Aside], state: State) -> bool:
    """Whether its unit had come to its end: what an interrupted run kept never counted."""
    header = one.header
    if header is None or header.final:
        return True
    others = (other.header for other in aside if other.header)
    return any(_same(header, other) and other.final for other in (*others, *state.headers()))


def _same(one: Header, other: Header) -> bool:
    """Whether both belong to one attempt at one unit: the numbers of its segments follow one another."""
    names = ("source", "account", "stream", "run_id", "unit")
    first, second = one.seq - one.part, other.seq - other.part
    return first == second and all(getattr(one, name) == getattr(other, name) for name in names)


def _left(one: Aside, state: State) -> Iterator[Loss]:
    units = state.units(one.source, one.account, one.stream)
    since = [unit for unit in units if _newer(unit, one)]
    header = one.header
    if header is None:
        if not since or broken(units):
            yield Loss(one)
    elif header.first is not None and header.last is not None:
        days = set(_days(date.fromisoformat(header.first), date.fromisoformat(header.last)))
        if left := sorted(days - covered_days(since)):
            yield Loss(one, days=tuple(left))
    elif header.until is not None:
        start = datetime.fromisoformat(header.since) if header.since else BEGINNING
        if found := holes(since, start, datetime.fromisoformat(header.until)):
            yield Loss(one, stretches=tuple(found))
    elif not since:
        yield Loss(one)


def _newer(unit: Unit, one: Aside) -> bool:
    """Whether a unit was read after the one that was set aside; its number may be the same, if that was the last."""
    run, seq = unit.order
    after = seq >= one.seq if one.header is None else (run, seq) >= (one.header.run, one.seq)
    return after and unit.header.run_id != one.run_id


def broken(units: Sequence[Unit]) -> bool:
    """Whether something is missing between the first and the last that the units of a stream cover."""
    days = covered_days(units)
    if days:
        return len(days) < (max(days) - min(days)).days + 1
    bounded = [unit for unit in units if unit.header.until]
    if not bounded:
        return False
    begins = min((unit.header.begins for unit in bounded if unit.header.begins), default=None)
    start = datetime.fromisoformat(begins).astimezone(UTC) if begins else min(unit.since for unit in bounded)
    return bool(holes(bounded, start, max(unit.until for unit in bounded)))


def _days(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None and last is not None:
        for day in range((last - first).days + 1):
            yield first + timedelta(days=day)


def _outside(windows: Sequence[Window], since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What of a stretch of time no window holds."""
    for lower, upper in sorted((one.since or BEGINNING, one.until) for one in windows if one.until is not None):
        if since < min(lower, until):
            yield since, min(lower, until)
        since = max(since, upper)
    if since < until:
        yield since, until
