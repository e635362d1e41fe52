"""What the sources told anew: by how much in all, then each day and measure with what it was and what it is."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from growthos.money import places
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import NOTHING, clean
from growthos.restatements import Restated, Restatements

if TYPE_CHECKING:
    from growthos.render.output import Record

COLUMNS = (
    Column("Source"),
    Column("Account", rank=2),
    Column("Day"),
    Column("What"),
    Column("Was", numeric=True),
    Column("Is", numeric=True),
    Column("Change", numeric=True, rank=1),
    Column("Since", rank=3),
)
FIELDS = ("source", "account", "date", "measure", "was", "is", "since")


def page(found: Restatements) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Restatements) -> Iterator[Block]:
    said = (
        "No day was told anew"
        if not found.days
        else f"{found.days:,} {'day was' if found.days == 1 else 'days were'} told anew"
    )
    window = f"{found.window.first} to {found.window.last}"
    yield Heading(
        f"{said}, {window}", "Compared with the first reading of a day that was over. Money in the account's own."
    )
    yield from changes(found)


def changes(found: Restatements) -> Iterator[Block]:
    """Each day and measure, and what each source comes to; nothing where no day was told anew."""
    if not found.changes:
        return
    yield Table("", COLUMNS, tuple(_row(one) for one in found.changes))
    for source, some in groupby(found.changes, key=lambda one: one.source):
        yield Note(_summary(source, list(some)))


def _row(one: Restated) -> tuple[Cell, ...]:
    return (
        Cell(one.source),
        Cell(clean(one.account)),
        Cell(str(one.day)),
        Cell(one.measure),
        Cell(_number(one.was)),
        Cell(_number(one.now)),
        Cell(_change(one.was, one.now)),
        Cell(f"{one.since:%Y-%m-%d %H:%M}"),
    )


def _summary(source: str, changes: list[Restated]) -> str:
    """`meta restated 5 days: spend -1.20 %`: over the days that moved, all of them together."""
    days = len({one.day for one in changes})
    parts = []
    for measure in dict.fromkeys(one.measure for one in changes):
        some = [one for one in changes if one.measure == measure]
        was, now = sum((one.was for one in some), Decimal(0)), sum((one.now for one in some), Decimal(0))
        parts.append(f"{measure} {_change(was, now) if was else _number(now - was)}")
    return f"{source} restated {days:,} {'day' if days == 1 else 'days'}: {', '.join(parts)}"


def _number(value: Decimal) -> str:
    """Whole numbers as they are, others to two places."""
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{places(Fraction(value), 2):,.2f}"


def _change(was: Decimal, now: Decimal) -> str:
    if not was:
        return "new" if now else NOTHING
    return f"{places(Fraction(now - was) / Fraction(was) * 100, 2):+,.2f}%"


def records(found: Restatements) -> "Iterator[Record]":
    """One record a day and measure."""
    return (one.as_json() for one in found.changes)
