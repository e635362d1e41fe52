"""Puts finished files in place: the published database is copied, flushed and renamed, never written to in place."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.folders import flush, sync_folder
from growthos.home import Home
from growthos.warehouse.database import STORAGE, literal, naming
from growthos.warehouse.sqlfiles import SQL, Model, find
from growthos.warehouse.staging import MARKS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RESULTS: Final = ("run_rows", "dq_results")


def copy_marts(
    con: "DuckDBPyConnection", models: Mapping[str, Model], home: Home, *, staging: bool = False, at_once: int = 0
) -> None:
    """Copy the marts into a new file and rename it over the published one; who reads the old one keeps it.

    `at_once`: the rows of facts are put in the order of their days, so that a report of a week reads no other's: so
    many at a time, by days.
    """
    new = home.work / "growthos.new"
    remove(new)
    con.execute(f"attach {literal(str(new))} as published (storage_version {literal(STORAGE)})")
    con.execute("begin")
    for name in published(models):
        con.execute(f"create table published.{name} as from {name} {'limit 0' if at_once else ''}")
        for first, last in _spans(con, name, at_once) if at_once else ():
            days = f"where date_key between '{first}' and '{last}'" if first else ""
            con.execute(f"insert into published.{name} from {name} {days} {by_day(name)}")
    for view in find(SQL, "views").values():
        with naming(view.label):
            con.execute(f"create view published.{view.name} as {view.query}")
    if staging:
        con.execute("create schema published.staging")
        con.execute("create table published.staging.stg_rejects as from stg_rejects select * exclude (whose)")
        for model in models.values():
            if model.layer == "staging" and not model.temporary:
                con.execute(
                    f"create table published.staging.{model.name} as from {model.name} select * exclude ({MARKS})"
                )
    con.execute("commit")
    con.execute("detach published")
    replace(new, home.database)


def by_day(name: str) -> str:
    """The order of a fact's rows; none of another table's."""
    return " order by date_key" if name.startswith("fact_") else ""


def _spans(con: "DuckDBPyConnection", name: str, rows: int) -> list[tuple[str, str]]:
    """The first and the last days of spans in which a fact has about so many rows; one without days for the others."""
    if not by_day(name):
        return [("", "")]
    return con.execute(
        f"with days as (select date_key, count(*) as here from {name} group by date_key), "  # noqa: S608  our own
        "spans as (select date_key, (sum(here) over (order by date_key) - here) // $rows as span from days) "
        "select min(date_key)::varchar, max(date_key)::varchar from spans group by span order by span",
        {"rows": rows},
    ).fetchall()


def published(models: Mapping[str, Model]) -> tuple[str, ...]:
    """The tables that people read: the marts, and what the build counted and checked."""
    return (*(one.name for one in models.values() if one.layer == "marts" and not one.temporary), *_RESULTS)


def replace(new: Path, place: Path) -> None:
    """Rename a finished database file over the old one; after this it is there for good."""
    new.chmod(0o600)
    flush(new)
    place.with_name(place.name + ".wal").unlink(missing_ok=True)
    new.replace(place)
    sync_folder(new.parent)
    sync_folder(place.parent)


def remove(path: Path) -> None:
    """Take away what a killed run left behind."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
