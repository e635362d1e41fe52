"""What a large home's working database keeps of raw: the parsed rows of each segment, until the segment counts no more.

A file marked `-- kept` makes each of its rows from one page, so its table is brought up to date by parsing the segments
that are new and dropping the rows of those that no longer count; `loaded` lists what is in it. Where the mark names a
column, that says whose a row is, and `place` beside it is a number for it: to find a few among millions of numbers
takes a fifth of the time that it takes among their names.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from growthos.errors import SqlError
from growthos.load import Load
from growthos.warehouse import relations, universe
from growthos.warehouse.database import WORKING, naming
from growthos.warehouse.sqlfiles import Model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TABLES: Final = (
    "create table loaded (source varchar, stream varchar, account varchar, seq bigint, run_id varchar, days varchar)",
    # Whose rows have changed since what is published was made; `kind` is the column that tells whose they are.
    "create table pending (kind varchar, key varchar)",
)
# The refunds of the orders whose kept rows were put in the place of all.
_REFUNDS: Final = """create or replace temporary table looked_at_refunds as
    with listed as (
        select unnest([id_of(one.id) for one in refunds]) as refund_id
        from stg_shopify__order_versions
    )
    select distinct hash('shopify:' || refund_id) as place from listed
"""
_SEGMENT: Final = ("source", "stream", "account", "seq", "run_id", "days")
Stream = tuple[str, str]


def streams(
    models: Mapping[str, Model], named: Mapping[str, set[str]], loads: Sequence[Load]
) -> dict[str, frozenset[Stream]]:
    """By kept file, the sources and streams whose pages it is made of.

    Raises SqlError where a kept file reads anything but pages, or another file reads pages of the same streams.
    """
    unit = {f"raw_{source}__{page}": (source, stream) for source, stream, page in relations.page_streams(loads)}
    read = {name: {unit[one] for one in named[name] if one in unit} for name in named}
    found = {}
    for name, its in read.items():
        if models[name].kept is not None:
            if not its or any(one.startswith("stg_") for one in named[name]):
                raise SqlError(f"{models[name].label} is kept, so it may read pages and nothing else.")
            found[name] = frozenset(its)
    for name, its in read.items():
        if name not in found and its & every(found):
            raise SqlError(f"{models[name].label} reads pages whose rows are kept, and would see none but new ones.")
    return found


def every(fed: Mapping[str, frozenset[Stream]]) -> frozenset[Stream]:
    """All streams whose rows are kept."""
    return frozenset().union(*fed.values())


def create(con: "DuckDBPyConnection", models: Mapping[str, Model], fed: Mapping[str, frozenset[Stream]]) -> None:
    """Make the tables, empty, in a database that keeps nothing yet."""
    relations.define_raw(con, ())
    for statement in _TABLES:
        con.execute(statement)
    for name in fed:
        con.execute(f"create table {name} as {_placed(models[name])} limit 0")


def update(
    con: "DuckDBPyConnection", models: Mapping[str, Model], fed: Mapping[str, frozenset[Stream]], loads: Sequence[Load]
) -> tuple[tuple[Load, ...], frozenset[Stream]]:
    """Bring the kept tables up to date within the open transaction, and note in `pending` whose rows have changed.

    The segments that were loaded, and the streams that lost one. Nobody is noted where nothing was kept before.
    """
    streams = every(fed)
    ours = [load for load in loads if (load.source, load.stream) in streams]
    there = set(con.execute("from loaded").fetchall())
    new = [load for load in ours if load.segment not in there]
    gone = there - {load.segment for load in ours}
    relations.define_raw(con, new)
    _list(con, "coming", [load.segment for load in new])
    _list(con, "going", gone)
    thinned = frozenset(segment[:2] for segment in gone)
    changed = {load.segment[:2] for load in new} | thinned
    for name, its in fed.items():
        if its & changed:
            _renew(con, models[name], its, loses=bool(its & thinned), note=bool(there))
    con.execute("delete from loaded where exists (from going where loaded = going)")
    con.execute("insert into loaded from coming")
    return tuple(new), thinned


def restrict(con: "DuckDBPyConnection", models: Mapping[str, Model], kind: str, whose: str) -> None:
    """Put the kept rows of some orders or customers, told by a condition, in the place of all."""
    refunds = "place in (select place from looked_at_refunds)"
    told = {"order_id": whose, "refund_id": refunds} if kind == "orders" else {"customer_id": whose}
    for column, condition in told.items():
        if column == "refund_id":
            con.execute(_REFUNDS)
        for name, model in models.items():
            if model.kept == column:
                rows = f"from {WORKING}.main.{name} select * exclude (place) where {universe.at(name, condition)}"
                con.execute(f"create or replace temporary table {name} as {rows}")


def _renew(con: "DuckDBPyConnection", model: Model, streams: frozenset[Stream], *, loses: bool, note: bool) -> None:
    """Drop the rows of the segments of some streams that go, if there are any, add those of the ones that come."""
    [(source, _), *_] = streams
    named = {"source": source, "streams": [stream for _, stream in sorted(streams)]}
    # Where there are several, each row says of which it is.
    key = "stream, account, seq" if len(streams) > 1 else "account, seq"
    going = f"({key}) in (select ({key}) from going where source = $source and list_contains($streams, stream))"  # noqa: S608  our own
    whose = f"select distinct '{model.source}:' || {model.kept} as key from {model.name} where"  # noqa: S608  our own
    noted = note and bool(model.kept)
    if noted:
        con.execute("create or replace temporary table had (key varchar)")
    if noted and loses:
        con.execute(f"insert into had {whose} {going}", named)
    if loses:
        con.execute(f"delete from {model.name} where {going}", named)  # noqa: S608  our own
    [(last,)] = con.execute(f"select coalesce(max(rowid), -1) from {model.name}").fetchall()  # noqa: S608  our own
    with naming(model.label):
        con.execute(f"insert into {model.name} {_placed(model)}")
    if noted:
        con.execute(f"create or replace temporary table has as {whose} rowid > {last}")
        told = "from had union from has"
        if _says_nothing_else(con, model):
            told = "(from had except from has) union (from has except from had)"
        con.execute(f"insert into pending select $kind, key from ({told})", {"kind": model.kept})  # noqa: S608  our own


def _says_nothing_else(con: "DuckDBPyConnection", model: Model) -> bool:
    """Whether a row says no more than that somebody is there."""
    columns = {column for column, *_ in con.execute(f"describe {model.name}").fetchall()}
    return columns == {model.kept, "account", "seq", "place"}


def _placed(model: Model) -> str:
    return (
        f"select *, hash('{model.source}:' || {model.kept}) as place from ({model.query})"  # noqa: S608  our own
        if model.kept
        else model.query
    )


def _list(con: "DuckDBPyConnection", name: str, segments: Collection[tuple[str, str, str, int, str, str]]) -> None:
    con.execute(f"create or replace temporary table {name} as from loaded limit 0")
    columns = dict(zip(_SEGMENT, ([*column] for column in zip(*segments, strict=True)), strict=False))
    if segments:
        con.execute(f"insert into {name} select {', '.join(f'unnest(${column})' for column in _SEGMENT)}", columns)
