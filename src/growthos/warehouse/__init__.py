"""Builds sql/ into one DuckDB file: staging, marts, checks, and, if the critical checks pass, what people read.

Everything is made in one transaction of a new working database. A failed critical check rolls it back, and nothing is
published; the results of the checks are kept either way.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from growthos import interrupt
from growthos.errors import DamagedDataError, GrowthError
from growthos.folders import make_folders
from growthos.home import Home
from growthos.load import Load
from growthos.warehouse import (
    anew,
    checks,
    increments,
    kept,
    making,
    messages,
    parts,
    publish,
    rejects,
    relations,
    spare,
    sqlfiles,
    working,
)
from growthos.warehouse.built import Built
from growthos.warehouse.checks import CheckResult
from growthos.warehouse.database import SCHEMA, cannot_build, connect, is_damage, open_file, refused, threads
from growthos.warehouse.inputs import Inputs, Source, variables
from growthos.warehouse.messages import Message
from growthos.warehouse.sqlfiles import SQL
from growthos.warehouse.staging import Rows, count_nothing, define_results

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.settings import Settings

__all__ = ["SCHEMA", "SQL", "Built", "CheckResult", "Inputs", "Message", "Rows", "Source", "build", "connect"]


LARGE: Final = 16 * 1024 * 1024
"""Bytes of raw files from which on it costs less to keep parsed rows than to parse all again."""


def build(home: Home, loads: Sequence[Load], inputs: Inputs, *, afresh: bool = False) -> Built:
    """Build the marts from the raw files that count, check them, and publish them if they may be read.

    `afresh`: as if nothing had been built before. Without it, DamagedDataError where the working database is broken.
    """
    import duckdb

    make_folders(home.work)
    is_large = _is_large(loads, inputs.settings)
    try:
        built = _build_large(home, loads, inputs, afresh=afresh) if is_large else None
        return built or _build_small(home, loads, inputs, _size(loads))
    except duckdb.Error as error:
        raise _failed(home, error, keeps=is_large and not afresh) from error


def _is_large(loads: Sequence[Load], settings: "Settings") -> bool:
    """Whether a home keeps parsed rows from one build to the next."""
    return _size(loads) >= LARGE and not settings.warehouse.publish_staging


def _size(loads: Sequence[Load]) -> int:
    return sum(path.stat().st_size for path in {load.path for load in loads})


def _failed(home: Home, error: Exception, *, keeps: bool) -> Exception:
    """What it means that a build broke off: what the working database keeps is broken, or the disk does not do."""
    import duckdb

    meant = refused(home.warehouse, error)
    told = isinstance(error, duckdb.IOException) or is_damage(error)
    return meant if keeps and told and isinstance(meant, DamagedDataError) else cannot_build(home.work, error)


def loaded(home: Home, loads: Sequence[Load], settings: "Settings") -> set[tuple[str, str, str, int, str, str]]:
    """The segments that a build does not parse again, as `Load.segment` names them."""
    import duckdb

    if not home.warehouse.exists() or not _is_large(loads, settings):
        return set()
    try:
        with closing(open_file(home.warehouse, home=home.root, read_only=True, threads=1)) as con:
            made = con.execute("select value from memory where name = 'made_of'").fetchall()
            return set(con.execute("from loaded").fetchall()) if made == [(working.made_of(),)] else set()
    except (duckdb.Error, GrowthError, OSError):
        return set()


def _build_small(home: Home, loads: Sequence[Load], inputs: Inputs, size: int) -> Built:
    """Everything anew, in a new file."""
    new = home.work / "warehouse.new"
    publish.remove(new)
    publish.remove(home.work / spare.FILE)
    con = open_file(new, home=home.root, read_only=False, threads=threads(size))
    with closing(con), interrupt.breakable(con):
        built = _build(con, home, loads, inputs)
    publish.replace(new, home.warehouse)
    return built


def _build_large(home: Home, loads: Sequence[Load], inputs: Inputs, *, afresh: bool) -> Built | None:
    """What has changed, in the database of the build before; None where a source's orders cannot be kept."""
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts", "checks")
    if afresh:
        publish.remove(home.warehouse)
    try:
        with closing(working.open_working(home)) as con, interrupt.breakable(con):
            named = sqlfiles.reads(con, models.values())
            order = sqlfiles.order({name: one for name, one in models.items() if one.layer != "checks"}, named)
            relations.define_macros(con)
            fed = kept.streams(models, named, loads)
            split = parts.split(models, named, order)
            if not parts.every_source_keeps(models, split):
                return None
            working.prepare(con, models, fed)
            return increments.Increment(con, home, loads, inputs, models, split, fed).build()
    finally:
        publish.remove(home.work / anew.FILE)


def _build(con: "DuckDBPyConnection", home: Home, loads: Sequence[Load], inputs: Inputs) -> Built:
    models = sqlfiles.find(sqlfiles.SQL, "staging", "marts", "checks")
    made = {name: one for name, one in models.items() if one.layer != "checks"}
    named = sqlfiles.reads(con, made.values())
    if not inputs.settings.warehouse.publish_staging:
        made = sqlfiles.read_of(made, named, {load.source for load in loads})
    order = sqlfiles.order(made, named)
    relations.define_macros(con)
    relations.set_variables(con, variables(inputs))
    broken: dict[str, str] = {}
    results = None
    while results is None:
        con.execute("begin")
        relations.define_raw(con, loads)
        define_results(con)
        rejects.put_malformed_aside(con, loads, inputs.run_id)
        rows = making.make(con, made, order, inputs.run_id)
        rows += count_nothing(con, [one for name, one in models.items() if name not in made])
        making.refuse(con)
        results = checks.run(con, [one for one in models.values() if one.layer == "checks"], broken)
        if results is None:
            con.execute("rollback")  # a check that raises spoils the transaction: once more, without it
    warnings, told = messages.collect(con, rows), rejects.by_source(con)
    passed = not any(result.blocks for result in results)
    if not passed:
        con.execute("rollback")
        con.execute("begin")
    checks.write(con, results, inputs.run_id)
    con.execute("commit")
    if passed:
        publish.copy_marts(con, models, home, staging=inputs.settings.warehouse.publish_staging)
    return Built(passed, results, rows, inputs.data_through, warnings, told)
