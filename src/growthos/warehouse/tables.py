"""The published tables: what each is, as its file in sql/ says, with its columns and how many rows it has."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from growthos.warehouse.answers import Answer, Field
from growthos.warehouse.database import identifier
from growthos.warehouse.sqlfiles import SQL, find

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MARTS: Final = "main"
_COUNTED: Final = {
    "dq_results": "The checks of the last build: what each found, with the keys of a few rows.",
    "run_rows": "How many records of each entity the raw files hold, and what became of them.",
    "stg_rejects": "Rows that were put aside, with the reason.",
}
"""Tables that have no file: a build counts and checks."""
_TABLES: Final = """
select schema_name, table_name, kind
from (
    select schema_name, table_name, 'table' as kind from duckdb_tables() where not internal
    union all
    select schema_name, view_name, 'view' from duckdb_views() where not internal
)
where schema_name in ('main', 'staging')
order by schema_name, table_name
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or a view; `doc` says what it holds."""

    schema: str
    table: str
    kind: str
    doc: str
    rows: int
    columns: tuple[Field, ...]

    @property
    def name(self) -> str:
        """As a query names it."""
        return self.table if self.schema == MARTS else f"{self.schema}.{self.table}"

    @property
    def query(self) -> str:
        """The query for all of it."""
        return f"from {identifier(self.schema)}.{identifier(self.table)}"

    def as_json(self) -> dict[str, Any]:
        columns = [{"name": one.name, "type": one.type} for one in self.columns]
        return {"name": self.name, "kind": self.kind, "rows": self.rows, "holds": self.doc, "columns": columns}


def tables(con: "DuckDBPyConnection") -> tuple[Table, ...]:
    """All that can be asked for, marts first."""
    docs = {name: one.doc for name, one in find(SQL, "marts", "views", "staging").items()} | _COUNTED
    found = []
    for schema, name, kind in con.execute(_TABLES).fetchall():
        one = Table(schema, name, kind, docs.get(name, ""), 0, ())
        all_ = Answer(con, one.query)
        found.append(replace(one, rows=all_.count(), columns=all_.fields))
    return tuple(found)
