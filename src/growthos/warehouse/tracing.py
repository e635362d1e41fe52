"""Runs the very files of staging over a few pages that tell of one thing; nothing of it is kept."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from growthos.load import Load, PageLoad
from growthos.warehouse import making, relations, sqlfiles
from growthos.warehouse.database import naming
from growthos.warehouse.readings import feeds, files_of_sql, memory
from growthos.warehouse.staging import MARKS, define_results

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]
ORDERS: Final = ("stg_shopify__orders", "stg_shopify__order_lines", "stg_shopify__refunds", "stg_shopify__refund_lines")
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class StagedOrder:
    """An order as it is staged. `tables`: its good rows, by file; `rejected`: those that are put aside, and why.

    `pieces` are what pages tell of it, the oldest first, as `sql/traces/order_pieces.sql` has them. `refunds` are the
    numbers of all refunds that any version of it lists.
    """

    tables: Mapping[str, Sequence[Row]]
    rejected: Sequence[Row]
    pieces: Sequence[Row]
    refunds: frozenset[str]


@dataclass(frozen=True, slots=True)
class StagedSpend:
    """What a run told of a campaign's day: the good row, or the one that is put aside with its reason."""

    run: int
    row: Row | None
    rejected: Row | None


def names_of(home: Path, pages: Sequence[PageLoad], given: str) -> dict[str, str | None]:
    """The orders in some pages that bear this number or name: the number of each, and its name."""
    with closing(_bench(home, "UTC", pages)) as con:
        making.make(con, files_of_sql().models, ["stg_shopify__order_versions"], NOBODY)
        rows = con.execute(
            "select distinct order_id, name from stg_shopify__order_versions "
            "where order_id = $given or name in ($given, '#' || $given)",
            {"given": given},
        ).fetchall()
    return dict(rows)


def order(
    home: Path, zone: str, pages: Sequence[PageLoad], order_id: str, listing: Sequence[Load] = ()
) -> StagedOrder | None:
    """Stage the pages that tell of an order, and keep of them what is the order's; None where none does.

    `listing`: the segments of the list of ids, by which an order is known to be deleted.
    """
    files = files_of_sql()
    [trace] = sqlfiles.find(sqlfiles.SQL, "traces").values()
    with closing(_bench(home, zone, pages, listing)) as con:
        names = [name for name in files.needed(*ORDERS) if name in files.models]
        whose = {name: files.models[name].kept for name in names}
        _parse(con, [name for name in names if whose[name] == "order_id"], [order_id])
        refunds = con.execute(
            "select distinct unnest([id_of(one.id) for one in refunds]) from stg_shopify__order_versions"
        ).fetchall()
        _parse(con, [name for name in names if whose[name] == "refund_id"], [one for (one,) in refunds])
        making.make(con, files.models, [name for name in names if not whose[name]], NOBODY)
        with naming(trace.label):
            pieces = _rows(con, trace.query)
        if not pieces:
            return None
        return StagedOrder(
            tables={name: _rows(con, f"from {name} select * exclude ({MARKS})") for name in ORDERS},
            rejected=_rows(con, "select entity, external_id, reason, payload from stg_rejects order by all"),
            pieces=pieces,
            refunds=frozenset(one for (one,) in refunds if one),
        )


def spend_streams(source: str) -> set[str]:
    """The page streams that a source's spend is made of."""
    return feeds("spend").get(source, set())


def spend(home: Path, pages: Sequence[PageLoad], source: str, campaign_id: str, day: date) -> list[StagedSpend]:
    """What each run told of a campaign's day, the first one first; pages of several runs stand side by side."""
    files, table = files_of_sql(), f"stg_{source}__spend"
    with closing(_bench(home, "UTC", pages, by_run=True)) as con:
        making.make(con, files.models, [name for name in files.needed(table) if name in files.models], NOBODY)
        rows = _rows(
            con,
            f"from {table} select * exclude ({MARKS}) where campaign_id = $id and date = $day",
            {"id": campaign_id, "day": day},
        )
        rejected = _rows(
            con,
            "select entity, external_id, reason, payload from stg_rejects "
            "where entity = 'spend' and external_id like '%/' || $id || '/' || $day",
            {"id": campaign_id, "day": day.isoformat()},
        )
    found = []
    for row in rows:
        row["account_id"], _, run = row["account_id"].rpartition("@")
        found.append(StagedSpend(int(run), row, None))
    for row in rejected:
        account, _, rest = row["external_id"].partition("/")
        name, _, run = account.rpartition("@")
        found.append(StagedSpend(int(run), None, row | {"external_id": f"{name}/{rest}"}))
    return sorted(found, key=lambda one: one.run)


def _bench(
    home: Path, zone: str, pages: Sequence[PageLoad], listing: Sequence[Load] = (), *, by_run: bool = False
) -> "DuckDBPyConnection":
    """A database in memory that has these pages, those of the listing, and no others."""
    con = memory(home, sum(len(one.body) for one in pages))
    relations.define_macros(con)
    relations.set_variables(con, {"reporting_timezone": ("varchar", zone)})
    relations.define_raw(con, listing)
    relations.put_pages(con, pages, by_run=by_run)
    define_results(con)
    return con


def _parse(con: "DuckDBPyConnection", names: Sequence[str], ids: Sequence[str | None]) -> None:
    """Make what these files parse of the pages, without what is of other orders or refunds."""
    con.execute("set variable traced = $ids::varchar[]", {"ids": ids})
    for name in names:
        model = files_of_sql().models[name]
        with naming(model.label):
            con.execute(
                f"create temporary table {name} as from ({model.query}) "
                f"where {model.kept} in (select unnest(getvariable('traced')))"
            )


def _rows(con: "DuckDBPyConnection", query: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    cursor = con.execute(query, values or {})
    names = [name for name, *_ in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
