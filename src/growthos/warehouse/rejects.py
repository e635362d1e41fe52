"""Records and pages that are put aside: kept over builds in a large home, where a build looks at some of them alone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from growthos.load import Load
from growthos.warehouse import relations
from growthos.warehouse.sqlfiles import Model
from growthos.warehouse.staging import Rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What tells how many good records of an entity there are, where a build has looked at some of them alone.
_TOLD_BY: Final = {
    "orders": "select count(*) from fact_orders",
    "order_lines": "select count(*) from fact_order_lines",
    "refunds": "select count(*) from refund_days",
    # A refund has a row there beside those of its lines.
    "refund_lines": "select (select count(*) from fact_refunds) - (select count(*) from refund_days)",
    # Those known only by an order are no records.
    "customers": "select coalesce(sum(customers), 0)::bigint from day_sums",
}


def put_malformed_aside(con: "DuckDBPyConnection", loads: Sequence[Load], run_id: str) -> None:
    """Note the pages that are no JSON."""
    for source, stream, where in relations.malformed(con, loads):
        con.execute(
            "insert into stg_rejects values ($source, $stream, $place, 'malformed_page', null, $run, null)",
            {"source": source, "stream": stream, "place": where, "run": run_id},
        )


def forget_pages(con: "DuckDBPyConnection", pages: Sequence[tuple[str, str]]) -> None:
    """Forget the pages that are no JSON of these sources and page streams."""
    con.execute(
        "delete from stg_rejects where reason = 'malformed_page' and (source, entity) in "
        "(select (unnest($sources::varchar[]), unnest($pages::varchar[])))",
        {"sources": [source for source, _ in pages], "pages": [page for _, page in pages]},
    )


def forget(con: "DuckDBPyConnection", model: Model | None, where: str = "true") -> None:
    """Forget what was counted of a staging file, and which of its records were put aside; others are passed over."""
    if model is not None and model.layer == "staging" and not model.temporary:
        of_it = {"source": model.source, "entity": model.entity}
        con.execute("delete from run_rows where source = $source and entity = $entity", of_it)
        con.execute(
            "delete from stg_rejects where source = $source and entity = $entity "  # noqa: S608  our own
            f"and reason != 'malformed_page' and {where}",
            of_it,
        )


def by_source(con: "DuckDBPyConnection") -> dict[str, int]:
    """How many records are put aside; pages that are no JSON are no records."""
    return dict(
        con.execute(
            "select source, count(*) from stg_rejects where reason != 'malformed_page' group by source"
        ).fetchall()
    )


def totals(con: "DuckDBPyConnection", rows: Sequence[Rows]) -> tuple[Rows, ...]:
    """The good and the bad of all records, where a build has looked at some of them."""
    query = "select source, entity, count(*) from stg_rejects where reason != 'malformed_page' group by all"
    bad = {(source, entity): count for source, entity, count in con.execute(query).fetchall()}
    told = []
    for row in rows:
        staged = row.staged
        if told_by := _TOLD_BY.get(row.entity):
            [(staged,)] = con.execute(told_by).fetchall()
        told.append(replace(row, staged=staged, rejected=bad.get((row.source, row.entity), 0)))
    return tuple(told)
