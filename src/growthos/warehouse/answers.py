"""A person's own query of the published database: one SELECT, which reads its tables and nothing else.

What somebody wrote is bound as the parameter of DuckDB's function `query`, which takes a single SELECT: no word of it
is ever a part of a statement of ours. The connection itself reaches no other file and no network.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from growthos import interrupt
from growthos.errors import StoppedError, UsageError
from growthos.warehouse.database import identifier, is_damage, is_of_the_machine, refused

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kind = Literal["whole", "decimal", "float", "boolean", "date", "timestamp", "nested", "text"]
"""What a value is: a number of one of three kinds, true or false, or text. `nested` is text in JSON."""
Row = tuple[Any, ...]

AT_ONCE: Final = 2000
"""Rows in memory."""
TABLES: Final = "`growthos sql` alone shows the tables and their columns."
_KEPT: Final = "Nothing was written; what was there before is as it was."
_KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "whole"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "whole"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "float"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"), "timestamp"),
    "BOOLEAN": "boolean",
    "DATE": "date",
}
_NESTED: Final = re.compile(r"(JSON|VARIANT|STRUCT|MAP|UNION|TUPLE)\b|.*\]$", re.DOTALL)
_OF_DUCKDB: Final = re.compile(r'\nDid you mean "(pg|sqlite|duckdb)_\w+"\?')
"""A near match that is a table of DuckDB's own and none of ours."""
_HUGE: Final = re.compile(r"\bU?HUGEINT\b")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of an answer; `type` is DuckDB's name of its type, `kind` what its values are."""

    name: str
    type: str
    kind: Kind

    @classmethod
    def of(cls, name: str, type_: str) -> Self:
        """A column as DuckDB describes it."""
        return cls(name, type_, _kind(type_))


class Answer:
    """What the database says to a query. It is asked anew for each reading, and no more than some rows are in memory.

    UsageError, in DuckDB's words, where the query is none, is more than one, or does more than read.
    """

    def __init__(self, con: "DuckDBPyConnection", query: str) -> None:
        self._con, self._query = con, _single(con, query)
        with self._told():
            found = con.execute("describe from query($query)", {"query": self._query}).fetchall()
        self.fields = tuple(Field.of(name, type_) for name, type_, *_ in found)

    def batches(self, most: int | None = None) -> Iterator[list[Row]]:
        """The rows, or the first of them, some at a time: numbers, true and false, null, and text for all the rest."""
        columns = ", ".join(_read(number, field) for number, field in enumerate(self.fields, 1))
        limit = "" if most is None else f" limit {most}"
        with self._told():
            rows = self._con.execute(f"select {columns} from query($query){limit}", {"query": self._query})  # noqa: S608  our own
            while batch := rows.fetchmany(AT_ONCE):
                if interrupt.asked():
                    raise StoppedError(_KEPT)
                yield batch

    def count(self) -> int:
        """How many rows there are."""
        with self._told():
            [(rows,)] = self._con.execute("select count(*) from query($query)", {"query": self._query}).fetchall()
        return int(rows)

    def write_parquet(self, path: Path) -> None:
        """Write the rows to a Parquet file in the folder that the connection may write to; OSError as the system says.

        Parquet knows no whole numbers of 128 bits and DuckDB would make floats of them, so they become decimals.
        """
        columns = ", ".join(_written(number, field) for number, field in enumerate(self.fields, 1))
        copy = f"""
        copy (select {columns} from query($query))
        to $path (format parquet, compression zstd, use_tmp_file false)
        """  # noqa: S608  our own, and names in quotes
        with self._told(path):
            self._con.execute(copy, {"query": self._query, "path": str(path)})

    @contextmanager
    def _told(self, path: Path | None = None) -> Iterator[None]:
        """Tell of what is wrong with the query; what is the machine's or the file's goes on as what it is."""
        import duckdb

        try:
            yield
        except duckdb.InterruptException as error:
            raise StoppedError(_KEPT) from error
        except duckdb.OutOfMemoryException as error:
            raise MemoryError(str(error)) from error
        except duckdb.Error as error:
            if path and is_of_the_machine(error):
                raise refused(path, error) from error
            if isinstance(error, duckdb.IOException) or is_of_the_machine(error) or is_damage(error):
                raise
            raise _wrong(error) from error


def _kind(type_: str) -> Kind:
    if type_ in _KINDS:
        return _KINDS[type_]
    if type_.startswith("DECIMAL("):
        return "decimal"
    return "nested" if _NESTED.match(type_) else "text"


def _single(con: "DuckDBPyConnection", query: str) -> str:
    """The query, if it is one SELECT."""
    import duckdb

    try:
        found = con.extract_statements(query)
    except duckdb.Error as error:
        raise _wrong(error, at=True) from error
    if len(found) != 1:
        raise UsageError(
            f"These are {len(found)} queries; one at a time." if found else "The query is empty.", hint=TABLES
        )
    [statement] = found
    if statement.type.name == "MULTI":
        raise UsageError(
            "A PIVOT has to name its columns here.", hint="Write them out: `pivot … on channel_key in (1, 2) using …`."
        )
    if statement.type.name != "SELECT":
        raise UsageError(
            f"The query is refused: {statement.type.name} is more than reading.",
            hint="A query begins with SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE or SHOW.",
        )
    if statement.named_parameters:
        names = ", ".join(f"${name}" for name in sorted(statement.named_parameters))
        raise UsageError(f"The query has parameters: {names}.", hint="Write the values in their place.")
    return query


def _wrong(error: Exception, *, at: bool = False) -> UsageError:
    """DuckDB's own words, with what it thinks is meant; `at`: with the place, where it has the query before it."""
    import duckdb

    said = str(error)
    if isinstance(error, duckdb.PermissionException):
        return UsageError(
            "The query asks for a file or an address, and it can read the published tables alone.", hint=TABLES
        )
    said = _OF_DUCKDB.sub("", said if at else said.partition("\n\nLINE ")[0])
    return UsageError(f"The query is wrong: {said.partition(': ')[2]}", hint=TABLES)


def _read(number: int, field: Field) -> str:
    """A column as it is fetched: what Python would round, move or not know at all comes as DuckDB's text."""
    if field.kind in {"whole", "decimal", "float", "boolean"}:
        return f"#{number}"
    if field.kind == "nested" and field.type != "JSON":
        return f"to_json(#{number})::varchar"
    return f"#{number}::varchar"


def _written(number: int, field: Field) -> str:
    """A column as Parquet takes it."""
    named = f" as {identifier(field.name)}"
    if _HUGE.search(field.type):
        return f"#{number}::{_HUGE.sub('decimal(38, 0)', field.type)}{named}"
    return f"#{number}{named}"
