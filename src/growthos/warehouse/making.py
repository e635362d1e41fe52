"""Makes the relations of sql/ one by one, as temporary tables of the connection."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from growthos.errors import SettingsError
from growthos.warehouse.database import naming
from growthos.warehouse.sqlfiles import Model, sources_of, unions
from growthos.warehouse.staging import MARKS, Rows, build_staging

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def make(
    con: "DuckDBPyConnection", models: Mapping[str, Model], names: Sequence[str], run_id: str, *, by_order: bool = False
) -> tuple[Rows, ...]:
    """Make these files and unions, each after all that it reads; the counts of the staged entities.

    `by_order`: the rows of each are some order's or some customer's, and a rejected one is noted as theirs.
    """
    united = unions(models)
    rows: list[Rows] = []
    for name in names:
        model = models.get(name)
        if model is None:
            _unite(con, name, united[name], models)
        elif model.layer == "staging" and not model.temporary:
            rows.append(build_staging(con, model, run_id, by_order=by_order))
        else:
            _make(con, model)
    return tuple(rows)


def make_more(
    con: "DuckDBPyConnection", models: Mapping[str, Model], names: Sequence[str], run_id: str
) -> tuple[Rows, ...]:
    """Make the staged rows of some more, from what stands now for all that is kept, beside those that were made."""
    staged = [name for name in names if not models[name].temporary]
    for name in names:
        con.execute(
            f"alter table temp.main.{name} rename to had_{name}" if name in staged else f"drop table temp.main.{name}"
        )
    rows = make(con, models, names, run_id, by_order=True)
    for name in staged:
        con.execute(f"insert into temp.main.{name} by name from had_{name}")
        con.execute(f"drop table temp.main.had_{name}")
    return rows


def clear(con: "DuckDBPyConnection", names: Sequence[str]) -> None:
    """Take away all that was made, but these, what they are made of, and the pages."""
    rows = con.execute(
        "select 'view', view_name from duckdb_views() where temporary and not internal "
        "union all select 'table', table_name from duckdb_tables() where temporary"
    ).fetchall()
    stays = {*names, *(f"no_{name}" for name in names)}
    for kind, name in rows:
        if name not in stays and not name.startswith("raw_"):
            con.execute(f"drop {kind} if exists temp.main.{name}")


def refuse(con: "DuckDBPyConnection") -> None:
    """Stop where amounts would have no one currency, or two shops' orders one home."""
    [(currency,)] = con.execute("select currency from shop_currency").fetchall()
    if currency is None:
        raise SettingsError(
            "The currency to report in is not known: no shop has been read, and the accounts do not agree on one.",
            hint='Set `currency` in growthos.toml, such as currency = "EUR".',
        )
    shops = [name for (name,) in con.execute("select account_id from stg__shops order by account_id").fetchall()]
    if len(shops) > 1:
        raise SettingsError(
            f"This home holds the orders of more than one shop: {', '.join(shops)}.",
            hint="Give each shop a home of its own with --home.",
        )


def _make(con: "DuckDBPyConnection", model: Model) -> None:
    with naming(model.label):
        con.execute(f"create temporary table {model.name} as {model.query}")


def _unite(con: "DuckDBPyConnection", name: str, members: Sequence[str], models: Mapping[str, Model]) -> None:
    """All sources' staging tables of one entity as one relation; an entity without a source is empty, not missing.

    Where there are all of them nothing more is expected: an empty relation costs each that reads them some planning.
    """
    complete = members and len(members) == len(sources_of(name.removeprefix("stg__")))
    expected = [] if complete else [model.expects[name] for model in models.values() if name in model.expects]
    if expected:
        con.execute(f"create or replace temporary table no_{name} ({expected[0]})")
    queries = [f"from {member} select * exclude ({MARKS})" for member in members] + [f"from no_{name}"] * len(expected)
    query = " union all by name ".join(queries)
    con.execute(f"create or replace temporary view {name} as {query}")
