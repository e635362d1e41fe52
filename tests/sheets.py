"""Reads an Excel workbook back with the standard library alone: what stands in each cell, as the file says it."""

import re
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DAY_ZERO = datetime.fromisoformat("1899-12-30")  # Excel's count of days, right from March 1900 on


def read(path: Path) -> dict[str, list[list[Any]]]:
    """By the name of the sheet its rows: text, Decimal, bool, datetime where the cell is shown as a date, None."""
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        names = [one.get("name") for one in _tree(packed, "xl/workbook.xml").iter(f"{SPACE}sheet")]
        dates = _dates(_tree(packed, "xl/styles.xml"))
        sheets = (_tree(packed, f"xl/worksheets/sheet{number}.xml") for number in range(1, len(names) + 1))
        return {name: _rows(sheet, dates) for name, sheet in zip(names, sheets, strict=True)}


def _tree(packed: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(packed.read(name))


def _dates(styles: ET.Element) -> set[str]:
    """The styles in which a number is shown as a date."""
    patterns = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{SPACE}numFmt")}
    cells = styles.find(f"{SPACE}cellXfs")
    return {str(place) for place, one in enumerate(cells) if "yyyy" in (patterns.get(one.get("numFmtId")) or "")}


def _rows(sheet: ET.Element, dates: set[str]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for row in sheet.iter(f"{SPACE}row"):
        cells = {_column(one.get("r")): _value(one, dates) for one in row.iter(f"{SPACE}c")}
        found.append([cells.get(place) for place in range(max(cells) + 1)])
    return found


def _column(reference: str) -> int:
    number = 0
    for letter in re.match("[A-Z]+", reference)[0]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ET.Element, dates: set[str]) -> Any:
    assert cell.find(f"{SPACE}f") is None, "a formula"
    if cell.get("t") == "inlineStr":
        return re.sub("_x([0-9A-F]{4})_", lambda one: chr(int(one[1], 16)), "".join(cell.itertext()))
    text = "".join(cell.itertext())
    if cell.get("t") == "b":
        return text == "1"
    if cell.get("s") in dates:
        return DAY_ZERO + timedelta(days=float(text))
    return Decimal(text) if text else None
