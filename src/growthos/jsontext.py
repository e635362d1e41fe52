"""JSON whose decimals are written digit by digit: no exponent, no detour through a float.

All of it is ASCII, so that any terminal and any program can take it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal


def dumps(value: object, *, indent: int | None = 2) -> str:
    """A structure of mappings, lists, text, numbers, dates and None as JSON.

    A Decimal becomes a plain number with at least one digit after the point and no needless zeros: `0.25`, `1.0`.
    """
    return "".join(_pieces(value, indent, "\n" if indent is not None else ""))


def _pieces(value: object, indent: int | None, edge: str) -> Iterator[str]:
    deeper = edge + " " * (indent or 0)
    gap = "," + (deeper if indent is not None else " ")
    if isinstance(value, Mapping) and value:
        for number, (key, item) in enumerate(value.items()):
            yield f"{gap if number else '{' + deeper}{json.dumps(str(key))}: "
            yield from _pieces(item, indent, deeper)
        yield edge + "}"
    elif isinstance(value, list | tuple) and value:
        for number, item in enumerate(value):
            yield gap if number else "[" + deeper
            yield from _pieces(item, indent, deeper)
        yield edge + "]"
    else:
        yield _leaf(value)


def _leaf(value: object) -> str:
    if isinstance(value, Decimal):
        whole, _, digits = f"{value:f}".partition(".")
        return f"{whole}.{digits.rstrip('0') or '0'}"
    if isinstance(value, date | datetime):
        return json.dumps(value.isoformat())
    if isinstance(value, Mapping):
        return "{}"
    return json.dumps(value, allow_nan=False)
