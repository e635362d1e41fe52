"""A back-test: how often each rule would have fired on days that are past, and how often people had been told of it.

Each day is asked as it was at its end, from what is known of it today: what sources restated since is in it. People are
told as `alerts notify` tells them once a day, with nothing silenced.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from growthos import measures, telling, unusual
from growthos.alert_book import Book
from growthos.alert_report import Alert, AlertReport
from growthos.alert_state import Standing
from growthos.alerts import evaluate_days
from growthos.errors import NoDataError
from growthos.measures import About
from growthos.period import Period
from growthos.rules import ALL, Evaluation, Severity
from growthos.standings import Standings, stand, suspects_tracking
from growthos.telling import Telling
from growthos.unusual import Daily, UnusualDay

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.guards import GuardValues
    from growthos.rules import Rule

A_DAY, WEEK, TWO_WEEKS = timedelta(days=1), timedelta(days=7), timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is known to have happened. `scope` is the one in which it shows beside the whole, None: any."""

    period: Period
    what: str
    scope: str | None = None

    def moves_week(self, scope: str, end: date) -> bool:
        """Whether it lies more in one than in the other of the two weeks that a rule compares."""
        now = Period.ending(end, days=WEEK.days)
        return self._is_of(scope) and self._days(now) != self._days(now.before())

    def moves_day(self, scope: str, day: date) -> bool:
        """Whether it makes a day another one than those of the week before."""
        here, before = day in self.period, self._days(Period(day - WEEK, day - A_DAY))
        return self._is_of(scope) and (before < WEEK.days if here else before > 0)

    def _is_of(self, scope: str) -> bool:
        return self.scope is None or scope in {ALL, self.scope}

    def _days(self, period: Period) -> int:
        return sum(day in self.period for day in period)


@dataclass(frozen=True, slots=True)
class Episode:
    """Days that follow one another, and what is known to have moved the first of them."""

    period: Period
    causes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"since": self.period.first, "until": self.period.last, "causes": list(self.causes)}


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule, or a series, in one scope: when it would have fired. `severity` is None for a series.

    `told`: the days on which people had been told of it; of a series they never are.
    """

    name: str
    label: str
    severity: Severity | None
    scope: str
    scope_name: str
    days: tuple[date, ...]
    episodes: tuple[Episode, ...]
    told: tuple[date, ...] = ()

    @property
    def known(self) -> int:
        """Episodes that began for a cause that is known."""
        return sum(bool(one.causes) for one in self.episodes)

    def as_json(self) -> dict[str, Any]:
        """One element of `rules` or `unusual` in `alerts --backtest --format json`."""
        found = {
            "id": self.name,
            "name": self.label,
            "severity": self.severity,
            "scope": self.scope,
            "days": len(self.days),
            "known": self.known,
            "told": list(self.told),
            "episodes": [one.as_json() for one in self.episodes],
        }
        return found if self.severity else {key: found[key] for key in found if key not in {"severity", "told"}}


@dataclass(frozen=True, slots=True)
class Backtest:
    """What `alerts --backtest` shows. `asked` are the days that were wanted, `period` those with two weeks of data.

    `unusual_since` is the first day that could be held against the weeks before it, None where none could. `messages`
    are the days on which people had been told something, of which `ended` tell of nothing but ends. `causes`: how many
    are known.
    """

    asked: Period
    period: Period
    timezone: str
    data_through: date | None
    rules: tuple[Fired, ...]
    unusual: tuple[Fired, ...]
    unusual_since: date | None
    messages: tuple[date, ...]
    ended: int
    causes: int

    def as_json(self) -> dict[str, Any]:
        """The structure of `alerts --backtest --format json`."""
        return {
            "schema_version": 1,
            "since": self.period.first,
            "until": self.period.last,
            "asked": {"since": self.asked.first, "until": self.asked.last},
            "timezone": self.timezone,
            "data_through": self.data_through,
            "messages": list(self.messages),
            "causes": self.causes,
            "rules": [one.as_json() for one in self.rules],
            "unusual_since": self.unusual_since,
            "unusual": [one.as_json() for one in self.unusual],
        }


def backtest(
    con: "DuckDBPyConnection",
    asked: Period,
    keep: int,
    repeats: Mapping[str, timedelta],
    guards: "GuardValues | None" = None,
    rules: "Collection[Rule] | None" = None,
    causes: Sequence[Cause] = (),
) -> Backtest:
    """Ask the rules and the series about every day of a period; `keep` and `repeats` are as `alerts notify` has them.

    Days of the shop's calendar are causes, too. NoDataError where no day has two weeks of data.
    """
    about = measures.about(con)
    period = _with_data(about, asked)
    began = _with_data(about, Period(period.first - TWO_WEEKS, period.last))  # so that what fires already is no news
    said = evaluate_days(con, list(began), guards, rules)
    told = {day: due for day, due in _told(about, said, keep, repeats) if due and day in period}
    past = unusual.needed(period)
    events = measures.read_events(con, past)
    known = (*causes, *(Cause(Period(day, day), name) for day, name in events.items()))
    values = unusual.daily(about, measures.read_channel_days(con, past), period.last)
    return Backtest(
        asked=asked,
        period=period,
        timezone=about.timezone,
        data_through=about.data_through,
        rules=tuple(_rules(about, {day: said[day] for day in period}, told, known)),
        unusual=tuple(_series(about, values, unusual.find(about, values, events, period), known)),
        unusual_since=unusual.since(values, period),
        messages=tuple(told),
        ended=sum(not due.alerts for due in told.values()),
        causes=len(known),
    )


def _with_data(about: About, asked: Period) -> Period:
    """The days of a period that have a week before theirs, and are complete."""
    start, through = about.history_start, about.last_day()
    first = asked.first if start is None else max(asked.first, start + TWO_WEEKS - A_DAY)
    last = min(asked.last, through)
    if first > last:
        raise NoDataError(
            f"No day from {asked.first} to {asked.last} has two weeks of data.",
            hint=f"The data reach from {start} to {through}." if start else f"The data reach to {through}.",
        )
    return Period(first, last)


def _told(
    about: About, said: Mapping[date, Sequence[Evaluation]], keep: int, repeats: Mapping[str, timedelta]
) -> Iterator[tuple[date, Telling]]:
    """What is due after each day, where everything that was due is told."""
    waits = {one.fingerprint: one.rule.for_days for each in said.values() for one in each}
    stands, book = dict.fromkeys(waits, Standing()), Book()
    for day, each in said.items():
        fires = {one.fingerprint for one in each if one.firing}
        stands = {
            name: standing.then(day, fires=name in fires, for_days=waits[name], keep=keep)
            for name, standing in stands.items()
        }
        found = Standings(stands, suspects_tracking(each))
        now = datetime.combine(day + A_DAY, time(), UTC)
        report = stand(_report(about, day, each), found, (), now, None)
        due = telling.due(report, book, repeats, now)
        book = telling.told(book, report, due, now)
        yield day, due


def _report(about: About, day: date, said: Iterable[Evaluation]) -> AlertReport:
    """As much of the report of a day as it takes to know of what people are told."""
    window = Period.ending(day, days=WEEK.days)
    return AlertReport(
        window=window,
        previous=window.before(),
        timezone=about.timezone,
        currency=about.currency,
        data_through=about.data_through,
        warnings=(),
        alerts=tuple(
            Alert(one.rule, one.case.scope, one.case.scope, one.verdict.state, None, None, None) for one in said
        ),
    )


def _rules(
    about: About,
    said: Mapping[date, Sequence[Evaluation]],
    told: Mapping[date, Telling],
    causes: Sequence[Cause],
) -> Iterator[Fired]:
    """Every rule in every scope in which it was asked, in the order of the rules."""
    asked = {one.fingerprint: (one.rule, one.case.scope) for each in said.values() for one in each}
    order = list(dict.fromkeys(rule.name for rule, _ in asked.values()))
    for name, (rule, scope) in sorted(asked.items(), key=lambda one: order.index(one[1][0].name)):
        days = [day for day, each in said.items() if any(one.firing and one.fingerprint == name for one in each)]
        yield Fired(
            name=rule.name,
            label=rule.label,
            severity=rule.severity,
            scope=scope,
            scope_name=_named(about, scope),
            days=tuple(days),
            episodes=_episodes(days, [(one, one.moves_week) for one in causes], scope),
            told=tuple(day for day, due in told.items() if any(one.fingerprint == name for one in due.alerts)),
        )


def _series(about: About, values: Daily, found: Iterable[UnusualDay], causes: Sequence[Cause]) -> Iterator[Fired]:
    """Every series that is watched, in every scope."""
    flagged = {(one.series, one.scope, one.day) for one in found}
    for series, scope in values:
        days = sorted(day for one, where, day in flagged if (one, where) == (series, scope))
        yield Fired(
            name=series.name,
            label=series.label,
            severity=None,
            scope=scope,
            scope_name=_named(about, scope),
            days=tuple(days),
            episodes=_episodes(days, [(one, one.moves_day) for one in causes], scope),
        )


def _named(about: About, scope: str) -> str:
    return scope if scope == ALL else about.channel(scope).name


def _episodes(
    days: Iterable[date], causes: Iterable[tuple[Cause, Callable[[str, date], bool]]], scope: str
) -> tuple[Episode, ...]:
    """Runs of days, each with the causes that moved its first day."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == A_DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return tuple(
        Episode(Period(run[0], run[-1]), tuple(cause.what for cause, moves in causes if moves(scope, run[0])))
        for run in runs
    )
