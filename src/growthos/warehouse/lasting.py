"""The relations of all orders that last in a large home's working database, and how the rows of some are exchanged.

Three kinds: staged tables that marts read, intermediates marked `-- lasting`, and sums over those, marked `-- sums`.
Each but the sums has `place` beside its columns, a number for whose a row is (`universe`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from growthos.warehouse.database import WORKING, naming
from growthos.warehouse.parts import Parts
from growthos.warehouse.sqlfiles import Model
from growthos.warehouse.staging import MARKS, NO_MARKS
from growthos.warehouse.universe import KINDS, NOBODY, at, key_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def add(con: "DuckDBPyConnection", names: Sequence[str], *, first: bool, staged: bool = False) -> None:
    """Let the rows that were made of some orders last: alone if those are the first, else beside the others'."""
    for name in names:
        rows = _placed(con, name, staged=staged)
        if first:
            con.execute(f"create or replace table {WORKING}.main.{name} as {rows}")
        else:
            con.execute(f"insert into {WORKING}.main.{name} {rows} {but_nobody(con, name)}")


def add_sums(con: "DuckDBPyConnection", models: Mapping[str, Model], names: Sequence[str], *, first: bool) -> None:
    """Let the sums of some orders last: alone if those are the first, else added to the others'."""
    for name in names:
        if first:
            con.execute(f"create or replace table {WORKING}.main.{name} as from temp.main.{name}")
        else:
            _add_up(con, models[name], f"from temp.main.{name}")


def but_nobody(con: "DuckDBPyConnection", name: str) -> str:
    """A condition that leaves the customer of no order out, whose row is made with each part of all; for no other."""
    return f"where customer_key != '{NOBODY}'" if key_of(con, name) == "customer_key" else ""


def stage(con: "DuckDBPyConnection", names: Sequence[str]) -> None:
    """Put the staged rows of who is touched in the place of those of before, and then those of the universe beside.

    To find rows of some among all costs the most, so it is done once.
    """
    con.execute("begin")
    for name in names:
        kind, table = KINDS[key_of(con, name)], f"{WORKING}.main.{name}"
        con.execute(f"create or replace temporary table rows_of as {_found(table, kind)}")
        touched = f"place in (select hash(key) from touched_{kind})"  # noqa: S608  our own
        others = _staged(name, f"rowid in (select row from rows_of where not {touched})")  # noqa: S608  our own
        con.execute(f"create temporary table others as {others}")
        con.execute(f"delete from {table} where rowid in (select row from rows_of where {touched})")  # noqa: S608  our own
        con.execute(f"insert into {table} {_placed(con, name, staged=True)}")
        con.execute(f"insert into temp.main.{name} by name from others")
        con.execute("drop table others")
    con.execute("commit")


def gather(con: "DuckDBPyConnection", names: Sequence[str]) -> None:
    """Take the staged rows of the universe for all."""
    for name in names:
        con.execute(f"create temporary table {name} as {_staged(name, at(name, _universe(con, name)))}")


def see(con: "DuckDBPyConnection", names: Sequence[str]) -> None:
    """Let the names of staged rows stand for those of the universe, of which few columns are read."""
    for name in names:
        con.execute(f"create or replace temporary view {name} as {_staged(name, _universe(con, name))}")


def _staged(name: str, whose: str) -> str:
    return f"from {WORKING}.main.{name} select * exclude (place), {NO_MARKS} where {whose}"


def exchange(con: "DuckDBPyConnection", models: Mapping[str, Model], parts: Parts) -> None:
    """Put the rows of the universe in the place of those of before, within the open transaction.

    After it the names stand for all orders; what was made of the universe is `part_of_<name>`.
    """
    keys = {name: key_of(con, name) for name in parts.lasting}
    for name in (*parts.lasting, *parts.sums):
        con.execute(f"alter table temp.main.{name} rename to part_of_{name}")
    for name in keys:
        rows = f"from {WORKING}.main.{name} select rowid as row, * where {at(name, _universe(con, name))}"
        con.execute(f"create temporary table {name} as {rows}")
    for name in parts.sums:
        with naming(models[name].label):
            con.execute(f"create temporary table {name} as {models[name].query}")
        grain = ", ".join(models[name].grain)
        less = f"from temp.main.{name} select {grain}, -columns(* exclude ({grain}))"
        _add_up(con, models[name], f"from temp.main.part_of_{name} union all by name {less}")
        con.execute(f"drop table temp.main.{name}")
    for name, key in keys.items():
        table, new = f"{WORKING}.main.{name}", f"part_of_{name}"
        old = f"(from {name} select * exclude (row, place))"
        con.execute(
            f"create or replace temporary table changed as select distinct {key} "  # noqa: S608  our own
            f"from ((from {old} except from {new}) union all (from {new} except from {old}))"
        )
        gone = f"select row from {name} semi join changed using ({key})"  # noqa: S608  our own
        con.execute(f"delete from {table} where rowid in ({gone})")  # noqa: S608  our own
        con.execute(f"insert into {table} {_placed(con, new)} where {key} in (from changed)")
        con.execute(f"drop table temp.main.{name}")
        con.execute(f"create temporary view {name} as from {table} select * exclude (place)")


def _add_up(con: "DuckDBPyConnection", model: Model, rows: str) -> None:
    """Add the numbers of these rows to those that last, by the grain; where they come to nothing there is no row."""
    name, grain = model.name, ", ".join(model.grain)
    columns = [column for column, *_ in con.execute(f"describe {WORKING}.main.{name}").fetchall()]
    numbers = [column for column in columns if column not in model.grain]
    sums = ", ".join(f"sum({column})::bigint as {column}" for column in numbers)
    con.execute(
        f"create or replace table {WORKING}.main.{name} as "  # noqa: S608  our own
        f"with rows as (from {WORKING}.main.{name} union all by name {rows}), "
        f"sums as (from rows select {grain}, {sums} group by {grain}) "
        f"from sums where {' or '.join(f'{column} != 0' for column in numbers)}"
    )


def _placed(con: "DuckDBPyConnection", name: str, *, staged: bool = False) -> str:
    """The rows of a relation that was made, as they last."""
    columns = f"* exclude ({MARKS})" if staged else "*"
    return f"from temp.main.{name} select {columns}, hash({key_of(con, name)}) as place"


def _found(table: str, kind: str) -> str:
    """The rows of the universe in a table that lasts."""
    return f"select rowid as row, place from {table} where place in (select place from universe_{kind})"  # noqa: S608  our own


def _universe(con: "DuckDBPyConnection", name: str) -> str:
    """What tells the rows of the universe in a table that lasts."""
    return f"place in (select place from universe_{KINDS[key_of(con, name)]})"  # noqa: S608  our own
