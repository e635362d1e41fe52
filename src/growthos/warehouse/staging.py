"""Staging tables: good rows go on, bad ones to `stg_rejects` with their reason, and every record is accounted for.

A staging file yields, beside its own columns, `external_id` (the record's key as its source knows it), `reject_reason`
(null for a good row) and `payload` (the record as text, of a bad row). A CTE named `records` in it, one
row per record before any is left out, with `external_id`, is what the rows are counted against.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final

from growthos.warehouse import universe
from growthos.warehouse.database import naming
from growthos.warehouse.sqlfiles import Model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What a staging table holds beside the columns of its file that marts may read.
MARKS: Final = "external_id, reject_reason, payload, raw_records, raw_keys, is_row"
NO_MARKS: Final = ", ".join(f"null as {mark}" for mark in MARKS.split(", "))
_RESULTS: Final = (
    """create table stg_rejects (
        source varchar, entity varchar, external_id varchar, reason varchar, payload varchar, run_id varchar,
        whose varchar
    )""",
    """create table run_rows (
        source varchar, entity varchar, raw bigint, staged bigint, rejected bigint, duplicate bigint
    )""",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """How many records of an entity there are in raw, and what became of them."""

    source: str
    entity: str
    raw: int
    staged: int
    rejected: int
    duplicate: int


def define_results(con: "DuckDBPyConnection") -> None:
    """Make the tables that staging fills on its way."""
    for statement in _RESULTS:
        con.execute(statement)


def build_staging(con: "DuckDBPyConnection", model: Model, run_id: str, *, by_order: bool = False) -> Rows:
    """Make the staging table of a file, put its bad rows aside and count.

    `by_order`: a bad row is noted as its order's, else as its customer's, so that it goes when that is looked at again.
    """
    name = model.name
    with naming(model.label):
        con.execute(f"create temporary table {name} as {_counted(model.query)}")
        [(raw, distinct, present, staged, rejected)] = con.execute(
            f"from {name} select any_value(raw_records), any_value(raw_keys), count(*), "
            "count(*) filter (is_row and reject_reason is null), count(reject_reason)"
        ).fetchall()
        if rejected:
            whose = universe.key_of(con, name) if by_order else "null"
            con.execute(
                f"insert into stg_rejects from {name} select $source, $entity, external_id, reject_reason, payload, "
                f"$run, {whose} where reject_reason is not null",
                {"source": model.source, "entity": model.entity, "run": run_id},
            )
        if staged < present:
            con.execute(f"delete from {name} where is_row is null or reject_reason is not null")  # noqa: S608  our own name
    rows = Rows(model.source, model.entity, raw, staged, rejected, raw - distinct)
    con.execute("insert into run_rows values (?, ?, ?, ?, ?, ?)", astuple(rows))
    return rows


def count_nothing(con: "DuckDBPyConnection", models: Iterable[Model]) -> tuple[Rows, ...]:
    """Note of files that are not made, for nothing can come of them, that there are no records."""
    rows = tuple(
        Rows(one.source, one.entity, 0, 0, 0, 0) for one in models if one.layer == "staging" and not one.temporary
    )
    for row in rows:
        con.execute("insert into run_rows values (?, ?, ?, ?, ?, ?)", astuple(row))
    return rows


def sum_up(con: "DuckDBPyConnection", rows: Iterable[Rows]) -> tuple[Rows, ...]:
    """The counts of parts of the records as one for each entity, in `run_rows` too."""
    sums: dict[tuple[str, str], Rows] = {}
    for row in rows:
        one = sums.get((row.source, row.entity))
        numbers = zip(astuple(row)[2:], astuple(one)[2:] if one else (0,) * 4, strict=True)
        sums[row.source, row.entity] = Rows(row.source, row.entity, *map(sum, numbers))
    for one in sums.values():
        con.execute("delete from run_rows where source = ? and entity = ?", (one.source, one.entity))
        con.execute("insert into run_rows values (?, ?, ?, ?, ?, ?)", astuple(one))
    return tuple(sums.values())


def _counted(query: str) -> str:
    """A staging file's query, with the number of its `records` beside each row; at least one row, be it an empty one.

    So records are counted by another road than the file's own last SELECT, and parsed no second time.
    """
    ctes, _, last = query.rpartition("\n)\n")  # the last CTE closes at the margin
    if "records as (" not in ctes:
        ctes, last = f"with records as (\n{query}", "from records"
    return f"""{ctes}
    ),
    counted as (
        from records
        select count(*) as raw_records, count(distinct external_id) as raw_keys
    )
    from counted
    left join (
        select true as is_row, last.*
        from (
            {last}
        ) as last
    ) on true"""  # noqa: S608  text of our own files
