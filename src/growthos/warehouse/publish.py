"""Puts finished files in place: the published database is copied, flushed and renamed, never written to in place."""

import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.errors import GrowthError
from growthos.folders import sync_folder
from growthos.home import Home
from growthos.warehouse.database import STORAGE, literal, open_file
from growthos.warehouse.sqlfiles import Model
from growthos.warehouse.staging import MARKS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SPARE: Final = "growthos.spare"
_RESULTS: Final = ("run_rows", "dq_results")


def copy_marts(
    con: "DuckDBPyConnection", models: Mapping[str, Model], home: Home, *, staging: bool, by_day: bool = False
) -> None:
    """Copy the marts into a new file and rename it over the published one; who reads the old one keeps it.

    `by_day`: the rows of facts are put in the order of their days, so that a report of a week reads no other's.
    """
    new = home.work / "growthos.new"
    remove(new)
    con.execute(f"attach {literal(str(new))} as published (storage_version {literal(STORAGE)})")
    con.execute("begin")
    for name in published(models):
        ordered = " order by date_key" if by_day and name.startswith("fact_") else ""
        con.execute(f"create table published.{name} as from {name}{ordered}")
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


def published(models: Mapping[str, Model]) -> tuple[str, ...]:
    """The tables that people read: the marts, and what the build counted and checked."""
    return (*(one.name for one in models.values() if one.layer == "marts" and not one.temporary), *_RESULTS)


def take_spare(home: Home, run_ids: Collection[str]) -> Path:
    """A file to be refreshed: the spare one, if one of these runs made it, else a copy of the published one.

    The spare is the file that was published before. Whoever still reads it keeps it: then the published one is copied.
    """
    new, spare = home.work / "growthos.new", home.work / SPARE
    remove(new)
    if spare.exists():
        spare.rename(new)
        if _made_by(new, home) in run_ids:
            return new
        remove(new)
    shutil.copyfile(home.database, new)
    return new


def swap(new: Path, home: Home) -> None:
    """Rename a refreshed file over the published one, and keep that as the spare for the next time."""
    old = home.work / "growthos.old"
    remove(old)
    with suppress(OSError):  # where the file system has no links, the next build copies
        os.link(home.database, old)
    replace(new, home.database)
    if old.exists():
        old.rename(home.work / SPARE)


def _made_by(path: Path, home: Home) -> str | None:
    import duckdb

    try:
        con = open_file(path, home=home.root, read_only=False, threads=1)
        try:
            [(run_id,)] = con.execute("select run_id from run_info").fetchall()
        finally:
            con.close()
    except (duckdb.Error, GrowthError, ValueError):
        return None
    return str(run_id)


def replace(new: Path, place: Path) -> None:
    """Rename a finished database file over the old one; after this it is there for good."""
    new.chmod(0o600)
    handle = os.open(new, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    place.with_name(place.name + ".wal").unlink(missing_ok=True)
    new.replace(place)
    sync_folder(new.parent)
    sync_folder(place.parent)


def remove(path: Path) -> None:
    """Take away what a killed run left behind."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
