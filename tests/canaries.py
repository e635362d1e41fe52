"""Looks for secrets wherever a home might keep one, in whatever dress."""

import base64
import html
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import pyarrow.parquet as pq

_PADS = (b"", b"a", b"ab")


def dressed(secret: str) -> set[bytes]:
    """The secret in each dress in which a program, a server or a log might have written it down."""
    return {form for forms in wardrobe(secret).values() for form in forms}


def wardrobe(secret: str) -> dict[str, set[bytes]]:
    """The dresses by their names: so many encodings are searched for."""
    raw = secret.encode()
    escaped = json.dumps(secret)[1:-1]
    packed = [pack(before + raw) for pack in (base64.b64encode, base64.urlsafe_b64encode) for before in _PADS]
    texts = {
        "plain": {secret},
        "URL-encoded": {quote(secret, safe=""), quote(secret), quote_plus(secret), quote(secret, safe="").lower()},
        "JSON-escaped": {escaped, escaped.replace("/", "\\/"), json.dumps(escaped)[1:-1]},
        "escaped as Python does": {repr(secret)[1:-1]},
        "escaped as HTML does": {html.escape(secret)},
        "in hex": {raw.hex(), raw.hex().upper()},
        "backwards": {secret[::-1]},
    }
    found = {name: {one.encode() for one in forms} for name, forms in texts.items()}
    # Whatever stands before or after, these characters are the same.
    inside = {one.rstrip(b"=")[(0, 2, 3)[place % 3] : -1] for place, one in enumerate(packed)}
    return found | {"in base64": {one.rstrip(b"=") for one in packed[::3]} | inside}


def beginnings(secret: str) -> set[bytes]:
    """What gives a secret away where it was cut short: its first half."""
    return {secret[: len(secret) // 2].encode()}


def kept(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a home, unpacked: bodies and headers of raw, tables of databases, and all bytes as they are."""
    for path in sorted(home.rglob("*")):
        if not path.is_file():
            continue
        yield str(path), path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            for name in table.column_names:
                for value in table.column(name).to_pylist():
                    yield f"{path} {name}", value if isinstance(value, bytes) else str(value).encode()
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                names = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
                for schema, name in names:
                    yield f"{path} {name}", str(con.execute(f'from "{schema}"."{name}"').fetchall()).encode()


def found(secrets: Iterable[str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where a secret lies, in words."""
    forms = {form: secret for secret in secrets for form in dressed(secret)}
    return [f"{forms[form]} in {place}" for place, text in places for form in forms if form in text]
