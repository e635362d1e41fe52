"""What the files of sql/ find when they run: raw pages as relations, parameters as variables, a few macros.

`raw_<source>__<page stream>` holds the pages of the segments that count; it exists for every page stream of every
connector, connected or not. Variables are the only parameters, so that a file can be pasted into a shell and run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from growthos.connectors import find
from growthos.load import Load, PageLoad

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# `cents` and `div_round` are growthos.money's; a text that is no number, or a number too great, is null.
MACROS: Final = (
    "cents(amount) as try_cast(round(try_cast(amount as decimal(30, 12)) * 100) as bigint)",
    """div_round(numerator, denominator) as (
        case when numerator < 0 then -1 else 1 end
        * ((2 * abs(numerator::hugeint) + denominator) // (2 * denominator::hugeint))
    )::bigint""",
    "amount(number) as try_cast(number as decimal(38, 12))",
    # The sum of a list of amounts; null if one of them is none, so that it cannot pass for zero.
    """total(amounts) as list_reduce(
        list_transform(coalesce(amounts, []), lambda one: try_cast(one as decimal(30, 12))::decimal(38, 12)),
        lambda one, other: one + other,
        0::decimal(38, 12)
    )""",
    # A cast to an integer would round 19.6 to 20, and take 0x10 for 16 and 0b11 for 3.
    """whole(number) as case
        when not contains(number, '.') and translate(number, 'eExXbB', '') = number then try_cast(number as bigint)
        when try_cast(number as decimal(38, 12)) % 1 = 0 then try_cast(number as bigint)
    end""",
    # An instant as a UTC timestamp. Without an offset it is taken for UTC.
    "utc(instant) as (try_cast(instant as timestamptz) at time zone 'UTC')",
    # A bare timestamp is read as local time by the first `at time zone`, hence twice.
    "day_of(moment) as ((moment at time zone 'UTC') at time zone getvariable('reporting_timezone'))::date",
    "id_of(gid) as nullif(regexp_extract(gid, '^(gid://shopify/\\w+/)?(\\d+)(\\?.*)?$', 2), '')",
    """no_id(given, name) as case
        when given is null or given = '' then 'missing_required_field:' || name
        when not regexp_full_match(given, '(gid://shopify/\\w+/)?\\d+(\\?.*)?') then 'not_a_number:' || name
    end""",
    # A part that is there and does not hold what it is there for.
    "unread(part, given, name) as case when part is not null and given is null then 'not_a_number:' || name end",
    "missing(given, name) as case when given is null or given = '' then 'missing_required_field:' || name end",
    """not_a_number(given, number, name) as case
        when given is not null and given != '' and number is null then 'not_a_number:' || name
    end""",
    """not_a_time(given, moment, name) as case
        when given is not null and given != '' and moment is null then 'not_a_time:' || name
    end""",
    "hash_of(email) as sha256(nullif(lower(trim(email)), ''))",
)

_PAGE: Final = "body, request, account, run, seq, page, fetched_at, unit_start, unit_end"
_LOADS: Final = "struct(path varchar, seq bigint, days date[])[]"
_NO_PAGES: Final = """
select
    null::blob as body, null::varchar as request, null::varchar as account,
    null::bigint as run, null::bigint as seq, null::bigint as page,
    null::timestamp as fetched_at, null::date as unit_start, null::date as unit_end, null::date[] as days,
    null::varchar as unit_stream
where false
"""


def define_macros(con: "DuckDBPyConnection") -> None:
    """Make the macros that the files use; they are temporary, no file of ours holds one."""
    for macro in MACROS:
        con.execute(f"create or replace temporary macro {macro}")


def set_variables(con: "DuckDBPyConnection", values: Mapping[str, tuple[str, Any]]) -> None:
    """Set each variable to a value of its SQL type."""
    for name, (kind, value) in values.items():
        con.execute(f"set variable {name} = $value::{kind}", {"value": value})


def page_streams(loads: Sequence[Load]) -> Iterator[tuple[str, str, str]]:
    """Every (source, unit's stream, page stream) that can have pages."""
    known = {
        (name, stream.name, page): None
        for name, connector in find().items()
        for stream in connector.streams()
        for page in stream.pages
    }
    declared = {(source, stream) for source, stream, _ in known}
    for load in loads:
        if (load.source, load.stream) not in declared:
            known[load.source, load.stream, load.stream] = None
    return iter(known)


def define_raw(con: "DuckDBPyConnection", loads: Sequence[Load], *, by_run: bool = False) -> None:
    """Make `raw_<source>__<page stream>`: the pages of complete units, with the days for which each unit counts.

    `by_run`: each account is named `account@run`, so that what several runs read of a day stands side by side.
    """
    by_unit: dict[tuple[str, str], list[Load]] = {}
    for load in loads:
        by_unit.setdefault((load.source, load.stream), []).append(load)
    for (source, stream), some in by_unit.items():
        con.execute(f"set variable {_files(source, stream)} = $paths::varchar[]", {"paths": _paths(some)})
        rows = [{"path": str(load.path), "seq": load.seq, "days": load.days} for load in some]
        con.execute(f"set variable {_loads(source, stream)} = $loads::{_LOADS}", {"loads": rows})
    for source, stream, page in page_streams(loads):
        some = by_unit.get((source, stream), [])
        query = _pages(source, stream, page) if some else _NO_PAGES
        con.execute(f"create or replace temporary view raw_{source}__{page} as {_by_run(query) if by_run else query}")


def put_pages(con: "DuckDBPyConnection", pages: Sequence[PageLoad], *, by_run: bool = False) -> None:
    """Let `raw_<source>__<page stream>` be some pages that are in memory, in place of those in files."""
    names = [one.name for one in fields(PageLoad)]
    empty = f"select '' as source, '' as stream, * from ({_NO_PAGES})"  # noqa: S608  our own
    con.execute(f"create or replace temporary table loose_pages as {empty}")
    statement = f"insert into loose_pages ({', '.join(names)}) values ({', '.join('?' for _ in names)})"  # noqa: S608
    for one in pages:
        con.execute(statement, [getattr(one, name) for name in names])
    for source, stream in dict.fromkeys((one.source, one.stream) for one in pages):
        where = f"where source = '{source}' and stream = '{stream}'"
        query = f"from loose_pages select * exclude (source, stream) {where}"
        con.execute(f"create or replace temporary view raw_{source}__{stream} as {_by_run(query) if by_run else query}")


def _by_run(query: str) -> str:
    return f"select * replace (concat(account, '@', run) as account) from ({query})"  # noqa: S608  our own


def malformed(con: "DuckDBPyConnection", loads: Sequence[Load]) -> list[tuple[str, str, str]]:
    """Pages whose body is no JSON: source, page stream, and where the page stands."""
    if not loads:
        return []
    con.execute("set variable all_files = $paths::varchar[]", {"paths": _paths(loads)})
    found = con.execute(_MALFORMED).fetchall()
    # Of a file of many segments, some may not count.
    counted = {(str(load.path), load.seq) for load in loads} if found else set()
    return [(source, stream, place) for source, stream, place, path, seq in found if (path, seq) in counted]


_MALFORMED: Final = """
select source, stream, concat_ws('/', account, seq, page), filename, seq
from read_parquet(getvariable('all_files'), filename = true)
where try(json_valid(decode(body))) is not true
"""


def moment(at: datetime | None) -> datetime | None:
    """An instant in UTC as a bare timestamp, which is how the database holds it."""
    return None if at is None else at.replace(tzinfo=None)


def _files(source: str, stream: str) -> str:
    return f"files_{source}__{stream}"


def _loads(source: str, stream: str) -> str:
    return f"loads_{source}__{stream}"


def _paths(loads: Sequence[Load]) -> list[str]:
    """The files of some loads, each once: several segments may be in one."""
    return list(dict.fromkeys(str(load.path) for load in loads))


def _pages(source: str, stream: str, page: str) -> str:
    """The pages of a stream's loads; a file may hold other segments besides, of units that do not count.

    DuckDB gathers the rows of a join until there are 2,048, which of pages are a gigabyte; but not if one holds a list.
    """
    return f"""
        from read_parquet(getvariable('{_files(source, stream)}'), filename = true) as pages
        inner join (
            select unnest(getvariable('{_loads(source, stream)}'), max_depth := 2)
        ) as loads on loads.path = pages.filename and loads.seq = pages.seq
        select
            case when days is distinct from [date '0001-01-01'] then body end as body,
            {_PAGE.replace("body, ", "").replace("seq", "pages.seq")},
            days,
            '{stream}' as unit_stream
        where stream = '{page}'
    """  # noqa: S608  our own names
