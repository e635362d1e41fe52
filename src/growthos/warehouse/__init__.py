"""Builds sql/ into one DuckDB file: staging, marts, checks, and, if the critical checks pass, what people read.

Everything is made in one transaction of a new working database. A failed critical check rolls it back, and nothing is
published; the results of the checks are kept either way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from growthos import interrupt
from growthos.errors import CannotWriteError, SettingsError, SqlError
from growthos.folders import make_folders
from growthos.home import Home
from growthos.raw import Load
from growthos.warehouse import checks, messages, publish, relations, sqlfiles
from growthos.warehouse.checks import CheckResult
from growthos.warehouse.database import SCHEMA, connect, open_file, threads
from growthos.warehouse.inputs import Inputs, Source, variables
from growthos.warehouse.messages import Message
from growthos.warehouse.sqlfiles import SQL, Model
from growthos.warehouse.staging import MARKS, Rows, build_staging, define_results

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["SCHEMA", "SQL", "Built", "CheckResult", "Inputs", "Message", "Rows", "Source", "build", "connect"]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to. `published` is false where a critical check failed; the old marts then stay."""

    published: bool
    checks: tuple[CheckResult, ...]
    rows: tuple[Rows, ...]
    data_through: date | None
    warnings: tuple[Message, ...]


def build(home: Home, loads: Sequence[Load], inputs: Inputs) -> Built:
    """Build the marts from the raw files that count, check them, and publish them if they may be read."""
    import duckdb

    make_folders(home.work, home.root)
    new = home.work / "warehouse.new"
    publish.remove(new)
    size = sum(load.path.stat().st_size for load in loads)
    con = open_file(new, home=home.root, read_only=False, threads=threads(size))
    try:
        with interrupt.breakable(con):
            built = _build(con, home, loads, inputs)
    except duckdb.Error as error:
        raise CannotWriteError(
            f"The warehouse could not be built in {home.work}: {str(error).splitlines()[0]}",
            hint="Nothing that was there is lost. Make room, then run `growthos rebuild`.",
        ) from error
    finally:
        con.close()
    publish.replace(new, home.warehouse)
    return built


def _build(con: "DuckDBPyConnection", home: Home, loads: Sequence[Load], inputs: Inputs) -> Built:
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts", "checks")
    order = sqlfiles.order({name: one for name, one in models.items() if one.layer != "checks"}, con)
    relations.define_macros(con)
    relations.set_variables(con, variables(inputs))
    broken: dict[str, str] = {}
    results = None
    while results is None:
        con.execute("begin")
        relations.define_raw(con, loads)
        rows = _build_all(con, models, order, loads, inputs.run_id)
        results = checks.run(con, [one for one in models.values() if one.layer == "checks"], broken)
        if results is None:
            con.execute("rollback")  # a check that raises spoils the transaction: once more, without it
    warnings = messages.collect(con, rows)
    passed = not any(result.blocks for result in results)
    if not passed:
        con.execute("rollback")
        con.execute("begin")
    checks.write(con, results, inputs.run_id)
    con.execute("commit")
    if passed:
        publish.copy_marts(con, models, home, staging=inputs.settings.warehouse.publish_staging)
    return Built(passed, results, rows, inputs.data_through, warnings)


def _build_all(
    con: "DuckDBPyConnection",
    models: Mapping[str, Model],
    order: Sequence[str],
    loads: Sequence[Load],
    run_id: str,
) -> tuple[Rows, ...]:
    """Make every relation in its order; the counts of the staged entities."""
    define_results(con)
    united = sqlfiles.unions(models)
    rows: list[Rows] = []
    for source, stream, where in relations.malformed(con, loads):
        con.execute(
            "insert into stg_rejects values ($source, $stream, $place, 'malformed_page', null, $run)",
            {"source": source, "stream": stream, "place": where, "run": run_id},
        )
    for name in order:
        model = models.get(name)
        if model is None:
            _unite(con, name, united[name], models)
        elif model.layer == "staging" and not model.temporary:
            rows.append(build_staging(con, model, run_id))
        else:
            _make(con, model)
    _refuse(con)
    return tuple(rows)


def _make(con: "DuckDBPyConnection", model: Model) -> None:
    import duckdb

    try:
        con.execute(f"create temporary table {model.name} as {model.query}")
    except duckdb.Error as error:
        raise SqlError(f"{model.label} failed: {error}") from error


def _refuse(con: "DuckDBPyConnection") -> None:
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


def _unite(con: "DuckDBPyConnection", name: str, members: Sequence[str], models: Mapping[str, Model]) -> None:
    """All sources' staging tables of one entity as one relation; an entity without a source is empty, not missing."""
    expected = [model.expects[name] for model in models.values() if name in model.expects]
    if expected:
        con.execute(f"create temporary table no_{name} ({expected[0]})")
    queries = [f"from {member} select * exclude ({MARKS})" for member in members] + [f"from no_{name}"] * len(expected)
    query = " union all by name ".join(queries)
    con.execute(f"create or replace temporary view {name} as {query}")
