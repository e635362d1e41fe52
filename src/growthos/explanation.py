"""What a KPI's value of some days was worked out from: its figures, the SQL, the sources, and what to know of them."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

from growthos import measures
from growthos.catalog import Entry, first_sentence
from growthos.coverage import FORGOTTEN
from growthos.kpis import KPIS, Comparison, Kpi, Report, report
from growthos.last_build import LastBuild
from growthos.measures import cohorts, queries
from growthos.measures.formulas import FORMULAS, as_shown, outcome
from growthos.measures.notices import Notice
from growthos.measures.reading import HORIZON, Group
from growthos.measures.splits import UNITS
from growthos.measures.values import Format, Ratio, Unit, Value
from growthos.period import Period
from growthos.warehouse.sqlfiles import sources_of
from growthos.wording import age

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PAYBACK = "payback"
CURVE = {"cohort_contribution", "cohort_spend"}
"""What a payback is found from."""
CURRENCIES = "currency_consistency"
SPEND_WITHOUT_RATE = "stg__spend "
"""How the check of currencies begins the keys of such rows."""
READ = "select source, data_through, loaded_at from run_sources order by source"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a KPI is made of, or that stands beside it: what it is, now and before."""

    name: str
    form: Format
    value: Value
    previous: Value
    doc: str
    part: Literal["input", "component"]

    @property
    def unit(self) -> Unit:
        return UNITS[self.form]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "part": self.part,
            "unit": self.unit,
            "value": self.value,
            "previous": self.previous,
            "meaning": self.doc,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """How far and when a source was read, as the published tables have it."""

    source: str
    data_through: date | None
    read_at: datetime | None

    def stale(self, now: datetime) -> bool:
        """Whether it was read longer ago than the limit of `status`; what never was read has no age."""
        return self.read_at is not None and now - self.read_at > FORGOTTEN


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `explain` shows of a KPI. `warnings` are all that hold for these days, those of `kpis` among them.

    `queries` are what was asked of the published tables, each a SELECT that runs by itself. `earned`: for payback,
    the contribution of the cohort by the day that pays back or by the last, now and before.
    """

    entry: Entry
    report: Report
    kpi: Kpi
    at: datetime
    figures: tuple[Figure, ...]
    queries: tuple[str, ...]
    readings: tuple[Reading, ...]
    warnings: tuple[Notice, ...]
    earned: tuple[int, int] | None

    @property
    def row(self) -> Comparison:
        """The KPI now and before."""
        return self.report.rows[0]

    def as_json(self) -> dict[str, Any]:
        """The structure of `explain KPI --format json`."""
        [kpi] = self.report.as_json()["kpis"]
        return {
            **self.entry.as_json(),
            **self.report.heading(),
            "warnings": [{"code": one.code, "message": one.message} for one in self.warnings],
            "kpi": kpi,
            "formula": self.kpi.written,
            "figures": [one.as_json() for one in self.figures],
            "sources": [
                {
                    "name": one.source,
                    "data_through": one.data_through,
                    "read_at": one.read_at,
                    "stale": one.stale(self.at),
                }
                for one in self.readings
            ],
            "sql": list(self.queries),
        }


def explain(
    con: "DuckDBPyConnection",
    entry: Entry,
    period: Period,
    now: datetime,
    last: LastBuild | None = None,
    known: Mapping[str, Kpi] = KPIS,
) -> Explanation:
    """What the KPI of an entry is worked out from in a period; `last` is the last build, whether published or not."""
    kpi = known[entry.name]
    found = report(con, period, [kpi.name], days=False, known=known)
    names = _measures(kpi)
    asked = (queries.of_window(names, period), queries.of_cohort(names, period, HORIZON))
    readings = tuple(_readings(con, asked))
    return Explanation(
        entry=entry,
        report=found,
        kpi=kpi,
        at=now,
        figures=tuple(_figures(kpi, found)),
        queries=tuple(one for one in asked if one),
        readings=readings,
        warnings=tuple(_warnings(found, names, readings, now, last)),
        earned=(_earned(con, found.period), _earned(con, found.previous)) if PAYBACK in kpi.inputs else None,
    )


def _measures(kpi: Kpi) -> set[str]:
    """The measures behind the value and behind what stands beside it."""
    names = kpi.rests_on
    return names - {PAYBACK} | CURVE if PAYBACK in names else names


def _figures(kpi: Kpi, found: Report) -> Iterator[Figure]:
    now, before = found.now.whole, found.before.whole
    for name in dict.fromkeys((*kpi.inputs, *kpi.components)):
        if name != PAYBACK:
            values = as_shown(name, now), as_shown(name, before)
            yield Figure(name, _form(name, now), *values, _doc(name), "input" if name in kpi.inputs else "component")


def _form(name: str, group: Group) -> Format:
    if name in measures.COUNTS:
        return "count"
    one = outcome(name, group)
    return "percent" if isinstance(one, Ratio) and one.unit == "ratio" else "money"


def _doc(name: str) -> str:
    """What a measure or formula is, as its declaration says it."""
    if name in FORMULAS:
        return first_sentence(FORMULAS[name][0].__doc__ or "")
    said = {**measures.MEASURES, **cohorts.COHORT_MEASURES}[name]
    said = re.sub(r"\bN\b", str(HORIZON), said)
    return f"{said[0].upper()}{said[1:]}."


def _readings(con: "DuckDBPyConnection", asked: Collection[str]) -> Iterator[Reading]:
    """The sources of the facts that these queries read."""
    facts = {fact for sql in asked for fact in re.findall(r"\bfact_(\w+)", sql)}
    wanted = set().union(*map(sources_of, facts))
    for source, through, read_at in con.execute(READ).fetchall():
        if source in wanted:
            yield Reading(source, through, read_at and read_at.replace(tzinfo=UTC))


def _earned(con: "DuckDBPyConnection", period: Period) -> int:
    """The contribution of a cohort by the day that pays back, or by the last."""
    cohort = cohorts.together(cohorts.read(con, period, HORIZON).values(), HORIZON)
    return cohort.curve[-1 if cohort.payback is None else cohort.payback]


def _warnings(
    found: Report, names: Collection[str], readings: Collection[Reading], now: datetime, last: LastBuild | None
) -> Iterator[Notice]:
    """Those of `kpis`; of days that are not complete only those of the sources that the KPI rests on."""
    yield from (one for one in found.warnings if one.code != "window_past_data" or not readings)
    yield from _open_days(found.period, readings)
    for one in readings:
        if one.read_at and one.stale(now):
            yield Notice(
                "source_stale",
                f"{one.source} was last read {age(now - one.read_at)} ago: what has changed since then is not in these "
                "numbers.",
            )
    keys = [key for check in (last.blocking if last else ()) if check.name == CURRENCIES for key in check.sample]
    rows = [key.removeprefix(SPEND_WITHOUT_RATE) for key in keys if key.startswith(SPEND_WITHOUT_RATE)]
    if rows and {"spend", "cohort_spend", "reported_value"} & set(names):
        yield Notice(
            "spend_without_rate",
            f"Spend has no exchange rate to {found.currency}, first {', '.join(rows)}: the last build was not "
            "published, and these numbers are of the one before it.",
        )


def _open_days(days: Period, readings: Collection[Reading]) -> Iterator[Notice]:
    """Days of which not everything is read yet, for each day that some sources are complete through."""
    for through in dict.fromkeys(one.data_through for one in readings):
        count = len([day for day in days if through is None or day > through])
        names = [one.source for one in readings if one.data_through == through]
        if count:
            are = "is" if len(names) == 1 else "are"
            said = f"{are} complete through {through}" if through else f"{are} complete on no day"
            verb = "is" if count == 1 else "are"
            yield Notice(
                "days_incomplete", f"{', '.join(names)} {said}: {count} of the {len(days)} days {verb} not whole here."
            )
