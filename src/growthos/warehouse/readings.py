"""Every reading of a day side by side, by the very files that stage the newest one; nothing of it is kept.

`sql/readings/` says what a reading comes to. For reports the raw pages of all complete units are staged at once, each
under `account@run` in place of its account, so that none replaces another.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from growthos.load import Load
from growthos.warehouse import relations, sqlfiles
from growthos.warehouse.database import naming, open_file, threads
from growthos.warehouse.sqlfiles import Model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REPORTS: Final = ("spend", "traffic")
ORDERS: Final = "orders"
MEASURES: Final = {
    "spend": ("spend", "impressions", "clicks", "conversions", "conversion_value"),
    "traffic": ("sessions", "purchases", "purchase_revenue"),
    "orders": ("orders", "order_value", "refunded"),
}


@dataclass(frozen=True, slots=True)
class Readings:
    """`days`: by source, account, run, day and measure. `moves` of the shop: by day, run and measure."""

    days: Mapping[tuple[str, str, int, date, str], Decimal]
    moves: Mapping[tuple[date, int, str], Decimal]


def feeds(what: str) -> dict[str, set[str]]:
    """By source, the page streams that a reading is made of."""
    files = files_of_sql()
    found: dict[str, set[str]] = {}
    for name in {one for file in files.needed(what) for one in files.named.get(file, ()) if one.startswith("raw_")}:
        source, _, stream = name.removeprefix("raw_").partition("__")
        found.setdefault(source, set()).add(stream)
    return found


def read(home: Path, loads: Mapping[str, Sequence[Load]], zone: str) -> Readings:
    """All readings in the segments given, by what they are readings of; a load's days are those to be compared."""
    days: dict[tuple[str, str, int, date, str], Decimal] = {}
    moves: dict[tuple[date, int, str], Decimal] = {}
    for what, some in loads.items():
        if not some:
            continue
        size = sum(load.path.stat().st_size for load in some)
        with closing(memory(home, size)) as con:
            rows = _rows(con, what, some, zone)
        if what == ORDERS:
            moves |= {(day, run, measure): value for day, run, measure, value in rows}
            continue
        for source, account, day, measure, value in rows:
            name, _, run = account.rpartition("@")
            days[source, name, int(run), day, measure] = value
    return Readings(days, moves)


def memory(home: Path, size: int) -> "DuckDBPyConnection":
    """An empty database in memory that may read the files of a home; `size` is that of those to be read."""
    return open_file(Path(":memory:"), home=home, read_only=False, threads=threads(size))


def _rows(con: "DuckDBPyConnection", what: str, loads: Sequence[Load], zone: str) -> list[tuple[Any, ...]]:
    files = files_of_sql()
    relations.define_macros(con)
    relations.set_variables(con, {"reporting_timezone": ("varchar", zone)})
    relations.define_raw(con, loads, by_run=what in REPORTS)
    for name in files.needed(what):
        model = files.models.get(name)
        with naming(model.label if model else name):
            if model is None:
                good = (f"from {one} select * where reject_reason is null" for one in files.united[name])
                con.execute(f"create temporary view {name} as {' union all by name '.join(good)}")
            elif model.layer == "readings":
                return con.execute(model.query).fetchall()
            else:
                con.execute(f"create temporary table {name} as {model.query}")
    return []


@dataclass(frozen=True, slots=True)
class Files:
    """The files of staging and readings, the unions, what each names, and all of them in their order."""

    models: Mapping[str, Model]
    united: Mapping[str, Sequence[str]]
    named: Mapping[str, set[str]]
    order: Sequence[str]

    def needed(self, *names: str) -> list[str]:
        """The files and unions that some rest on, and these themselves, each after all that it reads."""
        wanted, left = set[str](), [*names]
        while left:
            name = left.pop()
            if name not in wanted and (name in self.models or name in self.united):
                wanted.add(name)
                left += self.united[name] if name in self.united else self.named[name]
        return [name for name in self.order if name in wanted]


@cache
def files_of_sql() -> Files:
    """The files of staging and readings, read once."""
    models = sqlfiles.find(sqlfiles.SQL, "staging", "readings")
    with closing(memory(sqlfiles.SQL, 0)) as con:
        named = sqlfiles.reads(con, models.values())
    return Files(models, sqlfiles.unions(models), named, sqlfiles.order(models, named))
