"""The spare file of a large home: what was published before. The next build refreshes it and renames it into place.

It lacks what the last build changed, and what this one does. The rows of the first are kept for it beside (`lagging_`
and a table's name), so that nobody is made again for that alone.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.errors import GrowthError
from growthos.home import Home
from growthos.warehouse.database import ROWS, WORKING, literal, open_file
from growthos.warehouse.publish import remove, replace
from growthos.warehouse.universe import HASHES, KINDS, key_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILE: Final = "growthos.spare"
"""In work/."""


def take(home: Home, run_id: str | None) -> tuple[Path, bool]:
    """A file to be refreshed: the spare one, if this run made it, else a copy of the published one; whether it lags.

    Whoever still reads the spare keeps it: then the published one is copied.
    """
    new, spare = home.work / "growthos.new", home.work / FILE
    remove(new)
    if spare.exists():
        spare.rename(new)
        if run_id and _made_by(new, home) == run_id:
            return new, True
        remove(new)
    shutil.copyfile(home.database, new)
    return new, False


def refresh(con: "DuckDBPyConnection", new: Path, names: Sequence[str], *, lags: bool) -> None:
    """Open a file to be published as `after`, and put the rows of the universe in it, and those that it lacks."""
    con.execute(f"attach {literal(str(new))} as after (row_group_size {ROWS})")
    con.execute("begin")
    for name in names:
        key, table = key_of(con, name), f"after.main.{name}"
        ours = f"select place from universe_{KINDS[key]}"  # noqa: S608  our own
        lacking = f"select hash(key) from spare_lacks where kind = '{key}'"  # noqa: S608  our own
        old = f"{HASHES[key]} in ({ours} union all {lacking})" if lags else f"{HASHES[key]} in ({ours})"
        if key == "order_key":
            days = "select day from universe_orders union select day from spare_lacks"
            old += f" and {_day_of(con, name)} in ({days})"
        con.execute(f"delete from {table} where rowid in (select rowid from {table} where {old})")  # noqa: S608
        if lags:
            con.execute(f"insert into {table} from {WORKING}.main.lagging_{name} where {HASHES[key]} not in ({ours})")
        con.execute(f"insert into {table} from temp.main.{name}")
    con.execute("commit")


def note(con: "DuckDBPyConnection", names: Sequence[str], run_id: str, *, again: bool) -> None:
    """Keep, within the open transaction, what the file that this run made lacks once it is the spare one.

    The rows of the universe are `part_of_<name>`. `again`: the build before has noted the same of the same file, and in
    that an order may have the day that it had before both.
    """
    if not again:
        con.execute("delete from spare_lacks")
    con.execute("insert into spare_lacks select 'order_key', key, day from universe_orders")
    con.execute("insert into spare_lacks select 'customer_key', key, null from universe_customers")
    for name in names:
        con.execute(f"create or replace table {WORKING}.main.lagging_{name} as from temp.main.part_of_{name}")
    con.execute("delete from memory where name = 'spare_run'")
    con.execute("insert into memory values ('spare_run', $run)", {"run": run_id})


def swap(new: Path, home: Home) -> None:
    """Rename a refreshed file over the published one, and keep that as the spare for the next time."""
    old = home.work / "growthos.old"
    remove(old)
    with suppress(OSError):  # where the file system has no links, the next build copies
        os.link(home.database, old)
    replace(new, home.database)
    if old.exists():
        old.rename(home.work / FILE)


def _day_of(con: "DuckDBPyConnection", name: str) -> str:
    """The column of a fact that holds the day of its order: rows are in the order of days, and so few are looked at."""
    columns = {column for column, *_ in con.execute(f"describe {name}").fetchall()}
    return "order_date_key" if "order_date_key" in columns else "date_key"


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
