"""The working database of a large home, and what it remembers of the build before."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from growthos.home import Home
from growthos.warehouse import kept, publish, sqlfiles
from growthos.warehouse.database import NEWEST, ROWS, WORKING, literal, open_file, refused
from growthos.warehouse.relations import MACROS
from growthos.warehouse.sqlfiles import Model
from growthos.warehouse.staging import define_results

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT: Final = 3
_TABLES: Final = (
    # What the last build was made of, beside rows: its run, its settings, where its history began.
    "create table memory (name varchar, value varchar)",
    # Orders whose rows a check has found fault with: they are looked at again each time.
    "create table offending (order_key varchar)",
    # Orders and customers in which the spare file differs from the published one, and the day of such an order there.
    "create table spare_lacks (kind varchar, key varchar, day date)",
)


def open_working(home: Home) -> "DuckDBPyConnection":
    """The working database of the builds before; an empty one where it was made by other SQL.

    Raises DamagedDataError where it cannot be read, BusyError where another program has it open.
    """
    if home.warehouse.exists():
        con = _open(home)
        if _made_of(con) == made_of():
            return con
        con.close()
        publish.remove(home.warehouse)
    return _open(home)


def _open(home: Home) -> "DuckDBPyConnection":
    """Attached, for only so can it be told to write rows in small groups."""
    import duckdb

    con = open_file(Path(":memory:"), home=home.root, read_only=False, threads=2)
    try:
        options = f"row_group_size {ROWS}, storage_version {literal(NEWEST)}"
        con.execute(f"attach {literal(str(home.warehouse))} as {WORKING} ({options})")
    except duckdb.Error as error:
        con.close()
        raise refused(home.warehouse, error) from error
    con.execute(f"use {WORKING}")
    return con


def prepare(con: "DuckDBPyConnection", models: Mapping[str, Model], fed: Mapping[str, frozenset[kept.Stream]]) -> None:
    """Make the tables of a working database that is empty."""
    if _made_of(con) is not None:
        return
    con.execute("begin")
    for statement in _TABLES:
        con.execute(statement)
    define_results(con)
    kept.create(con, models, fed)
    con.execute("insert into memory values ('made_of', $told)", {"told": made_of()})
    con.execute("commit")


def remember(
    con: "DuckDBPyConnection",
    told: Mapping[str, str],
    inputs: Sequence[str],
    offending: Sequence[str],
) -> None:
    """Keep what the next build has to know of one that is published, and forget what was pending until then.

    `inputs` are relations that it will be held against.
    """
    con.execute("begin")
    for name in inputs:
        con.execute(f"create or replace table seen_{name} as from {name}")
    con.execute("delete from memory where name not in ('made_of', 'spare_run')")
    con.executemany("insert into memory values (?, ?)", list(told.items()))
    for table in ("pending", "offending"):
        con.execute(f"delete from {table}")  # noqa: S608  our own
    con.execute("insert into offending select unnest($orders::varchar[])", {"orders": list(offending)})
    con.execute("commit")
    con.execute("checkpoint")


def made_of() -> str:
    """A hash over all that kept rows are made by; where it is another, they are made anew."""
    import duckdb

    texts = [path.read_text(encoding="utf-8") for path in sorted(sqlfiles.SQL.rglob("*.sql"))]
    return digest([FORMAT, duckdb.__version__, MACROS, texts])


def digest(told: Any) -> str:
    """A hash over something that JSON can say; what it cannot counts by its name."""
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _made_of(con: "DuckDBPyConnection") -> str | None:
    """What the rows that are kept were made by; None where none are, as in a small home."""
    import duckdb

    try:
        rows = con.execute("select value from memory where name = 'made_of'").fetchall()
    except duckdb.CatalogException:
        return None
    return str(rows[0][0]) if rows else None
