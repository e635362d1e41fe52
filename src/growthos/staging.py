"""Staging tables: good rows go on, bad ones to `stg_rejects` with their reason, and every record is accounted for.

A staging file yields, beside its own columns, `external_id` (the record's key as its source knows it), `reject_reason`
(null for a good row) and, if it likes, `payload` (the record as text, of a bad row). A CTE named `records` in it, one
row per record before any is left out, with `external_id`, is what the rows are counted against.
"""

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final

from growthos.errors import SqlError
from growthos.sqlfiles import Model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RESULTS: Final = (
    """create table stg_rejects (
        source varchar, entity varchar, external_id varchar, reason varchar, payload varchar, run_id varchar
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


def build_staging(con: "DuckDBPyConnection", model: Model, run_id: str) -> Rows:
    """Make the staging table of a file, put its bad rows aside and count."""
    import duckdb

    table = f"rows_{model.name}"
    try:
        con.execute(f"create temporary table {table} as {model.query}")
        columns = {name for name, *_ in con.execute(f"describe {table}").fetchall()}
        if not {"external_id", "reject_reason"} <= columns:
            raise SqlError(f"{model.label} must yield the columns external_id and reject_reason.")
        extra = ", ".join(sorted(columns & {"external_id", "reject_reason", "payload"}))
        con.execute(f"create table {model.name} as from {table} select * exclude ({extra}) where reject_reason is null")
        [(staged, rejected)] = con.execute(
            f"from {table} select count(*) filter (reject_reason is null), count(reject_reason)"
        ).fetchall()
        if rejected:
            payload = "payload" if "payload" in columns else "null"
            con.execute(
                f"insert into stg_rejects from {table} select $source, $entity, external_id, reject_reason, {payload}, "
                "$run where reject_reason is not null",
                {"source": model.source, "entity": model.entity, "run": run_id},
            )
        raw, distinct = _records(con, model.query) or (staged + rejected, staged + rejected)
    except duckdb.Error as error:
        raise SqlError(f"{model.label} failed: {error}") from error
    con.execute(f"drop table {table}")
    rows = Rows(model.source, model.entity, raw, staged, rejected, raw - distinct)
    con.execute("insert into run_rows values (?, ?, ?, ?, ?, ?)", astuple(rows))
    return rows


def _records(con: "DuckDBPyConnection", query: str) -> tuple[int, int] | None:
    """Records and distinct records in the file's CTE `records`: by another road than the file's own last SELECT."""
    ctes, end, _ = query.rpartition("\n)\n")  # the last CTE closes at the margin
    if "records as (" not in ctes:
        return None
    count = ctes + end + "from records select count(*), count(distinct external_id)"
    [(records, distinct)] = con.execute(count).fetchall()
    return records, distinct
