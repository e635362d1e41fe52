"""Builds sql/ into one DuckDB file: staging, marts, checks, and, if the critical checks pass, what people read.

Everything is made in one transaction of a new working database. A failed critical check rolls it back, and nothing is
published; the results of the checks are kept either way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from growthos import checks, messages, publish, relations, sqlfiles
from growthos.checks import CheckResult
from growthos.database import connect, open_file, threads
from growthos.errors import GrowthError, SettingsError, SqlError
from growthos.home import Home
from growthos.messages import Message
from growthos.raw import Load, make_folders
from growthos.sqlfiles import SQL, Model
from growthos.staging import MARKS, Rows, build_staging, define_results

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.settings import Settings

__all__ = ["SQL", "Built", "CheckResult", "Inputs", "Message", "Rows", "Source", "build", "connect"]


@dataclass(frozen=True, slots=True)
class Source:
    """A connected source: the last day it was read for, when it was last read, and its zone."""

    name: str
    data_through: date | None
    loaded_at: datetime | None
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a build depends on besides the raw files and sql/. Instants are in UTC."""

    run_id: str
    started_at: datetime
    settings: "Settings"
    sources: tuple[Source, ...]
    history_lower_bound: date | None
    config_hash: str

    @property
    def data_through(self) -> date | None:
        """The last day for which every connected source that was ever read is complete."""
        return min((source.data_through for source in self.sources if source.data_through), default=None)


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
    loads = list(loads)
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts", "checks")
    make_folders(home.work, home.root)
    new = home.work / "warehouse.new"
    publish.remove(new)
    size = sum(load.path.stat().st_size for load in loads)
    con = open_file(new, home=home.root, read_only=False, threads=threads(size))
    try:
        order = sqlfiles.order({name: one for name, one in models.items() if one.layer != "checks"}, con)
        relations.define_macros(con)
        relations.set_variables(con, variables(inputs))
        broken: dict[str, str] = {}
        while True:
            con.execute("begin")
            relations.define_raw(con, loads)
            rows = _build_all(con, models, order, loads, inputs.run_id)
            results = checks.run(con, [one for one in models.values() if one.layer == "checks"], broken)
            if results is not None:
                break
            con.execute("rollback")  # a check that raises spoils the transaction: once more, without it
        warnings = messages.collect(con, rows)
        passed = not any(result.blocks for result in results)
        if passed:
            checks.write(con, results, inputs.run_id)
            con.execute("commit")
            publish.copy_marts(con, models, home, staging=inputs.settings.warehouse.publish_staging)
        else:
            con.execute("rollback")
            con.execute("begin")
            checks.write(con, results, inputs.run_id)
            con.execute("commit")
    except GrowthError:
        con.close()
        publish.remove(new)
        raise
    con.close()
    publish.replace(new, home.warehouse)
    return Built(passed, results, rows, inputs.data_through, warnings)


def variables(inputs: Inputs) -> dict[str, tuple[str, Any]]:
    """The parameters of the SQL: name, SQL type and value."""
    settings = inputs.settings
    rates = [
        {"currency": currency, "day": day, "rate": rate}
        for currency, given in settings.fx.items()
        for day, rate in (given.items() if isinstance(given, Mapping) else [(None, given)])
    ]
    sources = [
        {
            "name": one.name,
            "data_through": one.data_through,
            "loaded_at": relations.moment(one.loaded_at),
            "time_zone": one.time_zone,
        }
        for one in inputs.sources
    ]
    margins = [{"category": category, "bps": bps} for category, bps in settings.costs.margin_bps.items()]
    calendar = [{"day": day, "event": event} for day, event in settings.calendar.items()]
    return {
        "run_id": ("varchar", inputs.run_id),
        "run_started_at": ("timestamp", relations.moment(inputs.started_at)),
        "run_finished_at": ("timestamp", relations.moment(inputs.started_at)),
        "config_hash": ("varchar", inputs.config_hash),
        "data_through": ("date", inputs.data_through),
        "history_lower_bound": ("date", inputs.history_lower_bound),
        "reporting_timezone": ("varchar", settings.reporting_timezone),
        "currency": ("varchar", settings.currency),
        "exclude_sources": ("varchar[]", [one.strip().lower() for one in settings.exclude_sources]),
        "margins": ("struct(category varchar, bps bigint)[]", margins),
        "shipping_per_order_cents": ("bigint", settings.costs.shipping.per_order_cents),
        "shipping_bps_of_net_sales": ("bigint", settings.costs.shipping.bps_of_net_sales),
        "payment_bps_of_total": ("bigint", settings.costs.payment.bps_of_total),
        "payment_per_order_cents": ("bigint", settings.costs.payment.per_order_cents),
        "fx": ("struct(currency varchar, day date, rate decimal(24, 12))[]", rates),
        "calendar": ("struct(day date, event varchar)[]", calendar),
        "sources": ("struct(name varchar, data_through date, loaded_at timestamp, time_zone varchar)[]", sources),
    }


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
        elif model.layer != "checks":
            _make(con, model)
    return tuple(rows)


def _make(con: "DuckDBPyConnection", model: Model) -> None:
    import duckdb

    try:
        con.execute(f"create temporary table {model.name} as {model.query}")
    except duckdb.Error as error:
        raise SqlError(f"{model.label} failed: {error}") from error
    if model.name == "run_info" and con.execute("select currency from run_info").fetchall() == [(None,)]:
        raise SettingsError(
            "The currency to report in is not known: no shop is connected, and the ad accounts do not agree on one.",
            hint='Set `currency` in growthos.toml, such as currency = "EUR".',
        )


def _unite(con: "DuckDBPyConnection", name: str, members: Sequence[str], models: Mapping[str, Model]) -> None:
    """All sources' staging tables of one entity as one relation; an entity without a source is empty, not missing."""
    expected = [model.expects[name] for model in models.values() if name in model.expects]
    if expected:
        con.execute(f"create temporary table no_{name} ({expected[0]})")
    queries = [f"from {member} select * exclude ({MARKS})" for member in members] + [f"from no_{name}"] * len(expected)
    query = " union all by name ".join(queries)
    con.execute(f"create or replace temporary view {name} as {query}")
