"""The relations of all orders that last in a large home's working database, and how the rows of some are exchanged.

Two kinds: intermediates marked `-- lasting`, and sums over those, marked `-- sums`. Each of the first has `place`
beside its columns, a number for whose a row is (`universe`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from growthos.warehouse.database import WORKING, naming
from growthos.warehouse.parts import Parts
from growthos.warehouse.sqlfiles import Model
from growthos.warehouse.universe import BUYERS, KINDS, NOBODY, at, key_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PLAIN: Final = ("customer_key", "named_customer_key", "email_sha256")
"""Texts of order_buyers that are others in nearly each row, and are left as they are: packed, each row that is read
costs the unpacking of 32,768. Of a customer's orders, which stand anywhere, that was 1.0 of 1.3 CPU s at 10 M."""


def add(con: "DuckDBPyConnection", names: Sequence[str], *, first: bool) -> None:
    """Let the rows that were made of some orders last: alone if those are the first, else beside the others'."""
    for name in names:
        rows = _placed(con, name)
        if first and name == BUYERS:
            _create_plain(con, rows)
        elif first:
            con.execute(f"create or replace table {WORKING}.main.{name} as {rows}")
        else:
            con.execute(f"insert into {WORKING}.main.{name} {rows} {but_nobody(con, name)}")


def _create_plain(con: "DuckDBPyConnection", rows: str) -> None:
    """The table order_buyers, of which some texts are not compressed."""
    columns = ", ".join(
        f"{name} {kind}{' using compression uncompressed' if name in _PLAIN else ''}"
        for name, kind, *_ in con.execute(f"describe ({rows})").fetchall()
    )
    con.execute(f"create or replace table {WORKING}.main.{BUYERS} ({columns})")
    con.execute(f"insert into {WORKING}.main.{BUYERS} {rows}")


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


def complete(con: "DuckDBPyConnection", names: Sequence[str]) -> None:
    """Put the rows of the universe's other orders beside those that were made of who is touched.

    They are as order_buyers holds them: nothing has changed that they rest on.
    """
    for name in names:
        columns = ", ".join(column for column, *_ in con.execute(f"describe temp.main.{name}").fetchall())
        con.execute(
            f"insert into temp.main.{name} by name select {columns} from rows_of_{BUYERS} "  # noqa: S608  our own
            "where order_key not in (from touched_orders)"
        )


def narrow(con: "DuckDBPyConnection", names: Sequence[str]) -> None:
    """Let the universe's orders be those that are touched, and those of whom order_buyers tells something else now.

    All of `names` are by order, and made of all that were looked at: of them the others' rows go.
    """
    con.execute(
        "create temporary table changed_orders as from touched_orders union all "  # noqa: S608  our own
        f"select order_key from (from temp.main.{BUYERS} except (from rows_of_{BUYERS} select * exclude (row, place)))"
    )
    con.execute("delete from universe_orders where key not in (from changed_orders)")
    for name in names:
        con.execute(f"delete from temp.main.{name} where order_key not in (select key from universe_orders)")  # noqa: S608


def exchange(con: "DuckDBPyConnection", models: Mapping[str, Model], parts: Parts) -> None:
    """Put the rows of the universe in the place of those of before, within the open transaction.

    What rests on its own order alone was made of those that are touched, and no other's changes. After it the names
    stand for all orders; what was made is `part_of_<name>`.
    """
    keys = {name: key_of(con, name) for name in parts.lasting}
    whose = {
        name: f"touched_{KINDS[key]}" if name in parts.alone else f"universe_{KINDS[key]}" for name, key in keys.items()
    }
    for name in (*parts.lasting, *parts.sums):
        con.execute(f"alter table temp.main.{name} rename to part_of_{name}")
    for name in keys:
        these = f"place in (select hash(key) from {whose[name]})"  # noqa: S608  our own
        rows = f"from {WORKING}.main.{name} select rowid as row, * where {at(name, these)}"
        if name == BUYERS:
            rows = f"from rows_of_{name} where {these}"
        con.execute(f"create temporary table {name} as {rows}")
    for name in parts.sums:
        with naming(models[name].label):
            con.execute(f"create temporary table {name} as {models[name].query}")
        grain = ", ".join(models[name].grain)
        less = f"from temp.main.{name} select {grain}, -columns(* exclude ({grain}))"
        _add_up(con, models[name], f"from temp.main.part_of_{name} union all by name {less}")
        con.execute(f"drop table temp.main.{name}")
    for name, key in keys.items():
        _exchange_changed(con, name, key)


def _exchange_changed(con: "DuckDBPyConnection", name: str, key: str) -> None:
    """Take out the rows of before of whom they are others now, and add these; the same ones stay."""
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


def _placed(con: "DuckDBPyConnection", name: str) -> str:
    """The rows of a relation that was made, as they last."""
    return f"from temp.main.{name} select *, hash({key_of(con, name)}) as place"
