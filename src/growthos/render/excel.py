"""Excel workbooks: a sheet for each answer, or several where one does not hold it. The only part that knows XlsxWriter.

Excel counts in floats of 15 digits, knows no day before 1900 and no text of more than 32,767 characters. A number that
it would round and a day that it does not know are written as text; a text that is too long is refused. Nothing is ever
taken for a formula or a link: text is written as text, as it is.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthos.errors import UsageError
from growthos.exports import AUTHOR
from growthos.redact import SECRETS
from growthos.warehouse.answers import Answer, Field, Kind

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Kept = bool | int | float | Decimal | date | str

ROWS, COLUMNS, CHARACTERS, NAME, DIGITS = 1_048_576, 16_384, 32_767, 31, 15
MOST = 10**DIGITS
FIRST_DAY = date(1900, 1, 1)
WIDTHS = {"date": 11, "timestamp": 20}
NARROWEST, WIDEST = 9, 40
PATTERNS = {"whole": "0", "date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:mm:ss"}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write(path: Path, answers: Sequence[tuple[str, Answer]], made: datetime | None) -> None:
    """Write a workbook to `path`, whose folder also takes what is written on the way. `made` is the age of the data.

    UsageError where Excel cannot hold what there is.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    book = Workbook(path, {**_OPTIONS, "tmpdir": str(path.parent)})
    book.use_zip64()
    book.set_properties({"author": AUTHOR} | ({"created": made} if made else {}))
    try:
        for name, found in answers:
            _Sheets(book, name, found).write()
        book.close()
    except FileCreateError as error:
        [why] = error.args
        raise why from error
    finally:
        for sheet in book.worksheets():
            sheet.row_data_fh.close()  # its rows stand in a file that only a workbook that is whole lets go


class _Sheets:
    """The sheets of one answer: a new one where the last is full."""

    def __init__(self, book: "Workbook", name: str, found: Answer) -> None:
        if len(found.fields) > COLUMNS:
            raise UsageError(
                f"{name} has {len(found.fields):,} columns, and a sheet of Excel has {COLUMNS:,}.",
                hint="Name fewer columns, or write CSV or Parquet.",
            )
        self._book, self._name, self._found = book, name, found
        self._keep = [_KEEP[field.kind] for field in found.fields]
        self._formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in PATTERNS.items()}
        self._bold = book.add_format({"bold": True})

    def write(self) -> None:
        """All rows."""
        number, line, sheet = 1, 0, self._sheet(1)
        for batch in self._found.batches():
            for row in batch:
                line += 1
                if line == ROWS:
                    number, line = number + 1, 1
                    sheet = self._sheet(number)
                for place, value in enumerate(row):
                    if value is not None:
                        self._put(sheet, line, place, self._keep[place](value))

    def _sheet(self, number: int) -> "Worksheet":
        ending = "" if number == 1 else f" {number}"
        sheet = self._book.add_worksheet(f"{self._name[: NAME - len(ending)]}{ending}")
        sheet.freeze_panes(1, 0)
        for place, field in enumerate(self._found.fields):
            _text(sheet, 0, place, field.name, field, self._bold)
            width = min(max(NARROWEST, WIDTHS.get(field.kind, 0), len(field.name) + 2), WIDEST)
            sheet.set_column(place, place, width)
        return sheet

    def _put(self, sheet: "Worksheet", line: int, place: int, kept: Kept) -> None:
        field = self._found.fields[place]
        form = self._formats.get(field.kind)
        if isinstance(kept, str):
            _text(sheet, line, place, kept, field)
        elif isinstance(kept, bool):
            sheet.write_boolean(line, place, kept)
        elif isinstance(kept, date):
            sheet.write_datetime(line, place, kept, form)
        else:
            sheet.write_number(line, place, kept, form)


def _whole(value: int) -> Kept:
    return value if abs(value) < MOST else str(value)


def _decimal(value: Decimal) -> Kept:
    text = f"{value:f}"
    return value if len(text.lstrip("-").replace(".", "").strip("0")) <= DIGITS else text


def _float(value: float) -> Kept:
    return value if math.isfinite(value) else str(value)


def _day(text: str) -> Kept:
    """A day or an instant that Excel knows, else the text of it."""
    try:
        found = datetime.fromisoformat(text) if " " in text else date.fromisoformat(text)
    except ValueError:
        return text
    return found if found.isoformat() >= FIRST_DAY.isoformat() else text


_KEEP: Mapping[Kind, Callable[[Any], Kept]] = {
    "whole": _whole,
    "decimal": _decimal,
    "float": _float,
    "boolean": bool,
    "date": _day,
    "timestamp": _day,
    "nested": str,
    "text": str,
}
"""By what a value is, that value as Excel can keep it: text where it would be another one."""


def _text(sheet: "Worksheet", line: int, place: int, text: str, field: Field, form: "Format | None" = None) -> None:
    """A text as it is; UsageError where a cell cannot hold it. Excel counts characters as UTF-16 does."""
    shown = SECRETS.text(text)
    if len(shown) > CHARACTERS or len(shown.encode("utf-16-le")) > 2 * CHARACTERS:
        raise UsageError(
            f"The column {field.name[:NAME]!r} has a text of {len(shown):,} characters in row {line:,}, "
            f"and a cell of Excel holds {CHARACTERS:,}.",
            hint="Leave the column out or cut it with left(…, 32767), or write CSV or Parquet.",
        )
    sheet.write_string(line, place, shown, form)
