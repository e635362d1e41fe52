"""Why a KPI changed: its change split into causes, for the whole, by channel and by campaign, to the last digit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from growthos import measures
from growthos.errors import UsageError
from growthos.kpis import KPIS, Comparison, Kpi, Report, find, report
from growthos.measures import cohorts, reading
from growthos.measures.effects import apportion, settle
from growthos.measures.notices import Notice
from growthos.measures.reading import NOTHING, Campaign, Group
from growthos.measures.splits import Cause, Move, Split, split_of
from growthos.measures.values import Value, exact, safe_div, shown, whole_cents
from growthos.money import places
from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DIGITS = 6
A_DAY = timedelta(days=1)
NO_CAMPAIGN = "unknown"
UNKNOWN_BY_CAMPAIGN = {*measures.UNKNOWN_BY_CAMPAIGN, *cohorts.COHORT_MEASURES}


@dataclass(frozen=True, slots=True)
class Effect:
    """What one cause did to the KPI: what it was, what it is, by how much it moved the KPI of the whole.

    `share` is that part of the whole change, None where the KPI did not change.
    """

    cause: Cause
    before: Value
    now: Value
    effect: int | Decimal
    share: Decimal | None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.cause.name,
            "unit": self.cause.unit,
            "previous": self.before,
            "value": self.now,
            "effect": self.effect,
            "share": self.share,
        }


@dataclass(frozen=True, slots=True)
class Scope:
    """The whole, a channel or a campaign: its own KPI before and now, and its part in the change of the whole."""

    name: str
    before: Value
    now: Value
    effect: int | Decimal
    share: Decimal | None
    effects: tuple[Effect, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "previous": self.before,
            "value": self.now,
            "effect": self.effect,
            "share": self.share,
            "effects": [one.as_json() for one in self.effects],
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """The day on which a KPI moved most in the direction of its change, against the day before."""

    day: date
    before: Value
    now: Value


@dataclass(frozen=True, slots=True)
class Why:
    """What `why` shows. Effects and scopes stand largest first; there are none where there is no change to split.

    The effects add up to the change, those of channels and of campaigns to those of the whole, each cause by itself.
    `campaigns` is None for a KPI that is not known by campaign.
    """

    report: Report
    kpi: Kpi
    effects: tuple[Effect, ...]
    channels: Mapping[str, Scope]
    campaigns: Mapping[str, Scope] | None
    turn: Turn | None

    @property
    def row(self) -> Comparison:
        """The KPI now and before."""
        return self.report.rows[0]

    def as_json(self) -> dict[str, Any]:
        """The structure of `why --format json`."""
        row = self.row
        return {
            **self.report.heading(),
            "kpi": {"name": row.now.name, **row.as_json()},
            "largest_move": None
            if self.turn is None
            else {"date": self.turn.day, "previous": self.turn.before, "value": self.turn.now},
            "effects": [one.as_json() for one in self.effects],
            "by_channel": {key: one.as_json() for key, one in self.channels.items()},
            "by_campaign": None
            if self.campaigns is None
            else {key: one.as_json() for key, one in self.campaigns.items()},
        }


def find_split(name: str, known: Mapping[str, Kpi] = KPIS) -> tuple[Kpi, Split]:
    """The KPI of that name or alias, and how its change is split; UsageError where it cannot be."""
    kpi = find(name, known)
    split = split_of(kpi)
    if split is None and kpi.expression is not None:
        raise UsageError(
            f"The change of {kpi.name} cannot be split: its formula multiplies what is measured, so that its parts do "
            "not add up to the whole.",
            hint=f"`growthos explain {kpi.name}` shows what it is made of, now and before.",
        )
    if split is None:
        raise UsageError(
            f"The change of {kpi.name} cannot be split: it is the day from which a sum stays above another, and no sum "
            "or quotient of anything.",
            hint="What moves it is what new customers cost and bring: `growthos why cac`, `growthos why ltv`.",
        )
    return kpi, split


def why(con: "DuckDBPyConnection", name: str, period: Period | None = None, known: Mapping[str, Kpi] = KPIS) -> Why:
    """The change of a KPI against the period of the same length before, and where it came from.

    The smallest parts are campaigns, and what a channel has outside of them, or channels where campaigns are not known.
    """
    kpi, split = find_split(name, known)
    found = report(con, period, [kpi.name], days=False, known=known)
    row = found.rows[0]
    by_campaign = not UNKNOWN_BY_CAMPAIGN & kpi.made_of
    if row.delta is None:
        warnings = (*found.warnings, _nothing(kpi, row))
        return Why(replace(found, warnings=warnings), kpi, (), {}, {} if by_campaign else None, None)
    about = measures.about(con)
    campaigns = reading.campaigns(con, about, found.period, found.previous, orders=True) if by_campaign else {}
    parts = _parts(found, campaigns)
    told = _Told(kpi, split.causes, _rounded(split, parts, found), Fraction(row.delta), found.now.paid)
    channels = {channel.slug: channel.name for channel in about.channels.values()}
    names = {**{key: one.name for key, one in campaigns.items()}, NO_CAMPAIGN: "No campaign"}
    return Why(
        report=found,
        kpi=kpi,
        effects=told.effects(parts),
        channels=told.scopes(parts, channels, lambda part: part.channel),
        campaigns=told.scopes(parts, names, lambda part: part.campaign) if by_campaign else None,
        turn=_turn(con, kpi, found),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A campaign, or what a channel did outside of its campaigns."""

    channel: str
    campaign: str
    move: Move


def _parts(found: Report, campaigns: Mapping[str, Campaign]) -> list[_Part]:
    """All parts of the whole; every measure adds up to that of its channel."""
    parts = []
    for slug in dict.fromkeys((*found.before.channels, *found.now.channels)):
        inside = {key: one for key, one in campaigns.items() if one.channel == slug and key != NO_CAMPAIGN}
        parts += [_Part(slug, key, Move(one.before, one.now)) for key, one in inside.items()]
        before = _less(found.before.channel(slug), [one.before for one in inside.values()])
        now = _less(found.now.channel(slug), [one.now for one in inside.values()])
        if any(before.values()) or any(now.values()):
            parts.append(_Part(slug, NO_CAMPAIGN, Move(before, now)))
    return parts


def _less(group: Group, others: Iterable[Group]) -> Group:
    """A group without others that are within it."""
    given = list(others)
    return {
        name: None if name == "payback" else (value or 0) - sum(one[name] or 0 for one in given)
        for name, value in group.items()
    }


def _rounded(split: Split, parts: Sequence[_Part], found: Report) -> dict[_Part, list[int]]:
    """The effects of each part in whole cents or millionths, so that all of them add up to the change that is shown.

    Parts of a sum have changes that are whole themselves; of its causes the first has the effect that an alert names.
    """
    row, whole = found.rows[0], Move(found.before.whole, found.now.whole)
    scale = 10**DIGITS if row.now.unit == "ratio" else 1
    exact_cells = [[scale * one for one in split.effects(part.move, whole)] for part in parts]
    causes = list(zip(*exact_cells, strict=True))
    if row.now.denominator is None:
        cells = settle(exact_cells, whole_cents(sum(causes[0], Fraction(0))) if causes else 0)
    else:
        sums = apportion(int(Fraction(row.delta or 0) * scale), [sum(one, Fraction(0)) for one in causes])
        columns = [apportion(total, one) for total, one in zip(sums, causes, strict=True)]
        cells = [list(one) for one in zip(*columns, strict=True)]
    return dict(zip(parts, cells, strict=True))


@dataclass(frozen=True, slots=True)
class _Told:
    """Parts put together to what is shown."""

    kpi: Kpi
    causes: tuple[Cause, ...]
    cells: Mapping[_Part, list[int]]
    change: Fraction
    paid: frozenset[str]

    def effects(self, parts: Sequence[_Part]) -> tuple[Effect, ...]:
        """The effects of some parts together, the largest first."""
        move = _together(parts)
        found = [
            Effect(cause, cause.value(move.before), cause.value(move.now), *self._sized(sum(column)))
            for cause, column in zip(self.causes, self._columns(parts), strict=True)
        ]
        return tuple(sorted(found, key=lambda one: -abs(Fraction(one.effect))))

    def scopes(self, parts: Sequence[_Part], names: Mapping[str, str], of: Callable[[_Part], str]) -> dict[str, Scope]:
        """Each channel or campaign that has to do with the KPI, by its key; that with the largest effect first."""
        groups: dict[str, list[_Part]] = {}
        for part in parts:
            if any(group[name] for group in (part.move.before, part.move.now) for name in self.kpi.made_of):
                groups.setdefault(of(part), []).append(part)
        found = {key: self._scope(names[key], one) for key, one in groups.items()}
        return dict(sorted(found.items(), key=lambda item: (-abs(Fraction(item[1].effect)), item[0])))

    def _scope(self, name: str, parts: Sequence[_Part]) -> Scope:
        move, paid = _together(parts), not self.kpi.paid_only or all(part.channel in self.paid for part in parts)
        before, now = (self.kpi.part(group).value if paid else None for group in (move.before, move.now))
        effect, share = self._sized(sum(sum(column) for column in self._columns(parts)))
        return Scope(name, before, now, effect, share, self.effects(parts))

    def _columns(self, parts: Sequence[_Part]) -> list[list[int]]:
        return [[self.cells[part][place] for part in parts] for place in range(len(self.causes))]

    def _sized(self, units: int) -> tuple[int | Decimal, Decimal | None]:
        """An effect as it is shown, and its share of the change."""
        effect = Decimal(units).scaleb(-DIGITS) if self.kpi.unit == "ratio" else units
        share = safe_div(Fraction(effect), self.change)
        return effect, None if share is None else places(share)


def _together(parts: Sequence[_Part]) -> Move:
    """The measures of several parts, added up."""
    before, now = (
        {**NOTHING, **{name: sum(group[name] or 0 for group in groups) for name in NOTHING if name != "payback"}}
        for groups in ([part.move.before for part in parts], [part.move.now for part in parts])
    )
    return Move(before, now)


def _nothing(kpi: Kpi, row: Comparison) -> Notice:
    """Why there is no change to split."""
    said = [
        f"{kpi.label} has no value from {one.start_date} to {one.end_date}: "
        f"what it is divided by was {one.denominator}."
        for one in (row.before, row.now)
        if one.value is None
    ]
    said.append("There is no change to split; ask about other days with --since and --until.")
    return Notice("no_value", " ".join(said))


def _turn(con: "DuckDBPyConnection", kpi: Kpi, found: Report) -> Turn | None:
    """The largest move from one day to the next in the direction of the change, that to the first day included."""
    days = Period(found.period.first - A_DAY, found.period.last)
    values = [exact(kpi.outcome(group)) for group in reading.read_days(con, days)]
    falls = (found.rows[0].delta or 0) < 0
    moves = [
        ((before - now if falls else now - before), day, before, now)
        for day, before, now in zip(found.period, values[:-1], values[1:], strict=True)
        if before is not None and now is not None
    ]
    largest = max(moves, key=lambda move: move[0], default=None)
    if not found.rows[0].delta or largest is None or largest[0] <= 0:
        return None
    return Turn(largest[1], shown(largest[2], kpi.unit), shown(largest[3], kpi.unit))
