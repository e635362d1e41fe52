"""Our total of each day beside what the source itself says of it: what `reconcile` prints."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from growthos import measures
from growthos.money import places
from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAYS = 28
WRONG = ("differs", "missing")
UNCOMPARED = "not comparable"


@dataclass(frozen=True, slots=True)
class Day:
    """One measure of an account's day; money in cents of the account's own currency, which counts have none of.

    `ours` or `theirs` is None where that side has nothing of the day. `status`: ok, differs, missing (one side alone
    has it), not comparable (the source says itself that it did not give all rows).
    """

    source: str
    account: str
    day: date
    measure: str
    currency: str | None
    ours: int | None
    theirs: int | None
    difference: int
    tolerance: int
    status: str

    @property
    def is_wrong(self) -> bool:
        return self.status in WRONG

    @property
    def share(self) -> Fraction | None:
        """The difference as a share of theirs; None where they have nothing."""
        return Fraction(self.difference, abs(self.theirs)) if self.theirs else None

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "account": self.account,
            "date": self.day.isoformat(),
            "measure": self.measure,
            "unit": "count" if self.currency is None else "cents",
            "currency": self.currency,
            "ours": self.ours,
            "theirs": self.theirs,
            "difference": self.difference,
            "share": None if self.share is None else places(self.share),
            "tolerance": self.tolerance,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Total:
    """One measure of an account over the window: the days that could be compared, added up."""

    days: tuple[Day, ...]

    @property
    def first(self) -> Day:
        """A day, for all that the days have in common."""
        return self.days[0]

    @property
    def compared(self) -> tuple[Day, ...]:
        return tuple(day for day in self.days if day.status != UNCOMPARED)

    @property
    def wrong(self) -> int:
        """How many days differ, or are on one side alone."""
        return sum(day.is_wrong for day in self.days)

    @property
    def ours(self) -> int:
        return sum(day.ours or 0 for day in self.compared)

    @property
    def theirs(self) -> int:
        return sum(day.theirs or 0 for day in self.compared)

    @property
    def share(self) -> Fraction | None:
        """The difference of the sums as a share of theirs."""
        return Fraction(self.ours - self.theirs, abs(self.theirs)) if self.theirs else None

    @property
    def worst(self) -> Day | None:
        """The day that is furthest off; None where every day is as it should be."""
        return max((day for day in self.days if day.is_wrong), key=lambda day: abs(day.difference), default=None)

    def as_json(self) -> dict[str, Any]:
        first, worst = self.first, self.worst
        return {
            "source": first.source,
            "account": first.account,
            "measure": first.measure,
            "unit": "count" if first.currency is None else "cents",
            "currency": first.currency,
            "days": len(self.compared),
            "days_wrong": self.wrong,
            "days_not_comparable": len(self.days) - len(self.compared),
            "ours": self.ours,
            "theirs": self.theirs,
            "difference": self.ours - self.theirs,
            "share": None if self.share is None else places(self.share),
            "worst_day": worst.day.isoformat() if worst else None,
        }


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every comparable day of a window, by source, account, measure and day."""

    period: Period
    data_through: date | None
    totals: tuple[Total, ...]

    @property
    def days(self) -> tuple[Day, ...]:
        return tuple(day for total in self.totals for day in total.days)

    @property
    def wrong(self) -> tuple[Day, ...]:
        """The days that differ, or that one side alone has."""
        return tuple(day for day in self.days if day.is_wrong)

    def shown(self, *, every: bool) -> tuple[Day, ...]:
        """All days, or those that are wrong."""
        return self.days if every else self.wrong

    def as_json(self, *, every: bool = False) -> dict[str, Any]:
        """The structure of `reconcile --format json`."""
        return {
            "schema_version": 1,
            "since": self.period.first.isoformat(),
            "until": self.period.last.isoformat(),
            "data_through": self.data_through.isoformat() if self.data_through else None,
            "totals": [total.as_json() for total in self.totals],
            "rows": [day.as_json() for day in self.shown(every=every)],
        }


def reconcile(con: "DuckDBPyConnection", period: Period, sources: Collection[str] = ()) -> Reconciliation:
    """The days of a period on which a source says a total of its own; of all sources unless some are named."""
    rows = con.execute(
        """
        select source, account_id, date_key, measure, currency, ours, theirs, difference, tolerance, status
        from reconciliation
        where date_key between $first and $last
        order by source, account_id, measure, date_key
        """,
        {"first": period.first, "last": period.last},
    ).fetchall()
    days = [Day(*row) for row in rows if not sources or row[0] in sources]
    return Reconciliation(period, measures.about(con).data_through, tuple(Total(tuple(one)) for one in _grouped(days)))


def _grouped(days: Sequence[Day]) -> list[list[Day]]:
    found: dict[tuple[str, str, str], list[Day]] = {}
    for day in days:
        found.setdefault((day.source, day.account, day.measure), []).append(day)
    return list(found.values())
