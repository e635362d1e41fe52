"""Our totals beside the sources' own as a page: a row for each measure, then the days that differ."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from growthos.reconcile import UNCOMPARED, Day, Reconciliation, Total
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import NOTHING, clean
from growthos.wording import count, money, percent

if TYPE_CHECKING:
    from growthos.render.output import Record

SOURCE, MEASURE = Column("Source"), Column("Measure")
OURS, THEIRS = Column("Ours", numeric=True), Column("Theirs", numeric=True)
DIFFERENCE = Column("Off by", numeric=True)
ACCOUNT = Column("Account", rank=1)
TOTALS = (
    SOURCE,
    ACCOUNT,
    MEASURE,
    Column("Days", numeric=True, rank=2),
    Column("Differ", numeric=True),
    OURS,
    THEIRS,
    DIFFERENCE,
    Column("Worst day", rank=3),
)
DAYS = (Column("Day"), SOURCE, ACCOUNT, MEASURE, OURS, THEIRS, DIFFERENCE, Column("Status"))
STATUS = {"ok": "ok", "differs": "differs", "missing": "on one side only", UNCOMPARED: UNCOMPARED}
FIELDS = (
    *("source", "account", "date", "measure", "unit", "currency"),
    *("ours", "theirs", "difference", "share", "tolerance", "status"),
)


def page(found: Reconciliation, *, every: bool = False) -> Page:
    """Heading, totals, days, and what could not be compared."""
    return tuple(_blocks(found, every=every))


def _blocks(found: Reconciliation, *, every: bool) -> Iterator[Block]:
    days = "1 day" if len(found.period) == 1 else f"{len(found.period)} days"
    yield Heading(
        f"Our totals beside the sources' own, {found.period.first} to {found.period.last} ({days})",
        "in each account's own days and currency, before any conversion; "
        f"data through {found.data_through or 'no day yet'}",
    )
    if not found.totals:
        yield Note("Nothing to compare: no source has told a total of its own for these days.", "warn")
        return
    several = len({(total.first.source, total.first.account) for total in found.totals}) > len(
        {total.first.source for total in found.totals}
    )
    yield _table(TOTALS, [_total(total) for total in found.totals], accounts=several)
    shown = found.shown(every=every)
    if shown:
        yield _table(DAYS, [_day(day) for day in shown], accounts=several)
    wrong = len({(day.source, day.day) for day in found.wrong})
    if not wrong:
        yield Note("Every day that both sides have agrees within its tolerance.", "good")
    left = Counter(source for source, _ in {(day.source, day.day) for day in found.days if day.status == UNCOMPARED})
    for source, number in left.items():
        told = "1 day is" if number == 1 else f"{number} days are"
        yield Note(f"{source}: {told} not compared, for the source says itself that rows are missing.", "dim")


def _table(columns: tuple[Column, ...], rows: list[dict[str, Cell]], *, accounts: bool) -> Table:
    """The account stands in a table only where a source has several."""
    kept = tuple(column for column in columns if accounts or column is not ACCOUNT)
    return Table("", kept, tuple(tuple(row[column.title] for column in kept) for row in rows))


def _total(total: Total) -> dict[str, Cell]:
    first, worst = total.first, total.worst
    return {
        **_of(first),
        "Days": Cell(count(len(total.compared))),
        "Differ": Cell(count(total.wrong), "bad" if total.wrong else "good"),
        "Ours": Cell(_amount(total.ours, first.currency)),
        "Theirs": Cell(_amount(total.theirs, first.currency)),
        "Off by": Cell(_share(total.share), "bad" if total.wrong else ""),
        "Worst day": Cell(f"{worst.day}, {_share(worst.share)}" if worst else NOTHING),
    }


def _day(day: Day) -> dict[str, Cell]:
    return {
        "Day": Cell(day.day.isoformat()),
        **_of(day),
        "Ours": Cell(_amount(day.ours, day.currency)),
        "Theirs": Cell(_amount(day.theirs, day.currency)),
        "Off by": Cell(_share(day.share), "bad" if day.is_wrong else ""),
        "Status": Cell(STATUS[day.status], "bad" if day.is_wrong else "good" if day.status == "ok" else "dim"),
    }


def _of(day: Day) -> dict[str, Cell]:
    return {
        "Source": Cell(day.source),
        "Account": Cell(clean(day.account)),
        "Measure": Cell(day.measure.replace("_", " ")),
    }


def _amount(value: int | None, currency: str | None) -> str:
    if value is None:
        return NOTHING
    return count(value) if currency is None else money(value, currency)


def _share(share: Fraction | None) -> str:
    """How far off, to a hundredth of a percent where it is little."""
    if share is None:
        return NOTHING
    return percent(share, signed=True, digits=1 if abs(share) >= Fraction(1, 100) or not share else 2)


def records(found: Reconciliation, *, every: bool = False) -> "Iterator[Record]":
    """One record a day."""
    for day in found.shown(every=every):
        yield day.as_json()
