"""The published tables as a page: how many rows each has, what it holds, and below that its columns."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from growthos.render.pages import Block, Cell, Column, Heading, Note, Page
from growthos.render.pages import Table as Grid
from growthos.render.text import clean
from growthos.warehouse.tables import Table
from growthos.wording import count

if TYPE_CHECKING:
    from growthos.render.output import Record

COLUMNS = (Column("Table"), Column("Rows", numeric=True), Column("What it holds, and its columns", prose=True))
FIELDS = ("table", "kind", "rows", "holds", "column", "type")


def page(found: Sequence[Table]) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Sequence[Table]) -> Iterator[Block]:
    yield Heading(f"{count(len(found))} tables to ask with `growthos sql`", "money is in whole cents, times are UTC")
    yield Grid("", COLUMNS, tuple(row for one in found for row in _rows(one)))
    yield Note('Types: `growthos sql "describe fact_orders"`. A table whole: `growthos sql "from fact_orders"`.', "dim")


def _rows(one: Table) -> Iterator[tuple[Cell, ...]]:
    name = clean(one.name) if one.kind == "table" else f"{clean(one.name)} (view)"
    yield Cell(name, "strong"), Cell(count(one.rows)), Cell(clean(one.doc, limit=None))
    yield Cell(""), Cell(""), Cell(clean(", ".join(column.name for column in one.columns), limit=None), "dim")


def as_json(found: Sequence[Table]) -> dict[str, Any]:
    """The structure of `sql --format json` without a query."""
    return {"schema_version": 1, "tables": [one.as_json() for one in found]}


def records(found: Sequence[Table]) -> "Iterator[Record]":
    """One record a column."""
    for one in found:
        for column in one.columns:
            yield {
                "table": one.name,
                "kind": one.kind,
                "rows": one.rows,
                "holds": one.doc,
                "column": column.name,
                "type": column.type,
            }
