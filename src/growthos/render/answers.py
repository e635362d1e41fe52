"""What the database says to a query: the first rows as a page for people, all of them for programs, some at a time."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from growthos import jsontext
from growthos.folders import making
from growthos.render.output import Style, csv_lines, drawn, save, show, write
from growthos.render.pages import Cell, Column, Note, Page, Table, markdown_head, markdown_row
from growthos.render.text import LONGEST, NOTHING, clean
from growthos.warehouse.answers import Answer, Kind, Row

Form = Style | Literal["parquet", "xlsx"]

MOST = 50
"""As many rows as a page shows; all other forms have all."""
_NUMBERS = {"whole", "decimal", "float"}


class _Digits(Decimal):
    """A decimal that is written digit by digit, however small it is."""

    def __str__(self) -> str:
        return f"{self:f}"


def deliver(found: Answer, form: Form, output: Path | None, made: datetime | None) -> None:
    """Write an answer in the form that was asked for; `made` is when what it was read from was, for a workbook."""
    if form == "table" and output is None:
        show(page(found))
    elif output is None or form not in {"parquet", "xlsx"}:
        write(_pieces(found, form), output)
    else:
        with making(output) as new:
            if form == "xlsx":
                from growthos.render import excel

                excel.write(new, [("query", found)], made)
            else:
                found.write_parquet(new)


def put_down(found: Answer, form: Form, path: Path) -> None:
    """Write an answer to a new file at `path`, in a form that has no sheets."""
    if form == "parquet":
        found.write_parquet(path)
    else:
        save(_pieces(found, form), path)


def page(found: Answer) -> Page:
    """The first rows, and how many there are besides."""
    rows = [row for batch in found.batches(MOST + 1) for row in batch]
    table = Table("", _columns(found), tuple(_cells(found, row) for row in rows[:MOST]))
    if len(rows) > MOST:
        more = found.count() - MOST
        them = "more row is" if more == 1 else "more rows are"
        return table, Note(f"{more:,} {them} not shown; --format csv or -o FILE.csv gives all of them.", "dim")
    return (table,) if rows else (table, Note("No row answers to that.", "dim"))


def _pieces(found: Answer, form: Form) -> Iterator[str]:
    match form:
        case "json":
            return _json(found)
        case "markdown":
            return _markdown(found)
        case "table":
            return iter([drawn(page(found))])
    return _csv(found, raw=form == "raw-csv")


def _begun(found: Answer) -> Iterator[list[Row]]:
    """The rows, of which the first are read: what is wrong with a query is told before anything is written."""
    batches = found.batches()
    first = next(batches, None)
    return chain([first] if first else [], batches)


def _csv(found: Answer, *, raw: bool) -> Iterator[str]:
    rows = _begun(found)
    yield csv_lines([[one.name for one in found.fields]], raw=raw)
    for batch in rows:
        yield csv_lines(([_plain(value, csv=True) for value in row] for row in batch), raw=raw)


def _json(found: Answer) -> Iterator[str]:
    rows = _begun(found)
    columns = jsontext.dumps([{"name": one.name, "type": one.type} for one in found.fields], indent=None)
    yield f'{{\n  "schema_version": 1,\n  "columns": {columns},\n  "rows": ['
    parts = [(json.dumps(one.name), _JSON.get(one.kind, json.dumps)) for one in found.fields]
    edge = "\n    "
    for batch in rows:
        yield edge + ",\n    ".join(_object(parts, row) for row in batch)
        edge = ",\n    "
    yield "\n  ]\n}\n"


def _object(parts: Sequence[tuple[str, Callable[[Any], str]]], row: Row) -> str:
    """A row in JSON."""
    values = (
        f"{name}: {'null' if value is None else dumps(value)}" for (name, dumps), value in zip(parts, row, strict=True)
    )
    return f"{{{', '.join(values)}}}"


def _nested(text: str) -> str:
    """A list or a structure; what DuckDB takes for JSON and others do not is the text that it is."""
    try:
        return jsontext.dumps(json.loads(text, parse_float=Decimal, parse_constant=str), indent=None)
    except (ValueError, RecursionError):
        return json.dumps(text)


_JSON: Mapping[Kind, Callable[[Any], str]] = {
    "whole": str,
    "decimal": jsontext.dumps,
    "float": lambda value: json.dumps(_plain(value)),
    "nested": _nested,
}
"""How values are written: a list or a structure as what it is, and every number with all of its digits."""


def _markdown(found: Answer) -> Iterator[str]:
    rows = _begun(found)
    yield "\n".join(markdown_head(_columns(found))) + "\n"
    for batch in rows:
        yield "".join(f"{markdown_row([_text(value) for value in row])}\n" for row in batch)


def _columns(found: Answer) -> tuple[Column, ...]:
    return tuple(Column(clean(one.name), numeric=one.kind in _NUMBERS) for one in found.fields)


def _cells(found: Answer, row: Row) -> tuple[Cell, ...]:
    """Text may be cut where it is long; a number is not, nor is one in a list."""
    return tuple(
        Cell(clean(_text(value), limit=LONGEST if one.kind == "text" else None))
        for one, value in zip(found.fields, row, strict=True)
    )


def _text(value: object) -> str:
    """A value as people read it."""
    if value is None:
        return NOTHING
    plain = _plain(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return f"{plain:f}" if isinstance(plain, Decimal) else str(plain)


def _plain(value: object, *, csv: bool = False) -> object:
    """A value for programs: what is no number in a float is text."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if csv and isinstance(value, bool):
        return "true" if value else "false"
    if csv and isinstance(value, Decimal):
        return _Digits(value)
    return value
