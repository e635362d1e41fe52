"""Puts finished files in place: the published database is copied, flushed and renamed, never written to in place."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.folders import sync_folder
from growthos.home import Home
from growthos.warehouse.database import STORAGE, literal
from growthos.warehouse.sqlfiles import Model
from growthos.warehouse.staging import MARKS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RESULTS: Final = ("run_rows", "dq_results")


def copy_marts(con: "DuckDBPyConnection", models: Mapping[str, Model], home: Home, *, staging: bool) -> None:
    """Copy the marts into a new file and rename it over the published one; who reads the old one keeps it."""
    new = home.work / "growthos.new"
    remove(new)
    lasting = [model for model in models.values() if not model.temporary]
    marts = [model.name for model in lasting if model.layer == "marts"]
    con.execute(f"attach {literal(str(new))} as published (storage_version {literal(STORAGE)})")
    con.execute("begin")
    for name in (*marts, *_RESULTS):
        con.execute(f"create table published.{name} as from {name}")
    if staging:
        con.execute("create schema published.staging")
        con.execute("create table published.staging.stg_rejects as from stg_rejects")
        for model in lasting:
            if model.layer == "staging":
                con.execute(
                    f"create table published.staging.{model.name} as from {model.name} select * exclude ({MARKS})"
                )
    con.execute("commit")
    con.execute("detach published")
    replace(new, home.database)


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
